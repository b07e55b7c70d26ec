"""The same numbers as scikit-learn's MLPClassifier, from the same random_state.

In float64 both do the same arithmetic in another order. A sum of a few hundred terms
differs by some 1e-16 then, and the few hundred steps of these fits amplify that to 1e-15
to 1e-10 (L-BFGS, whose line search divides by small differences). rtol 1e-6 leaves room
for other BLAS libraries, and is far below any difference in the method: one wrong draw,
factor or sign shows in the second digit.
"""

import copy
import inspect

import numpy as np
import pytest
from scipy import sparse
from sklearn.neural_network import MLPClassifier

from skmlp._border.activations import ACTIVATIONS
from skmlp._border.optimizers import OPTIMIZERS
from skmlp._schedules import SCHEDULES
from tests import oracles
from tests.conftest import CLASSIFIERS
from tests.helpers import SOLVERS

RTOL, ATOL = 1e-6, 1e-9

# These fits are short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class ExactLossMLPClassifier(MLPClassifier):
    """MLPClassifier with its loss computed from the logits.

    scikit-learn computes it from probabilities clipped at machine epsilon. That is a wrong
    number where the outputs saturate, as they often do at the first long step of L-BFGS'
    line search (logits of 300 in these tests), which then takes another turn.
    """

    def _backprop(self, X, y, sample_weight, activations, *gradients):
        _, *gradients = super()._backprop(X, y, sample_weight, activations, *gradients)
        logits = activations[-2] @ self.coefs_[-1] + self.intercepts_[-1]
        if self.out_activation_ == "logistic":
            losses, _ = oracles.binary_loss(logits, y)
        else:
            losses, _ = oracles.multinomial_loss(logits, y.argmax(axis=1))
        weights = np.ones(len(y)) if sample_weight is None else sample_weight
        penalty = 0.5 * self.alpha * sum((coefs**2).sum() for coefs in self.coefs_)
        return (weights @ losses + penalty) / weights.sum(), *gradients


class AnewCountingMLPClassifier(ExactLossMLPClassifier):
    """One that in each call to fit counts epochs without improvement from 0, as ours."""

    def fit(self, X, y, sample_weight=None):
        if not hasattr(self, "_no_improvement_count"):
            return super().fit(X, y, sample_weight)
        self._no_improvement_count, least = 0, self.best_loss_
        if self.early_stopping:
            self.best_validation_score_ = -np.inf
            return super().fit(X, y, sample_weight)
        self.best_loss_ = np.inf
        super().fit(X, y, sample_weight)
        if self.warm_start:  # it is of all calls
            self.best_loss_ = min(least, self.best_loss_)
        return self


def make_pair(classifier, *, reference=None, **parameters):
    """Return MLPClassifier, or a class derived from it, and ours with the same parameters."""
    theirs = copy.deepcopy(parameters)  # each draws from its own RandomState
    if theirs.get("activation") == "sigmoid":
        theirs["activation"] = "logistic"
    exact = parameters.get("solver") == "lbfgs"
    reference = reference or (ExactLossMLPClassifier if exact else MLPClassifier)
    return reference(**theirs), classifier(**copy.deepcopy(parameters))


def assert_matches(theirs, ours, X):
    for name in ("coefs_", "intercepts_"):
        for theirs_k, ours_k in zip(getattr(theirs, name), getattr(ours, name), strict=True):
            np.testing.assert_allclose(ours_k, theirs_k, rtol=RTOL, atol=ATOL, err_msg=name)
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.t_ == theirs.t_
    for name in ("loss_curve_", "validation_scores_", "best_loss_", "best_validation_score_"):
        expected = getattr(theirs, name, None)
        if expected is not None:
            np.testing.assert_allclose(
                getattr(ours, name), expected, rtol=RTOL, atol=ATOL, err_msg=name
            )
    for name in ("n_layers_", "n_outputs_", "out_activation_", "n_features_in_"):
        assert getattr(ours, name) == getattr(theirs, name)
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    np.testing.assert_allclose(
        ours.predict_proba(X), theirs.predict_proba(X), rtol=RTOL, atol=ATOL
    )


