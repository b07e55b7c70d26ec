"""Where the parameters of each layer, and its outputs, lie in one vector.

All parameters live in one vector ``theta``: the K weight matrices, row by row, then the K
biases, then the slopes that some activations learn, one a unit; what carries a penalty is
thus a prefix. The outputs H⁽¹⁾, ..., O of a batch of m rows live in one vector ``work``, and
behind them, where the input is dense, X's rows;
``deltas`` holds ∂L/∂Z⁽¹⁾, ..., ∂L/∂O in the same order. The integer table ``layers`` (K, 7)
says where.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Layers: TypeAlias = NDArray[np.int64]

# Columns of the table: where W and b start in theta, the shape of W, how many units of a
# row precede this layer's outputs in the workspace, the activation's code, and where in theta
# its slopes start, or NO_SLOPES.
WEIGHTS, BIASES, FAN_IN, FAN_OUT, UNITS, ACTIVATION, SLOPES = range(7)
NO_SLOPES = -1


def layer_table(units: ArrayLike, activations: ArrayLike, learns_slopes: ArrayLike) -> Layers:
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
    units = np.asarray(units, dtype=np.int64)
    sizes = units[:-1] * units[1:]
    slopes = np.where(learns_slopes, units[1:], 0)
    table = np.empty((len(sizes), 7), dtype=np.int64)
    table[:, WEIGHTS] = np.cumsum(sizes) - sizes
    table[:, BIASES] = sizes.sum() + np.cumsum(units[1:]) - units[1:]
    table[:, FAN_IN] = units[:-1]
    table[:, FAN_OUT] = units[1:]
    table[:, UNITS] = np.cumsum(units[1:]) - units[1:]
    table[:, ACTIVATION] = activations
    first_slope = sizes.sum() + units[1:].sum()
    table[:, SLOPES] = np.where(
        learns_slopes, first_slope + np.cumsum(slopes) - slopes, NO_SLOPES
    )
    return table


def n_parameters(layers: Layers) -> int:
    """Return the size of theta."""
    n_slopes = layers[layers[:, SLOPES] != NO_SLOPES, FAN_OUT].sum()
    return int(layers[-1, BIASES] + layers[-1, FAN_OUT] + n_slopes)


def n_units(layers: Layers) -> int:
    """Return the number of units of all layers together, without the input."""
    return int(layers[-1, UNITS] + layers[-1, FAN_OUT])
