"""The output layer: what the columns of the network's last layer mean.

Nothing else knows that. An output has a loss, and says how many logits it needs, how y becomes
the targets that the loss compares them with, and what follows from logits: the loss of rows, a
decision, a score. Above it stand the estimators, each with its class of outputs; below it the
compiled loss, of which an output has the code.

Classes are abstract or final. To add one: a loss in :mod:`skmlp._kernels.losses`, a class here,
and an estimator that names it (docs/extending.md).
"""

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root_scalar

from skmlp._border.losses import LOSSES, Loss
from skmlp._caller import warn
from skmlp._data import read_only
from skmlp._labels import as_labels, check_targets, encode_labels

# Temperatures are looked for between these: rows that happen to be predicted without a mistake
# would ask for 0.
_TEMPERATURES = 0.25, 20.0
# Relative accuracy of a temperature, which changes the loss by less than its square.
_ACCURACY = 1e-3


def as_targets(values: NDArray[Any], dtype: Any) -> NDArray[Any]:
    """Return values (n,) as the kernels take targets: a read-only matrix (n, 1)."""
    return read_only(values.astype(dtype)[:, np.newaxis])


class Output(ABC):
    """What training, validation and members of an ensemble ask of any output.

    Logits are O (n, q), targets Y (n, t), the weights of rows w (n,). The mean response of a
    row, by which members are averaged, has c columns, such as a probability for each class.
    """

    loss: ClassVar[Loss]
    # scikit-learn's names of the scorers that are `score` and the negative `mean_loss`.
    score_name: ClassVar[str]
    loss_name: ClassVar[str]
    # Whether a validation split holds out equal parts of all groups, as in scikit-learn's MLP.
    is_stratified: ClassVar[bool]
    # What predicts the same for every row, as messages have it.
    baseline: ClassVar[str]

    @property
    @abstractmethod
    def attributes(self) -> dict[str, Any]:
        """The fitted attributes of an estimator that tell its output."""

    @property
    @abstractmethod
    def n_logits(self) -> int:
        """The number q of logits."""

    @property
    @abstractmethod
    def n_means(self) -> int:
        """The number c of columns of a mean response."""

    @abstractmethod
    def link(self, means: NDArray[Any]) -> NDArray[Any]:
        """Return logits (n, c) that have these mean responses, written over them."""

    @abstractmethod
    def fits(self, n_logits: int) -> bool:
        """Return whether a network with so many logits has been trained for this output."""

    @property
    @abstractmethod
    def can_be_watched(self) -> bool:
        """Whether rows that are held out tell epochs apart."""

    @staticmethod
    @abstractmethod
    def check_y(y: Any, X: Any, name: str) -> NDArray[Any]:
        """Return y as an array, of as many rows as X and none missing, or raise an error.

        `name` is the estimator's. Nothing need be known of the output yet.
        """

    @abstractmethod
    def encode(self, y: NDArray[Any], dtype: Any) -> NDArray[Any]:
        """Return targets (n, t) of that dtype, or raise ValueError where y has others."""

    @abstractmethod
    def decode(self, targets: NDArray[Any]) -> NDArray[Any]:
        """Return the values of y that have these targets."""

    @abstractmethod
    def groups(self, targets: NDArray[Any]) -> NDArray[np.intp]:
        """Return a code for each row; no split may hold all rows of a code out."""

    @abstractmethod
    def are_valid(self, logits: NDArray[Any]) -> bool:
        """Return whether logits have a mean response."""

    @abstractmethod
    def losses(
        self, logits: NDArray[Any], targets: NDArray[Any], smoothing: float = 0.0
    ) -> NDArray[np.float64]:
        """Return the loss of each row."""

    def mean_loss(
        self, logits: NDArray[Any], targets: NDArray[Any], weights: NDArray[Any]
    ) -> float:
        """Return the weighted mean of `losses`."""
        return float(np.average(self.losses(logits, targets), weights=weights))

    @abstractmethod
    def score(
        self, logits: NDArray[Any], targets: NDArray[Any], weights: NDArray[Any]
    ) -> float:
        """Return the estimator's own `score` on these rows."""

    @abstractmethod
    def statistics(self, targets: NDArray[Any], weights: NDArray[Any]) -> NDArray[np.float64]:
        """Return sums over rows from which the loss of a constant prediction follows."""

    @abstractmethod
    def loss_of_constant(self, statistics: NDArray[np.float64], smoothing: float) -> float:
        """Return the least mean loss of one prediction for all rows; 0: nothing to learn."""

    @abstractmethod
    def loss_of_zeros(self, statistics: NDArray[np.float64]) -> float:
        """Return the mean loss of logits of 0, about that of a network before training."""

    def best_temperature(
        self, logits: NDArray[Any], targets: NDArray[Any], weights: NDArray[Any]
    ) -> float:
        """Return the divisor of logits with the least mean loss; 1 where none is learned."""
        return 1.0


