"""Attributions are derivatives of what estimators predict, and integrals of them."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from skmlp import (
    MLPBinaryClassifier,
    MLPMulticlassClassifier,
    MLPMultilabelClassifier,
    MLPRegressor,
    TabularPreprocessor,
)
from skmlp._border.activations import ACTIVATIONS
from skmlp._input_gradients import DERIVATIVES
from skmlp._outputs.numbers import KINDS
from skmlp.inspection import attributions
from tests import oracles

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N, D = 60, 4


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, D))
    return X, (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(int)


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    y = np.array(["setosa", "versicolor", "virginica"])[y]
    network = MLPMulticlassClassifier(6, "tanh", max_iter=20, random_state=0)
    return network.fit(X, y), X, y


@pytest.fixture(scope="module")
def table():
    """Numbers, codes, few and many categories, an ignored column, and a pair."""
    rng = np.random.default_rng(0)
    n = 8000
    a, b = rng.uniform(size=(2, n))
    y = (np.sin(20 * a) * np.sin(20 * b) + 0.1 * rng.normal(size=n) > 0).astype(int)
    code = rng.integers(60, size=n)
    y = np.where(rng.uniform(size=n) < 0.5, y, (rng.uniform(size=60) > 0.5)[code])
    table = pd.DataFrame(
        {
            "a": a,
            "nothing": np.full(n, np.nan),
            "town": np.array(["Bonn", "Ulm", None], dtype=object)[np.arange(n) % 3],
            "b": b,
            "street": [f"street {i % 50}" for i in range(n)],
            "code": code,
            "gaps": np.where(rng.uniform(size=n) < 0.1, np.nan, a),
        }
    )
    return table, y


def predictions(network, X):
    """Return what is attributed, (n, number of columns)."""
    is_regressor = isinstance(network, MLPRegressor)
    values = network.predict(X) if is_regressor else network.decision_function(X)
    return values.reshape(len(X), -1)


def central_differences(network, X, step=1e-6):
    """Return derivatives (n, d, number of columns)."""
    sides = [
        (predictions(network, X + h) - predictions(network, X - h)) / (2 * step)
        for h in step * np.eye(X.shape[1])
    ]
    return np.stack(sides, axis=1)


def assert_gradients(network, X):
    values = attributions(network, X)
    expected = central_differences(network, X)
    values = values.reshape(expected.shape)
    # A row near a kink, of which there are few, has two derivatives.
    is_same = np.isclose(values, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())
    assert is_same.all(axis=(1, 2)).mean() > 0.95
    assert np.abs(expected).max() > 1e-2


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_derivative_of_an_activation(name):
    """It agrees with the naive version to some units in the last place."""
    z = np.linspace(-20, 20, 1601)
    derivative = DERIVATIVES[ACTIVATIONS[name].code]
    slopes = np.full(z.shape, 0.25)
    np.testing.assert_allclose(
        derivative(z, slopes), oracles.ACTIVATIONS[name][1](z), rtol=1e-12, atol=1e-15
    )
    single = z.astype(np.float32)
    assert derivative(single, slopes.astype(np.float32)).dtype == np.float32


def test_every_activation_has_a_derivative():
    assert set(DERIVATIVES) == {activation.code for activation in ACTIVATIONS.values()}


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("n_members", [1, 3])
def test_gradients_for_each_activation(data, name, n_members):
    X, y = data
    network = MLPBinaryClassifier((5, 4), name, n_members=n_members, max_iter=20)
    assert_gradients(network.set_params(learning_rate_init=0.05, random_state=0).fit(X, y), X)


def networks():
    """Yield a name, a network and its y (of X) for each kind of output."""
    several = {"max_iter": 20, "learning_rate_init": 0.05, "random_state": 0}
    for members in (1, 3):
        params = several | {"n_members": members}
        yield f"multiclass-{members}", MLPMulticlassClassifier(5, "tanh", **params), 3
        yield f"two of multiclass-{members}", MLPMulticlassClassifier(5, "tanh", **params), 2
        yield f"multilabel-{members}", MLPMultilabelClassifier(5, "tanh", **params), "labels"
        params |= {"hidden_layer_sizes": 5, "activation": "tanh", "normalize_y": True}
        for loss in KINDS:
            yield f"{loss}-{members}", MLPRegressor(loss, **params), "numbers"
            if loss != "quantile":
                yield f"{loss} of two-{members}", MLPRegressor(loss, **params), "columns"
        params |= {"loss": "quantile", "quantile": [0.9, 0.1, 0.5]}
        yield f"quantiles-{members}", MLPRegressor(**params), "numbers"


def target_for(kind, X):
    if kind == "labels":
        return (X[:, :3] > 0).astype(int)
    numbers = 50 * np.exp(X[:, :2] / 2) + 100
    if kind == "columns":
        return numbers * [1, 10]
    if kind == "numbers":
        return numbers[:, 0]
    return (X[:, 0] > 0).astype(int) + (kind > 2) * (X[:, 1] > 0)


CASES = list(networks())


@pytest.mark.parametrize(
    ("network", "kind"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_gradients_and_completeness_for_each_output(data, network, kind):
    """Integrated gradients add up to the difference of predictions (proposition 1)."""
    X, _ = data
    network.fit(X, target_for(kind, X))
    assert_gradients(network, X)
    values = attributions(network, X, method="integrated", baseline=X[:1], n_steps=200)
    difference = predictions(network, X) - predictions(network, X[:1])
    sums = values.reshape(N, D, -1).sum(axis=1)
    # Sorted quantiles have kinks, where the rule of integration is only of first order.
    atol = (1e-2 if "quantile" in str(network) else 1e-6) * np.abs(difference).max()
    np.testing.assert_allclose(sums, difference, rtol=0, atol=atol)


def test_a_temperature_and_factors_of_inputs_are_in_the_network(data):
    X, y = data
    network = MLPBinaryClassifier(
        6,
        "silu",
        solver="adamw",
        scaling_rate=60.0,
        early_stopping=True,
        temperature_scaling=True,
        scoring="neg_log_loss",
        max_iter=30,
        learning_rate_init=0.02,
        random_state=0,
    ).fit(X, y)
    assert network.temperature_ != 1
    assert_gradients(network, X)


@pytest.mark.parametrize("hidden", [(), (5,), (5, 4, 3)])
def test_depths(data, hidden):
    X, y = data
    network = MLPBinaryClassifier(hidden, "tanh", max_iter=5, random_state=0).fit(X, y)
    assert_gradients(network, X)
    if not hidden:
        expected = np.tile(network.coefs_[0].T, (N, 1))
        np.testing.assert_array_equal(attributions(network, X), expected)


def test_dtypes(data):
    X, y = data
    wide = MLPBinaryClassifier(8, "gelu", n_members=2, random_state=0).fit(X, y)
    for method in ("gradient", "integrated"):
        of_double = attributions(wide, X, method=method)
        of_single = attributions(wide, X.astype(np.float32), method=method)
        assert of_double.dtype == np.float64
        assert of_single.dtype == np.float32
        np.testing.assert_allclose(of_single, of_double, rtol=1e-4, atol=1e-5)
    X = X.astype(np.float32)
    narrow = MLPBinaryClassifier(8, "gelu", random_state=0).fit(X, y)
    values = attributions(narrow, X, method="integrated")
    assert values.dtype == np.float32
    difference = predictions(narrow, X) - predictions(narrow, 0 * X)
    np.testing.assert_allclose(values.sum(axis=1), difference[:, 0], atol=1e-5)


def test_saturated_members_have_finite_gradients(data):
    """Though their probabilities are rounded to 0 and 1."""
    X, y = data
    Y = np.stack([y, 1 - y], axis=1)
    for network in (MLPBinaryClassifier, MLPMultilabelClassifier):
        fitted = network(4, n_members=2, max_iter=5, random_state=0)
        fitted.fit(X, Y if network is MLPMultilabelClassifier else y)
        fitted.coefs_[-1][:] *= 1e4
        assert np.isfinite(attributions(fitted, X.astype(np.float32))).all()
        assert np.isfinite(attributions(fitted, X)).all()


class TestTarget:
    def test_a_label(self, iris):
        network, X, _ = iris
        everything = attributions(network, X)
        assert everything.shape == (150, 4, 3)
        for j, label in enumerate(network.classes_):
            np.testing.assert_array_equal(
                attributions(network, X, target=label), everything[:, :, j]
            )

    def test_a_label_for_each_row(self, iris):
        network, X, y = iris
        values = attributions(network, X, target=y)
        codes = np.searchsorted(network.classes_, y)
        np.testing.assert_array_equal(
            values, attributions(network, X)[np.arange(150), :, codes]
        )

    def test_the_first_of_two_classes_has_the_opposite_sign(self, data):
        X, y = data
        for classifier in (MLPBinaryClassifier, MLPMulticlassClassifier):
            network = classifier(4, max_iter=3, random_state=0).fit(X, y)
            values = attributions(network, X)
            np.testing.assert_array_equal(attributions(network, X, target=1), values)
            np.testing.assert_allclose(attributions(network, X, target=0), -values)

    def test_a_column(self, data):
        X, _ = data
        Y = target_for("columns", X)
        network = MLPRegressor(normalize_y=True, max_iter=3, random_state=0).fit(X, Y)
        np.testing.assert_array_equal(
            attributions(network, X, target=1), attributions(network, X)[:, :, 1]
        )

    @pytest.mark.filterwarnings("ignore:y has a single class")
    def test_a_single_class_owes_nothing_to_features(self, data):
        X, y = data
        network = MLPMulticlassClassifier(4, max_iter=3, random_state=0).fit(X, 0 * y)
        assert not attributions(network, X).any()

    @pytest.mark.parametrize(
        ("target", "message"),
        [
            ("iris", "target must be among .*; got 'iris'"),
            (0, "target must be among .*; got 0"),
            (["setosa"] * 3, r"or one for each of them; got shape \(3,\)"),
            ([["setosa"]], r"got shape \(1, 1\)"),
        ],
    )
    def test_what_is_refused(self, iris, target, message):
        network, X, _ = iris
        with pytest.raises(ValueError, match=message):
            attributions(network, X, target=target)


def test_a_scaler_does_not_change_integrated_gradients(data):
    """The path is the same before it and behind it; gradients are by what the network sees."""
    X, y = data
    scaler = StandardScaler().fit(10 * X + 5)
    network = MLPBinaryClassifier(4, "tanh", max_iter=20, random_state=0)
    pipeline = make_pipeline(scaler, network).fit(10 * X + 5, y)
    mean = scaler.mean_[np.newaxis]
    values = attributions(pipeline, 10 * X + 5, method="integrated", baseline=mean)
    np.testing.assert_allclose(
        values, attributions(pipeline, 10 * X + 5, method="integrated"), atol=1e-12
    )
    np.testing.assert_array_equal(
        attributions(pipeline, 10 * X + 5), attributions(network, scaler.transform(10 * X + 5))
    )


def test_a_baseline_for_each_row(data):
    X, y = data
    network = MLPBinaryClassifier(4, max_iter=3, random_state=0).fit(X, y)
    values = attributions(network, X, method="integrated", baseline=X[::-1])
    for i in (0, 7):
        alone = attributions(
            network, X[i : i + 1], method="integrated", baseline=X[N - 1 - i : N - i]
        )
        np.testing.assert_allclose(values[i], alone[0], rtol=1e-12)
    assert not attributions(network, X, method="integrated", baseline=X).any()


def test_sparse_rows(data):
    X, y = data
    X = np.where(X > 0.5, X, 0)
    pipeline = make_pipeline(MaxAbsScaler(), MLPBinaryClassifier(4, random_state=0))
    pipeline.fit(sparse.csr_array(X), y)
    for method in ("gradient", "integrated"):
        np.testing.assert_allclose(
            attributions(pipeline, sparse.csc_matrix(X), method=method),
            attributions(pipeline, X, method=method),
            rtol=1e-12,
        )


def test_results_do_not_depend_on_blocks_and_threads(data):
    X, y = data
    network = MLPMulticlassClassifier(4, n_jobs=2, max_iter=3, random_state=0).fit(X, y)
    many, labels = np.tile(X, (300, 1)), np.tile(y, 300)
    values = attributions(network, many, target=labels)
    np.testing.assert_allclose(
        values, np.tile(attributions(network, X, target=y), (300, 1)), rtol=1e-12
    )


class TestSumByColumn:
    @pytest.mark.parametrize("n_classes", [2, 3])
    def test_each_feature_goes_to_its_column(self, table, n_classes):
        """As the names say, which begin with those of the columns."""
        X, y = table
        y = y + (X["gaps"].isna().to_numpy() if n_classes == 3 else 0)
        preprocessor = TabularPreprocessor().fit(X, y)
        assert ("a", "b") in preprocessor.pairs_
        assert "code" in preprocessor.codes_
        names = preprocessor.get_feature_names_out()
        shares = preprocessor.sum_by_column(np.eye(len(names)))
        assert shares.shape == (len(names), X.shape[1])
        np.testing.assert_array_equal(shares.sum(axis=1), 1)
        for name, of_columns in zip(names, shares, strict=True):
            first, _, second = name.partition("_and_")
            columns = {part.partition("_")[0] for part in (first, second) if part}
            assert {X.columns[j] for j in np.flatnonzero(of_columns)} == columns, name
        assert not shares[:, 1].any()

    def test_completeness_survives(self, table):
        X, y = table
        pipeline = make_pipeline(
            TabularPreprocessor(), MLPBinaryClassifier.tabular(n_members=2, random_state=0)
        ).fit(X, y)
        rows = X[:50]
        values = attributions(pipeline, rows, method="integrated", baseline=X[50:51])
        by_column = pipeline[0].sum_by_column(values)
        assert by_column.shape == rows.shape
        assert by_column.dtype == np.float32 or by_column.dtype == np.float64
        difference = pipeline.decision_function(rows) - pipeline.decision_function(X[50:51])
        np.testing.assert_allclose(by_column.sum(axis=1), difference, atol=1e-3)

    def test_further_dimensions_are_kept(self, table):
        X, y = table
        preprocessor = TabularPreprocessor().fit(X, y)
        rng = np.random.default_rng(0)
        values = rng.normal(size=(5, len(preprocessor.get_feature_names_out()), 3))
        sums = preprocessor.sum_by_column(values)
        for k in range(3):
            np.testing.assert_allclose(
                sums[:, :, k], preprocessor.sum_by_column(values[:, :, k])
            )

    def test_what_is_refused(self, table):
        X, y = table
        preprocessor = TabularPreprocessor()
        with pytest.raises(NotFittedError):
            preprocessor.sum_by_column([[1.0]])
        for values in ([[1.0]], [1.0], 1.0):
            with pytest.raises(ValueError, match="values must have a column for each of the"):
                preprocessor.fit(X, y).sum_by_column(values)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "integrate"}, r"method must be one of .*'integrate'.*'integrated'"),
        ({"n_steps": 0}, "n_steps == 0, must be >= 1"),
        ({"baseline": np.zeros((2, D))}, "one row, or as many as X, 60; got 2"),
        (
            {"baseline": np.zeros((1, D + 1))},
            f"baseline, taken as X is: .*expecting {D} features",
        ),
        ({"baseline": np.zeros(D)}, "baseline, taken as X is: .*2D array"),
        ({"baseline": np.full((1, D), np.nan)}, "baseline, taken as X is: .*NaN"),
    ],
)
def test_what_is_refused(data, arguments, message):
    X, y = data
    network = MLPBinaryClassifier(4, max_iter=3, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match=message):
        attributions(network, X, **{"method": "integrated"} | arguments)


def test_other_estimators_and_rows_are_refused(data):
    X, y = data
    with pytest.raises(TypeError, match="must be a network of skmlp"):
        attributions(DummyClassifier().fit(X, y), X)
    with pytest.raises(NotFittedError):
        attributions(MLPBinaryClassifier(), X)
    network = MLPBinaryClassifier(4, max_iter=3, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="missing values"):
        attributions(network, np.full((1, D), np.nan))
    network.coefs_[0][:] = 1e300
    network.coefs_[1][:] = 1e300
    with pytest.raises(ValueError, match="Derivatives are not finite"):
        attributions(network, X)
