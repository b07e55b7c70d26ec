"""The layout of the parameters, and the forward and backward passes over the layers.

Notation: X (n, d) is the input, H⁽⁰⁾ = X, and for the layers k = 1..K

    Z⁽ᵏ⁾ = H⁽ᵏ⁻¹⁾ W⁽ᵏ⁾ + b⁽ᵏ⁾,   H⁽ᵏ⁾ = σ(Z⁽ᵏ⁾),   O = Z⁽ᴷ⁾ (the logits; no σ).

All parameters live in one vector ``theta``: the K weight matrices, row by row, then the K
biases, so that what carries a penalty is a prefix. The integer table ``layers`` (K, 6)
says where. The outputs H⁽¹⁾, ..., O of a batch of m rows live in one vector ``work``, and
behind them, where the input is dense, X's rows; ``deltas`` holds ∂L/∂Z⁽¹⁾, ..., ∂L/∂O in the
same order.
"""

import numpy as np

from skmlp._kernels._jit import inlined_kernel, kernel
from skmlp._kernels.activations import activate, differentiate
from skmlp._kernels.inputs import csr_product_bias, csr_product_transposed_left, gather
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
    table[:, UNITS] = np.cumsum(units[1:]) - units[1:]
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
    """Return the number of units of all layers together, without the input."""
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
    """Return layer k's dense input (n_rows, fan_in) as a view of `work`; k from 0."""
    fan_in, last = layers[k, FAN_IN], layers.shape[0] - 1
    before = layers[k - 1, UNITS] if k > 0 else layers[last, UNITS] + layers[last, FAN_OUT]
    return work[n_rows * before : n_rows * (before + fan_in)].reshape(n_rows, fan_in)


@inlined_kernel
def outputs_of(work, layers, k, n_rows):
    """Return layer k's output (n_rows, fan_out), or ∂L/∂Z, as a view of `work` or `deltas`."""
    fan_out, before = layers[k, FAN_OUT], layers[k, UNITS]
    return work[n_rows * before : n_rows * (before + fan_out)].reshape(n_rows, fan_out)


@inlined_kernel
def forward(dense, data, indices, indptr, rows, theta, layers, depth, work):
    """Fill `work` with the outputs of the first `depth` layers for the selected rows."""
    n_rows, first = rows.size, 0
    if indptr.size > 0:
        first = 1
        h = outputs_of(work, layers, 0, n_rows)
        weights, biases = weights_of(theta, layers, 0), biases_of(theta, layers, 0)
        csr_product_bias(data, indices, indptr, rows, weights, biases, h)
        activate(layers[0, ACTIVATION], h.reshape(-1))
    else:
        gather(dense, rows, inputs_of(work, layers, 0, n_rows))
    for k in range(first, depth):
        h = outputs_of(work, layers, k, n_rows)
        below = inputs_of(work, layers, k, n_rows)
        weights, biases = weights_of(theta, layers, k), biases_of(theta, layers, k)
        for start in range(0, n_rows, PANEL):
            stop = min(start + PANEL, n_rows)
            panel = h[start:stop]
            product_bias(below[start:stop], weights, biases, panel)
            activate(layers[k, ACTIVATION], panel.reshape(-1))


@inlined_kernel
def backward(
    data, indices, indptr, rows, theta, layers, work, deltas, transposed, gradient
):  # fmt: skip
    """Overwrite `gradient` from ∂L/∂O in `deltas` and the forward pass in `work`.

    For k = K..1: ∂L/∂W⁽ᵏ⁾ = H⁽ᵏ⁻¹⁾ᵀ Δ⁽ᵏ⁾, ∂L/∂b⁽ᵏ⁾ = column sums of Δ⁽ᵏ⁾, and
    Δ⁽ᵏ⁻¹⁾ = Δ⁽ᵏ⁾ W⁽ᵏ⁾ᵀ ∘ σ'(Z⁽ᵏ⁻¹⁾).
    """
    n_rows, last = rows.size, layers.shape[0] - 1
    gradient[layers[0, BIASES] :] = 0
    add_column_sums(outputs_of(deltas, layers, last, n_rows), biases_of(gradient, layers, last))
    for k in range(last, -1, -1):
        delta, slope = outputs_of(deltas, layers, k, n_rows), weights_of(gradient, layers, k)
        if k == 0 and indptr.size > 0:
            csr_product_transposed_left(data, indices, indptr, rows, delta, slope)
        else:
            product_transposed_left(inputs_of(work, layers, k, n_rows), delta, slope)
        if k > 0:
            _delta_below(theta, layers, k, n_rows, work, delta, transposed, deltas, gradient)


@inlined_kernel
def _delta_below(theta, layers, k, n_rows, work, delta, transposed, deltas, gradient):
    """Compute Δ of the layer below k and add up its column sums, panel by panel."""
    fan_in, fan_out = layers[k, FAN_IN], layers[k, FAN_OUT]
    turned = transposed[: fan_in * fan_out].reshape(fan_out, fan_in)
    transpose(weights_of(theta, layers, k), turned)
    h = outputs_of(work, layers, k - 1, n_rows)
    below = outputs_of(deltas, layers, k - 1, n_rows)
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
    last = layers.shape[0] - 1
    forward(dense, data, indices, indptr, rows, theta, layers, last + 1, work)
    logits = outputs_of(work, layers, last, rows.size)
    delta = outputs_of(deltas, layers, last, rows.size)
    value = loss_and_delta(loss, logits, y, weights, rows, scale, delta)
    backward(data, indices, indptr, rows, theta, layers, work, deltas, transposed, gradient)
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
    work : array
        Room for `block` rows.
    out : array of shape (m, fan_out of that layer)
        Overwritten.
    """
    for start in range(0, rows.size, block):
        part = rows[start : min(start + block, rows.size)]
        forward(dense, data, indices, indptr, part, theta, layers, depth, work)
        last = outputs_of(work, layers, depth - 1, part.size)
        for i in range(part.size):
            for j in range(out.shape[1]):
                out[start + i, j] = last[i, j]
