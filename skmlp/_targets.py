"""Numbers to be predicted: from what the user passes to floats, or a message why not."""

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.validation import _check_y, check_consistent_length, column_or_1d

from skmlp._explanations import naming, refuse_no_target, with_message

_FLOATS = np.float32, np.float64


def as_numbers(y: Any, X: Any, name: str) -> NDArray[Any]:
    """Return numbers (n,) or (n, t) of float32 or float64, as many rows as X has, all finite.

    Parameters
    ----------
    y : object
        As it was given.
    X : array or CSR matrix
    name : str
        Of the estimator.

    Raises
    ------
    TypeError
        y is sparse.
    ValueError
        y is None, has a missing value or what is no number, more than two dimensions, or
        another number of rows.
    """
    if _are_ready(y) and len(y) == X.shape[0]:
        return y
    refuse_no_target(y, name)
    if sparse.issparse(y):
        raise TypeError(
            f"Sparse data was passed for y: {name} takes an array. Pass y.toarray()."
        )
    with naming("y"):
        _refuse_what_is_no_number(y, name)
        numbers = _converted(y, name)
        check_consistent_length(X, numbers)
    if numbers.ndim > 2 or 0 in numbers.shape:
        raise ValueError(
            "y must have one dimension, or two with a column for each output; got the shape "
            f"{numbers.shape}."
        )
    return numbers


@np.errstate(all="ignore")
def _are_ready(y: Any) -> bool:
    """Return whether y is an array of finite floats, that scikit-learn's checks leave as it is.

    They take longer to find that than a small network takes for an epoch.
    """
    return (
        type(y) is np.ndarray
        and y.dtype.type in _FLOATS
        and y.dtype.isnative
        and (y.ndim == 1 or (y.ndim == 2 and y.shape[1] > 1))
        and y.size > 0
        # Their sum is finite where all are, unless it overflows: then they are looked at again.
        and math.isfinite(y.sum())
    )


def _converted(y: Any, name: str) -> NDArray[Any]:
    try:
        numbers = _check_y(y, multi_output=True, y_numeric=True, estimator=name)
        if numbers.ndim == 2 and numbers.shape[1] == 1:
            numbers = column_or_1d(numbers, warn=True)
        if numbers.dtype not in _FLOATS:
            # Again, as an integer or a longdouble may be no float64.
            numbers = _check_y(numbers.astype(np.float64), multi_output=True, estimator=name)
    except (OverflowError, TypeError, ValueError) as error:
        words = str(error).partition("\n")[0]
        if not re.search(
            "could not convert|must be a string or a real|setting an array", words
        ):
            raise
        raise with_message(error, f"y is invalid: {words}.{_on_labels(name)}") from error
    native: NDArray[Any] = numbers.astype(numbers.dtype.newbyteorder("="), copy=False)
    return native


def _on_labels(name: str) -> str:
    return (
        f" {name} predicts numbers. For labels there are MLPBinaryClassifier, "
        "MLPMulticlassClassifier and MLPMultilabelClassifier."
    )


def _refuse_what_is_no_number(y: Any, name: str) -> None:
    """Raise ValueError for text, even of digits, which scikit-learn converts, and for dates."""
    try:
        kind = np.asarray(y).dtype.kind
    except ValueError:  # raised by rows of different lengths, and explained later
        return
    if kind in "mM":
        raise ValueError(
            f"y has dates or durations: {name} predicts numbers. Convert them to the unit that "
            "predictions are to have."
        )
    values = np.asarray(y).ravel() if kind == "O" else ()
    if kind in "SU" or any(isinstance(value, str | bytes) for value in values):
        raise ValueError(f"y has text.{_on_labels(name)}")


def check_fits(numbers: NDArray[Any], dtype: Any) -> None:
    """Raise ValueError if numbers are too large for the dtype of X."""
    largest = np.abs(numbers).max(initial=0.0)
    if not largest <= np.finfo(dtype).max:
        raise ValueError(
            f"y contains numbers too large for {np.dtype(dtype)}, which X has: up to "
            f"{largest:.3g}. Scale y, or convert X to float64."
        )
