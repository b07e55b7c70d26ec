"""Tables of numbers and categories as features that a network learns well from."""

import warnings
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context, clone
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.preprocessing import OneHotEncoder, TargetEncoder
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_feature_names_in,
    assert_all_finite,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from skmlp._float_errors import quiet
from skmlp._persistence import PersistenceMixin
from skmlp._validation import check_no_date_missing, check_none_missing, naming

Floats = NDArray[np.float64]
Strings = NDArray[np.object_]

# Where smooth clipping has its bounds, and a number beyond which it is at them.
_BOUND, _INFINITY = 3.0, 1e150
_LARGEST = np.finfo(np.float64).max
# A number is no longer believed so many times further from the median than this part of all.
_FAR, _NEAR = 20.0, 0.95
# The scale of squares, which for normal numbers have mean 1 then, and of parts of an interval.
_OF_SQUARE, _OF_BIN = 0.7, 0.3
# Rows that an interval needs for a bend at its ends to be worth it.
_ROWS_OF_BIN = 20
# Of how many rows a mean over all rows counts in that of a category, and the folds for those.
_SMOOTHING, _N_FOLDS = 10.0, 5


class _Numbers:
    """Numeric columns, and what is made of them.

    Parameters
    ----------
    X : array of shape (n, p)
        With NaN for what is missing.
    max_bins, max_bin_columns : int
    add_squares : bool
        As of :class:`TabularPreprocessor`.
    """

    def __init__(
        self, X: Floats, max_bins: int, max_bin_columns: int, add_squares: bool
    ) -> None:
        self._add_squares = add_squares
        missing = np.isnan(X)
        self._has_missing = missing.any(axis=0)
        X = np.where(missing.all(axis=0), 0.0, X)
        points = np.array([0, 0.25, 0.5, 0.75, 1])
        # Of quarters, since the difference of two numbers may be too large for a number.
        quantiles: Floats = (
            np.nanquantile(X / 4, points, axis=0) if X.size else np.empty((5, 0))
        )
        least, low, center, high, largest = quantiles
        spread, half = (
            np.minimum(part, _LARGEST / 4) * 4 for part in (high - low, (largest - least) / 2)
        )
        self._center = center * 4
        near = np.nanquantile(np.abs(self._deviations(X)), _NEAR, axis=0) if X.size else center
        with np.errstate(over="ignore"):
            self._limit = np.where(near > 0, _FAR * near, np.inf)
        self._spread = np.where(spread > 0, spread, np.where(half > 0, half, 1.0))
        n_bins = min(max_bins, max_bin_columns // max(X.shape[1], 1))
        z, far = self._clipped(X)
        self._has_far = far.any(axis=0)
        self._edges = [_edges(column[~np.isnan(column)], n_bins) for column in z.T]

    def _deviations(self, X: Floats) -> Floats:
        """Return differences from the medians, or the largest numbers."""
        with np.errstate(over="ignore"):
            return np.clip(X - self._center, -_LARGEST, _LARGEST)

    def _clipped(self, X: Floats) -> tuple[Floats, Floats]:
        """Return scaled and clipped numbers, NaN where they are missing or far, and which are.

        The second is -1 or 1 where a number is far below or above the median, and else 0.
        """
        deviations = self._deviations(X)
        with np.errstate(over="ignore"):
            z = np.clip(deviations / self._spread, -_INFINITY, _INFINITY)
        far = np.sign(z) * (np.abs(deviations) > self._limit)
        z[far != 0] = np.nan
        return z / np.sqrt(1 + (z / _BOUND) ** 2), np.nan_to_num(far)

    def transform(self, X: Floats) -> list[Floats]:
        """Return blocks of columns: numbers, squares, what is missing or far, and intervals."""
        missing = np.isnan(X[:, self._has_missing])
        z, far = self._clipped(X)
        z = np.nan_to_num(z, nan=0.0)
        with np.errstate(over="ignore"):  # of intervals next to nothing
            bins = [
                _OF_BIN * (np.clip((column[:, None] - edges[:-1]) / np.diff(edges), 0, 1) - 0.5)
                for column, edges in zip(z.T, self._edges, strict=True)
            ]
        squares = [_OF_SQUARE * (z**2 - 1)] if self._add_squares else []
        return [z, *squares, missing, far[:, self._has_far], *bins]

    def names(self, names: NDArray[np.object_]) -> list[str]:
        """Return the names of those columns, given the names of the numeric ones."""
        return [
            *names,
            *(f"{name}_squared" for name in names if self._add_squares),
            *(f"{names[j]}_missing" for j in np.flatnonzero(self._has_missing)),
            *(f"{names[j]}_far" for j in np.flatnonzero(self._has_far)),
            *(
                f"{name}_bin{k}"
                for name, edges in zip(names, self._edges, strict=True)
                for k in range(len(edges) - 1)
            ),
        ]


def _edges(values: Floats, n_bins: int) -> Floats:
    """Return the ends of at most `n_bins` intervals between quantiles, or a single one."""
    distinct = np.unique(values)
    n_bins = min(n_bins, len(values) // _ROWS_OF_BIN)
    if n_bins < 2 or len(distinct) < 3:
        return distinct[:1]
    if len(distinct) <= n_bins + 1:
        return distinct
    return np.unique(np.quantile(values, np.linspace(0, 1, n_bins + 1)))


class _TargetMeans:
    """Columns of many categories as the mean, for each class but the first, of being of it."""

    def fit_transform(
        self, X: Strings, y: ArrayLike | None, random_state: np.random.RandomState
    ) -> Floats:
        """Return the means (n, columns * classes) for the rows that they are learned from.

        Raises
        ------
        ValueError
            There is no y, or it is invalid; or there is a single row.
        """
        if y is None:
            raise ValueError(
                "A column has more than max_one_hot categories, which are encoded by the mean "
                "of the target: fit needs y. Or raise max_one_hot."
            )
        if len(X) < 2:
            raise ValueError(
                "A column has more than max_one_hot categories, which are encoded by the mean "
                "of the target over other rows: X needs at least two. Or raise max_one_hot."
            )
        with naming("y"):
            check_none_missing(y)
            y = column_or_1d(y)
            check_consistent_length(X, y)
            assert_all_finite(y, input_name="y")
            check_no_date_missing(y)
            check_classification_targets(y)
            self._classes, codes = np.unique(y, return_inverse=True)
        targets = [(codes == code).astype(float) for code in range(1, len(self._classes))]
        encoder = TargetEncoder(target_type="continuous", smooth=_SMOOTHING)
        self._encoders = [clone(encoder).fit(X, target) for target in targets]
        seed, n_folds = random_state.randint(2**31 - 1), min(_N_FOLDS, len(X))
        folds = KFold(n_folds, shuffle=True, random_state=seed)
        means = [
            cross_val_predict(encoder, X, target, cv=folds, method="transform")
            for target in targets
        ]
        return np.hstack([np.empty((len(X), 0)), *means])

    @property
    def categories(self) -> list[Strings]:
        """The categories of each column."""
        return self._encoders[0].categories_ if self._encoders else []

    def transform(self, X: Strings) -> Floats:
        """Return the means for other rows."""
        means = [encoder.transform(X) for encoder in self._encoders]
        return np.hstack([np.empty((len(X), 0)), *means])

    def names(self, names: Sequence[str]) -> list[str]:
        """Return the names of the columns, given those of the categories."""
        if len(self._encoders) == 1:
            return list(names)
        return [f"{name}_{label}" for label in self._classes[1:] for name in names]


def _is_missing(value: Any) -> bool:
    """Return whether an element of a column of objects is None, NaN, NaT or pandas' NA."""
    try:
        return value is None or bool(value != value)
    except (TypeError, ArithmeticError):  # as NA and a signaling NaN say of comparisons
        return True
    except ValueError:  # of what is an array itself
        return False


# What the elements of a column are; strings, which any file format takes.
_Kind = Literal["number", "date", "duration", "category", "nothing"]

_OF_DTYPES: dict[str, _Kind] = {
    "M": "date",
    "m": "duration",
    "i": "number",
    "u": "number",
    "f": "number",
}
_OF_OBJECTS: dict[_Kind, tuple[type, ...]] = {
    "number": (Real, Decimal),
    "date": (date,),  # and datetime, and pandas' Timestamp, which are dates, too
    "duration": (timedelta,),
}


def _kind(column: Any) -> _Kind:
    """Return what a column has."""
    if _has_codes(column):
        return "category"
    values = _values(column)
    if values.dtype.kind != "O":
        return _OF_DTYPES.get(values.dtype.kind, "category")
    present = [value for value in values if not _is_missing(value)]
    if not present:
        return "nothing"
    if not any(isinstance(value, bool | np.bool_) for value in present):
        for kind, types in _OF_OBJECTS.items():
            if all(isinstance(value, types) for value in present):
                return kind
    return "category"


def _values(column: Any) -> NDArray[Any]:
    """Return a column as an array, or raise ValueError where it has several."""
    values = np.asarray(column)
    if values.ndim != 1:
        name = getattr(column, "name", "")
        raise ValueError(
            f"A column of X, {name!r}, must have one value for each row; got an array of shape "
            f"{values.shape}."
        )
    return values


def _has_codes(column: Any) -> bool:
    """Return whether a column is one of pandas' Categorical."""
    return hasattr(column, "cat") and hasattr(column.cat, "categories")


def _as_numbers(column: Any) -> Floats:
    """Return a column of numbers, dates or durations as float64, missing values as NaN."""
    values = _values(column)
    if values.dtype.kind in "mM":
        return _seconds(values)
    if values.dtype.kind == "O":
        numbers = [np.nan if _is_missing(value) else _as_number(value) for value in values]
        return np.array(numbers, dtype=float)
    with np.errstate(over="ignore"):
        return values.astype(float)


# NumPy's units whose dates and durations may be more seconds than fit.
_COARSE_UNITS = ("Y", "M", "W", "D", "h", "m")


def _seconds(values: NDArray[Any]) -> Floats:
    """Return dates or durations in seconds, of whatever unit, NaT as NaN.

    Whole seconds and what is left are converted apart, so that neither nanoseconds nor a date
    is rounded before it must be.
    """
    missing = np.isnat(values)
    whole = values.astype(f"{values.dtype.kind}8[s]")
    is_coarse = np.datetime_data(values.dtype)[0] in _COARSE_UNITS
    if is_coarse and ((whole.astype(values.dtype) != values) & ~missing).any():
        raise OverflowError("its seconds are more than an integer of 64 bits")
    rest = (values - whole) / np.timedelta64(1, "s")
    return np.where(missing, np.nan, whole.astype(np.int64) + rest)


def _as_number(value: Any) -> float:
    """Return a number, or seconds; those of a date without a zone as if it were in UTC."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if not isinstance(value, date):
        return float(value)
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    elif value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return float(value.timestamp())


def _as_categories(column: Any) -> Strings:
    """Return a column as strings, missing values as None."""
    if _has_codes(column):  # numbers among them would be others beside a missing one
        names = np.array([*map(str, column.cat.categories), None], dtype=object)
        return names[np.asarray(column.cat.codes)]
    values = np.asarray(_values(column), dtype=object)
    strings = [None if _is_missing(value) else str(value) for value in values]
    return np.array(strings, dtype=object)


def _distinct(names: Sequence[str]) -> list[str]:
    """Return names of which those that are there already have a number behind them."""
    n_times: dict[str, int] = {}
    taken: set[str] = set()
    result = []
    for name in names:
        distinct = name
        while distinct in taken:
            n_times[name] = n_times.get(name, 1) + 1
            distinct = f"{name}_{n_times[name]}"
        taken.add(distinct)
        result.append(distinct)
    return result


def _joined(blocks: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    """Return blocks of columns side by side."""
    ends = np.cumsum([block.shape[1] for block in blocks])
    result = np.empty((len(blocks[0]), ends[-1]), np.float32)
    for block, columns in zip(blocks, np.split(result, ends[:-1], axis=1), strict=True):
        columns[:] = block
    return result


class TabularPreprocessor(PersistenceMixin, TransformerMixin, BaseEstimator):
    """Turn a table of numbers and categories into the input of a network.

    It takes a DataFrame as it is, of pandas or polars, or an array, and returns float32,
    C-ordered and without missing values.

    - From a numeric column its median is subtracted, it is divided by the range between its
      quartiles, and smoothly clipped, z / sqrt(1 + (z / 3)²), so that nothing is beyond ±3
      [1]_. Beside it come its square, and, for each of several intervals between its quantiles,
      how much of the interval is below it [2]_, both centred and scaled: what a network makes
      of them can bend at the quantiles, as trees split there. A missing number becomes the
      median, and so does one that is more than twenty times further from it than 95 % of all
      are; where there were any in training, a column says so, by 1, and -1 for those far
      below. Dates and durations are numbers of seconds.
    - A column of strings, categories or booleans becomes one column for each category. A
      missing value is a category, where there were any in training; one that training has not
      seen is 0 in all columns.
    - A column of more than ``max_one_hot`` categories becomes the mean of the target among the
      rows of the category, a numeric column for each class but the first [3]_. For the rows it
      learns from, `fit_transform` takes that mean over other rows, so that a network does not
      read from it what it is to predict.

    Parameters
    ----------
    max_bins : int, default=16
        Largest number of intervals of a numeric column, of which there is at most one for
        each 20 rows that have a number; 0 for none. Of a column with no more distinct
        values, each begins an interval; one of two values has none.

    max_bin_columns : int, default=256
        What the number of intervals of all numeric columns together should not be above: with
        many columns each has fewer.

    add_squares : bool, default=True
        Whether there is a column with the square of each number.

    max_one_hot : int, default=32
        Largest number of categories that become a column each.

    random_state : int, RandomState instance or None, default=None
        Which rows the means of a row's categories are taken over.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns seen in fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where they are all strings.

    References
    ----------
    .. [1] D. Holzmüller, L. Grinsztajn and I. Steinwart, "Better by default: Strong pre-tuned
       MLPs and boosted trees on tabular data", NeurIPS 2024.
    .. [2] Y. Gorishniy, I. Rubachev and A. Babenko, "On embeddings for numerical features in
       tabular deep learning", NeurIPS 2022.
    .. [3] D. Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes
       in classification and prediction problems", SIGKDD Explorations 3, 2001.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmlp import TabularPreprocessor
    >>> table = pd.DataFrame({"age": [20, 30, None, 60], "town": ["Ulm", "Bonn", None, "Bonn"]})
    >>> preprocessor = TabularPreprocessor(max_bins=0).fit(table)
    >>> preprocessor.get_feature_names_out().tolist()
    ['age', 'age_squared', 'age_missing', 'town_Bonn', 'town_Ulm', 'town_missing']
    >>> [f"{age:.2f}" for age in preprocessor.transform(table)[:, 0]]
    ['-0.49', '0.00', '0.00', '1.34']
    """

    _parts: ClassVar[dict[str, type]] = {"_numbers": _Numbers, "_means": _TargetMeans}
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "max_bins": [Interval(Integral, 0, None, closed="left")],
        "max_bin_columns": [Interval(Integral, 0, None, closed="left")],
        "add_squares": ["boolean"],
        "max_one_hot": [Interval(Integral, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        max_bins: int = 16,
        max_bin_columns: int = 256,
        add_squares: bool = True,
        max_one_hot: int = 32,
        random_state: Any = None,
    ) -> None:
        self.max_bins = max_bins
        self.max_bin_columns = max_bin_columns
        self.add_squares = add_squares
        self.max_one_hot = max_one_hot
        self.random_state = random_state

    def fit(self, X: Any, y: ArrayLike | None = None) -> Self:
        """Learn the columns of a table.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,), default=None
            Class labels, which only columns of many categories need.

        Returns
        -------
        object
            The fitted transformer itself.

        Raises
        ------
        ValueError
            X is sparse, empty, or has an infinite number; or a column has more than
            ``max_one_hot`` categories, and there is no y.
        """
        self.fit_transform(X, y)
        return self

    @quiet
    @_fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X: Any, y: ArrayLike | None = None) -> NDArray[np.float32]:
        """Learn the columns of a table, and return its features.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,), default=None
            As of `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            As of `transform`, but for columns of many categories.

        Raises
        ------
        ValueError
            As of `fit`.
        """
        self.__dict__.pop("_numbers", None)  # not fitted until all is done
        columns = self._columns(X, reset=True)
        self._kinds = [_kind(column) for column in columns]
        numbers, categories = self._split(columns)
        sizes = [len(set(column)) for column in categories.T]
        self._is_large = np.array([size > self.max_one_hot for size in sizes], dtype=bool)
        self._one_hot = OneHotEncoder(
            handle_unknown="ignore", sparse_output=False, dtype=np.float32
        )
        self._means = _TargetMeans()
        if not self._is_large.all():
            self._one_hot.fit(categories[:, ~self._is_large])
        if self._is_large.any():
            large = categories[:, self._is_large]
            means = self._means.fit_transform(large, y, check_random_state(self.random_state))
            numbers = np.column_stack([numbers, means])
        self._numbers = _Numbers(numbers, self.max_bins, self.max_bin_columns, self.add_squares)
        return self._features(numbers, categories)

    @quiet
    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the features of a table.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            Of float32, C-ordered and finite: what comes from numeric columns, which are the
            numbers, squares, what is missing or far, and parts of intervals; then from
            categories.

        Raises
        ------
        ValueError
            A column that was numeric in training has something else, or infinity.

        Warns
        -----
        UserWarning
            A column that had categories in training is an array of numbers or dates, and none
            of them is such a category.
        """
        check_is_fitted(self)
        columns = self._columns(X, reset=False)
        numbers, categories = self._split(columns)
        self._warn_of_strangers(columns, categories)
        if self._is_large.any():
            means = self._means.transform(categories[:, self._is_large])
            numbers = np.column_stack([numbers, means])
        return self._features(numbers, categories)

    def _features(self, numbers: Floats, categories: Strings) -> NDArray[np.float32]:
        """Return what becomes of numbers, means of the target among them, and categories."""
        blocks = self._numbers.transform(numbers)
        if not self._is_large.all():
            blocks.append(self._one_hot.transform(categories[:, ~self._is_large]))
        return _joined(blocks)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of what `transform` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            The names of the columns; None means ``feature_names_in_``, or x0, x1, ...

        Returns
        -------
        ndarray of str
            A numeric column's own name, also with ``_squared``, ``_missing``, ``_far``, and
            ``_bin`` and a number; otherwise the column's and the category's, or ``_missing``.
            A name that is there already has a number behind it.
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        numbers, categories = names[self._is_number], names[~self._is_number]
        means = self._means.names(categories[self._is_large]) if self._is_large.any() else []
        result = self._numbers.names(np.array([*numbers, *means], dtype=object))
        if not self._is_large.all():
            small = categories[~self._is_large]
            for name, values in zip(small, self._one_hot.categories_, strict=True):
                result += [
                    f"{name}_{'missing' if value is None else value}" for value in values
                ]
        return np.array(_distinct(result), dtype=object)

    def _columns(self, X: Any, *, reset: bool) -> list[Any]:
        """Return the columns of a table, checked against those seen in fit."""
        if isinstance(X, list | tuple):  # of which an array would make all strings
            X = np.array(X, dtype=object)
        if hasattr(X, "columns"):
            if not hasattr(X, "to_numpy"):
                raise TypeError(
                    "X must be a DataFrame of pandas or polars, in memory, or an array; got "
                    f"{type(X).__name__}."
                )
            if 0 in X.shape:
                raise ValueError(f"X must have at least one row and one column; got {X.shape}.")
            if len(set(X.columns)) < X.shape[1]:
                raise ValueError(f"X must have distinct column names; got {list(X.columns)}.")
            validate_data(self, X, reset=reset, skip_check_array=True)
            return [X[name] for name in X.columns]
        X = validate_data(self, X, reset=reset, dtype=None, ensure_all_finite=False)
        return list(X.T)

    @property
    def _is_number(self) -> NDArray[np.bool_]:
        others = ("category", "nothing")
        return np.array([kind not in others for kind in self._kinds], dtype=bool)

    def _split(self, columns: list[Any]) -> tuple[Floats, NDArray[np.object_]]:
        """Return the numeric columns (n, p), missing ones NaN, and the others (n, q)."""
        numbers: list[Floats] = [np.empty((len(columns[0]), 0))]
        categories: list[Strings] = [np.empty((len(columns[0]), 0), dtype=object)]
        for j, is_number in enumerate(self._is_number):
            if is_number:
                numbers.append(self._as_numbers(columns[j], j)[:, None])
            else:
                categories.append(_as_categories(columns[j])[:, None])
        result = np.hstack(numbers), np.hstack(categories)
        assert_all_finite(
            result[0], allow_nan=True, estimator_name=type(self).__name__, input_name="X"
        )
        return result

    def _warn_of_strangers(self, columns: list[Any], categories: Strings) -> None:
        """Warn of columns that are likely to be written in another way than in training.

        Truth values as 0 and 1, say, none of which is ``'True'``.
        """
        small = iter(() if self._is_large.all() else self._one_hot.categories_)
        large = iter(self._means.categories if self._is_large.any() else ())
        others = np.flatnonzero(~self._is_number).tolist()
        for j, is_large, values in zip(others, self._is_large, categories.T, strict=True):
            known = set(next(large if is_large else small, ())) - {None}
            if _has_codes(columns[j]) or np.asarray(columns[j]).dtype.kind not in _OF_DTYPES:
                continue
            found = set(values) - {None}
            if found and known and not found & known:
                warnings.warn(
                    f"Column {self._name(j)!r} had categories like {str(max(known))!r} in "
                    f"training, and now has none of them, but numbers like {max(found)}.",
                    UserWarning,
                    stacklevel=5,
                )

    def _name(self, j: int) -> Any:
        """Return what the user calls column j."""
        return self.feature_names_in_[j] if hasattr(self, "feature_names_in_") else j

    def _as_numbers(self, column: Any, j: int) -> Floats:
        """Return the numbers of column j, or raise ValueError where it has other things."""
        kind, expected = _kind(column), self._kinds[j]
        truths = expected == "number" and np.asarray(column).dtype.kind == "b"
        if kind not in (expected, "nothing") and not truths:
            raise ValueError(
                f"Column {self._name(j)!r} was of kind {expected} in training, and now is "
                f"of kind {kind}."
            )
        try:
            return _as_numbers(column)
        except OverflowError as error:
            raise ValueError(f"Input X contains a value too large: {error}.") from error

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether a fit has come to its end."""
        return hasattr(self, "_numbers")

    def __sklearn_tags__(self) -> Tags:
        """Return what scikit-learn may expect."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags
