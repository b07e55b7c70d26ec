"""Each kernel against its naive version in NumPy."""

import itertools

import numpy as np
import pytest
from scipy import sparse

from skmlp._border.activations import ACTIVATIONS
from skmlp._border.layout import layer_table
from skmlp._border.losses import LOSSES
from skmlp._border.optimizers import ACCUMULATE, OPTIMIZERS
from skmlp._border.sizes import CHUNK, n_chunks, scratch_sizes, stride_of
from skmlp._data import as_matrix
from skmlp._kernels import activations, dropout, inputs, losses, optimizers
from skmlp._kernels._bundles import Criterion, Gradient, Step
from skmlp._kernels._jit import kernel
from skmlp._kernels.epoch import run_epoch
from skmlp._kernels.optimizers import clipping_factor
from skmlp._kernels.simd._hashing import key_of
from skmlp._kernels.simd._processor import processor
from skmlp._network import Network
from skmlp._outputs.base import as_targets
from tests import oracles
from tests.border import from_python

activate = from_python(activations.activate)
activate_and_save = from_python(activations.activate_and_save)
activate_with_slopes = from_python(activations.activate_with_slopes)
differentiate = from_python(activations.differentiate)
differentiate_with_slopes = from_python(activations.differentiate_with_slopes)
multiply = from_python(activations.multiply)
outer_product_through_relu = from_python(activations.outer_product_through_relu)
drop = from_python(dropout.drop)
gather = from_python(inputs.gather)
csr_product_bias = from_python(inputs.csr_product_bias)
csr_product_transposed_left = from_python(inputs.csr_product_transposed_left)
loss_and_delta = from_python(losses.loss_and_delta)
mean_responses = from_python(losses.mean_responses)
optimizer_step = from_python(optimizers.optimizer_step)
scaled_step = from_python(optimizers.scaled_step)
squared_norms = from_python(optimizers.squared_norms)

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)


def rounding(dtype, factor=8):
    """Relative tolerance of a few units in the last place."""
    return factor * np.finfo(dtype).eps


def test_the_oracles_cover_the_registries():
    assert set(oracles.ACTIVATIONS) == set(ACTIVATIONS)
    assert set(oracles.LOSSES) == set(LOSSES)
    assert set(oracles.OPTIMIZERS) == set(OPTIMIZERS)


def test_links_are_named_as_in_scikit_learn():
    for name, link in (("binary", "logistic"), ("multinomial", "softmax")):
        assert LOSSES[name].link == link


def test_gradients_begin_with_cache_lines():
    """Of 64 bytes, which are 16 numbers in float32."""
    sizes = [stride_of(size) for size in (1, 15, 16, 17, 32, 33)]
    assert sizes == [16, 16, 16, 32, 32, 48]


@pytest.mark.parametrize(
    ("n_weights", "size", "expected"),
    [(0, 1, 1), (1, 2, 2), (CHUNK, CHUNK, 1), (CHUNK + 1, 2 * CHUNK + 1, 3), (7, 7, 1)],
)
def test_number_of_chunks(n_weights, size, expected):
    assert n_chunks(n_weights, size) == expected


def value_and_derivative(name, z):
    """Return σ(z) and 2 σ'(z), the second by way of a backward pass of ``∂L/∂h = 2``."""
    activation, h, delta = ACTIVATIONS[name], z.copy(), np.full_like(z, 2.0)
    saved, slopes = np.full_like(z, np.nan), np.full(1, 0.25, z.dtype)
    if activation.learns_slopes:
        column = (-1, 1)
        activate_with_slopes(h.reshape(column), slopes, saved.reshape(column))
        differentiate_with_slopes(saved.reshape(column), slopes, delta.reshape(column))
    elif activation.saves:
        activate_and_save(activation.code, h, saved)
        multiply(saved, delta)
    else:
        activate(activation.code, h)
        differentiate(activation.code, h, delta)
    return h, delta


@DTYPES
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation(name, dtype):
    tiny = [0.0, -0.0, 1e-30, -1e-30]
    z = np.concatenate([np.linspace(-30, 30, 601), [-1e4, 1e4], tiny]).astype(dtype)
    function, derivative = oracles.ACTIVATIONS[name]
    exact = z.astype(np.float64)
    h, grad = value_and_derivative(name, z)
    assert h.dtype == grad.dtype == dtype
    # What gelu is far below 0, and the tails of the others' derivatives, is absolute: Φ(z)
    # loses digits where it is 1 - Φ(-z), and 1 - h² and h (1 - h) where they are saturated:
    # the three units by which h may err there are 1.5 eps, and six in 2 (1 - h²).
    least = rounding(dtype, 1) if name == "gelu" else 1e-38
    np.testing.assert_allclose(h, function(exact), rtol=rounding(dtype, 64), atol=least)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(grad, 2 * derivative(exact), atol=rounding(dtype))


