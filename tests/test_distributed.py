"""Chunks of files and of dask arrays, and a search on a cluster of processes."""

import os

import joblib
import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import MLPBinaryClassifier

# These fits are short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def rows():
    """Rows of float32 in chunks of 250, and labels: (X, y)."""
    X, y = make_classification(
        2000, 8, n_informative=6, n_redundant=0, class_sep=1.5, flip_y=0, random_state=0
    )
    return X.astype(np.float32), np.array(["no", "yes"])[y]


def network():
    return MLPBinaryClassifier(16, learning_rate_init=0.01, batch_size=50, random_state=0)


@pytest.fixture(scope="module")
def expected(rows):
    """Two passes over chunks in memory."""
    X, y = rows
    result = network()
    for _ in range(2):
        for start in range(0, len(X), 250):
            part = slice(start, start + 250)
            result.partial_fit(X[part], y[part], classes=["no", "yes"])
    return result


@pytest.fixture(scope="module")
def frame(rows):
    pandas = pytest.importorskip("pandas", reason="files are written and read by pandas")
    X, y = rows
    return pandas.DataFrame(X, columns=[f"x{i}" for i in range(8)]).assign(label=y)


def assert_same_predictions(trained, expected, X):
    np.testing.assert_array_equal(
        trained.predict_proba(X), expected.predict_proba(np.asarray(X))
    )


def test_chunks_of_parquet(rows, frame, expected, tmp_path):
    """One batch at a time is in memory; the names of its columns are checked."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="it reads Parquet")
    frame.to_parquet(tmp_path / "rows.parquet", row_group_size=250)
    trained = network()
    for _ in range(2):
        with parquet.ParquetFile(tmp_path / "rows.parquet") as file:
            for batch in file.iter_batches(batch_size=250):
                chunk = batch.to_pandas()
                columns = chunk.drop(columns="label")
                trained.partial_fit(columns, chunk["label"], classes=["no", "yes"])
    assert list(trained.feature_names_in_) == [f"x{i}" for i in range(8)]
    assert_same_predictions(trained, expected, frame.drop(columns="label"))


def test_chunks_of_csv(rows, frame, expected, tmp_path):
    """Written with digits enough for float32 to come back as it was."""
    pandas = pytest.importorskip("pandas", reason="it reads CSV")
    frame.to_csv(tmp_path / "rows.csv", index=False, float_format="%.9g")
    trained = network()
    for _ in range(2):
        for chunk in pandas.read_csv(tmp_path / "rows.csv", chunksize=250):
            X = chunk.drop(columns="label").to_numpy(np.float32)
            trained.partial_fit(X, chunk["label"], classes=["no", "yes"])
    assert_same_predictions(trained, expected, rows[0])


class TestDaskArray:
    @pytest.fixture
    def blocks(self, rows):
        """X and y in blocks of 250 rows."""
        da = pytest.importorskip("dask.array", reason="it is what is tested")
        X, y = rows
        return da.from_array(X, chunks=(250, 8)), da.from_array(y, chunks=250)

    def test_partial_fit_by_blocks(self, rows, blocks, expected):
        X, y = blocks
        trained = network()
        for _ in range(2):
            for X_block, y_block in zip(X.blocks, y.blocks, strict=True):
                trained.partial_fit(X_block, y_block, classes=["no", "yes"])
        assert_same_predictions(trained, expected, rows[0])

    @pytest.mark.parametrize("method", ["predict", "predict_proba", "transform"])
    def test_predictions_by_blocks(self, rows, blocks, expected, method):
        X, _ = blocks
        function = getattr(expected, method)
        result = function(rows[0][:1])
        columns = {"drop_axis": 1} if result.ndim == 1 else {"chunks": (250, result.shape[1])}
        lazy = X.map_blocks(function, dtype=result.dtype, meta=result[:0], **columns)
        assert lazy.shape == (2000, *result.shape[1:])
        assert lazy.dtype == result.dtype
        np.testing.assert_array_equal(lazy.compute(), function(rows[0]))


@pytest.fixture(scope="module")
def client():
    """A scheduler and two processes, as on a cluster but for the network."""
    distributed = pytest.importorskip("distributed", reason="it is the cluster")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


class TestCluster:
    @pytest.mark.parametrize("search", [GridSearchCV, HalvingGridSearchCV])
    def test_search(self, client, rows, search):
        """The scores of this process, from the processes of the cluster."""
        X, y = rows
        pipeline = make_pipeline(StandardScaler(), network().set_params(max_iter=5))
        grid = {"mlpbinaryclassifier__hidden_layer_sizes": [2, 16]}
        params = {"random_state": 0} if search is HalvingGridSearchCV else {}
        expected = search(pipeline, grid, cv=2, **params).fit(X, y)
        with joblib.parallel_config(backend="dask"):
            found = search(pipeline, grid, cv=2, **params).fit(X, y)
        for key in ("mean_test_score", "split1_test_score"):
            np.testing.assert_array_equal(found.cv_results_[key], expected.cv_results_[key])
        assert found.best_params_ == expected.best_params_
        np.testing.assert_array_equal(found.predict_proba(X), expected.predict_proba(X))

    def test_fits_run_in_its_processes(self, client, rows):
        def process(estimator, X, y):
            return os.getpid()

        with joblib.parallel_config(backend="dask"):
            search = GridSearchCV(
                network().set_params(max_iter=2),
                {"alpha": [0.0, 0.1]},
                cv=2,
                scoring={"process": process},
                refit=False,
            ).fit(*rows)
        used = {search.cv_results_[f"split{i}_test_process"][j] for i in (0, 1) for j in (0, 1)}
        assert used <= set(client.run(os.getpid).values())

    def test_predictions_on_workers(self, client, rows, expected):
        da = pytest.importorskip("dask.array", reason="it is what is tested")
        X, _ = rows
        result = da.from_array(X, chunks=(250, 8)).map_blocks(
            expected.predict_proba, chunks=(250, 2), dtype=X.dtype, meta=X[:0, :2]
        )
        np.testing.assert_array_equal(
            client.compute(result).result(), expected.predict_proba(X)
        )
