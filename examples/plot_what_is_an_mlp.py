r"""
===============================================
What a multilayer perceptron is, from the start
===============================================

From a straight line to a network that learns by itself where to draw several of them: what the
hidden layer is, why it needs a nonlinearity, how it is trained, and what it has learned in the
end. It takes you to have met logistic regression, and no neural network. The last part answers
the usual exercises with pictures.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from sklearn.datasets import load_digits, make_blobs, make_circles
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from skmlp import (
    ActivationDisplay,
    HiddenUnitsDisplay,
    LossCurveDisplay,
    MLPBinaryClassifier,
    MLPMulticlassClassifier,
    MLPRegressor,
    RepresentationDisplay,
)

COLORS = ListedColormap(["#3f90da", "#ffa90e"])


def draw(ax, model, X, y, title):
    """Draw what a model says in the plane, and the rows as points."""
    DecisionBoundaryDisplay.from_estimator(
        model, X, response_method="predict", cmap=COLORS, eps=0.3, alpha=0.3,
        grid_resolution=500, ax=ax,
    )  # fmt: skip
    ax.scatter(*X.T, c=y, cmap=COLORS, s=18, edgecolors="white", linewidths=0.4)
    ax.set_title(title)


def logistic(z):
    return 1 / (1 + np.exp(-z))


# %%
# A straight line
# ---------------
# A linear classifier has a weight for each feature and a bias. It says class 1 where
# :math:`w^\top x + b \ge 0`, and the points where it is 0 are a straight line. Logistic
# regression makes a probability of the same number, by the logistic function
# :math:`\sigma(z) = 1 / (1 + e^{-z})`.
#
# That is all that is needed for two clouds of points. For a circle and the ring around it, no
# line does better than a guess.
clouds, cloud = make_blobs(300, centers=[(-1, -1), (1, 1)], cluster_std=0.6, random_state=0)
X, y = make_circles(600, factor=0.3, noise=0.08, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
for ax, points, labels in [(left, clouds, cloud), (right, X_train, y_train)]:
    line = LogisticRegression().fit(points, labels)
    draw(ax, line, points, labels, f"accuracy {line.score(points, labels):.2f}")
    ax.set_aspect("equal")

# %%
# The reason is that a linear model is monotone: more of a feature always means more of the
# answer, or always less. Often that is wrong. The risk of a patient is least near 37 °C
# (:ref:`an example of its own <sphx_glr_auto_examples_plot_nonmonotone.py>`). And the digit in
# a picture stays the same when black and white are exchanged, although every pixel has
# changed sides:
digits, digit = load_digits(return_X_y=True)
digits = digits / 16
inverted = np.random.RandomState(0).uniform(size=len(digits)) < 0.5
digits[inverted] = 1 - digits[inverted]
of_digits = train_test_split(digits, digit, random_state=0)
line = LogisticRegression(max_iter=1000).fit(of_digits[0], of_digits[2])
network = MLPMulticlassClassifier(
    64, alpha=0.01, learning_rate_init=0.01, max_iter=100, n_iter_no_change=None, random_state=0
).fit(of_digits[0], of_digits[2])
print("test accuracy on digits, half of them inverted")
print(f"logistic regression: {line.score(of_digits[1], of_digits[3]):.2f}")
print(f"64 hidden units:     {network.score(of_digits[1], of_digits[3]):.2f}")

fig, axes = plt.subplots(1, 8, figsize=(8, 1.4), layout="constrained")
for ax, image, name in zip(axes, digits, digit, strict=False):
    ax.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
    ax.set(title=name, xticks=[], yticks=[])

# %%
# A feature made by hand
# ----------------------
# Somebody who knows that the points come from circles can help the line: of the features
# :math:`x_1^2` and :math:`x_2^2`, whose sum is the square of the radius, it is enough.
squares = X_train**2
line = LogisticRegression().fit(squares, y_train)
fig, ax = plt.subplots(figsize=(4.5, 4), layout="constrained")
draw(ax, line, squares, y_train, f"accuracy {line.score(X_test**2, y_test):.2f}")
ax.set(xlabel="$x_1^2$", ylabel="$x_2^2$")

# %%
# Mostly nobody knows. A network looks for such features by itself, and there are two ways to
# see what it does: several lines that work together, and a new place for each point.
#
# Three lines that do not know of each other
# ------------------------------------------
# Three lines can enclose the inner circle. To train three logistic regressions, from three
# random starts, does not give them: none knows of the others, and each tries to separate all
# the points. There is one best line for that, and all three end there.
lines = []
for seed in range(3):
    alone = MLPBinaryClassifier((), solver="lbfgs", random_state=seed).fit(X_train, y_train)
    lines.append((alone.coefs_[0][:, 0], alone.intercepts_[0][0]))
    print(f"start {seed}: w = {lines[-1][0].round(3)}, b = {lines[-1][1]:.3f}")

# %%
# A hidden layer
# --------------
# A network trains all three together, and a fourth unit that hears what they say. With a row
# of :math:`W` for each of the three,
#
# .. math:: h = \sigma(W x + b), \qquad p = \sigma(w^\top h + c).
#
# The first equation is the **hidden layer**: three linear classifiers, three answers in
# :math:`h`, its hidden units. The second is a logistic regression whose features are these
# answers. That is the whole multilayer perceptron; more layers repeat the first equation.
network = MLPBinaryClassifier((3,), "logistic", solver="lbfgs", alpha=0.01, random_state=0)
network.fit(X_train, y_train)
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4.6), layout="constrained", sharey=True)
draw(left, alone, X_train, y_train, "three lines by themselves")
for (w, b), width, color in zip(lines, [7, 4, 1.5], ["0.75", "0.5", "0"], strict=True):
    ends = np.array([-0.5, 1.0])
    left.plot(ends, -(w[0] * ends + b) / w[1], color=color, linewidth=width)
HiddenUnitsDisplay.from_estimator(
    network, X_train, y_train, ax=right, eps=0.3, grid_resolution=500
)
right.set(title="three hidden units, trained together", xlabel="", ylabel="")
for ax in (left, right):
    ax.set(aspect="equal", ylim=right.get_ylim())
(W, w), (b, c) = network.coefs_, network.intercepts_
h = logistic(X_test @ W + b)
p = logistic(h @ w + c)[:, 0]
assert np.allclose(h, network.transform(X_test))
assert np.allclose(p, network.predict_proba(X_test)[:, 1])
print(f"test accuracy: {network.score(X_test, y_test):.2f}")

# %%
# Each of the three answers over the plane: 1 on one side of its line, 0 on the other, and a
# gradual change in between. The fourth picture is what the output unit makes of them.
xx, yy = np.meshgrid(np.linspace(-1.5, 1.5, 200), np.linspace(-1.5, 1.5, 200))
plane = np.column_stack([xx.ravel(), yy.ravel()])
answers = [*network.transform(plane).T, network.predict_proba(plane)[:, 1]]
names = ["$h_1$", "$h_2$", "$h_3$", "$p$, of all three"]
fig, axes = plt.subplots(1, 4, figsize=(10, 2.8), layout="constrained", sharey=True)
for ax, answer, name in zip(axes, answers, names, strict=True):
    image = ax.pcolormesh(
        xx, yy, answer.reshape(xx.shape), cmap="RdBu_r", vmin=0, vmax=1, rasterized=True
    )
    ax.set(title=name, aspect="equal")
fig.colorbar(image, ax=axes, shrink=0.8)

# %%
# A new place for each point
# --------------------------
# The three answers are also three numbers for each point, which ``transform`` returns: a point
# in a cube. The hidden layer has moved the inner circle into one corner, and the ring to the
# edges away from it. There a plane separates them, and a plane is what the output unit has.
# The squares above did the same for the line; these features were found by training.
H = network.transform(X_train)
on_features = LogisticRegression(C=100).fit(H, y_train)
accuracy = on_features.score(network.transform(X_test), y_test)
print(f"test accuracy of a logistic regression of the three: {accuracy:.2f}")
assert accuracy > 0.95

h0, h1 = np.meshgrid(np.linspace(0, 1, 200), np.linspace(0, 1, 200))
h2 = -(c[0] + w[0, 0] * h0 + w[1, 0] * h1) / w[2, 0]
h2[(h2 < 0) | (h2 > 1)] = np.nan
fig, ax = plt.subplots(figsize=(5.5, 4.5), subplot_kw={"projection": "3d"})
for label, color in enumerate(COLORS.colors):
    ax.scatter(*H[y_train == label].T, s=12, color=color, depthshade=False)
ax.plot_surface(h0, h1, h2, color="gray", alpha=0.35)
ax.set(xlabel="$h_1$", ylabel="$h_2$", zlabel="$h_3$")
ax.view_init(elev=18, azim=-25)
ax.set_box_aspect(None, zoom=1.1)

# %%
# :ref:`sphx_glr_auto_examples_plot_two_circles.py` goes on from here, to a second layer and a
# representation in the plane.
#
# Why a nonlinearity
# ------------------
# What :math:`h` needs is not a decision, but an answer that is not linear in :math:`x`. With
# the identity in the place of :math:`\sigma`,
#
# .. math:: w^\top (W x + b) + c = (W^\top w)^\top x + (w^\top b + c),
#
# which is a single line again, whatever the number of layers and units.
fig, axes = plt.subplots(1, 3, figsize=(10, 3.9), layout="constrained", sharey=True)
sizes = [((3,), "identity"), ((50, 50), "identity"), ((3,), "relu")]
for ax, (widths, activation) in zip(axes, sizes, strict=True):
    model = MLPBinaryClassifier(
        widths, activation, solver="lbfgs", alpha=0.01, max_iter=500, random_state=0
    ).fit(X_train, y_train)
    title = f"{activation}, {widths}: {model.score(X_test, y_test):.2f}"
    draw(ax, model, X_train, y_train, title)
    ax.set_aspect("equal")

# %%
# The functions
# -------------
# The first artificial neurons, of McCulloch and Pitts in 1943, fired or did not: a step. It is
# flat on both sides, so that no small change of a weight changes anything, and training by
# gradients has nothing to go by. The logistic function (also called sigmoid) is a smooth step.
# tanh is the same from -1 to 1, and ReLU, :math:`\max(0, z)`, is the usual choice today.
fig, axes = plt.subplots(1, 4, figsize=(11, 3), layout="constrained", sharey=True)
z = np.linspace(-5, 5, 501)
for k in [1, 2, 8]:
    axes[0].plot(z, logistic(k * z), label=rf"$\sigma({k}z)$" if k > 1 else r"$\sigma(z)$")
axes[0].step(z, z >= 0, color="black", linewidth=1, linestyle=":", label="step")
axes[0].set(title="from smooth to a step", xlabel="Pre-activation z")
axes[0].legend(loc="lower right", fontsize="small")
shown = {
    name: ActivationDisplay.from_name(name, z=z, ax=ax)
    for name, ax in zip(["logistic", "tanh", "relu"], axes[1:], strict=True)
}
axes[0].set_ylim(-1.3, 2.3)

# %%
# The dashed lines are the derivatives, by which an error is multiplied on its way back to the
# weights of the layer:
#
# - logistic: :math:`\sigma'(z) = \sigma(z) (1 - \sigma(z))`, which is 1/4 at most, at 0, and
#   close to 0 far from it: there the unit is saturated and hardly learns. Over several layers
#   the factors multiply, and the gradient vanishes.
# - tanh: :math:`1 - \tanh^2 z`, at most 1.
# - ReLU: 0 on the left and 1 on the right. It lets an error through or not at all. At 0 itself
#   there is no derivative, and 0 is taken, that of the left side; a pre-activation of exactly
#   0 hardly ever occurs.
print(f"largest derivative, logistic: {shown['logistic'].derivatives.max():.2f}")
print(f"largest derivative, tanh:     {shown['tanh'].derivatives.max():.2f}")
print(f"the logistic function's at 5: {shown['logistic'].derivatives[-1]:.3f}")

# %%
# :ref:`sphx_glr_auto_examples_plot_activations.py` has all that this package knows, and
# :doc:`a page of the guide </guide/activations>` says which to choose.
#
# Learning
# --------
# Nobody sets the weights. They start at random, and follow the gradient of a loss downhill, the
# cross-entropy :math:`-y \log p - (1 - y) \log (1 - p)`. With :math:`s = W x + b` and
# :math:`o = w^\top h + c`, the chain rule gives it from the last layer to the first:
#
# .. math::
#
#    \frac{\partial \ell}{\partial o} &= p - y, &
#    \frac{\partial \ell}{\partial w} &= (p - y)\, h, &
#    \frac{\partial \ell}{\partial c} &= p - y, \\
#    \delta = \frac{\partial \ell}{\partial s} &= (p - y)\, w \circ h \circ (1 - h), &
#    \frac{\partial \ell}{\partial W} &= \delta x^\top, &
#    \frac{\partial \ell}{\partial b} &= \delta.
#
# The circle multiplies element by element; :math:`h \circ (1 - h)` is the derivative of the
# logistic function. Such formulas are easily wrong by a sign or a factor. A check is to move a
# weight a little, and to look by how much the loss changes:


def loss_of(W, b, w, c, x, y):
    p = logistic(logistic(x @ W + b) @ w + c)
    return -y * np.log(p) - (1 - y) * np.log(1 - p)


x0, y0, (w0, c0) = X_train[0], y_train[0], (w[:, 0], c[0])
h0 = logistic(x0 @ W + b)
p0 = logistic(h0 @ w0 + c0)
by_formula = np.outer(x0, (p0 - y0) * w0 * h0 * (1 - h0))  # shape of W here: (inputs, units)
by_change = np.empty_like(W)
for index in np.ndindex(W.shape):
    step = np.zeros_like(W)
    step[index] = 1e-5
    higher = loss_of(W + step, b, w0, c0, x0, y0)
    lower = loss_of(W - step, b, w0, c0, x0, y0)
    by_change[index] = (higher - lower) / 2e-5
print(f"largest difference: {np.abs(by_formula - by_change).max():.0e}")
assert np.allclose(by_formula, by_change, atol=1e-8)

# %%
# :doc:`/guide/gradients` has the derivation, for any number of layers and for matrices of rows.
# Here is a fit with small steps, after some of its epochs, and its loss. The three lines start
# anywhere, and come to their places together.
moving = MLPBinaryClassifier(
    (3,), "tanh", learning_rate_init=0.02, batch_size=50, alpha=0, random_state=5
)
fig, axes = plt.subplots(1, 4, figsize=(11, 3.6), layout="constrained", sharey=True)
epoch = 0
for ax, until in zip(axes, [1, 10, 30, 150], strict=True):
    for _ in range(until - epoch):
        moving.partial_fit(X_train, y_train, classes=[0, 1])
    epoch = until
    HiddenUnitsDisplay.from_estimator(
        moving, X_train, y_train, ax=ax, eps=0.3, grid_resolution=400
    )
    accuracy = moving.score(X_test, y_test)
    ax.set(title=f"epoch {until}: {accuracy:.2f}", aspect="equal", ylabel="")
    ax.get_legend().remove()

# %%
# The loss does not fall evenly. There is a plateau while two lines do all the work; then the
# third comes to its place.
fig, ax = plt.subplots(figsize=(5, 3), layout="constrained")
LossCurveDisplay.from_estimator(moving, ax=ax)

# %%
# Wider and deeper
# ----------------
# One hidden layer can come as close as one likes to any continuous function on a bounded
# region, if it is wide enough (Cybenko 1989). Whether training finds the weights is another
# question: :ref:`sphx_glr_auto_examples_plot_universal_approximation.py` shows both. A second
# layer builds on the features of the first, and often needs fewer units. Here are the digits
# from above, as a last hidden layer of two units places them in the plane. These two have the
# identity for a function: a plane that is chosen together with what is shown on it.
deep = MLPMulticlassClassifier(
    (128, 64, 2), ("relu", "relu", "identity"), alpha=0.01, learning_rate_init=0.003,
    batch_size=32, max_iter=100, n_iter_no_change=None, random_state=0,
).fit(of_digits[0], of_digits[2])  # fmt: skip
fig, ax = plt.subplots(figsize=(6.5, 4.5), layout="constrained")
RepresentationDisplay.from_estimator(deep, of_digits[1], of_digits[3], ax=ax)
ax.set_title(f"test digits, half of them inverted: accuracy {deep.score(*of_digits[1::2]):.2f}")

# %%
# Exercises, with answers
# -----------------------
# **Compute the derivatives of tanh and of the parametric ReLU.** With
# :math:`\tanh z = (e^z - e^{-z}) / (e^z + e^{-z})`, the quotient rule gives
# :math:`1 - \tanh^2 z`. The parametric ReLU, :math:`\max(0, z) + a \min(0, z)`, has 1 on the
# right and :math:`a` on the left. What networks compute is the same:
fig, axes = plt.subplots(1, 2, figsize=(7, 2.8), layout="constrained")
tanh = ActivationDisplay.from_name("tanh", z=z, ax=axes[0])
prelu = ActivationDisplay.from_name("prelu", z=z, ax=axes[1])  # a starts at 1/4
assert np.allclose(tanh.derivatives, 1 - np.tanh(z) ** 2)
assert np.allclose(prelu.derivatives, np.where(z > 0, 1, 0.25))

# %%
# **Show that a network with ReLU is continuous and piecewise linear.** Each unit is, as a
# function of the input, and sums and compositions of such functions are again. Where no unit
# changes from 0 to active or back, the network is one linear function. Left, each such region
# has a colour; the decision boundary (right) has a kink only where it crosses from one region
# to the next.
relu = MLPBinaryClassifier(
    (8, 8), solver="lbfgs", alpha=0.01, max_iter=500, transform_layer="all", random_state=1
).fit(X_train, y_train)
active = relu.transform(plane) > 0
_, region = np.unique(active, axis=0, return_inverse=True)
print(f"{region.max() + 1} linear regions can be seen")
shuffled = np.random.RandomState(0).permutation(region.max() + 1)[region].reshape(xx.shape)
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained", sharey=True)
left.pcolormesh(xx, yy, shuffled, cmap="turbo", alpha=0.6, rasterized=True)
right.pcolormesh(xx, yy, shuffled, cmap="Greys", alpha=0.25, rasterized=True)
right.contour(xx, yy, relu.decision_function(plane).reshape(xx.shape), [0], colors="black")
right.scatter(*X_train.T, c=y_train, cmap=COLORS, s=12, edgecolors="white", linewidths=0.3)
for ax in (left, right):
    ax.set_aspect("equal")

# %%
# **Show that** :math:`\tanh z + 1 = 2 \sigma(2 z)`. Multiply the numerator and the denominator
# of :math:`1 + \tanh z = 2 e^z / (e^z + e^{-z})` by :math:`e^{-z}`: that is
# :math:`2 / (1 + e^{-2z})`. So the two differ in scale and offset alone, and a network of one
# can be written as a network of the other
# (:ref:`which is done here <sphx_glr_auto_examples_plot_nonlinearity.py>`).
fig, ax = plt.subplots(figsize=(5, 3), layout="constrained")
ax.plot(z, np.tanh(z) + 1, linewidth=4, alpha=0.4, label=r"$\tanh z + 1$")
ax.plot(z, 2 * logistic(2 * z), "--", color="black", label=r"$2 \sigma(2z)$")
ax.legend()
assert np.allclose(np.tanh(z) + 1, 2 * logistic(2 * z))

# %%
# **A network without nonlinearities has** :math:`d` **inputs,** :math:`d` **outputs and a layer
# of** :math:`d / 2` **units. Show that it is weaker than a single layer.** The product of its
# matrices has at most the rank of the narrowest, :math:`d / 2`, so a map of full rank is out of
# reach. Networks of several widths learn such a map, of 8 numbers to 8, from examples without
# noise. The error is 0 from 8 units on. Below, it is that of the best map of that rank, which
# the singular values give.
d, rng = 8, np.random.RandomState(0)
A, inputs = rng.normal(size=(d, d)), rng.normal(size=(400, d))
outputs = inputs @ A
of_rank = np.linalg.svd(outputs, compute_uv=False) ** 2
widths = [1, 2, 4, 6, 8]
errors = []
for width in widths:
    narrow = MLPRegressor(
        hidden_layer_sizes=width, activation="identity", solver="lbfgs", alpha=0, tol=1e-7,
        max_iter=5000, max_fun=20_000, random_state=0,
    ).fit(inputs, outputs)  # fmt: skip
    errors.append(np.mean((narrow.predict(inputs) - outputs) ** 2))
best = [of_rank[width:].sum() / outputs.size for width in widths]
fig, ax = plt.subplots(figsize=(5, 3), layout="constrained")
ax.plot(widths, errors, "o", label="networks without nonlinearity")
ax.plot(widths, best, color="black", linewidth=1, label="best map of that rank")
ax.set(xlabel="Units of the narrow layer", ylabel="Mean squared error")
ax.legend()
assert errors[-1] < 1e-6 < errors[-2]

# %%
# **What goes wrong with a nonlinearity that is applied to a minibatch at a time?** Suppose that
# pre-activations are first given the mean and the spread of the training rows, but by those of
# the minibatch. The answer for a row then depends on the rows beside it. Below, one row is
# predicted in 200 random minibatches of each size: the smaller they are, the more its
# probability varies. A row by itself has no spread to divide by. Training can live with that
# noise. Predictions cannot: they need fixed numbers, such as the means over all of training.
# The functions of the networks here take each number by itself, so that a row has the same
# answer beside any others.


def in_minibatch(rows):
    s, usual = rows @ W + b, X_train @ W + b
    s = (s - s.mean(axis=0)) / s.std(axis=0) * usual.std(axis=0) + usual.mean(axis=0)
    return logistic(logistic(s) @ w + c)[0, 0]


row = X_test[y_test == 1][:1]
print(f"as the network has it: {network.predict_proba(row)[0, 1]:.2f}")
fig, ax = plt.subplots(figsize=(5.5, 3), layout="constrained")
for place, size in enumerate([2, 4, 16, 64, 256]):
    others = [rng.choice(len(X_train), size - 1, replace=False) for _ in range(200)]
    p = [in_minibatch(np.vstack([row, X_train[chosen]])) for chosen in others]
    ax.plot(place + rng.uniform(-0.2, 0.2, 200), p, ".", color="C0", alpha=0.3)
    print(f"minibatches of {size:3} rows: from {min(p):.2f} to {max(p):.2f}")
ax.set_xticks(range(5), [2, 4, 16, 64, 256])
ax.set(xlabel="Rows of the minibatch", ylabel="Probability for the same row")
plt.show()

# %%
# Go on
# -----
# :doc:`/guide/network` has shapes, attributes and more layers; :doc:`/getting_started` a first
# model of your own; and the guide a page on each of :doc:`losses </guide/losses>`,
# :doc:`optimizers </guide/optimizers>` and :doc:`initial weights </guide/initialization>`.
#
# G. Cybenko, "Approximation by superpositions of a sigmoidal function", Mathematics of Control,
# Signals and Systems 2, 1989. W. McCulloch and W. Pitts, "A logical calculus of the ideas
# immanent in nervous activity", Bulletin of Mathematical Biophysics 5, 1943.
