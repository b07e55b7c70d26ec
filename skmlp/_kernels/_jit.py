"""The one decorator behind every compiled function, and its disk cache."""

import functools
import hashlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

# Flags that let the compiler reorder and contract arithmetic (so that sums vectorise) but
# leave NaN and infinity alone: a diverging network must be seen.
_FAST = {"contract", "reassoc", "nsz", "arcp"}
# What is left where rounding errors are accounted for.
_EXACT = {"contract"}


def _digest_of_sources() -> str:
    """Return a hash over all modules of this package."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


SOURCES_DIGEST = _digest_of_sources()


@functools.cache
def _warn_uncached() -> None:
    warnings.warn(
        "skmlp found no writable directory for its compiled code, which is therefore "
        "compiled again in every process; set NUMBA_CACHE_DIR to a writable directory.",
        RuntimeWarning,
        stacklevel=3,
    )


def _compile(
    function: Callable[..., Any],
    fastmath: set[str],
    *,
    inline: str = "never",
    inner: bool = False,
    in_loops: bool = False,
) -> Any:
    """Compile `function` lazily, with a disk cache where there may be one.

    numba names a cache file after the function's qualified name and checks only the file
    that holds the function, so that a kernel which inlines code from an edited module
    would be served stale. The name therefore carries a hash of all kernel sources while
    numba looks at it.
    """
    options: dict[str, Any] = {
        "nogil": True,
        "error_model": "numpy",
        # A kernel that allocates does not compile, and nothing counts references.
        "_nrt": False,
        "fastmath": fastmath,
        "inline": inline,
        # What makes a function callable from C or Python takes a tenth of the time to compile.
        "no_cfunc_wrapper": True,
        "no_cpython_wrapper": inner,
        # A loop with a call in it does not vectorise, and LLVM leaves long functions as calls.
        "forceinline": in_loops,
    }
    name = function.__qualname__
    function.__qualname__ = f"{name}-{SOURCES_DIGEST}"
    try:
        compiled = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # how numba says that it may write nowhere
        _warn_uncached()
        compiled = numba.njit(**options)(function)
    function.__qualname__ = compiled.__qualname__ = name
    return compiled


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function at its first call, in nopython mode and without the GIL.

    Parameters
    ----------
    function : callable
        A module-level function of arrays and scalars. It takes no functions, jitclasses
        or tuples of arrays: those would miss the disk cache or recompile per depth.

    Returns
    -------
    numba dispatcher
    """
    return _compile(function, _FAST)


def inner_kernel(function: Callable[..., Any]) -> Any:
    """Compile as `kernel` does, to be called from other kernels only.

    A call from Python would end the process.
    """
    return _compile(function, _FAST, inner=True)


def inlined_kernel(function: Callable[..., Any]) -> Any:
    """Compile as `kernel` does, but as a part of each function that calls it.

    A kernel is compiled once by itself and once more within each of its callers, and
    theirs. For the middle of a chain of calls, of which only the top is called from Python,
    all but the last of that is time lost.
    """
    return _compile(function, _FAST, inline="always")


def exact_kernel(function: Callable[..., Any]) -> Any:
    """Compile as `inner_kernel` does, but leave the order of the arithmetic alone.

    The function becomes a part of each loop that calls it.
    """
    return _compile(function, _EXACT, inner=True, in_loops=True)
