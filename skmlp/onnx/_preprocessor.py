"""TabularPreprocessor as an ONNX graph."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skl2onnx.common.data_types import FloatTensorType
from skl2onnx.common.graph_builder_opset import Opset
from sklearn.utils.validation import _check_feature_names_in

from skmlp.onnx._tensor import Tensor, alias, emit, joined
from skmlp.preprocessing import _BOUND, _OF_BIN, _OF_SQUARE, _Numbers

# What onnxruntime makes of the objects that stand for a missing value.
_MISSING = ("None", "nan", "NaN", "NaT", "<NA>")


def _columns(
    graph: Opset, inputs: Sequence[Any], wanted: Sequence[int] | NDArray[np.intp]
) -> list[Tensor]:
    """Return the wanted columns, given in rising order; those of one input together."""
    result, begin = [], 0
    for variable in inputs:
        width = variable.get_second_dimension()
        inside = [j - begin for j in wanted if begin <= j < begin + width]
        if inside:
            result.append(Tensor.of(graph, variable).take(inside))
        begin += width
    return result


def _number_features(x: Tensor, numbers: _Numbers) -> list[Tensor]:
    """Return what becomes of numeric columns, as :class:`_Numbers` has it."""
    deviations = x - numbers._center
    is_far = abs(deviations) > numbers._limit
    z = (deviations / numbers._spread).replace(is_far, 0.0)
    third = z / _BOUND
    z = z / (third * third + 1.0).apply("Sqrt")
    z = z.replace(z.is_nan(), 0.0)
    features = [z]
    if numbers._add_squares:
        features.append((z * z - 1.0) * _OF_SQUARE)
    if numbers._has_missing.any():
        features.append(x.take(np.flatnonzero(numbers._has_missing)).is_nan())
    if numbers._has_far.any():
        signs = deviations.apply("Sign").replace(is_far.apply("Not"), 0.0)
        features.append(signs.take(np.flatnonzero(numbers._has_far)))
    widths = [np.diff(edges) for edges in numbers._edges]
    if sum(map(len, widths)):
        columns = np.repeat(np.arange(len(widths)), [len(part) for part in widths])
        begins = np.concatenate([edges[:-1] for edges in numbers._edges])
        shares = (z.take(columns) - begins) / np.concatenate(widths)
        features.append((shares.apply("Clip", 0.0, 1.0) - 0.5) * _OF_BIN)
    return features


def _codes(column: Tensor, categories: Sequence[str | None], name: Any) -> Tensor:
    """Return the numbers (n,) of the categories in a column (n, 1); of others, how many."""
    if column.dtype == object:
        return _codes_of_strings(column, categories)
    return _codes_of_numbers(column, categories, name)


def _codes_of_strings(column: Tensor, categories: Sequence[str | None]) -> Tensor:
    codes = {name: code for code, name in enumerate(categories) if name is not None}
    if None in categories:
        codes = dict.fromkeys(_MISSING, list(categories).index(None)) | codes
    return column.apply(
        "LabelEncoder",
        dtype=np.int64,
        domain="ai.onnx.ml",
        op_version=2,
        keys_strings=list(codes),
        values_int64s=list(codes.values()),
        default_int64=len(categories),
    ).flatten()


def _codes_of_numbers(column: Tensor, categories: Sequence[str | None], name: Any) -> Tensor:
    """As `_codes`: a category is the number that it is written as.

    Raises
    ------
    NotImplementedError
        None is written as a number of that type.
    """
    codes: dict[float, int] = {}
    for code, category in enumerate(categories):
        number = _number(category, column.dtype.kind)
        if number is not None:
            codes.setdefault(number, code)
    if not codes:
        raise NotImplementedError(
            f"Column {name!r} has categories like {categories[0]!r}, which are not in an ONNX "
            f"input of type {column.dtype}. Convert with strings in that column of X."
        )
    if column.dtype.kind == "f":
        column = column.replace(column.is_nan(), np.inf)
    else:
        column = column.cast(np.int64)
    is_category = column.apply("Equal", np.array(list(codes), column.dtype), dtype=bool)
    below = np.array(list(codes.values()), float)[:, None] - len(categories)
    return (is_category.cast(float) @ below + len(categories)).cast(np.int64).flatten()


def _number(category: str | None, kind: str) -> float | None:
    """Return the number of this kind of dtype that a category is written as, or None.

    What is missing is NaN among floats, for which infinity stands here: it equals itself.
    """
    if category is None:
        return np.inf if kind == "f" else None
    if kind == "b":
        return {"False": 0, "True": 1}.get(category)
    try:
        number = float(category) if kind == "f" else int(category)
    except ValueError:
        return None
    return number if category in (str(number), f"{number:.0f}") else None


def _one_hot(codes: Tensor, categories: Sequence[str | None]) -> Tensor:
    """Return a column for each category, all 0 where there is another."""
    return codes.look_up(np.eye(len(categories) + 1, len(categories), dtype=np.float32))


def _target_means(codes: Sequence[Tensor], encoders: Sequence[Any]) -> Tensor:
    """Return the columns' means of the target for the second class, then for the third, ..."""
    tables = [
        np.column_stack([np.append(e.encodings_[j], e.target_mean_) for e in encoders])
        for j in range(len(codes))
    ]
    means = [code.look_up(table) for code, table in zip(codes, tables, strict=True)]
    by_column = np.arange(len(codes) * len(encoders)).reshape(len(codes), len(encoders))
    return joined(means).take(by_column.ravel(order="F"))


