"""Losses: output link, value, and gradient with respect to the logits.

Everything is computed from the logits o, never from rounded probabilities, and stays finite
as long as they are. Each row's loss is float64.

============  =====================  ====================================  ==============
loss          link                   value for target y                    gradient
============  =====================  ====================================  ==============
binary        p = 1 / (1 + e^-o)     log(1 + e^o) - y o                    p - y
multinomial   p_j = e^o_j / Σ e^o_l  log Σ e^o_l - o_y                     p_j - [j = y]
============  =====================  ====================================  ==============

Label smoothing by ε (Szegedy et al. 2016, section 7) replaces [j = y] by
(1 - ε) [j = y] + ε / K, with K classes; the value is the cross-entropy of that.
"""

import math

import numpy as np

from skmlp._border.losses import BINARY
from skmlp._kernels._jit import inlined_kernel, inner_kernel
from skmlp._kernels.simd._rows import row_max, row_minus, row_sum
from skmlp._kernels.simd._scalars import constant_for
from skmlp._kernels.simd._vectors import long_vectors
from skmlp._kernels.simd._views import flat
from skmlp._kernels.simd.elementwise import exp_of_negative, log1p, sigmoid

# The least normal numbers.
_TINY_SINGLE, _TINY = float(np.finfo(np.float32).tiny), float(np.finfo(np.float64).tiny)


@inner_kernel
def loss_and_delta(criterion, logits, targets, weights, rows, losses, delta):
    """Add each row's weighted loss to `losses`; write the batch's gradient into `delta`.

    Parameters
    ----------
    criterion : Criterion
    logits : array of shape (m, q)
        May be overwritten.
    targets : array of shape (n, t)
        Of the whole training set.
    weights : array of shape (n,)
    rows : int array of shape (m,)
        Which rows of `targets` and `weights` the batch consists of.
    losses : float64 array of shape (m,)
        Each row's loss times its weight is added to each element.
    delta : array of shape (m, q)
        Overwritten with the gradient by the logits of ``grad_scale`` times their sum.
    """
    if criterion.loss == BINARY:
        _binary(criterion, logits, targets, weights, rows, losses, delta)
    else:
        _multinomial(criterion, logits, targets, weights, rows, losses, delta)


@inlined_kernel
def _binary(criterion, logits, targets, weights, rows, losses, delta):
    long_vectors()
    zero, one = logits.dtype.type(0), logits.dtype.type(1)
    smoothing, factor = criterion.smoothing, logits.dtype.type(criterion.grad_scale)
    low, span = logits.dtype.type(0.5 * smoothing), logits.dtype.type(1.0 - smoothing)
    # Three loops: what is gathered from anywhere does not vectorise, what is computed does.
    for i in range(rows.size):
        delta[i, 0] = low + span * targets[rows[i], 0]
    for i in range(rows.size):
        z, target = logits[i, 0], delta[i, 0]
        e = exp_of_negative(-abs(z))
        delta[i, 0] = (one if z >= zero else e) / (one + e) - target
        logits[i, 0] = (z if z > zero else zero) - target * z + log1p(e)
    for i in range(rows.size):
        weight = weights[rows[i]]
        delta[i, 0] *= factor * weight
        losses[i] += np.float64(weight * logits[i, 0])


@inlined_kernel
def _multinomial(criterion, logits, targets, weights, rows, losses, delta):
    q, grad_scale = logits.shape[1], criterion.grad_scale
    exp_minus_max(logits, delta)
    uniform, rest = criterion.smoothing / q, 1.0 - criterion.smoothing
    for i in range(rows.size):
        target, weight = np.intp(targets[rows[i], 0]), np.float64(weights[rows[i]])
        partition = np.float64(row_sum(delta, i * q, q))
        # The row's largest logit was taken off before exp, which the target's shows.
        largest = np.float64(row_max(logits, i * q, q))
        expected = rest * np.float64(logits[i, target])
        factor = logits.dtype.type(grad_scale * weight / partition)
        for j in range(q):
            delta[i, j] *= factor
        if uniform > 0.0:
            expected += uniform * np.float64(row_sum(logits, i * q, q))
            target_of_all = logits.dtype.type(grad_scale * weight * uniform)
            for j in range(q):
                delta[i, j] -= target_of_all
        losses[i] += weight * (math.log(partition) - (expected - largest))
        delta[i, target] -= logits.dtype.type(grad_scale * weight * rest)


@inner_kernel
def exp_minus_max(logits, out):
    """Write exp(o - max of the row's o) into `out`, whose shape is that of `logits`."""
    long_vectors()
    q = logits.shape[1]
    for i in range(logits.shape[0]):
        row_minus(logits, row_max(logits, i * q, q), i * q, q, out)
    values = flat(out)  # rows are too short to vectorise over
    for i in range(values.size):
        values[i] = exp_of_negative(values[i])


@inner_kernel
def mean_responses(code, logits, out):
    """Write the mean responses that belong to logits (n, q) into `out` (n, c).

    They are the probabilities of classes. None falls below the dtype's least normal
    number, so that its logarithm is finite.
    """
    floor = constant_for(logits.dtype.type(0), _TINY_SINGLE, _TINY)
    if code == BINARY:
        for i in range(logits.shape[0]):
            out[i, 0] = max(sigmoid(-logits[i, 0]), floor)
            out[i, 1] = max(sigmoid(logits[i, 0]), floor)
        return
    q = logits.shape[1]
    exp_minus_max(logits, out)
    for i in range(logits.shape[0]):
        factor = logits.dtype.type(1.0) / row_sum(out, i * q, q)
        for j in range(q):
            out[i, j] = max(out[i, j] * factor, floor)
