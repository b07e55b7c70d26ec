"""Operations on one row of a matrix, by whole vectors and a part of one.

LLVM leaves the loop over a row shorter than a vector to single numbers.
"""

from collections.abc import Callable
from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from skmlp._kernels.simd._vectors import INT, Vectors, pointer_at


def _for_each_vector(
    context: Any, builder: Any, dtype: Any, size: Any, body: Callable[[Vectors, Any], None]
) -> None:
    """Emit `body` for the offset of each vector of a row, and for its rest.

    The vectors that `body` is handed mask what is not of the row.
    """
    vectors = Vectors(context, builder, dtype)
    rest = builder.srem(size, INT(vectors.n_lanes))
    whole = builder.sub(size, rest)
    with cgutils.for_range_slice(
        builder, INT(0), whole, INT(vectors.n_lanes), intp=INT, inc=True
    ) as (offset, _):
        body(vectors, offset)
    body(Vectors(context, builder, dtype, rest), whole)


@intrinsic
def copy_row(
    typing_context: Any, a: Any, start: Any, size: Any, out: Any, out_start: Any
) -> Any:
    """Copy `size` elements of A from `start` on to `out`, from `out_start` on.

    A loop over rows of a loop over elements is compiled as many times as there are cases.
    """
    if a.dtype != out.dtype:  # bytes are copied
        return None

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a_, start_, size_, out_, out_start_ = arguments
        source = pointer_at(context, builder, a, a_, start_)
        target = pointer_at(context, builder, out, out_, out_start_)
        cgutils.raw_memcpy(builder, target, source, size_, a.dtype.bitwidth // 8)
        return context.get_dummy_value()

    size = types.intp
    return types.void(a, size, size, out, size), codegen


@intrinsic
def dot(typing_context: Any, a: Any, start: Any, b: Any) -> Any:
    """Return Σ_j A[start + j] b[j] over all of b, with A counted in C order.

    The products of each lane are added up first, then the lanes.
    """

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        first = pointer_at(context, builder, a, *arguments[:2])
        vector = cgutils.create_struct_proxy(b)(context, builder, arguments[2])
        vectors = Vectors(context, builder, b.dtype)
        total = cgutils.alloca_once_value(builder, vectors.zero)

        def add(some: Vectors, offset: Any) -> None:
            x, y = (some.load(builder.gep(p, [offset])) for p in (first, vector.data))
            builder.store(some.multiply_add(x, y, builder.load(total)), total)

        _for_each_vector(context, builder, b.dtype, vector.nitems, add)
        return vectors.sum(builder.load(total))

    return b.dtype(a, types.intp, b), codegen


@intrinsic
def row_max(typing_context: Any, a: Any, start: Any, size: Any) -> Any:
    """Return the largest of `size` elements of A from `start` on; NaN may be passed over."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        first = pointer_at(context, builder, a, *arguments[:2])
        vectors = Vectors(context, builder, a.dtype)
        lowest = vectors.constant(float("-inf"))
        largest = cgutils.alloca_once_value(builder, lowest)

        def compare(some: Vectors, offset: Any) -> None:
            x, y = some.load(builder.gep(first, [offset]), lowest), builder.load(largest)
            builder.store(builder.select(builder.fcmp_ordered(">", x, y), x, y), largest)

        _for_each_vector(context, builder, a.dtype, arguments[2], compare)
        return vectors.max(builder.load(largest))

    return a.dtype(a, types.intp, types.intp), codegen


@intrinsic
def row_sum(typing_context: Any, a: Any, start: Any, size: Any) -> Any:
    """Return the sum of `size` elements of A from `start` on."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        first = pointer_at(context, builder, a, *arguments[:2])
        vectors = Vectors(context, builder, a.dtype)
        total = cgutils.alloca_once_value(builder, vectors.zero)

        def add(some: Vectors, offset: Any) -> None:
            x = some.load(builder.gep(first, [offset]))
            builder.store(builder.fadd(builder.load(total), x), total)

        _for_each_vector(context, builder, a.dtype, arguments[2], add)
        return vectors.sum(builder.load(total))

    return a.dtype(a, types.intp, types.intp), codegen


@intrinsic
def row_minus(typing_context: Any, a: Any, number: Any, start: Any, size: Any, out: Any) -> Any:
    """Write `size` elements of A from `start` on, less a number, to the same place of `out`.

    It must be another array: a processor holds back a load of what a masked store before it
    may have written, whatever the mask.
    """

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a_, number_, start_, size_, out_ = arguments
        source = pointer_at(context, builder, a, a_, start_)
        target = pointer_at(context, builder, out, out_, start_)

        def subtract(some: Vectors, offset: Any) -> None:
            x = some.load(builder.gep(source, [offset]))
            some.store(builder.fsub(x, some.broadcast(number_)), builder.gep(target, [offset]))

        _for_each_vector(context, builder, a.dtype, size_, subtract)
        return context.get_dummy_value()

    return types.void(a, a.dtype, types.intp, types.intp, out), codegen
