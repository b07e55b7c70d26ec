"""Explanations of refused input: which columns, which labels, and what to do.

They look at the input again after it was refused, so that valid input does not pay for them;
only the search for missing labels comes before.
"""

import re
import reprlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

# Columns that a message names, and characters that it quotes of another error.
_FEW, _LONGEST = 3, 300
# Errors about values in X, of scikit-learn, NumPy and our own, which are then explained.
_OF_VALUES = re.compile(
    "contains NaN|contains infinity|contains a number that is too large|contains dates"
    "|could not convert string|must be a string or a real number|could not be promoted"
    "|setting an array element|Cannot cast"
)
_MISSING, _INFINITE, _STRINGS, _DATES, _TIMES, _DURATIONS = (
    "missing values",
    "infinity",
    "strings",
    "dates",
    "times",
    "durations",
)
_OBJECTS = "objects of type "
_OF_TABLES = {_MISSING, _STRINGS, _DATES, _TIMES, _DURATIONS}
_OF_WATCHED = (
    "It is taken as it is: in a Pipeline, transform_input=['X_val'] has it transformed as X is."
)


class Refused(NamedTuple):
    """What a column has that networks do not take, with an example if it helps."""

    what: str
    example: Any = None


def is_missing(value: Any) -> bool:
    """Return whether an object is None, NaN, NaT or pandas' NA."""
    try:
        return value is None or bool(value != value)
    except (TypeError, ArithmeticError):  # raised by NA and a signaling NaN
        return True
    except ValueError:  # raised by an array
        return False


def with_message(error: Exception, message: str) -> TypeError | ValueError:
    """Return an error with another message, a TypeError or a ValueError as before."""
    return TypeError(message) if isinstance(error, TypeError) else ValueError(message)


@contextmanager
def naming(argument: str) -> Iterator[None]:
    """Prefix errors with the name of an argument if they lack it."""
    try:
        yield
    except (OverflowError, TypeError, ValueError) as error:
        if mentions(error, argument):
            raise
        raise with_message(error, f"{argument} is invalid: {error}") from error


def mentions(error: Exception, argument: str) -> bool:
    return re.search(rf"\b{argument}\b", str(error)) is not None


def explained(
    error: Exception, X: Any, name: str, dtype: Any, *, watched: bool = False
) -> Exception:
    """Return the error to raise in place of one about X.

    If it is about values in X, it names their columns and a remedy.

    Parameters
    ----------
    error : Exception
        Raised by the conversion or check of X.
    X : object
        As it was given.
    name : str
        The estimator's class.
    dtype : dtype
        That to which X was to be converted.
    watched : bool
        Whether it is X_val.

    Returns
    -------
    Exception
        The error itself if it is about something else.
    """
    # scikit-learn's next lines recommend other estimators.
    words = str(error)[:_LONGEST].partition("\n")[0]
    if not _OF_VALUES.search(words):
        return error
    try:
        # Only now is each column converted alone: of a valid table all are converted at once.
        with np.errstate(all="ignore"):
            found = _in_sparse(X, dtype) if sparse.issparse(X) else _in_columns(X, dtype)
    except (ArithmeticError, TypeError, ValueError):  # raised by unusual objects
        return error
    if not found:
        return error
    if "could not be promoted" in words:
        words = "X cannot be converted to numbers"
    kinds = {refused.what for refused in found.values()}
    parts = [_part(what, found) for what in sorted(kinds)]
    counted = "" if hasattr(X, "columns") else " (counted from 0)"
    advice = _OF_WATCHED if watched else _advice(kinds, name, sparse.issparse(X))
    message = (
        f"{words.rstrip('.')}. {name} takes finite numbers alone, and X has "
        f"{'; '.join(parts)}{counted}. {advice}"
    )
    return with_message(error, message)


def _advice(kinds: set[str], name: str, is_sparse: bool) -> str:
    if is_sparse and _MISSING in kinds:
        return f"Fill in what is missing with make_pipeline(SimpleImputer(), {name}())."
    others = {what for what in kinds - _OF_TABLES if not what.startswith(_OBJECTS)}
    replace = "eave out or replace infinite and too large numbers."
    if not kinds & _OF_TABLES:
        return f"L{replace}" if others else "Make columns of numbers or strings of them."
    advice = f"make_pipeline(TabularPreprocessor(), {name}()) takes tables with such columns"
    return f"{advice}; but l{replace}" if others else f"{advice}."


