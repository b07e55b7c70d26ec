"""The gradient of the whole objective against central differences."""

import numpy as np
import pytest

from skmlp._border.activations import ACTIVATIONS
from skmlp._border.losses import LOSSES
from skmlp._border.sizes import n_halves
from skmlp._data import TrainingData, as_matrix
from skmlp._lbfgs import Objective
from skmlp._network import Network
from skmlp._outputs.base import as_targets
from skmlp._outputs.classes import Binary, Multinomial
from skmlp._outputs.labels import Multilabel
from skmlp._outputs.numbers import KINDS, Numbers
from skmlp._problem import Problem

N_ROWS, N_FEATURES = 40, 5
OUTPUTS = {
    "binary": Binary(np.arange(2)),
    "multinomial": Multinomial(np.arange(3)),
    "labels": Multilabel(3, is_sparse=False),
    **{
        f"{name}-{n}": Numbers(name, None, (0.3,) if name == "quantile" else (), n)
        for name in KINDS
        for n in (1, 3)
    },
    "quantiles": Numbers("quantile", None, (0.1, 0.5, 0.8)),
}
WITH_LABELS = [name for name, output in OUTPUTS.items() if output.loss.smooths_labels]


def make_targets(rng, output):
    """Return codes, indicators, or positive numbers of order one."""
    if isinstance(output, Numbers):
        return as_targets(rng.gamma(2.0, 0.5, (N_ROWS, output.n_targets)), np.float64)
    if isinstance(output, Multilabel):
        return as_targets(rng.integers(0, 2, (N_ROWS, output.n_labels)), np.float64)
    return as_targets(rng.integers(0, output.n_means, N_ROWS), np.float64)


def make_objective(rng, activations, loss, weighted, alpha, smoothing=0.0):
    output = OUTPUTS[loss]
    targets = make_targets(rng, output)
    weights = rng.uniform(0.1, 3, N_ROWS) if weighted else np.ones(N_ROWS)
    X = as_matrix(rng.normal(size=(N_ROWS, N_FEATURES)), np.float64)
    units = [N_FEATURES, 7, 6, output.n_logits]
    network = Network.initialize(units, activations, np.random.RandomState(0), np.float64)
    network.theta[:] = rng.normal(size=network.theta.size)
    if output.loss.link == "exp":
        network.coefs[-1][:] *= 0.2  # means of order one
    problem = Problem.weighted(
        TrainingData(X, targets, weights),
        np.arange(N_ROWS),
        weights.mean(),
        alpha,
        output,
        smoothing,
    )
    return Objective(network, problem, None), network.theta.copy()


def value_of(objective, theta):
    """Return what the gradient is the gradient of.

    That is the objective, but of several squared errors, whose mean is reported, their sum.
    """
    value, _ = objective(theta)
    problem, network = objective._problem, objective._network
    if problem.output.loss == LOSSES["squared_error"]:
        data = problem.data
        logits = network.logits(data.X, problem.rows)
        losses = problem.output.losses(logits, data.targets)
        value += (problem.output.n_logits - 1) * (data.weights * losses).mean()
    return value


def test_every_loss_has_an_output():
    assert {output.loss for output in OUTPUTS.values()} == set(LOSSES.values())


@pytest.mark.parametrize("alpha", [0.0, 2.0])
@pytest.mark.parametrize("weighted", [False, True], ids=["unit", "weighted"])
@pytest.mark.parametrize("loss", OUTPUTS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradient(rng, activation, loss, weighted, alpha):
    """Steps of 1e-5 leave a truncation error of 1e-10 and a rounding error of 1e-11.

    Both are relative to a gradient of order 1. No unit of the ReLU networks comes within
    a step of its kink on this data, and no output within one of a number.
    """
    objective, theta = make_objective(rng, [activation] * 2, loss, weighted, alpha)
    check_gradient(objective, theta)


@pytest.mark.parametrize("loss", WITH_LABELS)
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
        difference = value_of(objective, theta + shift) - value_of(objective, theta - shift)
        numeric[i] = difference / (2 * step)
    error = np.linalg.norm(gradient - numeric) / np.linalg.norm(numeric)
    assert error < 1e-6
    np.testing.assert_allclose(gradient, numeric, atol=1e-6 * np.abs(numeric).max())


@pytest.mark.parametrize("loss", OUTPUTS)
def test_blocks_add_up(rng, loss):
    """Rows taken 7 at a time give what all 40 at once give, to rounding."""
    objective, theta = make_objective(rng, ["tanh", "silu"], loss, weighted=True, alpha=1.0)
    value, gradient = objective(theta)
    objective._block = 7
    in_blocks, gradient_in_blocks = objective(theta)
    np.testing.assert_allclose(in_blocks, value, rtol=1e-13)
    np.testing.assert_allclose(gradient_in_blocks, gradient, rtol=1e-10, atol=1e-14)


def wide_objective(rng, dtype, scale=1.0):
    """A problem large enough for a gradient of two terms, taken in one block."""
    X = as_matrix(rng.normal(scale=scale, size=(300, 30)).astype(dtype), dtype)
    y = rng.integers(0, 3, 300)
    network = Network.initialize([30, 70, 50, 3], ["relu"] * 2, np.random.RandomState(0), dtype)
    data = TrainingData(X, as_targets(y, dtype), np.ones(300, dtype))
    problem = Problem.weighted(data, np.arange(300), 1.0, 1.0, Multinomial(np.arange(3)))
    return Objective(network, problem, None), network


def test_halves_add_up(rng):
    """A block of 300 rows has a gradient for each half, one of 100 only one."""
    objective, network = wide_objective(rng, np.float64)
    assert [n_halves(network.layers, n) for n in (100, 300)] == [1, 2]
    theta = network.theta.copy()
    value, gradient = objective(theta)
    objective._block = 100
    in_blocks, gradient_in_blocks = objective(theta)
    np.testing.assert_allclose(in_blocks, value, rtol=1e-13)
    np.testing.assert_allclose(gradient_in_blocks, gradient, rtol=1e-10, atol=1e-14)
    np.testing.assert_array_equal(network.theta, theta)


def test_a_gradient_that_overflows_leaves_the_value(rng):
    """As where a line search steps too far, in the first of several blocks."""
    objective, network = wide_objective(rng, np.float32, scale=1e8)
    objective._block = 100
    theta = network.theta.astype(np.float64)
    theta[:] *= 1e-20
    theta[30 * 70 : network.n_weights] *= 2e37  # times the input, more than float32 holds
    value, gradient = objective(theta)
    assert np.isfinite(value)
    assert not np.isfinite(gradient).all()
    np.testing.assert_array_equal(network.theta, theta.astype(np.float32))
