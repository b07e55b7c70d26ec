"""What becomes of the columns of a table."""

import re
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import TargetEncoder

import skmlp.preprocessing
from skmlp import MLPBinaryClassifier, TabularPreprocessor
from skmlp._tables.columns import Column


def make_table():
    return pd.DataFrame(
        {
            "age": [20.0, 30.0, None, 60.0, 45.0, 31.0],
            "visits": pd.array([1, 2, None, 1, 3, 3], dtype="Int64"),
            "since": pd.to_datetime(
                ["2020-01-01", "2020-01-02", None, "2020-02-01", "2021-01-01", "2020-03-01"]
            ),
            "town": ["Ulm", "Bonn", None, "Bonn", "Ulm", "Köln"],
            "size": pd.Categorical(list("SMLMSM")),
            "member": [True, False, True, True, False, True],
            "code": pd.Categorical([7, 8, 7, 8, 8, 7]),
        }
    )


def columns_of(preprocessor, X):
    """Return {name: column}."""
    names = preprocessor.get_feature_names_out()
    return dict(zip(names, preprocessor.transform(X).T, strict=True))


class TestNumbers:
    def test_they_are_scaled_and_clipped(self):
        rng = np.random.default_rng(0)
        X = rng.normal(5, 2, size=(400, 1))
        out = columns_of(TabularPreprocessor().fit(X), X)
        low, center, high = np.quantile(X, [0.25, 0.5, 0.75])
        z = (X[:, 0] - center) / (high - low)
        expected = z / np.sqrt(1 + z**2 / 9)
        np.testing.assert_allclose(out["x0"], expected, atol=1e-6)
        np.testing.assert_allclose(out["x0_squared"], 0.7 * (expected**2 - 1), atol=1e-5)

    def test_absurd_ones(self):
        """They are medians, and told apart; of a column that had none, medians only."""
        rng = np.random.default_rng(0)
        X = rng.normal(size=(400, 2))
        X[:3, 0] = 1e300, -1e9, np.nan
        preprocessor = TabularPreprocessor().fit(X)
        out = columns_of(preprocessor, X)
        assert [name for name in out if "far" in name] == ["x0_far"]
        np.testing.assert_array_equal(out["x0_far"], np.array([1, -1, *[0] * 398]))
        np.testing.assert_array_equal(out["x0"][:3], 0)
        np.testing.assert_array_equal(out["x0_missing"][:4], [0, 0, 1, 0])
        assert abs(out["x0"]).max() < 2.5
        late = preprocessor.transform([[0.0, 1e6], [0.0, np.median(X[:, 1])]])
        np.testing.assert_allclose(*late, atol=1e-6)

    def test_without_squares(self):
        X = np.random.default_rng(0).normal(size=(400, 2))
        preprocessor = TabularPreprocessor(max_bins=0, add_squares=False).fit(X)
        assert preprocessor.get_feature_names_out().tolist() == ["x0", "x1"]
        assert preprocessor.transform(X).shape == (400, 2)

    def test_parts_of_intervals(self):
        """Their sum is how many intervals are below, and each has as many rows within."""
        X = np.random.default_rng(0).exponential(size=(1000, 2)) ** 2
        out = columns_of(TabularPreprocessor(max_bins=8).fit(X), X)
        parts = np.array([out[f"x1_bin{k}"] for k in range(8)]) / 0.3 + 0.5
        assert "x1_bin8" not in out
        assert parts.min() == 0
        assert parts.max() == pytest.approx(1)
        order = np.argsort(X[:, 1])
        assert (np.diff(parts.sum(axis=0)[order]) > 0).all(), "nothing is lost"
        within = ((parts > 1e-6) & (parts < 1 - 1e-6)).sum(axis=1)
        np.testing.assert_allclose(within, 125, atol=5)  # rounded away at the ends

    def test_few_distinct_values(self):
        """Each has an interval up to the next; of two there is nothing to bend."""
        X = np.column_stack([np.arange(100) % 5, np.arange(100) % 2, np.zeros(100)])
        names = TabularPreprocessor().fit(X).get_feature_names_out().tolist()
        assert [name for name in names if "bin" in name] == [f"x0_bin{k}" for k in range(4)]

    @pytest.mark.parametrize(
        ("n_rows", "n_columns", "n_bins"),
        [(400, 4, 16), (400, 20, 12), (400, 100, 2), (400, 200, 0), (100, 4, 5)],
    )
    def test_few_intervals_of_many_columns_or_few_rows(self, n_rows, n_columns, n_bins):
        X = np.random.default_rng(0).normal(size=(n_rows, n_columns))
        names = TabularPreprocessor().fit(X).get_feature_names_out()
        assert sum("_bin" in name for name in names) == n_columns * n_bins

    def test_a_range_of_zero(self):
        X = np.zeros((100, 2))
        X[:10, 0] = np.arange(10)
        out = TabularPreprocessor(max_bins=0).fit_transform(X)
        assert out[:, 0].max() == pytest.approx(2 / np.sqrt(1 + 4 / 9))
        assert (out[:, 1] == 0).all()

    def test_missing_ones(self):
        X = np.random.default_rng(0).normal(size=(50, 3))
        X[3, 0], X[:, 2] = np.nan, np.nan
        preprocessor = TabularPreprocessor(max_bins=4).fit(X)
        out = columns_of(preprocessor, X)
        assert [name for name in out if "missing" in name] == ["x0_missing"]
        assert not any(name.startswith("x2") for name in out), "there is nothing in it"
        np.testing.assert_array_equal(out["x0_missing"], np.arange(50) == 3)
        assert out["x0"][3] == 0
        late = np.array([[0.0, np.nan, np.nan]])
        assert np.isfinite(preprocessor.transform(late)).all()

    def test_narrow_intervals(self):
        """Of a third of the rows, float32 would tell but a few apart."""
        rng = np.random.default_rng(0)
        X = np.append(2 + 1e-7 * rng.random(130), rng.normal(size=270))[:, None]
        out = columns_of(TabularPreprocessor(add_squares=False).fit(X), X)
        parts = sum(out[f"x0_bin{k}"].astype(float) for k in range(16))
        steps = np.diff(parts[np.argsort(X[:, 0])])
        assert (steps > -1e-6).all()
        assert (steps > 0).mean() > 0.9, "some are next to the end of a wide interval"

    @pytest.mark.parametrize("scale", [1e-300, 1e-6, 1e6, 1e300])
    def test_units_do_not_matter(self, scale):
        X = np.random.default_rng(0).normal(size=(60, 2))
        one, other = (TabularPreprocessor().fit_transform(part) for part in (X, scale * X))
        np.testing.assert_allclose(one, other, atol=1e-4)


