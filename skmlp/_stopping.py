"""When to stop: scores in, a flag and the best parameters out."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Monitor:
    """Watch a score, of which more is better, for improvement.

    Parameters
    ----------
    tol : float
        A score below the best so far plus `tol` counts as no improvement.
    patience : int or inf
        Number of epochs without improvement to bear in a row.
    keep_best : bool
        Whether to keep a copy of the best parameters.

    Attributes
    ----------
    best_score : float
    best_epoch : int
        Position, among the scores seen, of the best one; -1 before there is one.
    best_theta : array of shape (p,) or None
    """

    def __init__(self, tol: float, patience: float, *, keep_best: bool) -> None:
        self._tol = tol
        self._patience = patience
        self._keep_best = keep_best
        self._seen = 0
        self._without_improvement = 0
        self.best_score = -np.inf
        self.best_epoch = -1
        self.best_theta: NDArray[Any] | None = None

    def update(self, score: float, theta: NDArray[Any]) -> None:
        """Take in the score of one more epoch; `theta` is copied where it is the best."""
        if score < self.best_score + self._tol:
            self._without_improvement += 1
        else:
            self._without_improvement = 0
        if score > self.best_score:
            self.best_score = score
            self.best_epoch = self._seen
            if self._keep_best:
                self.best_theta = theta.copy()
        self._seen += 1

    @property
    def stalled(self) -> bool:
        """Whether patience has run out."""
        return self._without_improvement > self._patience

    def restart(self) -> None:
        """Begin to count the epochs without improvement anew."""
        self._without_improvement = 0
