"""Optimizers: one in-place step on the flat parameter vector.

Each takes ``state`` (slots, p), its memory from step to step, and ``settings``, its own
constants in the order of its registry entry. To add one: a code, a function, a branch in
:func:`optimizer_step`, and an entry in ``OPTIMIZERS``.
"""

from typing import NamedTuple

import numpy as np

from skmlp._kernels._jit import inlined_kernel, kernel
from skmlp._kernels._simd import long_vectors

_SGD, _ADAM = range(2)

# Parameters that are updated at a time; theta, gradient and state of so many fit into 48 kB.
_PART = 1024


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
    total = 0.0
    first, last = state[0], state[-1]
    if code == _ADAM:
        rate = _corrected_rate(rate, step, settings)
    # A part at a time, which is in the first cache when its second loop begins.
    for start in range(0, theta.size, _PART):
        stop = min(start + _PART, theta.size)
        n = min(max(n_decayed - start, 0), stop - start)
        total += add_penalty(theta[start : start + n], strength, gradient[start:stop])
        part, slope, memory = theta[start:stop], gradient[start:stop], first[start:stop]
        if code == _SGD:
            _sgd(part, slope, memory, rate, settings)
        else:
            _adam(part, slope, memory, last[start:stop], rate, settings)
    return total


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


@kernel
def _sgd(theta, gradient, velocity, rate, settings):
    """Momentum v <- μ v - η g; then θ <- θ + v, or θ + μ v - η g after Nesterov."""
    long_vectors()
    momentum = theta.dtype.type(settings[0])
    nesterov = settings[1] != 0.0
    eta = theta.dtype.type(rate)
    for i in range(theta.size):
        push = eta * gradient[i]
        velocity[i] = momentum * velocity[i] - push
        theta[i] += momentum * velocity[i] - push if nesterov else velocity[i]


@inlined_kernel
def _corrected_rate(rate, step, settings):
    """Return Adam's learning rate with the bias corrections of both moments folded in."""
    return rate * np.sqrt(1.0 - settings[1] ** step) / (1.0 - settings[0] ** step)


@kernel
def _adam(theta, gradient, first, second, rate, settings):
    """Adam (Kingma and Ba 2015), from the corrected rate.

    As in section 2 of the paper (and in scikit-learn), epsilon is added to the square
    root of the uncorrected second moment.
    """
    long_vectors()
    beta_1, beta_2 = theta.dtype.type(settings[0]), theta.dtype.type(settings[1])
    rest_1, rest_2 = theta.dtype.type(1.0 - settings[0]), theta.dtype.type(1.0 - settings[1])
    epsilon = theta.dtype.type(settings[2])
    eta = theta.dtype.type(rate)
    for i in range(theta.size):
        g = gradient[i]
        first[i] = beta_1 * first[i] + rest_1 * g
        second[i] = beta_2 * second[i] + rest_2 * g * g
        theta[i] -= eta * first[i] / (np.sqrt(second[i]) + epsilon)


class Optimizer(NamedTuple):
    """What the Python side knows of an optimizer.

    `slots` is the number of vectors of the size of theta it remembers; `settings` the
    estimator parameters it is handed, in order.
    """

    code: int
    slots: int
    settings: tuple[str, ...]


OPTIMIZERS = {
    "sgd": Optimizer(_SGD, 1, ("momentum", "nesterovs_momentum")),
    "adam": Optimizer(_ADAM, 2, ("beta_1", "beta_2", "epsilon")),
}
