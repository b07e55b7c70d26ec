"""The one decorator behind every compiled function, and its disk cache."""

import contextlib
import functools
import gc
import hashlib
import os
import pickle
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache, NullCache
from numba.core.compiler import Compiler
from numba.core.compiler_lock import global_compiler_lock
from numba.core.serialize import dumps

from skmlp._border.sources import SOURCES_DIGEST
from skmlp._kernels._locks import locked
from skmlp._kernels._notice import noticed

# Flags that let the compiler reorder and contract arithmetic (so that sums vectorise) but
# leave NaN and infinity alone: a diverging network must be seen.
_FAST = {"contract", "reassoc", "nsz", "arcp"}
# What is left where rounding errors are accounted for.
_EXACT = {"contract"}

# Versions of numba whose compiler `_linking` knows from within. By others kernels are compiled
# as by any of numba's users: it takes half as long again, and the process that compiles may
# compute with other last bits than one that loads the result.
_KNOWN_VERSIONS = (0, 62), (0, 68)
_IS_KNOWN = _KNOWN_VERSIONS[0] <= numba.version_info.short <= _KNOWN_VERSIONS[1]

# Seconds that a process waits for another that compiles the same, before it does so itself.
_LIMIT = 120.0

_NO_FOLDER = (
    "skmlp found no writable directory for its compiled code, or one without room. It is "
    "therefore compiled again in every process; set NUMBA_CACHE_DIR to a directory that can be "
    "written to."
)
_NO_SOURCES = (
    "skmlp is installed without its source files (*.py in skmlp/_kernels), by which it "
    "recognises compiled code on disk. It is therefore compiled again in every process; "
    "install the .py files as well."
)


@functools.cache
def _warn_uncached(reason: str) -> None:
    warnings.warn(reason, RuntimeWarning, stacklevel=3)


class _Files:
    """Compiled code of one function on disk, a file for each signature.

    It takes the place of numba's files, whose names are in an index. Of two processes that
    add to an index at once, one may find the code of the other's signature under its own; and
    a file that was cut short is an exception in every process from then on. Here the name
    follows from the signature, so that there is no index, and a file that is not as it was
    written does not count.

    Parameters
    ----------
    folder : Path
    name : str
        Where the names of the files begin.
    state : tuple
        What else compiled code depends on, beside the key.
    """

    def __init__(self, folder: Path, name: str, state: tuple[Any, ...]) -> None:
        self._folder = folder
        self._name = name
        self._state = state

    def path(self, key: Any) -> Path:
        """Return the file for a key, which is a signature, the processor and the bytecode."""
        digest = _sha256(repr((self._state, key)).encode()).hex()
        return self._folder / f"{self._name}.{digest[:24]}.nbc"

    def load(self, key: Any) -> Any:
        """Return what was saved for the key, or None."""
        try:
            content = self.path(key).read_bytes()
        except OSError:
            return None
        seal, data = content[:_SEAL], content[_SEAL:]
        return pickle.loads(data) if seal == _sha256(data) else None

    def save(self, key: Any, compiled: Any) -> None:
        """Write a file at once, and over one that is there.

        Raises
        ------
        OSError
            It cannot be written.
        """
        data = dumps(compiled)
        path = self.path(key)
        part = path.with_suffix(f".{uuid.uuid4().hex[:16]}")
        try:
            part.write_bytes(_sha256(data) + data)
            os.replace(part, path)
        except PermissionError:
            # Windows replaces no file that is open: another process may have written it and
            # load it now.
            if self.load(key) is None:
                raise
        finally:
            part.unlink(missing_ok=True)

    def flush(self) -> None:
        """Forget all signatures, as numba's recompile wants it."""
        for path in self._folder.glob(f"{self._name}.*.nbc"):
            path.unlink(missing_ok=True)


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


_SEAL = len(_sha256(b""))


class _Cache(FunctionCache):
    """numba's cache of one function, which goes on where its files cannot be written.

    While a kernel of the border is compiled its file is locked, so that another process waits
    and loads it; what is within comes along.
    """

    def __init__(self, function: Callable[..., Any], *, inner: bool) -> None:
        super().__init__(function)
        self._inner = inner
        self._locks = contextlib.ExitStack()
        stamp = self._impl.locator.get_source_stamp()
        state = numba.__version__, stamp, bool(numba.config.BOUNDSCHECK)
        self._cache_file = _Files(Path(self.cache_path), self._impl.filename_base, state)

    def load_overload(self, signature: Any, context: Any) -> Any:
        if self._inner:
            return super().load_overload(signature, _context_of_inner(context))
        found = super().load_overload(signature, context)
        if found is None:
            lock = self._path_of(signature, context.codegen()).with_suffix(".lock")
            what = _description(self._py_func, signature)
            with noticed(f"skmlp waits for another process that compiles {what}."):
                self._locks.enter_context(locked(lock, _LIMIT))
            found = super().load_overload(signature, context)
        return found

    def save_overload(self, signature: Any, compiled: Any) -> None:
        try:
            super().save_overload(signature, compiled)
        except OSError:
            _warn_uncached(_NO_FOLDER)

    @contextlib.contextmanager
    def _guard_against_spurious_io_errors(self) -> Iterator[None]:
        """Let all errors through, which numba does not on Windows where access is denied.

        Its index is open in another process now and then; these files have none, and who may
        write nothing is to know.
        """
        yield

    def _path_of(self, signature: Any, codegen: Any) -> Path:
        return self._cache_file.path(self._index_key(signature, codegen))

    def holds(self, signature: Any, context: Any) -> bool:
        """Return whether there is a file of the signature."""
        return self._path_of(signature, context.codegen()).is_file()

    def unlock(self) -> None:
        """Let other processes have the file that was locked, if there was one."""
        self._locks.close()


