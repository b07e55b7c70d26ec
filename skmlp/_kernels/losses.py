"""Losses: output link, value, and gradient with respect to the logits.

Everything is computed from the logits o, never from rounded probabilities, and a row at a
time in float64: it stays finite as long as the logits are.

============  =====================  ====================================  ==============
loss          link                   value for class y                     gradient
============  =====================  ====================================  ==============
binary        p = 1 / (1 + e^-o)     log(1 + e^o) - y o                    p - y
multinomial   p_j = e^o_j / Σ e^o_l  log Σ e^o_l - o_y                     p_j - [j = y]
============  =====================  ====================================  ==============
"""

from typing import NamedTuple

import numpy as np

from skmlp._kernels._jit import kernel

_BINARY, _MULTINOMIAL = range(2)


@kernel
def _softplus(z):
    """Return log(1 + e^z) without overflow."""
    return max(z, 0.0) + np.log1p(np.exp(-abs(z)))


@kernel
def _sigmoid(z):
    """Return 1 / (1 + e^-z), exact to rounding at both ends."""
    e = np.exp(-abs(z))
    return (1.0 if z >= 0.0 else e) / (1.0 + e)


@kernel
def _log_sum_exp(row):
    """Return log Σ_j e^row[j] of a 1-D array, without overflow."""
    largest = np.float64(row[0])
    for j in range(1, row.size):
        largest = max(largest, np.float64(row[j]))
    total = 0.0
    for j in range(row.size):
        total += np.exp(np.float64(row[j]) - largest)
    return largest + np.log(total)


@kernel
def loss_and_delta(code, logits, y, weights, rows, scale, delta):
    """Return the batch's summed loss; write its gradient by the logits into `delta`.

    Parameters
    ----------
    code : int
    logits : array of shape (m, q)
    y : int array of shape (n,)
        Class codes of the whole training set.
    weights : array of shape (n,)
    rows : int array of shape (m,)
        Which rows of `y` and `weights` the batch consists of.
    scale : float
        Factor of the loss and of the gradient.
    delta : array of shape (m, q)
        Overwritten.

    Returns
    -------
    float
        ``scale * Σ_i weights[i] * loss(logits[i], y[i])``, accumulated in float64.
    """
    total = 0.0
    for i in range(rows.size):
        weight = scale * np.float64(weights[rows[i]])
        if code == _BINARY:
            loss = _binary_row(logits[i], y[rows[i]], weight, delta[i])
        else:
            loss = _multinomial_row(logits[i], y[rows[i]], weight, delta[i])
        total += weight * loss
    return total


@kernel
def _binary_row(logits, target, weight, delta):
    z = np.float64(logits[0])
    delta[0] = weight * (_sigmoid(z) - target)
    return _softplus(z) - target * z


@kernel
def _multinomial_row(logits, target, weight, delta):
    normaliser = _log_sum_exp(logits)
    for j in range(logits.size):
        delta[j] = weight * np.exp(np.float64(logits[j]) - normaliser)
    delta[target] -= weight
    return normaliser - np.float64(logits[target])


@kernel
def probabilities(code, logits, out):
    """Write class probabilities into `out` (n, k), from logits (n, 1) or (n, k).

    None falls below the dtype's least normal number, so that its logarithm is finite.
    """
    floor = np.finfo(out.dtype).tiny
    for i in range(logits.shape[0]):
        if code == _BINARY:
            z = np.float64(logits[i, 0])
            out[i, 0] = max(_sigmoid(-z), floor)
            out[i, 1] = max(_sigmoid(z), floor)
        else:
            normaliser = _log_sum_exp(logits[i])
            for j in range(logits.shape[1]):
                out[i, j] = max(np.exp(np.float64(logits[i, j]) - normaliser), floor)


class Loss(NamedTuple):
    """What the Python side knows of a loss; `link` is scikit-learn's name of the output."""

    code: int
    link: str


LOSSES = {
    "binary": Loss(_BINARY, "logistic"),
    "multinomial": Loss(_MULTINOMIAL, "softmax"),
}
