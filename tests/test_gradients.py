"""The gradient of the whole objective against central differences."""

import numpy as np
import pytest

from skmlp._kernels.activations import ACTIVATIONS
from skmlp._kernels.losses import LOSSES
from skmlp._network import Network
from skmlp._training import Problem, _Objective
from skmlp._validation import TrainingData, as_matrix

N_ROWS, N_FEATURES = 40, 5


def make_objective(rng, activations, loss, weighted, alpha, smoothing=0.0):
    n_outputs = 1 if loss == "binary" else 3
    y = rng.integers(0, max(n_outputs, 2), N_ROWS)
    weights = rng.uniform(0.1, 3, N_ROWS) if weighted else np.ones(N_ROWS)
    X = as_matrix(rng.normal(size=(N_ROWS, N_FEATURES)), np.float64)
    units = [N_FEATURES, 7, 6, n_outputs]
    network = Network.initialize(units, activations, np.random.RandomState(0), np.float64)
    network.theta[:] = rng.normal(size=network.theta.size)
    problem = Problem.weighted(
        TrainingData(X, y, weights),
        np.arange(N_ROWS),
        weights.mean(),
        alpha,
        LOSSES[loss].code,
        smoothing,
    )
    return _Objective(network, problem, None), network.theta.copy()


@pytest.mark.parametrize("alpha", [0.0, 2.0])
@pytest.mark.parametrize("weighted", [False, True], ids=["unit", "weighted"])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradient(rng, activation, loss, weighted, alpha):
    """Steps of 1e-5 leave a truncation error of 1e-10 and a rounding error of 1e-11.

    Both are relative to a gradient of order 1. No unit of the ReLU networks comes within
    a step of its kink on this data.
    """
    objective, theta = make_objective(rng, [activation] * 2, loss, weighted, alpha)
    check_gradient(objective, theta)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    "activations", [("prelu", "gelu"), ("tanh", "prelu"), ("selu", "relu")]
)
def test_gradient_of_mixed_layers(rng, activations, loss):
    """With smoothed labels."""
    objective, theta = make_objective(rng, activations, loss, True, 0.5, smoothing=0.2)
    check_gradient(objective, theta)


def check_gradient(objective, theta):
    _, gradient = objective(theta)
    step = 1e-5
    numeric = np.empty_like(theta)
    for i in range(theta.size):
        shift = np.zeros_like(theta)
        shift[i] = step
        numeric[i] = (objective(theta + shift)[0] - objective(theta - shift)[0]) / (2 * step)
    error = np.linalg.norm(gradient - numeric) / np.linalg.norm(numeric)
    assert error < 1e-6
    np.testing.assert_allclose(gradient, numeric, atol=1e-6 * np.abs(numeric).max())


@pytest.mark.parametrize("loss", LOSSES)
def test_blocks_add_up(rng, loss):
    """Rows taken 7 at a time give what all 40 at once give, to rounding."""
    objective, theta = make_objective(rng, ["tanh", "silu"], loss, weighted=True, alpha=1.0)
    value, gradient = objective(theta)
    objective._block = 7
    in_blocks, gradient_in_blocks = objective(theta)
    np.testing.assert_allclose(in_blocks, value, rtol=1e-13)
    np.testing.assert_allclose(gradient_in_blocks, gradient, rtol=1e-10, atol=1e-14)