def _description(function: Callable[..., Any], signature: Any) -> str:
    """Return what is compiled, in words: the function and its first argument's numbers."""
    first = getattr(signature, "args", signature)[0]
    return f"{function.__name__} for {getattr(first, 'dtype', first)}"


@contextlib.contextmanager
def _collector_off() -> Iterator[None]:
    """Turn the garbage collector off, and on again if it was.

    It would look a tenth of the time at the objects of a compilation, few of which are garbage
    before that is over. numba's lock lets one thread at a time compile.
    """
    was_on = gc.isenabled()
    try:
        gc.disable()
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():
                # Count all objects as looked at: else the next collection is of them all.
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def _watch(compiled: Any) -> None:
    """Let a kernel of the border be compiled by one process at a time, and not in silence."""
    cache, load_or_compile = compiled._cache, compiled.compile
    compile_anew = compiled._compiler.compile
    place = f"kept in {cache.cache_path}" if cache.cache_path else "kept in memory alone"

    def load_or_compile_alone(signature: Any) -> Any:
        # numba's own lock, held for as long as the file's.
        with global_compiler_lock, _collector_off():
            try:
                return load_or_compile(signature)
            finally:
                if isinstance(cache, _Cache):
                    cache.unlock()

    def compile_with_notice(types: Any, return_type: Any) -> Any:
        what = _description(compiled.py_func, types)
        with noticed(f"skmlp compiles {what}, for some 10 seconds; the result is {place}."):
            return compile_anew(types, return_type)

    compiled.compile, compiled._compiler.compile = load_or_compile_alone, compile_with_notice


def _compile(
    function: Callable[..., Any],
    fastmath: set[str],
    *,
    inline: str = "never",
    inner: bool = False,
    is_short: bool = False,
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
        "forceinline": is_short,
    }
    if numba.config.DISABLE_JIT:
        return _refusing(function)
    compiled = numba.njit(**options, pipeline_class=_pipeline(inner=inner))(function)
    compiled._cache = _cache_of(function, inner=inner)
    if not inner:  # others are compiled within these
        _watch(compiled)
    return compiled


def _pipeline(*, inner: bool) -> Any:
    """Return the compiler for a kernel."""
    if not _IS_KNOWN:
        return Compiler
    from skmlp._kernels._linking import BorderCompiler, LinkedCompiler

    return LinkedCompiler if inner else BorderCompiler


def _context_of_inner(context: Any) -> Any:
    """Return the target's context for kernels that only kernels call."""
    if not _IS_KNOWN:
        return context
    from skmlp._kernels._linking import linked_context

    return linked_context(context)


def _cache_of(function: Callable[..., Any], *, inner: bool) -> Any:
    """Return the disk cache of a function, or what stands for it where there can be none."""
    if SOURCES_DIGEST is None:
        _warn_uncached(_NO_SOURCES)
        return NullCache()
    name = function.__qualname__
    function.__qualname__ = f"{name}-{SOURCES_DIGEST}"
    try:
        return _Cache(function, inner=inner)
    except RuntimeError:  # how numba says that it may write nowhere
        _warn_uncached(_NO_FOLDER)
        return NullCache()
    finally:
        function.__qualname__ = name


def is_kept(compiled: Any, signature: Any) -> bool:
    """Return whether compiled code for a signature is on disk."""
    cache = compiled._cache
    return isinstance(cache, _Cache) and cache.holds(signature, compiled.targetctx)


def _refusing(function: Callable[..., Any]) -> Any:
    """Return what stands for a kernel that numba is told not to compile.

    As ordinary Python it would call what only compiled code can.
    """

    @functools.wraps(function)
    def refuse(*_: Any) -> Any:
        raise RuntimeError(
            "skmlp runs as compiled code alone, which NUMBA_DISABLE_JIT=1 rules out: unset "
            "that environment variable."
        )

    refuse.py_func, refuse.compile = function, refuse  # type: ignore[attr-defined]
    return refuse


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

    A call from Python would end the process. Calls remain calls in machine code.
    """
    return _compile(function, _FAST, inner=True)


def short_kernel(function: Callable[..., Any]) -> Any:
    """Compile as `inner_kernel` does, but as a part of what calls the function.

    Loops with a call in them do not vectorise, and elsewhere a short function is over before
    its arguments have been handed over.
    """
    return _compile(function, _FAST, inner=True, is_short=True)


def inlined_kernel(function: Callable[..., Any]) -> Any:
    """Compile as `kernel` does, but as a part of each function that calls it.

    A kernel is compiled once by itself and once more within each of its callers, and
    theirs. For the middle of a chain of calls, of which only the top is called from Python,
    all but the last of that is time lost.
    """
    return _compile(function, _FAST, inline="always")


def exact_kernel(function: Callable[..., Any]) -> Any:
    """Compile as `short_kernel` does, but leave the order of the arithmetic alone."""
    return _compile(function, _EXACT, inner=True, is_short=True)
