"""The output of the regressor: means of numbers, or their quantiles."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy
from sklearn.metrics import d2_absolute_error_score, d2_pinball_score

from skmlp._border.losses import LOSSES, Loss
from skmlp._outputs.base import Blocks, Output, as_targets
from skmlp._targets import as_numbers, check_fits

_Array = NDArray[np.float64]
# A mean or a standard deviation of y outside of these trains badly: the network begins with
# outputs of order one, and its steps are of a thousandth.
_LEAST_SCALE, _LARGEST_SCALE = 0.1, 10.0


# ---- losses


def _squared_error(o: _Array, y: _Array, levels: _Array) -> _Array:
    return np.asarray((o - y) ** 2 / 2)


def _poisson(o: _Array, y: _Array, levels: _Array) -> _Array:
    return np.asarray(np.exp(o) - y * o + xlogy(y, y) - y)


def _gamma(o: _Array, y: _Array, levels: _Array) -> _Array:
    return np.asarray(y * np.exp(-o) + o - np.log(y) - 1)


def _absolute_error(o: _Array, y: _Array, levels: _Array) -> _Array:
    return np.abs(o - y)


def _pinball(o: _Array, y: _Array, levels: _Array) -> _Array:
    error = o - y
    return np.asarray(error * ((error > 0) - levels))


# ---- scores: functions of y (m, t), predictions (m, q) and weights (m,)


def r2(y: _Array, predictions: _Array, weights: _Array) -> float:
    """Return R², the mean over the outputs: r2_score in a tenth of the time."""
    residual = np.average((y - predictions) ** 2, axis=0, weights=weights)
    mean = np.average(y, axis=0, weights=weights)
    variance = np.average((y - mean) ** 2, axis=0, weights=weights)
    # Of constant numbers it is 1 if they are predicted, and else 0.
    constant = np.where(residual == 0, 1.0, 0.0)
    is_constant = variance == 0
    result = 1 - residual / np.where(is_constant, 1.0, variance)
    return float(np.where(is_constant, constant, result).mean())


def _neg_mean_squared_error(y: _Array, predictions: _Array, weights: _Array) -> float:
    return -float(np.average((y - predictions) ** 2, axis=0, weights=weights).mean())


def _neg_root_mean_squared_error(y: _Array, predictions: _Array, weights: _Array) -> float:
    squares = np.average((y - predictions) ** 2, axis=0, weights=weights)
    return -float(np.sqrt(squares).mean())


def _neg_mean_absolute_error(y: _Array, predictions: _Array, weights: _Array) -> float:
    return -float(np.average(np.abs(y - predictions), axis=0, weights=weights).mean())


# scikit-learn's names of what follows from predictions of one number for each of y.
_SCORES: dict[str, Callable[[_Array, _Array, _Array], float]] = {
    "r2": r2,
    "neg_mean_squared_error": _neg_mean_squared_error,
    "neg_root_mean_squared_error": _neg_root_mean_squared_error,
    "neg_mean_absolute_error": _neg_mean_absolute_error,
}


def pinball_score(y: Any, predictions: Any, levels: NDArray[Any], weights: Any) -> float:
    """Return D² of the pinball loss: of several levels of one y the mean over them.

    Parameters
    ----------
    y : array of shape (m,) or (m, t)
    predictions : array of shape (m,) or (m, q)
    levels : array of shape (1,) or (q,)
    weights : array of shape (m,) or None
    """
    if len(levels) == 1:
        return float(d2_pinball_score(y, predictions, sample_weight=weights, alpha=levels[0]))
    scores = [
        d2_pinball_score(y, column, sample_weight=weights, alpha=level)
        for level, column in zip(levels, np.transpose(predictions), strict=True)
    ]
    return float(np.mean(scores))


# ---- kinds of losses


class Kind(NamedTuple):
    """What a loss is, beside its compiled form.

    Attributes
    ----------
    losses : callable
        (outputs (m, q), y (m, t), levels) -> losses (m, q).
    scorer : str or None
        scikit-learn's scorer that goes by the loss; None is the estimator's own.
    constant : str
        What predicts the same for every row with the least loss.
    least : float
        The least y there may be, or its limit.
    includes_least : bool
    """

    losses: Callable[[_Array, _Array, _Array], _Array]
    scorer: str | None
    constant: str
    least: float = -np.inf
    includes_least: bool = True

    @property
    def domain(self) -> str:
        """What y may be, in words."""
        return f"{'at least' if self.includes_least else 'above'} {self.least:g}"


KINDS = {
    "squared_error": Kind(_squared_error, "neg_mean_squared_error", "the mean of y"),
    "poisson": Kind(_poisson, "neg_mean_poisson_deviance", "the mean of y", 0.0),
    "gamma": Kind(_gamma, "neg_mean_gamma_deviance", "the mean of y", 0.0, False),
    "absolute_error": Kind(_absolute_error, "neg_mean_absolute_error", "the median of y"),
    "quantile": Kind(_pinball, None, "the quantiles of y"),
}


class Scale(NamedTuple):
    """How y is transformed for training: (y - shift) / factor, of each output.

    Attributes
    ----------
    shift, factor : arrays of shape (t,)
    """

    shift: _Array
    factor: _Array

    @classmethod
    def none(cls, n_outputs: int) -> "Scale":
        """Return that which changes nothing."""
        return cls(np.zeros(n_outputs), np.ones(n_outputs))

    @classmethod
    def learned(cls, y: NDArray[Any], weights: NDArray[Any], link: str) -> "Scale":
        """Return that which gives y (n,) or (n, t) the mean 0 and the standard deviation 1.

        With a logarithm for a link it gives it the mean 1 by a factor alone, as a shift would
        leave numbers that are not positive.
        """
        columns = y.reshape(len(y), -1).astype(np.float64)
        largest = np.abs(columns).max(axis=0)
        unit = np.where(largest > 0, largest, 1.0)
        columns /= unit  # or squares would overflow
        means = np.average(columns, axis=0, weights=weights)
        if link == "exp":
            return cls(np.zeros_like(unit), unit * np.where(means > 0, means, 1.0))
        deviations = np.sqrt(np.average((columns - means) ** 2, axis=0, weights=weights))
        # What is constant but for rounding is predicted as such, whatever the network does.
        rounding = np.finfo(np.float64).eps * np.maximum(np.abs(means), 1.0)
        return cls(unit * means, unit * np.maximum(deviations, rounding))

    @property
    def is_none(self) -> bool:
        """Whether it changes nothing."""
        return not self.shift.any() and bool((self.factor == 1).all())


class Numbers(Output):
    """One number o a row, or several: a mean, its logarithm, a median, or quantiles of one y.

    Parameters
    ----------
    loss_name : str
        A name in ``KINDS``.
    scale : Scale or None
        Of each column of y; None leaves y as it is.
    levels : sequence of float, default=()
        Of quantiles: one of each column of y; or several of a single y, in the order in which
        they are predicted, where the network has them in the order of their size.
    n_targets : int, default=1
        The number t of columns of y, for a scale of None.
    """

    subject = "y"

    def __init__(
        self,
        loss_name: str,
        scale: Scale | None,
        levels: Sequence[float] = (),
        n_targets: int = 1,
    ) -> None:
        self.name = loss_name
        self.is_normalized = scale is not None
        self.shift, self.factor = scale or Scale.none(n_targets)
        self.levels = np.array(levels, np.float64)

    def __str__(self) -> str:
        return f"{self.n_logits} outputs of y"

    @property
    def _kind(self) -> Kind:
        return KINDS[self.name]

    @property
    def loss(self) -> Loss:
        """The compiled loss."""
        return LOSSES["quantiles" if self._has_levels else self.name]

    @property
    def _has_levels(self) -> bool:
        """Whether there are several quantiles of one y."""
        return self.levels.size > 1

    @property
    def scale(self) -> Scale:
        """How y is transformed for training."""
        return Scale(self.shift, self.factor)

    @property
    def baseline(self) -> str:
        """The best constant for the loss."""
        return self._kind.constant

    @property
    def n_targets(self) -> int:
        """The number t of columns of y."""
        return len(self.shift)

    @property
    def n_logits(self) -> int:
        """One a column of y, or a quantile."""
        return max(self.levels.size, self.n_targets)

    @property
    def n_means(self) -> int:
        """As many as logits."""
        return self.n_logits

    def fits(self, n_logits: int) -> bool:
        """Return whether there are as many."""
        return n_logits == self.n_logits

    @property
    def attributes(self) -> dict[str, Any]:
        """The output itself: parameters of the estimator may be set after a fit."""
        return {"_numbers": self}

    # ---- y

    @staticmethod
    def check_y(y: Any, X: Any, name: str) -> NDArray[Any]:
        """Return numbers (n,) or (n, t)."""
        return as_numbers(y, X, name)

    def check_shape(self, y: NDArray[Any]) -> None:
        """Raise ValueError if y has not as many columns as in training, or too many."""
        n_columns = 1 if y.ndim == 1 else y.shape[1]
        if n_columns != self.n_targets:
            raise ValueError(
                f"y must have as many columns as in training, {self.n_targets}; got "
                f"{n_columns}."
            )

    def encode(self, y: NDArray[Any], dtype: Any) -> NDArray[Any]:
        """Return the numbers as training has them; raise ValueError for impossible ones."""
        self.check_shape(y)
        kind, least = self._kind, y.min()
        if not (least > kind.least or (kind.includes_least and least == kind.least)):
            raise ValueError(
                f"loss={self.name!r} needs each y to be {kind.domain}; got {least:g} in row "
                f"{int(y.reshape(len(y), -1).min(axis=1).argmin())}. Take another loss, or "
                "another y."
            )
        check_fits(y, dtype)  # as predictions have to
        numbers = y if self.scale.is_none else (y - self.shift) / self.factor
        return as_targets(numbers, dtype)

    def decode(self, targets: NDArray[Any]) -> NDArray[Any]:
        """Return the numbers in y's own units."""
        y = self._in_units(targets)
        return y[:, 0] if self.n_targets == 1 else y

    def _in_units(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return targets or mean responses (n, t or q) in y's own units."""
        if self.scale.is_none:
            return values
        dtype = values.dtype.type
        return values * self.factor.astype(dtype) + self.shift.astype(dtype)

    # ---- predictions

    def predictions(self, means: NDArray[Any]) -> NDArray[Any]:
        """Return mean responses (..., n, q) as `predict` does: (..., n), or (..., n, q)."""
        result = self._as_given(self._in_units(means))
        return result[..., 0] if self.n_logits == 1 else result

    def deviations(self, deviations: NDArray[Any]) -> NDArray[Any]:
        """Return standard deviations (n, q) of mean responses, likewise."""
        factor = self.factor.astype(deviations.dtype)
        result = self._as_given(deviations * factor)
        return result[..., 0] if self.n_logits == 1 else result

    def _as_given(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return quantiles (..., q) in the order in which their levels were given."""
        order = self.levels.argsort()
        if (order[1:] > order[:-1]).all():
            return values
        return values[..., order.argsort()]

    def _means(self, logits: NDArray[Any]) -> _Array:
        """Return mean responses, as the kernel does."""
        if self.loss.link == "exp":
            return np.exp(logits)
        return np.sort(logits, axis=1) if self._has_levels else logits

    @property
    def columns(self) -> list[int]:
        """Those of `predictions`."""
        return list(range(self.n_logits))

    def slopes_of_logits(self, logits: NDArray[Any], column: Any) -> NDArray[Any]:
        """Return derivatives (n_members, n, q) of the mean prediction, in y's own units."""
        columns = np.broadcast_to(column, logits.shape[1])
        slopes = self.factor[0 if self._has_levels else columns].astype(logits.dtype)
        place = np.broadcast_to(columns, logits.shape[:2])
        if self._has_levels:  # sorted in each row, and then in the order as given
            ranks = self.levels.argsort().argsort()[place]
            order = logits.argsort(axis=2)
            place = np.take_along_axis(order, ranks[..., np.newaxis], axis=2)[..., 0]
        result = np.zeros_like(logits)
        values = np.broadcast_to(slopes / len(logits), place.shape)[..., np.newaxis]
        np.put_along_axis(result, place[..., np.newaxis], values, axis=2)
        return result * np.exp(logits) if self.loss.link == "exp" else result

    # ---- loss and scores

    def settings(self, smoothing: float) -> NDArray[np.float64]:
        """Return the levels of quantiles, of which the first logit has the least."""
        return np.sort(self.levels)

    def losses(
        self, logits: NDArray[Any], targets: NDArray[Any], smoothing: float = 0.0
    ) -> NDArray[np.float64]:
        """Return the loss of each row: see :mod:`skmlp._kernels.losses`."""
        outputs, y = logits.astype(np.float64), targets.astype(np.float64)
        losses = self._kind.losses(outputs, y, np.sort(self.levels))
        sums: _Array = losses.sum(axis=1)
        return sums / self.n_logits if self.name == "squared_error" else sums

    @property
    def score_names(self) -> tuple[str | None, ...]:
        """Those of one prediction for each y, and the estimator's own."""
        return (None,) if self._has_levels else (None, *_SCORES)

    @property
    def loss_name(self) -> str | None:
        """The name of the scorer that goes by the loss."""
        return self._kind.scorer

    def follows_loss(self, scoring: Any) -> bool:
        """Return whether it is of distances between y and predictions, as all losses are."""
        return scoring in (self.loss_name, *self.score_names)

    def score(
        self,
        name: str | None,
        logits: NDArray[Any],
        targets: NDArray[Any],
        weights: NDArray[Any],
        loss: float,
    ) -> float:
        """Return R², or what is in its place for other losses, or the score of that name."""
        y = self._in_units(targets.astype(np.float64))
        predictions = self._in_units(self._means(logits))
        if not np.isfinite(predictions).all():
            return np.nan
        if name is None and self.levels.size:
            return pinball_score(y, predictions, np.sort(self.levels), weights)
        if name is None and self.name == "absolute_error":
            return float(d2_absolute_error_score(y, predictions, sample_weight=weights))
        return _SCORES[name or "r2"](y, predictions, weights)

    @property
    def has_quantiles(self) -> bool:
        """Whether the loss is that of quantiles."""
        return self.levels.size > 0

    def best_shifts(
        self,
        logits: NDArray[Any],
        targets: NDArray[Any],
        weights: NDArray[Any],
        spread: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return what to add to the logits of quantiles.

        It is the quantile, of the same level, of the distances from them to y (Romano,
        Patterson and Candès 2019). Distances from single members' predictions spread more than
        those from the mean of all, by the members' own variance. Where that is added once more,
        the quantile moves about as far as it has moved already, which is taken back: by one
        step of simulation and extrapolation (Cook and Stefanski 1994).
        """
        distances, noise = targets - self._means(logits), np.sqrt(spread)
        noisier = np.concatenate([distances - noise, distances + noise])
        levels = np.broadcast_to(np.sort(self.levels), self.n_logits)
        found = _quantiles(distances, weights, levels)
        return 2 * found - _quantiles(noisier, np.tile(weights, 2), levels)

    # ---- what a constant does

    def _best_constant(self, blocks: Blocks) -> _Array:
        """Return the logits (1, q) with the least mean loss."""
        if self.name in ("absolute_error", "quantile"):
            y, weights = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
            given = np.sort(self.levels) if self.levels.size else 0.5
            levels = np.broadcast_to(given, self.n_logits)
            columns = np.broadcast_to(y, (len(y), self.n_logits))
            return _quantiles(columns, weights, levels)[np.newaxis]
        total: Any = sum(weights.sum(dtype=np.float64) for _, weights in blocks)
        sums: Any = sum(weights @ y.astype(np.float64) for y, weights in blocks)
        means = np.atleast_2d(sums / total)
        if self.loss.link == "exp":
            return np.log(np.maximum(means, np.finfo(np.float64).tiny))
        return means

    def _mean_loss(self, blocks: Blocks, constant: _Array) -> float:
        total = total_weight = 0.0
        for y, weights in blocks:
            logits = np.broadcast_to(constant, (len(y), self.n_logits))
            total += float((weights * self.losses(logits, y)).sum())
            total_weight += float(weights.sum(dtype=np.float64))
        return total / total_weight

    def loss_of_constant(self, blocks: Blocks, smoothing: float) -> float:
        """Return the loss of the mean, the median or the quantiles; 0 of a constant y."""
        return self._mean_loss(blocks, self._best_constant(blocks))

    def loss_of_zeros(self, blocks: Blocks) -> float:
        """Return the mean loss of logits of 0."""
        return self._mean_loss(blocks, np.zeros((1, self.n_logits)))

    def advice(self, blocks: Blocks) -> str:
        """Return that y be scaled where it is far from order one."""
        total: Any = sum(weights.sum(dtype=np.float64) for _, weights in blocks)
        mean: Any = sum(weights @ y.astype(np.float64) for y, weights in blocks) / total
        squares: Any = sum(weights @ (y - mean) ** 2 for y, weights in blocks)
        deviation = np.sqrt(squares / total)
        sizes = np.abs(mean) if self.loss.link == "exp" else deviation
        is_poor = (sizes > 0) & ((sizes < _LEAST_SCALE) | (sizes > _LARGEST_SCALE))
        is_poor |= np.abs(mean) > _LARGEST_SCALE * np.maximum(deviation, 1.0)
        if not is_poor.any():
            return ""
        j = int(is_poor.argmax())
        return (
            f"set normalize_y=True: y has the mean {mean[j]:.3g} and the standard deviation "
            f"{deviation[j]:.3g}, and training wants numbers of order one"
        )


def _quantiles(
    values: NDArray[Any], weights: NDArray[Any], levels: NDArray[Any]
) -> NDArray[np.float64]:
    """Return the quantile of each column (n,), for its level, with the least pinball loss."""
    found = np.empty(len(levels))
    for j, level in enumerate(levels):
        order = values[:, j].argsort()
        shares = weights[order].cumsum(dtype=np.float64)
        found[j] = values[order[np.searchsorted(shares, level * shares[-1])], j]
    return found
