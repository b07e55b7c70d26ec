"""
======
Counts
======

How many bicycles are hired in an hour, how many claims come in, how many people fall ill:
counts are never negative, and the more there are, the more they scatter. ``loss="poisson"``
is made for them. Here it stands beside the squared error, and beside scikit-learn's
PoissonRegressor.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import PoissonRegressor
from sklearn.metrics import mean_poisson_deviance
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler

from skmlp import MLPRegressor

# %%
# Bicycles for hire
# -----------------
# Invented hours at a hire station: on workdays there are two rushes, on other days a long
# afternoon, and fewer ride in rain or in the cold. Since they are invented, the mean of each
# hour is known; the count is a draw from a Poisson distribution around it.
rng = np.random.RandomState(0)
n = 6000
table = pd.DataFrame(
    {
        "hour": rng.uniform(0, 24, n).round(2),
        "temperature": rng.normal(12, 8, n).round(1),
        "rain": np.where(rng.uniform(size=n) < 0.3, rng.exponential(1, n), 0).round(1),
        "day off": rng.uniform(size=n) < 2 / 7,
    }
)


def rush(hour, at, width):
    return np.exp(-((((hour - at + 12) % 24 - 12) / width) ** 2))


def true_mean(table):
    hour = table["hour"]
    workday = 2.2 * rush(hour, 8, 1.5) + rush(hour, 13, 4) + 2.6 * rush(hour, 17.5, 2.5)
    log_mean = np.where(table["day off"], 2.2 * rush(hour, 14, 5), workday) - 0.5
    log_mean += 1.5 * np.exp(-(((table["temperature"] - 22) / 12) ** 2)) - 0.4 * table["rain"]
    return np.exp(log_mean)


count = rng.poisson(true_mean(table))
table_train, table_test, y_train, y_test = train_test_split(table, count, random_state=0)
print(table_train.assign(count=y_train).head())
print(f"mean {count.mean():.1f}, largest {count.max()}, none in {(count == 0).mean():.0%}")

# %%
# Four models
# -----------
# Both networks are the same but for ``loss``. The one of "poisson" has the logarithm of the
# mean as its output, so that no mean is negative, and is stopped by the measure that it is
# meant to be good at. The PoissonRegressor is linear in that logarithm; it has splines of its
# columns, a periodic one of the hour, but treats workdays and days off alike.
settings = {
    "hidden_layer_sizes": (64, 64),
    "activation": "tanh",
    "learning_rate_init": 0.005,
    "early_stopping": True,
    "normalize_y": True,
    "random_state": 0,
}
splines = make_column_transformer(
    (
        SplineTransformer(knots=np.linspace(0, 24, 13)[:, None], extrapolation="periodic"),
        ["hour"],
    ),
    (SplineTransformer(), ["temperature", "rain"]),
    remainder="passthrough",
)
models = {
    "the mean for all": DummyRegressor(),
    "PoissonRegressor of splines": make_pipeline(
        splines, PoissonRegressor(alpha=1e-4, max_iter=1000)
    ),
    "network, squared error": make_pipeline(StandardScaler(), MLPRegressor(**settings)),
    "network, poisson": make_pipeline(
        StandardScaler(),
        MLPRegressor("poisson", scoring="neg_mean_poisson_deviance", **settings),
    ),
}

# %%
# The measure is the mean Poisson deviance, which weighs an error by how much the count was
# bound to scatter: to be wrong by 2 is nothing at 50, and much at 1. It is not defined for
# means that are not positive, of which the squared error knows nothing; those are raised to
# 0.01.
deviances, means = {}, {"the true means": true_mean(table_test)}
for name, model in models.items():
    means[name] = model.fit(table_train, y_train).predict(table_test)
for name, mean in means.items():
    deviances[name] = mean_poisson_deviance(y_test, np.maximum(mean, 0.01))
    print(f"{name}: deviance {deviances[name]:.2f}, {np.sum(mean <= 0)} not positive")
assert deviances["network, poisson"] < deviances["network, squared error"]

# %%
# Are the means right?
# --------------------
# On the left the test set is cut into ten groups by what a model predicts: the dots are the
# mean count of a group against the mean prediction. Both axes are logarithmic. On the right a
# cold and wet day is drawn; the pale lines are the truth. The squared error is all about the
# busy hours, where the counts scatter most, and what it makes of the quiet ones hardly
# counts: at night on a day off its line leaves the picture, to means below zero; the loss of
# Poisson gives each hour the weight that its count deserves. The PoissonRegressor is well
# calibrated, too, and yet wrong on either kind of day: it is right on the mean of both.
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
shown = ["PoissonRegressor of splines", "network, squared error", "network, poisson"]
for name, marker in zip(shown, "s^o", strict=True):
    tenth = pd.qcut(means[name], 10, labels=False)
    groups = pd.DataFrame({"predicted": means[name], "count": y_test}).groupby(tenth).mean()
    left.plot(groups["predicted"].clip(lower=0.1), groups["count"], marker + "-", label=name)
left.plot([0.25, 30], [0.25, 30], "k:", label="as it should be")
left.set(xlabel="Mean prediction of a tenth", ylabel="Mean count", xscale="log", yscale="log")
left.legend()

day = pd.DataFrame({"hour": np.linspace(0, 24, 300)}).assign(temperature=4.0, rain=0.5)
for is_off, style in ((False, "-"), (True, "--")):
    hours = day.assign(**{"day off": is_off})
    right.plot(hours["hour"], true_mean(hours), style, color="black", linewidth=4, alpha=0.25)
    for name, color in zip(shown, ["C0", "C1", "C2"], strict=True):
        right.plot(hours["hour"], models[name].predict(hours), style, color=color)
right.set(
    title="Workday (lines) and day off (dashes)", xlabel="Hour", ylabel="Mean count",
    yscale="log", ylim=(0.1, 20), xticks=range(0, 25, 6),
)  # fmt: skip

# %%
# Counted for part of the hour
# ----------------------------
# Where some rows were watched for longer than others, the rate, count by time, is the y, and
# the time its ``sample_weight``: the loss is then that of the counts themselves.
time = rng.uniform(0.05, 1, len(y_train))
counted = rng.binomial(y_train, time)
rates = models["network, poisson"]
for name, weights in (("times as weights", time), ("all rows alike", None)):
    rates.fit(table_train, counted / time, mlpregressor__sample_weight=weights)
    deviance = mean_poisson_deviance(y_test, rates.predict(table_test))
    print(f"{name}: deviance of whole hours {deviance:.2f}")
plt.show()
