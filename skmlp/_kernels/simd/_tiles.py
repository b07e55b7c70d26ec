"""The inner loops of the matrix products: tiles of accumulators that stay in registers."""

from collections.abc import Callable
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

from skmlp._kernels.simd._processor import is_arm, n_lanes, processor
from skmlp._kernels.simd._vectors import INT, LANE, Vectors, pointer_at


class _Operands(NamedTuple):
    """The matrices of one tile: pointers to its corners, and distances in elements."""

    a: Any
    a_row: Any
    a_depth: Any
    depth: Any
    b: Any
    b_row: Any
    c: Any
    c_row: Any
    b_offsets: list[Any]  # of the tile's vectors from the first in a row of B
    offsets: list[Any]  # and of C, whose last vector may overlap the one before it
    initial: list[list[Any]]  # values of the accumulators to start from, by row and vector
    floor: Any  # a number: what is below is raised to it


def _opaque(builder: Any, index: Any) -> Any:
    """Return an index whose course LLVM does not see.

    From what it sees it may make one chain of the addresses of a tile's rows, each from the one
    before, and loads along it that fill a whole vector with an element: one more instruction
    among the multiply-adds, which on ARM take a single element as it is.
    """
    return builder.asm(ir.FunctionType(INT, [INT]), "", "=r,0", [index], False)


def _emit_tile(builder: Any, vectors: Vectors, operands: _Operands, n_rows: int) -> None:
    """Emit C = max(initial + A B, floor) for a tile of `n_rows` rows: one loop over the depth.

    The accumulators are values of the loop (phi nodes), and stay in registers.
    """
    rows = [
        builder.gep(operands.a, [builder.mul(operands.a_row, INT(i))]) for i in range(n_rows)
    ]
    before = builder.block
    loop, after = builder.append_basic_block("depth"), builder.append_basic_block("store")
    builder.branch(loop)
    builder.position_at_end(loop)
    counters = [builder.phi(INT) for _ in range(3)]
    for counter in counters:
        counter.add_incoming(INT(0), before)
    step, in_a, in_b = counters
    accumulators = [[builder.phi(vectors.type) for _ in operands.offsets] for _ in rows]
    b_row = builder.gep(operands.b, [in_b])
    b = [vectors.load(builder.gep(b_row, [offset])) for offset in operands.b_offsets]
    sums = []
    for row in range(n_rows):
        a = vectors.broadcast(builder.load(builder.gep(rows[row], [in_a])))
        sums.append(
            [vectors.multiply_add(a, *pair) for pair in zip(b, accumulators[row], strict=True)]
        )
    step_after, in_a_after = builder.add(step, INT(1)), builder.add(in_a, operands.a_depth)
    if is_arm():
        in_a_after = _opaque(builder, in_a_after)
    following = [
        step_after,
        in_a_after,
        builder.add(in_b, operands.b_row),
    ]
    for counter, value in zip(counters, following, strict=True):
        counter.add_incoming(value, loop)
    for row in range(n_rows):
        for phi, start, value in zip(
            accumulators[row], operands.initial[row], sums[row], strict=True
        ):
            phi.add_incoming(start, before)
            phi.add_incoming(value, loop)
    builder.cbranch(builder.icmp_signed("<", step_after, operands.depth), loop, after)
    builder.position_at_end(after)

    def store(value_of: Callable[[Any], Any]) -> None:
        for row in range(n_rows):
            c_row = builder.gep(operands.c, [builder.mul(operands.c_row, INT(row))])
            for offset, value in zip(operands.offsets, sums[row], strict=True):
                vectors.store(value_of(value), builder.gep(c_row, [offset]))

    floor = vectors.broadcast(operands.floor)

    def raised(value: Any) -> Any:
        # NaN is not below the floor, and stays.
        return builder.select(builder.fcmp_ordered("<", value, floor), floor, value)

    lowest = operands.floor.type(float("-inf"))
    with builder.if_else(builder.fcmp_ordered(">", operands.floor, lowest)) as (yes, no):
        with yes:
            store(raised)
        with no:  # sooner done, which a shallow product notices
            store(lambda value: value)


