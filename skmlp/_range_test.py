"""The range test: a network's loss while its learning rate rises from step to step."""

import dataclasses
import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from skmlp._assembly import assemble_partial_fit
from skmlp._auto import with_numbers
from skmlp._base import BaseMLP
from skmlp._border.optimizers import OPTIMIZERS
from skmlp._record import Record
from skmlp._rows import check_training_rows
from skmlp._training import StochasticTraining, batch_size_of

# Decay of the moving average, which then is of some ten steps.
_DECAY = 0.9
# Training diverges where the moving average is so many times its least value: the rule of
# fastai (Howard and Gugger 2020).
_DIVERGED = 4.0
# One network, on all rows, at the rate of each step.
_SETTINGS: dict[str, Any] = {
    "n_members": 1,
    "early_stopping": False,
    "learning_rate": "constant",
    "warmup_fraction": 0.0,
    "warm_start": False,
    "verbose": False,
}


def _minibatches(
    rows: NDArray[np.intp],
    batch_size: int,
    random_state: np.random.RandomState,
    *,
    shuffle: bool,
) -> Iterator[NDArray[np.intp]]:
    """Yield whole minibatches, epoch after epoch, without an end."""
    while True:
        order = random_state.permutation(rows) if shuffle else rows
        for start in range(0, len(rows) - batch_size + 1, batch_size):
            yield order[start : start + batch_size].copy()


def losses_at_rates(
    estimator: BaseMLP, X: Any, y: Any, sample_weight: Any, rates: NDArray[np.float64]
) -> Iterator[float]:
    """Yield the objective of a minibatch before a step at each of the rates.

    Parameters
    ----------
    estimator : BaseMLP
        It is cloned, not changed.
    X, y, sample_weight : object
        As of `fit`.
    rates : array of shape (n_steps,)

    Yields
    ------
    float
        It ends where the objective, or what the step made of the parameters, is not finite.

    Raises
    ------
    TypeError, ValueError
        As of `fit`; or the solver has no learning rate.
    """
    network = clone(estimator)
    network._validate_params()
    if network.solver not in OPTIMIZERS:
        raise ValueError(
            f"solver={network.solver!r} has no learning rate: set it to one of "
            f"{sorted(OPTIMIZERS)}."
        )
    X, y = check_training_rows(network, X, y)
    output, targets = network._learn_output(y, X, sample_weight, False)
    params = with_numbers(network, X.shape[0], None)
    params._check_parameters()  # as they were given, since some need others
    params.set_params(**_SETTINGS)
    data = params._sample(X, targets, sample_weight, output).data
    assembly = assemble_partial_fit(params, data, output, None, None)
    (rows,), (random_state,) = assembly.rows, assembly.random_states
    state, record = params._new_state(assembly), Record(params.max_iter, 0.0)
    state.add_weights(data.weights, assembly.rows)
    (problem,) = assembly.problems(params, state)
    batch_size = batch_size_of(params.batch_size, rows.size)
    batches = _minibatches(rows, batch_size, random_state, shuffle=params.shuffle)
    params.set_params(shuffle=False, batch_size=batch_size)
    for rate, batch in zip(rates, batches, strict=False):
        params.learning_rate_init = float(rate)
        step = [dataclasses.replace(problem, rows=batch)]
        training = StochasticTraining(assembly.ensemble, step, None, state, record, params)
        training.partial_fit()
        loss = record.loss_curve[-1]
        if training.has_diverged(loss):
            return
        yield loss


def smoothed_until_divergence(
    losses: Iterable[float],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return losses and their moving average, up to where it is far above its least value.

    The average of the first i losses is exponential, and divided by 1 - decay^i, as Adam's
    moments are (Kingma and Ba 2015, section 3).

    Raises
    ------
    ValueError
        There are no losses.
    """
    taken: list[float] = []
    smoothed: list[float] = []
    moment, least = 0.0, math.inf
    for i, loss in enumerate(losses, start=1):
        moment = _DECAY * moment + (1 - _DECAY) * loss
        average = moment / (1 - _DECAY**i)
        taken.append(loss)
        smoothed.append(average)
        least = min(least, average)
        if average > _DIVERGED * least:
            break
    if not taken:
        raise ValueError(
            "The loss is not finite at the first step already: scale X, or lower min_lr."
        )
    return np.array(taken), np.array(smoothed)
