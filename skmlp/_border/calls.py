"""The functions that Python calls: compiled ahead of time where that fits, else by numba.

Nothing else decides which. Wheels may have the kernels as machine code, in the extension module
``skmlp._aot``. It is used where it was built from the very sources at hand, and for the
processor; numba, which takes a third of a second to import, and seconds to compile a kernel, is
then never imported. Everywhere else it compiles the same sources: it is the one that code
compiled ahead of time is measured by.
"""

import importlib.util
import os
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

from skmlp._border.sources import SOURCES_DIGEST

NAMES = "run_epoch", "outputs", "shuffle"
# Variables that ask for numba, or for code that only numba makes; "0" and "" are no.
_SWITCHES = "SKMLP_JIT", "NUMBA_DISABLE_JIT", "NUMBA_BOUNDSCHECK"
# Those that name a processor, whatever they say.
_PROCESSORS = "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES"


class Choice(NamedTuple):
    """Which functions are called, and why.

    Attributes
    ----------
    functions : dict of str to callable
    level : str
        The level of the processor that they were compiled for ahead of time; empty with numba.
    reason : str
        Why they are numba's; empty where they are not.
    """

    functions: dict[str, Callable[..., Any]]
    level: str
    reason: str


def _jit(reason: str) -> Choice:
    return Choice({name: _deferred(name) for name in NAMES}, "", reason)


def _deferred(name: str) -> Callable[..., Any]:
    """Return a function that imports numba's kernel at its first call."""
    kernel = None

    def call(*arguments: Any) -> Any:
        nonlocal kernel
        if kernel is None:
            kernel = _jit_kernels()[name]
        return kernel(*arguments)

    call.__name__ = name
    return call


def _jit_kernels() -> dict[str, Callable[..., Any]]:
    from skmlp._kernels.epoch import run_epoch
    from skmlp._kernels.network import outputs
    from skmlp._kernels.shuffling import shuffle

    return {"run_epoch": run_epoch, "outputs": outputs, "shuffle": shuffle}


def _asks_for_jit() -> str:
    """Return what in the environment asks for numba, or nothing."""
    switches = [name for name in _SWITCHES if os.environ.get(name, "") not in ("", "0")]
    return ", ".join(switches + [name for name in _PROCESSORS if name in os.environ])


def _is_whole(path: str) -> bool:
    """Return whether an ELF file has its end, since loading one without may end the process.

    The table of sections comes last. Files of other formats count as whole.
    """
    with open(path, "rb") as file:
        header = file.read(64)
        size = file.seek(0, os.SEEK_END)
    if header[:5] != b"\x7fELF\x02":
        return True
    start = int.from_bytes(header[40:48], "little")
    entry_size, n_entries = (int.from_bytes(header[i : i + 2], "little") for i in (58, 60))
    return len(header) == 64 and start + entry_size * n_entries <= size


def _import_aot() -> ModuleType | str:
    """Return the extension module, or why there is none."""
    spec = importlib.util.find_spec("skmlp._aot")
    if spec is None or spec.origin is None:
        return "this installation has no precompiled kernels"
    try:
        if not _is_whole(spec.origin):
            return "the file of the precompiled kernels is cut short"
        import skmlp._aot as aot
    except (ImportError, OSError) as error:
        return f"the precompiled kernels cannot be loaded: {error}"
    return aot


def choose() -> Choice:
    """Return the functions to call, precompiled ones where they fit."""
    asking = _asks_for_jit()
    if asking:
        return _jit(f"the environment variable {asking} asks for numba")
    aot = _import_aot()
    if isinstance(aot, str):
        return _jit(aot)
    if aot.sources != SOURCES_DIGEST:
        return _jit("the precompiled kernels are of other sources")
    if not aot.level:
        return _jit(f"the processor has none of the levels {', '.join(aot.levels)}")
    for name in NAMES:
        # For what is not among the signatures, such as 64-bit indices of a sparse matrix.
        aot.set_fallback(name, _deferred(name))
    return Choice(aot.functions(aot.level), aot.level, "")


CHOICE = choose()
run_epoch = CHOICE.functions["run_epoch"]
outputs = CHOICE.functions["outputs"]
shuffle = CHOICE.functions["shuffle"]
