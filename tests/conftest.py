"""Settings that must be made before scikit-learn is imported, and shared data."""

import os
import signal

# Without it scikit-learn skips its estimator check of array API input.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import numba
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler

import skmlp._problem
from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier
from tests import no_jit

# The tests press Ctrl-C, which a process that a shell has started in the background ignores.
signal.signal(signal.SIGINT, signal.default_int_handler)

# It imports cosmic-ray, which is installed for it alone, and would be looked into for doctests.
collect_ignore = ["mutation.py"]

if numba.config.DISABLE_JIT:
    no_jit.install()


def pytest_collection_modifyitems(items):
    if numba.config.DISABLE_JIT:
        no_jit.skip(items)


# How many examples each test of tests/test_bad_input.py draws: the same few in each run, or,
# to find what is rare, many others. The first ones compile, for which no deadline would be
# right, and nothing is looked for that is smaller than what failed, which takes minutes.
settings.register_profile(
    "fast",
    max_examples=100,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
settings.register_profile(
    "thorough",
    settings.get_profile("fast"),
    max_examples=3000,
    derandomize=False,
    print_blob=True,
)
settings.load_profile("fast")

CLASSIFIERS = {2: MLPBinaryClassifier, 4: MLPMulticlassClassifier}


@pytest.fixture(scope="session", params=sorted(CLASSIFIERS), ids="{} classes".format)
def task(request):
    """A classifier with data for it: (class, X of shape (200, 10), y)."""
    X, y = make_classification(
        200, 10, n_informative=6, n_classes=request.param, flip_y=0.1, random_state=0
    )
    return CLASSIFIERS[request.param], StandardScaler().fit_transform(X), y


@pytest.fixture(scope="session")
def binary_data():
    X, y = make_classification(200, 10, n_informative=6, flip_y=0.1, random_state=0)
    return StandardScaler().fit_transform(X), y


@pytest.fixture
def all_threads(monkeypatch):
    """As many threads as n_jobs says, however small the network; a list of how many."""
    used = []

    def n_threads(n_jobs, *_):
        used.append(n_jobs or 1)
        return used[-1]

    monkeypatch.setattr(skmlp._problem, "n_helpful_threads", n_threads)
    return used


@pytest.fixture
def rng():
    return np.random.default_rng(0)