def _emit_initial(
    builder: Any, vectors: Vectors, resumes: Any, has_bias: Any, bias: Any,
    c: list[Any], offsets: list[Any],
) -> list[list[Any]]:  # fmt: skip
    """Emit what the accumulators start from, for each of the rows that begin at `c`.

    That is the tile's own content where it goes on with a sum, else the bias at its columns
    where there is one, and zeros otherwise.
    """

    def values_at(row: Any) -> list[Any]:
        return [vectors.load(builder.gep(row, [offset])) for offset in offsets]

    def either(condition: Any, then: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
        with builder.if_else(condition) as (yes, no):
            with yes:
                from_yes = [(value, builder.block) for value in then()]
            with no:
                from_no = [(value, builder.block) for value in otherwise()]
        merged = []
        for pair in zip(from_yes, from_no, strict=True):
            merged.append(builder.phi(vectors.type))
            for value, block in pair:
                merged[-1].add_incoming(value, block)
        return merged

    start = either(has_bias, lambda: values_at(bias), lambda: [vectors.zero] * len(offsets))
    n = len(offsets)
    flat = either(
        resumes,
        lambda: [value for row in c for value in values_at(row)],
        lambda: start * len(c),
    )
    return [flat[i : i + n] for i in range(0, n * len(c), n)]


class Left(NamedTuple):
    """A left-hand matrix, whose element (i, k) is at ``i * row_stride + k * depth_stride``.

    Attributes
    ----------
    values : array
    row_stride, depth_stride : int
    is_packed : bool
        Whether it is in the order of the tiles instead, one after the other.
    """

    values: Any
    row_stride: Any
    depth_stride: Any
    is_packed: Any


class Right(NamedTuple):
    """The columns of a right-hand matrix that a tile reads.

    Attributes
    ----------
    values : array
    start : int
        Position of the first element.
    row_stride : int
    last : int
        How much further in a row the last vector begins.
    """

    values: Any
    start: Any
    row_stride: Any
    last: Any


class Target(NamedTuple):
    """Where a tile writes.

    Attributes
    ----------
    values : matrix
    row, column : int
        Of the first element.
    last : int
        How many columns further the last vector begins.
    """

    values: Any
    row: Any
    column: Any
    last: Any


def _unpacked(builder: Any, kind: Any, value: Any) -> tuple[Any, Any]:
    """Return the types of a named tuple's fields, and their values, by the same names."""
    of_class = kind.instance_class
    return of_class(*kind.types), of_class(*cgutils.unpack_tuple(builder, value))


def _tile(height: Callable[[], int]) -> Any:
    """Return the intrinsic that computes a tile, so many rows high, of a product."""

    @intrinsic
    def tile(
        typing_context: Any,
        n_vectors: Any, left: Any, start: Any, depth: Any, right: Any, bias: Any, resumes: Any,
        floor: Any, target: Any,
    ) -> Any:  # fmt: skip
        """Compute C at `target`, `n_vectors` wide, or resume its sums.

        There are tiles of three vectors, where registers allow, and of two, which together
        make up any width but the least: 0 vectors stand for at most one, `target.last` columns
        wide, of which each number has a tile of its own where there are no masks. The rows of
        `left` begin at `start`.
        """

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            n_vectors_, left_, start_, depth_, right_, bias_, resumes_, floor_, out_ = arguments
            kind_a, a = _unpacked(builder, left, left_)
            kind_b, b = _unpacked(builder, right, right_)
            kind_c, c = _unpacked(builder, target, out_)
            first_a = pointer_at(context, builder, kind_a.values, a.values, start_)
            first_b = pointer_at(context, builder, kind_b.values, b.values, b.start)
            proxy = cgutils.create_struct_proxy
            shape = proxy(kind_c.values)(context, builder, c.values).shape
            n_columns = builder.extract_value(shape, 1)
            corner = builder.add(builder.mul(c.row, n_columns), c.column)
            first = pointer_at(context, builder, kind_c.values, c.values, corner)
            rows = [
                builder.gep(first, [builder.mul(n_columns, INT(i))]) for i in range(height())
            ]
            bias_at = pointer_at(context, builder, bias, bias_, c.column)
            n_biases = proxy(bias)(context, builder, bias_).nitems
            has_bias = builder.icmp_signed(">", n_biases, INT(0))
            dtype = kind_c.values.dtype

            def emit(n: int, n_valid: Any) -> None:
                vectors = Vectors(context, builder, dtype, n_valid)
                whole = [INT(vectors.n_lanes * j) for j in range(n - 1)]
                offsets = [*whole, INT(0) if n == 0 else c.last]
                b_offsets = [*whole, INT(0) if n == 0 else b.last]
                initial = _emit_initial(
                    builder, vectors, resumes_, has_bias, bias_at, rows, offsets
                )
                operands = _Operands(
                    first_a, a.row_stride, a.depth_stride, depth_,
                    first_b, b.row_stride, first, n_columns,
                    b_offsets, offsets, initial, floor_,
                )  # fmt: skip
                _emit_tile(builder, vectors, operands, height())

            for n in sorted({0, 2, processor().tile_vectors}):
                with builder.if_then(builder.icmp_signed("==", n_vectors_, INT(n))):
                    if n > 0:
                        emit(n, None)
                    elif processor().masked:
                        emit(n, c.last)
                    else:
                        for width in range(1, n_lanes(dtype) + 1):
                            with builder.if_then(builder.icmp_signed("==", c.last, INT(width))):
                                emit(n, width)
            return context.get_dummy_value()

        size = types.intp
        dtype = target.types[0].dtype
        signature = types.void(
            size, left, size, size, right, bias, types.boolean, dtype, target
        )
        return signature, codegen

    return tile


tall_tile = _tile(lambda: processor().tile_rows)
short_tile = _tile(lambda: processor().tile_rows // 2)
single_tile = _tile(lambda: 1)


@intrinsic(prefer_literal=True)
def block_buffer(typing_context: Any, like: Any, depth: Any) -> Any:
    """Return buffer on the stack for so many rows (a literal) of a block of B.

    The vector is of the dtype of `like`. There is one for each place this is written at, for
    as long as the function runs.
    """
    size = depth.literal_value * processor().tile_vectors * processor().vector_bytes
    kind = types.Array(like.dtype, 1, "C")

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        n_items = size * 8 // like.dtype.bitwidth
        item = context.get_value_type(like.dtype)
        buffer = cgutils.alloca_once(builder, item, size=n_items)
        buffer.align = processor().vector_bytes
        view = make_array(kind)(context, builder)
        itemsize = INT(like.dtype.bitwidth // 8)
        populate_array(view, buffer, [INT(n_items)], [itemsize], itemsize, meminfo=None)
        return view._getvalue()

    return kind(like, depth), codegen


def _emit_copy(builder: Any, source: Any, target: Any, n_items: int) -> None:
    """Emit that so many elements are copied as one vector."""
    item = source.type.pointee
    vector = ir.VectorType(item, n_items).as_pointer()
    align = 8 if isinstance(item, ir.DoubleType) else 4
    value = builder.load(builder.bitcast(source, vector), align=align)
    builder.store(value, builder.bitcast(target, vector), align=align)


@intrinsic
def copy_tile_rows(typing_context: Any, a: Any, a_start: Any, out: Any, out_start: Any) -> Any:
    """Copy as many elements as a tile has rows, from `a_start` on to `out_start` on."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source = pointer_at(context, builder, a, *arguments[:2])
        target = pointer_at(context, builder, out, *arguments[2:])
        _emit_copy(builder, source, target, processor().tile_rows)
        return context.get_dummy_value()

    return types.void(a, types.intp, out, types.intp), codegen


@intrinsic
def copy_block_row(
    typing_context: Any, a: Any, a_start: Any, width: Any, last: Any, out: Any, out_start: Any
) -> Any:
    """Copy a row of a block that is two vectors wide, or three.

    The last of them is `last` elements from the first, and in the copy next to the others. Of
    two it is copied twice: LLVM would double the loop that asks for the width.
    """

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a_, a_start_, width_, last_, out_, out_start_ = arguments
        source = pointer_at(context, builder, a, a_, a_start_)
        target = pointer_at(context, builder, out, out_, out_start_)
        n = n_lanes(out.dtype)
        is_wide = builder.icmp_signed(">", width_, INT(2))
        second = builder.select(is_wide, INT(n), last_)
        third = builder.select(is_wide, INT(2 * n), INT(n))
        for here, there in ((INT(0), INT(0)), (second, INT(n)), (last_, third)):
            _emit_copy(builder, builder.gep(source, [here]), builder.gep(target, [there]), n)
        return context.get_dummy_value()

    size = types.intp
    return types.void(a, size, size, size, out, size), codegen


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
            first = pointer_at(context, builder, kind, array, start)
            return [
                builder.gep(first, [builder.mul(row, INT(i))]) for i in range(vectors.n_lanes)
            ]

        vectors = Vectors(context, builder, a.dtype)
        half = vectors.n_lanes // 2
        orders = [
            [first + (i // 2) + vectors.n_lanes * (i % 2) for i in range(vectors.n_lanes)]
            for first in (0, half)
        ]
        masks = [ir.Constant(ir.VectorType(LANE, vectors.n_lanes), order) for order in orders]
        rows = [vectors.load(pointer) for pointer in rows_of(a, a_, a_start_, a_row_)]
        for _ in range(vectors.n_lanes.bit_length() - 1):
            pairs = zip(rows[:half], rows[half:], strict=True)
            rows = [builder.shuffle_vector(*pair, mask) for pair in pairs for mask in masks]
        for row, pointer in zip(rows, rows_of(out, out_, out_start_, out_row_), strict=True):
            vectors.store(row, pointer)
        return context.get_dummy_value()

    size = types.intp
    return types.void(a, size, size, out, size, size), codegen
