"""Whether a fit learned anything: its loss, beside that of predicting the class frequencies."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from skmlp._columns import scale_to_mend
from skmlp._ensemble import Ensemble
from skmlp._kernels.optimizers import OPTIMIZERS
from skmlp._network import Network
from skmlp._problem import Problem
from skmlp._record import Record
from skmlp._types import Params
from skmlp._warnings import advice, as_sentence

# Rows that are gathered at a time.
_BLOCK = 8192
# A network that predicts the frequencies has their loss but for the rounding of float32.
_ROUNDING = 1e-5
# Networks of use have weights whose squares add up to some tens. From such a penalty a row on,
# alpha / 2 times that is worth as much as what they could learn, and the frequencies may be the
# right answer; with decoupled decay, from an alpha on that keeps each weight below a tenth.
_STRONG_PENALTY, _STRONG_DECAY = 0.01, 10.0
# Such a network is this close to the frequencies, relative to their loss.
_CLOSE = 0.02
# With a tenth of their loss, or more, for `tol`, training was not meant to go further than to
# so many times `tol` from it.
_COARSE = 10.0
# Random weights have about the loss of equal probabilities on scaled input; an epoch of so many
# times that has had steps that were too large.
_BLOWN_UP = 2.0


def say_unlearned(
    ensemble: Ensemble,
    problems: Sequence[Problem],
    record: Record,
    params: Params,
    *,
    batch_size: int,
    usual: str,
) -> str:
    """Return what to say, and try, where the loss is no better than that of the frequencies.

    The loss is that of the data alone, in the mean over the members, and without dropout. As a
    rule the record's loss, to which those only add, is already better: nothing is predicted.
    On input that is to be scaled it is that of the whole epoch, where that is larger.

    Parameters
    ----------
    ensemble : Ensemble
    problems : sequence of Problem
        One a member.
    record : Record
        Its loss is that of the ensemble's parameters.
    params : Params
    batch_size : int
        Rows that share a penalty.
    usual : str
        What is to be tried where nothing better is known; empty where that, or scaling the
        input, has been said.

    Returns
    -------
    str
        Empty where the network learned something; where the rows with a weight are of one
        class, which leaves nothing to learn; where `tol` is so large that nothing was to be
        learned; and where a strong penalty is the reason for predicting the frequencies.
    """
    output, X = problems[0].output, problems[0].data.X
    of_constant = sum(map(_loss_of_constant, problems)) / len(problems)
    bar = of_constant * (1 - _ROUNDING)
    if of_constant == 0 or not record.loss >= bar:
        return ""
    pairs = zip(ensemble.members, problems, strict=True)
    loss = sum(_loss_of_data(*pair) for pair in pairs) / len(problems)
    is_strong = _has_strong_penalty(params, problems[0], batch_size)
    is_scaled = scale_to_mend(X) is None
    if not (is_scaled or is_strong or np.any(params.dropout)):
        # The loss is another after each step then, and that of the epoch says more.
        loss = max(loss, record.loss)
    if loss < bar:
        return ""
    tolerated = _COARSE * float(params.tol)
    if tolerated >= max(of_constant, loss - of_constant):
        return ""
    if is_strong and is_scaled and loss <= of_constant * (1 + _CLOSE):
        return ""
    finding = (
        f"The training loss, {loss:.4g}, is no better than the {of_constant:.4g} of "
        f"predicting {output.baseline} for every row."
    )
    loss_of_zeros = output.loss_of_zeros(_statistics(problems[0]))
    remedy = (
        "lower alpha" if is_strong else _remedy(record, params, output.loss_name, loss_of_zeros)
    )
    if usual:
        return f"{finding} {advice(X, remedy or usual)}"
    return f"{finding} {as_sentence(remedy)}" if remedy and is_scaled else finding


def _loss_of_constant(problem: Problem) -> float:
    """Return the least loss that one prediction for all rows has."""
    return problem.output.loss_of_constant(_statistics(problem), problem.smoothing)


def _statistics(problem: Problem) -> NDArray[np.float64]:
    """Return the sums that the loss of a constant prediction follows from."""
    (_, targets, weights), output = problem.data, problem.output
    parts = [output.statistics(targets[rows], weights[rows]) for rows in _blocks(problem)]
    return np.sum(parts, axis=0)


def _blocks(problem: Problem) -> Iterator[NDArray[np.intp]]:
    """Return the training rows, few enough at a time for no memory to grow with them."""
    for start in range(0, len(problem.rows), _BLOCK):
        yield problem.rows[start : start + _BLOCK]


def _loss_of_data(network: Network, problem: Problem) -> float:
    """Return the mean loss of a member's training rows, without the penalty."""
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


def _remedy(record: Record, params: Params, loss_name: str, loss_of_zeros: float) -> str:
    """Return what to try where it is plain."""
    if params.solver == "lbfgs":
        return ""
    best = record.best_iter
    if best is not None and best < record.n_iter and params.scoring != loss_name:
        return (
            f"set scoring={loss_name!r}, since early stopping chose the parameters of epoch "
            f"{best} by a score that takes no notice of the loss"
        )
    if max(record.loss_curve[-record.n_iter :]) > _BLOWN_UP * loss_of_zeros:
        return "lower learning_rate_init"
    return ""
