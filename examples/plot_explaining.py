"""
======================
Explaining predictions
======================

Which pixels speak for a digit, and which against it? Integrated gradients divide the logit of a
class among the features of a row.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skmlp import MLPMulticlassClassifier
from skmlp.inspection import attributions

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)
network = MLPMulticlassClassifier(
    64,
    "silu",
    alpha=1.0,
    learning_rate_init=0.01,
    early_stopping=True,
    n_members=4,
    random_state=0,
)
network.fit(X_train, y_train)
print(f"accuracy {network.score(X_test, y_test):.3f}")

# %%
# Of each prediction
# ------------------
# The baseline is an empty image, whose pixels are 0. What is attributed to the pixels of an
# image is, in sum, how much more the network is for the class than it is for an empty one: the
# difference of their values of ``decision_function``. A pixel that is as empty as in the
# baseline has no part in it.
predicted = network.predict(X_test)
values = attributions(network, X_test, method="integrated", target=predicted)
rows, codes = np.arange(len(X_test)), predicted
of_baseline = network.decision_function(np.zeros((1, 64)))[0]
difference = network.decision_function(X_test)[rows, codes] - of_baseline[codes]
print(f"largest error of a sum: {np.abs(values.sum(axis=1) - difference).max():.1e}")

shown = [np.flatnonzero(predicted == digit)[0] for digit in range(6)]
largest = np.abs(values[shown]).max()
style = {"cmap": "RdBu_r", "vmin": -largest, "vmax": largest}
fig, axes = plt.subplots(2, 6, figsize=(8, 3), layout="constrained")
for (above, below), row in zip(axes.T, shown, strict=True):
    above.imshow(X_test[row].reshape(8, 8), cmap="gray_r")
    above.set_title(f"{predicted[row]}")
    image = below.imshow(values[row].reshape(8, 8), **style)
for ax in axes.flat:
    ax.set(xticks=[], yticks=[])
fig.colorbar(image, ax=axes[1], label="log probability")

# %%
# Of one choice against another
# -----------------------------
# Values for all classes differ in what speaks for one of them rather than for another: here, in
# the image that is hardest to decide, for the likeliest class rather than for the second.
probabilities = network.predict_proba(X_test)
second, first = np.sort(probabilities, axis=1)[:, -2:].T
row = (first - second).argmin()
likely, other = probabilities[row].argsort()[::-1][:2]
everything = attributions(network, X_test[row : row + 1], method="integrated")[0]
rather = everything[:, likely] - everything[:, other]

largest = np.abs(rather).max()
fig, axes = plt.subplots(1, 2, figsize=(5.6, 2.6), layout="constrained")
axes[0].imshow(X_test[row].reshape(8, 8), cmap="gray_r")
axes[0].set_title(f"It is {y_test[row]}")
image = axes[1].imshow(rather.reshape(8, 8), cmap="RdBu_r", vmin=-largest, vmax=largest)
axes[1].set_title(f"{likely} rather than {other}")
for ax in axes:
    ax.set(xticks=[], yticks=[])
fig.colorbar(image, ax=axes[1], label="log odds")
plt.show()
