"""One fit on two cores: its gain, beside what two cores give at best, and beside the peers.

Fits with n_jobs=1 and n_jobs=2 take turns in one process, and with them two fits of one thread
each at the same time: what those two gain over one after the other is all that the machine has
to give at that moment, which on a shared one is seldom twice. PyTorch with two threads and JAX
with its default threads train the same network.

    python benchmarks/bench_threads.py [--rounds 7] [--shapes S1 S2 S5 S6 S7]
    python benchmarks/bench_threads.py --stress
"""

import argparse
import multiprocessing
import os
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

os.environ["XLA_FLAGS"] = ""  # before peers.py asks for a single thread

import numpy as np
import peers
from bench_epoch import SHAPES, Shape, make_data, time_in_turns
from sklearn.exceptions import ConvergenceWarning

import skmlp._problem

SHAPES = SHAPES | {"S7": Shape(50_000, 200, (1024, 1024), 10, 1024, 1)}


class OneThread(peers.Skmlp):
    """The package with one thread."""

    name = "n_jobs=1"


class TwoThreads(peers.Skmlp):
    """The package with two threads."""

    name = "n_jobs=2"

    def prepare(self):
        self.estimator.set_params(n_jobs=2)
        super().prepare()


class Pair(peers.Skmlp):
    """Two fits at a time, of one thread each; half of it is the time of one."""

    name = "two fits"

    def __init__(self, shape, activation, X, y):
        self.fits = [peers.Skmlp(shape, activation, X, y) for _ in range(2)]
        self.pool = ThreadPoolExecutor(2)

    def run(self, n_epochs):
        list(self.pool.map(lambda fit: fit.run(n_epochs), self.fits))


class Torch(peers.Torch):
    """PyTorch with two threads."""

    n_threads = 2


def contenders():
    peers_at_hand = {contender.name for contender in peers.available()}
    others = [other for other in (Torch, peers.Jax) if other.name in peers_at_hand]
    return [OneThread, TwoThreads, Pair, *others]


def spread(ratios):
    return f"{np.median(ratios):.2f} ({ratios.min():.2f} to {ratios.max():.2f})"


def compare(names, n_rounds):
    print("| shape | n_jobs=1 | n_jobs=2 | gain | of two fits at a time | torch | JAX |")
    print("|---|---|---|---|---|---|---|")
    for name in names:
        shape = SHAPES[name]
        longer = shape._replace(n_epochs=2 * shape.n_epochs)
        seconds = time_in_turns(contenders(), longer, "relu", np.float32, n_rounds)
        one, two, both = (seconds.pop(kind.name) for kind in (OneThread, TwoThreads, Pair))
        cells = [f"{name}: {SHAPES[name]}"]
        cells += [f"{1e3 * np.median(values):.2f} ms" for values in (one, two)]
        cells += [spread(one / two), spread(2 * one / both)]
        cells += [spread(values / two) for values in seconds.values()]
        print(f"| {' | '.join(cells)} |", flush=True)


def keep_busy(seconds):
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        pass


def timed_fit(X, y, n_jobs, max_iter=20):
    network = skmlp.MLPMulticlassClassifier(
        (256,), batch_size=256, max_iter=max_iter, random_state=0, n_jobs=n_jobs
    )
    start = time.perf_counter()
    network.fit(X, y)
    seconds = time.perf_counter() - start
    return seconds, np.concatenate([weights.ravel() for weights in network.coefs_])


def stress():
    """Fit in more threads than there are cores to run them, and compare times and bits.

    The rule that uses no more threads than cores is put aside.
    """
    skmlp._problem.n_helpful_threads = lambda n_jobs, *_: n_jobs
    X, y = make_data(Shape(4_000, 60, (256,), 10, 256, 1), np.float32)
    _, expected = timed_fit(X, y, 1)
    alone = min(timed_fit(X, y, 1)[0] for _ in range(5))
    n_cores = os.cpu_count()
    print(f"one fit, one thread, nothing else: {alone:.3f} s; {n_cores} cores")
    busy = [multiprocessing.Process(target=keep_busy, args=(600,)) for _ in range(n_cores)]
    for process in busy:
        process.start()
    try:
        results = [timed_fit(X, y, 4) for _ in range(100)]
    finally:
        for process in busy:
            process.kill()
    # Half of each core is left, and at least one core's half is a thread's own.
    describe("100 fits, n_jobs=4, each core busy", results, expected, 2 * alone)
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda _: timed_fit(X, y, 4), range(16)))
    describe("16 fits at a time, n_jobs=4", results, expected, 16 / n_cores * alone)


def describe(what, results, expected, share):
    seconds = np.array([result[0] for result in results])
    same = all(np.array_equal(theta, expected) for _, theta in results)
    print(
        f"{what}: median {np.median(seconds):.3f} s, slowest {seconds.max():.3f} s, "
        f"{seconds.max() / share:.2f} times its share of {share:.3f} s; "
        f"{'all the same bits' if same else 'BITS DIFFER'}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--stress", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    if arguments.stress:
        stress()
    else:
        compare(arguments.shapes, arguments.rounds)


if __name__ == "__main__":
    main()
