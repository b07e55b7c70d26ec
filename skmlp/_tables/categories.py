"""Categorical columns: categories compared by value, and their target encoding."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmlp._tables.columns import Column, Floats, Source
from skmlp._tables.targets import Target, labelled

# Floats below it have no exponent as strings.
_LARGEST_WRITTEN = 1e15
_TRUTHS = {False: ("False", "false", "FALSE"), True: ("True", "true", "TRUE")}
_TRUTH_OF = {word: truth for truth, words in _TRUTHS.items() for word in words}
# An integer as Python writes an int or a float. Leading zeros are those of identifiers.
_WHOLE = re.compile(r"(-?(?:0|[1-9]\d{0,40}))(?:\.0)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T][\d:.]+)?")
# Parts of a time that mean nothing: trailing zeros, and midnight.
_FRACTION, _MIDNIGHT = re.compile(r"(\.\d*?)0+$"), re.compile(r" 00(:00){0,2}$")


def label_of(value: Any) -> str:
    """Return the label of a category, the same for equal numbers and dates of any type."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    if isinstance(value, np.datetime64):
        in_days = np.datetime_data(value)[0] in ("Y", "M", "W")
        return _tidy_date(str(value.astype("M8[D]") if in_days else value))
    if isinstance(value, date):
        return _tidy_date(value.isoformat())
    if _is_number(value):
        return _label_of_number(value)
    if hasattr(value, "closed_left"):  # an interval of pandas, as of cut and qcut
        left, right = "[" if value.closed_left else "(", "]" if value.closed_right else ")"
        return f"{left}{label_of(value.left)}, {label_of(value.right)}{right}"
    return str(value)


def _is_number(value: Any) -> bool:
    # NumPy registers its durations as integers.
    return isinstance(value, Real | Decimal) and not isinstance(value, np.timedelta64)


def _label_of_number(value: Any) -> str:
    number = _as_python(value)
    if -_LARGEST_WRITTEN < number < _LARGEST_WRITTEN and number == int(number):
        return str(int(number))
    return str(value.normalize() if isinstance(value, Decimal) else value)


def _as_python(value: Any) -> Any:
    """Return a number of NumPy as one of Python: float16 cannot be compared with large ones."""
    return value.item() if isinstance(value, np.generic) else value


def _tidy_date(text: str) -> str:
    """Return a date as "date time", without trailing zeros and midnight."""
    text = _FRACTION.sub(r"\1", text.replace("T", " ")).removesuffix(".")
    return _MIDNIGHT.sub("", text)


def number_of(text: str) -> float | None:
    """Return the number or truth value that a string is, or None."""
    if text in _TRUTH_OF:
        return _TRUTH_OF[text]
    if whole := _WHOLE.fullmatch(text):
        return int(whole[1])
    try:
        number = float(text)
    except ValueError:
        return None
    return number if str(number) == text else None


def spellings(value: Any) -> Iterator[str]:
    """Yield the labels that a value may have in training, the likeliest first.

    A number is the same category in columns of integers, floats, strings and truth values, and
    a date with and without midnight: a missing value in another row may change the dtype.
    """
    text = label_of(value)
    yield text
    if isinstance(value, str | date | np.datetime64) and _DATE.fullmatch(text):
        yield from _spellings_of_date(_tidy_date(text))
    number = _as_python(value) if _is_number(value) else number_of(text)
    if number is not None:
        yield from _spellings_of_number(number, text)


def _spellings_of_date(text: str) -> Iterator[str]:
    yield from (text, text.replace(" ", "T"))
    if " " not in text:
        yield from (f"{text} 00:00:00", f"{text}T00:00:00")


def _spellings_of_number(number: Any, text: str) -> Iterator[str]:
    """Yield the spellings of a number whose label is `text`."""
    words = _TRUTHS[bool(number)] if number in (0, 1) else ()
    if text in words:
        yield from words
    yield _label_of_number(number)
    with suppress(ArithmeticError, ValueError):  # infinity, and numbers too large for floats
        if number == int(number):
            yield str(int(number))
        if number == float(number):
            yield str(float(number))
    yield from words


class Coded(NamedTuple):
    """The categories of rows: the library's or our own codes, and what each code stands for.

    Attributes
    ----------
    name : object
        The column's.
    codes : array of shape (n,)
        Codes among the elements of this table; -1 is missing.
    positions : array of shape (n_elements + 1,)
        The place of each code among the categories of training; their number for an unknown
        one. The last stands for missing.
    """

    name: Any
    codes: NDArray[np.signedinteger[Any]]
    positions: NDArray[np.intp]

    def read(self, rows: slice) -> NDArray[np.intp]:
        """Return the places of some rows' categories among those of training."""
        return self.positions[self.codes[rows]]


