"""
=============================
Watching a fit with callbacks
=============================

scikit-learn 1.9 has callbacks: objects whose methods an estimator calls while it is fitted. The
networks of skmlp call them around each epoch. One that comes with scikit-learn notes scores;
one of our own takes pictures, and ends the fit when it has seen enough.
"""

# sphinx_gallery_thumbnail_number = 2

import matplotlib.pyplot as plt
import numpy as np
from sklearn.callback import ScoringMonitor
from sklearn.datasets import make_moons

from skmlp import MLPBinaryClassifier

X, y = make_moons(400, noise=0.2, random_state=0)
network = MLPBinaryClassifier(
    (32, 32), batch_size=32, learning_rate_init=0.003, max_iter=100, random_state=0
)

# %%
# A callback of scikit-learn's
# ----------------------------
# ScoringMonitor scores the network as it is after each epoch, on the rows that it is trained
# on; the first entry of its log is the whole fit. (ProgressBar, the other one, draws a bar.)
monitor = ScoringMonitor(scoring=["accuracy", "neg_log_loss"])
network.set_callbacks(monitor).fit(X, y)
epochs = [entry for entry in monitor.get_logs().data if entry["task_name"] == "epoch"]
assert len(epochs) == network.n_iter_

fig, axes = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
for ax, score in zip(axes, ["accuracy", "neg_log_loss"], strict=True):
    values = [entry[score] for entry in epochs]
    ax.plot(np.arange(1, len(values) + 1), values)
    ax.set(title=score, xlabel="Epoch")
axes[0].set_ylabel("Score on the training set")

# %%
# A callback of our own
# ---------------------
# Four methods make a callback. ``setup`` and ``teardown`` surround it all;
# ``on_fit_task_begin`` and ``on_fit_task_end`` each epoch and the whole fit, and
# ``context.task_name`` says which. The last one may ask for ``fitted_estimator``, the network
# as it is now, and what it returns says whether to stop.


class Film:
    """Take pictures of the probabilities on a grid until a share of the rows is right."""

    def __init__(self, grid, enough):
        self.grid = grid
        self.enough = enough

    def setup(self, estimator, context):
        """Begin a new film."""
        self.pictures = []

    def on_fit_task_begin(self, estimator, context):
        """Do nothing before an epoch."""

    def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
        """Take a picture after an epoch."""
        if context.task_name != "epoch":
            return False
        self.pictures.append(fitted_estimator.predict_proba(self.grid)[:, 1])
        return fitted_estimator.score(X, y) >= self.enough

    def teardown(self, estimator, context):
        """Have nothing to clean up."""


xx, yy = np.meshgrid(np.linspace(-1.7, 2.7, 150), np.linspace(-1.3, 1.8, 150))
film = Film(np.column_stack([xx.ravel(), yy.ravel()]), enough=0.96)
network.set_callbacks(film).fit(X, y)
print(f"stopped after epoch {network.n_iter_}, {network.score(X, y):.1%} of the rows are right")
assert network.score(X, y) >= film.enough

# %%
# The film
# --------
# The boundary is nearly straight at first, and takes the shape of the moons by and by.
fig, axes = plt.subplots(2, 2, figsize=(8, 5.6), layout="constrained", sharex=True, sharey=True)
shown = np.unique(np.geomspace(1, len(film.pictures), 4).round().astype(int))
for ax, epoch in zip(axes.flat, shown, strict=True):
    picture = film.pictures[epoch - 1].reshape(xx.shape)
    regions = ax.contourf(xx, yy, picture, np.linspace(0, 1, 11), cmap="RdBu_r", alpha=0.5)
    ax.contour(xx, yy, picture, [0.5], colors="black")
    for label, color in enumerate(["C0", "C3"]):
        ax.scatter(*X[y == label].T, c=color, s=12, edgecolors="white", linewidths=0.4)
    ax.set_title(f"Epoch {epoch}")
fig.supxlabel("Feature 0")
fig.supylabel("Feature 1")
fig.colorbar(regions, ax=axes, label="Probability of class 1")
plt.show()
