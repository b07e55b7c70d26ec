"""The forward and backward passes over the layers.

Notation: X (n, d) is the input, H⁽⁰⁾ = X, and for the layers k = 1..K

    Z⁽ᵏ⁾ = H⁽ᵏ⁻¹⁾ W⁽ᵏ⁾ + b⁽ᵏ⁾,   H⁽ᵏ⁾ = σ(Z⁽ᵏ⁾),   O = Z⁽ᴷ⁾ (the logits; no σ).

See :mod:`skmlp._kernels._layout` for where they are.
"""

from skmlp._kernels._denormals import flush_denormals, restore_denormals
from skmlp._kernels._hashing import key_of
from skmlp._kernels._jit import inlined_kernel, inner_kernel, kernel
from skmlp._kernels._layout import (
    ACTIVATION,
    BIASES,
    FAN_IN,
    FAN_OUT,
    biases_of,
    inputs_of,
    outputs_of,
    slopes_of,
    weights_of,
)
from skmlp._kernels._views import flat, matrix_at, read_only, rows_at, vector_at
from skmlp._kernels.activations import (
    activate,
    activate_and_keep,
    activate_with_slopes,
    differentiate,
    differentiate_with_slopes,
    has_slopes,
    keeps,
    lower_bound,
    multiply,
)
from skmlp._kernels.dropout import drop, drop_backward
from skmlp._kernels.inputs import (
    csr_product_bias,
    csr_product_transposed_left,
    gather,
    is_finite,
    prefetch_rows,
)
from skmlp._kernels.losses import loss_and_delta, probabilities
from skmlp._kernels.matmul import (
    add_column_sums,
    product,
    product_bias,
    product_transposed_left,
    scratch_size,
    transpose,
)

# Instead of the code of a loss, where its probabilities are not wanted.
NO_LINK = -1
# Rows that go through the network together in a prediction, whose workspace is sized for them.
PANEL = 32
# Rows whose derivatives and sums are taken together.
_CHUNK = 16
# So few outputs are less work than the memory they take: their product goes chunk by chunk.
_SHALLOW = 16


def n_scratch(layers, n_rows, first):
    """Return the size of the scratch space of the backward pass over `n_rows` rows.

    It holds a weight matrix transposed, or what a product of transposed inputs needs. `first`
    is the first layer with such a product: 1 where the input is sparse, and else 0.
    """
    fans = layers[:, [FAN_IN, FAN_OUT]].tolist()
    transposed = [fan_in * fan_out for fan_in, fan_out in fans[1:]]
    products = [scratch_size(n_rows, *fan) for fan in fans[first:]]
    return max([*transposed, *products], default=0)


@inlined_kernel
def forward(
    dense, data, indices, indptr, rows, theta, layers, dropout, seed, step, kept, work
):  # fmt: skip
    """Fill `work` with the outputs of all layers for the selected rows."""
    n_rows, first = rows.size, 0
    if data is None:
        gather(dense, rows, inputs_of(work, layers, 0, n_rows))
    else:
        first = 1
        h = outputs_of(work, layers, 0, n_rows)
        _apply_first_layer(data, indices, indptr, rows, theta, layers, kept, h)
        if kept is not None:
            _drop_outputs(layers, 0, dropout, seed, step, h)
    for k in range(first, layers.shape[0]):
        below, h = inputs_of(work, layers, k, n_rows), outputs_of(work, layers, k, n_rows)
        _apply_layer(below, theta, layers, k, kept, h)
        if kept is not None:
            _drop_outputs(layers, k, dropout, seed, step, h)


@inlined_kernel
def _apply_layer(below, theta, layers, k, kept, h):
    """Write the outputs of layer k for the inputs `below` into `h`."""
    code, zero = layers[k, ACTIVATION], h.dtype.type(0)
    floor = lower_bound(code, zero)
    product_bias(below, weights_of(theta, layers, k), biases_of(theta, layers, k), floor, h)
    if floor < zero:  # otherwise the product has done it
        _activate_layer(theta, layers, k, kept, h)


