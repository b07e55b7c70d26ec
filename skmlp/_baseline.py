"""Comparison of a fit's loss with that of predicting the same for all rows."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmlp._border.optimizers import OPTIMIZERS
from skmlp._ensemble import Ensemble
from skmlp._network import Network
from skmlp._problem import Problem
from skmlp._record import Record
from skmlp._types import Params
from skmlp._warnings import advice, as_sentence

# Rows of a block, whose losses are computed at a time.
_BLOCK = 8192
# Rounding error of a loss in float32.
_ROUNDING = 1e-5
# The squared weights of useful networks add up to some tens. From this penalty a row on, alpha
# / 2 times that sum exceeds what they could learn, and the frequencies may be the right answer;
# with decoupled decay, from this alpha on, which keeps each weight below a tenth.
_STRONG_PENALTY, _STRONG_DECAY = 0.01, 10.0
# Largest distance of such a network's loss from that of the frequencies, relative to it.
_CLOSE = 0.02
# Users who set `tol` to a tenth of that loss or more do not expect training to end further than
# so many times `tol` below it.
_COARSE = 10.0
# Random weights have about the loss of equal probabilities on scaled input. A loss of so many
# times that is a sign of too large steps.
_BLOWN_UP = 2.0


def unlearned_warning(
    ensemble: Ensemble,
    problems: Sequence[Problem],
    record: Record,
    params: Params,
    *,
    batch_size: int,
    usual: str,
) -> str:
    """Return a warning and a remedy if the loss is no better than that of a constant.

    The loss is the mean over the members, without penalty and dropout. As both only add to it,
    nothing is predicted if the recorded loss is already better. On poorly scaled input the
    recorded loss counts if it is larger.

    Parameters
    ----------
    ensemble : Ensemble
    problems : sequence of Problem
        One a member.
    record : Record
        Of the ensemble.
    params : Params
    batch_size : int
        Rows of a step, which adds one penalty to their loss.
    usual : str
        Remedy where the reason is unknown; empty if the message has already named one.

    Returns
    -------
    str
        Empty if the network learned something; if the rows with a weight are all of one class
        or number; if `tol` is so large that nothing was to be learned; and if a strong penalty
        makes the constant the right answer.
    """
    output, X, smoothing = problems[0].output, problems[0].data.X, problems[0].smoothing
    losses = [output.loss_of_constant(_Blocks(problem), smoothing) for problem in problems]
    of_constant = sum(losses) / len(losses)
    threshold = of_constant * (1 - _ROUNDING)
    if of_constant == 0 or not record.loss >= threshold:
        return ""
    pairs = zip(ensemble.members, problems, strict=True)
    loss = sum(_loss_of_data(*pair) for pair in pairs) / len(problems)
    is_strong = _has_strong_penalty(params, problems[0], batch_size)
    is_scaled = problems[0].poor_scale is None
    if not (is_scaled or is_strong or np.any(params.dropout)):
        # It varies from step to step then, and the epoch's mean says more.
        loss = max(loss, record.loss)
    if loss < threshold:
        return ""
    of_targets = output.advice(_Blocks(problems[0]))
    tolerated = _COARSE * float(params.tol)
    if not of_targets and tolerated >= max(of_constant, loss - of_constant):
        return ""
    if is_strong and is_scaled and loss <= of_constant * (1 + _CLOSE):
        return ""
    finding = (
        f"The training loss, {loss:.4g}, is no better than the {of_constant:.4g} of "
        f"predicting {output.baseline} for every row."
    )
    if of_targets:
        return f"{finding} {as_sentence(of_targets)}"
    remedy = "lower alpha" if is_strong else _remedy(record, params, problems[0])
    if usual:
        return f"{finding} {advice(X, problems[0].poor_scale, remedy or usual)}"
    return f"{finding} {as_sentence(remedy)}" if remedy and is_scaled else finding


class _Blocks:
    """Targets and weights of the training rows, a block at a time, as often as wanted."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def __iter__(self) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
        _, targets, weights = self._problem.data
        for rows in _blocks(self._problem):
            yield targets[rows], weights[rows]


def _blocks(problem: Problem) -> Iterator[NDArray[np.intp]]:
    """Yield the training rows in blocks, so that memory does not grow with their number."""
    for start in range(0, len(problem.rows), _BLOCK):
        yield problem.rows[start : start + _BLOCK]


def _loss_of_data(network: Network, problem: Problem) -> float:
    """Return a member's mean loss on its training rows, without the penalty."""
    total = total_weight = 0.0
    for rows in _blocks(problem):
        logits = network.logits(problem.data.X, rows).astype(np.float64)
        losses = problem.output.losses(logits, problem.data.targets[rows], problem.smoothing)
        weights = problem.data.weights[rows].astype(np.float64)
        total += float((weights * losses).sum())
        total_weight += float(weights.sum())
    return total / total_weight


def _has_strong_penalty(params: Params, problem: Problem, batch_size: int) -> bool:
    if params.solver in OPTIMIZERS and OPTIMIZERS[params.solver].decouples:
        return bool(params.alpha >= _STRONG_DECAY)
    return problem.alpha / batch_size >= _STRONG_PENALTY


def _remedy(record: Record, params: Params, problem: Problem) -> str:
    """Return what to try if the reason is known, or an empty string."""
    if params.solver == "lbfgs":
        return ""
    best, output = record.best_iter, problem.output
    is_early = best is not None and best < record.n_iter
    if is_early and not output.follows_loss(params.scoring):
        return (
            f"set scoring={output.loss_name!r}, since early stopping chose the parameters of "
            f"epoch {best} by a score that takes no notice of the loss"
        )
    of_zeros = output.loss_of_zeros(_Blocks(problem))
    if max(record.loss_curve[-record.n_iter :]) > _BLOWN_UP * of_zeros:
        return "lower learning_rate_init"
    return ""
