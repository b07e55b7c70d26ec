"""What the estimators refuse, and how they say so."""

import inspect
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError

import skmlp._labels
import skmlp._parameters
import skmlp._rows
import skmlp._targets
from skmlp import (
    MLPBinaryClassifier,
    MLPMulticlassClassifier,
    MLPRegressor,
    TabularPreprocessor,
)
from skmlp._data import as_matrix
from skmlp._splitting import split_rows
from tests.helpers import fitted_values

BOTH = pytest.mark.parametrize("classifier", [MLPBinaryClassifier, MLPMulticlassClassifier])


@BOTH
@pytest.mark.parametrize(
    "parameters",
    [
        {"activation": "swish"},
        {"solver": "newton"},
        {"learning_rate": "exponential"},
        {"alpha": -1},
        {"learning_rate_init": 0},
        {"max_iter": 0},
        {"batch_size": 0},
        {"n_jobs": 0},
        {"momentum": 1.5},
        {"validation_fraction": 1.0},
        {"beta_1": 1.0},
        {"epsilon": 0.0},
        {"n_iter_no_change": 0},
        {"hidden_layer_sizes": "many"},
        {"shuffle": "yes"},
    ],
    ids=str,
)
def test_invalid_parameters(classifier, binary_data, parameters):
    (name,) = parameters
    with pytest.raises(InvalidParameterError, match=f"The '{name}' parameter of"):
        classifier(**parameters).fit(*binary_data)


@BOTH
@pytest.mark.parametrize(
    ("sizes", "error", "message"),
    [
        (np.array(-1), ValueError, "hidden_layer_sizes must be > 0"),
        ((10, 0), ValueError, r"hidden_layer_sizes must be > 0, got \[10, 0\]"),
        ([-3], ValueError, "hidden_layer_sizes must be > 0"),
        (0, ValueError, "'hidden_layer_sizes' parameter"),
        ((2.5,), TypeError, "hidden_layer_sizes must be integers"),
        (([3],), TypeError, "hidden_layer_sizes must be integers"),
    ],
)
def test_invalid_widths(classifier, binary_data, sizes, error, message):
    with pytest.raises(error, match=message):
        classifier(sizes).fit(*binary_data)


@pytest.mark.parametrize(
    "sizes", [(3, 2), [3, 2], np.array([3, 2]), (np.int32(3), 2)], ids=repr
)
def test_kinds_of_widths(binary_data, sizes):
    network = MLPBinaryClassifier(sizes, solver="lbfgs", alpha=100).fit(*binary_data)
    assert [w.shape for w in network.coefs_] == [(10, 3), (3, 2), (2, 1)]


def test_more_than_two_classes():
    X, y = np.eye(6), np.arange(6) % 3
    message = "Only binary classification is supported. The type of the target is multiclass."
    with pytest.raises(ValueError, match=message):
        MLPBinaryClassifier().fit(X, y)
    with pytest.raises(ValueError, match=message):
        MLPBinaryClassifier().partial_fit(X, y, classes=[0, 1, 2])


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("label", ["a", 1, 0.0, False])
def test_a_single_class_is_not_binary(label, method):
    network = MLPBinaryClassifier()
    classes = {"classes": [label]} if method == "partial_fit" else {}
    message = f"only one class: {label!r}. MLPMulticlassClassifier takes any number"
    with pytest.raises(ValueError, match=message):
        getattr(network, method)(np.eye(4), [label] * 4, **classes)
    assert not hasattr(network, "classes_")


@BOTH
def test_no_class_at_all(classifier):
    with pytest.raises(ValueError, match="classes must have all class labels; got none"):
        classifier().partial_fit(np.eye(4), [0, 1, 0, 1], classes=[])


@BOTH
@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.eye(4), [0.1, 0.7, 1.2, 3.0], "Unknown label type: continuous"),
        (np.eye(4), np.eye(4), "y should be a 1d array"),
        (np.eye(4), [0, 1], "^y is invalid: .*inconsistent numbers of samples"),
        (np.eye(4), 1j * np.arange(4), "^y is invalid: Complex data not supported"),
        (np.full((4, 2), np.nan), [0, 1, 0, 1], "contains NaN"),
        (np.full((4, 2), np.inf), [0, 1, 0, 1], "contains infinity"),
        (np.eye(4) * 1j, [0, 1, 0, 1], "^X is invalid: Complex data not supported"),
        (np.full((4, 1), "x"), [0, 1, 0, 1], "could not convert string to float"),
        (np.arange(4.0), [0, 1, 0, 1], "^X is invalid: Expected 2D array, got 1D array"),
        (pd.Series(range(4)), [0, 1, 0, 1], "^X is invalid: Expected a 2-dimensional"),
        (np.empty((0, 3)), [], "^X is invalid: .*0 sample"),
        ([[1, 2], [3]], [0, 1], "^X is invalid: setting an array element with a sequence"),
    ],
)
def test_invalid_data(classifier, X, y, message):
    with pytest.raises(ValueError, match=message):
        classifier().fit(X, y)


