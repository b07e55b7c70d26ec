"""NumPy may be told to raise or warn of overflow, underflow and NaN: not from within skmlp."""

from contextlib import suppress

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import get_scorer_names

import skmlp
from skmlp import (
    ActivationDisplay,
    HiddenUnitsDisplay,
    LossCurveDisplay,
    MLPBinaryClassifier,
    MLPMulticlassClassifier,
    RepresentationDisplay,
    TabularPreprocessor,
)
from skmlp._border.activations import ACTIVATIONS
from skmlp._border.optimizers import OPTIMIZERS
from skmlp._callbacks import SUPPORTED
from skmlp._schedules import SCHEDULES

# What NumPy warns of are RuntimeWarnings, which are errors.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

Y = np.arange(80) % 2
WATCHED = {"early_stopping": True}
PARAMS = {
    **{f"solver {name}": {"solver": name} for name in (*OPTIMIZERS, "lbfgs")},
    **{
        f"schedule {name}": {
            "learning_rate": name, "solver": "sgd", "power_t": 300.0, "warmup_fraction": 1e-310
        }
        for name in SCHEDULES
    },
    "init": {"init": "data", "solver": "adamw", "scaling_rate": 5.0},
    "weights": {"class_weight": {0: 1e-200, 1: 1e-150}},
    "balanced": {"class_weight": "balanced", "solver": "sgd", "max_grad_norm": 1e-300},
    "accuracy": WATCHED,
    "roc_auc": {"scoring": "roc_auc", **WATCHED},
    "temperature": {
        "scoring": "neg_log_loss", "temperature_scaling": True, "n_members": 2, "n_jobs": 2,
        "learning_rate_init": 10.0, **WATCHED,
    },
}  # fmt: skip
SCALES = [1.0, 1e-30, 1e-200, 1e-310, 1e30, 1e150, 1e300]
PREDICTIONS = (
    "predict", "predict_proba", "predict_log_proba", "decision_function", "transform"
)  # fmt: skip


@pytest.fixture(params=["raise", "warn"])
def told(request):
    """What NumPy is told to do, all of which is an error here."""
    with np.errstate(all=request.param):
        yield dict.fromkeys(np.geterr(), request.param)
        assert set(np.geterr().values()) == {request.param}


def scaled(scale, dtype="f8"):
    """Return rows whose squares, say, underflow or overflow."""
    with np.errstate(all="ignore"):
        return (np.random.default_rng(0).normal(size=(80, 4)) * scale).astype(dtype)


def refusing(function, *args, **kwargs):
    """Return what a call returns, or None where it says that numbers are too large."""
    try:
        return function(*args, **kwargs)
    except ValueError as error:
        if "large" in str(error) or "infinity" in str(error):
            return None
        raise


@pytest.mark.parametrize("params", PARAMS.values(), ids=PARAMS.keys())
@pytest.mark.parametrize("classifier", [MLPBinaryClassifier, MLPMulticlassClassifier])
def test_fits_and_predictions(told, classifier, params):
    network = classifier((4,), max_iter=3, random_state=0, **params)
    tables = [scaled(scale, dtype) for scale in SCALES for dtype in ("f4", "f8")]
    for rows in (*tables, sparse.csr_array(scaled(1e-200)), sparse.csr_array(scaled(1e30))):
        if refusing(network.fit, rows, Y) is None:
            continue
        for method in PREDICTIONS:
            for other in (rows, scaled(1e-30, "f4"), scaled(1e30)):
                refusing(getattr(network, method), other)
        if hasattr(network, "partial_fit") and params.get("class_weight") != "balanced":
            refusing(network.partial_fit, rows, Y)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(told, name):
    network = MLPBinaryClassifier((4,), name, max_iter=3, random_state=0)
    for scale in (1.0, 1e-30, 1e30):
        if refusing(network.fit, scaled(scale), Y):
            refusing(network.predict_proba, scaled(100 * scale))
    ActivationDisplay.from_name(name)