class Classification(Output):
    """What classifiers' outputs have in common: k classes, and as target a class's code.

    Parameters
    ----------
    classes : array of shape (k,)
        The labels, sorted.
    """

    score_name, loss_name = "accuracy", "neg_log_loss"
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
    def decide(self, logits: NDArray[Any]) -> NDArray[np.intp]:
        """Return the code of the most probable class of each row."""

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

    def scores(self, logits: NDArray[Any]) -> NDArray[Any]:
        """Return the result of `decision_function`, of the shape (n, *score_shape)."""
        if self.n_classes == 1:  # whatever its logit, which says nothing
            return np.zeros_like(logits)
        return self.log_odds(logits) if self.n_classes == 2 else logits

    @property
    def score_shape(self) -> tuple[int, ...]:
        """The shape of one row's score."""
        return () if self.n_classes == 2 else (self.n_classes,)

    def losses(
        self, logits: NDArray[Any], targets: NDArray[Any], smoothing: float = 0.0
    ) -> NDArray[np.float64]:
        """Return the cross-entropy of each row, with labels smoothed as in training."""
        below = self._below_largest(logits)
        expected = below[np.arange(len(targets)), self.groups(targets)]
        if smoothing:
            expected = (1 - smoothing) * expected + smoothing * below.mean(axis=1)
        return np.log(np.exp(below).sum(axis=1)) - expected

    def score(
        self, logits: NDArray[Any], targets: NDArray[Any], weights: NDArray[Any]
    ) -> float:
        """Return the accuracy: the weighted fraction of rows that are decided right."""
        return float(np.average(self.decide(logits) == self.groups(targets), weights=weights))

    def statistics(self, targets: NDArray[Any], weights: NDArray[Any]) -> NDArray[np.float64]:
        """Return the sum (k,) of the weights of each class's rows."""
        totals = np.bincount(self.groups(targets), weights, self.n_classes)
        return totals.astype(np.float64, copy=False)

    def loss_of_constant(self, statistics: NDArray[np.float64], smoothing: float) -> float:
        """Return the entropy of the classes' weights, smoothed as labels are; 0 of one."""
        if np.count_nonzero(statistics) < 2:
            return 0.0
        frequencies = (
            1 - smoothing
        ) * statistics / statistics.sum() + smoothing / self.n_classes
        frequencies = frequencies[frequencies > 0]
        return float(-(frequencies * np.log(frequencies)).sum())

    def loss_of_zeros(self, statistics: NDArray[np.float64]) -> float:
        """Return the cross-entropy of equal probabilities, whatever the labels."""
        return math.log(statistics.size)

    def best_temperature(
        self, logits: NDArray[Any], targets: NDArray[Any], weights: NDArray[Any]
    ) -> float:
        """Return the divisor of logits with the least mean loss (Guo et al. 2017).

        The loss is convex in 1 / T, and its derivative the mean of what the logits of a row
        are expected to be, less that of its class.
        """
        below = self._below_largest(logits)
        weights = weights / weights.sum()
        # Not by BLAS, whose sums of so many rows depend on how many threads it has.
        actual = (weights * below[np.arange(len(targets)), self.groups(targets)]).sum()

        def derivative(log_temperature: float) -> float:
            odds = np.exp(below / np.exp(log_temperature))
            expected = np.einsum("ij,ij->i", odds, below) / odds.sum(axis=1)
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


class Multinomial(Classification):
    """One logit o_j a class, for any number of classes."""

    loss = LOSSES["multinomial"]
    is_stratified = False  # MLPClassifier holds out rows of several classes at random
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
