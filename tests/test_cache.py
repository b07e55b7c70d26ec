"""The disk cache of compiled code, when files are damaged, or cannot be written at all."""

import compileall
import contextlib
import errno
import gc
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core import event

import skmlp
from skmlp._kernels import _jit
from skmlp._kernels.shuffling import shuffle
from skmlp._kernels.signatures import Variant, types_of
from tests.helpers import add_one, run_python


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A directory of its own for what the test compiles."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    _jit._warn_uncached.cache_clear()
    return tmp_path


def hits(kernel):
    return sum(kernel.stats.cache_hits.values())


def files(cache):
    return [path for path in cache.rglob("*") if path.is_file()]


def filled(cache, *values):
    """Compile for the types of the values; return the files of the cache."""
    kernel = _jit.kernel(add_one)
    for value in values:
        kernel(value)
    found = files(cache)
    assert found
    return found


DAMAGES = {
    "empty": lambda content: b"",
    "one byte": lambda content: content[:1],
    "half": lambda content: content[: len(content) // 2],
    "without the last byte": lambda content: content[:-1],
    "zeros": lambda content: bytes(len(content)),
    "noise": lambda content: np.random.default_rng(0).bytes(len(content)),
    "one bit": lambda content: content[:-99] + bytes([content[-99] ^ 1]) + content[-98:],
    "a longer one": lambda content: content + b"\0",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damaged_files_are_compiled_anew(cache, damage):
    for path in filled(cache, 1):
        path.write_bytes(damage(path.read_bytes()))
    again = _jit.kernel(add_one)
    assert again(1) == 2
    assert hits(again) == 0
    mended = _jit.kernel(add_one)
    assert mended(1) == 2
    assert hits(mended) == 1


def test_files_that_cannot_be_read(cache):
    """As those of another user; a directory of the name is one that nobody can read."""
    for path in filled(cache, 1):
        path.unlink()
        path.mkdir()
    with pytest.warns(RuntimeWarning, match="NUMBA_CACHE_DIR"):
        assert _jit.kernel(add_one)(1) == 2


class Windows:
    """The module os, as numba sees it there."""

    name = "nt"

    def __getattr__(self, name):
        return getattr(os, name)


def denied(*_, **__):
    raise PermissionError(errno.EACCES, "Access is denied")


@pytest.mark.parametrize("what", ["os.replace", "os.makedirs", "tempfile.TemporaryFile"])
def test_denied_writes_warn_on_windows(cache, monkeypatch, what):
    """Where numba itself passes over them."""
    kernels = [_jit.kernel(add_one) for _ in range(2)]
    monkeypatch.setattr(numba.core.caching, "os", Windows())
    module, name = what.split(".")
    monkeypatch.setattr(sys.modules[module], name, denied)
    with pytest.warns(RuntimeWarning, match="NUMBA_CACHE_DIR") as caught:
        assert [kernel(1) for kernel in kernels] == [2, 2]
    assert len(caught) == 1


def test_a_file_that_another_process_has_written_and_reads(cache, monkeypatch):
    """Windows denies to replace it, which is no reason to warn."""
    late, early = (_jit.kernel(add_one) for _ in range(2))
    monkeypatch.setattr(numba.core.caching, "os", Windows())
    replace = os.replace

    def written_meanwhile(*paths):
        monkeypatch.setattr(os, "replace", replace)
        assert early(1) == 2
        denied()

    monkeypatch.setattr(os, "replace", written_meanwhile)
    assert late(1) == 2
    assert misses(late) == misses(early) == 1
    assert [path.suffix for path in files(cache) if path.suffix != ".lock"] == [".nbc"]


FULL = """
import errno, os, resource, warnings
from skmlp._kernels import _jit
from tests.test_cache import add_one

def fail(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

if {at_once}:
    resource.setrlimit(resource.RLIMIT_FSIZE, (999, 999))
else:
    os.replace = fail
kernel = _jit.kernel(add_one)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    assert [kernel(1), kernel(1.5)] == [2, 2.5]
print(*(warning.message for warning in caught))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file sizes")
@pytest.mark.parametrize("at_once", [True, False], ids=["write", "rename"])
def test_a_full_disk(cache, at_once):
    """What was compiled is used, one warning says that it is not kept, and nothing is left."""
    done = run_python(FULL.format(at_once=at_once), NUMBA_CACHE_DIR=str(cache))
    assert done.stderr == ""
    assert done.stdout.count("compiled again in every process") == 1
    assert files(cache) == []


def test_the_directory_goes_away(cache):
    """Between import and the first fit, and its place is taken."""
    kernel = _jit.kernel(add_one)
    shutil.rmtree(cache)
    cache.write_bytes(b"")
    with pytest.warns(RuntimeWarning, match="NUMBA_CACHE_DIR"):
        assert kernel(1) == 2


def test_recompile_forgets_the_files(cache):
    filled(cache, 1)
    kernel = _jit.kernel(add_one)
    kernel(1)
    kernel.recompile()
    assert kernel.stats.cache_misses
    assert len(files(cache)) == 1


def test_two_processes_that_save_at_once(cache, monkeypatch):
    """Each signature finds its own code afterwards, whoever came first.

    The second process looks into the cache before the first has written its first file, and
    writes its own after that, but before the first process's other files.
    """
    replace, pending = os.replace, []

    def interleaved(source, target):
        pending.append((source, target))
        if len(pending) == 1:
            _jit.kernel(add_one)(1.5)
        elif len(pending) == 2:
            replace(*pending[0])
            replace(source, target)
        else:
            replace(source, target)
        if len(pending) == 1:
            replace(source, target)

    monkeypatch.setattr(os, "replace", interleaved)
    _jit.kernel(add_one)(1)
    monkeypatch.setattr(os, "replace", replace)
    for value in (1, 1.5):
        assert _jit.kernel(add_one)(value) == value + 1


def misses(kernel):
    return sum(kernel.stats.cache_misses.values())


def _compile_in_a_child(barrier, queue, value):
    kernel = _jit.kernel(add_one)
    barrier.wait()
    queue.put((kernel(value) == value + 1, misses(kernel)))


def _compile_shuffle_in_a_child(barrier, queue, value):
    kernel = _jit.kernel(shuffle.py_func)
    barrier.wait()
    kernel.compile(types_of(Variant("shuffle")))
    queue.put((len(kernel.signatures) == 1, misses(kernel)))


def children_at_once(target, values):
    """Return what as many forks as there are values report, which start at once."""
    context = multiprocessing.get_context("fork")
    barrier, queue = context.Barrier(len(values), timeout=120), context.Queue()
    children = [
        context.Process(target=target, args=(barrier, queue, value), daemon=True)
        for value in values
    ]
    for child in children:
        child.start()
    reports = [queue.get(timeout=120) for _ in children]
    for child in children:
        child.join()
    return reports


# Python 3.12 warns of a fork where there are threads, which pytest-xdist has.
forking = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
needs_fork = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="processes that start at once are forked"
)


@forking
@needs_fork
def test_eight_processes_at_once(tmp_path, monkeypatch):
    """Ten rounds, each in an empty cache; each of four types is asked for by two processes.

    One of the two compiles, and the other loads.
    """
    values = [1, 1.5, np.float32(2), 3j] * 2
    for round_ in range(10):
        monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / str(round_)))
        right, n_compiled = zip(*children_at_once(_compile_in_a_child, values), strict=True)
        assert all(right)
        assert sum(n_compiled) == 4
        kernel = _jit.kernel(add_one)
        assert [kernel(value) for value in values] == [value + 1 for value in values]
        assert hits(kernel) == 4
        assert len(files(tmp_path / str(round_))) == 4  # and no lock


@forking
@needs_fork
def test_eight_processes_compile_a_kernel_of_the_border_once(cache):
    reports = children_at_once(_compile_shuffle_in_a_child, range(8))
    assert all(right for right, _ in reports)
    assert sum(n_compiled for _, n_compiled in reports) == 1


def lock_of(cache):
    """Return the lock of the only entry there is, and forget that."""
    (path,) = files(cache)
    path.unlink()
    return path.with_suffix(".lock")


HOLDING = """
import pathlib, sys, time
from skmlp._kernels._locks import locked
with locked(pathlib.Path(sys.argv[1]), 0):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(cache):
    """A process that holds the lock of `add_one` for an int."""
    filled(cache, 1)
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(lock_of(cache))],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(skmlp.__file__).parents[1],
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_process_that_takes_too_long_is_not_waited_for(holder, cache, monkeypatch):
    monkeypatch.setattr(_jit, "_LIMIT", 0.3)
    kernel = _jit.kernel(add_one)
    began = time.monotonic()
    assert kernel(1) == 2
    assert time.monotonic() - began >= 0.3
    assert misses(kernel) == 1
    assert hits(kernel) == 0


def test_a_process_that_is_killed_leaves_no_lock(holder, cache):
    waiting = threading.Timer(0.3, holder.kill)
    waiting.start()
    kernel = _jit.kernel(add_one)
    assert kernel(1) == 2
    assert holder.wait() != 0
    assert misses(kernel) == 1
    waiting.join()


@pytest.mark.skipif(sys.platform == "win32", reason="flock is of other systems")
@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EIO])
def test_a_file_system_without_locks(cache, monkeypatch, code):
    import fcntl

    def fail(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", fail)
    assert _jit.kernel(add_one)(1) == 2
    assert any(path.suffix == ".nbc" for path in files(cache))


def test_threads_that_compile_the_same(cache):
    kernel = _jit.kernel(add_one)
    barrier = threading.Barrier(4)

    def call(value):
        barrier.wait()
        return kernel(value)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(call, [1, 1.5, 1, 1.5], timeout=120)) == [2, 2.5, 2, 2.5]
    assert misses(kernel) == 2


