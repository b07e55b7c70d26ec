"""ONNX models say what the estimators say that they were converted from."""

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
import skl2onnx
from numpydoc.validate import validate
from onnxruntime import InferenceSession
from skl2onnx.common.data_types import FloatTensorType
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skmlp import (
    MLPBinaryClassifier,
    MLPMulticlassClassifier,
    MLPMultilabelClassifier,
    MLPRegressor,
    TabularPreprocessor,
)
from skmlp._border.activations import ACTIVATIONS
from skmlp.onnx import to_onnx
from skmlp.onnx._network import ACTIVATION_FORMS
from tests.test_drift import LATER, SAME

# What the task is; float32 has a relative precision of 6e-8, and a sum of some hundred
# products, in another order, of some 1e-6.
TOLERANCE = 1e-5
# The epochs are there for parameters that are not those of the initialisation.
BRIEF = {"max_iter": 5, "n_iter_no_change": None, "random_state": 0}
TOWNS = ["Ulm", "Bonn", "Köln", "a b"]


def run(model, X):
    """Return the outputs by name; the inputs have the columns' order."""
    session = InferenceSession(model.SerializeToString())
    inputs = session.get_inputs()
    if hasattr(X, "columns"):
        columns = [np.asarray(X[name])[:, None] for name in X.columns]
    else:
        columns = [X]
    feeds = {
        tensor.name: column.astype(float) if tensor.type == "tensor(double)" else column
        for tensor, column in zip(inputs, columns, strict=True)
    }
    outputs = session.run(None, feeds)
    return dict(zip([tensor.name for tensor in session.get_outputs()], outputs, strict=True))


def assert_same_outputs(estimator, X, outputs, tolerance=TOLERANCE):
    assert list(outputs["label"]) == list(estimator.predict(X))
    expected = estimator.predict_proba(X)
    assert outputs["probabilities"].shape == expected.shape
    np.testing.assert_allclose(outputs["probabilities"], expected, rtol=0, atol=tolerance)


def table(n_rows, seed, towns=()):
    """A table of columns of all kinds, with labels that follow from some of them.

    Numbers that are not to be believed, and further towns, are in the first rows.
    """
    rng = np.random.default_rng(seed)
    size = rng.lognormal(3, 1, n_rows)
    town = rng.choice(TOWNS, n_rows)
    y = (np.log(size) + (town == "Ulm") + rng.normal(size=n_rows) > 3.3).astype(int)
    size[rng.random(n_rows) < 0.1] = np.nan
    town = np.where(rng.random(n_rows) < 0.1, None, town)
    size[:4], town[: len(towns)] = [1e9, -1e9, np.nan, 1e300], towns
    columns = {
        "size": size,
        "rooms": rng.integers(1, 6, n_rows),
        "price, in €": rng.normal(1e6, 1, n_rows).astype(np.float32),
        "constant": np.ones(n_rows),
        "cellar": rng.random(n_rows) < 0.5,
        "town": town,
        "street": np.array([f"street {k}" for k in rng.integers(0, 50, n_rows)], object),
        "heating": pd.Categorical(rng.choice(["gas", "oil"], n_rows), ["oil", "gas", "wood"]),
        "floor": pd.Categorical(rng.integers(0, 4, n_rows)),
        "grade": pd.Categorical.from_codes(rng.integers(-1, 3, n_rows), [1, 2, 3]),
        "step": pd.Categorical(rng.choice([0.1, 2.5, 3.0], n_rows)),
        "lift": pd.array(rng.choice([True, False, None], n_rows), dtype=object),
        "cost": np.array(
            [None, *map(Decimal, rng.integers(0, 99, n_rows - 1).tolist())], object
        ),
    }
    return pd.DataFrame(columns), y


@pytest.fixture(scope="module")
def tables():
    """Rows for training, and others, with what training has not seen."""
    X, y = table(400, 0)
    return X, y, table(100, 1, ["Rom", ""])[0]


# Networks


def test_every_activation_has_a_form():
    assert set(ACTIVATION_FORMS) == set(ACTIVATIONS)


