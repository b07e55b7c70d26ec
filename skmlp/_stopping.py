"""When to stop: scores in, the length of a stall and the best parameters out."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Monitor:
    """Early stopping's decisions on a score of which more is better.

    Parameters
    ----------
    keep_best : bool
        Whether to keep a copy of the best parameters.

    Attributes
    ----------
    best_score : float
    best_theta : array of theta's shape, or None
    n_stalled : int
        Number of epochs without improvement, in a row.
    """

    def __init__(self, *, keep_best: bool) -> None:
        self._keep_best = keep_best
        self.n_stalled = 0
        self.best_score = -np.inf
        self.best_theta: NDArray[Any] | None = None

    def update(self, score: float, theta: NDArray[Any], tol: float) -> bool:
        """Take in the score of an epoch, and return whether it is the best so far.

        A score below the best so far plus `tol` counts as no improvement, and so does NaN.
        `theta` is copied where its score is the best.
        """
        # Not `score < ...`: NaN is no improvement.
        self.n_stalled = 0 if score >= self.best_score + tol else self.n_stalled + 1
        is_best = score > self.best_score
        if is_best:
            self.best_score = score
            if self._keep_best:
                self.best_theta = theta.copy()  # training goes on in place
        return is_best
