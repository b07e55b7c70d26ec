"""The parts of a fit: networks, rows and problems from parameters, data and output."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import check_scoring

from skmlp._border.optimizers import OPTIMIZERS
from skmlp._data import Matrix, TrainingData
from skmlp._ensemble import Ensemble
from skmlp._explanations import naming
from skmlp._float_errors import as_caller
from skmlp._initialization import initialize_from_data
from skmlp._network import Network
from skmlp._outputs.base import Output
from skmlp._problem import Problem
from skmlp._rows import Sample
from skmlp._scoring import ValidationSet, takes_weights
from skmlp._shuffling import as_random_state
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

Rows = NDArray[np.intp]


class Assembly(NamedTuple):
    """The parts of a call to fit or partial_fit.

    Attributes
    ----------
    ensemble : Ensemble
    output : Output
    data : TrainingData
    rows : list of int arrays
        The training rows of each member.
    validation : ValidationSet or None
    random_states : list of RandomState
        The generator of each member.
    """

    ensemble: Ensemble
    output: Output
    data: TrainingData
    rows: list[Rows]
    validation: ValidationSet | None
    random_states: list[np.random.RandomState]

    def problem(self, params: Params) -> Problem:
        """Return the problem of the only network, for L-BFGS."""
        (rows,) = self.rows
        mean = float(self.data.weights[rows].mean())
        return _build_problem(params, self.data, rows, mean, self.output)

    def problems(self, params: Params, state: TrainingState) -> list[Problem]:
        """Return the problem of each network, with the mean weight of its state."""
        return [
            _build_problem(params, self.data, rows, member.mean_weight, self.output)
            for rows, member in zip(self.rows, state.members, strict=True)
        ]


def _build_problem(
    params: Params, data: TrainingData, rows: Rows, mean_weight: float, output: Output
) -> Problem:
    # Decoupled decay is the optimizer's, and no part of the objective.
    decouples = params.solver in OPTIMIZERS and OPTIMIZERS[params.solver].decouples
    alpha = 0.0 if decouples else params.alpha
    return Problem.weighted(data, rows, mean_weight, alpha, output, params.label_smoothing)


def assemble_fit(
    params: Params,
    sample: Sample,
    given: Sample | None,
    output: Output,
    fitted: Ensemble | None,
    predicting: Callable[[Ensemble, Output], Any],
) -> Assembly:
    """Return the parts of a call to fit.

    Parameters
    ----------
    params : Params
    sample : Sample
        The rows of X.
    given : Sample or None
        Those of X_val.
    output : Output
    fitted : Ensemble or None
        The networks that a warm start resumes.
    predicting : callable
        (ensemble, output) -> estimator for scorers.

    Raises
    ------
    TypeError, ValueError
        Parameters ask for no possible network, or for another one than the fitted; or the
        fraction of validation rows or the score is invalid.
    """
    random_state = as_random_state(params.random_state)
    # Initial parameters are drawn before the split, in MLPClassifier's order.
    random_states = spawn_random_states(params, random_state)
    ensemble = build_ensemble(params, sample.data.X, output, random_states, fitted)
    if given is not None and output.can_be_watched:
        rows = copy_per_member(params, np.flatnonzero(sample.data.weights))
        held_out: list[Rows] | None
        watched, held_out = given, [np.flatnonzero(given.data.weights)] * params.n_members
    else:
        watched = sample
        rows, held_out = hold_out(params, sample.data, output, random_state)
    validation = None
    if held_out is not None:
        validation = _validation_set(params, watched, held_out, output, predicting)
    # After the split, as validation rows are not to be learned from.
    if params.init == "data" and fitted is None:
        initialize_from_data(ensemble, sample.data, rows, random_states)
    return Assembly(ensemble, output, sample.data, rows, validation, random_states)


def assemble_partial_fit(
    params: Params,
    data: TrainingData,
    output: Output,
    fitted: Ensemble | None,
    state: TrainingState | None,
) -> Assembly:
    """Return the parts of a call to partial_fit, with all rows and the generators of `state`.

    Raises
    ------
    TypeError, ValueError
        Parameters ask for no possible network, or for another one than the fitted.
    """
    if state is None:
        random_states = spawn_random_states(params, as_random_state(params.random_state))
    else:
        random_states = [member.random_state for member in state.members]
    ensemble = build_ensemble(params, data.X, output, random_states, fitted)
    rows = copy_per_member(params, np.flatnonzero(data.weights))
    if params.init == "data" and fitted is None:
        initialize_from_data(ensemble, data, rows, random_states)
    return Assembly(ensemble, output, data, rows, None, random_states)


def copy_per_member(params: Params, rows: Rows) -> list[Rows]:
    """Return copies of the rows, one per member, as each is shuffled."""
    return [rows, *(rows.copy() for _ in range(params.n_members - 1))]


def hold_out(
    params: Params, data: TrainingData, output: Output, random_state: np.random.RandomState
) -> tuple[list[Rows], list[Rows] | None]:
    """Return the training rows of each member, and the validation rows of each, if any.

    With a single class nothing is held out: many scores refuse it, and none compares networks
    by it.
    """
    rows = np.flatnonzero(data.weights)
    parts = None
    if params.early_stopping and params.solver != "lbfgs" and output.can_be_watched:
        parts = _parts(params, data, rows, output, random_state)
    if parts is None:
        return copy_per_member(params, rows), None
    trained, watched = (list(sides) for sides in zip(*parts, strict=True))
    return trained, watched


def _parts(
    params: Params,
    data: TrainingData,
    rows: Rows,
    output: Output,
    random_state: np.random.RandomState,
) -> list[tuple[Rows, Rows]] | None:
    """Return training and validation rows of each member, or None if there are too few."""
    fraction, groups = params.validation_fraction, output.groups(data.targets)
    if params.n_members > 1:
        return fold_rows(
            rows,
            groups,
            n_members=params.n_members,
            fraction=fraction,
            random_state=random_state,
        )
    part = split_rows(
        rows,
        groups,
        fraction=fraction,
        random_state=random_state,
        strata=groups if output.is_stratified else None,
    )
    return None if part is None else [part]


def _validation_set(
    params: Params,
    sample: Sample,
    rows: list[Rows],
    output: Output,
    predicting: Callable[[Ensemble, Output], Any],
) -> ValidationSet:
    """Return the validation set of each member's `rows` of a sample."""
    (X, data), scale_logits = sample, params.temperature_scaling
    if params.scoring in output.score_names:
        return ValidationSet(data, rows, output, params.scoring, scale_logits=scale_logits)
    scorer = check_scoring(params, params.scoring)
    # One table for members with the same rows.
    parts = {id(part): (X[part], output.decode(data.targets[part])) for part in rows}
    tables = [parts[id(part)] for part in rows]

    def score(network: Network, i: int) -> float:
        weights = data.weights[rows[i]]
        # Many metrics take no weights, and need none if all are equal.
        differ = bool((weights != weights[0]).any())
        given = {"sample_weight": weights} if differ and takes_weights(scorer) else {}
        alone = Ensemble(network.theta[np.newaxis], network.layers)
        # The user's own code has the user's floating-point error settings.
        with as_caller() if callable(params.scoring) else _naming_scorer(params.scoring):
            result = scorer(predicting(alone, output), *tables[i], **given)
        with naming("scoring"):
            return float(result)

    return ValidationSet(data, rows, output, score=score, scale_logits=scale_logits)


