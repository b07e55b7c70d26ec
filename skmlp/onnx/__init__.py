"""Fitted estimators as ONNX models, which run without Python, scikit-learn or skmlp.

:func:`to_onnx` converts the networks, :class:`~skmlp.TabularPreprocessor`, and Pipelines that
contain them and estimators that skl2onnx supports. Importing this module also registers the
estimators of skmlp with skl2onnx, so that its own functions convert them. It needs skl2onnx.
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
    """Return names and types of the inputs: one for each column of a DataFrame, else one."""
    if hasattr(X, "columns"):
        return [(str(name), _type_of_column(X[name])) for name in X.columns]
    X = X if hasattr(X, "dtype") else np.asarray(X)
    return [("X", _type_of(X, X.shape[1]))]


def _check_columns(estimator: Any, X: Any) -> None:
    """Raise ValueError if X does not have the columns of training, in their order."""
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
            f"X must have the columns of training, in their order: {list(names)}; got "
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
        A fitted network or :class:`~skmlp.TabularPreprocessor`; a Pipeline that contains them
        and estimators that skl2onnx supports; or a search over one of these, whose best
        estimator is converted.

    X : {DataFrame, array-like} of shape (n_samples, n_features)
        Rows with the types that the input of the model is to have. Each column of a DataFrame,
        of pandas or polars, becomes an input of shape (n, 1), with the name of the column and
        in the order of the columns. skl2onnx replaces characters of the names other than
        letters and digits by ``_``. An array becomes a single input ``X``.

    transform : bool, default=False
        Whether the model also has the hidden representation as an output.

    options : dict, default=None
        Further options for the converters of skl2onnx, {id(step): {name: value}}. For a
        network, 'zipmap', 'nocl' and 'raw_scores' mean the same as for other classifiers.

    **kwargs
        Further parameters of :func:`skl2onnx.to_onnx`, such as ``target_opset``, from 13 on.

    Returns
    -------
    onnx.ModelProto
        The outputs of a classifier are ``label`` of shape (n,) and ``probabilities`` of shape
        (n, n_classes). With several labels, ``label`` has indicators, of shape (n, n_labels).
        The output of a regressor is ``variable``, of shape (n, n_outputs). With
        ``transform=True`` there is another output, ``representation``: what the `transform` of
        the network returns.

    Raises
    ------
    NotImplementedError
        ONNX has no type for the labels or for a column, or an activation has no ONNX form.
    ValueError
        X does not have the columns of training; or ``transform=True``, but the last step is not
        a network, or has no hidden layer.

    Notes
    -----
    The network computes in the dtype of its parameters, as its `predict_proba` does. The
    results are float64 if X is, and float32 otherwise. For 'gelu' in float64 the error
    function is computed in float32, as onnxruntime has no other. Labels are strings, or int64
    if they are numbers or booleans. The model does not check its input: what raises an error
    in Python, such as infinity, gives some result.

    The inputs for the columns of a TabularPreprocessor take these values:

    - Numbers: any numeric type. NaN is missing.
    - Dates: seconds since 1970-01-01 UTC, in float64. Durations: seconds, in float64.
    - Categories: strings, as ``str`` makes them of the values. In an array of objects None,
      NaN, NaT and pandas' NA are missing. So are their names as strings, unless training had a
      category of that name. If the column of X has numbers or booleans, the input takes these,
      and NaN is missing.

    In a Pipeline, FeatureUnion or ColumnTransformer, a network that comes before another
    estimator passes it the hidden representation. The functions of skl2onnx itself need to be
    told so, by the option ``{"transform": "only"}`` of the network. ``True`` gives all three
    outputs.

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
