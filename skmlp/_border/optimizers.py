"""Optimizers: their names, codes and settings."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

ACCUMULATE, SGD, ADAM, ADAMW = range(4)
# Where the settings are.
MOMENTUM, NESTEROV = range(2)
BETA_1, BETA_2, EPSILON, SCALING_RATE, ALPHA = range(5)


class Optimizer(NamedTuple):
    """What the Python side knows of an optimizer.

    Attributes
    ----------
    code : int
    n_moments : int
        How many vectors of the size of theta go on from step to step.
    settings : dict of str to int
        The estimator's parameters that it takes, and their positions among its settings.
    """

    code: int
    n_moments: int
    settings: dict[str, int]

    @property
    def decouples(self) -> bool:
        """Whether the weights decay by themselves, and the objective has no penalty."""
        return "alpha" in self.settings

    @property
    def scales_inputs(self) -> bool:
        """Whether it learns a factor of each input, by :func:`scaled_step`."""
        return "scaling_rate" in self.settings

    def settings_of(self, params: Any) -> NDArray[np.float64]:
        """Return the settings as kernels take them, given an object with the parameters."""
        values = np.empty(len(self.settings))
        for name, position in self.settings.items():
            values[position] = getattr(params, name)
        return values


OF_ADAM = {"beta_1": BETA_1, "beta_2": BETA_2, "epsilon": EPSILON}
OPTIMIZERS = {
    "sgd": Optimizer(SGD, 1, {"momentum": MOMENTUM, "nesterovs_momentum": NESTEROV}),
    "adam": Optimizer(ADAM, 2, OF_ADAM),
    "adamw": Optimizer(ADAMW, 2, {**OF_ADAM, "scaling_rate": SCALING_RATE, "alpha": ALPHA}),
}
