"""Vectors of numbers, which numba has no words for, as LLVM IR."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from skmlp._kernels.simd._processor import n_lanes, processor

# Types of positions and sizes, and of a lane's number.
INT = ir.IntType(64)
LANE = ir.IntType(32)


def pointer_at(context: Any, builder: Any, kind: Any, array: Any, offset: Any) -> Any:
    """Emit the address of the element of an array at `offset`, counted in C order."""
    data = cgutils.create_struct_proxy(kind)(context, builder, array).data
    return builder.gep(data, [offset])


class Vectors:
    """Loads, stores and arithmetic on vectors of one dtype, whole or masked."""

    def __init__(self, context: Any, builder: Any, dtype: Any, n_valid: Any = None) -> None:
        """Leave lanes from `n_valid` on alone where it is given.

        They are masked; or, where it is an int and so known beforehand, not there. (LLVM makes
        a branch for each lane of a masked load where the processor has no masks.)
        """
        self._builder = builder
        self._bits = dtype.bitwidth
        self.n_lanes = n_lanes(dtype)
        self.type = ir.VectorType(context.get_value_type(dtype), self.n_lanes)
        self.zero = self.constant(0.0)
        known = isinstance(n_valid, int)
        self._there = ir.VectorType(self.type.element, n_valid) if known else self.type
        self._mask = None if n_valid is None or known else self._first_lanes(n_valid)

    def _first_lanes(self, n_valid: Any) -> Any:
        numbers = ir.Constant(ir.VectorType(INT, self.n_lanes), list(range(self.n_lanes)))
        return self._builder.icmp_signed("<", numbers, self.broadcast(n_valid))

    def broadcast(self, scalar: Any) -> Any:
        nothing = ir.Constant(ir.VectorType(scalar.type, self.n_lanes), ir.Undefined)
        first = self._builder.insert_element(nothing, scalar, LANE(0))
        lanes = ir.Constant(ir.VectorType(LANE, self.n_lanes), [0] * self.n_lanes)
        return self._builder.shuffle_vector(first, nothing, lanes)

    def constant(self, value: float) -> Any:
        """Return the vector of one number."""
        return ir.Constant(self.type, [value] * self.n_lanes)

    def load(self, pointer: Any, elsewhere: Any = None) -> Any:
        """Return the vector at `pointer`, with 0 or that of `elsewhere` where it is masked.

        Lanes that are not there hold anything.
        """
        pointer = self._builder.bitcast(pointer, self._there.as_pointer())
        if self._mask is None:
            there = self._builder.load(pointer, align=self._bits // 8)
            return self._resized(there, self.n_lanes)
        kinds = [pointer.type, LANE, self._mask.type, self.type]
        load = self._function("llvm.masked.load", self.type, kinds, ".p0")
        return self._builder.call(
            load, [pointer, self._alignment, self._mask, elsewhere or self.zero]
        )

    def store(self, vector: Any, pointer: Any) -> None:
        pointer = self._builder.bitcast(pointer, self._there.as_pointer())
        if self._mask is None:
            there = self._resized(vector, self._there.count)
            self._builder.store(there, pointer, align=self._bits // 8)
            return
        kinds = [self.type, pointer.type, LANE, self._mask.type]
        store = self._function("llvm.masked.store", ir.VoidType(), kinds, ".p0")
        self._builder.call(store, [vector, pointer, self._alignment, self._mask])

    def _resized(self, vector: Any, n: int) -> Any:
        """Return a vector with fewer lanes, or with more that hold anything."""
        if self._there == self.type:
            return vector
        nothing = ir.Constant(vector.type, ir.Undefined)
        numbers = [min(lane, vector.type.count) for lane in range(n)]
        lanes = ir.Constant(ir.VectorType(LANE, n), numbers)
        return self._builder.shuffle_vector(vector, nothing, lanes)

    def multiply_add(self, x: Any, y: Any, z: Any) -> Any:
        """Return x y + z, rounded once where the processor can."""
        if not processor().fused:
            return self._builder.fadd(self._builder.fmul(x, y), z)
        fma = self._function("llvm.fma", self.type, [self.type] * 3)
        return self._builder.call(fma, [x, y, z])

    def sum(self, vector: Any) -> Any:
        """Return the sum of the lanes, in an order that suits the processor."""
        zero = self.type.element(0.0)
        return self._reduce("fadd", [zero, vector], ["reassoc"])

    def max(self, vector: Any) -> Any:
        """Return the largest of the lanes, none of which is NaN."""
        return self._reduce("fmax", [vector], ["nnan"])

    def _reduce(self, operation: str, arguments: list[Any], flags: list[str]) -> Any:
        kinds = [argument.type for argument in arguments]
        reduce = self._function(f"llvm.vector.reduce.{operation}", self.type.element, kinds)
        return self._builder.call(reduce, arguments, fastmath=flags)

    @property
    def _alignment(self) -> Any:
        return LANE(self._bits // 8)

    def _function(self, name: str, result: Any, arguments: list[Any], suffix: str = "") -> Any:
        return cgutils.get_or_insert_function(
            self._builder.module,
            ir.FunctionType(result, arguments),
            f"{name}.v{self.n_lanes}f{self._bits}{suffix}",
        )


@intrinsic
def prefetch(typing_context: Any, matrix: Any, offset: Any) -> Any:
    """Ask for the cache line of the element at `offset`, counted in C order, to be fetched."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = ir.IntType(8).as_pointer()
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [pointer, LANE, LANE, LANE]),
            "llvm.prefetch.p0",
        )
        address = builder.bitcast(pointer_at(context, builder, matrix, *arguments), pointer)
        # To read, with the highest locality, into the data cache.
        builder.call(function, [address, LANE(0), LANE(3), LANE(1)])
        return context.get_dummy_value()

    return types.void(matrix, types.intp), codegen


@intrinsic
def long_vectors(typing_context: Any) -> Any:
    """Let the loops of the calling function use the longest vectors.

    LLVM prefers half of them on processors that once lowered their clock for AVX-512.
    """

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits = 8 * processor().vector_bytes
        # llvmlite's own method knows only attributes without a value.
        set.add(builder.function.attributes, f'"prefer-vector-width"="{bits}"')
        return context.get_dummy_value()

    return types.void(), codegen
