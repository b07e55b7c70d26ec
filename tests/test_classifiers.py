"""What the fitted classifiers give: labels, probabilities, logits, representations."""

import copy
import pickle
import tracemalloc

import joblib
import numpy as np
import pytest
from scipy import sparse
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.datasets import make_circles, make_moons
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline

import skmlp._network
from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier, TabularPreprocessor
from skmlp._border.activations import ACTIVATIONS
from tests import oracles
from tests.helpers import SOLVERS

METHODS = ["predict", "predict_proba", "predict_log_proba", "decision_function", "transform"]


@pytest.fixture(scope="module")
def fitted(task):
    classifier, X, y = task
    labels = np.array(["ant", "bee", "cat", "dog"])[y]
    network = classifier((12, 6), solver="lbfgs", alpha=1, max_iter=400, tol=1e-2)
    return network.set_params(random_state=0).fit(X, labels), X, labels


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_outputs_are_those_of_the_equations(task, activation):
    classifier, X, y = task
    network = classifier((12, 6), activation, max_iter=50, tol=1.0, random_state=0).fit(X, y)
    *_, hidden, logits = oracles.forward(
        X, network.coefs_, network.intercepts_, activation, network.slopes_
    )
    np.testing.assert_allclose(network.transform(X), hidden, rtol=1e-10, atol=1e-13)
    decision = network.decision_function(X)
    np.testing.assert_allclose(decision, logits.squeeze(), rtol=1e-10, atol=1e-13)
    expected = softmax(logits, axis=1)
    if logits.shape[1] == 1:
        expected = np.hstack([expit(-logits), expit(logits)])
    np.testing.assert_allclose(network.predict_proba(X), expected, rtol=1e-10)
    np.testing.assert_allclose(network.predict_log_proba(X), np.log(expected), atol=1e-10)
    np.testing.assert_array_equal(network.predict(X), network.classes_[expected.argmax(axis=1)])


def test_string_labels(fitted):
    network, X, labels = fitted
    np.testing.assert_array_equal(network.classes_, np.unique(labels))
    assert network.score(X, labels) > 0.9
    assert network.predict(X).dtype == labels.dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("method", METHODS[1:])