class TestTables:
    @pytest.mark.parametrize("convert", [lambda table: table, pl.from_pandas])
    def test_each_column_is_what_it_is(self, convert):
        table = make_table().astype({"code": str})
        preprocessor = TabularPreprocessor(max_bins=0).fit(convert(table))
        out = columns_of(preprocessor, convert(table))
        assert set(out) == {
            "age", "age_squared", "age_missing",
            "visits", "visits_squared", "visits_missing",
            "since", "since_squared", "since_missing",
            "town_Bonn", "town_Köln", "town_Ulm", "town_missing",
            "size_L", "size_M", "size_S", "member_False", "member_True", "code_7", "code_8",
        }  # fmt: skip
        np.testing.assert_array_equal(out["town_missing"], [0, 0, 1, 0, 0, 0])
        np.testing.assert_array_equal(out["member_True"], table["member"])
        assert (np.diff(out["since"][[0, 1, 3, 5, 4]]) > 0).all()

    def test_numbers_as_categories(self):
        preprocessor = TabularPreprocessor().fit(make_table())
        assert "code_7" in preprocessor.get_feature_names_out()

    def test_unknown_categories_are_none_of_the_known(self):
        table = make_table()
        preprocessor = TabularPreprocessor().fit(table)
        out = columns_of(preprocessor, table.assign(town="Trier", member=None))
        assert all(
            (out[name] == 0).all() for name in out if name.startswith(("town", "member"))
        )

    def test_output(self):
        table = make_table()
        out = TabularPreprocessor().fit_transform(table)
        assert out.dtype == np.float32
        assert out.flags.c_contiguous
        assert np.isfinite(out).all()
        frame = TabularPreprocessor().set_output(transform="pandas").fit_transform(table)
        np.testing.assert_array_equal(frame, out)

    @pytest.mark.parametrize(
        "since",
        [
            pd.date_range("2020", periods=40, tz="Europe/Berlin"),
            pd.date_range("2020", periods=40).date,
            pd.timedelta_range("1h", periods=40),
            pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 2, 9), eager=True),
            [Decimal(k) / 3 for k in range(40)],
        ],
        ids=["with a zone", "dates", "durations", "of polars", "decimals"],
    )
    def test_what_is_a_number(self, since):
        if isinstance(since, pl.Series):
            table = pl.DataFrame({"since": since})
        else:
            table = pd.DataFrame({"since": since})
        out = columns_of(TabularPreprocessor().fit(table), table)
        assert list(out) == ["since", "since_squared", "since_bin0", "since_bin1"]
        assert (np.diff(out["since"]) > 0).all()

    def test_dates_without_a_zone_are_the_same_as_numbers_or_objects(self):
        dates = pd.date_range("2020", periods=40, freq="h")
        one, other, naive = (
            TabularPreprocessor().fit_transform(pd.DataFrame({"since": part}))
            for part in (dates, dates.tz_localize("UTC"), np.array(dates.to_pydatetime()))
        )
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(one, naive)

    def test_numeric_categories_beside_a_missing_one(self):
        table = pd.DataFrame({"code": pd.Categorical([7, 8, 7, 8])})
        preprocessor = TabularPreprocessor().fit(table)
        late = pd.DataFrame({"code": pd.Categorical([7, 8, None])})
        np.testing.assert_array_equal(preprocessor.transform(late), [[1, 0], [0, 1], [0, 0]])

    def test_names_are_distinct(self):
        table = pd.DataFrame(
            {"a": ["missing", None, "x"], "b": range(3), "b_squared": range(3)}
        )
        preprocessor = TabularPreprocessor().set_output(transform="polars")
        out = preprocessor.fit_transform(table)
        assert len(set(out.columns)) == len(out.columns) == 7

    def test_a_single_row(self):
        preprocessor = TabularPreprocessor().fit(make_table())
        whole = preprocessor.transform(make_table())
        for row in range(6):
            np.testing.assert_array_equal(
                preprocessor.transform(make_table()[row : row + 1])[0], whole[row]
            )

    def test_lists_of_numbers_and_strings(self):
        preprocessor = TabularPreprocessor().fit([[1.5, "a"], [2.5, "b"], [3.5, "a"]])
        names = preprocessor.get_feature_names_out().tolist()
        assert names == ["x0", "x0_squared", "x1_a", "x1_b"]

    def test_mixed_lists_and_arrays_of_objects(self):
        rows = [[1.5, "a"], [2.5, "b"], [None, "a"], [4.0, None]]
        one = TabularPreprocessor(max_bins=0).fit(rows)
        assert one.get_feature_names_out().tolist() == [
            "x0", "x0_squared", "x0_missing", "x1_a", "x1_b", "x1_missing",
        ]  # fmt: skip
        other = TabularPreprocessor(max_bins=0).fit_transform(np.array(rows, dtype=object))
        np.testing.assert_array_equal(one.transform(rows), other)


