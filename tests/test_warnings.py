"""What a fit says when it comes to nothing, and that it says it only then."""

import warnings
from functools import partial

import numpy as np
import pytest
import sklearn
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)

import skmlp._baseline
from skmlp import MLPBinaryClassifier, TabularPreprocessor
from skmlp._data import TrainingData, as_matrix
from skmlp._feature_scales import find_shift
from skmlp._network import Network
from skmlp._schedules import SCHEDULES
from tests.helpers import SOLVERS, classifier_for

NOTHING = "is no better than the"


def heard(function):
    """Return the warnings of a call, which are for the line that made it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function()
    assert all(warning.filename == __file__ for warning in caught)
    return caught


def said(function):
    return [str(warning.message) for warning in heard(function)]


def bank_customers(n=2000):
    """Balance, income and whether a student, as in the Default data of ISLR; 3 % default."""
    rng = np.random.default_rng(0)
    student = rng.random(n) < 0.3
    balance = np.maximum(0, rng.normal(835 + 120 * student, 480))
    income = rng.normal(np.where(student, 18_000, 40_000), 8_000)
    z = 0.0057 * balance - 0.6 * student - 10.9
    y = rng.random(n) < 1 / (1 + np.exp(-z))
    return np.column_stack([student, balance, income]), y.astype(int)


def penguins():
    """Bill length and depth, flipper length and mass of three species, in mm and g."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [151, 68, 123])
    means = np.array([[38.8, 18.3, 190, 3700], [48.8, 18.4, 196, 3733], [47.5, 15, 217, 5076]])
    return rng.normal(means[y], [2.9, 1.1, 6.6, 450]), y


TABLES = {"bank": bank_customers, "penguins": penguins}
FITS = {
    "adam": {"learning_rate_init": 0.01},
    "sgd": {"solver": "sgd"},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive"},
    "adamw": {"solver": "adamw", "learning_rate_init": 0.01},
    "to the end": {"n_iter_no_change": None, "max_iter": 60, "learning_rate_init": 0.01},
    "exhausted": {"max_iter": 30, "learning_rate_init": 0.01},
    "early stopping": {"early_stopping": True, "learning_rate_init": 0.01},
    "float32": {"learning_rate_init": 0.01},
    "CSR": {"learning_rate_init": 0.01},
    "lbfgs": {"solver": "lbfgs"},
    "members": {"n_members": 2, "learning_rate_init": 0.01},
}
# Fits that may learn something on unscaled input.
HARDIER = {"sgd", "adaptive", "lbfgs"}


def network_for(y, **params):
    return classifier_for(y, **{"max_iter": 100, **params})


def given_as(name, X):
    if name == "CSR":
        return sparse.csr_array(X)
    return X.astype(np.float32) if name == "float32" else X


def loss_of_frequencies(y, weights, smoothing=0.0):
    shares = np.bincount(y, weights) / np.sum(weights)
    shares = (1 - smoothing) * shares + smoothing / len(shares)
    return -(shares * np.log(shares)).sum()


