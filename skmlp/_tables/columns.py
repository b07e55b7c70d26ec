"""Columns of a table: their elements, missing values and kind, whatever the library."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from numbers import Complex, Real
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from skmlp._explanations import is_missing

Floats = NDArray[np.float64]

# The kind of a column's elements: a string, as any file format can store.
Kind = Literal["number", "date", "time", "duration", "category", "nothing"]

NUMERIC = ("number", "date", "time", "duration")

# Names of categorical dtypes of pandas (the first) and polars, which need not be installed.
_CATEGORICAL = ("CategoricalDtype", "Categorical", "Enum")


def _kind_of_type(kind: type) -> Kind:
    """Return the kind of the elements of a type."""
    if issubclass(kind, bool | np.bool_):
        return "category"
    if issubclass(kind, date | np.datetime64) or _is_period(kind):
        return "date"
    if issubclass(kind, timedelta | np.timedelta64):  # which NumPy registers as an integer
        return "duration"
    if issubclass(kind, time):
        return "time"
    return "number" if issubclass(kind, Real | Decimal) else "category"


def _is_period(kind: type) -> bool:
    """Return whether elements are pandas' Periods, without an import of pandas."""
    return hasattr(kind, "start_time") and hasattr(kind, "ordinal")


def _is_complex(kind: type) -> bool:
    return issubclass(kind, Complex) and not issubclass(kind, Real)


def as_frame(X: Any) -> Any:
    """Return a table of pyarrow as a DataFrame of pandas; anything else as it is.

    Raises
    ------
    TypeError
        pandas is not installed.
    """
    if not (hasattr(X, "column_names") and hasattr(X, "to_pandas")):
        return X
    try:
        return X.to_pandas()
    except ImportError as error:
        raise TypeError(
            f"X is a {type(X).__name__} of pyarrow, and pandas, which reads it, is not "
            "installed. Install pandas, or pass polars.from_arrow(X)."
        ) from error


class Column:
    """A column of a table.

    Parameters
    ----------
    given : array or column of a DataFrame, of shape (n,)
    name : object, default=None
        Its name in the table.

    Attributes
    ----------
    name : object
    is_categorical : bool
        Whether its dtype is categorical, in pandas or polars.

    Raises
    ------
    ValueError
        It has several values in a row, or complex numbers.
    """

    def __init__(self, given: Any, name: Any = None) -> None:
        self.name = name
        self.is_categorical = type(getattr(given, "dtype", None)).__name__ in _CATEGORICAL
        # pandas' categories in use, and the code of each row; -1 is missing.
        self._coded: tuple[list[Any], NDArray[np.intp]] | None = None
        if hasattr(given, "cat") and hasattr(given.cat, "categories"):
            codes = np.asarray(given.cat.codes, dtype=np.intp)
            used = np.bincount(codes + 1, minlength=len(given.cat.categories) + 1)[1:] > 0
            new_codes = np.append(np.cumsum(used) - 1, -1)
            elements = list(given.cat.categories)
            self._coded = [elements[k] for k in np.flatnonzero(used)], new_codes[codes]
            self._values = _objects(self._coded[0])
        else:
            self._values = np.asarray(given)
        if self._values.ndim != 1:
            raise ValueError(
                f"A column of X, {name!r}, must have one value for each row; got an array of "
                f"shape {self._values.shape}."
            )
        if any(map(_is_complex, self._types)):
            raise ValueError(
                f"Complex data not supported: column {name!r} of X has complex numbers. Give "
                "their real and imaginary parts as columns."
            )

    @cached_property
    def _missing(self) -> NDArray[np.bool_]:
        """Which of `_values` are missing."""
        if self._values.dtype.kind == "O":
            return np.fromiter(map(is_missing, self._values), bool, len(self._values))
        if self._values.dtype.kind in "fc":
            return np.isnan(self._values)
        if self._values.dtype.kind in "mM":
            return np.isnat(self._values)
        return np.zeros(len(self._values), bool)

    @cached_property
    def _types(self) -> set[type]:
        """The types of the elements that are there."""
        if self._values.dtype.kind == "O":
            return set(map(type, self._values[~self._missing]))
        return {self._values.dtype.type} if not self._missing.all() else set()

    def __len__(self) -> int:
        return len(self._values if self._coded is None else self._coded[1])

    @cached_property
    def kind(self) -> Kind:
        """The kind of the elements; "nothing" if all are missing, whatever the dtype."""
        if not self._types:
            return "nothing"
        kinds = set(map(_kind_of_type, self._types))
        return kinds.pop() if len(kinds) == 1 and not self.is_categorical else "category"

    def fits(self, kind: Kind) -> bool:
        """Return whether all values are of a kind, whatever the dtype; booleans are numbers."""
        types = self._types
        if kind == "number":
            types = {of for of in types if not issubclass(of, bool | np.bool_)}
        return all(_kind_of_type(of) == kind for of in types)

    def numbers(self) -> Floats:
        """Return numbers (n,), in seconds for dates, times and durations; NaN is missing.

        Raises
        ------
        ValueError
            A number is too large.
        """
        try:
            result = _as_numbers(self._values, self._missing)
        except (ArithmeticError, ValueError) as error:  # pandas raises ValueError for dates
            raise ValueError(
                f"Column {self.name!r} of X contains a value too large: {error}."
            ) from error
        return result if self._coded is None else np.append(result, np.nan)[self._coded[1]]

    @cached_property
    def factorized(self) -> tuple[list[Any], NDArray[np.intp]]:
        """The distinct elements, and the code of each row among them; -1 is missing."""
        if self._coded is not None:
            return self._coded
        if self._values.dtype.kind in "biufmMSU":
            codes, there = np.full(len(self._values), -1), ~self._missing
            distinct, codes[there] = np.unique(self._values[there], return_inverse=True)
            return list(distinct), codes
        return _factorize(self._values, self._missing)