class TestManyRows:
    """Features are written a block of rows at a time."""

    @pytest.mark.parametrize("n_rows", [9000, 4096])
    @pytest.mark.parametrize("convert", [lambda table: table, pl.from_pandas])
    def test_blocks_do_not_matter(self, n_rows, convert):
        rng = np.random.default_rng(0)
        table = make_table().loc[rng.integers(0, 6, n_rows)].reset_index(drop=True)
        table["age"] += rng.normal(size=n_rows)
        table.loc[7, "age"] = 1e9
        table["house"] = rng.integers(0, 40, n_rows).astype(str)
        table = convert(table.astype({"code": str}))
        y = rng.integers(0, 3, n_rows)
        preprocessor = TabularPreprocessor().fit(table, y)
        out = preprocessor.transform(table)
        assert (preprocessor.transform(table[4000:]) == out[4000:]).all()
        assert (preprocessor.transform(table[:100]) == out[:100]).all()
        small = [not name.startswith("house") for name in preprocessor.get_feature_names_out()]
        training = preprocessor.fit_transform(table, y)
        np.testing.assert_array_equal(training[:, small], out[:, small])

    def test_infinity_in_any_of_them(self):
        X = pd.DataFrame(np.zeros((9000, 2)), columns=["a", "b"])
        preprocessor = TabularPreprocessor().fit(X)
        X.loc[8999, "b"] = -np.inf
        for call in (preprocessor.transform, preprocessor.fit):
            with pytest.raises(ValueError, match="contains infinity, in column 'b'"):
                call(X)

    @pytest.mark.parametrize("size", [100, 300, 40_000])
    @pytest.mark.parametrize(
        "convert",
        [
            lambda names: pd.Series(names, dtype=object),
            lambda names: pd.Series(names, dtype="string"),
            lambda names: pd.Series(pd.Categorical(names)),
            lambda names: pl.Series(list(names)),
            lambda names: pl.Series(list(names), dtype=pl.Categorical),
        ],
        ids=["object", "string", "category", "polars", "polars' category"],
    )
    def test_codes_of_any_size(self, size, convert):
        """Each category is found where it stands, or has the target's mean of its own."""
        rng = np.random.default_rng(0)
        codes = np.append(np.arange(size), rng.integers(0, size, size))
        names = np.array([f"n{code:05d}" for code in codes], dtype=object)
        names[-1] = None
        column = convert(names)
        frame = pl.DataFrame if isinstance(column, pl.Series) else pd.DataFrame
        table, max_one_hot = frame({"x": column}), 300
        y = codes % 2
        preprocessor = TabularPreprocessor(max_bins=0, max_one_hot=max_one_hot + 1)
        out = preprocessor.fit(table, y).transform(table)
        if size <= max_one_hot:
            expected = np.eye(size + 1)[np.append(codes[:-1], size)]
            np.testing.assert_array_equal(out, expected)
        else:
            known = np.arange(len(codes) - 1)
            low, high = out[known, 0][y[known] == 0], out[known, 0][y[known] == 1]
            assert low.max() < high.min()


