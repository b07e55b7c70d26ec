"""The layout of the parameters, and the forward and backward passes over the layers.

Notation: X (n, d) is the input, H⁽⁰⁾ = X, and for the layers k = 1..K

    Z⁽ᵏ⁾ = H⁽ᵏ⁻¹⁾ W⁽ᵏ⁾ + b⁽ᵏ⁾,   H⁽ᵏ⁾ = σ(Z⁽ᵏ⁾),   O = Z⁽ᴷ⁾ (the logits; no σ).

All parameters live in one vector ``theta``: the K weight matrices, row by row, then the K
biases, so that what carries a penalty is a prefix. The integer table ``layers`` (K, 6)
says where. A batch's outputs live in one vector ``work`` of m · (d + Σ widths) elements:
the input first, then H⁽¹⁾, ..., O. ``deltas`` holds ∂L/∂Z⁽¹⁾, ..., ∂L/∂O likewise.
"""

import numpy as np

from skmlp._kernels._jit import inlined_kernel, kernel
from skmlp._kernels.activations import activate, differentiate
from skmlp._kernels.inputs import gather
from skmlp._kernels.losses import loss_and_delta
from skmlp._kernels.matmul import (
    add_column_sums,
    product,
    product_bias,
    product_transposed_left,
    transpose,
)

# Columns of the table: where W and b start in theta, the shape of W, how many units of a
# row precede this layer's outputs in the workspace, and the activation's code.
WEIGHTS, BIASES, FAN_IN, FAN_OUT, UNITS, ACTIVATION = range(6)


def layer_table(units, activations):
    """Return the table of layers.

    Parameters
    ----------
    units : sequence of int
        Sizes d, h₁, ..., q, the input's and the output's included.
    activations : sequence of int
        One code a layer, the output's included.

    Returns
    -------
    int64 array of shape (len(units) - 1, 6)
    """
    units = np.asarray(units, dtype=np.int64)
    sizes = units[:-1] * units[1:]
    table = np.empty((len(sizes), 6), dtype=np.int64)
    table[:, WEIGHTS] = np.cumsum(sizes) - sizes
    table[:, BIASES] = sizes.sum() + np.cumsum(units[1:]) - units[1:]
    table[:, FAN_IN] = units[:-1]
    table[:, FAN_OUT] = units[1:]
    table[:, UNITS] = np.cumsum(units[:-1])
    table[:, ACTIVATION] = activations
    return table


# Rows that a layer computes before it applies the activation to them: few enough to be still
# in the processor's first caches, a multiple of every tile's rows but those of AVX2.
PANEL = 32


def n_parameters(layers):
    """Return the size of theta."""
    return int(layers[-1, BIASES] + layers[-1, FAN_OUT])


def n_transposed(layers):
    """Return the size of the largest weight matrix that the backward pass transposes."""
    return int((layers[1:, FAN_IN] * layers[1:, FAN_OUT]).max(initial=0))


def n_units(layers):
    """Return the number of workspace elements that one row takes."""
    return int(layers[-1, UNITS] + layers[-1, FAN_OUT])


@inlined_kernel
def weights_of(theta, layers, k):
    """Return W⁽ᵏ⁾ (fan_in, fan_out) as a view of `theta`, or of a gradient; k from 0."""
    start, fan_in, fan_out = layers[k, WEIGHTS], layers[k, FAN_IN], layers[k, FAN_OUT]
    return theta[start : start + fan_in * fan_out].reshape(fan_in, fan_out)


@inlined_kernel
def biases_of(theta, layers, k):
    """Return b⁽ᵏ⁾ (fan_out,) as a view of `theta`, or of a gradient; k from 0."""
    return theta[layers[k, BIASES] : layers[k, BIASES] + layers[k, FAN_OUT]]


@inlined_kernel
def inputs_of(work, layers, k, n_rows):
    """Return layer k's input (n_rows, fan_in) as a view of `work`; k from 0."""
    fan_in = layers[k, FAN_IN]
    start = n_rows * (layers[k, UNITS] - fan_in)
    return work[start : start + n_rows * fan_in].reshape(n_rows, fan_in)


@inlined_kernel
def outputs_of(work, layers, k, n_rows):
    """Return layer k's output (n_rows, fan_out) as a view of `work`; k from 0."""
    fan_out = layers[k, FAN_OUT]
    start = n_rows * layers[k, UNITS]
    return work[start : start + n_rows * fan_out].reshape(n_rows, fan_out)


@inlined_kernel
def deltas_of(deltas, layers, k, n_rows):
    """Return ∂L/∂Z of layer k (n_rows, fan_out) as a view of `deltas`; k from 0."""
    fan_out = layers[k, FAN_OUT]
    start = n_rows * (layers[k, UNITS] - layers[0, FAN_IN])
    return deltas[start : start + n_rows * fan_out].reshape(n_rows, fan_out)


