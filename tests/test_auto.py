"""Parameters that follow from the data."""

import numpy as np
import pytest
from sklearn.base import clone

from skmlp import MLPBinaryClassifier
from tests.helpers import assert_same_network

# Networks of two units, trained for as long as it takes to count, learn next to nothing.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def rows(n):
    X = np.random.default_rng(0).normal(size=(n, 2)).astype(np.float32)
    return X, X[:, 0] > 0


def automatic(**params):
    """Return a network of the least size, with the schedule that "auto" is for."""
    params = {"max_iter": "auto", "n_members": "auto", "random_state": 0} | params
    params = {"hidden_layer_sizes": 2, "n_iter_no_change": None} | params
    return MLPBinaryClassifier(learning_rate="one_cycle", **params)


@pytest.mark.parametrize(
    ("n_rows", "max_iter", "n_members"),
    [(50, 32, 8), (4726, 32, 8), (5000, 31, 8), (7999, 25, 8), (8000, 25, 4), (80_000, 8, 4)],
)
def test_what_becomes_of_it(n_rows, max_iter, n_members):
    X, y = rows(n_rows)
    network = automatic(batch_size=n_rows).fit(X, y)
    assert (network.max_iter_, network.n_members_) == (max_iter, n_members)
    assert network.n_iter_ == max_iter
    assert len(network.coefs_[0]) == n_members
    # The parameters are as they were given, and the next fit may have another number of rows.
    assert network.get_params()["max_iter"] == network.get_params()["n_members"] == "auto"
    assert network.set_params(batch_size=50).fit(*rows(60)).max_iter_ == 32


def test_it_is_as_if_the_numbers_were_given():
    X, y = rows(200)
    network = automatic().fit(X, y)
    same = clone(network).set_params(max_iter=32, n_members=8).fit(X, y)
    assert_same_network(network, same)
    np.testing.assert_array_equal(network.loss_curve_, same.loss_curve_)


def test_numbers_are_told_as_well():
    network = MLPBinaryClassifier(2, max_iter=3, n_iter_no_change=None).fit(*rows(50))
    assert (network.max_iter_, network.n_members_) == (3, 1)


def test_lbfgs_stops_by_itself():
    X, y = rows(50)
    network = automatic(solver="lbfgs").fit(X, y)
    assert (network.max_iter_, network.n_members_) == (200, 1)


def test_training_goes_on_with_the_same():
    X, y = rows(9000)
    network = automatic(warm_start=True).fit(X[:60], y[:60])
    assert network.n_members_ == 8
    network.fit(X, y)  # a fit's epochs are of its rows
    assert (network.n_members_, network.max_iter_) == (8, 23)
    with pytest.warns(UserWarning, match="come to its end after max_iter=23"):
        network.partial_fit(X[:10], y[:10])
    assert (network.n_members_, network.max_iter_) == (8, 23)


def test_a_stream_goes_by_its_first_rows():
    X, y = rows(9000)
    network = automatic()
    network.partial_fit(X, y, classes=[False, True]).partial_fit(X[:100], y[:100])
    assert (network.n_members_, network.max_iter_) == (4, 23)


@pytest.mark.parametrize(("n_rows", "widths"), [(1499, [64, 64]), (1500, [128, 64])])
def test_hidden_layers(n_rows, widths):
    X, y = rows(n_rows)
    network = automatic(max_iter=1, n_members=1, batch_size=n_rows, warm_start=True)
    network.set_params(hidden_layer_sizes="auto").fit(X, y)
    assert [len(bias) for bias in network.intercepts_[:-1]] == widths
    network.set_params(batch_size=50).fit(X[:60], y[:60])  # goes on with the same
    assert [len(bias) for bias in network.intercepts_[:-1]] == widths


def test_a_linear_model_goes_on_as_one():
    X, y = rows(60)
    network = automatic(hidden_layer_sizes=(), n_members=1, warm_start=True).fit(X, y)
    network.set_params(hidden_layer_sizes="auto").fit(X, y)
    assert len(network.intercepts_) == 1


@pytest.mark.parametrize(("n_rows", "fraction"), [(1499, 1 / 8), (1500, 1 / 12)])
def test_rows_that_are_held_out(n_rows, fraction):
    X, y = rows(n_rows)
    network = automatic(max_iter=1, n_members=1, batch_size=1000, early_stopping=True)
    network.set_params(validation_fraction="auto").fit(X, y)
    assert network.validation_fraction_ == fraction
    assert network.t_ == n_rows - np.ceil(fraction * n_rows)
    assert_same_network(
        network, clone(network).set_params(validation_fraction=fraction).fit(X, y)
    )
    network.set_params(validation_fraction=0.25).fit(X, y)
    assert network.validation_fraction_ == 0.25


@pytest.mark.parametrize(
    "name", ["hidden_layer_sizes", "max_iter", "n_members", "validation_fraction"]
)
@pytest.mark.parametrize("value", ["Auto", "", None, -1, 1.5])
def test_other_words(name, value):
    with pytest.raises((TypeError, ValueError), match=name):
        automatic(**{name: value}).fit(*rows(50))
