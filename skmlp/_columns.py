"""Where the columns of X lie, by some hundred of its rows: what advice on scaling rests on."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmlp._data import Matrix, TrainingData

# Rows that stand for all, and fewer where they would have more elements than it takes to see a
# scale, of whose size there are several arrays, or to compare rows.
_SAMPLE, _LEAST_SAMPLE = 512, 64
_TO_SEE_SCALE, _TO_COMPARE = 1 << 13, 1 << 18
# Training works well on columns of order one: no mean or standard deviation above this, and
# some value at least so far from its column's mean.
_LARGE, _SMALL = 10.0, 0.03
# Of a variance that is the difference of two numbers, what may be rounding, relative to them.
_CANCELLED = 1e-12
# A range this much narrower than the widest is taken for rounding.
_NO_RANGE = 1e-6
# Other rows are far where most of them are outside the range of X by so many times its width:
# in one column, or in half of the columns. The year after a training set of two years is
# outside by one width.
_WIDTHS_IN_ONE, _WIDTHS_IN_HALF = 3.0, 0.5
# How often rows drawn at random may be outside the range mostly, in any column.
_CHANCE = 1e-3
# They are far, too, where in half of the columns their middle half is this much narrower, which
# takes so many rows to see.
_NARROW, _LEAST_TO_SEE = 1 / 30, 20


class Scale(NamedTuple):
    """How far from order one the columns are.

    Attributes
    ----------
    column : int
        The one with the largest numbers.
    mean, deviation : float
        Of that column.
    ratio : float
        Of the largest to the smallest standard deviation of a column that varies.
    """

    column: int
    mean: float
    deviation: float
    ratio: float


class Distance(NamedTuple):
    """The column in which other rows are the farthest from X.

    Attributes
    ----------
    column : int
    middle, middle_of_others : tuple of float
        First and third quartile.
    """

    column: int
    middle: tuple[float, float]
    middle_of_others: tuple[float, float]


class _Elements(NamedTuple):
    """Elements of some rows; of a sparse X those that are stored.

    Attributes
    ----------
    columns : int array
        In order.
    values : float64 array
        In order within a column.
    n_rows : int
    """

    columns: NDArray[np.intp]
    values: NDArray[np.float64]
    n_rows: int

    def without_zeros(self) -> "_Elements":
        """Return the elements that a sparse X would have stored."""
        stored = self.values != 0
        return self._replace(columns=self.columns[stored], values=self.values[stored])

    def of(self, judged: NDArray[np.bool_]) -> "_Elements":
        """Return the elements of some columns."""
        kept = judged[self.columns]
        return self._replace(columns=self.columns[kept], values=self.values[kept])

    def quantiles(self, n_columns: int, share: float) -> NDArray[np.float64]:
        """Return of each column the value below which that share is, rounded down; or NaN."""
        counts = np.bincount(self.columns, minlength=n_columns)
        positions = np.cumsum(counts) - counts + (share * (counts - 1)).astype(np.intp)
        found = np.full(n_columns, np.nan)
        found[counts > 0] = self.values[positions[counts > 0]]
        return found

    def middle_half(self, n_columns: int, column: int) -> tuple[float, float]:
        """Return the first and third quartile of a column."""
        low, high = (float(self.quantiles(n_columns, share)[column]) for share in (0.25, 0.75))
        return low, high


def _n_rows(X: Matrix) -> int:
    return len(X.dense) if X.indptr is None else len(X.indptr) - 1


def _elements(X: Matrix, most: int, weights: NDArray[Any] | None = None) -> _Elements:
    """Return some elements: those of rows, or of rows with a weight, that are evenly spaced."""
    d = X.dense.shape[1]
    size = min(_SAMPLE, max(_LEAST_SAMPLE, most // d)) if X.data is None else _SAMPLE
    rows = None if weights is None else np.flatnonzero(weights)
    n = _n_rows(X) if rows is None else len(rows)
    sample = np.linspace(0, n - 1, min(size, n)).astype(np.intp)
    rows = sample if rows is None else rows[sample]
    if X.data is None or X.indices is None or X.indptr is None:
        values = X.dense[rows].T.astype(np.float64, order="C")
        values.sort(axis=1)
        return _Elements(np.repeat(np.arange(d), len(rows)), values.ravel(), len(rows))
    parts = [slice(X.indptr[row], X.indptr[row + 1]) for row in rows]
    columns = np.concatenate([X.indices[part] for part in parts], dtype=np.intp)
    values = np.concatenate([X.data[part] for part in parts], dtype=np.float64)
    return _in_order(columns, values, len(rows))


def _in_order(columns: NDArray[np.intp], values: NDArray[np.float64], n: int) -> _Elements:
    order = np.lexsort((values, columns))
    return _Elements(columns[order], values[order], n)


def scale_to_mend(X: Matrix) -> Scale | None:
    """Return how the columns are scaled, or None where they are of order one.

    A column that is small beside the others is no fault: it is a rare category, a pixel at the
    rim or a last principal component. All of them may be too small.
    """
    columns, values, n_sampled = _elements(X, _TO_SEE_SCALE)
    unit = float(np.abs(values).max(initial=np.finfo(np.float64).tiny))
    values /= unit  # whose squares fit
    means, squares = (
        np.bincount(columns, values**power, X.dense.shape[1]) / n_sampled for power in (1, 2)
    )
    variances = squares - means**2
    varies = variances > _CANCELLED * squares  # else nothing is left but rounding
    if not varies.any():
        return None
    deviations = np.sqrt(np.where(varies, variances, 0.0))
    sizes = np.maximum(np.abs(means), deviations)
    deepest = np.abs(values - means[columns])[varies[columns]].max(initial=0.0)
    column = int(sizes.argmax())
    if unit * sizes[column] <= _LARGE and unit * deepest >= _SMALL:
        return None
    ratio = float(deviations.max() / deviations[varies].min())
    return Scale(column, unit * float(means[column]), unit * float(deviations[column]), ratio)


def distance_from(data: TrainingData, others: TrainingData) -> Distance | None:
    """Return where other rows are far from those of the training data, or None.

    They are where they cannot have been drawn like them, and hardly have drifted from them:
    most are outside the range by more than its width, or all next to one place within. Columns
    that do not vary count for nothing, nor do the zeros of a sparse X.

    Parameters
    ----------
    data, others : TrainingData
        Of which rows without a weight do not count.
    """
    d = data.X.dense.shape[1]
    known, new = (_elements(part.X, _TO_COMPARE, part.weights) for part in (data, others))
    if data.X.data is not None or others.X.data is not None:
        known, new = known.without_zeros(), new.without_zeros()
    outside, narrow = _outside(known, new, d), _narrowness(known, new, d)
    if np.nanmax(outside, initial=0.0) > _WIDTHS_IN_ONE or _are_half(
        outside > _WIDTHS_IN_HALF, outside
    ):
        column = int(np.nanargmax(outside))
    elif _are_half(narrow < _NARROW, narrow):
        column = int(np.nanargmin(narrow))
    else:
        return None
    return Distance(column, known.middle_half(d, column), new.middle_half(d, column))


def _are_half(far: NDArray[np.bool_], judged: NDArray[np.float64]) -> bool:
    """Return whether at least half of several columns are far; NaN is not judged."""
    n_judged = (~np.isnan(judged)).sum()
    return bool(1 < n_judged <= 2 * far.sum())


def _outside(known: _Elements, new: _Elements, d: int) -> NDArray[np.float64]:
    """Return by how many widths of the range most new values of a column are outside of it.

    NaN stands for a column that does not vary, or has too few values to tell.
    """
    least, largest = known.quantiles(d, 0), known.quantiles(d, 1)
    widths = largest - least
    n_known, n_new = (np.bincount(part.columns, minlength=d) for part in (known, new))
    # If all are drawn alike, k of the new ones are the largest of all with a chance of at most
    # (n_new / n)ᵏ, and the smallest with the same.
    most = n_new - (n_new - 1) // 2
    chances = 2 * (n_new / np.maximum(n_known + n_new, 1)) ** most
    varies = widths > _NO_RANGE * np.nanmax(widths, initial=0.0)
    new = new.of(varies & (chances * d <= _CHANCE))
    beside = np.maximum(least[new.columns] - new.values, new.values - largest[new.columns])
    beside = np.maximum(beside / widths[new.columns], 0)
    return _in_order(new.columns, beside, new.n_rows).quantiles(d, 0.5)


def _narrowness(known: _Elements, new: _Elements, d: int) -> NDArray[np.float64]:
    """Return how wide the middle half of a column's new values is, relative to the others'.

    NaN stands for a column whose middle half does not vary, or with too few values to tell; 1
    for new values that are mostly the same, as those of one group may be.
    """
    width, of_new = (part.quantiles(d, 0.75) - part.quantiles(d, 0.25) for part in (known, new))
    judged = width > _NO_RANGE * np.nanmax(width, initial=0.0)
    judged &= np.bincount(new.columns, minlength=d) >= _LEAST_TO_SEE
    ratio = np.full(d, np.nan)
    ratio[judged] = np.where(of_new[judged] > 0, of_new[judged] / width[judged], 1.0)
    return ratio
