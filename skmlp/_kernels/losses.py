"""Losses: output link, value, and gradient with respect to the logits.

Everything is computed from the logits o, never from rounded probabilities or means, and stays
finite as long as they are. Each row's loss is float64. A row has several outputs and targets,
one of which is shown, but with multinomial and quantiles; its loss is their sum, but that of
the squared error their mean, whose gradient is nevertheless that of the sum: so scikit-learn's
MLPRegressor has it.

==============  =====================  ====================================  ==============
loss            link                   value for target y                    gradient
==============  =====================  ====================================  ==============
binary          p = 1 / (1 + e^-o)     log(1 + e^o) - y o                    p - y
multinomial     p_j = e^o_j / Σ e^o_l  log Σ e^o_l - o_y                     p_j - [j = y]
squared_error   o                      (o - y)² / 2                          o - y
poisson         m = e^o                m - y o + y log y - y                 m - y
gamma           m = e^o                y / m + o - log y - 1                 1 - y / m
absolute_error  o                      abs(o - y)                            sign(o - y)
quantile        o                      (o - y) ([o > y] - τ)                 [o > y] - τ
quantiles       o_j                    (o_j - y) ([o_j > y] - τ_j)           [o_j > y] - τ_j
==============  =====================  ====================================  ==============

Those of poisson and gamma are half the deviance, as scikit-learn's HalfPoissonLoss and
HalfGammaLoss with their constants (Jørgensen 1987). That of quantiles is the pinball loss
(Koenker and Bassett 1978), of a level τ for each target, or of several τ_j for one; 0 is the
gradient at its kink.

Label smoothing by ε (Szegedy et al. 2016, section 7) replaces [j = y] by
(1 - ε) [j = y] + ε / K, with K classes, and a label y that there is or is not by
(1 - ε) y + ε / 2; the value is the cross-entropy of that.
"""

import math

import numpy as np

from skmlp._border.losses import (
    ABSOLUTE_ERROR,
    BINARY,
    GAMMA,
    LEVEL,
    MULTINOMIAL,
    POISSON,
    QUANTILES,
    SMOOTHING,
    SQUARED_ERROR,
)
from skmlp._kernels._jit import inlined_kernel, inner_kernel
from skmlp._kernels.simd._rows import row_max, row_minus, row_sum
from skmlp._kernels.simd._scalars import constant_for
from skmlp._kernels.simd._vectors import long_vectors
from skmlp._kernels.simd._views import flat
from skmlp._kernels.simd.elementwise import (
    exp,
    exp_of_negative,
    log1p,
    sigmoid,
    sigmoid_of_both_signs,
)

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
    elif criterion.loss == MULTINOMIAL:
        _multinomial(criterion, logits, targets, weights, rows, losses, delta)
    else:
        _numbers(criterion, logits, targets, weights, rows, losses, delta)


@inlined_kernel
def _binary(criterion, logits, targets, weights, rows, losses, delta):
    long_vectors()
    zero, one = logits.dtype.type(0), logits.dtype.type(1)
    smoothing, factor = criterion.settings[SMOOTHING], logits.dtype.type(criterion.grad_scale)
    low, span = logits.dtype.type(0.5 * smoothing), logits.dtype.type(1.0 - smoothing)
    q, values, gradient = logits.shape[1], flat(logits), flat(delta)
    # Three loops: what is gathered from anywhere does not vectorise, what is computed does. Of
    # a single column, the first and the last would be slower as loops over several.
    if q == 1:
        for i in range(rows.size):
            delta[i, 0] = low + span * targets[rows[i], 0]
    else:
        for i in range(rows.size):
            for j in range(q):
                delta[i, j] = low + span * targets[rows[i], j]
    for i in range(values.size):
        z, target = values[i], gradient[i]
        e = exp_of_negative(-abs(z))
        gradient[i] = (one if z >= zero else e) / (one + e) - target
        values[i] = (z if z > zero else zero) - target * z + log1p(e)
    if q == 1:
        for i in range(rows.size):
            weight = weights[rows[i]]
            delta[i, 0] *= factor * weight
            losses[i] += np.float64(weight * logits[i, 0])
    else:
        for i in range(rows.size):
            weight = weights[rows[i]]
            for j in range(q):
                delta[i, j] *= factor * weight
                losses[i] += np.float64(weight * logits[i, j])


