"""Optimizers: one in-place step on the flat parameter vector.

Each takes ``moments`` (n_moments, p), which go on from step to step (the velocity of momentum
among them), and ``settings``, its own constants. To add one: a code, the positions of its
settings and an entry in :mod:`skmlp._border.optimizers`, a function, and a branch in
:func:`optimizer_step`.
``ACCUMULATE`` is none of them: it leaves theta as it is, and adds the gradients up in its first
moment, where L-BFGS finds the full one.
"""

import math

import numpy as np

from skmlp._border import sizes
from skmlp._border.optimizers import (
    ACCUMULATE,
    ADAM,
    ADAMW,
    ALPHA,
    BETA_1,
    BETA_2,
    EPSILON,
    MOMENTUM,
    NESTEROV,
    SCALING_RATE,
    SGD,
)
from skmlp._border.sizes import CHUNK
from skmlp._kernels._jit import inlined_kernel, inner_kernel, short_kernel
from skmlp._kernels.simd._vectors import long_vectors
from skmlp._kernels.simd._views import vector_at
from skmlp._kernels.simd.elementwise import square_root

# Rows of the first layer's weights whose factors are taken together. (A variable to numba,
# which compiles anew for a literal.)
SCALED_CHUNK = np.intp(64)


stride_of = inlined_kernel(sizes.stride_of)
n_chunks = inlined_kernel(sizes.n_chunks)


@short_kernel
def _chunk_of(c, n_weights, size):
    """Return where chunk c begins and ends."""
    n_first = (n_weights + CHUNK - 1) // CHUNK
    if c < n_first:
        return c * CHUNK, min((c + 1) * CHUNK, n_weights)
    start = n_weights + (c - n_first) * CHUNK
    return start, min(start + CHUNK, size)


@inner_kernel
def optimizer_step(
    code, settings, step, theta, gradient, moments, n_weights, n_scaled, first, stop, squares
):
    """Update the chunks of `theta` and `moments` from `first` to `stop` in place.

    Parameters
    ----------
    code : int
    settings : float64 array
    step : Step
    theta : array of shape (p,)
    gradient : Gradient
    moments : array of shape (n_moments, p)
    n_weights : int
        How many of the first parameters are weights, which decay, or carry the penalty, whose
        gradient is added to theirs on the way.
    n_scaled : int
        How many of the first parameters are left to :func:`scaled_step`.
    first, stop : int
    squares : float64 array of shape (n_chunks,)
        Σ θ² before the step is added for each chunk of the weights.
    """
    rate, epsilon, decouples = step.rate, 0.0, code == ADAMW
    if decouples or code == ADAM:
        rate, epsilon = _bias_corrected(step, settings, decouples)
    # Of a single term nothing is added, rather than each loop compiled twice.
    has_other = theta.dtype.type(gradient.n_terms - 1)
    behind = (gradient.n_terms - 1) * stride_of(theta.size)
    for c in range(first, stop):
        start, end = _chunk_of(c, n_weights, theta.size)
        start = max(start, min(n_scaled, end))
        has_weights = start < n_weights
        penalty = theta.dtype.type(step.penalty if has_weights else 0.0)
        size = end - start
        part, grad = vector_at(theta, start, size), vector_at(gradient.values, start, size)
        other = vector_at(gradient.values, behind + start, size)
        m = vector_at(moments, start, size)
        if code == ACCUMULATE:
            total = _accumulate(part, grad, other, has_other, m, penalty)
        elif code == SGD:
            total = _sgd(
                part, grad, other, has_other, m, penalty, step.clipping, rate, settings
            )
        else:
            v = vector_at(moments, theta.size + start, size)
            decay = step.rate * settings[ALPHA] if decouples and has_weights else 0.0
            total = _adam(
                part, grad, other, has_other, m, v,
                penalty, step.clipping, rate, epsilon, decay, settings,
            )  # fmt: skip
        if has_weights:
            squares[c] += total


@inner_kernel
def scaled_step(settings, step, theta, gradient, moments, scaling, n_inputs, first, stop):
    """Take AdamW's step where the first layer's weights W are diag(s) V, and s and V learned.

    Predictions need W alone, which is what theta holds. Row j of V has the gradient
    s_j ∂L/∂w_j, and s_j the gradient v_j · ∂L/∂w_j.

    Parameters
    ----------
    settings, step, theta, gradient, moments
        As of :func:`optimizer_step`; W comes first in theta, where `moments` has V's.
    scaling : array of shape (4 d + d * width,)
        s, its two moments and its gradient, each of d = `n_inputs` elements, and V; updated in
        place.
    n_inputs : int
    first, stop : int
        The rows, from one chunk's beginning to another's.
    """
    long_vectors()
    dtype = theta.dtype.type
    rate, epsilon = _bias_corrected(step, settings, True)
    has_other, zero = dtype(gradient.n_terms - 1), dtype(0)
    behind = (gradient.n_terms - 1) * stride_of(theta.size)
    width = scaling.size // n_inputs - 4
    # The last elements of a vector may be rounded otherwise than those before: chunk by chunk
    # they are the same whatever part of the rows is asked for.
    for begin in range(first, stop, SCALED_CHUNK):
        size = min(SCALED_CHUNK, stop - begin)
        scales = vector_at(scaling, begin, size)
        scale_grads = vector_at(scaling, 3 * n_inputs + begin, size)
        for j in range(size):
            start = (begin + j) * width
            grad = vector_at(gradient.values, start, width)
            other = vector_at(gradient.values, behind + start, width)
            row = vector_at(scaling, 4 * n_inputs + start, width)
            total = zero
            for i in range(width):
                total += (grad[i] + has_other * other[i]) * row[i]
            scale_grads[j] = dtype(step.clipping) * total
            _adam(
                row, grad, other, has_other,
                vector_at(moments, start, width), vector_at(moments, theta.size + start, width),
                zero, step.clipping * np.float64(scales[j]), rate, epsilon,
                step.rate * settings[ALPHA], settings,
            )  # fmt: skip
        # s does not decay: V does, and W is their product.
        _adam(
            scales, scale_grads, scale_grads, zero,
            vector_at(scaling, n_inputs + begin, size),
            vector_at(scaling, 2 * n_inputs + begin, size),
            zero, 1.0, rate * settings[SCALING_RATE], epsilon, 0.0, settings,
        )  # fmt: skip
        for j in range(size):
            start = (begin + j) * width
            weights = vector_at(theta, start, width)
            row = vector_at(scaling, 4 * n_inputs + start, width)
            for i in range(width):
                weights[i] = scales[j] * row[i]


