"""Whatever comes in: a fitted estimator that predicts numbers, or an error that says why.

Strategies draw tables, labels, weights, parameters and calls. There are two ways for a call to
end: it returns what is finite and of the right shape, or it raises ValueError or TypeError with
a message that names a parameter or the problem. tests/acceptance.py judges, from the input
alone, which of the two must be or may be, and each test says what share of its calls is
accepted. The last tests here are of these tests: estimators with faults, which they notice.
CONTRIBUTING.md says how to run thousands.
"""

import functools
import inspect
import re
import tempfile
import warnings
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.metrics import get_scorer_names
from sklearn.utils._param_validation import InvalidParameterError

from skmlp import (
    MLPBinaryClassifier,
    MLPMulticlassClassifier,
    MLPRegressor,
    TabularPreprocessor,
)
from skmlp._border.activations import ACTIVATIONS
from skmlp._border.optimizers import OPTIMIZERS
from skmlp._schedules import SCHEDULES
from tests import acceptance
from tests.helpers import SOLVERS, fitted_values

CLASSIFIERS = [MLPBinaryClassifier, MLPMulticlassClassifier]

# ---- the two outcomes

PARAMETERS = {
    name
    for estimator in [*CLASSIFIERS, MLPRegressor, TabularPreprocessor]
    for name in estimator().get_params()
}
ARGUMENTS = {"X", "y", "sample_weight", "classes", "X_val", "y_val", "sample_weight_val"}
# What we say of a fit, and of a prediction.
PROBLEMS = ["Solver produced", "outputs of the network"]
NAMED = re.compile(rf"\b({'|'.join([*sorted(PARAMETERS | ARGUMENTS), *PROBLEMS])})\b")
# What scikit-learn and NumPy say of a table without its name, and we of its columns.
PROBLEMS_OF_TABLES = [
    "Found array with", "Expected 2D array", "was of kind", "feature names should match",
    "[Cc]omplex data not supported", "inhomogeneous shape",
]  # fmt: skip
NAMED_OF_TABLES = re.compile(rf"{NAMED.pattern}|\b({'|'.join(PROBLEMS_OF_TABLES)})\b")
REFUSED = object()


def outcome(action, named=NAMED):
    """Return what a call returns, or REFUSED where it says why not.

    Warnings may be such as are for users; NumPy's of overflows and divisions are errors, even
    where it is told to raise them.
    """
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        # The second is also of scikit-learn about pandas' sparse columns, the last of matrices.
        for category in (UserWarning, FutureWarning, PendingDeprecationWarning):
            warnings.simplefilter("ignore", category)
        try:
            return action()
        except (ValueError, TypeError) as error:
            reason = error
    assert named.search(str(reason)), f"{type(reason).__name__} names nothing: {reason}"
    return REFUSED


def is_huge(network, X):
    """Return whether the outputs of a network may overflow, so that it may refuse X."""
    learned = (*network.coefs_, *network.intercepts_)
    if max(np.abs(parameters).max(initial=0) for parameters in learned) > 1e6:
        return True
    if network.scaling_rate:
        return True
    values = X.tocsr().data if sparse.issparse(X) else np.asarray(X, dtype=float)
    return float(np.abs(values).max(initial=0)) > 1e15


def assert_predicts(network, X, n_rows, *, may_refuse=False):
    """Assert that all methods return numbers of the right shape."""

    def call(method):
        result = outcome(lambda: method(X))
        assert result is not REFUSED or may_refuse, f"{method} refuses what was fitted"
        return result

    n_classes = len(network.classes_)
    p = call(network.predict_proba)
    if p is not REFUSED:
        assert p.shape == (n_rows, n_classes)
        assert p.dtype in (np.float32, np.float64)
        assert ((p >= 0) & (p <= 1)).all()
        rounding = 1e-5 if np.float32 in (p.dtype, network.coefs_[0].dtype) else 1e-9
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=rounding)
        assert np.isfinite(call(network.predict_log_proba)).all()
    labels = call(network.predict)
    if labels is not REFUSED:
        assert labels.shape == (n_rows,)
        assert set(labels) <= set(network.classes_)
    logits = call(network.decision_function)
    if logits is not REFUSED:
        assert logits.shape == ((n_rows,) if n_classes == 2 else (n_rows, n_classes))
        assert not np.isnan(logits).any()
    hidden = outcome(lambda: network.transform(X))
    if hidden is not REFUSED:
        assert hidden.shape == (n_rows, len(network.get_feature_names_out()))
        assert not np.isnan(hidden).any()


TALLY = acceptance.Tally()


def shares(*, accepted, plain, wrong):
    """Have a test assert which shares of all its calls are accepted, plain and wrong.

    The first lies between two; of the others there are at least so many. They leave room for
    what other seeds draw, a hundred examples each.
    """

    def decorate(test):
        @functools.wraps(test)
        def whole():
            TALLY.clear()
            test()
            TALLY.check(accepted, plain, wrong)

        return whole

    return decorate


def assert_fits(network, X, y, sample_weight=None, classes=None, *, method="fit", **watched):
    """Assert the right one of two outcomes of a fit, and return whether it was fitted."""
    call = acceptance.Call(network, X, y, sample_weight, classes, method=method, **watched)
    judgment = acceptance.judge_call(call)
    given = {"sample_weight": sample_weight, **watched}
    if method == "partial_fit":
        given["classes"] = classes
    fit = getattr(network, method)
    done = outcome(lambda: fit(X, y, **given)) is not REFUSED
    TALLY.add(judgment, done, call)
    if not done:
        return False
    assert all(np.isfinite(weights).all() for weights in network.coefs_)
    assert method == "partial_fit" or np.isfinite(network.loss_)
    n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
    assert_predicts(network, X, n_rows, may_refuse=is_huge(network, X))
    return True


