"""What early stopping watches: the loss and a score on rows that training does not see."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmlp._data import TrainingData
from skmlp._ensemble import Ensemble
from skmlp._network import Network
from skmlp._outputs.base import Output


@dataclass(frozen=True)
class ValidationSet:
    """Rows, and what they are scored by.

    A member of an ensemble is scored on its own rows, which the others may be trained on, and
    all their predictions count alike.

    Attributes
    ----------
    data : TrainingData
    rows : sequence of int arrays
        Which of them count, for each member.
    output : Output
    score_name : str or None
        Which of the output's own scores counts, which like the loss follow from the logits.
    score : callable or None
        (Network, which member it is) -> score on its rows, instead of the output's own.
    scale_logits : bool
        Whether the loss is that at the temperature which makes it least.
    """

    data: TrainingData
    rows: Sequence[NDArray[np.intp]]
    output: Output
    score_name: str | None = None
    score: Callable[[Network, int], float] | None = None
    scale_logits: bool = False

    def evaluate(self, ensemble: Ensemble) -> tuple[float, float]:
        """Return the score and the mean loss, both NaN where logits are not finite."""
        logits, targets, weights = self._predicted(ensemble)
        if not np.isfinite(logits).all():
            return np.nan, np.nan
        temperature = (
            self.output.best_temperature(logits, targets, weights) if self.scale_logits else 1.0
        )
        loss = self.output.mean_loss(logits / temperature, targets, weights)
        if self.score is not None:
            return self._mean_score(self.score, ensemble), loss
        return self.output.score(self.score_name, logits, targets, weights, loss), loss

    def _mean_score(self, score: Callable[[Network, int], float], ensemble: Ensemble) -> float:
        """Return the mean over the members, but for those whose rows have no score.

        A fold may lack a class, without which there is no area under a curve.
        """
        members = [i for i, rows in enumerate(self.rows) if len(rows)]
        scores = np.array([score(ensemble.members[i], i) for i in members])
        weights = np.array([self.data.weights[self.rows[i]].sum() for i in members])
        known = np.isfinite(scores)
        return (
            float(np.average(scores[known], weights=weights[known])) if known.any() else np.nan
        )

    def temperature(self, ensemble: Ensemble) -> float:
        """Return what the logits are to be divided by for the least mean loss."""
        return self.output.best_temperature(*self._predicted(ensemble))

    def shifts(self, ensemble: Ensemble) -> NDArray[np.float64]:
        """Return what is to be added to the logits (q,) for quantiles of their levels."""
        rows = np.concatenate(self.rows)
        of_members = [network.logits(self.data.X, rows) for network in ensemble.members]
        logits, targets, weights = self._predicted(ensemble)
        spread = np.var(of_members, axis=0, dtype=float)
        return self.output.best_shifts(logits, targets, weights, spread)

    def _predicted(self, ensemble: Ensemble) -> tuple[NDArray[Any], ...]:
        """Return logits (m, q) in float64, targets (m, t) and weights (m,)."""
        members = zip(ensemble.members, self.rows, strict=True)
        logits = [network.logits(self.data.X, rows) for network, rows in members]
        rows, (_, targets, weights) = np.concatenate(self.rows), self.data
        return np.concatenate(logits, dtype=float), targets[rows], weights[rows]


def takes_weights(scorer: Callable[..., Any]) -> bool:
    """Return whether a scorer has an argument ``sample_weight``.

    scikit-learn's own have one in any case, and hand it to a metric that may not.
    """
    try:
        parameters = inspect.signature(getattr(scorer, "_score_func", scorer)).parameters
    except ValueError:  # of what is not written in Python
        return False
    kinds = {parameter.kind for parameter in parameters.values()}
    return "sample_weight" in parameters or inspect.Parameter.VAR_KEYWORD in kinds
