"""Fitted estimators as ONNX models, which run without Python, scikit-learn or skmlp.

:func:`to_onnx` converts the networks, :class:`~skmlp.TabularPreprocessor`, and any Pipeline of
them and of estimators that skl2onnx supports. Importing this module registers all of them with
skl2onnx, whose own functions then convert them, too. It needs ``pip install
skmlp[onnx]``.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

from skmlp._base import BaseMLP
from skmlp._classifiers import MLPBinaryClassifier, MLPMulticlassClassifier
from skmlp._float_errors import quiet
from skmlp._multilabel import MLPMultilabelClassifier
from skmlp._regressors import MLPRegressor
from skmlp._tables.columns import NUMERIC, Column, as_frame
from skmlp.preprocessing import TabularPreprocessor

try:
    import onnx
    import skl2onnx
    from skl2onnx.common.data_types import DoubleTensorType, guess_data_type
except ImportError as error:
    raise ImportError(
        "skmlp.onnx needs skl2onnx, and onnxruntime to run the models: python -m pip install "
        "skl2onnx onnxruntime"
    ) from error

from skmlp.onnx._network import ALONE, convert_network, parse_network, shape_of_network
from skmlp.onnx._preprocessor import (
    convert_preprocessor,
    parse_preprocessor,
    shape_of_preprocessor,
)
from skmlp.onnx._tensor import alias

for _classifier in (MLPBinaryClassifier, MLPMulticlassClassifier, MLPMultilabelClassifier):
    skl2onnx.update_registered_converter(
        _classifier,
        alias(_classifier),
        shape_of_network,
        convert_network,
        parser=parse_network,
        options={
            "transform": [False, True, ALONE],
            "zipmap": [True, False, "columns"],
            "nocl": [True, False],
            "raw_scores": [True, False],
        },
    )
skl2onnx.update_registered_converter(
    MLPRegressor,
    alias(MLPRegressor),
    shape_of_network,
    convert_network,
    parser=parse_network,
    options={"transform": [False, True, ALONE]},
)
skl2onnx.update_registered_converter(
    TabularPreprocessor,
    alias(TabularPreprocessor),
    shape_of_preprocessor,
    convert_preprocessor,
    parser=parse_preprocessor,
)


def _initial_types(X: Any) -> list[tuple[str, Any]]:
    """Return names and types of the inputs: one for each column of a DataFrame, or one."""
    if hasattr(X, "columns"):
        return [(str(name), _type_of_column(X[name])) for name in X.columns]
    X = X if hasattr(X, "dtype") else np.asarray(X)
    return [("X", _type_of(X, X.shape[1]))]


def _check_columns(estimator: Any, X: Any) -> None:
    """Raise ValueError if X lacks the columns of training, in their order."""
    if np.ndim(X) != 2:
        raise ValueError(f"X must have rows and columns; got {np.ndim(X)} dimensions.")
    first = estimator
    # The first step has the names and number of features that the pipeline takes.
    while isinstance(first, Pipeline):
        first = first[0]
    if isinstance(first, ColumnTransformer):  # it selects columns itself
        return
    names = getattr(first, "feature_names_in_", None)
    if names is not None and hasattr(X, "columns") and list(X.columns) != list(names):
        raise ValueError(
            f"X has not the columns of training, in their order: {list(names)}; got "
            f"{list(X.columns)}."
        )
    n_features = getattr(first, "n_features_in_", np.shape(X)[1])
    if np.shape(X)[1] != n_features:
        raise ValueError(
            f"X has {np.shape(X)[1]} columns, but {type(first).__name__} is expecting "
            f"{n_features} features as input."
        )


def _type_of(values: Any, n_columns: int) -> Any:
    """Return skl2onnx's type of an input with these values."""
    result = guess_data_type(values)[0][1]
    result.shape = [None, n_columns]  # any number of rows
    return result


def _type_of_column(column: Any) -> Any:
    """Return the type of an input for a column: float64 for dates, and numbers in objects."""
    values = np.asarray(column)
    # ONNX has no dates: a model takes their seconds.
    is_time = values.dtype.kind in "mM"
    if is_time or (values.dtype.kind == "O" and Column(values).kind in NUMERIC):
        return DoubleTensorType([None, 1])
    return _type_of(values, 1)


def _feeding_networks(estimator: Any, feeds: bool = False) -> Iterator[Any]:
    """Yield the networks whose representation is another estimator's input."""
    if isinstance(estimator, BaseMLP) and feeds:
        yield estimator
    elif isinstance(estimator, Pipeline):
        *first, last = (step for _, step in estimator.steps)
        for step in first:
            yield from _feeding_networks(step, feeds=True)
        yield from _feeding_networks(last, feeds)
    elif isinstance(estimator, FeatureUnion):
        for _, part in estimator.transformer_list:
            yield from _feeding_networks(part, feeds=True)
    elif isinstance(estimator, ColumnTransformer):
        for part in estimator.named_transformers_.values():
            yield from _feeding_networks(part, feeds=True)


