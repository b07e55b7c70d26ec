"""Matrix products: every floating-point operation that matters is in here.

All matrices are C-ordered and of one dtype; ``out`` is overwritten. An element of a product
is a sum in the order of the inner index, from the bias or 0 on, wherever it lies: results do
not depend on how rows are taken together, nor on any BLAS.
"""

import numpy as np

from skmlp._kernels._jit import inlined_kernel, inner_kernel
from skmlp._kernels.simd._processor import (
    depth_at_once,
    lanes_of,
    packed_elements,
    packed_rows,
    tile_rows,
    tile_vectors,
)
from skmlp._kernels.simd._rows import dot
from skmlp._kernels.simd._tiles import (
    Left,
    Right,
    Target,
    block_buffer,
    copy_block_row,
    copy_tile_rows,
    short_tile,
    single_tile,
    tall_tile,
    transpose_square,
)
from skmlp._kernels.simd._vectors import long_vectors
from skmlp._kernels.simd._views import flat, matrix_at, read_only, rows_at, vector_at

# Operands are read-only, whether they are so to the caller or not: of one type to numba, which
# compiles `_multiply` for each.
# That an operand is not packed: a variable to numba, which compiles anew for a literal.
_UNPACKED = np.bool_(False)
# Inner indices that are added up at a time where a block of B is packed: then it may be in the
# second cache, from which its rows come in their order. There is one on the stack, of at most
# 192 KiB.
_PACKED_DEPTH = 1024
# Elements of B from which on it pays to pack its blocks.
_BLOCK_FROM = 12288


@inlined_kernel
def product_bias(a, b, bias, floor, out):
    """Write max(A B + bias, floor) into `out`: a (m, k), b (k, n), bias (n,), out (m, n)."""
    if b.shape[1] == 1:
        _product_with_vector(read_only(a), read_only(flat(b)), bias[0], floor, flat(out))
    else:
        left = Left(read_only(a), a.shape[1], np.intp(1), _UNPACKED)
        _multiply(left, a.shape[1], read_only(b), read_only(bias), floor, out)


@inlined_kernel
def product(a, b, out):
    """Write A B into `out`: a (m, k), b (k, n), out (m, n)."""
    if a.shape[1] == 1:
        _outer_product(flat(a), flat(b), out)
    else:
        nothing, floor = read_only(vector_at(b, 0, 0)), b.dtype.type(-np.inf)
        left = Left(read_only(a), a.shape[1], np.intp(1), _UNPACKED)
        _multiply(left, a.shape[1], read_only(b), nothing, floor, out)


@inlined_kernel
def product_transposed_left(a, b, first, stop, scratch, out):
    """Write the rows of A^T B from `first` to `stop` into those of `out`.

    a is (k, m), b (k, n), out (m, n). `scratch` is overwritten; it has buffer for
    :func:`scratch_size` elements.
    """
    depth, m, n = a.shape[0], stop - first, b.shape[1]
    a, b = read_only(a), read_only(b)
    nothing, floor = vector_at(b, 0, 0), b.dtype.type(-np.inf)
    columns, rows = matrix_at(a, first, depth, a.shape[1]), rows_at(out, first, stop)
    if n < 2 * lanes_of(b) and m >= lanes_of(b):
        # Few columns would leave most of a vector empty; A's are not few.
        transposed = matrix_at(scratch, 0, n, m)
        left = Left(b, np.intp(1), n, _UNPACKED)
        _multiply(left, depth, columns, nothing, floor, transposed)
        transpose(read_only(transposed), np.intp(0), n, rows)
    else:
        is_large = m * depth >= packed_elements()
        packs = is_large and m >= tile_rows() and n >= 3 * lanes_of(b)
        values, stride = columns, a.shape[1]
        if packs:
            _pack(columns, m, scratch)
            values, stride = read_only(matrix_at(scratch, 0, 1, scratch.size)), tile_rows()
        _multiply(Left(values, np.intp(1), stride, packs), depth, b, nothing, floor, rows)


@inlined_kernel
def _pack(a, m, packed):
    """Copy the first m columns of A to the tiles that read them.

    A tile's columns lie side by side, once for each row of A; the last tile overlaps the one
    before it where they do not fit.
    """
    depth, n = a.shape
    for start in range(0, m, tile_rows()):
        column = min(start, m - tile_rows())
        for k in range(depth):
            copy_tile_rows(a, k * n + column, packed, start * depth + k * tile_rows())


@inner_kernel
def transpose(a, first, stop, out):
    """Write the rows of A (m, n) from `first` to `stop` into the columns of `out` (n, m).

    They are transposed in squares; the last of a row or column overlap those before them.
    """
    m, n = a.shape
    side = lanes_of(a)
    if stop - first < side or n < side:
        for i in range(first, stop):
            for j in range(n):
                out[j, i] = a[i, j]
        return
    for i in range(first, stop, side):
        row = min(i, stop - side)
        for j in range(0, n, side):
            column = min(j, n - side)
            transpose_square(a, row * n + column, n, out, column * m + row, m)