@DTYPES
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_at_infinity(name, dtype):
    """Values and derivatives have their limits, and NaN stays NaN."""
    h, grad = value_and_derivative(name, np.array([-np.inf, np.inf, np.nan, 1.0], dtype))
    large = np.array([-1e30, 1e30])
    function, derivative = oracles.ACTIVATIONS[name]
    with np.errstate(over="ignore"):
        values, slopes = function(large), 2 * derivative(large)
    expected = np.where(np.abs(values) > 1e20, np.copysign(np.inf, values), values)
    np.testing.assert_allclose(h[:2], expected.astype(dtype), rtol=rounding(dtype), atol=1e-30)
    np.testing.assert_allclose(grad[:2], slopes, rtol=rounding(dtype), atol=1e-30)
    assert np.isnan(h[2])
    assert np.isfinite(h[3])


def test_gradient_of_the_slopes(rng):
    """Σ_i Δ min(0, z), whose terms are left where z was saved."""
    z, delta, slopes = rng.normal(size=(9, 5)), rng.normal(size=(9, 5)), rng.normal(size=5)
    h, saved, below = z.copy(), np.empty_like(z), delta.copy()
    activate_with_slopes(h, slopes, saved)
    np.testing.assert_array_equal(h, np.where(z > 0, z, slopes * z))
    differentiate_with_slopes(saved, slopes, below)
    np.testing.assert_allclose(saved, delta * np.minimum(z, 0), rtol=1e-12)
    np.testing.assert_array_equal(below, delta * np.where(z > 0, 1, slopes))


@DTYPES
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout(dtype, rate):
    """A share of `rate` falls out, whatever the key; the mean stays."""
    n, masks = 200_000, []
    for key in (0, 1, 2**62 + 12345):
        h = np.ones(n, dtype)
        drop(h, key, 0, rate)
        masks.append(h == 0)
        # Four standard deviations of a binomial share.
        assert abs(masks[-1].mean() - rate) < 4 * np.sqrt(rate * (1 - rate) / n)
        np.testing.assert_allclose(h[~masks[-1]], 1 / (1 - rate), rtol=rounding(dtype))
        correlation = np.corrcoef(masks[-1][1:], masks[-1][:-1])[0, 1]
        assert abs(correlation) < 4 / np.sqrt(n)
    for one, other in ((0, 1), (1, 2)):
        assert abs(np.corrcoef(masks[one], masks[other])[0, 1]) < 4 / np.sqrt(n)


@kernel
def drop_in_steps(masks, seed, layer, rate):
    for step in range(masks.shape[0]):
        drop(masks[step], key_of(seed, step, layer), 0, rate)


def test_dropout_over_steps():
    """Each unit falls out in its share of the steps, and no two of them together.

    The shares and correlations of 4,000 steps have a deviation of 1 / sqrt(4000); five of
    them are not reached by 4,032 pairs of independent units once in a thousand times.
    """
    n_steps, n_units, rate = 4000, 64, 0.25
    masks = np.ones((2, n_steps, n_units))
    for layer in range(2):
        drop_in_steps(masks[layer], 12345, layer, rate)
    dropped = np.concatenate([masks[0] == 0, masks[1] == 0], axis=1)
    bound = 5 / np.sqrt(n_steps)
    assert np.abs(dropped.mean(axis=0) - rate).max() < bound * np.sqrt(rate * (1 - rate))
    correlations = np.corrcoef(dropped.T) - np.eye(2 * n_units)
    assert np.abs(correlations).max() < bound
    shifted = np.corrcoef(dropped[1:].ravel(), dropped[:-1].ravel())[0, 1]
    assert abs(shifted) < bound


@DTYPES
@pytest.mark.parametrize("n_rows", [1, 3, 4, 6, 16])
def test_outer_product_through_relu(rng, n_rows, dtype):
    """All widths from a vector on, with each rest of one: no term is added twice."""
    lanes = processor().vector_bytes // np.dtype(dtype).itemsize
    for n in range(lanes, 3 * lanes + 1):
        z = rng.normal(size=(n_rows, n)).astype(dtype)
        h, delta = np.maximum(z, 0), rng.normal(size=n_rows).astype(dtype)
        weights, out = rng.normal(size=n).astype(dtype), np.full_like(h, np.nan)
        sums = np.full(n, np.nan, dtype)
        outer_product_through_relu(h, delta, weights, out, sums)
        np.testing.assert_array_equal(out, np.where(z > 0, np.outer(delta, weights), 0))
        # A sum of so few terms is off by some units in the last place of the largest.
        np.testing.assert_allclose(
            sums, out.sum(axis=0, dtype=np.float64), rtol=0, atol=rounding(dtype, 64)
        )


