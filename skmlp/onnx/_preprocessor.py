"""TabularPreprocessor as an ONNX graph."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skl2onnx.common.data_types import FloatTensorType
from skl2onnx.common.graph_builder_opset import Opset
from sklearn.utils.validation import _check_feature_names_in

from skmlp._tables.categories import Categories, number_of, spellings
from skmlp._tables.cells import Cut
from skmlp._tables.numbers import BOUND, OF_BIN, OF_SQUARE, Numbers
from skmlp._tables.values import ValueMeans
from skmlp.onnx._tensor import Tensor, alias, emit, joined

# Objects that are missing values, as strings in onnxruntime.
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


def _number_features(x: Tensor, numbers: Numbers) -> list[Tensor]:
    """Return the features of numeric columns, as of :class:`Numbers`."""
    deviations = x - numbers.center
    is_far = abs(deviations) > numbers.limit
    z = (deviations / numbers.spread).replace(is_far, 0.0)
    third = z / BOUND
    z = z / (third * third + 1.0).apply("Sqrt")
    z = z.replace(z.is_nan(), 0.0)
    features = [z]
    if numbers.add_squares:
        features.append((z * z - 1.0) * OF_SQUARE)
    if numbers.has_missing.any():
        features.append(x.take(np.flatnonzero(numbers.has_missing)).is_nan())
    if numbers.has_far.any():
        signs = deviations.apply("Sign").replace(is_far.apply("Not"), 0.0)
        features.append(signs.take(np.flatnonzero(numbers.has_far)))
    widths = [np.diff(edges) for edges in numbers.edges]
    if sum(map(len, widths)):
        columns = np.repeat(np.arange(len(widths)), [len(part) for part in widths])
        begins = np.concatenate([edges[:-1] for edges in numbers.edges])
        positions = (z.take(columns) - begins) / np.concatenate(widths)
        features.append((positions.apply("Clip", 0.0, 1.0) - 0.5) * OF_BIN)
    return features


def _codes(column: Tensor, categories: Categories, j: int, name: Any) -> Tensor:
    """Return the codes (n,) of column j (n, 1); unknown categories have their number."""
    if column.dtype == object:
        return _codes_of_strings(column, categories, j)
    return _codes_of_numbers(column, categories, j, name)


def _codes_of_strings(column: Tensor, categories: Categories, j: int) -> Tensor:
    labels = categories.labels[j]
    # A graph cannot compare by value as Categories do: all spellings are keys.
    names = [name for label in labels if label is not None for name in spellings(label)]
    codes = {name: categories.code(j, name) for name in names}
    if None in labels:
        # A category of such a name, if there is one, comes before a missing value.
        codes = dict.fromkeys(_MISSING, categories.code(j, None)) | codes
    return column.apply(
        "LabelEncoder",
        dtype=np.int64,
        domain="ai.onnx.ml",
        op_version=2,
        keys_strings=list(codes),
        values_int64s=list(codes.values()),
        default_int64=len(labels),
    ).flatten()


def _codes_of_numbers(column: Tensor, categories: Categories, j: int, name: Any) -> Tensor:
    """Return the codes of a column of numbers, for categories whose labels are numbers.

    Raises
    ------
    NotImplementedError
        No label is a number of that type.
    """
    labels, kind = categories.labels[j], column.dtype.kind
    codes: dict[float, int] = {}
    for label in labels:
        number = np.inf if label is None and kind == "f" else _number(label, kind)
        if number is not None:
            value = bool(number) if kind == "b" else number
            codes[number] = categories.code(j, None if label is None else value)
    if not codes:
        raise NotImplementedError(
            f"Column {name!r} has categories like {labels[0]!r}, which are not in an ONNX "
            f"input of type {column.dtype}. Convert with strings in that column of X."
        )
    if column.dtype.kind == "f":
        column = column.replace(column.is_nan(), np.inf)
    else:
        column = column.cast(np.int64)
    values = np.array(list(codes), column.dtype)
    return _matched(column, values, np.array(list(codes.values())), len(labels))


def _matched(
    column: Tensor, values: NDArray[Any], codes: NDArray[np.intp], unknown: int
) -> Tensor:
    """Return the codes (n,) of the values that a column (n, 1) has; `unknown` of others."""
    is_value = column.apply("Equal", values, dtype=bool)
    # At most one matches: its code is `unknown` plus the matching difference.
    below = codes[:, None].astype(float) - unknown
    return (is_value.cast(float) @ below + unknown).cast(np.int64).flatten()


def _number(label: str | None, kind: str) -> float | None:
    """Return the number, of this kind of dtype, of a category's label, or None.

    Missing is NaN among floats, represented by infinity here, which equals itself.
    """
    number = None if label is None else number_of(label)
    if number is None or not np.isfinite(number):
        return None
    if kind == "f":
        return float(number)
    is_whole = number == int(number) and abs(number) < 2**63
    return int(number) if is_whole and (kind != "b" or number in (0, 1)) else None


def _one_hot(codes: Tensor, size: int) -> Tensor:
    """Return the one-hot encoding of codes; a row is 0 for an unknown category."""
    return codes.look_up(np.eye(size + 1, size, dtype=np.float32))


def _target_means(codes: Sequence[Tensor], tables: Sequence[NDArray[Any]]) -> Tensor:
    """Return the target means of all columns for the first label, then the second, ..."""
    means = [code.look_up(table) for code, table in zip(codes, tables, strict=True)]
    # As TabularPreprocessor has them: label by label, not column by column.
    by_column = np.arange(sum(table.shape[1] for table in tables)).reshape(len(tables), -1)
    return joined(means).take(by_column.ravel(order="F"))


def _value_means(numbers: Sequence[Tensor], means: ValueMeans) -> list[Tensor]:
    """Return the means of the target for the values of columns."""
    result = []
    for place, values, table in zip(means.places, means.values, means.tables, strict=True):
        column = joined(numbers).take([place])
        codes = _matched(column, values, np.arange(len(values)), len(values) + 1)
        is_missing = column.is_nan().cast(np.int64).flatten()
        result.append((codes - is_missing).look_up(table))
    return result


def _cells(column: Tensor, cut: Cut) -> Tensor:
    """Return the cells (n,) of a column of numbers (n, 1)."""
    edges = np.asarray(cut.edges, float)
    n_above = (-column > -edges).cast(float) @ np.ones((len(edges), 1))
    return (column.is_nan().cast(float) - n_above + len(edges)).cast(np.int64).flatten()


def convert_preprocessor(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes of a TabularPreprocessor to the graph, in float64 but for the result."""
    preprocessor, graph = operator.raw_operator, Opset(container, scope)
    names = _check_feature_names_in(preprocessor, None)
    is_large, categories = preprocessor._is_large, preprocessor._categories
    others = np.flatnonzero(preprocessor._is_category)

    def codes(chosen: NDArray[np.intp]) -> list[Tensor]:
        columns = [_columns(graph, operator.inputs, [k])[0] for k in others[chosen]]
        return [
            _codes(column, categories, j, names[others[j]])
            for j, column in zip(chosen, columns, strict=True)
        ]

    numbers = _columns(graph, operator.inputs, np.flatnonzero(preprocessor._is_number))
    if any(part.dtype == object for part in numbers):
        raise NotImplementedError(
            "Columns of numbers cannot come as strings, as from an array of objects: convert "
            "with a DataFrame for X, each column of which becomes an input."
        )
    # As in Python: float32 would round large numbers, such as seconds of dates.
    numbers = [part.cast(float) for part in numbers]
    features, means, pairs = [], preprocessor._means, preprocessor._pairs
    n_numbers, cuts = int(preprocessor._is_number.sum()), pairs.cuts
    of_values = _value_means(numbers, preprocessor._values)
    cells = {
        j: _cells(joined(numbers).take([j]), cuts[j])
        if j < n_numbers
        else codes(np.array([j - n_numbers]))[0]
        for j in sorted({*chain(*pairs.places)})
    }
    of_pairs = [
        (cells[i] * cuts[j].size + cells[j]).look_up(table) for i, j, table in pairs.pairs
    ]
    if means.labels:
        numbers.append(_target_means(codes(np.flatnonzero(is_large)), means.tables))
    numbers += of_values + of_pairs
    if numbers:
        features += _number_features(joined(numbers), preprocessor._numbers)
    small = np.flatnonzero(~is_large)
    features += map(_one_hot, codes(small), categories.sizes[small])
    if not features:
        raise NotImplementedError("No column of X had a value in training: there is no output.")
    result = joined([feature.cast(np.float32) for feature in features])
    emit(result, operator.outputs[0], container)


def shape_of_preprocessor(operator: Any) -> None:
    """Tell skl2onnx the shape of the output, or raise ValueError if inputs are missing."""
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
    """Declare the output, always float32."""
    operator = scope.declare_local_operator(alias(type(model)), model)
    operator.inputs = inputs
    operator.outputs.append(scope.declare_local_variable("features", FloatTensorType()))
    return operator.outputs
