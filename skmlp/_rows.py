"""The rows of a call: X and y as the user gives them, checked and converted."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import validate_data

from skmlp._data import (
    FLOATS,
    TrainingData,
    allowed_dtypes,
    are_names,
    as_matrix,
    as_native,
    check_convertible,
    check_no_dates,
    naming_rows,
)
from skmlp._explanations import explained
from skmlp._outputs.base import Output
from skmlp._weights import check_weights

_DTYPES = frozenset(map(np.dtype, FLOATS))


class Sample(NamedTuple):
    """Rows that were checked, in the two forms that training needs.

    Attributes
    ----------
    X : array or CSR matrix of shape (n, d)
        For scorers, which take rows of what estimators take.
    data : TrainingData
        For kernels: the same numbers, not copied, with targets and weights.
    """

    X: Any
    data: TrainingData


def check_training_rows(
    estimator: Any, X: Any, y: Any, dtype: Any = None
) -> tuple[Any, NDArray[Any]]:
    """Return X, a C-ordered array or CSR matrix, and y, an array.

    Parameters
    ----------
    estimator : BaseMLP
    X, y : object
        As they were given.
    dtype : dtype, default=None
        That of the network which training resumes; None means that X is for a new one, whose
        number of features it sets.

    Raises
    ------
    TypeError, ValueError
        X or y is invalid.
    """
    is_new = dtype is None
    return _check_rows(estimator, X, y, allowed_dtypes(X) if is_new else dtype, reset=is_new)


def check_validation_rows(
    estimator: Any, X_val: Any, y_val: Any, sample_weight_val: Any, output: Output, dtype: Any
) -> Sample:
    """Return the rows that fit was given for early stopping.

    Raises
    ------
    ValueError
        They are invalid, or have a label that training does not.
    """
    try:
        X, y = _check_rows(estimator, X_val, y_val, dtype, reset=False, watched=True)
        targets, weights = output.encode(y, dtype), check_weights(sample_weight_val, X)
        return Sample(X, TrainingData(as_matrix(X, dtype), targets, weights))
    except (TypeError, ValueError) as error:
        message = f"The validation rows (X_val, y_val, sample_weight_val): {error}"
        raise ValueError(message) from error


def _check_rows(
    estimator: Any, X: Any, y: Any, dtype: Any, *, reset: bool, watched: bool = False
) -> tuple[Any, NDArray[Any]]:
    wanted = dtype[0] if isinstance(dtype, tuple) else dtype
    with explaining(estimator, X, wanted, watched=watched):
        rows = convert_rows(estimator, X, dtype, reset=reset)
    return rows, estimator._output_class.check_y(y, rows, type(estimator).__name__)


@contextmanager
def explaining(estimator: Any, X: Any, dtype: Any, *, watched: bool = False) -> Iterator[None]:
    """Raise what is said of values in X with their columns, and what to do.

    Parameters
    ----------
    estimator : BaseMLP
    X : object
        As it was given.
    dtype : dtype
        What X is to become.
    watched : bool, default=False
        Whether it is X_val.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        explanation = explained(error, X, type(estimator).__name__, dtype, watched=watched)
        if explanation is error:
            raise
        raise explanation from error


def convert_rows(
    estimator: Any, X: Any, dtype: Any, *, reset: bool, ensure_all_finite: bool = True
) -> Any:
    """Return X as a C-ordered array or a CSR matrix, in the machine's order of bytes.

    Parameters
    ----------
    estimator : BaseMLP
    X : object
        As it was given.
    dtype : dtype or tuple of dtype
        Those that X may keep; the first is what others become.
    reset : bool
        Whether X sets the estimator's number of features, and their names.
    ensure_all_finite : bool, default=True

    Raises
    ------
    TypeError, ValueError
        X is invalid.
    """
    array, names = (X, None) if reset else _without_names(X)
    if _is_ready(array, dtype, ensure_all_finite) and _fits(
        estimator, array, names, reset=reset
    ):
        return array
    # First what scikit-learn and scipy accept silently, or write out of bounds for.
    check_convertible(X, dtype)
    check_no_dates(X)
    with naming_rows():  # infinity is refused there
        X = validate_data(
            estimator,
            X,
            accept_sparse="csr",
            dtype=dtype,
            order="C",
            reset=reset,
            ensure_all_finite=ensure_all_finite,
        )
    return as_native(X)


def _is_ready(X: Any, dtype: Any, ensure_all_finite: bool) -> bool:
    """Return whether X is an array that `convert_rows` would find valid, and leave as it is.

    scikit-learn's checks take longer to find that than a small network takes for a row. All
    else is for them, and what they refuse or warn of.
    """
    return (
        type(X) is np.ndarray
        and X.ndim == 2
        and X.size > 0
        and X.dtype.type in (dtype if isinstance(dtype, tuple) else (np.dtype(dtype).type,))
        and X.dtype.isnative
        and X.flags.c_contiguous
        # Their sum is finite where all are, unless it overflows: then it is looked at again.
        and not (ensure_all_finite and not math.isfinite(X.sum()))
    )


def _without_names(X: Any) -> tuple[Any, list[Any] | None]:
    """Return a DataFrame of pandas as an array and names, if all columns are of one dtype.

    That is of one which networks have; anything else is returned as it is.
    """
    if not (hasattr(X, "iloc") and hasattr(X, "columns") and hasattr(X, "to_numpy")):
        return X, None
    dtypes = set(X.dtypes)
    if len(dtypes) != 1 or dtypes.isdisjoint(_DTYPES):
        return X, None
    return np.ascontiguousarray(X.to_numpy()), list(X.columns)


def _fits(estimator: Any, X: NDArray[Any], names: list[Any] | None, *, reset: bool) -> bool:
    """Return whether an array is for the estimator, of features with these names or without.

    With `reset` it is, and sets the number of features, unless there are names to be removed.
    """
    known = getattr(estimator, "feature_names_in_", None)
    if not (known is None if names is None else are_names(names, known)):
        return False
    if reset:
        estimator.n_features_in_ = X.shape[1]
    return getattr(estimator, "n_features_in_", None) == X.shape[1]