@DTYPES
def test_relu_lets_no_gradient_through_where_it_is_zero(dtype):
    """Not that of an infinite weight either; NaN it hands on."""
    n = 2 * processor().vector_bytes
    h, out = np.zeros((4, n), dtype), np.empty((4, n), dtype)
    h[1, 3], h[2, 5] = np.nan, 1.0
    weights, delta = np.full(n, np.inf, dtype), np.ones(4, dtype)
    outer_product_through_relu(h, delta, weights, out, np.empty(n, dtype))
    expected = np.zeros_like(out)
    expected[1, 3] = expected[2, 5] = np.inf
    np.testing.assert_array_equal(out, expected)


def test_dropout_by_parts(rng):
    """The mask is the same for any part of a minibatch's rows."""
    h = rng.normal(size=1000)
    whole, parts = h.copy(), h.copy()
    drop(whole, 42, 0, 0.3)
    for start, stop in ((0, 170), (170, 512), (512, 1000)):
        drop(parts[start:stop], 42, start, 0.3)
    np.testing.assert_array_equal(parts, whole)
    np.testing.assert_allclose(whole, h * (whole != 0) / 0.7, rtol=1e-15)


# Those of classes, whose mean responses are probabilities.
OF_CLASSES = [name for name, loss in LOSSES.items() if loss.smooths_labels]


def make_logits(rng, name, dtype):
    n_outputs = 1 if name == "binary" else 4
    logits = 5 * rng.normal(size=(50, n_outputs)).astype(dtype)
    y = rng.integers(0, max(n_outputs, 2), 80)
    return logits, y, rng.uniform(0, 2, 80).astype(dtype), rng.permutation(80)[:50]


def make_targets(rng, name, n_outputs):
    """Return targets (80, t) of a loss: codes, labels, counts, or positive numbers."""
    if name == "multinomial":
        return rng.integers(0, n_outputs, (80, 1))
    if name == "binary":
        return rng.integers(0, 2, (80, n_outputs))
    if name == "poisson":
        return rng.poisson(2.0, (80, n_outputs))
    return rng.gamma(2.0, 1.0, (80, 1 if LOSSES[name].is_of_one_target else n_outputs))


def settings_of(name, smoothing=0.0):
    if name in ("quantile", "quantiles"):
        return oracles.LEVELS
    return np.array([smoothing])


@DTYPES
@pytest.mark.parametrize("n_outputs", [1, 4])
@pytest.mark.parametrize("name", LOSSES)
def test_loss(rng, name, n_outputs, dtype):
    if name in ("multinomial", "quantiles"):
        n_outputs = 4
    # Means up to e^9 with an error of 9 units in the last place.
    logits = 3 * rng.normal(size=(50, n_outputs)).astype(dtype)
    targets = as_targets(make_targets(rng, name, n_outputs), dtype)
    weights, rows = rng.uniform(0, 2, 80).astype(dtype), rng.permutation(80)[:50]
    logits[0] = targets[rows[0]] if n_outputs > 1 or name != "binary" else 0  # at the kinks
    y = targets[rows].astype(np.float64)
    y = y[:, 0].astype(int) if name == "multinomial" else y
    losses, gradient = oracles.LOSSES[name](logits.astype(np.float64), y)
    delta, values = np.empty_like(logits), np.ones(50)
    criterion = Criterion(LOSSES[name].code, settings_of(name), grad_scale=0.1)
    loss_and_delta(criterion, logits, targets, weights, rows, values, delta)
    np.testing.assert_allclose(values, 1 + weights[rows] * losses, rtol=rounding(dtype))
    expected = 0.1 * weights[rows, None] * gradient
    np.testing.assert_allclose(delta, expected, rtol=rounding(dtype), atol=rounding(dtype))


@DTYPES
@pytest.mark.parametrize("name", OF_CLASSES)
def test_label_smoothing(rng, name, dtype):
    """It is the mean of the losses of all classes, the label's having the larger part."""
    logits, y, weights, rows = make_logits(rng, name, dtype)
    n_classes = max(logits.shape[1], 2)
    losses, gradients = zip(
        *(
            oracles.LOSSES[name](logits.astype(np.float64), np.full(len(rows), label))
            for label in range(n_classes)
        ),
        strict=True,
    )
    shares = 0.7 * np.eye(n_classes)[y[rows]] + 0.3 / n_classes
    delta, values = np.empty_like(logits), np.zeros(50)
    criterion = Criterion(LOSSES[name].code, settings=np.array([0.3]), grad_scale=1.0)
    loss_and_delta(criterion, logits, as_targets(y, dtype), weights, rows, values, delta)
    expected = weights[rows] * (shares * np.stack(losses, axis=1)).sum(axis=1)
    np.testing.assert_allclose(values, expected, rtol=rounding(dtype, 20))
    gradient = np.einsum("ij,jiq->iq", shares, np.stack(gradients))
    np.testing.assert_allclose(delta, weights[rows, None] * gradient, atol=rounding(dtype))


