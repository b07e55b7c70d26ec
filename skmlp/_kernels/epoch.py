"""Passes over the training set: one epoch of steps, or one full gradient."""

import numpy as np

from skmlp._border.layout import BIASES, FAN_IN, FAN_OUT, UNITS
from skmlp._border.optimizers import ACCUMULATE
from skmlp._border.sizes import TASKS_PER_THREAD
from skmlp._kernels._bundles import (
    Batch,
    Buffers,
    Criterion,
    Dropout,
    Gradient,
    Net,
    Step,
    Task,
)
from skmlp._kernels._jit import inner_kernel, kernel
from skmlp._kernels.network import backward_inputs, forward, n_halves, weight_gradients
from skmlp._kernels.optimizers import (
    SCALED_CHUNK,
    clipping_factor,
    n_chunks,
    optimizer_step,
    scaled_step,
    squared_norms,
)
from skmlp._kernels.simd._denormals import flush_denormals, restore_denormals
from skmlp._kernels.simd._views import read_only, vector_at
from skmlp._kernels.tasks import NO_TASK, claim_task, task_bounds

# The stages of a step: see :mod:`skmlp._kernels.tasks`.
_FORWARD, _BACK, _GRADIENT, _NORMS, _STEP = range(5)
# Chunks of theta are divided among tasks one by one. (A variable to numba, which compiles anew
# for a literal.)
_ONE = np.intp(1)


