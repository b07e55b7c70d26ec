"""Types of parameters, for type checkers; at run time the registries decide.

Tests assert that both agree, and that :class:`Parameters` and :class:`Params` are what the
constructor takes.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

Activation: TypeAlias = Literal[
    "identity",
    "logistic",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "prelu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "mish",
    "softplus",
]
Solver: TypeAlias = Literal["adam", "adamw", "sgd", "lbfgs"]
Schedule: TypeAlias = Literal[
    "constant", "invscaling", "adaptive", "cosine", "one_cycle", "coslog4"
]
Initialization: TypeAlias = Literal["random", "data"]
Loss: TypeAlias = Literal["squared_error", "poisson", "gamma", "absolute_error", "quantile"]
# Containers of scikit-learn's set_output.
Output: TypeAlias = Literal["default", "pandas", "polars"] | None

# One for all hidden layers, or one for each.
Activations: TypeAlias = Activation | Sequence[Activation]
Rates: TypeAlias = float | Sequence[float] | NDArray[np.floating[Any]]
Integer: TypeAlias = int | np.integer[Any]
Widths: TypeAlias = Integer | Sequence[Integer] | NDArray[np.integer[Any]]

RandomState: TypeAlias = Integer | np.random.RandomState | None
Scoring: TypeAlias = str | Callable[..., Any] | None
ClassWeight: TypeAlias = Literal["balanced"] | dict[Any, Any] | list[dict[Any, Any]] | None


class SharedParameters(TypedDict, total=False):
    """The parameters of all constructors, as the keywords of methods."""

    hidden_layer_sizes: Widths | Literal["auto"]
    activation: Activations
    solver: Solver
    alpha: float
    batch_size: int | Literal["auto", "small"]
    learning_rate: Schedule
    learning_rate_init: float
    power_t: float
    max_iter: int | Literal["auto"]
    shuffle: bool
    random_state: RandomState
    tol: float
    verbose: bool | int | Literal["progress"]
    warm_start: bool
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: float | Literal["auto"]
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
    n_members: int | Literal["auto"]
    init: Initialization
    scaling_rate: float


class Parameters(SharedParameters, total=False):
    """Those of the classifiers."""

    class_weight: ClassWeight
    label_smoothing: float
    temperature_scaling: bool


class RegressorParameters(SharedParameters, total=False):
    """Those of the regressor."""

    loss: Loss
    quantile: float | Sequence[float] | NDArray[np.floating[Any]]
    normalize_y: bool
    calibrate_quantiles: bool


class Params(Protocol):
    """An estimator as training sees it, with numbers in place of "auto".

    What only classifiers or the regressor have as parameters, others have as attributes.
    """

    hidden_layer_sizes: Widths
    activation: Activations
    solver: Solver
    alpha: float
    batch_size: int | Literal["auto", "small"]
    learning_rate: Schedule
    learning_rate_init: float
    power_t: float
    max_iter: int
    shuffle: bool
    random_state: RandomState
    tol: float
    verbose: bool | int | Literal["progress"]
    warm_start: bool
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: float | None
    max_fun: int
    n_jobs: int | None
    dropout: Rates
    warmup_fraction: float
    label_smoothing: float
    max_grad_norm: float | None
    scoring: Scoring
    transform_layer: int | Literal["all"]
    n_members: int
    temperature_scaling: bool
    init: Initialization
    scaling_rate: float
    calibrate_quantiles: bool
