"""The same bits whoever computes them: threads, processes, forks, layers and settings."""

import hashlib
import importlib
import multiprocessing
import os
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.ensemble import BaggingClassifier
from sklearn.model_selection import GridSearchCV
from threadpoolctl import threadpool_limits

import skmlp
from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier
from skmlp._team import ONE_THREAD_OF_BLAS
from tests.helpers import parameters_of, threads_of_blas

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# Two threads help a fit of so many rows and units; see n_helpful_threads.
N_ROWS, N_FEATURES, N_UNITS, BATCH = 2000, 40, 128, 500


def make_data(dtype):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N_ROWS, N_FEATURES)).astype(dtype)
    return X, (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)


def wide_network(seed=0, n_jobs=None, **params):
    params = {"max_iter": 3, "batch_size": BATCH} | params
    return MLPMulticlassClassifier(N_UNITS, random_state=seed, n_jobs=n_jobs, **params)


def bits(network, X):
    """Return all that was learned, and what comes of it, as bytes."""
    outputs = network.predict_proba(X), network.transform(X)
    return b"".join(array.tobytes() for array in (parameters_of(network), *outputs))


@pytest.fixture(scope="module")
def data():
    return make_data(np.float32)


def in_threads(n_threads, functions):
    """Call functions in as many threads, which begin together."""
    barrier = threading.Barrier(n_threads)

    def call(function):
        barrier.wait()
        return function()

    with ThreadPoolExecutor(n_threads) as pool:
        return list(pool.map(call, functions))


def test_sixteen_fits_at_once(data):
    X, y = data
    serial = [bits(wide_network(seed).fit(X, y), X) for seed in range(16)]

    def fit(seed):
        return lambda: bits(wide_network(seed, n_jobs=1 + seed % 3).fit(X, y), X)

    assert in_threads(16, map(fit, range(16))) == serial


def test_sixteen_threads_predict_with_one_network(data):
    X, y = data
    network = wide_network(n_jobs=2).fit(X, y)
    expected = bits(network, X)

    def predict():
        return [bits(network, X) for _ in range(5)]

    assert in_threads(16, [predict] * 16) == [[expected] * 5] * 16


def test_fits_and_predictions_at_once(data):
    """Of different networks, dtypes and kinds of output."""
    X, y = data
    network = wide_network().fit(X, y)
    tasks = [
        lambda: bits(network, X),
        lambda: bits(wide_network(1, early_stopping=True).fit(X, y), X),
        lambda: bits(wide_network(2, solver="lbfgs").fit(X, y), X),
        lambda: bits(MLPBinaryClassifier(9, max_iter=3, random_state=0).fit(X, y > 0), X),
    ]
    assert in_threads(16, tasks * 4) == [task() for task in tasks] * 4


def nested_search(n_jobs):
    """Return a search over ensembles of networks, with three levels of parallelism."""
    bagging = BaggingClassifier(wide_network(n_jobs=n_jobs), 2, n_jobs=n_jobs, random_state=0)
    grid = {"estimator__alpha": [1e-4, 1.0]}
    return GridSearchCV(bagging, grid, cv=2, n_jobs=n_jobs)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_nested_parallelism(data, backend):
    """A search over baggings of networks, each with two jobs: threads within loky."""
    X, y = data
    serial = nested_search(1).fit(X, y)
    with joblib.parallel_config(backend):
        parallel = nested_search(2).fit(X, y)
    assert parallel.predict_proba(X).tobytes() == serial.predict_proba(X).tobytes()
    for name in ("mean_test_score", "std_test_score"):
        assert (parallel.cv_results_[name] == serial.cv_results_[name]).all()


def _fit_in_a_child(queue, network, X, y, n_jobs):
    warnings.simplefilter("ignore")
    same = bits(network, X)
    queue.put((same, bits(wide_network(n_jobs=n_jobs).fit(X, y), X)))


# Python 3.12 warns of a fork where there are threads, which pytest-xdist has.
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not fork")
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_fork_after_use(data, n_jobs):
    X, y = data
    network = wide_network(n_jobs=n_jobs).fit(X, y)
    expected = bits(network, X)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    children = [
        context.Process(target=_fit_in_a_child, args=(queue, network, X, y, n_jobs))
        for _ in range(2)
    ]
    for child in children:
        child.start()
    try:
        results = [queue.get(timeout=60) for _ in children]
    finally:
        for child in children:
            child.join(10)
            child.kill()
    assert results == [(expected, expected)] * 2
    assert bits(wide_network(n_jobs=n_jobs).fit(X, y), X) == expected


