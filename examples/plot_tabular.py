"""
===============================================
A table with numbers, categories and some holes
===============================================

TabularPreprocessor takes a DataFrame as it is, and ``tabular()`` is the classifier with
settings that do well on tables. Together they are a pipeline with nothing to tune.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.calibration import CalibrationDisplay
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skmlp import MLPBinaryClassifier, TabularPreprocessor

# %%
# Will the parcel be late?
# ------------------------
# Invented parcels: numbers in different units, one with a long tail, one missing for some; a
# date; a category; a truth value. Since they are invented, the chance of each is known.
rng = np.random.RandomState(0)
n = 4000
days = pd.to_timedelta(rng.randint(0, 365, n), unit="D")
table = pd.DataFrame(
    {
        "distance": rng.lognormal(5, 1, n).round(),
        "hour": rng.uniform(6, 22, n).round(2),
        "weight": np.where(rng.uniform(size=n) < 0.15, np.nan, rng.gamma(2, 2, n).round(1)),
        "day": pd.Timestamp("2025-01-01") + days,
        "carrier": rng.choice(["Iris", "Mercury", "Pegasus"], n, p=[0.5, 0.3, 0.2]),
        "express": rng.uniform(size=n) < 0.2,
    }
)


def true_chance(table):
    hour, is_christmas = table["hour"], table["day"].dt.month == 12
    rush = np.exp(-((hour - 8) ** 2) / 2) + np.exp(-((hour - 17.5) ** 2) / 3)
    log_odds = 4 * rush + 1.5 * np.log(table["distance"] / 150) + 3 * is_christmas - 2
    log_odds -= 2 * (table["carrier"] == "Pegasus") + 2 * table["express"]
    return 1 / (1 + np.exp(-log_odds))


is_late = rng.uniform(size=n) < true_chance(table)
print(table.head())

# %%
# From a table to probabilities
# -----------------------------
# The preprocessor makes columns of float32: numbers scaled and cut into intervals, so that the
# network can bend where it has to; what is missing as a column of its own; categories one-hot.
table_train, table_test, y_train, y_test = train_test_split(table, is_late, random_state=0)
pipeline = make_pipeline(TabularPreprocessor(), MLPBinaryClassifier.tabular(random_state=0))
pipeline.fit(table_train, y_train)
print(f"{table.shape[1]} columns became {len(pipeline[0].get_feature_names_out())}")

predicted = pipeline.predict_proba(table_test)[:, 1]
of_share = log_loss(y_test, np.full(len(y_test), y_train.mean()))
print(f"test log loss of the network:      {log_loss(y_test, predicted):.3f}")
print(f"test log loss of the true chances: {log_loss(y_test, true_chance(table_test)):.3f}")
print(f"the same chance for all parcels:   {of_share:.3f}")

# %%
# One parcel at any hour, and all of the test set
# -----------------------------------------------
# On the left the same parcel is handed in at each hour, at three carriers; the pale lines are
# the truth, the same for Iris and Mercury. On the right are the parcels of the test set in ten
# groups: of those with a predicted 70 %, do about 70 % come late?
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
parcel = pd.DataFrame({"hour": np.linspace(6, 22, 200)}).assign(
    distance=150.0, weight=np.nan, day=pd.Timestamp("2025-06-02"), express=False
)
for carrier, color in zip(["Iris", "Mercury", "Pegasus"], ["C0", "C1", "C2"], strict=True):
    parcels = parcel.assign(carrier=carrier)[table.columns]
    left.plot(parcel["hour"], true_chance(parcels), color=color, linewidth=5, alpha=0.25)
    chance = pipeline.predict_proba(parcels)[:, 1]
    left.plot(parcel["hour"], chance, color=color, label=carrier)
left.set(
    title="150 km in June, weight unknown", xlabel="Hour", ylabel="Probability of being late"
)
left.legend()
CalibrationDisplay.from_predictions(
    y_test, predicted, n_bins=10, strategy="quantile", name="network", ax=right
)
right.set(title="Test set", xlabel="Predicted probability", ylabel="Share that was late")
plt.show()
