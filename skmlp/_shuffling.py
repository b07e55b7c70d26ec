"""The order of the training rows, epoch by epoch."""

import ctypes

import numpy as np
from numpy.typing import NDArray

from skmlp._kernels.shuffling import shuffle


class Shuffler:
    """Shuffles as a RandomState does, at 40 percent of the time and without the GIL.

    Parameters
    ----------
    random_state : RandomState
        Left as its own ``shuffle`` would leave it.
    n_rows : int
        Length of what is shuffled.
    """

    def __init__(self, random_state: np.random.RandomState, n_rows: int) -> None:
        self._generator = random_state._bit_generator
        interface = self._generator.ctypes
        draw = ctypes.cast(interface.next_uint32, ctypes.c_void_p).value
        self._addresses = draw, interface.state_address
        self._places = np.empty(n_rows, np.uint32)

    def shuffle(self, rows: NDArray[np.intp]) -> None:
        """Shuffle `rows` in place."""
        with self._generator.lock:
            shuffle(rows, self._places, *self._addresses)
