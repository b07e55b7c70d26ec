"""Tensors of an ONNX graph: formulas of them add nodes to it."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from onnx.helper import np_dtype_to_tensor_dtype, tensor_dtype_to_np_dtype
from skl2onnx.common.graph_builder_opset import Opset


class Tensor:
    """A tensor of a graph, to which operators on it add nodes.

    Numbers in formulas become constants of its dtype; arrays keep theirs.
    """

    def __init__(self, graph: Opset, name: str, dtype: Any) -> None:
        self._graph = graph
        self.name = name
        self.dtype = np.dtype(dtype)

    @classmethod
    def of(cls, graph: Opset, variable: Any) -> Self:
        """Return the tensor of a variable of skl2onnx."""
        element = variable.type.to_onnx_type().tensor_type.elem_type
        return cls(graph, variable.full_name, tensor_dtype_to_np_dtype(element))

    def apply(self, operator: str, *others: Any, dtype: Any = None, **attributes: Any) -> Self:
        """Return the result of an operator, of the same dtype if none is given."""
        inputs = [self.name, *map(self._input, others)]
        name = getattr(self._graph, operator)(*inputs, **attributes)
        return type(self)(self._graph, name, dtype or self.dtype)

    def first_of(self, operator: str, *others: Any, **attributes: Any) -> Self:
        """Return the first result of an operator that has several, of the same dtype."""
        inputs = [self.name, *map(self._input, others)]
        name, *_ = getattr(self._graph, operator)(*inputs, **attributes)
        return type(self)(self._graph, name, self.dtype)

    def _input(self, other: Any) -> Any:
        if isinstance(other, Tensor):
            return other.name
        return other if isinstance(other, np.ndarray) else np.array(other, self.dtype)

    def __add__(self, other: Any) -> Self:
        return self.apply("Add", other)

    def __sub__(self, other: Any) -> Self:
        return self.apply("Sub", other)

    def __mul__(self, other: Any) -> Self:
        return self.apply("Mul", other)

    def __truediv__(self, other: Any) -> Self:
        return self.apply("Div", other)

    def __matmul__(self, other: Any) -> Self:
        return self.apply("MatMul", other)

    def __neg__(self) -> Self:
        return self.apply("Neg")

    def __abs__(self) -> Self:
        return self.apply("Abs")

    def __gt__(self, other: Any) -> Self:
        return self.apply("Greater", other, dtype=bool)

    def cast(self, dtype: Any) -> Self:
        """Return the elements converted to a dtype."""
        if self.dtype == dtype:
            return self
        return self.apply("Cast", dtype=dtype, to=np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def is_nan(self) -> Self:
        """Return which elements are NaN."""
        return self.apply("IsNaN", dtype=bool)

    def replace(self, condition: "Tensor", value: float) -> Self:
        """Return the elements, replaced by a number where a condition holds."""
        constant = np.array(value, self.dtype)
        name = self._graph.Where(condition.name, constant, self.name)
        return type(self)(self._graph, name, self.dtype)

    def take(self, columns: NDArray[np.intp] | list[int]) -> Self:
        """Return these columns."""
        return self.apply("Gather", np.array(columns, np.int64), axis=1)

    def look_up(self, table: NDArray[Any]) -> Self:
        """Return the rows of a table at the elements as indices."""
        return type(self)(self._graph, self._graph.Gather(table, self.name), table.dtype)

    def flatten(self) -> Self:
        """Return a vector of the elements."""
        return self.apply("Reshape", np.array([-1]))


def joined(tensors: Sequence[Tensor]) -> Tensor:
    """Return tensors concatenated along the last axis."""
    first, *others = tensors
    return first.apply("Concat", *others, axis=-1) if others else first


def emit(result: Tensor, variable: Any, container: Any) -> None:
    """Make a tensor the value of a variable of skl2onnx."""
    container.add_node("Identity", [result.name], [variable.full_name])


def alias(estimator: type) -> str:
    """Return the name of an estimator in skl2onnx."""
    return f"Skmlp{estimator.__name__}"
