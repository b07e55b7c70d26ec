"""Columns of a table: their elements, missing values and kind, whatever the library."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property, partial
from itertools import count
from numbers import Complex, Real
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmlp._explanations import is_missing

Floats = NDArray[np.float64]

# The kind of a column's elements: a string, as any file format can store.
Kind = Literal["number", "date", "time", "duration", "category", "nothing"]

NUMERIC = ("number", "date", "time", "duration")

# Names of dtypes of pandas (the first) and polars, which need not be installed.
_CATEGORICAL = ("CategoricalDtype", "Categorical", "Enum")
_TEXT = ("StringDtype", "String")
_TEXT_AND_MISSING = {str, float, type(None)}

# Types of objects that NumPy converts to floats at once, None to NaN.
_PLAIN = {int, float, np.int32, np.int64, np.float32, np.float64, type(None)}
# Names of types whose one instance is a missing value.
_NOTHING = ("NoneType", "NAType", "NaTType")

# For so many rows Python's dict codes strings in less time than pandas begins to.
_FEW_ROWS = 64

# Rows that are converted at a time.
BLOCK = 4080  # features of so many rows lie at odd multiples of 64 bytes, for the cache's sake


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
        return X.to_pandas(split_blocks=True)  # without copies where there are none needed
    except ImportError as error:
        raise TypeError(
            f"X is a {type(X).__name__} of pyarrow, and pandas, which reads it, is not "
            "installed. Install pandas, or pass polars.from_arrow(X)."
        ) from error


class Factorized(NamedTuple):
    """The distinct elements of a column, and the code of each row among them; -1 is missing."""

    distinct: list[Any]
    codes: NDArray[np.signedinteger[Any]]


class Source:
    """The numbers of a column, of which only a block of rows at a time need be float64.

    Parameters
    ----------
    name : object
        The column's.
    values : array of shape (n,)
    convert : callable, default=None
        Returns the floats of some values. By default they are numbers.
    """

    def __init__(
        self,
        name: Any,
        values: NDArray[Any],
        convert: Callable[[NDArray[Any]], Floats] | None = None,
    ) -> None:
        self.name = name
        self._values = values
        self._convert = convert

    @classmethod
    def of_codes(cls, codes: NDArray[Any], numbers: Floats) -> "Source":
        """Return the numbers (n_codes,) that codes (n,) stand for."""
        return cls(None, codes, np.ascontiguousarray(numbers).take)

    @classmethod
    def of_tables(cls, codes: NDArray[Any], tables: Sequence[Floats]) -> list["Source"]:
        """Return the columns of tables, one below the other, at the codes of rows."""
        table = np.concatenate(tables)
        codes = codes.astype(np.min_scalar_type(len(table)))
        return [cls.of_codes(codes, column) for column in table.T]

    def read(self, rows: slice) -> NDArray[Any]:
        """Return the numbers of some rows; NaN is missing."""
        values = self._values[rows]
        return values if self._convert is None else self._convert(values)

    def whole(self) -> NDArray[Any]:
        """Return the numbers of all rows, of a dtype that sorts as they do."""
        if self._convert is None:
            return self._values
        result = np.empty(len(self._values))
        for rows in blocks(len(result)):
            result[rows] = self.read(rows)
        return result


def blocks(n_rows: int, size: int = BLOCK) -> Iterator[slice]:
    """Yield slices of rows, of at most `size` each."""
    return (slice(start, min(start + size, n_rows)) for start in range(0, n_rows, size))


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
        self.is_categorical = _name_of_dtype(given) in _CATEGORICAL
        # Strings and categories, and objects but for plain numbers, are but codes of elements.
        self._coded = _coded_by_library(given)
        if self._coded is None:
            self._zoned = given if hasattr(getattr(given, "dtype", None), "tz") else None
            self._values = _as_array(given if self._zoned is None else _in_utc(given))
            if self._values.ndim != 1:
                raise ValueError(
                    f"A column of X, {name!r}, must have one value for each row; got an array "
                    f"of shape {self._values.shape}."
                )
            if not _is_plain(self._values):
                self._coded = _factorize(self._values)
        if any(map(_is_complex, self._types)):
            raise ValueError(
                f"Complex data not supported: column {name!r} of X has complex numbers. Give "
                "their real and imaginary parts as columns."
            )

    @cached_property
    def _types(self) -> set[type]:
        """The types of the elements that are there."""
        if self._coded is not None:
            return set(map(type, self._coded.distinct))
        if self._is_nothing:
            return set()
        if self._values.dtype.kind == "O":
            return set(map(type, self._values)) - {type(None)}
        return {self._values.dtype.type}

    @property
    def _is_nothing(self) -> bool:
        """Whether all values are missing, of a column that is not of codes."""
        if self._values.dtype.kind == "O":
            return all(map(is_missing, self._values))
        is_first = _missing(self._values[:1]).all()  # which tells of most columns
        return bool(is_first and _missing(self._values).all())

    def __len__(self) -> int:
        return len(self._values if self._coded is None else self._coded.codes)

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

    def numbers(self) -> Source:
        """Return the numbers, in seconds for dates, times and durations; NaN is missing.

        Raises
        ------
        ValueError
            A number is too large.
        """
        try:
            if self._coded is not None:
                elements = [*map(_as_number, self._coded.distinct), np.nan]
                return Source(
                    self.name, self._coded.codes, np.array(elements, dtype=float).take
                )
            return _source(self.name, self._values)
        except (ArithmeticError, ValueError) as error:  # pandas raises ValueError for dates
            raise ValueError(
                f"Column {self.name!r} of X contains a value too large: {error}."
            ) from error

    @cached_property
    def factorized(self) -> Factorized:
        """The distinct elements, and the code of each row among them; -1 is missing."""
        if self._coded is not None:
            return self._coded
        values = self._values if self._zoned is None else np.asarray(self._zoned)
        if values.dtype.kind == "O":
            return _factorize(values)
        missing = _missing(values)
        distinct, found = np.unique(values[~missing], return_inverse=True)
        codes = np.full(len(values), -1, _code_type(len(distinct)))
        codes[~missing] = found
        return Factorized(list(distinct), codes)


def _in_utc(dates: Any) -> Any:
    """Return dates of pandas without the time zone, which NumPy's have not."""
    return dates.dt.tz_convert(None)


