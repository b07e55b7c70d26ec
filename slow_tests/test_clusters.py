"""The code in docs/scaling.md for dask-ml, Ray and Spark, on processes of this machine.

What is missing is skipped: the packages of the extra "clusters", and Java, which Spark needs.
"""

import itertools
import os
import re
import shutil
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV

from skmlp import MLPBinaryClassifier

PAGE = Path(__file__).parents[1] / "docs" / "scaling.md"
NAMES = [f"x{j}" for j in range(8)]
N_EPOCHS = 5

# Fits are short on purpose, and the warnings of other packages differ from version to version.
pytestmark = pytest.mark.filterwarnings("ignore")


def run_code(word, **variables):
    """Run the page's block of code that has a word, and return what it leaves behind."""
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    (code,) = [block for block in blocks if word in block and ">>>" not in block]
    # As in a script: workers are then sent the functions themselves, not the names of modules.
    variables["__name__"] = "__main__"
    exec(compile(code, PAGE.name, "exec"), variables)
    return variables


@pytest.fixture(scope="module")
def table():
    """Rows of eight features in float32, and a label."""
    X = np.random.default_rng(0).normal(size=(20_000, 8)).astype(np.float32)
    return pd.DataFrame(X, columns=NAMES).assign(label=X[:, 0] > X[:, 1])


@pytest.fixture(scope="module")
def page(table, tmp_path_factory):
    """Return what the page has defined before a block; the rows are in four files."""
    path = tmp_path_factory.mktemp("rows")
    for i in range(4):
        table[5_000 * i : 5_000 * (i + 1)].to_parquet(path / f"{i}.parquet")
    return {
        "MLPBinaryClassifier": MLPBinaryClassifier,
        "joblib": joblib,
        "names": NAMES,
        "path": path,
        "pd": pd,
    }


def trained(table, n_rows):
    """Return what training in this process gives, on blocks of `n_rows`."""
    network = MLPBinaryClassifier(16, batch_size=100, random_state=0)
    for _ in range(N_EPOCHS):
        for start in range(0, len(table), n_rows):
            block = table[start : start + n_rows]
            network.partial_fit(block[NAMES], block["label"], classes=[False, True])
    return network


def assert_trained(network, expected, table):
    """Assert that each epoch saw all rows, and that predictions are the same, bit for bit."""
    assert network.t_ == N_EPOCHS * len(table)
    X = table[NAMES] if hasattr(network, "feature_names_in_") else table[NAMES].to_numpy()
    np.testing.assert_array_equal(
        network.predict_proba(X), expected.predict_proba(table[NAMES]), strict=True
    )
    assert (network.predict(X) == table["label"]).mean() > 0.98


def assert_predicted(predicted, network, table):
    """Assert that each row is there, in any order, with the probability of this process."""
    predicted = predicted.sort_values(NAMES)
    expected = table.sort_values(NAMES)
    np.testing.assert_array_equal(predicted[NAMES], expected[NAMES])
    np.testing.assert_array_equal(
        predicted["probability"].to_numpy(np.float32),
        network.predict_proba(expected[NAMES])[:, 1],
        strict=True,
    )


def assert_searched(word, table):
    """Assert that a search runs in other processes, and finds what it finds in this one."""

    def process(estimator, X, y):
        return os.getpid()

    def search():
        return GridSearchCV(
            MLPBinaryClassifier(
                batch_size=100, max_iter=5, n_iter_no_change=None, random_state=0
            ),
            {"hidden_layer_sizes": [4, 16]},
            cv=2,
            scoring={"process": process, "accuracy": "accuracy"},
            refit="accuracy",
        )

    X, y = table[NAMES].to_numpy(), table["label"].to_numpy()
    expected = search().fit(X[:2_000], y[:2_000])
    found = run_code(word, joblib=joblib, search=search(), X=X, y=y)["search"]
    for key, values in expected.cv_results_.items():
        if "time" not in key and "process" not in key:
            np.testing.assert_array_equal(found.cv_results_[key], values)
    processes = [found.cv_results_[f"split{i}_test_process"] for i in (0, 1)]
    assert os.getpid() not in np.ravel(processes)
    assert found.best_params_ == expected.best_params_
    np.testing.assert_array_equal(found.predict_proba(X), expected.predict_proba(X))