# More rows and parameters than BLAS takes by itself in one thread.
LARGE_FITS = {
    "data": {"init": "data", "max_iter": 1, "hidden_layer_sizes": 300},
    "temperature": {
        "early_stopping": True,
        "validation_fraction": 0.5,
        "temperature_scaling": True,
        "max_iter": 2,
    },
    "lbfgs": {"solver": "lbfgs", "max_iter": 8, "hidden_layer_sizes": (300, 50)},
}


@pytest.mark.parametrize("params", LARGE_FITS.values(), ids=LARGE_FITS.keys())
def test_threads_of_blas(params):
    """It divides large sums among its threads, and would round them differently."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500 if "solver" in params else 30_000, 30))
    y = X[:, 0] + rng.normal(size=len(X)) > 0
    found = []
    for n_threads in (1, 2):
        network = MLPBinaryClassifier(**{"hidden_layer_sizes": 64, "random_state": 0} | params)
        with threadpool_limits(n_threads, "blas"):
            found.append(parameters_of(network.fit(X, y)).tobytes())
    assert found[0] == found[1]


def test_blas_has_its_threads_back_after_fits_at_once(data):
    """Their number is the process's, and each fit with L-BFGS sets it."""
    X, y = data
    with threadpool_limits(2, "blas"):
        before = threads_of_blas()
        in_threads(8, [lambda: wide_network(solver="lbfgs").fit(X[:200], y[:200])] * 32)
        assert threads_of_blas() == before


def test_blas_has_one_thread_until_the_last_has_left():
    with threadpool_limits(2, "blas"):
        with ONE_THREAD_OF_BLAS, ONE_THREAD_OF_BLAS:
            pass
        ONE_THREAD_OF_BLAS.__enter__()
        with ONE_THREAD_OF_BLAS:
            pass
        found = threads_of_blas()
        ONE_THREAD_OF_BLAS.__exit__()
        assert set(found) == {1}
        assert max(threads_of_blas()) == 2


def fit_large():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 30))
    network = MLPBinaryClassifier((300, 50), solver="lbfgs", max_iter=8, random_state=0)
    network.fit(X, X[:, 0] > 0)
    return hashlib.sha256(parameters_of(network).tobytes()).hexdigest()


def _limit_in_a_child(queue):
    warnings.simplefilter("ignore")
    with threadpool_limits(2, "blas"):
        queue.put(fit_large())


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not fork")
@pytest.mark.parametrize("holds_lock", [False, True])
def test_a_fork_while_another_thread_limits_blas(holds_lock):
    """That thread is not there in the child, and never leaves."""
    entered, leave = threading.Event(), threading.Event()

    def limit():
        with ONE_THREAD_OF_BLAS._lock if holds_lock else ONE_THREAD_OF_BLAS:
            entered.set()
            leave.wait()

    expected = fit_large()
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=_limit_in_a_child, args=(queue,))
    with ThreadPoolExecutor(1) as pool:
        pool.submit(limit)
        entered.wait()
        child.start()
        child.join(60)
        child.kill()
        leave.set()
    assert child.exitcode == 0
    assert queue.get() == expected


PROCESS = """
import sys, warnings
import numba
import numpy as np
from tests.test_reproducibility import hashes

@numba.njit(parallel=True)
def double(x):
    for i in numba.prange(len(x)):
        x[i] *= 2
    return x

warnings.simplefilter("ignore")
assert (double(np.ones(99)) == 2).all()
assert numba.threading_layer() == sys.argv[1]
print(*hashes(n_jobs=int(sys.argv[2])))
"""
FITS = [{}, {"solver": "lbfgs"}, {"solver": "sgd", "dropout": 0.2}]


def hashes(n_jobs):
    X, y = make_data(np.float32)
    networks = [wide_network(n_jobs=n_jobs, **params).fit(X, y) for params in FITS]
    return [hashlib.sha256(bits(network, X)).hexdigest() for network in networks]


def layers():
    modules = {"workqueue": "workqueue", "omp": "omppool", "tbb": "tbbpool"}
    for layer, module in modules.items():
        try:
            importlib.import_module(f"numba.np.ufunc.{module}")
        except ImportError:
            yield pytest.param(layer, marks=pytest.mark.skip(reason=f"numba has no {layer}"))
        else:
            yield layer


@pytest.mark.parametrize("layer", list(layers()))
def test_processes_layers_and_settings_of_blas(layer):
    """Another package runs numba's parallel loops, in whichever layer; settings differ."""
    n = "1" if layer == "omp" else "2"
    settings = {
        "NUMBA_THREADING_LAYER": layer,
        "OPENBLAS_NUM_THREADS": n,
        "OMP_NUM_THREADS": n,
        "MKL_NUM_THREADS": n,
        "PYTHONHASHSEED": n,
    }
    done = subprocess.run(
        [sys.executable, "-c", PROCESS, layer, n],
        env=os.environ | settings,
        cwd=Path(skmlp.__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == hashes(n_jobs=1)