def _has_numpy_dtype(given: Any) -> bool:
    return isinstance(getattr(given, "dtype", None), np.dtype)


def _as_array(given: Any) -> NDArray[Any]:
    """Return the elements as NumPy has them."""
    if _has_numpy_dtype(given) and hasattr(given, "to_numpy"):
        # NumPy would first ask a column of pandas for attributes that it looks up among labels.
        array: NDArray[Any] = given.to_numpy()
        return array
    return np.asarray(given)


def _name_of_dtype(given: Any) -> str:
    return type(getattr(given, "dtype", None)).__name__


def _missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which values of an array that has no objects are missing."""
    if values.dtype.kind in "fc":
        return np.isnan(values)
    if values.dtype.kind in "mM":
        return np.isnat(values)
    return np.zeros(len(values), bool)


def _is_plain(values: NDArray[Any]) -> bool:
    """Return whether an array is of numbers, dates or durations, or of plain objects."""
    if values.dtype.kind == "O":
        return _PLAIN.issuperset(map(type, values))
    return values.dtype.kind in "biufcmM"


def _code_type(n_codes: int) -> np.dtype[np.signedinteger[Any]]:
    """Return the smallest integers that hold so many codes, and -1."""
    return np.min_scalar_type(-n_codes - 1)


def _coded_by_library(given: Any) -> Factorized | None:
    """Return strings and categories as pandas or polars code them; None for other columns."""
    if _has_numpy_dtype(given) and given.dtype.kind != "O":  # as most columns, and soon told
        return None
    is_text = _is_text(given)
    if not is_text and hasattr(given, "cat") and hasattr(given.cat, "categories"):
        return _in_use(given.cat.categories, np.asarray(given.cat.codes))
    if is_text and hasattr(given, "factorize"):
        if len(given) <= _FEW_ROWS:
            return _factorize(given.to_numpy(dtype=object))
        codes, distinct = given.factorize()
        return Factorized(list(distinct), codes.astype(_code_type(len(distinct))))
    is_category = _name_of_dtype(given) in _CATEGORICAL
    if (is_text or is_category) and hasattr(given, "replace_strict"):
        distinct = given.drop_nulls().unique(maintain_order=True)
        if not len(distinct):
            return Factorized([], np.full(len(given), -1, np.int8))
        codes = given.replace_strict(distinct, range(len(distinct)), default=-1).to_numpy()
        return Factorized(list(distinct), codes.astype(_code_type(len(distinct))))
    return None


def _is_text(given: Any) -> bool:
    """Return whether a column of pandas or polars has strings, and else missing values at most.

    Floats among objects may be numbers: they are told apart from strings all the same.
    """
    name = _name_of_dtype(given)
    if name == "ArrowDtype":
        return bool(given.dtype.kind == "U")
    if hasattr(given, "factorize") and given.dtype == object:
        types = set(map(type, np.asarray(given)))
        return str in types and types <= _TEXT_AND_MISSING
    return name in _TEXT


def _in_use(categories: Iterable[Any], codes: NDArray[Any]) -> Factorized:
    """Return the categories that rows have, and codes among them."""
    elements = list(categories)
    is_used = np.zeros(len(elements) + 1, bool)
    is_used[codes] = True  # the last one for -1
    if is_used[:-1].all():
        return Factorized(elements, codes)
    new_codes = np.append(np.cumsum(is_used[:-1]) - 1, -1).astype(codes.dtype)
    return Factorized([elements[k] for k in np.flatnonzero(is_used[:-1])], new_codes[codes])


def _factorize(values: NDArray[Any]) -> Factorized:
    """Return the distinct objects, in order of appearance, and the code of each row."""
    rows = values.tolist()
    keys = partial(_keys, rows)
    try:
        elements = dict(zip(keys(), rows, strict=True))
    except TypeError:  # one has no hash
        keys = partial(map, _hashable, rows)
        elements = dict(zip(keys(), rows, strict=True))
    numbers = count()
    code_of = {
        key: -1 if is_missing(value) else next(numbers) for key, value in elements.items()
    }
    distinct = [value for key, value in elements.items() if code_of[key] >= 0]
    codes = map(code_of.__getitem__, keys())
    return Factorized(distinct, np.fromiter(codes, _code_type(len(distinct)), len(rows)))


def _keys(rows: list[Any]) -> Iterable[Hashable]:
    """Return what tells elements apart: with their types, where equal ones may differ."""
    types = set(map(type, rows))
    some = {of for of in types if of.__name__ not in _NOTHING}
    if len(some) < 2 or some == {str, float}:  # no number equals a string, but True equals 1
        return rows
    return zip(map(type, rows), rows, strict=True)


def _hashable(value: Any) -> Hashable:
    try:
        hash(value)
    except TypeError:
        return type(value), str(value)
    return type(value), value


# NumPy's units in which a value may have more seconds than int64 can hold.
_COARSE_UNITS = ("Y", "M", "W", "D", "h", "m")


def _source(name: Any, values: NDArray[Any]) -> Source:
    """Return the numbers of an array, in seconds for dates and durations.

    Raises
    ------
    OverflowError
        A number is too large.
    """
    kind, size = values.dtype.kind, values.dtype.itemsize
    if kind in "mM":
        # In coarse units some may have too many seconds, which is found out now.
        is_coarse = np.datetime_data(values.dtype)[0] in _COARSE_UNITS
        return Source(name, _seconds(values)) if is_coarse else Source(name, values, _seconds)
    if kind in "biu" or (kind == "f" and size <= np.dtype(float).itemsize):
        return Source(name, values)
    return Source(name, values.astype(float))


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