def _part(what: str, found: dict[Any, Refused]) -> str:
    """Return a clause with what is refused, an example, and the columns."""
    names = [reprlib.repr(name) for name, refused in found.items() if refused.what == what]
    example = next(refused.example for refused in found.values() if refused.what == what)
    such = "" if example is None else f", such as {reprlib.repr(example)},"
    if len(names) == 1:
        return f"{what}{such} in column {names[0]}"
    *few, last = names if len(names) <= _FEW else [*names[:_FEW], f"{len(names) - _FEW} more"]
    return f"{what}{such} in columns {', '.join(few)} and {last}"


def _in_sparse(X: Any, dtype: Any) -> dict[Any, Refused]:
    """Return what is refused in a sparse X, by column.

    The arrays of a CSR matrix are only read: its indices have not been checked yet, and scipy
    would write out of bounds with wrong ones. Other formats were checked before.
    """
    columns, data = (X.indices, X.data) if X.format == "csr" else _elements(X.tocoo())
    if not columns.ndim == data.ndim == 1:
        return {}
    n_elements = min(len(columns), len(data))
    columns, data = columns[:n_elements], data[:n_elements]
    found: dict[Any, Refused] = {}
    for what, bad in (
        (_MISSING, np.isnan(data)),
        (_INFINITE, np.isinf(data)),
        (_too_large(dtype), _are_too_large(data, dtype)),
    ):
        found |= {int(j): Refused(what) for j in np.unique(columns[bad])}
    return found