@kernel
def run_epoch(
    dense, data, indices, indptr, targets, weights, rows, batch_size,
    theta, layers, loss, loss_settings, alpha,
    optimizer, settings, moments, scaling, first_step, rates, max_norm,
    dropout, seed, saved, gradient, work, deltas, weights_t, scratch, partial_sums,
    sync, thread,
):  # fmt: skip
    """Take one optimizer step a minibatch, through all `rows` in their order.

    A minibatch of m rows contributes (Σ wᵢ ℓᵢ + α/2 Σ W²) / m. The weights come divided
    by their mean over the training set, never by a minibatch's own sum, which would make
    the weights cancel where they are equal within a minibatch.

    With the code ``ACCUMULATE`` for an optimizer, theta stays as it is, and the gradient of
    (Σ wᵢ ℓᵢ + α/2 Σ W²) / m over all m rows is added to `moments`; of `rates` only the number
    is used, and returned is the objective itself.

    Parameters
    ----------
    dense, data, indices, indptr : arrays
        The input; see :mod:`skmlp._kernels.inputs`.
    targets : array of shape (n, t)
        What the loss compares the outputs with; see :mod:`skmlp._kernels.losses`.
    weights : array of shape (n,)
        Of mean 1 over the training rows.
    rows : int array of shape (m,)
        The training rows, in the order of this epoch.
    batch_size : int
    theta : array of shape (p,)
        Updated in place.
    layers : int array of shape (K, 7)
    loss : int
    loss_settings : float64 array
        See :mod:`skmlp._border.losses`.
    alpha : float
        Coefficient of the penalty, divided by the mean weight.
    optimizer : int
    settings : float64 array
    moments : array of shape (n_moments, p)
        The optimizer's, updated in place.
    scaling : array or None
        Factors of the inputs that are learned, and what belongs to them, or empty; None where
        `saved` is. See :func:`skmlp._kernels.optimizers.scaled_step`.
    first_step : int
        Number of the epoch's first step, counted from 1.
    rates : float64 array
        Learning rate of each step.
    max_norm : float
        What the norm of a step's gradient is clipped to; infinity for none.
    dropout : float64 array of shape (K,)
        Chance of 0 for the outputs of each layer; used with `saved` only.
    seed : int
        Of dropout, together with the number of the step.
    saved : array or None
        Room for ``batch_size`` rows of all layers' outputs; None where no layer has dropout or
        an activation that needs it, and inputs have no factors.
    gradient : array
        Of one or two vectors like theta; see :func:`skmlp._kernels.network.gradient_size`.
    work, deltas, weights_t, scratch : arrays
        Room for ``batch_size`` rows, overwritten: see :mod:`skmlp._border.layout`, and
        :func:`skmlp._kernels.network.scratch_sizes`. The deltas' sums over chunks of rows are
        behind them.
    partial_sums : float64 array of shape (n_partial_sums,)
        Zeros before; what is summed in them is zero again after.
    sync : int64 array of shape (n_tasks + 1, 16)
        What the threads agree by, zeros before; see :mod:`skmlp._kernels.tasks`. All of them
        call this with the same arrays.
    thread : int
        Which of them this is, counted from 0.

    Returns
    -------
    float
        The objective averaged over the rows, each minibatch's taken before its step; to thread
        0 only, when all is done.
    """
    before = flush_denormals()
    # Read-only, as in predictions, or what both call would be compiled for each.
    net, n_weights, n_inputs = (
        Net(read_only(theta), layers),
        layers[0, BIASES],
        layers[0, FAN_IN],
    )
    n_tasks, n_stages, n_scaled = sync.shape[0] - 1, 0, np.intp(0)
    if saved is not None:  # noqa: SIM102 - alone, or numba does not rule the branch out
        if scaling.size > 0:
            n_scaled = n_inputs * layers[0, FAN_OUT]
    n_theta_chunks, accumulates = n_chunks(n_weights, theta.size), optimizer == ACCUMULATE
    losses = vector_at(partial_sums, 0, batch_size)
    squares = vector_at(partial_sums, batch_size, n_theta_chunks)
    norms = vector_at(partial_sums, batch_size + n_theta_chunks, n_theta_chunks)
    n_outputs = layers[layers.shape[0] - 1, UNITS] + layers[layers.shape[0] - 1, FAN_OUT]
    n_deltas, n_scratch = (
        batch_size * n_outputs,
        scratch.size // -(-n_tasks // TASKS_PER_THREAD),
    )
    buffers = Buffers(
        work, deltas, vector_at(deltas, n_deltas, deltas.size - n_deltas), weights_t,
        vector_at(scratch, thread * n_scratch, n_scratch),
    )  # fmt: skip
    # Each minibatch adds its part of the one penalty up.
    penalty = alpha / rates.size if accumulates else alpha
    for k in range(rates.size):
        first = k * batch_size
        n_rows = min(batch_size, rows.size - first)
        batch = Batch(vector_at(rows, first, n_rows), dense, targets, weights)
        grad_scale = 1.0 / (rows.size if accumulates else n_rows)
        criterion = Criterion(loss, loss_settings, grad_scale)
        masks, clipping = Dropout(dropout, seed, first_step + k), 1.0
        terms = Gradient(gradient, n_halves(layers, n_rows))
        for stage in range(_FORWARD, _STEP + 1):
            if stage == _GRADIENT and n_tasks == 1:
                continue
            if stage == _NORMS and max_norm == np.inf:
                continue
            if stage == _STEP and max_norm < np.inf:
                clipping = clipping_factor(norms, max_norm)
            step = Step(first_step + k, rates[k], penalty * grad_scale, clipping)
            n_stages += 1
            number = claim_task(sync, thread, n_stages, NO_TASK)
            while number != NO_TASK:
                task = Task(number, n_tasks)
                start, stop = task_bounds(n_theta_chunks, _ONE, number, n_tasks)
                if stage == _FORWARD:
                    forward(
                        data, indices, indptr, saved, net, batch, task, criterion, masks,
                        buffers, losses,
                    )  # fmt: skip
                elif stage < _NORMS:
                    # A single task does both, layer by layer, while they are in the cache.
                    for i in range(layers.shape[0] - 1, -1, -1):
                        if stage == _GRADIENT or n_tasks == 1:
                            weight_gradients(
                                data, indices, indptr, saved, net, batch, task, i, terms,
                                buffers,
                            )  # fmt: skip
                        if stage == _BACK and i > 0:
                            backward_inputs(saved, net, n_rows, task, i, masks, buffers)
                elif stage == _NORMS:
                    squared_norms(theta, terms, n_weights, step.penalty, start, stop, norms)
                else:
                    optimizer_step(
                        optimizer, settings, step, theta, terms, moments, n_weights, n_scaled,
                        start, stop, squares,
                    )  # fmt: skip
                    if saved is not None:  # noqa: SIM102 - alone, or numba does not rule it out
                        if n_scaled > 0:
                            start, stop = task_bounds(n_inputs, SCALED_CHUNK, number, n_tasks)
                            scaled_step(
                                settings, step, theta, terms, moments, scaling, n_inputs,
                                start, stop,
                            )  # fmt: skip
                number = claim_task(sync, thread, n_stages, number)
    objective = 0.0
    if thread == 0:
        total = _sum_and_clear(losses) + 0.5 * penalty * _sum_and_clear(squares)
        objective = total / rows.size
    restore_denormals(before)
    return objective


@inner_kernel
def _sum_and_clear(partial_sums):
    """Return the sum of partial sums, and leave zeros."""
    total = 0.0
    for i in range(partial_sums.size):
        total += partial_sums[i]
        partial_sums[i] = 0.0
    return total
