"""Outputs of classifiers: one of two classes, or of several."""

import math
from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from skmlp._border.losses import LOSSES
from skmlp._caller import warn
from skmlp._labels import as_labels, check_targets, encode_labels
from skmlp._outputs.base import Blocks, Output, as_targets, find_temperature


class Decisions(Output):
    """What classifiers' outputs have in common: decisions, and means that are probabilities."""

    subject = "the classes"
    score_names = None, "accuracy", "neg_log_loss"
    loss_name = "neg_log_loss"

    @abstractmethod
    def link(self, means: NDArray[Any]) -> NDArray[Any]:
        """Return logits (n, c) that have these mean responses, written over them."""

    @abstractmethod
    def are_valid(self, logits: NDArray[Any]) -> bool:
        """Return whether logits have a mean response."""

    @abstractmethod
    def decide(self, logits: NDArray[Any]) -> NDArray[np.intp]:
        """Return the decision of each row, an array of the shape (n, *decision_shape)."""

    @property
    @abstractmethod
    def decision_shape(self) -> tuple[int, ...]:
        """The shape of one row's decision."""

    @abstractmethod
    def named(self, decisions: NDArray[np.intp]) -> Any:
        """Return decisions as `predict` does."""

    @abstractmethod
    def scores(self, logits: NDArray[Any]) -> NDArray[Any]:
        """Return the result of `decision_function`, of the shape (n, *score_shape)."""

    @property
    @abstractmethod
    def score_shape(self) -> tuple[int, ...]:
        """The shape of one row's score."""

    @abstractmethod
    def are_right(self, logits: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.bool_]:
        """Return whether the decision of each row is right."""

    def follows_loss(self, scoring: Any) -> bool:
        """Return whether it is the loss."""
        return bool(scoring == self.loss_name)

    def score(
        self,
        name: str | None,
        logits: NDArray[Any],
        targets: NDArray[Any],
        weights: NDArray[Any],
        loss: float,
    ) -> float:
        """Return the negative loss, or the weighted fraction of rows that are decided right."""
        if name == self.loss_name:
            return -loss
        return float(np.average(self.are_right(logits, targets), weights=weights))


