"""What early stopping watches: the loss and a score on rows that training does not see."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmlp._network import Network, predicted_codes
from skmlp._validation import TrainingData


@dataclass(frozen=True)
class ValidationSet:
    """Rows, and what they are scored by.

    Attributes
    ----------
    data : TrainingData
    rows : int array of shape (m,)
        Which of them count.
    score : callable or None
        Network -> score. None means the accuracy, which like ``neg_log_loss`` follows from the
        logits of the loss.
    uses_loss : bool
        Whether the score is the negative loss.
    """

    data: TrainingData
    rows: NDArray[np.intp]
    score: Callable[[Network], float] | None = None
    uses_loss: bool = False

    def evaluate(self, network: Network) -> tuple[float, float]:
        """Return the score and the mean cross-entropy, both NaN where logits are not finite."""
        logits = network.logits(self.data.X, self.rows)
        if not np.isfinite(logits).all():
            return np.nan, np.nan
        y, weights = self.data.y[self.rows], self.data.weights[self.rows]
        loss = float(np.average(_cross_entropies(logits, y), weights=weights))
        if self.uses_loss:
            return -loss, loss
        if self.score is not None:
            return float(self.score(network)), loss
        return float(np.average(predicted_codes(logits) == y, weights=weights)), loss


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


def _cross_entropies(logits: NDArray[Any], y: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the loss of each row, from logits (m, 1) or (m, k)."""
    logits = logits.astype(np.float64)
    if logits.shape[1] == 1:
        return np.logaddexp(0.0, logits[:, 0]) - y * logits[:, 0]
    logits -= logits.max(axis=1, keepdims=True)
    return np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(y)), y]