class TestManyCategories:
    @pytest.fixture
    def table(self):
        rng = np.random.default_rng(0)
        town = rng.integers(0, 60, 3000)
        y = (rng.uniform(size=3000) < (town % 2) * 0.8 + 0.1).astype(int)
        return pd.DataFrame({"town": town.astype(str)}), y

    def test_they_become_the_mean_of_the_target(self, table):
        X, y = table
        preprocessor = TabularPreprocessor(max_bins=0, random_state=0).fit(X, y)
        assert preprocessor.get_feature_names_out().tolist() == ["town", "town_squared"]
        out = preprocessor.transform(X)[:, 0]
        means = pd.Series(y).groupby(X["town"]).transform("mean")
        assert np.corrcoef(out, means)[0, 1] > 0.95

    def test_noise_is_not_learned_from_its_own_target(self):
        """Means over other rows know nothing of a target that is noise."""
        rng = np.random.default_rng(0)
        X = pd.DataFrame({"town": rng.integers(0, 300, 1500).astype(str)})
        y = rng.integers(0, 2, 1500)
        preprocessor = TabularPreprocessor(max_bins=0, random_state=0)
        training = preprocessor.fit_transform(X, y)[:, 0]
        assert abs(np.corrcoef(training, y)[0, 1]) < 0.1
        assert np.corrcoef(preprocessor.transform(X)[:, 0], y)[0, 1] > 0.3

    def test_of_several_classes(self, table):
        X, _ = table
        y = np.array(["red", "green", "blue"])[X["town"].astype(int) % 3]
        preprocessor = TabularPreprocessor(max_bins=0, random_state=0).fit(X, y)
        assert preprocessor.get_feature_names_out().tolist()[:2] == ["town_green", "town_red"]
        out = preprocessor.transform(X)
        assert out[y == "red", 1].min() > out[y != "red", 1].max()

    def test_without_a_target(self, table):
        with pytest.raises(ValueError, match="more than max_one_hot categories"):
            TabularPreprocessor().fit(table[0])
        assert TabularPreprocessor(max_one_hot=60).fit_transform(table[0]).shape == (3000, 60)

    def test_names_of_several_columns(self):
        rng = np.random.default_rng(0)
        towns = rng.integers(0, 50, (400, 2)).astype(str)
        y = np.array(["red", "green", "blue"])[towns[:, 1].astype(int) % 3]
        table = pd.DataFrame(towns, columns=["birth", "home"])
        preprocessor = TabularPreprocessor(max_bins=0, random_state=0).fit(table, y)
        out = columns_of(preprocessor, table)
        assert list(out)[:4] == ["birth_green", "home_green", "birth_red", "home_red"]
        assert out["home_green"][y == "green"].min() > out["home_green"][y != "green"].max()

    def test_few_rows_and_few_classes(self):
        table = pd.DataFrame({"town": list("abc")})
        assert TabularPreprocessor(max_one_hot=0).fit_transform(table, [0, 1, 1]).shape == (
            3,
            2,
        )
        one_class = TabularPreprocessor(max_one_hot=0).fit(table.assign(n=range(3)), [1, 1, 1])
        assert one_class.transform(table.assign(n=range(3))).shape == (3, 2)

    @pytest.mark.parametrize("unit", [1.0, 1e-300, 1e300])
    def test_of_numbers(self, table, unit):
        X, labels = table
        y = unit * (labels + np.random.default_rng(1).normal(size=3000))
        preprocessor = TabularPreprocessor(max_bins=0).fit(X, y)
        assert preprocessor.get_feature_names_out().tolist() == ["town", "town_squared"]
        # An increasing function, the scaling of numbers, of scikit-learn's encoding.
        out = preprocessor.transform(X)[:, 0]
        encoder = TargetEncoder(target_type="continuous", smooth=10.0)
        means = encoder.fit(X, y / unit).transform(X)[:, 0]
        order = np.argsort(means, kind="stable")
        is_new = np.diff(means[order]) > 1e-9
        assert ((np.diff(out[order]) > 0) == is_new).all()
        training = preprocessor.fit_transform(X, y)[:, 0]
        assert 0.9 < np.corrcoef(training, out)[0, 1] < 0.9999

    def test_of_several_numbers(self, table):
        X, labels = table
        y = np.stack([labels, X["town"].astype(int) % 7], axis=1)
        both = columns_of(TabularPreprocessor(max_bins=0).fit(X, y), X)
        assert list(both)[:2] == ["town_y0", "town_y1"]
        for j in range(2):
            alone = TabularPreprocessor(max_bins=0, target_type="continuous").fit(X, y[:, j])
            np.testing.assert_array_equal(both[f"town_y{j}"], alone.transform(X)[:, 0])

    def test_what_is_a_class_and_what_a_number(self, table):
        X, labels = table
        rows = np.arange(3000)

        def names(y, target_type="auto"):
            preprocessor = TabularPreprocessor(target_type=target_type).fit(X, y)
            return [name for name in preprocessor.get_feature_names_out() if "_s" in name]

        assert names(labels) == names(labels / 3) == names(rows) == ["town_squared"]
        assert len(names(rows % 32)) == len(names(rows % 32 + 0.0)) == 31
        assert names(rows % 33) == names(rows % 32, "continuous") == ["town_squared"]
        assert len(names(rows % 33, "multiclass")) == len(names((rows % 33).astype(str))) == 32

    def test_a_target_of_a_single_number(self, table):
        out = TabularPreprocessor().fit_transform(table[0], np.full(3000, 0.5))
        assert np.ptp(out, axis=0).max() == 0

    @pytest.mark.parametrize("target_type", ["auto", "continuous"])
    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_numbers_that_are_missing_or_infinite(self, table, target_type, bad):
        y = np.append(table[1][1:] / 3, bad)
        with pytest.raises(ValueError, match=r"y contains (NaN|infinity)"):
            TabularPreprocessor(target_type=target_type).fit(table[0], y)

    @pytest.mark.parametrize(
        "y", [np.arange(3000) / 7, np.full(3000, np.nan), np.arange(10)], ids=str
    )
    def test_targets_that_are_not_labels(self, table, y):
        with pytest.raises(ValueError, match=r"continuous|NaN|inconsistent"):
            TabularPreprocessor(target_type="multiclass").fit(table[0], y)

    def test_a_failed_fit_is_none(self, table):
        preprocessor = TabularPreprocessor(random_state=0).fit(*table)
        with pytest.raises(ValueError, match="fit needs y"):
            preprocessor.fit(table[0])
        with pytest.raises(NotFittedError):
            preprocessor.transform(table[0])

    def test_unknown_ones(self, table):
        preprocessor = TabularPreprocessor(random_state=0).fit(*table)
        assert np.isfinite(preprocessor.transform(pd.DataFrame({"town": ["x", None]}))).all()


@pytest.mark.parametrize(
    "table",
    [
        {"x": ["missing", None, "missing_2"]},
        {"x_b": [1.0, 2.0, 3.0], "x": ["b", "b_2", "b"]},
        {"x": ["1"] * 3, "x_1": ["a", "a_2", "a"], "x_1_a": ["2", "3", "2"]},
    ],
    ids=str,
)
def test_names_are_distinct(table):
    names = TabularPreprocessor().fit(pd.DataFrame(table)).get_feature_names_out()
    assert len(set(names)) == len(names)


def make_shops(n_rows=3000, seed=0):
    """Return numbers of shops, each of which has sales of its own, and sizes."""
    rng = np.random.default_rng(seed)
    shop = rng.integers(1000, 1100, n_rows)
    X = pd.DataFrame({"size": rng.normal(size=n_rows), "shop": shop})
    sales = np.random.default_rng(1).normal(size=100)[shop - 1000]
    return X, sales + X["size"].to_numpy() + rng.normal(size=n_rows)


