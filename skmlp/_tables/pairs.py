"""Target means of pairs of columns that tell together what no smooth function of both does.

A network learns smooth interactions by itself, and bends of single columns from their bins.
What it hardly learns is a target that changes from cell to cell of the plane of two columns, as
with latitude and longitude, or month and day. Trees find it. Here the frequencies of classes in
such cells, over other rows, become features.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmlp._tables.categories import Coded
from skmlp._tables.columns import Floats, Source
from skmlp._tables.targets import Target

# Bins of a numeric column: at most so many, and as few as have so many rows in a cell of two
# columns; with fewer than the least, a network does better without their log-odds.
_MAX_BINS, _MIN_BINS, _ROWS_OF_CELL = 48, 24, 10
LEAST_ROWS = _MIN_BINS**2 * _ROWS_OF_CELL
# Groups of neighbouring bins between which a function counts as smooth.
_N_GROUPS = 6
# Pseudo-count of the smooth fit in the frequencies of a cell, and in those of a group of cells.
_SMOOTHING, _SMOOTHING_OF_GROUP = 10.0, 5.0
# Pairs are tried on so many rows, of so many columns that tell most by themselves, and only if
# they have no more cells, and counts of classes in cells.
_TRIAL_ROWS, _TRIAL_COLUMNS, _MAX_CELLS, _MAX_COUNTS = 20_000, 24, 8192, 1 << 17
# The gain of log loss that a pair needs, and how many standard errors it is from 0.
_LEAST_GAIN, _LEAST_ERRORS = 0.001, 3.0
# Rounds of iterative proportional fitting, and a count in place of 0.
_N_ROUNDS, _TINY = 5, 1e-9
_LEAST_PROBABILITY = 1e-4


class Cut(NamedTuple):
    """How a column is cut into cells.

    Attributes
    ----------
    edges : array or None
        Numbers from an edge on, and below the next, are in one cell; missing ones are in the
        last. None for categories, whose unknown ones are in the last.
    size : int
        How many cells there are.
    """

    edges: Floats | None
    size: int

    def cells(self, values: NDArray[Any]) -> NDArray[np.intp]:
        """Return the cells of numbers, or of places among the categories."""
        if self.edges is None:
            return values
        cells = np.searchsorted(self.edges, values, side="right")
        cells[np.isnan(values)] = self.size - 1
        return cells

    def group_begins(self) -> NDArray[np.intp]:
        """Return the cells at which groups of neighbours begin; a category is its own."""
        if self.edges is None:
            return np.arange(self.size)
        n_bins = self.size - 1
        n_groups = min(_N_GROUPS, n_bins)
        return np.append(-(-np.arange(n_groups) * n_bins // n_groups), n_bins)


class Pair(NamedTuple):
    """Two columns, by their places among all, and what is known of their cells.

    Attributes
    ----------
    first, second : int
    table : array of shape (n_cells, n_features)
        The log-odds of the classes.
    """

    first: int
    second: int
    table: Floats


class PairMeans:
    """Pairs of columns, and the frequencies of the classes in their cells.

    Attributes
    ----------
    edges : list of array or None
    sizes : list of int
        What cuts the columns, the numeric ones first; see :class:`Cut`.
    places : list of (int, int)
    tables : list of array
        The pairs; see :class:`Pair`.
    classes : array of shape (k,)
        The target's; empty if no pair was tried.
    """

    # Plain attributes, as files name no private class.
    def __init__(self) -> None:
        self.edges: list[Floats | None] = []
        self.sizes: list[int] = []
        self.places: list[tuple[int, int]] = []
        self.tables: list[Floats] = []
        self.classes: NDArray[Any] = np.empty(0)

    @property
    def cuts(self) -> list[Cut]:
        """How each column is cut into cells."""
        return [Cut(*each) for each in zip(self.edges, self.sizes, strict=True)]

    @property
    def pairs(self) -> list[Pair]:
        """The pairs of columns, the best first."""
        places = zip(self.places, self.tables, strict=True)
        return [Pair(i, j, table) for (i, j), table in places]

    def fit(
        self,
        columns: Sequence[Source | Coded],
        sizes: Sequence[int],
        target: Target,
        limit: int,
    ) -> list[Source]:
        """Choose pairs and learn their tables; return the features of the training rows.

        A row's are over the other folds, as those of :class:`TargetMeans`.

        Parameters
        ----------
        columns : sequence of Source or Coded
            The numeric columns, and the categorical ones after them.
        sizes : sequence of int
            The numbers of the latter's categories.
        target : Target
        limit : int
            Largest number of pairs; of features, where there are more than two classes.
        """
        if not limit or len(target.y) < LEAST_ROWS:
            return []
        n_bins = min(_MAX_BINS, math.isqrt(len(target.y) // _ROWS_OF_CELL))
        self.classes, k = target.classes, len(target.classes)
        if k > 2:  # a pair has a feature for each
            limit = max(limit // k, 1)
        rows = _some_rows(len(target.y))
        values = [_values(column)[rows] for column in columns]
        cuts = [_cut(part, n_bins) for part in values[: len(values) - len(sizes)]]
        cuts += [Cut(None, size + 1) for size in sizes]
        self.edges, self.sizes = [cut.edges for cut in cuts], [cut.size for cut in cuts]
        cells = [cut.cells(part) for cut, part in zip(cuts, values, strict=True)]
        self.places = _choose(cells, cuts, target.take(rows))[:limit]
        folds, features = target.folds.astype(np.intp), []
        for (i, j), codes in zip(self.places, self._codes(columns), strict=True):
            n_cells = cuts[i].size * cuts[j].size
            counts = target.counts(codes, n_cells)
            total = counts.sum(axis=0)
            self.tables.append(_log_odds(total, cuts[i], cuts[j]))
            others = [_log_odds(total - part, cuts[i], cuts[j]) for part in counts]
            features += _sources(codes + n_cells * folds, others)
        return features

    def sources(self, columns: Sequence[Source | Coded]) -> list[Source]:
        """Return the features of other rows, of the same columns."""
        return [
            source
            for table, codes in zip(self.tables, self._codes(columns), strict=True)
            for source in _sources(codes, [table])
        ]

    def names(self, names: Sequence[Any]) -> list[str]:
        """Return the names of the features, given those of the columns."""
        both = [f"{names[i]}_and_{names[j]}" for i, j in self.places]
        if len(self.classes) == 2:
            return both
        return [f"{name}_{label}" for name in both for label in self.classes]

    def _codes(self, columns: Sequence[Source | Coded]) -> Iterator[NDArray[np.intp]]:
        """Yield, of each pair, the rows' cells in the plane of both columns."""
        cuts = self.cuts
        cells = {
            k: cuts[k].cells(_values(columns[k])) for k in {*itertools.chain(*self.places)}
        }
        return (cells[i] * cuts[j].size + cells[j] for i, j in self.places)


