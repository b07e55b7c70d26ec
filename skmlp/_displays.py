"""Pictures of networks, in the manner of scikit-learn's displays; matplotlib comes when needed.

Computing and drawing are apart: ``from_estimator`` computes, the constructor stores, and `plot`
draws what is stored, as often as it is called.
"""

import copy
from inspect import signature
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline
from sklearn.utils import check_array, column_or_1d
from sklearn.utils._optional_dependencies import check_matplotlib_support
from sklearn.utils._set_output import _get_adapter_from_container
from sklearn.utils.validation import check_is_fitted

from skmlp._base import BaseMLPClassifier
from skmlp._kernels.activations import ACTIVATIONS
from skmlp._kernels.losses import LOSSES
from skmlp._network import Network
from skmlp._training import Problem, _Objective
from skmlp._validation import TrainingData, as_matrix, encode_labels

Floats = NDArray[Any]

# The colours of scikit-learn's displays, for more than full colour vision: M. A. Petroff,
# "Accessible color sequences for data visualization", arXiv:2107.02270.
_COLORS = [
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
    "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
]  # fmt: skip
# So many unit boundaries are told apart; more are drawn paler.
_FEW_UNITS = 16
# By which the points are given other colours than those of their classes.
_COLOR_NAMES = {"c", "color", "facecolor", "facecolors"}
# A longer legend would hide the data, and stands beside them.
_SHORT_LEGEND = 5
# Points along each side of the plane in which the output layer's boundary is drawn.
_PLANE_RESOLUTION = 200
# Weight of the units whose derivatives are read off a gradient: a power of two, which rounds
# nothing, and so small that the logit stays 0.
_TINY_WEIGHT = 2.0**-200
# A change of the derivative so many times that of its neighbours is a jump.
_JUMP = 10.0


def _network_of(estimator: Any) -> BaseMLPClassifier:
    """Return the fitted network that `estimator` is, or ends in."""
    network = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    if not isinstance(network, BaseMLPClassifier):
        raise TypeError(
            "estimator must be a classifier of skmlp, or a Pipeline whose last step is one; "
            f"got {estimator!r}."
        )
    check_is_fitted(network)
    return network


def _class_colors(n_classes: int) -> list[Any]:
    import matplotlib

    if n_classes <= len(_COLORS):
        return _COLORS[:n_classes]
    return list(matplotlib.colormaps["turbo"](np.linspace(0.05, 0.95, n_classes)))


def _merged(defaults: dict[str, Any], given: dict[str, Any] | None, artist: Any) -> Any:
    """Return `defaults` with what was given instead, by whichever of the artist's names."""
    from matplotlib.cbook import normalize_kwargs

    return defaults | normalize_kwargs(given or {}, artist)


def _axes(ax: Any) -> Any:
    import matplotlib.pyplot as plt

    return plt.subplots(layout="constrained")[1] if ax is None else ax


def _draw_lines(
    ax: Any, lines: list[Floats], defaults: dict[str, Any], kwargs: dict[str, Any] | None
) -> Any:
    """Add lines (k, 2) to the axes as one artist."""
    from matplotlib.collections import LineCollection

    # What is given comes last, so that color and colors take the place of edgecolor.
    style = _merged(defaults, kwargs, LineCollection)
    return ax.add_collection(LineCollection(lines, **style), autolim=False)


def _zero_lines(xx0: Floats, xx1: Floats, values: Floats) -> list[Floats]:
    """Return the lines (k, 2) along which `values` on the grid are 0."""
    from contourpy import contour_generator

    lines: Any = contour_generator(xx0, xx1, values, line_type="Separate").lines(0.0)
    return list(lines)


def _draw_points(
    ax: Any, points: Floats, codes: NDArray[np.intp] | None, n_classes: int, kwargs: Any
) -> Any:
    """Draw points (n, 2) in the colours of their classes, or black where there are none."""
    from matplotlib.collections import PathCollection
    from matplotlib.colors import ListedColormap

    given = _merged({}, kwargs, PathCollection)
    style: dict[str, Any] = {"s": 20, "edgecolor": "white", "linewidth": 0.5}
    if not _COLOR_NAMES & given.keys():
        if codes is None:
            style["c"] = "black"
        else:
            cmap = ListedColormap(_class_colors(n_classes))
            style |= {"c": codes, "cmap": cmap, "vmin": -0.5, "vmax": n_classes - 0.5}
    return ax.scatter(points[:, 0], points[:, 1], **style | given)


