"""What is compiled, how often, and where it is kept. Counts, no timings."""

import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numba
import pytest
from numba.core.caching import CacheImpl

import skmlp
from skmlp import __main__
from skmlp._kernels import _jit, signatures
from skmlp._kernels.signatures import variants
from tests.helpers import add_one, run_python

BORDER = """
from skmlp._kernels.epoch import run_epoch
from skmlp._kernels.network import outputs
BORDER = [run_epoch, outputs]
"""

# Fits and predictions that differ in everything but the dtype, and a digest of their bits.
SCRIPT = f"""
import hashlib
import warnings
import numpy as np
from scipy import sparse
from skmlp._kernels.signatures import FUNCTIONS, types_of, variants
from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier
from skmlp._border.activations import ACTIVATIONS
from skmlp._border.optimizers import OPTIMIZERS
{BORDER}
warnings.simplefilter("ignore")
digest = hashlib.sha256()
X = np.random.default_rng(0).normal(size=(60, 5))
read_only = X.copy()
read_only.flags.writeable = False
for dtype in (np.float32, np.float64):
    for rows in (X, np.asfortranarray(X), sparse.csr_array(X), read_only):
        rows = rows.astype(dtype, copy=False)
        for sizes in ((), 3, (4, 3, 2)):
            for activation in ACTIVATIONS:
                for solver in (*OPTIMIZERS, "lbfgs"):
                    for classifier in (MLPBinaryClassifier, MLPMulticlassClassifier):
                        y = np.arange(60) % (2 if classifier is MLPBinaryClassifier else 7)
                        network = classifier(
                            sizes, activation, solver=solver, max_iter=2, random_state=0,
                            dropout=0.0 if solver == "lbfgs" or activation == "relu" else 0.1,
                        )
                        network.fit(rows, y, np.ones(60))
                        for part in (*network.coefs_, network.predict_proba(rows)):
                            digest.update(part.tobytes())
print(*(len(kernel.signatures) for kernel in BORDER))
print(*(sum(kernel.stats.cache_hits.values()) for kernel in BORDER))
print(*(sum(kernel.stats.cache_misses.values()) for kernel in BORDER))
expected = {{(FUNCTIONS[variant.function], types_of(variant)) for variant in variants()}}
found = {{(f, signature) for f in FUNCTIONS.values() for signature in f.signatures}}
print(int(found == expected))
print(int(digest.hexdigest(), 16))
"""


def counts(cache):
    """Return the numbers that the script prints, line by line, with a cache of its own."""
    done = run_python(SCRIPT, NUMBA_CACHE_DIR=str(cache), SKMLP_JIT="1")
    assert done.returncode == 0, done.stderr
    return [[int(n) for n in line.split()] for line in done.stdout.splitlines()]


def test_few_signatures_a_cache_that_is_found_and_the_same_bits(tmp_path):
    """One a dtype, kind of input, and with or without what activations keep.

    They are those that are compiled beforehand. What is compiled computes the same bits in the
    process that compiles it as in others.
    """
    signatures, hits, misses, (are_known,), cold = counts(tmp_path)
    assert signatures == [8, 8]
    assert hits == [0, 0]
    assert misses == [8, 8]
    assert are_known
    assert all(_jit.SOURCES_DIGEST in path.name for path in tmp_path.rglob("*.nb[ic]"))
    signatures, hits, misses, _, warm = counts(tmp_path)
    assert signatures == [8, 8]
    assert hits == [8, 8]
    assert misses == [0, 0]
    assert cold == warm


def test_works_without_a_writable_cache(monkeypatch):
    """Once, a warning says so."""
    monkeypatch.setattr(CacheImpl, "_locator_classes", [])
    _jit._warn_uncached.cache_clear()
    with pytest.warns(RuntimeWarning, match="NUMBA_CACHE_DIR"):
        compiled = _jit.kernel(add_one)
    assert compiled(1) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _jit.kernel(add_one)


def test_the_name_is_the_functions_own():
    compiled = _jit.kernel(add_one)
    assert compiled.__qualname__ == compiled.py_func.__qualname__ == "add_one"


@pytest.mark.parametrize("decorator", ["kernel", "inlined_kernel"])
def test_a_numba_that_is_not_known_from_within(monkeypatch, tmp_path, decorator):
    """It compiles as it does for others, and finds that again."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(_jit, "_IS_KNOWN", False)
    for n_hits in (0, 1):
        compiled = getattr(_jit, decorator)(add_one)
        assert compiled(1.0) == 2.0
        assert sum(compiled.stats.cache_hits.values()) == n_hits


def command(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "skmlp", "compile", *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )


WITHOUT_TQDM = "import sys; sys.modules['tqdm'] = None"


def test_the_command_compiles_everything_of_a_dtype(tmp_path):
    """One line a kernel; a second time all of it is there."""
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_TQDM)
    cache = tmp_path / "cache"
    environment = {
        "NUMBA_CACHE_DIR": str(cache),
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(skmlp.__file__).parents[1])]),
    }
    for _ in range(2):
        done = command("--dtypes", "float32", "--jobs", "2", **environment)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        lines = done.stdout.splitlines()
        assert len(lines) == 9
        for variant in variants(["float32"]):
            assert sum(line.endswith(f"] {variant}") for line in lines) == 1
        names = [path.name for path in cache.rglob("*.nbc")]
        of_border = [re.match(r"\w+\.(run_epoch|outputs|shuffle)-", name) for name in names]
        assert sum(map(bool, of_border)) == 9


def test_the_command_where_nothing_can_be_kept(monkeypatch, capsys):
    monkeypatch.setattr(signatures, "is_kept", lambda *_: False)
    assert __main__.main(["compile", "--dtypes", "float64"]) == 1
    assert "NUMBA_CACHE_DIR" in capsys.readouterr().err


def test_the_command_where_numba_may_not_compile():
    done = command("--dtypes", "float64", NUMBA_DISABLE_JIT="1")
    assert done.returncode == 1
    assert "NUMBA_DISABLE_JIT" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_knows_dtypes(capsys):
    with pytest.raises(SystemExit) as error:
        __main__.main(["compile", "--dtypes", "float16"])
    assert error.value.code == 2
    assert "float32" in capsys.readouterr().err