@inlined_kernel
def _apply_first_layer(data, indices, indptr, rows, theta, layers, kept, h):
    """Write the outputs of the first layer for rows of a CSR matrix into `h`."""
    weights, biases = weights_of(theta, layers, 0), biases_of(theta, layers, 0)
    csr_product_bias(data, indices, indptr, rows, weights, biases, h)
    _activate_layer(theta, layers, 0, kept, h)


@inlined_kernel
def _activate_layer(theta, layers, k, kept, h):
    """Replace layer k's Z in `h` by its outputs."""
    if kept is not None:
        _activate_and_keep(theta, layers, k, kept, h)
    activate(layers[k, ACTIVATION], flat(h))


@inner_kernel
def _activate_and_keep(theta, layers, k, kept, h):
    """Replace layer k's Z in `h` by its outputs where its activation keeps anything."""
    code, memory = layers[k, ACTIVATION], outputs_of(kept, layers, k, h.shape[0])
    if has_slopes(code):
        activate_with_slopes(h, slopes_of(theta, layers, k), memory)
    elif keeps(code):
        activate_and_keep(code, flat(h), flat(memory))


@inner_kernel
def _drop_outputs(layers, k, dropout, seed, step, h):
    if dropout[k] > 0.0:
        drop(flat(h), key_of(seed, step, k), dropout[k])


