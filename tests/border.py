"""How tests call what is compiled for other kernels only."""

import numba


def from_python(inner):
    """Return a function that Python may call instead of an inner kernel."""

    @numba.njit
    def call(*arguments):
        return inner(*arguments)

    return call