def _draw_legend(ax: Any, classes: NDArray[Any]) -> None:
    """Say which colour stands for which class."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], linestyle="", marker="o", color=color, label=str(label))
        for label, color in zip(classes, _class_colors(len(classes)), strict=True)
    ]
    place: dict[str, Any] = {"loc": "best"}
    if len(classes) > _SHORT_LEGEND:
        place = {"loc": "upper left", "bbox_to_anchor": (1, 1)}
    ax.legend(handles=handles, title="Class", ncols=-(-len(classes) // 20), **place)


class LossCurveDisplay:
    """The loss of a network, epoch by epoch.

    Use :meth:`from_estimator` for that of a fitted network.

    Parameters
    ----------
    loss_curve : array-like of shape (n_epochs,)
        The training objective in each epoch.
    validation_loss_curve : array-like of shape (n_watched,), default=None
        The loss on other rows after each of the last `n_watched` epochs.
    best_iter : int, default=None
        The epoch of the best validation score, counted from 1, to be marked.

    Attributes
    ----------
    loss_line_ : matplotlib Artist
        The training loss.
    validation_line_ : matplotlib Artist or None
        The validation loss, where there is one.
    best_line_ : matplotlib Artist or None
        The mark of the best epoch, where there is one.
    ax_ : matplotlib Axes
        Axes with the curves.
    figure_ : matplotlib Figure
        Figure containing the curves.

    See Also
    --------
    LossCurveDisplay.from_estimator : Draw the losses of a fitted network.

    Examples
    --------
    >>> from skmlp import LossCurveDisplay
    >>> display = LossCurveDisplay(loss_curve=[0.9, 0.5, 0.4], best_iter=3)
    >>> display.plot()
    <...>
    >>> display.ax_.get_xlabel()
    'Epoch'
    """

    def __init__(
        self,
        *,
        loss_curve: ArrayLike,
        validation_loss_curve: ArrayLike | None = None,
        best_iter: int | None = None,
    ) -> None:
        self.loss_curve = loss_curve
        self.validation_loss_curve = validation_loss_curve
        self.best_iter = best_iter

    def plot(
        self,
        ax: Any = None,
        *,
        loss_kwargs: dict[str, Any] | None = None,
        validation_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None means a new figure.
        loss_kwargs : dict, default=None
            Keywords for matplotlib's ``plot`` of the training loss.
        validation_kwargs : dict, default=None
            Keywords for that of the validation loss.

        Returns
        -------
        LossCurveDisplay
            The display itself.

        Raises
        ------
        ImportError
            There is no matplotlib.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        from matplotlib.ticker import MaxNLocator

        ax = _axes(ax)
        self.loss_line_ = self._draw_curve(ax, self.loss_curve, "Training", "C0", loss_kwargs)
        self.validation_line_ = self.best_line_ = None
        if self.validation_loss_curve is not None:
            self.validation_line_ = self._draw_curve(
                ax, self.validation_loss_curve, "Validation", "C1", validation_kwargs
            )
        if self.best_iter is not None:
            label = f"Best validation score (epoch {self.best_iter})"
            self.best_line_ = ax.axvline(
                self.best_iter, color="0.4", linestyle="--", linewidth=1, label=label
            )
        ax.set(xlabel="Epoch", ylabel="Loss")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _draw_curve(self, ax: Any, curve: Any, label: str, color: str, kwargs: Any) -> Any:
        """Draw a curve that ends with the last epoch."""
        from matplotlib.lines import Line2D

        values = np.asarray(curve)
        last = len(np.asarray(self.loss_curve))
        epochs = np.arange(last - len(values), last) + 1
        # A single epoch would be a line without length.
        marker = "o" if len(values) == 1 else None
        defaults = {"label": label, "color": color, "marker": marker}
        return ax.plot(epochs, values, **_merged(defaults, kwargs, Line2D))[0]

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        ax: Any = None,
        loss_kwargs: dict[str, Any] | None = None,
        validation_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the losses of a fitted network.

        They are its ``loss_curve_``, penalty included; where early stopping recorded one, its
        ``validation_loss_curve_``, which is without penalty; and its ``best_iter_``. Warm
        starts go on with the curves, and the best epoch is that of the last fit. An epoch is
        an iteration for ``solver='lbfgs'``.

        Parameters
        ----------
        estimator : object
            Fitted classifier of skmlp, or a fitted Pipeline whose last step is one.
        ax : matplotlib Axes, default=None
            Where to draw; None means a new figure.
        loss_kwargs : dict, default=None
            Keywords for matplotlib's ``plot`` of the training loss.
        validation_kwargs : dict, default=None
            Keywords for that of the validation loss.

        Returns
        -------
        LossCurveDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            There is no matplotlib.
        TypeError
            The estimator is not a network of skmlp, and does not end in one.

        Examples
        --------
        >>> from sklearn.datasets import make_moons
        >>> from skmlp import LossCurveDisplay, MLPBinaryClassifier
        >>> X, y = make_moons(400, noise=0.2, random_state=0)
        >>> network = MLPBinaryClassifier(
        ...     32, learning_rate_init=0.01, early_stopping=True, random_state=0
        ... )
        >>> display = LossCurveDisplay.from_estimator(network.fit(X, y))
        >>> display.validation_line_.get_label()
        'Validation'
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        network: Any = _network_of(estimator)
        best = network.best_iter_
        if best is not None:
            best += len(network.loss_curve_) - network.n_iter_
        display = cls(
            loss_curve=network.loss_curve_,
            validation_loss_curve=network.validation_loss_curve_,
            best_iter=best,
        )
        display.plot(ax, loss_kwargs=loss_kwargs, validation_kwargs=validation_kwargs)
        if network.solver == "lbfgs":
            display.ax_.set_xlabel("Iteration")
        return display


def _activate(name: str, z: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """Return what the kernels make of z (n,), and the derivative that they train with.

    The network has one row, of a single 0, and for each number a hidden unit, which has it as
    its bias. The gradient of that bias is σ'(z) times the unit's weight in the output, times
    the gradient of the output's bias.
    """
    network = Network.initialize([1, len(z), 1], [name], np.random.RandomState(0), np.float64)
    for parameters, value in zip(
        (*network.coefs, *network.intercepts), (0.0, _TINY_WEIGHT, z, 0.0), strict=True
    ):
        parameters[:] = value
    row = as_matrix(np.zeros((1, 1)), np.float64)
    values = np.empty((1, len(z)))
    network.write_outputs(row, 1, values)
    data = TrainingData(row, np.zeros(1, np.intp), np.ones(1))
    problem = Problem.weighted(data, np.arange(1), 1.0, 0.0, LOSSES["binary"].code)
    _, gradient = _Objective(network, problem, None)(network.theta.copy())
    of_z, of_output = Network(gradient, network.layers).intercepts
    return values[0], of_z / (of_output * _TINY_WEIGHT)


def _broken_at_jumps(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Put NaN between neighbours where y jumps, so that a line through it has a gap."""
    change = np.abs(np.diff(y))
    beside = np.maximum(change[:-2], change[2:])
    # Rounding of a derivative, which is of order 1, is no jump.
    jumps = np.flatnonzero(change[1:-1] > np.maximum(_JUMP * beside, 1e-6)) + 2
    return np.insert(x, jumps, np.nan), np.insert(y, jumps, np.nan)