@pytest.mark.parametrize("scoring", get_scorer_names())
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_scorers_of_scikit_learn(told, scoring):
    """Those that are for other tasks say so."""
    network = MLPBinaryClassifier((4,), max_iter=3, random_state=0)
    network.set_params(early_stopping=True, scoring=scoring, learning_rate_init=100.0)
    # Not what NumPy raises, which is an ArithmeticError.
    with suppress(ValueError, TypeError, AttributeError):
        network.fit(scaled(100.0), Y)


@pytest.mark.parametrize("scale", SCALES)
def test_tables(told, scale):
    X = scaled(scale)
    X[0, 0], X[1, 1] = np.nan, X[0, 1]
    preprocessor = TabularPreprocessor(max_bins=4).fit(X, Y)
    for others in (X, scaled(1e300), scaled(1e-310)):
        refusing(preprocessor.transform, others)
    X[:2, 2] = np.inf, -np.inf
    assert refusing(preprocessor.transform, X) is None


def test_infinities_are_named(told):
    """Their sum, by which scikit-learn looks for them, is not a number."""
    X = scaled(1.0)
    network = MLPBinaryClassifier((4,), max_iter=2).fit(X, Y)
    X[:2, 0] = np.inf, -np.inf
    for call in (lambda: network.predict(X), lambda: network.fit(X, Y)):
        with pytest.raises(ValueError, match="infinity"):
            call()


def test_displays(told):
    pytest.importorskip("matplotlib").use("Agg")
    X = scaled(1.0)
    network = MLPBinaryClassifier((4,), max_iter=3, learning_rate_init=1e3).fit(X[:, :2], Y)
    LossCurveDisplay.from_estimator(network)
    HiddenUnitsDisplay.from_estimator(network, X[:, :2])
    RepresentationDisplay.from_estimator(network, X[:, :2], Y)
    RepresentationDisplay.from_estimator(network, np.ones((5, 2)), Y[:5]).plot()
    ActivationDisplay.from_name("gelu", z=[-1e300, -1e-310, 0, 800]).plot()


def test_onnx(told):
    pytest.importorskip("onnx")
    pytest.importorskip("skl2onnx")
    from skmlp.onnx import to_onnx

    X = scaled(1e-200)
    to_onnx(TabularPreprocessor().fit(X), X[:1])
    to_onnx(MLPBinaryClassifier((4,), max_iter=2).fit(X, Y), X[:1])


def test_threads(monkeypatch):
    """Those of a prediction begin with NumPy's own settings, which are to warn."""
    monkeypatch.setattr(skmlp._network, "_BLOCK_OF_PREDICTION", 8)
    network = MLPBinaryClassifier((4,), max_iter=2, n_jobs=2).fit(scaled(1.0, "f4"), Y)
    for _ in range(20):  # a thread may come too late for any block
        with pytest.raises(ValueError, match="too large"):
            network.predict(scaled(1e300))


def test_functions_of_the_user_have_the_settings_of_the_user(told):
    """Also within scorers and callbacks, and after a call that raises."""
    found = []

    class Callback:
        def setup(self, estimator, context):
            pass

        def teardown(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context):
            found.append(np.geterr())

        def on_fit_task_end(self, estimator, context):
            found.append(np.geterr())

    def scorer(estimator, X, y):
        MLPBinaryClassifier((2,), max_iter=1).fit(X, y)
        found.append(np.geterr())
        if len(found) > 9:
            raise TimeoutError
        return estimator.score(X, y)

    network = MLPBinaryClassifier((4,), early_stopping=True, scoring=scorer)
    if SUPPORTED:
        network.set_callbacks(Callback())
    with pytest.raises(TimeoutError):
        network.fit(scaled(1.0), Y)
    assert all(settings == told for settings in found)
    assert np.geterr() == told
