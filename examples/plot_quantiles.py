"""
===================================
Quantiles, and bands that are right
===================================

A mean says nothing of how far off it may be. With ``loss="quantile"`` one network predicts
several quantiles, and so a band in which y lies nine times out of ten. Here such bands are
drawn, their coverage is measured on rows of their own, and mended where it is wrong, with
conformal prediction. The spread of the members of an ensemble is another thing, and comes
last. This page needs MAPIE: ``pip install mapie``.
"""

import matplotlib.pyplot as plt
import numpy as np
from mapie.regression import ConformalizedQuantileRegressor, SplitConformalRegressor
from scipy.stats import gamma
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import MLPRegressor

# %%
# One network, five quantiles
# ---------------------------
# Invented numbers: y goes up and down with x, scatters the more the larger x is, and more
# often far above its median than far below. There are no rows with an x between 6 and 7.4.


def true_quantile(x, level):
    return np.sin(x) * x / 3 + (0.1 + 0.08 * x) * (gamma.ppf(level, 2) - 2)


def draw(n_rows, rng, n_more=0):
    """Return X, in which n_more columns have nothing to do with y, and y."""
    x = rng.uniform(0, 8.6, n_rows)
    x[x > 6] += 1.4
    X = np.column_stack([x, rng.normal(size=(n_rows, n_more))])
    return X, true_quantile(x, rng.uniform(size=n_rows))


rng = np.random.RandomState(0)
X_train, y_train = draw(600, rng)
X_test, y_test = draw(20_000, rng)

levels = [0.05, 0.25, 0.5, 0.75, 0.95]
settings = {
    "hidden_layer_sizes": (64, 64),
    "batch_size": 32,
    "learning_rate_init": 0.01,
    "normalize_y": True,
    "random_state": 0,
}
to_the_end = {"learning_rate": "cosine", "max_iter": 150, "n_iter_no_change": None}
quantiles = make_pipeline(
    StandardScaler(), MLPRegressor("quantile", quantile=levels, **settings, **to_the_end)
).fit(X_train, y_train)
predicted = quantiles.predict(X_test)
for level, below in zip(levels, (y_test[:, None] <= predicted).mean(axis=0), strict=True):
    print(f"below the quantile {level}: {below:.3f} of the test set")
assert (np.diff(predicted, axis=1) >= 0).all()  # they do not cross

# %%
# Each quantile is an output of the network, and they share its hidden layers. The darker band
# is to hold half of the rows, both bands together nine out of ten. Dashed lines are the
# truth.
grid = np.linspace(0, 10, 400)[:, None]
fig, ax = plt.subplots(figsize=(8, 4.2), layout="constrained")
low, lower, median, upper, high = quantiles.predict(grid).T
ax.fill_between(grid[:, 0], low, high, color="C0", alpha=0.2, label="0.05 to 0.95")
ax.fill_between(grid[:, 0], lower, upper, color="C0", alpha=0.3, label="0.25 to 0.75")
ax.plot(grid, median, label="median")
for level in levels:
    ax.plot(grid, true_quantile(grid, level), "k--", linewidth=0.8)
ax.plot(X_train, y_train, ".", color="gray", markersize=4, zorder=0)
ax.set(xlabel="x", ylabel="y")
ax.legend(loc="lower left")


# %%
# A band that is too narrow
# -------------------------
# A network that has learned its rows by heart takes too little to be left to chance. To see
# it, four columns of noise are added, and the same network is trained to the end on 400 rows;
# and with early stopping. Conformal prediction then mends the band by rows that the network
# has not seen: it is widened on both sides by as much as it takes to hold nine tenths of
# those, or narrowed (Romano, Patterson and Candès, "Conformalized quantile regression",
# 2019). The coverage of new rows is then at least 0.9, in the mean over such sets of rows,
# whatever the network and the distribution, if only all rows are drawn alike.
#
# MAPIE has it, for three regressors of one quantile each. This makes them of our network:


class OneQuantile(RegressorMixin, BaseEstimator):
    """One of the quantiles of a fitted network."""

    is_fitted = True  # which MAPIE asks for

    def __init__(self, network, column):
        self.network = network
        self.column = column

    def fit(self, X, y):
        """Have nothing to learn."""
        return self

    def predict(self, X):
        """Predict the quantile."""
        return self.network.predict(X)[:, self.column]


def conformalized(network, X, y):
    lowest_highest_median = [OneQuantile(network, column) for column in (0, 4, 2)]
    band = ConformalizedQuantileRegressor(
        lowest_highest_median, confidence_level=0.9, prefit=True
    )
    return band.conformalize(X, y)


# %%
# All of it is drawn anew ten times: 400 rows to train on, 300 to mend the band, 20,000 to
# test it. Mended, the bands of both networks keep their promise. But they are widened alike
# everywhere, and a poor network does not become a good one: that which has learned its rows
# by heart does not know where y scatters, and its mended band is too narrow on the right.


def coverage(low, high, y):
    return ((low <= y) & (y <= high)).mean()


def describe(low, high, X, y):
    """Return the coverage, that on the right, and the mean width."""
    right = X[:, 0] > 7.4
    return (
        coverage(low, high, y),
        coverage(low[right], high[right], y[right]),
        np.mean(high - low),
    )


