"""The output layer: what the columns of the network's last layer mean.

Nothing else knows that. An output has a loss, and says how many logits it needs, how labels
become what the loss compares them with, and what follows from logits: the loss of rows, a
decision, a score. Above it stand the estimators, each with its class of outputs; below it the
compiled loss, of which an output has the code.

Classes are abstract or final. To add one: a loss in :mod:`skmlp._kernels.losses`, a class here,
and an estimator that names it (docs/extending.md).
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root_scalar

from skmlp._caller import warn
from skmlp._kernels.losses import LOSSES, Loss
from skmlp._labels import encode_labels

# Temperatures are looked for between these: rows that happen to be predicted without a mistake
# would ask for 0.
_TEMPERATURES = 0.25, 20.0
# Relative accuracy of a temperature, which changes the loss by less than its square.
_ACCURACY = 1e-3


class Output(ABC):
    """What classifiers' outputs have in common.

    Logits are O (n, q), class codes y (n,), the weights of rows w (n,); there are k classes.

    Parameters
    ----------
    classes : array of shape (k,)
        The labels, sorted.
    """

    loss: ClassVar[Loss]
    # Whether there may be more than two classes, as scikit-learn's tag says it.
    is_multiclass: ClassVar[bool]

    def __init__(self, classes: NDArray[Any]) -> None:
        self.classes = classes
        self.n_classes = len(classes)

    @abstractmethod
    def check_classes(self) -> None:
        """Raise ValueError where there are too few or too many classes, or warn of them."""

    @property
    @abstractmethod
    def n_logits(self) -> int:
        """The number q of logits."""

    @abstractmethod
    def strata(self, codes: NDArray[np.intp]) -> NDArray[np.intp] | None:
        """Return what rows are held out in equal parts of, as MLPClassifier has it."""

    @abstractmethod
    def by_class(self, logits: NDArray[Any]) -> NDArray[Any]:
        """Return logits (n, k), a column a class, of which only differences matter."""

    @abstractmethod
    def are_valid(self, logits: NDArray[Any]) -> bool:
        """Return whether logits have probabilities."""

    @abstractmethod
    def decide(self, logits: NDArray[Any]) -> NDArray[np.intp]:
        """Return the code of the most probable class of each row."""

    @abstractmethod
    def log_odds(self, logits: NDArray[Any]) -> NDArray[Any]:
        """Return, of two classes, how much the second's logit is above the first's."""

    @property
    def can_be_watched(self) -> bool:
        """Whether rows that are held out tell epochs apart: a single class does not."""
        return self.n_classes > 1

    def fits(self, n_logits: int) -> bool:
        """Return whether a network with so many logits has been trained for these classes."""
        return n_logits == self.n_logits

    def has_classes(self, classes: NDArray[Any]) -> bool:
        """Return whether these are the classes."""
        # Not by array_equal, which takes a time-out that is raised within it for a difference.
        return len(classes) == self.n_classes and bool((classes == self.classes).all())

    def encode(self, y: NDArray[Any]) -> NDArray[np.intp]:
        """Return the codes of labels, or raise ValueError where one is unknown."""
        return encode_labels(y, self.classes)

    def scores(self, logits: NDArray[Any]) -> NDArray[Any]:
        """Return what `decision_function` does, of the shape (n, *score_shape)."""
        if self.n_classes == 1:  # whatever its logit, which says nothing
            return np.zeros_like(logits)
        return self.log_odds(logits) if self.n_classes == 2 else logits

    @property
    def score_shape(self) -> tuple[int, ...]:
        """The shape of one row's score."""
        return () if self.n_classes == 2 else (self.n_classes,)

    def losses(
        self, logits: NDArray[Any], y: NDArray[np.intp], smoothing: float = 0.0
    ) -> NDArray[np.float64]:
        """Return the cross-entropy of each row, with labels smoothed as in training."""
        below = self._below_largest(logits)
        expected = below[np.arange(len(y)), y]
        if smoothing:
            expected = (1 - smoothing) * expected + smoothing * below.mean(axis=1)
        return np.log(np.exp(below).sum(axis=1)) - expected

    def mean_loss(
        self, logits: NDArray[Any], y: NDArray[np.intp], weights: NDArray[Any]
    ) -> float:
        """Return the weighted mean of `losses`."""
        return float(np.average(self.losses(logits, y), weights=weights))

    def accuracy(
        self, logits: NDArray[Any], y: NDArray[np.intp], weights: NDArray[Any]
    ) -> float:
        """Return the weighted share of rows that are decided right."""
        return float(np.average(self.decide(logits) == y, weights=weights))

    def loss_of_frequencies(self, totals: NDArray[np.float64], smoothing: float) -> float:
        """Return the least loss that one prediction for all rows has: 0 of a single class.

        It is the entropy of the labels' weights, smoothed as the labels are.

        Parameters
        ----------
        totals : array of shape (k,)
            Sum of the weights of each class's rows.
        smoothing : float
        """
        if np.count_nonzero(totals) < 2:
            return 0.0
        shares = (1 - smoothing) * totals / totals.sum() + smoothing / self.n_classes
        shares = shares[shares > 0]
        return float(-(shares * np.log(shares)).sum())

    def best_temperature(
        self, logits: NDArray[Any], y: NDArray[np.intp], weights: NDArray[Any]
    ) -> float:
        """Return what logits are to be divided by for the least mean loss (Guo et al. 2017).

        The loss is convex in 1 / T, and its derivative the mean of what the logits of a row
        are expected to be, less that of its class.
        """
        below = self._below_largest(logits)
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

    def _below_largest(self, logits: NDArray[Any]) -> NDArray[Any]:
        """Return logits (n, k) less the largest of each row, so that no exponential is huge."""
        logits = self.by_class(logits)
        return logits - logits.max(axis=1, keepdims=True)