class Classification(Decisions):
    """One of k classes a row; the target is the class's code.

    Parameters
    ----------
    classes : array of shape (k,)
        The labels, sorted.
    """

    baseline = "the frequencies of the classes"
    # Whether there may be more than two classes, as scikit-learn's tag says it.
    is_multiclass: ClassVar[bool]

    def __init__(self, classes: NDArray[Any]) -> None:
        self.classes = classes
        self.n_classes = len(classes)

    @abstractmethod
    def check_classes(self) -> None:
        """Raise ValueError where there are too few or too many classes, or warn of them."""

    @abstractmethod
    def by_class(self, logits: NDArray[Any]) -> NDArray[Any]:
        """Return logits (n, k), a column a class, of which only differences matter."""

    @abstractmethod
    def log_odds(self, logits: NDArray[Any]) -> NDArray[Any]:
        """Return the second class's logit less the first's, of two classes."""

    def __str__(self) -> str:
        return f"{self.n_classes} classes"

    @property
    def attributes(self) -> dict[str, Any]:
        """The classes."""
        return {"classes_": self.classes}

    @property
    def n_means(self) -> int:
        """A probability for each class."""
        return self.n_classes

    def link(self, means: NDArray[Any]) -> NDArray[Any]:
        """Return the logarithms of probabilities."""
        return np.log(means, out=means)

    @property
    def can_be_watched(self) -> bool:
        """Whether there is more than one class."""
        return self.n_classes > 1

    def fits(self, n_logits: int) -> bool:
        """Return whether the network has a logit for each class."""
        return n_logits == self.n_logits

    def has_classes(self, classes: NDArray[Any]) -> bool:
        """Return whether these are the classes."""
        # Not by array_equal, which takes a time-out that is raised within it for a difference.
        return len(classes) == self.n_classes and bool((classes == self.classes).all())

    @staticmethod
    def check_y(y: Any, X: Any, name: str) -> NDArray[Any]:
        """Return labels (n,), of a type that there are classes of, or raise an error."""
        labels = as_labels(y, X, name)
        check_targets(labels, name)
        return labels

    def encode(self, y: NDArray[Any], dtype: Any) -> NDArray[Any]:
        """Return the codes of labels, or raise ValueError where one is unknown."""
        return as_targets(encode_labels(y, self.classes), dtype)

    def encode_known(self, y: NDArray[Any], dtype: Any) -> NDArray[Any]:
        """As `encode` does, where all labels are known to be of the classes."""
        # What return_inverse of np.unique would give, for five times the memory.
        return as_targets(np.searchsorted(self.classes, y), dtype)

    def decode(self, targets: NDArray[Any]) -> NDArray[Any]:
        """Return the labels."""
        return self.classes[self.groups(targets)]

    def groups(self, targets: NDArray[Any]) -> NDArray[np.intp]:
        """Return the codes of the classes."""
        return targets[:, 0].astype(np.intp)

    @property
    def decision_shape(self) -> tuple[int, ...]:
        """A code."""
        return ()

    def named(self, decisions: NDArray[np.intp]) -> NDArray[Any]:
        """Return the labels."""
        return self.classes[decisions]

    def are_right(self, logits: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.bool_]:
        """Return whether the class of each row is the decision."""
        return self.decide(logits) == self.groups(targets)

    def scores(self, logits: NDArray[Any]) -> NDArray[Any]:
        """Return the result of `decision_function`, of the shape (n, *score_shape)."""
        if self.n_classes == 1:  # whatever its logit, which says nothing
            return np.zeros_like(logits)
        return self.log_odds(logits) if self.n_classes == 2 else logits

    @property
    def score_shape(self) -> tuple[int, ...]:
        """The shape of one row's score."""
        return () if self.n_classes == 2 else (self.n_classes,)

    @property
    def columns(self) -> list[int]:
        """The classes; of two, the second."""
        return [1] if self.n_classes == 2 else list(range(self.n_classes))

    def slopes_of_logits(self, logits: NDArray[Any], column: Any) -> NDArray[Any]:
        """Return derivatives (n_members, n, q) of `scores` by each member's logits.

        With two classes, the score of the first one is minus that of the second.
        """
        if self.n_classes == 1:
            return np.zeros_like(logits)
        codes = np.broadcast_to(column, logits.shape[1])
        if self.n_classes == 2:
            of_class = self._slopes_of_class(logits, codes)
            return of_class - self._slopes_of_class(logits, 1 - codes)
        if len(logits) == 1:
            return np.eye(self.n_classes, dtype=logits.dtype)[codes][np.newaxis]
        return self._slopes_of_class(logits, codes)

    def _slopes_of_class(self, logits: NDArray[Any], codes: NDArray[np.intp]) -> NDArray[Any]:
        """Return derivatives (n_members, n, q) of the logarithm of a class's probability.

        That of a member p is p_c / Σ p_c, over all members, times ∂ log p_c.
        """
        below = np.stack([self._below_largest(part) for part in logits])
        log_p = log_softmax(below, axis=2)
        shares = softmax(np.take_along_axis(log_p, codes[np.newaxis, :, np.newaxis], 2), axis=0)
        is_class = np.arange(self.n_classes) == codes[:, np.newaxis]
        result = shares * (is_class - np.exp(log_p))
        # The first class of two has no logit.
        return np.asarray(result[:, :, -logits.shape[2] :])

    def losses(
        self, logits: NDArray[Any], targets: NDArray[Any], smoothing: float = 0.0
    ) -> NDArray[np.float64]:
        """Return the cross-entropy of each row, with labels smoothed as in training."""
        below = self._below_largest(logits)
        expected = below[np.arange(len(targets)), self.groups(targets)]
        if smoothing:
            expected = (1 - smoothing) * expected + smoothing * below.mean(axis=1)
        return np.log(np.exp(below).sum(axis=1)) - expected

    def totals(self, targets: NDArray[Any], weights: NDArray[Any]) -> NDArray[np.float64]:
        """Return the sum (k,) of the weights of each class's rows."""
        totals = np.bincount(self.groups(targets), weights, self.n_classes)
        return totals.astype(np.float64, copy=False)

    def loss_of_constant(self, blocks: Blocks, smoothing: float) -> float:
        """Return the entropy of the classes' weights, smoothed as labels are; 0 of one."""
        totals = sum((self.totals(*block) for block in blocks), np.zeros(self.n_classes))
        if np.count_nonzero(totals) < 2:
            return 0.0
        frequencies = (1 - smoothing) * totals / totals.sum() + smoothing / self.n_classes
        frequencies = frequencies[frequencies > 0]
        return float(-(frequencies * np.log(frequencies)).sum())

    def loss_of_zeros(self, blocks: Blocks) -> float:
        """Return the cross-entropy of equal probabilities, whatever the labels."""
        return math.log(self.n_classes)

    def best_temperature(
        self, logits: NDArray[Any], targets: NDArray[Any], weights: NDArray[Any]
    ) -> float:
        """Return the divisor of logits with the least mean loss.

        Its derivative by 1 / T is the mean of what the logits of a row are expected to be, less
        that of its class.
        """
        below = self._below_largest(logits)
        weights = weights / weights.sum()
        # Not by BLAS, whose sums of so many rows depend on how many threads it has.
        actual = (weights * below[np.arange(len(targets)), self.groups(targets)]).sum()

        def derivative(temperature: float) -> float:
            odds = np.exp(below / temperature)
            expected = np.einsum("ij,ij->i", odds, below) / odds.sum(axis=1)
            return float((weights * expected).sum() - actual)

        return find_temperature(derivative)

    def _below_largest(self, logits: NDArray[Any]) -> NDArray[Any]:
        """Return logits (n, k) less the largest of each row, so that no exponential is huge."""
        logits = self.by_class(logits)
        return logits - logits.max(axis=1, keepdims=True)


class Binary(Classification):
    """One logit o, the log-odds of the second of two classes."""

    loss = LOSSES["binary"]
    is_stratified = True
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

    def by_class(self, logits: NDArray[Any]) -> NDArray[Any]:
        """Return 0 for the first class beside the logit, or two logits as they are.

        There are two where they are logarithms of several members' mean probabilities.
        """
        if logits.shape[1] == 2:
            return logits
        return np.hstack([np.zeros_like(logits), logits])

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


class Multinomial(Classification):
    """One logit o_j a class, for any number of classes."""

    # Splits are not stratified: MLPClassifier holds out rows of several classes at random.
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

    def by_class(self, logits: NDArray[Any]) -> NDArray[Any]:
        """Return logits as they are."""
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
