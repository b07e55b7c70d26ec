"""The forward and backward passes over the layers.

Notation: X (n, d) is the input, H⁽⁰⁾ = X, and for the layers k = 1..K

    Z⁽ᵏ⁾ = H⁽ᵏ⁻¹⁾ W⁽ᵏ⁾ + b⁽ᵏ⁾,   H⁽ᵏ⁾ = σ(Z⁽ᵏ⁾),   O = Z⁽ᴷ⁾ (the logits; no σ).

See :mod:`skmlp._border.layout` for where they are.
"""

import numpy as np

from skmlp._border import sizes
from skmlp._border.layout import ACTIVATION, FAN_IN, FAN_OUT, WEIGHTS
from skmlp._border.losses import NO_LOSS
from skmlp._border.sizes import DEEP, PANEL, ROWS_CHUNK
from skmlp._kernels._bundles import Net, Task
from skmlp._kernels._jit import inlined_kernel, inner_kernel, kernel
from skmlp._kernels.activations import (
    activate,
    activate_and_save,
    activate_with_slopes,
    differentiate,
    differentiate_with_slopes,
    has_slopes,
    is_relu,
    lower_bound,
    multiply,
    needs_value,
    outer_product_through_relu,
    saves,
)
from skmlp._kernels.dropout import drop
from skmlp._kernels.inputs import (
    csr_product_bias,
    csr_product_transposed_left,
    gather,
    is_finite,
)
from skmlp._kernels.losses import loss_and_delta, mean_responses
from skmlp._kernels.optimizers import stride_of
from skmlp._kernels.simd._denormals import flush_denormals, restore_denormals
from skmlp._kernels.simd._hashing import key_of
from skmlp._kernels.simd._layers import biases_of, inputs_of, outputs_of, slopes_of, weights_of
from skmlp._kernels.simd._processor import lanes_of, tile_rows
from skmlp._kernels.simd._views import flat, matrix_at, read_only, rows_at, vector_at
from skmlp._kernels.simd.matmul import (
    column_sums,
    product,
    product_bias,
    product_transposed_left,
    transpose,
)
from skmlp._kernels.tasks import task_bounds

# Those whose derivatives and sums are taken together. (A variable to numba, which compiles
# `task_bounds` anew for a literal.)
_CHUNK = np.intp(ROWS_CHUNK)
_DEEP = np.intp(DEEP)
# So few outputs are less work than the memory they take: their product goes chunk by chunk.
_SHALLOW = 16


n_halves = inlined_kernel(sizes.n_halves)


@inlined_kernel
def _n_chunks(n_rows):
    """Return how many chunks so many rows are."""
    return (n_rows + _CHUNK - 1) // _CHUNK


@inlined_kernel
def _forward_rows(data, indices, indptr, saved, net, batch, dropout, start, stop, work):
    """Fill `work` with the outputs of all layers for the rows of a batch from `start` on."""
    layers, n_rows, first = net.layers, batch.rows.size, 0
    rows = vector_at(batch.rows, start, stop - start)
    if data is None:
        gather(batch.dense, rows, rows_at(inputs_of(work, layers, 0, n_rows), start, stop))
    else:
        first = 1
        h = rows_at(outputs_of(work, layers, 0, n_rows), start, stop)
        _apply_first_layer(data, indices, indptr, saved, net, rows, n_rows, start, h)
        if saved is not None:
            _drop_outputs(saved, layers, 0, dropout, n_rows, start, h)
    for k in range(first, layers.shape[0]):
        below = rows_at(inputs_of(work, layers, k, n_rows), start, stop)
        h = rows_at(outputs_of(work, layers, k, n_rows), start, stop)
        _apply_layer(saved, net, k, below, n_rows, start, h)
        if saved is not None:
            _drop_outputs(saved, layers, k, dropout, n_rows, start, h)


@inlined_kernel
def _apply_layer(saved, net, k, below, n_rows, start, h):
    """Write the outputs of layer k for the inputs `below` into `h`.

    They are those from `start` on of the `n_rows` rows that `saved` has room for.
    """
    theta, layers = net.theta, net.layers
    zero = h.dtype.type(0)
    floor = lower_bound(layers[k, ACTIVATION], zero)
    product_bias(below, weights_of(theta, layers, k), biases_of(theta, layers, k), floor, h)
    if floor < zero:  # otherwise the product has done it
        _activate_layer(saved, net, k, n_rows, start, h)


