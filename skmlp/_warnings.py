"""What a fit says that ended before it was over, and what to try."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skmlp._history import History
from skmlp._validation import Matrix

# Frames from the functions below to the user's call of fit: through the training, the
# estimator's method, and two wrappers of it.
_TO_USER = 6


def warn_unconverged(message: str) -> None:
    """Warn at the line that called fit."""
    warnings.warn(message, ConvergenceWarning, stacklevel=_TO_USER)


def warn_interrupted(history: History) -> None:
    """Warn there of Ctrl-C, or raise KeyboardInterrupt where there was no epoch."""
    if history.n_iter == 0:  # not one epoch to leave behind
        raise KeyboardInterrupt
    warnings.warn("Training interrupted by user.", UserWarning, stacklevel=_TO_USER)


# Scales apart by more than this slow training down visibly.
_LARGE_RATIO = 100.0
_SAMPLE = 256
# Of a variance that is the difference of two numbers, what may be rounding, relative to them.
_CANCELLED = 1e-12


def advice(X: Matrix, remedies: str) -> str:
    """Return what to try where training ended too early; what may be raised comes first."""
    ratio = _ratio_of_spreads(X)
    if not ratio > _LARGE_RATIO:
        return f"Raise {remedies}."
    scaler = "StandardScaler" if X.data is None else "MaxAbsScaler"
    return (
        f"Scale the input, with a {scaler} for example: the standard deviations of its "
        f"columns differ by a factor of {ratio:.0e}. Or raise {remedies}."
    )


def _ratio_of_spreads(X: Matrix) -> float:
    """Return the ratio of the largest to the smallest standard deviation of a column.

    Some hundred rows of a dense X, evenly spaced, stand for all.
    """
    if X.data is None or X.indices is None or X.indptr is None:
        sample = X.dense[:: len(X.dense) // _SAMPLE + 1].astype(np.float64)
        sample /= max(np.abs(sample).max(), np.finfo(np.float64).tiny)  # whose squares fit
        means, squares = sample.mean(axis=0), (sample**2).mean(axis=0)
    else:
        n, d = len(X.indptr) - 1, X.dense.shape[1]
        data = X.data.astype(np.float64)
        data /= max(np.abs(data).max(initial=0.0), np.finfo(np.float64).tiny)
        means, squares = (np.bincount(X.indices, data**power, d) / n for power in (1, 2))
    variances = squares - means**2
    varying = variances > _CANCELLED * squares  # else nothing is left but rounding
    deviations = np.sqrt(variances[varying])
    return float(deviations.max() / deviations.min()) if deviations.size else 1.0