class TestNothingLearned:
    @pytest.mark.parametrize("weights", [None, "rows", "balanced"])
    @pytest.mark.parametrize("name", FITS)
    @pytest.mark.parametrize("table", TABLES)
    def test_unscaled_input(self, table, name, weights):
        """However the fit ended; to the same fit on scaled input there is nothing to say."""
        X, y = TABLES[table]()
        row_weights = np.ones(len(y))
        network, fit_params = network_for(y, **FITS[name]), {}
        if weights == "rows":
            row_weights = np.random.default_rng(0).integers(1, 4, len(y))
            fit_params["sample_weight"] = row_weights
        elif weights == "balanced":
            network.set_params(class_weight="balanced")
            row_weights = 1 / np.bincount(y)[y]
        for scaled in (False, True):
            given = given_as(name, StandardScaler().fit_transform(X) if scaled else X)
            if name == "early stopping":  # and all rows are training rows
                fit_params |= {"X_val": given, "y_val": y}
            messages = said(partial(network.fit, given, y, **fit_params))
            loss = log_loss(y, network.predict_proba(given), sample_weight=row_weights)
            if not scaled:  # where the last step need not be like the others
                loss = max(loss, network.loss_)
            learned_nothing = loss >= loss_of_frequencies(y, row_weights)
            findings = [message for message in messages if NOTHING in message]
            assert len(messages) <= 1
            assert len(findings) == learned_nothing
            if learned_nothing:
                scaler = "MaxAbsScaler" if name == "CSR" else "StandardScaler"
                assert messages[0].count(f"Scale the input, with a {scaler}") == 1
            if name not in HARDIER:
                assert learned_nothing == (not scaled)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize(
        "params",
        [
            {"learning_rate_init": 0.1},
            {"learning_rate_init": 0.1, "label_smoothing": 0.2},
            {"solver": "lbfgs"},
        ],
    )
    def test_columns_that_say_nothing(self, params, dtype):
        """The frequencies are then the best there is, and a fit can only come close."""
        X, y = np.ones((300, 3), dtype), np.repeat([0, 1, 2], [50, 100, 150])
        network = network_for(y, tol=1e-6, max_iter=500, **params)
        (message,) = said(lambda: network.fit(X, y))
        assert NOTHING in message
        assert "unless X says nothing of the classes" in message

    @pytest.mark.parametrize(
        ("params", "advice"),
        [
            ({"learning_rate_init": 10.0}, "Lower learning_rate_init."),
            ({"learning_rate_init": 1e-7}, "Raise learning_rate_init or lower tol"),
            (
                {"solver": "sgd", "learning_rate_init": 1e-6},
                "Raise learning_rate_init or lower",
            ),
            (
                {"learning_rate_init": 1e-7, "n_iter_no_change": None, "max_iter": 10},
                "Raise learning_rate_init or raise max_iter",
            ),
            (
                {"n_iter_no_change": None, "max_iter": 10, "alpha": 1e5, "activation": "tanh"},
                "Lower alpha.",
            ),
        ],
    )
    def test_scaled_input_needs_other_advice(self, params, advice):
        X, y = load_breast_cancer(return_X_y=True)
        network = network_for(y, **params)
        (message,) = said(lambda: network.fit(StandardScaler().fit_transform(X), y))
        assert NOTHING in message
        assert advice in message
        assert "Scale" not in message

    def test_early_stopping_by_a_score_that_the_majority_has(self):
        """The first epoch says no to everybody, which is right in 97 rows of 100."""
        X, y = bank_customers()
        network = network_for(y, early_stopping=True)
        (message,) = said(lambda: network.fit(StandardScaler().fit_transform(X), y))
        assert NOTHING in message
        assert "Set scoring='neg_log_loss', since" in message
        assert f"parameters of epoch {network.best_iter_} " in message

    def test_one_warning_where_training_also_ran_out_of_epochs(self):
        X, y = load_breast_cancer(return_X_y=True)
        network = network_for(y, max_iter=3, learning_rate_init=1.0)
        (warning,) = heard(lambda: network.fit(StandardScaler().fit_transform(X), y))
        assert warning.category is ConvergenceWarning
        message = str(warning.message)
        assert "Maximum iterations (3) reached" in message
        assert NOTHING in message
        assert message.endswith("Lower learning_rate_init.")

    @pytest.mark.parametrize("solver", SOLVERS)
    def test_a_strong_penalty_makes_the_frequencies_right(self, solver):
        X, y = load_breast_cancer(return_X_y=True)
        X = StandardScaler().fit_transform(X)
        rate = 0.01 if solver == "adam" else 1e-4
        network = network_for(y, solver=solver, alpha=1e3, learning_rate_init=rate)
        network.set_params(n_iter_no_change=None, max_iter=1000)
        assert said(lambda: network.fit(X, y)) == []
        assert np.ptp(network.predict_proba(X)[:, 0]) < 0.01

    def test_the_penalty_is_not_held_against_the_network(self):
        X, y = load_wine(return_X_y=True)
        network = network_for(y, alpha=100.0, n_iter_no_change=None, max_iter=200)
        assert said(lambda: network.fit(StandardScaler().fit_transform(X), y)) == []
        assert network.loss_ > loss_of_frequencies(y, np.ones(len(y)))

    def test_dropout_is_not_held_against_the_network(self):
        X, y = load_iris(return_X_y=True)
        X = StandardScaler().fit_transform(X)
        network = network_for(y, hidden_layer_sizes=10, dropout=0.9, n_iter_no_change=None)
        assert said(lambda: network.fit(X, y)) == []
        frequencies = loss_of_frequencies(y, np.ones(len(y)))
        assert log_loss(y, network.predict_proba(X)) < frequencies < network.loss_

    @pytest.mark.parametrize("balanced", [False, True])
    def test_like_is_compared_with_like(self, balanced):
        """Smoothed labels and weighted classes have other losses than labels alone."""
        X, y = bank_customers()
        network = network_for(
            y, label_smoothing=0.3, learning_rate_init=0.01, max_iter=30,
            n_iter_no_change=None, class_weight="balanced" if balanced else None,
        )  # fmt: skip
        weights = 1 / np.bincount(y)[y] if balanced else np.ones(len(y))
        X = StandardScaler().fit_transform(X)
        assert said(lambda: network.fit(X, y)) == []
        alone = loss_of_frequencies(y, np.ones(len(y)))
        assert alone < network.loss_ < loss_of_frequencies(y, weights, 0.3)

    @pytest.mark.parametrize("smoothing", [0.0, 0.1])
    def test_rows_with_a_weight_of_one_class(self, smoothing):
        """There is nothing to learn from them, whatever the loss."""
        X, y = load_breast_cancer(return_X_y=True)
        network = network_for(y, tol=1e-3, label_smoothing=smoothing, max_iter=500)
        X = StandardScaler().fit_transform(X)
        assert said(lambda: network.fit(X, y, sample_weight=y == 1)) == []

    def test_tol_that_asks_for_nothing(self):
        X, y = load_breast_cancer(return_X_y=True)
        X = StandardScaler().fit_transform(X)
        network = network_for(y, tol=1.0, learning_rate_init=1e-6)
        assert said(lambda: network.fit(X, y)) == []
        assert network.loss_ > loss_of_frequencies(y, np.ones(len(y)))

    def test_few_epochs_have_only_begun(self):
        X, y = bank_customers()
        network = network_for(y, max_iter=5, n_iter_no_change=None)
        assert said(lambda: network.fit(X, y)) == []
        assert said(lambda: network.partial_fit(X, y)) == []
        assert network.loss_ > loss_of_frequencies(y, np.ones(len(y)))

    @pytest.mark.parametrize("load", [load_breast_cancer, load_digits, load_iris, load_wine])
    @pytest.mark.parametrize("name", [*FITS, "lbfgs", "tabular"])
    def test_nothing_is_said_of_usual_fits(self, load, name):
        X, y = load(return_X_y=True)
        params = {"n_iter_no_change": None, "max_iter": 40, "learning_rate_init": 0.01}
        if name == "lbfgs":
            params = {"solver": "lbfgs", "alpha": 1.0, "max_iter": 5000, "tol": 1e-3}
        elif name == "tabular":
            params = {"max_iter": 16}
        X = (TabularPreprocessor() if name == "tabular" else StandardScaler()).fit_transform(X)
        network = network_for(y, **FITS.get(name, {}) | params)
        if name == "tabular":
            network = network.tabular(random_state=0, **params)
        assert said(lambda: network.fit(given_as(name, X), y)) == []

    def test_a_fit_that_learned_is_not_predicted_with(self, monkeypatch):
        """The loss of the last epoch tells, and costs nothing."""
        X, y = load_breast_cancer(return_X_y=True)
        X = StandardScaler().fit_transform(X)
        network = network_for(y, tol=1e-3, max_iter=500)
        monkeypatch.setattr(Network, "logits", None)
        assert said(lambda: network.fit(X, y)) == []

    def test_rows_are_predicted_in_blocks(self, monkeypatch):
        """With the same result."""
        X, y = bank_customers()
        network = network_for(y)
        (whole,) = said(lambda: network.fit(X, y))
        monkeypatch.setattr(skmlp._baseline, "_BLOCK", 300)
        assert said(lambda: network.fit(X, y)) == [whole]