@DTYPES
@pytest.mark.parametrize("name", OF_CLASSES)
@pytest.mark.parametrize("size", [30.0, 800.0, 1e4])
def test_loss_of_large_logits(name, size, dtype):
    """A wrong class by a margin of 1e4 costs 1e4, and no more than its own gradient."""
    q = 1 if name == "binary" else 3
    logits = np.full((2, q), -size, dtype)
    logits[1] = size
    logits[:, 1:] = 0
    y, rows = np.array([1, 0]) if q == 1 else np.array([0, 1]), np.arange(2)
    delta, values = np.empty_like(logits), np.zeros(2)
    weights = np.ones(2, dtype)
    criterion = Criterion(LOSSES[name].code, settings=np.array([0.0]), grad_scale=1.0)
    loss_and_delta(criterion, logits.copy(), as_targets(y, dtype), weights, rows, values, delta)
    expected, _ = oracles.LOSSES[name](logits.astype(np.float64), y)
    np.testing.assert_allclose(values, expected, rtol=1e-12)
    assert np.isfinite(delta).all()
    assert np.abs(delta).max() == pytest.approx(1, rel=1e-12)
    out = np.empty((2, max(q, 2)), dtype)
    mean_responses(LOSSES[name].code, logits, out)
    assert (out > 0).all()
    assert np.isfinite(np.log(out)).all()
    np.testing.assert_allclose(out.sum(axis=1), 1, rtol=rounding(dtype))


@DTYPES
@pytest.mark.parametrize("name", OF_CLASSES)
def test_probabilities(rng, name, dtype):
    """Logits of up to 20 carry an error of 20 units in the last place into their exp."""
    logits, *_ = make_logits(rng, name, dtype)
    out = np.empty((50, max(logits.shape[1], 2)), dtype)
    mean_responses(LOSSES[name].code, logits, out)
    full = np.hstack([np.zeros((50, 1)), logits]) if name == "binary" else logits
    expected = oracles.softmax(full.astype(np.float64), axis=1)
    np.testing.assert_allclose(out, expected, rtol=rounding(dtype, 32))


@DTYPES
def test_probabilities_of_labels(rng, dtype):
    """Each is that of a logit, and none is 0."""
    logits = (20 * rng.normal(size=(50, 3))).astype(dtype)
    logits[0, 0] = -1e4
    out = np.empty((50, 3), dtype)
    mean_responses(LOSSES["binary"].code, logits, out)
    assert (out > 0).all()
    expected = oracles.expit(logits.astype(np.float64))
    np.testing.assert_allclose(out[1:], expected[1:], rtol=rounding(dtype, 32))


@DTYPES
@pytest.mark.parametrize("name", [name for name in LOSSES if name not in OF_CLASSES])
def test_means_of_numbers(rng, name, dtype):
    logits = (3 * rng.normal(size=(50, 4))).astype(dtype)
    out = np.empty((50, 4), dtype)
    mean_responses(LOSSES[name].code, logits, out)
    if name == "quantiles":
        np.testing.assert_array_equal(out, np.sort(logits, axis=1))
    elif LOSSES[name].link == "exp":
        np.testing.assert_allclose(out, np.exp(logits.astype(float)), rtol=rounding(dtype))
    else:
        np.testing.assert_array_equal(out, logits)


@DTYPES
@pytest.mark.parametrize("name", [name for name in LOSSES if name not in OF_CLASSES])
def test_losses_of_numbers_that_are_not_finite(name, dtype):
    """They must be seen: a fit ends by them."""
    for logit in (np.nan, np.inf):
        logits, values = np.full((1, 1), logit, dtype), np.zeros(1)
        delta, weights = np.empty_like(logits), np.ones(1, dtype)
        criterion = Criterion(LOSSES[name].code, np.array([0.5]), 1.0)
        targets = as_targets(np.ones(1), dtype)
        loss_and_delta(criterion, logits, targets, weights, np.arange(1), values, delta)
        assert not np.isfinite(values[0])


SETTINGS = {
    "sgd": [
        {"momentum": 0.9, "nesterovs_momentum": True},
        {"momentum": 0.5, "nesterovs_momentum": False},
        {"momentum": 0.0, "nesterovs_momentum": True},
    ],
    "adam": [
        {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8},
        {"beta_1": 0.0, "beta_2": 0.5, "epsilon": 1e-2},
    ],
    "adamw": [
        {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8, "scaling_rate": 0.0, "alpha": 0.0},
        {"beta_1": 0.8, "beta_2": 0.5, "epsilon": 1e-2, "scaling_rate": 0.0, "alpha": 0.0},
    ],
}
OPTIMIZER_CASES = pytest.mark.parametrize(
    ("name", "settings"), [(name, s) for name in OPTIMIZERS for s in SETTINGS[name]]
)


