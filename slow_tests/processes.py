"""Processes that fit, each from a cache that it is told, and what they print."""

import os
import subprocess
import sys
from pathlib import Path

import skmlp

ROOT = Path(skmlp.__file__).parents[1]

# It says when it begins and how it went on, and prints a hash of all that was learned.
FIT = """
import hashlib, sys, warnings
import numpy as np
print("begin", flush=True)
from skmlp import MLPMulticlassClassifier
warnings.simplefilter("ignore", UserWarning)
warnings.filterwarnings("error", "skmlp")
X = np.random.default_rng(0).normal(size=(300, 8)).astype(sys.argv[1])
y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
network = MLPMulticlassClassifier(
    16, max_iter=int(sys.argv[2]), n_iter_no_change=None, random_state=0
)
network.fit(X, y)
print(hashlib.sha256(network.predict_proba(X).tobytes()).hexdigest(), flush=True)
"""


def start(cache, dtype="float32", n_epochs=5, script=FIT):
    """Start a process that fits, with its cache in the given directory."""
    return subprocess.Popen(
        [sys.executable, "-c", script, dtype, str(n_epochs)],
        env=os.environ | {"NUMBA_CACHE_DIR": str(cache)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    """Return the last line that a process prints, which must not complain."""
    output, errors = process.communicate(timeout=1800)
    assert process.returncode == 0, errors
    assert errors == ""
    return output.split()[-1]


def fit(cache, *arguments):
    """Return what a fit prints in a process of its own."""
    return finish(start(cache, *arguments))