# ---- tables

SHAPES = [(0, 3), (3, 0), (1, 3), (2, 1), (3, 2), (7, 1), (12, 3), (30, 2), (5, 40), (60, 4)]
USUAL_SHAPES = [(n, d) for n, d in SHAPES if n > 1 and d > 0]
SCALES = [1.0] * 12 + [0.0, 1e-310, 1e-200, 1e-30, 1e5, 1e20, 1e38, 1e100, 1e200, 1e300, 1e308]
SPECIAL = [np.nan, np.inf, -np.inf, 1.7e308, -1e300, 3e38, 5e-324, 1e-45, -0.0]
DTYPES = [
    "?",
    "i1",
    "u1",
    "i8",
    "u8",
    "f2",
    ">f4",
    ">f8",
    ">i4",
    "O",
    "g",
    "c16",
    "S4",
    "U9",
    "M8[s]",
]
DTYPES += ["f4", "f8"] * len(DTYPES)


def unaligned(X):
    buffer = np.zeros(X.nbytes + 1, np.uint8)
    result = buffer[1 : X.nbytes + 1].view(X.dtype).reshape(X.shape)
    result[...] = X
    return result


def read_only(X):
    X.flags.writeable = False
    return X


def memory_mapped(X):
    if X.dtype.hasobject or X.size == 0:
        return X
    result = np.memmap(tempfile.TemporaryFile(), X.dtype, "w+", shape=X.shape)  # noqa: SIM115
    result[...] = X
    return result


def strided(X):
    return np.repeat(np.repeat(X, 2, axis=0), 3, axis=1)[::2, ::3]


LAYOUTS = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "rows from the last": lambda X: X[::-1].copy()[::-1],
    "columns from the last": lambda X: X[:, ::-1].copy()[:, ::-1],
    "strided": strided,
    "one row again and again": lambda X: np.broadcast_to(X[:1], X.shape),
    "read-only": read_only,
    "unaligned": unaligned,
    "memory map": memory_mapped,
    "masked": lambda X: np.ma.masked_array(X, mask=np.arange(X.size).reshape(X.shape) % 3 == 0),
    "matrix": np.asmatrix,
    "list": lambda X: X.tolist(),
    "list of arrays": list,
    "DataFrame": pd.DataFrame,
    "DataFrame of names": lambda X: pd.DataFrame(X).add_prefix("x"),
    "nullable": lambda X: pd.DataFrame(X).convert_dtypes(),
    "no dimension": lambda X: X.sum() if X.dtype.kind in "iuf" else X.reshape(-1)[:1].squeeze(),
    "one dimension": np.ravel,
    "three dimensions": lambda X: X[:, :, None],
    "structured": lambda X: np.zeros(len(X), [("a", "f8"), ("b", "i4")]),
}  # fmt: skip


def csr(X):
    return sparse.csr_array(np.where(np.abs(X) > 0.5, X, 0))


def with_parts(X, data=lambda data: data, indices=lambda indices: indices, indptr=lambda p: p):
    """Return a CSR matrix with other parts, as constructors and users may leave them."""
    result = csr(X)
    result.data = data(result.data)
    result.indices = indices(result.indices)
    result.indptr = indptr(result.indptr)
    return result


def unsorted(X):
    matrix = sparse.csr_array(X)
    if X.shape[1] == 0:
        return matrix
    columns = np.tile(np.arange(X.shape[1])[::-1], len(X)).astype(matrix.indices.dtype)
    return sparse.csr_array(
        (X[:, ::-1].ravel(), columns, np.arange(len(X) + 1) * X.shape[1]), shape=X.shape
    )


