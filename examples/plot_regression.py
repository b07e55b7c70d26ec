"""
==================
Predicting numbers
==================

MLPRegressor is to scikit-learn's MLPRegressor what the classifiers are to MLPClassifier: the
same parameters, the same numbers, sooner. Here it learns a table of patients, beside
scikit-learn's and beside a linear model; then what to do about the unit of y, when to stop,
and how far off the predictions are. At the end one network predicts 32 numbers at once.
"""

# sphinx_gallery_thumbnail_number = 3

import textwrap
import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import RidgeCV
from sklearn.metrics import PredictionErrorDisplay, root_mean_squared_error
from sklearn.model_selection import KFold, cross_val_predict, train_test_split
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor as TheirMLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import LossCurveDisplay, MLPRegressor

# %%
# Diabetes, a year later
# ----------------------
# 442 patients, ten measurements of each, and a number for how far the disease has progressed
# a year later. Both regressors are fitted at their defaults; a network wants inputs of order
# one, so a StandardScaler comes first.
X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
print(X_train.head(3))
print(f"y has the mean {y.mean():.0f} and the standard deviation {y.std():.0f}")

theirs = make_pipeline(StandardScaler(), TheirMLPRegressor(random_state=0))
ours = make_pipeline(StandardScaler(), MLPRegressor(random_state=0))
seconds = {theirs: [], ours: []}
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always", ConvergenceWarning)
    for _ in range(5):
        for pipeline in (theirs, ours):
            start = time.perf_counter()
            pipeline.fit(X_train, y_train)
            seconds[pipeline].append(time.perf_counter() - start)

gap = np.abs(theirs.predict(X_test) / ours.predict(X_test) - 1).max()
ratio = np.median(seconds[theirs]) / np.median(seconds[ours])
print(f"the predictions are the same but for a factor of 1 ± {gap:.0e},")
print(f"and scikit-learn's takes {ratio:.1f} times as long")
print(f"R² on the test set: {ours.score(X_test, y_test):.2f}")
assert gap < 1e-6

# %%
# The unit of y
# -------------
# An R² below 0 is worse than the mean of y would have been, and the network has warned:
print(textwrap.fill(str(caught[-1].message), 88))

# %%
# It begins with predictions near 0, and its weights move by about
# ``learning_rate_init=0.001`` a step, so that the way to 152 is long. ``normalize_y=True``
# takes it there at once: y is standardised for training, and predictions are in its own unit.
# The unit is then without effect, and ten times, or a thousandth of, y gives the same R².
normalized = make_pipeline(StandardScaler(), MLPRegressor(normalize_y=True, random_state=0))
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)  # of which the next section is
    for factor in (1, 10, 0.001):
        r2 = normalized.fit(X_train, factor * y_train).score(X_test, factor * y_test)
        print(f"R² for {factor:5} y: {r2:.3f}")

# %%
# When to stop
# ------------
# That network has 1,201 parameters for 331 patients, and goes on to learn them by heart. With
# ``early_stopping=True`` some of them are held out to tell when it is time; ``n_members``
# trains several networks side by side, each with rows of its own held out, and predicts the
# mean of their predictions. The picture is of one that is not stopped: the loss on the rows
# held out turns at the dashed line, which is where its parameters come from.
network = MLPRegressor(
    early_stopping=True,
    validation_fraction=0.2,
    normalize_y=True,
    random_state=0,
)
one = make_pipeline(StandardScaler(), clone(network).set_params(n_iter_no_change=None))
ten = make_pipeline(StandardScaler(), clone(network).set_params(n_members=10))
fig, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
LossCurveDisplay.from_estimator(one.fit(X_train, y_train)[-1], ax=ax)
ax.set(title="Half the squared error, y normalised", ylim=(0, None))

# %%
# Predicted and actual
# --------------------
# So few rows want cross-validation, which predicts each patient by a network that has not
# seen it. scikit-learn's PredictionErrorDisplay then shows what was predicted against what
# came. A ridge regression stands beside: on ten columns and a few hundred rows little is to
# be learned but a linear trend, and networks that are stopped in time are no worse, and not
# much better. (A table with categories and holes is for TabularPreprocessor and
# ``MLPRegressor.tabular()``.)
models = {
    "ridge regression": make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 3, 11))),
    "network, to the end": normalized,
    "ten networks, stopped": ten,
}
fig, axes = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
for ax, (name, model) in zip(axes, models.items(), strict=True):
    errors = []
    for seed in range(4):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            folds = KFold(5, shuffle=True, random_state=seed)
            predicted = cross_val_predict(model, X, y, cv=folds)
        errors.append(root_mean_squared_error(y, predicted))
    print(f"{name}: RMSE {np.mean(errors):.1f}, of four ways to cut five folds")
    PredictionErrorDisplay.from_predictions(
        y, predicted, kind="actual_vs_predicted", scatter_kwargs={"alpha": 0.4, "s": 14}, ax=ax
    )
    ax.set(title=f"{name}: RMSE {np.mean(errors):.1f}", xlim=(-20, 370), ylim=(-20, 370))
    ax.set(xticks=[0, 100, 200, 300], yticks=[0, 100, 200, 300])
    ax.set_aspect("equal", adjustable="box")

# %%
# Many numbers at once
# --------------------
# A y of several columns has an output for each, and they share the hidden layers. Here X is
# the upper half of a digit, and y the 32 pixels of the lower half. They are of one unit and
# of order one, so that y needs no scaling. This is no linear matter: how a stroke goes on
# depends on the digit that it belongs to.
images = load_digits().data / 16
top_train, top_test, bottom_train, bottom_test = train_test_split(
    images[:, :32], images[:, 32:], random_state=0
)
models = {
    "ridge": RidgeCV(np.logspace(-3, 3, 7)),
    "5 neighbours": KNeighborsRegressor(5),
    "3 networks": MLPRegressor(
        hidden_layer_sizes=(256, 128),
        dropout=0.3,
        batch_size=64,
        learning_rate="cosine",
        learning_rate_init=0.003,
        max_iter=100,
        n_iter_no_change=None,
        n_members=3,
        random_state=0,
    ),
}
completed = {}
for name, model in models.items():
    completed[name] = model.fit(top_train, bottom_train).predict(top_test)
    error = root_mean_squared_error(bottom_test.ravel(), completed[name].ravel())
    print(f"{name}: RMSE of a pixel {error:.3f}")

# %%
# Where the upper half fits several digits, the network predicts the mean of what may follow:
# a blur.
rows = np.random.RandomState(1).choice(len(top_test), 10, replace=False)
fig, axes = plt.subplots(4, 10, figsize=(9, 4), layout="constrained")
for row_of_axes, (name, bottoms) in zip(
    axes, {"truth": bottom_test, **completed}.items(), strict=True
):
    row_of_axes[0].set_ylabel(name)
    for ax, row in zip(row_of_axes, rows, strict=True):
        image = np.concatenate([top_test[row], bottoms[row]]).reshape(8, 8)
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=1)
        ax.axhline(3.5, color="C3", linewidth=1)
        ax.set(xticks=[], yticks=[])
plt.show()