@BOTH
@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([-1.0, 1, 1, 1], "[Nn]egative"),
        ([0.0, 0, 0, 0], "non-zero"),
        ([1.0, 1], "sample_weight.shape"),
        ([np.nan, 1, 1, 1], "sample_weight contains NaN"),
        (np.ones((4, 1)), "1D"),
        ([1j, 1, 1, 1], "sample_weight must be real"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_invalid_weights(classifier, weights, message, method):
    kwargs = {"classes": [0, 1]} if method == "partial_fit" else {}
    with pytest.raises(ValueError, match=message):
        getattr(classifier(), method)(np.eye(4), [0, 1, 0, 1], sample_weight=weights, **kwargs)


def test_numbers_too_large_for_the_network(binary_data):
    """A float32 network refuses what it would make infinite of float64 input."""
    X, y = binary_data
    network = MLPBinaryClassifier(4, tol=1.0, max_iter=20).fit(X.astype(np.float32), y)
    with pytest.raises(ValueError, match="too large for dtype"):
        network.predict(np.full((1, 10), 1e39))


@BOTH
def test_outputs_that_overflow(classifier):
    """Numbers that a float64 network makes infinite have no label and no probability."""
    X = np.random.RandomState(0).normal(size=(40, 3))
    network = classifier((4, 4), "identity", tol=1.0, random_state=0).fit(X, np.arange(40) % 2)
    network.coefs_[0][:] = 10.0 * np.array([[1], [-1], [1]])
    for method in ("predict", "predict_proba", "decision_function", "transform"):
        with pytest.raises(ValueError, match="outputs of the network are not finite: Input X"):
            getattr(network, method)(np.full((2, 3), 1.7e308))


@BOTH
@pytest.mark.parametrize(
    ("indices", "indptr"),
    [
        ([0, 3], [0, 1, 2, 2, 2]),
        ([0, 2**30], [0, 1, 2, 2, 2]),
        ([0, -1], [0, 1, 2, 2, 2]),
        ([0, 1], [0, 2, 1, 2, 2]),
        ([0, 1], [0, 1, 2, 2, 500]),
        ([0, 1], [0, 1]),
        ([0, 1], [0, 1, 2, 2, 2, 2]),
        ([0, 1], []),
    ],
)
@pytest.mark.parametrize("dtype", ["f8", "i8", "?"])
def test_sparse_input_that_points_beside_itself(classifier, indices, indptr, dtype):
    """Such a matrix is made by scipy without a word; a kernel would read and write there.

    So would scipy where it is of another dtype than the network.
    """
    X, y = sparse.csr_array(([1.0, 2.0], [0, 1], [0, 1, 2, 2, 2]), shape=(4, 3)), [0, 1, 0, 1]
    network = classifier(3, tol=1.0, random_state=0).fit(X.astype("f4"), y)
    X = X.astype(dtype)
    X.indices = np.array(indices, dtype=np.int32)
    X.indptr = np.array(indptr, dtype=np.int32)
    for call in (
        network.predict,
        lambda X: network.partial_fit(X, y),
        lambda X: network.fit(X, y),
    ):
        with pytest.raises(ValueError, match="X is not a valid sparse matrix"):
            call(X)


def damaged(kind):
    """Return a sparse matrix (4, 3) of another format than CSR, or one of odd parts."""
    X = getattr(sparse, f"{kind[:3]}_array")(np.eye(4, 3))
    match kind:
        case "csc indices":
            X.indices = X.indices + 500_000_000
        case "csc negative":
            X.indices = X.indices - 1
        case "csc indptr":
            X.indptr = X.indptr * 1000
        case "bsr indices":
            X.indices = X.indices + 500_000_000
        case "coo rows":
            X.coords = (X.coords[0] + 100_000_000, X.coords[1])
        case "coo columns":
            X.coords = (X.coords[0], X.coords[1] - 1)
        case "coo data":
            X.data = X.data[:1]
        case "csr data":
            X.data = X.data[:, None]
        case "csr indices":
            X.indices = X.indices[:, None]
        case "lil rows":
            X.rows[0] = [10**6]
    return X


@pytest.mark.parametrize(
    "kind",
    [
        *["csc indices", "csc negative", "csc indptr", "bsr indices", "coo rows"],
        *["coo columns", "coo data", "csr data", "csr indices", "lil rows"],
    ],
)
def test_sparse_input_of_damaged_parts(kind):
    """Of another format than CSR, scipy would write beside its arrays as it converts it."""
    y = [0, 1, 0, 1]
    network = MLPBinaryClassifier(3, tol=1.0, random_state=0).fit(np.eye(4, 3), y)
    for call in (network.predict, network.transform, lambda X: network.fit(X, y)):
        with pytest.raises(ValueError, match=r"X is (invalid|not a valid sparse matrix)"):
            call(damaged(kind))


@BOTH
@pytest.mark.parametrize("changed", [{"classes_": [0]}, {"classes_": range(9)}, {"n": 1}])
def test_attributes_that_were_changed(classifier, binary_data, changed):
    """Results are as long as these say, and the kernels write what the network has."""
    X, y = binary_data
    network = classifier(3, tol=1.0, random_state=0).fit(X, y)
    if "n" in changed:
        network.n_features_in_, X = 1, X[:, :1]
    else:
        network.classes_ = np.array(changed["classes_"])
    for method in ("predict", "predict_proba", "decision_function", "transform"):
        with pytest.raises(ValueError, match="n_features_in_ or classes_ was changed"):
            getattr(network, method)(X)


HUGE = 10**400


@pytest.mark.parametrize(
    "parameters",
    [
        {"alpha": HUGE},
        {"learning_rate_init": HUGE},
        {"power_t": HUGE},
        {"tol": HUGE},
        {"epsilon": HUGE},
        {"max_grad_norm": HUGE},
        {"max_iter": HUGE},
        {"max_fun": HUGE},
        {"scaling_rate": HUGE, "solver": "adamw"},
        {"dropout": [HUGE]},
        {"batch_size": HUGE},
        {"hidden_layer_sizes": HUGE},
        {"n_members": HUGE},
    ],
    ids=lambda parameters: next(iter(parameters)),
)
def test_parameters_that_no_float_can_be(binary_data, parameters):
    network = MLPBinaryClassifier(**{"hidden_layer_sizes": 3} | parameters)
    with pytest.raises(ValueError, match=f"{next(iter(parameters))} is too large"):
        network.fit(*binary_data)


def test_input_that_no_float_can_be(binary_data):
    X, y = [[HUGE, 1], [1, 2]], [0, 1]
    network = MLPBinaryClassifier(3, tol=1.0, early_stopping=True).fit([[0, 1]] * 40, y * 20)
    with pytest.raises(ValueError, match="X contains a number that is too large"):
        network.predict(X)
    with pytest.raises(ValueError, match=r"\(X_val.*X contains a number that is too large"):
        network.fit([[0, 1]] * 40, y * 20, X_val=X, y_val=y)
    with pytest.raises(ValueError, match="X contains a number that is too large"):
        network.fit(X, y)


@pytest.mark.parametrize(
    "parameters",
    [
        {"hidden_layer_sizes": 2**63},
        {"hidden_layer_sizes": 2**62},
        {"hidden_layer_sizes": (2**62,) * 3},
        {"hidden_layer_sizes": (2**32, 2**32)},
        {"hidden_layer_sizes": 2**40, "n_members": 1000},
    ],
    ids=str,
)
def test_networks_that_no_memory_can_hold(binary_data, parameters):
    with pytest.raises(
        ValueError, match=r"hidden_layer_sizes=.* n_members=.* more than 1e\+15"
    ):
        MLPBinaryClassifier(**parameters).fit(*binary_data)


def test_more_members_than_an_array_has_elements(binary_data):
    with pytest.raises(ValueError, match="n_members is invalid"):
        MLPBinaryClassifier(n_members=10**30).fit(*binary_data)


@pytest.mark.parametrize("convert", [np.asarray, list, lambda y: y.astype(object), pd.Series])
@pytest.mark.parametrize(
    "estimator", [MLPBinaryClassifier(), TabularPreprocessor(max_one_hot=0)]
)
def test_missing_dates_as_labels(estimator, convert):
    X, y = np.eye(4).astype(str), np.array(["2000-01-01", "NaT"] * 2, "M8[s]")
    with pytest.raises((TypeError, ValueError), match=r"y contains NaN|y is invalid"):
        estimator.fit(X, convert(y))


def test_scores_and_threads_that_are_none(binary_data):
    X, y = binary_data

    def score(*_):
        return np.array([0.5, 0.5])

    with pytest.raises(TypeError, match="scoring is invalid"):
        MLPBinaryClassifier(3, early_stopping=True, scoring=score).fit(X, y)
    network = MLPBinaryClassifier(3, tol=1.0).fit(X, y).set_params(n_jobs="2")
    with pytest.raises(TypeError, match="n_jobs is invalid"):
        network.predict(np.zeros((10_000, X.shape[1])))


@BOTH
def test_the_other_order_of_bytes(classifier):
    """A DataFrame keeps it, and numba knows one only."""
    X, y = np.random.RandomState(0).normal(size=(12, 2)), np.arange(12) % 2
    network = classifier(3, tol=1.0, random_state=0)
    expected = network.fit(X, y).predict_proba(X)
    turned = pd.DataFrame(X.astype(">f8"))
    p = network.fit(turned, y).predict_proba(turned)
    assert p.dtype.isnative
    np.testing.assert_array_equal(p, expected)
    turned.iloc[0, 0] = np.inf
    for call in (network.predict, lambda X: network.fit(X, y)):
        with pytest.raises(ValueError, match="Input X contains infinity"):
            call(turned)


@BOTH
def test_labels_that_do_not_sort(classifier):
    y = np.array(["a", 1, "a", 1], dtype=object)
    with pytest.raises(TypeError, match=r"^y is invalid: '<' not"):
        classifier().fit(np.eye(4), y)


def test_classes_that_do_not_sort():
    classes = np.array(["a", 1], dtype=object)
    with pytest.raises(TypeError, match="classes is invalid: '<' not"):
        MLPBinaryClassifier().partial_fit(np.eye(4), list("abab"), classes=classes)


@BOTH
@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.full(4, 1e308), r"\(sample_weight\) are too large"),
        (np.full(4, 1e-310), r"\(sample_weight\) are too small"),
        (1j, "sample_weight must be real"),
    ],
)
def test_weights_without_a_mean(classifier, weights, message):
    with pytest.raises(ValueError, match=message):
        classifier().fit(np.eye(4), [0, 1, 0, 1], sample_weight=weights)


