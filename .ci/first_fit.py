"""CPU seconds of first and second fits and predictions in a process, which import no numba."""

import sys
import time
import warnings

import numpy as np
from scipy import sparse
from sklearn.datasets import load_breast_cancer

import skmlp
from skmlp._border.calls import CHOICE

warnings.simplefilter("ignore")
assert CHOICE.level, CHOICE.reason
X, y = load_breast_cancer(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
single, stored = X.astype(np.float32), sparse.csr_array(X * (X > 1))
plain, tabular = skmlp.MLPBinaryClassifier, skmlp.MLPBinaryClassifier.tabular


def cpu_seconds(function, *arguments):
    """Return the CPU seconds of a first and of a second call."""
    times = []
    for _ in range(2):
        start = time.process_time()
        function(*arguments)
        times.append(time.process_time() - start)
    return times


print("                first  second")
for name, network, rows in (
    ("float64", plain(max_iter=3), X),
    ("float32", plain(max_iter=3), single),
    ("sparse", plain(max_iter=3), stored),
    ("lbfgs", plain(solver="lbfgs", max_iter=3), X),
    ("tabular", tabular(max_iter=3), X),
):
    for method, arguments in (("fit", (rows, y)), ("predict", (rows,))):
        first, second = cpu_seconds(getattr(network, method), *arguments)
        print(f"{name:8}{method:8}{first:6.3f}{second:8.3f}")
assert "numba" not in sys.modules
print("precompiled for", CHOICE.level)