@inlined_kernel
def forward(theta, layers, depth, n_rows, work):
    """Fill `work` with the outputs of the first `depth` layers, from the input in it."""
    for k in range(depth):
        h = outputs_of(work, layers, k, n_rows)
        below = inputs_of(work, layers, k, n_rows)
        weights, biases = weights_of(theta, layers, k), biases_of(theta, layers, k)
        for start in range(0, n_rows, PANEL):
            stop = min(start + PANEL, n_rows)
            panel = h[start:stop]
            product_bias(below[start:stop], weights, biases, panel)
            activate(layers[k, ACTIVATION], panel.reshape(-1))


@inlined_kernel
def backward(theta, layers, n_rows, work, deltas, transposed, gradient):
    """Overwrite `gradient` from ∂L/∂O in `deltas` and the forward pass in `work`.

    For k = K..1: ∂L/∂W⁽ᵏ⁾ = H⁽ᵏ⁻¹⁾ᵀ Δ⁽ᵏ⁾, ∂L/∂b⁽ᵏ⁾ = column sums of Δ⁽ᵏ⁾, and
    Δ⁽ᵏ⁻¹⁾ = Δ⁽ᵏ⁾ W⁽ᵏ⁾ᵀ ∘ σ'(Z⁽ᵏ⁻¹⁾).
    """
    last = layers.shape[0] - 1
    gradient[layers[0, BIASES] :] = 0
    add_column_sums(deltas_of(deltas, layers, last, n_rows), biases_of(gradient, layers, last))
    for k in range(last, -1, -1):
        h = inputs_of(work, layers, k, n_rows)
        delta = deltas_of(deltas, layers, k, n_rows)
        product_transposed_left(h, delta, weights_of(gradient, layers, k))
        if k > 0:
            _delta_below(theta, layers, k, n_rows, h, delta, transposed, deltas, gradient)


@inlined_kernel
def _delta_below(theta, layers, k, n_rows, h, delta, transposed, deltas, gradient):
    """Compute Δ of the layer below k and add up its column sums, panel by panel."""
    fan_in, fan_out = layers[k, FAN_IN], layers[k, FAN_OUT]
    turned = transposed[: fan_in * fan_out].reshape(fan_out, fan_in)
    transpose(weights_of(theta, layers, k), turned)
    below = deltas_of(deltas, layers, k - 1, n_rows)
    sums = biases_of(gradient, layers, k - 1)
    for start in range(0, n_rows, PANEL):
        stop = min(start + PANEL, n_rows)
        panel = below[start:stop]
        product(delta[start:stop], turned, panel)
        differentiate(layers[k - 1, ACTIVATION], h[start:stop].reshape(-1), panel.reshape(-1))
        add_column_sums(panel, sums)


@inlined_kernel
def batch_gradient(
    dense, data, indices, indptr, y, weights, rows,
    theta, layers, loss, scale, gradient, work, deltas, transposed,
):  # fmt: skip
    """Overwrite `gradient` with that of the data term of one batch, and return the term.

    That is ``scale * Σ_i weights[i] * loss_i`` over `rows`; the penalty is not in it.
    """
    n_rows, last = rows.size, layers.shape[0] - 1
    gather(dense, data, indices, indptr, rows, inputs_of(work, layers, 0, n_rows))
    forward(theta, layers, last + 1, n_rows, work)
    logits = outputs_of(work, layers, last, n_rows)
    delta = deltas_of(deltas, layers, last, n_rows)
    value = loss_and_delta(loss, logits, y, weights, rows, scale, delta)
    backward(theta, layers, n_rows, work, deltas, transposed, gradient)
    return value


@kernel
def outputs(dense, data, indices, indptr, rows, theta, layers, depth, block, work, out):
    """Write the outputs of layer `depth` (counted from 1) for the selected rows.

    Parameters
    ----------
    dense, data, indices, indptr : arrays
        The input; see :mod:`skmlp._kernels.inputs`.
    rows : int array of shape (m,)
    theta, layers : arrays
    depth : int
        Number of layers to go through: K gives the logits, K - 1 the last hidden layer.
    block : int
        Rows taken at a time.
    work : array of at least ``min(block, m) * n_units(layers)`` elements
    out : array of shape (m, fan_out of that layer)
        Overwritten.
    """
    for start in range(0, rows.size, block):
        part = rows[start : min(start + block, rows.size)]
        gather(dense, data, indices, indptr, part, inputs_of(work, layers, 0, part.size))
        forward(theta, layers, depth, part.size, work)
        last = outputs_of(work, layers, depth - 1, part.size)
        for i in range(part.size):
            for j in range(out.shape[1]):
                out[start + i, j] = last[i, j]
