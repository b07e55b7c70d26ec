"""
=======================================
Two circles, and what hidden units draw
=======================================

No straight line separates a circle from the ring around it. Three lines do, and a network with
three hidden units finds them: it learns a representation in which a plane is enough.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from sklearn.datasets import make_circles
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from skmlp import HiddenUnitsDisplay, MLPBinaryClassifier, RepresentationDisplay

X, y = make_circles(600, factor=0.3, noise=0.08, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

# %%
# One line is hardly better than a guess
# --------------------------------------
logistic = LogisticRegression().fit(X_train, y_train)
network = MLPBinaryClassifier((3,), "logistic", solver="lbfgs", alpha=0.01, random_state=0)
network.fit(X_train, y_train)
print(f"test accuracy of a logistic regression: {logistic.score(X_test, y_test):.2f}")
print(f"test accuracy of three hidden units:    {network.score(X_test, y_test):.2f}")

# %%
# Three lines
# -----------
# Each hidden unit is a logistic regression of its own, and has a line where it says 1/2. They
# were trained together, so that each does a part of the work: the output unit looks on which
# side of the three lines a point lies.
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4.5), layout="constrained", sharey=True)
colors = ListedColormap(["#3f90da", "#ffa90e"])
DecisionBoundaryDisplay.from_estimator(
    logistic, X_train, response_method="predict", cmap=colors, eps=0.3, alpha=0.3,
    grid_resolution=500, ax=left, xlabel="Feature 0", ylabel="Feature 1",
)  # fmt: skip
left.scatter(*X_train.T, c=y_train, cmap=colors, s=20, edgecolors="white", linewidths=0.5)
left.set_title("Logistic regression")
HiddenUnitsDisplay.from_estimator(
    network, X_train, y_train, ax=right, eps=0.3, grid_resolution=500
)
right.set_ylabel("")
for ax in (left, right):
    ax.set_aspect("equal")

# %%
# The representation
# ------------------
# ``transform`` returns what the three units say: for each row a point in a cube. The inner
# circle is near one of its corners, the ring around the three next to that, and the gray plane
# of the output unit passes between. A logistic regression of the three features does as well
# as the network.
H = network.transform(X_train)
w, b = network.coefs_[1][:, 0], network.intercepts_[1][0]
h0, h1 = np.meshgrid(np.linspace(0, 1, 200), np.linspace(0, 1, 200))
h2 = -(b + w[0] * h0 + w[1] * h1) / w[2]
h2[(h2 < 0) | (h2 > 1)] = np.nan

fig, ax = plt.subplots(figsize=(5.5, 4.5), subplot_kw={"projection": "3d"})
for label, color in enumerate(["#3f90da", "#ffa90e"]):
    points = H[y_train == label]
    ax.scatter(*points.T, s=12, color=color, depthshade=False, label=f"Class {label}")
ax.plot_surface(h0, h1, h2, color="gray", alpha=0.35)
ax.set(xlabel="Unit 0", ylabel="Unit 1", zlabel="Unit 2")
ax.view_init(elev=18, azim=-25)
ax.set_box_aspect(None, zoom=1.1)
ax.legend(loc="upper left")

on_features = LogisticRegression(C=100).fit(H, y_train)
accuracy = on_features.score(network.transform(X_test), y_test)
print(f"test accuracy of a logistic regression of the three units: {accuracy:.2f}")
assert accuracy > 0.95

# %%
# A representation in the plane
# -----------------------------
# With a second hidden layer, of two units, the output unit sees but two numbers, and its
# boundary is a straight line again: bent, in the left picture, as the first layer bends it.
# (The penalty ``alpha`` has shrunk the weights of some units to nearly 0; their lines are far
# out.)
deep = MLPBinaryClassifier((8, 2), "tanh", solver="lbfgs", alpha=0.1, random_state=0)
deep.fit(X_train, y_train)
weights = np.linalg.norm(deep.coefs_[0], axis=0)
print("length of each first-layer unit's weights:", *np.sort(weights).round(2))
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
HiddenUnitsDisplay.from_estimator(deep, X_train, y_train, ax=left, eps=0.3, grid_resolution=500)
left.set_aspect("equal")
RepresentationDisplay.from_estimator(deep, X_train, y_train, ax=right)
right.set_title("What the second layer makes of it")
right.get_legend().set(loc="upper center")
plt.show()
