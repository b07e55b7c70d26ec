"""What a fit minimises, and the threads for its passes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skmlp._data import TrainingData
from skmlp._network import Network
from skmlp._output import Output
from skmlp._team import Team, n_helpful_threads


@dataclass(frozen=True)
class Problem:
    """What a fit minimises: (Σ wᵢ ℓᵢ + α/2 Σ W²) / Σ wᵢ over the training rows.

    Attributes
    ----------
    data : TrainingData
        Its weights divided by the mean weight, so that their sum is the number of rows.
    rows : int array of shape (m,)
        The training rows, whose order the epochs change in place.
    alpha : float
        Divided by the mean weight, too.
    output : Output
        Whose loss ℓ is.
    smoothing : float
        Of the labels.
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
        """Divide the weights, which take on X's dtype, and the penalty by the mean weight."""
        weights = np.empty(data.weights.shape, data.X.dense.dtype)
        np.divide(data.weights, mean, out=weights, casting="same_kind")
        # NumPy's numbers, of other types to numba, would compile the kernels anew.
        alpha, smoothing = float(alpha), float(smoothing)
        return cls(data._replace(weights=weights), rows, alpha / mean, output, smoothing)


def team_of(network: Network, problem: Problem, n_jobs: int | None, n_rows: int) -> Team:
    """Return the threads of passes that take so many rows at a time."""
    n_products, n_steps = network.n_products(problem.data.X), -(-len(problem.rows) // n_rows)
    return Team(n_helpful_threads(n_jobs, n_products, n_rows, n_steps))