def take_step(code, settings, step, theta, gradient, moments, n_weights=0):
    """Update theta and moments, and return Σ θ² of the weights before."""
    squares = np.zeros(n_chunks(n_weights, theta.size))
    if not isinstance(gradient, Gradient):
        gradient = Gradient(gradient, 1)
    optimizer_step(
        code, settings, step, theta, gradient, moments, n_weights, np.intp(0), 0, squares.size,
        squares,
    )  # fmt: skip
    return squares.sum()


def make_step(number, rate, penalty=0.0, clipping=1.0):
    return Step(number, rate, penalty, clipping)


def take_steps(name, settings, gradient_of, theta, rates):
    optimizer = OPTIMIZERS[name]
    moments = np.zeros((optimizer.n_moments, theta.size), theta.dtype)
    values = np.array([settings[key] for key in optimizer.settings], np.float64)
    for number, rate in enumerate(rates, start=1):
        step = make_step(number, rate)
        take_step(optimizer.code, values, step, theta, gradient_of(theta), moments)


@DTYPES
@OPTIMIZER_CASES
def test_optimizer_steps(rng, name, settings, dtype):
    gradients = rng.normal(size=(5, 11)).astype(dtype)
    rates = [0.1, 0.05, 0.2, 0.01, 0.3]
    theta = rng.normal(size=11).astype(dtype)
    expected = oracles.OPTIMIZERS[name](
        gradients.astype(np.float64), rates, theta.astype(np.float64), **settings
    )
    stream = iter(gradients)
    take_steps(name, settings, lambda _: next(stream), theta, rates)
    assert theta.dtype == dtype
    np.testing.assert_allclose(
        theta, expected, rtol=rounding(dtype, 50), atol=rounding(dtype, 50)
    )


DECOUPLED = [name for name, optimizer in OPTIMIZERS.items() if optimizer.decouples]


@DTYPES
@pytest.mark.parametrize("name", DECOUPLED)
def test_decoupled_decay(rng, name, dtype):
    """The weights decay, which come first, and the rest does not."""
    gradients, rates = rng.normal(size=(4, 11)).astype(dtype), [0.1, 0.05, 0.2, 0.01]
    optimizer, settings = OPTIMIZERS[name], SETTINGS[name][0] | {"alpha": 0.5}
    start = rng.normal(size=11).astype(dtype)
    theta, moments = start.copy(), np.zeros((optimizer.n_moments, 11), dtype)
    values = np.array([settings[key] for key in optimizer.settings], np.float64)
    for number, rate in enumerate(rates, start=1):
        step = make_step(number, rate)
        take_step(optimizer.code, values, step, theta, gradients[number - 1], moments, 7)
    arguments = gradients.astype(np.float64), rates, start.astype(np.float64)
    decayed = oracles.OPTIMIZERS[name](*arguments, **settings)
    free = oracles.OPTIMIZERS[name](*arguments, **(settings | {"alpha": 0.0}))
    expected = np.concatenate([decayed[:7], free[7:]])
    np.testing.assert_allclose(theta, expected, atol=rounding(dtype, 50))


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_adamw_is_torch_s(rng, decay):
    torch = pytest.importorskip("torch")
    start, gradients = rng.normal(size=11), rng.normal(size=(6, 11))
    parameter = torch.tensor(start, requires_grad=True)
    optimizer = torch.optim.AdamW(
        [parameter], lr=0.02, betas=(0.8, 0.95), eps=1e-4, weight_decay=decay
    )
    theta, moments = start.copy(), np.zeros((2, 11))
    settings = np.array([0.8, 0.95, 1e-4, 0.0, decay])
    for number, gradient in enumerate(gradients, start=1):
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        step = make_step(number, 0.02)
        take_step(OPTIMIZERS["adamw"].code, settings, step, theta, gradient, moments, 11)
    np.testing.assert_allclose(theta, parameter.detach().numpy(), rtol=1e-12)


@DTYPES
def test_gradient_clipping(rng, dtype):
    """The norm is that of the data's gradient, in one term or two, and the penalty's."""
    theta, one, other = rng.normal(size=(3, 300)).astype(dtype)
    terms = np.full(2 * stride_of(300), np.nan, dtype)
    terms[:300], terms[stride_of(300) :][:300] = one, other
    for n_terms, gradient in ((1, one), (2, one.astype(np.float64) + other)):
        whole = gradient.astype(np.float64)
        whole[:200] += 0.5 * theta[:200]
        norm = np.linalg.norm(whole)
        norms = np.full(n_chunks(200, 300), np.nan)
        squared_norms(theta, Gradient(terms, n_terms), 200, 0.5, 0, norms.size, norms)
        for largest, factor in ((2 * norm, 1.0), (norm / 4, 0.25)):
            assert clipping_factor(norms, largest) == pytest.approx(factor, rel=1e-6)
    assert np.isnan(clipping_factor(np.array([1.0, np.nan]), 1.0))


