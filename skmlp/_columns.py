"""Where the columns of X lie, by some hundred of its rows: what advice on scaling rests on."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmlp._validation import Matrix

# Rows that stand for all, and fewer where they would have more elements than it takes to see a
# scale, of whose size there are several arrays.
_SAMPLE, _LEAST_SAMPLE = 512, 64
_TO_SEE_SCALE = 1 << 13
# Training works well on columns of order one: no mean or standard deviation above this, and
# some value at least so far from its column's mean.
_LARGE, _SMALL = 10.0, 0.03
# Of a variance that is the difference of two numbers, what may be rounding, relative to them.
_CANCELLED = 1e-12


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


@np.errstate(over="ignore", under="ignore")
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