@inner_kernel
def _apply_first_layer(data, indices, indptr, saved, net, rows, n_rows, start, h):
    """Write the outputs of the first layer for rows of a CSR matrix into `h`."""
    weights, biases = weights_of(net.theta, net.layers, 0), biases_of(net.theta, net.layers, 0)
    csr_product_bias(data, indices, indptr, rows, weights, biases, h)
    _activate_layer(saved, net, 0, n_rows, start, h)


@inlined_kernel
def _activate_layer(saved, net, k, n_rows, start, h):
    """Replace layer k's Z in `h` by its outputs."""
    if saved is not None:
        _activate_and_save(saved, net, k, n_rows, start, h)
    activate(net.layers[k, ACTIVATION], flat(h))


@inner_kernel
def _activate_and_save(saved, net, k, n_rows, start, h):
    """Replace layer k's Z in `h` by its outputs where its activation saves anything."""
    code = net.layers[k, ACTIVATION]
    saved_rows = rows_at(outputs_of(saved, net.layers, k, n_rows), start, start + h.shape[0])
    if has_slopes(code):
        activate_with_slopes(h, slopes_of(net.theta, net.layers, k), saved_rows)
    elif saves(code):
        activate_and_save(code, flat(h), flat(saved_rows))


@inner_kernel
def _drop_outputs(saved, layers, k, dropout, n_rows, start, h):
    """Let some outputs of layer k fall out, and save what their derivative is computed from."""
    rate = dropout.rates[k]
    if rate > 0.0:
        if needs_value(layers[k, ACTIVATION]):
            saved_rows = rows_at(
                outputs_of(saved, layers, k, n_rows), start, start + h.shape[0]
            )
            values, copies = flat(h), flat(saved_rows)
            for i in range(values.size):
                copies[i] = values[i]
        drop(flat(h), key_of(dropout.seed, dropout.step, k), start * h.shape[1], rate)


@inlined_kernel
def _weights_t_of(weights_t, layers, k):
    """Return the view of W⁽ᵏ⁾ᵀ; k from 1."""
    start = layers[k, WEIGHTS] - layers[1, WEIGHTS]
    return matrix_at(weights_t, start, layers[k, FAN_OUT], layers[k, FAN_IN])


@inlined_kernel
def backward_inputs(saved, net, n_rows, task, k, dropout, buffers):
    """Compute Δ⁽ᵏ⁻¹⁾ = Δ⁽ᵏ⁾ W⁽ᵏ⁾ᵀ ∘ σ'(Z⁽ᵏ⁻¹⁾) for a task's rows of a batch, and its sums."""
    layers = net.layers
    delta = outputs_of(buffers.deltas, layers, k, n_rows)
    weights_t = read_only(_weights_t_of(buffers.weights_t, layers, k))
    if layers[k, FAN_OUT] == 1:  # a column is in the order of its transpose
        weights_t = matrix_at(net.theta, layers[k, WEIGHTS], 1, layers[k, FAN_IN])
    h = outputs_of(buffers.work, layers, k - 1, n_rows)
    below = outputs_of(buffers.deltas, layers, k - 1, n_rows)
    below_sums = outputs_of(buffers.delta_sums, layers, k - 1, _n_chunks(n_rows))
    start, stop = task_bounds(n_rows, _CHUNK, task.number, task.n_tasks)
    n_together = _CHUNK if layers[k, FAN_OUT] < _SHALLOW else _DEEP
    code, is_outer = layers[k - 1, ACTIVATION], False
    if saved is None:
        is_outer = layers[k, FAN_OUT] == 1 and is_relu(code) and h.shape[1] >= lanes_of(h)
    for first in range(start, stop, _CHUNK):  # to be still in the first cache for the sums
        if (first - start) % n_together == 0 and not is_outer:
            last = min(first + n_together, stop)
            product(rows_at(delta, first, last), weights_t, rows_at(below, first, last))
        last = min(first + _CHUNK, stop)
        panel, outputs = rows_at(below, first, last), rows_at(h, first, last)
        if saved is not None:
            _differentiate_saved(saved, net, k - 1, n_rows, first, dropout, panel)
            if dropout.rates[k - 1] > 0.0 and needs_value(code):
                outputs = rows_at(outputs_of(saved, layers, k - 1, n_rows), first, last)
        row = first // _CHUNK
        sums = flat(rows_at(below_sums, row, row + 1))
        if is_outer:
            part = flat(rows_at(delta, first, last))
            outer_product_through_relu(outputs, part, flat(weights_t), panel, sums)
        else:
            differentiate(code, flat(outputs), flat(panel))
            column_sums(panel, sums)


