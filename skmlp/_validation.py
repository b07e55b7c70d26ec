"""From what the user passes to what the kernels take.

Arrays come out C-ordered and of one floating dtype, labels as class codes, and rows as
index arrays: X itself is never copied to select, shuffle or split its rows.
"""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    assert_all_finite,
    check_consistent_length,
    column_or_1d,
)

from skmlp._caller import warn
from skmlp._explanations import advice_on_labels, advice_on_targets, is_missing, of_kind
from skmlp._kernels.activations import ACTIVATIONS
from skmlp._parameters import suggestion

# Rows that a fold needs for what is measured on it to be worth it, and all that are held out.
_LEAST_OF_FOLD, _LEAST_HELD_OUT = 10, 2

# What weights are to be between, so that neither their sum over many calls of partial_fit nor a
# number divided by their mean overflows.
_LEAST_WEIGHT, _LARGEST_WEIGHT = 1e-300, 1e300

# More weights than any memory holds, and few enough for products and sums in bytes.
_LARGEST_NETWORK = 10**15

# The dtypes that are kept as they come in; the first is what others become.
FLOATS = (np.float64, np.float32)


class Matrix(NamedTuple):
    """The input as the kernels take it: dense, or the three arrays of a CSR matrix.

    A dense one has None for the three, a CSR matrix an empty `dense` of shape (0, d). All
    arrays are read-only views.
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
    """What fit was given: the input, class codes (n,), and weights (n,)."""

    X: Matrix
    y: NDArray[np.intp]
    weights: NDArray[Any]


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return a read-only view, of the one type that the kernels are compiled for."""
    if not (array.flags.c_contiguous and array.flags.aligned):
        array = np.require(array, requirements=["C", "A"])
    view = array.view()
    view.flags.writeable = False
    return view


def kept_dtypes(X: Any) -> Any:
    """Return the dtypes in which X is kept; other numbers become the first.

    scikit-learn does not see that of a DataFrame of polars, or a Table of pyarrow's, and would
    make float64 of float32.
    """
    if hasattr(X, "schema") and not hasattr(X, "iloc"):
        of_columns = getattr(X.schema, "types", None) or X.schema.values()
        if {str(dtype) for dtype in of_columns} <= {"Float32", "float"}:
            return np.float32
    return FLOATS


def as_native(X: Any) -> Any:
    """Return X in the machine's order of bytes, which scikit-learn leaves to a DataFrame.

    In the other order scikit-learn 1.6 does not see NaN and infinity.
    """
    if X.dtype.isnative:
        return X
    X = X.astype(X.dtype.newbyteorder("="))
    assert_all_finite(X, input_name="X")
    return X


