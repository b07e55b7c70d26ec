"""NumPy's bit generators, called from kernels."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


@intrinsic
def next_uint32(typing_context: Any, draw: Any, state: Any) -> Any:
    """Return 32 random bits.

    The arguments are addresses: of the generator's function and of its state, which its
    ``ctypes`` interface gives. Its lock is the caller's to hold.
    """

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = ir.IntType(8).as_pointer()
        function = ir.FunctionType(ir.IntType(32), [pointer]).as_pointer()
        callee, argument = zip(arguments, (function, pointer), strict=True)
        return builder.call(builder.inttoptr(*callee), [builder.inttoptr(*argument)])

    return types.uint32(types.intp, types.intp), codegen
