"""Processes that are killed, interrupted, crowded, or find their cache in ruins."""

import random
import shutil
import signal
import time

import joblib
import pytest

from slow_tests.processes import FIT, finish, fit, start
from tests.test_interrupts import FITS, all_threads, data, press_everywhere  # noqa: F401

DTYPES = ("float32", "float64")


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """Return a whole cache, the hash of a fit with each dtype, and the seconds of the first."""
    cache = tmp_path_factory.mktemp("warm")
    begin = time.perf_counter()
    hashes = {"float32": fit(cache)}
    seconds = min(time.perf_counter() - begin, 20)  # also where the machine is busy
    hashes["float64"] = fit(cache, "float64")
    return cache, hashes, seconds


@pytest.mark.parametrize("round_", range(10))
def test_eight_processes_compile_at_once(warm, tmp_path, round_):
    """Half of them in each precision; whatever they leave behind is right."""
    _, hashes, _ = warm
    processes = [(start(tmp_path, dtype), dtype) for dtype in DTYPES * 4]
    for process, dtype in processes:
        assert finish(process) == hashes[dtype]
    for dtype in DTYPES:
        assert fit(tmp_path, dtype) == hashes[dtype]
    assert all(path.suffix == ".nbc" for path in tmp_path.rglob("*") if path.is_file())


def _kill_after(process, seconds):
    assert process.stdout.readline() == "begin\n"
    time.sleep(seconds)
    process.kill()
    process.communicate()


def test_killed_while_it_compiles(warm, tmp_path):
    """Ten times at a random moment, in one cache; then it goes on from there."""
    _, hashes, seconds = warm
    draw = random.Random(0)
    for _ in range(10):
        _kill_after(start(tmp_path), draw.uniform(0.3, seconds))
    for dtype in DTYPES:
        assert fit(tmp_path, dtype) == hashes[dtype]


def test_killed_while_it_fits(warm):
    """Ten times in a fit that would take for ever; the next is right."""
    cache, hashes, _ = warm
    for i in range(10):
        process = start(cache, "float32", 10**9)
        _kill_after(process, 2 + i / 10)
        assert process.returncode == -signal.SIGKILL
        assert fit(cache) == hashes["float32"]


def _contents(cache):
    """Return when each file of a cache was written, and its bytes."""
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in cache.rglob("*.nbc")}


DAMAGES = [
    lambda content: b"",
    lambda content: content[: len(content) // 2],
    lambda content: bytes(len(content)),
]


@pytest.mark.parametrize("damage", DAMAGES, ids=["empty", "half", "zeros"])
def test_a_cache_in_ruins(warm, tmp_path, damage):
    """All files are damaged; a fit compiles anew, and mends those that it needs."""
    cache, hashes, _ = warm
    ruins = tmp_path / "ruins"
    shutil.copytree(cache, ruins)
    for path in ruins.rglob("*.nbc"):
        path.write_bytes(damage(path.read_bytes()))
    broken = _contents(ruins)
    assert fit(ruins) == hashes["float32"]
    mended = _contents(ruins)
    assert mended.keys() == broken.keys()
    assert sum(mended[path] != broken[path] for path in mended) > 2
    assert fit(ruins) == hashes["float32"]
    assert _contents(ruins) == mended


INTERRUPTED = """
import hashlib, signal, time, warnings
import numpy as np
from skmlp import MLPMulticlassClassifier
X = np.random.default_rng(0).normal(size=(300, 8)).astype("float32")
y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
warnings.simplefilter("ignore")
print("begin", flush=True)

def fit():
    return MLPMulticlassClassifier(
        16, max_iter=5, n_iter_no_change=None, random_state=0
    ).fit(X, y)

try:
    fit()
    time.sleep(10)
    print("ended", flush=True)
except KeyboardInterrupt:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the second press may be yet to come
    print("interrupted", flush=True)
print(hashlib.sha256(fit().predict_proba(X).tobytes()).hexdigest(), flush=True)
"""


def test_interrupted_while_it_compiles(warm, tmp_path):
    """Two presses of Ctrl-C at a random moment of the first fit; the next one is right.

    To Python two are one while the compiler runs, and one press ends training as it should.
    """
    _, hashes, seconds = warm
    draw, outcomes = random.Random(1), set()
    for i in range(12):
        process = start(tmp_path / str(i), "float32", 2, INTERRUPTED)
        assert process.stdout.readline() == "begin\n"
        time.sleep(draw.uniform(0, seconds - 2))
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(0.05)
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        outcome, found = output.split()
        assert found == hashes["float32"]
        outcomes.add(outcome)
    assert outcomes <= {"interrupted", "ended"}
    assert "interrupted" in outcomes


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_presses", [1, 2, 3])
@pytest.mark.parametrize("params", FITS.values(), ids=FITS.keys())
def test_interrupted_at_every_call(data, params, n_presses):  # noqa: F811
    """Press Ctrl-C at each call of a function of the package, or of contexts, in a fit."""
    outcomes = press_everywhere(data, params, n_presses, step=1)
    assert len(outcomes) > 100


SAVE = """
import sys
import numpy as np
from skmlp import MLPBinaryClassifier
from tests.test_persistence import documented_save
save = documented_save()
X = np.random.default_rng(0).normal(size=(50, 100))
network = MLPBinaryClassifier(2000, max_iter=1, random_state=0)
import warnings
warnings.simplefilter("ignore")
network.fit(X, np.arange(50) % 2)
print("begin", flush=True)
while True:
    save(network, sys.argv[2])
"""


def test_killed_while_it_saves(warm, tmp_path):
    """Saving as documented: there is always a whole file."""
    path = tmp_path / "network.joblib"
    draw = random.Random(2)
    for _ in range(20):
        _kill_after(start(warm[0], "float64", path, SAVE), draw.uniform(0.05, 0.5))
        assert joblib.load(path).coefs_[0].shape == (100, 2000)


FULL = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (999, 999))"


def test_a_first_fit_on_a_full_disk(warm, tmp_path):
    """Nothing can be written, and all is right; the next process finds nothing in its way."""
    _, hashes, _ = warm
    script = FULL + FIT.replace('"error", "skmlp"', '"ignore", "skmlp"')
    assert finish(start(tmp_path, script=script)) == hashes["float32"]
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
    assert fit(tmp_path) == hashes["float32"]