def as_matrix(X: Any, dtype: Any) -> Matrix:
    """Return validated X, an array or CSR matrix, as a `Matrix` of the given dtype.

    Nothing is copied where the dtype and the index type fit already.

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
        data = data.astype(dtype)
        assert_all_finite(data, input_name="X")
    if not is_sparse:
        return Matrix(read_only(data), None, None, None)
    largest = max(X.nnz, X.shape[1])
    index = np.int32 if largest <= np.iinfo(np.int32).max else np.int64
    indices, indptr = (part.astype(index, copy=False) for part in (X.indices, X.indptr))
    dense = np.empty((0, X.shape[1]), dtype)
    return Matrix(*map(read_only, (dense, data, indices, indptr)))


def check_convertible(X: Any, dtypes: Any = FLOATS) -> None:
    """Raise ValueError where a sparse X points beside its shape.

    scipy would write there where it makes CSR of another format, or one of these dtypes, and
    does not look.
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
    """Raise ValueError where a CSR matrix points beside its columns or its elements.

    scipy looks at that only on request, and the kernels would read and write there.
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


def check_hidden_layer_sizes(sizes: Any) -> tuple[int, ...]:
    """Return the hidden widths as a tuple of int; empty for a linear model.

    Raises
    ------
    TypeError
        A width is not an integer.
    ValueError
        A width is not positive.
    """
    widths = list(np.atleast_1d(np.array(sizes, dtype=object)))
    if not all(isinstance(width, Integral) for width in widths):
        raise TypeError(f"hidden_layer_sizes must be integers, got {widths}.")
    if any(width <= 0 for width in widths):
        raise ValueError(f"hidden_layer_sizes must be > 0, got {widths}.")
    return tuple(int(width) for width in widths)


def check_size(units: Sequence[int], n_members: int) -> None:
    """Raise ValueError where no memory can hold a network of such layers.

    Their sizes are multiplied as Python's integers, which NumPy's would leave silently.
    """
    n_products = sum(a * b for a, b in pairwise(units))
    if n_members * n_products > _LARGEST_NETWORK:
        raise ValueError(
            f"hidden_layer_sizes={tuple(units[1:-1])} and n_members={n_members} make more than "
            f"{_LARGEST_NETWORK:.0e} weights with {units[0]} features."
        )


def _one_a_layer(setting: Any, n_hidden: int) -> list[Any]:
    """Return what is set for each hidden layer, by one setting for all or several."""
    given = np.array(setting, dtype=object)
    return [given.item()] * n_hidden if given.ndim == 0 else list(given)


def check_activations(activation: Any, n_hidden: int) -> list[str]:
    """Return the name of each hidden layer's activation, given one for all or one for each.

    Raises
    ------
    ValueError
        There is another number of names than of hidden layers, or an unknown name.
    """
    names = _one_a_layer(activation, n_hidden)
    if len(names) != n_hidden:
        raise ValueError(
            f"activation must be one name, or one for each of the {n_hidden} hidden layers; "
            f"got {names}."
        )
    unknown = [name for name in names if not isinstance(name, str) or name not in ACTIVATIONS]
    if unknown:
        raise ValueError(
            f"activation must be among {sorted(ACTIVATIONS)}; got {unknown}."
            f"{suggestion(unknown[0], ACTIVATIONS)}"
        )
    return names


def check_dropout(dropout: Any, n_hidden: int) -> tuple[float, ...]:
    """Return the rate of each hidden layer, given one for all or one for each.

    Raises
    ------
    ValueError
        There is another number of rates than of hidden layers, or one outside [0, 1).
    """
    rates = _one_a_layer(dropout, n_hidden)
    if len(rates) != n_hidden:
        raise ValueError(
            f"dropout must be one rate, or one for each of the {n_hidden} hidden layers; "
            f"got {rates}."
        )
    if not all(isinstance(rate, Real) and 0 <= float(rate) < 1 for rate in rates):
        raise ValueError(f"dropout must be rates in [0, 1); got {rates}.")
    return tuple(float(rate) for rate in rates)


@contextmanager
def naming(argument: str) -> Iterator[None]:
    """Put the name of an argument before what is raised about it without its name."""
    try:
        yield
    except (OverflowError, TypeError, ValueError) as error:
        if _names(error, argument):
            raise
        raise of_kind(error, f"{argument} is invalid: {error}") from error


def _names(error: Exception, argument: str) -> bool:
    return re.search(rf"\b{argument}\b", str(error)) is not None


@contextmanager
def converting_rows() -> Iterator[None]:
    """Put X before what is raised about it, and say of an integer that no float can be it."""
    try:
        yield
    except OverflowError as error:
        raise ValueError(f"X contains a number that is too large: {error}") from error
    except (TypeError, ValueError) as error:
        if _names(error, "X"):
            raise
        raise of_kind(error, f"X is invalid: {error}") from error


def check_no_dates(X: Any) -> None:
    """Raise TypeError for an array of dates, whose counts NumPy would take for the numbers."""
    if isinstance(X, np.ndarray) and X.dtype.kind in "mM":
        raise TypeError("Input X contains dates or durations")


# What the dtypes of pandas, polars and pyarrow are called whose values are dates or times.
_OF_TIME = re.compile("date|time|duration|period", re.IGNORECASE)


def check_no_date_columns(X: Any) -> None:
    """Raise TypeError for a table with a column of dates, likewise."""
    dtypes: Any = getattr(X, "dtypes", None)
    if dtypes is None:
        dtypes = getattr(getattr(X, "schema", None), "types", ())  # of pyarrow
    if any(_OF_TIME.match(str(dtype)) for dtype in dtypes):
        raise TypeError("Input X contains dates or durations")


def check_numbers(parameters: dict[str, Any]) -> None:
    """Raise ValueError where one of the parameters has an integer that no float can be."""
    for name, value in parameters.items():
        numbers = value if isinstance(value, list | tuple) else [value]
        try:
            [float(number) for number in numbers if isinstance(number, Real)]
        except OverflowError as error:
            raise ValueError(f"{name} is too large: {error}") from error


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
    if y is None:
        raise ValueError(f"{name} requires y to be passed, but the target y is None.")
    try:
        with naming("y"):
            check_none_missing(y)
            labels = column_or_1d(y, warn=True)
            check_consistent_length(X, labels)
            check_no_date_missing(labels)
            assert_all_finite(labels, input_name="y")
    except (TypeError, ValueError) as error:
        if not re.search("1d array|Sparse data|inhomogeneous", str(error)):
            raise
        raise of_kind(error, f"{error}{advice_on_labels(y, name)}") from error
    return labels


def check_targets(y: NDArray[Any], name: str) -> None:
    """Raise ValueError where labels are of no type that there are classes of.

    Parameters
    ----------
    y : array of shape (n,)
    name : str
        Of the estimator.
    """
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


def check_weights(sample_weight: Any, X: Any) -> NDArray[np.float64]:
    """Return one non-negative weight a row, read-only ones for None.

    Raises
    ------
    ValueError
        The weights are negative, all zero, not finite, too large or of the wrong shape.
    """
    if sample_weight is None:
        # A single one is in memory.
        return np.broadcast_to(np.float64(1), X.shape[0])
    if np.iscomplexobj(np.asarray(sample_weight)):
        raise ValueError(f"sample_weight must be real; got {sample_weight!r}.")
    with naming("sample_weight"):
        weights = _check_sample_weight(
            sample_weight, X, dtype=np.float64, ensure_non_negative=True
        )
        if not weights.any():  # scikit-learn checks this only from 1.9 on
            raise ValueError("Sample weights must contain at least one non-zero number.")
    return check_range_of_weights(weights, "sample_weight")


def check_range_of_weights(weights: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Return weights by whose mean others can be divided: denormal ones become 0.

    Raises
    ------
    ValueError
        They are all denormal, or their sum is too large.
    """
    total = weights.sum()
    if not total < _LARGEST_WEIGHT:
        raise ValueError(
            f"The weights of the rows ({name}) are too large: their sum must be below "
            f"{_LARGEST_WEIGHT:.0e}; got {total}."
        )
    weights = np.where(weights < _LEAST_WEIGHT, 0.0, weights)
    if not weights.any():
        raise ValueError(
            f"The weights of the rows ({name}) are too small: one must be at least "
            f"{_LEAST_WEIGHT:.0e}."
        )
    return weights


