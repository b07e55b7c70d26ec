"""Features of numeric columns: scaled numbers, squares, and piecewise-linear bins."""

import numpy as np
from numpy.typing import NDArray

from skmlp._tables.columns import Floats

# Bounds of smooth clipping, and a number whose square does not overflow yet.
BOUND, _INFINITY = 3.0, 1e150
_LARGEST = np.finfo(np.float64).max
# A number counts as missing beyond so many times this quantile of the distances to the median.
_FAR, _NEAR = 20.0, 0.95
# Factors that scale squares less 1, and positions in a bin less 1/2.
OF_SQUARE, OF_BIN = 0.7, 0.3
# Rows that a bin needs for a bend at its ends to be of use.
_ROWS_OF_BIN = 20


class Numbers:
    """Features of numeric columns.

    Parameters
    ----------
    X : array of shape (n, p)
        NaN is missing.
    max_bins, max_bin_columns : int
    add_squares : bool
        As of :class:`TabularPreprocessor`.
    """

    def __init__(
        self, X: Floats, max_bins: int, max_bin_columns: int, add_squares: bool
    ) -> None:
        self.add_squares = add_squares
        missing = np.isnan(X)
        self.has_missing = missing.any(axis=0)
        X = np.where(missing.all(axis=0), 0.0, X)
        points = np.array([0, 0.25, 0.5, 0.75, 1])
        # Of X / 4, as the difference of two numbers may overflow.
        quantiles: Floats = (
            np.nanquantile(X / 4, points, axis=0) if X.size else np.empty((5, 0))
        )
        least, low, center, high, largest = quantiles
        spread, half = (
            np.minimum(part, _LARGEST / 4) * 4 for part in (high - low, (largest - least) / 2)
        )
        self.center = center * 4
        near = np.nanquantile(np.abs(self._deviations(X)), _NEAR, axis=0) if X.size else center
        self.limit = np.where(near > 0, _FAR * near, np.inf)
        self.spread = np.where(spread > 0, spread, np.where(half > 0, half, 1.0))
        n_bins = min(max_bins, max_bin_columns // max(X.shape[1], 1))
        z, far = self._clipped(X)
        self.has_far = far.any(axis=0)
        self.edges = [_edges(column[~np.isnan(column)], n_bins) for column in z.T]

    def _deviations(self, X: Floats) -> Floats:
        """Return differences from the medians, clipped to finite numbers."""
        return np.clip(X - self.center, -_LARGEST, _LARGEST)

    def _clipped(self, X: Floats) -> tuple[Floats, Floats]:
        """Return scaled and clipped numbers, and which of X are far from the median.

        The first are NaN for numbers that are missing or far; the second is -1 for numbers far
        below the median, 1 for those far above, and 0 for others.
        """
        deviations = self._deviations(X)
        z = np.clip(deviations / self.spread, -_INFINITY, _INFINITY)
        far = np.sign(z) * (np.abs(deviations) > self.limit)
        z[far != 0] = np.nan
        return z / np.sqrt(1 + (z / BOUND) ** 2), np.nan_to_num(far)

    def transform(self, X: Floats) -> list[Floats]:
        """Return blocks of features: numbers, squares, missing, far, and bins."""
        missing = np.isnan(X[:, self.has_missing])
        z, far = self._clipped(X)
        z = np.nan_to_num(z, nan=0.0)
        bins = [
            OF_BIN * (np.clip((column[:, None] - edges[:-1]) / np.diff(edges), 0, 1) - 0.5)
            for column, edges in zip(z.T, self.edges, strict=True)
        ]
        squares = [OF_SQUARE * (z**2 - 1)] if self.add_squares else []
        return [z, *squares, missing, far[:, self.has_far], *bins]

    def names(self, names: NDArray[np.object_]) -> list[str]:
        """Return the names of the features, given those of the columns."""
        return [
            *names,
            *(f"{name}_squared" for name in names if self.add_squares),
            *(f"{names[j]}_missing" for j in np.flatnonzero(self.has_missing)),
            *(f"{names[j]}_far" for j in np.flatnonzero(self.has_far)),
            *(
                f"{name}_bin{k}"
                for name, edges in zip(names, self.edges, strict=True)
                for k in range(len(edges) - 1)
            ),
        ]


def _edges(values: Floats, n_bins: int) -> Floats:
    """Return the edges of at most `n_bins` bins between quantiles; one edge means no bin."""
    distinct = np.unique(values)
    n_bins = min(n_bins, len(values) // _ROWS_OF_BIN)
    if n_bins < 2 or len(distinct) < 3:
        return distinct[:1]
    if len(distinct) <= n_bins + 1:
        return distinct
    return np.unique(np.quantile(values, np.linspace(0, 1, n_bins + 1)))