def one_hot(n=400, n_columns=60):
    """Categories from one row in two to one row in two hundred."""
    rng = np.random.default_rng(0)
    return (rng.random((n, n_columns)) < np.geomspace(0.005, 0.5, n_columns)).astype(float)


def normal(n=400, d=8):
    return np.random.default_rng(0).normal(size=(n, d))


def word_frequencies(n=400, d=300):
    """Rows of length 1 with a few of many words, as TfidfVectorizer gives."""
    rng = np.random.default_rng(0)
    counts = rng.poisson(1 / np.arange(1, d + 1), (n, d)) * rng.uniform(1, 5, d)
    counts[:, 0] += 1
    return sparse.csr_array(counts / np.linalg.norm(counts, axis=1, keepdims=True))


OF_ORDER_ONE = {
    "digits": lambda: load_digits().data / 16,
    "tabular": lambda: TabularPreprocessor().fit_transform(bank_customers()[0]),
    "one-hot": one_hot,
    "one-hot, CSR": lambda: sparse.csr_array(one_hot()),
    "one-hot, standardised": lambda: StandardScaler().fit_transform(one_hot()),
    "one-hot and numbers": lambda: np.hstack([one_hot(), normal()]),
    "words": word_frequencies,
    "components": lambda: PCA().fit_transform(
        StandardScaler().fit_transform(load_breast_cancer().data)
    ),
    "iris": lambda: load_iris().data,
    "constants": lambda: np.hstack([normal(), np.zeros((400, 1)), np.full((400, 1), 0.1)]),
    "zeros": lambda: np.zeros((400, 3)),
}
UNSCALED = {
    "bank": lambda: bank_customers()[0],
    "penguins": lambda: penguins()[0],
    "breast cancer": lambda: load_breast_cancer().data,
    "pixels": lambda: np.round(load_digits().data * 255 / 16),
    "all columns large": lambda: 1000 * normal(),
    "huge": lambda: 1e18 * normal(),
    "all columns far from 0": lambda: 1000 + normal(),
    "one column far from 0": lambda: np.hstack([normal(), 2000 + 5 * normal(d=1)]),
    "all columns tiny": lambda: 1e-4 * normal(),
    "sparse": lambda: sparse.csr_array(100 * one_hot()),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("name", [*OF_ORDER_ONE, *UNSCALED])
def test_advice_to_scale_is_given_where_it_is_right(name, solver, dtype):
    X = (OF_ORDER_ONE | UNSCALED)[name]().astype(dtype)
    y = np.arange(X.shape[0]) % 3 % 2
    network = network_for(y, solver=solver, activation="tanh", max_iter=1, alpha=1e-9)
    messages = " ".join(said(lambda: network.fit(X, y)))
    assert ("Scale the input, with a " in messages) == (name in UNSCALED)
    if name in UNSCALED:
        assert ("MaxAbsScaler" in messages) == sparse.issparse(X)


def test_advice_to_scale_names_the_column():
    X = normal()
    X[:, 3] += 2000
    messages = said(lambda: network_for([0, 1], max_iter=1).fit(X, X[:, 0] > 0))
    assert (
        "column 3, counted from 0, has the mean 2e+03 and the standard deviation" in messages[0]
    )


@pytest.mark.parametrize("factor", [1, 1000])
def test_advice_after_divergence(binary_data, factor):
    """Scaled input needs a smaller rate, and other input a scaler first."""
    X, y = binary_data
    network = network_for(
        y, hidden_layer_sizes=8, activation="identity", solver="sgd", learning_rate_init=10.0,
        early_stopping=True, n_iter_no_change=None, batch_size=10,
    )  # fmt: skip
    (message,) = said(lambda: network.fit(factor * X, y))
    assert "diverged in epoch" in message
    assert ("Scale the input" in message) == (factor == 1000)
    assert message.lower().endswith("lower learning_rate_init.")


SCALERS = [StandardScaler(), MinMaxScaler(), RobustScaler(), PowerTransformer()]


def watching(y, **params):
    return classifier_for(y, early_stopping=True, max_iter=1, n_iter_no_change=None, **params)


def far(network, X, y, X_val, y_val):
    messages = said(lambda: network.fit(X, y, X_val=X_val, y_val=y_val))
    return [message for message in messages if message.startswith("X_val is far")]


class TestRawValidationRows:
    @pytest.mark.parametrize("kind", ["array", "float32", "pandas", "members"])
    @pytest.mark.parametrize("n_val", [8, 0.25])
    @pytest.mark.parametrize("scaler", SCALERS, ids=str)
    @pytest.mark.parametrize("load", [bank_customers, penguins, load_wine, load_iris])
    def test_are_noticed(self, load, scaler, n_val, kind):
        X, y = load() if load in TABLES.values() else load(return_X_y=True)
        if kind == "float32":
            X = X.astype(np.float32)
        X, X_val, y, y_val = train_test_split(X, y, test_size=n_val, random_state=0)
        network = watching(y, n_members=2 if kind == "members" else 1)
        # In float64, since an older PowerTransformer overflows in float32.
        scaler = clone(scaler).fit(X.astype(float))
        if kind == "pandas":
            scaler.set_output(transform="pandas")
            X_val = pytest.importorskip("pandas").DataFrame(X_val)
            scaler.fit(type(X_val)(X).rename(columns=str))
            X_val = X_val.rename(columns=str)
            X = type(X_val)(X).rename(columns=str)
        (message,) = far(network, scaler.transform(X), y, X_val, y_val)
        assert "transform_input=['X_val']" in message
        assert far(network, scaler.transform(X), y, scaler.transform(X_val), y_val) == []

    def test_in_a_pipeline(self):
        X, X_val, y, y_val = train_test_split(*penguins(), random_state=0)
        pipeline = make_pipeline(StandardScaler(), watching(y))
        step = "mlpmulticlassclassifier__"
        given = {f"{step}X_val": X_val, f"{step}y_val": y_val}
        with pytest.warns(UserWarning, match=r"X_val is far from X.*step__X_val"):
            pipeline.fit(X, y, **given)
        with sklearn.config_context(enable_metadata_routing=True):
            network = pipeline[-1].set_fit_request(X_val=True, y_val=True)
            pipeline = make_pipeline(StandardScaler(), network, transform_input=["X_val"])
            messages = said(partial(pipeline.fit, X, y, X_val=X_val, y_val=y_val))
        assert not any("X_val is far" in message for message in messages)

    @pytest.mark.parametrize("dense", ["neither", "X", "X_val"])
    def test_of_a_sparse_matrix(self, dense):
        rng = np.random.default_rng(0)
        X = rng.poisson(rng.exponential(0.3, 50), (600, 50)) * rng.lognormal(3, 1, 50)
        y = rng.integers(0, 2, 600)
        X, X_val, y, y_val = train_test_split(X, y, random_state=0)
        scaled = MaxAbsScaler().fit(X).transform
        in_X, in_X_val = (
            np.asarray if dense == name else sparse.csr_array for name in ("X", "X_val")
        )
        network = watching(y)
        assert len(far(network, in_X(scaled(X)), y, in_X_val(X_val), y_val)) == 1
        assert far(network, in_X(scaled(X)), y, in_X_val(scaled(X_val)), y_val) == []

    def test_that_are_small(self):
        """Daily returns have next to no spread, beside their standard scores."""
        X, y = 0.01 * np.random.default_rng(0).standard_t(3, (500, 6)), np.arange(500) % 2
        X, X_val, y, y_val = train_test_split(X, y, random_state=0)
        scaler = StandardScaler().fit(X)
        network = watching(y)
        assert len(far(network, scaler.transform(X), y, X_val, y_val)) == 1
        assert far(network, scaler.transform(X), y, scaler.transform(X_val), y_val) == []

    def test_or_the_other_way_around(self):
        X, X_val, y, y_val = train_test_split(*penguins(), random_state=0)
        (message,) = far(watching(y), X, y, StandardScaler().fit(X).transform(X_val), y_val)
        assert "column 2, counted from 0, the middle half of X is from 1" in message

    def test_rows_without_a_weight_do_not_count(self):
        X, y = penguins()
        X = StandardScaler().fit_transform(X)
        X_val, weights = np.vstack([X[::5], np.full((300, 4), 1e6)]), np.ones(len(X[::5]) + 300)
        weights[-300:] = 0
        y_val = np.concatenate([y[::5], np.zeros(300, int)])
        fit_params = {"X_val": X_val, "y_val": y_val, "sample_weight_val": weights}
        messages = said(lambda: watching(y).fit(X, y, **fit_params))
        assert not any(message.startswith("X_val is far") for message in messages)


def data_of(X):
    X = sparse.csr_array(X) if sparse.issparse(X) else np.ascontiguousarray(X)
    return TrainingData(as_matrix(X, X.dtype), np.zeros(len(X.shape)), np.ones(X.shape[0]))


DRAWS = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "float32": lambda rng, shape: rng.normal(size=shape).astype(np.float32),
    "Cauchy": lambda rng, shape: rng.standard_cauchy(shape),
    "lognormal": lambda rng, shape: rng.lognormal(sigma=3, size=shape),
    "outlying rows": lambda rng, shape: (
        rng.standard_cauchy((shape[0], 1)) * rng.normal(size=shape)
    ),
    "counts": lambda rng, shape: np.floor(rng.lognormal(sigma=2, size=shape)),
    "rare": lambda rng, shape: 1.0 * (rng.random(shape) < np.geomspace(1e-3, 0.5, shape[1])),
    "mostly 0": lambda rng, shape: (
        rng.lognormal(sigma=3, size=shape) * (rng.random(shape) < 0.1)
    ),
    "sparse": lambda rng, shape: sparse.csr_array(DRAWS["mostly 0"](rng, shape)),
    "constant": lambda rng, shape: np.ones(shape) + 1e-17 * rng.normal(size=shape),
}


