"""The order of the training rows."""

import numpy as np

from skmlp._kernels._jit import kernel
from skmlp._kernels.simd._bit_generator import next_uint32


@kernel
def shuffle(rows, places, draw, state):
    """Shuffle `rows` in place as ``RandomState.shuffle`` does, from the same random bits.

    Element i, from the last to the second, changes places with one of the elements up to i
    (Fisher and Yates): 32 bits, less those that i has not, are drawn until they are at most i.
    The places are drawn first, without a branch on their value, which no processor predicts.

    Parameters
    ----------
    rows : array of shape (n,)
        2**32 at most.
    places : uint32 array of shape (n,)
        Overwritten.
    draw, state : int
        Addresses of a bit generator's ``next_uint32`` and of its state.
    """
    i = rows.size - 1
    mask = np.uint32(1)
    while mask < i:
        mask = np.uint32(2 * mask + 1)
    while i > 0:
        half = np.uint32(mask >> 1)
        while i > half:
            place = np.uint32(next_uint32(draw, state) & mask)
            places[i] = place
            i -= np.intp(place <= i)
        mask = half
    for i in range(rows.size - 1, 0, -1):
        rows[i], rows[places[i]] = rows[places[i]], rows[i]