class ActivationDisplay:
    """An activation function and its derivative.

    Use :meth:`from_name` for one of those that the networks have.

    Parameters
    ----------
    z : array-like of shape (n_points,)
        The pre-activations, ascending.
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
        Its derivative, with a gap (NaN in its data) where it jumps: where it changes from one
        of `z` to the next ten times as much as from those to their other neighbours.
    ax_ : matplotlib Axes
        Axes with both.
    figure_ : matplotlib Figure
        Figure containing both.

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
            Keywords for that of the derivative.

        Returns
        -------
        ActivationDisplay
            The display itself.

        Raises
        ------
        ImportError
            There is no matplotlib.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        from matplotlib.lines import Line2D

        ax = _axes(ax)
        z, derivatives = np.asarray(self.z), np.asarray(self.derivatives)
        style = {"label": "σ(z)", "color": "C0"}
        (self.value_line_,) = ax.plot(z, self.values, **_merged(style, value_kwargs, Line2D))
        style = {"label": "σ'(z)", "color": "C1", "linestyle": "--"}
        (self.derivative_line_,) = ax.plot(
            *_broken_at_jumps(z, derivatives), **_merged(style, derivative_kwargs, Line2D)
        )
        ax.set(xlabel="Pre-activation z", title=self.activation)
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    def from_name(
        cls,
        name: str,
        *,
        z: ArrayLike | None = None,
        ax: Any = None,
        value_kwargs: dict[str, Any] | None = None,
        derivative_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw an activation of the networks.

        Values and derivatives are what a network in float64 computes: the output of a hidden
        unit, and what its gradient is multiplied by. In a kink, such as that of 'relu' at 0,
        the derivative is therefore the one that training takes, which is that of the left
        side. 'prelu' has the slope it begins with.

        Parameters
        ----------
        name : str
            As of the parameter ``activation``.
        z : array-like of shape (n_points,), default=None
            Finite pre-activations, one or more, ascending; None means 501 from -5 to 5.
        ax : matplotlib Axes, default=None
            Where to draw; None means a new figure.
        value_kwargs : dict, default=None
            Keywords for matplotlib's ``plot`` of the function.
        derivative_kwargs : dict, default=None
            Keywords for that of the derivative.

        Returns
        -------
        ActivationDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            There is no matplotlib.
        ValueError
            There is no such activation, or `z` is empty, not finite or not one-dimensional.

        Examples
        --------
        >>> from skmlp import ActivationDisplay
        >>> display = ActivationDisplay.from_name("relu", z=[-1.0, 0.0, 2.0])
        >>> display.values.tolist(), display.derivatives.tolist()
        ([0.0, 0.0, 2.0], [0.0, 0.0, 1.0])
        """
        check_matplotlib_support(f"{cls.__name__}.from_name")
        if name not in ACTIVATIONS:
            raise ValueError(f"name must be one of {sorted(ACTIVATIONS)}; got {name!r}.")
        if z is None:
            z = np.linspace(-5, 5, 501)
        points = check_array(z, ensure_2d=False, dtype=np.float64, input_name="z")
        points = column_or_1d(points)
        values, derivatives = _activate(name, points)
        display = cls(z=points, values=values, derivatives=derivatives, activation=name)
        return display.plot(ax, value_kwargs=value_kwargs, derivative_kwargs=derivative_kwargs)


