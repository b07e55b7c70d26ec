"""
====================
Activation functions
====================

What a hidden unit does with the sum of its inputs: all functions that the parameter
``activation`` knows, with the gradients that training multiplies by.
"""

import matplotlib.pyplot as plt
import numpy as np

from skmlp import ActivationDisplay

# %%
# Twelve functions and their gradients
# ------------------------------------
# In each picture the solid line is the function :math:`\sigma(z)` and the dashed one its
# derivative. The first row has the oldest, the second ReLU and its variants of two straight
# lines ('prelu' learns the slope of the left one), and the others have a curve on that side.
# All but two grow without bound, with a gradient near 1, where z is large.
names = [
    "identity", "logistic", "tanh",
    "relu", "leaky_relu", "prelu",
    "elu", "selu", "softplus",
    "gelu", "silu", "mish",
]  # fmt: skip
fig, axes = plt.subplots(4, 3, figsize=(8, 9), layout="constrained", sharex=True, sharey=True)
displays = {
    name: ActivationDisplay.from_name(name, z=np.linspace(-4, 4, 801), ax=ax)
    for name, ax in zip(names, axes.flat, strict=True)
}
for ax in axes.flat:
    ax.set(ylim=(-2, 3), xlabel="")
    ax.axhline(0, color="lightgray", linewidth=0.8, zorder=0)
    ax.axvline(0, color="lightgray", linewidth=0.8, zorder=0)
    if ax is not axes[0, 0]:
        ax.get_legend().remove()
fig.supxlabel("Pre-activation z")

# %%
# Why the gradient matters
# ------------------------
# On its way back to the first layer an error is multiplied by :math:`\sigma'(z)` once a layer.
# That of the logistic function is 1/4 at most, that of tanh at most 1, and both are nearly 0
# where the unit is saturated: the gradient of a deep network of them vanishes. That of ReLU is
# 1 for every active unit, and 0 for every other, which learns nothing from that row; most of
# the later ones have something left there.
print("gradient    at z = -4     largest")
for name, display in displays.items():
    slopes = display.derivatives
    print(f"{name:10}  {slopes[0]:9.3f}  {slopes.max():10.3f}")

assert displays["logistic"].derivatives.max() == 0.25
assert displays["tanh"].derivatives.max() == 1
assert displays["relu"].derivatives[0] == 0
plt.show()
