"""
====================================
Text, as sparse rows of word weights
====================================

TfidfVectorizer makes of a text a row with thousands of columns, nearly all of them 0. The
networks take such CSR matrices as they are: the first layer and its gradient touch only what is
not 0.
"""

import importlib
import inspect
import re
import time

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skmlp import MLPMulticlassClassifier

# %%
# Which part of SciPy is this from?
# ---------------------------------
# Real text that is always at hand: the docstrings of SciPy's functions and classes, by
# subpackage. The examples in them, which import it, are cut off, and its name is no word.
packages = [
    "fft", "integrate", "interpolate", "linalg", "ndimage", "optimize", "signal", "sparse",
    "spatial", "special", "stats",
]  # fmt: skip
texts = {}
for package in packages:
    module = importlib.import_module(f"scipy.{package}")
    for name in module.__all__:
        item = getattr(module, name)
        if callable(item) and item.__doc__:
            text = re.split(r"\nExamples\n-+\n", inspect.getdoc(item))[0]
            texts[text] = package  # the same text twice would be in training and test set
X, y = list(texts), list(texts.values())
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

# %%
# Rows of float32 are trained on in float32, which is faster than float64.
vectorizer = TfidfVectorizer(
    min_df=2, sublinear_tf=True, stop_words=[*packages, "scipy"], dtype=np.float32
)
counts = vectorizer.fit_transform(X_train)
print(f"{counts.shape[0]} texts, {counts.shape[1]} words,", end=" ")
print(f"{counts.nnz / np.prod(counts.shape):.1%} of the numbers are not 0")

# %%
# A linear model, and a network
# -----------------------------
# With more words than texts a linear model is hard to beat, and the network is ahead by a few
# texts at most. It has dropout against learning them by heart. Its first call compiles the
# kernels for sparse rows, or loads them, and is not part of the time.
network = MLPMulticlassClassifier(
    (64,), dropout=0.5, learning_rate_init=0.005, batch_size=32, max_iter=30,
    n_iter_no_change=None, random_state=0,
)  # fmt: skip
network.fit(vectorizer.transform(X_train[:50]), y_train[:50])  # not timed
models = {
    "logistic regression": LogisticRegression(C=100, max_iter=1000),
    "network": network,
}
for name, model in models.items():
    pipeline = make_pipeline(vectorizer, model)
    start = time.perf_counter()
    pipeline.fit(X_train, y_train)
    seconds = time.perf_counter() - start
    print(f"{name}: accuracy {pipeline.score(X_test, y_test):.3f}, fitted in {seconds:.1f} s")

# %%
# Where the network goes wrong
# ----------------------------
fig, ax = plt.subplots(figsize=(7, 6), layout="constrained")
ConfusionMatrixDisplay.from_estimator(
    pipeline, X_test, y_test, cmap="Blues", xticks_rotation=45, colorbar=False, ax=ax
)
ax.set_title("Docstrings of the test set")
plt.show()
