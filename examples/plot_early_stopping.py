"""
=================================
Early stopping, and how to see it
=================================

A network of many units goes on to learn its training set by heart, noise and all, after it has
learned what there is to learn. Early stopping holds rows out, watches the score on them, and
takes the parameters of the best epoch.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from skmlp import LossCurveDisplay, MLPBinaryClassifier

# %%
# One label in ten is wrong
# -------------------------
X, y = make_classification(
    2000, n_features=20, n_informative=6, n_redundant=0, flip_y=0.2, random_state=0
)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

# %%
# The same network is trained for 40 epochs, and with early stopping. Accuracy is coarse on 300
# rows; the log loss is a finer thing to watch, and costs less. ``n_iter_no_change=None``
# lets the second run on after its best epoch, so that there is something to see; its parameters
# are those of the best epoch all the same.
settings = {
    "hidden_layer_sizes": (128,),
    "learning_rate_init": 0.005,
    "batch_size": 32,
    "max_iter": 40,
    "n_iter_no_change": None,
    "random_state": 0,
}
to_the_end = MLPBinaryClassifier(**settings).fit(X_train, y_train)
stopped = MLPBinaryClassifier(
    **settings, early_stopping=True, validation_fraction=0.2, scoring="neg_log_loss"
).fit(X_train, y_train)

losses = {}
for name, network in {"last epoch": to_the_end, "best epoch": stopped}.items():
    losses[name] = log_loss(y_test, network.predict_proba(X_test))
    accuracy = network.score(X_test, y_test)
    print(f"{name}: test log loss {losses[name]:.2f}, accuracy {accuracy:.3f}")
assert losses["best epoch"] < losses["last epoch"]

# %%
# The training loss tells nothing
# -------------------------------
# It falls and falls. The loss on the held-out rows turns soon, and the dashed line is where the
# parameters come from.
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
LossCurveDisplay.from_estimator(stopped, ax=ax)
ax.set(title="Loss of an epoch", ylim=(0, None))

# %%
# In daily use ``n_iter_no_change`` keeps its default of ten epochs without improvement, and
# time is saved as well. ``fit(X, y, X_val=..., y_val=...)`` watches rows of your own.
stopped.set_params(n_iter_no_change=10).fit(X_train, y_train)
print(f"ended after epoch {stopped.n_iter_}, the best was epoch {stopped.best_iter_}")
plt.show()
