"""Optimizers: one in-place step on the flat parameter vector.

Each takes ``state`` (slots, p), its memory from step to step, and ``settings``, its own
constants in the order of its registry entry. To add one: a code, a function, a branch in
:func:`optimizer_step`, and an entry in ``OPTIMIZERS``. ``ADDING_UP`` is none of them: it leaves
theta as it is, and adds what would be the gradients of steps up in its memory.
"""

import math
from typing import NamedTuple

import numpy as np

from skmlp._kernels._jit import inlined_kernel, inner_kernel
from skmlp._kernels.simd._vectors import long_vectors
from skmlp._kernels.simd._views import vector_at
from skmlp._kernels.simd.elementwise import square_root

ADDING_UP, _SGD, _ADAM, _ADAMW = range(4)


# Elements of theta that are taken together. Sums over theta are of the sums over such chunks,
# whatever threads the chunks are spread over.
CHUNK = 2048
# Rows of the first layer's weights whose factors are taken together. (A variable to numba,
# which compiles anew for a literal.)
SCALED_CHUNK = np.intp(64)


@inlined_kernel
def stride_of(size):
    """Return how far vectors like theta lie apart that all begin with a cache line."""
    return (size + 15) // 16 * 16


@inlined_kernel
def n_chunks(n_decayed, size):
    """Return how many chunks theta has: those of the decayed part, and of the rest."""
    n_first, n_last = n_decayed + CHUNK - 1, size - n_decayed + CHUNK - 1
    return n_first // CHUNK + n_last // CHUNK


@inner_kernel
def _chunk_of(c, n_decayed, size):
    """Return where chunk c begins and ends."""
    n_first = (n_decayed + CHUNK - 1) // CHUNK
    if c < n_first:
        return c * CHUNK, min((c + 1) * CHUNK, n_decayed)
    start = n_decayed + (c - n_first) * CHUNK
    return start, min(start + CHUNK, size)


@inner_kernel
def optimizer_step(
    code, theta, gradient, n_terms, state, n_scaled, rate, step, settings, n_decayed, strength,
    factor, first, stop, squares,
):  # fmt: skip
    """Update the chunks of `theta` and `state` from `first` to `stop` in place.

    Parameters
    ----------
    code : int
    theta : array of shape (p,)
    gradient : array
        The gradient, or two terms of it, which lie :func:`stride_of` p elements apart.
    n_terms : int
        How many: 1 or 2.
    state : array of shape (slots, p)
    n_scaled : int
        How many of the first parameters are left to :func:`scaled_step`.
    rate : float
        Learning rate of this step.
    step : int
        Number of this step, counted from 1.
    settings : float64 array
    n_decayed : int
        How many of the first parameters carry a penalty ``strength / 2 * Σ θ²``; its gradient
        is added to theirs on the way.
    strength : float
    factor : float
        What the gradient is multiplied by before, 1 at most.
    first, stop : int
    squares : float64 array of shape (n_chunks,)
        Σ θ² before the step is added for each chunk of those parameters.
    """
    eta, epsilon = rate, 0.0
    if code >= _ADAM:
        eta, epsilon = _bias_corrected(rate, step, settings, code == _ADAMW)
    # Of a single term nothing is added, rather than each loop compiled twice.
    share = theta.dtype.type(n_terms - 1)
    for c in range(first, stop):
        start, end = _chunk_of(c, n_decayed, theta.size)
        start = max(start, min(n_scaled, end))
        is_decayed = start < n_decayed
        decay = theta.dtype.type(strength if is_decayed else 0.0)
        size = end - start
        part, slope = vector_at(theta, start, size), vector_at(gradient, start, size)
        other = vector_at(gradient, (n_terms - 1) * stride_of(theta.size) + start, size)
        memory = vector_at(state, start, size)
        if code == ADDING_UP:
            total = _add_up(part, slope, other, share, memory, decay)
        elif code == _SGD:
            total = _sgd(part, slope, other, share, memory, decay, factor, eta, settings)
        else:
            second = vector_at(state, theta.size + start, size)
            shrinkage = rate * settings[4] if code == _ADAMW and is_decayed else 0.0
            total = _adam(
                part, slope, other, share, memory, second,
                decay, factor, eta, epsilon, shrinkage, settings,
            )  # fmt: skip
        if is_decayed:
            squares[c] += total


