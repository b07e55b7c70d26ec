"""Vector code that numba has no words for, written as LLVM IR.

The vector length and the register tile follow from the processor that numba compiles for,
which NUMBA_CPU_NAME may change. It is the code generator itself that is asked: a product of
long vectors is compiled for that processor, and the registers in the assembly tell.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic

_INT = ir.IntType(64)
_LANE = ir.IntType(32)


class Processor(NamedTuple):
    """What a register tile is made to fit.

    Attributes
    ----------
    vector_bytes : int
        Size of a vector register.
    fused : bool
        Whether it multiplies and adds in one instruction.
    tile_rows, tile_vectors : int
        Shape of the tile of accumulators, in rows and vectors.
    """

    vector_bytes: int
    fused: bool
    tile_rows: int
    tile_vectors: int


# A tile of r rows and v vectors keeps r * v accumulators, v vectors of B and one element of A,
# broadcast, in registers: 28 of the 32 of AVX-512, 15 of the 16 of AVX2.
_AVX512 = Processor(64, True, 8, 3)
_AVX2 = Processor(32, True, 6, 2)
_NEON = Processor(16, True, 8, 3)
_PLAIN = Processor(16, False, 4, 2)


@functools.cache
def processor() -> Processor:
    """Return the processor that numba compiles for."""
    triple, name, features = cpu_target.target_context.codegen().magic_tuple()
    machine = llvm.Target.from_triple(triple).create_target_machine(
        cpu=name, features=features, opt=2
    )
    assembly = machine.emit_assembly(llvm.parse_assembly(_probe(triple)))
    if "vfmadd" in assembly:
        return _AVX512 if "zmm" in assembly else _AVX2
    return _NEON if "fmla" in assembly else _PLAIN


def _probe(triple: str) -> str:
    return f"""
        target triple = "{triple}"
        declare <16 x float> @llvm.fma.v16f32(<16 x float>, <16 x float>, <16 x float>)
        define void @probe(ptr %p, <16 x float> %x, <16 x float> %y) {{
            %z = load <16 x float>, ptr %p
            %r = call <16 x float> @llvm.fma.v16f32(<16 x float> %x, <16 x float> %y,
                                                    <16 x float> %z)
            store <16 x float> %r, ptr %p
            ret void
        }}"""


@intrinsic
def lanes_of(typing_context: Any, array: Any) -> Any:
    """Return how many elements of the array's dtype a vector register holds."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _INT(_n_lanes(array.dtype))

    return types.intp(array), codegen