def repeated(X):
    """Return a matrix whose elements are sums of two that are stored."""
    n, d = X.shape
    rows, columns = np.divmod(np.arange(2 * n * d) // 2, max(d, 1))
    return sparse.coo_array((np.repeat(X.ravel() / 2, 2), (rows, columns)), shape=X.shape)


FORMATS = {
    "csr_array": csr,
    "csr_matrix": lambda X: sparse.csr_matrix(csr(X)),
    **{
        f"{name}_array": functools.partial(lambda X, name: csr(X).asformat(name), name=name)
        for name in ("csc", "coo", "lil", "dok", "dia", "bsr")
    },
    "explicit zeros": lambda X: with_parts(X, data=lambda data: data * (np.abs(data) > 1)),
    "unsorted": unsorted,
    "repeated": repeated,
    "int64": lambda X: with_parts(
        X, indices=lambda indices: indices.astype("i8"), indptr=lambda p: p.astype("i8")
    ),
    "read-only parts": lambda X: with_parts(X, *[read_only] * 3),
    "empty": lambda X: sparse.csr_array(X.shape, dtype=X.dtype),
    "column too large": lambda X: with_parts(X, indices=lambda indices: indices + X.shape[1]),
    "column far too large": lambda X: with_parts(X, indices=lambda indices: indices + 2**30),
    "negative column": lambda X: with_parts(X, indices=lambda indices: indices - 2**20),
    "rows that go back": lambda X: with_parts(
        X, indptr=lambda p: np.r_[p[0], p[-2:0:-1], p[-1:]]
    ),
    "rows beyond the end": lambda X: with_parts(X, indptr=lambda indptr: indptr * 1000),
    "DataFrame": lambda X: pd.DataFrame.sparse.from_spmatrix(csr(X)),
}  # fmt: skip


@st.composite
def numbers(draw, shapes=SHAPES, scales=SCALES):
    """Return X (n, d) of float64, with values that are rare and far apart."""
    n, d = draw(st.sampled_from(shapes))
    X = np.random.default_rng(draw(st.integers(0, 2**16))).normal(size=(n, d))
    with np.errstate(over="ignore"):
        X *= draw(st.sampled_from(scales))
    if X.size:
        for constant in draw(st.lists(st.integers(0, d - 1), max_size=1)):
            X[:, constant] = draw(st.sampled_from([0.0, 1.0, 1e10, 0.1]))
        if draw(st.integers(0, 3)) == 0:
            X[draw(st.integers(0, n - 1)), draw(st.integers(0, d - 1))] = draw(
                st.sampled_from(SPECIAL)
            )
    return X


@st.composite
def tables(draw):
    """Return what may be given as X, and the number of rows that it was made of.

    Every other time there are usual numbers in it, however they are held.
    """
    if draw(st.booleans()):
        X, dtype = draw(numbers(USUAL_SHAPES, [1.0])), draw(st.sampled_from(["f4", "f8", "i4"]))
    else:
        X, dtype = draw(numbers()), draw(st.sampled_from(DTYPES))
    with np.errstate(all="ignore"):
        X = X.astype(dtype)
    kinds = LAYOUTS
    if X.dtype in (np.float32, np.float64, np.int32, np.int64):
        kinds = draw(st.sampled_from([LAYOUTS, FORMATS]))
    name = draw(st.sampled_from(sorted(kinds)))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return kinds[name](X), len(X)
        except (ValueError, TypeError, IndexError):  # there is no such thing to give
            return X, len(X)


def small(draw, **given):
    """Return a classifier of a few units that is fitted in milliseconds."""
    classifier = draw(st.sampled_from(CLASSIFIERS))
    given.setdefault("max_iter", draw(st.integers(1, 4)))
    return classifier(
        draw(st.sampled_from([(3,), (2, 2), ()])),
        draw(st.sampled_from(sorted(ACTIVATIONS))),
        random_state=draw(st.integers(0, 9)),
        **given,
    )


@st.composite
def networks(draw, *, any_solver=True):
    """Return a small classifier, with the parameters that touch the rows."""
    solvers = SOLVERS if any_solver else list(OPTIMIZERS)
    return small(
        draw,
        solver=draw(st.sampled_from(solvers)),
        init=draw(st.sampled_from(["random", "data"])),
        batch_size=draw(st.sampled_from(["auto", 1, 4])),
        early_stopping=any_solver and draw(st.booleans()),
        n_members=draw(st.sampled_from([1, 1, 2])),
        learning_rate_init=draw(st.sampled_from([*[1e-3, 0.1] * 3, 1e3, 1e30])),
        max_grad_norm=draw(st.sampled_from([None, 1.0])),
    )


@shares(accepted=(0.2, 0.7), plain=0.1, wrong=0.25)
@given(networks(), tables(), tables())
def test_tables(network, table, other):
    X, n_rows = table
    if assert_fits(network, X, np.arange(n_rows) % 2):
        # Other rows may have other columns, or what the network would overflow with.
        assert_predicts(network, other[0], other[1], may_refuse=True)


# ---- labels

LABELS = [
    *(0, 1, -1, 2, 7, 2**31, 2**62, 2**63, -(2**63), 2**64, 10**30, 10**400),
    *(True, False, np.True_, np.int8(3), np.uint64(2**63), np.float32(1), np.str_("a")),
    *(0.0, 1.0, 2.5, -3.0, 1e300, np.nan, np.inf),
    *("", "a", "b", "ä", "1", "10", "9", "a" * 40, b"a", b"b"),
    *(None, pd.NA, pd.NaT, (0,), (1, 2), date(2020, 1, 1), datetime(1, 1, 1), timedelta(3)),
    *(np.datetime64("2020"), np.datetime64("NaT", "s"), Decimal(2), 1j),
]
# Of one kind, which is what there is to learn from.
KINDS = [
    *(
        [0, 1],
        [1, 2, 3],
        [-5, 5],
        [0.0, 1.0, 2.0],
        [True, False],
        ["a", "b"],
        ["no", "yes", "?"],
    ),
    *(
        [2**62, 2**62 + 1],
        [2**63, 2**63 + 2],
        ["1", "10", "9"],
        [9, 10],
        [None, "a"],
        [0, None],
    ),
    *([np.datetime64("2020"), np.datetime64("2021")], [date(2020, 1, 1), date(2021, 1, 1)]),
]
HOLDERS = {
    "list": list,
    "array": np.array,
    "objects": lambda y: np.array([*y, None], dtype=object)[:-1],
    "tuple": tuple,
    "Series": pd.Series,
    "index from 7": lambda y: pd.Series(y, index=range(7, 7 + len(y))),
    "Categorical": lambda y: pd.Series(y).astype("category"),
    "nullable": lambda y: pd.Series(y).convert_dtypes(),
    "big-endian": lambda y: np.array(y).astype(np.array(y).dtype.newbyteorder(">")),
    "from the last": lambda y: np.array(y)[::-1],
    "column": lambda y: np.array(y)[:, None],
    "one-hot": lambda y: np.eye(3)[: len(y)],
    "masked": lambda y: np.ma.masked_array(y, mask=np.arange(len(y)) == 1),
    "sparse": lambda y: sparse.csr_array(np.array(y, dtype=float)[:, None]),
    "set": set,
    "float16": lambda y: np.array(y, dtype=np.float16),
}


def held(kind, y):
    """Return labels in something, or as a list where it does not take them."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return HOLDERS[kind](y)
        except (ValueError, TypeError, OverflowError, NotImplementedError, np.ma.MAError):
            return y


# Kinds and holders of which nobody has doubts.
USUAL_KINDS = [kind for kind in KINDS if {type(label) for label in kind} <= {int, bool, str}]
USUAL_HOLDERS = ["list", "array", "tuple", "Series", "index from 7", "Categorical"]


@st.composite
def labels(draw, size):
    """Return what may be given as y: every other time it is usual, and has all its classes."""
    is_usual = draw(st.booleans())
    among = draw(st.sampled_from(USUAL_KINDS if is_usual else [*KINDS, None]))
    if among is None:
        among = draw(st.lists(st.sampled_from(LABELS), min_size=1, max_size=4))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    choice = rng.integers(len(among), size=size)
    if is_usual:
        choice = rng.permutation(np.arange(size) % len(among))
    holder = draw(st.sampled_from(USUAL_HOLDERS if is_usual else sorted(HOLDERS)))
    return held(holder, [among[i] for i in choice])


ROWS = {size: np.random.default_rng(size).normal(size=(size, 2)) for size in (2, 3, 12, 40)}


@shares(accepted=(0.4, 0.8), plain=0.15, wrong=0.1)
@given(networks(), st.data())
def test_labels(network, data):
    X = ROWS[data.draw(st.sampled_from(sorted(ROWS)), label="rows")]
    y = data.draw(labels(len(X)), label="y")
    if not assert_fits(network, X, y):
        return
    assert len(network.classes_) >= (2 if type(network) is MLPBinaryClassifier else 1)
    y_val = data.draw(st.one_of(labels(len(X)), st.just(y)), label="y_val")
    network.set_params(early_stopping=True, warm_start=data.draw(st.booleans()))
    assert_fits(network, X, y, X_val=X, y_val=y_val)


@shares(accepted=(0.1, 0.6), plain=0.05, wrong=0.25)
@given(networks(any_solver=False), st.data())
def test_labels_in_chunks(network, data):
    """The first call must know the classes; later ones may bring others, or none of some."""
    X = ROWS[data.draw(st.sampled_from(sorted(ROWS)), label="rows")]
    usual = st.sampled_from(USUAL_KINDS)
    classes = data.draw(st.one_of(st.none(), labels(3), labels(2), usual), label="classes")
    for _ in range(data.draw(st.integers(1, 3))):
        y = data.draw(labels(len(X)), label="y")
        known = acceptance.as_list(classes)
        if known and data.draw(st.integers(0, 3)):
            y = [known[i % len(known)] for i in range(len(X))]
        assert_fits(network, X, y, classes=classes, method="partial_fit")
        classes = data.draw(st.sampled_from([None, classes]))


# ---- weights

WEIGHTS = [
    *(0.0, 1.0, 2, 0.5, -1.0, -0.0, 1e-310, 5e-324, 1e-200, 1e-40),
    *(1e30, 1e39, 1e200, 1e307, 1.7e308),
    *(np.nan, np.inf, "1", "a", None, 1j, True, 2**70, np.float16(1)),
]  # fmt: skip


@st.composite
def weights(draw, size):
    """Return what may be given as sample_weight."""
    kind = draw(st.sampled_from([*["rows"] * 9, "number", "matrix", "short", "sparse"]))
    if kind == "number":
        return draw(st.sampled_from([*WEIGHTS, 3, "balanced", {0: 1}]))
    few = draw(st.lists(st.sampled_from(WEIGHTS), min_size=1, max_size=3))
    choose = draw(st.sampled_from(["any", "valid", "usual", "usual"]))
    if choose != "any":
        few = [weight for weight in few if isinstance(weight, float) and weight >= 0]
        few = [w for w in few if choose == "valid" or w in (0.0, 0.5, 1.0)] + [1.0]
    choice = np.random.default_rng(draw(st.integers(0, 2**16))).integers(len(few), size=size)
    rows = [few[i] for i in choice]
    if kind == "matrix":
        return [[row] for row in rows]
    if kind == "short":
        return rows[1:]
    if kind == "sparse":
        return sparse.csr_array(np.ones((size, 1)))
    return held(
        draw(st.sampled_from(["list", "array", "Series", "masked", "from the last"])), rows
    )


@shares(accepted=(0.2, 0.6), plain=0.08, wrong=0.2)
@given(networks(), st.sampled_from([np.float32, np.float64]), st.data())
def test_weights(network, dtype, data):
    size = data.draw(st.sampled_from(sorted(ROWS)), label="rows")
    X, y = ROWS[size].astype(dtype), np.arange(size) % 2
    class_weight = data.draw(
        st.one_of(
            st.sampled_from([None, None, "balanced", {0: 2.0}]),
            st.sampled_from([None, {0: 0.5, 1: 3}, {1: 1e-3, 0: 1e3}]),
            st.dictionaries(
                st.sampled_from([0, 1, 0.0, True, "0", None]), st.sampled_from(WEIGHTS)
            ),
        ),
        label="class_weight",
    )
    network.set_params(class_weight=class_weight)
    assert_fits(network, X, y, data.draw(weights(size), label="sample_weight"))
    if network.solver == "lbfgs":
        return
    network.set_params(early_stopping=False)
    for _ in range(2):
        given_weights = data.draw(weights(size), label="sample_weight of partial_fit")
        if not hasattr(network, "classes_"):
            assert_fits(network, X, y, given_weights, [0, 1], method="partial_fit")
        else:
            assert_fits(network, X, y, given_weights, method="partial_fit")
    network.set_params(early_stopping=True)
    watched = data.draw(weights(size), label="sample_weight_val")
    assert_fits(network, X, y, X_val=X, y_val=y, sample_weight_val=watched)


# ---- parameters


def reals(low, high, *, least=True):
    """Return numbers between two, among them the extreme ones."""
    extreme = [low, high, 5e-324, 1e-310, 1e-30, 1e-8, 0.5, 0.999999, 1, 1e8, 1e30, 1e39, 1e300]
    among = [number for number in extreme if low <= number <= high and (least or number > low)]
    return st.sampled_from([*among, *(np.float32(n) for n in among if 1e-30 < n < 1e30)])


def per_layer(values):
    """Return one value for all layers, or several."""
    held_by = st.sampled_from([list, tuple, np.array])
    several = st.builds(lambda held, given: held(given), held_by, st.lists(values, max_size=3))
    return st.one_of(values, several)


def random_states():
    bits = [np.random.MT19937, np.random.PCG64, np.random.Philox, np.random.SFC64]
    sources = st.builds(lambda kind: np.random.RandomState(kind(0)), st.sampled_from(bits))
    return st.one_of(st.sampled_from([None, 0, 2**32 - 1, np.int64(5)]), sources)


LARGE = 1.7e308
# Valid ones. A new parameter must have some here: another test says so.
VALID = {
    "hidden_layer_sizes": st.one_of(per_layer(st.integers(1, 4)), st.just("auto")),
    "activation": per_layer(st.sampled_from(sorted(ACTIVATIONS))),
    "solver": st.sampled_from(SOLVERS),
    "alpha": reals(0, LARGE),
    "batch_size": st.sampled_from(["auto", "small", 1, 3, np.int32(7), 1000, 10**30, 10**400]),
    "learning_rate": st.sampled_from(sorted(SCHEDULES)),
    "learning_rate_init": reals(0, LARGE, least=False),
    "power_t": reals(0, LARGE),
    "max_iter": st.one_of(st.integers(1, 5), st.just("auto")),
    "shuffle": st.booleans(),
    "random_state": random_states(),
    "tol": reals(0, LARGE),
    "verbose": st.sampled_from([False, True, 0, 1, 5, "progress"]),
    "warm_start": st.booleans(),
    "momentum": reals(0, 1),
    "nesterovs_momentum": st.booleans(),
    "early_stopping": st.booleans(),
    "validation_fraction": st.one_of(reals(0, 0.999999), st.just("auto")),
    "beta_1": reals(0, 0.999999),
    "beta_2": reals(0, 0.999999),
    "epsilon": reals(0, LARGE, least=False),
    "n_iter_no_change": st.sampled_from([None, np.inf, 1, 3, 10**30, 10**400]),
    "max_fun": st.sampled_from([1, 5, 10**9, 10**30, 10**400]),
    "n_jobs": st.sampled_from([None, 1, 2, -1, -100]),
    "class_weight": st.sampled_from(
        [None, "balanced", {}, {0: 2.0}, {0: 0, 1: 1e300}, {1: 5e-324}]
    ),
    "dropout": per_layer(st.sampled_from([0, 0.0, 0.5, 0.999999, np.float32(0.1)])),
    "warmup_fraction": reals(0, 1),
    "label_smoothing": reals(0, 0.999999),
    "max_grad_norm": st.one_of(st.none(), reals(0, LARGE, least=False)),
    "scoring": st.one_of(
        st.sampled_from([None, *get_scorer_names()]),
        st.sampled_from([lambda *_: 0.5, lambda *_: np.nan, lambda *_: -np.inf]),
    ),
    "transform_layer": st.sampled_from([-1, 0, 1, "all", 10**30, -5, True, np.int64(0)]),
    "n_members": st.one_of(st.integers(1, 3), st.just("auto")),
    "temperature_scaling": st.booleans(),
    "init": st.sampled_from(["random", "data"]),
    "scaling_rate": reals(0, LARGE),
}  # fmt: skip
# For any of them: mostly invalid ones. There is no huge integer among them, since a network of
# so many units, or a fit of so many epochs, is one that was asked for.
JUNK = st.one_of(
    st.sampled_from(
        [
            *(None, True, False, 0, 1, -1, 2.5, -0.5, 0.0, np.nan, np.inf, -np.inf, 1e-320),
            *("", "auto", "all", "relu", "nonsense", b"relu", 1j, Decimal("0.5"), object, len),
            *((), [], {}, set(), (None,), [[1]], [[1], [2, 3]], ["a"], {"a": 1}, {0: "a"}),
            *({0: None}, {0: 1j}, {(0,): 1}, {0: 10**400}, range(2), "ab", date(2020, 1, 1)),
            *(pd.NA, pd.NaT, float, Ellipsis, NotImplemented),
        ]
    ),
    st.sampled_from(
        [
            *(np.array(1), np.array("relu"), np.array([]), np.array([1.5]), np.array([[2, 2]])),
            *(np.bool_(True), np.float16(1), np.ma.masked, np.array([None]), np.array(np.nan)),
            *(sparse.csr_array((2, 2)), pd.Series([1, 2]), pd.DataFrame({"a": [1]})),
            np.datetime64("NaT", "s"),
        ]
    ),
)


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_every_parameter_is_tried(classifier):
    assert set(VALID) == set(classifier().get_params())
    assert set(VALID) == set(classifier._parameter_constraints)
    judged = {*acceptance.JUDGES, *acceptance.JUDGES_OF_LAYERS}
    assert judged == set(VALID) - {"hidden_layer_sizes", "class_weight"}


@st.composite
def parameters(draw, junk=True):
    """Return some parameters, of which one may be any thing."""
    names = draw(st.lists(st.sampled_from(sorted(VALID)), max_size=6, unique=True))
    chosen = {name: draw(VALID[name]) for name in names}
    if junk and draw(st.booleans()):
        chosen[draw(st.sampled_from(sorted(VALID)))] = draw(JUNK)
    return chosen


def assert_has_partial_fit(network):
    """Return whether there is partial_fit; where not, the parameters must be why."""
    if hasattr(network, "partial_fit"):
        return True
    known = isinstance(network.solver, str) and network.solver in OPTIMIZERS
    assert network.early_stopping is not False or not known
    return False


@shares(accepted=(0.35, 0.8), plain=0.3, wrong=0.08)
@given(
    st.sampled_from(CLASSIFIERS),
    parameters(),
    st.sampled_from([12, 40]),
    st.sampled_from([np.asarray, np.float32, csr]),
    st.sampled_from(["fit", "partial_fit"]),
)
def test_parameters(classifier, given_parameters, size, hold, method):
    network = classifier(**{"hidden_layer_sizes": 3, "max_iter": 4, **given_parameters})
    X, y = hold(ROWS[size]), np.arange(size) % 2
    if method == "fit":
        assert_fits(network, X, y)
    elif outcome(lambda: assert_has_partial_fit(network)) is True:
        assert_fits(network, X, y, None, [0, 1], method="partial_fit")


# ---- calls one after the other


def is_fitted(network):
    return hasattr(network, "coefs_")


@shares(accepted=(0.2, 0.65), plain=0.12, wrong=0.25)
@given(
    st.sampled_from(CLASSIFIERS),
    st.lists(
        st.tuples(
            st.sampled_from(["fit", "partial_fit"]),
            st.one_of(parameters(junk=False), st.just({})),
            st.one_of(numbers(), numbers(shapes=[(12, 3), (5, 3)], scales=[1.0])),
        ),
        min_size=1, max_size=4,
    ),
    st.sampled_from([np.float32, np.float64]),
    st.booleans(),
)  # fmt: skip
def test_calls(classifier, calls, dtype, is_sparse):
    """Each call ends well, whatever the earlier ones left behind."""
    network = classifier((3,), warm_start=True, max_iter=3)
    for method, given_parameters, X in calls:
        network.set_params(**given_parameters)
        goes_on = is_fitted(network) and (method == "partial_fit" or network.warm_start is True)
        before = fitted_values(network) if goes_on else None
        with np.errstate(over="ignore"):
            X = X.astype(dtype)
        X = csr(X) if is_sparse else X
        if method == "partial_fit":
            if outcome(lambda: assert_has_partial_fit(network)) is not True:
                continue
            done = assert_fits(
                network, X, np.arange(X.shape[0]) % 2, None, [0, 1], method=method
            )
        else:
            done = assert_fits(network, X, np.arange(X.shape[0]) % 2)
        if goes_on and not done:
            assert fitted_values(network) == before
            rows = np.zeros((2, network.coefs_[0].shape[-2]))
            assert_predicts(network, rows, 2, may_refuse=is_huge(network, rows))
        assert done or goes_on or not is_fitted(network)


# ---- tables of mixed columns

CELLS = {
    "number": [
        *(0, 1, -1, 2.5, 1e300, -1.7e308, 5e-324, np.nan, np.inf, 2**70, Decimal("0.1"), True)
    ],
    "plain number": [0.0, 1.0, -2.5, 3.0, np.nan],
    "infinite": [np.inf, -np.inf, 2.5, np.nan],
    "string": ["", "a", "b", "ä", "a" * 50, "nan", "None", None],
    "date": [
        *(date(2020, 1, 1), datetime(1, 1, 1), datetime(9999, 12, 31)),
        *(pd.NaT, pd.Timestamp(0), None),
    ],
    "duration": [timedelta(3), timedelta.max, pd.Timedelta(1), pd.NaT, None],
    "truth": [True, False, None, pd.NA],
    "mixed": [0, "a", None, 1.5, date(2020, 1, 1), b"x", (1, 2), pd.NA, object, 1j, [1], {}],
    "nothing": [None, np.nan, pd.NA, pd.NaT],
}  # fmt: skip
COLUMN_DTYPES = [
    "Int64",
    "Float64",
    "boolean",
    "string",
    "category",
    "float32",
    "float16",
    "datetime64[ns]",
    "object",
]


@st.composite
def columns(draw, size, kind):
    values = draw(st.lists(st.sampled_from(CELLS[kind]), min_size=1, max_size=6))
    rows = [values[i % len(values)] for i in range(size)]
    column = pd.Series(np.array([*rows, None], dtype=object)[:-1])
    dtype = draw(st.sampled_from([*COLUMN_DTYPES, *["infer"] * 6]))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return column.infer_objects() if dtype == "infer" else column.astype(dtype)
        except (ValueError, TypeError, OverflowError, AttributeError):
            return column


def drawn(data, strategy, label):
    """Return what is drawn; pandas cannot print float16, which hypothesis asks it for."""
    with np.errstate(all="ignore"):
        return data.draw(strategy, label=label)


@st.composite
def mixed_tables(draw, kinds):
    size = draw(st.sampled_from([0, 1, 2, 3, 25, 60]))
    table = pd.concat(
        [pd.Series(range(size)), *(draw(columns(size, kind)) for kind in kinds)], axis=1
    ).iloc[:, 1:]
    table.columns = draw(
        st.sampled_from(
            [[f"x{j}" for j in range(len(kinds))], range(len(kinds)), ["x"] * len(kinds)]
        )
    )
    hold = draw(st.sampled_from(["DataFrame"] * 4 + ["array", "list"]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if hold == "array":
            try:
                return table.to_numpy()
            except TypeError:  # of categories that pandas cannot compare
                return table.to_numpy(dtype=object)
        return table.to_numpy(dtype=object).tolist() if hold == "list" else table


# A column later: of another dtype, with the same values as far as that can be.
DRIFTS = {
    "category": lambda column: column.astype("category"),
    "object": lambda column: column.astype(object),
    "nullable": lambda column: column.convert_dtypes(),
    "text": lambda column: column.astype("string"),
    "float": lambda column: column.astype(float),
    "nothing": lambda column: pd.Series([None] * len(column)),
    "the same": lambda column: column,
}
# Those after which nothing may have changed, and the cells of which that is so: elsewhere
# pandas takes True for 1, or refuses.
LOSSLESS = {"category", "object", "nullable", "the same"}
PLAIN = {"plain number", "string", "date", "duration", "truth"}


def drifted(column, name):
    """Return the column of another dtype, or as it is where it does not become one."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return DRIFTS[name](column)
        except (ValueError, TypeError, ArithmeticError, NotImplementedError):
            return column


@shares(accepted=(0.4, 0.95), plain=0.3, wrong=0.05)
@given(
    st.lists(st.sampled_from([*sorted(CELLS), "infinite"]), min_size=1, max_size=3),
    st.lists(st.sampled_from(sorted(DRIFTS)), min_size=3, max_size=3),
    st.sampled_from([0, 1, 32]),
    st.data(),
)
def test_drifting_tables(kinds, drifts, max_one_hot, data):
    """A column of another dtype is refused, or is what it was."""
    parts = [drawn(data, columns(12, kind), label=kind) for kind in kinds]
    table = pd.DataFrame({f"x{j}": part for j, part in enumerate(parts)})
    preprocessor = TabularPreprocessor(max_one_hot=max_one_hot)
    y = np.arange(12) % 2
    judgment = acceptance.judge_preprocessing(preprocessor, table, y)
    done = outcome(lambda: preprocessor.fit(table, y), NAMED_OF_TABLES) is not REFUSED
    TALLY.add(judgment, done, (preprocessor, table))
    if not done:
        return
    expected = preprocessor.transform(table)
    drifts = drifts[: len(kinds)]
    later = pd.DataFrame(
        {name: drifted(table[name], drift) for name, drift in zip(table, drifts, strict=True)}
    )
    found = outcome(lambda: preprocessor.transform(later), NAMED_OF_TABLES)
    if PLAIN.issuperset(kinds) and LOSSLESS.issuperset(drifts):
        assert found is not REFUSED
        np.testing.assert_array_equal(found, expected)
    elif found is not REFUSED:
        assert found.shape == expected.shape
        assert np.isfinite(found).all()


TABULAR_VALID = {
    "max_bins": st.sampled_from([0, 1, 3, 10**30, 10**400]),
    "max_bin_columns": st.sampled_from([0, 1, 10, 10**30, 10**400]),
    "add_squares": st.booleans(),
    "max_one_hot": st.sampled_from([0, 1, 3, 10**30, 10**400]),
    "max_pairs": st.sampled_from([0, 1, 3, 10**30, 10**400]),
    "encode_codes": st.booleans(),
    "target_type": st.sampled_from(["auto", "multiclass", "continuous"]),
    "random_state": random_states(),
}


def test_every_parameter_of_tables_is_tried():
    assert set(TABULAR_VALID) == set(TabularPreprocessor().get_params())
    assert set(TABULAR_VALID) == set(acceptance.JUDGES_OF_PREPROCESSING)
    assert set(TABULAR_VALID) == set(TabularPreprocessor._parameter_constraints)


@shares(accepted=(0.3, 0.75), plain=0.1, wrong=0.2)
@given(st.data())
def test_mixed_tables(data):
    is_usual = data.draw(st.booleans())
    chosen = {
        name: data.draw(st.one_of(values, values, JUNK) if junk else values, label=name)
        for name, values in TABULAR_VALID.items()
        if not is_usual
        for junk in [data.draw(st.integers(0, 13)) == 0]
    }
    among = st.sampled_from(sorted(PLAIN if is_usual else CELLS))
    kinds = data.draw(st.lists(among, min_size=1, max_size=4))
    table = drawn(data, mixed_tables(kinds), label="table")
    usual = st.just(np.arange(len(table)) % 3)
    y = data.draw(usual if is_usual else st.one_of(usual, labels(len(table))), label="y")
    preprocessor = TabularPreprocessor(**chosen)
    judgment = acceptance.judge_preprocessing(preprocessor, table, y)
    features = outcome(lambda: preprocessor.fit_transform(table, y), NAMED_OF_TABLES)
    TALLY.add(judgment, features is not REFUSED, (preprocessor, table, y))
    if features is REFUSED:
        return
    assert features.dtype == np.float32
    names = preprocessor.get_feature_names_out()
    assert features.shape == (len(table), len(names))
    assert len(set(names)) == len(names)
    assert np.isfinite(features).all()
    for others in (table, drawn(data, mixed_tables(kinds), label="others")):
        found = outcome(functools.partial(preprocessor.transform, others), NAMED_OF_TABLES)
        if found is not REFUSED:
            assert found.shape == (len(others), len(names))
            assert np.isfinite(found).all()


# ---- tests of the tests

ESTIMATORS = [*CLASSIFIERS, TabularPreprocessor]
METHODS = ["fit", "partial_fit", "fit_transform"]
# Every test above that draws examples.
DRAWN = {
    name: test for name, test in list(globals().items())
    if name.startswith("test_") and hasattr(test, "hypothesis")
}  # fmt: skip


class Replaced:
    """A method that calls another with the estimator and what the class has."""

    def __init__(self, method, by):
        self.method, self.by = method, by

    def __get__(self, instance, owner=None):
        bound = self.method.__get__(instance, owner)  # raises where there is no partial_fit
        return functools.partial(self.by, instance, bound)


def replace_methods(monkeypatch, by):
    """Have the estimators fit by a function of the estimator, what fits it, and the input."""
    for estimator in ESTIMATORS:
        for name in METHODS:
            method = inspect.getattr_static(estimator, name, None)
            if method is not None:
                monkeypatch.setattr(estimator, name, Replaced(method, by))


def refuse(estimator, fit, X, *args, **kwargs):
    raise ValueError("X is bad")


def accept(estimator, fit, X, *args, **kwargs):
    """Where the estimator refuses something, have it fitted to something else."""
    try:
        return fit(X, *args, **kwargs)
    except (ValueError, TypeError):
        fresh = type(estimator)().fit(ROWS[12], np.arange(12) % 2)
        vars(estimator).update(vars(fresh))
        return fresh.transform(ROWS[12]) if fit.__name__ == "fit_transform" else estimator


def refuse_sparse(estimator, fit, X, *args, **kwargs):
    if sparse.issparse(X):
        raise ValueError("X is sparse")
    return fit(X, *args, **kwargs)


def refuse_strings(estimator, fit, X, y, *args, **kwargs):
    if any(isinstance(label, str) for label in acceptance.as_list(y) or []):
        raise ValueError("y has strings")
    return fit(X, y, *args, **kwargs)


def refuse_to_go_on(estimator, fit, X, *args, **kwargs):
    if is_fitted(estimator):
        raise ValueError("X is not what it was")
    return fit(X, *args, **kwargs)


def refuse_settings(estimator, fit, X, *args, **kwargs):
    if getattr(estimator, "solver", "adam") != "adam" or not getattr(
        estimator, "shuffle", True
    ):
        raise ValueError("solver or shuffle is odd")
    return fit(X, *args, **kwargs)


def refuse_dates(estimator, fit, X, *args, **kwargs):
    if isinstance(X, pd.DataFrame) and {"M", "m"} & {dtype.kind for dtype in X.dtypes}:
        raise ValueError("X has dates or durations")
    return fit(X, *args, **kwargs)


def fill_in(estimator, fit, X, *args, **kwargs):
    """Take all but finite numbers for 0."""
    if isinstance(X, np.ndarray) and X.dtype.kind == "f":
        X = np.nan_to_num(X, posinf=0, neginf=0)
    return fit(X, *args, **kwargs)


def fill_in_infinity(estimator, fit, X, *args, **kwargs):
    if isinstance(X, pd.DataFrame):
        X = X.replace([np.inf, -np.inf], 0)
    return fit(X, *args, **kwargs)


def take_no_weights(estimator, fit, X, y, sample_weight=None, *args, **kwargs):
    return fit(X, y, None, *args, **kwargs)


def take_any_setting(estimator, fit, X, *args, **kwargs):
    """Take the default of a parameter that is invalid."""
    try:
        return fit(X, *args, **kwargs)
    except InvalidParameterError:
        estimator.set_params(**type(estimator)(max_iter=2).get_params())
        return fit(X, *args, **kwargs)


ALL = sorted(DRAWN)
# What is wrong with the estimators, and the tests that must fail then.
FAULTS = {
    refuse: ALL,
    accept: ALL,
    refuse_sparse: ["test_tables", "test_parameters"],
    refuse_strings: ["test_labels", "test_labels_in_chunks"],
    refuse_to_go_on: ["test_calls", "test_labels_in_chunks", "test_weights"],
    refuse_settings: ["test_tables", "test_parameters", "test_weights"],
    refuse_dates: ["test_drifting_tables", "test_mixed_tables"],
    fill_in: ["test_tables"],
    fill_in_infinity: ["test_drifting_tables"],
    take_no_weights: ["test_weights"],
    take_any_setting: ["test_parameters"],
}


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        pytest.param(fault, name, id=f"{fault.__name__}-{name}")
        for fault, names in FAULTS.items()
        for name in names
    ],
)
def test_faults_are_noticed(monkeypatch, fault, name):
    replace_methods(monkeypatch, fault)
    with pytest.raises(AssertionError, match=r"refused, but plain|accepted, but wrong"):
        DRAWN[name]()


@pytest.mark.parametrize("name", ALL)
def test_shares_tell_of_a_refusal_of_everything(monkeypatch, name):
    """Also where no call is judged."""
    replace_methods(monkeypatch, refuse)
    for judge in ("judge_call", "judge_preprocessing"):
        monkeypatch.setattr(acceptance, judge, lambda *_: acceptance.UNSURE)
    with pytest.raises(AssertionError, match=r"^0% of .* calls were accepted"):
        DRAWN[name]()