def test_denormal_weights_are_none():
    """Beside one of 1 they are nothing, and do not make a mean of nothing."""
    X, y = np.random.RandomState(0).normal(size=(6, 2)), [0, 1, 0, 1, 0, 1]
    network = MLPBinaryClassifier(3, tol=1.0, random_state=0)
    tiny = network.fit(X, y, sample_weight=[1, 1, 1, 1, 1e-310, 1e-310]).predict_proba(X)
    none = network.fit(X, y, sample_weight=[1, 1, 1, 1, 0, 0]).predict_proba(X)
    np.testing.assert_array_equal(tiny, none)


@BOTH
@pytest.mark.parametrize("class_weight", [{0: "a"}, {0: 1j}, {0: 10**400}], ids=repr)
def test_class_weights_that_are_no_numbers(classifier, class_weight):
    with pytest.raises(ValueError, match="class_weight must have numbers"):
        classifier(class_weight=class_weight).fit(np.eye(4), [0, 1, 0, 1])


def test_class_weights_that_overflow():
    network = MLPBinaryClassifier(class_weight={0: 1e200})
    with pytest.raises(ValueError, match=r"\(sample_weight times class_weight\) are too large"):
        network.fit(np.eye(4), [0, 1, 0, 1], sample_weight=np.full(4, 1e200))


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("dropout", [[[1], [2, 3]], [[0.1, 0.2]]], ids=repr)
def test_nested_dropout(binary_data, solver, dropout):
    with pytest.raises(ValueError, match="dropout must be"):
        MLPBinaryClassifier((3, 3), dropout=dropout, solver=solver).fit(*binary_data)