def _grid(points: Floats, resolution: int, margin: Any) -> tuple[Floats, Floats]:
    """Return both coordinates of a grid (resolution, resolution) around the points (n, 2)."""
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    sides = np.linspace(low, high, resolution)
    xx0, xx1 = np.meshgrid(sides[:, 0], sides[:, 1])
    return xx0, xx1


def _like(X: Any, points: Floats) -> Any:
    """Return points (n, 2) as a DataFrame where X is one, with its names."""
    if not hasattr(X, "columns"):
        return points
    adapter = _get_adapter_from_container(X)
    return adapter.create_container(points, points, columns=X.columns)


def _pre_activations(network: Any, X: Any, layer: int) -> Floats:
    """Return what each unit of a hidden layer adds up (n, units), the members side by side.

    Raises
    ------
    ValueError
        There is no such layer.
    """
    n_hidden = network.n_layers_ - 2
    if n_hidden == 0:
        raise ValueError(
            "HiddenUnitsDisplay draws hidden units, but hidden_layer_sizes=() has none."
        )
    if not -n_hidden <= layer < n_hidden:
        raise ValueError(
            f"layer must be from {-n_hidden} to {n_hidden - 1} with {n_hidden} hidden layers; "
            f"got {layer!r}."
        )
    layer %= n_hidden
    coefs, intercepts = network.coefs_[layer], network.intercepts_[layer]
    coefs = coefs.reshape(-1, *coefs.shape[-2:])
    intercepts = intercepts.reshape(-1, intercepts.shape[-1])
    if layer == 0:
        inputs = [check_array(X, accept_sparse="csr")] * len(coefs)
    else:
        before = copy.copy(network)
        before.transform_layer = layer - 1
        inputs = np.split(np.asarray(before.transform(X)), len(coefs), axis=1)
    return np.hstack([H @ W + b for H, W, b in zip(inputs, coefs, intercepts, strict=True)])


