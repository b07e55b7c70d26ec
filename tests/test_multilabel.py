"""The classifier of several labels: indicators in and out, weights, scores, refusals."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import accuracy_score, f1_score, log_loss
from sklearn.model_selection import cross_val_predict
from sklearn.preprocessing import MultiLabelBinarizer, StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier, MLPMultilabelClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
BRIEF = {"max_iter": 10, "random_state": 0}


@pytest.fixture(scope="module")
def data():
    X, y = make_multilabel_classification(300, 10, n_classes=4, n_labels=2, random_state=0)
    return StandardScaler().fit_transform(X), y


def fit(data, **params):
    return MLPMultilabelClassifier((16,), **{**BRIEF, **params}).fit(*data)


CONTAINERS = {
    "list": lambda y: y.tolist(),
    "bool": lambda y: y.astype(bool),
    "float": lambda y: y.astype(float),
    "pandas": pd.DataFrame,
    "csr": sparse.csr_array,
    "csc": sparse.csc_matrix,
    "coo": sparse.coo_array,
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_containers(data, container):
    X, y = data
    expected = fit(data)
    network = fit((X, CONTAINERS[container](y)))
    np.testing.assert_array_equal(network.predict_proba(X), expected.predict_proba(X))
    found = network.predict(X)
    is_sparse = container in ("csr", "csc", "coo")
    assert sparse.issparse(found) == is_sparse == network.sparse_output_
    found = found.toarray() if is_sparse else found
    assert found.dtype == int
    np.testing.assert_array_equal(found, expected.predict(X))


@pytest.mark.parametrize("n_members", [1, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_predicted(data, n_members, dtype):
    X, y = data[0].astype(dtype), data[1]
    network = fit((X, y), n_members=n_members, max_iter=60, learning_rate_init=0.01)
    p = network.predict_proba(X)
    assert p.shape == y.shape
    assert p.dtype == dtype
    np.testing.assert_array_equal(network.predict(X), p > 0.5)
    np.testing.assert_allclose(network.predict_log_proba(X), np.log(p))
    scores = network.decision_function(X)
    np.testing.assert_allclose(1 / (1 + np.exp(-scores)), p, rtol=1e-4)
    assert network.score(X, y) == accuracy_score(y, network.predict(X)) > 0.5
    np.testing.assert_allclose(network.predict_proba_members(X).mean(axis=0), p, rtol=1e-5)
    far = 1e4 * X
    p = network.predict_proba(far)
    assert np.isfinite(np.log(p)).all()
    assert np.isfinite(np.log(1 - p)).all()
    assert np.isfinite(network.decision_function(far)).all()


def test_one_label_is_a_binary_classifier(data):
    X, y = data[0], np.array(["no", "yes"])[data[1][:, 0]]
    network, binary = fit((X, y)), MLPBinaryClassifier((16,), **BRIEF).fit(X, y)
    np.testing.assert_array_equal(network.predict(X), binary.predict(X))
    np.testing.assert_array_equal(network.predict_proba(X), binary.predict_proba(X))
    with pytest.raises(ValueError, match=r"Only binary.*MLPMulticlassClassifier takes any"):
        fit((X, data[1].sum(axis=1)))


class TestWeights:
    def test_balanced_is_scikit_learn_s(self, data):
        X, y = data
        by_hand = MLPMultilabelClassifier((16,), **BRIEF)
        by_hand.fit(X, y, sample_weight=compute_sample_weight("balanced", y))
        found = fit(data, class_weight="balanced").predict_proba(X)
        np.testing.assert_allclose(found, by_hand.predict_proba(X), rtol=1e-9)

    def test_of_each_label(self, data):
        X, y = data
        given = [{0: 1, 1: 5}, {1: 0.5}, {}, {0: 2, 1: 1}]
        complete = [{0: 1.0, 1: 1.0} | weights for weights in given]
        by_hand = MLPMultilabelClassifier((16,), **BRIEF)
        by_hand.fit(X, y, sample_weight=compute_sample_weight(complete, y))
        found = fit(data, class_weight=given).predict_proba(X)
        np.testing.assert_allclose(found, by_hand.predict_proba(X), rtol=1e-9)

    @pytest.mark.parametrize(
        ("weights", "message"),
        [
            ([{0: 1}], "a dict for each of the 4"),
            ({0: 1.0, 1: 2.0}, "a list with a dict for each of the 4"),
            ([{0: -1}] * 4, "non-negative"),
            ([{0: 0, 1: 0}] * 4, "leaves no row"),
            ([{2: 1}] * 4, "labels that are no classes"),
            ([1, 2, 3, 4], "class_weight must have numbers"),
        ],
    )
    def test_invalid(self, data, weights, message):
        with pytest.raises(ValueError, match=message):
            fit(data, class_weight=weights)

    def test_of_a_single_label(self, data):
        X, y = data[0], data[1][:, 0]
        params = {"class_weight": {1: 3}}
        binary = MLPBinaryClassifier((16,), **BRIEF, **params).fit(X, y)
        np.testing.assert_array_equal(
            fit((X, y), **params).predict_proba(X), binary.predict_proba(X)
        )


class TestEarlyStopping:
    @pytest.mark.parametrize("is_sparse", [False, True])
    @pytest.mark.parametrize("scoring", [None, "f1_macro", "accuracy", "neg_log_loss"])
    def test_scores(self, data, scoring, is_sparse):
        X, y = data
        given = sparse.csr_array(y) if is_sparse else y
        network = MLPMultilabelClassifier((16,), early_stopping=True, scoring=scoring, **BRIEF)
        network.fit(X[:200], given[:200], X_val=X[200:], y_val=given[200:])
        labels, p = network.predict(X[200:]), network.predict_proba(X[200:])
        expected = {
            "f1_macro": f1_score(y[200:], labels, average="macro"),
            "neg_log_loss": -sum(log_loss(y[200:, j], p[:, j]) for j in range(4)),
        }.get(scoring, accuracy_score(y[200:], labels))
        assert network.best_validation_score_ == pytest.approx(expected)

    def test_temperature(self, data):
        """No other one has a smaller loss on the held-out rows."""
        X, y = data
        network = MLPMultilabelClassifier(
            early_stopping=True, temperature_scaling=True, **BRIEF
        )
        network.fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
        assert network.temperature_ != 1
        logits = network.decision_function(X[200:])
        losses = [
            (np.logaddexp(0, z) - y[200:] * z).mean()
            for z in (0.98 * logits, logits, 1.02 * logits)
        ]
        assert losses[1] < min(losses[0], losses[2])

    def test_smoothing(self, data):
        X, _ = data
        far = fit(data, max_iter=300, learning_rate_init=0.02).predict_proba(X)
        near = fit(data, max_iter=300, learning_rate_init=0.02, label_smoothing=0.2)
        assert np.abs(near.predict_proba(X) - 0.5).max() < np.abs(far - 0.5).max()

    def test_tabular(self, data):
        network = MLPMultilabelClassifier.tabular(max_iter=8, random_state=0)
        assert network.fit(*data).score(*data) > 0.4


class TestCalls:
    def test_chunks(self, data):
        X, y = data
        network = MLPMultilabelClassifier((8,), random_state=0)
        for start in range(0, 300, 100):
            network.partial_fit(X[start : start + 100], y[start : start + 100])
        assert network.predict(X).shape == y.shape
        with pytest.raises(ValueError, match="as many columns as in training, 4; got 3"):
            network.partial_fit(X, y[:, :3])
        with pytest.raises(ValueError, match="classes must have a label for each of the 4"):
            network.partial_fit(X, y, classes=[0, 1])
        with pytest.raises(ValueError, match="balanced"):
            network.set_params(class_weight="balanced").partial_fit(X, y)

    def test_chunks_of_one_label(self, data):
        X, y = data[0], data[1][:, 0]
        with pytest.raises(ValueError, match="classes must be passed on the first call"):
            MLPMultilabelClassifier().partial_fit(X, y)
        network = MLPMultilabelClassifier((8,), random_state=0).partial_fit(
            X, y, classes=[0, 1]
        )
        assert network.partial_fit(X, y).predict(X).shape == (300,)

    def test_warm_start_with_other_labels(self, data):
        X, y = data
        network = fit(data, warm_start=True)
        with pytest.raises(ValueError, match="Training cannot resume"):
            network.fit(X, y[:, :3])
        assert network.fit(X, y).predict(X).shape == y.shape

    def test_files(self, data):
        network = fit(data)
        loaded = pickle.loads(pickle.dumps(network))
        np.testing.assert_array_equal(loaded.predict(data[0]), network.predict(data[0]))

    def test_cross_validation(self, data):
        found = cross_val_predict(MLPMultilabelClassifier((8,), **BRIEF), *data, cv=3)
        assert found.shape == data[1].shape

    def test_changed_classes(self, data):
        network = fit(data)
        network.classes_ = np.arange(9)
        with pytest.raises(ValueError, match="classes_ was changed"):
            network.predict(data[0])


SETS = [{"a", "b"}, {"b"}, set()] * 100


class TestRefusals:
    @pytest.mark.parametrize(
        ("y", "message"),
        [
            (SETS, "MultiLabelBinarizer makes it"),
            ([[0], [0, 1], []] * 100, "MultiLabelBinarizer makes it"),
            (np.full((300, 3), 2), "y must be a matrix of 0 and 1.*MultiOutputClassifier"),
            (np.full((300, 3), 0.5), "y must be a matrix of 0 and 1.*take MLPRegressor"),
            (np.full((300, 2), "a"), "y must be a matrix of 0 and 1"),
            (np.full((300, 2), np.nan), "y.*NaN"),
            (np.full((300, 2), None), "y"),
            (sparse.csr_array(np.full((300, 2), 3.0)), "y must be a matrix of 0 and 1"),
            (np.zeros((299, 2)), "inconsistent numbers of samples"),
            (np.zeros((300, 0)), "y"),
            (np.linspace(0, 1, 300), "take MLPRegressor"),
            (None, "requires y"),
        ],
    )
    def test_y(self, data, y, message):
        with pytest.raises(ValueError, match=message):
            fit((data[0], y))
        with pytest.raises(ValueError, match=r"y|classes"):
            MLPMultilabelClassifier().partial_fit(data[0], y)

    def test_they_are_fitted_as_advised(self, data):
        y = MultiLabelBinarizer().fit_transform(SETS)
        assert fit((data[0], y)).predict(data[0]).shape == (300, 2)

    @pytest.mark.parametrize("other", [MLPBinaryClassifier, MLPMulticlassClassifier])
    def test_others_name_it(self, data, other):
        for y in (data[1], SETS):
            with pytest.raises(ValueError, match="MLPMultilabelClassifier"):
                other().fit(data[0], y)
        with pytest.raises(ValueError, match="MLPRegressor"):
            other().fit(data[0], np.linspace(0, 1, 300))
