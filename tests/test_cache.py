"""The disk cache of compiled code, when files are damaged, or cannot be written at all."""

import compileall
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core import event

import skmlp
from skmlp._kernels import _jit
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


def _compile_in_a_child(barrier, queue, value):
    kernel = _jit.kernel(add_one)
    barrier.wait()
    queue.put(kernel(value) == value + 1)


# Python 3.12 warns of a fork where there are threads, which pytest-xdist has.
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes that start at once are forked")
def test_eight_processes_at_once(tmp_path, monkeypatch):
    """Ten rounds, each in an empty cache; each of four types is compiled by two processes."""
    context = multiprocessing.get_context("fork")
    values = [1, 1.5, np.float32(2), 3j] * 2
    for round_ in range(10):
        monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / str(round_)))
        barrier, queue = context.Barrier(8, timeout=120), context.Queue()
        children = [
            context.Process(
                target=_compile_in_a_child, args=(barrier, queue, value), daemon=True
            )
            for value in values
        ]
        for child in children:
            child.start()
        assert [queue.get(timeout=120) for _ in children] == [True] * 8
        for child in children:
            child.join()
        kernel = _jit.kernel(add_one)
        assert [kernel(value) for value in values] == [value + 1 for value in values]
        assert hits(kernel) == 4


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
    environment = os.environ | {"PYTHONPATH": str(install), "HOME": str(home)}
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
