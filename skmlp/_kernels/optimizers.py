"""Optimizers: one in-place step on the flat parameter vector.

Each takes ``state`` (slots, p), its memory from step to step, and ``settings``, its own
constants in the order of its registry entry. To add one: a code, a function, a branch in
:func:`optimizer_step`, and an entry in ``OPTIMIZERS``.
"""

from typing import NamedTuple

import numpy as np

from skmlp._kernels._jit import kernel

_SGD, _ADAM = range(2)


@kernel
def optimizer_step(code, theta, gradient, state, rate, step, settings):
    """Update `theta` and `state` in place.

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
    """
    if code == _SGD:
        _sgd(theta, gradient, state, rate, settings)
    else:
        _adam(theta, gradient, state, rate, step, settings)


@kernel
def _sgd(theta, gradient, state, rate, settings):
    """Momentum v <- μ v - η g; then θ <- θ + v, or θ + μ v - η g after Nesterov."""
    velocity = state[0]
    momentum = theta.dtype.type(settings[0])
    nesterov = settings[1] != 0.0
    eta = theta.dtype.type(rate)
    for i in range(theta.size):
        push = eta * gradient[i]
        velocity[i] = momentum * velocity[i] - push
        theta[i] += momentum * velocity[i] - push if nesterov else velocity[i]


@kernel
def _adam(theta, gradient, state, rate, step, settings):
    """Adam (Kingma and Ba 2015), with the bias corrections folded into the step size.

    As in section 2 of the paper (and in scikit-learn), epsilon is added to the square
    root of the uncorrected second moment.
    """
    first, second = state[0], state[1]
    one = theta.dtype.type(1)
    beta_1, beta_2 = theta.dtype.type(settings[0]), theta.dtype.type(settings[1])
    rest_1, rest_2 = theta.dtype.type(1.0 - settings[0]), theta.dtype.type(1.0 - settings[1])
    epsilon = theta.dtype.type(settings[2])
    size = rate * np.sqrt(1.0 - settings[1] ** step) / (1.0 - settings[0] ** step)
    eta = theta.dtype.type(size)
    for i in range(theta.size):
        g = gradient[i]
        first[i] = beta_1 * first[i] + rest_1 * g
        second[i] = beta_2 * second[i] + rest_2 * g * g
        theta[i] -= eta * first[i] * (one / (np.sqrt(second[i]) + epsilon))


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
