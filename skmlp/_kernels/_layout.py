"""Where the parameters of each layer, and its outputs, lie in one vector.

All parameters live in one vector ``theta``: the K weight matrices, row by row, then the K
biases, then the slopes that some activations learn, one a unit; what carries a penalty is
thus a prefix. The outputs H⁽¹⁾, ..., O of a batch of m rows live in one vector ``work``, and
behind them, where the input is dense, X's rows;
``deltas`` holds ∂L/∂Z⁽¹⁾, ..., ∂L/∂O in the same order. The integer table ``layers`` (K, 7)
says where.
"""

from typing import Any

import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from skmlp._kernels._simd import INT
from skmlp._kernels._views import emit_view, type_of_view

# Columns of the table: where W and b start in theta, the shape of W, how many units of a
# row precede this layer's outputs in the workspace, the activation's code, and where in theta
# its slopes start, or NO_SLOPES.
WEIGHTS, BIASES, FAN_IN, FAN_OUT, UNITS, ACTIVATION, SLOPES = range(7)
NO_SLOPES = -1


def layer_table(units, activations, learns_slopes):
    """Return the table of layers.

    Parameters
    ----------
    units : sequence of int
        Sizes d, h₁, ..., q, the input's and the output's included.
    activations : sequence of int
        One code a layer, the output's included.
    learns_slopes : sequence of bool
        Whether each layer's activation has a slope a unit among the parameters.

    Returns
    -------
    int64 array of shape (len(units) - 1, 7)
    """
    units = np.asarray(units, dtype=np.int64)
    sizes = units[:-1] * units[1:]
    slopes = np.where(learns_slopes, units[1:], 0)
    table = np.empty((len(sizes), 7), dtype=np.int64)
    table[:, WEIGHTS] = np.cumsum(sizes) - sizes
    table[:, BIASES] = sizes.sum() + np.cumsum(units[1:]) - units[1:]
    table[:, FAN_IN] = units[:-1]
    table[:, FAN_OUT] = units[1:]
    table[:, UNITS] = np.cumsum(units[1:]) - units[1:]
    table[:, ACTIVATION] = activations
    first_slope = sizes.sum() + units[1:].sum()
    table[:, SLOPES] = np.where(
        learns_slopes, first_slope + np.cumsum(slopes) - slopes, NO_SLOPES
    )
    return table


def n_parameters(layers):
    """Return the size of theta."""
    n_slopes = layers[layers[:, SLOPES] != NO_SLOPES, FAN_OUT].sum()
    return int(layers[-1, BIASES] + layers[-1, FAN_OUT] + n_slopes)


def n_units(layers):
    """Return the number of units of all layers together, without the input."""
    return int(layers[-1, UNITS] + layers[-1, FAN_OUT])


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
