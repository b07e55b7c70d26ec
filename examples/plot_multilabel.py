"""
====================
Several labels a row
====================

A text has several topics, a photograph shows several things: what is asked is not which of
the labels a row has, but of each label whether. MLPMultilabelClassifier has a probability for
each. Here it reads digits that lie on top of each other, beside scikit-learn's MLPClassifier
and beside a logistic regression for each label; then each label gets a threshold of its own.
"""

import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import PrecisionRecallDisplay, f1_score, get_scorer, precision_recall_curve
from sklearn.model_selection import train_test_split
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier

from skmlp import MLPMultilabelClassifier

# %%
# Two digits in one picture
# -------------------------
# Each picture is of two of scikit-learn's digits, which may be alike, and some noise. The
# labels are the digits that it shows, a row of y has a 1 for each of them. Small digits are
# drawn more often, as in account books: 0 ten times as often as 9. Training, validation and
# test pictures are made of different handwritten digits.
images, digits = load_digits(return_X_y=True)
splits = train_test_split(images / 16, digits, stratify=digits, test_size=0.5, random_state=0)
images_train, images_rest, digits_train, digits_rest = splits
splits = train_test_split(
    images_rest, digits_rest, stratify=digits_rest, random_state=0, test_size=0.6
)
images_val, images_test, digits_val, digits_test = splits


def lay_on_top(images, digits, n_rows, rng):
    weights = 1 / (1 + digits)
    pairs = rng.choice(len(images), (n_rows, 2), p=weights / weights.sum())
    X = images[pairs].max(axis=1) + rng.normal(0, 0.2, (n_rows, 64))
    y = np.zeros((n_rows, 10), dtype=int)
    y[np.arange(n_rows)[:, None], digits[pairs]] = 1
    return X, y


rng = np.random.RandomState(0)
X_train, y_train = lay_on_top(images_train, digits_train, 3000, rng)
X_val, y_val = lay_on_top(images_val, digits_val, 2000, rng)
X_test, y_test = lay_on_top(images_test, digits_test, 3000, rng)
print("share of the pictures that show a digit:", y_train.mean(axis=0).round(2))

# %%
# The same numbers as MLPClassifier, sooner
# -----------------------------------------
settings = {"batch_size": 64, "max_iter": 20, "random_state": 0}
seconds, probabilities = {}, {}
for network in (MLPClassifier(**settings), MLPMultilabelClassifier(**settings)):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 20 epochs are for the comparison
        network.fit(X_train[:100], y_train[:100])  # loads, or compiles, the code
        start = time.perf_counter()
        network.fit(X_train, y_train)
    seconds[type(network)] = time.perf_counter() - start
    probabilities[type(network)] = network.predict_proba(X_test)
ratio = seconds[MLPClassifier] / seconds[MLPMultilabelClassifier]
gap = np.abs(probabilities[MLPClassifier] - probabilities[MLPMultilabelClassifier]).max()
print(f"MLPClassifier takes {ratio:.1f} times as long for 20 epochs;")
print(f"the largest difference between two probabilities is {gap:.0e}")
assert gap < 1e-6

# %%
# A probability for each label
# ----------------------------
# Early stopping takes any of scikit-learn's scores of several labels. The average precision
# asks whether the pictures that show a digit are given higher probabilities of it than
# others, and is the mean over the digits; ``f1_macro`` is of labels, which ``predict`` gives
# where a probability is 0.5 or more. OneVsRestClassifier fits a logistic regression for each
# digit.
network = MLPMultilabelClassifier(
    hidden_layer_sizes=128,
    dropout=0.2,
    batch_size=64,
    learning_rate_init=0.003,
    early_stopping=True,
    scoring="average_precision",
    random_state=0,
).fit(X_train, y_train, X_val=X_val, y_val=y_val)
linear = OneVsRestClassifier(LogisticRegression(max_iter=1000)).fit(X_train, y_train)
scores = {}
for name, model in {"logistic regressions": linear, "network": network}.items():
    for scoring in ("average_precision", "f1_macro"):
        scores[name, scoring] = get_scorer(scoring)(model, X_test, y_test)
        print(f"{scoring} of the {name}: {scores[name, scoring]:.3f}")
assert scores["network", "f1_macro"] > scores["logistic regressions", "f1_macro"]

# %%
# The probabilities of a row need not add up to 1. Those of digits that are there are darker.
fig, axes = plt.subplots(2, 8, figsize=(11, 3), layout="constrained", height_ratios=[1, 1.2])
chance = network.predict_proba(X_test[:8])
for (above, below), X_row, y_row, p in zip(axes.T, X_test, y_test, chance, strict=False):
    above.imshow(X_row.reshape(8, 8), cmap="gray_r")
    above.set_axis_off()
    above.set_title(" and ".join(map(str, np.flatnonzero(y_row))))
    below.bar(range(10), p, color=np.where(y_row == 1, "C0", "lightsteelblue"))
    below.set(ylim=(0, 1), xticks=range(0, 10, 3), yticks=[])
axes[1, 0].set(ylabel="Probability", yticks=[0, 0.5, 1])

# %%
# A threshold for each label
# --------------------------
# F1, the harmonic mean of precision and recall, is seldom best at a threshold of 0.5, least
# of all for rare labels. Validation pictures tell where it is best for each digit.


def best_threshold(y, probability):
    precision, recall, thresholds = precision_recall_curve(y, probability)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return thresholds[f1[:-1].argmax()]


chance_val, chance = network.predict_proba(X_val), network.predict_proba(X_test)
thresholds = np.array(list(map(best_threshold, y_val.T, chance_val.T)))
print("thresholds:", thresholds.round(2))
at_half = f1_score(y_test, chance >= 0.5, average=None)
tuned = f1_score(y_test, chance >= thresholds, average=None)
print(f"f1_macro on the test set: {at_half.mean():.3f} at 0.5, {tuned.mean():.3f} at these")
assert tuned.mean() > at_half.mean()

# %%
# On the left each threshold is a point on the curve of its digit, which stays the same.
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
for digit, color in ((0, "C0"), (8, "C1")):
    y_digit, p = y_test[:, digit], chance[:, digit]
    PrecisionRecallDisplay.from_predictions(
        y_digit, p, name=f"digit {digit}", curve_kwargs={"color": color}, ax=left
    )
    for threshold, marker in ((0.5, "o"), (thresholds[digit], "*")):
        hits = (p >= threshold) & (y_digit == 1)
        left.plot(
            hits.sum() / y_digit.sum(), hits.sum() / (p >= threshold).sum(), marker,
            color=color, markersize=11, markeredgecolor="black", zorder=3,
        )  # fmt: skip
left.set(title="Dots: 0.5, stars: tuned", xlabel="Recall", ylabel="Precision")
right.bar(np.arange(10) - 0.2, at_half, 0.4, label="0.5")
right.bar(np.arange(10) + 0.2, tuned, 0.4, label="tuned")
right.set(title="F1 on the test set", xlabel="Digit", xticks=range(10), ylim=(0, 1))
right.legend(title="Threshold")
plt.show()