class Categories:
    """The categories of some columns.

    Attributes
    ----------
    labels : list of list
        For each column the labels of its categories, in order, and None at the end if there
        were missing values.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self.labels: list[list[str | None]] = []
        for column in columns:
            distinct, codes = column.factorized
            names: list[str | None] = [*sorted(set(map(label_of, distinct)))]
            self.labels.append(names + [None] * bool((codes < 0).any()))

    @property
    def sizes(self) -> NDArray[np.intp]:
        """The number of categories of each column."""
        return np.array([len(labels) for labels in self.labels], dtype=np.intp)

    def code(self, j: int, value: Any) -> int:
        """Return the code of a value in column j; None is a missing value.

        The code of an unknown category is the number of categories.
        """
        return _position(value, self.labels[j])

    def coded(self, j: int, column: Column) -> Coded:
        """Return the rows of column j."""
        distinct, codes = column.factorized
        found = [_position(value, self.labels[j]) for value in (*distinct, None)]
        return Coded(column.name, codes, np.array(found, dtype=np.intp))


def _position(value: Any, labels: Sequence[Any]) -> int:
    """Return the place of a value among labels, whose number stands for an unknown one."""
    n_names = len(labels) - (labels[-1:] == [None])
    if value is None:
        return n_names
    for name in spellings(value):
        # They are in order; a dict of thousands would take longer to build than a row takes.
        place = bisect_left(labels, name, 0, n_names)
        if place < n_names and labels[place] == name:
            return place
    return len(labels)


def write_one_hot(places: NDArray[np.intp], size: int, out: NDArray[np.float32]) -> None:
    """Write ones into zeros, in the column of each row's category; none if it is unknown.

    Parameters
    ----------
    places : array of shape (m,)
    size : int
        The number of categories.
    out : array of shape (m, size)
    """
    rows = np.arange(len(places))
    is_known = places < size
    if not is_known.all():
        rows, places = rows[is_known], places[is_known]
    out[rows, places] = 1


class TargetMeans:
    """Target encoding of columns with many categories.

    A category's means are those of its rows, shrunk towards those of all rows: the frequency of
    each class but the first, or means of numbers.

    Attributes
    ----------
    tables : list of array of shape (n_categories + 1, q)
        The means of each column's categories; the last row is for unknown ones.
    labels : list of str or None
        The target's, of length q; empty if there are no columns.
    """

    def __init__(self) -> None:
        self.tables: list[Floats] = []
        self.labels: list[str | None] = []

    def fit(
        self, columns: Sequence[Coded], sizes: Sequence[int], target: Target
    ) -> list[Source]:
        """Learn the means; return those of the training rows, as of :meth:`sources`.

        A row has means over the other folds (Micci-Barreca 2001, with cross-fitting as in
        scikit-learn's TargetEncoder), so that a network does not read its label from them.

        Parameters
        ----------
        columns : sequence of Coded
        sizes : sequence of int
            The numbers of their categories.
        target : Target
        """
        self.labels = target.labels
        self.tables, parts = [], []
        for column, size in zip(columns, sizes, strict=True):
            # The last category counts nothing: unknown ones have the mean of all rows.
            sums = target.sums(column.read(slice(None)), size + 1)
            self.tables.append(target.means(sums.sum(axis=0)))
            others = np.stack([target.means(part) for part in sums.sum(axis=0) - sums])
            parts.append(self._of_other_folds(column, others, target.folds))
        return self._by_label(parts)

    def _of_other_folds(
        self, column: Coded, tables: Floats, folds: NDArray[np.signedinteger[Any]]
    ) -> tuple[NDArray[Any], Floats]:
        """Return codes of rows that tell folds apart as well, and the means of each code."""
        n_codes = len(column.positions)
        codes = folds.astype(np.min_scalar_type(-n_codes * len(tables)))
        codes *= n_codes
        codes += np.where(column.codes < 0, n_codes - 1, column.codes).astype(codes.dtype)
        means = tables[:, column.positions]
        return codes, means.reshape(len(tables) * n_codes, -1)

    def sources(self, columns: Sequence[Coded]) -> list[Source]:
        """Return the means for other rows: of all columns for the first label, and so on."""
        return self._by_label(
            [
                (column.codes, table[column.positions])
                for column, table in zip(columns, self.tables, strict=True)
            ]
        )

    def _by_label(self, parts: Sequence[tuple[NDArray[Any], Floats]]) -> list[Source]:
        return [
            Source.of_codes(codes, means[:, k])
            for k in range(len(self.labels))
            for codes, means in parts
        ]

    def names(self, names: Sequence[str]) -> list[str]:
        """Return the names of the features, given those of the columns."""
        by_column = labelled(names, self.labels)
        return [name for of_label in zip(*by_column, strict=True) for name in of_label]