@DTYPES
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_factor_of_the_gradient(rng, name, dtype):
    """It applies to the gradient of the penalty, too."""
    optimizer = OPTIMIZERS[name]
    settings = np.array([SETTINGS[name][0][key] for key in optimizer.settings], np.float64)
    start, gradient = rng.normal(size=(2, 300)).astype(dtype)
    whole = gradient.copy()
    whole[:200] += dtype(0.5) * start[:200]
    results = []
    for grad, penalty, factor in ((gradient, 0.5, 0.25), (dtype(0.25) * whole, 0.0, 1.0)):
        theta, moments = start.copy(), np.zeros((optimizer.n_moments, 300), dtype)
        step = make_step(1, 0.1, penalty, factor)
        take_step(optimizer.code, settings, step, theta, grad.copy(), moments, 200)
        results.append(theta)
    np.testing.assert_allclose(*results, atol=rounding(dtype, 20))


@DTYPES
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_chunks_of_theta(rng, name, dtype):
    """Any division of the chunks gives the same bits, and two terms of a gradient its sum."""
    optimizer, n_weights, size = OPTIMIZERS[name], 5 * CHUNK - 7, 7 * CHUNK + 3
    settings = np.array([SETTINGS[name][0][key] for key in optimizer.settings], np.float64)
    start, one, other = rng.normal(size=(3, size)).astype(dtype)
    both = np.zeros(2 * stride_of(size), dtype)
    both[:size], both[stride_of(size) :][:size] = one, other
    n_parts, results = n_chunks(n_weights, size), []
    assert n_parts == 5 + 3
    for gradient, n_terms, bounds in (
        (one + other, 1, [0, n_parts]),
        (both, 2, [0, n_parts]),
        (both, 2, [0, 1, 5, 5, n_parts]),
    ):
        theta, moments = start.copy(), np.zeros((optimizer.n_moments, size), dtype)
        squares = np.zeros(n_parts)
        for first, stop in itertools.pairwise(bounds):
            optimizer_step(
                optimizer.code, settings, make_step(1, 0.1, penalty=0.5), theta,
                Gradient(gradient, n_terms), moments, n_weights, np.intp(0), first, stop,
                squares,
            )  # fmt: skip
        assert squares.sum() == pytest.approx((start[:n_weights].astype(float) ** 2).sum())
        results.append(np.concatenate([theta, moments.ravel(), squares]))
    np.testing.assert_allclose(
        results[0], results[1], rtol=rounding(dtype, 20), atol=rounding(dtype, 20)
    )
    np.testing.assert_array_equal(results[1], results[2])


@DTYPES
@pytest.mark.parametrize("n_terms", [1, 2])
def test_adding_up_in_chunks(rng, dtype, n_terms):
    """The gradient's terms and the penalty's are added, and theta stays."""
    size, n_weights = 3 * CHUNK, CHUNK + 5
    theta, one, other, total = rng.normal(size=(4, size)).astype(dtype)
    gradient = np.zeros(2 * stride_of(size), dtype)
    gradient[:size], gradient[stride_of(size) :][:size] = one, other
    before, moments = theta.copy(), total[None].copy()
    step, gradient = make_step(1, 0.1, penalty=0.5), Gradient(gradient, n_terms)
    take_step(ACCUMULATE, np.empty(0), step, theta, gradient, moments, n_weights)
    expected = total.astype(np.float64) + one + (n_terms - 1) * other
    expected[:n_weights] += 0.5 * theta[:n_weights]
    np.testing.assert_allclose(moments[0], expected, atol=rounding(dtype, 20))
    np.testing.assert_array_equal(theta, before)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_penalty_within_the_step(rng, name):
    """As if it had been added to the gradient before, over more than one chunk of theta."""
    optimizer = OPTIMIZERS[name]
    settings = np.array([SETTINGS[name][0][key] for key in optimizer.settings], np.float64)
    start, gradient = rng.normal(size=(2, 2500))
    penalised = gradient.copy()
    penalised[:1700] += 0.5 * start[:1700]
    results = []
    for grad, n_weights in ((gradient, 1700), (penalised, 0)):
        theta, moments = start.copy(), np.zeros((optimizer.n_moments, 2500))
        step = make_step(1, 0.1, penalty=0.5)
        squares = take_step(optimizer.code, settings, step, theta, grad, moments, n_weights)
        assert squares == pytest.approx((start[:n_weights] ** 2).sum())
        results.append(theta)
    np.testing.assert_allclose(*results, rtol=1e-13)