class HiddenUnitsDisplay:
    """Where the hidden units of a network have their boundaries, on two features.

    Use :meth:`from_estimator` for those of a fitted network.

    Parameters
    ----------
    xx0, xx1 : ndarray of shape (n, n)
        Both coordinates of a grid, as of :func:`numpy.meshgrid`.
    response : int ndarray of shape (n, n)
        Position in `classes` of the class predicted for each point of it.
    pre_activations : ndarray of shape (n_units, n, n)
        What each unit adds up there.
    classes : array-like of shape (n_classes,)
        The class labels.
    X : ndarray of shape (n_samples, 2), default=None
        Data to be drawn as points.
    y : array-like of shape (n_samples,), default=None
        Their classes; without, they are black.
    xlabel, ylabel : str, default=None
        Names of the features.

    Attributes
    ----------
    regions_ : :class:`~sklearn.inspection.DecisionBoundaryDisplay`
        The regions of the predicted classes.
    boundaries_ : list of matplotlib Artist
        For each unit a line collection, which is empty where the unit has no boundary on the
        grid.
    scatter_ : matplotlib Artist or None
        The data, where there are any.
    ax_ : matplotlib Axes
        Axes with all of them.
    figure_ : matplotlib Figure
        Figure containing them.

    See Also
    --------
    HiddenUnitsDisplay.from_estimator : Draw the hidden units of a fitted network.
    RepresentationDisplay : What the hidden units make of the data.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp import HiddenUnitsDisplay
    >>> xx0, xx1 = np.meshgrid(np.linspace(-1, 1, 20), np.linspace(-1, 1, 20))
    >>> display = HiddenUnitsDisplay(
    ...     xx0=xx0,
    ...     xx1=xx1,
    ...     response=np.where(xx0 > 0, 1, 0),
    ...     pre_activations=np.stack([xx0, xx1 - 0.5]),
    ...     classes=["left", "right"],
    ... )
    >>> display.plot()
    <...>
    >>> len(display.boundaries_)
    2
    """

    def __init__(
        self,
        *,
        xx0: Floats,
        xx1: Floats,
        response: NDArray[Any],
        pre_activations: Floats,
        classes: ArrayLike,
        X: Floats | None = None,
        y: ArrayLike | None = None,
        xlabel: str | None = None,
        ylabel: str | None = None,
    ) -> None:
        self.xx0 = xx0
        self.xx1 = xx1
        self.response = response
        self.pre_activations = pre_activations
        self.classes = classes
        self.X = X
        self.y = y
        self.xlabel = xlabel
        self.ylabel = ylabel

    def plot(
        self,
        ax: Any = None,
        *,
        region_kwargs: dict[str, Any] | None = None,
        boundary_kwargs: dict[str, Any] | None = None,
        scatter_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw regions, boundaries and data.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None means a new figure.
        region_kwargs : dict, default=None
            Keywords for the ``plot`` of
            :class:`~sklearn.inspection.DecisionBoundaryDisplay`.
        boundary_kwargs : dict, default=None
            Keywords for the :class:`matplotlib.collections.LineCollection` of each unit.
        scatter_kwargs : dict, default=None
            Keywords for matplotlib's ``scatter``.

        Returns
        -------
        HiddenUnitsDisplay
            The display itself.

        Raises
        ------
        ImportError
            There is no matplotlib.
        ValueError
            `y` has labels that are not in `classes`.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        ax, classes = _axes(ax), np.asarray(self.classes)
        codes = None if self.y is None else encode_labels(column_or_1d(self.y), classes)
        self._draw_regions(ax, len(classes), region_kwargs)
        alpha = max(0.15, min(1.0, _FEW_UNITS / max(len(self.pre_activations), 1)))
        style = {"edgecolor": "0.2", "linewidth": 1.0, "alpha": alpha}
        self.boundaries_ = [
            _draw_lines(ax, _zero_lines(self.xx0, self.xx1, values), style, boundary_kwargs)
            for values in self.pre_activations
        ]
        self.scatter_ = None
        if self.X is not None:
            self.scatter_ = _draw_points(ax, self.X, codes, len(classes), scatter_kwargs)
        _draw_legend(ax, classes)
        n_units = len(self.pre_activations)
        ax.set(
            title=f"Boundaries of {n_units} hidden unit{'s' if n_units != 1 else ''}",
            xlim=(self.xx0.min(), self.xx0.max()),
            ylim=(self.xx1.min(), self.xx1.max()),
        )
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _draw_regions(self, ax: Any, n_classes: int, kwargs: dict[str, Any] | None) -> None:
        from matplotlib.colors import ListedColormap

        # Imported here since it takes as long as the rest of scikit-learn that is needed.
        from sklearn.inspection import DecisionBoundaryDisplay

        colors = _class_colors(n_classes)
        style = {"plot_method": "pcolormesh", "alpha": 0.3, "zorder": -1}
        style |= {"vmin": -0.5, "vmax": n_classes - 0.5}
        # scikit-learn 1.9 asks for the number of classes, and for more than two for colours.
        chooses_colors = "n_classes" in signature(DecisionBoundaryDisplay).parameters
        about_classes: dict[str, Any] = {}
        if chooses_colors:
            about_classes = {"n_classes": n_classes, "multiclass_colors": colors}
        if n_classes == 2 or not chooses_colors:
            style["cmap"] = ListedColormap(colors)
        self.regions_ = DecisionBoundaryDisplay(
            xx0=self.xx0,
            xx1=self.xx1,
            response=self.response,
            xlabel=self.xlabel,
            ylabel=self.ylabel,
            **about_classes,
        ).plot(ax=ax, **style | (kwargs or {}))

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike | None = None,
        *,
        layer: int = 0,
        grid_resolution: int = 200,
        eps: float = 1.0,
        ax: Any = None,
        region_kwargs: dict[str, Any] | None = None,
        boundary_kwargs: dict[str, Any] | None = None,
        scatter_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the boundaries of the hidden units of a network that sees two features.

        The boundary of a unit is where what it adds up is 0: there ReLU has its kink, and the
        sigmoid functions are steepest. In the first hidden layer it is a straight line in what
        the network sees, whatever comes before it in a Pipeline; in a later one a line with
        bends.

        Parameters
        ----------
        estimator : object
            Fitted classifier of skmlp, or a fitted Pipeline whose last step is one. Of several
            members (``n_members``) the units of all are drawn.
        X : array-like of shape (n_samples, 2)
            Data, as the estimator takes them.
        y : array-like of shape (n_samples,), default=None
            Their classes; without, the points are black.
        layer : int, default=0
            Hidden layer, counted from 0, or from -1 backwards.
        grid_resolution : int, default=200
            Points along each side of the grid, which takes memory for its square times the
            number of units.
        eps : float, default=1.0
            By how much the picture extends beyond the data, on each side.
        ax : matplotlib Axes, default=None
            Where to draw; None means a new figure.
        region_kwargs : dict, default=None
            Keywords for the ``plot`` of
            :class:`~sklearn.inspection.DecisionBoundaryDisplay`.
        boundary_kwargs : dict, default=None
            Keywords for the :class:`matplotlib.collections.LineCollection` of each unit.
        scatter_kwargs : dict, default=None
            Keywords for matplotlib's ``scatter``.

        Returns
        -------
        HiddenUnitsDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            There is no matplotlib.
        TypeError
            The estimator is not a network of skmlp, and does not end in one.
        ValueError
            X does not have two features; the network has no hidden layer, or not this one;
            `y` has classes that the network does not know; or a parameter is invalid.

        Examples
        --------
        >>> from sklearn.datasets import make_moons
        >>> from sklearn.pipeline import make_pipeline
        >>> from sklearn.preprocessing import StandardScaler
        >>> from skmlp import HiddenUnitsDisplay, MLPBinaryClassifier
        >>> X, y = make_moons(200, noise=0.2, random_state=0)
        >>> network = MLPBinaryClassifier(8, solver="lbfgs", alpha=0.1, random_state=0)
        >>> pipeline = make_pipeline(StandardScaler(), network).fit(X, y)
        >>> display = HiddenUnitsDisplay.from_estimator(pipeline, X, y, eps=0.5)
        >>> len(display.boundaries_)
        8
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        network = _network_of(estimator)
        points = check_array(X, dtype=np.float64)
        if points.shape[1] != 2:
            raise ValueError(f"X must have 2 features to be drawn; got {points.shape[1]}.")
        if not grid_resolution > 1:
            raise ValueError(f"grid_resolution must be greater than 1; got {grid_resolution}.")
        if not eps >= 0:
            raise ValueError(f"eps must not be negative; got {eps}.")
        xx0, xx1 = _grid(points, grid_resolution, eps)
        grid = _like(X, np.column_stack([xx0.ravel(), xx1.ravel()]))
        seen = grid
        if isinstance(estimator, Pipeline) and len(estimator) > 1:
            seen = estimator[:-1].transform(grid)
        units = _pre_activations(network, seen, layer)
        codes = encode_labels(estimator.predict(grid), network.classes_)
        names = X.columns if hasattr(X, "columns") else ("Feature 0", "Feature 1")
        display = cls(
            xx0=xx0,
            xx1=xx1,
            response=codes.reshape(xx0.shape),
            pre_activations=units.T.reshape(-1, *xx0.shape),
            classes=network.classes_,
            X=points,
            y=y,
            xlabel=str(names[0]),
            ylabel=str(names[1]),
        )
        return display.plot(
            ax,
            region_kwargs=region_kwargs,
            boundary_kwargs=boundary_kwargs,
            scatter_kwargs=scatter_kwargs,
        )


def _margins(logits: Floats) -> Floats:
    """Return functions (k, ...) of logits (q, ...) that are 0 where the decision changes."""
    if len(logits) == 1:
        return logits
    if len(logits) == 2:
        return logits[1:] - logits[:1]
    others = [np.delete(logits, k, axis=0).max(axis=0) for k in range(len(logits))]
    return logits - np.stack(others)


def _in_plane(H: Floats) -> tuple[Floats, NDArray[np.float64] | None]:
    """Return a representation (n, 2), and the parts of the variance it has, from PCA."""
    if H.shape[1] == 1:
        raise ValueError(
            "RepresentationDisplay needs a representation of width 2 or more; transform "
            "returned one column. Choose another transform_layer or hidden_layer_sizes."
        )
    if H.shape[1] == 2:
        return H, None
    pca = PCA(2, svd_solver="full")
    # Where all rows are the same there is no variance to have a part of.
    with np.errstate(invalid="ignore"):
        projected = pca.fit_transform(H)
    return projected, np.nan_to_num(pca.explained_variance_ratio_)


class RepresentationDisplay:
    """What the hidden layers of a network make of the data, in two dimensions.

    Use :meth:`from_estimator` for a fitted network.

    Parameters
    ----------
    representation : ndarray of shape (n_samples, 2)
        Points in the plane.
    y : array-like of shape (n_samples,)
        Their classes.
    classes : array-like of shape (n_classes,)
        The class labels.
    explained_variance_ratio : array-like of shape (2,), default=None
        Parts of the variance that two principal components have; None means that the points
        are the outputs of two units.
    coef : ndarray of shape (2, n_logits), default=None
        Weights of an output layer on that plane.
    intercept : ndarray of shape (n_logits,), default=None
        Its biases.

    Attributes
    ----------
    scatter_ : matplotlib Artist
        The points.
    boundary_ : matplotlib Artist or None
        The lines where the output layer's decision changes, one collection for all; None
        without an output layer.
    ax_ : matplotlib Axes
        Axes with both.
    figure_ : matplotlib Figure
        Figure containing both.

    See Also
    --------
    RepresentationDisplay.from_estimator : Draw the representation of a fitted network.
    HiddenUnitsDisplay : The units of a network that sees two features.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp import RepresentationDisplay
    >>> display = RepresentationDisplay(
    ...     representation=np.array([[0.0, 0.0], [1.0, 0.5], [0.9, 1.0]]),
    ...     y=["ham", "spam", "spam"],
    ...     classes=["ham", "spam"],
    ... )
    >>> display.plot()
    <...>
    >>> display.ax_.get_xlabel()
    'Hidden unit 0'
    """

    def __init__(
        self,
        *,
        representation: Floats,
        y: ArrayLike,
        classes: ArrayLike,
        explained_variance_ratio: ArrayLike | None = None,
        coef: Floats | None = None,
        intercept: Floats | None = None,
    ) -> None:
        self.representation = representation
        self.y = y
        self.classes = classes
        self.explained_variance_ratio = explained_variance_ratio
        self.coef = coef
        self.intercept = intercept

    def plot(
        self,
        ax: Any = None,
        *,
        scatter_kwargs: dict[str, Any] | None = None,
        boundary_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the points, and the boundary where there is one.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None means a new figure.
        scatter_kwargs : dict, default=None
            Keywords for matplotlib's ``scatter``.
        boundary_kwargs : dict, default=None
            Keywords for the :class:`matplotlib.collections.LineCollection` of the boundary.

        Returns
        -------
        RepresentationDisplay
            The display itself.

        Raises
        ------
        ImportError
            There is no matplotlib.
        ValueError
            `y` has labels that are not in `classes`.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        ax, classes = _axes(ax), np.asarray(self.classes)
        codes = encode_labels(column_or_1d(self.y), classes)
        self.scatter_ = _draw_points(
            ax, self.representation, codes, len(classes), scatter_kwargs
        )
        self.boundary_ = None
        if self.coef is not None:
            style = {"edgecolor": "black", "linewidth": 1.5}
            self.boundary_ = _draw_lines(ax, self._boundary_lines(), style, boundary_kwargs)
        xlabel, ylabel = self._axis_labels()
        ax.set(xlabel=xlabel, ylabel=ylabel)
        if not _COLOR_NAMES & (scatter_kwargs or {}).keys():
            _draw_legend(ax, classes)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _axis_labels(self) -> list[str]:
        if self.explained_variance_ratio is None:
            return ["Hidden unit 0", "Hidden unit 1"]
        parts = np.asarray(self.explained_variance_ratio)
        return [
            f"Principal component {i} ({part:.0%} of variance)"
            for i, part in enumerate(parts, start=1)
        ]

    def _boundary_lines(self) -> list[Floats]:
        """Return the lines (k, 2) where the output layer's decision changes."""
        points, coef = np.asarray(self.representation, np.float64), np.asarray(self.coef)
        margin = 0.05 * np.ptp(points, axis=0)
        xx0, xx1 = _grid(points, _PLANE_RESOLUTION, margin)
        logits = np.moveaxis(np.dstack([xx0, xx1]) @ coef + self.intercept, -1, 0)
        return [line for values in _margins(logits) for line in _zero_lines(xx0, xx1, values)]

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        ax: Any = None,
        scatter_kwargs: dict[str, Any] | None = None,
        boundary_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw what `transform` of a fitted network returns.

        Two columns are drawn as they are; of more, their first two principal components. Two
        columns that are the last hidden layer of a single network are all that its output
        layer sees: then the line, or lines, between its decisions are drawn, too.

        Parameters
        ----------
        estimator : object
            Fitted classifier of skmlp, or a fitted Pipeline whose last step is one.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data, as the estimator takes them.
        y : array-like of shape (n_samples,)
            Their classes.
        ax : matplotlib Axes, default=None
            Where to draw; None means a new figure.
        scatter_kwargs : dict, default=None
            Keywords for matplotlib's ``scatter``.
        boundary_kwargs : dict, default=None
            Keywords for the :class:`matplotlib.collections.LineCollection` of the boundary.

        Returns
        -------
        RepresentationDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            There is no matplotlib.
        TypeError
            The estimator is not a network of skmlp, and does not end in one.
        ValueError
            The representation has a single column, or there is none; or `y` has classes that
            the network does not know.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.pipeline import make_pipeline
        >>> from sklearn.preprocessing import StandardScaler
        >>> from skmlp import MLPMulticlassClassifier, RepresentationDisplay
        >>> X, y = load_iris(return_X_y=True)
        >>> network = MLPMulticlassClassifier(
        ...     (16, 2), "tanh", solver="lbfgs", alpha=0.1, random_state=0
        ... )
        >>> pipeline = make_pipeline(StandardScaler(), network).fit(X, y)
        >>> display = RepresentationDisplay.from_estimator(pipeline, X, y)
        >>> display.representation.shape
        (150, 2)
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        network: Any = _network_of(estimator)
        H = np.asarray(estimator.transform(X))
        representation, ratio = _in_plane(H)
        coef = intercept = None
        last = network.n_layers_ - 2
        if network.coefs_[-1].shape[:-1] == (2,) and network._transformed_layers() == [last]:
            coef, intercept = network.coefs_[-1], network.intercepts_[-1]
        display = cls(
            representation=representation,
            y=y,
            classes=network.classes_,
            explained_variance_ratio=ratio,
            coef=coef,
            intercept=intercept,
        )
        return display.plot(ax, scatter_kwargs=scatter_kwargs, boundary_kwargs=boundary_kwargs)
