"""How fits begin, go on, stop and fail."""

import copy
import pickle
import platform
import re
import signal
import threading
from unittest import mock

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import log_loss
from sklearn.utils import check_random_state

import skmlp._lbfgs
import skmlp._training
from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier
from skmlp._border.optimizers import OPTIMIZERS
from skmlp._kernels.epoch import run_epoch
from skmlp._record import Record
from skmlp._shuffling import Shuffler, as_random_state
from tests.helpers import SOLVERS, assert_same_network, parameters_of

# Most fits here are short on purpose; the tests of the warning itself expect it.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_same_seed_same_bits(task):
    classifier, X, y = task
    network = classifier((8,), max_iter=5, random_state=0, early_stopping=True, tol=1)
    first = parameters_of(network.fit(X, y))
    np.testing.assert_array_equal(parameters_of(clone(network).fit(X, y)), first)
    np.testing.assert_array_equal(parameters_of(network.fit(X, y)), first)


def test_convergence_warning_says_what_to_do(task):
    classifier, X, y = task
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(3\) reached.*max_iter"):
        classifier(max_iter=3).fit(X, y)
    with pytest.warns(ConvergenceWarning, match="lbfgs stopped after 3 iterations"):
        classifier(max_iter=3, solver="lbfgs").fit(X, y)


def test_max_fun_bounds_the_evaluations(task):
    """max_fun bounds evaluations, and max_iter iterations: neither stands for the other."""
    classifier, X, y = task
    with pytest.warns(ConvergenceWarning, match="lbfgs stopped"):
        network = classifier(max_iter=1000, max_fun=5, solver="lbfgs").fit(X, y)
    assert network.n_iter_ <= 5


@pytest.mark.parametrize(
    ("n_rows", "word", "batch_size"),
    [(4999, "small", 32), (5000, "small", 200), (20, "small", 20), (20, "auto", 20)],
)
def test_words_for_batch_size(n_rows, word, batch_size):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(n_rows, 2)), rng.integers(0, 2, n_rows)
    networks = [
        MLPBinaryClassifier(
            2, max_iter=1, batch_size=size, n_iter_no_change=None, random_state=0
        )
        for size in (word, batch_size)
    ]
    assert_same_network(*(network.fit(X, y) for network in networks))


def test_batch_size_larger_than_the_data(task):
    classifier, X, y = task
    with pytest.warns(UserWarning, match="batch_size=500 is larger than the 200"):
        clipped = classifier(batch_size=500, max_iter=50, tol=1, random_state=0).fit(X, y)
    whole = classifier(batch_size=200, max_iter=50, tol=1, random_state=0).fit(X, y)
    assert_same_network(clipped, whole)


@pytest.mark.parametrize(("dtype", "rate"), [(np.float32, 1e30), (np.float64, 1e150)])
@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_divergence_raises(binary_data, solver, dtype, rate):
    X, y = binary_data
    network = MLPBinaryClassifier(
        (8, 8),
        activation="identity",
        solver=solver,
        learning_rate_init=rate,
        batch_size=10,
        max_iter=300,
        random_state=0,
    )
    with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
        network.fit(X.astype(dtype), y)
    with pytest.raises(NotFittedError):
        network.predict(X)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_loss_that_is_not_finite_raises(binary_data, solver):
    """Even where the parameters are: a penalty that overflows, for example."""
    X, y = binary_data
    network = MLPBinaryClassifier((8,), solver=solver, alpha=1.7e308, max_iter=3)
    with pytest.raises(ValueError, match="Solver produced"):
        network.fit(X, y)
    with pytest.raises(NotFittedError):
        network.predict(X)