def _log_odds(counts: NDArray[np.intp], first: Cut, second: Cut) -> Floats:
    """Return the log-odds of the classes in cells, given the counts (n_cells, k)."""
    smooth = _smooth_fit(counts, first, second)
    logs = np.log(np.maximum(_shrunk(counts, smooth), _LEAST_PROBABILITY))
    return logs[:, 1:] - logs[:, :1] if logs.shape[1] == 2 else logs - logs.mean(1)[:, None]


def _values(column: Source | Coded) -> NDArray[Any]:
    """Return the numbers of all rows, or their places among the categories."""
    return column.whole() if isinstance(column, Source) else column.read(slice(None))


def _sources(codes: NDArray[np.intp], tables: Sequence[Floats]) -> list[Source]:
    """Return the columns of tables, one below the other, at the codes of rows."""
    table = np.concatenate(tables)
    codes = codes.astype(np.min_scalar_type(len(table)))
    return [Source.of_codes(codes, column) for column in table.T]


def _some_rows(n_rows: int) -> NDArray[np.intp] | slice:
    """Return the rows on which pairs are tried, the same in each fit."""
    if n_rows <= _TRIAL_ROWS:
        return slice(None)
    return np.random.RandomState(0).permutation(n_rows)[:_TRIAL_ROWS]


