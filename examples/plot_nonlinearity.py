"""
=====================================
Why hidden layers need a nonlinearity
=====================================

A network whose activation is the identity is a linear model in two matrices: however many
layers it has, they collapse to one. A ReLU between them is enough to bend it, and its function
is then made of straight pieces. A tanh and a logistic function, in turn, are so nearly the same
that a network of one can be written as a network of the other.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_iris, make_moons
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.preprocessing import scale

from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier

# %%
# Without it, two layers are one
# ------------------------------
# With :math:`H = X W^{(1)} + b^{(1)}` and :math:`O = H W^{(2)} + b^{(2)}`, the logits are
# :math:`X W + b`, where :math:`W = W^{(1)} W^{(2)}` and :math:`b = b^{(1)} W^{(2)} + b^{(2)}`.
# Fifty hidden units have gained nothing.
X, y = load_iris(return_X_y=True)
X = scale(X)
network = MLPMulticlassClassifier((50,), "identity", solver="lbfgs", random_state=0).fit(X, y)
(W1, W2), (b1, b2) = network.coefs_, network.intercepts_
W, b = W1 @ W2, b1 @ W2 + b2
np.testing.assert_allclose(network.decision_function(X), X @ W + b, atol=1e-12)
print(f"{W1.size + W2.size} weights do the work of {W.size}")

# %%
# Something may even be lost: with a single hidden unit all columns of :math:`W` are multiples
# of one, where those of a linear model are free.
network.set_params(hidden_layer_sizes=(1,)).fit(X, y)
W1, W2 = network.coefs_
print(f"rank of W with one hidden unit: {np.linalg.matrix_rank(W1 @ W2)}")

# %%
# With it, the boundary bends
# ---------------------------
# Both networks have one hidden layer of 16 units. That of the first draws a straight line.
X, y = make_moons(400, noise=0.15, random_state=0)
fig, axes = plt.subplots(1, 2, figsize=(8, 3.4), layout="constrained", sharey=True)
for ax, activation in zip(axes, ["identity", "relu"], strict=True):
    network = MLPBinaryClassifier(
        (16,), activation, solver="lbfgs", alpha=0.1, max_iter=500, random_state=0
    ).fit(X, y)
    DecisionBoundaryDisplay.from_estimator(
        network, X, response_method="predict_proba", grid_resolution=300, cmap="RdBu_r",
        alpha=0.4, ax=ax,
    )  # fmt: skip
    for label, color in enumerate(["C0", "C3"]):
        ax.scatter(*X[y == label].T, c=color, s=14, edgecolors="white", linewidths=0.5)
    ax.set(title=f"{activation}: accuracy {network.score(X, y):.2f}", xlabel="Feature 0")
axes[0].set_ylabel("Feature 1")

# %%
# What a ReLU network draws
# -------------------------
# Hidden unit j is 0 on one side of the point where :math:`w_j x + b_j = 0`, and a straight
# line on the other. Their sum is continuous, and straight between any two of these points:
# it has a kink at each :math:`-b_j / w_j`, and nowhere else. Fewer kinks than units are seen
# here: those of some units are outside of the data, and some units share theirs.
rng = np.random.RandomState(0)
x = rng.uniform(-3, 3, 600)
y = rng.uniform(size=600) < 0.5 + 0.45 * np.sin(2 * x)
network = MLPBinaryClassifier((10,), solver="lbfgs", alpha=0.3, max_iter=1000, random_state=4)
network.fit(x[:, None], y)

kinks = np.sort(-network.intercepts_[0] / network.coefs_[0][0])
kinks = kinks[abs(kinks) < 3]
print(f"{len(kinks)} of 10 units have their kink between -3 and 3:", *kinks.round(2))
ends = np.concatenate([[-3], kinks, [3]])
logits_at_ends = network.decision_function(ends[:, None])
logits_at_middles = network.decision_function(((ends[:-1] + ends[1:]) / 2)[:, None])
np.testing.assert_allclose(
    logits_at_middles, (logits_at_ends[:-1] + logits_at_ends[1:]) / 2, atol=1e-9
)

fig, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
grid = np.linspace(-3, 3, 1000)
ax.plot(grid, network.decision_function(grid[:, None]), label="logit of the network")
ax.plot(kinks, logits_at_ends[1:-1], "o", color="C3", label=r"kinks, at $-b_j / w_j$")
p = 0.5 + 0.45 * np.sin(2 * grid)
ax.plot(grid, np.log(p / (1 - p)), ":", color="gray", label="log-odds of the labels")
ax.set(title="A ReLU network of one feature", xlabel="x", ylabel="Logit")
ax.legend()

# %%
# tanh and the logistic function
# ------------------------------
# Since :math:`\tanh z + 1 = 2 \sigma(2 z)` for the logistic function :math:`\sigma`,
z = np.linspace(-5, 5, 101)
np.testing.assert_allclose(np.tanh(z) + 1, 2 / (1 + np.exp(-2 * z)))

# %%
# a tanh network becomes a logistic one when the weights and biases of the hidden layer are
# doubled, those of the next doubled too, and its biases made smaller by the sum of its old
# weights. ``coefs_`` are views of the parameters, so writing into them changes a network.
X, y = make_moons(400, noise=0.15, random_state=0)
settings = {"solver": "lbfgs", "alpha": 0.1, "max_iter": 500, "random_state": 0}
of_tanh = MLPBinaryClassifier((16,), "tanh", **settings).fit(X, y)
of_logistic = MLPBinaryClassifier((16,), "logistic", **settings).fit(X, y)

(W1, W2), (b1, b2) = of_tanh.coefs_, of_tanh.intercepts_
of_logistic.coefs_[0][:], of_logistic.intercepts_[0][:] = 2 * W1, 2 * b1
of_logistic.coefs_[1][:], of_logistic.intercepts_[1][:] = 2 * W2, b2 - W2.sum(axis=0)
gap = np.abs(of_tanh.predict_proba(X) - of_logistic.predict_proba(X)).max()
print(f"largest difference between the two networks' probabilities: {gap:.0e}")
assert gap < 1e-10

# %%
# What tells them apart is training: they start elsewhere, and the same step, or the same
# penalty on the weights, means something else to each.
plt.show()