def test_partial_fit_keeps_the_network_where_only_the_loss_overflows(binary_data):
    """A chunk of huge numbers, whose gradient is clipped, does not end a stream."""
    X, y = binary_data
    network = MLPBinaryClassifier((8,), max_grad_norm=1.0, random_state=0)
    network.partial_fit(X, y, classes=[0, 1])
    network.partial_fit(1e307 * np.abs(X), y)
    assert np.isinf(network.loss_)
    network.partial_fit(X, y)
    assert np.isfinite(network.loss_)
    assert np.isfinite(network.predict_proba(X)).all()


def test_a_line_search_may_leave_float32(binary_data, monkeypatch):
    """There is no finite value there, and the search goes back, without a warning."""
    X, y = binary_data
    minimize = skmlp._lbfgs.minimize

    def step_far_first(objective, start, **options):
        assert not np.isfinite(objective(np.full_like(start, 1e39))[0])
        return minimize(objective, start, **options)

    network = MLPBinaryClassifier((8,), solver="lbfgs", max_iter=20, random_state=0)
    expected = network.fit(X.astype(np.float32), y).coefs_[0]
    monkeypatch.setattr(skmlp._lbfgs, "minimize", step_far_first)
    np.testing.assert_array_equal(network.fit(X.astype(np.float32), y).coefs_[0], expected)


def test_divergence_is_seen_in_its_epoch(binary_data):
    """One step an epoch: its loss is that of before, and the parameters are lost after it."""
    X, y = binary_data
    network = MLPBinaryClassifier(
        (8,), "identity", solver="sgd", learning_rate_init=1e300, random_state=0
    )
    with (
        mock.patch.object(Record, "add", autospec=True, side_effect=Record.add) as add,
        pytest.raises(ValueError, match="Solver produced non-finite parameter weights"),
    ):
        network.fit(1e20 * X, y)
    assert len(add.call_args_list) == 1
    assert np.isfinite(add.call_args.args[1])


def test_numpy_numbers_compile_nothing(binary_data):
    """To numba they are other types than Python's, or, as float16, none at all."""
    X, y = binary_data
    MLPBinaryClassifier((3,), max_iter=1).fit(X, y)
    compiled = list(run_epoch.signatures)
    for number in (np.float16, np.float32, np.longdouble):
        MLPBinaryClassifier(
            (3,), alpha=number(1e-3), learning_rate_init=number(0.01), tol=number(1e-3),
            label_smoothing=number(0.1), max_grad_norm=number(1), momentum=number(0.5),
            beta_1=number(0.5), dropout=number(0), max_iter=1,
        ).fit(X, y)  # fmt: skip
    assert run_epoch.signatures == compiled


@pytest.mark.parametrize(
    "parameters",
    [
        # The rate becomes 0.
        {"solver": "sgd", "learning_rate": "invscaling", "power_t": 1e300},
        {"warmup_fraction": 5e-324},
        {"tol": np.float16(6e4)},
        {"init": "data"},
    ],
    ids=str,
)
def test_extreme_settings_warn_of_no_overflow(binary_data, parameters):
    X, y = binary_data
    network = MLPBinaryClassifier((3,), max_iter=3, random_state=0, **parameters).fit(X, y)
    assert np.isfinite(parameters_of(network)).all()


def test_init_from_data_that_has_no_finite_spread(binary_data):
    X, y = binary_data
    with pytest.raises(ValueError, match="init='data' finds no standard deviation"):
        MLPBinaryClassifier((3,), init="data").fit(1e300 * X, y)