def class_weights_of_rows(
    class_weight: Any,
    classes: NDArray[Any],
    codes: NDArray[np.intp],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the weight of each row's class.

    Parameters
    ----------
    class_weight : {'balanced'}, dict or None
        'balanced' makes the sum of weights the same for each class that has any.
    classes : array of shape (k,)
    codes : int array of shape (n,)
    weights : array of shape (n,)
        The rows' own, by which 'balanced' counts.

    Raises
    ------
    ValueError
        A class is not in the dict, which has labels that are no classes; or its weights are no
        numbers, negative or not finite.
    """
    if class_weight == "balanced":
        totals = np.bincount(codes, weights, len(classes))
        shares = totals[totals > 0] / totals.sum()
        by_class = np.zeros(len(classes))
        # Infinite for a class of next to no weight.
        by_class[totals > 0] = 1 / (len(shares) * shares)
    else:
        by_class = _weights_of_classes(class_weight, classes.tolist())
    return by_class[codes]


def _weights_of_classes(class_weight: dict[Any, Any], labels: list[Any]) -> NDArray[np.float64]:
    """Return the weight of each class: the dict's, or 1.

    A fold of the rows may lack a class that the dict names, which is right as long as it
    names all others. Otherwise one of its names may be misspelt.
    """
    try:
        given = np.array(list(class_weight.values()), np.float64)
    except (OverflowError, TypeError, ValueError) as error:
        raise ValueError(f"class_weight must have numbers; got {class_weight}.") from error
    if not (np.isfinite(given) & (given >= 0)).all():
        raise ValueError(f"class_weight must be non-negative and finite; got {class_weight}.")
    unknown = [label for label in class_weight if label not in labels]
    unnamed = [label for label in labels if label not in class_weight]
    if unknown and unnamed:
        raise ValueError(
            f"class_weight has labels that are no classes: {unknown}, and none for "
            f"{unnamed}. The classes are {labels}; name all of them, or no other label."
        )
    return np.array([class_weight.get(label, 1.0) for label in labels], np.float64)


def split_rows(
    rows: NDArray[np.intp],
    y: NDArray[np.intp],
    *,
    fraction: float,
    random_state: np.random.RandomState,
    strata: NDArray[np.intp] | None,
) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """Split rows into training and validation rows, as scikit-learn's MLP does.

    Where a class would be left without a training row, the split is adapted and a warning
    says so: a class of a single row cannot be stratified, and rows of a class that fell
    into the validation part altogether go back.

    Parameters
    ----------
    rows : int array of shape (m,)
    y : int array of shape (n,)
        Class codes of all rows.
    fraction : float
        Share of the validation rows.
    random_state : RandomState
    strata : int array of shape (n,), or None
        What is held out in equal parts of, where that is possible.

    Returns
    -------
    (training, validation), two int arrays, or None
        None with a warning where fewer than two validation rows would be left, or no training
        row.

    Raises
    ------
    ValueError
        `fraction` is 0.
    """
    if fraction == 0:
        raise ValueError(
            f"With early_stopping=True validation_fraction must be above 0; got {fraction}."
        )
    n_validation = int(np.ceil(fraction * rows.size))
    if n_validation < _LEAST_HELD_OUT or n_validation == rows.size:
        _warn_too_few(rows.size, _held_out(fraction, n_validation))
        return None
    if strata is not None and not _can_stratify(strata[rows], n_validation):
        strata = None
    training, validation = train_test_split(
        rows,
        test_size=fraction,
        random_state=random_state,
        stratify=None if strata is None else strata[rows],
    )
    training, validation, n_lost = _give_back_lost_classes(rows, y, training, validation)
    if validation.size < _LEAST_HELD_OUT:
        _warn_too_few(rows.size, _held_out(fraction, validation.size))
        return None
    if n_lost:
        warn(
            "The validation split left a class without training rows; its rows are used "
            "for training instead. Consider a smaller validation_fraction, or more data."
        )
    return training, validation


def _warn_too_few(n_rows: int, reason: str) -> None:
    warn(
        f"{n_rows} rows are too few to hold any out: {reason}. All of them are trained on, and "
        "no epoch is chosen by early stopping. Change validation_fraction, or give fit rows to "
        "watch as X_val and y_val."
    )


def _held_out(fraction: float, n_validation: int) -> str:
    return (
        f"validation_fraction={fraction:.6g} makes it {n_validation}, and there must be "
        f"{_LEAST_HELD_OUT} at least, and rows of each class left to train on"
    )


def fold_rows(
    rows: NDArray[np.intp],
    y: NDArray[np.intp],
    *,
    n_members: int,
    fraction: float,
    random_state: np.random.RandomState,
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]] | None:
    """Split rows into training and validation rows for each member of an ensemble.

    The validation rows are one after the other of 1 / `fraction` folds, stratified where the
    classes have the rows for it, so that members hold out different ones. Rows of a class that
    would be left without a training row go back.

    Parameters
    ----------
    rows, y, fraction, random_state
        As of :func:`split_rows`.
    n_members : int

    Returns
    -------
    list of (training, validation), or None
        None with a warning where a fold would have fewer than ten rows, or where fewer than
        two validation rows would be left in all.

    Raises
    ------
    ValueError
        `fraction` is 0, or above one half.
    """
    if not 0 < fraction <= 0.5:
        raise ValueError(
            "With several members validation_fraction must be from above 0 to 0.5; got "
            f"{fraction}."
        )
    n_folds = round(1 / max(fraction, np.finfo(np.float64).tiny))
    if rows.size < _LEAST_OF_FOLD * n_folds:
        folds = f"{n_folds:.6g} folds (1 / validation_fraction)"
        _warn_too_few(rows.size, f"{folds} must have {_LEAST_OF_FOLD} rows each")
        return None
    is_stratified = np.bincount(y[rows]).max() >= n_folds
    kind = StratifiedKFold if is_stratified else KFold
    parts: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []
    while len(parts) < n_members:
        folds = kind(n_folds, shuffle=True, random_state=random_state)
        with warnings.catch_warnings():  # of classes with fewer rows than there are folds
            warnings.simplefilter("ignore", UserWarning)
            for part in folds.split(rows, y[rows]):
                split = _give_back_lost_classes(rows, y, *(rows[side] for side in part))
                parts.append(split[:2])
    parts = parts[:n_members]
    n_validation = sum(validation.size for _, validation in parts)
    if n_validation < _LEAST_HELD_OUT:
        _warn_too_few(rows.size, _held_out(fraction, n_validation))
        return None
    return parts


def _give_back_lost_classes(
    rows: NDArray[np.intp],
    y: NDArray[np.intp],
    training: NDArray[np.intp],
    validation: NDArray[np.intp],
) -> tuple[NDArray[np.intp], NDArray[np.intp], int]:
    """Move the rows of classes that training lacks there; return how many, too."""
    counts = np.bincount(y[rows])
    is_lost = (counts > 0) & (np.bincount(y[training], minlength=counts.size) == 0)
    if not is_lost.any():
        return training, validation, 0
    lost = is_lost[y[validation]]
    training = np.concatenate([training, validation[lost]])
    return training, validation[~lost], int(lost.sum())


def _can_stratify(y: NDArray[np.intp], n_validation: int) -> bool:
    counts = np.bincount(y)
    counts = counts[counts > 0]
    smaller = min(n_validation, y.size - n_validation)
    possible = counts.min() > 1 and smaller >= counts.size
    if not possible:
        warn(
            "The validation split is not stratified: a class has a single row, or the "
            "training or validation set has fewer rows than there are classes."
        )
    return bool(possible)


def check_same_architecture(
    units: Sequence[int], fitted: Sequence[int], n_members: int, n_fitted: int
) -> None:
    """Raise ValueError where training would go on with other networks, or a number of them."""
    if n_members != n_fitted:
        raise ValueError(
            f"Training cannot go on: there are {n_fitted} networks, and n_members now asks for "
            f"{n_members}. Keep n_members, or fit anew with warm_start=False."
        )
    if list(units) != list(fitted):
        raise ValueError(
            f"Training cannot go on: the network was built with layers of {list(fitted)} "
            f"units, and hidden_layer_sizes and the data now ask for {list(units)}. Keep "
            "hidden_layer_sizes, or fit anew with warm_start=False."
        )