def test_signature_begins_with_that_of_mlpclassifier():
    theirs = inspect.signature(MLPClassifier).parameters
    for classifier in CLASSIFIERS.values():
        ours = list(inspect.signature(classifier).parameters.values())
        assert [(p.name, p.default, p.kind) for p in ours[: len(theirs)]] == [
            (p.name, p.default, p.kind) for p in theirs.values()
        ]
        assert all(p.kind is p.KEYWORD_ONLY for p in ours[len(theirs) :])


def shared(parameter, ours):
    """Return which of our names for a parameter's values MLPClassifier has, too."""
    (theirs,) = MLPClassifier._parameter_constraints[parameter]
    return [name for name in ours if name in theirs.options]


SHARED_SOLVERS = shared("solver", SOLVERS)
SHARED_SCHEDULES = shared("learning_rate", SCHEDULES)
# And "sigmoid", which it calls "logistic".
SHARED_CODES = {ACTIVATIONS[name].code for name in shared("activation", ACTIVATIONS)}
SHARED_ACTIVATIONS = [name for name in ACTIVATIONS if ACTIVATIONS[name].code in SHARED_CODES]
STOCHASTIC = [
    pytest.param({"solver": "adam"}, id="adam"),
    *(
        pytest.param(
            {
                "solver": "sgd",
                "learning_rate_init": 0.05,
                "learning_rate": schedule,
                "nesterovs_momentum": nesterov,
            },
            id=f"sgd-{schedule}-{'nesterov' if nesterov else 'classical'}",
        )
        for schedule in SHARED_SCHEDULES
        for nesterov in (True, False)
    ),
]


@pytest.mark.parametrize("hidden_layer_sizes", [(16,), (12, 8)], ids=str)
@pytest.mark.parametrize("batch_size", [32, "auto"])
@pytest.mark.parametrize("early_stopping", [False, True], ids=["loss", "early_stopping"])
@pytest.mark.parametrize("activation", SHARED_ACTIVATIONS)
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_stochastic_solvers(
    task, solver, activation, early_stopping, batch_size, hidden_layer_sizes
):
    classifier, X, y = task
    for seed in range(3):
        theirs, ours = make_pair(
            classifier,
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
            early_stopping=early_stopping,
            batch_size=batch_size,
            # Loose enough for some fits to stop, or to divide their rate, on the way.
            tol=3e-3,
            n_iter_no_change=3,
            max_iter=20,
            random_state=seed,
            **solver,
        )
        assert_matches(theirs.fit(X, y), ours.fit(X, y), X)


def test_the_grid_above_reaches_both_ends_of_stopping(task, capsys):
    """Some fits stop early, some run through, and some change their rate on the way."""
    classifier, X, y = task
    kwargs = {"solver": "sgd", "learning_rate_init": 0.05, "tol": 3e-3, "n_iter_no_change": 3}
    kwargs |= {"max_iter": 20, "random_state": 0, "early_stopping": True, "batch_size": 32}
    assert classifier((16,), **kwargs).fit(X, y).n_iter_ < 20
    adaptive = classifier((16,), learning_rate="adaptive", verbose=True, **kwargs).fit(X, y)
    assert adaptive.n_iter_ == 20
    assert "Setting learning rate to" in capsys.readouterr().out


@pytest.mark.parametrize("rate", [1e-6, 1.01e-6, 5e-6, 0.01])
def test_adaptive_stops_at_the_smallest_rate(task, rate):
    """No epoch is an improvement, and the rate is divided until it is 1e-6 or less."""
    classifier, X, y = task
    params = {
        "solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": rate, "tol": 10.0,
        "n_iter_no_change": 1, "random_state": 0,
    }  # fmt: skip
    ours = classifier((4,), **params).fit(X, y)
    assert ours.n_iter_ == MLPClassifier((4,), **params).fit(X, y).n_iter_ < 30


@pytest.mark.parametrize("hidden_layer_sizes", [(16,), (12, 8)], ids=str)
@pytest.mark.parametrize("activation", SHARED_ACTIVATIONS)
def test_lbfgs(task, activation, hidden_layer_sizes):
    classifier, X, y = task
    for seed in range(3):
        theirs, ours = make_pair(
            classifier,
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
            solver="lbfgs",
            max_iter=20,
            random_state=seed,
        )
        assert_matches(theirs.fit(X, y), ours.fit(X, y), X)
        np.testing.assert_allclose(ours.loss_, theirs.loss_, rtol=RTOL)
        np.testing.assert_allclose(ours.loss_curve_[-1], ours.loss_)