class TestWeights:
    """Weights mean what they say, whatever the minibatches."""

    def test_they_do_not_cancel_within_a_minibatch(self):
        """Batches of weights 100 and of weights 1 are not the same to the network."""
        X = np.repeat([[1.0], [-1.0]], 4, axis=0)
        y = np.array([0, 0, 0, 0, 1, 1, 1, 1])
        kwargs = {"batch_size": 4, "shuffle": False, "max_iter": 1, "random_state": 0}
        network = MLPBinaryClassifier((), solver="sgd", **kwargs)
        plain = parameters_of(clone(network).fit(X, y))
        heavy = parameters_of(clone(network).fit(X, y, np.repeat([100.0, 1.0], 4)))
        assert np.abs(plain - heavy).max() > 1e-4

    def test_scale_only_scales_the_penalty(self, task):
        classifier, X, y = task
        weights = np.random.RandomState(1).uniform(0.5, 2, len(y))
        network = classifier((8,), batch_size=32, max_iter=50, random_state=0, tol=1.0)
        one = clone(network).set_params(alpha=1.0).fit(X, y, weights)
        ten = clone(network).set_params(alpha=10.0).fit(X, y, 10 * weights)
        np.testing.assert_allclose(parameters_of(one), parameters_of(ten), rtol=1e-9)

    @pytest.mark.parametrize("solver", SOLVERS)
    def test_ones_are_none(self, task, solver):
        classifier, X, y = task
        network = classifier((8,), solver=solver, alpha=5.0, tol=0.1, random_state=0)
        unit = clone(network).fit(X, y, np.ones(len(y)))
        assert_same_network(unit, clone(network).fit(X, y))

    @pytest.mark.parametrize("solver", SOLVERS)
    def test_zero_is_absent_over_many_minibatches(self, task, solver):
        classifier, X, y = task
        weights = np.random.RandomState(2).randint(0, 2, len(y))
        network = classifier((8,), solver=solver, batch_size=16, max_iter=30, random_state=0)
        weighted = clone(network).fit(X, y, weights)
        trimmed = clone(network).fit(X[weights > 0], y[weights > 0])
        np.testing.assert_allclose(
            parameters_of(weighted), parameters_of(trimmed), rtol=1e-9, atol=1e-12
        )

    def test_tiny_and_huge_weights_in_float32(self, task):
        """They are divided by their mean before they take on X's dtype."""
        classifier, X, y = task
        X = X.astype(np.float32)
        weights = np.random.RandomState(1).uniform(0.5, 2, len(y))
        network = classifier((8,), max_iter=5, alpha=0, random_state=0)
        expected = parameters_of(clone(network).fit(X, y, weights))
        for scale in (1e-60, 1e60):
            scaled = parameters_of(clone(network).fit(X, y, scale * weights))
            np.testing.assert_allclose(scaled, expected, rtol=1e-4, atol=1e-6)

    def test_chunks_of_partial_fit_keep_their_proportion(self):
        """A chunk of weight 1 after one of weight 100 moves the network less."""
        X = np.random.RandomState(0).normal(size=(40, 3))
        y = (X[:, 0] > 0).astype(int)

        def second_step(first_weight):
            network = MLPBinaryClassifier((), solver="sgd", momentum=0, alpha=0)
            network.random_state = 0
            network.partial_fit(X[:20], y[:20], np.full(20, first_weight), classes=[0, 1])
            before = parameters_of(network)
            network.partial_fit(X[20:], y[20:], np.ones(20))
            return np.abs(parameters_of(network) - before).max()

        assert second_step(100.0) == pytest.approx(second_step(1.0) * 2 / 101, rel=0.01)


