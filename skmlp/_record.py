"""The ledger of a fit: losses, scores, epochs and rows, each of them in one place."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Record:
    """What happened in the epochs of a fit.

    The curves and `n_rows_seen` go on over warm starts and calls to partial_fit; epochs are
    counted from 1 in each call.

    Attributes
    ----------
    max_iter : int
        Largest number of epochs, or of iterations.
    validation_fraction : float
        The part of the rows that early stopping holds out, where it does.
    loss_curve : list of float
        The objective in each epoch.
    validation_scores, validation_loss_curve : list of float, or None
        Score and loss on validation rows after each epoch; None where there are none.
    n_rows_seen : int
        Training rows that stochastic solvers have seen.
    best_epoch : int or None
        The epoch of this call with the best validation score so far.
    is_restored : bool
        Whether the network has the parameters of `best_epoch` again, and not the last ones.
    temperature : float
        Divisor of the logits after training.
    final_loss : float or None
        The objective at the end, where it is not that of an epoch: L-BFGS may stop within one.
    """

    max_iter: int
    validation_fraction: float
    loss_curve: list[float] = field(default_factory=list)
    validation_scores: list[float] | None = None
    validation_loss_curve: list[float] | None = None
    n_rows_seen: int = 0
    best_epoch: int | None = None
    is_restored: bool = False
    temperature: float = 1.0
    final_loss: float | None = None

    def __post_init__(self) -> None:
        self._n_earlier = len(self.loss_curve)

    def add(
        self, loss: float, n_rows: int, validation: tuple[float, float] | None = None
    ) -> None:
        """Append an epoch over `n_rows` training rows, with its validation score and loss."""
        self.n_rows_seen += n_rows
        self.loss_curve.append(loss)
        if validation is not None:
            assert self.validation_scores is not None
            assert self.validation_loss_curve is not None
            self.validation_scores.append(validation[0])
            self.validation_loss_curve.append(validation[1])

    @property
    def n_iter(self) -> int:
        """Number of epochs in this call."""
        return len(self.loss_curve) - self._n_earlier

    @property
    def best_iter(self) -> int | None:
        """The epoch that the parameters were restored from."""
        return self.best_epoch if self.is_restored else None

    @property
    def best_score(self) -> float | None:
        """The validation score of `best_iter`."""
        if self.best_iter is None or self.validation_scores is None:
            return None
        return self._at(self.best_iter, self.validation_scores)

    @property
    def loss(self) -> float:
        """The objective of the epoch that the parameters come from; NaN before the first."""
        if self.final_loss is not None:
            return self.final_loss
        if self.n_iter == 0:
            return np.nan
        return self._at(self.best_iter or self.n_iter, self.loss_curve)

    @property
    def best_loss(self) -> float | None:
        """The least objective of an epoch; None where the validation score chose one."""
        return None if self.is_restored else min(self.loss_curve, default=self.loss)

    def _at(self, epoch: int, curve: list[float]) -> float:
        # From the end: an earlier call without validation rows has left a gap at the beginning.
        return curve[epoch - self.n_iter - 1]
