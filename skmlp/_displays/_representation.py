"""Hidden representations of rows, as points in a plane."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.decomposition import PCA
from sklearn.utils import column_or_1d
from sklearn.utils._optional_dependencies import check_matplotlib_support

from skmlp._displays._artists import (
    COLOR_NAMES,
    draw_legend,
    draw_lines,
    draw_points,
    get_axes,
    grid_around,
    zero_lines,
)
from skmlp._float_errors import quiet
from skmlp._labels import encode_labels
from skmlp._pipelines import get_network

# Points along each side of the grid on which the output layer's boundary is drawn.
_PLANE_RESOLUTION = 200


def _margins(logits: NDArray[Any]) -> NDArray[Any]:
    """Return functions (k, ...) of logits (q, ...) that are 0 where the decision changes."""
    if len(logits) == 1:
        return logits
    if len(logits) == 2:
        return logits[1:] - logits[:1]
    others = [np.delete(logits, k, axis=0).max(axis=0) for k in range(len(logits))]
    return logits - np.stack(others)


def _in_plane(H: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.float64] | None]:
    """Return a representation (n, 2), and the explained variance ratios if it is from PCA."""
    if H.shape[1] == 1:
        raise ValueError(
            "RepresentationDisplay needs a representation of width 2 or more; transform "
            "returned one column. Choose another transform_layer or hidden_layer_sizes."
        )
    if H.shape[1] == 2:
        return H, None
    if len(H) == 1:
        raise ValueError(
            "RepresentationDisplay draws principal components, for which X needs two rows or "
            "more; got 1."
        )
    pca = PCA(2, svd_solver="full")
    projected = pca.fit_transform(H)
    # If all rows are equal, there is no variance, and the ratios are NaN.
    return projected, np.nan_to_num(pca.explained_variance_ratio_)


class RepresentationDisplay:
    """Hidden representation of rows, as points in a plane.

    Use :meth:`from_estimator` to draw that of a fitted network.

    Parameters
    ----------
    representation : ndarray of shape (n_samples, 2)
        The points.
    y : array-like of shape (n_samples,)
        Classes of the rows.
    classes : array-like of shape (n_classes,)
        The class labels.
    explained_variance_ratio : array-like of shape (2,), default=None
        Shares of the variance that two principal components explain. None means that the
        points are no principal components, but the outputs of two units.
    coef : ndarray of shape (2, n_logits), default=None
        Weights of an output layer whose input is the representation.
    intercept : ndarray of shape (n_logits,), default=None
        Biases of that layer.

    Attributes
    ----------
    scatter_ : matplotlib Artist
        The points.
    boundary_ : matplotlib Artist or None
        One collection of all lines where the decision of the output layer changes; None
        without an output layer.
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    RepresentationDisplay.from_estimator : Draw the representation of a fitted network.
    HiddenUnitsDisplay : Boundaries of the units of a network with two input features.

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
        representation: NDArray[Any],
        y: ArrayLike,
        classes: ArrayLike,
        explained_variance_ratio: ArrayLike | None = None,
        coef: NDArray[Any] | None = None,
        intercept: NDArray[Any] | None = None,
    ) -> None:
        self.representation = representation
        self.y = y
        self.classes = classes
        self.explained_variance_ratio = explained_variance_ratio
        self.coef = coef
        self.intercept = intercept

    @quiet
    def plot(
        self,
        ax: Any = None,
        *,
        scatter_kwargs: dict[str, Any] | None = None,
        boundary_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the points, and the boundaries between the decisions.

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
            matplotlib is not installed.
        ValueError
            `y` has labels that are not in `classes`.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        ax, classes = get_axes(ax), np.asarray(self.classes)
        codes = encode_labels(column_or_1d(self.y), classes)
        self.scatter_ = draw_points(
            ax, self.representation, codes, len(classes), scatter_kwargs
        )
        self.boundary_ = None
        if self.coef is not None:
            style = {"edgecolor": "black", "linewidth": 1.5}
            self.boundary_ = draw_lines(ax, self._boundary_lines(), style, boundary_kwargs)
        xlabel, ylabel = self._axis_labels()
        ax.set(xlabel=xlabel, ylabel=ylabel)
        if not COLOR_NAMES & (scatter_kwargs or {}).keys():
            draw_legend(ax, classes)
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

    def _boundary_lines(self) -> list[NDArray[Any]]:
        """Return the lines (k, 2) where the output layer's decision changes."""
        points, coef = np.asarray(self.representation, np.float64), np.asarray(self.coef)
        margin = 0.05 * np.ptp(points, axis=0)
        xx0, xx1 = grid_around(points, _PLANE_RESOLUTION, margin)
        logits = np.moveaxis(np.dstack([xx0, xx1]) @ coef + self.intercept, -1, 0)
        return [line for values in _margins(logits) for line in zero_lines(xx0, xx1, values)]

    @classmethod
    @quiet
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

        If it has two columns, these are drawn as they are; if it has more, their first two
        principal components are drawn. If the two columns are the last hidden layer of a single
        network, its output layer has no other input. The boundaries between its decisions are
        then drawn as well, if there is more than one class.

        Parameters
        ----------
        estimator : object
            Fitted classifier of skmlp, or a fitted Pipeline whose last step is one.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows, as the estimator takes them.
        y : array-like of shape (n_samples,)
            Classes of the rows.
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
            matplotlib is not installed.
        TypeError
            The estimator is not a classifier of skmlp, and is no Pipeline that ends with one.
        ValueError
            The representation has a single column; the network has no hidden layer; or `y` has
            classes that are not in ``classes_``.

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
        network: Any = get_network(estimator)
        H = np.asarray(estimator.transform(X))
        representation, ratio = _in_plane(H)
        coef = intercept = None
        is_last = network._transformed_layers() == [network.n_layers_ - 2]
        decides = is_last and len(network.classes_) > 1
        # Of several members, coefs_ have one more dimension, and no common boundary.
        if network.coefs_[-1].shape[:-1] == (2,) and decides:
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
