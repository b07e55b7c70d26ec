"""Passes over the training set: one epoch of steps, or one full gradient."""

import numpy as np

from skmlp._kernels._denormals import flush_denormals, restore_denormals
from skmlp._kernels._jit import kernel
from skmlp._kernels._layout import BIASES
from skmlp._kernels._views import vector_at
from skmlp._kernels.network import batch_gradient
from skmlp._kernels.optimizers import add_penalty, clip_gradient, optimizer_step


@kernel
def run_epoch(
    dense, data, indices, indptr, y, weights, rows, batch_size,
    theta, layers, loss, smoothing, alpha,
    optimizer, settings, state, first_step, rates, largest_norm,
    dropout, seed, kept, gradient, work, deltas, scratch,
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
    gradient : array of shape (p,)
    work, deltas, scratch : arrays
        Room for ``batch_size`` rows, overwritten; see :mod:`skmlp._kernels._layout`.

    Returns
    -------
    float
        The objective averaged over the rows, each minibatch's taken before its step.
    """
    before = flush_denormals()
    total = 0.0
    for k in range(rates.size):
        first = k * batch_size
        batch = vector_at(rows, first, min(batch_size, rows.size - first))
        objective = batch_gradient(
            dense, data, indices, indptr, y, weights, batch,
            theta, layers, loss, smoothing, 1.0 / batch.size,
            dropout, seed, first_step + k, kept, gradient, work, deltas, scratch,
        )  # fmt: skip
        n_decayed, strength = layers[0, BIASES], alpha / batch.size
        if largest_norm < np.inf:
            strength *= clip_gradient(theta, gradient, n_decayed, strength, largest_norm)
        squares = optimizer_step(
            optimizer, theta, gradient, state, rates[k], first_step + k, settings,
            n_decayed, strength,
        )  # fmt: skip
        total += objective * batch.size + 0.5 * alpha * squares
    restore_denormals(before)
    return total / rows.size


@kernel
def loss_and_gradient(
    dense, data, indices, indptr, y, weights, rows, block,
    theta, layers, loss, smoothing, alpha,
    dropout, kept, gradient, part, work, deltas, scratch,
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
    part : array of shape (p,)
    work, deltas, scratch : arrays
        Room for `block` rows, overwritten.

    Returns
    -------
    float
    """
    before = flush_denormals()
    gradient[:] = 0
    scale = 1.0 / rows.size
    total = 0.0
    for start in range(0, rows.size, block):
        batch = vector_at(rows, start, min(block, rows.size - start))
        total += batch_gradient(
            dense, data, indices, indptr, y, weights, batch,
            theta, layers, loss, smoothing, scale,
            dropout, 0, 0, kept, part, work, deltas, scratch,
        )  # fmt: skip
        for i in range(gradient.size):
            gradient[i] += part[i]
    strength = alpha * scale
    squares = add_penalty(vector_at(theta, 0, layers[0, BIASES]), strength, gradient)
    restore_denormals(before)
    return total + 0.5 * strength * squares
