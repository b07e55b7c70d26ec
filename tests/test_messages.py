"""Messages lead on: which columns, which labels, what was meant, and what to do instead."""

import copy
import inspect
import re
from datetime import date, datetime, time, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.utils._param_validation import StrOptions

from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier, TabularPreprocessor

BOTH = pytest.mark.parametrize("classifier", [MLPBinaryClassifier, MLPMulticlassClassifier])

# ---- which columns, and what to do

ROWS, COLUMNS = 20, list("abcd")


def pandas_of(columns):
    return pd.DataFrame({name: pd.Series(values) for name, values in columns.items()})


# From columns, by name, to a table that has names, or numbers.
TABLES = {
    "pandas": pandas_of,
    "nullable": lambda columns: pandas_of(columns).convert_dtypes(),
    "objects in pandas": lambda columns: pandas_of(columns).astype(object),
    "categories": lambda columns: pandas_of(columns).astype({"b": "category", "d": "category"}),
    "arrow in pandas": lambda columns: pandas_of(columns).convert_dtypes(
        dtype_backend="pyarrow"
    ),
    "polars": lambda columns: pytest.importorskip("polars").DataFrame(columns),
    "arrow": lambda columns: pytest.importorskip("pyarrow").table(columns),
    "objects": lambda columns: np.array(list(columns.values()), dtype=object).T,
    "list": lambda columns: np.array(list(columns.values()), dtype=object).T.tolist(),
    "list of arrays": lambda columns: list(np.array(list(columns.values()), dtype=object).T),
}
NUMBERED = ("objects", "list", "list of arrays")
BAD_VALUES = {
    "NaN": (np.nan, "missing values"),
    "None": (None, "missing values"),
    "infinity": (-np.inf, "infinity"),
    "string": ("red", "strings, such as 'red',"),
    "date": (datetime(2020, 1, 1), "dates"),
    "duration": (timedelta(1), "durations"),
    "time": (time(12), "times"),
}


def columns_with(value):
    """Return four columns of numbers, but for the second and the last.

    A number is the last of them; polars and pyarrow have other values in columns of one kind.
    """
    columns = np.random.default_rng(0).normal(size=(4, ROWS)).tolist()
    for j in (1, 3):
        is_number = value is None or isinstance(value, float)
        columns[j] = [*columns[j][1:], value] if is_number else [value] * ROWS
    return dict(zip(COLUMNS, columns, strict=True))


@BOTH
@pytest.mark.parametrize("value", BAD_VALUES)
@pytest.mark.parametrize("table", TABLES)
def test_columns_that_no_network_takes_are_named(classifier, table, value):
    bad, what = BAD_VALUES[value]
    with np.errstate(invalid="ignore"):  # of pandas before its version 3, which tries integers
        X, y = TABLES[table](columns_with(bad)), np.arange(ROWS) % 2
    where = r"1 and 3 \(counted from 0\)" if table in NUMBERED else "'b' and 'd'"
    name = classifier.__name__
    advice = rf"make_pipeline\(TabularPreprocessor\(\), {name}\(\)\) takes tables with such"
    if value == "infinity":
        advice = "Leave out or replace infinite"
    message = (
        rf"{name} takes finite numbers alone, and X has {what} in columns {where}\. {advice}"
    )
    for call in (
        lambda: classifier(3).fit(X, y),
        lambda: classifier(3).partial_fit(X, y, classes=[0, 1]),
    ):
        with pytest.raises((TypeError, ValueError), match=message) as raised:
            call()
        assert "HistGradientBoosting" not in str(raised.value)


OUTPUTS = ["predict", "predict_proba", "predict_log_proba", "decision_function", "transform"]


