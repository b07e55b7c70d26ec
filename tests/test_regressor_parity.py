"""The same numbers as scikit-learn's MLPRegressor, and as MLPClassifier's for several labels.

Tolerances are those of tests/test_sklearn_parity.py, for its reasons.
"""

import copy
import inspect

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import make_multilabel_classification
from sklearn.neural_network import MLPClassifier
from sklearn.neural_network import MLPRegressor as Theirs
from sklearn.preprocessing import StandardScaler

from skmlp import MLPMultilabelClassifier, MLPRegressor
from tests.test_sklearn_parity import (
    ATOL,
    DRAWN,
    RTOL,
    SHARED_ACTIVATIONS,
    SHARED_SOLVERS,
    STOCHASTIC,
    ExactLossMLPClassifier,
    draw_configuration,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
LOSSES = ("squared_error", "poisson")


def make_numbers(loss, n_outputs):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 8))
    y = np.sin(X @ rng.normal(size=(8, n_outputs))) + 0.1 * rng.normal(size=(200, n_outputs))
    if loss == "poisson":
        y = rng.poisson(np.exp(y)).astype(float)
    return X, y[:, 0] if n_outputs == 1 else y


@pytest.fixture(
    params=[(loss, n) for loss in LOSSES for n in (1, 3)],
    ids=lambda param: f"{param[0]}-{param[1]}",
)
def numbers(request):
    """The loss, X and y, of one output or three."""
    return request.param[0], *make_numbers(*request.param)


@pytest.fixture(scope="module")
def labels():
    X, y = make_multilabel_classification(200, 10, n_classes=4, n_labels=2, random_state=0)
    return StandardScaler().fit_transform(X), y


def assert_matches(theirs, ours, X):
    for name in ("coefs_", "intercepts_"):
        for theirs_k, ours_k in zip(getattr(theirs, name), getattr(ours, name), strict=True):
            np.testing.assert_allclose(ours_k, theirs_k, rtol=RTOL, atol=ATOL, err_msg=name)
    for name in (
        *("loss_", "loss_curve_", "best_loss_"),
        *("validation_scores_", "best_validation_score_"),
    ):
        expected = getattr(theirs, name, None)
        if expected is not None and not (name == "loss_" and theirs.early_stopping):
            np.testing.assert_allclose(
                getattr(ours, name), expected, rtol=RTOL, atol=ATOL, err_msg=name
            )
    for name in (
        *("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_"),
    ):
        assert getattr(ours, name) == getattr(theirs, name), name
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=RTOL, atol=ATOL)
    if hasattr(theirs, "classes_"):
        np.testing.assert_array_equal(ours.classes_, theirs.classes_)
        assert ours.predict(X).dtype == theirs.predict(X).dtype
        expected = theirs.predict_proba(X)
        np.testing.assert_allclose(ours.predict_proba(X), expected, rtol=RTOL, atol=ATOL)


def make_pair(loss, *sizes, **parameters):
    theirs = Theirs(loss, *sizes, **copy.deepcopy(parameters))
    return theirs, MLPRegressor(loss, *sizes, **copy.deepcopy(parameters))


def make_classifiers(**parameters):
    exact = parameters.get("solver") == "lbfgs"
    theirs = (ExactLossMLPClassifier if exact else MLPClassifier)(**copy.deepcopy(parameters))
    return theirs, MLPMultilabelClassifier(**copy.deepcopy(parameters))


def test_the_signature_begins_with_that_of_mlpregressor():
    theirs = list(inspect.signature(Theirs).parameters.values())
    ours = list(inspect.signature(MLPRegressor).parameters.values())
    assert [(p.name, p.default, p.kind) for p in ours[: len(theirs)]] == [
        (p.name, p.default, p.kind) for p in theirs
    ]
    assert all(p.kind is p.KEYWORD_ONLY for p in ours[len(theirs) :])


SHORT = {"tol": 3e-3, "n_iter_no_change": 3, "max_iter": 20}


@pytest.mark.parametrize("batch_size", [32, "auto"])
@pytest.mark.parametrize("early_stopping", [False, True], ids=["loss", "early_stopping"])
@pytest.mark.parametrize("activation", SHARED_ACTIVATIONS)
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_stochastic_solvers(numbers, solver, activation, early_stopping, batch_size):
    loss, X, y = numbers
    rate = {"learning_rate_init": 0.005} if "learning_rate" in solver else {}
    given = {"activation": "logistic" if activation == "sigmoid" else activation}
    given |= {"early_stopping": early_stopping, "batch_size": batch_size}
    theirs, ours = make_pair(loss, (12, 8), random_state=1, **given, **SHORT, **solver | rate)
    assert_matches(theirs.fit(X, y), ours.fit(X, y), X)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_lbfgs(numbers, activation):
    loss, X, y = numbers
    for seed in range(3):
        theirs, ours = make_pair(
            loss, (16,), activation, solver="lbfgs", max_iter=20, random_state=seed
        )
        assert_matches(theirs.fit(X, y), ours.fit(X, y), X)