@inner_kernel
def column_sums(a, out):
    """Write the sum of each column of A (m, n) into `out` (n,), four rows at a time."""
    long_vectors()
    m, n = a.shape
    for j in range(n):
        out[j] = 0
    tail = m - m % 4
    for i in range(0, tail, 4):
        for j in range(n):
            out[j] += (a[i, j] + a[i + 1, j]) + (a[i + 2, j] + a[i + 3, j])
    for i in range(tail, m):
        for j in range(n):
            out[j] += a[i, j]


@inner_kernel
def _product_with_vector(a, b, bias, floor, out):
    # With one column the vectors run along the inner index instead.
    for i in range(out.size):
        value = dot(a, i * b.size, b) + bias
        out[i] = floor if value < floor else value


@inner_kernel
def _outer_product(a, b, out):
    long_vectors()
    for i in range(a.size):
        for j in range(b.size):
            out[i, j] = a[i] * b[j]


@inlined_kernel
def _pack_block(b, start, depth, n, width, last, packed):
    """Copy a block of B, `width` vectors wide, so that its rows lie side by side."""
    lanes = lanes_of(b)
    for k in range(depth):
        copy_block_row(b, start + k * n, width, last, packed, k * width * lanes)


@inner_kernel
def _multiply(left, depth, b, bias, floor, out):
    """Write max(Σ_k A[i, k] B[k, j] + bias[j], floor) into `out`, in columns of tiles.

    A is `left`, with `depth` inner indices. B may have more columns than `out`, which are
    passed over. An empty `bias` is none.

    A row of tiles is three vectors wide, or two. The last tile of a row or a column overlaps
    the one before it where they do not fit; what two of them share is computed twice, to the
    same bits.
    """
    (n_rows, n), n_columns = out.shape, b.shape[1]
    lanes = lanes_of(out)
    buffer = block_buffer(out, _PACKED_DEPTH)
    packs = n > lanes and n_rows >= packed_rows() and depth * n >= _BLOCK_FROM
    longest = _PACKED_DEPTH if packs else depth_at_once()
    part = depth
    # A sum cannot go on where two tiles of a column overlap, which would both add to it.
    if n_rows % tile_rows() == 0:
        n_parts = (depth + longest - 1) // longest
        part = (depth + n_parts - 1) // n_parts
    packs &= part <= _PACKED_DEPTH
    n_vectors = (n + lanes - 1) // lanes
    column = 0
    while column < n:
        n_blocks = (n_vectors + tile_vectors() - 1) // tile_vectors()
        width = (n_vectors + n_blocks - 1) // n_blocks
        n_vectors -= width
        if n <= lanes:
            width, last = 0, n
        else:
            if width == 1:
                width, column = 2, n - 2 * lanes
            last = min((width - 1) * lanes, n - lanes - column)
        block, b_row, b_last = flat(b), n_columns, last
        if packs:
            block, b_row, b_last = read_only(buffer), width * lanes, (width - 1) * lanes
        for k in range(0, depth, part):
            size, b_start = min(part, depth - k), k * n_columns + column
            if packs:
                _pack_block(b, b_start, size, n_columns, width, last, buffer)
                b_start = 0
            low = floor if k + size == depth else out.dtype.type(-np.inf)
            right = Right(block, b_start, b_row, b_last)
            _fill_column(width, left, depth, k, size, right, bias, low, out, column, last)
        column += max(width, 1) * lanes


@inlined_kernel
def _fill_column(width, left, depth, k, size, right, bias, floor, out, column, last):
    """Compute a column of tiles from `size` inner indices, from `k` on."""
    n_rows, tall = out.shape[0], tile_rows()
    short = tall // 2
    first, resumes = k * left.depth_stride, k > 0
    row = 0
    while row < n_rows:
        if left.is_packed or (n_rows >= tall and n_rows - row > short):
            i = min(row, n_rows - tall)
            start = first + (row * depth if left.is_packed else i * left.row_stride)
            target = Target(out, i, column, last)
            tall_tile(width, left, start, size, right, bias, resumes, floor, target)
            row += tall
        elif n_rows >= short:
            i = min(row, n_rows - short)
            start, target = i * left.row_stride, Target(out, i, column, last)
            short_tile(width, left, start, size, right, bias, False, floor, target)
            row += short
        else:
            start, target = row * left.row_stride, Target(out, row, column, last)
            single_tile(width, left, start, size, right, bias, False, floor, target)
            row += 1