@pytest.mark.parametrize("method", [*OUTPUTS, "score", "fit_transform", "X_val", "warm start"])
@pytest.mark.parametrize("table", ["objects", "pandas", "polars", "arrow", "list"])
@pytest.mark.parametrize("value", ["NaN", "string", "infinity"])
def test_columns_are_named_wherever_rows_come_in(method, table, value):
    bad, what = BAD_VALUES[value]
    X, y = TABLES[table](columns_with(1.0)), np.arange(ROWS) % 2
    given = TABLES[table](columns_with(bad))
    network = MLPBinaryClassifier(3, tol=1.0, warm_start=True, random_state=0).fit(X, y)
    calls = {
        "X_val": lambda: network.fit(X, y, X_val=given, y_val=y),
        "warm start": lambda: network.fit(given, y),
        "score": lambda: network.score(given, y),
        "fit_transform": lambda: network.fit_transform(given, y),
    }
    network.set_params(early_stopping=method == "X_val")
    where = "1 and 3" if table in NUMBERED else "'b' and 'd'"
    with pytest.raises(ValueError, match=f"X has {what} in columns {where}") as raised:
        calls.get(method, lambda: getattr(network, method)(given))()
    assert ("transform_input=['X_val']" in str(raised.value)) == (method == "X_val")


@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
def test_columns_of_sparse_input_are_named(container):
    X, y = np.eye(6), np.arange(6) % 2
    network = MLPBinaryClassifier(3, tol=1.0, random_state=0).fit(container(X), y)
    missing = container(np.where(X > 0, np.nan, X)[:, ::2])
    advice = r"make_pipeline\(SimpleImputer\(\), MLPBinaryClassifier\(\)\)"
    with pytest.raises(ValueError, match=rf"missing values in columns 0, 1 and 2 .*{advice}"):
        network.fit(missing, y)
    network.fit(container(X), y)
    X[3, 3] = np.inf
    with pytest.raises(
        ValueError, match=r"infinity in column 3 \(counted from 0\)\. Leave out"
    ):
        network.predict(container(X))


@pytest.mark.parametrize("damage", ["indptr", "indices", "short", "data"])
def test_columns_of_a_damaged_sparse_matrix(damage):
    """NaN is found before the damage is, with which scipy would write beside its arrays."""
    X, y = sparse.csr_array(np.where(np.eye(6) > 0, np.nan, 0.0)), np.arange(6) % 2
    match damage:
        case "indptr":
            X.indptr = X.indptr * 10_000_000
        case "indices":
            X.indices = X.indices + 100_000_000
        case "short":
            X.indices = X.indices[:2]
        case "data":
            X.data = X.data[:, None]
    network = MLPBinaryClassifier(3, tol=1.0).fit(np.eye(6), y)
    for call in (network.predict, lambda X: network.fit(X, y)):
        with pytest.raises(ValueError, match="X"):
            call(X)


def test_numbers_too_large_for_the_network_are_where():
    X, y = np.random.default_rng(0).normal(size=(ROWS, 3)), np.arange(ROWS) % 2
    network = MLPBinaryClassifier(3, tol=1.0, warm_start=True).fit(X.astype(np.float32), y)
    X[4, 2] = 1e39
    for call in (network.predict, network.transform, lambda X: network.fit(X, y)):
        for given in (X, sparse.csr_array(X), X.tolist()):
            with pytest.raises(
                ValueError, match=r"numbers too large for float32 in column 2 \(.*Leave out"
            ):
                call(given)


def test_few_columns_are_named_of_many():
    X = pd.DataFrame(np.full((4, 9), np.nan)).add_prefix("x")
    with pytest.raises(
        ValueError, match="missing values in columns 'x0', 'x1', 'x2' and 6 more"
    ):
        MLPBinaryClassifier().fit(X, [0, 1, 0, 1])


def test_everything_in_the_way_is_named_at_once():
    X = pd.DataFrame(
        {"age": [1, np.nan], "town": ["Ulm", None], "when": [datetime(2020, 1, 1)] * 2}
    )
    X = X.assign(size=np.inf, data=[{}, {}], text="lorem ipsum " * 1000)
    with pytest.raises((TypeError, ValueError), match="MLPBinaryClassifier takes") as raised:
        MLPBinaryClassifier().fit(X, [0, 1])
    message = str(raised.value)
    for part in (
        "missing values in column 'age'",
        "strings, such as 'Ulm', in columns 'town' and 'text'",
        "dates in column 'when'",
        "infinity in column 'size'",
        "objects of type dict in column 'data'",
        "but leave out or replace infinite",
    ):
        assert part in message
    assert len(message) < 1000


