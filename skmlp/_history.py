"""What a fit leaves behind for the user, an epoch at a time."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class History:
    """Curves and counts.

    `n_iter` counts the epochs of the current call; `t` the training rows seen in all
    calls, and the lists go on over warm starts and calls to partial_fit likewise. `loss`
    is that of the epoch which the final parameters come from; `best_iter` its number in the
    call, counted from 1, and `best_score` its validation score, where there is one;
    `temperature` what its logits were divided by at the end.
    """

    loss_curve: list[float] = field(default_factory=list)
    validation_scores: list[float] | None = None
    validation_loss_curve: list[float] | None = None
    n_iter: int = 0
    t: int = 0
    loss: float = np.nan
    best_score: float | None = None
    best_iter: int | None = None
    temperature: float = 1.0

    def add(
        self, loss: float, n_rows: int, validation: tuple[float, float] | None = None
    ) -> None:
        """Append one epoch over `n_rows` training rows, with its score and loss on others."""
        self.n_iter += 1
        self.t += n_rows
        self.loss = loss
        self.loss_curve.append(loss)
        if validation is not None:
            assert self.validation_scores is not None
            assert self.validation_loss_curve is not None
            self.validation_scores.append(validation[0])
            self.validation_loss_curve.append(validation[1])
