"""Boundaries of hidden units on two features."""

import copy
from inspect import signature
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array, column_or_1d
from sklearn.utils._optional_dependencies import check_matplotlib_support
from sklearn.utils._set_output import _get_adapter_from_container
from sklearn.utils.validation import _num_features

from skmlp._displays._artists import (
    class_colors,
    draw_legend,
    draw_lines,
    draw_points,
    get_axes,
    grid_around,
    zero_lines,
)
from skmlp._float_errors import quiet
from skmlp._labels import encode_labels
from skmlp._pipelines import get_network, steps_before

# More boundaries than these are drawn paler.
_FEW_UNITS = 16


def _like(X: Any, points: NDArray[Any]) -> Any:
    """Return points (n, 2) in the container of X, with its column names."""
    if not hasattr(X, "columns"):
        return points
    adapter = _get_adapter_from_container(X)
    return adapter.create_container(points, points, columns=X.columns)


def _pre_activations(network: Any, X: Any, layer: int) -> NDArray[Any]:
    """Return the pre-activations (n, units) of a hidden layer, the members side by side.

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
        before = copy.copy(network)  # with the same network, but another parameter
        before.transform_layer = layer - 1
        inputs = np.split(np.asarray(before.transform(X)), len(coefs), axis=1)
    return np.hstack([H @ W + b for H, W, b in zip(inputs, coefs, intercepts, strict=True)])


class HiddenUnitsDisplay:
    """Boundaries of the hidden units of a network on two features.

    Use :meth:`from_estimator` to draw those of a fitted network.

    Parameters
    ----------
    xx0, xx1 : ndarray of shape (n, n)
        Coordinates of the points of a grid, as :func:`numpy.meshgrid` returns them.
    response : int ndarray of shape (n, n)
        Predicted class of each point of the grid, as its position in `classes`.
    pre_activations : ndarray of shape (n_units, n, n)
        Pre-activation of each unit at each point of the grid.
    classes : array-like of shape (n_classes,)
        The class labels.
    X : ndarray of shape (n_samples, 2), default=None
        Rows to be drawn as points.
    y : array-like of shape (n_samples,), default=None
        Classes of the rows, which give the points their colours. Without `y` they are black.
    xlabel, ylabel : str, default=None
        Names of the features, for the axes.

    Attributes
    ----------
    regions_ : :class:`~sklearn.inspection.DecisionBoundaryDisplay`
        The regions of the predicted classes.
    boundaries_ : list of matplotlib Artist
        A line collection for each unit. It is empty if the unit has no boundary on the grid.
    scatter_ : matplotlib Artist or None
        The points; None without `X`.
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    HiddenUnitsDisplay.from_estimator : Draw the hidden units of a fitted network.
    RepresentationDisplay : The outputs of hidden units, as points in a plane.

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
        xx0: NDArray[Any],
        xx1: NDArray[Any],
        response: NDArray[Any],
        pre_activations: NDArray[Any],
        classes: ArrayLike,
        X: NDArray[Any] | None = None,
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

    @quiet
    def plot(
        self,
        ax: Any = None,
        *,
        region_kwargs: dict[str, Any] | None = None,
        boundary_kwargs: dict[str, Any] | None = None,
        scatter_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the regions of the classes, the boundaries of the units, and the points.

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
            matplotlib is not installed.
        ValueError
            `y` has labels that are not in `classes`.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        ax, classes = get_axes(ax), np.asarray(self.classes)
        codes = None if self.y is None else encode_labels(column_or_1d(self.y), classes)
        self._draw_regions(ax, len(classes), region_kwargs)
        alpha = max(0.15, min(1.0, _FEW_UNITS / max(len(self.pre_activations), 1)))
        style = {"edgecolor": "0.2", "linewidth": 1.0, "alpha": alpha}
        self.boundaries_ = [
            draw_lines(ax, zero_lines(self.xx0, self.xx1, values), style, boundary_kwargs)
            for values in self.pre_activations
        ]
        self.scatter_ = None
        if self.X is not None:
            self.scatter_ = draw_points(ax, self.X, codes, len(classes), scatter_kwargs)
        draw_legend(ax, classes)
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

        # Imported here, as it takes as long as the rest of scikit-learn that skmlp imports.
        from sklearn.inspection import DecisionBoundaryDisplay

        colors = class_colors(n_classes)
        style = {"plot_method": "pcolormesh", "alpha": 0.3, "zorder": -1}
        style |= {"vmin": -0.5, "vmax": n_classes - 0.5}
        # scikit-learn 1.9 takes the number of classes and, for more than two, their colours.
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
    @quiet
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
        """Draw the boundaries of the hidden units of a network with two input features.

        The boundary of a unit is where its pre-activation is 0. There ReLU has its kink, and
        the logistic function and tanh are steepest. The boundaries of the first hidden layer
        are straight lines in the network's input; a step of a Pipeline before the network may
        bend them. Those of later layers have bends.

        Parameters
        ----------
        estimator : object
            Fitted classifier of skmlp, or a fitted Pipeline whose last step is one. With
            several members (``n_members``), the units of all members are drawn.
        X : array-like of shape (n_samples, 2)
            Rows, as the estimator takes them.
        y : array-like of shape (n_samples,), default=None
            Classes of the rows, which give the points their colours. Without `y` they are
            black.
        layer : int, default=0
            Hidden layer, counted from 0; -1 is the last one.
        grid_resolution : int, default=200
            Number of points along each side of the grid. The memory needed is proportional to
            its square times the number of units.
        eps : float, default=1.0
            Width of the margin around the points, in the unit of the features.
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
            matplotlib is not installed.
        TypeError
            The estimator is not a classifier of skmlp, and is no Pipeline that ends with one.
        ValueError
            X does not have two features; the network has no hidden layer, or no such layer;
            `y` has classes that are not in ``classes_``; or a parameter is invalid.

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
        network = get_network(estimator)
        n_features = _num_features(X)
        if n_features != 2:
            raise ValueError(f"X must have 2 features to be drawn; got {n_features}.")
        points = check_array(X, dtype=np.float64, input_name="X")
        if not grid_resolution > 1:
            raise ValueError(f"grid_resolution must be greater than 1; got {grid_resolution}.")
        if not eps >= 0:
            raise ValueError(f"eps must not be negative; got {eps}.")
        xx0, xx1 = grid_around(points, grid_resolution, eps)
        grid = _like(X, np.column_stack([xx0.ravel(), xx1.ravel()]))
        steps = steps_before(estimator)
        seen = grid if steps is None else steps.transform(grid)
        units = _pre_activations(network, seen, layer)
        # Codes, as regions are drawn by numbers and labels may be strings.
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
