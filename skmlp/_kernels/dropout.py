"""Dropout, inverted (Srivastava et al. 2014): outputs that survive are divided by 1 - rate.

Which units survive is a function of a key and of their position in the minibatch, so that the
backward pass finds the mask of the forward pass again instead of reading it from memory, and
neither the order of the rows' computation nor threads matter.
"""

from skmlp._kernels._jit import inner_kernel
from skmlp._kernels.simd._hashing import survives
from skmlp._kernels.simd._vectors import long_vectors


@inner_kernel
def drop(h, key, first, rate):
    """Set each element of the 1-D array `h` to 0 by chance, and scale the others.

    What it does to outputs on the way forward it does to their gradient on the way back.

    Parameters
    ----------
    h : array of shape (n,)
        A layer's outputs for rows of a minibatch, or ∂L by them, in C order.
    key : int
        From :func:`skmlp._kernels.simd._hashing.key_of`.
    first : int
        Position of the first of them among all of the minibatch's.
    rate : float
        Chance of 0, in [0, 1).
    """
    long_vectors()
    zero, factor = h.dtype.type(0), h.dtype.type(1.0 / (1.0 - rate))
    for i in range(h.size):
        h[i] = factor * h[i] if survives(first + i, key, rate) else zero
