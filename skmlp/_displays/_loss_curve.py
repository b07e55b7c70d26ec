"""The loss of a network, epoch by epoch."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils._optional_dependencies import check_matplotlib_support

from skmlp._displays._artists import draw_mark, get_axes, merge_kwargs
from skmlp._float_errors import quiet
from skmlp._pipelines import get_network


class LossCurveDisplay:
    """The loss of a network, epoch by epoch.

    Use :meth:`from_estimator` to draw that of a fitted network.

    Parameters
    ----------
    loss_curve : array-like of shape (n_epochs,)
        The training objective in each epoch.
    validation_loss_curve : array-like of shape (n_watched,), default=None
        The loss on validation rows after each of the last `n_watched` epochs.
    best_iter : int, default=None
        The epoch of the best validation score, counted from 1, which is marked.

    Attributes
    ----------
    loss_line_ : matplotlib Artist
        The training loss.
    validation_line_ : matplotlib Artist or None
        The validation loss; None without one.
    best_line_ : matplotlib Artist or None
        The mark at the best epoch; None without one.
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure.

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

    @quiet
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
            Keywords for matplotlib's ``plot`` of the validation loss.

        Returns
        -------
        LossCurveDisplay
            The display itself.

        Raises
        ------
        ImportError
            matplotlib is not installed.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        from matplotlib.ticker import MaxNLocator

        ax = get_axes(ax)
        self.loss_line_ = self._draw_curve(ax, self.loss_curve, "Training", "C0", loss_kwargs)
        self.validation_line_ = self.best_line_ = None
        if self.validation_loss_curve is not None:
            self.validation_line_ = self._draw_curve(
                ax, self.validation_loss_curve, "Validation", "C1", validation_kwargs
            )
        if self.best_iter is not None:
            label = f"Best validation score (epoch {self.best_iter})"
            self.best_line_ = draw_mark(ax, self.best_iter, label)
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
        # The line of a single epoch has no length.
        marker = "o" if len(values) == 1 else None
        defaults = {"label": label, "color": color, "marker": marker}
        return ax.plot(epochs, values, **merge_kwargs(defaults, kwargs, Line2D))[0]

    @classmethod
    @quiet
    def from_estimator(
        cls,
        estimator: Any,
        *,
        ax: Any = None,
        loss_kwargs: dict[str, Any] | None = None,
        validation_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the losses of a fitted network.

        The training loss is its ``loss_curve_``, which includes the penalty. With early
        stopping, ``validation_loss_curve_``, without the penalty, and ``best_iter_`` are drawn
        as well. Warm starts continue the curves; the best epoch is that of the last fit. With
        ``solver='lbfgs'`` iterations take the place of epochs.

        Parameters
        ----------
        estimator : object
            Fitted network of skmlp, or a fitted Pipeline whose last step is one.
        ax : matplotlib Axes, default=None
            Where to draw; None means a new figure.
        loss_kwargs : dict, default=None
            Keywords for matplotlib's ``plot`` of the training loss.
        validation_kwargs : dict, default=None
            Keywords for matplotlib's ``plot`` of the validation loss.

        Returns
        -------
        LossCurveDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            matplotlib is not installed.
        TypeError
            The estimator is not a network of skmlp, and is no Pipeline that ends with one.

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
        network: Any = get_network(estimator, of_classes=False)
        best = network.best_iter_
        if best is not None:  # it counts from the beginning of the last fit
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
