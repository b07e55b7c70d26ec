"""Scales of X's columns, and shifts between X and X_val, estimated from some hundred rows."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmlp._data import Matrix, TrainingData

# Rows of a sample; fewer where columns are many, as several arrays have the sample's size: no
# more elements than a scale, or a shift, needs to be seen.
_SAMPLE, _LEAST_SAMPLE = 512, 64
_N_FOR_SCALE, _N_FOR_SHIFT = 1 << 13, 1 << 18
# Training works well on columns of order one: means and standard deviations at most _LARGE, and
# some value at least _SMALL from its column's mean.
_LARGE, _SMALL = 10.0, 0.03
# Rounding error of a variance, a difference of two numbers, relative to the larger one.
_CANCELLED = 1e-12
# A range this much narrower than the widest is rounding error.
_NO_RANGE = 1e-6
# X_val is shifted if most rows are outside the range of X by more than so many times its width:
# in one column, or in half of the columns. One width is no sign of a fault: the year after a
# training set of two years is outside by it.
_WIDTHS_IN_ONE, _WIDTHS_IN_HALF = 3.0, 0.5
# False-positive rate of that test, over all columns, for rows drawn from one distribution.
_CHANCE = 1e-3
# X_val is shifted, too, if its interquartile range is this much narrower in half of the
# columns, which needs so many rows.
_NARROW, _LEAST_TO_SEE = 1 / 30, 20


class Scale(NamedTuple):
    """A column whose scale makes training hard.

    Attributes
    ----------
    column : int
        The one with the largest mean or standard deviation.
    mean, deviation : float
        Of that column.
    ratio : float
        Largest standard deviation of a column, divided by the smallest that is not 0.
    """

    column: int
    mean: float
    deviation: float
    ratio: float


class Shift(NamedTuple):
    """The column in which X_val is shifted most.

    Attributes
    ----------
    column : int
    quartiles, quartiles_of_val : tuple of float
        First and third quartile of X and of X_val.
    """

    column: int
    quartiles: tuple[float, float]
    quartiles_of_val: tuple[float, float]


class _Elements(NamedTuple):
    """The elements of a sample of rows, sorted; of a sparse X those that are stored.

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
        """Return the elements other than 0, as a sparse X stores them."""
        return self._where(self.values != 0)

    def in_columns(self, mask: NDArray[np.bool_]) -> "_Elements":
        """Return the elements of the columns where a mask is True."""
        return self._where(mask[self.columns])

    def _where(self, mask: NDArray[np.bool_]) -> "_Elements":
        return self._replace(columns=self.columns[mask], values=self.values[mask])

    def quantiles(self, n_columns: int, q: float) -> NDArray[np.float64]:
        """Return the lower q-quantile of each column; NaN where it has no element."""
        counts = np.bincount(self.columns, minlength=n_columns)
        positions = np.cumsum(counts) - counts + (q * (counts - 1)).astype(np.intp)
        result = np.full(n_columns, np.nan)
        result[counts > 0] = self.values[positions[counts > 0]]
        return result

    def quartiles(self, n_columns: int, column: int) -> tuple[float, float]:
        """Return the first and third quartile of a column."""
        low, high = (float(self.quantiles(n_columns, q)[column]) for q in (0.25, 0.75))
        return low, high


def _n_rows(X: Matrix) -> int:
    return len(X.dense) if X.indptr is None else len(X.indptr) - 1