def refused(x):
    return x.nothing_of_the_kind


def test_what_does_not_compile_leaves_no_lock(cache):
    with pytest.raises(numba.TypingError):
        _jit.kernel(refused)(1)
    assert files(cache) == []


@pytest.mark.parametrize("is_on", [True, False])
@pytest.mark.parametrize("function", [add_one, refused])
def test_the_garbage_collector_is_afterwards_as_it_was(cache, is_on, function):
    was_on = gc.isenabled()
    try:
        (gc.enable if is_on else gc.disable)()
        with contextlib.suppress(numba.TypingError):
            _jit.kernel(function)(1)
        assert gc.isenabled() == is_on
    finally:
        (gc.enable if was_on else gc.disable)()


@_jit.inner_kernel
def _twice(x):
    return 2 * x


def _three_times(x):
    return x + _twice(x)


def test_inner_kernels_have_no_machine_code(cache):
    """And neither does one that comes from disk."""
    kernel = _jit.kernel(_three_times)
    assert kernel(2) == 6
    (inner,) = _twice.overloads.values()
    engine = inner.target_context.codegen()._engine
    assert not engine.is_symbol_defined(inner.fndesc.llvm_func_name)
    assert inner.library.get_pointer_to_function(inner.fndesc.llvm_func_name) == 0
    assert "mul" in inner.library.get_llvm_str() or "shl" in inner.library.get_llvm_str()


