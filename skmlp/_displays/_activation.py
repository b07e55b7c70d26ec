"""Activation functions and their derivatives, as networks compute them."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array, column_or_1d
from sklearn.utils._optional_dependencies import check_matplotlib_support

from skmlp._border.activations import ACTIVATIONS
from skmlp._data import TrainingData, as_matrix
from skmlp._displays._artists import get_axes, merge_kwargs
from skmlp._float_errors import quiet
from skmlp._lbfgs import Objective
from skmlp._network import Network
from skmlp._outputs.base import as_targets
from skmlp._outputs.classes import Binary
from skmlp._parameters import suggestion
from skmlp._problem import Problem
from skmlp._types import Activation

# Output weight of the units whose derivatives are read from a gradient. It is a power of two,
# so that multiplying by it rounds nothing, and so small that the logit stays 0.
_TINY_WEIGHT = 2.0**-200
# Ratio of a jump of the derivative to the changes beside it.
_JUMP = 10.0


def _activate(name: str, z: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the kernels' activation and derivative of z (n,).

    The network has a single input, which is 0, and a hidden unit for each number, which is its
    bias. So the gradient of the bias is σ'(z), times the output weight of the unit, times the
    gradient of the output's bias.
    """
    network = Network.initialize([1, len(z), 1], [name], np.random.RandomState(0), np.float64)
    for parameters, value in zip(
        (*network.coefs, *network.intercepts), (0.0, _TINY_WEIGHT, z, 0.0), strict=True
    ):
        parameters[:] = value
    row = as_matrix(np.zeros((1, 1)), np.float64)
    values = np.empty((1, len(z)))
    network.write_outputs(row, 1, values)
    data = TrainingData(row, as_targets(np.zeros(1), np.float64), np.ones(1))
    problem = Problem.weighted(data, np.arange(1), 1.0, 0.0, Binary(np.arange(2)))
    _, gradient = Objective(network, problem, None)(network.theta.copy())
    of_z, of_output = Network(gradient, network.layers).intercepts
    return values[0], of_z / (of_output * _TINY_WEIGHT)


def _broken_at_jumps(x: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return x and y with NaN where y jumps, so that a line has a gap there."""
    change = np.abs(np.diff(y))
    beside = np.maximum(change[:-2], change[2:])
    # The rounding error of a derivative, which is of order 1, is no jump.
    jumps = np.flatnonzero(change[1:-1] > np.maximum(_JUMP * beside, 1e-6)) + 2
    return np.insert(x, jumps, np.nan), np.insert(y, jumps, np.nan)


class ActivationDisplay:
    """An activation function and its derivative.

    Use :meth:`from_name` to draw an activation function of the networks.

    Parameters
    ----------
    z : array-like of shape (n_points,)
        The pre-activations, in ascending order.
    values : array-like of shape (n_points,)
        The function σ(z).
    derivatives : array-like of shape (n_points,)
        Its derivative σ'(z).
    activation : str
        Its name.

    Attributes
    ----------
    value_line_ : matplotlib Artist
        The function.
    derivative_line_ : matplotlib Artist
        Its derivative. The line has a gap (NaN in its data) at a jump, where the derivative
        changes between two neighbouring points ten times as much as beside them.
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    ActivationDisplay.from_name : Draw an activation of the networks.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp import ActivationDisplay
    >>> z = np.linspace(-3, 3)
    >>> display = ActivationDisplay(
    ...     z=z, values=np.sin(z), derivatives=np.cos(z), activation="sine"
    ... )
    >>> display.plot()
    <...>
    >>> display.ax_.get_title()
    'sine'
    """

    def __init__(
        self, *, z: ArrayLike, values: ArrayLike, derivatives: ArrayLike, activation: str
    ) -> None:
        self.z = z
        self.values = values
        self.derivatives = derivatives
        self.activation = activation

    @quiet
    def plot(
        self,
        ax: Any = None,
        *,
        value_kwargs: dict[str, Any] | None = None,
        derivative_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the function and its derivative.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None means a new figure.
        value_kwargs : dict, default=None
            Keywords for matplotlib's ``plot`` of the function.
        derivative_kwargs : dict, default=None
            Keywords for matplotlib's ``plot`` of the derivative.

        Returns
        -------
        ActivationDisplay
            The display itself.

        Raises
        ------
        ImportError
            matplotlib is not installed.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        from matplotlib.lines import Line2D

        ax = get_axes(ax)
        z, derivatives = np.asarray(self.z), np.asarray(self.derivatives)
        style = {"label": "σ(z)", "color": "C0"}
        (self.value_line_,) = ax.plot(
            z, self.values, **merge_kwargs(style, value_kwargs, Line2D)
        )
        style = {"label": "σ'(z)", "color": "C1", "linestyle": "--"}
        (self.derivative_line_,) = ax.plot(
            *_broken_at_jumps(z, derivatives), **merge_kwargs(style, derivative_kwargs, Line2D)
        )
        ax.set(xlabel="Pre-activation z", title=self.activation)
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    @quiet
    def from_name(
        cls,
        name: Activation,
        *,
        z: ArrayLike | None = None,
        ax: Any = None,
        value_kwargs: dict[str, Any] | None = None,
        derivative_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw an activation of the networks.

        The values and derivatives are those that a network in float64 computes: the output of
        a hidden unit, and the factor by which its gradient is multiplied. At a kink, such as
        that of 'relu' at 0, training uses the left-hand derivative, and so does the picture.
        'prelu' is drawn with its initial slope, 0.25.

        Parameters
        ----------
        name : str
            Name of the function, as for the parameter ``activation``.
        z : array-like of shape (n_points,), default=None
            Pre-activations: one or more finite numbers, in ascending order. None means 501
            numbers from -5 to 5.
        ax : matplotlib Axes, default=None
            Where to draw; None means a new figure.
        value_kwargs : dict, default=None
            Keywords for matplotlib's ``plot`` of the function.
        derivative_kwargs : dict, default=None
            Keywords for matplotlib's ``plot`` of the derivative.

        Returns
        -------
        ActivationDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            matplotlib is not installed.
        ValueError
            No activation has this name, or `z` is empty, not finite or not one-dimensional.

        Examples
        --------
        >>> from skmlp import ActivationDisplay
        >>> display = ActivationDisplay.from_name("relu", z=[-1.0, 0.0, 2.0])
        >>> display.values.tolist(), display.derivatives.tolist()
        ([0.0, 0.0, 2.0], [0.0, 0.0, 1.0])
        """
        check_matplotlib_support(f"{cls.__name__}.from_name")
        if name not in ACTIVATIONS:
            raise ValueError(
                f"name must be one of {sorted(ACTIVATIONS)}; got {name!r}."
                f"{suggestion(name, ACTIVATIONS)}"
            )
        if z is None:
            z = np.linspace(-5, 5, 501)
        points = check_array(z, ensure_2d=False, dtype=np.float64, input_name="z")
        points = column_or_1d(points)
        values, derivatives = _activate(name, points)
        display = cls(z=points, values=values, derivatives=derivatives, activation=name)
        return display.plot(ax, value_kwargs=value_kwargs, derivative_kwargs=derivative_kwargs)
