"""Matrix products: every floating-point operation that matters is in here.

All matrices are C-ordered and of one dtype; ``out`` is overwritten.
"""

import numpy as np

from skmlp._kernels._jit import kernel


@kernel
def product(a, b, out):
    """Write A B into `out`: a (m, k), b (k, n), out (m, n)."""
    np.dot(a, b, out)


@kernel
def product_transposed_left(a, b, out):
    """Write A^T B into `out`: a (k, m), b (k, n), out (m, n)."""
    np.dot(a.T, b, out)


@kernel
def product_transposed_right(a, b, out):
    """Write A B^T into `out`: a (m, k), b (n, k), out (m, n)."""
    np.dot(a, b.T, out)