@inner_kernel
def squared_norms(theta, gradient, n_weights, penalty, first, stop, norms):
    """Write Σ g² over each chunk from `first` to `stop` into `norms`.

    g is the gradient of the whole objective: `gradient` is without that of the penalty,
    `penalty` times the first `n_weights` of `theta`.
    """
    long_vectors()
    has_other = np.float64(gradient.n_terms - 1)
    behind = (gradient.n_terms - 1) * stride_of(theta.size)
    for c in range(first, stop):
        start, end = _chunk_of(c, n_weights, theta.size)
        size, l2 = end - start, penalty if start < n_weights else 0.0
        part, grad = vector_at(theta, start, size), vector_at(gradient.values, start, size)
        other = vector_at(gradient.values, behind + start, size)
        total = 0.0
        for i in range(size):
            g = (
                np.float64(grad[i])
                + has_other * np.float64(other[i])
                + l2 * np.float64(part[i])
            )
            total += g * g
        norms[c] = total


@inlined_kernel
def clipping_factor(norms, max_norm):
    """Return what the gradient is multiplied by so that its norm is `max_norm` at most.

    That is the norm over all parameters together (Pascanu et al. 2013, algorithm 1), whose
    chunks have the squares `norms`.
    """
    total = 0.0
    for i in range(norms.size):
        total += norms[i]
    norm = math.sqrt(total)
    return 1.0 if norm <= max_norm else max_norm / norm  # also where it is not a number


@inlined_kernel
def _accumulate(theta, grad, other, has_other, total, penalty):
    long_vectors()
    square = theta.dtype.type(0)
    for i in range(theta.size):
        square += theta[i] * theta[i]
        total[i] += grad[i] + has_other * other[i] + penalty * theta[i]
    return np.float64(square)


@inlined_kernel
def _sgd(theta, grad, other, has_other, velocity, penalty, clipping, rate, settings):
    """Momentum v <- μ v - η g; then θ <- θ + a v - b η g.

    That is a = 1 and b = 0, or a = μ and b = 1 after Nesterov.
    """
    long_vectors()
    dtype = theta.dtype.type
    mu, eta, factor = dtype(settings[MOMENTUM]), dtype(rate), dtype(clipping)
    a, b = mu if settings[NESTEROV] > 0.0 else dtype(1.0), dtype(settings[NESTEROV])
    square = dtype(0)
    for i in range(theta.size):
        square += theta[i] * theta[i]
        push = eta * (factor * (grad[i] + has_other * other[i] + penalty * theta[i]))
        velocity[i] = mu * velocity[i] - push
        theta[i] += a * velocity[i] - b * push
    return np.float64(square)


@inlined_kernel
def _bias_corrected(step, settings, corrects):
    """Return Adam's learning rate with the bias corrections of both moments, and its epsilon.

    As in section 2 of the paper (and in scikit-learn), epsilon is added to the square
    root of the uncorrected second moment; as in its algorithm 1 (and in torch), to that of
    the corrected one where `corrects`.
    """
    t = np.float64(step.number)  # whole powers would be a loop
    correction = math.sqrt(1.0 - settings[BETA_2] ** t)
    epsilon = settings[EPSILON] * (correction if corrects else 1.0)
    return step.rate * correction / (1.0 - settings[BETA_1] ** t), epsilon


@inlined_kernel
def _adam(
    theta, grad, other, has_other, m, v, penalty, clipping, rate, epsilon, decay, settings
):
    """Adam (Kingma and Ba 2015), with `rate` and `epsilon` as corrected for the step.

    θ is first multiplied by 1 - `decay`, as AdamW does (Loshchilov and Hutter 2019,
    algorithm 2).
    """
    long_vectors()
    dtype = theta.dtype.type
    beta_1, beta_2 = dtype(settings[BETA_1]), dtype(settings[BETA_2])
    rest_1, rest_2 = dtype(1.0 - settings[BETA_1]), dtype(1.0 - settings[BETA_2])
    eta, eps = dtype(rate), dtype(epsilon)
    remaining, factor = dtype(1.0 - decay), dtype(clipping)
    square = dtype(0)
    for i in range(theta.size):
        square += theta[i] * theta[i]
        g = factor * (grad[i] + has_other * other[i] + penalty * theta[i])
        first = beta_1 * m[i] + rest_1 * g
        second = beta_2 * v[i] + rest_2 * g * g
        m[i], v[i] = first, second
        theta[i] = remaining * theta[i] - eta * first / (square_root(second) + eps)
    return np.float64(square)
