"""Categories, which are compared by value, and the means of the target that stand for many."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import KFold
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    assert_all_finite,
    check_consistent_length,
    column_or_1d,
)

from skmlp._explanations import naming
from skmlp._labels import check_no_date_missing, check_none_missing
from skmlp._tables.columns import Column, Floats

# Pseudo-count of the global mean in a category's mean, and the folds for cross-fitting.
_SMOOTHING, _N_FOLDS = 10.0, 5

# Floats below it are written without an exponent.
_LARGEST_WRITTEN = 1e15
_TRUTHS = {False: ("False", "false", "FALSE"), True: ("True", "true", "TRUE")}
_TRUTH_OF = {word: truth for truth, words in _TRUTHS.items() for word in words}
# A whole number as Python writes an int or a float; no zeros before it, which codes have.
_WHOLE = re.compile(r"(-?(?:0|[1-9]\d{0,40}))(?:\.0)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T][\d:.]+)?")
# What may stand behind the time of a date, or be all of it, without meaning anything.
_FRACTION, _MIDNIGHT = re.compile(r"(\.\d*?)0+$"), re.compile(r" 00(:00){0,2}$")


def label_of(value: Any) -> str:
    """Return what a category is called: equal numbers and dates alike, of whatever type."""
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
    if hasattr(value, "closed_left"):  # an interval of pandas', as cut and qcut make
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
    """Return a number of Python's, since no float16 can be compared with a large one."""
    return value.item() if isinstance(value, np.generic) else value


def _tidy_date(text: str) -> str:
    """Return a date with its time as "date time", without trailing zeros, midnight left out."""
    text = _FRACTION.sub(r"\1", text.replace("T", " ")).removesuffix(".")
    return _MIDNIGHT.sub("", text)


def number_of(text: str) -> float | None:
    """Return the number or truth value that was written as a text, or None."""
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
    """Yield what a value may be called among the categories of training, likeliest first.

    A number is the same category in columns of integers, floats, strings and truth values, and
    a date with and without its midnight: which of them a column is may depend on whether
    another row is missing.
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
    """Yield how a number may be written that was once written as `text`."""
    words = _TRUTHS[bool(number)] if number in (0, 1) else ()
    if text in words:
        yield from words
    yield _label_of_number(number)
    with suppress(ArithmeticError, ValueError):  # of infinity, and what is beyond floats
        if number == int(number):
            yield str(int(number))
        if number == float(number):
            yield str(float(number))
    yield from words


class Categories:
    """The categories of some columns.

    Attributes
    ----------
    labels : list of list
        For each column what its categories are called, in order, and at the end None, where
        there were missing values.
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
        """Return the position of a value, or None for a missing one, in column j.

        One that is unknown has the number of categories.
        """
        return _position(value, self._positions(j))

    def codes(self, j: int, column: Column) -> NDArray[np.intp]:
        """Return `code` (n,) of the rows of column j."""
        distinct, codes = column.factorized
        positions = self._positions(j)
        found = [_position(value, positions) for value in (*distinct, None)]
        return np.array(found, dtype=np.intp)[codes]

    def _positions(self, j: int) -> dict[str | None, int]:
        return {name: code for code, name in enumerate(self.labels[j])}


def _position(value: Any, positions: dict[str | None, int]) -> int:
    if value is None:
        return positions.get(None, len(positions))
    known = (positions[name] for name in spellings(value) if name in positions)
    return next(known, len(positions))


class TargetMeans:
    """Columns of many categories as the mean, for each class but the first, of being of it.

    Attributes
    ----------
    tables : list of array of shape (n_categories + 1, n_classes - 1)
        The means of each column's categories, and at the end that of all rows.
    classes : array of shape (n_classes,)
    """

    tables: list[Floats]
    classes: NDArray[Any]

    def fit_transform(
        self,
        codes: NDArray[np.intp],
        sizes: NDArray[np.intp],
        y: ArrayLike,
        random_state: np.random.RandomState,
    ) -> Floats:
        """Return the means (n, columns * classes) for the rows that they are learned from.

        They are taken over the rows of the other folds (Micci-Barreca 2001, with cross-fitting
        as in scikit-learn's TargetEncoder).

        Parameters
        ----------
        codes : array of shape (n, columns)
        sizes : array of shape (columns,)
        y : array-like of shape (n,)
        random_state : RandomState

        Raises
        ------
        ValueError
            y is invalid.
        """
        y = self._encode(y, len(codes))
        self.tables = [
            self._means(column, y, size) for column, size in zip(codes.T, sizes, strict=True)
        ]
        seed, n_folds = random_state.randint(2**31 - 1), min(_N_FOLDS, len(codes))
        result = np.empty((len(codes), codes.shape[1], len(self.classes) - 1))
        for rest, fold in KFold(n_folds, shuffle=True, random_state=seed).split(codes):
            for j, size in enumerate(sizes):
                table = self._means(codes[rest, j], y[rest], size)
                result[fold, j] = table[codes[fold, j]]
        return _by_class(result)

    def _encode(self, y: ArrayLike, n_rows: int) -> NDArray[np.intp]:
        """Return class codes (n,), and remember the classes."""
        with naming("y"):
            check_none_missing(y)
            labels = column_or_1d(y)
            check_consistent_length(np.empty((n_rows, 1)), labels)
            check_no_date_missing(labels)
            assert_all_finite(labels, input_name="y")
            check_classification_targets(labels)
            self.classes, codes = np.unique(labels, return_inverse=True)
        return codes

    def _means(self, codes: NDArray[np.intp], y: NDArray[np.intp], size: int) -> Floats:
        """Return the table of a column."""
        k = len(self.classes)
        counts = np.bincount(codes * k + y, minlength=(size + 1) * k).reshape(size + 1, k)
        mean = np.bincount(y, minlength=k) / len(y)
        means = (counts + _SMOOTHING * mean) / (counts.sum(axis=1, keepdims=True) + _SMOOTHING)
        return means[:, 1:]

    def transform(self, codes: NDArray[np.intp]) -> Floats:
        """Return the means for other rows."""
        means = [table[column] for table, column in zip(self.tables, codes.T, strict=True)]
        return _by_class(np.stack(means, axis=1))

    def names(self, names: Sequence[str]) -> list[str]:
        """Return the names of the columns, given those of the categories."""
        if len(self.classes) == 2:
            return list(names)
        return [f"{name}_{label}" for label in self.classes[1:] for name in names]


def _by_class(means: Floats) -> Floats:
    """Return means (n, columns, classes) as (n, classes * columns)."""
    return means.transpose(0, 2, 1).reshape(len(means), -1)
