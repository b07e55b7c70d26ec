"""Time of one training epoch, beside scikit-learn, PyTorch and JAX.

The contenders train the same network with Adam on the same data, in turns in one process, on
one core, after each has compiled. Printed is a Markdown table: median milliseconds an epoch,
and for each peer the ratio to skmlp, median and range over the rounds.

    python benchmarks/bench_epoch.py [--rounds 7] [--dtype float32] [--activation relu]
                                     [--numbers]
"""

import argparse
import itertools
import os
import platform
import time
import warnings
from typing import NamedTuple

import numpy as np
from peers import ACTIVATIONS, available  # first: it sets how many threads XLA may use
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

import skmlp


class Shape(NamedTuple):
    """A training problem; `n_epochs` is how many one timing runs.

    Without classes, `n_classes` is 0: there is a number to predict, by the squared error.
    """

    n_rows: int
    n_features: int
    hidden: tuple[int, ...]
    n_classes: int
    batch_size: int
    n_epochs: int

    def __str__(self):
        rows, widths = f"{self.n_rows:,}×{self.n_features}", ", ".join(map(str, self.hidden))
        target = self.n_classes or "a number"
        return f"{rows}, ({widths}), {target}, {self.batch_size}"

    @property
    def loss(self):
        return {0: "squared_error", 2: "binary"}.get(self.n_classes, "multinomial")

    @property
    def units(self):
        """The inputs, and the outputs of each layer."""
        n_outputs = self.n_classes if self.loss == "multinomial" else 1
        return [self.n_features, *self.hidden, n_outputs]

    @property
    def n_operations(self):
        """Floating-point operations of an epoch's products: 4 d h + 6 h k a row and so on."""
        first, *inner = (a * b for a, b in itertools.pairwise(self.units))
        return self.n_rows * (4 * first + 6 * sum(inner))


SHAPES = {
    "S1": Shape(500, 10, (32,), 2, 32, 200),
    "S2": Shape(5_000, 20, (100,), 2, 200, 40),
    "S3": Shape(20_000, 50, (100,), 10, 200, 8),
    "S4": Shape(20_000, 784, (128,), 10, 128, 4),
    "S5": Shape(20_000, 100, (512,), 10, 256, 4),
    "S6": Shape(10_000, 30, (256, 256, 256), 2, 256, 4),
}


def make_data(shape, dtype):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(shape.n_rows, shape.n_features)).astype(dtype)
    if shape.loss == "squared_error":
        return X, rng.normal(size=shape.n_rows).astype(dtype)
    return X, rng.integers(0, shape.n_classes, shape.n_rows)


def time_in_turns(contenders, shape, activation, dtype, n_rounds):
    """Return an array of seconds an epoch for each contender, one value a round."""
    X, y = make_data(shape, dtype)
    running = {c.name: c(shape, activation, X, y) for c in contenders}
    for contender in running.values():
        contender.prepare()
    seconds = {name: [] for name in running}
    for _ in range(n_rounds):
        for name, contender in running.items():
            start = time.perf_counter()
            contender.run(shape.n_epochs)
            seconds[name].append((time.perf_counter() - start) / shape.n_epochs)
    return {name: np.array(values) for name, values in seconds.items()}


def stay_on_one_core():
    """Keep this process and its threads on one core, where the system has a way.

    JAX has more threads than XLA_FLAGS allow.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def describe(seconds, ours):
    time_an_epoch = f"{1e3 * np.median(seconds):.2f} ms"
    if seconds is ours:
        return time_an_epoch
    ratios = seconds / ours
    return (
        f"{time_an_epoch}, {np.median(ratios):.1f} ({ratios.min():.1f} to {ratios.max():.1f})"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--activation", default="relu", choices=ACTIVATIONS)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--numbers", action="store_true", help="one number instead of classes")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    stay_on_one_core()
    contenders = available()
    names = [contender.name for contender in contenders]
    print(
        f"One epoch, {arguments.dtype}, {arguments.activation}, one core; skmlp "
        f"{skmlp.__version__}, Python {platform.python_version()}, {platform.machine()}\n\n"
        f"| shape | {' | '.join(names)} | GFLOP/s |\n|{'---|' * (len(names) + 2)}"
    )
    medians = {name: [] for name in names}
    for name in arguments.shapes:
        shape = SHAPES[name]._replace(n_classes=0) if arguments.numbers else SHAPES[name]
        with threadpool_limits(1):
            seconds = time_in_turns(
                contenders, shape, arguments.activation, arguments.dtype, arguments.rounds
            )
        ours = seconds["skmlp"]
        for peer, values in seconds.items():
            medians[peer].append(np.median(values / ours))
        cells = [describe(values, ours) for values in seconds.values()]
        pace = shape.n_operations / np.median(ours) / 1e9
        print(f"| {name}: {shape} | {' | '.join(cells)} | {pace:.0f} |", flush=True)
    means = [f"{np.exp(np.mean(np.log(values))):.1f}" for values in medians.values()]
    print(f"| geometric mean of the ratios | {' | '.join(['', *means[1:]])} | |")


if __name__ == "__main__":
    main()
