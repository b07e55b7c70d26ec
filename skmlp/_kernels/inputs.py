"""Rows of the input, dense or CSR, copied into the workspace of a batch.

The input reaches every kernel as the same four arrays, so that one signature serves both
kinds: ``dense`` (n, d) and empty ``data``, ``indices``, ``indptr``; or ``dense`` (0, d)
and the three arrays of a CSR matrix. They are passed read-only, whether the user's arrays
are or not, for the same reason.
"""

from skmlp._kernels._jit import kernel
from skmlp._kernels._simd import prefetch

# How many rows ahead the next one is asked for from memory.
_AHEAD = 8


@kernel
def gather(dense, data, indices, indptr, rows, out):
    """Write the selected rows into `out`, (rows.size, d).

    Parameters
    ----------
    dense, data, indices, indptr : arrays
        The input, as above.
    rows : int array of shape (m,)
    out : array of shape (m, d)
        Overwritten.
    """
    if indptr.size == 0:
        _gather_dense(dense, rows, out)
    else:
        _gather_csr(data, indices, indptr, rows, out)


@kernel
def _gather_dense(dense, rows, out):
    n, d = out.shape
    line = 64 // out.itemsize
    for i in range(n):
        # Rows lie at random, which no processor foresees.
        if i + _AHEAD < n:
            for j in range(0, d, line):
                prefetch(dense, rows[i + _AHEAD] * d + j)
        row = rows[i]
        for j in range(d):
            out[i, j] = dense[row, j]


@kernel
def _gather_csr(data, indices, indptr, rows, out):
    out[:] = 0
    for i in range(rows.size):
        row = rows[i]
        for position in range(indptr[row], indptr[row + 1]):
            # Added, not assigned: a CSR matrix may hold an entry in several parts.
            out[i, indices[position]] += data[position]