class Binary(Output):
    """One logit o, the log-odds of the second of two classes."""

    loss = LOSSES["binary"]
    is_multiclass = False

    def check_classes(self) -> None:
        """Raise ValueError where there are not two."""
        if self.n_classes < 2:
            raise ValueError(
                "Classification needs at least two classes, but there is only one class: "
                f"{self.classes.tolist()[0]!r}. MLPMulticlassClassifier takes any number of "
                "classes."
            )
        if self.n_classes > 2:
            raise ValueError(
                "Only binary classification is supported. The type of the target is "
                "multiclass. MLPMulticlassClassifier takes any number of classes."
            )

    @property
    def n_logits(self) -> int:
        """One."""
        return 1

    def fits(self, n_logits: int) -> bool:
        """Return whether there is one logit, and two classes."""
        return n_logits == 1 and self.n_classes == 2

    def strata(self, codes: NDArray[np.intp]) -> NDArray[np.intp] | None:
        """Return the classes."""
        return codes

    def by_class(self, logits: NDArray[Any]) -> NDArray[Any]:
        """Return 0 for the first class beside the logit, or two logits as they are.

        There are two where they are logarithms of several members' mean probabilities.
        """
        return np.pad(logits, ((0, 0), (2 - logits.shape[1], 0)))

    def are_valid(self, logits: NDArray[Any]) -> bool:
        """Return whether none is NaN: one that is infinite has the probability 0 or 1."""
        return not bool(np.isnan(logits).any())

    def decide(self, logits: NDArray[Any]) -> NDArray[np.intp]:
        """Return 1 where the log-odds are above 0."""
        return (self.log_odds(logits) > 0).astype(np.intp)

    def log_odds(self, logits: NDArray[Any]) -> NDArray[Any]:
        """Return the logit, or the difference of two."""
        *first, last = logits.T
        return last - first[0] if first else last


class Multinomial(Output):
    """One logit o_j a class, for any number of classes."""

    loss = LOSSES["multinomial"]
    is_multiclass = True

    def check_classes(self) -> None:
        """Warn where there is one."""
        if self.n_classes == 1:
            warn(
                f"y has a single class, {self.classes.tolist()[0]!r}: there is nothing to "
                "learn. It is predicted for all rows, with probability 1."
            )

    @property
    def n_logits(self) -> int:
        """One a class."""
        return self.n_classes

    def strata(self, codes: NDArray[np.intp]) -> NDArray[np.intp] | None:
        """Return None: MLPClassifier holds out rows of several classes at random."""
        return None

    def by_class(self, logits: NDArray[Any]) -> NDArray[Any]:
        """Return them as they are."""
        return logits

    def are_valid(self, logits: NDArray[Any]) -> bool:
        """Return whether all are finite."""
        return bool(np.isfinite(logits).all())

    def decide(self, logits: NDArray[Any]) -> NDArray[np.intp]:
        """Return the largest logit's class, the first of several."""
        return logits.argmax(axis=1)

    def log_odds(self, logits: NDArray[Any]) -> NDArray[Any]:
        """Return the difference of the two."""
        return logits[:, 1] - logits[:, 0]
