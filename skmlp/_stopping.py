"""When to stop: scores in, a flag and the best parameters out."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Monitor:
    """Watch a score, of which more is better, for improvement.

    Parameters
    ----------
    keep_best : bool
        Whether to keep a copy of the best parameters.

    Attributes
    ----------
    best_score : float
    best_epoch : int
        Position, among the scores seen, of the best one; -1 before there is one.
    best_theta : array of theta's shape, or None
    n_stalled : int
        Number of epochs without improvement, in a row.
    """

    def __init__(self, *, keep_best: bool) -> None:
        self._keep_best = keep_best
        self._seen = 0
        self.n_stalled = 0
        self.best_score = -np.inf
        self.best_epoch = -1
        self.best_theta: NDArray[Any] | None = None

    def update(self, score: float, theta: NDArray[Any], tol: float) -> None:
        """Take in the score of one more epoch.

        A score below the best so far plus `tol` counts as no improvement, and so does NaN.
        `theta` is copied where its score is the best.
        """
        self.n_stalled = 0 if score >= self.best_score + tol else self.n_stalled + 1
        if score > self.best_score:
            self.best_score = score
            self.best_epoch = self._seen
            if self._keep_best:
                self.best_theta = theta.copy()
        self._seen += 1