class TestPartialFit:
    @pytest.mark.parametrize("weighted", [False, True])
    @pytest.mark.parametrize("solver", OPTIMIZERS)
    def test_n_calls_are_n_epochs(self, task, solver, weighted):
        """A pickle in between changes nothing."""
        classifier, X, y = task
        weights = np.random.RandomState(3).uniform(0, 2, len(y)) if weighted else None
        kwargs = {"shuffle": False, "batch_size": 32, "solver": solver, "random_state": 0}
        whole = classifier((8,), max_iter=6, learning_rate="invscaling", **kwargs)
        whole.fit(X, y, weights)
        network = classifier((8,), learning_rate="invscaling", **kwargs)
        for _ in range(6):
            network.partial_fit(X, y, weights, classes=np.unique(y))
            network = pickle.loads(pickle.dumps(network))
        np.testing.assert_allclose(
            parameters_of(network), parameters_of(whole), rtol=1e-10, atol=1e-13
        )
        np.testing.assert_allclose(network.loss_curve_, whole.loss_curve_, rtol=1e-10)
        assert network.t_ == whole.t_ == 6 * len(y)

    def test_random_state_goes_on(self, task):
        """Each call shuffles anew, also from an int, and repeatably."""
        classifier, X, y = task

        def train(pickled):
            network = classifier((8,), batch_size=10, random_state=0)
            for _ in range(3):
                network.partial_fit(X, y, classes=np.unique(y))
                if pickled:
                    network = pickle.loads(pickle.dumps(network))
            # What the last pickle has of the random state shows in one more epoch.
            return parameters_of(network), parameters_of(network.partial_fit(X, y))

        straight, shuffled = train(pickled=False)
        reloaded, shuffled_alike = train(pickled=True)
        np.testing.assert_array_equal(straight, reloaded)
        np.testing.assert_array_equal(shuffled, shuffled_alike)

    def test_goes_on_from_fit(self, task):
        classifier, X, y = task
        network = classifier((8,), tol=1.0, random_state=0).fit(X, y)
        n_epochs, before = network.n_iter_, parameters_of(network)
        network.partial_fit(X, y)
        assert len(network.loss_curve_) == n_epochs + 1
        assert 0 < np.abs(parameters_of(network) - before).max() < 0.01

    def test_batch_without_every_class(self):
        X, y = np.eye(6), np.array(["a", "b", "c"] * 2)
        network = MLPMulticlassClassifier((4,))
        network.partial_fit(X[:2], y[:2], classes=["c", "b", "a"])
        network.partial_fit(X[2:3], y[2:3])
        np.testing.assert_array_equal(network.classes_, ["a", "b", "c"])
        with pytest.raises(ValueError, match=r"classes not in `self.classes_`.*'d'"):
            network.partial_fit(X[:1], ["d"])
        with pytest.raises(ValueError, match="is not the same as on last call"):
            network.partial_fit(X, y, classes=["a", "b"])

    def test_classes_are_required_at_first(self):
        with pytest.raises(ValueError, match="classes must be passed on the first call"):
            MLPBinaryClassifier().partial_fit(np.eye(2), [0, 1])

    def test_lbfgs_has_none(self):
        network = MLPBinaryClassifier(solver="lbfgs")
        assert not hasattr(network, "partial_fit")

    def test_solver_may_change(self, task):
        classifier, X, y = task
        network = classifier((8,), solver="lbfgs", alpha=100, random_state=0).fit(X, y)
        for solver, optimizer in OPTIMIZERS.items():
            network.set_params(solver=solver, batch_size=100).partial_fit(X, y)
            (member,) = network._state.members
            assert member.moments.shape == (optimizer.n_moments, parameters_of(network).size)
            assert member.steps == 2

    def test_parameters_set_between_calls_count(self, task):
        classifier, X, y = task
        network = classifier((8,), random_state=0).partial_fit(X, y, classes=np.unique(y))
        before = parameters_of(network)
        network.set_params(learning_rate_init=1e-12).partial_fit(X, y)
        np.testing.assert_allclose(parameters_of(network), before, atol=1e-10)

    def test_after_early_stopping_the_loss_is_watched(self, binary_data):
        """Not compared to the accuracies of the fit before, which a loss never exceeds."""
        X, y = binary_data
        network = MLPBinaryClassifier((8,), solver="sgd", learning_rate="adaptive")
        network.set_params(early_stopping=True, random_state=0).fit(X, y)
        network.set_params(early_stopping=False, tol=0.0)
        for _ in range(30):
            network.partial_fit(X, y)
        assert network._state.monitor.best_score == -min(network.loss_curve_[-30:])

    @pytest.mark.parametrize("classifier", [MLPBinaryClassifier, MLPMulticlassClassifier])
    def test_a_refused_first_call_leaves_nothing(self, classifier):
        X, y = np.eye(4), np.array([0, 1, 0, 1])
        network = classifier((3,))
        with pytest.raises(ValueError, match=r"`y` has classes not in .* \[2\]"):
            network.partial_fit(X, y + 1, classes=[0, 1])
        with pytest.raises(ValueError, match="NaN"):
            network.partial_fit(np.full_like(X, np.nan), y, classes=[0, 1])
        assert not hasattr(network, "classes_")
        assert network.partial_fit(X, y, classes=[0, 1]).predict_proba(X).shape == (4, 2)


