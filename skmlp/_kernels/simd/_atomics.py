"""What threads agree by: numbers in shared memory that are read and changed as a whole.

Reads acquire and writes release: what a thread has written before it changed a number is seen
by the one that reads the change.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from skmlp._kernels.simd._processor import is_arm, is_x86, platform
from skmlp._kernels.simd._vectors import pointer_at

_BYTES = 8


@intrinsic
def load(typing_context: Any, numbers: Any, i: Any) -> Any:
    """Return the int64 at the flat position i."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = pointer_at(context, builder, numbers, *arguments)
        return builder.load_atomic(pointer, "acquire", _BYTES)

    return types.int64(numbers, types.intp), codegen


@intrinsic
def add(typing_context: Any, numbers: Any, i: Any, term: Any) -> Any:
    """Add to the int64 at the flat position i."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        numbers_, i_, term_ = arguments
        pointer = pointer_at(context, builder, numbers, numbers_, i_)
        builder.atomic_rmw("add", pointer, term_, "acq_rel")
        return context.get_dummy_value()

    return types.void(numbers, types.intp, types.int64), codegen


@intrinsic
def compare_and_swap(typing_context: Any, numbers: Any, i: Any, old: Any, new: Any) -> Any:
    """Replace the int64 at the flat position i where it is `old`; return whether it was."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        numbers_, i_, old_, new_ = arguments
        pointer = pointer_at(context, builder, numbers, numbers_, i_)
        outcome = builder.cmpxchg(pointer, old_, new_, "acq_rel", "acquire")
        return builder.extract_value(outcome, 1)

    return types.boolean(numbers, types.intp, types.int64, types.int64), codegen


def _call(builder: Any, name: str, *arguments: Any) -> None:
    kind = ir.FunctionType(ir.VoidType(), [argument.type for argument in arguments])
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    builder.call(function, arguments)


@intrinsic
def pause(typing_context: Any) -> Any:
    """Tell the processor that this thread waits in a loop, where it has a word for it."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if is_x86():
            _call(builder, "llvm.x86.sse2.pause")
        elif is_arm():
            # What is meant for it, `yield`, most take for nothing. A barrier that lets no
            # instruction begin takes as long as x86's pause; 15 is the only kind there is.
            _call(builder, "llvm.aarch64.isb", ir.IntType(32)(15))
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def yield_processor(typing_context: Any) -> Any:
    """Let the operating system run another thread, if one waits for the processor."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        name = "SwitchToThread" if "windows" in platform() else "sched_yield"
        kind = ir.FunctionType(ir.IntType(32), [])
        builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [])
        return context.get_dummy_value()

    return types.void(), codegen
