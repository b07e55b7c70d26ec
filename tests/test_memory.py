"""X may be larger than memory: nothing of its size is allocated, but for a table's features."""

import tracemalloc
from contextlib import contextmanager

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier, TabularPreprocessor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N_ROWS, N_FEATURES = 100_000, 64
# What does not grow with the number of rows: workspaces, and a block of a prediction.
FIXED = 1 << 19


@pytest.fixture(scope="module")
def memory_map(tmp_path_factory):
    """A map of 26 MB, and labels."""
    path = tmp_path_factory.mktemp("memory") / "X.bin"
    rng = np.random.default_rng(0)
    rng.standard_normal((N_ROWS, N_FEATURES), np.float32).tofile(path)
    X = np.memmap(path, np.float32, "r", shape=(N_ROWS, N_FEATURES))
    return X, (X[:, 0] > 0).astype(np.intp)


@contextmanager
def bytes_a_row(most):
    """Fail where more is allocated at any one time."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < most * N_ROWS + FIXED


def network_for(classifier, **params):
    """Return a network, after a fit of some rows, since that compiles."""
    params = {"batch_size": 200, "max_iter": 2, "random_state": 0, **params}
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((400, N_FEATURES), np.float32), np.arange(400) % 2
    network = classifier(8, **params).fit(X, y)
    network.predict(X[:9])
    return network


@pytest.mark.parametrize("classifier", [MLPBinaryClassifier, MLPMulticlassClassifier])
def test_fit(memory_map, classifier):
    """Per row: order 8 bytes, its shuffling 4, target 4, weight 4; X has 256."""
    X, y = memory_map
    network = network_for(classifier)
    with bytes_a_row(24):
        network.fit(X, y)
    assert network.score(X[:1000], y[:1000]) > 0.95


def test_lbfgs(memory_map):
    X, y = memory_map
    network = network_for(MLPBinaryClassifier, solver="lbfgs")
    with bytes_a_row(24):
        network.fit(X, y)


def test_partial_fit(memory_map):
    X, y = memory_map
    network = network_for(MLPBinaryClassifier)
    with bytes_a_row(20):  # labels are compared to the known ones as well
        network.partial_fit(X, y)


@pytest.mark.parametrize("scoring", [None, "neg_log_loss"])
def test_fit_with_validation_rows(memory_map, scoring):
    """Those of the other half, whose logits and losses are float64."""
    X, y = memory_map
    half = N_ROWS // 2
    network = network_for(MLPBinaryClassifier, early_stopping=True, scoring=scoring)
    with bytes_a_row(58):
        network.fit(X[:half], y[:half], X_val=X[half:], y_val=y[half:])


@pytest.mark.parametrize(
    ("classifier", "size"), [(MLPBinaryClassifier, 115), (MLPMulticlassClassifier, 55)]
)
def test_fit_with_a_split(memory_map, classifier, size):
    """While it is drawn there are several orders of all rows, 8 bytes each.

    For one logit it is stratified, and scikit-learn lists each row as a Python integer.
    """
    X, y = memory_map
    network = network_for(classifier, early_stopping=True)
    with bytes_a_row(size):
        network.fit(X, y)


def test_sample_and_class_weights(memory_map):
    X, y = memory_map
    network = network_for(MLPBinaryClassifier, class_weight={0: 2.0})
    with bytes_a_row(43):
        network.fit(X, y, np.linspace(1, 2, N_ROWS))


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize(
    ("method", "size"), [("predict", 16), ("predict_proba", 8), ("transform", 32)]
)
def test_predictions_take_their_own_size(memory_map, method, size, n_jobs):
    X, _ = memory_map
    network = network_for(MLPBinaryClassifier, n_jobs=n_jobs)
    with bytes_a_row(size):
        getattr(network, method)(X)


def test_another_dtype_is_converted_by_blocks(memory_map):
    """Blocks of 8,192 rows, each of half a kilobyte in float64."""
    X, _ = memory_map
    network = network_for(MLPBinaryClassifier)
    network.fit(X[:400].astype(float), np.arange(400) % 2).predict(X[:9])  # compiles
    with bytes_a_row(16 + 8192 * 512 / N_ROWS):
        converted = network.predict_proba(X)
    expected = network.predict_proba(X[:100].astype(float))
    np.testing.assert_allclose(converted[:100], expected, rtol=1e-6)  # float32's rounding


def make_table(n_rows):
    """Return a table of numbers, categories and dates."""
    rng = np.random.default_rng(0)
    numbers = rng.standard_normal((n_rows, 6))
    numbers[rng.random(numbers.shape) < 0.05] = np.nan
    names = np.array([f"name {k}" for k in range(60)], dtype=object)
    return pd.DataFrame(
        {
            **{f"x{j}": column for j, column in enumerate(numbers.T)},
            "few": names[rng.integers(0, 20, n_rows)],
            "some": pd.Categorical(names[rng.integers(0, 30, n_rows)]),
            "many": pd.Series(names[rng.integers(0, 60, n_rows)], dtype=object),
            "date": pd.Timestamp("2020") + pd.to_timedelta(rng.integers(0, 9**8, n_rows), "s"),
        }
    )


TABLES = {
    "pandas": make_table,
    "polars": lambda n_rows: pl.from_pandas(make_table(n_rows)),
    "arrow": lambda n_rows: pa.Table.from_pandas(make_table(n_rows)),
    "float32": lambda n_rows: np.ones((n_rows, 40), np.float32) * np.arange(n_rows)[:, None],
    "booleans": lambda n_rows: pd.DataFrame(np.arange(n_rows * 40).reshape(n_rows, 40) % 3 > 0),
}


@pytest.mark.parametrize("max_bins", [0, 16])
@pytest.mark.parametrize("kind", TABLES)
def test_features_of_tables(kind, max_bins):
    """With the table, at most 1.3 times the table and its features together."""
    n_rows = 60_000
    X, y = TABLES[kind](n_rows), np.arange(n_rows) % 2
    size = X.memory_usage(index=False).sum() if kind in ("pandas", "booleans") else 0
    size = size or (X.estimated_size() if kind == "polars" else X.nbytes)
    preprocessor = TabularPreprocessor(max_bins=max_bins)
    preprocessor.fit_transform(X[:100], y[:100])  # imports
    for call in (lambda: preprocessor.fit_transform(X, y), lambda: preprocessor.transform(X)):
        tracemalloc.start()
        try:
            out = call()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert size + peak < 1.3 * (size + out.nbytes)
        assert out.nbytes < 1e8
