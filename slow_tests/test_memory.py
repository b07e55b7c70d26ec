"""The process does not grow, however often it fits and predicts."""

import gc

import numpy as np
import psutil
import pytest

from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def resident():
    """Return the bytes of memory that the process has."""
    gc.collect()
    return psutil.Process().memory_info().rss


def grown(call, n_warm, n_calls):
    """Return by what fraction the process has grown in `n_calls`, and print it."""
    for i in range(n_warm):
        call(i)
    before = resident()
    for i in range(n_calls):
        call(i)
    after = resident()
    growth = after / before - 1
    print(f"{n_calls} calls: from {before / 1e6:.1f} to {after / 1e6:.1f} MB, {growth:+.2%}")
    return growth


@pytest.fixture(scope="module")
def data():
    """Rows of ten features, and labels."""
    X = np.random.default_rng(0).normal(size=(2000, 10))
    return X, (X[:, 0] > 0).astype(int)


VARIANTS = [
    {},
    {"n_jobs": 2, "batch_size": 1000},
    {"early_stopping": True, "n_members": 3, "activation": "gelu"},
    {"solver": "lbfgs"},
]


@pytest.mark.parametrize("params", VARIANTS, ids=lambda params: "-".join(params) or "plain")
@pytest.mark.parametrize("classifier", [MLPBinaryClassifier, MLPMulticlassClassifier])
def test_fits(data, classifier, params):
    """200 fits of new estimators, after 20 in which caches of all kinds fill."""
    X, y = data

    def fit(seed):
        classifier((128,), max_iter=3, random_state=seed, **params).fit(X, y)

    assert grown(fit, 20, 200) < 0.02


def test_refits(data):
    """200 fits of one estimator, and 200 more epochs of it."""
    X, y = data
    network = MLPBinaryClassifier((128,), max_iter=3, random_state=0)
    assert grown(lambda _: network.fit(X, y), 20, 200) < 0.02
    assert grown(lambda _: network.partial_fit(X, y), 20, 200) < 0.02


def test_predictions(data):
    """100,000 predictions of one row."""
    X, y = data
    network = MLPMulticlassClassifier((32,), max_iter=3, random_state=0).fit(X, y)
    row = X[:1]
    assert grown(lambda _: network.predict(row), 1000, 100_000) < 0.02


def test_predictions_in_threads(data):
    """2,000 predictions that start two threads each."""
    X, y = data
    network = MLPMulticlassClassifier((8,), max_iter=3, random_state=0, n_jobs=2).fit(X, y)
    rows = np.tile(X, (10, 1))
    assert grown(lambda _: network.predict_proba(rows), 100, 2000) < 0.02