@pytest.mark.filterwarnings("ignore:y has a single class:UserWarning")
@pytest.mark.parametrize("n_members", [1, 2])
@pytest.mark.parametrize("label", ["a", 7, True])
def test_single_class(label, n_members):
    X = np.random.default_rng(0).normal(size=(30, 3))
    network = MLPMulticlassClassifier((4,), n_members=n_members, **BRIEF).fit(X, [label] * 30)
    outputs = run(to_onnx(network, X, transform=True), X)
    assert_same_outputs(network, X, outputs, tolerance=0)
    hidden = network.transform(X)
    np.testing.assert_allclose(outputs["representation"], hidden, atol=TOLERANCE)
    scores = run(to_onnx(network, X, options={id(network): {"raw_scores": True}}), X)
    np.testing.assert_array_equal(scores["probabilities"], network.decision_function(X))


OF_REGRESSOR = [
    {},
    {"normalize_y": True},
    *({"loss": loss, "normalize_y": True} for loss in ("poisson", "gamma", "absolute_error")),
    {"loss": "quantile"},
    {"loss": "quantile", "quantile": [0.9, 0.1, 0.5], "normalize_y": True},
]


@pytest.mark.parametrize("n_members", [1, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("parameters", OF_REGRESSOR, ids=str)
def test_regressors(parameters, dtype, n_members):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 5)).astype(dtype)
    numbers = np.exp(X[:, :3])
    several = np.ndim(parameters.get("quantile", 0.5)) > 0
    for y in [numbers[:, 0]] if several else [numbers[:, 0], numbers]:
        network = MLPRegressor(hidden_layer_sizes=(8, 6), n_members=n_members, **BRIEF)
        pipeline = make_pipeline(StandardScaler(), network.set_params(**parameters)).fit(X, y)
        expected = pipeline.predict(X)
        for transform in (False, True):
            outputs = run(to_onnx(pipeline, X, transform=transform), X)
            assert list(outputs) == ["variable", "representation"][: 1 + transform]
            found = outputs["variable"]
            assert found.dtype == dtype
            assert found.shape == (200, expected[0].size)
            np.testing.assert_allclose(found.reshape(expected.shape), expected, atol=TOLERANCE)
        np.testing.assert_allclose(
            outputs["representation"], pipeline.transform(X), atol=TOLERANCE
        )


@pytest.mark.parametrize("n_members", [1, 3])
def test_several_labels(n_members):
    X = np.random.default_rng(0).normal(size=(200, 5))
    y = (X[:, :3] > 0.3).astype(int)
    for labels in (y, y[:, 0]):
        network = MLPMultilabelClassifier((8,), n_members=n_members, **BRIEF).fit(X, labels)
        far = np.concatenate([X, 1e3 * X])
        outputs = run(to_onnx(network, X), far)
        np.testing.assert_array_equal(outputs["label"], network.predict(far))
        expected = network.predict_proba(far)
        np.testing.assert_allclose(outputs["probabilities"], expected, atol=TOLERANCE)
        scores = run(to_onnx(network, X, options={id(network): {"raw_scores": True}}), X)
        expected = network.decision_function(X)
        found = scores["probabilities"]
        found = found if labels.ndim > 1 else found[:, 1]
        np.testing.assert_allclose(found, expected, atol=TOLERANCE)


def test_a_regressor_s_representation_feeds_another():
    X = np.random.default_rng(0).normal(size=(60, 5))
    pipeline = make_pipeline(MLPRegressor(hidden_layer_sizes=(8,), **BRIEF), Ridge())
    pipeline.fit(X, X[:, 0])
    outputs = run(to_onnx(pipeline, X), X)
    np.testing.assert_allclose(outputs["variable"][:, 0], pipeline.predict(X), atol=TOLERANCE)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations(task, activation, dtype):
    classifier, X, y = task
    X = X.astype(dtype)
    network = classifier((16, 8), activation, learning_rate_init=0.01, **BRIEF).fit(X, y)
    # Farther out than in training, where exponentials overflow.
    far = np.concatenate([X, 30 * X])
    outputs = run(to_onnx(network, X, transform=True), far)
    assert_same_outputs(network, far, outputs)
    hidden = network.transform(far)
    # relative to the values, of which some are in the hundreds
    np.testing.assert_allclose(
        outputs["representation"], hidden, rtol=TOLERANCE, atol=TOLERANCE
    )
    assert outputs["probabilities"].dtype == outputs["representation"].dtype == dtype


