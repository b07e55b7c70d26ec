"""
========================================
A grid search over activation and width
========================================

Activation and width are parameters like any other, so GridSearchCV can look for the best pair.
The heat map shows more than the winner does: which differences matter at all.
"""

import time

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV, StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import MLPMulticlassClassifier

# %%
# Every pair, three folds each
# ----------------------------
# Three classes, each of four clouds of points among those of the others. The number of epochs
# is the same for all.
X, y = make_classification(
    2000, n_features=8, n_informative=8, n_redundant=0, n_classes=3, n_clusters_per_class=4,
    class_sep=1.5, flip_y=0, random_state=0,
)  # fmt: skip
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

network = MLPMulticlassClassifier(
    learning_rate_init=0.02, max_iter=50, n_iter_no_change=None, random_state=0
)
activations = ["identity", "logistic", "tanh", "relu", "gelu", "silu"]
widths = [4, 8, 16, 32, 64, 128]
search = GridSearchCV(
    make_pipeline(StandardScaler(), network),
    {
        "mlpmulticlassclassifier__activation": activations,
        "mlpmulticlassclassifier__hidden_layer_sizes": widths,
    },
    scoring="accuracy",
    cv=StratifiedKFold(3, shuffle=True, random_state=0),
)
for activation in ("relu", "gelu"):  # compiles their kernels, or loads them; not timed
    clone(network).set_params(activation=activation).fit(X_train, y_train).predict(X_test)
start = time.perf_counter()
search.fit(X_train, y_train)
n_fits = len(activations) * len(widths) * search.n_splits_
print(f"{n_fits} fits in {time.perf_counter() - start:.1f} s")
for name, value in search.best_params_.items():
    print(f"best {name.split('__')[1]}: {value}")
print(f"accuracy in the search {search.best_score_:.3f}, test set", end=" ")
print(f"{search.score(X_test, y_test):.3f}")
spread = search.cv_results_["std_test_score"][search.best_index_]
print(f"standard deviation of the best pair's three scores: {spread:.3f}")

# %%
# The heat map
# ------------
# GridSearchCV goes through the parameters in alphabetical order, the last one fastest, so that
# its scores are this table row by row. Nothing helps the identity, whose networks are linear
# whatever their width; all others gain by more units, up to 32 or so. The frame is around the
# best pair. By how much its three folds differ is printed above: smaller differences between
# pairs say little.
scores = search.cv_results_["mean_test_score"].reshape(len(activations), len(widths))
fig, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
image = ax.imshow(scores, cmap="viridis", aspect="auto")
for (i, j), score in np.ndenumerate(scores):
    ax.text(
        j,
        i,
        f"{score:.3f}",
        ha="center",
        va="center",
        color="black" if score > 0.75 else "white",
    )
row, column = np.unravel_index(scores.argmax(), scores.shape)
ax.add_patch(
    Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="C3", linewidth=3)
)
ax.set_xticks(range(len(widths)), widths)
ax.set_yticks(range(len(activations)), activations)
ax.set(xlabel="Hidden units", ylabel="Activation")
fig.colorbar(image, label="Accuracy, mean of three folds")
plt.show()
