"""Cells of the plane of two columns, and what a smooth function has in them."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmlp._tables.columns import Floats

# Groups of neighbouring bins between which a function counts as smooth.
_N_GROUPS = 6
# Pseudo-count of the fit in a group of cells.
_SMOOTHING_OF_GROUP = 5.0
# Rounds of fitting, and a count in place of 0.
_N_ROUNDS, _TINY = 5, 1e-9


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


class Plane:
    """The cells of two columns together, and groups of neighbouring ones.

    Two categorical columns have no neighbours: all their cells are one group.

    Parameters
    ----------
    first, second : Cut
    """

    def __init__(self, first: Cut, second: Cut) -> None:
        self.shape = first.size, second.size
        self.n_cells = first.size * second.size
        has_neighbours = first.edges is not None or second.edges is not None
        cuts = (first, second)
        self._begins = [
            cut.group_begins() if has_neighbours else np.zeros(1, np.intp) for cut in cuts
        ]
        self._lengths = [
            np.diff(begins, append=cut.size)
            for begins, cut in zip(self._begins, cuts, strict=True)
        ]

    def cells(self, first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the cells of rows, given those in each column."""
        return first * self.shape[1] + second

    def grouped(self, values: Floats) -> Floats:
        """Return sums over the cells of each group; values are of shape (*shape, s)."""
        of_first = np.add.reduceat(values, self._begins[0], axis=0)
        return np.add.reduceat(of_first, self._begins[1], axis=1)

    def spread(self, values: Floats) -> Floats:
        """Return the values of groups at each of their cells."""
        of_first = np.repeat(values, self._lengths[0], axis=0)
        return np.repeat(of_first, self._lengths[1], axis=1)


def smooth_frequencies(counts: NDArray[np.intp], plane: Plane) -> Floats:
    """Return the frequencies of classes in cells as a smooth function has them.

    They are those of the log-linear model without an interaction of both columns' cells, but
    for one of their groups, by iterative proportional fitting (Deming and Stephan 1940).

    Parameters
    ----------
    counts, and what is returned : array of shape (n_cells, k)
    plane : Plane
    """
    table = counts.reshape(*plane.shape, -1).astype(float)
    of_first, of_second, of_cell = (
        table.sum(axis=axis, keepdims=True) + _TINY for axis in (1, 0, 2)
    )
    groups = plane.grouped(table)
    n_of_group = groups.sum(axis=2, keepdims=True) + _TINY
    fit = of_cell * (table.sum(axis=(0, 1)) + _TINY)
    for _ in range(_N_ROUNDS):
        fit *= of_first / (fit.sum(axis=1, keepdims=True) + _TINY)
        fit *= of_second / (fit.sum(axis=0, keepdims=True) + _TINY)
        fitted = plane.grouped(fit) + _TINY
        wanted = groups + _SMOOTHING_OF_GROUP * fitted / fitted.sum(axis=2, keepdims=True)
        wanted *= n_of_group / wanted.sum(axis=2, keepdims=True)
        fit *= plane.spread(wanted / fitted)
        fit *= of_cell / (fit.sum(axis=2, keepdims=True) + _TINY)
    fit += _TINY
    return (fit / fit.sum(axis=2, keepdims=True)).reshape(counts.shape)


def smooth_means(n_rows: Floats, sums: Floats, plane: Plane) -> Floats:
    """Return the means of numbers in cells as a smooth function has them.

    It is the sum of a function of either column's cell and one of the group of cells, by least
    squares over the rows, fitted in turns (backfitting; Hastie and Tibshirani 1986).

    Parameters
    ----------
    n_rows : array of shape (n_cells, 1)
        The number of rows in each cell.
    sums, and what is returned : array of shape (n_cells, q)
        Sums of their numbers.
    plane : Plane
    """
    n, table = n_rows.reshape(*plane.shape, 1), sums.reshape(*plane.shape, -1)
    n_of_group = plane.grouped(n) + _SMOOTHING_OF_GROUP
    fit = np.zeros_like(table) + table.sum(axis=(0, 1)) / max(n.sum(), 1)
    for _ in range(_N_ROUNDS):
        for axis in (1, 0):
            rest = (table - n * fit).sum(axis=axis, keepdims=True)
            fit += rest / (n.sum(axis=axis, keepdims=True) + _TINY)
        fit += plane.spread(plane.grouped(table - n * fit) / n_of_group)
    return fit.reshape(sums.shape)
