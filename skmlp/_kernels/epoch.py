"""Passes over the training set: one epoch of steps, or one full gradient."""

import numpy as np

from skmlp._kernels._denormals import flush_denormals, restore_denormals
from skmlp._kernels._jit import inner_kernel, kernel
from skmlp._kernels._layout import BIASES
from skmlp._kernels._views import vector_at
from skmlp._kernels.network import N_STAGES, batch_gradient, n_halves
from skmlp._kernels.optimizers import (
    add_chunks,
    add_penalty,
    clipping_factor,
    n_chunks,
    optimizer_step,
    squared_norms,
    stride_of,
)
from skmlp._kernels.shares import claim, finish, n_shares_of, part_of, share_of, wait


def n_tallies(n_rows, n_decayed, size):
    """Return how many sums a pass keeps: one a row of a batch, and two a chunk of theta."""
    return n_rows + 2 * n_chunks.py_func(n_decayed, size)


@kernel
def run_epoch(
    dense, data, indices, indptr, y, weights, rows, batch_size,
    theta, layers, loss, smoothing, alpha,
    optimizer, settings, state, first_step, rates, largest_norm,
    dropout, seed, kept, gradient, work, deltas, turned, packed, tallies, marks, thread,
):  # fmt: skip
    """Take one optimizer step a minibatch, through all `rows` in their order.

    A minibatch of m rows contributes (Σ wᵢ ℓᵢ + α/2 Σ W²) / m. The weights come divided
    by their mean over the training set, never by a minibatch's own sum, which would make
    the weights cancel where they are equal within a minibatch.

    Parameters
    ----------
    dense, data, indices, indptr : arrays
        The input; see :mod:`skmlp._kernels.inputs`.
    y : int array of shape (n,)
        Class codes.
    weights : array of shape (n,)
        Of mean 1 over the training rows.
    rows : int array of shape (m,)
        The training rows, in the order of this epoch.
    batch_size : int
    theta : array of shape (p,)
        Updated in place.
    layers : int array of shape (K, 7)
    loss : int
    smoothing : float
        Of the labels; see :mod:`skmlp._kernels.losses`.
    alpha : float
        Coefficient of the penalty, divided by the mean weight.
    optimizer : int
    settings : float64 array
    state : array of shape (slots, p)
        The optimizer's memory, updated in place.
    first_step : int
        Number of the epoch's first step, counted from 1.
    rates : float64 array
        Learning rate of each step.
    largest_norm : float
        What the norm of a step's gradient is clipped to; infinity for none.
    dropout : float64 array of shape (K,)
        Chance of 0 for the outputs of each layer; used with `kept` only.
    seed : int
        Of dropout, together with the number of the step.
    kept : array or None
        Room for ``batch_size`` rows of all layers' outputs; None where no layer has dropout or
        an activation that needs it.
    gradient : array
        Of one or two vectors like theta; see :func:`skmlp._kernels.network.gradient_size`.
    work, deltas, turned, packed : arrays
        Room for ``batch_size`` rows, overwritten: see :mod:`skmlp._kernels._layout`, and
        :func:`skmlp._kernels.network.n_scratch`. The deltas' sums over chunks of rows are
        behind them.
    tallies : float64 array of shape (n_tallies,)
        Zeros before; what is summed in them is zero again after.
    marks : int64 array of shape (shares + 1, 8)
        What the threads agree by, zeros before; see :mod:`skmlp._kernels.shares`. All of them
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
    n_decayed, n_shares = layers[0, BIASES], n_shares_of(marks)
    n_parts, stage = n_chunks(n_decayed, theta.size), 1
    losses = vector_at(tallies, 0, batch_size)
    squares = vector_at(tallies, batch_size, n_parts)
    norms = vector_at(tallies, batch_size + n_parts, n_parts)
    slope = vector_at(gradient, 0, theta.size)
    other = vector_at(gradient, stride_of(theta.size), theta.size)
    for k in range(rates.size):
        first = k * batch_size
        batch = vector_at(rows, first, min(batch_size, rows.size - first))
        batch_gradient(
            dense, data, indices, indptr, y, weights, batch,
            theta, layers, loss, smoothing, 1.0 / batch.size,
            dropout, seed, first_step + k, kept, gradient, work, deltas, turned, packed, losses,
            marks, thread, stage,
        )  # fmt: skip
        stage += N_STAGES
        strength, factor, n_terms = alpha / batch.size, 1.0, n_halves(layers, batch.size)
        if largest_norm < np.inf:
            for i in range(n_shares):
                share = share_of(thread, i, n_shares)
                if claim(marks, share, stage):
                    start, stop = part_of(n_parts, 1, share, n_shares)
                    if n_terms > 1:
                        add_chunks(other, n_decayed, start, stop, True, slope)
                    squared_norms(theta, slope, n_decayed, strength, start, stop, norms)
                    finish(marks)
            wait(marks, stage)
            stage, n_terms = stage + 1, 1
            factor = clipping_factor(norms, largest_norm)
        for i in range(n_shares):
            share = share_of(thread, i, n_shares)
            if claim(marks, share, stage):
                start, stop = part_of(n_parts, 1, share, n_shares)
                optimizer_step(
                    optimizer, theta, gradient, n_terms, state, rates[k], first_step + k,
                    settings, n_decayed, strength, factor, start, stop, squares,
                )  # fmt: skip
                finish(marks)
        wait(marks, stage)
        stage += 1
    total = _taken_objective(losses, squares, alpha) if thread == 0 else 0.0
    restore_denormals(before)
    return total / rows.size


@inner_kernel
def _taken_objective(losses, squares, alpha):
    """Return Σ wᵢ ℓᵢ + α/2 Σ W² as the tallies have it, and leave zeros."""
    loss, square = 0.0, 0.0
    for i in range(losses.size):
        loss += losses[i]
        losses[i] = 0.0
    for i in range(squares.size):
        square += squares[i]
        squares[i] = 0.0
    return loss + 0.5 * alpha * square


@kernel
def loss_and_gradient(
    dense, data, indices, indptr, y, weights, rows, block,
    theta, layers, loss, smoothing, alpha,
    dropout, kept, gradient, part, work, deltas, turned, packed, tallies, marks, thread,
):  # fmt: skip
    """Return (Σ wᵢ ℓᵢ + α/2 Σ W²) / m over all `rows`, and write its gradient.

    The rows are taken `block` at a time, so that the workspace stays small.

    Parameters
    ----------
    dense, data, indices, indptr, y, weights, rows, theta, layers, loss, smoothing, alpha
        As in :func:`run_epoch`; `theta` is only read.
    block : int
    dropout : float64 array of shape (K,)
        Zeros.
    kept : array or None
        Room for `block` rows of all layers' outputs where an activation needs it.
    gradient : array of shape (p,)
        Overwritten with the gradient.
    part : array
        As `gradient` in :func:`run_epoch`.
    work, deltas, turned, packed : arrays
        Room for `block` rows, overwritten.
    tallies, marks, thread
        As in :func:`run_epoch`.

    Returns
    -------
    float
        To thread 0 only, when all is done.
    """
    before = flush_denormals()
    n_decayed, n_shares = layers[0, BIASES], n_shares_of(marks)
    n_parts, stage, scale = n_chunks(n_decayed, theta.size), 1, 1.0 / rows.size
    losses, squares = vector_at(tallies, 0, block), vector_at(tallies, block, n_parts)
    slope = vector_at(part, 0, theta.size)
    other = vector_at(part, stride_of(theta.size), theta.size)
    for first in range(0, rows.size, block):
        batch = vector_at(rows, first, min(block, rows.size - first))
        batch_gradient(
            dense, data, indices, indptr, y, weights, batch,
            theta, layers, loss, smoothing, scale,
            dropout, 0, 0, kept, part, work, deltas, turned, packed, losses,
            marks, thread, stage,
        )  # fmt: skip
        stage += N_STAGES
        for i in range(n_shares):
            share = share_of(thread, i, n_shares)
            if claim(marks, share, stage):
                start, stop = part_of(n_parts, 1, share, n_shares)
                add_chunks(slope, n_decayed, start, stop, first > 0, gradient)
                if n_halves(layers, batch.size) > 1:
                    add_chunks(other, n_decayed, start, stop, True, gradient)
                if first + block >= rows.size:
                    add_penalty(theta, gradient, n_decayed, alpha * scale, start, stop, squares)
                finish(marks)
        wait(marks, stage)
        stage += 1
    total = _taken_objective(losses, squares, alpha) if thread == 0 else 0.0
    restore_denormals(before)
    return total * scale