NOTICE = """
import sys, time
from numba.core import event
from skmlp._kernels import _jit, _notice
from tests.test_cache import add_one

class Told(event.Listener):
    def on_start(self, event):
        pass

    def on_end(self, event):
        if event.kind == "numba:compile":
            print("compiled", file=sys.stderr)
        else:  # a pass of many
            time.sleep(0.02)

def work():
    _notice._PATIENCE = 0.2
    kernel, told = _jit.kernel(add_one), Told()
    with event.install_listener("numba:compile", told):
        with event.install_listener("numba:run_pass", told):
            assert [kernel(1), kernel(1.5)] == [2, 2.5]

if __name__ == "__main__":
    {call}
"""


def lines_of(call, cache, **environment):
    """Return what a process that compiles for two types, or loads, writes on stderr."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)} | environment
    environment.pop("PYTEST_CURRENT_TEST")
    script = cache / "script.py"
    script.write_text(NOTICE.format(call=call))
    root = str(Path(skmlp.__file__).parents[1])
    return subprocess.run(
        [sys.executable, script],
        env=environment | {"PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
    ).stderr.splitlines()


def test_who_waits_is_told_once_and_meanwhile(tmp_path):
    first, *others = lines_of("work()", tmp_path)
    assert others == ["compiled", "compiled"]
    for part in ("skmlp compiles add_one", str(tmp_path), "-m skmlp compile", "SKMLP_QUIET=1"):
        assert part in first
    assert lines_of("work()", tmp_path) == []


IN_A_WORKER = """
    import multiprocessing
    process = multiprocessing.get_context("spawn").Process(target=work)
    process.start()
    process.join()
"""
IN_JOBLIB = "import joblib; joblib.Parallel(2)([joblib.delayed(work)()])"


@pytest.mark.parametrize("call", [IN_A_WORKER.strip(), IN_JOBLIB], ids=["process", "joblib"])
def test_workers_say_nothing(tmp_path, call):
    assert set(lines_of(call, tmp_path)) == {"compiled"}


def test_quiet(tmp_path):
    assert lines_of("work()", tmp_path, SKMLP_QUIET="1") == ["compiled", "compiled"]


KILLED = """
import os, signal
from skmlp._kernels import _jit
from tests.test_cache import add_one
replace, n_calls = os.replace, {n_calls}

def die(source, target):
    global n_calls
    n_calls -= 1
    if n_calls == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)

os.replace = die
_jit.kernel(add_one)(1)
_jit.kernel(add_one)(1.5)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no SIGKILL")
@pytest.mark.parametrize("n_calls", [1, 2])
def test_killed_while_it_writes(cache, n_calls):
    killed = run_python(KILLED.format(n_calls=n_calls), NUMBA_CACHE_DIR=str(cache))
    assert killed.returncode == -signal.SIGKILL
    for _ in range(2):
        kernel = _jit.kernel(add_one)
        assert [kernel(1), kernel(1.5)] == [2, 2.5]
    assert hits(kernel) == 2


