"""Parameters that follow from the data: what "auto" becomes.

The rules come from the tables of docs/tabular.md, and are for its recipe: a schedule that
anneals, and members that are averaged.
"""

import copy
import math
from collections.abc import Callable
from typing import Any, TypeVar

from skmlp._ensemble import Ensemble

Estimator = TypeVar("Estimator", bound=Any)

# Epochs that one row would take, and the fewest and most.
_OF_ONE_ROW, _FEWEST, _MOST = 2200.0, 8, 32
# Iterations of L-BFGS, which stops by itself: the default of ``max_iter``.
_OF_LBFGS = 200
# Members, and those of so many rows, whose networks differ less.
_MEMBERS, _MANY_ROWS, _MEMBERS_OF_MANY = 8, 8000, 4
# The part of the rows that is held out, and that of few rows, which their members hold out in
# turn: a temperature needs some hundred of them.
_HELD_OUT, _HELD_OUT_OF_FEW = 1 / 12, 1 / 8
# Hidden layers, and those of fewer rows than so many, which fill no wider ones.
_WIDTHS, _FEW_ROWS, _WIDTHS_OF_FEW = (128, 64), 1500, (64, 64)


def _n_epochs(n_rows: int, solver: str) -> int:
    if solver == "lbfgs":
        return _OF_LBFGS
    return round(min(max(_OF_ONE_ROW / math.sqrt(n_rows), _FEWEST), _MOST))


def _n_members(n_rows: int, solver: str) -> int:
    if solver == "lbfgs":
        return 1
    return _MEMBERS if n_rows < _MANY_ROWS else _MEMBERS_OF_MANY


def _widths(n_rows: int, solver: str) -> tuple[int, int]:
    return _WIDTHS_OF_FEW if n_rows < _FEW_ROWS else _WIDTHS


def _validation_fraction(n_rows: int, solver: str) -> float:
    return _HELD_OUT_OF_FEW if n_rows < _FEW_ROWS else _HELD_OUT


# Functions of the number of training rows and the solver.
RULES: dict[str, Callable[[int, str], Any]] = {
    "hidden_layer_sizes": _widths,
    "max_iter": _n_epochs,
    "validation_fraction": _validation_fraction,
    "n_members": _n_members,
}


def with_numbers(
    estimator: Estimator, n_rows: int, fitted: Ensemble | None, max_iter: int | None = None
) -> Estimator:
    """Return an estimator with numbers in place of "auto": itself, or a shallow copy.

    Parameters
    ----------
    estimator : estimator
    n_rows : int
    fitted : Ensemble or None
        The networks that training resumes, and whose sizes are kept.
    max_iter : int or None
        The number that calls to partial_fit keep, since a schedule goes on with them.
    """
    given = {name: getattr(estimator, name) for name in RULES}
    # Widths may be an array, which is compared element by element.
    names = [
        name for name, value in given.items() if isinstance(value, str) and value == "auto"
    ]
    if not names:
        return estimator
    kept: dict[str, Any] = {} if max_iter is None else {"max_iter": max_iter}
    if fitted is not None:
        kept |= {"hidden_layer_sizes": fitted.units[1:-1], "n_members": len(fitted.theta)}
    result = copy.copy(estimator)
    for name in names:
        number = kept[name] if name in kept else RULES[name](n_rows, estimator.solver)
        setattr(result, name, number)
    return result