class TestRefit:
    def test_with_other_classes_and_features(self, task):
        classifier, X, y = task
        network = classifier((8,), tol=1.0, random_state=0).fit(X, y)
        labels = np.array(["p", "q"])[y % 2]
        network.fit(X[:, :4], labels)
        np.testing.assert_array_equal(network.classes_, ["p", "q"])
        assert network.n_features_in_ == 4
        fresh = clone(network).fit(X[:, :4], labels)
        assert_same_network(network, fresh)

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda X, y: (X[:, :3], y / 3),  # continuous, and with other features
            lambda X, y: (1e200 * X, y),  # diverges
            lambda X, y: (X * np.nan, y),
        ],
    )
    def test_a_fit_that_fails_leaves_it_not_fitted(self, task, wrong):
        classifier, X, y = task
        network = classifier((8,), "identity", max_iter=5, random_state=0).fit(X, y)
        network.set_params(learning_rate_init=1e150)
        with pytest.raises(ValueError, match=r"continuous|non-finite|NaN"):
            network.fit(*wrong(X, y))
        with pytest.raises(NotFittedError):
            network.predict(X)
        left = {name for name in vars(network) if name.endswith("_") and name[0] != "_"}
        assert left == {"n_features_in_"}

    @pytest.mark.parametrize("method", ["fit", "partial_fit"])
    def test_divergence_after_a_fit(self, task, method):
        classifier, X, y = task
        network = classifier(
            (8, 8), "identity", batch_size=10, max_iter=2, warm_start=True, random_state=0
        ).fit(X, y)
        before = network.predict_proba(X)
        network.set_params(learning_rate_init=1e150, max_iter=20)
        with pytest.raises(ValueError, match="non-finite"):
            getattr(network, method)(X, y)
        np.testing.assert_array_equal(network.predict_proba(X), before)

    def test_warm_start_runs_all_its_epochs(self, task):
        """Also after a fit that stalled, and never more than max_iter."""
        classifier, X, y = task
        network = classifier((8,), warm_start=True, tol=10.0, n_iter_no_change=3)
        network.fit(X, y)
        assert network.n_iter_ == 5
        network.set_params(tol=0.0, max_iter=7).fit(X, y)
        assert network.n_iter_ == 7
        assert len(network.loss_curve_) == 12

    def test_warm_start_refuses_another_problem(self, task):
        classifier, X, y = task
        network = classifier((8,), warm_start=True, max_iter=2).fit(X, y)
        with pytest.raises(ValueError, match="warm_start can only be used where"):
            network.fit(X, y + 1)
        with pytest.raises(ValueError, match="features"):
            network.fit(X[:, :3], y)
        with pytest.raises(ValueError, match=r"network was built with layers of \[10, 8,"):
            network.set_params(hidden_layer_sizes=(9,)).fit(X, y)

    def test_warm_start_keeps_the_dtype(self, task):
        classifier, X, y = task
        network = classifier((8,), warm_start=True, max_iter=2)
        network.fit(X.astype(np.float32), y).fit(X, y)
        assert network.coefs_[0].dtype == np.float32


class InterruptAfter:
    """A compiled function that Ctrl-C hits while it runs for the n-th time."""

    def __init__(self, function, n_calls):
        self.function, self.n_calls = function, n_calls

    def __call__(self, *args):
        result = self.function(*args)
        self.n_calls -= 1
        if self.n_calls == 0:
            signal.raise_signal(signal.SIGINT)
        return result