class TestCodes:
    """Numbers that tell nothing by their size."""

    @pytest.mark.parametrize("kind", ["number", "two classes", "three classes"])
    def test_they_are_found_and_of_use(self, kind):
        X, sales = make_shops()
        n_classes = {"number": 0, "two classes": 2, "three classes": 3}[kind]
        y = np.searchsorted([-0.8, 0.8][: n_classes - 1], sales) if n_classes else sales
        preprocessor = TabularPreprocessor(max_bins=0, add_squares=False).fit(X, y)
        assert preprocessor.codes_ == ["shop"]
        names = preprocessor.get_feature_names_out().tolist()
        of_shop = [name for name in names if "_mean" in name]
        assert len(of_shop) == (3 if n_classes == 3 else 1)
        later, sales = make_shops(seed=2)
        feature = preprocessor.transform(later)[:, names.index(of_shop[-1])]
        expected = np.random.default_rng(1).normal(size=100)[later["shop"] - 1000]
        assert np.corrcoef(feature, expected)[0, 1] > 0.85
        without = TabularPreprocessor(encode_codes=False).fit(X, y)
        assert without.codes_ == []
        assert not any("_mean" in name for name in without.get_feature_names_out())

    @pytest.mark.parametrize(
        "column",
        [
            lambda X, rng: X["shop"] / 7 + rng.uniform(size=len(X)),  # all of them distinct
            lambda X, rng: X["shop"] % 16,  # an interval for each
            lambda X, rng: rng.integers(0, 100, len(X)),  # noise
            lambda X, rng: (10 * X["size"]).round(),  # a smooth function
            lambda X, rng: np.maximum((10 * X["size"]).round(), 0),  # mostly 0, and else smooth
        ],
    )
    def test_none_where_intervals_do(self, column):
        X, y = make_shops()
        rng = np.random.default_rng(4)
        X["shop"] = column(X, rng)
        y = X["size"] + rng.normal(size=len(X))
        assert TabularPreprocessor().fit(X, y).codes_ == []
        assert TabularPreprocessor().fit(X, y > 0).codes_ == []

    def test_a_row_does_not_tell_its_own_target(self):
        X, y = make_shops()
        preprocessor = TabularPreprocessor(max_bins=0, add_squares=False)
        before = preprocessor.fit_transform(X, y)[:, -1]
        noise = np.random.default_rng(3).normal(size=len(y))
        changed = y.copy()
        changed[::50] += 20 * noise[::50]
        after = preprocessor.fit_transform(X, changed)[:, -1]
        assert abs(np.corrcoef((after - before)[::50], noise[::50])[0, 1]) < 0.35

    def test_missing_and_unknown_numbers(self):
        X, y = make_shops()
        X["shop"] = X["shop"].astype(float)
        X.loc[::10, "shop"] = np.nan
        y[::10] += 5
        preprocessor = TabularPreprocessor(max_bins=0, add_squares=False).fit(X, y)
        others = pd.DataFrame({"size": [0.0] * 3, "shop": [np.nan, 5.5, 1e300]})
        means = columns_of(preprocessor, others)["shop_mean"]
        assert means[1] == means[2] < means[0]
        assert means[0] == columns_of(preprocessor, X)["shop_mean"].max()


