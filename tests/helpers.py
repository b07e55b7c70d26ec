"""What several test modules do with networks and processes.

Each is here once; what a single module needs stays in it. Fixtures are in tests/conftest.py,
naive versions of kernels in tests/oracles.py.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import threadpoolctl

import skmlp
from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier
from skmlp._border.optimizers import OPTIMIZERS
from tests import oracles

# All there are. Where a test has "adam" and "lbfgs", it needs one of each way of training.
SOLVERS = [*OPTIMIZERS, "lbfgs"]


def has_kink(activation):
    """Return whether the derivative of an activation jumps at 0."""
    below, above = oracles.ACTIVATIONS[activation][1](np.array([-1e-9, 1e-9]))
    return abs(above - below) > 1e-3


def learned_by(network):
    """Return all arrays that a network has learned, of all members; views, not copies."""
    return [*network.coefs_, *network.intercepts_, *network.slopes_]


def parameters_of(network):
    """Return all that a network has learned in one vector, a copy."""
    return np.concatenate([array.ravel() for array in learned_by(network)])


def fitted_values(network):
    """Return all that a fit has left, numbers to the last digit, to be compared by ==."""
    fitted = {
        name: np.asarray(value).tolist()
        for name, value in vars(network).items()
        if name.endswith("_")
    }
    # As text, in which NaN is like NaN.
    return repr(fitted), [array.tolist() for array in learned_by(network)]


def shift_parameters(network, shift):
    """Add a vector in the order of :func:`parameters_of` to all that a network has learned."""
    arrays = learned_by(network)
    ends = np.cumsum([array.size for array in arrays])
    for array, part in zip(arrays, np.split(shift, ends[:-1]), strict=True):
        array += part.reshape(array.shape)


def assert_same_network(one, other):
    """Assert that two networks have learned the same, to the last bit."""
    np.testing.assert_array_equal(parameters_of(one), parameters_of(other))


def classifier_for(y, **params):
    """Return the classifier for as many classes as there are, with a fixed seed."""
    is_binary = len(np.unique(y)) == 2
    classifier = MLPBinaryClassifier if is_binary else MLPMulticlassClassifier
    return classifier(**{"random_state": 0, **params})


def threads_of_blas():
    """Return how many threads each BLAS library may use."""
    found = threadpoolctl.threadpool_info()
    return [library["num_threads"] for library in found if library["user_api"] == "blas"]


def add_one(x):
    """Return what is compiled in no time; where it is defined is where the cache is."""
    return x + 1


def run_python(script, *options, **environment):
    """Run a script in a process of its own, with skmlp as it is here, and return its output."""
    package = {"PYTHONPATH": str(Path(skmlp.__file__).parents[1])}
    return subprocess.run(
        [sys.executable, *options, "-c", script],
        env=os.environ | package | environment,
        capture_output=True,
        text=True,
    )