@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - {"gelu"}))
def test_float64_is_computed_in_float64(binary_data, activation):
    X, y = binary_data
    network = MLPBinaryClassifier((16, 8), activation, **BRIEF).fit(X, y)
    # A hundred products, each with an error of 1e-16.
    assert_same_outputs(network, X, run(to_onnx(network, X), X), tolerance=1e-13)


def test_activations_of_each_layer_and_members(task):
    classifier, X, y = task
    network = classifier(
        (8, 7, 6), ("prelu", "tanh", "prelu"), n_members=3, transform_layer="all", **BRIEF
    ).fit(X, y)
    outputs = run(to_onnx(network, X, transform=True), X)
    assert_same_outputs(network, X, outputs)
    np.testing.assert_allclose(outputs["representation"], network.transform(X), atol=TOLERANCE)


@pytest.mark.parametrize("layer", [0, -1, "all"])
@pytest.mark.parametrize("n_members", [1, 2])
def test_representation_is_that_of_transform_layer(binary_data, layer, n_members):
    X, y = binary_data
    network = MLPBinaryClassifier(
        (5, 4, 3), n_members=n_members, transform_layer=layer, **BRIEF
    ).fit(X, y)
    outputs = run(to_onnx(network, X, transform=True), X)
    assert outputs["representation"].shape == network.transform(X).shape
    np.testing.assert_allclose(outputs["representation"], network.transform(X), atol=TOLERANCE)


def test_without_a_hidden_layer(task):
    classifier, X, y = task
    network = classifier((), **BRIEF).fit(X, y)
    assert_same_outputs(network, X, run(to_onnx(network, X), X))
    with pytest.raises(ValueError, match="hidden_layer_sizes=\\(\\) has none"):
        to_onnx(network, X, transform=True)


def test_one_row_as_many(task):
    classifier, X, y = task
    network = classifier((8,), n_members=2, **BRIEF).fit(X, y)
    model = to_onnx(network, X[:1])
    for n_rows in (1, 2, len(X)):
        assert_same_outputs(network, X[:n_rows], run(model, X[:n_rows]))


@pytest.mark.parametrize("trained", [np.float32, np.float64])
@pytest.mark.parametrize("given", [np.float32, np.float64])
def test_other_dtype_than_in_training(task, trained, given):
    classifier, X, y = task
    network = classifier((8,), **BRIEF).fit(X.astype(trained), y)
    X = X.astype(given)
    outputs = run(to_onnx(network, X), X)
    assert_same_outputs(network, X, outputs)
    assert outputs["probabilities"].dtype == given


def test_integers(task):
    classifier, X, y = task
    X = (10 * X).astype(np.int64)
    network = classifier((8,), **BRIEF).fit(X, y)
    outputs = run(to_onnx(network, X), X)
    assert_same_outputs(network, X, outputs)
    assert outputs["probabilities"].dtype == np.float32


def test_probabilities_are_never_0(binary_data):
    X, y = binary_data
    network = MLPBinaryClassifier((8,), **BRIEF).fit(X, y)
    p = run(to_onnx(network, X), 1e6 * X)["probabilities"]
    assert p.min() > 0


@pytest.mark.parametrize(
    ("classes", "kind"),
    [
        ([-3, 5], "i"),
        ([False, True], "i"),
        ([0.0, 2.0], "i"),
        (["no", "yés"], "O"),
        (np.array(["no", "yes"], object), "O"),
    ],
)
@pytest.mark.parametrize("n_members", [1, 2])
def test_labels(binary_data, classes, kind, n_members):
    X, y = binary_data
    network = MLPBinaryClassifier((8,), n_members=n_members, **BRIEF)
    network.fit(X, np.asarray(classes)[y])
    outputs = run(to_onnx(network, X), X)
    assert_same_outputs(network, X, outputs)
    assert outputs["label"].dtype.kind == kind


@pytest.mark.parametrize(
    "classes",
    [
        np.array(["2020-01-01", "2020-01-02"], "datetime64[D]"),
        np.array([2**63, 2**63 + 1], np.uint64),
    ],
    ids=str,
)
def test_labels_that_onnx_has_no_type_for(binary_data, classes):
    X, y = binary_data
    network = MLPBinaryClassifier((8,), **BRIEF).fit(X, classes[y])
    with pytest.raises(NotImplementedError, match="no type for class labels like"):
        to_onnx(network, X)