def _elements(X: Matrix, n_max: int, weights: NDArray[Any] | None = None) -> _Elements:
    """Return the elements of evenly spaced rows, or of evenly spaced rows with a weight."""
    d = X.dense.shape[1]
    size = min(_SAMPLE, max(_LEAST_SAMPLE, n_max // d)) if X.data is None else _SAMPLE
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
    return _sorted(columns, values, len(rows))


def _sorted(columns: NDArray[np.intp], values: NDArray[np.float64], n: int) -> _Elements:
    order = np.lexsort((values, columns))
    return _Elements(columns[order], values[order], n)


def find_poor_scale(X: Matrix) -> Scale | None:
    """Return the column whose scale to correct first; None if all are of order one.

    A column that is small beside the others is no fault: it is a rare category, a pixel at the
    border or a last principal component. The columns are too small only if all are.
    """
    columns, values, n_sampled = _elements(X, _N_FOR_SCALE)
    unit = float(np.abs(values).max(initial=np.finfo(np.float64).tiny))
    values /= unit  # so that squares do not overflow
    means, squares = (
        np.bincount(columns, values**power, X.dense.shape[1]) / n_sampled for power in (1, 2)
    )
    variances = squares - means**2
    varies = variances > _CANCELLED * squares  # and not by rounding alone
    if not varies.any():
        return None
    deviations = np.sqrt(np.where(varies, variances, 0.0))
    sizes = np.maximum(np.abs(means), deviations)
    largest_deviation = np.abs(values - means[columns])[varies[columns]].max(initial=0.0)
    column = int(sizes.argmax())
    if unit * sizes[column] <= _LARGE and unit * largest_deviation >= _SMALL:
        return None
    ratio = float(deviations.max() / deviations[varies].min())
    return Scale(column, unit * float(means[column]), unit * float(deviations[column]), ratio)


def find_shift(data: TrainingData, data_val: TrainingData) -> Shift | None:
    """Return the column in which X_val is shifted against X; None if there is none.

    Only shifts that drift over time hardly explains count, such as X scaled and X_val not: most
    rows are outside the range of X by more than its width, or all next to one place within.
    Constant columns are left out, and so are the zeros of a sparse X.

    Parameters
    ----------
    data, data_val : TrainingData
        Rows of weight 0 do not count.
    """
    d = data.X.dense.shape[1]
    reference, new = (
        _elements(part.X, _N_FOR_SHIFT, part.weights) for part in (data, data_val)
    )
    if data.X.data is not None or data_val.X.data is not None:
        reference, new = reference.without_zeros(), new.without_zeros()
    outside, narrow = _outside(reference, new, d), _narrowness(reference, new, d)
    if np.nanmax(outside, initial=0.0) > _WIDTHS_IN_ONE or _are_half(
        outside > _WIDTHS_IN_HALF, outside
    ):
        column = int(np.nanargmax(outside))
    elif _are_half(narrow < _NARROW, narrow):
        column = int(np.nanargmin(narrow))
    else:
        return None
    return Shift(column, reference.quartiles(d, column), new.quartiles(d, column))


def _are_half(is_shifted: NDArray[np.bool_], statistic: NDArray[np.float64]) -> bool:
    """Return whether half of the columns are shifted, of several whose statistic is known."""
    n_columns = (~np.isnan(statistic)).sum()
    return bool(1 < n_columns <= 2 * is_shifted.sum())


def _outside(reference: _Elements, new: _Elements, d: int) -> NDArray[np.float64]:
    """Return the median distance of each column's new values from its range, in widths of it.

    NaN stands for a column that is constant, or has too few values to tell.
    """
    least, largest = reference.quantiles(d, 0), reference.quantiles(d, 1)
    widths = largest - least
    n_reference, n_new = (np.bincount(part.columns, minlength=d) for part in (reference, new))
    # If all come from one distribution, the k largest values are all new with a probability of
    # at most (n_new / n)ᵏ, and likewise the k smallest.
    n_most = n_new - (n_new - 1) // 2
    p_values = 2 * (n_new / np.maximum(n_reference + n_new, 1)) ** n_most
    varies = widths > _NO_RANGE * np.nanmax(widths, initial=0.0)
    new = new.in_columns(varies & (p_values * d <= _CHANCE))
    distances = np.maximum(least[new.columns] - new.values, new.values - largest[new.columns])
    distances = np.maximum(distances / widths[new.columns], 0)
    return _sorted(new.columns, distances, new.n_rows).quantiles(d, 0.5)


def _narrowness(reference: _Elements, new: _Elements, d: int) -> NDArray[np.float64]:
    """Return the interquartile range of each column's new values, relative to the reference.

    NaN stands for a column whose middle half is constant, or with too few values to tell; 1 for
    new values that are mostly equal, as those of one group may be.
    """
    width, new_width = (
        part.quantiles(d, 0.75) - part.quantiles(d, 0.25) for part in (reference, new)
    )
    mask = width > _NO_RANGE * np.nanmax(width, initial=0.0)
    mask &= np.bincount(new.columns, minlength=d) >= _LEAST_TO_SEE
    ratio = np.full(d, np.nan)
    ratio[mask] = np.where(new_width[mask] > 0, new_width[mask] / width[mask], 1.0)
    return ratio
