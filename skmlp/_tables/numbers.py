"""Features of numeric columns: scaled numbers, squares, and piecewise-linear bins."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmlp._tables.columns import Floats, Source

# Bounds of smooth clipping, and a number whose square does not overflow yet.
BOUND, _INFINITY = 3.0, 1e150
_LARGEST = np.finfo(np.float64).max
# A number counts as missing beyond so many times this quantile of the distances to the median.
_FAR, _NEAR = 20.0, 0.95
# Factors that scale squares less 1, and positions in a bin less 1/2.
OF_SQUARE, OF_BIN = 0.7, 0.3
# Rows that a bin needs for a bend at its ends to be of use.
_ROWS_OF_BIN = 20
# A value that more than this part of the rows have begins a bin, whatever the quantiles.
_FREQUENT = 0.1
# Positions in a narrower bin, of numbers between -3 and 3, are too coarse in float32.
_NARROW = 2.0**-6


class Numbers:
    """Features of numeric columns.

    Parameters
    ----------
    sources : sequence of Source
        The columns.
    max_bins, max_bin_columns : int
    add_squares : bool
        As of :class:`TabularPreprocessor`.

    Attributes
    ----------
    center, spread, limit : array of shape (p,)
        A number less the center, divided by the spread, is squashed into ±3; one further from
        the center than the limit is far, and counts as missing.
    has_missing, has_far : array of shape (p,)
        Whether a column had such numbers.
    edges : list of array
        For each column the ends of its bins, among squashed numbers.

    Raises
    ------
    ValueError
        A column has infinity.
    """

    def __init__(
        self, sources: Sequence[Source], max_bins: int, max_bin_columns: int, add_squares: bool
    ) -> None:
        self.add_squares = add_squares
        n_bins = min(max_bins, max_bin_columns // max(len(sources), 1))
        learned = [_learn(source, n_bins) for source in sources]
        self.center, self.spread, self.limit = (
            np.array([getattr(column.scale, name) for column in learned], dtype=float)
            for name in _Scale._fields
        )
        self.has_missing = np.array([column.has_missing for column in learned], dtype=bool)
        self.has_far = np.array([column.has_far for column in learned], dtype=bool)
        self.edges = [column.edges for column in learned]
        self._prepare_bins()

    def _prepare_bins(self) -> None:
        """Set column, middle and slope of each bin, of the dtype that features need."""
        widths = [np.diff(edges) for edges in self.edges]
        self._columns = np.repeat(np.arange(len(widths)), [len(part) for part in widths])
        all_widths = np.concatenate([*widths, []])
        is_narrow = all_widths.min(initial=np.inf) < _NARROW
        dtype = np.float64 if is_narrow else np.float32
        begins = np.concatenate([*(edges[:-1] for edges in self.edges), []])
        self._middles = (begins + all_widths / 2).astype(dtype)[:, None]
        self._slopes = (OF_BIN / all_widths).astype(dtype)[:, None]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype in which features are computed."""
        return self._middles.dtype

    @property
    def n_features(self) -> int:
        """The number of features."""
        n_blocks = 1 + self.add_squares
        indicators = self.has_missing.sum() + self.has_far.sum()
        return int(n_blocks * len(self.center) + indicators + len(self._columns))

    @property
    def columns(self) -> NDArray[np.intp]:
        """The column of each feature."""
        p = np.arange(len(self.center))
        parts = [p, p[: self.add_squares * len(p)], p[self.has_missing], p[self.has_far]]
        return np.concatenate([*parts, self._columns])

    def write(self, x: Floats, out: NDArray[np.floating[Any]]) -> None:
        """Write the features of some rows: numbers, squares, missing, far, and bins.

        Parameters
        ----------
        x : array of shape (p, m)
            Numbers, a row for each column; overwritten.
        out : array of shape (n_features, m)
        """
        p = len(x)
        ends = np.cumsum([p, self.add_squares * p, self.has_missing.sum(), self.has_far.sum()])
        z, squares, missing, far, bins = np.split(out, ends)
        is_missing = np.isnan(x)
        missing[:] = is_missing[self.has_missing]
        _subtract(x, self.center[:, None])
        is_far = np.abs(x) > self.limit[:, None]
        far[:] = np.where(is_far[self.has_far], np.sign(x[self.has_far]), 0)
        _squash(x, self.spread[:, None])
        np.copyto(x, 0, where=np.logical_or(is_missing, is_far, out=is_far))
        z[:] = x
        if self.add_squares:
            np.multiply(z, z, out=squares)
            squares -= 1
            squares *= OF_SQUARE
        np.take(z, self._columns, axis=0, out=bins, mode="clip")
        bins -= self._middles
        bins *= self._slopes
        np.clip(bins, -OF_BIN / 2, OF_BIN / 2, out=bins)

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


def _subtract(x: Floats, center: Any) -> None:
    """Subtract medians in place, and clip to finite numbers."""
    x -= center
    np.clip(x, -_LARGEST, _LARGEST, out=x)


def _squash(deviations: Floats, spread: Any) -> None:
    """Scale differences from the median in place, and clip them smoothly."""
    z = deviations
    z /= spread
    np.clip(z, -_INFINITY, _INFINITY, out=z)
    norm = z / BOUND
    norm *= norm
    norm += 1
    np.sqrt(norm, out=norm)
    z /= norm


class _Scale(NamedTuple):
    """How the numbers of a column are scaled."""

    center: float
    spread: float
    limit: float

    def squashed(self, values: NDArray[Any]) -> Floats:
        """Return numbers scaled and clipped smoothly."""
        result = values.astype(float)
        _subtract(result, self.center)
        _squash(result, self.spread)
        return result