@intrinsic
def tile_vectors(typing_context: Any) -> Any:
    """Return the largest number of vectors in a row of a tile."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _INT(processor().tile_vectors)

    return types.intp(), codegen


def _n_lanes(dtype: Any) -> int:
    return processor().vector_bytes * 8 // dtype.bitwidth


class _Vectors:
    """Loads, stores and arithmetic on vectors of one dtype, whole or masked."""

    def __init__(self, context: Any, builder: Any, dtype: Any, n_valid: Any = None) -> None:
        """Mask all lanes from `n_valid` on where it is given."""
        self._builder = builder
        self._bits = dtype.bitwidth
        self.n_lanes = _n_lanes(dtype)
        self.type = ir.VectorType(context.get_value_type(dtype), self.n_lanes)
        self.zero = ir.Constant(self.type, [0.0] * self.n_lanes)
        self._mask = None if n_valid is None else self._first_lanes(n_valid)

    def _first_lanes(self, n_valid: Any) -> Any:
        numbers = ir.Constant(ir.VectorType(_INT, self.n_lanes), list(range(self.n_lanes)))
        return self._builder.icmp_signed("<", numbers, self.broadcast(n_valid))

    def broadcast(self, scalar: Any) -> Any:
        nothing = ir.Constant(ir.VectorType(scalar.type, self.n_lanes), ir.Undefined)
        first = self._builder.insert_element(nothing, scalar, _LANE(0))
        lanes = ir.Constant(ir.VectorType(_LANE, self.n_lanes), [0] * self.n_lanes)
        return self._builder.shuffle_vector(first, nothing, lanes)

    def load(self, pointer: Any) -> Any:
        pointer = self._builder.bitcast(pointer, self.type.as_pointer())
        if self._mask is None:
            return self._builder.load(pointer, align=self._bits // 8)
        kinds = [pointer.type, _LANE, self._mask.type, self.type]
        load = self._function("llvm.masked.load", self.type, kinds, ".p0")
        return self._builder.call(load, [pointer, self._alignment, self._mask, self.zero])

    def store(self, vector: Any, pointer: Any) -> None:
        pointer = self._builder.bitcast(pointer, self.type.as_pointer())
        if self._mask is None:
            self._builder.store(vector, pointer, align=self._bits // 8)
            return
        kinds = [self.type, pointer.type, _LANE, self._mask.type]
        store = self._function("llvm.masked.store", ir.VoidType(), kinds, ".p0")
        self._builder.call(store, [vector, pointer, self._alignment, self._mask])

    def multiply_add(self, x: Any, y: Any, z: Any) -> Any:
        """Return x y + z, rounded once where the processor can."""
        if not processor().fused:
            return self._builder.fadd(self._builder.fmul(x, y), z)
        fma = self._function("llvm.fma", self.type, [self.type] * 3)
        return self._builder.call(fma, [x, y, z])

    @property
    def _alignment(self) -> Any:
        return _LANE(self._bits // 8)

    def _function(self, name: str, result: Any, arguments: list[Any], suffix: str = "") -> Any:
        return cgutils.get_or_insert_function(
            self._builder.module,
            ir.FunctionType(result, arguments),
            f"{name}.v{self.n_lanes}f{self._bits}{suffix}",
        )


class _Operands(NamedTuple):
    """The matrices of one column of tiles: pointers and distances in elements."""

    a: Any
    a_row: Any
    a_depth: Any
    depth: Any
    b: Any
    b_row: Any
    c: Any
    c_row: Any
    offsets: list[Any]  # of the tile's vectors from the first column
    initial: list[Any]  # values of the accumulators to start from, one vector each


def _emit_tile(builder: Any, vectors: _Vectors, operands: _Operands, n_rows: int) -> None:
    """Emit C = initial + A B for a tile of `n_rows` rows: one loop over the depth.

    The accumulators are values of the loop (phi nodes), and stay in registers.
    """
    rows = [
        builder.gep(operands.a, [builder.mul(operands.a_row, _INT(i))]) for i in range(n_rows)
    ]
    before = builder.block
    loop, after = builder.append_basic_block("depth"), builder.append_basic_block("store")
    builder.branch(loop)
    builder.position_at_end(loop)
    counters = [builder.phi(_INT) for _ in range(3)]
    for counter in counters:
        counter.add_incoming(_INT(0), before)
    step, in_a, in_b = counters
    accumulators = [[builder.phi(vectors.type) for _ in operands.initial] for _ in rows]
    b_row = builder.gep(operands.b, [in_b])
    b = [vectors.load(builder.gep(b_row, [offset])) for offset in operands.offsets]
    sums = []
    for row in range(n_rows):
        a = vectors.broadcast(builder.load(builder.gep(rows[row], [in_a])))
        sums.append(
            [vectors.multiply_add(a, *pair) for pair in zip(b, accumulators[row], strict=True)]
        )
    step_after = builder.add(step, _INT(1))
    following = [
        step_after,
        builder.add(in_a, operands.a_depth),
        builder.add(in_b, operands.b_row),
    ]
    for counter, value in zip(counters, following, strict=True):
        counter.add_incoming(value, loop)
    for row in range(n_rows):
        for phi, start, value in zip(
            accumulators[row], operands.initial, sums[row], strict=True
        ):
            phi.add_incoming(start, before)
            phi.add_incoming(value, loop)
    builder.cbranch(builder.icmp_signed("<", step_after, operands.depth), loop, after)
    builder.position_at_end(after)
    for row in range(n_rows):
        c_row = builder.gep(operands.c, [builder.mul(operands.c_row, _INT(row))])
        for offset, value in zip(operands.offsets, sums[row], strict=True):
            vectors.store(value, builder.gep(c_row, [offset]))


def _emit_rows(
    builder: Any, vectors: _Vectors, operands: _Operands, n_rows: Any, tile_rows: int
) -> None:
    """Emit a loop of tiles down the rows; the last one overlaps where they do not fit.

    Rows that two tiles share are computed twice, to the same bits.
    """
    last = builder.sub(n_rows, _INT(tile_rows))
    with cgutils.for_range_slice(
        builder, _INT(0), n_rows, _INT(tile_rows), intp=_INT, inc=True
    ) as (row, _):
        too_far = builder.icmp_signed(">", row, last)
        row = builder.select(too_far, last, row)
        moved = operands._replace(
            a=builder.gep(operands.a, [builder.mul(row, operands.a_row)]),
            c=builder.gep(operands.c, [builder.mul(row, operands.c_row)]),
        )
        _emit_tile(builder, vectors, moved, tile_rows)


def _emit_initial(
    builder: Any, vectors: _Vectors, has_bias: Any, bias: Any, offsets: list[Any]
) -> list[Any]:
    """Emit the bias at the tile's columns where there is one, and zeros otherwise."""
    with builder.if_else(has_bias) as (present, absent):
        with present:
            loaded = [vectors.load(builder.gep(bias, [offset])) for offset in offsets]
            from_present = builder.block
        with absent:
            from_absent = builder.block
    initial = []
    for vector in loaded:
        value = builder.phi(vectors.type)
        value.add_incoming(vector, from_present)
        value.add_incoming(vectors.zero, from_absent)
        initial.append(value)
    return initial


