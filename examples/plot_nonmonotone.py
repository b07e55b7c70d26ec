"""
======================================
A risk that rises on both sides of 37°
======================================

Body temperature says much about a patient's risk, but neither "the higher, the worse" nor "the
lower, the worse": the risk is least near 37 °C. A logistic regression is monotone in its
feature and has to choose one of the two. A few hidden units need not.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skmlp import MLPBinaryClassifier

# %%
# Invented patients, some too cold and some feverish. The cold is the worse of the two.


def true_risk(temperature):
    width = np.where(temperature < 37, 1.0, 2.5)
    return 0.95 - 0.9 * np.exp(-(((temperature - 37) / width) ** 2))


rng = np.random.RandomState(0)
temperature = rng.normal(37.2, 1.6, size=(4000, 1))
is_ill = rng.uniform(size=4000) < true_risk(temperature[:, 0])
X_train, X_test, y_train, y_test = train_test_split(temperature, is_ill, random_state=0)

# %%
# Who knows about 37 °C can make a feature of it, the distance to 37, and the logistic
# regression is half saved: the two sides have to be alike. Four hidden units find out about 37
# by themselves, and about the sides.
models = {
    "logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
    "logistic regression of |t − 37|": make_pipeline(
        FunctionTransformer(lambda t: np.abs(t - 37)), LogisticRegression()
    ),
    "network, 4 hidden units": make_pipeline(
        StandardScaler(),
        MLPBinaryClassifier(
            (4,), "tanh", solver="lbfgs", alpha=0.1, max_iter=500, random_state=0
        ),
    ),
}
losses = {}
for name, model in models.items():
    losses[name] = log_loss(y_test, model.fit(X_train, y_train).predict_proba(X_test))
    print(f"log loss of the {name}: {losses[name]:.3f}")
of_risk = log_loss(y_test, true_risk(X_test[:, 0]))
print(f"log loss of the true risk: {of_risk:.3f}")
assert losses["network, 4 hidden units"] < losses["logistic regression"] - 0.2

# %%
# Each curve is what a model takes the risk to be. The ticks are patients, the ill ones above.
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
grid = np.linspace(31.5, 43, 300)[:, None]
ax.plot(grid, true_risk(grid), color="black", linewidth=4, alpha=0.25, label="true risk")
for (name, model), style in zip(models.items(), ["--", "-.", "-"], strict=True):
    ax.plot(grid, model.predict_proba(grid)[:, 1], style, label=name)
ax.plot(X_train, y_train, "|", color="gray", markersize=5, alpha=0.3)
ax.set(xlabel="Body temperature (°C)", ylabel="Probability of illness", ylim=(-0.03, 1.03))
ax.legend(loc="lower left", bbox_to_anchor=(0, 0.07), fontsize="small")
plt.show()
