"""Recorded calls, changed at random, on arrays between pages that end the process when touched.

``python -m tests.guarded_calls RECORD FILE LEVEL SEED N`` makes N calls of the extension module
in a file, for Linux, and prints how many went through and how many were refused.
"""

import ctypes
import functools
import mmap
import pickle
import random
import sys
from pathlib import Path

import numpy as np

from tests import border_calls

PAGE = mmap.PAGESIZE
# Numbers that are likely to be a length, a bound, or one beyond.
_NUMBERS = 0, 1, -1, 2, 3, 7, 16, 31, 32, 128, 200, 2**20, 2**31 - 1


@functools.cache
def _libc():
    """Return the C library; other systems than Linux, which only import this, have none."""
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long
    libc.mprotect.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    libc.munmap.argtypes = ctypes.c_void_p, ctypes.c_size_t
    return libc


class Guarded:
    """Copies of arrays that end where a page does, behind which there is none to touch."""

    def __init__(self):
        self._maps = []

    def copy(self, array):
        size = -(-array.nbytes // PAGE) * PAGE + 2 * PAGE
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        start = _libc().mmap(None, size, mmap.PROT_READ | mmap.PROT_WRITE, flags, -1, 0)
        self._maps.append((start, size))
        for page in (start, start + size - PAGE):
            assert _libc().mprotect(page, PAGE, 0) == 0
        room = ctypes.c_char * max(array.nbytes, 1)
        end = start + size - PAGE
        found = room.from_address(end - max(array.nbytes, 1))
        copied = np.frombuffer(found, np.uint8, array.nbytes).view(array.dtype)
        copied = copied.reshape(array.shape)
        copied[...] = array
        copied.flags.writeable = array.flags.writeable
        return copied

    def clear(self):
        while self._maps:
            _libc().munmap(*self._maps.pop())


def changed(rng, argument):
    """Return an argument with another length, element or value."""
    if isinstance(argument, float):
        return rng.choice([0.0, 1.0, -1.0, float("nan"), float("inf")])
    if isinstance(argument, int):
        return rng.choice([*_NUMBERS, argument + 1, argument - 1, 2 * argument, 2**40])
    if argument is None or not argument.size:
        return argument
    kind = rng.randrange(4)
    if kind == 0:
        result = argument[: rng.choice([-1, rng.randrange(len(argument))])].copy()
    elif kind == 1:
        result = np.concatenate([argument, argument[: rng.randrange(1, 4)]])
    else:
        result = argument.copy()
        result.flat[rng.randrange(argument.size)] = rng.choice(_NUMBERS)
    result.flags.writeable = argument.flags.writeable
    return result


def main(record, file, level, seed, n):
    functions, rng = border_calls.load(file).functions(level), random.Random(int(seed))
    calls = [call for call in pickle.loads(Path(record).read_bytes()) if call[0] != "shuffle"]
    n_through = n_refused = 0
    for _ in range(int(n)):
        name, packed, _ = rng.choice(calls)
        arguments, guarded = border_calls.unpacked(packed), Guarded()
        for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
            position = rng.randrange(len(arguments))
            arguments[position] = changed(rng, arguments[position])
        if name == "run_epoch":
            arguments[-2][...] = 0  # with other counters it might wait for other threads
        copies = [guarded.copy(a) if isinstance(a, np.ndarray) else a for a in arguments]
        try:
            functions[name](*copies)
            n_through += 1
        except (TypeError, ValueError):
            n_refused += 1
        del copies
        guarded.clear()
    print(n_through, n_refused)


if __name__ == "__main__":
    main(*sys.argv[1:])