class TestInterrupt:
    def interrupted_fit(self, monkeypatch, network, X, y, n_calls=4):
        module = skmlp._lbfgs if network.solver == "lbfgs" else skmlp._training
        monkeypatch.setattr(module, "run_epoch", InterruptAfter(module.run_epoch, n_calls))
        with pytest.warns(UserWarning, match="Training interrupted by user"):
            return network.fit(X, y)

    @pytest.mark.parametrize("solver", SOLVERS)
    def test_ends_at_the_next_border(self, monkeypatch, task, solver):
        classifier, X, y = task
        network = classifier((8,), solver=solver, max_iter=10_000, tol=0, random_state=0)
        self.interrupted_fit(monkeypatch, network, X, y)
        assert len(network.loss_curve_) == network.n_iter_ <= 4
        assert network.loss_ == network.loss_curve_[-1]
        assert network.score(X, y) > 0.2
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def test_the_epoch_is_whole(self, monkeypatch, task):
        classifier, X, y = task
        network = classifier((8,), random_state=0)
        self.interrupted_fit(monkeypatch, network, X, y)
        monkeypatch.undo()
        four = clone(network).set_params(max_iter=4).fit(X, y)
        assert_same_network(network, four)

    def test_best_epoch_is_restored(self, monkeypatch, task):
        classifier, X, y = task
        network = classifier((8,), random_state=0, early_stopping=True)
        self.interrupted_fit(monkeypatch, network, X, y)
        best = int(np.argmax(network.validation_scores_))
        assert network.loss_ == network.loss_curve_[best]

    def test_another_handler_is_left_alone(self, monkeypatch, task):
        classifier, X, y = task
        presses = []
        previous = signal.signal(signal.SIGINT, lambda *_: presses.append(1))
        try:
            kernel = InterruptAfter(skmlp._training.run_epoch, 2)
            monkeypatch.setattr(skmlp._training, "run_epoch", kernel)
            classifier((8,), tol=1.0, random_state=0).fit(X, y)
        finally:
            signal.signal(signal.SIGINT, previous)
        assert presses == [1]

    def test_a_second_press_does_not_wait(self):
        def press_twice():
            with skmlp._interrupt.deferred_interrupt() as interrupt, interrupt.second_raises():
                signal.raise_signal(signal.SIGINT)
                assert interrupt.received
                signal.raise_signal(signal.SIGINT)
                pytest.fail("the second press ends the block")

        with pytest.raises(KeyboardInterrupt):
            press_twice()

    @pytest.mark.parametrize("where", ["entered", "left"])
    def test_a_second_press_waits_while_contexts_are_entered_and_left(self, where):
        seen = []

        def step(name):
            if name == where:
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGINT)
            seen.append(name)

        def press_twice():
            with skmlp._interrupt.deferred_interrupt() as interrupt:
                step("entered")
                with interrupt.second_raises():
                    step("within")
                step("left")

        with pytest.raises(KeyboardInterrupt):
            press_twice()
        assert seen == (["entered"] if where == "entered" else ["entered", "within", "left"])

    def test_before_the_first_epoch_is_over(self, monkeypatch, task):
        """Two presses: there is nothing to leave behind."""
        classifier, X, y = task

        def press_twice(*_):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            return 0.0

        monkeypatch.setattr(skmlp._training, "run_epoch", press_twice)
        network = classifier((8,))
        with pytest.raises(KeyboardInterrupt):
            network.fit(X, y)
        with pytest.raises(NotFittedError):
            network.predict(X)

    def test_outside_the_main_thread(self, task):
        classifier, X, y = task
        scores = []

        def fit():
            scores.append(classifier((8,), tol=1.0).fit(X, y).score(X, y))

        thread = threading.Thread(target=fit)
        thread.start()
        thread.join()
        assert len(scores) == 1


