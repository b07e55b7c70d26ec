"""Views of a layer's parameters, inputs and outputs, by the table of layers.

See :mod:`skmlp._border.layout` for the table.
"""

from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from skmlp._border.layout import BIASES, FAN_IN, FAN_OUT, SLOPES, UNITS, WEIGHTS
from skmlp._kernels.simd._vectors import INT
from skmlp._kernels.simd._views import emit_view, type_of_view


class _Row:
    """Row k of a table, whose entries are loaded as they are asked for."""

    def __init__(self, context: Any, builder: Any, kind: Any, table: Any, k: Any) -> None:
        self._builder = builder
        data = cgutils.create_struct_proxy(kind)(context, builder, table).data
        n_columns = INT(SLOPES + 1)
        self._first = builder.gep(data, [builder.mul(k, n_columns)])

    def __getitem__(self, column: int) -> Any:
        return self._builder.load(self._builder.gep(self._first, [INT(column)]))


@intrinsic
def weights_of(typing_context: Any, theta: Any, layers: Any, k: Any) -> Any:
    """Return W⁽ᵏ⁾ (fan_in, fan_out) as a view of `theta`, or of a gradient; k from 0."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        row = _Row(context, builder, layers, *arguments[1:])
        shape = [row[FAN_IN], row[FAN_OUT]]
        return emit_view(context, builder, signature, arguments[0], row[WEIGHTS], shape)

    return type_of_view(theta, 2)(theta, layers, types.intp), codegen


def _one_a_unit(column: int) -> Any:
    """Return the intrinsic that finds layer k's parameters of which there is one a unit.

    Its result (fan_out,) is a view of `theta`, or of a gradient; k counts from 0. The column of
    the table says where they start.
    """

    @intrinsic
    def vector_of(typing_context: Any, theta: Any, layers: Any, k: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            row = _Row(context, builder, layers, *arguments[1:])
            shape = [row[FAN_OUT]]
            return emit_view(context, builder, signature, arguments[0], row[column], shape)

        return type_of_view(theta, 1)(theta, layers, types.intp), codegen

    return vector_of


biases_of = _one_a_unit(BIASES)
slopes_of = _one_a_unit(SLOPES)


@intrinsic
def outputs_of(typing_context: Any, work: Any, layers: Any, k: Any, n_rows: Any) -> Any:
    """Return layer k's output (n_rows, fan_out), ∂L/∂Z or σ', as a view of their workspace."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        work_, layers_, k_, n_rows_ = arguments
        row = _Row(context, builder, layers, layers_, k_)
        start = builder.mul(n_rows_, row[UNITS])
        return emit_view(context, builder, signature, work_, start, [n_rows_, row[FAN_OUT]])

    return type_of_view(work, 2)(work, layers, types.intp, types.intp), codegen


@intrinsic
def inputs_of(typing_context: Any, work: Any, layers: Any, k: Any, n_rows: Any) -> Any:
    """Return layer k's dense input (n_rows, fan_in) as a view of `work`; k from 0."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        work_, layers_, k_, n_rows_ = arguments
        n_layers = cgutils.create_struct_proxy(layers)(context, builder, layers_).shape
        last = builder.sub(builder.extract_value(n_layers, 0), INT(1))
        is_first = builder.icmp_signed("==", k_, INT(0))
        below = _Row(
            context, builder, layers, layers_,
            builder.select(is_first, last, builder.sub(k_, INT(1))),
        )  # fmt: skip
        behind = builder.select(is_first, below[FAN_OUT], INT(0))
        start = builder.mul(n_rows_, builder.add(below[UNITS], behind))
        fan_in = _Row(context, builder, layers, layers_, k_)[FAN_IN]
        return emit_view(context, builder, signature, work_, start, [n_rows_, fan_in])

    return type_of_view(work, 2)(work, layers, types.intp, types.intp), codegen
