"""The loss of a network while its learning rate rises."""

from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils import check_scalar
from sklearn.utils._optional_dependencies import check_matplotlib_support

from skmlp._displays._artists import draw_mark, get_axes, merge_kwargs
from skmlp._float_errors import quiet
from skmlp._pipelines import check_network, steps_before
from skmlp._range_test import losses_at_rates, smoothed_until_divergence

# The rate with the least loss is at the edge of divergence, and training at it for long is not
# possible: an order of magnitude below is the usual choice.
_BELOW_LEAST = 10.0


def _check_range(min_lr: Any, max_lr: Any, n_steps: Any) -> NDArray[np.float64]:
    """Return the rates of the steps, or raise TypeError or ValueError."""
    for name, rate in (("min_lr", min_lr), ("max_lr", max_lr)):
        check_scalar(rate, name, Real, min_val=0, include_boundaries="neither")
    if not min_lr < max_lr < np.inf:
        raise ValueError(
            f"max_lr must be finite and above min_lr; got min_lr={min_lr!r} and "
            f"max_lr={max_lr!r}."
        )
    check_scalar(n_steps, "n_steps", Integral, min_val=2)
    return np.geomspace(min_lr, max_lr, n_steps)


def _suggest(rates: NDArray[Any], smoothed: NDArray[Any]) -> float | None:
    """Return a tenth of the rate with the least loss, or None where it has not fallen."""
    least = int(smoothed.argmin())
    return float(rates[least]) / _BELOW_LEAST if least else None


