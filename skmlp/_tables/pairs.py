"""Target means of pairs of columns that tell together what no smooth function of both does.

A network learns smooth interactions by itself, and bends of single columns from their bins.
What it hardly learns is a target that changes from cell to cell of the plane of two columns, as
with latitude and longitude, or month and day. Trees find it. Here the means of the target in
such cells, over other rows, become features.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmlp._tables.categories import Coded
from skmlp._tables.cells import Cut, Plane
from skmlp._tables.columns import Floats, Source
from skmlp._tables.targets import Target, is_worth, labelled, some_rows

# Bins of a numeric column: at most so many, and as few as have so many rows in a cell of two
# columns; with fewer than the least, a network does better without their means.
_MAX_BINS, _MIN_BINS, _ROWS_OF_CELL = 48, 24, 10
# Pairs are tried on so many rows, of so many columns that tell most by themselves, and only if
# they have no more cells, and sums in cells.
_TRIAL_ROWS, _TRIAL_COLUMNS, _MAX_CELLS, _MAX_SUMS = 20_000, 24, 8192, 1 << 17


class Pair(NamedTuple):
    """Two columns, by their places among all, and what is known of their cells.

    Attributes
    ----------
    first, second : int
    table : array of shape (n_cells, n_features)
        Log-odds of the classes, or means of numbers.
    """

    first: int
    second: int
    table: Floats


class PairMeans:
    """Pairs of columns, and the means of the target in their cells.

    Attributes
    ----------
    edges : list of array or None
    sizes : list of int
        What cuts the columns, the numeric ones first; see :class:`Cut`.
    places : list of (int, int)
    tables : list of array
        The pairs; see :class:`Pair`.
    labels : list of str or None
        The target's; empty if no pair was tried.
    """

    least_rows: ClassVar[int] = _MIN_BINS**2 * _ROWS_OF_CELL

    # Plain attributes, as files name no private class.
    def __init__(self) -> None:
        self.edges: list[Floats | None] = []
        self.sizes: list[int] = []
        self.places: list[tuple[int, int]] = []
        self.tables: list[Floats] = []
        self.labels: list[str | None] = []

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
            Largest number of features, of which a pair has one for each label.
        """
        n_bins = min(_MAX_BINS, math.isqrt(len(target.folds) // _ROWS_OF_CELL))
        self.labels = target.labels_of_features
        limit = max(limit // len(self.labels), 1)
        rows = some_rows(len(target.folds), _TRIAL_ROWS)
        values = [_values(column)[rows] for column in columns]
        cuts = [_cut(part, n_bins) for part in values[: len(values) - len(sizes)]]
        cuts += [Cut(None, size + 1) for size in sizes]
        self.edges, self.sizes = [cut.edges for cut in cuts], [cut.size for cut in cuts]
        cells = [cut.cells(part) for cut, part in zip(cuts, values, strict=True)]
        self.places = _choose(cells, cuts, target.take(rows))[:limit]
        features = []
        for (i, j), codes in zip(self.places, self._codes(columns), strict=True):
            plane = Plane(cuts[i], cuts[j])
            smooth = partial(target.smooth, plane=plane)
            table, sources = target.learn(codes, plane.n_cells, smooth)
            self.tables.append(table)
            features += sources
        return features

    def sources(self, columns: Sequence[Source | Coded]) -> list[Source]:
        """Return the features of other rows, of the same columns."""
        return [
            source
            for table, codes in zip(self.tables, self._codes(columns), strict=True)
            for source in Source.of_tables(codes, [table])
        ]

    def names(self, names: Sequence[Any]) -> list[str]:
        """Return the names of the features, given those of the columns."""
        both = [f"{names[i]}_and_{names[j]}" for i, j in self.places]
        return [*itertools.chain(*labelled(both, self.labels))]

    def _codes(self, columns: Sequence[Source | Coded]) -> Iterator[NDArray[np.intp]]:
        """Yield, of each pair, the rows' cells in the plane of both columns."""
        cuts = self.cuts
        cells = {
            k: cuts[k].cells(_values(columns[k])) for k in {*itertools.chain(*self.places)}
        }
        return (Plane(cuts[i], cuts[j]).cells(cells[i], cells[j]) for i, j in self.places)


def _values(column: Source | Coded) -> NDArray[Any]:
    """Return the numbers of all rows, or their places among the categories."""
    return column.whole() if isinstance(column, Source) else column.read(slice(None))


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
        target.information(target.sums(part, cut.size).sum(axis=0))
        for part, cut in zip(cells, cuts, strict=True)
    ]
    tried = sorted(np.argsort(told)[-_TRIAL_COLUMNS:].tolist())
    gains = []
    for i, j in itertools.combinations(tried, 2):
        plane, n_labels = Plane(cuts[i], cuts[j]), len(target.labels_of_features)
        is_large = plane.n_cells > _MAX_CELLS or plane.n_cells * n_labels > _MAX_SUMS
        # Two binary columns have no cell that a network could not tell.
        if is_large or max(cuts[i].size, cuts[j].size) <= 3:
            continue
        sums = target.sums(plane.cells(cells[i], cells[j]), plane.n_cells)
        gain, error = target.gain(sums, target.smooth(sums.sum(axis=0), plane))
        if is_worth(gain, error):
            gains.append((gain, i, j))
    return [(i, j) for _, i, j in sorted(gains, reverse=True)]
