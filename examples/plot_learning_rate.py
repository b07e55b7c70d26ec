"""
=======================
Finding a learning rate
=======================

A range test raises the learning rate from step to step, and draws the loss. In less than a
second it says which order of magnitude a network can be trained with.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import LearningRateDisplay, MLPMulticlassClassifier

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)


def make_network(solver, **parameters):
    network = MLPMulticlassClassifier(solver=solver, random_state=0, **parameters)
    return make_pipeline(StandardScaler(), network)


# %%
# Two solvers
# -----------
# The curve falls where the network learns, and rises where steps are too long. Steps of SGD
# are in proportion to the gradient, and those of Adam are not: the rates that suit them
# differ by an order of magnitude. The dashed line is a tenth of the rate at the lowest point.
fig, axes = plt.subplots(1, 2, figsize=(8, 3.4), layout="constrained", sharey=True)
suggested = {}
for ax, solver in zip(axes, ["adam", "sgd"], strict=True):
    display = LearningRateDisplay.from_estimator(make_network(solver), X_train, y_train, ax=ax)
    ax.set_title(solver)
    suggested[solver] = display.suggested_rate

# %%
# Fits at the suggested rate
# --------------------------
# Five epochs at the suggested rate, at a hundredth of it, and at the default.
for solver, rate in suggested.items():
    for learning_rate_init in (rate / 100, 0.001, rate):
        pipeline = make_network(
            solver, learning_rate_init=learning_rate_init, max_iter=5, n_iter_no_change=None
        )
        score = pipeline.fit(X_train, y_train).score(X_test, y_test)
        print(f"{solver:4} at {learning_rate_init:.1e}: accuracy {score:.2f}")
plt.show()
