"""Denormal numbers: zeros within the kernels, where the processor can be told so.

A hidden unit that no row reaches any more, or a column that is always 0, has gradients of 0.
Its moments and, by the penalty, its weights then shrink by a factor a step until they are
below the least normal number, and arithmetic on denormal numbers takes an x86 processor some
hundred times as long. What is lost by taking them for zeros is below 1e-37 in float32, 1e-307
in float64.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from skmlp._kernels.simd._processor import is_x86

_CONTROL = ir.IntType(32)
# Bits of the register MXCSR (Intel 64 manual, volume 1, section 10.2.3): denormal operands are
# zeros, and so are results.
_DENORMALS_ARE_ZEROS, _FLUSH_TO_ZERO = 1 << 6, 1 << 15
_FLUSHED = _CONTROL(_DENORMALS_ARE_ZEROS | _FLUSH_TO_ZERO)


def _call(builder: Any, name: str, slot: Any) -> None:
    pointer = ir.IntType(8).as_pointer()
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(ir.VoidType(), [pointer]), f"llvm.x86.sse.{name}"
    )
    builder.call(function, [builder.bitcast(slot, pointer)])


@intrinsic
def flush_denormals(typing_context: Any) -> Any:
    """Take denormal numbers for zeros in this thread, and return what to restore."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if not is_x86():  # others compute with them at full speed
            return _CONTROL(0)
        slot = cgutils.alloca_once(builder, _CONTROL)
        _call(builder, "stmxcsr", slot)
        before = builder.load(slot)
        builder.store(builder.or_(before, _FLUSHED), slot)
        _call(builder, "ldmxcsr", slot)
        return before

    return types.uint32(), codegen


@intrinsic
def restore_denormals(typing_context: Any, before: Any) -> Any:
    """Undo `flush_denormals`, given what it returned."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if is_x86():
            slot = cgutils.alloca_once_value(builder, arguments[0])
            _call(builder, "ldmxcsr", slot)
        return context.get_dummy_value()

    return types.void(types.uint32), codegen
