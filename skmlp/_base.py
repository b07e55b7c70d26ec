"""What the two classifiers share: parameters, fit, partial_fit and tags."""

import copy
from abc import ABC
from contextlib import AbstractContextManager, nullcontext
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval, Options
from sklearn.utils.multiclass import _check_partial_fit_first_call
from sklearn.utils.validation import check_is_fitted, validate_data

from skmlp._assembly import (
    build_ensemble,
    build_problem,
    build_problems,
    for_each_member,
    hold_out,
    random_states,
    validation_set,
    weighted_data,
)
from skmlp._callbacks import CallbackSupport, FitCallbacks
from skmlp._data import (
    TrainingData,
    as_matrix,
    as_native,
    check_convertible,
    check_no_date_columns,
    check_no_dates,
    converting_rows,
    kept_dtypes,
)
from skmlp._decorators import available_if, fit_context
from skmlp._ensemble import Ensemble
from skmlp._explanations import explained, naming
from skmlp._float_errors import quiet_fit
from skmlp._history import History
from skmlp._initialization import initialize_from_data
from skmlp._kernels.activations import ACTIVATIONS
from skmlp._kernels.optimizers import OPTIMIZERS
from skmlp._labels import as_labels, check_given_classes, check_targets
from skmlp._lbfgs import train_lbfgs
from skmlp._output import Classification
from skmlp._parameters import NamedParameters, Names, suggestion
from skmlp._persistence import PersistenceMixin
from skmlp._prediction import PredictionMixin
from skmlp._schedules import SCHEDULES
from skmlp._scoring import ValidationSet
from skmlp._training import StochasticTraining, TrainingState
from skmlp._types import (
    Activations,
    ClassWeight,
    Initialization,
    Parameters,
    RandomState,
    Rates,
    Schedule,
    Scoring,
    Solver,
    Widths,
)
from skmlp._undo import Undo
from skmlp._validation import check_numbers, check_together, check_watched
from skmlp._warnings import warn_far, warn_unused
from skmlp._weights import check_weights


def _has_partial_fit(estimator: Any) -> bool:
    name, solver = f"{type(estimator).__name__}.partial_fit", estimator.solver
    known = [*OPTIMIZERS, "lbfgs"]
    if not isinstance(solver, str) or solver not in known:
        raise AttributeError(
            f"solver must be among {sorted(known)} for {name}; got {solver!r}."
            f"{suggestion(solver, known)}"
        )
    if solver not in OPTIMIZERS:
        raise AttributeError(
            f"partial_fit is only available for stochastic optimizers. {solver} is not "
            f"stochastic: set solver to one of {sorted(OPTIMIZERS)} for {name}."
        )
    if estimator.early_stopping:
        raise AttributeError(
            "partial_fit does not support early_stopping=True, since each call is one epoch "
            f"on rows of its own: set early_stopping=False for {name}."
        )
    return True


# The settings of `tabular`; docs/tabular.md has the ablation.
_TABULAR: Parameters = {
    "hidden_layer_sizes": (128, 128),
    "activation": "silu",
    "solver": "adamw",
    "learning_rate_init": 0.002,
    "max_iter": 64,
    "early_stopping": True,
    "validation_fraction": 0.125,
    "n_iter_no_change": None,
    "scoring": "neg_log_loss",
    "n_members": 8,
    "temperature_scaling": True,
    "init": "data",
    "scaling_rate": 60.0,
}


# The attributes of a fit but for those that scikit-learn's validation sets.
_SET_BY_CONCLUDE = (
    *("_ensemble", "_state", "classes_", "n_layers_", "n_outputs_", "out_activation_"),
    *("n_iter_", "t_", "loss_", "loss_curve_", "validation_scores_", "validation_loss_curve_"),
    *("best_validation_score_", "best_iter_", "temperature_", "best_loss_"),
)
# Those of them that a call that goes on appends to.
_CURVES = ("loss_curve_", "validation_scores_", "validation_loss_curve_")


