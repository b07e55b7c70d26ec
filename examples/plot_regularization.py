"""
=================================
How much to penalise: ``alpha``
=================================

The penalty of large weights, ``alpha``, decides how sharply a network may bend. Too little of
it, and the network learns the noise of the training rows by heart. Too much, and it becomes a
linear model, and in the end a constant.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, ValidationCurveDisplay
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import MLPBinaryClassifier

# %%
# Two half moons that overlap: even the best rule is wrong for some rows. There are 100 rows to
# learn from, and 2,000 to see how good the probabilities are.
X, y = make_moons(100, noise=0.3, random_state=0)
X_test, y_test = make_moons(2000, noise=0.3, random_state=1)
network = MLPBinaryClassifier((50,), "tanh", solver="lbfgs", max_iter=2000, random_state=0)
pipeline = make_pipeline(StandardScaler(), network)

# %%
# Four networks that differ in ``alpha`` alone
# --------------------------------------------
# The lines are where the probability is one half, and have fewer bends from left to right. The
# log loss of the test rows is least in the second picture. In the first the network is sure of
# itself, and often wrong. In the last all weights are next to 0, and so are the logits.
fig, axes = plt.subplots(1, 4, figsize=(11, 3.2), layout="constrained", sharey=True)
for ax, alpha in zip(axes, [1e-4, 0.1, 3.0, 100.0], strict=True):
    pipeline.set_params(mlpbinaryclassifier__alpha=alpha).fit(X, y)
    DecisionBoundaryDisplay.from_estimator(
        pipeline, X, response_method="predict_proba", grid_resolution=200, cmap="RdBu_r",
        alpha=0.4, vmin=0, vmax=1, ax=ax,
    )  # fmt: skip
    DecisionBoundaryDisplay.from_estimator(
        pipeline, X, response_method="predict_proba", grid_resolution=200, levels=[0.5],
        plot_method="contour", colors="k", ax=ax,
    )  # fmt: skip
    for label, color in enumerate(["C0", "C3"]):
        ax.scatter(*X[y == label].T, c=color, s=14, edgecolors="white", linewidths=0.5)
    losses = [
        log_loss(labels, pipeline.predict_proba(rows))
        for rows, labels in ((X, y), (X_test, y_test))
    ]
    ax.set(title=f"alpha={alpha:g}\nloss {losses[0]:.2f}, of test rows {losses[1]:.2f}")

# %%
# How to find it
# --------------
# In steps of a factor of ten or three, by cross-validation. As in scikit-learn's MLPClassifier,
# the penalty is divided by the number of rows: the more of them, the weaker is an ``alpha``.
alphas = np.geomspace(1e-4, 100, 13)
ValidationCurveDisplay.from_estimator(
    pipeline, X, y, param_name="mlpbinaryclassifier__alpha", param_range=alphas, cv=5,
    scoring="neg_log_loss", negate_score=True, score_name="log loss",
)  # fmt: skip
plt.xscale("log")
plt.xlabel("alpha")
plt.ylim(0, 1)

# %%
# A search does the same, and has the best network at its end.
search = GridSearchCV(
    pipeline, {"mlpbinaryclassifier__alpha": alphas}, scoring="neg_log_loss", cv=5
).fit(X, y)
print(f"alpha {search.best_params_['mlpbinaryclassifier__alpha']:.2g}")
print(f"log loss of the test rows {-search.score(X_test, y_test):.3f}")
