"""What a fitted network's predictions owe to its features."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import check_scalar

from skmlp._data import allowed_dtypes
from skmlp._ensemble import Ensemble
from skmlp._explanations import naming, with_message
from skmlp._float_errors import quiet
from skmlp._input_gradients import input_gradients
from skmlp._labels import encode_labels
from skmlp._network import run_in_blocks
from skmlp._outputs.base import Output
from skmlp._outputs.classes import Classification
from skmlp._parameters import suggestion
from skmlp._pipelines import get_network, steps_before
from skmlp._rows import convert_rows, explaining
from skmlp._team import ONE_THREAD_OF_BLAS

__all__ = ["attributions"]

_METHODS = ("gradient", "integrated")
# Derivatives that are computed at a time, so that several arrays of them stay small.
_AT_A_TIME = 1 << 20


def _rows_of(estimator: Any, network: Any, X: Any) -> NDArray[Any]:
    """Return the features that the network of an estimator sees, of its dtype or another."""
    steps = steps_before(estimator)
    if steps is not None:
        X = steps.transform(X)
    with explaining(network, X, network._ensemble.theta.dtype):
        return convert_rows(network, X, allowed_dtypes(X), reset=False)


def _check_baseline(estimator: Any, network: Any, baseline: Any, n_rows: int) -> NDArray[Any]:
    """Return one row or `n_rows`, or raise TypeError or ValueError."""
    try:
        rows = _rows_of(estimator, network, baseline)
    except (TypeError, ValueError) as error:
        raise with_message(error, f"baseline, taken as X is: {error}") from error
    if rows.shape[0] not in (1, n_rows):
        raise ValueError(
            f"baseline must have one row, or as many as X, {n_rows}; got {rows.shape[0]}."
        )
    return rows


def _columns(target: Any, output: Output, n_rows: int) -> list[Any]:
    """Return the columns of predictions that a target means, each as `input_gradients` does.

    Raises
    ------
    ValueError
        There is no such class, label or column; or not one a row.
    """
    if target is None:
        return list(output.columns)
    targets = np.asarray(target)
    if targets.ndim > 1 or (targets.ndim == 1 and len(targets) != n_rows):
        raise ValueError(
            f"target must be one for all {n_rows} rows of X, or one for each of them; got "
            f"shape {targets.shape}."
        )
    labels = output.classes if isinstance(output, Classification) else np.array(output.columns)
    with naming("target"):
        distinct = np.unique(targets).tolist()
    unknown = [each for each in distinct if each not in labels.tolist()]
    if unknown:
        raise ValueError(f"target must be among {labels.tolist()}; got {unknown[0]!r}.")
    return [encode_labels(targets, labels)]


def _path(method: str, n_steps: int) -> list[tuple[float, float]]:
    """Return points between baseline and row, and their weights: of the rule by Gauss."""
    if method == "gradient":
        return [(1.0, 1.0)]
    points, weights = np.polynomial.legendre.leggauss(n_steps)
    return list(zip(((points + 1) / 2).tolist(), (weights / 2).tolist(), strict=True))


def _mean_gradients(
    ensemble: Ensemble,
    output: Output,
    X: NDArray[Any],
    baseline: NDArray[Any],
    path: Sequence[tuple[float, float]],
    columns: Sequence[Any],
) -> NDArray[Any]:
    """Return the weighted mean (n, d, r) of the gradients along the path."""
    total = np.zeros((*X.shape, len(columns)), X.dtype)
    for point, weight in path:
        rows = X if point == 1 else baseline + point * (X - baseline)
        rows = np.ascontiguousarray(rows, X.dtype)
        gradients = input_gradients(ensemble, output, rows, columns)
        gradients *= weight
        total += gradients
    return total


def _as_block(rows: Any, block: slice, dtype: Any) -> NDArray[Any]:
    """Return rows as a dense array; a single row is for all."""
    part = rows[block] if rows.shape[0] > 1 else rows
    part = part.toarray() if sparse.issparse(part) else part
    return np.ascontiguousarray(part, dtype)


@quiet
def attributions(
    estimator: Any,
    X: Any,
    *,
    method: Literal["gradient", "integrated"] = "gradient",
    target: Any = None,
    baseline: Any = None,
    n_steps: int = 50,
) -> NDArray[Any]:
    """Attribute the predictions of a fitted network to its features.

    What is attributed is a number for each row: of classifiers `decision_function`, the logit
    or the log-odds of a class or label; of regressors `predict`, in the unit of y. Of several
    members (``n_members``) it is their common prediction.

    - 'gradient': the derivative of that number by each feature [1]_. It says what a small
      change of the feature does, and is in the unit of the prediction per unit of the feature.
    - 'integrated': the mean derivative on the straight line from the baseline to the row, times
      their difference: integrated gradients [2]_. A row's attributions are in the unit of the
      prediction. Together they are the prediction of the row less that of the baseline.

    Parameters
    ----------
    estimator : object
        Fitted network of skmlp, or a fitted Pipeline whose last step is one. `X` and
        `baseline` then go through the other steps, and features are those that come out of
        them.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Rows, as the estimator takes them.
    method : {'gradient', 'integrated'}, default='gradient'
        What to compute.
    target : label or int, or array-like of shape (n_samples,), default=None
        The class, from ``classes_``, or the number of the label or of the column of
        predictions; one for all rows, or one for each, such as ``estimator.predict(X)``. None
        means all; of two classes it means ``classes_[1]``.
    baseline : {array-like, sparse matrix} of shape (1 or n_samples, n_features), default=None
        Where 'integrated' begins: a row that means "nothing said", as the estimator takes it;
        or one for each row. None means zeros of the network's features, which are the means
        after a StandardScaler, and the medians without any category after a
        TabularPreprocessor.
    n_steps : int, default=50
        Points on the line, for 'integrated': the rule by Gauss and Legendre.

    Returns
    -------
    ndarray of shape (n_samples, n_features_of_network), or with one more dimension
        In the dtype of what the network sees. Where `target` is None and there are several
        classes, labels or columns of predictions, they are the last dimension.

    Raises
    ------
    TypeError
        The estimator is not a network of skmlp, and does not end in one; X is invalid; or
        `n_steps` is no integer.
    ValueError
        `method`, `target`, `baseline` or `n_steps` is not one of those above; X is invalid; or
        derivatives are not finite.

    See Also
    --------
    skmlp.TabularPreprocessor.sum_by_column : From features to the columns of a table.
    sklearn.inspection.permutation_importance : What a feature is worth for a score.

    Notes
    -----
    ReLU and its kin have kinks, where the derivative is the left one, as in training. Sparse
    rows give a dense result.

    References
    ----------
    .. [1] K. Simonyan, A. Vedaldi and A. Zisserman, "Deep inside convolutional networks:
       Visualising image classification models and saliency maps", ICLR workshop 2014.
    .. [2] M. Sundararajan, A. Taly and Q. Yan, "Axiomatic attribution for deep networks",
       ICML 2017.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skmlp import MLPBinaryClassifier
    >>> from skmlp.inspection import attributions
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X = StandardScaler().fit_transform(X)
    >>> network = MLPBinaryClassifier(16, "tanh", solver="lbfgs", alpha=1.0, random_state=0)
    >>> values = attributions(network.fit(X, y), X, method="integrated")
    >>> values.shape
    (569, 30)
    >>> logits = network.decision_function(X)
    >>> of_baseline = network.decision_function(0 * X[:1])
    >>> bool(abs(values.sum(axis=1) - (logits - of_baseline)).max() < 1e-6)
    True
    """
    network = get_network(estimator, of_classes=False)
    if method not in _METHODS:
        raise ValueError(
            f"method must be one of {list(_METHODS)}; got {method!r}."
            f"{suggestion(method, _METHODS)}"
        )
    path = _path(method, check_scalar(n_steps, "n_steps", Integral, min_val=1))
    rows = _rows_of(estimator, network, X)
    n_rows, n_features = rows.shape
    begins = np.zeros((1, n_features), rows.dtype)
    if baseline is not None:
        begins = _check_baseline(estimator, network, baseline, n_rows)
    ensemble, output = network._ensemble, network._output
    ensemble.check_shapes(n_features, output)
    columns, dtype = _columns(target, output, n_rows), ensemble.theta.dtype
    result = np.empty((n_rows, n_features, len(columns)), rows.dtype)

    def compute(block: slice) -> bool:
        x, begin = (_as_block(part, block, dtype) for part in (rows, begins))
        of_block = [c[block] if np.ndim(c) else c for c in columns]
        values = _mean_gradients(ensemble, output, x, begin, path, of_block)
        if method == "integrated":
            values *= (x - begin)[:, :, np.newaxis]
        result[block] = values
        return bool(np.isfinite(result[block]).all())

    def compute_parts(block: slice) -> bool:
        size = max(1, _AT_A_TIME // (n_features * len(columns)))
        starts = range(block.start, block.stop, size)
        return all(compute(slice(start, min(start + size, block.stop))) for start in starts)

    with ONE_THREAD_OF_BLAS:  # whose sums would depend on how many it has
        is_finite = run_in_blocks(compute_parts, n_rows, network.n_jobs)
    if not is_finite:
        raise ValueError(
            "Derivatives are not finite: Input X contains numbers that are too large, or the "
            "parameters of the network are. Scale X, in the same way for fit and here."
        )
    return result[:, :, 0] if len(columns) == 1 else result
