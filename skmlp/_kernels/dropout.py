"""Dropout (Srivastava et al. 2014), inverted: what survives is divided by the share that does.

Which units survive is a function of a key and of their position in the minibatch, so that the
backward pass finds the mask of the forward pass again instead of reading it from memory, and
neither the order of the rows' computation nor threads matter.
"""

from skmlp._kernels._hashing import survives
from skmlp._kernels._jit import kernel
from skmlp._kernels._simd import long_vectors


@kernel
def drop(h, key, rate):
    """Set each element of the 1-D array `h` to 0 by chance, and scale the others.

    Parameters
    ----------
    h : array of shape (n,)
        A layer's outputs for a minibatch, in C order.
    key : int
        From :func:`skmlp._kernels._hashing.key_of`.
    rate : float
        Chance of 0, in [0, 1).
    """
    long_vectors()
    zero, factor = h.dtype.type(0), h.dtype.type(1.0 / (1.0 - rate))
    for i in range(h.size):
        h[i] = factor * h[i] if survives(i, key, rate) else zero


@kernel
def drop_backward(h, delta, key, first, rate):
    """Take ``delta``, ∂L/∂h, back through :func:`drop`, and the scale of `h` off again.

    They are a part of what was dropped, from the position `first` on.
    """
    long_vectors()
    zero, share = h.dtype.type(0), h.dtype.type(1.0 - rate)
    factor = h.dtype.type(1.0 / (1.0 - rate))
    for i in range(h.size):
        h[i] *= share
        delta[i] = factor * delta[i] if survives(first + i, key, rate) else zero
