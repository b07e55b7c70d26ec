"""Whatever comes in as y for the regressor and for several labels, and as their parameters.

As tests/test_bad_input.py has it: a call ends with a fit that predicts finite numbers, or with
an error that names what is wrong; and tests/acceptance.py tells from the input alone which of
the two must be.
"""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.metrics import get_scorer_names

from skmlp import MLPMultilabelClassifier, MLPRegressor
from skmlp._border.optimizers import OPTIMIZERS
from skmlp._outputs.numbers import KINDS
from tests import acceptance
from tests.helpers import SOLVERS
from tests.test_bad_input import (
    JUNK,
    REFUSED,
    ROWS,
    TALLY,
    VALID,
    assert_has_partial_fit,
    is_huge,
    outcome,
    shares,
    weights,
)

OF_CLASSIFIERS = {"class_weight", "label_smoothing", "temperature_scaling"}
VALID_OF_REGRESSOR = {name: VALID[name] for name in VALID if name not in OF_CLASSIFIERS} | {
    "loss": st.sampled_from(sorted(KINDS)),
    "quantile": st.sampled_from([0.5, 0.1, 1e-300, 1 - 1e-16, [0.1, 0.9], (0.5,), [0.9, 0.2]]),
    "normalize_y": st.booleans(),
    "calibrate_quantiles": st.booleans(),
    "scoring": st.one_of(
        st.sampled_from([None, "r2", "neg_mean_absolute_error", *get_scorer_names()]),
        st.sampled_from([lambda *_: 0.5, lambda *_: np.nan, lambda *_: -np.inf]),
    ),
}


def test_every_parameter_is_tried():
    assert set(VALID_OF_REGRESSOR) == set(MLPRegressor().get_params())
    assert set(VALID_OF_REGRESSOR) == set(MLPRegressor._parameter_constraints)
    judged = {
        *acceptance.JUDGES,
        *acceptance.JUDGES_OF_LAYERS,
        *acceptance.JUDGES_OF_REGRESSOR,
        "hidden_layer_sizes",
    }
    assert set(VALID_OF_REGRESSOR) <= judged


# ---- numbers

ODD = [
    *(np.nan, np.inf, -np.inf, None, "a", "1", b"1", 1j, pd.NA, pd.NaT, Decimal("0.1")),
    *(2**70, 10**400, True, (1, 2), 1e308, -1e308, 5e-324, np.float16(1)),
    *(np.datetime64("2020"), np.timedelta64(1, "s"), object),
]
SCALES = [*[1.0] * 4, 0.0, 1e-320, 1e-200, 1e-6, 1e6, 1e30, 1e39, 1e200, 1e308]
HOLDERS = {
    "array": np.array,
    "list": lambda y: np.array(y).tolist(),
    "Series": lambda y: pd.Series(list(y)) if np.ndim(y) == 1 else pd.DataFrame(y),
    "objects": lambda y: np.array(y, dtype=object),
    "float32": lambda y: np.array(y).astype(np.float32),
    "float16": lambda y: np.array(y).astype(np.float16),
    "int": lambda y: np.array(y).astype(int),
    "bool": lambda y: np.array(y).astype(bool),
    "big-endian": lambda y: np.array(y).astype(">f8"),
    "nullable": lambda y: pd.Series(y).convert_dtypes(),
    "masked": lambda y: np.ma.masked_array(y, mask=np.array(y) == np.array(y).ravel()[0]),
    "sparse": lambda y: sparse.csr_array(np.reshape(y, (len(y), -1))),
    "text": lambda y: np.array(y).astype(str),
    "three dimensions": lambda y: np.reshape(y, (len(y), -1, 1, 1)),
    "short": lambda y: np.array(y)[1:],
    "no columns": lambda y: np.zeros((len(y), 0)),
    "number": lambda y: 3.0,
    "none": lambda y: None,
}  # fmt: skip
USUAL = ["array", "list", "Series", "float32"]


