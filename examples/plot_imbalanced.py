"""
==================
Imbalanced classes
==================

Where one class is rare, a classifier that never predicts it is right most of the time.
``class_weight="balanced"`` gives both classes the same say in the loss. What it changes, and
what it does not, is worth a look.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import make_classification
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    PrecisionRecallDisplay,
    accuracy_score,
    balanced_accuracy_score,
    precision_score,
    recall_score,
)
from sklearn.model_selection import TunedThresholdClassifierCV, train_test_split

from skmlp import MLPBinaryClassifier

# %%
# One row in twenty
# -----------------
X, y = make_classification(
    8000, n_features=10, n_informative=5, weights=[0.95], flip_y=0.01, class_sep=0.7,
    random_state=0,
)  # fmt: skip
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
print(f"{y_train.mean():.1%} of the training rows are of class 1")

settings = {"hidden_layer_sizes": 32, "alpha": 1.0, "tol": 1e-3, "random_state": 0}
networks = {
    "no weights": MLPBinaryClassifier(**settings),
    "balanced": MLPBinaryClassifier(**settings, class_weight="balanced"),
}
for name, network in networks.items():
    predicted = network.fit(X_train, y_train).predict(X_test)
    print(
        f"{name}: accuracy {accuracy_score(y_test, predicted):.3f}, "
        f"balanced accuracy {balanced_accuracy_score(y_test, predicted):.3f}"
    )

# %%
# Accuracy falls, balanced accuracy, which is the mean of what is right in either class, rises.
fig, axes = plt.subplots(1, 2, figsize=(7.5, 3.4), layout="constrained")
for ax, (name, network) in zip(axes, networks.items(), strict=True):
    ConfusionMatrixDisplay.from_estimator(
        network, X_test, y_test, normalize="true", values_format=".1%", cmap="Blues",
        im_kw={"vmin": 0, "vmax": 1}, colorbar=False, ax=ax,
    )  # fmt: skip
    ax.set_title(name)

# %%
# What weights do not change
# --------------------------
# The curves of precision and recall, over all thresholds, are much the same: both networks put
# the rows in nearly the same order. The weights move the point on the curve that ``predict``
# stands for (a dot), and that is what they are for.
fig, ax = plt.subplots(figsize=(5, 4.5), layout="constrained")
for (name, network), color in zip(networks.items(), ["C0", "C1"], strict=True):
    PrecisionRecallDisplay.from_estimator(
        network, X_test, y_test, name=name, curve_kwargs={"color": color}, ax=ax
    )
    predicted = network.predict(X_test)
    ax.plot(
        recall_score(y_test, predicted), precision_score(y_test, predicted), "o", color=color
    )
ax.set(
    xlabel="Recall of class 1", ylabel="Precision of class 1", xlim=(0, 1.02), ylim=(0, 1.02)
)
ax.legend(loc="lower left")

# %%
# They have a price: probabilities are those of a world in which both classes are as frequent.
# Who needs them trains without weights, and chooses the threshold instead (scikit-learn's
# TunedThresholdClassifierCV does).
for name, network in networks.items():
    probability = network.predict_proba(X_test)[:, 1].mean()
    print(f"{name}: mean probability of class 1 {probability:.3f}")
print(f"share of class 1 in the test set: {y_test.mean():.3f}")

tuned = TunedThresholdClassifierCV(networks["no weights"], random_state=0)
tuned.fit(X_train, y_train)
balanced_accuracy = balanced_accuracy_score(y_test, tuned.predict(X_test))
print(f"threshold {tuned.best_threshold_:.3f}: balanced accuracy {balanced_accuracy:.3f}")
plt.show()
