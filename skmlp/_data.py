"""The input arrays of the kernels: C-ordered, of one floating dtype, read-only.

X itself is never copied to select, shuffle or split its rows: these are index arrays.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.validation import assert_all_finite

from skmlp._explanations import mentions, naming, with_message

# The dtypes that X keeps; other numbers become the first.
FLOATS = (np.float64, np.float32)


class Matrix(NamedTuple):
    """The input as the kernels take it: dense, or the three arrays of a CSR matrix.

    A dense one has None for the three, so that numba compiles no code for them; a CSR matrix
    has an empty `dense` of shape (0, d). All arrays are read-only views.
    """

    dense: NDArray[Any]
    data: NDArray[Any] | None
    indices: NDArray[Any] | None
    indptr: NDArray[Any] | None

    def take(self, block: slice) -> "Matrix":
        """Return consecutive rows of a CSR matrix, without a copy."""
        assert self.indptr is not None
        return self._replace(indptr=self.indptr[block.start : block.stop + 1])


class TrainingData(NamedTuple):
    """What fit was given: the input, targets (n, t) of its dtype, and weights (n,)."""

    X: Matrix
    targets: NDArray[Any]
    weights: NDArray[Any]


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return a read-only view.

    A memory map, a frozen array and an ordinary one are then of one type to numba, which would
    otherwise compile the kernels for each.
    """
    if not (array.flags.c_contiguous and array.flags.aligned):
        array = np.require(array, requirements=["C", "A"])
    view = array.view()
    view.flags.writeable = False
    return view


def allowed_dtypes(X: Any) -> Any:
    """Return the dtypes that X keeps; other numbers become the first.

    scikit-learn does not see the dtypes of polars and pyarrow, and would convert float32 to
    float64.
    """
    if hasattr(X, "schema") and not hasattr(X, "iloc"):
        of_columns = getattr(X.schema, "types", None) or X.schema.values()
        if {str(dtype) for dtype in of_columns} <= {"Float32", "float"}:
            return np.float32
    return FLOATS


def are_names(names: list[Any], known: Any) -> bool:
    """Return whether names of columns are those of training, strings in an array, if any."""
    return known is not None and set(map(type, names)) == {str} and names == known.tolist()


def as_native(X: Any) -> Any:
    """Return X in native byte order; scikit-learn does not convert that of a DataFrame.

    In the other order scikit-learn 1.6 does not find NaN and infinity, hence the second check.
    """
    if X.dtype.isnative:
        return X
    X = X.astype(X.dtype.newbyteorder("="))
    assert_all_finite(X, input_name="X")
    return X


def as_matrix(X: Any, dtype: Any) -> Matrix:
    """Return X, an array or CSR matrix, as a `Matrix`; copies only what has another dtype.

    Raises
    ------
    ValueError
        A number is too large for the dtype; or the parts of a CSR matrix do not fit together.
    """
    is_sparse = sparse.issparse(X)
    if is_sparse:
        _check_csr(X)
    data = X.data if is_sparse else X
    if data.dtype != dtype:
        data = data.astype(dtype)  # a number may overflow
        assert_all_finite(data, input_name="X")
    if not is_sparse:
        return Matrix(read_only(data), None, None, None)
    largest = max(X.nnz, X.shape[1])
    # scipy's rule for small matrices: int32 halves the memory traffic of indices.
    index = np.int32 if largest <= np.iinfo(np.int32).max else np.int64
    indices, indptr = (part.astype(index, copy=False) for part in (X.indices, X.indptr))
    dense = np.empty((0, X.shape[1]), dtype)
    return Matrix(*map(read_only, (dense, data, indices, indptr)))


def check_convertible(X: Any, dtypes: Any = FLOATS) -> None:
    """Raise ValueError if a sparse X has indices outside its shape.

    scipy does not check them when it converts the format or dtype, and would write out of
    bounds.
    """
    if not sparse.issparse(X) or X.ndim != 2:
        return
    if X.format == "csr":
        if X.dtype not in (dtypes if isinstance(dtypes, tuple) else (dtypes,)):
            _check_csr(X)
        return
    with naming("X"):
        if X.format in ("csc", "bsr"):
            X.check_format(full_check=True)
            return
        elements = X.tocoo(copy=False)
    for indices, size in zip(elements.coords, elements.shape, strict=True):
        if len(indices) != len(elements.data):
            raise ValueError(
                "X is not a valid sparse matrix: there must be an index for each element; got "
                f"{len(indices)} and {len(elements.data)}."
            )
        if indices.size and not (indices.min() >= 0 and indices.max() < size):
            raise ValueError(
                "X is not a valid sparse matrix: its indices must be from 0 to "
                f"{size - 1}; got {indices.min()} to {indices.max()}."
            )


def _check_csr(X: Any) -> None:
    """Raise ValueError if a CSR matrix has indices outside its columns or elements.

    scipy checks them only on request, and the kernels would read and write out of bounds.
    """
    starts, columns = X.indptr, X.indices
    if not starts.ndim == columns.ndim == X.data.ndim == 1:
        raise ValueError("X is not a valid sparse matrix: its parts must have one dimension.")
    n_stored = min(len(columns), len(X.data))
    if len(starts) != X.shape[0] + 1:
        raise ValueError(
            f"X is not a valid sparse matrix: its indptr must have {X.shape[0] + 1} elements, "
            f"one more than there are rows; got {len(starts)}."
        )
    if starts[0] != 0 or starts[-1] > n_stored or (starts[1:] < starts[:-1]).any():
        raise ValueError(
            "X is not a valid sparse matrix: its indptr must rise from 0 to at most the "
            f"{n_stored} elements that are stored."
        )
    if columns.size and not (columns.min() >= 0 and columns.max() < X.shape[1]):
        raise ValueError(
            "X is not a valid sparse matrix: its indices must be from 0 to "
            f"{X.shape[1] - 1}; got {columns.min()} to {columns.max()}."
        )


@contextmanager
def naming_rows() -> Iterator[None]:
    """Prefix errors with the name X, and turn OverflowError into ValueError."""
    try:
        yield
    except OverflowError as error:
        raise ValueError(f"X contains a number that is too large: {error}") from error
    except (TypeError, ValueError) as error:
        if mentions(error, "X"):
            raise
        raise with_message(error, f"X is invalid: {error}") from error


# Names of the dtypes of dates and times in pandas, polars and pyarrow.
_OF_TIME = re.compile("date|time|duration|period", re.IGNORECASE)


def check_no_dates(X: Any) -> None:
    """Raise TypeError for an array or column of dates, which NumPy would convert to counts."""
    if isinstance(X, np.ndarray):
        has_dates = X.dtype.kind in "mM"
    else:
        dtypes: Any = getattr(X, "dtypes", None)
        if dtypes is None:
            dtypes = getattr(getattr(X, "schema", None), "types", ())  # of pyarrow
        elif not isinstance(dtypes, Iterable):  # of a Series
            dtypes = [dtypes]
        has_dates = any(_OF_TIME.match(str(dtype)) for dtype in dtypes)
    if has_dates:
        raise TypeError("Input X contains dates or durations")
