"""
==========
Quickstart
==========

A neural network in scikit-learn, on two data sets that ship with it: in a Pipeline, in a
GridSearchCV over activation and width, as a transformer whose hidden representation feeds
another classifier, and side by side with scikit-learn's MLPClassifier.
"""

import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier

# %%
# Two classes: a search over activation and width
# -----------------------------------------------
# A network needs inputs of about the same size, so a StandardScaler comes first. The grid has
# nine settings, each of which is fitted on five folds. A first fit compiles the kernels, or
# loads them, and is not part of the time.
X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

pipeline = make_pipeline(
    StandardScaler(), MLPBinaryClassifier(alpha=1.0, tol=1e-3, max_iter=500, random_state=0)
)
grid = {
    "mlpbinaryclassifier__activation": ["relu", "tanh", "logistic"],
    "mlpbinaryclassifier__hidden_layer_sizes": [(8,), (32,), (128,)],
}
search = GridSearchCV(pipeline, grid, scoring="neg_log_loss", n_jobs=2)
pipeline.fit(X_train, y_train).predict_proba(X_test)  # not timed
start = time.perf_counter()
search.fit(X_train, y_train)
print(f"Breast cancer: 45 fits in {time.perf_counter() - start:.1f} s")
for name, value in search.best_params_.items():
    print(f"  best {name.removeprefix('mlpbinaryclassifier__')}: {value}")
print(f"  test log loss: {-search.score(X_test, y_test):.4f}")
print(f"  test accuracy: {search.best_estimator_.score(X_test, y_test):.4f}")

# %%
# Ten classes, and what the hidden layer has learned
# --------------------------------------------------
# `transform` returns the outputs of the last hidden layer. Sixteen learned features serve a
# linear classifier better than the 64 pixels they were made from.
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

network = MLPMulticlassClassifier((64, 16), "tanh", alpha=0.1, max_iter=1000, random_state=0)
on_pixels = make_pipeline(MinMaxScaler(), LogisticRegression(max_iter=1000))
on_features = make_pipeline(MinMaxScaler(), network, LogisticRegression(max_iter=1000))
print("Digits: test accuracy of a logistic regression")
print(f"  on 64 pixels:           {on_pixels.fit(X_train, y_train).score(X_test, y_test):.4f}")
on_features.fit(X_train, y_train)
print(f"  on 16 learned features: {on_features.score(X_test, y_test):.4f}")

# %%
# Where the network itself goes wrong
# -----------------------------------
classifier = make_pipeline(MinMaxScaler(), network).fit(X_train, y_train)
print(f"  of the network itself:  {classifier.score(X_test, y_test):.4f}")

fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
ConfusionMatrixDisplay.from_estimator(
    classifier, X_test, y_test, ax=left, colorbar=False, cmap="Blues"
)
left.set_title("Digits, test set")
right.plot(classifier[-1].loss_curve_)
right.set(title="Training loss", xlabel="epoch", ylabel="log loss", yscale="log")

# %%
# The same numbers as MLPClassifier, sooner
# -----------------------------------------
# With the same random_state both draw the same initial weights and the same minibatches.
# (The first fit in a process loads the compiled code, the very first one compiles it.)
X_train = X_train / 16
parameters = {"hidden_layer_sizes": (64,), "max_iter": 60, "tol": 0.0, "random_state": 0}


def fit_in_seconds(classifier):
    start = time.perf_counter()
    with warnings.catch_warnings():
        # The number of epochs is fixed here, whether they converge or not.
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(X_train, y_train)
    return time.perf_counter() - start


theirs, ours = MLPClassifier(**parameters), MLPMulticlassClassifier(**parameters)
seconds = {MLPClassifier: [], MLPMulticlassClassifier: []}
for _ in range(5):
    for classifier in (theirs, ours):
        seconds[type(classifier)].append(fit_in_seconds(classifier))
ratio = np.median(seconds[MLPClassifier]) / np.median(seconds[MLPMulticlassClassifier])
gap = max(np.abs(a - b).max() for a, b in zip(theirs.coefs_, ours.coefs_, strict=True))
print(f"MLPClassifier takes {ratio:.1f} times as long for 60 epochs on the digits;")
print(f"the largest difference between the two sets of weights is {gap:.0e}")

plt.show()