@inlined_kernel
def backward(
    data, indices, indptr, rows, theta, layers,
    dropout, seed, step, kept, work, deltas, scratch, gradient,
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
        if data is not None:  # noqa: SIM102 - alone, or numba does not rule the branch out
            if k == 0:
                csr_product_transposed_left(data, indices, indptr, rows, delta, slope)
                break
        below = inputs_of(work, layers, k, n_rows)
        product_transposed_left(below, delta, scratch, slope)
        if k > 0:
            _delta_below(
                theta, layers, k, n_rows,
                dropout, seed, step, kept, work, delta, scratch, deltas, gradient,
            )  # fmt: skip


@inlined_kernel
def _delta_below(
    theta, layers, k, n_rows, dropout, seed, step, kept, work, delta, scratch, deltas, gradient
):  # fmt: skip
    """Compute Δ of the layer below k, and add up its column sums."""
    turned = matrix_at(scratch, 0, layers[k, FAN_OUT], layers[k, FAN_IN])
    transpose(weights_of(theta, layers, k), turned)
    h = outputs_of(work, layers, k - 1, n_rows)
    below = outputs_of(deltas, layers, k - 1, n_rows)
    sums = biases_of(gradient, layers, k - 1)
    is_shallow = layers[k, FAN_OUT] < _SHALLOW
    if not is_shallow:
        product(delta, turned, below)
    for start in range(0, n_rows, _CHUNK):  # to be still in the first cache for the sums
        stop = min(start + _CHUNK, n_rows)
        panel, outputs = rows_at(below, start, stop), rows_at(h, start, stop)
        if is_shallow:
            product(rows_at(delta, start, stop), turned, panel)
        if kept is not None:
            _differentiate_kept(
                theta, layers, k - 1, n_rows, start,
                dropout[k - 1], seed, step, kept, outputs, panel, gradient,
            )  # fmt: skip
        differentiate(layers[k - 1, ACTIVATION], flat(outputs), flat(panel))
        add_column_sums(panel, sums)


@inner_kernel
def _differentiate_kept(
    theta, layers, k, n_rows, start, rate, seed, step, kept, h, delta, gradient
):  # fmt: skip
    """Take `delta` of some rows back through what `differentiate` does not know of.

    That is dropout, and the activation where it keeps anything.
    """
    if rate > 0.0:
        first = start * delta.shape[1]
        drop_backward(flat(h), flat(delta), key_of(seed, step, k), first, rate)
    code = layers[k, ACTIVATION]
    memory = rows_at(outputs_of(kept, layers, k, n_rows), start, start + delta.shape[0])
    if has_slopes(code):
        slopes, sums = slopes_of(theta, layers, k), slopes_of(gradient, layers, k)
        differentiate_with_slopes(memory, slopes, delta, sums)
    elif keeps(code):
        multiply(flat(memory), flat(delta))


@inlined_kernel
def batch_gradient(
    dense, data, indices, indptr, y, weights, rows,
    theta, layers, loss, smoothing, scale,
    dropout, seed, step, kept, gradient, work, deltas, scratch,
):  # fmt: skip
    """Overwrite `gradient` with that of the data term of one batch, and return the term.

    That is ``scale * Σ_i weights[i] * loss_i`` over `rows`; the penalty is not in it.
    """
    last = layers.shape[0] - 1
    forward(
        dense, data, indices, indptr, rows, theta, layers, dropout, seed, step, kept, work
    )  # fmt: skip
    logits = outputs_of(work, layers, last, rows.size)
    delta = outputs_of(deltas, layers, last, rows.size)
    value = loss_and_delta(loss, logits, y, weights, rows, scale, smoothing, delta)
    backward(
        data, indices, indptr, rows, theta, layers,
        dropout, seed, step, kept, work, deltas, scratch, gradient,
    )  # fmt: skip
    return value


@kernel
def outputs(
    dense, data, indices, indptr, rows, theta, layers, depth, link, kept, work, out
):  # fmt: skip
    """Write the outputs of layer `depth` (counted from 1), or class probabilities.

    Parameters
    ----------
    dense, data, indices, indptr : arrays
        The input; see :mod:`skmlp._kernels.inputs`.
    rows : int array of shape (m,)
        The selected rows; may be empty where the input is dense, for all of them.
    theta, layers : arrays
    depth : int
        Number of layers to go through: K gives the logits, K - 1 the last hidden layer.
    link : int
        Code of the loss whose probabilities are written for the logits, or ``NO_LINK``.
    kept : array or None
        Room for the outputs of ``PANEL`` rows where an activation needs it.
    work : array
        Room for the inputs and outputs of ``PANEL`` rows.
    out : array of shape (m, fan_out of that layer) or (m, n_classes)
        Overwritten.

    Returns
    -------
    bool
        False where all rows of a dense input were asked for and not all of it is finite.
    """
    before = flush_denormals()
    finite = True
    for start in range(0, out.shape[0], PANEL):
        stop = min(start + PANEL, out.shape[0])
        panel = rows_at(out, start, stop)
        h, first = _target(link, work, layers, 0, depth, panel), 0
        below = rows_at(dense, start, start)
        if data is None:
            if rows.size > 0:
                gathered = inputs_of(work, layers, 0, stop - start)
                gather(dense, vector_at(rows, start, stop - start), gathered)
                below = read_only(gathered)
            else:
                below = rows_at(dense, start, stop)
                finite &= is_finite(flat(below))
                prefetch_rows(dense, stop + PANEL, stop + 2 * PANEL)
        else:
            part, first = vector_at(rows, start, stop - start), 1
            _apply_first_layer(data, indices, indptr, part, theta, layers, kept, h)
        for k in range(first, depth):
            if k > 0:
                below = read_only(h)
                h = _target(link, work, layers, k, depth, panel)
            _apply_layer(below, theta, layers, k, kept, h)
        if link != NO_LINK:
            probabilities(link, h, panel)
    restore_denormals(before)
    return finite


@inlined_kernel
def _target(link, work, layers, k, depth, panel):
    """Return where layer k writes: `panel` itself where its outputs are what is wanted."""
    is_wanted = link == NO_LINK and k == depth - 1
    return panel if is_wanted else outputs_of(work, layers, k, panel.shape[0])