def _tiles(n_vectors: int, *, masked: bool = False) -> Callable[..., Any]:
    """Return the intrinsic that computes a block of columns, `n_vectors` wide, of a product."""

    @intrinsic
    def column_of_tiles(
        typing_context: Any,
        a: Any, a_row: Any, a_depth: Any, n_rows: Any, depth: Any,
        b: Any, start: Any, n_columns: Any, bias: Any, c: Any, last: Any,
    ) -> Any:  # fmt: skip
        """Compute the columns of C from `start` on; the last vector begins `last` further."""

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            a_, a_row_, a_depth_, n_rows_, depth_, b_, start_, n_, bias_, c_, last_ = arguments

            def proxy(kind: Any, array: Any) -> Any:
                return cgutils.create_struct_proxy(kind)(context, builder, array)

            def from_start(kind: Any, array: Any) -> Any:
                return builder.gep(proxy(kind, array).data, [start_])

            vectors = _Vectors(context, builder, c.dtype, last_ if masked else None)
            offsets = [_INT(vectors.n_lanes * j) for j in range(n_vectors - 1)]
            offsets.append(_INT(0) if masked else last_)
            has_bias = builder.icmp_signed(">", proxy(bias, bias_).nitems, _INT(0))
            initial = _emit_initial(
                builder, vectors, has_bias, from_start(bias, bias_), offsets
            )
            operands = _Operands(
                proxy(a, a_).data, a_row_, a_depth_, depth_,
                from_start(b, b_), n_, from_start(c, c_), n_, offsets, initial,
            )  # fmt: skip
            tall = processor().tile_rows
            enough = builder.icmp_signed(">=", n_rows_, _INT(tall))
            with builder.if_else(enough) as (many, few):
                with many:
                    _emit_rows(builder, vectors, operands, n_rows_, tall)
                with few:
                    _emit_rows(builder, vectors, operands, n_rows_, 1)
            return context.get_dummy_value()

        size = types.intp
        signature = types.void(a, size, size, size, size, b, size, size, bias, c, size)
        return signature, codegen

    return column_of_tiles


three_vectors = _tiles(3)
two_vectors = _tiles(2)
one_vector = _tiles(1)
part_of_a_vector = _tiles(1, masked=True)


@intrinsic
def constant_like(typing_context: Any, x: Any, value: Any) -> Any:
    """Return a float64 constant in the floating type of `x`."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if x == types.float64:
            return arguments[1]
        return builder.fptrunc(arguments[1], context.get_value_type(x))

    return x(x, types.float64), codegen


@intrinsic
def is_single(typing_context: Any, x: Any) -> Any:
    """Return whether `x` is a float32: a constant, so that one branch is left."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return ir.IntType(1)(x == types.float32)

    return types.boolean(x), codegen