def test_activation_without_a_form(binary_data, monkeypatch):
    network = MLPBinaryClassifier((8,), "mish", **BRIEF).fit(*binary_data)
    monkeypatch.delitem(ACTIVATION_FORMS, "mish")
    with pytest.raises(NotImplementedError, match="'mish' has no ONNX form"):
        to_onnx(network, binary_data[0])


# Pipelines


def test_with_scalers(task):
    classifier, X, y = task
    X = X.astype(np.float32)
    pipeline = make_pipeline(StandardScaler(), classifier((8,), **BRIEF)).fit(X, y)
    outputs = run(to_onnx(pipeline, X, transform=True), X)
    assert_same_outputs(pipeline, X, outputs)
    np.testing.assert_allclose(outputs["representation"], pipeline.transform(X), atol=TOLERANCE)


def test_with_encoders(tables):
    X, y, _ = tables
    X = X[["size", "rooms", "town"]].fillna({"size": 0.0, "town": "none"})
    encode = ColumnTransformer(
        [("numbers", StandardScaler(), ["rooms"]), ("names", OneHotEncoder(), ["town"])],
        sparse_threshold=0,
    )
    pipeline = make_pipeline(encode, MLPBinaryClassifier((8,), **BRIEF)).fit(X, y)
    assert_same_outputs(pipeline, X, run(to_onnx(pipeline, X), X))


def test_table_without_preprocessing(tables):
    X, y, _ = tables
    X = X[["rooms", "constant", "cellar"]]
    network = MLPBinaryClassifier((8,), **BRIEF).fit(X, y)
    assert_same_outputs(network, X, run(to_onnx(network, X), X))


def test_network_as_a_step_before_others(task):
    classifier, X, y = task
    features = make_union(PCA(2), make_pipeline(StandardScaler(), classifier((8,), **BRIEF)))
    network = classifier((4,), transform_layer="all", **BRIEF)
    X = X.astype(np.float32)
    pipeline = make_pipeline(features, network, LogisticRegression()).fit(X, y)
    assert_same_outputs(pipeline, X, run(to_onnx(pipeline, X), X))
    with pytest.raises(ValueError, match="for a network, or a Pipeline that ends with one"):
        to_onnx(pipeline, X, transform=True)