class TestDask:
    """Blocks of a Dask array."""

    @pytest.mark.parametrize("on_workers", [False, True])
    def test_incremental(self, page, table, on_workers):
        """Blocks are trained on in their order, by threads of this process or by others."""
        pytest.importorskip("dask_ml", reason="it has Incremental")
        import dask.array as da
        import distributed

        X, y = table[NAMES].to_numpy(), table["label"].to_numpy()
        blocks, labels = da.from_array(X, chunks=(5_000, 8)), da.from_array(y, chunks=5_000)
        with (
            distributed.LocalCluster(
                n_workers=2,
                threads_per_worker=1,
                processes=on_workers,
                dashboard_address=None,
            ) as cluster,
            distributed.Client(cluster),
        ):
            found = run_code("dask_ml", **page, blocks=blocks, labels=labels)
            probabilities = found["incremental"].predict_proba(blocks).compute()
        assert_trained(found["network"], trained(table, 5_000), table)
        np.testing.assert_array_equal(probabilities, found["network"].predict_proba(X))


@pytest.fixture(scope="module")
def ray():
    """Ray with two workers, reached from this machine only, which reports to nobody."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray = pytest.importorskip("ray", reason="it has the workers")
        pytest.importorskip("ray.data", reason="it has the data sets")
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            _node_ip_address="127.0.0.1",
        )
        context = ray.data.DataContext.get_current()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = False
        yield ray
        ray.shutdown()


class TestRay:
    """Ray's data sets, and joblib's way to Ray."""

    def test_data_set(self, ray, page, table):
        """Training and predictions see all rows, and compute the same."""
        found = run_code("ray.data", **page)
        network = found["network"]
        assert_trained(network, trained(found["dataset"].to_pandas(), 5_000), table)
        assert_predicted(found["predicted"].to_pandas(), network, table)

    def test_search(self, ray, table):
        """Its `n_jobs` brings the fits to Ray's workers."""
        assert_searched("register_ray", table)


@pytest.fixture(scope="module")
def spark():
    """Spark with two workers, reached from this machine only."""
    sql = pytest.importorskip("pyspark.sql", reason="it has the workers")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        session = (
            sql.SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.log.level", "ERROR")
            .getOrCreate()
        )
        yield session
        session.stop()


class TestSpark:
    """Spark's DataFrames, and joblib's way to Spark."""

    def test_data_set(self, spark, page, table):
        """Training sees the partitions one after the other; batches have 10,000 rows."""
        found = run_code("spark.read", **page, spark=spark)
        network = found["network"]
        assert found["dataset"].rdd.getNumPartitions() > 1
        assert_trained(network, trained(found["dataset"].toPandas(), 10_000), table)
        assert_predicted(found["predicted"].toPandas(), network, table)

    def test_rows_at_the_driver(self, spark, page, table):
        """Rows come one by one, as numbers of Python, and are the same again in float32."""
        dataset = spark.read.parquet(str(page["path"]))
        network = MLPBinaryClassifier(16, batch_size=100, random_state=0)
        for _ in range(N_EPOCHS):
            rows = dataset.toLocalIterator(prefetchPartitions=True)
            while chunk := list(itertools.islice(rows, 5_000)):
                block = pd.DataFrame(chunk, columns=dataset.columns)
                X = block[NAMES].astype(np.float32)
                network.partial_fit(X, block["label"], classes=[False, True])
        assert_trained(network, trained(dataset.toPandas(), 5_000), table)

    def test_search(self, spark, table):
        """Its `n_jobs` brings the fits to Spark's workers."""
        pytest.importorskip("joblibspark", reason="it is joblib's way to Spark")
        assert_searched("register_spark", table)