@pytest.mark.parametrize(
    "dates",
    [
        pd.DataFrame({"b": pd.to_datetime(["2020", None, "2021", "2022"])}),
        pd.DataFrame({"b": pd.to_timedelta([1, 2, 3, None])}),
        pd.DataFrame({"b": pd.to_datetime(["2020"] * 4, utc=True)}),
        pd.DataFrame({"b": pd.period_range("2020", periods=4, freq="D")}),
        pd.DataFrame({"b": pd.period_range("2020", periods=4, freq="D")}, dtype=object),
        np.array([["2020"], ["NaT"], ["2021"], ["2022"]], "M8[D]"),
        np.array([[1], [2], [3], [4]], "m8[s]"),
    ],
    ids=["dates", "durations", "zone", "periods", "objects", "array", "array of durations"],
)
def test_dates_are_no_numbers(dates):
    """NumPy would take them for what they count, and NaT for -9e18."""
    y = [0, 1, 0, 1]
    with pytest.raises(TypeError, match=r"X has (dates|durations) in column ('b'|0)"):
        MLPBinaryClassifier().fit(dates, y)
    numbers = np.arange(4.0)[:, np.newaxis]
    if not isinstance(dates, np.ndarray):
        numbers = pd.DataFrame(numbers, columns=["b"])
    network = MLPBinaryClassifier(3, tol=1.0).fit(numbers, y)
    for predict in (network.predict, network.transform):
        with pytest.raises(TypeError, match=r"X has (dates|durations) in column ('b'|0)"):
            predict(dates)


def test_dates_beside_integers_of_polars_and_arrow():
    """Of both polars makes integers."""
    columns = {"a": [1, 2, 3, 4], "b": [date(2020, 1, 1)] * 4}
    for module, kind in (("polars", "DataFrame"), ("pyarrow", "table")):
        X = getattr(pytest.importorskip(module), kind)(columns)
        with pytest.raises(TypeError, match="X has dates in column 'b'"):
            MLPBinaryClassifier().fit(X, [0, 1, 0, 1])


def test_strings_of_numbers_are_numbers():
    X, y = np.random.default_rng(0).normal(size=(ROWS, 3)), np.arange(ROWS) % 2
    network = MLPBinaryClassifier(3, tol=1.0, random_state=0)
    expected = network.fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(network.fit(X.astype(str), y).predict_proba(X), expected)


def test_a_subclass_has_its_own_name():
    class Mine(MLPBinaryClassifier):
        pass

    with pytest.raises(ValueError, match=r"Mine takes .*TabularPreprocessor\(\), Mine\(\)"):
        Mine().fit([[np.nan], [1.0]], [0, 1])


# ---- labels

# Of which one is missing: what holds them, from a list.
MISSING_IN = {
    "list": list,
    "tuple": tuple,
    "objects": lambda y: np.array(y, dtype=object),
    "column": lambda y: np.array(y, dtype=object)[:, None],
    "Series": lambda y: pd.Series(y, dtype=object),
    "inferred": pd.Series,
    "nullable": lambda y: pd.Series(y).convert_dtypes(),
    "categories": lambda y: pd.Series(y).astype("category"),
    "Categorical": pd.Categorical,
    "Index": pd.Index,
    "DataFrame": lambda y: pd.DataFrame({"y": y}),
    "polars": lambda y: pytest.importorskip("polars").Series(y),
    "polars frame": lambda y: pytest.importorskip("polars").DataFrame({"y": y}),
    "arrow": lambda y: pytest.importorskip("pyarrow").array(y),
    "arrow chunks": lambda y: pytest.importorskip("pyarrow").chunked_array([y, y[:0]]),
    "arrow dictionary": lambda y: pytest.importorskip("pyarrow").array(y).dictionary_encode(),
}
LABELS = {
    "strings": ["a", "b", None, "a", "b", "a"],
    "integers": [1, 2, None, 1, 2, 1],
    "truths": [True, False, None, True, False, True],
    "dates": [datetime(2020, 1, 1), datetime(2021, 1, 1), None, *[datetime(2020, 1, 1)] * 3],
    "floats": [1.0, 2.0, float("nan"), 1.0, 2.0, 1.0],
}
MISSING = (
    "Input {0} contains NaN: {0} contains missing values, "
    "1 of 6 labels, the first at position 2"
)


