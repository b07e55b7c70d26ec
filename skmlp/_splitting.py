"""Training and validation rows."""

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

from skmlp._caller import warn

# Smallest fold whose score says anything, and smallest validation set.
_LEAST_OF_FOLD, _LEAST_HELD_OUT = 10, 2


def split_rows(
    rows: NDArray[np.intp],
    groups: NDArray[np.intp],
    *,
    fraction: float,
    random_state: np.random.RandomState,
    strata: NDArray[np.intp] | None,
) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """Split rows into training and validation rows, as scikit-learn's MLP does.

    If a class would have no training row, the split is adapted, with a warning: a class of a
    single row cannot be stratified, and if all rows of a class are validation rows, they become
    training rows.

    Parameters
    ----------
    rows : int array of shape (m,)
    groups : int array of shape (n,)
        Codes of all rows, of which none may be left without a training row: the classes.
    fraction : float
        Fraction of the rows that are held out.
    random_state : RandomState
    strata : int array of shape (n,), or None
        Strata of which equal fractions are held out, if possible.

    Returns
    -------
    (training, validation), two int arrays, or None
        None, with a warning, if fewer than two validation rows would be left, or no training
        row.

    Raises
    ------
    ValueError
        `fraction` is 0.
    """
    if fraction == 0:
        raise ValueError(
            f"With early_stopping=True validation_fraction must be above 0; got {fraction}."
        )
    n_validation = int(np.ceil(fraction * rows.size))
    if n_validation < _LEAST_HELD_OUT or n_validation == rows.size:
        _warn_too_few(rows.size, _reason(fraction, n_validation))
        return None
    if strata is not None and not _can_stratify(strata[rows], n_validation):
        strata = None
    training, validation = train_test_split(
        rows,
        test_size=fraction,  # not n_validation: MLPClassifier's draws
        random_state=random_state,
        stratify=None if strata is None else strata[rows],
    )
    training, validation, n_lost = _restore_lost_groups(rows, groups, training, validation)
    if validation.size < _LEAST_HELD_OUT:
        _warn_too_few(rows.size, _reason(fraction, validation.size))
        return None
    if n_lost:
        warn(
            "The validation split left a class without training rows; its rows are used "
            "for training instead. Consider a smaller validation_fraction, or more data."
        )
    return training, validation


def _warn_too_few(n_rows: int, reason: str) -> None:
    warn(
        f"{n_rows} rows are too few to hold any out: {reason}. All of them are trained on, and "
        "no epoch is chosen by early stopping. Change validation_fraction, or give fit rows to "
        "watch as X_val and y_val."
    )


def _reason(fraction: float, n_validation: int) -> str:
    return (
        f"validation_fraction={fraction:.6g} makes it {n_validation}, and there must be "
        f"{_LEAST_HELD_OUT} at least, and rows of each class left to train on"
    )


def fold_rows(
    rows: NDArray[np.intp],
    groups: NDArray[np.intp],
    *,
    n_members: int,
    fraction: float,
    random_state: np.random.RandomState,
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]] | None:
    """Split rows into training and validation rows for each member of an ensemble.

    Each member holds out another of 1 / `fraction` folds, which are stratified if a class has
    as many rows. Rows of a class that would have no training row become training rows.

    Parameters
    ----------
    rows, groups, fraction, random_state
        As of :func:`split_rows`.
    n_members : int

    Returns
    -------
    list of (training, validation), or None
        None, with a warning, if a fold would have fewer than ten rows, or all folds together
        fewer than two validation rows.

    Raises
    ------
    ValueError
        `fraction` is 0, or above one half.
    """
    if not 0 < fraction <= 0.5:
        raise ValueError(
            "With several members validation_fraction must be from above 0 to 0.5; got "
            f"{fraction}."
        )
    # The least number keeps 1 / fraction finite.
    n_folds = round(1 / max(fraction, np.finfo(np.float64).tiny))
    if rows.size < _LEAST_OF_FOLD * n_folds:
        folds = f"{n_folds:.6g} folds (1 / validation_fraction)"
        _warn_too_few(rows.size, f"{folds} must have {_LEAST_OF_FOLD} rows each")
        return None
    is_stratified = np.bincount(groups[rows]).max() >= n_folds
    kind = StratifiedKFold if is_stratified else KFold
    parts: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []
    # More members than folds take further folds, shuffled anew.
    while len(parts) < n_members:
        folds = kind(n_folds, shuffle=True, random_state=random_state)
        with warnings.catch_warnings():  # classes with fewer rows than folds
            warnings.simplefilter("ignore", UserWarning)
            for part in folds.split(rows, groups[rows]):
                split = _restore_lost_groups(rows, groups, *(rows[side] for side in part))
                parts.append(split[:2])
    parts = parts[:n_members]
    n_validation = sum(validation.size for _, validation in parts)
    if n_validation < _LEAST_HELD_OUT:
        _warn_too_few(rows.size, _reason(fraction, n_validation))
        return None
    return parts


def _restore_lost_groups(
    rows: NDArray[np.intp],
    groups: NDArray[np.intp],
    training: NDArray[np.intp],
    validation: NDArray[np.intp],
) -> tuple[NDArray[np.intp], NDArray[np.intp], int]:
    """Return the rows, those of groups that training lacks moved there, and how many."""
    counts = np.bincount(groups[rows])
    is_lost = (counts > 0) & (np.bincount(groups[training], minlength=counts.size) == 0)
    if not is_lost.any():
        return training, validation, 0
    lost = is_lost[groups[validation]]
    # A class without training rows would be one that no network ever predicts.
    training = np.concatenate([training, validation[lost]])
    return training, validation[~lost], int(lost.sum())


def _can_stratify(strata: NDArray[np.intp], n_validation: int) -> bool:
    counts = np.bincount(strata)
    counts = counts[counts > 0]
    smaller = min(n_validation, strata.size - n_validation)
    possible = counts.min() > 1 and smaller >= counts.size
    if not possible:
        warn(
            "The validation split is not stratified: a class has a single row, or the "
            "training or validation set has fewer rows than there are classes."
        )
    return bool(possible)