@inner_kernel
def scaled_step(
    theta, gradient, n_terms, state, scaling, n_inputs, rate, step, settings, factor,
    first, stop,
):  # fmt: skip
    """Take AdamW's step where the first layer's weights W are diag(s) V, and s and V learned.

    Predictions need W alone, which is what theta holds. Row j of V has the gradient
    s_j ∂L/∂w_j, and s_j the gradient v_j · ∂L/∂w_j.

    Parameters
    ----------
    theta, gradient, n_terms, state, rate, step, settings, factor
        As of :func:`optimizer_step`; W comes first in theta, where `state` has V's moments.
    scaling : array of shape (4 d + d * width,)
        s, its two moments and its gradient, each of d = `n_inputs` elements, and V; updated in
        place.
    n_inputs : int
    first, stop : int
        The rows, from one chunk's beginning to another's.
    """
    long_vectors()
    dtype = theta.dtype.type
    eta, epsilon = _bias_corrected(rate, step, settings, True)
    share, zero = dtype(n_terms - 1), dtype(0)
    width = scaling.size // n_inputs - 4
    # The last elements of a vector may be rounded otherwise than those before: chunk by chunk
    # they are the same whatever part of the rows is asked for.
    for begin in range(first, stop, SCALED_CHUNK):
        size = min(SCALED_CHUNK, stop - begin)
        scales = vector_at(scaling, begin, size)
        slopes = vector_at(scaling, 3 * n_inputs + begin, size)
        for j in range(size):
            start = (begin + j) * width
            slope = vector_at(gradient, start, width)
            other = vector_at(gradient, (n_terms - 1) * stride_of(theta.size) + start, width)
            row = vector_at(scaling, 4 * n_inputs + start, width)
            total = zero
            for i in range(width):
                total += (slope[i] + share * other[i]) * row[i]
            slopes[j] = dtype(factor) * total
            _adam(
                row, slope, other, share,
                vector_at(state, start, width), vector_at(state, theta.size + start, width),
                zero, factor * np.float64(scales[j]), eta, epsilon, rate * settings[4],
                settings,
            )  # fmt: skip
        _adam(
            scales, slopes, slopes, zero,
            vector_at(scaling, n_inputs + begin, size),
            vector_at(scaling, 2 * n_inputs + begin, size),
            zero, 1.0, eta * settings[3], epsilon, 0.0, settings,
        )  # fmt: skip
        for j in range(size):
            start = (begin + j) * width
            weights = vector_at(theta, start, width)
            row = vector_at(scaling, 4 * n_inputs + start, width)
            for i in range(width):
                weights[i] = scales[j] * row[i]


@inner_kernel
def squared_norms(theta, gradient, n_terms, n_decayed, strength, first, stop, norms):
    """Write Σ g² over each chunk from `first` to `stop` into `norms`.

    g is the gradient of the whole objective: `gradient`, of `n_terms` terms, is without that of
    the penalty, `strength` times the first `n_decayed` of `theta`.
    """
    long_vectors()
    share = np.float64(n_terms - 1)
    for c in range(first, stop):
        start, end = _chunk_of(c, n_decayed, theta.size)
        size, factor = end - start, strength if start < n_decayed else 0.0
        part, slope = vector_at(theta, start, size), vector_at(gradient, start, size)
        other = vector_at(gradient, (n_terms - 1) * stride_of(theta.size) + start, size)
        total = 0.0
        for i in range(size):
            g = (
                np.float64(slope[i])
                + share * np.float64(other[i])
                + factor * np.float64(part[i])
            )
            total += g * g
        norms[c] = total