@st.composite
def targets(draw, size):
    """Return what may be given as y: every other time usual numbers above 0."""
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    shape = (size, draw(st.sampled_from([1, 2, 3]))) if draw(st.booleans()) else (size,)
    y = rng.gamma(2.0, 1.0, shape) + 0.01
    holder = draw(st.sampled_from(USUAL))
    if draw(st.booleans()):
        with np.errstate(over="ignore"):
            y = y * draw(st.sampled_from(SCALES))
        y = y - draw(st.sampled_from([0, 0, 1.0, 1e6])) * draw(st.booleans())
        y = np.round(y) if draw(st.booleans()) else y
        y = np.full(shape, y.ravel()[0]) if draw(st.integers(0, 4)) == 0 else y
        if draw(st.booleans()):
            y = y.astype(object)
            y[(draw(st.integers(0, size - 1)), *[0] * (len(shape) - 1))] = draw(
                st.sampled_from(ODD)
            )
        holder = draw(st.sampled_from(sorted(HOLDERS)))
    try:
        with np.errstate(all="ignore"):
            return HOLDERS[holder](y)
    except (ValueError, TypeError, OverflowError):
        return y


def assert_predicts_numbers(network, X, *, may_refuse):
    several = network.loss == "quantile" and np.size(network.quantile) > 1
    found = outcome(lambda: network.predict(X))
    assert found is not REFUSED or may_refuse
    if found is REFUSED:
        return
    q = network.n_outputs_
    assert found.shape == ((len(X), q) if q > 1 else (len(X),))
    assert np.isfinite(found).all()
    if several:
        order = np.argsort(network.quantile)
        assert (np.diff(found[:, order], axis=1) >= 0).all()
    if network.out_activation_ == "exp":
        assert (found >= 0).all()


def assert_fits(network, X, y, judgment, *, method="fit", **given_arguments):
    done = outcome(lambda: getattr(network, method)(X, y, **given_arguments))
    TALLY.add(judgment, done is not REFUSED, (network, y))
    if done is REFUSED:
        return False
    # An exponential overflows where parameters are not yet huge.
    may_refuse = is_huge(network, X) or (network.out_activation_ == "exp" and judgment)
    assert_predicts_numbers(network, X, may_refuse=may_refuse)
    return True


@st.composite
def regressors(draw):
    return MLPRegressor(
        draw(st.sampled_from(sorted(KINDS))),
        draw(st.sampled_from([(3,), (2, 2), ()])),
        draw(st.sampled_from(["relu", "tanh", "mish"])),
        solver=draw(st.sampled_from(SOLVERS)),
        normalize_y=draw(st.booleans()),
        quantile=draw(st.sampled_from([0.5, 0.9, [0.2, 0.8]])),
        early_stopping=draw(st.booleans()),
        n_members=draw(st.sampled_from([1, 1, 2])),
        max_iter=draw(st.integers(1, 4)),
        random_state=draw(st.integers(0, 9)),
    )


def judge_all(network, y, n):
    return acceptance.all_of(
        [acceptance.judge_parameters(network), acceptance.judge_targets(y, n, network)]
    )


@shares(accepted=(0.3, 0.75), plain=0.1, wrong=0.2)
@given(regressors(), st.sampled_from([np.float32, np.float64]), st.data())
def test_numbers(network, dtype, data):
    X = ROWS[data.draw(st.sampled_from(sorted(ROWS)), label="rows")].astype(dtype)
    y = data.draw(targets(len(X)), label="y")
    if not assert_fits(network, X, y, judge_all(network, y, len(X))):
        return
    if network.solver != "lbfgs":
        network.set_params(early_stopping=False, warm_start=data.draw(st.booleans()))
        other = data.draw(st.one_of(st.just(y), targets(len(X))), label="other y")
        is_same = other is y
        judgment = acceptance.UNSURE if is_same else judge_all(network, other, len(X))
        before = network.predict(X)
        done = assert_fits(
            network, X, other, max(acceptance.UNSURE, judgment), method="partial_fit"
        )
        if not done:
            np.testing.assert_array_equal(network.predict(X), before)


