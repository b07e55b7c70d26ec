"""Labels: from what the user passes to class codes, or a message that says why not."""

import re
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    assert_all_finite,
    check_array,
    check_consistent_length,
    column_or_1d,
)

from skmlp._explanations import (
    advice_on_indicators,
    advice_on_labels,
    advice_on_targets,
    is_missing,
    naming,
    refuse_no_target,
    with_message,
)


def check_none_missing(y: Any, name: str = "y") -> None:
    """Raise ValueError where labels are missing that no array will show.

    That is of pandas, whose NA NumPy cannot compare, and in a list with strings, of which NumPy
    makes strings only.
    """
    if hasattr(y, "isna"):
        _refuse_missing(np.asarray(y.isna()), name)
    elif isinstance(y, list | tuple):
        floats = float, np.floating
        _refuse_missing(
            np.array([isinstance(value, floats) and value != value for value in y]), name
        )


def check_no_date_missing(y: Any, name: str = "y") -> None:
    """Raise ValueError where an array of labels has None, NaN or NaT."""
    if y.dtype.kind == "O":
        _refuse_missing(np.array([is_missing(value) for value in y.ravel()]), name)
    elif y.dtype.kind in "fmM":  # of dates NumPy takes NaT for a label
        _refuse_missing(y != y, name)


def _refuse_missing(missing: NDArray[np.bool_], name: str) -> None:
    if missing.any():
        rows = np.flatnonzero(missing.reshape(len(missing), -1).any(axis=1))
        raise ValueError(
            f"Input {name} contains NaN: {name} contains missing values, {rows.size} of "
            f"{len(missing)} labels, the first at position {rows[0]}. Leave them out, or give "
            "them a label of their own."
        )


def as_labels(y: Any, X: Any, name: str) -> NDArray[Any]:
    """Return labels in one dimension, as many as rows of X and none missing.

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
        y is None, has a missing label, several labels a row, or another number of rows.
    """
    refuse_no_target(y, name)
    try:
        return as_vector(y, X, warn=True)
    except (TypeError, ValueError) as error:
        if not re.search("1d array|Sparse data|inhomogeneous", str(error)):
            raise
        raise with_message(error, f"{error}{advice_on_labels(y, name)}") from error


def as_vector(y: Any, X: Any, *, warn: bool = False) -> NDArray[Any]:
    """Return labels in one dimension; `warn` if they are a column of a matrix.

    Raises
    ------
    TypeError, ValueError
        As of :func:`as_labels`, without advice.
    """
    if _are_codes(y) and len(y) == (X.shape[0] if hasattr(X, "shape") else len(X)):
        return y
    with naming("y"):
        check_none_missing(y)
        labels = column_or_1d(y, warn=warn)
        check_consistent_length(X, labels)
        check_no_date_missing(labels)
        assert_all_finite(labels, input_name="y")
    return labels


def _are_codes(y: Any) -> bool:
    """Return whether y is an array of integers or booleans, of which none can be missing.

    scikit-learn's checks take longer to find that than a small network takes for an epoch.
    """
    return type(y) is np.ndarray and y.ndim == 1 and y.dtype.kind in "iub"


def has_columns(y: Any) -> bool:
    """Return whether y is a matrix of more than one column, or of none."""
    if sparse.issparse(y):
        return bool(y.ndim == 2 and y.shape[1] != 1)
    try:
        shape = y.shape if hasattr(y, "shape") else np.asarray(y).shape
    except ValueError:  # raised by rows of different lengths
        return False
    return len(shape) == 2 and shape[1] != 1


def as_indicators(y: Any, X: Any, name: str) -> Any:
    """Return a matrix (n, q) of 0 and 1, with a column for each label; a CSR one of a sparse y.

    Parameters
    ----------
    y : {array-like, sparse matrix}
        As it was given.
    X : array or CSR matrix
    name : str
        Of the estimator.

    Raises
    ------
    ValueError
        It has missing values, or others than 0 and 1, no columns, or another number of rows.
    """
    with naming("y"):
        if not sparse.issparse(y):
            check_none_missing(y)
            check_no_date_missing(np.asarray(y))
        matrix = check_array(
            y, accept_sparse="csr", dtype=None, input_name="y", ensure_all_finite=True
        )
        check_consistent_length(X, matrix)
    values = matrix.data if sparse.issparse(matrix) else matrix
    if values.dtype.kind == "O":
        with suppress(OverflowError, TypeError, ValueError):  # it is refused below
            values = matrix = values.astype(float)
    if values.dtype.kind not in "biuf" or not ((values == 0) | (values == 1)).all():
        raise ValueError(f"y must be a matrix of 0 and 1.{advice_on_indicators(y, name)}")
    return matrix.astype(np.int8)


def check_targets(y: NDArray[Any], name: str) -> None:
    """Raise ValueError where labels are of no type that there are classes of.

    Parameters
    ----------
    y : array of shape (n,)
    name : str
        Of the estimator.
    """
    # Any integers are classes; where many differ, scikit-learn warns of them.
    if _are_codes(y) and int(y.max()) - int(y.min()) < y.size // 2:
        return
    with naming("y"):
        try:
            check_classification_targets(y)
        except ValueError as error:
            words = str(error).partition(". ")[0]
            raise ValueError(f"y is invalid: {words}.{advice_on_targets(y, name)}") from error


def check_given_classes(classes: Any) -> None:
    """Raise ValueError where the classes that partial_fit is given are no list of labels."""
    shape = np.shape(classes)
    if len(shape) > 1 and shape != (shape[0], 1):
        raise ValueError(f"classes must have one dimension; got the shape {shape}.")
    check_none_missing(classes, "classes")
    check_no_date_missing(np.asarray(classes), "classes")


def encode_labels(y: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.intp]:
    """Return the position of each label in the sorted `classes`.

    Raises
    ------
    ValueError
        `y` has labels that are not in `classes`.
    """
    with naming("y"):
        unknown = np.setdiff1d(y, classes)
    if unknown.size:
        raise ValueError(
            f"`y` has classes not in `self.classes_`. `self.classes_` has {classes}. "
            f"'y' has {unknown}."
        )
    return np.searchsorted(classes, y)