def _format(kind: Any) -> tuple[int, int, int]:
    """Return the bits of a float, those of its mantissa, and the offset of its exponent."""
    return (32, 23, 127) if kind == types.float32 else (64, 52, 1023)


@intrinsic
def power_of_two(typing_context: Any, n: Any) -> Any:
    """Return 2**n for a whole number n in the range of normal exponents.

    The exponent's bits are put together, which is what lets a loop of it vectorise.
    """
    width, mantissa, offset = _format(n)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        # By way of 32 bits, for which every processor converts vectors of float64.
        exponent = builder.fptosi(arguments[0], _LANE)
        biased = builder.add(exponent, _LANE(offset))
        integer = ir.IntType(width)
        if width == 64:
            biased = builder.zext(biased, integer)
        bits = builder.shl(biased, integer(mantissa))
        return builder.bitcast(bits, context.get_value_type(n))

    return n(n), codegen


@intrinsic
def nearest(typing_context: Any, x: Any) -> Any:
    """Return the nearest whole number, in the type of `x`."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = context.get_value_type(x)
        rint = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(kind, [kind]), f"llvm.rint.f{x.bitwidth}"
        )
        return builder.call(rint, arguments)

    return x(x), codegen


@intrinsic
def exponent_of(typing_context: Any, x: Any) -> Any:
    """Return the exponent of a positive normal number: the n of x = 2**n m, 1 <= m < 2."""
    width, mantissa, offset = _format(x)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        integer = ir.IntType(width)
        bits = builder.bitcast(arguments[0], integer)
        biased = builder.lshr(bits, integer(mantissa))
        if width == 64:
            biased = builder.trunc(biased, _LANE)
        exponent = builder.sub(biased, _LANE(offset))
        return builder.sitofp(exponent, context.get_value_type(x))

    return x(x), codegen


@intrinsic
def prefetch(typing_context: Any, matrix: Any, offset: Any) -> Any:
    """Ask for the cache line of the element at `offset`, counted in C order, to be fetched."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = cgutils.create_struct_proxy(matrix)(context, builder, arguments[0]).data
        pointer = ir.IntType(8).as_pointer()
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [pointer, _LANE, _LANE, _LANE]),
            "llvm.prefetch.p0",
        )
        address = builder.bitcast(builder.gep(data, [arguments[1]]), pointer)
        # To read, with the highest locality, into the data cache.
        builder.call(function, [address, _LANE(0), _LANE(3), _LANE(1)])
        return context.get_dummy_value()

    return types.void(matrix, types.intp), codegen


@intrinsic
def transpose_square(
    typing_context: Any,
    a: Any,
    a_start: Any,
    a_row: Any,
    out: Any,
    out_start: Any,
    out_row: Any,
) -> Any:
    """Write the transpose of a square block, a vector wide and high.

    The vectors are its rows. Interleaving the first half of them with the second, as often
    as the number of lanes can be halved, turns rows into columns.
    """

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a_, a_start_, a_row_, out_, out_start_, out_row_ = arguments

        def rows_of(kind: Any, array: Any, start: Any, row: Any) -> list[Any]:
            data = cgutils.create_struct_proxy(kind)(context, builder, array).data
            first = builder.gep(data, [start])
            return [
                builder.gep(first, [builder.mul(row, _INT(i))]) for i in range(vectors.n_lanes)
            ]

        vectors = _Vectors(context, builder, a.dtype)
        half = vectors.n_lanes // 2
        orders = [
            [first + (i // 2) + vectors.n_lanes * (i % 2) for i in range(vectors.n_lanes)]
            for first in (0, half)
        ]
        masks = [ir.Constant(ir.VectorType(_LANE, vectors.n_lanes), order) for order in orders]
        rows = [vectors.load(pointer) for pointer in rows_of(a, a_, a_start_, a_row_)]
        for _ in range(vectors.n_lanes.bit_length() - 1):
            pairs = zip(rows[:half], rows[half:], strict=True)
            rows = [builder.shuffle_vector(*pair, mask) for pair in pairs for mask in masks]
        for row, pointer in zip(rows, rows_of(out, out_, out_start_, out_row_), strict=True):
            vectors.store(row, pointer)
        return context.get_dummy_value()

    size = types.intp
    return types.void(a, size, size, out, size, size), codegen


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