@pytest.mark.parametrize("draw", DRAWS)
def test_rows_drawn_alike_are_not_far(draw, rng):
    """Few rows or many, one column or hundreds: not one of some hundred draws."""
    for n, n_val in [
        (3, 1),
        (10, 3),
        (20, 10),
        (50, 2),
        (100, 10),
        (300, 3),
        (1000, 1),
        (1000, 100),
    ]:
        for d in (1, 2, 5, 30, 300):
            for _ in range(3 if d > 5 else 10):
                X = DRAWS[draw](rng, (n + n_val, d))
                assert find_shift(data_of(X[:n]), data_of(X[n:])) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda X: X + 1,
        lambda X: 3 * X,
        lambda X: X / 3,
        lambda X: X[np.argsort(X[:, 0])],
        lambda X: np.where(np.arange(X.shape[1]) == 0, 5, X),
        lambda X: np.where(np.arange(X.shape[1]) < 5, X[:1], X),
    ],
    ids=["moved", "wider", "narrower", "in order", "one column another", "of one group"],
)
def test_modest_drift_is_not_far(change, rng):
    X = rng.normal(size=(600, 10))
    drifted = change(X.copy())[450:]
    assert find_shift(data_of(X[:450]), data_of(drifted)) is None


def test_the_next_year_is_not_far(rng):
    years = np.repeat([2019.0, 2020.0, 2021.0], 200)
    X = np.column_stack([years, np.arange(600), rng.normal(size=(600, 3))])
    assert find_shift(data_of(X[:400]), data_of(X[400:])) is None