def test_settings_in_arrays_without_a_dimension(binary_data):
    one = MLPBinaryClassifier((3, 3), "tanh", dropout=0.3, tol=1.0, random_state=0)
    other = clone(one).set_params(activation=np.array("tanh"), dropout=np.array(0.3))
    one.fit(*binary_data)
    np.testing.assert_array_equal(other.fit(*binary_data).coefs_[0], one.coefs_[0])


def test_names_are_said_once():
    X, y = np.eye(4), [0, 1, 0, 1]
    with pytest.raises(ValueError, match=r"^classes must be passed on the first call"):
        MLPBinaryClassifier().partial_fit(X, y)
    with pytest.raises(ValueError, match=r"^y is invalid: Unknown label type"):
        MLPBinaryClassifier().fit(X, [0.5, 1.5, 2.5, 3.5])
    with pytest.raises(ValueError, match=r"^sample_weight is invalid: could not convert"):
        MLPBinaryClassifier().fit(X, y, sample_weight="balanced")


def test_outputs_too_large_for_the_dtype_of_the_input():
    """A float64 network computes them, and float32 cannot hold them."""
    X, y = np.random.RandomState(0).normal(size=(40, 3)), np.arange(40) % 2
    network = MLPMulticlassClassifier((4, 4), "identity", tol=1.0, random_state=0).fit(X, y)
    network.coefs_[0][:] = 10.0
    network.intercepts_[-1][:] = 1e39
    large = np.full((2, 3), 3e38, np.float32)
    assert np.isfinite(network.transform(large.astype(float))).all()
    for method in ("transform", "decision_function"):
        with pytest.raises(ValueError, match="outputs of the network are not finite: Input X"):
            getattr(network, method)(large)