@BOTH
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")
@pytest.mark.parametrize("holder", MISSING_IN)
@pytest.mark.parametrize("labels", LABELS)
def test_missing_labels(classifier, holder, labels):
    y = MISSING_IN[holder](LABELS[labels])
    known = MISSING_IN[holder](LABELS[labels][:2] * 3)
    X = np.random.default_rng(0).normal(size=(6, 2))
    with pytest.raises(ValueError, match=MISSING.format("y")):
        classifier(3).fit(X, y)
    with pytest.raises(ValueError, match=MISSING.format("classes")):
        classifier(3).partial_fit(X, known, classes=y)
    with pytest.raises(ValueError, match=MISSING.format("y")):
        TabularPreprocessor(max_one_hot=0).fit(X.astype(str), y)
    if labels == "strings":
        network = classifier(3, early_stopping=True)
        with pytest.raises(ValueError, match=rf"\(X_val, y_val.*{MISSING.format('y')}"):
            network.fit(X, known, X_val=X, y_val=y)


@pytest.mark.parametrize(
    "value", [None, np.nan, np.float32(np.nan), pd.NA, pd.NaT, float("nan")], ids=repr
)
@pytest.mark.parametrize("holder", ["list", "objects", "Series", "categories"])
def test_missing_labels_of_all_kinds(holder, value):
    """In a list NumPy would make a class 'nan' of some of them."""
    y = MISSING_IN[holder](["a", "b", value, "a", "b", "a"])
    with pytest.raises(ValueError, match=MISSING.format("y")):
        MLPBinaryClassifier(3).fit(np.eye(6), y)


def test_a_class_that_is_called_nan():
    network = MLPBinaryClassifier(3, tol=1.0).fit(np.eye(4), ["nan", "None", "nan", "None"])
    assert network.classes_.tolist() == ["None", "nan"]


SEVERAL = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0], [1, 0, 0]])


@BOTH
@pytest.mark.parametrize(
    "hold",
    [
        np.asarray,
        np.ndarray.tolist,
        pd.DataFrame,
        lambda y: pytest.importorskip("polars").DataFrame(y),
    ],
    ids=["array", "list", "pandas", "polars"],
)
@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.eye(2)[[0, 1, 1, 0]], r"one-hot .*pass .*y.*\.argmax\(axis=1\)"),
        (np.eye(3, dtype=int)[[0, 1, 2, 0]], r"one-hot .*pass .*y.*\.argmax\(axis=1\)"),
        (np.eye(3)[[0, 1, 2, 0]] > 0, r"one-hot .*pass .*y.*\.argmax\(axis=1\)"),
        (np.full((4, 2), 0.5), r"one-hot .*pass .*y.*\.argmax\(axis=1\)"),
        (SEVERAL, r"{} takes one label a row.*multilabel.*MLPMultilabelClassifier"),
        (SEVERAL.astype(float), r"{} takes one.*multilabel.*MLPMultilabelClassifier"),
        (2 * SEVERAL, r"takes one label a row: .*MultiOutputClassifier\({}\(\)\)"),
        (0.3 * SEVERAL, "regression, and {} is a classifier: take .*MLPRegressor"),
        (np.array([[0, 1, 0, 1]]), r"\.ravel\(\)"),
    ],
)
def test_labels_of_several_columns(classifier, hold, y, message):
    given = hold(y)
    with pytest.raises(ValueError, match="y should be a 1d array, got an array of") as raised:
        classifier().fit(np.eye(4), given)
    assert re.search(message.format(classifier.__name__), str(raised.value))
    if "argmax" in message:
        converted = eval(
            re.search(r"pass (.*argmax\(axis=1\))", str(raised.value))[1],
            {"y": given, "np": np},
        )
        np.testing.assert_array_equal(converted, y.argmax(axis=1))
    if len(y) == 4:
        with pytest.raises(ValueError, match="classes must have one dimension"):
            classifier().partial_fit(np.eye(4), [0, 1, 0, 1], classes=given)


@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
def test_sparse_labels(container):
    X, y = np.eye(4), np.eye(2)[[0, 1, 1, 0]]
    message = r"Sparse data was passed for y.*Pass y\.toarray\(\)\.argmax\(axis=1\).*multilabel"
    with pytest.raises(TypeError, match=message):
        MLPBinaryClassifier().fit(X, container(y))
    with pytest.raises(TypeError, match=r"Sparse.* y.*Pass y\.toarray\(\)\.ravel\(\)"):
        MLPBinaryClassifier().fit(X, container(y[:, :1]))
    damaged = sparse.csr_array(y)
    damaged.indptr = damaged.indptr * 10_000_000
    with pytest.raises(TypeError, match=r"Sparse data was passed for y"):
        MLPBinaryClassifier().fit(X, damaged)