@pytest.mark.parametrize("solver", SHARED_SOLVERS)
@pytest.mark.parametrize(
    "parameters",
    [
        {"hidden_layer_sizes": ()},
        {"hidden_layer_sizes": (), "activation": "logistic"},
        {"alpha": 10.0},
        {"shuffle": False},
        {"validation_fraction": 0.4, "early_stopping": True},
        {"random_state": np.random.RandomState(7)},
    ],
    ids=lambda parameters: ",".join(parameters),
)
def test_other_parameters(numbers, solver, parameters):
    loss, X, y = numbers
    defaults = {"solver": solver, "max_iter": 20, "batch_size": 32, "random_state": 0}
    theirs, ours = make_pair(loss, **{**defaults, **parameters})
    assert_matches(theirs.fit(X, y), ours.fit(X, y), X)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", SHARED_SOLVERS)
def test_sample_weight(numbers, solver, early_stopping):
    """Within one batch: over several, scikit-learn lets weights cancel."""
    loss, X, y = numbers
    weights = np.random.RandomState(0).uniform(0.1, 3, len(y))
    theirs, ours = make_pair(
        loss, solver=solver, max_iter=20, random_state=0, early_stopping=early_stopping
    )
    theirs.fit(X, y, sample_weight=weights)
    ours.fit(X, y, sample_weight=weights)
    assert_matches(theirs, ours, X)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_sparse_input(numbers, solver):
    loss, X, y = numbers
    X = sparse.csr_array(np.where(np.abs(X) > 0.8, X, 0))
    theirs, ours = make_pair(loss, solver=solver, max_iter=20, random_state=0, batch_size=32)
    assert_matches(theirs.fit(X, y), ours.fit(X, y), X)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_warm_start_and_partial_fit(numbers, solver):
    loss, X, y = numbers
    shared = {"shuffle": False, "random_state": 0, "batch_size": 32, "solver": solver}
    theirs, ours = make_pair(loss, warm_start=True, max_iter=4, **shared)
    for _ in range(3):
        assert_matches(theirs.fit(X, y), ours.fit(X, y), X)
    for _ in range(2):
        assert_matches(theirs.partial_fit(X, y), ours.partial_fit(X, y), X)
    theirs, ours = make_pair(loss, **shared)
    for _ in range(4):
        assert_matches(theirs.partial_fit(X, y), ours.partial_fit(X, y), X)


def test_float32_follows_to_its_own_precision(numbers):
    """As in tests/test_sklearn_parity.py."""
    loss, X, y = numbers
    theirs, ours = make_pair(loss, max_iter=20, random_state=0, batch_size=32)
    theirs.fit(X, y)
    ours.fit(X.astype(np.float32), y)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-4)
    assert ours.predict(X.astype(np.float32)).dtype == np.float32
    assert ours.predict(X).dtype == np.float64


def as_for_numbers(parameters):
    """Return drawn parameters, with steps that do not diverge."""
    return parameters | {"learning_rate_init": min(parameters["learning_rate_init"], 0.01)}


@pytest.mark.filterwarnings("ignore:.*batch_size:UserWarning")
@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("kind", [*LOSSES, "labels"])
def test_random_configurations(labels, kind, seed):
    """Whatever both accept; a single call, as later ones are documented to differ."""
    parameters, _, is_weighted, is_sparse = draw_configuration(seed)
    assert set(parameters) == set(DRAWN)
    if parameters["activation"] == "sigmoid":
        parameters["activation"] = "logistic"
    if kind == "labels":
        (X, y), (theirs, ours) = labels, make_classifiers(**parameters)
    else:
        X, y = make_numbers(kind, 1 + 2 * (seed % 2))
        theirs, ours = make_pair(kind, **as_for_numbers(parameters))
    weights = np.random.RandomState(seed).uniform(0.1, 3, len(y)) if is_weighted else None
    table = sparse.csr_array(np.where(np.abs(X) > 0.8, X, 0)) if is_sparse else X
    theirs.fit(table, y, sample_weight=weights)
    ours.fit(table, y, sample_weight=weights)
    assert_matches(theirs, ours, table)


@pytest.mark.parametrize("early_stopping", [False, True], ids=["loss", "early_stopping"])
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_labels(labels, solver, early_stopping):
    X, y = labels
    theirs, ours = make_classifiers(
        random_state=0, early_stopping=early_stopping, batch_size=32, **SHORT, **solver
    )
    assert_matches(theirs.fit(X, y), ours.fit(X, y), X)


@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csr_matrix, sparse.csc_matrix])
def test_labels_that_are_sparse(labels, container):
    X, y = labels
    theirs, ours = make_classifiers(random_state=0, max_iter=10)
    theirs.fit(X, container(y))
    ours.fit(X, container(y))
    expected = theirs.predict(X)
    found = ours.predict(X)
    assert found.format == expected.format
    np.testing.assert_array_equal(found.toarray(), expected.toarray())
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=RTOL)


def test_labels_in_chunks(labels):
    X, y = labels
    theirs, ours = make_classifiers(random_state=0, shuffle=False)
    for part in (slice(0, 100), slice(100, 200)):
        theirs.partial_fit(X[part], y[part], classes=np.arange(4))
        ours.partial_fit(X[part], y[part])
        assert_matches(theirs, ours, X)


def test_a_single_label(binary_data):
    """As MLPClassifier has it, a y of one dimension."""
    X, y = binary_data
    theirs, ours = make_classifiers(random_state=0, max_iter=10)
    assert_matches(theirs.fit(X, y), ours.fit(X, y), X)