def _cut(values: NDArray[Any], n_bins: int) -> Cut:
    """Return the cells of numbers: of each, where they are few, or of quantiles."""
    known = np.sort(values[~np.isnan(values)].astype(float))
    distinct = np.unique(known)
    if len(distinct) <= n_bins:
        edges = distinct[:-1] / 2 + distinct[1:] / 2
    else:
        edges = np.unique(known[np.arange(1, n_bins) * len(known) // n_bins])
    return Cut(edges, len(edges) + 2)


def _choose(
    cells: Sequence[NDArray[np.intp]], cuts: Sequence[Cut], target: Target
) -> list[tuple[int, int]]:
    """Return the pairs that gain, the best first."""
    told = [
        _information(target.counts(part, cut.size).sum(axis=0))
        for part, cut in zip(cells, cuts, strict=True)
    ]
    tried = sorted(np.argsort(told)[-_TRIAL_COLUMNS:].tolist())
    gains = []
    for i, j in itertools.combinations(tried, 2):
        n_cells = cuts[i].size * cuts[j].size
        is_large = n_cells > _MAX_CELLS or n_cells * len(target.classes) > _MAX_COUNTS
        # Two binary columns have no cell that a network could not tell.
        if is_large or max(cuts[i].size, cuts[j].size) <= 3:
            continue
        counts = target.counts(cells[i] * cuts[j].size + cells[j], n_cells)
        gain, error = _gain(counts, cuts[i], cuts[j])
        if gain > max(_LEAST_GAIN, _LEAST_ERRORS * error):
            gains.append((gain, i, j))
    return [(i, j) for _, i, j in sorted(gains, reverse=True)]


def _information(counts: NDArray[np.intp]) -> float:
    """Return the mutual information of cells and classes, in nats, given the counts."""
    joint = counts / counts.sum()
    independent = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
    ratio = np.divide(joint, independent, out=np.ones_like(joint), where=joint > 0)
    return float((joint * np.log(ratio)).sum())


def _gain(counts: NDArray[np.intp], first: Cut, second: Cut) -> tuple[float, float]:
    """Return how much log loss cells gain over a smooth fit, and the standard error.

    Parameters
    ----------
    counts : array of shape (n_folds, n_cells, k)
    """
    total = counts.sum(axis=0)
    smooth = _smooth_fit(total, first, second)
    gains = np.log(_shrunk(total - counts, smooth)) - np.log(smooth)
    n_rows = total.sum()
    mean = float((counts * gains).sum() / n_rows)
    variance = float((counts * gains**2).sum() / n_rows) - mean**2
    return mean, math.sqrt(max(variance, 0.0) / n_rows)


def _shrunk(counts: NDArray[np.intp], smooth: Floats) -> Floats:
    """Return the frequencies of classes in cells, shrunk towards those of a smooth fit."""
    return (counts + _SMOOTHING * smooth) / (counts.sum(axis=-1, keepdims=True) + _SMOOTHING)


def _smooth_fit(counts: NDArray[np.intp], first: Cut, second: Cut) -> Floats:
    """Return the frequencies of classes in cells as a smooth function has them.

    They are those of the log-linear model without an interaction of both columns' cells, but
    for one of groups of neighbouring cells, by iterative proportional fitting (Deming and
    Stephan 1940). Two categorical columns have no neighbours: theirs is without interaction.

    Parameters
    ----------
    counts, and what is returned : array of shape (n_cells, k)
    """
    table = counts.reshape(first.size, second.size, -1).astype(float)
    is_plain = first.edges is None and second.edges is None
    begins = (
        [np.zeros(1, int)] * 2 if is_plain else [first.group_begins(), second.group_begins()]
    )
    lengths = [
        np.diff(part, append=cut.size)
        for part, cut in zip(begins, (first, second), strict=True)
    ]

    def grouped(cells: Floats) -> Floats:
        return np.add.reduceat(np.add.reduceat(cells, begins[0], axis=0), begins[1], axis=1)

    of_first, of_second, of_cell = (
        table.sum(axis=axis, keepdims=True) + _TINY for axis in (1, 0, 2)
    )
    groups = grouped(table)
    n_of_group = groups.sum(axis=2, keepdims=True) + _TINY
    fit = of_cell * (table.sum(axis=(0, 1)) + _TINY)
    for _ in range(_N_ROUNDS):
        fit *= of_first / (fit.sum(axis=1, keepdims=True) + _TINY)
        fit *= of_second / (fit.sum(axis=0, keepdims=True) + _TINY)
        fitted = grouped(fit) + _TINY
        wanted = groups + _SMOOTHING_OF_GROUP * fitted / fitted.sum(axis=2, keepdims=True)
        wanted *= n_of_group / wanted.sum(axis=2, keepdims=True)
        fit *= np.repeat(np.repeat(wanted / fitted, lengths[0], axis=0), lengths[1], axis=1)
        fit *= of_cell / (fit.sum(axis=2, keepdims=True) + _TINY)
    fit += _TINY
    return (fit / fit.sum(axis=2, keepdims=True)).reshape(counts.shape)