class _Learned(NamedTuple):
    """What is known of a column."""

    scale: _Scale
    has_missing: bool
    has_far: bool
    edges: Floats


def _learn(source: Source, n_bins: int) -> _Learned:
    """Learn a column from its numbers in order.

    Raises
    ------
    ValueError
        The column has infinity.
    """
    values = np.sort(source.whole())  # NaN comes last
    n_rows = len(values)
    if values.dtype.kind == "f":
        values = values[: np.searchsorted(values, np.nan)]
    has_missing = len(values) < n_rows
    if not len(values):
        values = np.zeros(1)
    refuse_infinity(values[[0, -1]], source)
    scale = _scale(values)
    far = [abs(float(end) - scale.center) > scale.limit for end in values[[0, -1]]]
    if any(far):
        values = values[np.abs(values - np.float64(scale.center)) <= scale.limit]
    return _Learned(scale, has_missing, any(far), _edges(values, scale, n_bins))


def refuse_infinity(values: NDArray[Any], source: Source) -> None:
    """Raise ValueError if there is infinity among the numbers of a column."""
    if np.isinf(values).any():
        raise ValueError(f"Input X contains infinity, in column {source.name!r}.")


def _scale(values: NDArray[Any]) -> _Scale:
    """Return how to scale a column, given its numbers in order."""
    # Quarters of the numbers, as the difference of two may overflow.
    low, center, high = _quantiles(values, np.array([0.25, 0.5, 0.75]), _quarter).tolist()
    least, largest = _quarter(values[[0, -1]]).tolist()
    spread, half = (min(part, _LARGEST / 4) * 4 for part in (high - low, (largest - least) / 2))
    center *= 4
    if spread == 0 and half > 0:
        # Half of them are the median, as in counts that are mostly 0: the others have a scale.
        begin, end = np.searchsorted(values, center), np.searchsorted(values, center, "right")
        others = np.concatenate([values[:begin], values[end:]])
        if len(others) >= _ROWS_OF_BIN:
            values, half = others, _near(others, center, 0.75)
    near = _near(values, center, _NEAR)
    return _Scale(
        center=center,
        spread=spread if spread > 0 else half if half > 0 else 1.0,
        limit=_FAR * near if near > 0 else np.inf,
    )


def _quarter(values: NDArray[Any]) -> Floats:
    return values.astype(float) / 4


def _quantiles(
    values: NDArray[Any], points: Floats, change: Callable[[NDArray[Any]], Floats]
) -> Floats:
    """Return quantiles of numbers in order, between what a function makes of neighbours."""
    places = points * (len(values) - 1)
    before = places.astype(np.intp)
    after = np.minimum(before + 1, len(values) - 1)
    return _between(change(values[before]), change(values[after]), places - before)


def _between(a: Floats, b: Floats, parts: Floats) -> Floats:
    """Return numbers between a and b, exact at both ends."""
    step = b - a
    return np.where(parts < 0.5, a + step * parts, b - step * (1 - parts))


def _near(values: NDArray[Any], center: float, part: float) -> float:
    """Return a quantile of the distances to the center, given numbers in order.

    The nearest numbers are neighbours: of all windows of so many, those around the center reach
    the least far.
    """
    place = part * (len(values) - 1)
    before, after = int(place), min(int(place) + 1, len(values) - 1)
    ends = np.array([_reach(values, center, after), _reach(values, center, before)])
    return float(_between(ends[1], ends[0], np.array(place - before)))


def _reach(values: NDArray[Any], center: float, place: int) -> float:
    """Return the distance to the center than which `place` others are no larger."""
    first, last = values[: len(values) - place], values[place:]
    distances = np.maximum(center - first.astype(float), last.astype(float) - center)
    return float(min(distances.min(), _LARGEST))


def _edges(values: NDArray[Any], scale: _Scale, n_bins: int) -> Floats:
    """Return the edges of at most `n_bins` bins between quantiles; one edge means no bin.

    Parameters
    ----------
    values : array
        The numbers that are neither missing nor far, in order.
    scale : _Scale
    n_bins : int
    """
    n_bins = min(n_bins, len(values) // _ROWS_OF_BIN)
    is_first = _is_first(values)
    n_distinct = np.count_nonzero(is_first)
    if n_bins < 2 or n_distinct < 3:
        return scale.squashed(values[:1])
    if n_distinct <= n_bins + 1:
        edges = scale.squashed(values[is_first])
    else:
        edges = _quantile_edges(values, is_first, scale, n_bins)
    edges = np.maximum.accumulate(edges)  # which rounding may have put out of order
    return edges[_is_first(edges)]


def _quantile_edges(
    values: NDArray[Any], is_first: NDArray[np.bool_], scale: _Scale, n_bins: int
) -> Floats:
    """Return frequent values, and quantiles of the others, in order."""
    begins = np.flatnonzero(is_first)
    sizes = np.diff(begins, append=len(values))
    is_frequent = sizes > _FREQUENT * len(values)
    frequent = scale.squashed(values[begins[is_frequent]])
    if len(frequent):
        values = values[~np.repeat(is_frequent, sizes)]
        n_bins = max(min(n_bins - len(frequent), len(values) // _ROWS_OF_BIN), 1)
    if not len(values):
        return frequent
    quantiles = _quantiles(values, np.arange(n_bins + 1) / n_bins, scale.squashed)
    return np.sort(np.concatenate([frequent, quantiles]))


def _is_first(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which numbers, in order, differ from the one before."""
    result = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=result[1:])
    return result
