"""What a fit says that ended too early, learned nothing, or was given what it cannot use."""

import warnings

from sklearn.exceptions import ConvergenceWarning

from skmlp._columns import distance_from, scale_to_mend
from skmlp._history import History
from skmlp._validation import Matrix, TrainingData

# Frames from the functions below to the user's call of fit: through the training, the
# estimator's method, and scikit-learn's wrapper of it.
_TO_USER = 5
# Likewise where the estimator's method calls them.
_FROM_FIT = 4

# Standard deviations apart by more than this say best why the columns are to be scaled.
_LARGE_RATIO = 100.0


def warn_unconverged(message: str) -> None:
    """Warn at the line that called fit."""
    warnings.warn(message, ConvergenceWarning, stacklevel=_TO_USER)


def warn_interrupted(history: History) -> None:
    """Warn there of Ctrl-C, or raise KeyboardInterrupt where there was no epoch."""
    if history.n_iter == 0:  # not one epoch to leave behind
        raise KeyboardInterrupt
    warnings.warn("Training interrupted by user.", UserWarning, stacklevel=_TO_USER)


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
    """Warn at the line that called fit where X_val is not on the scale of X."""
    distance = distance_from(data, others)
    if distance is None:
        return
    (low, high), (low_of_val, high_of_val) = distance.middle, distance.middle_of_others
    warnings.warn(
        f"X_val is far from X: in column {distance.column}, counted from 0, the middle half of "
        f"X is from {low:.3g} to {high:.3g}, and that of X_val from {low_of_val:.3g} to "
        f"{high_of_val:.3g}. Was X transformed and X_val not? In a Pipeline, "
        "transform_input=['X_val'] takes X_val through the same steps, where step__X_val hands "
        "it to the network as it is.",
        UserWarning,
        stacklevel=_FROM_FIT,
    )