def test_interrupted_in_every_pass_of_the_compiler(cache):
    """Ctrl-C ends the compilation, and the next one succeeds, with its file."""

    class Press(event.Listener):
        def __init__(self, n_passes):
            self.n_passes = n_passes

        def on_start(self, event):
            self.n_passes -= 1
            if self.n_passes == 0:
                signal.raise_signal(signal.SIGINT)

        def on_end(self, event):
            pass

    n_passes = 0
    while True:
        n_passes += 1
        kernel = _jit.kernel(add_one)
        press = Press(n_passes)
        try:
            with event.install_listener("numba:run_pass", press):
                assert kernel(1) == 2
        except KeyboardInterrupt:
            assert files(cache) == []
            assert kernel(1.5) == 2.5
            assert kernel(1) == 2
            for path in files(cache):
                path.unlink()
        if press.n_passes > 0:
            break
    assert n_passes > 10


# A regular file where a directory would have to be made, which no user may do.
READ_ONLY = """
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import numpy as np
    import skmlp
    from skmlp._shuffling import Shuffler
    rows = np.arange(9)
    Shuffler(np.random.RandomState(0), 9).shuffle(rows)
print(skmlp.__file__)
print(*[str(w.message) for w in caught if "skmlp" in str(w.message)], sep="|")
print(sorted(rows.tolist()) == list(range(9)))
"""


def installed(folder):
    """Copy the package into a folder, and return that."""
    shutil.copytree(
        Path(skmlp.__file__).parent,
        folder / "skmlp",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return folder


@pytest.mark.parametrize("cache_dir", ["none", "unwritable"])
def test_a_read_only_install_and_no_home(tmp_path, cache_dir):
    """It works, and says once that it compiles anew."""
    install = installed(tmp_path / "site-packages")
    for folder in [install / "skmlp", *(install / "skmlp").rglob("*/")]:
        if folder.is_dir():
            (folder / "__pycache__").write_bytes(b"")
    home = tmp_path / "home"
    home.write_bytes(b"")
    environment = os.environ | {
        "PYTHONPATH": str(install), "HOME": str(home), "SKMLP_JIT": "1",
    }  # fmt: skip
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        environment.pop(name, None)
    if cache_dir == "unwritable":
        environment["NUMBA_CACHE_DIR"] = str(home / "numba")
    if sys.platform == "win32":
        environment["LOCALAPPDATA"] = str(home)
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    file, warned, right = done.stdout.splitlines()
    assert file.startswith(str(install))
    assert warned.count("compiled again in every process") == 1
    assert right == "True"
    assert done.stderr == ""
    assert {path.name for path in tmp_path.iterdir()} == {"site-packages", "home"}


def without_sources(folder):
    """Leave the bytecode alone, at the places where Python looks for it then."""
    compileall.compile_dir(folder, quiet=1, legacy=True)
    for path in folder.rglob("*.py"):
        path.unlink()
    return folder


def zipped(folder):
    return shutil.make_archive(str(folder), "zip", folder, "skmlp")


INSTALLS = {
    "bytecode": without_sources,
    "bytecode in a zip file": lambda folder: zipped(without_sources(folder)),
    "zip file": zipped,
}


@pytest.mark.parametrize("install", INSTALLS.values(), ids=INSTALLS.keys())
def test_sources_that_are_not_files(tmp_path, install):
    """Where there are none, nothing is on disk that could be of other sources."""
    place = install(installed(tmp_path / "site-packages"))
    cache = tmp_path / "cache"
    script = READ_ONLY + "from skmlp._kernels import _jit\nprint(_jit.SOURCES_DIGEST)\n"
    names = ("PYTHONPATH", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA")
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | dict(zip(names, [str(place)] + [str(cache)] * 3, strict=True)),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    file, warned, right, digest = done.stdout.splitlines()
    assert file.startswith(str(place))
    assert right == "True"
    assert done.stderr == ""
    if install is zipped:
        assert warned == ""
        assert digest == _jit.SOURCES_DIGEST
    else:
        assert warned.count("without its source files (*.py in skmlp/_kernels)") == 1
        assert "directory" not in warned
        assert digest == "None"
        assert not cache.exists()


@pytest.mark.parametrize("module", ["_kernels/losses.py", "_kernels/simd/_tiles.py"])
def test_other_sources_in_a_zip_file_have_another_digest(tmp_path, module):
    """Also of modules that only others call, and in the package within."""
    folder = installed(tmp_path / "site-packages")
    with (folder / "skmlp" / module).open("a") as file:
        file.write("\n")
    script = "from skmlp._kernels import _jit; print(_jit.SOURCES_DIGEST)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": zipped(folder), "XDG_CACHE_HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() not in (_jit.SOURCES_DIGEST, "None")
