"""Warnings of fits that ended early, and of input or parameters that do not serve them."""

from sklearn.exceptions import ConvergenceWarning

from skmlp._caller import warn
from skmlp._data import Matrix, TrainingData
from skmlp._feature_scales import Scale, find_shift
from skmlp._record import Record
from skmlp._types import Params

# From this ratio of standard deviations on, the ratio is the best reason to scale the columns.
_LARGE_RATIO = 100.0

# Parameters that only stochastic solvers read, falsy by default.
_NOT_FOR_LBFGS = ("early_stopping", "max_grad_norm", "warmup_fraction")
_SCHEDULES_OF_SKLEARN = ("constant", "invscaling", "adaptive")


def warn_unconverged(message: str) -> None:
    """Warn that training has not come to a good end."""
    warn(message, ConvergenceWarning)


def warn_interrupted(record: Record) -> None:
    """Warn of Ctrl-C, or raise KeyboardInterrupt if there was no epoch."""
    if record.n_iter == 0:  # there is nothing to keep
        raise KeyboardInterrupt
    warn("Training interrupted by user.")


def as_sentence(clause: str) -> str:
    """Return a clause with a capital letter and a full stop."""
    return f"{clause[0].upper()}{clause[1:]}."


def advice(X: Matrix, scale: Scale | None, otherwise: str) -> str:
    """Return the advice to scale X, if a column's scale is poor, and else to do otherwise."""
    if scale is None:
        return as_sentence(otherwise)
    # A StandardScaler would make a sparse X dense.
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


def warn_shifted(data: TrainingData, data_val: TrainingData) -> None:
    """Warn if X_val is not on the scale of X."""
    shift = find_shift(data, data_val)
    if shift is None:
        return
    (low, high), (low_of_val, high_of_val) = shift.quartiles, shift.quartiles_of_val
    warn(
        f"X_val is far from X: in column {shift.column}, counted from 0, the middle half of "
        f"X is from {low:.3g} to {high:.3g}, and that of X_val from {low_of_val:.3g} to "
        f"{high_of_val:.3g}. Was X transformed and X_val not? In a Pipeline, "
        "transform_input=['X_val'] takes X_val through the same steps, where step__X_val hands "
        "it to the network as it is."
    )


def warn_unused(params: Params) -> None:
    """Warn of parameters that L-BFGS ignores.

    MLPClassifier's own settings of stochastic solvers are exempt, as a search over solvers sets
    them for all; and so are those that only early stopping reads. The category is that of
    warnings of how training ends, which such a search may filter.
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
