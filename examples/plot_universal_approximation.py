"""
======================================
What width buys: approximating a curve
======================================

A single hidden layer can come as close as one likes to any continuous function on a bounded
set, if it is wide enough. Here networks of 1 to 32 hidden units learn the same curve.
"""

import matplotlib.pyplot as plt
import numpy as np

from skmlp import MLPBinaryClassifier

# %%
# A curve without noise
# ---------------------
# A classifier learns probabilities, so the curve is one: :math:`p(x)`, the chance of class 1.
# To give it to the network as it is, not by drawing labels, each x comes twice: as class 1 with
# weight :math:`p(x)`, and as class 0 with weight :math:`1 - p(x)`. Their cross-entropy is least
# where the network says :math:`p(x)`.
x = np.linspace(-1, 1, 200)
p = 0.5 + 0.35 * np.sin(8 * x) * (1 - 0.4 * x)
X, y = np.concatenate([x, x])[:, None], np.repeat([1, 0], len(x))
weights = np.concatenate([p, 1 - p])

# %%
# Eight widths, six random starts of each
# ---------------------------------------
widths, seeds = [1, 2, 3, 4, 6, 8, 16, 32], range(6)
curves = np.empty((len(widths), len(seeds), len(x)))
for i, width in enumerate(widths):
    for seed in seeds:
        network = MLPBinaryClassifier(
            (width,), "tanh", solver="lbfgs", alpha=0, max_iter=5000, tol=1e-5,
            random_state=seed,
        )  # fmt: skip
        network.fit(X, y, sample_weight=weights)
        curves[i, seed] = network.predict_proba(x[:, None])[:, 1]

errors = np.abs(curves - p).mean(axis=2)
best = errors.argmin(axis=1)
for i, width in enumerate(widths):
    units = "unit " if width == 1 else "units"
    print(f"{width:2} {units}: mean error {errors[i].min():.4f} to {errors[i].max():.4f}")

# %%
# The best of each width
# ----------------------
# A unit of tanh is one smooth step, up or down. The curve goes up three times and down twice;
# four units nearly follow it, and with eight hardly a difference can be seen.
fig, axes = plt.subplots(2, 2, figsize=(8, 5), layout="constrained", sharex=True, sharey=True)
for ax, width in zip(axes.flat, [1, 2, 4, 8], strict=True):
    i = widths.index(width)
    ax.plot(x, p, color="black", linewidth=4, alpha=0.25, label="p(x)")
    ax.plot(x, curves[i, best[i]], color="C3", label="network")
    ax.set_title(f"{width} hidden unit" + "s" * (width > 1))
axes[0, 0].legend()
fig.supxlabel("x")
fig.supylabel("Probability of class 1")

# %%
# Possible is not learned
# -----------------------
# The best of sixteen units comes over fifty times as close as the best of one. That a width can
# does not mean that training will: where it ends depends on where it begins, and from
# eight units on more on that than on the width.
assert errors[widths.index(16)].min() < errors[0].min() / 50
fig, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
ax.plot(np.repeat(widths, len(seeds)), errors.ravel(), "o", alpha=0.5, label="one start")
ax.plot(widths, errors.min(axis=1), label="best start")
ax.set(xscale="log", yscale="log", xlabel="Hidden units", ylabel="Mean absolute error")
ax.set_xticks(widths, widths)
ax.minorticks_off()
ax.legend()
plt.show()
