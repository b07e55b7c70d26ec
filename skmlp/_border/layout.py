"""Where the parameters of each layer, and its outputs, lie in one vector.

All parameters live in one vector ``theta``: the K weight matrices, row by row, then the K
biases, then the slopes that some activations learn, one a unit; what carries a penalty is
thus a prefix. The outputs H⁽¹⁾, ..., O of a batch of m rows live in one vector ``work``, and
behind them, where the input is dense, X's rows;
``deltas`` holds ∂L/∂Z⁽¹⁾, ..., ∂L/∂O in the same order. The integer table ``layers`` (K, 7)
says where.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Layers: TypeAlias = NDArray[np.int64]

# Columns of the table, in their order: where W and b start in theta, the shape of W, how many
# units of a row precede this layer's outputs in the workspace, the activation's code, and where
# in theta its slopes start, or NO_SLOPES.
WEIGHTS, BIASES, FAN_IN, FAN_OUT, UNITS, ACTIVATION, SLOPES = range(7)
NO_SLOPES = -1


def layer_table(
    units: Sequence[int], activations: Sequence[int], learns_slopes: Sequence[bool]
) -> Layers:
    """Return the table of layers.

    Parameters
    ----------
    units : sequence of int
        Sizes d, h₁, ..., q, the input's and the output's included.
    activations : sequence of int
        One code a layer, the output's included.
    learns_slopes : sequence of bool
        Whether each layer's activation has a slope a unit among the parameters.

    Returns
    -------
    int64 array of shape (len(units) - 1, 7)
    """
    pairs = list(pairwise(map(int, units)))
    weights = above = 0
    biases = sum(fan_in * fan_out for fan_in, fan_out in pairs)
    slopes = biases + sum(fan_out for _, fan_out in pairs)
    rows = []
    for (fan_in, fan_out), code, learns in zip(pairs, activations, learns_slopes, strict=True):
        own_slopes = slopes if learns else NO_SLOPES
        rows.append((weights, biases, fan_in, fan_out, above, code, own_slopes))
        weights += fan_in * fan_out
        biases += fan_out
        above += fan_out
        slopes += fan_out if learns else 0
    return np.array(rows, dtype=np.int64)


def n_parameters(layers: Layers) -> int:
    """Return the size of theta."""
    n_slopes = layers[layers[:, SLOPES] != NO_SLOPES, FAN_OUT].sum()
    return int(layers[-1, BIASES] + layers[-1, FAN_OUT] + n_slopes)


def n_units(layers: Layers) -> int:
    """Return the number of units of all layers together, without the input."""
    return int(layers[-1, UNITS] + layers[-1, FAN_OUT])
