"""The optimization problem of a fit, and the threads for its passes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from skmlp._data import TrainingData
from skmlp._feature_scales import Scale, find_poor_scale
from skmlp._network import Network
from skmlp._outputs.base import Output
from skmlp._team import Team, n_helpful_threads


@dataclass(frozen=True)
class Problem:
    """The objective (Σ wᵢ ℓᵢ + α/2 Σ W²) / Σ wᵢ of a network on its training rows.

    Attributes
    ----------
    data : TrainingData
        With weights divided by the mean weight: kernels divide by the number of rows.
    rows : int array of shape (m,)
        The training rows, which epochs shuffle in place.
    alpha : float
        Penalty, divided by the mean weight as well.
    output : Output
        It has the loss ℓ.
    smoothing : float
        Label smoothing.
    """

    data: TrainingData
    rows: NDArray[np.intp]
    alpha: float
    output: Output
    smoothing: float

    @property
    def loss(self) -> int:
        """The code of the loss."""
        return self.output.loss.code

    @cached_property
    def loss_settings(self) -> NDArray[np.float64]:
        """What the loss takes."""
        return self.output.settings(self.smoothing)

    @cached_property
    def poor_scale(self) -> Scale | None:
        """The column of X whose scale makes training hard, which several messages tell."""
        return find_poor_scale(self.data.X)

    @classmethod
    def weighted(
        cls,
        data: TrainingData,
        rows: NDArray[np.intp],
        mean: float,
        alpha: float,
        output: Output,
        smoothing: float = 0.0,
    ) -> "Problem":
        """Return the problem with weights, in X's dtype, and penalty divided by their mean."""
        # Divided in float64 and rounded once, without a second array of that size.
        weights = np.empty(data.weights.shape, data.X.dense.dtype)
        np.divide(data.weights, mean, out=weights, casting="same_kind")
        # NumPy's numbers, of other types to numba, would compile the kernels anew.
        alpha, smoothing = float(alpha), float(smoothing)
        return cls(data._replace(weights=weights), rows, alpha / mean, output, smoothing)


def build_team(network: Network, problem: Problem, n_jobs: int | None, n_rows: int) -> Team:
    """Return the threads for passes in steps of `n_rows` rows."""
    n_products, n_steps = network.n_products(problem.data.X), -(-len(problem.rows) // n_rows)
    return Team(n_helpful_threads(n_jobs, n_products, n_rows, n_steps))
