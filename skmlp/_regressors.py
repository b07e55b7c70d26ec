"""The regressor: numbers in, means or quantiles of them out."""

from collections.abc import Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval

from skmlp._base import TABULAR, BaseMLP, has_partial_fit
from skmlp._border.losses import LOSSES
from skmlp._caller import warn
from skmlp._decorators import available_if, fit_context
from skmlp._docstrings import share_docstring
from skmlp._fitted import check_fitted
from skmlp._float_errors import quiet_fit
from skmlp._number_docstrings import NUMBERS
from skmlp._outputs.numbers import KINDS, Numbers, Scale, pinball_score
from skmlp._parameters import Names
from skmlp._targets import as_numbers
from skmlp._types import (
    Activations,
    Initialization,
    Loss,
    RandomState,
    Rates,
    RegressorParameters,
    Schedule,
    Scoring,
    Solver,
    Widths,
)
from skmlp._validation import check_quantile
from skmlp._weights import check_weights


@share_docstring(NUMBERS)
class MLPRegressor(RegressorMixin, BaseMLP):
    """Multilayer perceptron for numbers, trained by compiled kernels.

    The network has one output for each column of y: its mean, or with
    ``loss='absolute_error'`` its median; or one for each of several quantiles of a single y. It
    is a transformer too: `transform` returns the hidden representation.

    {parameters}

    {attributes}

    See Also
    --------
    sklearn.neural_network.MLPRegressor : Has the same parameters, and gives the same results.

    {notes}

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> from sklearn.model_selection import train_test_split
    >>> from skmlp import MLPRegressor
    >>> X, y = make_friedman1(1000, random_state=0)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> network = MLPRegressor(
    ...     learning_rate_init=0.01, normalize_y=True, random_state=0
    ... ).fit(X_train, y_train)
    >>> print(f"{network.score(X_test, y_test):.2f}")
    0.99
    >>> band = MLPRegressor(
    ...     "quantile", quantile=[0.1, 0.9], learning_rate_init=0.01, normalize_y=True,
    ...     random_state=0,
    ... ).fit(X_train, y_train)
    >>> band.predict(X_test).shape
    (250, 2)
    """

    _output_class = Numbers
    _parts: ClassVar[dict[str, type]] = {**BaseMLP._parts, "_numbers": Numbers}
    _tabular: ClassVar[dict[str, Any]] = {
        **TABULAR,
        "batch_size": "small",
        "n_members": 4,
        "dropout": 0.0,
        "normalize_y": True,
        "calibrate_quantiles": True,
    }

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseMLP._parameter_constraints,
        "loss": [Names(set(KINDS))],
        "quantile": [Interval(Real, 0, 1, closed="neither"), "array-like"],
        "normalize_y": ["boolean"],
        "calibrate_quantiles": ["boolean"],
    }
    _numbers: Numbers

    if TYPE_CHECKING:  # scikit-learn's mixins, where this is, have no types

        def fit_transform(self, X: Any, y: Any, **fit_params: Any) -> NDArray[Any]: ...

    def __init__(
        self,
        loss: Loss = "squared_error",
        hidden_layer_sizes: Widths | Literal["auto"] = (100,),
        activation: Activations = "relu",
        *,
        solver: Solver = "adam",
        alpha: float = 0.0001,
        batch_size: int | Literal["auto", "small"] = "auto",
        learning_rate: Schedule = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int | Literal["auto"] = 200,
        shuffle: bool = True,
        random_state: RandomState = None,
        tol: float = 1e-4,
        verbose: bool | int | Literal["progress"] = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float | Literal["auto"] = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float | None = 10,
        max_fun: int = 15000,
        n_jobs: int | None = None,
        dropout: Rates = 0.0,
        warmup_fraction: float = 0.0,
        max_grad_norm: float | None = None,
        scoring: Scoring = None,
        transform_layer: int | Literal["all"] = -1,
        n_members: int | Literal["auto"] = 1,
        init: Initialization = "random",
        scaling_rate: float = 0.0,
        quantile: float | Sequence[float] | NDArray[np.floating[Any]] = 0.5,
        normalize_y: bool = False,
        calibrate_quantiles: bool = False,
    ) -> None:
        self._set_parameters(locals())

    @classmethod
    def tabular(cls, **overrides: Unpack[RegressorParameters]) -> Self:
        """Return an estimator with settings that do well on tables, without a search.

        They are meant for the output of :class:`~skmlp.TabularPreprocessor`. All are ordinary
        parameters, which ``get_params`` shows and a search can vary. The documentation's
        "Tabular data" says where each comes from and what it gains.

        Parameters
        ----------
        **overrides
            Parameters with other values.

        Returns
        -------
        object
            The estimator.

        Examples
        --------
        >>> from sklearn.pipeline import make_pipeline
        >>> from skmlp import MLPRegressor, TabularPreprocessor
        >>> network = MLPRegressor.tabular(random_state=0)
        >>> pipeline = make_pipeline(TabularPreprocessor(), network)
        >>> network.get_params()["activation"]
        'silu'
        """
        parameters: dict[str, Any] = {**cls._tabular, **overrides}
        return cls(**parameters)

    @quiet_fit
    @fit_context
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Fit the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data, of which float32 and float64 keep their dtype.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Finite numbers; at least 0 for ``loss='poisson'``, and above 0 for 'gamma'. Several
            quantiles are of a y of one dimension.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows in the objective; None means 1 for each. A row
            of weight 0 is not trained on.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Rows for early stopping to watch, instead of a part of X. In a Pipeline they are
            transformed as X is with ``transform_input=["X_val"]``.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Their numbers.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights in the score; None means 1 for each.

        Returns
        -------
        object
            The fitted estimator itself.

        Raises
        ------
        TypeError
            X has dates or other objects that are no numbers, or y is sparse.
        ValueError
            X, y, the weights or a parameter are invalid; X_val comes without y_val or
            without ``early_stopping=True``; or training ended with a loss or parameters that
            are not finite.

        Warns
        -----
        ConvergenceWarning
            Training ended before it converged, or with a loss that is no better than that of
            predicting the mean of y (its median or quantiles) for every row; or
            ``solver='lbfgs'`` makes no use of a parameter that was set.
        UserWarning
            Training was interrupted; X_val is not on the scale of X; there are too few rows to
            hold any out; ``batch_size`` is larger than the number of rows; or there are several
            quantiles, and `loss` is not 'quantile'.

        Notes
        -----
        After a call that raises, for whatever reason, the estimator is not fitted; or, with
        ``warm_start=True`` after an earlier fit, it is as it was before the call.
        """
        return self._fit(X, y, sample_weight, X_val, y_val, sample_weight_val)

    @available_if(has_partial_fit)
    @quiet_fit
    @fit_context
    def partial_fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """Train for one epoch on the given rows, keeping the optimizer's state between calls.

        After `fit` it resumes from where that ended. In a copy or a file of an estimator that
        was fitted without ``warm_start``, only the parameters are resumed: optimizer, schedule
        and random state are reset, since such files have only what predictions need. With
        ``normalize_y=True`` the mean and the standard deviation are those of the first call.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers, as in `fit`.
        sample_weight : array-like of shape (n_samples,), default=None
            As in `fit`; the weights of one call count relative to those of the others.

        Returns
        -------
        object
            The estimator itself, trained for one more epoch.

        Raises
        ------
        AttributeError
            The solver is not stochastic; or ``early_stopping=True``, which one epoch cannot
            use.
        TypeError, ValueError
            As in `fit`.

        Warns
        -----
        UserWarning
            The schedule has come to its end after ``max_iter`` epochs; ``batch_size`` is larger
            than the number of rows; or the epoch was interrupted.

        Notes
        -----
        After a call that raises, for whatever reason, the estimator is as it was before, and
        the next call gives the same results as without it. A ``RandomState`` that was given as
        `random_state` is the exception: its draws are not undone.
        """
        self._check_parameters()
        if not hasattr(self, "_ensemble"):
            self._clear_fit()
        return self._partial_fit(X, y, sample_weight)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_quantile(self.quantile)

    def _learn_output(
        self, y: NDArray[Any], X: Any, sample_weight: Any, resumes: bool
    ) -> tuple[Numbers, NDArray[Any]]:
        levels = check_quantile(self.quantile) if self.loss == "quantile" else ()
        if not levels and np.ndim(self.quantile) > 0:
            warn(
                f"loss={self.loss!r} makes no use of quantile={self.quantile!r}, and predicts "
                "one number for each y: quantiles are for loss='quantile'."
            )
        n_outputs = 1 if y.ndim == 1 else y.shape[1]
        if len(levels) > 1 and n_outputs > 1:
            raise ValueError(
                f"quantile={self.quantile!r} has several quantiles, and y {n_outputs} columns: "
                "one or the other. Fit an estimator for each column of y."
            )
        if resumes:
            output = self._resumed(levels)
        elif self.normalize_y:
            weights, link = check_weights(sample_weight, X), LOSSES[self.loss].link
            output = Numbers(self.loss, Scale.learned(y, weights, link), levels)
        else:
            output = Numbers(self.loss, None, levels, n_outputs)
        return output, output.encode(y, X.dtype)

    def _resumed(self, levels: tuple[float, ...]) -> Numbers:
        """Return the output of the fit that is resumed.

        Raises
        ------
        ValueError
            It is for another loss, or was on another scale.
        """
        output = self._numbers
        for name, asked, fitted in (
            ("loss", self.loss, output.name),
            ("quantile", levels, tuple(output.levels.tolist())),
            ("normalize_y", bool(self.normalize_y), output.is_normalized),
        ):
            if asked != fitted:
                raise ValueError(
                    f"Training cannot resume: {name} was {fitted!r}, and is now {asked!r}. "
                    "Keep it, or fit anew with warm_start=False."
                )
        return output

    @property
    def _output(self) -> Numbers:
        return self._numbers

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Return the mean of y for each row, or its median or quantiles.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        return_std : bool, default=False
            Whether to return the standard deviation over the members (``n_members``), too.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,), or (n_samples, n_outputs or n_quantiles)
            The mean over the members, in the dtype of X. Several quantiles are in the order of
            `quantile`. They never cross, because they are sorted in each row.
        y_std : ndarray of the same shape
            The standard deviation of the members' predictions, only if ``return_std=True``.
            It is large far from the training rows. It does not measure the noise in y; use
            quantiles for that.

        Raises
        ------
        TypeError
            X has dates or other objects that are no numbers.
        ValueError
            X is invalid, or its numbers are so large that outputs overflow; or
            ``return_std=True`` and there is one member.
        """
        check_fitted(self)
        if return_std:
            return self._with_deviations(X)
        output, write = self._numbers, self._ensemble.write_means
        means = self._for_each_block(
            X, (output.n_means,), None, lambda rows, out: write(rows, output, out)
        )
        return self._checked(output.predictions(means))

    def _with_deviations(self, X: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        if len(self._ensemble.theta) == 1:
            raise ValueError(
                "return_std=True is the standard deviation over the members' predictions, and "
                "there is one member: fit with n_members=2 or more."
            )
        means = self._means_of_members(X)
        # As the mean is added up without it.
        mean = sum(means[1:], means[0].copy()) / len(means)
        deviations = np.sqrt(((means - mean) ** 2).mean(axis=0))
        output = self._numbers
        return self._checked(output.predictions(mean)), output.deviations(deviations)

    def predict_members(self, X: Any) -> NDArray[Any]:
        """Return the predictions of each member, whose mean is `predict`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_members, n_samples), or with one more dimension
            As of `predict`, one after the other.

        Raises
        ------
        ValueError
            As of `predict`.
        """
        check_fitted(self)
        return self._checked(self._numbers.predictions(self._means_of_members(X)))

    def _checked(self, predictions: NDArray[Any]) -> NDArray[Any]:
        """Return predictions, or raise ValueError where y's scale made them infinite."""
        if not (self._numbers.scale.is_none or np.isfinite(predictions).all()):
            raise ValueError(
                f"Predictions are too large for {predictions.dtype}, which X has: convert X to "
                "float64."
            )
        return predictions

    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float:
        """Return R²; with ``loss='quantile'`` D² of the pinball loss.

        Both are 1 for perfect predictions, and 0 for those of a constant: of the mean of y by
        squared errors, or of its quantile by the pinball loss. Several outputs, or quantiles,
        count equally.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
            As :func:`sklearn.metrics.r2_score` and :func:`sklearn.metrics.d2_pinball_score`.
        """
        check_fitted(self)
        if self._numbers.name != "quantile":
            result: float = super().score(X, y, sample_weight)
            return result
        predictions = self.predict(X)
        y = as_numbers(y, predictions, type(self).__name__)
        weights = None if sample_weight is None else check_weights(sample_weight, predictions)
        return pinball_score(y, predictions, self._numbers.levels, weights)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        is_positive = self.loss in ("poisson", "gamma")
        several = self.loss == "quantile" and np.ndim(self.quantile) > 0
        tags.target_tags.positive_only = is_positive
        # scikit-learn's checks of several outputs have negative ones.
        tags.target_tags.multi_output = not (is_positive or several)
        return tags
