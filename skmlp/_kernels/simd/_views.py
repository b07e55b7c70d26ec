"""Views of parts of an array, at next to no cost in compiled code.

numba's own slices and reshapes count references, check what the kernels know, and call a
function of general strides: together some tenths of a microsecond a view, of which a training
step takes dozens. These compute one address. Nothing is checked, and nothing keeps the array
alive: a view must not leave the kernel that was handed the array. All arrays are C-ordered.
"""

from typing import Any

from numba import types
from numba.core import cgutils
from numba.core.imputils import impl_ret_borrowed
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array


def type_of_view(array: Any, n_dimensions: int) -> Any:
    """Return the type of a view of `array`, as writeable as it is."""
    return types.Array(array.dtype, n_dimensions, "C", readonly=not array.mutable)


def emit_view(
    context: Any, builder: Any, signature: Any, array: Any, start: Any, shape: list[Any]
) -> Any:
    """Emit the result of an intrinsic: the view of its first argument from `start` on."""
    base = cgutils.create_struct_proxy(signature.args[0])(context, builder, array)
    strides = [base.itemsize]
    for extent in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], extent))
    view = make_array(signature.return_type)(context, builder)
    data = builder.gep(base.data, [start])
    populate_array(view, data, shape, strides, base.itemsize, meminfo=None)
    return view._getvalue()


@intrinsic
def vector_at(typing_context: Any, array: Any, start: Any, size: Any) -> Any:
    """Return `size` elements from the flat position `start` on."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array_, start_, size_ = arguments
        return emit_view(context, builder, signature, array_, start_, [size_])

    return type_of_view(array, 1)(array, types.intp, types.intp), codegen


@intrinsic
def matrix_at(typing_context: Any, array: Any, start: Any, n_rows: Any, n_columns: Any) -> Any:
    """Return a matrix (n_rows, n_columns) from the flat position `start` on."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array_, start_, *shape = arguments
        return emit_view(context, builder, signature, array_, start_, shape)

    size = types.intp
    return type_of_view(array, 2)(array, size, size, size), codegen


@intrinsic
def rows_at(typing_context: Any, matrix: Any, start: Any, stop: Any) -> Any:
    """Return the rows of a matrix from `start` to `stop`, without it."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        matrix_, start_, stop_ = arguments
        proxy = cgutils.create_struct_proxy(matrix)(context, builder, matrix_)
        n = builder.extract_value(proxy.shape, 1)
        shape = [builder.sub(stop_, start_), n]
        return emit_view(context, builder, signature, matrix_, builder.mul(start_, n), shape)

    return type_of_view(matrix, 2)(matrix, types.intp, types.intp), codegen


@intrinsic
def row_part(typing_context: Any, matrix: Any, i: Any, first: Any, stop: Any) -> Any:
    """Return row i of a matrix from column `first` to `stop`, without it.

    A loop over it counts from 0. From anywhere else numba would ask of each index whether it is
    negative, and the loop would not vectorise.
    """

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        matrix_, i_, first_, stop_ = arguments
        proxy = cgutils.create_struct_proxy(matrix)(context, builder, matrix_)
        n = builder.extract_value(proxy.shape, 1)
        start = builder.add(builder.mul(i_, n), first_)
        size = builder.sub(stop_, first_)
        return emit_view(context, builder, signature, matrix_, start, [size])

    size = types.intp
    return type_of_view(matrix, 1)(matrix, size, size, size), codegen


@intrinsic
def flat(typing_context: Any, array: Any) -> Any:
    """Return all elements as a vector."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        proxy = cgutils.create_struct_proxy(array)(context, builder, arguments[0])
        start = context.get_constant(types.intp, 0)
        return emit_view(context, builder, signature, arguments[0], start, [proxy.nitems])

    return type_of_view(array, 1)(array), codegen


@intrinsic
def read_only(typing_context: Any, array: Any) -> Any:
    """Return an array as one that may not be written to, which numba keeps apart."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        # The same array once more: counted in code that counts references, as kernels do not.
        return impl_ret_borrowed(context, builder, signature.return_type, arguments[0])

    return types.Array(array.dtype, array.ndim, "C", readonly=True)(array), codegen
