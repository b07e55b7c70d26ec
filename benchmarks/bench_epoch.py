"""Time of one epoch, side by side with scikit-learn's MLPClassifier.

The contenders train the same network on the same data in one process and take turns, so
that they share whatever else the machine does. What each compiles is compiled before the
clock starts. Printed is a Markdown table with the median time an epoch, and the median and
the range, over the rounds, of the ratio to ours.

    python benchmarks/bench_epoch.py [--rounds 7] [--dtype float32] [--threads 1]
"""

import argparse
import platform
import time
import warnings
from typing import NamedTuple

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

import skmlp


class Shape(NamedTuple):
    """A training problem; `n_epochs` is how many one timing runs."""

    n_rows: int
    n_features: int
    hidden: tuple[int, ...]
    n_classes: int
    batch_size: int
    n_epochs: int

    def __str__(self):
        rows, widths = f"{self.n_rows:,}×{self.n_features}", ", ".join(map(str, self.hidden))
        return f"{rows}, ({widths}), {self.n_classes} classes, batch {self.batch_size}"


SHAPES = {
    "S1": Shape(500, 10, (32,), 2, 32, 50),
    "S2": Shape(5_000, 20, (100,), 2, 200, 20),
    "S3": Shape(20_000, 50, (100,), 10, 200, 4),
    "S4": Shape(20_000, 784, (128,), 10, 128, 2),
    "S5": Shape(20_000, 100, (512,), 10, 256, 2),
    "S6": Shape(10_000, 30, (256, 256, 256), 2, 256, 2),
}


def make_data(shape, dtype):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(shape.n_rows, shape.n_features)).astype(dtype)
    return X, rng.integers(0, shape.n_classes, shape.n_rows)


def make_contenders(shape, activation):
    kwargs = {
        "hidden_layer_sizes": shape.hidden,
        "activation": activation,
        "batch_size": shape.batch_size,
        "max_iter": shape.n_epochs,
        "n_iter_no_change": shape.n_epochs,
        "random_state": 0,
    }
    ours = skmlp.MLPMulticlassClassifier
    if shape.n_classes == 2:
        ours = skmlp.MLPBinaryClassifier
    return {"skmlp": ours(**kwargs), "MLPClassifier": MLPClassifier(**kwargs)}


def seconds_per_epoch(classifier, X, y):
    start = time.perf_counter()
    classifier.fit(X, y)
    return (time.perf_counter() - start) / classifier.n_iter_


def time_in_turns(contenders, X, y, n_rounds):
    """Return an array of seconds an epoch for each contender, one value a round."""
    for classifier in contenders.values():
        classifier.fit(X[:300], y[:300])
    seconds = {name: [] for name in contenders}
    for _ in range(n_rounds):
        for name, classifier in contenders.items():
            seconds[name].append(seconds_per_epoch(classifier, X, y))
    return {name: np.array(values) for name, values in seconds.items()}


def table_row(name, shape, seconds):
    ratios = seconds["MLPClassifier"] / seconds["skmlp"]
    return (
        f"| {name}: {shape} | {1e3 * np.median(seconds['MLPClassifier']):.2f} ms "
        f"| {1e3 * np.median(seconds['skmlp']):.2f} ms "
        f"| {np.median(ratios):.1f} ({ratios.min():.1f} to {ratios.max():.1f}) |"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--activation", default="relu")
    parser.add_argument("--threads", type=int, default=1, help="of the BLAS, for both")
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(
        f"One epoch, {arguments.dtype}, {arguments.activation}, {arguments.threads} BLAS "
        f"thread(s); scikit-learn {sklearn.__version__}, skmlp {skmlp.__version__}, "
        f"Python {platform.python_version()}, {platform.machine()}\n"
    )
    print("| shape | MLPClassifier | skmlp | ratio, median (range) |\n|---|---|---|---|")
    for name in arguments.shapes:
        shape = SHAPES[name]
        X, y = make_data(shape, arguments.dtype)
        with threadpool_limits(arguments.threads, "blas"):
            contenders = make_contenders(shape, arguments.activation)
            seconds = time_in_turns(contenders, X, y, arguments.rounds)
        print(table_row(name, shape, seconds), flush=True)


if __name__ == "__main__":
    main()
