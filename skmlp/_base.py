"""The base of all estimators: their parameters, and the steps of fit and partial_fit."""

import copy
from abc import ABC, abstractmethod
from contextlib import nullcontext
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.metrics import get_scorer_names
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, Options

from skmlp._assembly import Assembly, assemble_fit, assemble_partial_fit
from skmlp._auto import with_numbers
from skmlp._border.activations import ACTIVATIONS
from skmlp._border.optimizers import OPTIMIZERS
from skmlp._callbacks import CallbackSupport, FitCallbacks, without_running_fit
from skmlp._data import TrainingData, as_matrix
from skmlp._documentation import DocumentationMixin
from skmlp._ensemble import Ensemble
from skmlp._fitted import Fitted, fitted_attributes
from skmlp._lbfgs import train_lbfgs
from skmlp._outputs.base import Output
from skmlp._parameters import NamedParameters, Names, suggestion
from skmlp._prediction import PredictionMixin
from skmlp._record import Record
from skmlp._rows import Sample, check_training_rows, check_validation_rows
from skmlp._schedules import SCHEDULES
from skmlp._training import StochasticTraining, TrainingState
from skmlp._types import (
    Activations,
    Initialization,
    RandomState,
    Rates,
    Schedule,
    Scoring,
    SharedParameters,
    Solver,
)
from skmlp._validation import check_numbers, check_together, check_watched
from skmlp._warnings import warn_shifted, warn_unused
from skmlp._weights import check_weights

# The settings of `tabular` that all have; docs/tabular.md has the ablation.
TABULAR: SharedParameters = {
    "hidden_layer_sizes": "auto",
    "activation": "silu",
    "solver": "adamw",
    "learning_rate": "one_cycle",
    "learning_rate_init": 0.005,
    "max_iter": "auto",
    "early_stopping": True,
    "validation_fraction": "auto",
    "n_iter_no_change": 8,
    "dropout": 0.1,
    "n_members": "auto",
    "init": "data",
    "scaling_rate": 60.0,
}


def has_partial_fit(estimator: Any) -> bool:
    """Return True, or raise AttributeError with the reason why there is no partial_fit."""
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


