"""Preprocessing of tables with numbers and categories for networks."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any, ClassVar, Literal, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import (
    _check_feature_names_in,
    validate_data,
)

from skmlp._caller import warn
from skmlp._data import are_names
from skmlp._decorators import fit_context
from skmlp._documentation import DocumentationMixin
from skmlp._fitted import check_fitted
from skmlp._float_errors import quiet
from skmlp._parameters import NamedParameters, Names
from skmlp._persistence import PersistenceMixin
from skmlp._tables.categories import Categories, Coded, TargetMeans, label_of
from skmlp._tables.columns import NUMERIC, Column, Kind, Source, as_frame
from skmlp._tables.features import features_of
from skmlp._tables.numbers import Numbers
from skmlp._tables.pairs import PairMeans
from skmlp._tables.targets import learn_target
from skmlp._tables.values import ValueMeans
from skmlp._types import RandomState

# A column may be an identifier from so many categories on, with at most so many rows for each.
_MANY, _ROWS_OF_CATEGORY = 20, 1.1


_Item = TypeVar("_Item")


def _distinct(names: Sequence[str]) -> list[str]:
    """Return the names, repeated ones with a number appended."""
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


def _as_table(X: Any) -> Any:
    """Return X as a DataFrame, or as an array-like.

    Raises
    ------
    TypeError
        It is another table, or not in memory.
    """
    if isinstance(X, list | tuple):  # NumPy would convert numbers beside strings to strings
        return np.array(X, dtype=object)
    X = as_frame(X)
    # The class is asked, as a LazyFrame of polars would warn.
    if hasattr(type(X), "columns") and not hasattr(X, "to_numpy"):
        raise TypeError(
            "X must be a DataFrame of pandas or polars, in memory, a Table of pyarrow, or an "
            f"array; got {type(X).__name__}. Convert it first, as X.collect() does for a "
            "LazyFrame of polars, and X.compute() for a DataFrame of dask."
        )
    return X


# Functions that convert a column to its kind in training.
_CONVERTERS = {
    "number": "pandas.to_numeric",
    "date": "pandas.to_datetime",
    "duration": "pandas.to_timedelta",
}


def _numbers_of(column: Column, expected: Kind) -> Source:
    """Return the numbers of a column whose kind in training is given.

    Raises
    ------
    ValueError
        It has values of another kind, or numbers too large for float64.
    """
    if not column.fits(expected):
        converter = _CONVERTERS.get(expected)
        raise ValueError(
            f"Column {column.name!r} was of kind {expected} in training, and now is of kind "
            f"{column.kind}." + (f" {converter} may convert it." if converter else "")
        )
    return column.numbers()


def _warn_of_identifiers(column: Column) -> None:
    """Warn of a column in which nearly every row has its own value."""
    distinct, rows = column.factorized
    size, n_rows = len(distinct), int((rows >= 0).sum())
    if size >= _MANY and n_rows <= _ROWS_OF_CATEGORY * size:
        warn(
            f"Column {column.name!r} has {size} categories in {n_rows} rows, which tell "
            "next to nothing of other rows: the mean of the target in them is noise. Leave it "
            "out; or, if its strings are numbers or dates, convert it with pandas.to_numeric "
            "or pandas.to_datetime."
        )


def _warn_of_unknown(column: Column, coded: Coded, labels: Sequence[str | None]) -> None:
    """Warn of a column none of whose categories is known, as in another spelling.

    A single string does not count: it may be a new category.
    """
    distinct = column.factorized.distinct
    known = [label for label in labels if label is not None]
    is_text = all(isinstance(value, str) for value in distinct) and not column.is_categorical
    is_known = coded.positions[:-1] < len(labels)
    if len(distinct) < 1 + is_text or not known or is_known.any():
        return
    warn(
        f"Column {column.name!r} had categories like {known[-1]!r} in training, and now has "
        f"none of them, but others like {label_of(distinct[-1])!r}."
    )


class TabularPreprocessor(
    PersistenceMixin, NamedParameters, DocumentationMixin, TransformerMixin, BaseEstimator
):
    """Turn a table of numbers and categories into the input of a network.

    It takes a DataFrame as it is, of pandas or polars, a Table of pyarrow or an array. It
    returns a C-ordered array of float32 without missing values.

    **Numeric columns.** Each is centred by its median, divided by its interquartile range, and
    smoothly clipped to ±3 by z / sqrt(1 + (z / 3)²) [1]_. Two kinds of features are added, both
    standardised: the square of the column, and a piecewise linear encoding [2]_. The latter
    cuts the range into intervals at quantiles; each interval is a feature that rises from 0 to
    1 within it. With these a network can change its slope at the quantiles, where trees would
    split.

    Missing numbers are replaced by the median. So are outliers, which are more than twenty
    times as far from the median as 95 % of the numbers are. If there were any in training, an
    indicator is added, which is 1 for them, and -1 for outliers below the median. Dates, the
    beginnings of periods, times of day and durations are converted to seconds.

    **Categories.** A column of strings, categories or booleans is one-hot encoded. Missing
    values are a category of their own if there were any in training. A category that was not
    seen in training is 0 in all columns. Categories are compared by value: 1 is the same in a
    column of integers, of floats (1.0), of strings ("1" or "1.0") and of booleans (True),
    unless another category of training is written so.

    A column with more than ``max_one_hot`` categories is target encoded instead [3]_: by the
    frequency of each class but the first, or by the mean of each number, among the rows of the
    category. In `fit_transform` each row gets the mean over rows of other folds, so that its
    own target does not leak into its features.

    **Codes.** The values of a numeric column may be codes, such as the numbers of districts.
    Such a column is target encoded, too, by the means of the target or the log-odds of the
    classes. It counts as one if it has more than 16 values, with ten rows each on average, and
    if they predict the target better, in cross-validation, than the values around them do.

    **Pairs.** Some pairs of columns, such as latitude and longitude, or month and day, interact
    in ways that a network hardly learns. The plane of both columns is divided into cells, of up
    to 48 intervals or the categories of each column, and the cells are target encoded by
    log-odds or means [4]_. A pair is taken if its cells predict better, in cross-validation,
    than a smooth function of both columns. Pairs need at least 5,760 rows.

    A column without any value in training is ignored. A column without any value in `transform`
    is missing, whatever its dtype.

    Parameters
    ----------
    max_bins : int, default=16
        Largest number of intervals of a numeric column; 0 adds no intervals. There is at most
        one interval for every 20 rows that have a number. A column with no more than
        ``max_bins`` distinct values has one for each value; a column with two values has none.

    max_bin_columns : int, default=256
        Largest number of intervals of all numeric columns together. With many columns, each has
        fewer intervals.

    add_squares : bool, default=True
        Whether to add the square of each numeric column.

    max_one_hot : int, default=32
        Largest number of categories of a column that is one-hot encoded.

    max_pairs : int, default=16
        Largest number of pairs of columns that are target encoded; 0 for none. With more than
        two classes, or several targets, a pair has several features, and at most ``max_pairs``
        features are added. Without y there are none.

    encode_codes : bool, default=True
        Whether to look for numeric columns whose values are codes, and to target encode them.

    target_type : {'auto', 'multiclass', 'continuous'}, default='auto'
        Whether y has classes (two or more), or numbers, in one column or several. 'auto' means
        numbers if y has several columns, fractions, or more than 32 distinct whole numbers. Set
        'continuous' for counts with fewer distinct values, and 'multiclass' for more classes.

    random_state : int, RandomState instance or None, default=0
        Seed of the folds for target encoding. By default it is the same in each fit, so that
        the results of a pipeline depend on the ``random_state`` of the network alone; None
        draws other folds each time.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns seen in fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where they are all strings.
    codes_ : list
        Names of the numeric columns that are target encoded; their indices if X has no names.
    pairs_ : list of tuple
        Names of the pairs of columns that are target encoded, or their indices, likewise.

    References
    ----------
    .. [1] D. Holzmüller, L. Grinsztajn and I. Steinwart, "Better by default: Strong pre-tuned
       MLPs and boosted trees on tabular data", NeurIPS 2024.
    .. [2] Y. Gorishniy, I. Rubachev and A. Babenko, "On embeddings for numerical features in
       tabular deep learning", NeurIPS 2022.
    .. [3] D. Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes
       in classification and prediction problems", SIGKDD Explorations 3, 2001.
    .. [4] Y. Lou, R. Caruana, J. Gehrke and G. Hooker, "Accurate intelligible models with
       pairwise interactions", KDD 2013.

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

    _parts: ClassVar[dict[str, type]] = {
        "_numbers": Numbers,
        "_categories": Categories,
        "_means": TargetMeans,
        "_values": ValueMeans,
        "_pairs": PairMeans,
    }
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "max_bins": [Interval(Integral, 0, None, closed="left")],
        "max_bin_columns": [Interval(Integral, 0, None, closed="left")],
        "add_squares": ["boolean"],
        "max_one_hot": [Interval(Integral, 0, None, closed="left")],
        "max_pairs": [Interval(Integral, 0, None, closed="left")],
        "encode_codes": ["boolean"],
        "target_type": [Names({"auto", "multiclass", "continuous"})],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        max_bins: int = 16,
        max_bin_columns: int = 256,
        add_squares: bool = True,
        max_one_hot: int = 32,
        max_pairs: int = 16,
        encode_codes: bool = True,
        target_type: Literal["auto", "multiclass", "continuous"] = "auto",
        random_state: RandomState = 0,
    ) -> None:
        self.max_bins = max_bins
        self.max_bin_columns = max_bin_columns
        self.add_squares = add_squares
        self.max_one_hot = max_one_hot
        self.max_pairs = max_pairs
        self.encode_codes = encode_codes
        self.target_type = target_type
        self.random_state = random_state

    @quiet
    @fit_context
    def fit(self, X: Any, y: ArrayLike | None = None) -> Self:
        """Learn the columns of a table.

        Parameters
        ----------
        X : {DataFrame, Table, array-like} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            The target: class labels, or numbers. It is needed for target encoding.

        Returns
        -------
        object
            The fitted transformer itself.

        Raises
        ------
        ValueError
            X is sparse, empty, or has infinite or complex numbers; or a column has more than
            ``max_one_hot`` categories, and y is None.
        TypeError
            X is a table of another library, or one that is not in memory.

        Warns
        -----
        UserWarning
            A column has another category in nearly every row, as an identifier has.
        """
        self._learn(X, y)
        return self

    @quiet
    @fit_context
    def fit_transform(self, X: Any, y: ArrayLike | None = None) -> NDArray[np.float32]:
        """Learn the columns of a table, and return its features.

        Parameters
        ----------
        X : {DataFrame, Table, array-like} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            As of `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            As of `transform`, except that target means of a row are taken over other rows.

        Raises
        ------
        ValueError, TypeError
            As of `fit`.

        Warns
        -----
        UserWarning
            As of `fit`.
        """
        return self._features(*self._learn(X, y))

    @quiet
    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the features of a table.

        Parameters
        ----------
        X : {DataFrame, Table, array-like} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            Features in float32, C-ordered and finite: of numeric columns the numbers, squares,
            indicators of missing and far numbers, and parts of intervals; then of categories.
            Target means and log-odds count as numeric columns.

        Raises
        ------
        ValueError
            A column that was numeric in training has values of another kind, or infinity.
        TypeError
            As of `fit`.

        Warns
        -----
        UserWarning
            A column has no category that training had.
        """
        check_fitted(self)
        columns = self._columns(X, reset=False)
        categorical = self._select(columns, self._is_category)
        sources, coded = self._sources(columns), self._coded(categorical)
        means = self._means.sources(self._select(coded, self._is_large))
        means += self._values.sources(sources) + self._pairs.sources([*sources, *coded])
        result = self._features(len(columns[0]), sources + means, coded)
        for trio in zip(categorical, coded, self._categories.labels, strict=True):
            _warn_of_unknown(*trio)
        return result

    def _learn(self, X: Any, y: ArrayLike | None) -> tuple[int, list[Source], list[Coded]]:
        """Learn a table; return how many rows, and which numbers and categories, it has."""
        self.__dict__.pop("_numbers", None)  # not fitted until all is done
        columns = self._columns(X, reset=True)
        # Kinds and not dtypes, which differ between files of the same table.
        self._kinds = [column.kind for column in columns]
        categorical = self._select(columns, self._is_category)
        self._categories = Categories(categorical)
        self._is_large = np.array(
            [size > self.max_one_hot for size in self._categories.sizes], dtype=bool
        )
        sources, coded = self._sources(columns), self._coded(categorical)
        # Target means are numbers from here on, with squares and intervals of their own.
        means = self._learn_means(categorical, sources, coded, len(columns[0]), y)
        sources += means
        self._numbers = Numbers(sources, self.max_bins, self.max_bin_columns, self.add_squares)
        return len(columns[0]), sources, coded

    def _features(
        self, n_rows: int, sources: Sequence[Source], coded: Sequence[Coded]
    ) -> NDArray[np.float32]:
        """Return the features of numbers, target means among them, and of categories."""
        small = zip(coded, self._categories.sizes.tolist(), strict=True)
        one_hots = self._select([*small], ~self._is_large)
        return features_of(n_rows, self._numbers, sources, one_hots)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the features.

        Parameters
        ----------
        input_features : array-like of str, default=None
            The names of the columns; None means ``feature_names_in_``, or x0, x1, ...

        Returns
        -------
        ndarray of str
            A numeric column's own name, also with ``_squared``, ``_missing``, ``_far``, and
            ``_bin`` and a number; otherwise the column's and the category's, or ``_missing``.
            A repeated name has a number appended.
        """
        check_fitted(self)
        names = _check_feature_names_in(self, input_features)
        numbers, categories = names[self._is_number], names[self._is_category]
        means = self._means.names(categories[self._is_large])
        means += self._values.names(numbers) + self._pairs.names([*numbers, *categories])
        result = self._numbers.names(np.array([*numbers, *means], dtype=object))
        for j in np.flatnonzero(~self._is_large):
            result += [
                f"{categories[j]}_{'missing' if label is None else label}"
                for label in self._categories.labels[j]
            ]
        return np.array(_distinct(result), dtype=object)

    def sum_by_column(self, values: ArrayLike) -> NDArray[Any]:
        """Add up numbers of features, such as their attributions, for each column of the table.

        A column's number, square, indicators, intervals, categories and target means belong to
        it. What belongs to a pair of columns is divided in halves.

        Parameters
        ----------
        values : array-like of shape (n_samples, n_features_out), or with more dimensions
            A number for each row and feature, in units that can be added up: integrated
            gradients or Shapley values, but not gradients.

        Returns
        -------
        ndarray of shape (n_samples, n_features), or with the same further dimensions
            A number for each row and column of the table; 0 for columns that are ignored.

        Raises
        ------
        ValueError
            There are more or fewer features.

        See Also
        --------
        skmlp.inspection.attributions : What predictions owe to features.

        Examples
        --------
        >>> import pandas as pd
        >>> from skmlp import TabularPreprocessor
        >>> table = pd.DataFrame({"age": [20, 30, 60], "town": ["Ulm", "Bonn", "Bonn"]})
        >>> preprocessor = TabularPreprocessor(max_bins=0).fit(table)
        >>> preprocessor.get_feature_names_out().tolist()
        ['age', 'age_squared', 'town_Bonn', 'town_Ulm']
        >>> preprocessor.sum_by_column([[0.5, 0.25, 0.0, -1.0]]).tolist()
        [[0.75, -1.0]]
        """
        check_fitted(self)
        numbers, shares = np.asarray(values), self._shares()
        if numbers.ndim < 2 or numbers.shape[1] != len(shares):
            raise ValueError(
                f"values must have a column for each of the {len(shares)} features; got shape "
                f"{numbers.shape}."
            )
        return np.moveaxis(np.tensordot(numbers, shares, axes=(1, 0)), -1, 1)

    def _shares(self) -> NDArray[np.float64]:
        """Return the part (n_features_out, n_features) that each column has of each feature.

        The order is that of the names.
        """
        columns = np.eye(self.n_features_in_)
        numbers, categories = columns[self._is_number], columns[self._is_category]
        of_means = np.tile(categories[self._is_large], (len(self._means.labels), 1))
        of_codes = np.repeat(numbers[self._values.places], len(self._values.labels), axis=0)
        both = np.vstack([numbers, categories])
        first, second = np.array(self._pairs.places, dtype=np.intp).reshape(-1, 2).T
        of_pairs = np.repeat((both[first] + both[second]) / 2, len(self._pairs.labels), axis=0)
        sources = np.vstack([numbers, of_means, of_codes, of_pairs])
        sizes = self._categories.sizes[~self._is_large]
        one_hots = np.repeat(categories[~self._is_large], sizes, axis=0)
        return np.vstack([sources[self._numbers.columns], one_hots])

    def _columns(self, X: Any, *, reset: bool) -> list[Column]:
        """Return the columns of a table, checked against those of training."""
        X = _as_table(X)
        if not hasattr(X, "columns"):
            X = validate_data(self, X, reset=reset, dtype=None, ensure_all_finite=False)
            return [Column(column, j) for j, column in enumerate(X.T)]
        # scikit-learn's own checks would convert the table to one array of objects.
        names = list(X.columns)
        if 0 in X.shape:
            raise ValueError(f"X must have at least one row and one column; got {X.shape}.")
        # pandas alone takes two names that are NaN for the same.
        if len(set(names)) < len(names) or not getattr(X.columns, "is_unique", True):
            raise ValueError(f"X must have distinct column names; got {names}.")
        # As in nearly all calls; scikit-learn takes longer than a row to find it out.
        if reset or not are_names(names, getattr(self, "feature_names_in_", None)):
            validate_data(self, X, reset=reset, skip_check_array=True)
        columns = X.items() if hasattr(X, "items") else ((name, X[name]) for name in names)
        return [Column(column, name) for name, column in columns]

    @property
    def codes_(self) -> list[Any]:
        """The numeric columns whose values have means of the target."""
        check_fitted(self)
        names = self._names_of_columns[self._is_number].tolist()
        return [names[place] for place in self._values.places]

    @property
    def pairs_(self) -> list[tuple[Any, Any]]:
        """The pairs of columns that were found."""
        check_fitted(self)
        columns = self._names_of_columns
        names = [*columns[self._is_number].tolist(), *columns[self._is_category].tolist()]
        return [(names[i], names[j]) for i, j in self._pairs.places]

    @property
    def _names_of_columns(self) -> NDArray[Any]:
        """The names of the table's columns, or their numbers."""
        return getattr(self, "feature_names_in_", np.arange(self.n_features_in_))

    @staticmethod
    def _select(columns: Sequence[_Item], which: NDArray[np.bool_]) -> list[_Item]:
        return [column for column, is_select in zip(columns, which, strict=True) if is_select]

    @property
    def _is_number(self) -> NDArray[np.bool_]:
        """Which columns are numeric; those without any value in training are ignored."""
        return np.array([kind in NUMERIC for kind in self._kinds], dtype=bool)

    @property
    def _is_category(self) -> NDArray[np.bool_]:
        return np.array([kind == "category" for kind in self._kinds], dtype=bool)

    def _coded(self, categorical: Sequence[Column]) -> list[Coded]:
        """Return the rows of the categorical columns."""
        return [self._categories.coded(j, column) for j, column in enumerate(categorical)]

    def _sources(self, columns: Sequence[Column]) -> list[Source]:
        """Return the numbers of the numeric columns."""
        kinds = [kind for kind in self._kinds if kind in NUMERIC]
        chosen = self._select(columns, self._is_number)
        return [_numbers_of(*pair) for pair in zip(chosen, kinds, strict=True)]

    def _learn_means(
        self,
        categorical: Sequence[Column],
        sources: Sequence[Source],
        coded: Sequence[Coded],
        n_rows: int,
        y: ArrayLike | None,
    ) -> list[Source]:
        """Learn the target means of categories, values and pairs; return those of X.

        Raises
        ------
        ValueError
            A column has many categories, and there is no target, or no second row to take a
            mean over.

        Warns
        -----
        UserWarning
            A column has another category in nearly every row.
        """
        self._means, self._values, self._pairs = TargetMeans(), ValueMeans(), PairMeans()
        sizes, has_large = self._categories.sizes.tolist(), bool(self._is_large.any())
        if has_large:
            self._check_many(self._select(categorical, self._is_large), n_rows, y)
        has_pairs = self.max_pairs and n_rows >= PairMeans.least_rows
        has_codes = self.encode_codes and n_rows >= ValueMeans.least_rows
        if y is None or not (has_large or has_pairs or has_codes):
            return []
        random_state, means = check_random_state(self.random_state), []
        target = learn_target(y, n_rows, self.target_type, random_state)
        if has_large:
            chosen = self._select(coded, self._is_large)
            means = self._means.fit(chosen, self._select(sizes, self._is_large), target)
        if has_codes:
            means += self._values.fit(sources, target)
        if has_pairs:
            means += self._pairs.fit([*sources, *coded], sizes, target, self.max_pairs)
        return means

    def _check_many(self, large: Sequence[Column], n_rows: int, y: ArrayLike | None) -> None:
        """Check that there are target means of columns with many categories.

        Raises
        ------
        ValueError
            There is no target, or no second row.

        Warns
        -----
        UserWarning
            A column has another category in nearly every row.
        """
        if y is None or n_rows < 2:
            sizes = self._categories.sizes[self._is_large].tolist()
            columns = ", ".join(
                f"{column.name!r} ({size})" for column, size in zip(large, sizes, strict=True)
            )
            lack = "fit needs y" if y is None else "X needs at least two rows"
            raise ValueError(
                "A column has more than max_one_hot categories, which are encoded by the mean "
                f"of the target over other rows: {lack}. Or raise max_one_hot, which is "
                f"{self.max_one_hot}. Columns, and how many each has: {columns}."
            )
        for column in large:
            _warn_of_identifiers(column)

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