def test_outputs_have_the_dtype_of_the_input(fitted, method, dtype):
    network, X, _ = fitted
    outputs = getattr(network, method)(X.astype(dtype))
    assert outputs.dtype == dtype
    np.testing.assert_allclose(outputs, getattr(network, method)(X), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
def test_sparse_rows_give_what_dense_ones_give(fitted, method, container):
    network, X, _ = fitted
    dense, of_sparse = getattr(network, method)(X), getattr(network, method)(container(X))
    np.testing.assert_array_equal(dense, of_sparse)


@pytest.mark.parametrize("method", METHODS)
def test_not_fitted(method):
    with pytest.raises(NotFittedError):
        getattr(MLPMulticlassClassifier(), method)(np.eye(3))


def test_unfitted_has_no_parameters():
    assert not hasattr(MLPBinaryClassifier(), "coefs_")
    with pytest.raises(NotFittedError):
        _ = MLPBinaryClassifier().intercepts_


class TestSingleClass:
    """There is nothing to learn, which is said, and all else is as with more classes."""

    X = np.random.RandomState(0).normal(size=(120, 3))

    def fit(self, label="a", X=None, **parameters):
        # An epsilon of 1e-300 is 0 in float32, where it depends on the weights whether a
        # gradient that vanishes ends in 0 / 0.
        parameters = {"hidden_layer_sizes": (4,), "random_state": 0, **parameters}
        network = MLPMulticlassClassifier(**parameters)
        X = self.X if X is None else X
        return network.fit(X, np.array([label] * X.shape[0]))

    def assert_certain(self, network, X=None):
        X = self.X if X is None else X
        (label,) = network.classes_
        ones = np.ones((X.shape[0], 1))
        np.testing.assert_array_equal(network.predict_proba(X), ones)
        np.testing.assert_array_equal(network.predict_log_proba(X), 0 * ones)
        np.testing.assert_array_equal(network.decision_function(X), 0 * ones)
        assert network.predict(X).tolist() == [label] * X.shape[0]
        assert network.score(X, [label] * X.shape[0]) == 1
        assert network.n_outputs_ == 1
        assert network.out_activation_ == "softmax"
        assert all(np.isfinite(coefs).all() for coefs in network.coefs_)

    @pytest.mark.parametrize("label", ["a", 0, 1, 7, 2.0, True, False])
    def test_labels(self, label):
        with pytest.warns(UserWarning, match=rf"y has a single class, {label!r}: ") as warned:
            network = self.fit(label)
        assert len(warned) == 1
        assert warned[0].filename == __file__
        self.assert_certain(network)
        self.assert_certain(pickle.loads(pickle.dumps(network)))

    @pytest.mark.filterwarnings("ignore:y has a single class:UserWarning")
    @pytest.mark.parametrize(
        "parameters",
        [
            *({"solver": solver} for solver in SOLVERS),
            {"n_members": 3},
            {"label_smoothing": 0.3, "epsilon": 1e-300},
            {"class_weight": "balanced"},
            {"class_weight": {"a": 2.0, "b": 3.0}},
            {"init": "data", "solver": "adamw", "scaling_rate": 10.0},
            {"dropout": 0.3, "max_grad_norm": 1.0, "activation": "prelu"},
            {"hidden_layer_sizes": ()},
            {"hidden_layer_sizes": (), "n_members": 2},
        ],
        ids=str,
    )
    @pytest.mark.parametrize(
        "hold", [np.asarray, np.float32, sparse.csr_array], ids=["float64", "float32", "csr"]
    )
    def test_parameters(self, hold, parameters):
        X = hold(self.X)
        self.assert_certain(self.fit(X=X, **parameters), X)

    @pytest.mark.filterwarnings("ignore:y has a single class:UserWarning")
    @pytest.mark.parametrize("n_members", [1, 2])
    @pytest.mark.parametrize("scoring", [None, "neg_log_loss", "f1", "roc_auc", "roc_auc_ovr"])
    def test_early_stopping_holds_nothing_out(self, scoring, n_members):
        """Many scores are not defined, and those that are say nothing."""
        parameters = {"n_members": n_members, "random_state": 0}
        network = self.fit(early_stopping=True, scoring=scoring, **parameters)
        self.assert_certain(network)
        assert network.best_iter_ is network.validation_scores_ is None
        watched = {"X_val": self.X[:9], "y_val": ["a"] * 9}
        again = clone(network).set_params(temperature_scaling=True)
        again.fit(self.X, ["a"] * 120, **watched)
        assert again.temperature_ == 1
        plain = self.fit(**parameters)
        for other in (network, again):
            np.testing.assert_array_equal(other.coefs_[0], plain.coefs_[0])

    @pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
    def test_going_on(self):
        network = MLPMulticlassClassifier((4,), warm_start=True, random_state=0)
        labels = np.zeros(120, int)
        with pytest.warns(UserWarning, match="single class, 0") as warned:
            network.partial_fit(self.X, labels, classes=[0])
        assert warned[0].filename == __file__
        self.assert_certain(network.partial_fit(self.X, labels))  # without another warning
        with pytest.raises(ValueError, match="has classes not in"):
            network.partial_fit(self.X, labels + 1)
        with pytest.warns(UserWarning, match="single class, 0"):
            self.assert_certain(network.fit(self.X, labels))
        with pytest.raises(ValueError, match="same classes as in the previous call"):
            network.fit(self.X, np.arange(120) % 2)
        network.set_params(warm_start=False).fit(self.X, np.arange(120) % 2)
        assert network.predict_proba(self.X).shape == (120, 2)

    def test_its_other_outputs(self):
        with pytest.warns(UserWarning, match="a single class"):
            network = self.fit()
        with pytest.raises(ValueError, match="NaN"):
            network.predict(np.full((2, 3), np.nan))
        hidden = np.maximum(self.X @ network.coefs_[0] + network.intercepts_[0], 0)
        np.testing.assert_allclose(network.transform(self.X), hidden, atol=1e-12)
        network.coefs_[-1][:] = 100  # whatever the logit says
        self.assert_certain(network)
        network.classes_ = np.array(["a", "b"])
        with pytest.raises(ValueError, match="classes_ was changed after fit"):
            network.predict_proba(self.X)

    @pytest.mark.filterwarnings("ignore:y has a single class:UserWarning")
    @pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
    @pytest.mark.filterwarnings("ignore:Number of classes in training fold:RuntimeWarning")
    @pytest.mark.parametrize(
        "recipe", [MLPMulticlassClassifier, MLPMulticlassClassifier.tabular]
    )
    def test_folds(self, recipe):
        """As in RandomForestClassifier: what is not in a fold's training rows has no share."""
        y = np.repeat(["a", "b"], 60)
        network = recipe(hidden_layer_sizes=(4,), max_iter=3)
        scores = cross_val_score(network, self.X, y, cv=KFold(2), error_score="raise")
        np.testing.assert_array_equal(scores, 0)
        shares = cross_val_predict(network, self.X, y, cv=KFold(2), method="predict_proba")
        forest = RandomForestClassifier(2)
        np.testing.assert_array_equal(
            shares, cross_val_predict(forest, self.X, y, cv=KFold(2), method="predict_proba")
        )

    @pytest.mark.filterwarnings("ignore:y has a single class:UserWarning")
    def test_after_a_preprocessor(self):
        """With a column whose categories become means of the target."""
        pandas = pytest.importorskip("pandas")
        frame = pandas.DataFrame({"k": [f"k{i % 45}" for i in range(120)], "x": self.X[:, 0]})
        pipeline = make_pipeline(TabularPreprocessor(), MLPMulticlassClassifier.tabular())
        pipeline.set_params(mlpmulticlassclassifier__max_iter=3).fit(frame, ["a"] * 120)
        np.testing.assert_array_equal(pipeline.predict_proba(frame), np.ones((120, 1)))


def test_binary_and_two_class_multiclass():
    """One logit, or two: the same model class, and scikit-learn's output shapes."""
    X, y = make_moons(300, noise=0.1, random_state=0)
    kwargs = {"solver": "lbfgs", "alpha": 0.1, "random_state": 0, "max_iter": 500}
    one = MLPBinaryClassifier(10, **kwargs).fit(X, y)
    two = MLPMulticlassClassifier(10, **kwargs).fit(X, y)
    assert (one.n_outputs_, two.n_outputs_) == (1, 2)
    assert (one.out_activation_, two.out_activation_) == ("logistic", "softmax")
    for network in (one, two):
        assert network.decision_function(X).shape == (300,)
        assert network.predict_proba(X).shape == (300, 2)
        assert network.score(X, y) > 0.95
        log_odds = np.diff(network.predict_log_proba(X), axis=1)[:, 0]
        np.testing.assert_allclose(network.decision_function(X), log_odds, atol=1e-6)


class TestTransform:
    def test_circles_become_linearly_separable(self):
        """Three hidden units draw three lines around the inner circle."""
        X, y = make_circles(500, noise=0.03, factor=0.5, random_state=0)
        assert cross_val_score(LogisticRegression(), X, y).mean() < 0.6
        network = MLPBinaryClassifier(
            3, "logistic", solver="lbfgs", max_iter=1000, alpha=1e-3, random_state=0
        ).fit(X, y)
        hidden = network.transform(X)
        assert hidden.shape == (500, 3)
        assert cross_val_score(LogisticRegression(), hidden, y).mean() > 0.98

    def test_names(self, fitted):
        network, *_ = fitted
        prefix = type(network).__name__.lower()
        names = network.get_feature_names_out()
        np.testing.assert_array_equal(names, [f"{prefix}{i}" for i in range(6)])

    @pytest.mark.parametrize("library", ["pandas", "polars"])
    def test_set_output(self, fitted, library):
        pytest.importorskip(library)
        network, X, _ = fitted
        frame = copy.deepcopy(network).set_output(transform=library).transform(X)
        assert type(frame).__module__.startswith(library)
        assert list(frame.columns) == list(network.get_feature_names_out())
        np.testing.assert_array_equal(frame.to_numpy(), network.transform(X))

    def test_fit_transform(self, task):
        classifier, X, y = task
        network = classifier(5, tol=1.0, random_state=0)
        np.testing.assert_array_equal(
            network.fit_transform(X, y), clone(network).fit(X, y).transform(X)
        )

    def test_linear_model_has_none(self, task):
        classifier, X, y = task
        network = classifier((), tol=1.0).fit(X, y)
        assert [w.shape for w in network.coefs_] == [(10, network.n_outputs_)]
        assert "predict" in dir(network)  # which asks for every attribute
        with pytest.raises(ValueError, match=r"hidden_layer_sizes=\(\) has none"):
            network.transform(X)
        with pytest.raises(ValueError, match=r"hidden_layer_sizes=\(\) has none"):
            network.get_feature_names_out()


def test_identity_network_is_one_linear_map(task):
    """W = W⁽¹⁾W⁽²⁾W⁽³⁾ and b = (b⁽¹⁾W⁽²⁾ + b⁽²⁾)W⁽³⁾ + b⁽³⁾, to rounding."""
    classifier, X, y = task
    network = classifier((12, 6), "identity", tol=1.0, random_state=0).fit(X, y)
    weights, bias = np.eye(10), np.zeros(10)
    for W, b in zip(network.coefs_, network.intercepts_, strict=True):
        weights, bias = weights @ W, bias @ W + b
    expected = (X @ weights + bias).squeeze()
    np.testing.assert_allclose(network.decision_function(X), expected, rtol=1e-12, atol=1e-13)


def test_parameters_are_views(fitted):
    """Writing into coefs_ changes the network; replacing an entry is refused."""
    network, X, _ = fitted
    network = copy.deepcopy(network)
    network.coefs_[-1][:] = 0
    network.intercepts_[-1][:] = 0
    np.testing.assert_allclose(network.predict_proba(X), 1 / len(network.classes_))
    with pytest.raises(TypeError):
        network.coefs_[0] = np.zeros((10, 12))


@pytest.mark.parametrize(
    "reload", [copy.deepcopy, lambda network: pickle.loads(pickle.dumps(network))]
)
def test_pickle(fitted, reload):
    network, X, _ = fitted
    twin = reload(network)
    np.testing.assert_array_equal(twin.predict_proba(X), network.predict_proba(X))
    twin.coefs_[0][:] = 0
    assert np.abs(network.coefs_[0]).max() > 0


def test_memory_map(fitted, tmp_path):
    network, X, _ = fitted
    joblib.dump((network, X), tmp_path / "network.joblib")
    mapped, mapped_X = joblib.load(tmp_path / "network.joblib", mmap_mode="r")
    assert isinstance(mapped_X, np.memmap)
    np.testing.assert_array_equal(mapped.predict(mapped_X), network.predict(X))
    refit = clone(network).fit(mapped_X, network.predict(X))
    assert refit.score(X, network.predict(X)) > 0.9


@pytest.mark.parametrize("method", ["partial_fit", "fit"])
@pytest.mark.parametrize("params", [{}, {"activation": "gelu"}, {"dropout": 0.3}], ids=str)
def test_training_goes_on_from_a_memory_map(task, tmp_path, method, params):
    classifier, X, y = task
    network = classifier(8, warm_start=True, tol=1.0, random_state=0, **params).fit(X, y)
    joblib.dump(network, tmp_path / "network.joblib")
    mapped = joblib.load(tmp_path / "network.joblib", mmap_mode="r")
    getattr(mapped, method)(X, y)
    getattr(network, method)(X, y)
    np.testing.assert_array_equal(mapped.predict_proba(X), network.predict_proba(X))


def test_integers_and_frames(task):
    pandas = pytest.importorskip("pandas")
    classifier, X, y = task
    counts = np.rint(3 * X).astype(int)
    frame = pandas.DataFrame(counts, columns=list("abcdefghij"))
    network = classifier(5, tol=1.0, random_state=0).fit(frame, pandas.Series(y))
    assert network.coefs_[0].dtype == np.float64
    np.testing.assert_array_equal(network.feature_names_in_, list("abcdefghij"))
    with pytest.raises(ValueError, match="feature names should match"):
        network.predict(frame[list("bacdefghij")])
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        network.predict(counts)


def test_fortran_order_and_strides(task):
    classifier, X, y = task
    network = classifier(5, tol=1.0, random_state=0)
    expected = clone(network).fit(X, y).predict_proba(X)
    for variant in (np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2]):
        again = clone(network).fit(variant, y).predict_proba(variant)
        np.testing.assert_array_equal(again, expected)


def test_saturated_outputs(task):
    """Logits of ±1e4 give probabilities of 0 and 1 to rounding, and finite logarithms."""
    classifier, X, y = task
    network = classifier((8,), tol=1.0, random_state=0).fit(X, y)
    network.coefs_[-1][:] *= 1e4 / np.abs(network.decision_function(X)).max()
    for dtype in (np.float32, np.float64):
        probabilities = network.predict_proba(X.astype(dtype))
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
        assert np.isfinite(network.predict_log_proba(X.astype(dtype))).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_threads_change_nothing(fitted, monkeypatch, method, container):
    """Not a bit, whatever the number of threads and the backend that is asked for."""
    network, X, _ = fitted
    rows = container(np.tile(X, (5, 1)))
    expected = getattr(network, method)(rows)
    monkeypatch.setattr(skmlp._network, "_BLOCK_OF_PREDICTION", 64)
    network = copy.deepcopy(network)
    for n_jobs in (1, 2, 5):
        parallel = network.set_params(n_jobs=n_jobs)
        np.testing.assert_array_equal(getattr(parallel, method)(rows), expected)
    network.set_params(n_jobs=None)
    with joblib.parallel_config("loky", n_jobs=2):
        np.testing.assert_array_equal(getattr(network, method)(rows), expected)


def test_memory_of_a_prediction_is_bounded(task):
    """Beyond the output it does not grow with the rows, here a hundred times as many."""
    classifier, X, y = task
    network = classifier((50, 50), tol=1.0, random_state=0).fit(X, y)
    rows = np.tile(X, (2000, 1))
    network.predict_proba(rows[:8192])

    def peak(n_rows):
        tracemalloc.start()
        output = network.predict_proba(rows[:n_rows])
        _, largest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return largest - output.nbytes

    # X itself is checked for NaN without a copy; a few kB are objects of the checks.
    assert peak(400_000) < 1.1 * peak(8192) + 100_000