def convert_preprocessor(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes of a TabularPreprocessor to the graph, in float64 but for the result."""
    preprocessor, graph = operator.raw_operator, Opset(container, scope)
    names = _check_feature_names_in(preprocessor, None)
    is_number, is_large = preprocessor._is_number, preprocessor._is_large

    def codes(columns: NDArray[np.intp], encoder: Any) -> list[Tensor]:
        return [
            _codes(_columns(graph, operator.inputs, [j])[0], categories, names[j])
            for j, categories in zip(columns, encoder.categories_, strict=True)
        ]

    numbers = _columns(graph, operator.inputs, np.flatnonzero(is_number))
    if any(part.dtype == object for part in numbers):
        raise NotImplementedError(
            "Columns of numbers cannot come as strings, as from an array of objects: convert "
            "with a DataFrame for X, each column of which becomes an input."
        )
    numbers = [part.cast(float) for part in numbers]
    others, features = np.flatnonzero(~is_number), []
    if is_large.any() and (encoders := preprocessor._means._encoders):
        numbers.append(_target_means(codes(others[is_large], encoders[0]), encoders))
    if numbers:
        features += _number_features(joined(numbers), preprocessor._numbers)
    if not is_large.all():
        one_hot = preprocessor._one_hot
        features += map(_one_hot, codes(others[~is_large], one_hot), one_hot.categories_)
    result = joined([feature.cast(np.float32) for feature in features])
    emit(result, operator.outputs[0], container)


def shape_of_preprocessor(operator: Any) -> None:
    """Tell skl2onnx the shape of the output, or raise ValueError where inputs are missing."""
    preprocessor = operator.raw_operator
    n_features = len(preprocessor.get_feature_names_out())
    n_columns = sum(variable.get_second_dimension() for variable in operator.inputs)
    if n_columns != preprocessor.n_features_in_:
        raise ValueError(
            f"TabularPreprocessor expects {preprocessor.n_features_in_} columns; the inputs "
            f"have {n_columns}."
        )
    operator.outputs[0].type.shape = [operator.inputs[0].get_first_dimension(), n_features]


def parse_preprocessor(
    scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None
) -> list[Any]:
    """Declare the output, which is float32 whatever the inputs are."""
    operator = scope.declare_local_operator(alias(type(model)), model)
    operator.inputs = inputs
    operator.outputs.append(scope.declare_local_variable("features", FloatTensorType()))
    return operator.outputs
