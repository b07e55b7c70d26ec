"""Target means of the values of numeric columns whose numbers are codes.

The number of a district or a shop tells nothing by its size. Where each value is that of many
rows, it is a category in the form of a number, and the mean of the target among its rows, over
other rows, becomes a feature beside those of the number.
"""

from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from skmlp._tables.columns import Floats, Source
from skmlp._tables.targets import Target, is_worth, labelled, some_rows

# Columns are tried that have more values than so many, with so many rows on the average.
_FEW_VALUES, _ROWS_OF_VALUE = 16, 10
_TRIAL_ROWS = 100_000
# So many rows are looked at first: a column is not of codes if more than this part is distinct.
_GLANCE, _MOST_DISTINCT = 2000, 0.95
# The part of the rows whose values count as neighbours of a value, and from which on a value is
# so frequent that it has none.
_NEAR, _FREQUENT = 1 / 24, 0.1


class ValueMeans:
    """Numeric columns, and the means of the target among the rows of each of their values.

    Attributes
    ----------
    places : list of int
        The columns, by their places among the numeric ones.
    values : list of array of shape (n_values,)
        Their distinct numbers, in order.
    tables : list of array of shape (n_values + 2, q)
        Log-odds of the classes, or means of numbers; the last two rows are for missing and for
        unknown values.
    labels : list of str or None
        The target's, of length q; empty if no column was tried.
    """

    least_rows: ClassVar[int] = (_FEW_VALUES + 1) * _ROWS_OF_VALUE

    # Plain attributes, as files name no private class.
    def __init__(self) -> None:
        self.places: list[int] = []
        self.values: list[Floats] = []
        self.tables: list[Floats] = []
        self.labels: list[str | None] = []

    def fit(self, columns: Sequence[Source], target: Target) -> list[Source]:
        """Choose columns and learn their tables; return the features of the training rows.

        A row's are over the other folds, as those of :class:`TargetMeans`.

        Parameters
        ----------
        columns : sequence of Source
            The numeric columns.
        target : Target
        """
        self.labels = target.labels_of_features
        rows = some_rows(len(target.folds), _TRIAL_ROWS)
        some, features = target.take(rows), []
        for place, column in enumerate(columns):
            numbers = column.whole()
            if not _is_code(numbers[rows], some):
                continue
            values = _distinct(numbers)
            codes = _codes(numbers, values)
            table, sources = target.learn(
                codes, len(values) + 2, partial(_expected, target=target)
            )
            self.places.append(place)
            self.values.append(values)
            self.tables.append(table)
            features += sources
        return features

    def sources(self, columns: Sequence[Source]) -> list[Source]:
        """Return the features of other rows, of the same columns."""
        return [
            source
            for place, values, table in zip(self.places, self.values, self.tables, strict=True)
            for source in Source.of_tables(_codes(columns[place].whole(), values), [table])
        ]

    def names(self, names: Sequence[Any]) -> list[str]:
        """Return the names of the features, given those of the columns."""
        columns = [f"{names[place]}_mean" for place in self.places]
        return [*chain(*labelled(columns, self.labels))]


def _distinct(numbers: NDArray[Any]) -> Floats:
    """Return the distinct numbers but NaN, in order."""
    values = np.unique(numbers.astype(float))
    return values[: np.searchsorted(values, np.nan)]


def _codes(numbers: NDArray[Any], values: Floats) -> NDArray[np.intp]:
    """Return the places of numbers among the values; missing and unknown ones come after."""
    numbers = numbers.astype(float)
    places = np.minimum(np.searchsorted(values, numbers), len(values) - 1)
    places[values[places] != numbers] = len(values) + 1
    places[np.isnan(numbers)] = len(values)
    return places


def _is_code(numbers: NDArray[Any], target: Target) -> bool:
    """Return whether the values of a column tell what those next to them do not."""
    if len(numbers) > _GLANCE * _ROWS_OF_VALUE:
        # Of so many rows hardly any two would have the same value if all values were as rare
        # as a tenth of the rows: most columns need not be sorted.
        some = numbers[np.random.RandomState(0).randint(len(numbers), size=_GLANCE)]
        if len(np.unique(some)) > _MOST_DISTINCT * _GLANCE:
            return False
    values = _distinct(numbers)
    if not _FEW_VALUES < len(values) <= len(numbers) / _ROWS_OF_VALUE:
        return False
    sums = target.sums(_codes(numbers, values), len(values) + 2)
    return is_worth(*target.gain(sums, _expected(sums.sum(axis=0), target)))


def _expected(sums: NDArray[Any], target: Target) -> Floats:
    """Return what values are expected to have, given those around them, as of the target.

    Parameters
    ----------
    sums : array of shape (n_values + 2, s)
        Of the values in order, and of missing and unknown ones, which all rows are around.
    target : Target
    """
    pooled = sums.astype(float)
    pooled[-2:] = sums.sum(axis=0)
    n = target.n_rows(sums)[:-2]
    rare = np.flatnonzero(n <= _FREQUENT * n.sum())
    ends = np.append(0, np.cumsum(n[rare]))
    totals = np.concatenate([np.zeros((1, sums.shape[1])), np.cumsum(sums[rare], axis=0)])
    middles, reach = (ends[:-1] + ends[1:]) / 2, _NEAR * ends[-1] / 2
    begins = np.searchsorted(ends, middles - reach, side="right") - 1
    after = np.searchsorted(ends, middles + reach)
    pooled[rare] = totals[np.minimum(after, len(rare))] - totals[np.maximum(begins, 0)]
    return target.expected(pooled)
