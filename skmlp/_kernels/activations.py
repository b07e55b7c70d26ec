"""Activation functions and their derivatives, applied elementwise in place.

The derivative is written in terms of the function's value h = σ(z), which the forward
pass leaves behind, so that z need not be kept. To add an activation: a code, a branch in
:func:`activate` and in :func:`differentiate`, and an entry in ``ACTIVATIONS``.
"""

from typing import NamedTuple

import numpy as np

from skmlp._kernels._jit import inlined_kernel, kernel
from skmlp._kernels._scalars import constant_like
from skmlp._kernels._simd import long_vectors
from skmlp._kernels.elementwise import sigmoid, tanh

_IDENTITY, _LOGISTIC, _TANH, _RELU = range(4)


@kernel
def activate(code, h):
    """Replace z by σ(z) in the 1-D array `h`."""
    # A typed constant: a plain 0.0 would turn float32 arithmetic into float64.
    zero = h.dtype.type(0)
    long_vectors()
    if code == _LOGISTIC:
        for i in range(h.size):
            h[i] = sigmoid(h[i])
    elif code == _TANH:
        for i in range(h.size):
            h[i] = tanh(h[i])
    elif code == _RELU:
        for i in range(h.size):
            if h[i] < zero:  # not max(), which would swallow a NaN
                h[i] = zero


@inlined_kernel
def lower_bound(code, zero):
    """Return what σ raises smaller numbers to, in the type of `zero`; -infinity for none."""
    return zero if code == _RELU else constant_like(zero, -np.inf)


@kernel
def differentiate(code, h, delta):
    """Multiply the 1-D array `delta` by σ'(z), given ``h`` = σ(z).

    At 0, where ReLU has no derivative, 0 is taken, as scikit-learn does.
    """
    zero, one = h.dtype.type(0), h.dtype.type(1)
    long_vectors()
    if code == _LOGISTIC:
        for i in range(h.size):
            delta[i] *= h[i] * (one - h[i])
    elif code == _TANH:
        for i in range(h.size):
            delta[i] *= one - h[i] * h[i]
    elif code == _RELU:
        for i in range(h.size):
            if h[i] == zero:
                delta[i] = zero


class Activation(NamedTuple):
    """What the Python side knows of an activation.

    `init_factor` is the constant c of the uniform initialisation on
    ±sqrt(c / (fan_in + fan_out)): 6 after Glorot and Bengio (2010), and scikit-learn's 2
    for the logistic function.
    """

    code: int
    init_factor: float


ACTIVATIONS = {
    "identity": Activation(_IDENTITY, 6.0),
    "logistic": Activation(_LOGISTIC, 2.0),
    "sigmoid": Activation(_LOGISTIC, 2.0),
    "tanh": Activation(_TANH, 6.0),
    "relu": Activation(_RELU, 6.0),
}