@pytest.mark.parametrize(
    "y",
    [
        [{1}, {2}, {1}, {2}],
        [[1, 2], [1], [2], []],
        [(1, 2), (1,), (2,), ()],
        [(1, 2), 1, 2, (1, 2)],
        [np.array([1, 2]), np.array([1]), np.array([2]), np.array([1])],
    ],
    ids=str,
)
def test_labels_that_are_collections(y):
    with pytest.raises(ValueError, match=r"multilabel.*MultiLabelBinarizer"):
        MLPMulticlassClassifier().fit(np.eye(4), y)


def test_what_is_said_of_several_labels_is_so():
    X = np.random.default_rng(0).normal(size=(4, 2))
    several = MultiOutputClassifier(MLPBinaryClassifier(3, tol=1.0)).fit(X, SEVERAL[:, :2])
    assert several.predict(X).shape == (4, 2)
    MLPClassifier(3, tol=1.0).fit(X, SEVERAL)


@BOTH
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    "hold",
    [np.asarray, np.float32, list, pd.Series, lambda y: np.array(y, dtype=object)],
    ids=["array", "float32", "list", "Series", "objects"],
)
def test_a_target_of_regression(classifier, method, hold):
    kwargs = {"classes": [0, 1]} if method == "partial_fit" else {}
    message = f"^y is invalid: Unknown label type: .*regression, and {classifier.__name__} is a"
    with pytest.raises(ValueError, match=message):
        getattr(classifier(), method)(np.eye(4), hold([0.1, 0.7, 1.2, 3.0]), **kwargs)


def test_labels_that_are_objects():
    """scikit-learn takes no numbers for classes whose array may have anything."""
    message = r"Unknown label type: .*array of objects \(int\): .*y\.astype\(int\)"
    with pytest.raises(ValueError, match=message):
        MLPBinaryClassifier().fit(np.eye(4), np.array([0, 1, 0, 1], dtype=object))


# ---- names of parameters and of their values

ESTIMATORS = pytest.mark.parametrize(
    "estimator", [MLPBinaryClassifier, MLPMulticlassClassifier, TabularPreprocessor]
)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("hiden", "hidden_layer_sizes"),
        ("hidden_layers", "hidden_layer_sizes"),
        ("Activation", "activation"),
        ("n_member", "n_members"),
        ("learningrate", "learning_rate"),
        ("batch", "batch_size"),
        ("early_stoping", "early_stopping"),
    ],
)
@BOTH
def test_misspelt_parameters(classifier, given, meant):
    meant = rf"Did you mean '{meant}'\?$"
    for construct in (classifier, classifier.tabular):
        with pytest.raises(TypeError, match=f"^{classifier.__name__}: .*'{given}'. {meant}"):
            construct(**{given: 3})
    with pytest.raises(ValueError, match=f"Invalid parameter '{given}' for .*{meant}"):
        classifier().set_params(**{given: 3})
    pipeline = make_pipeline(classifier())
    with pytest.raises(ValueError, match=f"Invalid parameter '{given}' for .*{meant}"):
        pipeline.set_params(**{f"{classifier.__name__.lower()}__{given}": 3})


def test_misspelt_parameters_of_tables():
    meant = r"Did you mean 'max_bins'\?$"
    with pytest.raises(TypeError, match=f"^TabularPreprocessor: .*'max_bin'. {meant}"):
        TabularPreprocessor(max_bin=3)
    with pytest.raises(ValueError, match=f"Invalid parameter 'max_bin' for .*{meant}"):
        TabularPreprocessor().set_params(max_bin=3)


@ESTIMATORS
def test_parameters_that_are_like_no_other(estimator):
    with pytest.raises(TypeError, match=r"'zzz'. The parameters are \[.*'random_state'"):
        estimator(zzz=3)
    with pytest.raises(ValueError, match=r"Invalid parameter 'zzz'.*\]\.$"):
        estimator().set_params(zzz=3)


