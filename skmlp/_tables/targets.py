"""The target of a table, of classes or of numbers, by folds of the rows.

Means of the target over some rows become features. A target says what is summed over rows, in
an array (..., s) for any groups of them, and what follows from such sums.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import KFold
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_consistent_length

from skmlp._explanations import naming
from skmlp._labels import as_vector
from skmlp._tables.cells import Plane, smooth_frequencies, smooth_means
from skmlp._tables.columns import Floats, Source

# Folds for means of the target over other rows.
_N_FOLDS = 5
# Pseudo-count of what is expected in a mean.
_SMOOTHING = 10.0
# A count in place of 0, and the least probability whose logarithm is taken for a feature.
_TINY, _LEAST_PROBABILITY = 1e-3, 1e-4
# The gain that a feature needs, in nats, and how many standard errors it is from 0.
_LEAST_GAIN, _LEAST_ERRORS = 0.001, 3.0
# Whole numbers are of classes up to so many distinct ones.
_MOST_CLASSES = 32


class Target(ABC):
    """The target of rows, and folds that means for a row are taken without.

    Attributes
    ----------
    folds : int8 array of shape (n,)
    labels : list of str or None
        What tells apart the means of a category, in the names of features; None of a single
        one.
    labels_of_features : list of str or None
        Likewise of `features`.
    """

    folds: NDArray[np.int8]
    labels: list[str | None]
    labels_of_features: list[str | None]

    @abstractmethod
    def sums(self, codes: NDArray[np.intp], n_codes: int) -> NDArray[Any]:
        """Return sums over the rows of (fold, code, ...), of shape (n_folds, n_codes, s).

        Parameters
        ----------
        codes : int array of shape (n,)
        n_codes : int
        """

    @abstractmethod
    def take(self, rows: NDArray[np.intp] | slice) -> Self:
        """Return the target of some rows."""

    @abstractmethod
    def means(self, sums: NDArray[Any]) -> Floats:
        """Return the means (n_codes, q) of categories, shrunk towards that of all rows."""

    @abstractmethod
    def n_rows(self, sums: NDArray[Any]) -> NDArray[Any]:
        """Return how many rows (...) were summed over."""

    @abstractmethod
    def expected(self, sums: NDArray[Any]) -> Floats:
        """Return the frequencies of all classes, or the means of numbers, of shape (..., c)."""

    @abstractmethod
    def smooth(self, sums: NDArray[Any], plane: Plane) -> Floats:
        """Return what a smooth function expects in cells, as of `expected`."""

    @abstractmethod
    def features(self, sums: NDArray[Any], expected: Floats) -> Floats:
        """Return the features (n_codes, q') of codes, shrunk towards what is expected."""

    @abstractmethod
    def information(self, sums: NDArray[Any]) -> float:
        """Return how much the codes tell of the target, to compare columns by."""

    @abstractmethod
    def gain(self, sums: NDArray[Any], expected: Floats) -> tuple[float, float]:
        """Return how much codes gain over what is expected, and the standard error.

        It is in nats of the log loss of a row of another fold, which for numbers is that of a
        normal distribution.

        Parameters
        ----------
        sums : array of shape (n_folds, n_codes, s)
        expected : array of shape (n_codes, c)
        """

    def learn(
        self,
        codes: NDArray[np.intp],
        n_codes: int,
        expected: Callable[[NDArray[Any]], Floats],
    ) -> tuple[Floats, list[Source]]:
        """Return the features of codes, and those of the rows, over the other folds.

        Parameters
        ----------
        codes : int array of shape (n,)
        n_codes : int
        expected : callable
            sums (n_codes, s) -> what their features are shrunk towards.
        """
        sums = self.sums(codes, n_codes)
        total = sums.sum(axis=0)
        table, *others = (
            self.features(part, expected(part)) for part in (total, *(total - sums))
        )
        return table, Source.of_tables(self._places(codes, n_codes), others)

    def _places(self, codes: NDArray[np.intp], n_codes: int) -> NDArray[np.intp]:
        """Return codes that tell folds apart as well."""
        places = self.folds.astype(np.intp)
        places *= n_codes
        places += codes
        return places

    @property
    def _n_folds(self) -> int:
        return int(self.folds.max()) + 1


class ClassTarget(Target):
    """Classes, of which counts are kept.

    Parameters
    ----------
    classes : array of shape (k,)
    y : int array of shape (n,)
        Places of the rows' classes among them.
    folds : int8 array of shape (n,)
    """

    def __init__(
        self, classes: NDArray[Any], y: NDArray[np.intp], folds: NDArray[np.int8]
    ) -> None:
        self._classes, self._y, self.folds = classes, y, folds
        labels: list[str | None] = [str(label) for label in classes]
        self.labels = [None] if len(classes) == 2 else labels[1:]
        self.labels_of_features = [None] if len(classes) == 2 else labels

    def sums(self, codes: NDArray[np.intp], n_codes: int) -> NDArray[np.intp]:
        """Return how many rows there are of (fold, code, class)."""
        shape = self._n_folds, n_codes, len(self._classes)
        places = self._places(codes, n_codes)
        places *= shape[2]
        places += self._y
        return np.bincount(places, minlength=math.prod(shape)).reshape(shape)

    def take(self, rows: NDArray[np.intp] | slice) -> Self:
        """Return the target of some rows."""
        return type(self)(self._classes, self._y[rows], self.folds[rows])

    def means(self, sums: NDArray[np.intp]) -> Floats:
        """Return the frequencies of each class but the first."""
        n_of_class = sums.sum(axis=0)
        return _shrunk(sums, n_of_class / n_of_class.sum())[:, 1:]

    def n_rows(self, sums: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the sum of the counts."""
        return sums.sum(axis=-1)

    def expected(self, sums: NDArray[Any]) -> Floats:
        """Return the frequencies of classes, none of them 0."""
        counts = sums + _TINY
        return counts / counts.sum(axis=-1, keepdims=True)

    def smooth(self, sums: NDArray[np.intp], plane: Plane) -> Floats:
        """Return the frequencies of classes."""
        return smooth_frequencies(sums, plane)

    def features(self, sums: NDArray[np.intp], expected: Floats) -> Floats:
        """Return the log-odds of the second of two classes, or log-odds of all."""
        frequencies = _shrunk(sums, expected)
        logs = np.log(np.maximum(frequencies, _LEAST_PROBABILITY))
        if logs.shape[1] == 2:
            return logs[:, 1:] - logs[:, :1]
        return logs - logs.mean(axis=1, keepdims=True)

    def information(self, sums: NDArray[np.intp]) -> float:
        """Return the mutual information of codes and classes, in nats."""
        joint = sums / sums.sum()
        independent = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
        ratio = np.divide(joint, independent, out=np.ones_like(joint), where=joint > 0)
        return float((joint * np.log(ratio)).sum())

    def gain(self, sums: NDArray[np.intp], expected: Floats) -> tuple[float, float]:
        """Return the gain of log loss, and its standard error."""
        total = sums.sum(axis=0)
        gains = np.log(_shrunk(total - sums, expected)) - np.log(expected)
        return _mean_and_error((sums * gains).sum(), (sums * gains**2).sum(), total.sum())


class NumberTarget(Target):
    """One or several numbers, of which sums and sums of squares are kept.

    Parameters
    ----------
    y : array of shape (n, q)
        Their means are 0, and their variances 1 or 0.
    folds : int8 array of shape (n,)
    """

    def __init__(self, y: Floats, folds: NDArray[np.int8]) -> None:
        self._y, self.folds = y, folds
        n_outputs = y.shape[1]
        self.labels = [None] if n_outputs == 1 else [f"y{j}" for j in range(n_outputs)]
        self.labels_of_features = self.labels

    def sums(self, codes: NDArray[np.intp], n_codes: int) -> Floats:
        """Return the number of rows, and the sums of y and of y², of (fold, code)."""
        shape = self._n_folds, n_codes
        places, n = self._places(codes, n_codes), math.prod(shape)
        summed = [None, *self._y.T, *(self._y.T**2)]
        columns = [np.bincount(places, weights, n) for weights in summed]
        return np.stack(columns, axis=1).astype(float).reshape(*shape, -1)

    def take(self, rows: NDArray[np.intp] | slice) -> Self:
        """Return the target of some rows."""
        return type(self)(self._y[rows], self.folds[rows])

    def means(self, sums: Floats) -> Floats:
        """Return the means of each number."""
        n, total, _ = self._parts(sums)
        return _shrunk_means(n, total, total.sum(axis=0) / n.sum())

    def n_rows(self, sums: Floats) -> Floats:
        """Return the first of the sums."""
        return sums[..., 0]

    def expected(self, sums: Floats) -> Floats:
        """Return the means of each number; 0 of no rows."""
        n, total, _ = self._parts(sums)
        return total / np.maximum(n, 1)

    def smooth(self, sums: Floats, plane: Plane) -> Floats:
        """Return the means of each number."""
        n, total, _ = self._parts(sums)
        return smooth_means(n, total, plane)

    def features(self, sums: Floats, expected: Floats) -> Floats:
        """Return the means of each number."""
        n, total, _ = self._parts(sums)
        return _shrunk_means(n, total, expected)

    def information(self, sums: Floats) -> float:
        """Return the variance between codes, of all numbers together."""
        n, total, _ = self._parts(sums)
        return float((total**2 / np.maximum(n, 1)).sum() / n.sum())

    def gain(self, sums: Floats, expected: Floats) -> tuple[float, float]:
        """Return the gain of squared error by twice that of what is expected, and its error."""
        n, total, squares = self._parts(sums)
        n_all, total_all, squares_all = (part.sum(axis=0) for part in (n, total, squares))
        fine = _shrunk_means(n_all - n, total_all - total, expected)
        # Of a row: (y - expected)² - (y - fine)² = d (2 y - c).
        d, c = fine - expected, fine + expected
        gains = d * (2 * total - n * c)
        gains_squared = d**2 * (4 * squares - 4 * c * total + n * c**2)
        rest = squares_all - 2 * expected * total_all + n_all * expected**2
        unit = 2 * rest.sum(axis=0) / n_all.sum()
        unit = np.where(unit > 0, unit, np.inf)
        return _mean_and_error(
            (gains / unit).sum(), (gains_squared / unit**2).sum(), n_all.sum() * len(unit)
        )

    def _parts(self, sums: Floats) -> tuple[Floats, Floats, Floats]:
        """Return numbers of rows (..., 1), sums (..., q) and sums of squares (..., q)."""
        n, total, squares = np.split(sums, [1, 1 + self._y.shape[1]], axis=-1)
        return n, total, squares


def _shrunk(counts: NDArray[np.intp], expected: Floats) -> Floats:
    """Return the frequencies of classes, shrunk towards those that are expected."""
    return _shrunk_means(counts.sum(axis=-1, keepdims=True), counts, expected)


def _shrunk_means(n: NDArray[Any], sums: NDArray[Any], expected: Floats) -> Floats:
    """Return the means of numbers, shrunk towards those that are expected."""
    return (sums + _SMOOTHING * expected) / (n + _SMOOTHING)


def _mean_and_error(total: Any, total_of_squares: Any, n: Any) -> tuple[float, float]:
    """Return the mean of n numbers and its standard error, given their sums."""
    mean = float(total / n)
    variance = float(total_of_squares / n) - mean**2
    return mean, math.sqrt(max(variance, 0.0) / float(n))


def labelled(names: Sequence[Any], labels: Sequence[str | None]) -> list[list[Any]]:
    """Return each name with each label, a list a name; without one where it is None."""
    return [
        [name if label is None else f"{name}_{label}" for label in labels] for name in names
    ]


def is_worth(gain: float, error: float) -> bool:
    """Return whether a gain and its standard error, as of `gain`, are those of a feature."""
    return gain > max(_LEAST_GAIN, _LEAST_ERRORS * error)


def some_rows(n_rows: int, limit: int) -> NDArray[np.intp] | slice:
    """Return at most so many rows, on which features are tried, the same in each fit."""
    if n_rows <= limit:
        return slice(None)
    return np.random.RandomState(0).permutation(n_rows)[:limit]


def learn_target(
    y: ArrayLike, n_rows: int, target_type: str, random_state: np.random.RandomState
) -> Target:
    """Return the target, with folds at random.

    Parameters
    ----------
    y : array-like of shape (n,) or (n, q)
    n_rows : int
    target_type : {'auto', 'multiclass', 'continuous'}
    random_state : RandomState

    Raises
    ------
    ValueError
        y is invalid.
    """
    values = np.asarray(y)
    if target_type == "auto":
        target_type = _type_of(values)
    if target_type == "continuous":
        numbers = _standardized(y, n_rows)
        return NumberTarget(numbers, _folds(n_rows, random_state))
    labels = as_vector(y, range(n_rows))
    with naming("y"):
        check_classification_targets(labels)
        classes, codes = np.unique(labels, return_inverse=True)
    return ClassTarget(classes, codes, _folds(n_rows, random_state))


def _type_of(y: NDArray[Any]) -> str:
    """Return 'continuous' for several columns, fractions, and many distinct whole numbers."""
    if y.ndim == 2 and y.shape[1] > 1:
        return "continuous"
    if y.dtype.kind not in "iuf" or not np.isfinite(y).all():
        return "multiclass"
    is_whole = (y == np.floor(y)).all()
    return "multiclass" if is_whole and len(np.unique(y)) <= _MOST_CLASSES else "continuous"


def _standardized(y: ArrayLike, n_rows: int) -> Floats:
    """Return numbers (n, q) less their mean, divided by their standard deviation if not 0.

    Raises
    ------
    ValueError
        y has no finite numbers, or of another number of rows.
    """
    with naming("y"):
        values = check_array(y, ensure_2d=False, dtype=float, input_name="y")
        check_consistent_length(range(n_rows), values)
    values = values.reshape(n_rows, -1)
    largest = np.abs(values).max(axis=0)
    values = values / np.where(largest > 0, largest, 1)  # whose squares do not overflow
    values -= values.mean(axis=0)
    deviation = values.std(axis=0)
    return values / np.where(deviation > 0, deviation, 1)


def _folds(n_rows: int, random_state: np.random.RandomState) -> NDArray[np.int8]:
    """Return the fold of each row."""
    seed, n_folds = random_state.randint(2**31 - 1), min(_N_FOLDS, n_rows)
    result = np.empty(n_rows, np.int8)
    splits = KFold(n_folds, shuffle=True, random_state=seed).split(result)
    for number, (_, fold) in enumerate(splits):
        result[fold] = number
    return result