@DTYPES
@pytest.mark.parametrize("n_terms", [1, 2])
def test_a_step_of_the_scales(rng, dtype, n_terms):
    """AdamW's on V and s, rows from 64 on in parts, and nothing of the rest of theta."""
    d, width, n_rest, rate = 130, 3, 20, 0.01
    n, size = d * width, d * width + n_rest
    beta_1, beta_2, epsilon, faster, alpha = settings = np.array([0.8, 0.9, 1e-3, 4.0, 0.5])
    v, s, slopes = rng.normal(size=(d, width)), rng.uniform(1, 2, d), rng.normal(size=(2, size))
    gradient = np.zeros(2 * stride_of(size), dtype)
    gradient[:size], gradient[stride_of(size) :][:size] = slopes
    theta, moments = np.full(size, 7.0, dtype), np.zeros((2, size), dtype)
    scaling = np.concatenate([s, np.zeros(3 * d), v.ravel()]).astype(dtype)
    # Moments as after steps before.
    m_v, m_s = rng.normal(size=(d, width)), rng.normal(size=d)
    r_v, r_s = rng.uniform(1, 2, (d, width)), rng.uniform(1, 2, d)
    moments[:, :n] = m_v.ravel(), r_v.ravel()
    scaling[d : 3 * d] = np.append(m_s, r_s)
    for first, stop in ((0, 64), (64, d)):
        step = make_step(5, rate, clipping=0.25)
        terms = Gradient(gradient, n_terms)
        scaled_step(settings, step, theta, terms, moments, scaling, d, first, stop)
    grad = slopes[:n_terms, :n].sum(axis=0).reshape(d, width)
    corrections = 1 - beta_1**5, 1 - beta_2**5
    for value, first, second, gradient_of, eta, decay in (
        (s, m_s, r_s, 0.25 * (grad * v).sum(axis=1), faster * rate, 0.0),
        (v, m_v, r_v, 0.25 * s[:, None] * grad, rate, rate * alpha),
    ):
        first[:] = beta_1 * first + (1 - beta_1) * gradient_of
        second[:] = beta_2 * second + (1 - beta_2) * gradient_of**2
        spread = np.sqrt(second / corrections[1]) + epsilon
        step = eta * first / corrections[0] / spread
        if value is s:
            scaled = s - step
        else:
            value[:] = (1 - decay) * value - step
    close = {"rtol": rounding(dtype, 50), "atol": rounding(dtype, 50)}
    np.testing.assert_allclose(scaling[:d], scaled, **close)
    np.testing.assert_allclose(scaling[d : 3 * d], np.append(m_s, r_s), **close)
    np.testing.assert_allclose(scaling[4 * d :], v.ravel(), **close)
    np.testing.assert_allclose(moments[:, :n], [m_v.ravel(), r_v.ravel()], **close)
    np.testing.assert_allclose(theta[:n], (scaled[:, None] * v).ravel(), **close)
    np.testing.assert_array_equal(theta[n:], 7)
    np.testing.assert_array_equal(moments[:, n:], 0)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_scales_are_left_alone_by_the_other_step(rng, name):
    """The first parameters stay as they are, also where they end within a chunk, or behind."""
    optimizer = OPTIMIZERS[name]
    settings = np.array([SETTINGS[name][0][key] for key in optimizer.settings], np.float64)
    start, gradient = rng.normal(size=(2, 3 * CHUNK))
    for n_scaled in (0, 5, CHUNK, CHUNK + 9):
        theta, moments = start.copy(), np.zeros((optimizer.n_moments, 3 * CHUNK))
        squares = np.zeros(n_chunks(CHUNK + 1, theta.size))
        optimizer_step(
            optimizer.code, settings, make_step(1, 0.1, penalty=0.5), theta,
            Gradient(gradient, 1), moments, CHUNK + 1, np.intp(n_scaled), 0, squares.size,
            squares,
        )  # fmt: skip
        np.testing.assert_array_equal(theta[:n_scaled], start[:n_scaled])
        np.testing.assert_array_equal(moments[:, :n_scaled], 0)
        assert (theta[n_scaled:] != start[n_scaled:]).all()
        assert (moments[:, n_scaled:] != 0).all()


def rosenbrock_gradient(theta):
    x, y = theta
    return np.array([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)])