def _elements(X: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the column and the value of each element of a COO matrix."""
    return X.coords[1], X.data


def _in_columns(X: Any, dtype: Any) -> dict[Any, Refused]:
    """Return what is refused in a table or an array, by name or number of the column."""
    found = ((name, _in_column(column, dtype)) for name, column in _columns(X))
    return {name: refused for name, refused in found if refused is not None}


def _columns(X: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the name, or number, of each column and the column."""
    if hasattr(X, "iloc") and hasattr(X, "columns"):  # of pandas
        yield from ((name, X.iloc[:, j]) for j, name in enumerate(X.columns))
    elif hasattr(X, "column_names"):  # of pyarrow
        yield from zip(X.column_names, X.columns, strict=True)
    elif hasattr(X, "get_columns"):  # of polars
        yield from zip(X.columns, X.get_columns(), strict=True)
    else:
        array = np.array(X, dtype=object) if isinstance(X, list | tuple) else np.asarray(X)
        if array.ndim == 2:
            yield from enumerate(array.T)


def _in_column(column: Any, dtype: Any) -> Refused | None:
    values = np.asarray(column)
    if values.dtype.kind in "mM":
        return Refused(_DATES if values.dtype.kind == "M" else _DURATIONS)
    try:
        numbers = values.astype(np.longdouble if values.dtype == np.longdouble else float)
    except (OverflowError, TypeError, ValueError):
        return _in_objects(values)
    if np.isnan(numbers).any():
        return Refused(_MISSING)
    if np.isinf(numbers).any():
        return Refused(_INFINITE)
    return Refused(_too_large(dtype)) if _are_too_large(numbers, dtype).any() else None


def _too_large(dtype: Any) -> str:
    return f"numbers too large for {np.dtype(dtype)}"


def _are_too_large(numbers: NDArray[Any], dtype: Any) -> NDArray[np.bool_]:
    return np.isfinite(numbers) & (np.abs(numbers) > np.finfo(dtype).max)


def _in_objects(values: NDArray[Any]) -> Refused | None:
    """Return what the first object that is no number is; otherwise missing values, if any."""
    refused = None
    for value in values:
        if is_missing(value):
            refused = Refused(_MISSING)
            continue
        try:
            float(value)
        except OverflowError:
            return Refused(_too_large(float))
        except (TypeError, ValueError):
            return _of_object(value)
    return refused


def _of_object(value: Any) -> Refused:
    if isinstance(value, str | bytes):
        return Refused(_STRINGS, getattr(value, "item", lambda: value)())
    if isinstance(value, date) or hasattr(value, "start_time"):  # or a Period of pandas
        return Refused(_DATES)
    if isinstance(value, timedelta | time):
        return Refused(_DURATIONS if isinstance(value, timedelta) else _TIMES)
    return Refused(f"{_OBJECTS}{type(value).__name__}")


def refuse_no_target(y: Any, name: str) -> None:
    """Raise ValueError if y is None; `name` is the estimator's."""
    if y is None:
        raise ValueError(f"{name} requires y to be passed, but the target y is None.")


def advice_on_labels(y: Any, name: str) -> str:
    """Return advice on labels that are several a row, or not one-dimensional."""
    if isinstance(y, list | tuple | np.ndarray) and has_collections(y):
        return _several_labels(name)
    if sparse.issparse(y):
        if 1 in y.shape:
            return " Pass y.toarray().ravel()."
        return f" Pass y.toarray().argmax(axis=1) if it is one-hot.{_several_labels(name)}"
    convert = "y" if isinstance(y, np.ndarray) else "np.asarray(y)"
    try:
        labels = np.asarray(y)
    except ValueError:  # raised by rows of lists of lists
        return ""
    if labels.ndim != 2:
        return ""
    if 1 in labels.shape:
        return f" Pass {convert}.ravel()."
    if labels.dtype.kind not in "biuf":
        return _one_a_column(name)
    if ((labels >= 0) & (labels <= 1)).all() and np.allclose(labels.sum(axis=1), 1):
        return (
            " Its rows add up to one, as one-hot labels and probabilities do: pass "
            f"{convert}.argmax(axis=1)."
        )
    if ((labels == 0) | (labels == 1)).all():
        return _several_labels(name)
    return _regression(name) if (labels != np.floor(labels)).any() else _one_a_column(name)


def has_collections(y: list[Any] | tuple[Any, ...] | NDArray[Any]) -> bool:
    """Return whether rows have sets of labels, or lists of different lengths."""
    rows = (list, tuple, np.ndarray)
    values = y.ravel().tolist() if isinstance(y, np.ndarray) else y
    if any(isinstance(value, set | frozenset) for value in values):
        return True
    # None stands for a value that is no list.
    lengths = {len(value) if isinstance(value, rows) else None for value in values}
    return len(lengths) > 1


def _several_labels(name: str) -> str:
    return (
        f" {name} takes one label a row. For rows with several (multilabel) there is "
        "MLPMultilabelClassifier, for an array of 0 and 1 with a column for each label "
        "(MultiLabelBinarizer makes it)."
    )


def _one_a_column(name: str) -> str:
    return (
        f" {name} takes one label a row: choose a column, or have a network for each with "
        f"sklearn.multioutput.MultiOutputClassifier({name}())."
    )


def _regression(name: str) -> str:
    return (
        f" These are numbers to be predicted, which is regression, and {name} is a classifier: "
        "take MLPRegressor, or make classes of them, such as by numpy.digitize."
    )


def advice_on_indicators(y: Any, name: str) -> str:
    """Return advice on a matrix that has others than 0 and 1."""
    values = np.asarray(y.data if sparse.issparse(y) else y)
    if values.dtype.kind == "f" and (values != np.floor(values)).any():
        return _regression(name)
    return (
        f" {name} takes a column for each label, with 1 where a row has it. "
        "MultiLabelBinarizer makes it of lists of labels; for columns of several classes, "
        "have a network for each with "
        "sklearn.multioutput.MultiOutputClassifier(MLPMulticlassClassifier())."
    )


def advice_on_targets(y: NDArray[Any], name: str) -> str:
    """Return advice on labels whose type classifiers do not take."""
    if y.dtype.kind == "f":
        return _regression(name)
    values = y.tolist()
    if has_collections(y):
        return _several_labels(name)
    if any(isinstance(value, float) and not value.is_integer() for value in values):
        return _regression(name)
    kinds = sorted({type(value).__name__ for value in values})
    return (
        f" y is an array of objects ({', '.join(kinds)}): convert them all to one type, such "
        "as with y.astype(int) or y.astype(str)."
    )
