"""What a fit says that ended too early, learned nothing, or was given what it cannot use."""

from sklearn.exceptions import ConvergenceWarning

from skmlp._caller import warn
from skmlp._columns import distance_from, scale_to_mend
from skmlp._data import Matrix, TrainingData
from skmlp._record import Record
from skmlp._types import Params

# Standard deviations apart by more than this say best why the columns are to be scaled.
_LARGE_RATIO = 100.0

# What only stochastic solvers do, and 0, False or None where nobody asked for it.
_NOT_FOR_LBFGS = ("early_stopping", "max_grad_norm", "warmup_fraction")
_SCHEDULES_OF_SKLEARN = ("constant", "invscaling", "adaptive")


def warn_unconverged(message: str) -> None:
    """Warn that training has not come to a good end."""
    warn(message, ConvergenceWarning)


def warn_interrupted(record: Record) -> None:
    """Warn of Ctrl-C, or raise KeyboardInterrupt where there was no epoch."""
    if record.n_iter == 0:  # not one epoch to leave behind
        raise KeyboardInterrupt
    warn("Training interrupted by user.")


def as_sentence(clause: str) -> str:
    """Return a clause with a capital and a full stop."""
    return f"{clause[0].upper()}{clause[1:]}."


def advice(X: Matrix, otherwise: str) -> str:
    """Return what to try: to scale the input where that is the first thing, or otherwise."""
    scale = scale_to_mend(X)
    if scale is None:
        return as_sentence(otherwise)
    scaler = "StandardScaler" if X.data is None else "MaxAbsScaler"
    if scale.ratio > _LARGE_RATIO:
        reason = (
            f"the standard deviations of its columns differ by a factor of {scale.ratio:.0e}"
        )
    else:
        reason = (
            f"column {scale.column}, counted from 0, has the mean {scale.mean:.2g} and the "
            f"standard deviation {scale.deviation:.2g}, and training wants columns of order one"
        )
    return f"Scale the input, with a {scaler} for example: {reason}. Or {otherwise}."


def warn_far(data: TrainingData, others: TrainingData) -> None:
    """Warn where X_val is not on the scale of X."""
    distance = distance_from(data, others)
    if distance is None:
        return
    (low, high), (low_of_val, high_of_val) = distance.middle, distance.middle_of_others
    warn(
        f"X_val is far from X: in column {distance.column}, counted from 0, the middle half of "
        f"X is from {low:.3g} to {high:.3g}, and that of X_val from {low_of_val:.3g} to "
        f"{high_of_val:.3g}. Was X transformed and X_val not? In a Pipeline, "
        "transform_input=['X_val'] takes X_val through the same steps, where step__X_val hands "
        "it to the network as it is."
    )


def warn_unused(params: Params) -> None:
    """Warn of parameters that ask for something which L-BFGS does not do.

    Those of MLPClassifier that tune a stochastic solver are left out, as a search over solvers
    sets them for all; and so are those that early stopping alone reads. Like the other warnings
    of how training ends, it is one that such a search may filter.
    """
    if params.solver != "lbfgs":
        return
    names = [name for name in _NOT_FOR_LBFGS if getattr(params, name)]
    if params.learning_rate not in _SCHEDULES_OF_SKLEARN:
        names.append("learning_rate")
    if names:
        given = ", ".join(f"{name}={getattr(params, name)!r}" for name in names)
        warn(
            f"solver='lbfgs' makes no use of {given}: it trains on all rows, to the end, and "
            "has no learning rate.",
            ConvergenceWarning,
        )
