"""What training, validation and members of an ensemble ask of any output."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root_scalar

from skmlp._border.losses import SMOOTHING, Loss
from skmlp._data import read_only

# Temperatures are looked for between these: rows that happen to be predicted without a mistake
# would ask for 0.
_TEMPERATURES = 0.25, 20.0
# Relative accuracy of a temperature, which changes the loss by less than its square.
_ACCURACY = 1e-3

# Targets and weights of rows, a block at a time; to be gone through more than once.
Blocks = Iterable[tuple[NDArray[Any], NDArray[Any]]]


def as_targets(values: NDArray[Any], dtype: Any) -> NDArray[Any]:
    """Return values (n,) or (n, t) as the kernels take targets: a read-only matrix (n, t)."""
    return read_only(values.reshape(len(values), -1).astype(dtype, order="C"))


class Output(ABC):
    """What training, validation and members of an ensemble ask of any output.

    Logits are O (n, q), targets Y (n, t), the weights of rows w (n,). The mean response of a
    row, by which members are averaged, has c columns, such as a probability for each class.
    """

    # What an unlearned fit has learned nothing of, and what predicts the same for every row, as
    # messages have them.
    subject: ClassVar[str]
    # Whether a validation split holds out equal parts of all groups, as in scikit-learn's MLP.
    is_stratified: ClassVar[bool] = False

    @property
    @abstractmethod
    def loss(self) -> Loss:
        """The compiled loss."""

    @property
    @abstractmethod
    def baseline(self) -> str:
        """What predicts the same for every row, as messages have it."""

    @property
    @abstractmethod
    def score_names(self) -> tuple[str | None, ...]:
        """Values of `scoring` that `score` knows; None is among them."""

    @property
    @abstractmethod
    def loss_name(self) -> str | None:
        """The value of `scoring` that is the negative loss, or goes by it."""

    @abstractmethod
    def follows_loss(self, scoring: Any) -> bool:
        """Return whether a score takes notice of the loss."""

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
    def fits(self, n_logits: int) -> bool:
        """Return whether a network with so many logits has been trained for this output."""

    @property
    def can_be_watched(self) -> bool:
        """Whether rows that are held out tell epochs apart."""
        return True

    @staticmethod
    @abstractmethod
    def check_y(y: Any, X: Any, name: str) -> Any:
        """Return y as an array, of as many rows as X and none missing, or raise an error.

        `name` is the estimator's. Nothing need be known of the output yet.
        """

    @abstractmethod
    def encode(self, y: Any, dtype: Any) -> NDArray[Any]:
        """Return targets (n, t) of that dtype, or raise ValueError where y has others."""

    @abstractmethod
    def decode(self, targets: NDArray[Any]) -> Any:
        """Return the values of y that have these targets."""

    def groups(self, targets: NDArray[Any]) -> NDArray[np.intp]:
        """Return a code for each row; no split may hold all rows of a code out."""
        return np.zeros(len(targets), np.intp)

    def settings(self, smoothing: float) -> NDArray[np.float64]:
        """Return the settings of the loss: see :mod:`skmlp._border.losses`."""
        settings = np.empty(1)
        settings[SMOOTHING] = smoothing
        return settings

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
        self,
        name: str | None,
        logits: NDArray[Any],
        targets: NDArray[Any],
        weights: NDArray[Any],
        loss: float,
    ) -> float:
        """Return one of the scores of `score_names`, given the mean loss of these rows too."""

    @abstractmethod
    def loss_of_constant(self, blocks: Blocks, smoothing: float) -> float:
        """Return the least mean loss of one prediction for all rows; 0: nothing to learn."""

    @abstractmethod
    def loss_of_zeros(self, blocks: Blocks) -> float:
        """Return the mean loss of logits of 0, about that of a network before training."""

    @abstractmethod
    def slopes_of_logits(self, logits: NDArray[Any], column: Any) -> NDArray[Any]:
        """Return derivatives (n_members, n, q) of a prediction by each member's logits.

        The prediction is that of all members: a column of `predict` for numbers, and of
        `decision_function` for classes.

        Parameters
        ----------
        logits : array of shape (n_members, n, q)
        column : int, or int array of shape (n,)
            The code of a class, the number of a label or of a column of predictions; one for
            all rows, or one a row.
        """

    @property
    @abstractmethod
    def columns(self) -> list[int]:
        """The columns of predictions, as `slopes_of_logits` takes them."""

    def advice(self, blocks: Blocks) -> str:
        """Return what to do about targets that do not train well, or an empty string."""
        return ""

    def best_temperature(
        self, logits: NDArray[Any], targets: NDArray[Any], weights: NDArray[Any]
    ) -> float:
        """Return the divisor of logits with the least mean loss; 1 where none is learned."""
        return 1.0

    @property
    def has_quantiles(self) -> bool:
        """Whether logits are quantiles, which `best_shifts` is for."""
        return False

    def best_shifts(
        self,
        logits: NDArray[Any],
        targets: NDArray[Any],
        weights: NDArray[Any],
        spread: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return what to add to each logit (q,) of a quantile, for its level; 0 of others.

        Parameters
        ----------
        logits, targets, weights : arrays
            Of a single member for each row.
        spread : array of shape (m, q)
            The variance of all members' logits.
        """
        return np.zeros(self.n_logits)


def find_temperature(derivative: Callable[[float], float]) -> float:
    """Return the temperature at which a loss is least (Guo et al. 2017).

    Parameters
    ----------
    derivative : callable
        Of the loss by 1 / T, as a function of T; the loss is convex in 1 / T.
    """
    low, high = np.log(_TEMPERATURES)

    def of_logarithm(log_temperature: float) -> float:
        return derivative(np.exp(log_temperature))

    if of_logarithm(low) <= 0:
        return _TEMPERATURES[0]
    if of_logarithm(high) >= 0:
        return _TEMPERATURES[1]
    return float(np.exp(root_scalar(of_logarithm, bracket=(low, high), xtol=_ACCURACY).root))