class LearningRateDisplay:
    """The loss of a network while its learning rate rises from step to step.

    This is the learning-rate range test [1]_. Use :meth:`from_estimator` to run it.

    Parameters
    ----------
    learning_rates : array-like of shape (n_steps,)
        The rate of each step.
    losses : array-like of shape (n_steps,)
        The objective on the minibatch of each step, before the step.
    smoothed_losses : array-like of shape (n_steps,)
        Their exponential moving average.
    suggested_rate : float, default=None
        A value for ``learning_rate_init``, to be marked.

    Attributes
    ----------
    loss_line_ : matplotlib Artist
        The losses.
    smoothed_line_ : matplotlib Artist
        The moving average.
    suggestion_line_ : matplotlib Artist or None
        The mark of the suggested rate, where there is one.
    ax_ : matplotlib Axes
        Axes with the curves.
    figure_ : matplotlib Figure
        Figure containing the curves.

    See Also
    --------
    LearningRateDisplay.from_estimator : Run the test and draw it.
    LossCurveDisplay : The loss of a fit, epoch by epoch.

    References
    ----------
    .. [1] L. N. Smith, "Cyclical learning rates for training neural networks", WACV 2017,
       section 3.3.

    Examples
    --------
    >>> from skmlp import LearningRateDisplay
    >>> display = LearningRateDisplay(
    ...     learning_rates=[0.001, 0.01, 0.1, 1.0],
    ...     losses=[0.7, 0.6, 0.3, 2.0],
    ...     smoothed_losses=[0.7, 0.65, 0.5, 1.1],
    ...     suggested_rate=0.01,
    ... )
    >>> display.plot()
    <...>
    >>> display.ax_.get_xlabel()
    'Learning rate'
    """

    def __init__(
        self,
        *,
        learning_rates: ArrayLike,
        losses: ArrayLike,
        smoothed_losses: ArrayLike,
        suggested_rate: float | None = None,
    ) -> None:
        self.learning_rates = learning_rates
        self.losses = losses
        self.smoothed_losses = smoothed_losses
        self.suggested_rate = suggested_rate

    @quiet
    def plot(
        self,
        ax: Any = None,
        *,
        loss_kwargs: dict[str, Any] | None = None,
        smoothed_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the losses by the rates, on a logarithmic axis.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None means a new figure.
        loss_kwargs : dict, default=None
            Keywords for matplotlib's ``plot`` of the losses.
        smoothed_kwargs : dict, default=None
            Keywords for that of the moving average.

        Returns
        -------
        LearningRateDisplay
            The display itself.

        Raises
        ------
        ImportError
            There is no matplotlib.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        from matplotlib.lines import Line2D

        ax = get_axes(ax)
        rates, smoothed = np.asarray(self.learning_rates), np.asarray(self.smoothed_losses)
        style = {"label": "Loss of a minibatch", "color": "C0", "linewidth": 1, "alpha": 0.4}
        (self.loss_line_,) = ax.plot(
            rates, self.losses, **merge_kwargs(style, loss_kwargs, Line2D)
        )
        style = {"label": "Moving average", "color": "C0"}
        (self.smoothed_line_,) = ax.plot(
            rates, smoothed, **merge_kwargs(style, smoothed_kwargs, Line2D)
        )
        self.suggestion_line_ = None
        if self.suggested_rate is not None:
            label = f"Suggestion ({self.suggested_rate:.2g})"
            self.suggestion_line_ = draw_mark(ax, self.suggested_rate, label)
        ax.set(xscale="log", xlabel="Learning rate", ylabel="Loss")
        # Single minibatches of a network that diverges would leave no room for the rest.
        low, high = smoothed.min(), smoothed.max()
        margin = 0.1 * (high - low) or 1.0
        ax.set_ylim(low - margin, high + margin)
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    @quiet
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        sample_weight: ArrayLike | None = None,
        min_lr: float = 1e-6,
        max_lr: float = 10.0,
        n_steps: int = 200,
        ax: Any = None,
        loss_kwargs: dict[str, Any] | None = None,
        smoothed_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Run a learning-rate range test, and draw it.

        A clone of the network takes `n_steps` steps, a minibatch each, at rates that rise
        geometrically. The estimator itself is not changed. The test ends early where training
        diverges: where the moving average of the loss is above four times its least value, or
        the loss or the parameters are not finite. ``learning_rates`` and ``losses`` are those
        until then.

        ``suggested_rate`` is a tenth of the rate with the least moving average [1]_. It is a
        place to begin: the curve is one draw of minibatches, and the best rate of a long fit is
        often somewhat lower. It is None where the loss has not fallen at all: then `min_lr` is
        too large, or the input is not scaled.

        Parameters
        ----------
        estimator : object
            Network of skmlp, fitted or not, or a Pipeline whose last step is one; its other
            steps are fitted on `X` and `y`. ``solver``, ``batch_size``, ``dropout`` and all
            that makes a step are the network's; there is one member, all rows are trained on,
            and ``learning_rate_init``, ``learning_rate``, ``warmup_fraction``,
            ``early_stopping`` and ``max_iter`` have no effect.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data, as the estimator takes them.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.
        sample_weight : array-like of shape (n_samples,), default=None
            As of the network's `fit`.
        min_lr, max_lr : float, default=1e-6, 10.0
            The first and the last rate.
        n_steps : int, default=200
            Number of steps. With few steps, a network has no time to learn at the good rates.
        ax : matplotlib Axes, default=None
            Where to draw; None means a new figure.
        loss_kwargs : dict, default=None
            Keywords for matplotlib's ``plot`` of the losses.
        smoothed_kwargs : dict, default=None
            Keywords for that of the moving average.

        Returns
        -------
        LearningRateDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            There is no matplotlib.
        TypeError
            The estimator is not a network of skmlp, and does not end in one; a rate is no
            number, or `n_steps` no integer; or as of `fit`.
        ValueError
            The solver has no learning rate, as 'lbfgs'; the rates do not rise; the first loss
            is not finite; or as of `fit`.

        References
        ----------
        .. [1] J. Howard and S. Gugger, "Deep learning for coders with fastai and PyTorch",
           O'Reilly 2020, chapter 5.

        Examples
        --------
        >>> from sklearn.datasets import load_digits
        >>> from skmlp import LearningRateDisplay, MLPMulticlassClassifier
        >>> X, y = load_digits(return_X_y=True)
        >>> network = MLPMulticlassClassifier(random_state=0)
        >>> display = LearningRateDisplay.from_estimator(network, X / 16, y)
        >>> 0.003 < display.suggested_rate < 0.1
        True
        >>> network = network.set_params(learning_rate_init=display.suggested_rate)
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        network, rates = check_network(estimator), _check_range(min_lr, max_lr, n_steps)
        steps = steps_before(estimator)
        if steps is not None:
            X = clone(steps).fit_transform(X, y)
        losses, smoothed = smoothed_until_divergence(
            losses_at_rates(network, X, y, sample_weight, rates)
        )
        rates = rates[: len(losses)]
        display = cls(
            learning_rates=rates,
            losses=losses,
            smoothed_losses=smoothed,
            suggested_rate=_suggest(rates, smoothed),
        )
        return display.plot(ax, loss_kwargs=loss_kwargs, smoothed_kwargs=smoothed_kwargs)
