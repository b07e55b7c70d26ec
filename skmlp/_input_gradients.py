"""Derivatives of what networks predict by their inputs, in NumPy.

Training needs derivatives by parameters alone, and predictions none: no kernel has these. The
values are the kernels'; only σ' is here once more, as a function of z.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from skmlp._border.activations import (
    ELU,
    GELU,
    IDENTITY,
    LEAK,
    LEAKY_RELU,
    LOGISTIC,
    MISH,
    PRELU,
    RELU,
    SELU,
    SELU_ALPHA,
    SELU_SCALE,
    SILU,
    SOFTPLUS,
    TANH,
)
from skmlp._border.layout import ACTIVATION, FAN_OUT, NO_SLOPES, SLOPES
from skmlp._data import as_matrix
from skmlp._ensemble import Ensemble
from skmlp._network import Network
from skmlp._outputs.base import Output

_Array = NDArray[Any]


def _above_0(z: _Array, below: Any) -> _Array:
    """Return 1 where z is above 0, elsewhere `below`: at a kink, as training does."""
    return np.where(z > 0, z.dtype.type(1), np.asarray(below, z.dtype))


def _logistic(z: _Array) -> _Array:
    return np.asarray(expit(z) * expit(-z))


def _gelu(z: _Array) -> _Array:
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi).astype(z.dtype)
    return np.asarray(ndtr(z) + z * density)


def _mish(z: _Array) -> _Array:
    t = np.tanh(np.logaddexp(0, z))
    return np.asarray(t + z * (1 - t**2) * expit(z))


# σ'(z) by the code of the activation; the slopes (width,) are those that prelu has learned.
DERIVATIVES: dict[int, Callable[[_Array, _Array], _Array]] = {
    IDENTITY: lambda z, _: np.ones_like(z),
    LOGISTIC: lambda z, _: _logistic(z),
    TANH: lambda z, _: 1 - np.tanh(z) ** 2,
    RELU: lambda z, _: _above_0(z, 0.0),
    LEAKY_RELU: lambda z, _: _above_0(z, LEAK),
    PRELU: _above_0,
    ELU: lambda z, _: _above_0(z, np.exp(np.minimum(z, 0))),
    SELU: lambda z, _: SELU_SCALE * _above_0(z, SELU_ALPHA * np.exp(np.minimum(z, 0))),
    GELU: lambda z, _: _gelu(z),
    SILU: lambda z, _: expit(z) * (1 + z * expit(-z)),
    MISH: lambda z, _: _mish(z),
    SOFTPLUS: lambda z, _: np.asarray(expit(z)),
}


def _derivatives(network: Network, X: _Array) -> list[_Array]:
    """Return σ'(z) (n, width) of each hidden layer."""
    rows, result = as_matrix(X, X.dtype), []
    for k in range(1, network.depth):
        layers = network.layers.copy()
        code, first = layers[k - 1, ACTIVATION], layers[k - 1, SLOPES]
        width = layers[k - 1, FAN_OUT]
        # With the identity in its place, what the kernel writes is z.
        layers[k - 1, ACTIVATION] = IDENTITY
        z = np.empty((len(X), width), X.dtype)
        Network(network.theta, layers).write_outputs(rows, k, z)
        slopes = network.theta[first : first + width] if first != NO_SLOPES else np.empty(0)
        result.append(DERIVATIVES[int(code)](z, slopes))
    return result


def _backward(network: Network, derivatives: Sequence[_Array], delta: _Array) -> _Array:
    """Return derivatives (n, d) by the inputs from those by the logits (n, q)."""
    weights = network.coefs
    for k in range(network.depth - 1, 0, -1):
        delta = (delta @ weights[k].T) * derivatives[k - 1]
    result: _Array = delta @ weights[0].T
    return result


def input_gradients(
    ensemble: Ensemble, output: Output, X: _Array, columns: Sequence[Any]
) -> _Array:
    """Return derivatives of predictions by the inputs.

    Parameters
    ----------
    ensemble : Ensemble
    output : Output
    X : array of shape (n, d)
        Of the networks' dtype.
    columns : sequence of int or int arrays
        Of what to take the derivatives; see :meth:`Output.slopes_of_logits`.

    Returns
    -------
    array of shape (n, d, number of `columns`)
    """
    members, rows = ensemble.members, as_matrix(X, X.dtype)
    logits = np.empty((len(members), len(X), ensemble.units[-1]), X.dtype)
    for member, out in zip(members, logits, strict=True):
        member.write_outputs(rows, ensemble.depth, out)
    slopes = [output.slopes_of_logits(logits, column) for column in columns]
    result = np.zeros((len(X), X.shape[1], len(columns)), X.dtype)
    for i, member in enumerate(members):
        derivatives = _derivatives(member, X)
        for j, of_members in enumerate(slopes):
            result[:, :, j] += _backward(member, derivatives, of_members[i].astype(X.dtype))
    return result