def _objects(elements: Iterable[Any]) -> NDArray[np.object_]:
    """Return a vector of objects, sequences among them included."""
    return np.fromiter(elements, dtype=object)


def _factorize(
    values: NDArray[np.object_], missing: NDArray[np.bool_]
) -> tuple[list[Any], NDArray[np.intp]]:
    """Return the distinct elements, in order of appearance, and the code of each row."""
    code_of: dict[Any, int] = {}
    distinct: list[Any] = []
    codes = np.full(len(values), -1)
    for i in np.flatnonzero(~missing):
        value = values[i]
        key: Any = (type(value), value)  # since True equals 1
        try:
            code = code_of.setdefault(key, len(distinct))
        except TypeError:  # it has no hash
            code = code_of.setdefault((type(value), str(value)), len(distinct))
        if code == len(distinct):
            distinct.append(value)
        codes[i] = code
    return distinct, codes


def _as_numbers(values: NDArray[Any], missing: NDArray[np.bool_]) -> Floats:
    """Return numbers, or seconds; NaN is missing.

    Raises
    ------
    OverflowError
        A number is too large.
    """
    if missing.all():
        return np.full(len(values), np.nan)
    if values.dtype.kind in "mM":
        return _seconds(values)
    if values.dtype.kind == "O":
        numbers = [
            np.nan if is_missing else _as_number(value)
            for value, is_missing in zip(values, missing, strict=True)
        ]
        return np.array(numbers, dtype=float)
    return values.astype(float)


# NumPy's units in which a value may have more seconds than int64 can hold.
_COARSE_UNITS = ("Y", "M", "W", "D", "h", "m")


def _seconds(values: NDArray[Any]) -> Floats:
    """Return dates or durations of any unit in seconds, NaT as NaN.

    Whole seconds and the fraction are converted separately, so that rounding comes last.
    """
    missing = np.isnat(values)
    whole = values.astype(f"{values.dtype.kind}8[s]")
    is_coarse = np.datetime_data(values.dtype)[0] in _COARSE_UNITS
    if is_coarse and ((whole.astype(values.dtype) != values) & ~missing).any():
        raise OverflowError("its seconds are more than an integer of 64 bits")
    rest = (values - whole) / np.timedelta64(1, "s")
    return np.where(missing, np.nan, whole.astype(np.int64) + rest)


def _as_number(value: Any) -> float:
    """Return a number, or seconds; a date without a time zone is taken as UTC."""
    if isinstance(value, np.datetime64 | np.timedelta64):
        return float(_seconds(np.array([value]))[0])
    if _is_period(type(value)):
        value = value.start_time
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, time):  # since midnight
        value = datetime.combine(date(1970, 1, 1), value.replace(tzinfo=UTC))
    if not isinstance(value, date):
        return float(value)
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    elif value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    nanoseconds = getattr(value, "nanosecond", 0)  # pandas' timestamp() leaves them out
    return float(value.timestamp()) + 1e-9 * nanoseconds