@quiet
def to_onnx(
    estimator: Any,
    X: Any,
    *,
    transform: bool = False,
    options: dict[Any, Any] | None = None,
    **kwargs: Any,
) -> onnx.ModelProto:
    """Convert a fitted estimator into an ONNX model.

    Parameters
    ----------
    estimator : object
        A network, a :class:`~skmlp.TabularPreprocessor`, or a Pipeline or
        search of them and of estimators that skl2onnx supports.

    X : {DataFrame, array-like} of shape (n_samples, n_features)
        Rows with the types of the model's input. With a DataFrame, of pandas or polars, each
        column is an input of shape (n, 1), in the same order and of the same name (skl2onnx
        replaces characters other than letters and digits by ``_``); otherwise there is one
        input ``X``.

    transform : bool, default=False
        Whether the hidden representation is an output, too.

    options : dict, default=None
        Further options for skl2onnx's converters, {id(step): {name: value}}; of a network
        'zipmap', 'nocl' and 'raw_scores' have the meaning they have for other classifiers.

    **kwargs
        Further parameters of :func:`skl2onnx.to_onnx`, such as ``target_opset``, from 13 on.

    Returns
    -------
    onnx.ModelProto
        Its outputs, of a classifier, are ``label`` of shape (n,), ``probabilities`` of shape
        (n, n_classes) and, if wanted, ``representation``, which is what the network's
        `transform` returns. Of several labels ``label`` has indicators, of shape (n,
        n_labels). A regressor's predictions are ``variable``, of shape (n, n_outputs).

    Raises
    ------
    NotImplementedError
        ONNX has no type for the labels or a column, or an activation has no ONNX form.
    ValueError
        ``transform=True`` where there is no network at the end, or it has no hidden layer; or
        X has not the columns of training.

    Notes
    -----
    The network computes in the dtype of its parameters, as its `predict_proba` does, and the
    results have that of X: float64, or otherwise float32. ('gelu' in float64 takes the error
    function in float32, the only one in onnxruntime.) Labels are strings, or int64 for numbers
    and booleans. Input that raises an error in Python, such as infinity, does not here.

    The columns of a TabularPreprocessor may come as these types.

    - Numbers: any numeric type; NaN is missing. Dates and durations: seconds, since 1970-01-01
      UTC, in float64.
    - Categories: strings, which are what ``str`` makes of the values. Missing is None, NaN, NaT
      or pandas' NA in an array of objects, or the name of one as a string, unless training
      had a category of that name. Where X has them in a column of numbers or booleans, such are
      what the input takes, NaN being missing.

    In a Pipeline, FeatureUnion or ColumnTransformer a network that comes before another
    estimator gives it the hidden representation. skl2onnx's own functions have to be told so
    by the option ``{"transform": "only"}`` of the network; ``True`` is for all three outputs.

    Examples
    --------
    >>> import pandas as pd
    >>> from onnxruntime import InferenceSession
    >>> from sklearn.pipeline import make_pipeline
    >>> from skmlp import MLPBinaryClassifier, TabularPreprocessor
    >>> from skmlp.onnx import to_onnx
    >>> X = pd.DataFrame(
    ...     {"age": [20, 30, None, 60] * 10, "town": ["Ulm", "Bonn", None, "Bonn"] * 10}
    ... )
    >>> y = ["no", "yes", "yes", "no"] * 10
    >>> network = MLPBinaryClassifier(solver="lbfgs", max_iter=20, tol=0.1)
    >>> pipeline = make_pipeline(TabularPreprocessor(), network)
    >>> session = InferenceSession(to_onnx(pipeline.fit(X, y), X).SerializeToString())
    >>> inputs = {name: X[[name]].to_numpy() for name in X}
    >>> label, probabilities = session.run(None, inputs)
    >>> bool((label == pipeline.predict(X)).all())
    True
    >>> bool(abs(probabilities - pipeline.predict_proba(X)).max() < 1e-5)
    True
    """
    while hasattr(estimator, "best_estimator_"):
        estimator = estimator.best_estimator_
    X = as_frame(X)
    _check_columns(estimator, X)
    last = estimator
    while isinstance(last, Pipeline):
        last = last[-1]
    chosen: dict[Any, Any] = {
        id(network): {"transform": ALONE} for network in _feeding_networks(estimator)
    }
    if is_classifier(last):
        chosen[id(last)] = {"zipmap": False}  # an array rather than a list of dicts
    if transform:
        if not isinstance(last, BaseMLP):
            raise ValueError(
                "transform=True is for a network, or a Pipeline that ends with one; got "
                f"{type(last).__name__}."
            )
        chosen[id(last)] = chosen.get(id(last), {}) | {"transform": True}
    for key, further in (options or {}).items():
        chosen[key] = chosen.get(key, {}) | further
    return skl2onnx.to_onnx(
        estimator, initial_types=_initial_types(X), options=chosen, **kwargs
    )
