"""ReLU on the way back from a single output: Δ and its column sums in one pass.

LLVM would vectorise a loop over one row at a time only, and leave what is left of a vector to
single numbers; with a condition these branch, which a processor foresees half of the times.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from skmlp._kernels.simd._vectors import INT, Vectors, pointer_at


@intrinsic(prefer_literal=True)
def outer_product_rows(
    typing_context: Any, h: Any, a: Any, b: Any, first: Any, n_rows: Any, out: Any, sums: Any
) -> Any:
    """Write rows of A Bᵀ, with 0 where `h` is 0, into `out`, and add them to `sums`.

    A is (m,), B (n,); `h` and `out` are (m, n), `sums` is (n,), and n at least the number of
    lanes. The rows are `n_rows`, a literal power of 2, from `first` on. They are added to each
    other in pairs, and those from 0 on to nothing.
    """

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        h_, a_, b_, first_, _, out_, sums_ = arguments
        vectors = Vectors(context, builder, h.dtype)
        shape = cgutils.create_struct_proxy(h)(context, builder, h_).shape
        n = builder.extract_value(shape, 1)
        rest = builder.and_(n, INT(vectors.n_lanes - 1))
        is_first = builder.icmp_signed("==", first_, INT(0))
        rows = [builder.add(first_, INT(i)) for i in range(n_rows.literal_value)]

        def product_at(row: Any, column: Any, factors: Any) -> Any:
            place = builder.add(builder.mul(row, n), column)
            factor = builder.load(pointer_at(context, builder, a, a_, row))
            active = vectors.load(pointer_at(context, builder, h, h_, place))
            product = builder.fmul(vectors.broadcast(factor), factors)
            is_zero = builder.fcmp_ordered("==", active, vectors.zero)
            value = builder.select(is_zero, vectors.zero, product)
            vectors.store(value, pointer_at(context, builder, out, out_, place))
            return value

        def emit(column: Any, is_new: Any = None) -> None:
            factors = vectors.load(pointer_at(context, builder, b, b_, column))
            terms = [product_at(row, column, factors) for row in rows]
            while len(terms) > 1:
                pairs = zip(terms[::2], terms[1::2], strict=True)
                terms = [builder.fadd(*pair) for pair in pairs]
            place = pointer_at(context, builder, sums, sums_, column)
            before = vectors.load(place)
            total = builder.select(is_first, terms[0], builder.fadd(before, terms[0]))
            if is_new is not None:
                total = builder.select(is_new, total, before)
            vectors.store(total, place)

        with cgutils.for_range_slice(
            builder, INT(0), builder.sub(n, rest), INT(vectors.n_lanes), intp=INT, inc=True
        ) as (column, _):
            emit(column)
        with builder.if_then(builder.icmp_signed(">", rest, INT(0))):
            # The last vector overlaps the one before it, whose lanes have been added.
            from_end = list(range(vectors.n_lanes, 0, -1))
            lanes = ir.Constant(ir.VectorType(INT, vectors.n_lanes), from_end)
            is_new = builder.icmp_signed("<=", lanes, vectors.broadcast(rest))
            emit(builder.sub(n, INT(vectors.n_lanes)), is_new)
        return context.get_dummy_value()

    return types.void(h, a, b, types.intp, n_rows, out, sums), codegen