@inner_kernel
def _differentiate_saved(saved, net, k, n_rows, start, dropout, delta):
    """Take `delta` of some rows back through what `differentiate` does not know of.

    That is dropout, and the activation where it saves anything.
    """
    rate = dropout.rates[k]
    if rate > 0.0:
        key = key_of(dropout.seed, dropout.step, k)
        drop(flat(delta), key, start * delta.shape[1], rate)
    code = net.layers[k, ACTIVATION]
    saved_rows = rows_at(
        outputs_of(saved, net.layers, k, n_rows), start, start + delta.shape[0]
    )
    if has_slopes(code):
        differentiate_with_slopes(saved_rows, slopes_of(net.theta, net.layers, k), delta)
    elif saves(code):
        multiply(flat(saved_rows), flat(delta))


@inlined_kernel
def weight_gradients(data, indices, indptr, saved, net, batch, task, k, gradient, buffers):
    """Write a task's part of layer k's gradient: H⁽ᵏ⁻¹⁾ᵀ Δ⁽ᵏ⁾ and the column sums of Δ⁽ᵏ⁾.

    Each of its terms is that of one part of the batch: see :func:`n_halves`.
    """
    size, n_rows = net.theta.size, batch.rows.size
    n_parts = -(-task.n_tasks // gradient.n_terms)  # tasks for each term
    for term in range(gradient.n_terms):
        part = task.number - term * n_parts if task.n_tasks > 1 else 0
        if 0 <= part < n_parts:
            start, stop = task_bounds(n_rows, _CHUNK, term, gradient.n_terms)
            values = vector_at(gradient.values, term * stride_of(size), size)
            if k % n_parts == part:
                _gradient_of_units(saved, net.layers, k, n_rows, start, stop, buffers, values)
            _gradient_of_weights(
                data, indices, indptr, net.layers, batch, start, stop, Task(part, n_parts), k,
                buffers, values,
            )  # fmt: skip


@inlined_kernel
def _gradient_of_units(saved, layers, k, n_rows, start, stop, buffers, gradient):
    """Write ∂L/∂b⁽ᵏ⁾ over some rows, and that of the slopes."""
    biases = biases_of(gradient, layers, k)
    if k == layers.shape[0] - 1:
        delta = rows_at(outputs_of(buffers.deltas, layers, k, n_rows), start, stop)
        column_sums(delta, biases)
    else:
        chunks = outputs_of(buffers.delta_sums, layers, k, _n_chunks(n_rows))
        column_sums(rows_at(chunks, start // _CHUNK, _n_chunks(stop)), biases)
    if saved is not None:  # noqa: SIM102 - alone, or numba does not rule the branch out
        if has_slopes(layers[k, ACTIVATION]):
            products = rows_at(outputs_of(saved, layers, k, n_rows), start, stop)
            column_sums(products, slopes_of(gradient, layers, k))


@inlined_kernel
def _gradient_of_weights(
    data, indices, indptr, layers, batch, start, stop, task, k, buffers, gradient
):
    """Write a task's part of ∂L/∂W⁽ᵏ⁾ over the rows of a batch from `start` to `stop`."""
    n_rows = batch.rows.size
    delta = rows_at(outputs_of(buffers.deltas, layers, k, n_rows), start, stop)
    grad = weights_of(gradient, layers, k)
    if data is not None:  # noqa: SIM102 - alone, or numba does not rule the branch out
        if k == 0:
            rows = vector_at(batch.rows, start, stop - start)
            first, end = task_bounds(grad.shape[1], lanes_of(grad), task.number, task.n_tasks)
            if end > first:
                csr_product_transposed_left(
                    data, indices, indptr, rows, delta, first, end, grad
                )
            return
    first, end = task_bounds(grad.shape[0], tile_rows(), task.number, task.n_tasks)
    below = rows_at(inputs_of(buffers.work, layers, k, n_rows), start, stop)
    for row in range(first, end, _DEEP):
        last = min(row + _DEEP, end)
        product_transposed_left(below, delta, row, last, buffers.scratch, grad)


@inlined_kernel
def forward(
    data, indices, indptr, saved, net, batch, task, criterion, dropout, buffers, losses
):
    """Take a task's rows of a batch to ∂L/∂O, and transpose its part of the weights.

    L is ``grad_scale`` times Σ wᵢ ℓᵢ over the batch, whose terms, without the factor, are
    added to `losses`, row by row.
    """
    theta, layers, n_rows = net.theta, net.layers, batch.rows.size
    start, stop = task_bounds(n_rows, _CHUNK, task.number, task.n_tasks)
    for first in range(start, stop, _DEEP):
        last = min(first + _DEEP, stop)
        _forward_rows(
            data, indices, indptr, saved, net, batch, dropout, first, last, buffers.work
        )
    k = layers.shape[0] - 1
    loss_and_delta(
        criterion, rows_at(outputs_of(buffers.work, layers, k, n_rows), start, stop),
        batch.targets, batch.weights, vector_at(batch.rows, start, stop - start),
        vector_at(losses, start, stop - start),
        rows_at(outputs_of(buffers.deltas, layers, k, n_rows), start, stop),
    )  # fmt: skip
    for k in range(1, layers.shape[0]):
        if layers[k, FAN_OUT] == 1:
            continue  # see `backward_inputs`
        first, end = task_bounds(layers[k, FAN_IN], lanes_of(theta), task.number, task.n_tasks)
        weights_t = _weights_t_of(buffers.weights_t, layers, k)
        transpose(weights_of(theta, layers, k), first, end, weights_t)


@kernel
def outputs(
    dense, data, indices, indptr, rows, theta, layers, depth, loss, saved, work, out
):  # fmt: skip
    """Write the outputs of layer `depth` (counted from 1), or mean responses.

    Parameters
    ----------
    dense, data, indices, indptr : arrays
        The input; see :mod:`skmlp._kernels.inputs`.
    rows : int array of shape (m,)
        The selected rows; may be empty where the input is dense, for all of them.
    theta, layers : arrays
    depth : int
        Number of layers to go through: K gives the logits, K - 1 the last hidden layer.
    loss : int
        Code of the loss whose mean responses are written for the logits, or ``NO_LOSS``.
    saved : array or None
        Room for the outputs of ``PANEL`` rows where an activation needs it.
    work : array
        Room for the inputs and outputs of ``PANEL`` rows.
    out : array of shape (m, fan_out of that layer) or (m, c)
        Overwritten.

    Returns
    -------
    bool
        False where all rows of a dense input were asked for and not all of it is finite, or
        where not all that is written is, unless it is logits.
    """
    before = flush_denormals()
    net, finite, beginning = Net(theta, layers), True, np.intp(0)
    for start in range(0, out.shape[0], PANEL):
        stop = min(start + PANEL, out.shape[0])
        panel = rows_at(out, start, stop)
        h, first = _target(loss, work, layers, 0, depth, panel), 0
        below = rows_at(dense, 0, 0)
        if data is None:
            if rows.size > 0:
                gathered = inputs_of(work, layers, 0, stop - start)
                gather(dense, vector_at(rows, start, stop - start), gathered)
                below = read_only(gathered)
            else:
                below = rows_at(dense, start, stop)
                finite &= is_finite(flat(below))
        else:
            part, first = vector_at(rows, start, stop - start), 1
            _apply_first_layer(
                data, indices, indptr, saved, net, part, stop - start, beginning, h
            )
        for k in range(first, depth):
            if k > 0:
                below = read_only(h)
                h = _target(loss, work, layers, k, depth, panel)
            _apply_layer(saved, net, k, below, stop - start, beginning, h)
        if loss != NO_LOSS:
            mean_responses(loss, h, panel)
        if loss != NO_LOSS or depth < layers.shape[0]:
            finite &= is_finite(flat(read_only(panel)))
    restore_denormals(before)
    return finite


@inlined_kernel
def _target(loss, work, layers, k, depth, panel):
    """Return where layer k writes: `panel` itself where its outputs are what is wanted."""
    is_wanted = loss == NO_LOSS and k == depth - 1
    return panel if is_wanted else outputs_of(work, layers, k, panel.shape[0])