def test_search(binary_data):
    X, y = binary_data
    pipeline = make_pipeline(StandardScaler(), MLPBinaryClassifier((8,), **BRIEF))
    grid = {"mlpbinaryclassifier__alpha": [1e-4, 1.0]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    outputs = run(to_onnx(search, X, transform=True), X)
    assert_same_outputs(search, X, outputs)
    np.testing.assert_allclose(outputs["representation"], search.transform(X), atol=TOLERANCE)


@pytest.mark.parametrize("n_members", [1, 2])
@pytest.mark.parametrize(
    "around",
    [
        lambda network: VotingClassifier(
            [("a", network), ("b", LogisticRegression())],
            voting="soft",
            flatten_transform=False,
        ),
        lambda network: StackingClassifier([("a", network)], LogisticRegression(), cv=2),
        lambda network: CalibratedClassifierCV(network, cv=2),
    ],
    ids=["vote", "stack", "calibrate"],
)
def test_in_other_classifiers(task, around, n_members):
    classifier, X, y = task
    X = X.astype(np.float32)
    whole = around(classifier((8,), n_members=n_members, **BRIEF)).fit(X, y)
    assert_same_outputs(whole, X, run(to_onnx(whole, X), X))


def test_scores_of_two_classes_as_of_many(binary_data):
    X, y = binary_data
    network = MLPMulticlassClassifier((8,), **BRIEF).fit(X, y)
    model = to_onnx(network, X, options={id(network): {"raw_scores": True}})
    scores = run(model, X)["probabilities"]
    expected = network.decision_function(X)
    np.testing.assert_allclose(scores, np.column_stack([-expected, expected]), atol=TOLERANCE)


@pytest.fixture
def words(binary_data):
    """A pipeline with labels that are strings, and its rows, of float32."""
    X, y = binary_data
    X = X.astype(np.float32)
    pipeline = make_pipeline(StandardScaler(), MLPBinaryClassifier((8,), **BRIEF))
    return pipeline.fit(X, np.array(["no", "yes"])[y]), X


def test_skl2onnx_converts_by_itself(words):
    pipeline, X = words
    options = {id(pipeline[-1]): {"zipmap": False, "transform": True}}
    outputs = run(skl2onnx.to_onnx(pipeline, X, options=options), X)
    assert_same_outputs(pipeline, X, outputs)
    np.testing.assert_allclose(outputs["representation"], pipeline.transform(X), atol=TOLERANCE)


def test_skl2onnx_returns_a_dict_for_each_row_by_default(words):
    pipeline, X = words
    rows = run(skl2onnx.to_onnx(pipeline, X), X)["output_probability"]
    p = [[row["no"], row["yes"]] for row in rows]
    np.testing.assert_allclose(p, pipeline.predict_proba(X), atol=TOLERANCE)


def test_class_codes_instead_of_labels(words):
    pipeline, X = words
    options = {id(pipeline[-1]): {"nocl": True}}
    codes = run(to_onnx(pipeline, X, options=options), X)["label"]
    assert list(pipeline.classes_[codes]) == list(pipeline.predict(X))


def test_unknown_option(words):
    pipeline, X = words
    with pytest.raises(ValueError, match="for option 'transform'"):
        to_onnx(pipeline, X, options={id(pipeline[-1]): {"transform": "never"}})


@pytest.mark.parametrize("target_opset", [13, 18, 21])
def test_target_opset(tables, target_opset):
    X, y, others = tables
    network = MLPBinaryClassifier.tabular(n_members=2, max_iter=2, random_state=0)
    pipeline = make_pipeline(TabularPreprocessor(random_state=0), network).fit(X, y)
    model = to_onnx(pipeline, X, target_opset=target_opset)
    versions = {domain.domain: domain.version for domain in model.opset_import}
    assert versions[""] <= target_opset
    assert_same_outputs(pipeline, others, run(model, others))


# Tables


@pytest.mark.parametrize("classes", [["no", "yes"], [0, 1]])
def test_tabular_pipeline(tables, classes):
    X, y, others = tables
    network = MLPBinaryClassifier.tabular(max_iter=8, random_state=0)
    pipeline = make_pipeline(TabularPreprocessor(random_state=0), network)
    pipeline.fit(X, np.array(classes)[y])
    model = to_onnx(pipeline, X, transform=True)
    for rows in (X, others, others[:1]):
        outputs = run(model, rows)
        assert_same_outputs(pipeline, rows, outputs)
        np.testing.assert_allclose(
            outputs["representation"], pipeline.transform(rows), atol=TOLERANCE
        )


def test_tabular_pipeline_of_many_classes(tables):
    X, y, others = tables
    labels = np.array(["none", "some", "all"])[y + X["cellar"]]
    network = MLPMulticlassClassifier.tabular(max_iter=8, random_state=0)
    pipeline = make_pipeline(TabularPreprocessor(max_one_hot=3, random_state=0), network)
    pipeline.fit(X, labels)
    assert_same_outputs(pipeline, others, run(to_onnx(pipeline, X), others))


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"max_bins": 0},
        {"add_squares": False},
        {"max_one_hot": 0},
        {"max_one_hot": 1000},
    ],
)
def test_features(tables, parameters):
    X, y, others = tables
    preprocessor = TabularPreprocessor(random_state=0, **parameters).fit(X, y)
    features = run(to_onnx(preprocessor, X), others)["features"]
    assert features.dtype == np.float32
    # Both are float64 that is rounded: at most a unit in the last place of numbers below 4.
    np.testing.assert_allclose(features, preprocessor.transform(others), rtol=0, atol=5e-7)


@pytest.mark.parametrize("target", ["two classes", "three classes", "a number", "two numbers"])
@pytest.mark.parametrize("pair", [("east", "north"), ("town", "month"), ("east", "town")])
def test_features_of_pairs_of_columns(pair, target):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.uniform(0, 10, (6000, 2)), columns=["east", "north"])
    X["town"], X["month"] = rng.choice([*"abcdefgh"], 6000), rng.choice([*"ijklmn"], 6000)
    places = {name: pd.factorize(X[name], sort=True)[0] for name in ("town", "month")}
    places |= {name: X[name].astype(int) for name in ("east", "north")}
    fields = {
        "two classes": rng.integers(0, 2, (10, 10)),
        "three classes": rng.integers(0, 3, (10, 10)),
        "a number": rng.normal(size=(10, 10)),
        "two numbers": rng.normal(size=(10, 10, 2)),
    }[target]
    y = fields[tuple(places[name] for name in pair)]
    X.loc[::17, "east"] = np.nan
    preprocessor = TabularPreprocessor().fit(X, y)
    assert pair in preprocessor.pairs_
    others = X.iloc[::7].copy()
    others.loc[others.index[::5], "town"] = "elsewhere"
    others.loc[others.index[::4], ["east", "north"]] = np.nan
    # Numbers at the edges of cells are in the same as well.
    edges = preprocessor._pairs.cuts[0].edges
    others.iloc[: len(edges), 0] = edges
    features = run(to_onnx(preprocessor, X), others)["features"]
    # They have narrow intervals, whose parts multiply the rounding of float32.
    np.testing.assert_allclose(features, preprocessor.transform(others), rtol=0, atol=5e-6)


