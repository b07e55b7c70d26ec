"""How tests call what is compiled for other kernels only."""

import numba

from tests import no_jit


def from_python(inner):
    """Return a function that Python may call instead of an inner kernel."""
    if numba.config.DISABLE_JIT:
        return no_jit.silent(inner)

    @numba.njit
    def call(*arguments):
        return inner(*arguments)

    return call