def test_arguments_by_position():
    with pytest.raises(TypeError, match=r"^MLPBinaryClassifier: too many positional arguments"):
        MLPBinaryClassifier(3, "relu", "adam")
    with pytest.raises(TypeError, match=r"^MLPBinaryClassifier: multiple values .*layer_sizes"):
        MLPBinaryClassifier(3, hidden_layer_sizes=3)


def test_constructors_of_subclasses():
    """They may have parameters of their own, hand others on, or need some."""

    class Other(MLPBinaryClassifier):
        def __init__(self, width, *, solver="adam"):
            super().__init__(width, solver=solver)
            self.width = width

    assert clone(Other(3)).get_params() == {"width": 3, "solver": "adam"}
    assert copy.deepcopy(Other(3)).hidden_layer_sizes == 3
    with pytest.raises(TypeError, match=r"^Other: .*'widht'. Did you mean 'width'\?"):
        Other(widht=3)

    class HandsOn(MLPBinaryClassifier):
        def __init__(self, **parameters):
            super().__init__(**parameters)

    assert HandsOn(alpha=3).alpha == 3


@ESTIMATORS
def test_the_signature_is_that_of_the_constructor(estimator):
    parameters = inspect.signature(estimator).parameters
    assert sorted(parameters) == sorted(estimator().get_params())
    assert {name: p.default for name, p in parameters.items()} == estimator().get_params()


@BOTH
@pytest.mark.parametrize(
    ("parameters", "meant"),
    [
        ({"solver": "Adam"}, "adam"),
        ({"activation": "rely"}, "relu"),
        ({"activation": "ReLU"}, "relu"),
        ({"activation": ["leakyrelu"]}, "leaky_relu"),
        ({"activation": "swish"}, "silu"),
        ({"activation": ["Linear"]}, "identity"),
        ({"learning_rate": "cosin"}, "cosine"),
        ({"scoring": "accurracy"}, "accuracy"),
        ({"scoring": "log_loss"}, "neg_log_loss"),
        ({"init": "dta"}, "data"),
        ({"batch_size": "Auto"}, "auto"),
        ({"class_weight": "balance"}, "balanced"),
        ({"verbose": "progres"}, "progress"),
        ({"transform_layer": "All"}, "all"),
    ],
    ids=str,
)
def test_misspelt_values(classifier, binary_data, parameters, meant):
    with pytest.raises(ValueError, match=rf"Did you mean '{meant}'\?$"):
        classifier(**parameters).fit(*binary_data)


@BOTH
@pytest.mark.parametrize("parameters", [{"solver": "newton"}, {"solver": 3}, {"alpha": "relu"}])
def test_values_that_are_like_no_other(classifier, binary_data, parameters):
    with pytest.raises(ValueError, match=r"Got .* instead\.$"):
        classifier(**parameters).fit(*binary_data)


@ESTIMATORS
def test_values_are_said_in_a_fixed_order(estimator):
    """A set of strings has another one in each process."""
    options = [
        constraint
        for constraints in estimator._parameter_constraints.values()
        for constraint in constraints
        if isinstance(constraint, StrOptions)
    ]
    for constraint in options:
        names = re.findall(r"'(\w+)'", str(constraint))
        assert names == sorted(constraint.options)
        assert str(constraint) == f"a str among {{{', '.join(map(repr, names))}}}"


@BOTH
@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        (
            {"early_stopping": True},
            "^partial_fit does not support early_stopping=True.*set early",
        ),
        (
            {"solver": "lbfgs"},
            "^partial_fit is only available for stochastic .*'adam', 'adamw'",
        ),
        ({"solver": "Adam"}, r"^solver must be among .*got 'Adam'\. Did you mean 'adam'\?"),
        ({"solver": {}}, "^solver must be among"),
        ({"early_stopping": np.array([1, 2])}, "has no attribute 'partial_fit'"),
    ],
    ids=str,
)
def test_why_there_is_no_partial_fit(classifier, parameters, reason):
    network = classifier(**parameters)
    assert not hasattr(network, "partial_fit")
    for call in (
        lambda: network.partial_fit(np.eye(4), [0, 1, 0, 1], classes=[0, 1]),
        lambda: classifier.partial_fit(network, np.eye(4), [0, 1, 0, 1], classes=[0, 1]),
    ):
        with pytest.raises(AttributeError, match=reason):
            call()
