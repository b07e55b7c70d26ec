"""What a fit is made of: from parameters, data and output to networks, rows and problems."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmlp._data import TrainingData, as_matrix
from skmlp._ensemble import Ensemble
from skmlp._explanations import naming
from skmlp._float_errors import as_caller
from skmlp._kernels.optimizers import OPTIMIZERS
from skmlp._network import Network
from skmlp._output import Classification, Output
from skmlp._problem import Problem
from skmlp._scoring import ValidationSet, takes_weights
from skmlp._splitting import fold_rows, split_rows
from skmlp._training import TrainingState
from skmlp._types import Params
from skmlp._validation import (
    check_activations,
    check_dropout,
    check_hidden_layer_sizes,
    check_n_weights,
    check_same_architecture,
)
from skmlp._weights import check_range_of_weights, check_weights, class_weights_of_rows

Rows = NDArray[np.intp]


def weighted_data(
    params: Params, X: Any, targets: NDArray[Any], sample_weight: Any, output: Classification
) -> TrainingData:
    """Return the rows with their weights, those of their classes included.

    Raises
    ------
    ValueError
        The weights are invalid, or leave no row.
    """
    weights = check_weights(sample_weight, X)
    if params.class_weight is not None:
        factors = class_weights_of_rows(params.class_weight, output, targets, weights)
        weights = weights * factors
        if not weights.any():
            raise ValueError(
                "class_weight leaves no row with a weight above 0: the rows are all of "
                "classes that it gives the weight 0."
            )
        weights = check_range_of_weights(weights, "sample_weight times class_weight")
    return TrainingData(as_matrix(X, X.dtype), targets, weights)


def for_each_member(params: Params, rows: Rows) -> list[Rows]:
    """Return the same rows for all, each in an array of its own, which is shuffled."""
    return [rows, *(rows.copy() for _ in range(params.n_members - 1))]


def hold_out(
    params: Params, data: TrainingData, output: Output, random_state: np.random.RandomState
) -> tuple[list[Rows], list[Rows] | None]:
    """Return the training rows of each member, and those that early stopping watches, if any.

    Nothing is held out with a single class, which many a score refuses and none tells networks
    apart by.
    """
    rows = np.flatnonzero(data.weights)
    parts = None
    if params.early_stopping and params.solver != "lbfgs" and output.can_be_watched:
        parts = _parts(params, data, rows, output, random_state)
    if parts is None:
        return for_each_member(params, rows), None
    trained, watched = (list(sides) for sides in zip(*parts, strict=True))
    return trained, watched


def _parts(
    params: Params,
    data: TrainingData,
    rows: Rows,
    output: Output,
    random_state: np.random.RandomState,
) -> list[tuple[Rows, Rows]] | None:
    """Return the rows of each member, and those it holds out; None where they are too few."""
    fraction = params.validation_fraction
    if params.n_members > 1:
        return fold_rows(
            rows,
            output.groups(data.targets),
            n_members=params.n_members,
            fraction=fraction,
            random_state=random_state,
        )
    part = split_rows(
        rows,
        output.groups(data.targets),
        fraction=fraction,
        random_state=random_state,
        strata=output.strata(data.targets),
    )
    return None if part is None else [part]


def validation_set(
    params: Params,
    data: TrainingData,
    X: Any,
    rows: list[Rows],
    output: Output,
    scorer: Callable[..., Any] | None,
    fitted: Callable[[Ensemble], Any],
) -> ValidationSet:
    """Return what early stopping watches.

    Parameters
    ----------
    params : Params
    data : TrainingData
    X : {array, sparse matrix} of shape (n, d)
        The same rows for a scorer, which takes estimators and tables.
    rows : list of int arrays
        Those that count, for each member.
    output : Output
    scorer : callable or None
        None where ``scoring`` follows from the logits.
    fitted : callable
        From an ensemble to an estimator for the scorer.
    """
    scales = params.temperature_scaling
    if scorer is None:
        uses_loss = params.scoring == "neg_log_loss"
        return ValidationSet(data, rows, output, uses_loss=uses_loss, scales=scales)
    # Members that watch the same rows have one table.
    parts = {id(part): (X[part], output.decode(data.targets[part])) for part in rows}
    tables = [parts[id(part)] for part in rows]

    def score(network: Network, i: int) -> float:
        weights = data.weights[rows[i]]
        differ = bool((weights != weights[0]).any())
        given = {"sample_weight": weights} if differ and takes_weights(scorer) else {}
        alone = Ensemble(network.theta[np.newaxis], network.layers)
        with as_caller() if callable(params.scoring) else nullcontext():
            result = scorer(fitted(alone), *tables[i], **given)
        with naming("scoring"):
            return float(result)

    return ValidationSet(data, rows, output, score, scales=scales)


def random_states(
    params: Params, random_state: np.random.RandomState
) -> list[np.random.RandomState]:
    """Return what each member draws from: of a single one, the source itself."""
    if params.n_members == 1:
        return [random_state]
    with naming("n_members"):
        seeds = random_state.randint(np.iinfo(np.int32).max, size=params.n_members)
    return [np.random.RandomState(seed) for seed in seeds]


def build_ensemble(
    params: Params,
    n_features: int,
    dtype: Any,
    output: Output,
    sources: list[np.random.RandomState],
    fitted: Ensemble | None = None,
) -> Ensemble:
    """Return networks with initial parameters, or those of `fitted`, which go on.

    Raises
    ------
    TypeError, ValueError
        Parameters ask for no network, or for one that is not the fitted one.
    """
    hidden = check_hidden_layer_sizes(params.hidden_layer_sizes)
    check_dropout(params.dropout, len(hidden))
    units = [n_features, *hidden, output.n_logits]
    check_n_weights(units, params.n_members)
    activations = check_activations(params.activation, len(hidden))
    if fitted is not None:
        check_same_architecture(units, fitted.units, params.n_members, len(fitted.theta))
        return fitted.with_activations(activations)
    name = params.activation if isinstance(params.activation, str) else None
    # scikit-learn draws the output layer's parameters as the activation asks for.
    last = name or (activations[-1] if activations else "identity")
    return Ensemble.of(
        [Network.initialize(units, activations, source, dtype, last) for source in sources]
    )


def build_problem(
    params: Params, data: TrainingData, rows: Rows, mean: float, output: Output
) -> Problem:
    """Return what a network minimises on its rows, given the mean weight."""
    decouples = params.solver in OPTIMIZERS and OPTIMIZERS[params.solver].decouples
    alpha = 0.0 if decouples else params.alpha
    return Problem.weighted(data, rows, mean, alpha, output, params.label_smoothing)


def build_problems(
    params: Params, data: TrainingData, rows: list[Rows], state: TrainingState, output: Output
) -> list[Problem]:
    """Return what each member minimises, on its rows."""
    return [
        build_problem(params, data, part, member.mean_weight(data.weights[part]), output)
        for part, member in zip(rows, state.members, strict=True)
    ]
