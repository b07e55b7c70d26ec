"""The forward and backward passes over the layers.

Notation: X (n, d) is the input, H⁽⁰⁾ = X, and for the layers k = 1..K

    Z⁽ᵏ⁾ = H⁽ᵏ⁻¹⁾ W⁽ᵏ⁾ + b⁽ᵏ⁾,   H⁽ᵏ⁾ = σ(Z⁽ᵏ⁾),   O = Z⁽ᴷ⁾ (the logits; no σ).

See :mod:`skmlp._kernels._layout` for where they are.
"""

from skmlp._kernels._jit import inlined_kernel, kernel
from skmlp._kernels._layout import (
    ACTIVATION,
    BIASES,
    FAN_IN,
    FAN_OUT,
    biases_of,
    inputs_of,
    outputs_of,
    weights_of,
)
from skmlp._kernels._views import flat, matrix_at, rows_at, vector_at
from skmlp._kernels.activations import activate, differentiate, lower_bound
from skmlp._kernels.inputs import csr_product_bias, csr_product_transposed_left, gather
from skmlp._kernels.losses import loss_and_delta
from skmlp._kernels.matmul import (
    add_column_sums,
    product,
    product_bias,
    product_transposed_left,
    scratch_size,
    transpose,
)

# Rows that a layer computes before it applies the activation to them: few enough to be still
# in the processor's first caches, a multiple of every tile's rows but those of AVX2.
PANEL = 32


def n_scratch(layers, n_rows):
    """Return the size of the scratch space of the backward pass over `n_rows` rows.

    It holds a weight matrix transposed, or what a product of transposed outputs needs.
    """
    fans = layers[:, [FAN_IN, FAN_OUT]].tolist()
    transposed = [fan_in * fan_out for fan_in, fan_out in fans[1:]]
    return max([*transposed, *(scratch_size(n_rows, *fan) for fan in fans)])


@inlined_kernel
def forward(dense, data, indices, indptr, rows, theta, layers, depth, work):
    """Fill `work` with the outputs of the first `depth` layers for the selected rows."""
    n_rows, first = rows.size, 0
    if indptr.size > 0:
        first = 1
        h = outputs_of(work, layers, 0, n_rows)
        weights, biases = weights_of(theta, layers, 0), biases_of(theta, layers, 0)
        csr_product_bias(data, indices, indptr, rows, weights, biases, h)
        activate(layers[0, ACTIVATION], flat(h))
    else:
        gather(dense, rows, inputs_of(work, layers, 0, n_rows))
    for k in range(first, depth):
        code = layers[k, ACTIVATION]
        weights, biases = weights_of(theta, layers, k), biases_of(theta, layers, k)
        below, h = inputs_of(work, layers, k, n_rows), outputs_of(work, layers, k, n_rows)
        zero = h.dtype.type(0)
        floor = lower_bound(code, zero)
        for start in range(0, n_rows, PANEL):
            stop = min(start + PANEL, n_rows)
            panel = rows_at(h, start, stop)
            product_bias(rows_at(below, start, stop), weights, biases, floor, panel)
            if floor < zero:
                activate(code, flat(panel))


@inlined_kernel
def backward(
    data, indices, indptr, rows, theta, layers, work, deltas, scratch, gradient
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
            below = inputs_of(work, layers, k, n_rows)
            product_transposed_left(below, delta, scratch, slope)
        if k > 0:
            _delta_below(theta, layers, k, n_rows, work, delta, scratch, deltas, gradient)


@inlined_kernel
def _delta_below(theta, layers, k, n_rows, work, delta, scratch, deltas, gradient):
    """Compute Δ of the layer below k and add up its column sums, panel by panel."""
    code = layers[k - 1, ACTIVATION]
    turned = matrix_at(scratch, 0, layers[k, FAN_OUT], layers[k, FAN_IN])
    transpose(weights_of(theta, layers, k), turned)
    h = outputs_of(work, layers, k - 1, n_rows)
    below = outputs_of(deltas, layers, k - 1, n_rows)
    sums = biases_of(gradient, layers, k - 1)
    for start in range(0, n_rows, PANEL):
        stop = min(start + PANEL, n_rows)
        panel, outputs = rows_at(below, start, stop), rows_at(h, start, stop)
        product(rows_at(delta, start, stop), turned, panel)
        differentiate(code, flat(outputs), flat(panel))
        add_column_sums(panel, sums)


@inlined_kernel
def batch_gradient(
    dense, data, indices, indptr, y, weights, rows,
    theta, layers, loss, scale, gradient, work, deltas, scratch,
):  # fmt: skip
    """Overwrite `gradient` with that of the data term of one batch, and return the term.

    That is ``scale * Σ_i weights[i] * loss_i`` over `rows`; the penalty is not in it.
    """
    last = layers.shape[0] - 1
    forward(dense, data, indices, indptr, rows, theta, layers, last + 1, work)
    logits = outputs_of(work, layers, last, rows.size)
    delta = outputs_of(deltas, layers, last, rows.size)
    value = loss_and_delta(loss, logits, y, weights, rows, scale, delta)
    backward(data, indices, indptr, rows, theta, layers, work, deltas, scratch, gradient)
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
        part = vector_at(rows, start, min(block, rows.size - start))
        forward(dense, data, indices, indptr, part, theta, layers, depth, work)
        last = outputs_of(work, layers, depth - 1, part.size)
        for i in range(part.size):
            for j in range(out.shape[1]):
                out[start + i, j] = last[i, j]
