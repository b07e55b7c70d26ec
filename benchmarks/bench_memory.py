"""The memory of a fit and of predictions on a memory map that is larger than it.

A file of random numbers is written in chunks, and each case then runs in a process of its own,
in which all kernels are compiled beforehand. Counted are, from /proc/self/status:

- anonymous memory (RssAnon): what the process has allocated;
- all of its resident memory (VmRSS), which has the pages of mapped files as well: libraries,
  and the input. They are the page cache's, and the kernel takes them back when it needs memory;
  where there is enough they stay, and all of X is counted in the end.

Each case runs twice: as it is, and while a thread gives the pages of X back each millisecond
(madvise, MADV_DONTNEED), as the kernel does where memory is short. The second shows how little
of X must be resident at a time. Where rows are read in random order it shows nothing, and is
left out: a row maps up to 2 MB around it, and within milliseconds all of X is mapped again.

    python benchmarks/bench_memory.py [--gigabytes 4] [--features 256] [--directory /tmp]

Linux only.
"""

import argparse
import mmap
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skmlp import MLPBinaryClassifier

MB = 1 << 20
CHUNK = 1 << 15
CASES = {
    "fit": "fit, 2 epochs",
    "in_order": "fit, shuffle=False",
    "split": "fit, early_stopping=True",
    "early_stopping": "fit, shuffle=False, X_val of a tenth",
    "partial_fit": "partial_fit, 32,768 rows a call",
    "predict": "predict_proba",
    "transform": "transform to 8 columns",
}
IN_RANDOM_ORDER = ("fit", "split")


def write(path, n_rows, n_features):
    rng = np.random.default_rng(0)
    with path.open("wb") as file:
        for start in range(0, n_rows, CHUNK):
            shape = (min(CHUNK, n_rows - start), n_features)
            rng.standard_normal(shape, np.float32).tofile(file)


def resident():
    """Return anonymous and all resident memory in MB."""
    with open("/proc/self/status") as status:
        lines = dict(line.split(":", 1) for line in status)
    return np.array([int(lines[name].split()[0]) / 1024 for name in ("RssAnon", "VmRSS")])


class Watch:
    """A context in which a thread notes the peak of resident memory, and may drop pages."""

    def __init__(self, X, *, drops):
        self._map = X._mmap if drops else None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self):
        while not self._over.wait(0.001):
            self.peak = np.maximum(self.peak, resident())
            if self._map is not None:
                self._map.madvise(mmap.MADV_DONTNEED)

    def __enter__(self):
        self.peak, self.began = resident(), time.perf_counter()
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self.seconds = time.perf_counter() - self.began
        self._over.set()
        self._thread.join()


def fitted(n_features, **params):
    """Return a network after a fit of some rows, which compiles all that it needs."""
    network = MLPBinaryClassifier(
        8, batch_size=256, max_iter=2, n_iter_no_change=None, random_state=0, **params
    )
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((512, n_features), np.float32), np.arange(512) % 2
    network.fit(X, y).predict_proba(X)
    return network


def run(case, X, y):
    """Return a function of no arguments, which does what is measured."""
    part = len(X) // 10
    params = {
        "in_order": {"shuffle": False},
        "split": {"early_stopping": True},
        "early_stopping": {
            "shuffle": False,
            "early_stopping": True,
            "scoring": "neg_log_loss",
        },
    }
    network = fitted(X.shape[1], **params.get(case, {}))

    def in_chunks():
        for start in range(0, len(X), CHUNK):
            network.partial_fit(X[start : start + CHUNK], y[start : start + CHUNK])

    return {
        "fit": lambda: network.fit(X, y),
        "in_order": lambda: network.fit(X, y),
        "split": lambda: network.fit(X, y),
        "early_stopping": lambda: network.fit(
            X[part:], y[part:], X_val=X[:part], y_val=y[:part]
        ),
        "partial_fit": in_chunks,
        "predict": lambda: network.predict_proba(X),
        "transform": lambda: network.transform(X),
    }[case]


def measure(case, path, n_features, *, drops):
    """Print a row of the table."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    X = np.memmap(path, np.float32, "r").reshape(-1, n_features)
    y = np.arange(len(X)) % 2
    work = run(case, X, y)
    before = resident()
    with Watch(X, drops=drops) as watch:
        work()
    anonymous, everything = watch.peak
    print(
        f"| {CASES[case]} | {'yes' if drops else 'no'} | {before[0]:.0f} | {anonymous:.0f} "
        f"| {everything:.0f} | {watch.seconds:.1f} |",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--gigabytes", type=float, default=4.0)
    parser.add_argument("--features", type=int, default=256)
    parser.add_argument("--directory", default=None)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--child", nargs=3, default=None, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        case, path, drops = args.child
        measure(case, path, args.features, drops=drops == "drops")
        return
    n_rows = int(args.gigabytes * 1024 * MB) // (4 * args.features)
    print(f"X: {n_rows:,} rows of {args.features} in float32, {args.gigabytes:g} GB\n")
    print("| | pages given back | anonymous before, MB | peak | peak with mapped files | s |")
    print("|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(dir=args.directory) as directory:
        path = Path(directory) / "X.bin"
        write(path, n_rows, args.features)
        for case in args.cases:
            for drops in ("keeps",) if case in IN_RANDOM_ORDER else ("keeps", "drops"):
                command = [sys.executable, __file__, "--features", str(args.features)]
                subprocess.run([*command, "--child", case, path, drops], check=True)


if __name__ == "__main__":
    main()
