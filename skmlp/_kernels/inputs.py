"""The input: rows of a dense one into the workspace, products with a CSR one in place.

The input reaches every kernel as ``dense`` (n, d) and None for ``data``, ``indices`` and
``indptr``; or as an empty ``dense`` (0, d) and the three arrays of a CSR matrix. numba leaves
out what None rules out (`is None` on an argument), so that only a sparse input has the code
for it compiled. The arrays are passed read-only, whether the user's are or not, to be of one
type.
"""

import numpy as np

from skmlp._kernels._jit import inner_kernel
from skmlp._kernels.simd._processor import lanes_of
from skmlp._kernels.simd._rows import copy_row
from skmlp._kernels.simd._scalars import constant_for
from skmlp._kernels.simd._vectors import long_vectors, prefetch
from skmlp._kernels.simd._views import row_part

# The largest finite numbers.
_LARGEST_SINGLE, _LARGEST = float(np.finfo(np.float32).max), float(np.finfo(np.float64).max)
# How many rows ahead the next one is asked for from memory.
_AHEAD = 8


@inner_kernel
def gather(dense, rows, out):
    """Copy the selected rows of a dense input into `out`, (rows.size, d)."""
    n, d = out.shape
    for i in range(n):
        # Rows lie at random, which no processor foresees.
        ahead = rows[min(i + _AHEAD, n - 1)] * d
        # (A vector is a cache line, or a part of one, and its length a constant.)
        for j in range(0, d, lanes_of(out)):
            prefetch(dense, ahead + j)
        copy_row(dense, rows[i] * d, d, out, i * d)


@inner_kernel
def is_finite(values):
    """Return whether all of the 1-D array `values` is neither infinite nor NaN."""
    long_vectors()
    largest = constant_for(values.dtype.type(0), _LARGEST_SINGLE, _LARGEST)
    finite = True
    for i in range(values.size):
        finite &= abs(values[i]) <= largest
    return finite


@inner_kernel
def csr_product_bias(data, indices, indptr, rows, b, bias, out):
    """Write A B + bias into `out` (m, n), where A is the selected rows: b (d, n), bias (n,).

    The cost grows with the number of stored entries, of which the same may be there twice.
    """
    long_vectors()
    for i in range(rows.size):
        for j in range(bias.size):
            out[i, j] = bias[j]
        for position in range(indptr[rows[i]], indptr[rows[i] + 1]):
            column, value = indices[position], data[position]
            for j in range(bias.size):
                out[i, j] += value * b[column, j]


@inner_kernel
def csr_product_transposed_left(data, indices, indptr, rows, b, first, stop, out):
    """Write the columns of A^T B from `first` to `stop` into those of `out` (d, n).

    A is the selected rows; b is (m, n).
    """
    long_vectors()
    for i in range(out.shape[0]):
        row = row_part(out, i, first, stop)
        for j in range(row.size):
            row[j] = 0
    for i in range(rows.size):
        row = row_part(b, i, first, stop)
        for position in range(indptr[rows[i]], indptr[rows[i] + 1]):
            sums, value = row_part(out, indices[position], first, stop), data[position]
            for j in range(row.size):
                sums[j] += value * row[j]
