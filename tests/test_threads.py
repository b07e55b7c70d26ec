"""A fit in several threads: the same bits, and no thread that stays."""

import itertools
import os
import re
import signal
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
from scipy import sparse

import skmlp._problem
import skmlp._training
from skmlp import MLPMulticlassClassifier
from skmlp._border.activations import ACTIVATIONS
from skmlp._border.sizes import n_halves
from skmlp._data import as_matrix
from skmlp._network import Network
from skmlp._team import Team, n_helpful_threads
from tests.cross import initialize_all_targets
from tests.helpers import SOLVERS, classifier_for, parameters_of


def make_problem(n_rows=330, n_features=30, n_classes=3, dtype=np.float64):
    """Return rows and labels: of 330, two batches of 160 rows and one of 10."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_features)).astype(dtype)
    X[rng.random(X.shape) < 0.5] = 0
    return X, rng.integers(0, n_classes, n_rows)


def network_for(y, n_jobs, **params):
    """Return a network that trains to the end, of which the stochastic solvers do not warn."""
    params = {"hidden_layer_sizes": (70, 50), "batch_size": 160, "max_iter": 2} | params
    return classifier_for(y, n_iter_no_change=None, n_jobs=n_jobs, **params)


def fitted(X, y, n_jobs, **params):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return network_for(y, n_jobs, **params).fit(X, y)


def computed(network):
    """Return all that training has computed."""
    learned = parameters_of(network)
    return np.concatenate([learned, np.array(network.loss_curve_, learned.dtype)])


def check_bits(X, y, **params):
    expected = computed(fitted(X, y, 1, **params))
    assert np.isfinite(expected).all()
    for n_jobs in (2, 3, 8):
        np.testing.assert_array_equal(computed(fitted(X, y, n_jobs, **params)), expected)


def test_the_problem_has_batches_of_both_kinds():
    """Of a large batch each half has a gradient of its own."""
    network = Network.initialize([30, 70, 50, 3], ["relu"] * 2, np.random.RandomState(0), float)
    assert n_halves(network.layers, 160) == 2
    assert n_halves(network.layers, 10) == 1


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_same_bits(all_threads, activation, solver, kind):
    X, y = make_problem()
    check_bits(kind(X), y, activation=activation, solver=solver)
    assert all_threads == [1, 2, 3, 8]
    if solver != "lbfgs":
        check_bits(kind(X), y, activation=activation, solver=solver, dropout=[0.3, 0.1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_classes", [2, 3, 40])
@pytest.mark.parametrize(
    "params",
    [
        {"max_grad_norm": 0.05},
        {"solver": "adamw", "label_smoothing": 0.2, "batch_size": 33},
        {"hidden_layer_sizes": ()},
        {"hidden_layer_sizes": (1, 129), "activation": ("prelu", "tanh")},
        {"hidden_layer_sizes": 257, "early_stopping": True, "solver": "sgd"},
        {"batch_size": 1, "max_iter": 1, "hidden_layer_sizes": 5},
        {"hidden_layer_sizes": (300, 4)},
    ],
    ids=lambda params: "-".join(params),
)
def test_same_bits_of_other_shapes(all_threads, params, n_classes, dtype):
    X, y = make_problem(n_classes=n_classes, dtype=dtype)
    check_bits(X, y, **params)
    check_bits(sparse.csr_array(X), y, **params)


def test_partial_fit(all_threads):
    X, y = make_problem()
    networks = [MLPMulticlassClassifier((70,), random_state=0, n_jobs=n) for n in (1, 3)]
    for network in networks:
        for rows in (slice(0, 200), slice(100, 330)):
            network.partial_fit(X[rows], y[rows], classes=[0, 1, 2])
    np.testing.assert_array_equal(*map(computed, networks))


def test_a_helper_that_never_runs():
    """The caller does all tasks itself, and waits for nobody."""
    release = threading.Event()
    X, y = make_problem()
    expected = computed(fitted(X, y, 1))

    class Busy(Team):
        def __init__(self, n_threads):
            super().__init__(3)
            self._helpers.submit(release.wait)
            self._helpers.submit(release.wait)

        def __exit__(self, *details):
            release.set()
            super().__exit__(*details)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(skmlp._problem, "Team", Busy)
        np.testing.assert_array_equal(computed(fitted(X, y, 3)), expected)
    assert release.is_set()


def test_a_helper_that_comes_when_all_is_done(all_threads, monkeypatch):
    """It runs through all stages, finds nothing to do, and changes nothing."""
    X, y = make_problem()
    expected = computed(fitted(X, y, 1))

    class Late(Team):
        def run(self, kernel, *arguments):
            self._sync.fill(0)
            value = kernel(*arguments, self._sync, 0)
            for thread in range(1, self.n_threads):
                kernel(*arguments, self._sync, thread)
            return value

    monkeypatch.setattr(skmlp._problem, "Team", Late)
    np.testing.assert_array_equal(computed(fitted(X, y, 3)), expected)


def test_no_two_counters_share_a_cache_line():
    """Of 128 bytes at most, whatever address the counters begin at."""
    with Team(3) as team:
        assert team._sync.strides == (128, 8)


WAITING = """
import sys
from tests.cross import compile_for
compile_for(sys.argv[1])
import numba
from skmlp._kernels.simd._atomics import pause
wait = numba.njit("void()")(lambda: pause())
print(next(iter(wait.overloads.values())).library.get_asm_str())
"""


@pytest.mark.parametrize(
    ("triple", "name", "word"),
    [
        ("x86_64-unknown-linux-gnu", "x86-64", "pause"),
        ("aarch64-unknown-linux-gnu", "generic", "isb"),
    ],
)
def test_a_thread_that_waits_tells_the_processor(triple, name, word, tmp_path):
    initialize_all_targets(triple)
    done = subprocess.run(
        [sys.executable, "-c", WAITING, triple],
        env=os.environ | {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.search(rf"^\t{word}$", done.stdout, re.MULTILINE)


@pytest.fixture
def refuse_threads(monkeypatch):
    """A function that lets some of the starts of threads fail, counted from 0, as limits do."""
    start = threading.Thread.start

    def refuse(which):
        starts = itertools.count()

        def start_or_not(thread):
            if thread.name.startswith("skmlp") and next(starts) in which:
                raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", start_or_not)

    return refuse


@pytest.mark.parametrize(
    "which", [range(1), range(1, 2), range(1, 9, 2), range(10**6)], ids=str
)
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("n_jobs", [2, 3])
def test_threads_that_cannot_be_started(all_threads, refuse_threads, n_jobs, solver, which):
    """A later pass has threads again, none of which takes up what an earlier one left."""
    X, y = make_problem()
    params = {"solver": solver, "max_iter": 10}
    if solver == "adam":
        params |= {"dropout": 0.2, "learning_rate": "cosine"}
    expected = computed(fitted(X, y, 1, **params))
    refuse_threads(which)
    np.testing.assert_array_equal(computed(fitted(X, y, n_jobs, **params)), expected)
    assert not helpers()


@pytest.mark.parametrize("which", [range(1), range(10**6)], ids=str)
def test_members_and_predictions_without_threads(refuse_threads, monkeypatch, which):
    X, y = make_problem()
    monkeypatch.setattr(skmlp._training, "n_helpful_members", lambda n_jobs, *_: n_jobs or 1)
    many = np.tile(X, (60, 1))
    expected = fitted(X, y, 1, n_members=3)
    refuse_threads(which)
    found = fitted(X, y, 2, n_members=3)
    np.testing.assert_array_equal(computed(found), computed(expected))
    np.testing.assert_array_equal(found.predict_proba(many), expected.predict_proba(many))


def test_fits_in_several_threads_at_once(all_threads):
    """More of them than any machine for tests has processors."""
    X, y = make_problem()
    expected = computed(fitted(X, y, 1, max_iter=20))
    with ThreadPoolExecutor(6) as pool:
        # Without `fitted`, since filters of warnings are those of all threads.
        networks = [network_for(y, 4, max_iter=20) for _ in range(12)]
        fits = [pool.submit(network.fit, X, y) for network in networks]
    for fit in fits:
        np.testing.assert_array_equal(computed(fit.result()), expected)


def helpers():
    return [thread for thread in threading.enumerate() if thread.name.startswith("skmlp")]


class TestNoThreadStays:
    @pytest.fixture(autouse=True)
    def _count(self, all_threads):
        assert helpers() == []
        yield
        assert 3 in all_threads
        assert helpers() == []

    @pytest.mark.parametrize("solver", ["adam", "lbfgs"])
    def test_after_a_fit(self, monkeypatch, solver):
        seen = []
        add = skmlp._record.Record.add

        def look(*args, **kwargs):
            seen.append(len(helpers()))
            return add(*args, **kwargs)

        monkeypatch.setattr(skmlp._record.Record, "add", look)
        fitted(*make_problem(), 3, solver=solver)
        assert 1 <= max(seen) <= 2  # beside the caller

    def test_after_divergence(self):
        with pytest.raises(ValueError, match="finite"):
            fitted(*make_problem(), 3, learning_rate_init=1e300, solver="sgd", max_iter=20)

    @pytest.mark.parametrize("solver", ["adam", "lbfgs"])
    @pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
    def test_after_an_error_between_epochs(self, monkeypatch, solver, error):
        """As a callback, a score or a second Ctrl-C would raise."""

        def fail(*_, **__):
            raise error("between two epochs")

        monkeypatch.setattr(skmlp._record.Record, "add", fail)
        with pytest.raises(error):
            fitted(*make_problem(), 3, solver=solver)

    def test_after_an_interrupt(self, monkeypatch):
        """The epoch in which it comes is finished, by all threads."""
        X, y = make_problem()
        add, n_epochs = skmlp._record.Record.add, []

        def press(*args, **kwargs):
            n_epochs.append(1)
            if len(n_epochs) == 3:
                signal.raise_signal(signal.SIGINT)
            return add(*args, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(skmlp._record.Record, "add", press)
            interrupted = fitted(X, y, 3, max_iter=100)
        assert interrupted.n_iter_ == 3
        expected = fitted(X, y, 1, max_iter=3)
        np.testing.assert_array_equal(computed(interrupted), computed(expected))

    def test_after_an_error_in_the_caller_s_pass(self, monkeypatch):
        """Helpers that have begun go on to the end of it alone, and then leave."""
        run = skmlp._training.run_epoch

        def fail_in_the_caller(*arguments):
            if arguments[-1] == 0:
                raise MemoryError
            return run(*arguments)

        monkeypatch.setattr(skmlp._training, "run_epoch", fail_in_the_caller)
        with pytest.raises(MemoryError):
            fitted(*make_problem(), 3)


class TestHowManyThreads:
    """The decision; what it gains is measured in benchmarks/bench_threads.py."""

    @pytest.fixture(autouse=True)
    def _sixteen_processors(self, monkeypatch):
        monkeypatch.setattr(skmlp._team, "cpu_count", lambda: 16)

    @pytest.mark.parametrize(
        ("n_weights", "n_rows", "n_steps", "expected"),
        [
            (352, 32, 16, 1),  # 500 rows of 10 features, (32,), two classes
            (2_100, 200, 25, 1),  # 5,000 x 20, (100,)
            (56_320, 256, 79, 8),  # 20,000 x 100, (512,), ten classes: 86 million operations
            (6_667, 200, 1000, 2),  # 8 million
            (6_666, 200, 1000, 1),
            (10_667, 500, 1, 1),  # 32 million in a single step
            (10_667, 1000, 1, 2),
        ],
    )
    def test_by_operations(self, n_weights, n_rows, n_steps, expected):
        assert n_helpful_threads(8, n_weights, n_rows, n_steps) == expected
        assert n_helpful_threads(1, n_weights, n_rows, n_steps) == 1
        assert n_helpful_threads(None, n_weights, n_rows, n_steps) == 1

    def test_no_more_than_processors(self, monkeypatch):
        assert n_helpful_threads(100, 10**6, 1000, 10) == 16
        assert n_helpful_threads(-1, 10**6, 1000, 10) == min(16, joblib.effective_n_jobs(-1))
        monkeypatch.setattr(skmlp._team, "cpu_count", lambda: 2)
        assert n_helpful_threads(4, 10**6, 1000, 10) == 2

    def test_contexts_of_joblib(self):
        large = (10**6, 1000, 10)
        with joblib.parallel_config("threading", n_jobs=3):
            assert n_helpful_threads(None, *large) == 3
            assert n_helpful_threads(2, *large) == 2
        with joblib.parallel_config("sequential"):
            assert n_helpful_threads(3, *large) == 1

        def nested():
            def inner():
                return n_helpful_threads(2, *large)

            return joblib.Parallel(2, "threading")(joblib.delayed(inner)() for _ in range(2))

        # joblib allows one level of threads within another, and then no more.
        run = joblib.Parallel(2, "threading")
        assert run(joblib.delayed(nested)() for _ in range(2)) == [[1, 1]] * 2

    def test_it_is_asked_in_fit(self, monkeypatch):
        asked = []

        def ask(*arguments):
            asked.append(arguments)
            return 1

        monkeypatch.setattr(skmlp._problem, "n_helpful_threads", ask)
        X, y = make_problem()
        for solver in ("adam", "lbfgs"):
            fitted(X, y, 5, solver=solver)
        n_weights = 30 * 70 + 70 * 50 + 50 * 3
        assert asked == [(5, n_weights, 160, 3), (5, n_weights, 330, 1)]

    def test_sparse_rows_have_few_products(self):
        network = Network.initialize([1000, 4, 3], ["relu"], np.random.RandomState(0), float)
        X = sparse.random(50, 1000, density=0.01, format="csr", random_state=0)
        assert network.n_products(as_matrix(X, float)) == 10 * 4 + 4 * 3
        assert network.n_products(as_matrix(X.toarray(), float)) == 1000 * 4 + 4 * 3