@pytest.mark.parametrize("solver", SHARED_SOLVERS)
@pytest.mark.parametrize(
    "parameters",
    [
        {"hidden_layer_sizes": ()},
        {"hidden_layer_sizes": (), "activation": "logistic"},
        {"hidden_layer_sizes": 7},
        {"alpha": 10.0},
        {"alpha": 0.0},
        {"shuffle": False},
        {"momentum": 0.0, "power_t": 0.3, "learning_rate": "invscaling"},
        {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3},
        {"validation_fraction": 0.4, "early_stopping": True},
        {"random_state": np.random.RandomState(7)},
    ],
    ids=lambda parameters: ",".join(parameters),
)
def test_other_parameters(task, solver, parameters):
    classifier, X, y = task
    defaults = {"solver": solver, "max_iter": 20, "batch_size": 32, "random_state": 0}
    theirs, ours = make_pair(classifier, **{**defaults, **parameters})
    assert_matches(theirs.fit(X, y), ours.fit(X, y), X)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", SHARED_SOLVERS)
def test_sample_weight(task, solver, early_stopping):
    """Within one batch: over several, scikit-learn lets weights cancel."""
    classifier, X, y = task
    weights = np.random.RandomState(0).uniform(0.1, 3, len(y))
    theirs, ours = make_pair(
        classifier,
        solver=solver,
        max_iter=20,
        random_state=0,
        early_stopping=early_stopping,
        alpha=0.1,
    )
    theirs.fit(X, y, sample_weight=weights)
    ours.fit(X, y, sample_weight=weights)
    assert_matches(theirs, ours, X)


@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csc_array, sparse.csr_matrix])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_sparse_input(task, solver, container):
    classifier, X, y = task
    X = container(np.where(np.abs(X) > 0.8, X, 0))
    theirs, ours = make_pair(
        classifier, solver=solver, max_iter=20, random_state=0, batch_size=32
    )
    assert_matches(theirs.fit(X, y), ours.fit(X, y), X)


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_warm_start(task, solver):
    """Where no stall is pending: scikit-learn carries its count of those over."""
    classifier, X, y = task
    theirs, ours = make_pair(
        classifier, warm_start=True, max_iter=4, random_state=0, batch_size=32, **solver
    )
    for _ in range(3):
        assert_matches(theirs.fit(X, y), ours.fit(X, y), X)
    assert len(ours.loss_curve_) == 12


def test_warm_start_lbfgs(task):
    classifier, X, y = task
    theirs, ours = make_pair(
        classifier, warm_start=True, max_iter=4, random_state=0, solver="lbfgs"
    )
    for _ in range(3):
        assert_matches(theirs.fit(X, y), ours.fit(X, y), X)


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_partial_fit_in_order(task, solver):
    classifier, X, y = task
    theirs, ours = make_pair(classifier, shuffle=False, random_state=0, batch_size=32, **solver)
    for _ in range(5):
        theirs.partial_fit(X, y, classes=np.unique(y))
        ours.partial_fit(X, y, classes=np.unique(y))
        assert_matches(theirs, ours, X)


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_partial_fit_after_a_fit(task, solver):
    classifier, X, y = task
    theirs, ours = make_pair(classifier, max_iter=4, shuffle=False, random_state=0, **solver)
    theirs.fit(X, y)
    ours.fit(X, y)
    for _ in range(2):
        assert_matches(theirs.partial_fit(X, y), ours.partial_fit(X, y), X)


@pytest.mark.parametrize("solver", shared("solver", OPTIMIZERS))
def test_partial_fit_shuffled(task, solver):
    """From a RandomState instance: an int is seeded anew by scikit-learn in each call."""
    classifier, X, y = task
    theirs = MLPClassifier(solver=solver, random_state=np.random.RandomState(3), batch_size=32)
    ours = classifier(solver=solver, random_state=np.random.RandomState(3), batch_size=32)
    for _ in range(5):
        theirs.partial_fit(X, y, classes=np.unique(y))
        ours.partial_fit(X, y, classes=np.unique(y))
        assert_matches(theirs, ours, X)


