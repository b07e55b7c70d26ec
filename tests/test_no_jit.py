"""Compiled networks against the same ones as ordinary Python, which checks all bounds."""

import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from scipy import sparse

import skmlp._problem
from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier
from skmlp._border.activations import ACTIVATIONS
from skmlp._border.optimizers import OPTIMIZERS
from tests import no_jit

CASES = [
    *({"activation": name, "dropout": 0.2} for name in ACTIVATIONS),
    *({"solver": name, "activation": "tanh"} for name in (*OPTIMIZERS, "lbfgs")),
    {"hidden_layer_sizes": ()},
    {"hidden_layer_sizes": 40, "max_grad_norm": 0.1, "label_smoothing": 0.1},
    {"solver": "adamw", "scaling_rate": 5.0, "n_members": 2, "init": "data"},
    {"n_jobs": 2},
]


def results(dtype):
    """Return losses, outputs and probabilities of each case."""
    rng, found = np.random.default_rng(0), []
    X = np.where(rng.random((50, 5)) < 0.7, rng.normal(size=(50, 5)), 0).astype(dtype)
    y = rng.integers(0, 3, 50)
    for params in CASES:
        params = {"hidden_layer_sizes": (6, 4), "batch_size": 20, "max_iter": 2} | params
        for classifier, labels in ((MLPBinaryClassifier, y > 0), (MLPMulticlassClassifier, y)):
            for rows in (X, sparse.csr_array(X)):
                network = classifier(random_state=0, **params).fit(rows, labels)
                found += [network.loss_curve_, network.predict_proba(rows)]
                if network.hidden_layer_sizes != ():
                    found.append(network.transform(rows))
    return found


def all_results():
    """With as many threads as n_jobs says."""
    several = mock.patch.object(
        skmlp._problem, "n_helpful_threads", lambda n_jobs, *_: n_jobs or 1
    )
    with several, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {dtype: results(dtype) for dtype in ("float32", "float64")}


SCRIPT = """
import pickle, sys
from tests import no_jit
no_jit.install()
from tests.test_no_jit import all_results
pickle.dump(all_results(), sys.stdout.buffer)
"""


def test_compiled_and_naive_results():
    """They differ by rounding alone: sums are taken in another order, and products fused."""
    naive = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        cwd=Path(__file__).parent.parent,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    compiled = all_results()
    for dtype, expected in pickle.loads(naive).items():
        tolerance = {"float32": 1e-4, "float64": 1e-10}[dtype]
        for one, other in zip(compiled[dtype], expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("start", [-1, 3])
def test_a_view_that_leaves_its_array(start):
    with pytest.raises(IndexError):
        no_jit.part(np.zeros(5), start, 3)
    with pytest.raises(IndexError):
        no_jit.rows_at(np.zeros((5, 2)), start, start + 3)
    with pytest.raises(IndexError):
        no_jit.matrix_at(np.zeros(10), start, 6, 2)
    with pytest.raises(IndexError):
        no_jit.at(np.zeros(5), start, np.arange(3))


def test_a_view_of_the_last_columns():
    """What follows the last row is NaN, and nothing is written into it."""
    view = no_jit.matrix_at(np.arange(6.0).reshape(2, 3), 1, 2, 3)
    np.testing.assert_array_equal(view, [[1, 2, 3], [4, 5, np.nan]])
    with pytest.raises(ValueError, match="read-only"):
        view[0, 0] = 0