def test_verbose(task, capsys):
    classifier, X, y = task
    classifier((8,), max_iter=2, verbose=True, early_stopping=True).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines[::2]] == ["Iteration 1", "Iteration 2"]
    assert all(line.startswith("Validation score: ") for line in lines[1::2])
    classifier((8,), max_iter=2, verbose=True, solver="lbfgs").fit(X, y)
    assert capsys.readouterr().out.startswith("Iteration 1, loss = ")
    classifier((8,), max_iter=50, tol=1.0, verbose=True).fit(X, y)
    assert "Training loss did not improve by tol=1.000000 for 10" in capsys.readouterr().out
    classifier((8,), max_iter=2).fit(X, y)
    assert capsys.readouterr().out == ""


def test_float32_probabilities_satisfy_log_loss():
    X, y = make_classification(500, 20, n_informative=10, n_classes=5, random_state=0)
    network = MLPMulticlassClassifier(tol=1.0).fit(X.astype(np.float32), y)
    probabilities = network.predict_proba(X.astype(np.float32))
    assert probabilities.dtype == np.float32
    assert log_loss(y, probabilities) > 0  # a warning about row sums would be an error


@pytest.mark.parametrize("seed", [0, 1, np.int64(7), np.uint32(2**32 - 1), True], ids=repr)
def test_random_states_are_those_of_scikit_learn(seed):
    ours, theirs = as_random_state(seed), check_random_state(seed)
    np.testing.assert_equal(ours.get_state(legacy=False), theirs.get_state(legacy=False))
    restored = pickle.loads(pickle.dumps(ours))
    assert pickle.dumps(ours) == pickle.dumps(theirs)
    assert restored.normal() == copy.deepcopy(ours).normal() == theirs.normal()


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "a"], ids=repr)
def test_refused_random_states(seed):
    with pytest.raises(ValueError, match=r"between 0 and|cannot be used to seed") as expected:
        check_random_state(seed)
    with pytest.raises(ValueError, match=re.escape(str(expected.value))):
        as_random_state(seed)


def test_random_states_that_are_given():
    given = np.random.RandomState(0)
    assert as_random_state(given) is given
    assert as_random_state(None) is check_random_state(None)


@pytest.mark.parametrize("n_rows", [1, 2, 3, 64, 65, 1000])
@pytest.mark.parametrize("generator", [np.random.MT19937, np.random.PCG64])
def test_shuffler_draws_what_random_state_does(n_rows, generator):
    ours, theirs = (np.random.RandomState(generator(7)) for _ in range(2))
    shuffler = Shuffler(ours, n_rows)
    rows, expected = np.arange(n_rows), np.arange(n_rows)
    for _ in range(3):
        shuffler.shuffle(rows)
        theirs.shuffle(expected)
        np.testing.assert_array_equal(rows, expected)
    assert ours.randint(2**31) == theirs.randint(2**31)


@pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="others compute with denormals fast"
)
@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_moments_of_unreached_weights_end_at_zero(solver):
    """They shrink by a factor a step, to where arithmetic takes a hundred times as long."""
    X, y = make_classification(200, 5, random_state=0)
    X[100:, 0] = 0  # a column that the second call sees no more of
    X = X.astype(np.float32)
    network = MLPBinaryClassifier(
        (4,), solver=solver, alpha=0, batch_size=10, beta_2=0.9, random_state=0
    )
    network.partial_fit(X, y, classes=[0, 1])
    for _ in range(150):
        network.partial_fit(X[100:], y[100:])
    tiny = np.finfo(np.float32).tiny
    moments = network._state.members[0].moments
    first = np.abs(moments[0][:4])
    assert (first == 0).all()
    moments = np.abs(moments)
    assert (moments[moments > 0] >= tiny).all()
    assert np.float32(tiny) / 2 > 0, "denormals are left to what runs after the kernels"