class BaseMLP(
    CallbackSupport,
    Fitted,
    PredictionMixin,
    NamedParameters,
    DocumentationMixin,
    BaseEstimator,
    ABC,
):
    """Base of all estimators: parameters and training, whatever the output.

    A subclass defines its output, and `fit` and `partial_fit` with the signatures and
    docstrings that its targets need; `_fit` and `_partial_fit` do the work.
    """

    _output_class: ClassVar[type[Output]]
    _tabular: ClassVar[Any]
    _parts: ClassVar[dict[str, type]] = {"_ensemble": Ensemble}

    n_features_in_: int
    feature_names_in_: NDArray[np.object_]

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "hidden_layer_sizes": [
            "array-like",
            Interval(Integral, 1, None, closed="left"),
            Names({"auto"}),
        ],
        "activation": [Names(set(ACTIVATIONS)), "array-like"],
        "solver": [Names({*OPTIMIZERS, "lbfgs"})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [Names({"auto", "small"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Names(set(SCHEDULES))],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "power_t": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left"), Names({"auto"})],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose", Names({"progress"})],
        "warm_start": ["boolean"],
        "momentum": [Interval(Real, 0, 1, closed="both")],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left"), Names({"auto"})],
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
        "dropout": [Interval(Real, 0, 1, closed="left"), "array-like"],
        "warmup_fraction": [Interval(Real, 0, 1, closed="both")],
        "max_grad_norm": [Interval(Real, 0, None, closed="neither"), None],
        "scoring": [Names(set(get_scorer_names())), callable, None],
        "transform_layer": [Integral, Names({"all"})],
        "n_members": [Interval(Integral, 1, None, closed="left"), Names({"auto"})],
        "init": [Names({"random", "data"})],
        "scaling_rate": [Interval(Real, 0, None, closed="left")],
    }

    # The parameters that all have; a subclass's constructor sets them.
    hidden_layer_sizes: Any
    activation: Activations
    solver: Solver
    alpha: float
    batch_size: int | Literal["auto", "small"]
    learning_rate: Schedule
    learning_rate_init: float
    power_t: float
    max_iter: Any
    shuffle: bool
    random_state: RandomState
    tol: float
    verbose: bool | int | Literal["progress"]
    warm_start: bool
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: Any
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: float | None
    max_fun: int
    n_jobs: int | None
    dropout: Rates
    warmup_fraction: float
    max_grad_norm: float | None
    scoring: Scoring
    transform_layer: int | Literal["all"]
    n_members: Any
    init: Initialization
    scaling_rate: float
    # What only classifiers have as parameters, and what it is without.
    label_smoothing: float = 0.0
    temperature_scaling: bool = False
    # Likewise what only the regressor has.
    calibrate_quantiles: bool = False

    def _set_parameters(self, given: dict[str, Any]) -> None:
        """Set the parameters to the arguments of a constructor, its ``locals()``."""
        self.__dict__.update((name, given[name]) for name in given if name != "self")

    @abstractmethod
    def _learn_output(
        self, y: NDArray[Any], X: Any, sample_weight: Any, resumes: bool
    ) -> tuple[Output, NDArray[Any]]:
        """Return the output for y, and the targets, of X's dtype.

        Raises
        ------
        ValueError
            There is no such output; or it is not that of the fit which training resumes.
        """

    # The order of steps is the order of errors: X and y, parameters, weights, X_val; and random
    # numbers are drawn in MLPClassifier's order.
    def _fit(
        self, X: Any, y: Any, sample_weight: Any, X_val: Any, y_val: Any, sample_weight_val: Any
    ) -> Self:
        """Fit anew, or from the parameters of the last fit with ``warm_start``."""
        callbacks = FitCallbacks(self, X, y, sample_weight)  # which are shown X as it was given
        resumes = self.warm_start and hasattr(self, "_ensemble")
        if not resumes:
            self._clear_fit()
        fitted = self._ensemble if resumes else None
        X, y = check_training_rows(self, X, y, fitted and fitted.theta.dtype)
        output, targets = self._learn_output(y, X, sample_weight, resumes)
        params = with_numbers(self, X.shape[0], fitted)
        params._check_parameters()
        check_watched(params, X_val, y_val, sample_weight_val)
        warn_unused(params)
        sample, given = self._sample(X, targets, sample_weight, output), None
        if X_val is not None:
            given = check_validation_rows(
                self, X_val, y_val, sample_weight_val, output, X.dtype
            )
            warn_shifted(sample.data, given.data)
        assembly = assemble_fit(params, sample, given, output, fitted, self._with_ensemble)
        is_watched = assembly.validation is not None
        record = self._new_record(resumes, params, watches=is_watched)
        # A callback may keep what it is shown, while training goes on with the record.
        callbacks.begin(
            lambda ensemble: fitted_attributes(ensemble, output, copy.deepcopy(record)),
            params.max_iter,
        )
        with self._undone_on_failure(self.random_state) if resumes else nullcontext():
            state = params._train(assembly, record, callbacks)
            self._set_fitted(assembly.ensemble, output, record, state)
            callbacks.end(assembly.ensemble)  # inside: a callback that fails undoes the fit
        return self

    def _partial_fit(
        self, X: Any, y: Any, sample_weight: Any, output: Output | None = None
    ) -> Self:
        """Run an epoch on these rows, from where the last call ended.

        Without an output, it is learned from the y of the first call.
        """
        resumes = hasattr(self, "_ensemble")
        fitted, state = (self._ensemble, self._state) if resumes else (None, None)
        X, y = check_training_rows(self, X, y, fitted and fitted.theta.dtype)
        if output is None:
            output, targets = self._learn_output(y, X, sample_weight, resumes)
        else:
            targets = output.encode(y, X.dtype)
        sample = self._sample(X, targets, sample_weight, output)
        params = with_numbers(self, X.shape[0], fitted, self.max_iter_ if resumes else None)
        assembly = assemble_partial_fit(params, sample.data, output, fitted, state)
        record = self._new_record(resumes, params, watches=False)
        with self._undone_on_failure(self.random_state, state) if resumes else nullcontext():
            # A first call, one after L-BFGS, or one of an estimator from a file.
            if state is None:
                state = params._new_state(assembly)
            state.resume(params, assembly.ensemble)
            params._stochastic_training(assembly, record, state).partial_fit()
            # A chunk on which the loss overflows is not to end a stream.
            self._set_fitted(assembly.ensemble, output, record, state, allow_any_loss=True)
        return self

    def _sample(
        self, X: Any, targets: NDArray[Any], sample_weight: Any, output: Output
    ) -> Sample:
        weights = self._weights_of_rows(sample_weight, X, targets, output)
        return Sample(X, TrainingData(as_matrix(X, X.dtype), targets, weights))

    def _weights_of_rows(
        self, sample_weight: Any, X: Any, targets: NDArray[Any], output: Output
    ) -> NDArray[np.float64]:
        """Return the weight (n,) of each row in the objective."""
        return check_weights(sample_weight, X)

    def _check_parameters(self) -> None:
        """Raise ValueError for what scikit-learn's constraints, one by one, let through."""
        check_numbers(self._parameter_constraints, self)
        check_together(self)

    def _train(
        self, assembly: Assembly, record: Record, callbacks: FitCallbacks
    ) -> TrainingState | None:
        """Train to the end, and return the state that partial_fit resumes; None with L-BFGS."""
        if self.solver == "lbfgs":
            train_lbfgs(assembly.ensemble, assembly.problem(self), record, self, callbacks)
            return None
        state = self._new_state(assembly)
        self._stochastic_training(assembly, record, state, callbacks).fit()
        return state

    def _new_state(self, assembly: Assembly) -> TrainingState:
        keep_best = assembly.validation is not None
        return TrainingState(
            self, assembly.ensemble, assembly.random_states, keep_best=keep_best
        )

    def _stochastic_training(
        self,
        assembly: Assembly,
        record: Record,
        state: TrainingState,
        callbacks: FitCallbacks | None = None,
    ) -> StochasticTraining:
        state.add_weights(assembly.data.weights, assembly.rows)
        problems = assembly.problems(self, state)
        return StochasticTraining(
            assembly.ensemble, problems, assembly.validation, state, record, self, callbacks
        )

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes for files, without the optimizer's state if only to predict.

        Its moments are larger than the network: files have them with ``warm_start`` and after
        partial_fit. A file that a callback writes has nothing of the fit that is running.
        """
        attributes = without_running_fit(super().__getstate__())
        state = attributes.get("_state")
        if state is not None and not (state.is_persistent or self.warm_start):
            attributes["_state"] = None
        return attributes

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