def test_a_name_in_an_array():
    """As NumPy's iteration over several settings gives it."""
    X, y = np.eye(4), [0, 1, 0, 1]
    network = MLPBinaryClassifier((3,), np.array("tanh"), tol=1.0, random_state=0).fit(X, y)
    named = MLPBinaryClassifier((3,), ["tanh"], tol=1.0, random_state=0).fit(X, y)
    np.testing.assert_array_equal(network.coefs_[0], named.coefs_[0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dense_input_is_not_copied(rng, dtype):
    X = rng.normal(size=(5, 3)).astype(dtype)
    matrix = as_matrix(X, dtype)
    assert np.shares_memory(matrix.dense, X)
    assert not matrix.dense.flags.writeable
    assert X.flags.writeable


def test_sparse_input_is_not_copied(rng):
    X = sparse.csr_array(np.where(rng.random((20, 10)) < 0.3, 1.0, 0.0))
    matrix = as_matrix(X, np.float64)
    assert np.shares_memory(matrix.data, X.data)
    assert np.shares_memory(matrix.indices, X.indices)


def never(*_):
    return False


def outcome(call):
    """Return what a call returns or raises, and what it warns of, to be compared."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = call()
        except Exception as error:
            result = REFUSED, type(error), str(error)
    return result, [(warning.category, str(warning.message)) for warning in caught]


REFUSED = "refused"


def every_second(array, axis):
    """Return an array that is equal and not in one piece."""
    twice = np.repeat(array, 2, axis=axis)
    return twice[::2] if axis == 0 else twice[:, ::2]


def with_value(X, value, dtype=float):
    X = X.astype(dtype)
    X[[1, 3], [2, 4]] = value
    return X


class Subclass(np.ndarray):
    """What no check may take for an array of NumPy's own."""


READY = {
    "float64": lambda X: X,
    "float32": lambda X: X.astype(np.float32),
    "read-only": lambda X: np.frombuffer(X.tobytes()).reshape(X.shape),
    "one row": lambda X: X[:1],
}
READY_FRAMES = {
    "frame": lambda X: pd.DataFrame(X).add_prefix("x"),
    "frame of columns": lambda X: pd.DataFrame({f"x{j}": x for j, x in enumerate(X.T)}),
    "frame of float32": lambda X: pd.DataFrame(X.astype(np.float32)).add_prefix("x"),
    "frame of a row": lambda X: pd.DataFrame(X[:1]).add_prefix("x"),
}
OTHERS = {
    "integers": lambda X: X.round().astype(int),
    "half": lambda X: X.astype(np.float16),
    "longdouble": lambda X: X.astype(np.longdouble),
    "complex": lambda X: X.astype(complex),
    "objects": lambda X: X.astype(object),
    "strings": lambda X: X.astype(str),
    "dates": lambda X: X.round().astype("M8[D]"),
    "columns": np.asfortranarray,
    "rows apart": lambda X: every_second(X, 0),
    "columns apart": lambda X: every_second(X, 1),
    "other bytes": lambda X: X.astype(X.dtype.newbyteorder()),
    "subclass": lambda X: X.view(Subclass),
    "list": lambda X: X.tolist(),
    "numbered frame": lambda X: pd.DataFrame(X),
    "frame of other names": lambda X: pd.DataFrame(X).add_prefix("z"),
    "frame in another order": lambda X: pd.DataFrame(X).add_prefix("x").iloc[:, ::-1],
    "narrower frame": lambda X: pd.DataFrame(X).add_prefix("x").iloc[:, 1:],
    "frame of names that are missing": lambda X: pd.DataFrame(X, columns=[pd.NA] * X.shape[1]),
    "frame of integers": lambda X: pd.DataFrame(X.round().astype(int)).add_prefix("x"),
    "mixed frame": lambda X: pd.DataFrame(X).add_prefix("x").astype({"x1": np.float32}),
    "nullable frame": lambda X: pd.DataFrame(X).add_prefix("x").astype("Float64"),
    "sparse frame": lambda X: pd.DataFrame(X).add_prefix("x").astype("Sparse[float64]"),
    "frame of other bytes": lambda X: pd.DataFrame(X).add_prefix("x").astype(">f8"),
    "frame with NaN": lambda X: pd.DataFrame(with_value(X, np.nan)).add_prefix("x"),
    "frame of strings": lambda X: pd.DataFrame(X.astype(str)).add_prefix("x"),
    "frame without a row": lambda X: pd.DataFrame(X[:0]).add_prefix("x"),
    "polars": lambda X: pl.DataFrame(X, schema=[f"x{j}" for j in range(X.shape[1])]),
    "series": lambda X: pd.Series(X[0]),
    "sparse": sparse.csr_array,
    "NaN": lambda X: with_value(X, np.nan),
    "infinity": lambda X: with_value(X, np.inf),
    "both": lambda X: with_value(X, [np.inf, -np.inf]),
    "a sum too large": lambda X: with_value(X, np.finfo(np.float32).max, np.float32),
    "one dimension": lambda X: X.ravel(),
    "three": lambda X: X[None],
    "no row": lambda X: X[:0],
    "no column": lambda X: X[:, :0],
    "other width": lambda X: X[:, 1:].copy(),
}
INPUTS = READY | READY_FRAMES | OTHERS
KINDS = pytest.mark.parametrize("kind", INPUTS)
NAMED = pytest.mark.parametrize("named", [False, True], ids=["no names", "names"])


class TestReadyInput:
    """What needs no conversion is not looked at for long: nobody can tell by the results."""

    @KINDS
    @NAMED
    def test_fits_are_the_same(self, binary_data, monkeypatch, kind, named):
        X, y = binary_data
        X = INPUTS[kind](X)
        y = y[: np.shape(X)[0]]
        network = MLPMulticlassClassifier((3,), max_iter=2, random_state=0)

        def fit():
            fitted = clone(network)
            if named:
                fitted.feature_names_in_ = np.array(["of", "another", "fit"], dtype=object)
            return fitted_values(fitted.fit(X, y)), hasattr(fitted, "feature_names_in_")

        quick = outcome(fit)
        assert kind not in READY or quick[0][0] != REFUSED
        monkeypatch.setattr(skmlp._rows, "_is_ready", never)
        assert quick == outcome(fit)

    @KINDS
    @NAMED
    @pytest.mark.parametrize("method", ["predict", "predict_proba", "transform"])
    def test_predictions_are_the_same(self, binary_data, monkeypatch, kind, named, method):
        X, y = binary_data
        network = MLPBinaryClassifier((3,), max_iter=2, random_state=0)
        network = outcome(lambda: network.fit(INPUTS["frame"](X) if named else X, y))[0]
        X = INPUTS[kind](X)

        def predict():
            result = np.asarray(getattr(network, method)(X))
            return result.tolist(), result.dtype, result.shape

        quick = outcome(predict)
        assert kind not in (READY_FRAMES if named else READY) or quick[0][0] != REFUSED
        monkeypatch.setattr(skmlp._rows, "_is_ready", never)
        assert quick == outcome(predict)

    @KINDS
    @NAMED
    @pytest.mark.parametrize("estimator", [MLPBinaryClassifier, MLPRegressor])
    def test_scikit_learn_checks_all_else(
        self, binary_data, monkeypatch, kind, named, estimator
    ):
        X, y = binary_data
        network = estimator(hidden_layer_sizes=(3,), max_iter=2, random_state=0)
        outcome(lambda: network.fit(INPUTS["frame"](X) if named else X, y))
        X, calls, check = INPUTS[kind](X), [], skmlp._rows.validate_data

        def counted(*args, **kwargs):
            calls.append(kind)
            return check(*args, **kwargs)

        monkeypatch.setattr(skmlp._rows, "validate_data", counted)
        outcome(lambda: network.predict(X))
        # NaN and a large sum are found by the network, on its way; dates are refused before.
        of_arrays = {*READY, "NaN", "infinity", "both", "a sum too large"}
        quick = {*READY_FRAMES, "frame with NaN"} if named else of_arrays
        assert len(calls) == (kind not in quick | {"dates"})

    @pytest.mark.parametrize("kind", READY)
    def test_fits_look_at_once(self, binary_data, monkeypatch, kind):
        X, y = binary_data
        monkeypatch.setattr(skmlp._rows, "validate_data", None)
        network = MLPMulticlassClassifier((3,), max_iter=2, random_state=0)
        X = INPUTS[kind](X)
        assert outcome(lambda: network.fit(X, y[: len(X)]))[0] is network

    @pytest.mark.parametrize(
        "y",
        {
            "two": np.arange(200) % 2,
            "booleans": np.arange(200) % 2 == 1,
            "bytes": (np.arange(200) % 3).astype(np.uint8),
            "the least and the largest": np.array([-(2**63), 2**63 - 1] * 100),
            "apart": np.arange(400)[::2] % 3,
            "other bytes": (np.arange(200) % 3).astype(">i8"),
            "a half differs": np.arange(200) // 2,
            "more differ": np.minimum(np.arange(200), 120),
            "few of a wide range": np.arange(200) % 3 * 1000,
            "one": np.zeros(200, int),
            "floats": np.arange(200) % 2 / 1,
            "fractions": np.arange(200) / 3,
            "NaN": with_value(np.zeros((40, 5)), np.nan).ravel(),
            "strings": np.array(["a", "b"] * 100),
            "objects": np.array(["a", "b"] * 100, dtype=object),
            "list": [0, 1] * 100,
            "series": pd.Series([0, 1] * 100),
            "a column": np.arange(200)[:, None] % 2,
            "too few": np.arange(199) % 2,
            "none": np.arange(0),
            "a number": np.array(1),
        }.items(),
        ids=lambda pair: pair[0],
    )
    @pytest.mark.parametrize("estimator", [MLPMulticlassClassifier, MLPRegressor])
    def test_targets_are_the_same(self, binary_data, monkeypatch, y, estimator):
        network = estimator(hidden_layer_sizes=(3,), max_iter=2, random_state=0)

        def fit():
            return fitted_values(clone(network).fit(binary_data[0], y[1]))

        quick = outcome(fit)
        monkeypatch.setattr(skmlp._labels, "_are_codes", never)
        monkeypatch.setattr(skmlp._targets, "_are_ready", never)
        assert quick == outcome(fit)

    @pytest.mark.parametrize(
        "y",
        [
            np.arange(400).reshape(200, 2) / 1,
            np.asfortranarray(np.arange(400).reshape(200, 2) / 1),
            np.arange(200)[:, None] / 1,
            np.arange(200, dtype=np.float32),
            np.arange(200.0).astype(">f8"),
            np.arange(200.0)[::-1],
            np.full(200, 1.7e308),
            np.where(np.arange(200) == 7, np.inf, 0.0),
            np.where(np.arange(200) == 7, np.nan, 0.0),
            np.arange(199.0),
            np.zeros((200, 0)),
            np.zeros((200, 2, 2)),
        ],
        ids=lambda y: f"{y.dtype.str}{y.shape}{y.ravel()[:8].max(initial=0)}",
    )
    def test_numbers_are_the_same(self, binary_data, monkeypatch, y):
        X, _ = binary_data
        network = MLPRegressor(hidden_layer_sizes=(3,), max_iter=2, random_state=0)

        def fit():
            numbers = skmlp._targets.as_numbers(y, X, "MLPRegressor")
            return numbers.dtype.str, fitted_values(clone(network).fit(X, y))

        quick = outcome(fit)
        monkeypatch.setattr(skmlp._targets, "_are_ready", never)
        assert quick == outcome(fit)


class TestRememberedParameters:
    def test_those_that_were_valid_are_not_looked_at_again(self, binary_data, monkeypatch):
        looked_at, check = [], skmlp._parameters.validate_parameter_constraints

        def noted(constraints, params, caller_name):
            looked_at.append(params)
            check(constraints, params, caller_name)

        monkeypatch.setattr(skmlp._parameters, "validate_parameter_constraints", noted)
        network = MLPBinaryClassifier([3], alpha=0.12345, max_iter=300, tol=1.0)
        for alpha in (0.12345, 0.54321):
            outcome(lambda alpha=alpha: network.set_params(alpha=alpha).fit(*binary_data))
            outcome(lambda: clone(network).fit(*binary_data))
        first, *others = looked_at
        assert first["alpha"] == 0.12345
        # A list might have changed in between.
        unhashed = {"hidden_layer_sizes": [3]}
        assert others == [unhashed, {"alpha": 0.54321} | unhashed, unhashed]

    @pytest.mark.parametrize(
        ("valid", "invalid"),
        [
            ({"max_iter": 2}, {"max_iter": 2.0}),
            ({"shuffle": True}, {"shuffle": 1}),
            ({"n_jobs": 1}, {"n_jobs": 1.0}),
            ({"random_state": 1}, {"random_state": 1.0}),
        ],
        ids=str,
    )
    def test_equal_values_of_another_type(self, binary_data, valid, invalid):
        network = MLPBinaryClassifier((3,), tol=1.0).set_params(**valid)
        outcome(lambda: network.fit(*binary_data))
        with pytest.raises(InvalidParameterError):
            network.set_params(**invalid).fit(*binary_data)

    def test_another_class_may_want_others(self, binary_data):
        class Louder(MLPBinaryClassifier):
            pass

        constraints = MLPBinaryClassifier._parameter_constraints
        Louder._parameter_constraints = constraints | {
            "tol": [skmlp._parameters.Names({"loud"})]
        }
        MLPBinaryClassifier((3,), tol=1.0).fit(*binary_data)
        with pytest.raises(InvalidParameterError, match="'tol' parameter of Louder"):
            Louder((3,), tol=1.0).fit(*binary_data)

    def test_not_any_number_of_them(self, binary_data, monkeypatch):
        monkeypatch.setattr(skmlp._parameters, "_MOST_VALID", 50)
        network = MLPBinaryClassifier((3,), max_iter=1)
        for tol in range(1, 100):
            outcome(lambda tol=tol: network.set_params(tol=tol).fit(*binary_data))
        n_parameters = len(network.get_params())
        assert len(skmlp._parameters._VALID[MLPBinaryClassifier]) <= 50 + n_parameters

    @pytest.mark.parametrize("estimator", [MLPBinaryClassifier, TabularPreprocessor])
    def test_a_constructor_is_inspected_once(self, monkeypatch, estimator):
        expected = clone(estimator()).get_params()
        monkeypatch.setattr(inspect, "signature", None)
        assert clone(estimator()).get_params() == expected

    def test_names_are_those_of_the_class(self):
        class Small(MLPBinaryClassifier):
            def __init__(self, tol=1.0):
                super().__init__((2,), tol=tol)

        assert "alpha" in MLPBinaryClassifier().get_params()
        assert Small().get_params() == {"tol": 1.0}
        Small._get_param_names().append("not for others")
        assert Small().get_params() == {"tol": 1.0}


class TestSplit:
    def split(self, y, stratify=True, fraction=0.25, rows=None):
        y = np.asarray(y)
        rows = np.arange(len(y)) if rows is None else rows
        return split_rows(
            rows,
            y,
            fraction=fraction,
            random_state=np.random.RandomState(0),
            strata=np.asarray(y) if stratify else None,
        )

    def test_partition_of_the_given_rows(self):
        rows = np.array([1, 3, 5, 7, 9, 11, 13, 15])
        training, validation = self.split(np.arange(16) // 2 % 2, rows=rows)
        assert sorted([*training, *validation]) == list(rows)
        assert len(validation) == 2

    @pytest.mark.filterwarnings("ignore:The validation split left a class")
    def test_a_single_row_of_a_class_is_trained_on(self):
        y = [0] * 19 + [1]
        for seed in range(20):
            with pytest.warns(UserWarning, match="a class has a single row"):
                training, validation = self.split(np.roll(y, seed))
            assert np.roll(y, seed)[training].sum() == 1
            assert validation.size >= 4

    @pytest.mark.filterwarnings("ignore:The validation split left a class")
    def test_no_class_is_lost(self):
        y = np.arange(12) // 2  # six classes of two rows each
        training, validation = self.split(y, stratify=False, fraction=0.5)
        assert set(y[training]) == set(y)
        assert sorted([*training, *validation]) == list(range(12))

    def test_too_small(self):
        with pytest.warns(
            UserWarning, match="5 rows are too few to hold any out: .* makes it 1"
        ):
            assert self.split([0, 1, 0, 1, 2], stratify=False, fraction=0.2) is None

    def test_too_small_without_the_rows_of_lost_classes(self):
        with pytest.warns(
            UserWarning, match="8 rows are too few to hold any out: .* makes it 0"
        ):
            assert self.split(np.arange(8), stratify=False, fraction=0.5) is None