@inlined_kernel
def clipping_factor(norms, largest):
    """Return what the gradient is multiplied by so that its norm is `largest` at most.

    That is the norm over all parameters together (Pascanu et al. 2013, algorithm 1), whose
    chunks have the squares `norms`.
    """
    total = 0.0
    for i in range(norms.size):
        total += norms[i]
    norm = math.sqrt(total)
    return 1.0 if norm <= largest else largest / norm  # also where it is not a number


@inlined_kernel
def _add_up(theta, gradient, other, share, total, decay):
    long_vectors()
    square = theta.dtype.type(0)
    for i in range(theta.size):
        square += theta[i] * theta[i]
        total[i] += gradient[i] + share * other[i] + decay * theta[i]
    return np.float64(square)


@inlined_kernel
def _sgd(theta, gradient, other, share, velocity, decay, factor, rate, settings):
    """Momentum v <- μ v - η g; then θ <- θ + a v - b η g.

    That is a = 1 and b = 0, or a = μ and b = 1 after Nesterov.
    """
    long_vectors()
    dtype = theta.dtype.type
    mu, eta, scale = dtype(settings[0]), dtype(rate), dtype(factor)
    a, b = mu if settings[1] > 0.0 else dtype(1.0), dtype(settings[1])
    total = dtype(0)
    for i in range(theta.size):
        total += theta[i] * theta[i]
        push = eta * (scale * (gradient[i] + share * other[i] + decay * theta[i]))
        velocity[i] = mu * velocity[i] - push
        theta[i] += a * velocity[i] - b * push
    return np.float64(total)


@inlined_kernel
def _bias_corrected(rate, step, settings, corrects):
    """Return Adam's learning rate with the bias corrections of both moments, and its epsilon.

    As in section 2 of the paper (and in scikit-learn), epsilon is added to the square
    root of the uncorrected second moment; as in its algorithm 1 (and in torch), to that of
    the corrected one where `corrects`.
    """
    t = np.float64(step)  # whole powers would be a loop
    correction = math.sqrt(1.0 - settings[1] ** t)
    epsilon = settings[2] * (correction if corrects else 1.0)
    return rate * correction / (1.0 - settings[0] ** t), epsilon


@inlined_kernel
def _adam(
    theta, gradient, other, share, first, second, decay, factor, rate, epsilon, shrinkage,
    settings,
):  # fmt: skip
    """Adam (Kingma and Ba 2015), with `rate` and `epsilon` as corrected for the step.

    θ is first made smaller by the factor `shrinkage`, as AdamW does (Loshchilov and Hutter
    2019, algorithm 2).
    """
    long_vectors()
    dtype = theta.dtype.type
    beta_1, beta_2 = dtype(settings[0]), dtype(settings[1])
    rest_1, rest_2 = dtype(1.0 - settings[0]), dtype(1.0 - settings[1])
    eta, eps, kept, scale = dtype(rate), dtype(epsilon), dtype(1.0 - shrinkage), dtype(factor)
    total = dtype(0)
    for i in range(theta.size):
        total += theta[i] * theta[i]
        g = scale * (gradient[i] + share * other[i] + decay * theta[i])
        m = beta_1 * first[i] + rest_1 * g
        v = beta_2 * second[i] + rest_2 * g * g
        first[i], second[i] = m, v
        theta[i] = kept * theta[i] - eta * m / (square_root(v) + eps)
    return np.float64(total)


class Optimizer(NamedTuple):
    """What the Python side knows of an optimizer.

    `slots` is the number of vectors of the size of theta it remembers; `settings` the
    estimator parameters it is handed, in order; `decouples` says whether ``alpha`` is among
    them instead of in the objective.
    """

    code: int
    slots: int
    settings: tuple[str, ...]

    @property
    def decouples(self) -> bool:
        """Whether the weights decay by themselves, and the objective has no penalty."""
        return "alpha" in self.settings


OPTIMIZERS = {
    "sgd": Optimizer(_SGD, 1, ("momentum", "nesterovs_momentum")),
    "adam": Optimizer(_ADAM, 2, ("beta_1", "beta_2", "epsilon")),
    "adamw": Optimizer(_ADAMW, 2, ("beta_1", "beta_2", "epsilon", "scaling_rate", "alpha")),
}
