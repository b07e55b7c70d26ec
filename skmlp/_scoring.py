"""What early stopping watches: the loss and a score on rows that training does not see."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root_scalar

from skmlp._ensemble import Ensemble
from skmlp._network import Network, one_for_each_class, predicted_codes
from skmlp._validation import TrainingData

# Temperatures are looked for between these: rows that happen to be predicted without a mistake
# would ask for 0.
_TEMPERATURES = 0.25, 20.0
# Relative accuracy of a temperature, which changes the loss by less than its square.
_ACCURACY = 1e-3


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
    n_classes : int
    score : callable or None
        (Network, which member it is) -> score on its rows. None means the accuracy, which
        like ``neg_log_loss`` follows from the logits of the loss.
    uses_loss : bool
        Whether the score is the negative loss.
    scales : bool
        Whether the loss is that at the temperature which makes it least.
    """

    data: TrainingData
    rows: Sequence[NDArray[np.intp]]
    n_classes: int
    score: Callable[[Network, int], float] | None = None
    uses_loss: bool = False
    scales: bool = False

    def evaluate(self, ensemble: Ensemble) -> tuple[float, float]:
        """Return the score and the mean cross-entropy, both NaN where logits are not finite."""
        logits, y, weights = self._predicted(ensemble)
        if not np.isfinite(logits).all():
            return np.nan, np.nan
        temperature = self._best_temperature(logits, y, weights) if self.scales else 1.0
        scaled = one_for_each_class(logits / temperature, self.n_classes)
        loss = _mean_cross_entropy(scaled, y, weights)
        if self.uses_loss:
            return -loss, loss
        if self.score is not None:
            return self._mean_score(self.score, ensemble), loss
        is_right = predicted_codes(logits, self.n_classes) == y
        return float(np.average(is_right, weights=weights)), loss

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
        """Return what the logits are to be divided by for the least mean cross-entropy."""
        return self._best_temperature(*self._predicted(ensemble))

    def _best_temperature(self, logits: NDArray[Any], *others: NDArray[Any]) -> float:
        return _best_temperature(one_for_each_class(logits, self.n_classes), *others)

    def _predicted(self, ensemble: Ensemble) -> tuple[NDArray[Any], ...]:
        """Return logits (m, q) in float64, class codes (m,) and weights (m,)."""
        members = zip(ensemble.members, self.rows, strict=True)
        logits = [network.logits(self.data.X, rows) for network, rows in members]
        rows = np.concatenate(self.rows)
        return np.concatenate(logits, dtype=float), self.data.y[rows], self.data.weights[rows]


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


def below_largest(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return logits (m, n_classes) less the largest of each row."""
    return logits - logits.max(axis=1, keepdims=True)


def _mean_cross_entropy(
    logits: NDArray[np.float64], y: NDArray[np.intp], weights: NDArray[Any]
) -> float:
    """Return the mean loss of rows, from logits (m, n_classes)."""
    below = below_largest(logits)
    losses = np.log(np.exp(below).sum(axis=1)) - below[np.arange(len(y)), y]
    return float(np.average(losses, weights=weights))


def _best_temperature(
    logits: NDArray[np.float64], y: NDArray[np.intp], weights: NDArray[Any]
) -> float:
    """Return what logits are to be divided by for the least mean loss (Guo et al. 2017).

    The loss is convex in 1 / T, and its derivative the mean of what the logits of a row are
    expected to be, less that of its class.
    """
    below = below_largest(logits)
    weights = weights / weights.sum()
    # Not by BLAS, whose sums of so many rows depend on how many threads it has.
    actual = (weights * below[np.arange(len(y)), y]).sum()

    def derivative(log_temperature: float) -> float:
        shares = np.exp(below / np.exp(log_temperature))
        expected = np.einsum("ij,ij->i", shares, below) / shares.sum(axis=1)
        return float((weights * expected).sum() - actual)

    low, high = np.log(_TEMPERATURES)
    if derivative(low) <= 0:
        return _TEMPERATURES[0]
    if derivative(high) >= 0:
        return _TEMPERATURES[1]
    return float(np.exp(root_scalar(derivative, bracket=(low, high), xtol=_ACCURACY).root))