def test_float32_follows_to_its_own_precision(task):
    """Twenty epochs of float32 rounding, 6e-8 a sum, stay within 1e-3 of float64."""
    classifier, X, y = task
    theirs, ours = make_pair(classifier, max_iter=20, random_state=0, batch_size=32)
    theirs.fit(X, y)
    ours.fit(X.astype(np.float32), y)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-4)
    for theirs_k, ours_k in zip(theirs.coefs_, ours.coefs_, strict=True):
        assert ours_k.dtype == np.float32
        np.testing.assert_allclose(ours_k, theirs_k, atol=1e-3)


# What each parameter of MLPClassifier is drawn from. Rates and epochs are such that a fit does
# not diverge, and that its steps do not amplify rounding beyond the tolerance.
DRAWN = {
    "hidden_layer_sizes": [(), 5, (16,), [12, 8], np.array([6, 5])],
    "activation": SHARED_ACTIVATIONS,
    "solver": SHARED_SOLVERS,
    "alpha": [0.0, 1e-4, 0.1, 1.0],
    "batch_size": ["auto", 32, 57, 1000],
    "learning_rate": SHARED_SCHEDULES,
    "learning_rate_init": [0.001, 0.01, 0.05],
    "power_t": [0.0, 0.1, 0.5, 1.0],
    "max_iter": [1, 4, 10, 20],
    "shuffle": [True, False],
    "random_state": [0, 7, np.random.RandomState(3)],
    "tol": [0.0, 1e-4, 3e-3, 0.1],
    "verbose": [False],
    "warm_start": [False, True],
    "momentum": [0.0, 0.5, 0.9],
    "nesterovs_momentum": [True, False],
    "early_stopping": [False, True],
    "validation_fraction": [0.1, 0.25, 0.4],
    "beta_1": [0.0, 0.5, 0.9],
    "beta_2": [0.9, 0.99, 0.999],
    "epsilon": [1e-8, 1e-5, 1e-2],
    "n_iter_no_change": [1, 3, 10, np.inf],
    "max_fun": [5, 15000],
}


def draw_configuration(seed):
    """Return values for all parameters of MLPClassifier, and the calls to be made.

    What is left out is documented: with an int for ``random_state`` scikit-learn repeats one
    order in all calls of partial_fit, which early stopping does not have; and its weights
    cancel between minibatches.
    """
    random_state = np.random.RandomState(seed)
    drawn = {name: values[random_state.randint(len(values))] for name, values in DRAWN.items()}
    goes_on = drawn["random_state"] not in (0, 7) or not drawn["shuffle"]
    calls = [["fit"], ["fit", "fit"]]
    if goes_on and drawn["solver"] != "lbfgs" and not drawn["early_stopping"]:
        calls += [["partial_fit"] * 3, ["fit", "partial_fit", "partial_fit"]]
    has_one_batch = drawn["batch_size"] in ("auto", 1000) and "partial_fit" not in calls
    return (
        drawn,
        calls[random_state.randint(len(calls))],
        has_one_batch and random_state.rand() < 0.3,
        random_state.rand() < 0.2,
    )


def test_all_parameters_are_drawn():
    assert list(DRAWN) == list(inspect.signature(MLPClassifier).parameters)


@pytest.mark.filterwarnings("ignore:.*batch_size:UserWarning")
@pytest.mark.parametrize("seed", range(40))
def test_random_configurations(task, seed):
    """Whatever MLPClassifier accepts."""
    classifier, X, y = task
    parameters, calls, is_weighted, is_sparse = draw_configuration(seed)
    weights = np.random.RandomState(seed).uniform(0.1, 3, len(y)) if is_weighted else None
    table = sparse.csr_array(np.where(np.abs(X) > 0.8, X, 0)) if is_sparse else X
    theirs, ours = make_pair(classifier, reference=AnewCountingMLPClassifier, **parameters)
    for method in calls:
        for network in (theirs, ours):
            further = {"classes": np.unique(y)} if method == "partial_fit" else {}
            getattr(network, method)(table, y, sample_weight=weights, **further)
        assert_matches(theirs, ours, table)
        if not parameters["early_stopping"]:
            np.testing.assert_allclose(ours.loss_, theirs.loss_, rtol=RTOL, atol=ATOL)
