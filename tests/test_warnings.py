"""What a fit says when it comes to nothing, and that it says it only then."""

import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.preprocessing import (
    StandardScaler,
)

from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier, TabularPreprocessor


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


def classifier_for(y, **params):
    two = len(np.unique(y)) == 2
    classifier = MLPBinaryClassifier if two else MLPMulticlassClassifier
    return classifier(**{"random_state": 0, "max_iter": 100, **params})


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
    network = classifier_for(y, solver=solver, activation="tanh", max_iter=1, alpha=1e-9)
    messages = " ".join(said(lambda: network.fit(X, y)))
    assert ("Scale the input, with a " in messages) == (name in UNSCALED)
    if name in UNSCALED:
        assert ("MaxAbsScaler" in messages) == sparse.issparse(X)


def test_advice_to_scale_names_the_column():
    X = normal()
    X[:, 3] += 2000
    messages = said(lambda: classifier_for([0, 1], max_iter=1).fit(X, X[:, 0] > 0))
    assert (
        "column 3, counted from 0, has the mean 2e+03 and the standard deviation" in messages[0]
    )


@pytest.mark.parametrize("factor", [1, 1000])
def test_advice_after_divergence(binary_data, factor):
    """Scaled input needs a smaller rate, and other input a scaler first."""
    X, y = binary_data
    network = classifier_for(
        y, hidden_layer_sizes=8, activation="identity", solver="sgd", learning_rate_init=10.0,
        early_stopping=True, n_iter_no_change=None, batch_size=10,
    )  # fmt: skip
    (message,) = said(lambda: network.fit(factor * X, y))
    assert "diverged in epoch" in message
    assert ("Scale the input" in message) == (factor == 1000)
    assert message.lower().endswith("lower learning_rate_init.")
