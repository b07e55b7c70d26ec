"""The target of a table: counts of its classes in folds of the rows."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import KFold
from sklearn.utils.multiclass import check_classification_targets

from skmlp._explanations import naming
from skmlp._labels import as_vector

# Folds for means of the target over other rows.
_N_FOLDS = 5


class Target(NamedTuple):
    """The classes of rows, and folds that means for a row are taken without.

    Attributes
    ----------
    classes : array of shape (k,)
    y : int array of shape (n,)
        Places of the rows' classes among them.
    folds : int8 array of shape (n,)
    """

    classes: NDArray[Any]
    y: NDArray[np.intp]
    folds: NDArray[np.int8]

    def counts(self, codes: NDArray[np.intp], n_codes: int) -> NDArray[np.intp]:
        """Return how many rows there are of (fold, code, class).

        Parameters
        ----------
        codes : int array of shape (n,)
        n_codes : int
        """
        shape = int(self.folds.max()) + 1, n_codes, len(self.classes)
        places = self.folds.astype(np.intp)
        places *= n_codes
        places += codes
        places *= shape[2]
        places += self.y
        return np.bincount(places, minlength=math.prod(shape)).reshape(shape)

    def take(self, rows: NDArray[np.intp] | slice) -> "Target":
        """Return the target of some rows."""
        return Target(self.classes, self.y[rows], self.folds[rows])


def learn_target(y: ArrayLike, n_rows: int, random_state: np.random.RandomState) -> Target:
    """Return the target, with folds at random.

    Raises
    ------
    ValueError
        y is invalid.
    """
    labels = as_vector(y, range(n_rows))
    with naming("y"):
        check_classification_targets(labels)
        classes, codes = np.unique(labels, return_inverse=True)
    return Target(classes, codes, _folds(n_rows, random_state))


def _folds(n_rows: int, random_state: np.random.RandomState) -> NDArray[np.int8]:
    """Return the fold of each row."""
    seed, n_folds = random_state.randint(2**31 - 1), min(_N_FOLDS, n_rows)
    result = np.empty(n_rows, np.int8)
    splits = KFold(n_folds, shuffle=True, random_state=seed).split(result)
    for number, (_, fold) in enumerate(splits):
        result[fold] = number
    return result