def make_plane(n_rows=6000, seed=0):
    """Return fields of a map, and a class that changes from field to field."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {"east": rng.integers(0, 10, n_rows), "north": rng.integers(0, 10, n_rows)}
    )
    X["height"] = rng.normal(size=n_rows)
    X["town"] = rng.choice([*"abcdefgh"], n_rows)
    fields = np.random.default_rng(1).integers(0, 2, (20, 20))
    y = fields[X["east"], X["north"]]
    return X, np.where(rng.random(n_rows) < 0.1, 1 - y, y)


class TestPairs:
    """Pairs of columns that tell together what neither does."""

    def test_a_pair_is_found_and_of_use(self):
        X, y = make_plane()
        preprocessor = TabularPreprocessor().fit(X, y)
        assert preprocessor.pairs_ == [("east", "north")]
        assert "east_and_north" in preprocessor.get_feature_names_out()
        # A tenth of the classes is noise, and 15 rows tell most fields'. A linear model finds
        # in these features alone what neither column tells.
        network = MLPBinaryClassifier((), random_state=0, max_iter=20, n_iter_no_change=None)
        later, y_later = make_plane(seed=2)
        errors = [
            1
            - make_pipeline(TabularPreprocessor(max_pairs=n), clone(network))
            .fit(X, y)
            .score(later, y_later)
            for n in (0, 8)
        ]
        assert errors[1] < 0.15 < 0.35 < errors[0]

    @pytest.mark.parametrize("first", ["town", "east"])
    @pytest.mark.parametrize("n_classes", [2, 3])
    def test_of_categories_and_several_classes(self, first, n_classes):
        X, _ = make_plane()
        X["month"] = np.random.default_rng(3).choice([*"ijklmn"], len(X))
        second = "month" if first == "town" else "town"
        codes = [pd.factorize(X[name], sort=True)[0]
                 for name in (first, second)]  # fmt: skip
        fields = np.random.default_rng(1).integers(0, n_classes, (20, 20))
        y = np.array(["u", "v", "w"])[fields[codes[0], codes[1]]]
        preprocessor = TabularPreprocessor().fit(X, y)
        assert set(preprocessor.pairs_[0]) == {first, second}
        names = [name for name in preprocessor.get_feature_names_out() if "_and_" in name]
        assert sum(name.endswith(("town", "month", "_u", "_v", "_w")) for name in names) == len(
            preprocessor.pairs_
        ) * (1 if n_classes == 2 else 3)

    @pytest.mark.parametrize(
        "target",
        [
            lambda X, rng: (X["east"] + X["north"]) / 2 - 9 > rng.logistic(size=len(X)),
            lambda X, rng: (X["east"] - 9) * (X["north"] - 9) > 9 * rng.logistic(size=len(X)),
            lambda X, rng: rng.random(len(X)) < 0.5,
            lambda X, rng: X["town"].isin([*"abc"]) ^ (rng.random(len(X)) < 0.1),
        ],
    )
    def test_none_where_a_network_needs_none(self, target):
        X, _ = make_plane()
        rng = np.random.default_rng(4)
        X[["east", "north"]] += rng.uniform(size=(len(X), 2))
        y = target(X, rng)
        assert TabularPreprocessor().fit(X, y).pairs_ == []

    @pytest.mark.parametrize(
        ("n_rows", "y", "parameters"),
        [
            (6000, None, {"max_pairs": 0}),
            (5759, None, {}),
            (6000, "nothing", {}),
        ],
    )
    def test_none(self, n_rows, y, parameters):
        X, labels = make_plane(n_rows)
        y = {None: labels, "nothing": None}[y]
        assert TabularPreprocessor(**parameters).fit(X, y).pairs_ == []

    def test_of_numbers(self):
        X, y = make_plane()
        y = 1e6 * (2 * y + X["height"].to_numpy())  # smooth in the height
        preprocessor = TabularPreprocessor(max_bins=0, add_squares=False).fit(X, y)
        assert preprocessor.pairs_ == [("east", "north")]
        # What the field tells, and noise of a tenth of a class, becomes a column.
        later, y_later = make_plane(seed=2)
        name = preprocessor.get_feature_names_out().tolist().index("east_and_north")
        correlation = np.corrcoef(preprocessor.transform(later)[:, name], y_later)[0, 1]
        assert correlation > 0.7
        both = TabularPreprocessor().fit(X, np.stack([y, -y], axis=1))
        names = [name for name in both.get_feature_names_out() if "_and_" in name]
        assert {"east_and_north_y0", "east_and_north_y1"} <= {*names}

    @pytest.mark.parametrize(
        "target",
        [
            lambda X, rng: (X["east"] + X["north"]) / 2 + 3 * rng.normal(size=len(X)),
            lambda X, rng: (X["east"] - 9) * (X["north"] - 9) / 9 + rng.normal(size=len(X)),
            lambda X, rng: rng.normal(size=len(X)),
            lambda X, rng: X["town"].isin([*"abc"]) + 0.3 * rng.standard_cauchy(size=len(X)),
        ],
    )
    def test_none_where_a_network_needs_none_for_numbers(self, target):
        X, _ = make_plane()
        rng = np.random.default_rng(4)
        X[["east", "north"]] += rng.uniform(size=(len(X), 2))
        assert TabularPreprocessor().fit(X, target(X, rng)).pairs_ == []

    def test_a_row_does_not_tell_its_own_class(self):
        X, y = make_plane()
        name = "east_and_north"
        before = TabularPreprocessor(max_bins=0, add_squares=False).fit_transform(X, y)
        changed = y.copy()
        changed[7] = 1 - changed[7]
        preprocessor = TabularPreprocessor(max_bins=0, add_squares=False)
        after = preprocessor.fit_transform(X, changed)
        place = preprocessor.get_feature_names_out().tolist().index(name)
        cell = np.flatnonzero(
            (np.abs(X["east"] - X["east"][7]) < 0.3)
            & (np.abs(X["north"] - X["north"][7]) < 0.3)
        )
        difference = np.abs(before[:, place] - after[:, place])
        # Its own changes with the scale of the column alone.
        assert difference[7] < 0.001 < 0.03 < difference[cell].max()

    def test_missing_and_unknown_values(self):
        X, y = make_plane()
        X.loc[::10, "east"] = np.nan
        X.loc[::11, "town"] = None
        preprocessor = TabularPreprocessor().fit(X, y)
        assert ("east", "north") in preprocessor.pairs_
        X.loc[::7, "town"] = "new"
        X["north"] = np.nan
        assert np.isfinite(preprocessor.transform(X)).all()

    @pytest.mark.parametrize("convert", [pl.DataFrame, pd.DataFrame.to_numpy], ids=["pl", "np"])
    def test_other_tables(self, convert):
        X, y = make_plane()
        X = X.drop(columns="town")
        wanted = TabularPreprocessor().fit_transform(X, y)
        preprocessor = TabularPreprocessor()
        np.testing.assert_array_equal(preprocessor.fit_transform(convert(X), y), wanted)
        assert len(preprocessor.pairs_) == 1

    def test_a_seed_is_a_result(self):
        X, y = make_plane()
        one, same, other = (
            TabularPreprocessor(random_state=seed).fit_transform(X, y) for seed in (0, 0, 1)
        )
        np.testing.assert_array_equal(one, same)
        assert (one != other).any()


class TestFrequentValues:
    """Columns most of whose numbers are one."""

    def test_zero_is_told_from_little(self):
        rng = np.random.default_rng(0)
        x = np.where(rng.random(2000) < 0.8, 0.0, rng.lognormal(size=2000))
        features = columns_of(TabularPreprocessor().fit(x[:, None]), x[:, None])
        bins = [feature for name, feature in features.items() if "_bin" in name]
        assert len(bins) >= 12
        # The first begins at 0: no number beyond it has the same place in it.
        assert len(np.unique(bins[0][x == 0])) == 1
        assert (bins[0][x > 0] > bins[0][x == 0][0]).all()
        # Two thirds of the others are neither next to 0 nor where clipping bends.
        inside = np.abs(features["x0"][x > 0])
        assert 0.2 < np.median(inside) < 2

    def test_a_value_amid_others(self):
        rng = np.random.default_rng(0)
        x = np.where(rng.random(2000) < 0.3, 1.0, rng.normal(size=2000))
        features = columns_of(TabularPreprocessor().fit(x[:, None]), x[:, None])
        bins = [feature for name, feature in features.items() if "_bin" in name]
        at = np.array([feature[x == 1][0] for feature in bins])
        # Bins below are full there, and those above are empty: it is an edge.
        np.testing.assert_allclose(np.abs(at), 0.15, rtol=1e-5)
        assert -0.1 < at.mean() < 0.1


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (
                {"age": list("abcdef")},
                "Column 'age' was of kind number in training, and now is of kind cat",
            ),
            ({"age": ["1"] * 6}, "Column 'age' was of kind number"),
            ({"age": pd.date_range("2020", periods=6)}, "now is of kind date"),
            ({"age": np.inf}, "infinity"),
        ],
    )
    def test_columns_that_changed(self, change, message):
        preprocessor = TabularPreprocessor().fit(make_table())
        with pytest.raises(ValueError, match=message):
            preprocessor.transform(make_table().assign(**change))

    def test_whole_numbers_beyond_float64(self):
        preprocessor = TabularPreprocessor().fit([[1], [2]])
        with pytest.raises(ValueError, match="too large"):
            preprocessor.transform(np.array([[10**400]], dtype=object))

    def test_other_columns(self):
        preprocessor = TabularPreprocessor().fit(make_table())
        with pytest.raises(ValueError, match="feature names should match"):
            preprocessor.transform(make_table().drop(columns="age"))

    @pytest.mark.parametrize(
        "column", [[np.arange(2), np.arange(2)], [Decimal("sNaN"), None], [[1], [2]]], ids=str
    )
    def test_odd_cells_are_categories(self, column):
        table = pd.DataFrame({"odd": pd.Series(column, dtype=object)})
        out = TabularPreprocessor().fit_transform(table)
        assert np.isfinite(out).all()

    def test_columns_of_several_values(self):
        table = pl.DataFrame({"pair": pl.Series([[1, 2], [3, 4]], dtype=pl.Array(pl.Int64, 2))})
        with pytest.raises(ValueError, match="'pair', must have one value for each row"):
            TabularPreprocessor().fit(table)

    @pytest.mark.parametrize("names", [["a", "a"], [np.nan, float("nan")]], ids=str)
    def test_columns_of_one_name(self, names):
        with pytest.raises(ValueError, match=re.escape(f"distinct column names; got {names}")):
            TabularPreprocessor().fit(pd.DataFrame([[1.0, 2.0]] * 4, columns=names))

    def test_tables_that_are_not_in_memory(self):
        table = pl.LazyFrame({"a": [1.0, 2.0]})
        with pytest.raises(
            TypeError, match=r"DataFrame of pandas.* got LazyFrame.*collect\(\)"
        ):
            TabularPreprocessor().fit(table)

    @pytest.mark.parametrize("dtype", [complex, object])
    def test_complex_numbers(self, dtype):
        X = pd.DataFrame({"a": [1, 2], "b": pd.Series([1j, 2], dtype=dtype)})
        with pytest.raises(ValueError, match="Complex data not supported: column 'b' of X"):
            TabularPreprocessor().fit(X)
        preprocessor = TabularPreprocessor().fit(X.assign(b=[1, 2]))
        with pytest.raises(ValueError, match="column 'b' of X has complex"):
            preprocessor.transform(X)

    def test_sparse_and_empty_tables(self):
        with pytest.raises(TypeError, match=r"[Ss]parse"):
            TabularPreprocessor().fit(sparse.csr_matrix(np.eye(3)))
        with pytest.raises(ValueError, match="at least one row"):
            TabularPreprocessor().fit(make_table()[:0])


class TestFewRows:
    """A request is a row: what is done for many rows may not take longer than the row."""

    @pytest.mark.parametrize("convert", [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas])
    def test_rows_are_those_of_the_table(self, convert):
        table = make_table()
        preprocessor = TabularPreprocessor().fit(convert(table))
        rows = [preprocessor.transform(convert(table.iloc[[i]])) for i in range(len(table))]
        np.testing.assert_array_equal(
            np.concatenate(rows), preprocessor.transform(convert(table))
        )

    @pytest.mark.parametrize(
        "dtype",
        [
            object,
            "str",
            pd.StringDtype("python"),
            pd.StringDtype("pyarrow"),
            pd.ArrowDtype(pa.string()),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("values", [["b", "a", None, "b"], ["a"], [None, "a"], [None]])
    def test_strings_have_the_codes_of_many_rows(self, monkeypatch, dtype, values):
        given = pd.Series(values, dtype=dtype)
        with monkeypatch.context() as without:
            without.setattr(pd.Series, "factorize", None)
            few = Column(given)
        monkeypatch.setattr(skmlp._tables.columns, "_FEW_ROWS", 0)
        many = Column(given)
        assert few.kind == many.kind
        assert few.factorized.distinct == many.factorized.distinct
        np.testing.assert_array_equal(few.factorized.codes, many.factorized.codes, strict=True)

    def test_floats_among_strings_have_the_codes_of_many_rows(self, monkeypatch):
        given = pd.Series(["b", 1.0, np.nan, "1.0", None, 1.0], dtype=object)
        few = Column(given)
        monkeypatch.setattr(skmlp._tables.columns, "_FEW_ROWS", 0)
        many = Column(given)
        assert few.factorized.distinct == many.factorized.distinct == ["b", 1.0, "1.0"]
        np.testing.assert_array_equal(few.factorized.codes, many.factorized.codes, strict=True)

    @pytest.mark.parametrize("convert", [pd.DataFrame, pl.from_pandas])
    def test_names_are_checked_where_they_are_others(self, monkeypatch, convert):
        preprocessor, calls = TabularPreprocessor().fit(convert(make_table())), []
        check = skmlp.preprocessing.validate_data

        def noted(estimator, X, **kwargs):
            calls.append(X.shape)
            return check(estimator, X, **kwargs)

        monkeypatch.setattr(skmlp.preprocessing, "validate_data", noted)
        preprocessor.transform(convert(make_table()))
        assert not calls
        table = make_table()
        for other in (
            table[table.columns[::-1]],
            table.drop(columns="age"),
            table.assign(other=1),
            table.rename(columns={"age": "Age"}),
        ):
            with pytest.raises(ValueError, match="feature names should match"):
                preprocessor.transform(convert(other))
        assert len(calls) == 4

    def test_names_of_another_kind(self):
        table = make_table().set_axis(range(7), axis=1)
        preprocessor = TabularPreprocessor().fit(table)
        assert not hasattr(preprocessor, "feature_names_in_")
        assert len(preprocessor.transform(table)) == len(table)
        with pytest.raises(ValueError, match="X has 6 features"):
            preprocessor.transform(table.drop(columns=0))
        with pytest.warns(UserWarning, match="X has feature names"):
            preprocessor.transform(make_table())


class TestTheWholePipeline:
    def make(self, **overrides):
        network = MLPBinaryClassifier.tabular(random_state=0, **overrides)
        return make_pipeline(TabularPreprocessor(), network)

    def test_raw_heavy_tailed_columns(self):
        """Other units and a few absurd values cost next to no accuracy."""
        X, y = make_classification(
            1200, 8, n_informative=6, n_redundant=0, class_sep=1.2, flip_y=0.02, random_state=0
        )
        rng = np.random.default_rng(0)
        units = 10.0 ** rng.integers(-6, 7, 8)
        wild = np.where(rng.uniform(size=X.shape) < 0.01, 100 * rng.choice([-1, 1], X.shape), X)
        clean, raw = (
            cross_val_score(self.make(max_iter=30), part, y, cv=3).mean()
            for part in (X, wild * units)
        )
        assert clean > 0.9
        assert raw > clean - 0.02

    def test_a_table_in_a_search(self):
        rng = np.random.default_rng(0)
        table = make_table().loc[rng.integers(0, 6, 300)].reset_index(drop=True)
        table["age"] += rng.normal(size=300)
        y = np.where((table["town"] == "Bonn") ^ (table["age"] > 31), "yes", "no")
        search = GridSearchCV(
            self.make(max_iter=20),
            {
                "tabularpreprocessor__max_bins": [0, 8],
                "mlpbinaryclassifier__hidden_layer_sizes": [(16,), (32, 16)],
            },
            cv=2,
        ).fit(table, y)
        assert search.best_score_ > 0.85
        assert set(search.predict(table)) == {"yes", "no"}

    def test_overrides(self):
        network = MLPBinaryClassifier.tabular(n_members=3, max_iter=7)
        assert network.get_params()["n_members"] == 3
        assert clone(network).get_params() == network.get_params()
        with pytest.raises(TypeError, match="no_such_setting"):
            MLPBinaryClassifier.tabular(no_such_setting=1)


class TestTimes:
    """Seconds, of whatever unit; z is linear in them here, with neither bins nor clipping."""

    @pytest.mark.parametrize("unit", ["ns", "ps", "fs", "us", "ms", "s", "m", "h", "D"])
    @pytest.mark.parametrize("kind", ["m8", "M8"])
    def test_units(self, kind, unit):
        ticks = np.array([*range(8), 20])
        X = ticks.astype(f"{kind}[{unit}]")[:, None]
        out = TabularPreprocessor().fit_transform(X)
        np.testing.assert_array_equal(out, TabularPreprocessor().fit_transform(ticks[:, None]))

    def test_dates_are_not_rounded_twice(self):
        X = pd.DataFrame(
            {"t": np.array(["2020-01-01", "2020-01-02T03:04:05.678901"], "M8[us]")}
        )
        for unit in ("s", "ms", "us", "ns"):
            seconds = Column(X["t"].astype(f"M8[{unit}]"), "t").numbers().whole()
            part = {"s": 0, "ms": 0.678}.get(unit, 0.678901)
            assert seconds.tolist() == [1577836800.0, 1577934245 + part]

    def test_far_beyond_pandas(self):
        X = np.array(["300000-01-01", "2000-01-01", "NaT", "1970-01-01"], "M8[s]")
        far, near, missing, zero = Column(X, "t").numbers().whole()
        assert far > 9e12 > near > zero == 0
        assert np.isnan(missing)
        X = np.array([2**62, 0], "M8[D]")[:, None]
        with pytest.raises(ValueError, match="X contains a value too large: its seconds"):
            TabularPreprocessor().fit(X)


class TestExtremes:
    """What NumPy would warn of, or another library refuse without a name."""

    def test_numbers_next_to_the_largest(self):
        X = np.array([-1.7e308, 0, 1, 2, 1.7e308] * 10)[:, None]
        out = TabularPreprocessor().fit_transform(X)
        assert np.isfinite(out).all()
        assert (np.abs(out[:, 0]) <= 3).all()
        order = np.argsort(X[:, 0], kind="stable")
        assert (np.diff(out[order, 0]) >= 0).all()

    def test_a_number_that_is_far_beyond_a_small_spread(self):
        X = np.append(np.zeros(39), 1e-300)[:, None]
        out = TabularPreprocessor().fit(X).transform([[1e308], [-1e308]])
        np.testing.assert_array_equal(out[:, 0], [3, -3])

    def test_means_of_the_target_of_one_row(self):
        with pytest.raises(ValueError, match="X needs at least two"):
            TabularPreprocessor(max_one_hot=0).fit([["a"]], [0])

    @pytest.mark.parametrize(
        ("y", "message"),
        [
            (np.array(["a", 1, "a", 1], dtype=object), "^y is invalid: '<' not"),
            (np.array(["a", None, "a", None], dtype=object), "y contains missing values"),
            (pd.Series([True, pd.NA, True, True], dtype="boolean"), "y contains NaN"),
        ],
    )
    def test_labels_that_do_not_sort(self, y, message):
        with pytest.raises((TypeError, ValueError), match=message):
            TabularPreprocessor(max_one_hot=0).fit([["a"], ["b"], ["c"], ["d"]], y)