@shares(accepted=(0.2, 0.8), plain=0.1, wrong=0.1)
@given(regressors(), st.data())
def test_weights(network, data):
    X = ROWS[data.draw(st.sampled_from(sorted(ROWS)), label="rows")]
    y = 1.0 + np.arange(len(X)) % 3
    given_weights = data.draw(weights(len(X)), label="sample_weight")
    judgment = acceptance.all_of(
        [judge_all(network, y, len(X)), acceptance.judge_weights(given_weights, len(X))]
    )
    assert_fits(network, X, y, judgment, sample_weight=given_weights)


@st.composite
def parameters(draw):
    names = draw(st.lists(st.sampled_from(sorted(VALID_OF_REGRESSOR)), max_size=6, unique=True))
    chosen = {name: draw(VALID_OF_REGRESSOR[name]) for name in names}
    if draw(st.booleans()):
        chosen[draw(st.sampled_from(sorted(VALID_OF_REGRESSOR)))] = draw(JUNK)
    return chosen


@shares(accepted=(0.3, 0.8), plain=0.2, wrong=0.08)
@given(parameters(), st.sampled_from([12, 40]), st.sampled_from(["fit", "partial_fit"]))
def test_parameters(given_parameters, size, method):
    network = MLPRegressor(**{"hidden_layer_sizes": 3, "max_iter": 4, **given_parameters})
    X, y = ROWS[size], 1.0 + np.arange(size) % 3
    judgment = acceptance.judge_parameters(network)
    if method == "fit" or outcome(lambda: assert_has_partial_fit(network)) is True:
        assert_fits(network, X, y, judgment, method=method)


# ---- several labels


@st.composite
def indicators(draw, size):
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    y = rng.integers(0, 2, (size, draw(st.sampled_from([2, 3]))))
    if draw(st.booleans()):
        return draw(
            st.sampled_from([np.array, np.ndarray.tolist, pd.DataFrame, sparse.csr_array])
        )(y)
    y = y * draw(st.sampled_from([1, 2, 0.5, -1, 0, True]))
    if draw(st.booleans()):
        y = y.astype(object)
        y[draw(st.integers(0, size - 1)), 0] = draw(st.sampled_from(ODD))
    holder = draw(st.sampled_from(sorted(HOLDERS)))
    try:
        with np.errstate(all="ignore"):
            return HOLDERS[holder](y)
    except (ValueError, TypeError, OverflowError):
        return y


def judge_indicators(y, n):
    if sparse.issparse(y):
        y = y.toarray()
    if isinstance(y, np.ndarray | list) and np.ndim(y) == 1:
        return acceptance.UNSURE  # labels of two classes, perhaps
    return acceptance.judge_matrix(
        y,
        n,
        lambda values: acceptance.PLAIN if np.isin(values, [0, 1]).all() else acceptance.WRONG,
    )


@shares(accepted=(0.3, 0.8), plain=0.15, wrong=0.15)
@given(st.sampled_from(["fit", "partial_fit"]), st.sampled_from(sorted(OPTIMIZERS)), st.data())
def test_labels(method, solver, data):
    X = ROWS[data.draw(st.sampled_from([12, 40]), label="rows")]
    y = data.draw(indicators(len(X)), label="y")
    network = MLPMultilabelClassifier((3,), solver=solver, max_iter=3, random_state=0)
    done = outcome(lambda: getattr(network, method)(X, y))
    TALLY.add(judge_indicators(y, len(X)), done is not REFUSED, y)
    if done is REFUSED:
        return
    p = network.predict_proba(X)
    assert p.shape[0] == len(X)
    assert ((p > 0) & (p < 1)).all()
    found = network.predict(X)
    assert sparse.issparse(found) or found.dtype == int or p.shape[1] == 2


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_counts_of_any_size(loss, solver):
    """Where means overflow there are no predictions; those of normalised y do not."""
    X = ROWS[40]
    for scale in (1e-300, 1e-3, 1.0, 1e3, 1e9, 1e300):
        for normalize_y in (False, True):
            network = MLPRegressor(
                loss, (4,), solver=solver, normalize_y=normalize_y, max_iter=20
            )
            y = scale * (1.0 + np.arange(40) % 5)
            judgment = acceptance.PLAIN if normalize_y else acceptance.UNSURE
            assert_fits(network, X, y, judgment)
