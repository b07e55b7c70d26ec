"""Activations: their names, codes and constants."""

from typing import NamedTuple

IDENTITY, LOGISTIC, TANH, RELU = range(4)
LEAKY_RELU, PRELU, ELU, SELU, GELU, SILU, MISH, SOFTPLUS = range(4, 12)

# Slope of leaky_relu below 0, and where those of prelu begin (He et al. 2015, section 2.1).
LEAK = 0.01
INITIAL_SLOPE = 0.25
# λ and α that leave mean 0 and variance 1 as they are: Klambauer et al. (2017), equation 14.
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


class Activation(NamedTuple):
    """What the Python side knows of an activation.

    Attributes
    ----------
    code : int
    init_factor : float or None
        The constant c of the uniform initialisation on ±sqrt(c / (fan_in + fan_out)): 6
        after Glorot and Bengio (2010), and scikit-learn's 2 for the logistic function. None
        stands for weights from a normal distribution of variance 1 / fan_in (LeCun et al.
        1998, equation 16) and biases of 0.
    """

    code: int
    init_factor: float | None

    @property
    def saves(self) -> bool:
        """Whether it needs room for a number for each unit and row."""
        return self.code > RELU

    @property
    def learns_slopes(self) -> bool:
        """Whether it has a parameter a unit."""
        return self.code == PRELU


ACTIVATIONS = {
    "identity": Activation(IDENTITY, 6.0),
    "logistic": Activation(LOGISTIC, 2.0),
    "sigmoid": Activation(LOGISTIC, 2.0),
    "tanh": Activation(TANH, 6.0),
    "relu": Activation(RELU, 6.0),
    "leaky_relu": Activation(LEAKY_RELU, 6.0),
    "prelu": Activation(PRELU, 6.0),
    "elu": Activation(ELU, 6.0),
    "selu": Activation(SELU, None),
    "gelu": Activation(GELU, 6.0),
    "silu": Activation(SILU, 6.0),
    "mish": Activation(MISH, 6.0),
    "softplus": Activation(SOFTPLUS, 6.0),
}