@inlined_kernel
def _multinomial(criterion, logits, targets, weights, rows, losses, delta):
    q, grad_scale = logits.shape[1], criterion.grad_scale
    exp_minus_max(logits, delta)
    smoothing = criterion.settings[SMOOTHING]
    uniform, rest = smoothing / q, 1.0 - smoothing
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


@inlined_kernel
def _numbers(criterion, logits, targets, weights, rows, losses, delta):
    """Take one of the losses of numbers, in one loop: each of its own would compile as long."""
    loss, q = criterion.loss, logits.shape[1]
    of_one = loss == QUANTILES
    above, below = 1.0, -1.0  # slopes of the absolute error
    for i in range(rows.size):
        weight, total = np.float64(weights[rows[i]]), 0.0
        factor = criterion.grad_scale * weight
        for j in range(q):
            z = np.float64(logits[i, j])
            target = np.float64(targets[rows[i], 0 if of_one else j])
            error, slope = z - target, 0.0
            if loss == SQUARED_ERROR:
                slope = error
                total += 0.5 * error * error / q
            elif POISSON <= loss <= GAMMA:
                mean = exp(z if loss == POISSON else -z)
                log = math.log(target) if target > 0.0 else 0.0
                if loss == POISSON:
                    slope = mean - target
                    total += slope - target * (z - log)
                else:
                    slope = 1.0 - target * mean
                    total += z - log - slope
            else:
                if loss != ABSOLUTE_ERROR:
                    level = criterion.settings[j if of_one else LEVEL]
                    above, below = 1.0 - level, -level
                slope = (above if error > 0.0 else 0.0) + (below if error < 0.0 else 0.0)
                total += slope * error
            delta[i, j] = logits.dtype.type(factor * slope)
        losses[i] += weight * total


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

    They are the probabilities of classes, two of a single logit, or of labels: none falls below
    the dtype's least normal number, so that its logarithm is finite. Of numbers they are means
    or quantiles, the latter in the order of their size (Chernozhukov, Fernández-Val and
    Galichon 2010).
    """
    q, floor = logits.shape[1], constant_for(logits.dtype.type(0), _TINY_SINGLE, _TINY)
    if code == BINARY and q == 1:
        long_vectors()
        # The distance from row to row is a constant that way, and the loop vectorises.
        values, pairs = flat(logits), flat(out)
        for i in range(values.size):
            first, second = sigmoid_of_both_signs(values[i])
            pairs[2 * i] = floor if first < floor else first
            pairs[2 * i + 1] = floor if second < floor else second
    elif code == MULTINOMIAL:
        exp_minus_max(logits, out)
        for i in range(logits.shape[0]):
            factor = logits.dtype.type(1.0) / row_sum(out, i * q, q)
            for j in range(q):
                out[i, j] = max(out[i, j] * factor, floor)
    else:
        _each_alone(code, flat(logits), floor, flat(out))
        if code == QUANTILES:
            _sort_rows(out)


@inlined_kernel
def _each_alone(code, logits, floor, out):
    """Write mean responses each of which belongs to one logit."""
    for i in range(logits.size):
        if code == BINARY:
            out[i] = max(sigmoid(logits[i]), floor)
        elif POISSON <= code <= GAMMA:
            out[i] = logits.dtype.type(exp(np.float64(logits[i])))
        else:
            out[i] = logits[i]


@inlined_kernel
def _sort_rows(values):
    """Sort each of some short rows: by insertion."""
    for i in range(values.shape[0]):
        for j in range(1, values.shape[1]):
            value, k = values[i, j], j
            while k > 0 and values[i, k - 1] > value:
                values[i, k] = values[i, k - 1]
                k -= 1
            values[i, k] = value