@pytest.mark.parametrize("target", ["two classes", "three classes", "a number"])
def test_features_of_numbers_that_are_codes(target):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"shop": rng.integers(0, 60, 3000) * 0.1, "size": rng.normal(size=3000)})
    by_shop = {
        "two classes": rng.integers(0, 2, 60),
        "three classes": rng.integers(0, 3, 60),
        "a number": rng.normal(size=60),
    }[target]
    y = by_shop[np.rint(X["shop"] * 10).astype(int)]
    X.loc[::17, "shop"] = np.nan
    preprocessor = TabularPreprocessor().fit(X, y)
    assert preprocessor.codes_ == ["shop"]
    others = X.iloc[::7].copy()
    others.iloc[::5, 0] = 1e6 * np.arange(len(others.iloc[::5]))
    features = run(to_onnx(preprocessor, X), others)["features"]
    np.testing.assert_allclose(features, preprocessor.transform(others), rtol=0, atol=5e-6)


@pytest.mark.parametrize("name", table(4, 0)[0].columns)
def test_features_of_a_single_column(tables, name):
    X, y, others = tables
    preprocessor = TabularPreprocessor().fit(X[[name]], y)
    features = run(to_onnx(preprocessor, X[[name]]), others[[name]])["features"]
    np.testing.assert_allclose(features, preprocessor.transform(others[[name]]), atol=5e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_array_of_numbers(tables, dtype):
    X, _, others = tables
    names = ["size", "rooms", "constant", "cellar"]
    # Within the range of float32.
    X, others = (
        part[names].to_numpy(float).clip(-1e38, 1e38).astype(dtype) for part in (X, others)
    )
    preprocessor = TabularPreprocessor().fit(X)
    features = run(to_onnx(preprocessor, X), others)["features"]
    np.testing.assert_allclose(features, preprocessor.transform(others), atol=5e-7)


def test_array_of_strings(tables):
    X, y, others = tables
    names = ["town", "street", "heating"]
    X, others = (part[names].astype(object).to_numpy() for part in (X, others))
    preprocessor = TabularPreprocessor(random_state=0).fit(X, y)
    features = run(to_onnx(preprocessor, X), others)["features"]
    np.testing.assert_allclose(features, preprocessor.transform(others), atol=5e-7)


def test_polars(tables):
    X, y, others = tables
    names = ["size", "rooms", "cellar", "town", "street"]
    X, others = (pl.from_pandas(part[names]) for part in (X, others))
    preprocessor = TabularPreprocessor(random_state=0).fit(X, y)
    features = run(to_onnx(preprocessor, X), others)["features"]
    np.testing.assert_allclose(features, preprocessor.transform(others), atol=5e-7)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT, "nan"])
def test_what_is_missing_from_strings(missing):
    X = pd.DataFrame({"town": ["Ulm", "Bonn", None]})
    preprocessor = TabularPreprocessor().fit(X)
    given = pd.DataFrame({"town": np.array([missing, "Ulm"], object)})
    features = run(to_onnx(preprocessor, X), given)["features"]
    np.testing.assert_array_equal(features, [[0, 0, 1], [0, 1, 0]])


def test_a_category_with_the_name_of_what_is_missing():
    X = pd.DataFrame({"name": ["None", "", "nan", "x", None]})
    preprocessor = TabularPreprocessor().fit(X)
    given = pd.DataFrame({"name": ["None", "", "nan", "x", "<NA>"]})
    features = run(to_onnx(preprocessor, X), given)["features"]
    np.testing.assert_array_equal(features, preprocessor.transform(X))


