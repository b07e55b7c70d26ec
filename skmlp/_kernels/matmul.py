"""Matrix products: every floating-point operation that matters is in here.

All matrices are C-ordered and of one dtype; ``out`` is overwritten. An element of a product
is a sum in the order of the inner index, from the bias or 0 on, wherever it lies: results do
not depend on how rows are taken together, nor on any BLAS.
"""

import numpy as np

from skmlp._kernels._jit import inlined_kernel, kernel
from skmlp._kernels._simd import (
    lanes_of,
    long_vectors,
    one_vector,
    part_of_a_vector,
    three_vectors,
    tile_vectors,
    transpose_square,
    two_vectors,
)


@inlined_kernel
def product_bias(a, b, bias, out):
    """Write A B + bias into `out`: a (m, k), b (k, n), bias (n,), out (m, n)."""
    if b.shape[1] == 1:
        _product_with_vector(a, b.reshape(-1), bias[0], out.reshape(-1))
    else:
        _multiply(a, a.shape[1], np.intp(1), a.shape[1], b, bias, out)


@inlined_kernel
def product(a, b, out):
    """Write A B into `out`: a (m, k), b (k, n), out (m, n)."""
    _multiply(a, a.shape[1], np.intp(1), a.shape[1], b, b.reshape(-1)[:0], out)


@inlined_kernel
def product_transposed_left(a, b, out):
    """Write A^T B into `out`: a (k, m), b (k, n), out (m, n)."""
    if b.shape[1] == 1:
        _weighted_sum_of_rows(a, b.reshape(-1), out.reshape(-1))
    else:
        _multiply(a, np.intp(1), a.shape[1], a.shape[0], b, b.reshape(-1)[:0], out)


@kernel
def transpose(a, out):
    """Write A^T into `out`: a (m, n), out (n, m).

    It is turned in squares; the last of a row or column overlap those before them.
    """
    m, n = a.shape
    side = lanes_of(a)
    if m < side or n < side:
        for i in range(m):
            for j in range(n):
                out[j, i] = a[i, j]
        return
    for i in range(0, m, side):
        row = min(i, m - side)
        for j in range(0, n, side):
            column = min(j, n - side)
            transpose_square(a, row * n + column, n, out, column * m + row, m)


@kernel
def add_column_sums(a, out):
    """Add the sum of each column of A (m, n) to `out` (n,)."""
    long_vectors()
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[j] += a[i, j]


@kernel
def _product_with_vector(a, b, bias, out):
    # With one column the vectors run along the inner index instead.
    long_vectors()
    for i in range(a.shape[0]):
        total = a.dtype.type(0)
        for j in range(b.size):
            total += a[i, j] * b[j]
        out[i] = total + bias


@kernel
def _weighted_sum_of_rows(a, b, out):
    long_vectors()
    out[:] = 0
    for i in range(b.size):
        weight = b[i]
        for j in range(out.size):
            out[j] += weight * a[i, j]


@kernel
def _multiply(a, a_row, a_depth, depth, b, bias, out):
    """Write Σ_k A[i, k] B[k, j], plus bias[j], into `out`, a block of columns at a time.

    Element (i, k) of A lies at ``i * a_row + k * a_depth``; callers pass these as variables,
    since numba would compile this function anew for each constant. An empty `bias` is none.
    A block is up to three vectors wide; the last vector overlaps the one before it where they
    do not fit.
    """
    n_rows, n = out.shape
    lanes = lanes_of(out)
    if n < lanes:
        part_of_a_vector(a, a_row, a_depth, n_rows, depth, b, 0, n, bias, out, n)
        return
    n_vectors = (n + lanes - 1) // lanes
    start = 0
    while n_vectors > 0:
        n_blocks = (n_vectors + tile_vectors() - 1) // tile_vectors()
        width = (n_vectors + n_blocks - 1) // n_blocks
        last = min((width - 1) * lanes, n - lanes - start)
        if width == 3:
            three_vectors(a, a_row, a_depth, n_rows, depth, b, start, n, bias, out, last)
        elif width == 2:
            two_vectors(a, a_row, a_depth, n_rows, depth, b, start, n, bias, out, last)
        else:
            one_vector(a, a_row, a_depth, n_rows, depth, b, start, n, bias, out, last)
        start += width * lanes
        n_vectors -= width
