"""Tables of which a column is of another dtype at prediction than it was in training.

What a column's dtype is may depend on rows that are not there any more: whether one was
missing, how a file was read, which library holds the table.
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier, TabularPreprocessor

N = 12
Y = np.arange(N) % 2


def assert_same_features(train, *others, y=Y, max_one_hot=32):
    """Assert that each of several columns is the one that training had."""
    preprocessor = TabularPreprocessor(max_one_hot=max_one_hot, max_bins=0)
    preprocessor.fit(pd.DataFrame({"x": train}), y)
    expected = preprocessor.transform(pd.DataFrame({"x": train}))
    assert len(np.unique(expected, axis=0)) > 1, "else all would be the same"
    for other in others:
        table = pl.DataFrame({"x": other}) if isinstance(other, pl.Series) else {"x": other}
        table = table if isinstance(table, pl.DataFrame) else pd.DataFrame(table)
        np.testing.assert_array_equal(preprocessor.transform(table), expected, str(other))


def objects(values):
    return pd.Series(values, dtype=object)


WHOLE = [1, 2, 2] * 4
ZONE = "Europe/Berlin"
TRUTHS = [True, False, False] * 4
PARTS = [0.5, 1.25, 1.25] * 4
# All are the same column as far as a reader would say.
SAME = {
    "whole numbers": [
        pd.Categorical([float(k) for k in WHOLE]),
        pd.Categorical(WHOLE),
        pd.Categorical([str(k) for k in WHOLE]),
        pd.Categorical([str(float(k)) for k in WHOLE]),
        pd.Categorical([Decimal(k) for k in WHOLE]),
        objects([str(k) for k in WHOLE]),
        objects([f"{k}.0" for k in WHOLE]),
        pd.Series([str(k) for k in WHOLE], dtype="string"),
        pd.Series([str(k) for k in WHOLE]).astype("category"),
        pd.Categorical(pd.array(WHOLE, dtype="Int64")),
        objects([*map(str, WHOLE[:-1]), WHOLE[-1]]),
    ],
    "truth values": [
        pd.Series(TRUTHS),
        pd.Series(TRUTHS, dtype="boolean"),
        objects(TRUTHS),
        pd.Categorical(TRUTHS),
        objects([str(truth) for truth in TRUTHS]),
        objects([str(truth).lower() for truth in TRUTHS]),
        objects([str(int(truth)) for truth in TRUTHS]),
        pd.Categorical([float(truth) for truth in TRUTHS]),
    ],
    "parts": [
        pd.Categorical(PARTS),
        pd.Categorical(np.array(PARTS, np.float32)),
        objects([str(part) for part in PARTS]),
        pd.Categorical([Decimal(str(part)) for part in PARTS]),
    ],
    "days": [
        pd.Categorical(pd.to_datetime([f"2020-01-0{k}" for k in WHOLE])),
        pd.Categorical([date(2020, 1, k) for k in WHOLE]),
        objects([f"2020-01-0{k}" for k in WHOLE]),
        objects([f"2020-01-0{k} 00:00:00" for k in WHOLE]),
        objects([f"2020-01-0{k}T00:00:00" for k in WHOLE]),
    ],
    "moments": [
        pd.Categorical(pd.to_datetime([f"2020-01-0{k}" for k in WHOLE]).tz_localize(ZONE)),
        objects([f"2020-01-0{k} 00:00:00+01:00" for k in WHOLE]),
    ],
    "intervals": [
        pd.Series(pd.cut(np.array(WHOLE), [0, 1, 2])),
        pd.Series(pd.cut(np.array(WHOLE, float), [0.0, 1.0, 2.0])),
        objects(["(0, 1]" if k == 1 else "(1, 2]" for k in WHOLE]),
    ],
    "text": [
        objects(["a", "b", "b"] * 4),
        objects([b"a", b"b", b"b"] * 4),
        pd.Series(["a", "b", "b"] * 4, dtype="category"),
        pd.Series(["a", "b", "b"] * 4, dtype=pd.ArrowDtype(pa.string())),
    ],
}
# What a column of categories in training may be later, but not the other way round, since it
# would be numeric in training.
LATER = {
    "whole numbers": [
        pd.Series(WHOLE),
        pd.Series(WHOLE, dtype=np.int8),
        pd.Series(WHOLE, dtype=float),
        pd.Series(WHOLE, dtype=np.float32),
        pd.Series(WHOLE, dtype="Int64"),
        pd.Series(WHOLE, dtype="Float64"),
        objects(WHOLE),
        objects([Decimal(k) for k in WHOLE]),
        pl.Series(WHOLE),
        pl.Series([str(k) for k in WHOLE], dtype=pl.Categorical),
        pl.Series([str(k) for k in WHOLE], dtype=pl.Enum(["1", "2"])),
        pd.Series(WHOLE, dtype=pd.ArrowDtype(pa.int64())),
    ],
    "truth values": [
        pd.Series(TRUTHS, dtype=int),
        pd.Series(TRUTHS, dtype=float),
        pd.Series(TRUTHS, dtype="Int64"),
        pl.Series(TRUTHS),
        pl.Series([str(truth).lower() for truth in TRUTHS]),
    ],
    "parts": [pd.Series(PARTS), pd.Series(PARTS, dtype=np.float32), pl.Series(PARTS)],
    "days": [
        pd.to_datetime(pd.Series([f"2020-01-0{k}" for k in WHOLE])),
        pl.Series([date(2020, 1, k) for k in WHOLE]),
        pl.Series([datetime(2020, 1, k) for k in WHOLE]),
    ],
    "moments": [pd.Series(pd.to_datetime([f"2020-01-0{k}" for k in WHOLE]).tz_localize(ZONE))],
}


class TestCategoriesByValue:
    @pytest.mark.parametrize("max_one_hot", [32, 1], ids=["one-hot", "target means"])
    @pytest.mark.parametrize("kind", SAME)
    def test_whatever_the_dtype_is(self, kind, max_one_hot):
        y = np.array([0, 1, 1] * 4)  # so that the means differ
        for train in SAME[kind]:
            others = [*SAME[kind], *LATER.get(kind, [])]
            assert_same_features(train, *others, y=y, max_one_hot=max_one_hot)

    def test_a_file_without_the_missing_value(self):
        """Of two files, one had a missing value, and so numbers with a decimal point."""
        rng = np.random.default_rng(0)
        code = rng.integers(1, 4, 300)
        table = pd.DataFrame(
            {"code": pd.Series(code, dtype=float).where(rng.random(300) > 0.1)}
        )
        y = code == 2
        pipeline = make_pipeline(
            TabularPreprocessor(), MLPBinaryClassifier.tabular(random_state=0)
        )
        pipeline.fit(table.astype("category"), y)
        later = pd.DataFrame({"code": pd.Series(code).astype("category")})
        assert pipeline.score(later, y) == 1

    def test_what_training_tells_apart(self):
        """Of texts that could be one number, a number later is the one it is printed as."""
        texts = ["1", "1.0", "01", "True"]
        preprocessor = TabularPreprocessor().fit(pd.DataFrame({"x": texts}))
        assert preprocessor.get_feature_names_out().tolist() == [
            "x_01", "x_1", "x_1.0", "x_True",
        ]  # fmt: skip
        np.testing.assert_array_equal(
            preprocessor.transform(pd.DataFrame({"x": objects([*texts, 1, 1.0, True])})),
            np.eye(4)[[1, 2, 0, 3, 1, 1, 3]],
        )

    @pytest.mark.parametrize("value", ["001", "1.10", "1e0", " 1", "+1", "yes", "1_0", "-1"])
    def test_texts_that_are_no_such_number(self, value):
        preprocessor = TabularPreprocessor().fit(pd.DataFrame({"x": pd.Categorical(WHOLE)}))
        out = preprocessor.transform(pd.DataFrame({"x": [value]}))
        np.testing.assert_array_equal(out, [[0, 0]])

    @pytest.mark.parametrize("number", [10**20, -(10**20), 2**53 + 1, 10**300, 1e300, np.inf])
    def test_numbers_that_are_far_out(self, number):
        train = objects([number, 1, 1] * 4).astype("category")
        assert_same_features(
            train, objects([str(number), 1, 1] * 4), objects([number, "1", 1] * 4)
        )

    def test_missing_values(self):
        train = pd.Series([1, 2, np.nan] * 4).astype("category")
        missing = [None, np.nan, pd.NA, pd.NaT, Decimal("nan"), np.datetime64("NaT")]
        others = [objects([1, 2, gone] * 4) for gone in missing]
        assert_same_features(
            train,
            *others,
            pd.Series([1, 2, None] * 4, dtype="Int64"),
            pl.Series([1, 2, None] * 4),
        )

    @pytest.mark.parametrize("convert", [pd.DataFrame, pl.DataFrame, pa.table])
    def test_from_one_library_to_another(self, convert):
        table = {
            "code": ["1", "2", None] * 4,
            "truth": [True, None, False] * 4,
            "number": [0.5, None, 2.0] * 4,
            "whole": [*range(N)],
            "day": [date(2020, 1, 1 + k) for k in range(N)],
            "at": [time(k) for k in range(N)],
            "long": [timedelta(hours=k) for k in range(N)],
        }
        features = TabularPreprocessor().fit_transform(convert(table))
        for other in (pd.DataFrame, pl.DataFrame, pa.table):
            preprocessor = TabularPreprocessor().fit(convert(table))
            np.testing.assert_array_equal(preprocessor.transform(other(table)), features)


class TestUnknownCategories:
    @pytest.mark.parametrize("max_one_hot", [32, 1])
    @pytest.mark.parametrize(
        ("train", "later"),
        [
            (pd.Categorical([7, 8] * 6), pd.Series([9.0, 10.5] * 6)),
            (pd.Categorical([7, 8] * 6), pd.Categorical([17, 18] * 6)),
            (pd.Categorical(["a", "b"] * 6), pd.Categorical(["c", "c"] * 6)),
            (pd.Series([True, False] * 6), pd.Series([2, 3] * 6)),
            (pd.Series(["Bonn", "Ulm"] * 6), pd.Series(["bonn", "ulm"] * 6)),
            (pd.Series(["a", "b"] * 6), pd.Series(pd.date_range("2020", periods=12))),
            (pd.Series(["a", "b"] * 6), pl.Series(["c", "d"] * 6, dtype=pl.Categorical)),
        ],
    )  # fmt: skip
    def test_a_column_of_which_nothing_is_known(self, train, later, max_one_hot):
        preprocessor = TabularPreprocessor(max_one_hot=max_one_hot)
        preprocessor.fit(pd.DataFrame({"x": train}), Y)
        table = pl.DataFrame({"x": later}) if isinstance(later, pl.Series) else {"x": later}
        with pytest.warns(
            UserWarning, match="Column 'x' had categories like .* like"
        ) as record:
            preprocessor.transform(pd.DataFrame(table) if isinstance(table, dict) else table)
        assert record[0].filename == __file__

    @pytest.mark.parametrize(
        "later",
        [
            pd.Categorical([7, 9] * 6),
            objects([None] * 12),
            pd.Series(np.full(12, np.nan)),
            pd.Categorical([None] * 12),
            pd.Series(["unknown"] * 12),
        ],
        ids=str,
    )
    def test_new_ones_beside_known_or_missing_ones(self, later):
        preprocessor = TabularPreprocessor().fit(
            pd.DataFrame({"x": pd.Categorical([7, 8] * 6)})
        )
        assert preprocessor.transform(pd.DataFrame({"x": later})).shape == (12, 2)


KINDS = {
    "number": pd.Series(range(N)),
    "date": pd.Series(pd.date_range("2020", periods=N)),
    "time": objects([time(k) for k in range(N)]),
    "duration": pd.Series(pd.timedelta_range("1h", periods=N)),
    "category": pd.Series(["a", "b"] * 6),
    "truth": pd.Series([True, False] * 6),
}
NOTHING = {
    "float": pd.Series(np.full(N, np.nan)),
    "None": objects([None] * N),
    "NaT": pd.Series(np.full(N, "NaT", "M8[ns]")),
    "no duration": pd.Series(np.full(N, "NaT", "m8[s]")),
    "Int64": pd.Series([pd.NA] * N, dtype="Int64"),
    "string": pd.Series([None] * N, dtype="string"),
    "boolean": pd.Series([None] * N, dtype="boolean"),
    "category": pd.Categorical([None] * N),
    "Arrow": pd.Series([None] * N, dtype=pd.ArrowDtype(pa.date32())),
    "Null of polars": pl.Series([None] * N),
    "text of polars": pl.Series([None] * N, dtype=pl.String),
    "dates of polars": pl.Series([None] * N, dtype=pl.Date),
}


def table_of(column, n_rows=N):
    numbers = np.arange(n_rows)
    if isinstance(column, pl.Series):
        return pl.DataFrame({"x": column, "n": numbers})
    return pd.DataFrame({"x": column, "n": numbers})


class TestColumnsWithoutAnyValue:
    @pytest.mark.parametrize("nothing", NOTHING)
    @pytest.mark.parametrize("kind", KINDS)
    def test_at_prediction(self, kind, nothing):
        train = KINDS[kind].astype(object).where(np.arange(N) != 3, None).infer_objects()
        preprocessor = TabularPreprocessor().fit(table_of(train))
        out = preprocessor.transform(table_of(NOTHING[nothing]))
        missing = preprocessor.get_feature_names_out().tolist().index("x_missing")
        np.testing.assert_array_equal(out[:, missing], 1)
        np.testing.assert_array_equal(out[3], preprocessor.transform(table_of(train))[3])

    @pytest.mark.parametrize("nothing", NOTHING)
    @pytest.mark.parametrize("kind", KINDS)
    def test_in_training(self, kind, nothing):
        preprocessor = TabularPreprocessor().fit(table_of(NOTHING[nothing]))
        assert not any(name.startswith("x") for name in preprocessor.get_feature_names_out())
        ignored = preprocessor.transform(table_of(NOTHING["float"]))
        np.testing.assert_array_equal(preprocessor.transform(table_of(KINDS[kind])), ignored)

    def test_a_single_row(self):
        table = pd.DataFrame({"d": pd.date_range("2020", periods=N), "x": range(N)})
        preprocessor = TabularPreprocessor().fit(table)
        for row in ({"d": np.nan, "x": 1}, {"d": None, "x": 1}, {"d": pd.NaT, "x": 1}):
            assert np.isfinite(preprocessor.transform(pd.DataFrame([row]))).all()
        late = pd.DataFrame({"x": [1]}).reindex(columns=["d", "x"])
        assert np.isfinite(preprocessor.transform(late)).all()

    def test_nothing_at_all(self):
        out = TabularPreprocessor().fit_transform([[None, np.nan]] * 3)
        assert out.shape == (3, 0)


class TestNumbersByValue:
    @pytest.mark.parametrize(
        "later",
        [
            pd.Categorical(WHOLE), pd.Series(WHOLE, dtype="Int64"), objects(WHOLE),
            pd.Series(WHOLE, dtype=np.float32), objects([Decimal(k) for k in WHOLE]),
            pd.Categorical(pd.Series(WHOLE, dtype=float)), pl.Series(WHOLE),
            objects([np.int64(k) for k in WHOLE]),
        ],
        ids=lambda column: str(getattr(column, "dtype", column)),
    )  # fmt: skip
    def test_numbers(self, later):
        assert_same_features(pd.Series(WHOLE), later)

    def test_truth_values(self):
        train = pd.Series([1.0, 0.0, 0.0] * 4)
        assert_same_features(
            train, pd.Series(TRUTHS), objects(TRUTHS), pd.Series(TRUTHS, dtype="boolean")
        )
        preprocessor = TabularPreprocessor().fit(pd.DataFrame({"x": train}))
        assert preprocessor.transform(pd.DataFrame({"x": [True, None]})).shape == (2, 2)

    def test_dates(self):
        days = pd.date_range("2020-01-01", periods=N)
        assert_same_features(
            pd.Series(days),
            pd.Series(days.date),
            pd.Series(days.astype("M8[s]")),
            pd.Series(days.tz_localize("UTC")),
            pd.Series(days.to_period("D")),
            objects(list(days.to_numpy())),
            pl.Series(days.date),
            pd.Series(days, dtype=pd.ArrowDtype(pa.timestamp("us"))),
            pd.Categorical(days),
            pd.Categorical(days.date),
        )

    def test_times_of_day(self):
        times = [time(k, 5, 0, 500_000) for k in range(N)]
        assert_same_features(
            objects(times),
            pl.Series(times),
            pd.Series(times, dtype=pd.ArrowDtype(pa.time64("us"))),
        )
        out = TabularPreprocessor(max_bins=0).fit_transform(pd.DataFrame({"x": times}))
        assert (np.diff(out[:, 0]) > 0).all()

    @pytest.mark.parametrize("frequency", ["D", "M", "Q", "Y", "W", "h"])
    def test_periods(self, frequency):
        periods = pd.Series(pd.period_range("2020", periods=N, freq=frequency))
        out = TabularPreprocessor(max_bins=0).fit_transform(pd.DataFrame({"x": periods}))
        assert (np.diff(out[:, 0]) > 0).all()
        late = periods.where(np.arange(N) != 2)
        assert_same_features(late, pd.Series(late.dt.start_time))

    def test_durations(self):
        hours = pd.timedelta_range("1h", periods=N, freq="h")
        assert_same_features(
            pd.Series(hours), objects(list(hours.to_numpy())), pl.Series(hours.to_pytimedelta())
        )

    @pytest.mark.parametrize("later", ["date", "time", "duration", "category", "truth"])
    def test_other_things(self, later):
        preprocessor = TabularPreprocessor().fit(table_of(KINDS["number"]))
        if later == "truth":
            preprocessor.transform(table_of(KINDS["truth"]))
            return
        with pytest.raises(
            ValueError, match=f"'x' was of kind number .* of kind {later}.*numeric"
        ):
            preprocessor.transform(table_of(KINDS[later]))


def as_arrow(X):
    return pa.table({f"x{j}": column for j, column in enumerate(X.T)})


class TestOutput:
    @pytest.mark.parametrize("library", ["pandas", "polars"])
    @pytest.mark.parametrize("max_one_hot", [32, 0])
    def test_settings_do_not_reach_what_is_inside(self, library, max_one_hot):
        table = pd.DataFrame({"x": ["None", None, "a"] * 4, "x_None": ["b", None, "b"] * 4})
        expected = TabularPreprocessor(max_one_hot=max_one_hot).fit_transform(table, Y)
        with sklearn.config_context(transform_output=library):
            preprocessor = TabularPreprocessor(max_one_hot=max_one_hot)
            for out in (preprocessor.fit_transform(table, Y), preprocessor.transform(table)):
                assert type(out).__module__.startswith(library)
                assert len(set(out.columns)) == expected.shape[1]
            np.testing.assert_array_equal(
                preprocessor.fit_transform(table, Y).to_numpy(), expected
            )
            pipeline = make_pipeline(
                preprocessor, MLPBinaryClassifier(3, max_iter=2, n_iter_no_change=None)
            )
            assert pipeline.fit(table, Y).predict(table).shape == (N,)

    @pytest.mark.parametrize("convert", [np.asarray, pd.DataFrame, pl.DataFrame, as_arrow])
    @pytest.mark.parametrize("library", ["default", "pandas", "polars"])
    def test_float32_stays_float32(self, convert, library):
        X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
        table = convert(X)
        network = MLPBinaryClassifier(3, max_iter=2, n_iter_no_change=None)
        network.set_output(transform=library).fit(table, np.arange(40) % 2)
        assert network.coefs_[0].dtype == np.float32
        assert network.predict_proba(table).dtype == np.float32
        hidden = network.transform(table)
        assert np.asarray(hidden).dtype == np.float32
        network.partial_fit(table, np.arange(40) % 2)
        assert network.coefs_[0].dtype == np.float32

    @pytest.mark.parametrize("library", ["pandas", "polars"])
    def test_a_pipeline_stays_in_float32(self, library):
        pipeline = make_pipeline(
            TabularPreprocessor(), MLPMulticlassClassifier(3, max_iter=2, n_iter_no_change=None)
        ).set_output(transform=library)
        table = table_of(KINDS["category"])
        pipeline.fit(table, Y)
        assert pipeline[-1].coefs_[0].dtype == np.float32
        assert pipeline.predict_proba(table).dtype == np.float32


class TestOneRandomState:
    def table(self):
        rng = np.random.default_rng(0)
        town = rng.integers(0, 50, 400)
        return pd.DataFrame({"town": town.astype(str)}), (town % 2) ^ (rng.random(400) < 0.2)

    def test_it_fixes_a_pipeline(self):
        X, y = self.table()

        def scores():
            network = MLPBinaryClassifier.tabular(random_state=0, max_iter=3)
            return cross_val_score(make_pipeline(TabularPreprocessor(), network), X, y, cv=2)

        np.testing.assert_array_equal(scores(), scores())

    def test_the_global_state_is_not_touched(self):
        state = np.random.get_state()[1].copy()
        TabularPreprocessor().fit_transform(*self.table())
        np.testing.assert_array_equal(np.random.get_state()[1], state)

    def test_none_draws_anew(self):
        one, other = (
            TabularPreprocessor(random_state=None).fit_transform(*self.table())
            for _ in range(2)
        )
        assert (one != other).any()


class TestIdentifiers:
    def names(self, n, distinct):
        return [f"name {k % distinct}" for k in range(n)]

    @pytest.mark.parametrize("fit", ["fit", "fit_transform"])
    def test_a_string_of_its_own_in_each_row(self, fit):
        table = pd.DataFrame({"n": range(100), "name": self.names(100, 95)})
        with pytest.warns(UserWarning, match="'name' has 95 categories in 100 rows") as record:
            getattr(TabularPreprocessor(), fit)(table, np.arange(100) % 2)
        assert record[0].filename == __file__

    def test_missing_ones_do_not_count(self):
        table = pd.DataFrame({"name": [*self.names(50, 50), *[None] * 500]})
        with pytest.warns(UserWarning, match="50 categories in 50 rows"):
            TabularPreprocessor().fit(table, np.arange(550) % 2)

    @pytest.mark.parametrize(("n", "distinct"), [(100, 80), (33, 32), (400, 300)])
    def test_categories_that_come_again(self, n, distinct):
        table = pd.DataFrame({"name": self.names(n, distinct)})
        TabularPreprocessor().fit(table, np.arange(n) % 2)

    def test_columns_that_need_y_are_named(self):
        table = pd.DataFrame(
            {"a": self.names(80, 40), "b": self.names(80, 4), "c": self.names(80, 33)}
        )
        with pytest.raises(ValueError, match=r"needs y.* is 32.*: 'a' \(40\), 'c' \(33\)\.$"):
            TabularPreprocessor().fit(table)