def test_dates_and_durations_are_seconds():
    dates = pd.Series(pd.date_range("2020-01-01", periods=60, freq="7h", unit="us"))
    dates[3] = pd.NaT
    X = pd.DataFrame({"date": dates, "age": dates - datetime(2019, 5, 1)})
    preprocessor = TabularPreprocessor().fit(X)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    seconds = pd.DataFrame(
        {
            "date": (dates.dt.tz_localize("UTC") - epoch).dt.total_seconds(),
            "age": X["age"].dt.total_seconds(),
        }
    )
    features = run(to_onnx(preprocessor, X), seconds)["features"]
    np.testing.assert_allclose(features, preprocessor.transform(X), atol=5e-7)


def test_integers_beyond_float64_as_categories():
    values = [2**60, 2**60 + 1, 2**60 + 2]
    X = pd.DataFrame({"key": pd.Categorical(values)})
    preprocessor = TabularPreprocessor().fit(X)
    features = run(to_onnx(preprocessor, X), X)["features"]
    np.testing.assert_array_equal(features, np.eye(3))


def test_categories_that_an_input_cannot_have(tables):
    X, _, _ = tables
    preprocessor = TabularPreprocessor().fit(X[["cellar", "town"]])
    with pytest.raises(NotImplementedError, match="Column 'town' has categories like"):
        to_onnx(preprocessor, X[["cellar", "rooms"]].set_axis(["cellar", "town"], axis=1))


def test_numbers_as_strings(tables):
    X, _, _ = tables
    preprocessor = TabularPreprocessor().fit(X[["size", "town"]])
    with pytest.raises(NotImplementedError, match="DataFrame for X"):
        to_onnx(preprocessor, X[["size", "town"]].to_numpy())


def test_too_few_columns(tables):
    X, _, _ = tables
    preprocessor = TabularPreprocessor().fit(X[["size", "rooms"]])
    with pytest.raises(ValueError, match="must have the columns of training"):
        to_onnx(preprocessor, X[["size"]])
    with pytest.raises(ValueError, match="2 columns"):
        skl2onnx.to_onnx(preprocessor, initial_types=[("X", FloatTensorType([None, 1]))])


def test_columns_in_another_order(binary_data):
    """A model takes them as they come, and would be wrong without a word."""
    X, y = binary_data
    X = pd.DataFrame(X[:, :3], columns=["a", "b", "c"])
    network = MLPBinaryClassifier((8,), **BRIEF)
    for estimator in (network, make_pipeline(StandardScaler(), make_pipeline(network))):
        estimator.fit(X, y)
        for names in (["b", "a", "c"], ["a", "b"], ["a", "b", "d"]):
            with pytest.raises(ValueError, match="the columns of training, in their order"):
                to_onnx(estimator, X.reindex(columns=names))
        with pytest.raises(ValueError, match=r"X has 2 columns, but .* expecting 3"):
            to_onnx(estimator, X.to_numpy()[:, :2])
        with pytest.raises(ValueError, match="must have rows and columns; got 1 dim"):
            to_onnx(estimator, X["a"])


# The module


def test_importing_skmlp_imports_nothing_of_it():
    code = "import sys, skmlp; assert not {'onnx', 'skl2onnx', 'skmlp.onnx'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_skl2onnx(monkeypatch):
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    monkeypatch.delitem(sys.modules, "skmlp.onnx")
    with pytest.raises(ImportError, match="pip install skl2onnx onnxruntime"):
        __import__("skmlp.onnx")


def test_docstring():
    errors = validate("skmlp.onnx.to_onnx")["errors"]
    assert not [error for error in errors if error[0] not in {"ES01", "SA01", "PR07"}]


@pytest.mark.parametrize("kind", ["whole numbers", "truth values", "parts"])
def test_categories_in_columns_of_other_dtypes(kind):
    preprocessor = TabularPreprocessor().fit(pd.DataFrame({"x": SAME[kind][0]}))
    for later in [*SAME[kind], *LATER[kind]]:
        column = np.asarray(later)
        if isinstance(later, pl.Series) or column.dtype.kind not in "fiub":
            column = column.astype(str).astype(object)
        table = pd.DataFrame({"x": column})
        features = run(to_onnx(preprocessor, table), table)["features"]
        np.testing.assert_array_equal(features, preprocessor.transform(table))
