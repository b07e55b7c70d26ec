"""Code for other processors: the same predictions, and nearly the same probabilities."""

import os
import subprocess
import sys

import numpy as np
import pytest

from slow_tests.processes import ROOT
from tests.helpers import has_kink

SCRIPT = """
import sys, warnings
import numpy as np
from sklearn.datasets import make_classification
from skmlp import MLPMulticlassClassifier
from skmlp._border.activations import ACTIVATIONS
from skmlp._border.optimizers import OPTIMIZERS
from skmlp._kernels.simd._processor import processor
warnings.simplefilter("ignore")
FOLLOWED = ["relu", "tanh", "gelu"]
X, y = make_classification(1000, 20, n_informative=8, n_classes=4, random_state=0)
results = {}
for dtype in ("float32", "float64"):
    for activation in ACTIVATIONS:
        # The path of L-BFGS in float32 may part from another for good; of these it does not.
        for solver in (*OPTIMIZERS, "lbfgs")[: None if activation in FOLLOWED else -1]:
            network = MLPMulticlassClassifier(
                (64, 32), activation, solver=solver, max_iter=50, tol=1e-9, random_state=0,
                n_iter_no_change=None,
            ).fit(X.astype(dtype), y)
            results[f"{dtype} {activation} {solver}"] = network.predict_proba(X.astype(dtype))
np.savez(sys.argv[1], processor=str(processor()), **results)
"""

# NUMBA_CPU_FEATURES="" keeps the features of the processor at hand, which NUMBA_CPU_NAME alone
# would leave switched on.
SETS = {
    "native": {},
    "generic": {"NUMBA_CPU_NAME": "generic"},
    "haswell": {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ""},
}
# Of probabilities after 50 epochs, in absolute terms; measured are 6e-6 and 4e-12.
TOLERANCES = {"float32": 1e-5, "float64": 1e-9}


def bound(fitted):
    """Return how far the probabilities of a fit may differ between two sets.

    In float32 there is no bound for ReLU and its like, where a unit within rounding of its kink
    for a single row is active on one processor only, nor for L-BFGS, whose line search may then
    take a different number of steps; their predictions agree all the same.
    """
    dtype, activation, solver = fitted.split()
    may_differ = has_kink(activation) or solver == "lbfgs"
    return np.inf if dtype == "float32" and may_differ else TOLERANCES[dtype]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """All probabilities, by instruction set and by what was fitted."""
    folder = tmp_path_factory.mktemp("sets")
    for name, environment in SETS.items():
        cache = {"NUMBA_CACHE_DIR": str(folder / name)}
        subprocess.run(
            [sys.executable, "-c", SCRIPT, folder / f"{name}.npz"],
            env=os.environ | environment | cache,
            cwd=ROOT,
            check=True,
        )
    return {name: dict(np.load(folder / f"{name}.npz")) for name in SETS}


def test_the_sets_differ(results):
    """Vectors of different lengths are used, or the same code would be compared to itself."""
    assert results["generic"]["processor"] != results["haswell"]["processor"]


@pytest.mark.parametrize("name", ["generic", "haswell"])
def test_same_results(results, name):
    """Predictions agree, and probabilities to rounding that 50 epochs have amplified."""
    print()
    failed = []
    for fitted, expected in results["native"].items():
        if fitted == "processor":
            continue
        found = results[name][fitted]
        worst = np.abs(found - expected).max()
        agree = (found.argmax(axis=1) == expected.argmax(axis=1)).all()
        print(f"{name} {fitted}: {worst:.1e}")
        if not worst <= bound(fitted) or not agree:
            failed.append((fitted, worst, agree))
    assert not failed
