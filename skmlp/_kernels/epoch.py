"""Passes over the training set: one epoch of steps, or one full gradient."""

import numpy as np

from skmlp._kernels._jit import inner_kernel, kernel
from skmlp._kernels._layout import BIASES, FAN_IN, FAN_OUT, UNITS
from skmlp._kernels.network import add_up, go_forward, n_halves, take_back
from skmlp._kernels.optimizers import (
    ADDING_UP,
    SCALED_CHUNK,
    clipping_factor,
    n_chunks,
    optimizer_step,
    scaled_step,
    squared_norms,
)
from skmlp._kernels.shares import NONE, SHARES_OF_THREAD, next_share, part_of
from skmlp._kernels.simd._denormals import flush_denormals, restore_denormals
from skmlp._kernels.simd._views import vector_at

# The stages of a step: see :mod:`skmlp._kernels.shares`.
_FORWARD, _BACK, _GRADIENT, _NORMS, _STEP = range(5)
# What chunks of theta are shared by. (A variable to numba, which compiles anew for a literal.)
_ONE = np.intp(1)


def n_tallies(n_rows, n_decayed, size):
    """Return how many sums a pass keeps: one a row of a batch, and two a chunk of theta."""
    return n_rows + 2 * n_chunks.py_func(n_decayed, size)


@kernel
def run_epoch(
    dense, data, indices, indptr, y, weights, rows, batch_size,
    theta, layers, loss, smoothing, alpha,
    optimizer, settings, state, scaling, first_step, rates, largest_norm,
    dropout, seed, kept, gradient, work, deltas, turned, packed, tallies, marks, thread,
):  # fmt: skip
    """Take one optimizer step a minibatch, through all `rows` in their order.

    A minibatch of m rows contributes (Σ wᵢ ℓᵢ + α/2 Σ W²) / m. The weights come divided
    by their mean over the training set, never by a minibatch's own sum, which would make
    the weights cancel where they are equal within a minibatch.

    With the code ``ADDING_UP`` for an optimizer, theta stays as it is, and the gradient of
    (Σ wᵢ ℓᵢ + α/2 Σ W²) / m over all m rows is added to `state`; of `rates` only the number is
    used, and returned is the objective itself.

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
    scaling : array or None
        Factors of the inputs that are learned, and what belongs to them, or empty; None where
        `kept` is. See :func:`skmlp._kernels.optimizers.scaled_step`.
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
        an activation that needs it, and inputs have no factors.
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
    n_decayed, n_shares, turn = layers[0, BIASES], marks.shape[0] - 1, 0
    n_scaled, n_inputs = np.intp(0), layers[0, FAN_IN]
    if kept is not None:  # noqa: SIM102 - alone, or numba does not rule the branch out
        if scaling.size > 0:
            n_scaled = n_inputs * layers[0, FAN_OUT]
    n_theta_chunks, adds_up = n_chunks(n_decayed, theta.size), optimizer == ADDING_UP
    losses = vector_at(tallies, 0, batch_size)
    squares = vector_at(tallies, batch_size, n_theta_chunks)
    norms = vector_at(tallies, batch_size + n_theta_chunks, n_theta_chunks)
    n_outputs = layers[layers.shape[0] - 1, UNITS] + layers[layers.shape[0] - 1, FAN_OUT]
    sums = vector_at(deltas, batch_size * n_outputs, deltas.size - batch_size * n_outputs)
    n_packed = packed.size // -(-n_shares // SHARES_OF_THREAD)
    scratch = vector_at(packed, thread * n_packed, n_packed)
    # Each minibatch adds its part of the one penalty up.
    penalty = alpha / rates.size if adds_up else alpha
    for k in range(rates.size):
        first = k * batch_size
        batch = vector_at(rows, first, min(batch_size, rows.size - first))
        scale = 1.0 / (rows.size if adds_up else batch.size)
        n_terms, factor = n_halves(layers, batch.size), 1.0
        for stage in range(_FORWARD, _STEP + 1):
            if stage == _GRADIENT and n_shares == 1:
                continue
            if stage == _NORMS and largest_norm == np.inf:
                continue
            if stage == _STEP and largest_norm < np.inf:
                factor = clipping_factor(norms, largest_norm)
            turn += 1
            share = next_share(marks, thread, turn, NONE)
            while share != NONE:
                start, stop = part_of(n_theta_chunks, _ONE, share, n_shares)
                if stage == _FORWARD:
                    go_forward(
                        dense, data, indices, indptr, y, weights, batch, share, n_shares,
                        theta, layers, loss, smoothing, scale,
                        dropout, seed, first_step + k, kept, work, deltas, turned, losses,
                    )  # fmt: skip
                elif stage < _NORMS:
                    # A single share does both, layer by layer, while they are in the cache.
                    for i in range(layers.shape[0] - 1, -1, -1):
                        if stage == _GRADIENT or n_shares == 1:
                            add_up(
                                data, indices, indptr, batch, share, n_shares, n_terms,
                                theta, layers, i, kept, work, deltas, sums, scratch,
                                gradient,
                            )  # fmt: skip
                        if stage == _BACK and i > 0:
                            take_back(
                                batch, share, n_shares, theta, layers, i,
                                dropout, seed, first_step + k, kept, work, turned,
                                deltas, sums,
                            )  # fmt: skip
                elif stage == _NORMS:
                    squared_norms(
                        theta, gradient, n_terms, n_decayed, penalty * scale, start, stop,
                        norms,
                    )  # fmt: skip
                else:
                    optimizer_step(
                        optimizer, theta, gradient, n_terms, state, n_scaled,
                        rates[k], first_step + k,
                        settings, n_decayed, penalty * scale, factor, start, stop, squares,
                    )  # fmt: skip
                    if kept is not None:  # noqa: SIM102 - alone, or numba does not rule it out
                        if n_scaled > 0:
                            start, stop = part_of(n_inputs, SCALED_CHUNK, share, n_shares)
                            scaled_step(
                                theta, gradient, n_terms, state, scaling, n_inputs,
                                rates[k], first_step + k, settings, factor, start, stop,
                            )  # fmt: skip
                share = next_share(marks, thread, turn, share)
    objective = 0.0
    if thread == 0:
        objective = (_taken(losses) + 0.5 * penalty * _taken(squares)) / rows.size
    restore_denormals(before)
    return objective


@inner_kernel
def _taken(tallies):
    """Return the sum of the tallies, and leave zeros."""
    total = 0.0
    for i in range(tallies.size):
        total += tallies[i]
        tallies[i] = 0.0
    return total