networks = {"to the end": to_the_end, "early stopping": {"early_stopping": True}}
titles = ["Coverage", "Coverage where x > 7.4", "Mean width"]
fig, axes = plt.subplots(1, 3, figsize=(10, 3), layout="constrained", sharey=True)
rows = []
for name, stopping in networks.items():
    network = make_pipeline(
        StandardScaler(), MLPRegressor("quantile", quantile=levels, **settings, **stopping)
    )
    as_predicted, mended = [], []
    for seed in range(10):
        rng = np.random.RandomState(seed)
        train, more, test = (draw(n_rows, rng, n_more=4) for n_rows in (400, 300, 20_000))
        predicted = network.fit(*train).predict(test[0])
        as_predicted.append(describe(predicted[:, 0], predicted[:, -1], *test))
        band = conformalized(network, *more)
        _, band = band.predict_interval(test[0], symmetric_correction=True)
        mended.append(describe(band[:, 0, 0], band[:, 1, 0], *test))
    for step, results in (("as predicted", as_predicted), ("mended", mended)):
        rows.append(f"{name}, {step}")
        means = np.mean(results, axis=0)
        print(f"{rows[-1]}: coverage {means[0]:.3f}, {means[1]:.3f} where x > 7.4")
        for ax, values in zip(axes, np.transpose(results), strict=True):
            ax.plot(values, np.full(10, len(rows)), "o", color=f"C{len(rows) - 1}", alpha=0.5)
    assert abs(means[0] - 0.9) < 0.02
for ax, title in zip(axes, titles, strict=True):
    ax.set(title=title, xlim=(0, None if title == "Mean width" else 1.02))
    if title != "Mean width":
        ax.axvline(0.9, color="black", linewidth=0.8, linestyle=":")
axes[0].set(yticks=range(1, 5), yticklabels=rows, ylim=(4.5, 0.5))

# %%
# Right for whom?
# ---------------
# Conformal prediction also makes a band of a mean: of one width everywhere. Its coverage is
# right, but in the mean over all rows: where y scatters little it holds all of them, and too
# few where it scatters much. Quantiles know where to be wide. (Two thousand rows more are
# drawn for both.)
rng = np.random.RandomState(1)
X_more, y_more = draw(2000, rng)
means = make_pipeline(StandardScaler(), MLPRegressor(**settings, **to_the_end))
means.fit(X_train, y_train)
around_mean = SplitConformalRegressor(means, confidence_level=0.9, prefit=True)
bands = {
    "around the mean": around_mean.conformalize(X_more, y_more).predict_interval(X_test),
    "of quantiles": conformalized(quantiles, X_more, y_more).predict_interval(X_test),
}
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
place = np.digitize(X_test[:, 0], np.arange(1, 10))
for name, (_, band) in bands.items():
    is_covered = (band[:, 0, 0] <= y_test) & (y_test <= band[:, 1, 0])
    print(f"{name}: coverage {is_covered.mean():.3f}")
    by_place = [is_covered[place == i].mean() for i in range(10) if i != 6]
    ax.plot([i + 0.5 for i in range(10) if i != 6], by_place, "o-", label=name)
ax.axhline(0.9, color="black", linewidth=0.8, linestyle=":")
ax.set(title="Coverage by x", xlabel="x", ylim=(0.5, 1.02))
ax.legend(loc="lower left")

# %%
# The spread of members
# ---------------------
# Several networks that were trained apart differ most where no rows tell them what to do.
# ``predict(X, return_std=True)`` returns their standard deviation beside their mean. It rises
# in the gap and beyond the last rows, where a prediction is a guess: that is what it means.
# It is not how far y scatters (dashed), of which it knows nothing, and two such deviations
# around the mean are no prediction interval. Nor does it find what all members have wrong
# alike: they are trained on the same rows.
members = make_pipeline(
    StandardScaler(), MLPRegressor(n_members=10, **settings, **to_the_end)
).fit(X_train, y_train)
mean, deviation = members.predict(X_test, return_std=True)
is_covered = np.abs(y_test - mean) <= 2 * deviation
print(f"within two deviations of the members are {is_covered.mean():.0%} of the test set")

grid = np.linspace(-1, 12, 400)
mean, deviation = members.predict(grid[:, None], return_std=True)
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
left.plot(X_train, y_train, ".", color="gray", markersize=3)
left.plot(grid, mean, color="C3", label="mean")
left.fill_between(
    grid, mean - 2 * deviation, mean + 2 * deviation, color="C3", alpha=0.3,
    label="two deviations",
)  # fmt: skip
left.set(title="Ten members", xlabel="x", ylabel="y")
left.legend(loc="lower left")
right.plot(grid, deviation, color="C3", label="of the members")
inside = grid[(grid >= 0) & (grid <= 10)]
scatter = (0.1 + 0.08 * inside) * gamma.std(2)
right.plot(inside, scatter, "k--", linewidth=0.8, label="of y around its mean")
right.axvspan(6, 7.4, color="gray", alpha=0.15, label="no rows")
right.set(title="Standard deviation", xlabel="x", ylim=(0, None))
right.legend(loc="upper left")
plt.show()
