"""Options of the interpreter and of numba, in processes of their own."""

import pytest

from tests.helpers import run_python

SCRIPT = """
import warnings
import numpy as np
from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier, TabularPreprocessor

X = np.random.default_rng(0).normal(size=(60, 4))
y = (X[:, 0] > 0).astype(int)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    for solver in ("adam", "lbfgs"):
        network = MLPBinaryClassifier((5,), solver=solver, max_iter=2, random_state=0)
        print(network.fit(X, y).predict_proba(X[:3]).tolist())
    table = TabularPreprocessor().fit_transform(X, y)
    network = MLPMulticlassClassifier.tabular(max_iter=2, random_state=0).fit(table, y)
    print(network.transform(table[:3]).tolist())
"""


@pytest.fixture(scope="module")
def expected():
    return run_python(SCRIPT).stdout


@pytest.mark.parametrize("options", [["-O"], ["-OO"], ["-X", "dev"], ["-P"]], ids=" ".join)
def test_options_change_nothing(expected, options):
    """-OO takes the docstrings away, which the classifiers share parts of."""
    done = run_python(SCRIPT, *options)
    assert done.returncode == 0, done.stderr
    assert done.stdout == expected


def test_numba_that_is_told_not_to_compile():
    """One sentence says so, at the first fit."""
    done = run_python(SCRIPT, NUMBA_DISABLE_JIT="1")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("RuntimeError: skmlp runs as compiled code alone")
    assert last.endswith("unset that environment variable.")


def test_numpy_that_raises_from_the_start(expected):
    """What is computed at import is quiet, too."""
    done = run_python("import numpy; numpy.seterr(all='raise')" + SCRIPT)
    assert done.stdout == expected, done.stderr
