"""Data-dependent initialization (Holzmüller et al. 2024, appendix A)."""

import numpy as np
from numpy.typing import NDArray

from skmlp._border.activations import ACTIVATIONS
from skmlp._border.layout import ACTIVATION
from skmlp._data import TrainingData
from skmlp._ensemble import Ensemble
from skmlp._network import Network

# Rows that determine a unit's mean and standard deviation to some percent.
_SAMPLE = 2048
# Standard deviation of a weighted mean of five values of standard deviation 1, whose random
# weights are exponential variables divided by their sum.
_DEVIATION = 3**-0.5
# Rounding error of a sum, in units of the last place.
_ROUNDING = 100


def initialize_from_data(
    ensemble: Ensemble,
    data: TrainingData,
    rows: list[NDArray[np.intp]],
    random_states: list[np.random.RandomState],
) -> None:
    """Scale each hidden unit's pre-activations, and place its kink among the training rows.

    Layer by layer, a unit's weights are divided by the standard deviation of its
    pre-activations over the training rows, and its bias is drawn so that they are 0 at a random
    place among the rows. The output layer's parameters are 0: all classes are equally probable.

    Parameters
    ----------
    ensemble : Ensemble
        It has random weights, and is updated in place.
    data : TrainingData
    rows : list of int arrays
        The training rows of each member.
    random_states : list of RandomState
        Generators of each member's biases and sample of rows.

    Raises
    ------
    ValueError
        Numbers in X are so large that the standard deviation is not finite.
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
        # The layers below k with their activations, and layer k without.
        below = np.concatenate([network.layers[:k], sums[k:]])
        z = np.empty((len(rows), layer.shape[1]), layer.dtype)
        Network(network.theta, below).write_outputs(data.X, k + 1, z, rows=rows)
        # Not by BLAS, whose sums of so many rows depend on how many threads it has.
        means = np.einsum("i,ij->j", weights, z)
        deviations = np.sqrt(np.einsum("i,ij->j", weights, (z - means) ** 2))
        if not np.isfinite(deviations).all():
            raise ValueError(
                "init='data' finds no standard deviation of a unit's pre-activations, "
                "since numbers in X are too large. Scale X, or set init='random'."
            )
        # The pre-activations of a unit with constant input differ by rounding errors alone.
        deviations[deviations <= _ROUNDING * np.finfo(z.dtype).eps * abs(z).max(axis=0)] = 1.0
        layer /= deviations.astype(layer.dtype)
        draws = random_state.normal(scale=_DEVIATION, size=biases.shape)
        biases[:] = -(means / deviations + draws)
    network.coefs[-1][:] = 0
    network.intercepts[-1][:] = 0
