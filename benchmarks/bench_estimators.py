"""What a user waits for beside epochs: predictions, sparse input, searches, the first fit.

Each row compares with scikit-learn's MLPClassifier, or with skmlp itself in another setting,
in turns in one process after a first call that compiles. Printed is a Markdown table: median
times, and the median and range of the ratio over the rounds.

    python benchmarks/bench_estimators.py [--rounds 5] [--only predict rows sparse search ...]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
from joblib import parallel_config
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier

rng = np.random.default_rng(0)


def in_turns(ours, other, n_rounds):
    """Return the seconds of both calls, one value a round, after a call of each."""
    seconds = []
    for _ in range(n_rounds + 1):
        row = []
        for call in (ours, other):
            start = time.perf_counter()
            call()
            row.append(time.perf_counter() - start)
        seconds.append(row)
    return np.array(seconds[1:]).T


def report(what, ours, other, n_rounds):
    """Print how much longer `other` takes than `ours`."""
    first, second = in_turns(ours, other, n_rounds)
    ratios = second / first
    times = " | ".join(f"{1e3 * np.median(seconds):.3g} ms" for seconds in (first, second))
    spread = f"{np.median(ratios):.2f} ({ratios.min():.2f} to {ratios.max():.2f})"
    print(f"| {what} | {times} | {spread} |", flush=True)


def fitted(classifier, X, y, **parameters):
    return classifier(max_iter=2, random_state=0, **parameters).fit(X, y)


def predict(n_rounds):
    X = rng.normal(size=(200_000, 64)).astype(np.float32)
    y = rng.integers(0, 10, 2_000)
    network = fitted(MLPMulticlassClassifier, X[:2_000], y)
    two = fitted(MLPMulticlassClassifier, X[:2_000], y, n_jobs=2)
    peer = fitted(MLPClassifier, X[:2_000], y)
    with threadpool_limits(1):
        report(
            "predict_proba, 200,000×64, (100), 10",
            lambda: network.predict_proba(X), lambda: peer.predict_proba(X), n_rounds,
        )  # fmt: skip
        report(
            "the same with n_jobs=2, against one thread",
            lambda: two.predict_proba(X), lambda: network.predict_proba(X), 3 * n_rounds,
        )  # fmt: skip


def rows(n_rounds):
    X = rng.normal(size=(2_000, 64)).astype(np.float32)
    y = rng.integers(0, 10, 2_000)
    network, peer = (
        fitted(classifier, X, y) for classifier in (MLPMulticlassClassifier, MLPClassifier)
    )

    def often(classifier):
        return lambda: [classifier.predict_proba(X[:1]) for _ in range(1_000)]

    report("predict_proba of one row, 1,000 times", often(network), often(peer), n_rounds)


def sparse_epoch(n_rounds):
    X = sparse.random_array(
        (5_000, 50_000), density=1e-3, format="csr", dtype=np.float32, rng=rng
    )
    y = rng.integers(0, 2, 5_000)
    networks = [
        classifier(max_iter=3, random_state=0)
        for classifier in (MLPBinaryClassifier, MLPClassifier)
    ]
    report(
        "three epochs, sparse 5,000×50,000, density 1e-3, (100)",
        *(lambda network=network: network.fit(X, y) for network in networks), n_rounds,
    )  # fmt: skip
    report(
        "predict_proba of the same",
        *(lambda network=network: network.predict_proba(X) for network in networks), n_rounds,
    )  # fmt: skip


def search(n_rounds):
    X, y = load_breast_cancer(return_X_y=True)

    def run(classifier, backend):
        pipeline = make_pipeline(StandardScaler(), classifier(max_iter=200, random_state=0))
        prefix = classifier.__name__.lower()
        grid = {
            f"{prefix}__activation": ["relu", "tanh", "logistic"],
            f"{prefix}__hidden_layer_sizes": [(32,), (64,), (128,)],
        }
        with parallel_config(backend, n_jobs=2):
            found = GridSearchCV(pipeline, grid, cv=5).fit(X, y)
        return list(found.best_params_.values()), found.cv_results_["mean_test_score"]

    ours, theirs = run(MLPBinaryClassifier, "loky"), run(MLPClassifier, "loky")
    assert ours[0] == theirs[0]
    np.testing.assert_allclose(ours[1], theirs[1])
    for backend in ("loky", "threading"):
        report(
            f"GridSearchCV, 9 settings, 5 folds, n_jobs=2, {backend}",
            lambda backend=backend: run(MLPBinaryClassifier, backend),
            lambda: run(MLPClassifier, "loky"),
            n_rounds,
        )


def threads(n_rounds):
    """Fits that release the GIL: two threads against one."""
    X = rng.normal(size=(20_000, 50)).astype(np.float32)
    y = rng.integers(0, 10, 20_000)

    def run(n_jobs):
        network = MLPMulticlassClassifier((100,), max_iter=5, random_state=0)
        with parallel_config("threading", n_jobs=n_jobs):
            BaggingClassifier(network, n_estimators=8, n_jobs=n_jobs).fit(X, y)

    report(
        "BaggingClassifier of 8, two threads against one",
        lambda: run(2), lambda: run(1), n_rounds,
    )  # fmt: skip


def knobs(n_rounds):
    """Epochs with what MLPClassifier has not, against the same without."""
    X = rng.normal(size=(20_000, 100)).astype(np.float32)
    y = rng.integers(0, 10, 20_000)
    network = MLPMulticlassClassifier((512,), batch_size=256, max_iter=5, random_state=0)
    for name, value in (
        ("dropout", 0.2),
        ("activation", "gelu"),
        ("activation", "prelu"),
        ("label_smoothing", 0.1),
        ("max_grad_norm", 1.0),
        ("solver", "adamw"),
        ("learning_rate", "one_cycle"),
    ):
        report(
            f"five epochs of 20,000×100, (512), 10: ReLU, Adam against {name}={value!r}",
            lambda: network.fit(X, y),
            lambda name=name, value=value: clone(network).set_params(**{name: value}).fit(X, y),
            n_rounds,
        )


FIRST_FIT = """
import time
import numpy as np
X = np.random.default_rng(0).normal(size=(500, 10)).astype(np.float32)
y = np.arange(500) % 2
start = time.perf_counter()
from skmlp import MLPBinaryClassifier
network = MLPBinaryClassifier(max_iter=20, tol=1)
middle = time.perf_counter()
network.fit(X, y)
first = time.perf_counter()
network.fit(X, y)
print(middle - start, first - middle, time.perf_counter() - first)
"""


def first_fit(n_rounds):
    """Time the first fit in a process, without and with compiled code on disk."""
    for _ in range(n_rounds):
        with tempfile.TemporaryDirectory() as cache:
            cells = []
            for _ in ("empty cache", "warm cache"):
                output = subprocess.run(
                    [sys.executable, "-W", "ignore", "-c", FIRST_FIT],
                    env=os.environ | {"NUMBA_CACHE_DIR": cache},
                    check=True, capture_output=True, text=True,
                ).stdout  # fmt: skip
                _, first, second = map(float, output.split())
                cells.append(f"{first - second:.2f} s")
        print(
            f"| first fit over a later one: empty cache, warm cache | {' | '.join(cells)} | |"
        )


PARTS = {
    "predict": predict,
    "rows": rows,
    "sparse": sparse_epoch,
    "search": search,
    "threads": threads,
    "knobs": knobs,
    "first": first_fit,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    os.environ["PYTHONWARNINGS"] = "ignore"  # of the processes that loky starts
    print("| | skmlp | against | ratio |\n|---|---|---|---|")
    for name in arguments.only:
        PARTS[name](arguments.rounds)


if __name__ == "__main__":
    main()