class BaseMLPClassifier(
    CallbackSupport,
    PersistenceMixin,
    PredictionMixin,
    NamedParameters,
    ClassifierMixin,
    BaseEstimator,
    ABC,
):
    """What the two classifiers have in common: all but the output layer.

    A subclass names its loss and says which classes it takes.
    """

    _parts: ClassVar[dict[str, type]] = {"_ensemble": Ensemble}

    classes_: NDArray[Any]
    n_features_in_: int
    feature_names_in_: NDArray[np.object_]
    n_layers_: int
    n_outputs_: int
    out_activation_: str
    n_iter_: int
    t_: int
    loss_: float
    loss_curve_: list[float]
    best_loss_: float | None
    validation_scores_: list[float] | None
    validation_loss_curve_: list[float] | None
    best_validation_score_: float | None
    best_iter_: int | None
    temperature_: float
    _ensemble: Ensemble
    _state: TrainingState | None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [Names(set(ACTIVATIONS)), "array-like"],
        "solver": [Names({*OPTIMIZERS, "lbfgs"})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [Names({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Names(set(SCHEDULES))],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "power_t": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose", Names({"progress"})],
        "warm_start": ["boolean"],
        "momentum": [Interval(Real, 0, 1, closed="both")],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "n_iter_no_change": [
            Interval(Integral, 1, None, closed="left"),
            Options(Real, {np.inf}),
            None,
        ],
        "max_fun": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Integral, None, -1, closed="right"),
            None,
        ],
        "class_weight": [Names({"balanced"}), dict, None],
        "dropout": [Interval(Real, 0, 1, closed="left"), "array-like"],
        "warmup_fraction": [Interval(Real, 0, 1, closed="both")],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "max_grad_norm": [Interval(Real, 0, None, closed="neither"), None],
        "scoring": [Names(set(get_scorer_names())), callable, None],
        "transform_layer": [Integral, Names({"all"})],
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "temperature_scaling": ["boolean"],
        "init": [Names({"random", "data"})],
        "scaling_rate": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        hidden_layer_sizes: Widths = (100,),
        activation: Activations = "relu",
        *,
        solver: Solver = "adam",
        alpha: float = 0.0001,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: Schedule = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: RandomState = None,
        tol: float = 1e-4,
        verbose: bool | int | Literal["progress"] = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float | None = 10,
        max_fun: int = 15000,
        n_jobs: int | None = None,
        class_weight: ClassWeight = None,
        dropout: Rates = 0.0,
        warmup_fraction: float = 0.0,
        label_smoothing: float = 0.0,
        max_grad_norm: float | None = None,
        scoring: Scoring = None,
        transform_layer: int | Literal["all"] = -1,
        n_members: int = 1,
        temperature_scaling: bool = False,
        init: Initialization = "random",
        scaling_rate: float = 0.0,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.n_jobs = n_jobs
        self.class_weight = class_weight
        self.dropout = dropout
        self.warmup_fraction = warmup_fraction
        self.label_smoothing = label_smoothing
        self.max_grad_norm = max_grad_norm
        self.scoring = scoring
        self.transform_layer = transform_layer
        self.n_members = n_members
        self.temperature_scaling = temperature_scaling
        self.init = init
        self.scaling_rate = scaling_rate

    @classmethod
    def tabular(cls, **overrides: Unpack[Parameters]) -> Self:
        """Return an estimator with settings that do well on tables of any size.

        They are for what :class:`~skmlp.TabularPreprocessor` returns, in float32, and are
        ordinary parameters, to be seen in ``get_params`` and searched over. Where each comes
        from, and what it is worth, is in the documentation's "Tabular data".

        Parameters
        ----------
        **overrides
            Parameters to have other values.

        Returns
        -------
        object
            The estimator.

        Examples
        --------
        >>> from sklearn.pipeline import make_pipeline
        >>> from skmlp import MLPBinaryClassifier, TabularPreprocessor
        >>> network = MLPBinaryClassifier.tabular(random_state=0)
        >>> pipeline = make_pipeline(TabularPreprocessor(), network)
        >>> network.get_params()["n_members"]
        8
        """
        return cls(**(_TABULAR | overrides))

    if TYPE_CHECKING:  # scikit-learn's mixins, where these are, have no types

        def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float: ...

        def fit_transform(self, X: Any, y: Any, **fit_params: Any) -> NDArray[Any]: ...

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
            Training data; float32 and float64 are kept.
        y : array-like of shape (n_samples,)
            Class labels, of any type that sorts.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows in the objective; None means 1 for each. A row
            of weight 0 takes no part in training, though its class is one of `classes_`.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Rows for early stopping to watch, instead of a part of X. In a Pipeline they are
            transformed as X is with ``transform_input=["X_val"]``.
        y_val : array-like of shape (n_val,), default=None
            Their labels, from among those of `y`.
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
            predicting the frequencies of the classes for every row; or ``solver='lbfgs'`` makes
            no use of a parameter that was set.
        UserWarning
            X_val is not on the scale of X.

        Notes
        -----
        After a call that raises, for whatever reason, the estimator is not fitted; or, where
        ``warm_start=True`` and there was a fit to go on with, it is as it was before the call.
        """
        goes_on = self.warm_start and hasattr(self, "_ensemble")
        if not goes_on:
            self._forget()
        given_X, given_y = X, y
        X, y = self._check_training_rows(X, y, goes_on)
        with naming("y"):
            output = self._output_class(np.unique(y))
        output.check_classes()
        if goes_on and not output.has_classes(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the "
                f"previous call to fit. Previously got {self.classes_}, `y` has "
                f"{output.classes}"
            )
        check_numbers(self._parameter_constraints, self)
        check_together(self)
        check_watched(self, X_val, y_val, sample_weight_val)
        warn_unused(self)
        targets = output.encode_known(y, X.dtype)
        data = weighted_data(self, X, targets, sample_weight, output)
        held_out = None
        if X_val is not None:
            held_out = self._check_validation_rows(
                X_val, y_val, sample_weight_val, output, X.dtype
            )
            warn_far(data, held_out[0])
        random_state = check_random_state(self.random_state)
        sources = random_states(self, random_state)
        fitted = self._ensemble if goes_on else None
        ensemble = build_ensemble(self, X.shape[1], X.dtype, output, sources, fitted)
        rows, validation = self._hold_out(data, X, held_out, output, random_state)
        if self.init == "data" and not goes_on:
            initialize_from_data(ensemble, data, rows, sources)
        history = self._get_history(goes_on, watches=validation is not None)
        callbacks = FitCallbacks(
            self,
            given_X,
            given_y,
            sample_weight,
            lambda ensemble: self._attributes(ensemble, output, copy.deepcopy(history), None),
        )
        state = None
        with self._undone_on_failure() if goes_on else nullcontext():
            if self.solver == "lbfgs":
                mean = float(data.weights[rows[0]].mean())
                problem = build_problem(self, data, rows[0], mean, output)
                train_lbfgs(ensemble, problem, history, self, callbacks)
            else:
                keeps_best = validation is not None
                state = TrainingState(self, ensemble, sources, keeps_best=keeps_best)
                problems = build_problems(self, data, rows, state, output)
                StochasticTraining(
                    ensemble, problems, validation, state, history, self, callbacks
                ).fit()
            self._conclude(ensemble, output, history, state)
            callbacks.end(ensemble)
        return self

    @available_if(_has_partial_fit)
    @quiet_fit
    @fit_context
    def partial_fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> Self:
        """Go through the given rows once, keeping the optimizer's state between calls.

        After `fit` it goes on from where that ended. In a copy or a file of an estimator that
        was fitted without ``warm_start``, only the parameters go on: optimizer, schedule and
        random state begin afresh, since such files have nothing that predictions do not need.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,)
            Class labels; not every class need be among them.
        sample_weight : array-like of shape (n_samples,), default=None
            As in `fit`; the weights of one call count relative to those of the others.
        classes : array-like of shape (n_classes,), default=None
            All class labels. Required in the first call.

        Returns
        -------
        object
            The estimator itself, trained for one more epoch.

        Raises
        ------
        AttributeError
            The solver is not stochastic; or ``early_stopping=True``, which makes no sense for
            one epoch.
        TypeError
            As in `fit`.
        ValueError
            As in `fit`; or ``class_weight='balanced'``, which would be that of the call's rows
            alone.

        Notes
        -----
        After a call that raises, for whatever reason, the estimator is as it was before the
        call, and the next one goes on as if there had not been any. A ``RandomState`` that was
        given as `random_state` is the exception: what was drawn from it stays drawn.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight 'balanced' is not supported for partial_fit, which does not see "
                "all rows. Compute the weights from all labels with "
                "sklearn.utils.compute_class_weight('balanced', classes=classes, y=y), and "
                "pass them as a dict."
            )
        check_numbers(self._parameter_constraints, self)
        check_together(self)
        goes_on = hasattr(self, "_ensemble")
        if not goes_on:
            self._forget()
        with naming("classes"):
            if classes is not None:
                check_given_classes(classes)
            _check_partial_fit_first_call(self, classes)
        output = self._output_class(self.classes_ if goes_on else self.__dict__.pop("classes_"))
        if not goes_on:
            if output.classes.size == 0:
                raise ValueError("classes must have all class labels; got none.")
            output.check_classes()
        X, y = self._check_training_rows(X, y, goes_on)
        data = weighted_data(self, X, output.encode(y, X.dtype), sample_weight, output)
        state = self._state if goes_on else None
        if state is None:
            sources = random_states(self, check_random_state(self.random_state))
        else:
            sources = [member.random_state for member in state.members]
        fitted = self._ensemble if goes_on else None
        ensemble = build_ensemble(self, X.shape[1], X.dtype, output, sources, fitted)
        rows = for_each_member(self, np.flatnonzero(data.weights))
        if self.init == "data" and not goes_on:
            initialize_from_data(ensemble, data, rows, sources)
        history = self._get_history(goes_on, watches=False)
        with self._undone_on_failure(state) if goes_on else nullcontext():
            if state is None:
                state = TrainingState(self, ensemble, sources, keeps_best=False)
            state.resume(self, ensemble)
            problems = build_problems(self, data, rows, state, output)
            StochasticTraining(ensemble, problems, None, state, history, self).partial_fit()
            # A chunk on which the loss overflows is not to end a stream.
            self._conclude(ensemble, output, history, state, keeps_any_loss=True)
        return self

    def _check_rows(
        self, X: Any, y: Any, dtype: Any, *, reset: bool, watched: bool = False
    ) -> tuple[Any, NDArray[Any]]:
        """Return X as C-ordered array or CSR matrix, and labels y in one dimension."""
        name = type(self).__name__
        try:
            rows = self._as_rows(X, dtype, reset=reset)
        except (TypeError, ValueError) as error:
            kept = dtype[0] if isinstance(dtype, tuple) else dtype
            refused = explained(error, X, name, kept, watched=watched)
            if refused is error:
                raise
            raise refused from error
        return rows, as_labels(y, rows, name)

    def _as_rows(self, X: Any, dtype: Any, *, reset: bool) -> Any:
        check_convertible(X, dtype)
        check_no_dates(X)
        check_no_date_columns(X)
        with converting_rows():  # infinity is refused there
            X = validate_data(self, X, accept_sparse="csr", dtype=dtype, order="C", reset=reset)
        return as_native(X)

    def _check_training_rows(self, X: Any, y: Any, goes_on: bool) -> tuple[Any, NDArray[Any]]:
        dtype = self._ensemble.theta.dtype if goes_on else kept_dtypes(X)
        X, y = self._check_rows(X, y, dtype, reset=not goes_on)
        check_targets(y, type(self).__name__)
        return X, y

    def _check_validation_rows(
        self,
        X_val: Any,
        y_val: Any,
        sample_weight_val: Any,
        output: Classification,
        dtype: Any,
    ) -> tuple[TrainingData, Any]:
        """Return the rows that fit was given to watch, and their X as an array."""
        try:
            X, y = self._check_rows(X_val, y_val, dtype, reset=False, watched=True)
            targets, weights = output.encode(y, dtype), check_weights(sample_weight_val, X)
            data = TrainingData(as_matrix(X, dtype), targets, weights)
        except (TypeError, ValueError) as error:
            message = f"The validation rows (X_val, y_val, sample_weight_val): {error}"
            raise ValueError(message) from error
        return data, X

    def _hold_out(
        self,
        data: TrainingData,
        X: Any,
        given: tuple[TrainingData, Any] | None,
        output: Classification,
        random_state: np.random.RandomState,
    ) -> tuple[list[NDArray[np.intp]], ValidationSet | None]:
        """Return the training rows of each member, and what early stopping watches, if at all.

        That is what fit was given, or else a part of the rows, where there are enough.
        """
        watched: list[NDArray[np.intp]] | None
        if given is not None and output.can_be_watched:
            rows = for_each_member(self, np.flatnonzero(data.weights))
            data, X = given
            watched = [np.flatnonzero(data.weights)] * self.n_members
        else:
            rows, watched = hold_out(self, data, output, random_state)
        if watched is None:
            return rows, None
        follows = self.scoring in (None, "accuracy", "neg_log_loss")  # from the logits
        scorer = None if follows else check_scoring(self, self.scoring)
        return rows, validation_set(
            self,
            data,
            X,
            watched,
            output,
            scorer,
            lambda ensemble: self._as_fitted(ensemble, output.classes),
        )

    def _as_fitted(self, ensemble: Ensemble, classes: NDArray[Any]) -> Self:
        """Return a copy of the estimator that predicts with `ensemble`.

        It takes arrays without a word about names that X had as a DataFrame.
        """
        fitted = copy.copy(self)
        fitted._forget()  # the attributes of the fit that a warm start goes on with
        fitted._ensemble, fitted.classes_ = ensemble, classes
        fitted.__dict__.pop("feature_names_in_", None)
        return fitted

    def _forget(self) -> None:
        """Count as not fitted until `_conclude`, so that no failure leaves half a fit."""
        for name in _SET_BY_CONCLUDE:
            self.__dict__.pop(name, None)

    def _undone_on_failure(
        self, state: TrainingState | None = None
    ) -> AbstractContextManager[None]:
        """Return a context in which the fit may be changed: its network, curves and `state`."""
        copies = {name: copy.copy(getattr(self, name)) for name in _CURVES}
        copies["_ensemble"] = self._ensemble.copy()
        if state is not None:
            copies["_state"] = state.copy(self.random_state)
        return Undo(self.__dict__, _SET_BY_CONCLUDE, copies)

    def _get_history(self, goes_on: bool, *, watches: bool) -> History:
        history = History(self.loss_curve_, t=self.t_) if goes_on else History()
        if watches:
            history.validation_scores = (goes_on and self.validation_scores_) or []
            history.validation_loss_curve = (goes_on and self.validation_loss_curve_) or []
        return history

    def _conclude(
        self,
        ensemble: Ensemble,
        output: Classification,
        history: History,
        state: TrainingState | None,
        *,
        keeps_any_loss: bool = False,
    ) -> None:
        """Set the fitted attributes, or raise where parameters or loss are not finite."""
        is_finite = np.isfinite(ensemble.theta).all()
        if not (is_finite and (keeps_any_loss or np.isfinite(history.loss))):
            what = "a loss that is not finite" if is_finite else "non-finite parameter weights"
            raise ValueError(
                f"Solver produced {what}. The input data may contain large values and need to "
                "be preprocessed, or learning_rate_init or alpha is too large."
            )
        # At once: no signal and no other thread finds the attributes of two fits.
        self.__dict__.update(self._attributes(ensemble, output, history, state))

    def _attributes(
        self,
        ensemble: Ensemble,
        output: Classification,
        history: History,
        state: TrainingState | None,
    ) -> dict[str, Any]:
        """Return the attributes of a fit."""
        best_loss = None
        if history.best_score is None:
            best_loss = min(history.loss_curve, default=history.loss)
        return {
            "classes_": output.classes,
            "n_layers_": ensemble.depth + 1,
            "n_outputs_": ensemble.units[-1],
            "out_activation_": output.loss.link,
            "n_iter_": history.n_iter,
            "t_": history.t,
            "loss_": history.loss,
            "loss_curve_": history.loss_curve,
            "validation_scores_": history.validation_scores,
            "validation_loss_curve_": history.validation_loss_curve,
            "best_validation_score_": history.best_score,
            "best_iter_": history.best_iter,
            "temperature_": history.temperature,
            "best_loss_": best_loss,
            "_state": state,
            "_ensemble": ensemble,
        }

    def __getstate__(self) -> dict[str, Any]:
        """Return what files have, without moments that are larger than the network.

        They are there where training is meant to go on.
        """
        state = super().__getstate__()
        training = state.get("_state")
        if training is not None and not (training.is_kept or self.warm_start):
            state["_state"] = None
        return state

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_ensemble")

    @property
    def coefs_(self) -> tuple[NDArray[Any], ...]:
        """Weight matrices W⁽ᵏ⁾ (fan_in, fan_out); writing into one changes the network."""
        check_is_fitted(self)
        return self._ensemble.coefs

    @property
    def intercepts_(self) -> tuple[NDArray[Any], ...]:
        """Bias vectors b⁽ᵏ⁾ (fan_out,), likewise."""
        check_is_fitted(self)
        return self._ensemble.intercepts

    @property
    def slopes_(self) -> tuple[NDArray[Any], ...]:
        """Slopes (width,) of each hidden layer with 'prelu', likewise."""
        check_is_fitted(self)
        return self._ensemble.slopes

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        tags.classifier_tags.multi_class = self._output_class.is_multiclass
        return tags