@contextmanager
def _naming_scorer(name: Any) -> Iterator[None]:
    """Say which scorer was given what it cannot score, or needs what the estimator has not."""
    with naming("scoring"):
        try:
            yield
        except AttributeError as error:  # of probabilities that a regressor has not
            raise ValueError(f"scoring={name!r} is not for this estimator: {error}") from error


def spawn_random_states(
    params: Params, random_state: np.random.RandomState
) -> list[np.random.RandomState]:
    """Draw a generator for each member; a single one has `random_state` itself."""
    if params.n_members == 1:
        return [random_state]
    # Generators of their own make members independent of the order in which they are trained.
    with naming("n_members"):
        seeds = random_state.randint(np.iinfo(np.int32).max, size=params.n_members)
    return [as_random_state(seed) for seed in seeds]


def build_ensemble(
    params: Params,
    X: Matrix,
    output: Output,
    random_states: list[np.random.RandomState],
    fitted: Ensemble | None = None,
) -> Ensemble:
    """Return networks with initial parameters, or those of `fitted`, whose training resumes.

    Raises
    ------
    TypeError, ValueError
        Parameters ask for no possible network, or for another one than the fitted.
    """
    hidden = check_hidden_layer_sizes(params.hidden_layer_sizes)
    check_dropout(params.dropout, len(hidden))
    units = [X.dense.shape[1], *hidden, output.n_logits]
    check_n_weights(units, params.n_members)
    activations = check_activations(params.activation, len(hidden))
    if fitted is not None:
        check_same_architecture(units, fitted.units, params.n_members, len(fitted.theta))
        return fitted.with_activations(activations)
    name = params.activation if isinstance(params.activation, str) else None
    # As in scikit-learn, the activation chooses the distribution of the output layer's, too.
    last = name or (activations[-1] if activations else "identity")
    return Ensemble.of(
        [
            Network.initialize(units, activations, random_state, X.dense.dtype, last)
            for random_state in random_states
        ]
    )
