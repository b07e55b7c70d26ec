"""The base of all estimators: their parameters, and the steps of fit and partial_fit."""

import copy
from abc import ABC, abstractmethod
from contextlib import nullcontext
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self, Unpack

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
from skmlp._callbacks import CallbackSupport, FitCallbacks
from skmlp._data import TrainingData, as_matrix
from skmlp._ensemble import Ensemble
from skmlp._fitted import Fitted, fitted_attributes
from skmlp._lbfgs import train_lbfgs
from skmlp._output import Output
from skmlp._parameters import NamedParameters, Names
from skmlp._prediction import PredictionMixin
from skmlp._record import Record
from skmlp._rows import Sample, check_training_rows, check_validation_rows
from skmlp._schedules import SCHEDULES
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
from skmlp._validation import check_numbers, check_together, check_watched
from skmlp._warnings import warn_shifted, warn_unused
from skmlp._weights import check_weights

# The settings of `tabular`; docs/tabular.md has the ablation.
_TABULAR: Parameters = {
    "hidden_layer_sizes": "auto",
    "activation": "silu",
    "solver": "adamw",
    "learning_rate": "one_cycle",
    "learning_rate_init": 0.005,
    "max_iter": "auto",
    "early_stopping": True,
    "validation_fraction": "auto",
    "n_iter_no_change": None,
    "dropout": 0.1,
    "scoring": "neg_log_loss",
    "n_members": "auto",
    "temperature_scaling": True,
    "init": "data",
    "scaling_rate": 60.0,
}


class BaseMLP(CallbackSupport, Fitted, PredictionMixin, NamedParameters, BaseEstimator, ABC):
    """Base of all estimators: parameters and training, whatever the output.

    A subclass defines its output, and `fit` and `partial_fit` with the signatures and
    docstrings that its targets need; `_fit` and `_partial_fit` do the work.
    """

    _output_class: ClassVar[type[Output]]
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
        "batch_size": [Names({"auto"}), Interval(Integral, 1, None, closed="left")],
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
        "class_weight": [Names({"balanced"}), dict, None],
        "dropout": [Interval(Real, 0, 1, closed="left"), "array-like"],
        "warmup_fraction": [Interval(Real, 0, 1, closed="both")],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "max_grad_norm": [Interval(Real, 0, None, closed="neither"), None],
        "scoring": [Names(set(get_scorer_names())), callable, None],
        "transform_layer": [Integral, Names({"all"})],
        "n_members": [Interval(Integral, 1, None, closed="left"), Names({"auto"})],
        "temperature_scaling": ["boolean"],
        "init": [Names({"random", "data"})],
        "scaling_rate": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        hidden_layer_sizes: Widths | Literal["auto"] = (100,),
        activation: Activations = "relu",
        *,
        solver: Solver = "adam",
        alpha: float = 0.0001,
        batch_size: int | Literal["auto"] = "auto",
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
        class_weight: ClassWeight = None,
        dropout: Rates = 0.0,
        warmup_fraction: float = 0.0,
        label_smoothing: float = 0.0,
        max_grad_norm: float | None = None,
        scoring: Scoring = None,
        transform_layer: int | Literal["all"] = -1,
        n_members: int | Literal["auto"] = 1,
        temperature_scaling: bool = False,
        init: Initialization = "random",
        scaling_rate: float = 0.0,
    ) -> None:
        self.hidden_layer_sizes: Any = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter: Any = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction: Any = validation_fraction
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
        self.n_members: Any = n_members
        self.temperature_scaling = temperature_scaling
        self.init = init
        self.scaling_rate = scaling_rate

    @classmethod
    def tabular(cls, **overrides: Unpack[Parameters]) -> Self:
        """Return an estimator with settings that do well on tables of any size.

        Their input is that of :class:`~skmlp.TabularPreprocessor`, in float32. They are
        ordinary parameters, seen in ``get_params`` and open to searches; the documentation's
        "Tabular data" has the source and the gain of each.

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
        >>> from skmlp import MLPBinaryClassifier, TabularPreprocessor
        >>> network = MLPBinaryClassifier.tabular(random_state=0)
        >>> pipeline = make_pipeline(TabularPreprocessor(), network)
        >>> network.get_params()["activation"]
        'silu'
        """
        return cls(**(_TABULAR | overrides))

    @abstractmethod
    def _learn_output(
        self, y: NDArray[Any], dtype: Any, resumes: bool
    ) -> tuple[Output, NDArray[Any]]:
        """Return the output for y, and the targets, of the given dtype.

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
        output, targets = self._learn_output(y, X.dtype, resumes)
        params = with_numbers(self, len(y), fitted)
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

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, output: Output) -> Self:
        """Run an epoch on these rows, from where the last call ended."""
        resumes = hasattr(self, "_ensemble")
        fitted, state = (self._ensemble, self._state) if resumes else (None, None)
        X, y = check_training_rows(self, X, y, fitted and fitted.theta.dtype)
        sample = self._sample(X, output.encode(y, X.dtype), sample_weight, output)
        params = with_numbers(self, len(y), fitted, self.max_iter_ if resumes else None)
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
        partial_fit.
        """
        attributes = super().__getstate__()
        state = attributes.get("_state")
        if state is not None and not (state.is_persistent or self.warm_start):
            attributes["_state"] = None
        return attributes

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
