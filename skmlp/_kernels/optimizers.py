"""Optimizers: one in-place step on the flat parameter vector.

Each takes ``state`` (slots, p), its memory from step to step, and ``settings``, its own
constants in the order of its registry entry. To add one: a code, a function, a branch in
:func:`optimizer_step`, and an entry in ``OPTIMIZERS``.
"""

from typing import NamedTuple

import numpy as np

from skmlp._kernels._jit import inlined_kernel, inner_kernel, kernel
from skmlp._kernels._simd import long_vectors
from skmlp._kernels._views import vector_at
from skmlp._kernels.elementwise import square_root

_SGD, _ADAM, _ADAMW = range(3)


@kernel
def optimizer_step(code, theta, gradient, state, rate, step, settings, n_decayed, strength):
    """Update `theta` and `state` in place; return Σ θ² of the decayed part.

    Parameters
    ----------
    code : int
    theta, gradient : arrays of shape (p,)
    state : array of shape (slots, p)
    rate : float
        Learning rate of this step.
    step : int
        Number of this step, counted from 1.
    settings : float64 array
    n_decayed : int
        How many of the first parameters carry a penalty ``strength / 2 * Σ θ²``; its gradient
        is added to theirs on the way.
    strength : float

    Returns
    -------
    float
        Σ θ² over those parameters before the step.
    """
    rest = theta.size - n_decayed
    squares = _step_of_part(
        code, theta, gradient, state, 0, n_decayed, strength, rate, step, settings
    )
    _step_of_part(code, theta, gradient, state, n_decayed, rest, 0.0, rate, step, settings)
    return squares


@inlined_kernel
def _step_of_part(
    code, theta, gradient, state, start, size, strength, rate, step, settings
):  # fmt: skip
    """Update `size` parameters from `start` on; return Σ θ² over them before."""
    part, slope = vector_at(theta, start, size), vector_at(gradient, start, size)
    first = vector_at(state, start, size)
    decay = theta.dtype.type(strength)
    if code == _SGD:
        return _sgd(part, slope, first, decay, rate, settings)
    second = vector_at(state, theta.size + start, size)
    shrinkage = rate * settings[3] if code == _ADAMW and start == 0 else 0.0
    return _adam(
        part, slope, first, second, decay, rate, step, settings, code == _ADAMW, shrinkage
    )


@kernel
def clip_gradient(theta, gradient, n_decayed, strength, largest):
    """Scale the gradient of the objective to the norm `largest` where it has a larger one.

    That is the norm over all parameters together (Pascanu et al. 2013, algorithm 1), and of the
    whole objective: `gradient` is without that of the penalty, ``strength`` times the first
    `n_decayed` of `theta`.

    Returns
    -------
    float
        What `gradient` was multiplied by, 1 at most; the penalty's is left to the caller.
    """
    long_vectors()
    total = 0.0
    for i in range(n_decayed):
        g = np.float64(gradient[i]) + strength * np.float64(theta[i])
        total += g * g
    for i in range(n_decayed, theta.size):
        total += np.float64(gradient[i]) * np.float64(gradient[i])
    norm = np.sqrt(total)
    if not norm > largest:
        return 1.0
    factor = theta.dtype.type(largest / norm)
    for i in range(gradient.size):
        gradient[i] *= factor
    return largest / norm


@kernel
def add_penalty(theta, strength, gradient):
    """Add the gradient of ``strength / 2 * Σ θ²`` to the first of `gradient`; return Σ θ².

    The sum is in theta's dtype, and thus only as good as that for a long theta.
    """
    long_vectors()
    factor = theta.dtype.type(strength)
    total = theta.dtype.type(0)
    for i in range(theta.size):
        gradient[i] += factor * theta[i]
        total += theta[i] * theta[i]
    return np.float64(total)


@inner_kernel
def _sgd(theta, gradient, velocity, decay, rate, settings):
    """Momentum v <- μ v - η g; then θ <- θ + v, or θ + μ v - η g after Nesterov."""
    long_vectors()
    momentum = theta.dtype.type(settings[0])
    nesterov = settings[1] != 0.0
    eta = theta.dtype.type(rate)
    total = theta.dtype.type(0)
    for i in range(theta.size):
        total += theta[i] * theta[i]
        push = eta * (gradient[i] + decay * theta[i])
        velocity[i] = momentum * velocity[i] - push
        theta[i] += momentum * velocity[i] - push if nesterov else velocity[i]
    return np.float64(total)


@inner_kernel
def _adam(
    theta, gradient, first, second, decay, rate, step, settings, corrects, shrinkage
):  # fmt: skip
    """Adam (Kingma and Ba 2015), with the bias corrections of both moments in the rate.

    As in section 2 of the paper (and in scikit-learn), epsilon is added to the square
    root of the uncorrected second moment; as in its algorithm 1 (and in torch), to that of
    the corrected one where `corrects`. θ is first made smaller by the factor `shrinkage`, as
    AdamW does (Loshchilov and Hutter 2019, algorithm 2).
    """
    long_vectors()
    beta_1, beta_2 = theta.dtype.type(settings[0]), theta.dtype.type(settings[1])
    rest_1, rest_2 = theta.dtype.type(1.0 - settings[0]), theta.dtype.type(1.0 - settings[1])
    correction = np.sqrt(1.0 - settings[1] ** step)
    epsilon = theta.dtype.type(settings[2] * (correction if corrects else 1.0))
    eta = theta.dtype.type(rate * correction / (1.0 - settings[0] ** step))
    kept = theta.dtype.type(1.0 - shrinkage)
    total = theta.dtype.type(0)
    for i in range(theta.size):
        total += theta[i] * theta[i]
        g = gradient[i] + decay * theta[i]
        m = beta_1 * first[i] + rest_1 * g
        v = beta_2 * second[i] + rest_2 * g * g
        first[i], second[i] = m, v
        theta[i] = kept * theta[i] - eta * m / (square_root(v) + epsilon)
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
    "adamw": Optimizer(_ADAMW, 2, ("beta_1", "beta_2", "epsilon", "alpha")),
}