class TestLBFGS:
    @pytest.mark.parametrize(
        "params",
        [
            {"early_stopping": True},
            {"max_grad_norm": 1.0},
            {"warmup_fraction": 0.1},
            {"learning_rate": "cosine"},
            {"early_stopping": True, "max_grad_norm": 2.0, "learning_rate": "one_cycle"},
        ],
    )
    def test_says_what_it_does_not_do(self, binary_data, params):
        """And does the rest, as it would without."""
        network = MLPBinaryClassifier(4, solver="lbfgs", alpha=100.0, random_state=0)
        assert said(lambda: network.fit(*binary_data)) == []
        alone = network.predict_proba(binary_data[0])
        (message,) = said(lambda: network.set_params(**params).fit(*binary_data))
        given = ", ".join(f"{name}={value!r}" for name, value in params.items())
        assert message.startswith(f"solver='lbfgs' makes no use of {given}: ")
        np.testing.assert_array_equal(network.predict_proba(binary_data[0]), alone)

    def test_what_tunes_the_other_solvers_is_no_mistake(self, binary_data):
        """MLPClassifier takes it without a word, too, and searches set it for all."""
        network = MLPBinaryClassifier(
            4, solver="lbfgs", alpha=100.0, random_state=0, batch_size=32, shuffle=False,
            learning_rate="adaptive", learning_rate_init=0.1, power_t=1.0, momentum=0.5,
            nesterovs_momentum=False, validation_fraction=0.2, beta_1=0.5, beta_2=0.5,
            epsilon=1e-4, n_iter_no_change=3, scoring="roc_auc",
        )  # fmt: skip
        assert said(lambda: network.fit(*binary_data)) == []

    @pytest.mark.parametrize("learning_rate", SCHEDULES)
    def test_other_solvers_use_what_it_does_not(self, binary_data, learning_rate):
        network = MLPBinaryClassifier(
            4, early_stopping=True, max_grad_norm=1.0, warmup_fraction=0.1, max_iter=20,
            learning_rate=learning_rate, learning_rate_init=0.05, n_iter_no_change=None,
        )  # fmt: skip
        messages = said(lambda: network.fit(*binary_data))
        assert not any("makes no use of" in message for message in messages)

    def test_a_search_over_solvers_goes_on(self, binary_data):
        network = MLPBinaryClassifier(4, alpha=100.0, early_stopping=True, random_state=0)
        search = GridSearchCV(network, {"solver": ["adam", "lbfgs"]}, cv=2, error_score="raise")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            search.fit(*binary_data)
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("is_searched", [False, True])
@pytest.mark.parametrize(
    "params",
    [
        {"batch_size": 1000, "n_iter_no_change": None},
        {"early_stopping": True, "validation_fraction": 1e-3, "n_iter_no_change": None},
        {"max_iter": 1},
        {"solver": "lbfgs", "early_stopping": True},
    ],
    ids=str,
)
def test_warnings_are_for_the_line_that_called_fit(is_searched, params, binary_data):
    estimator = make_pipeline(StandardScaler(), MLPBinaryClassifier(3, max_iter=3))
    estimator[-1].set_params(**params)
    if is_searched:
        estimator = GridSearchCV(estimator, {"mlpbinaryclassifier__alpha": [1.0]})
    assert heard(lambda: estimator.fit(*binary_data))
