"""Initial parameters that fit the data (Holzmüller et al. 2024, appendix A)."""

import numpy as np
from numpy.typing import NDArray

from skmlp._data import TrainingData
from skmlp._ensemble import Ensemble
from skmlp._kernels._layout import ACTIVATION
from skmlp._kernels.activations import ACTIVATIONS
from skmlp._network import Network

# So many rows tell a unit's mean and deviation to some percent.
_SAMPLE = 2048
# Standard deviation of a mean of five values of deviation 1, at random weights that are
# distributed as exponential ones divided by their sum.
_DEVIATION = 3**-0.5
# Of a sum, in units of the last place.
_ROUNDING = 100


def initialize_from_data(
    ensemble: Ensemble,
    data: TrainingData,
    rows: list[NDArray[np.intp]],
    random_states: list[np.random.RandomState],
) -> None:
    """Give each member's units, whatever the data, a spread of 1 and kinks among the rows.

    Layer by layer, a hidden unit's weights are divided by the standard deviation of what it
    adds up over the training rows, and its bias drawn so that the sum is 0 at a random place
    among them. The output layer begins with zeros: all classes are equally probable.

    Parameters
    ----------
    ensemble : Ensemble
        With random weights; updated in place.
    data : TrainingData
    rows : list of int arrays
        The training rows of each member.
    random_states : list of RandomState
        What each draws its biases, and the choice of rows, from.

    Raises
    ------
    ValueError
        The numbers are so large that a unit's sums have no finite standard deviation.
    """
    for network, part, random_state in zip(ensemble.members, rows, random_states, strict=True):
        if part.size > _SAMPLE:
            part = random_state.choice(part, _SAMPLE, replace=False)
        _initialize(network, data, part, random_state)


def _initialize(
    network: Network,
    data: TrainingData,
    rows: NDArray[np.intp],
    random_state: np.random.RandomState,
) -> None:
    sums = network.layers.copy()
    sums[:, ACTIVATION] = ACTIVATIONS["identity"].code
    weights = data.weights[rows] / data.weights[rows].sum()
    for k in range(network.depth - 1):
        layer, biases = network.coefs[k], network.intercepts[k]
        biases[:] = 0
        # Up to layer k with their activations, and layer k without.
        below = np.concatenate([network.layers[:k], sums[k:]])
        z = np.empty((len(rows), layer.shape[1]), layer.dtype)
        Network(network.theta, below).write_outputs(data.X, k + 1, z, rows=rows)
        # Not by BLAS, whose sums of so many rows depend on how many threads it has.
        means = np.einsum("i,ij->j", weights, z)
        deviations = np.sqrt(np.einsum("i,ij->j", weights, (z - means) ** 2))
        if not np.isfinite(deviations).all():
            raise ValueError(
                "init='data' finds no standard deviation of a unit's sums, since numbers in X "
                "are too large. Scale the input, or set init='random'."
            )
        # A unit that sees a constant has nothing but the rounding of its sums.
        deviations[deviations <= _ROUNDING * np.finfo(z.dtype).eps * abs(z).max(axis=0)] = 1.0
        layer /= deviations.astype(layer.dtype)
        draws = random_state.normal(scale=_DEVIATION, size=biases.shape)
        biases[:] = -(means / deviations + draws)
    network.coefs[-1][:] = 0
    network.intercepts[-1][:] = 0