@OPTIMIZER_CASES
@pytest.mark.parametrize(
    ("gradient_of", "start", "target", "n_steps"),
    [
        (lambda theta: theta - np.array([1.0, -1.0]), [3.0, 2.0], [1.0, -1.0], 8000),
        (rosenbrock_gradient, [-0.5, 1.0], [1.0, 1.0], 60000),
    ],
    ids=["parabola", "rosenbrock"],
)
def test_optimizer_finds_the_minimum(name, settings, gradient_of, start, target, n_steps):
    theta = np.array(start)
    take_steps(name, settings, gradient_of, theta, np.full(n_steps, 1e-3))
    np.testing.assert_allclose(theta, target, atol=1e-2)


@DTYPES
def test_gather(rng, dtype):
    X, rows = rng.normal(size=(30, 17)).astype(dtype), rng.integers(0, 30, 21)
    out = np.full((21, 17), np.nan, dtype)
    gather(as_matrix(X, dtype).dense, rows, out)
    np.testing.assert_array_equal(out, X[rows])


@DTYPES
@pytest.mark.parametrize("width", [1, 5, 40])
def test_csr_products(rng, dtype, width):
    """Whole numbers, so that the products are exact."""
    X = np.where(rng.random((30, 12)) < 0.3, rng.integers(-8, 9, (30, 12)), 0).astype(dtype)
    rows = rng.integers(0, 30, 21)
    _, *csr = as_matrix(sparse.csr_array(X), dtype)
    b, bias = rng.integers(-8, 9, (12, width)).astype(dtype), np.arange(width).astype(dtype)
    out = np.full((21, width), np.nan, dtype)
    csr_product_bias(*csr, rows, b, bias, out)
    np.testing.assert_array_equal(out, X[rows] @ b + bias)
    grad = np.full((12, width), np.nan, dtype)
    for first, stop in ((0, width // 2), (width // 2, width)):
        csr_product_transposed_left(*csr, rows, out, first, stop, grad)
    np.testing.assert_array_equal(grad, X[rows].T @ out)


def test_csr_products_add_up_duplicate_entries():
    X = sparse.csr_array(([1.0, 2.0, 4.0], [1, 1, 0], [0, 2, 3]), shape=(2, 3))
    _, *csr = as_matrix(X, np.float64)
    out, grad = np.empty((2, 2)), np.empty((3, 2))
    b = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    csr_product_bias(*csr, np.arange(2), b, np.zeros(2), out)
    np.testing.assert_array_equal(out, [[9, 12], [4, 8]])
    csr_product_transposed_left(*csr, np.arange(2), np.ones((2, 2)), 0, 2, grad)
    np.testing.assert_array_equal(grad, [[4, 4], [3, 3], [0, 0]])


@DTYPES
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_network_outputs(rng, activation, dtype):
    units = [4, 8, 3, 2]
    network = Network.initialize(units, [activation] * 2, np.random.RandomState(0), dtype)
    X = rng.normal(size=(2500, 4)).astype(dtype)  # more than one panel
    expected = oracles.forward(X, network.coefs, network.intercepts, activation)
    permuted = rng.permutation(2500)
    for depth in (1, 2, 3):
        for rows in (None, permuted):
            out = np.empty((2500, units[depth]), dtype)
            network.write_outputs(as_matrix(X, dtype), depth, out, rows=rows)
            wanted = expected[depth - 1] if rows is None else expected[depth - 1][rows]
            np.testing.assert_allclose(out, wanted, rtol=1e-4, atol=rounding(dtype, 20))


def test_sparse_input_of_a_million_columns_needs_little_scratch_space():
    layers = layer_table([1_000_000, 4, 1], [3, 0], [False, False])
    assert sum(scratch_sizes(layers, 200, first=1)) < 10_000


def test_a_minibatch_of_weight_zero(rng):
    """It moves the parameters by the penalty alone, and by nothing that is not a number."""
    network = Network.initialize([3, 4, 1], ["tanh"], np.random.RandomState(0), np.float64)
    X = as_matrix(rng.normal(size=(6, 3)), np.float64)
    targets = as_targets(rng.integers(0, 2, 6), np.float64)
    gradient, alpha, before = np.zeros((1, network.theta.size)), 0.5, network.theta.copy()
    objective = run_epoch(
        *X, targets, np.zeros(6), np.arange(6), 6, network.theta, network.table,
        LOSSES["binary"].code, np.zeros(1), alpha, ACCUMULATE, np.empty(0), gradient, None, 1,
        np.zeros(1), np.inf, np.zeros(2), 0, None, *network.workspaces(X, 6, 1),
        np.zeros((2, 8), np.int64), 0,
    )  # fmt: skip
    weights = network.theta[: network.n_weights]
    assert objective == pytest.approx(alpha / 2 * (weights**2).sum() / 6)
    np.testing.assert_allclose(gradient[0, : network.n_weights], alpha * weights / 6)
    np.testing.assert_array_equal(gradient[0, network.n_weights :], 0)
    np.testing.assert_array_equal(network.theta, before)
