"""Learning-rate schedules: pure functions of the rate, the time and the parameters."""

from collections.abc import Callable
from typing import NamedTuple


class Schedule(NamedTuple):
    """How a learning rate moves on.

    Attributes
    ----------
    after_epoch : callable
        (rate, initial rate, training rows seen, power) -> rate of the next epoch.
    after_stall : callable
        rate -> rate to go on with after n_iter_no_change epochs without improvement, or
        None to stop training.
    """

    after_epoch: Callable[[float, float, int, float], float]
    after_stall: Callable[[float], float | None]


def _keep(rate: float, initial: float, seen: int, power: float) -> float:
    return rate


def _inverse_scaling(rate: float, initial: float, seen: int, power: float) -> float:
    return initial / (seen + 1) ** power


def _stop(rate: float) -> None:
    return None


def _divide_by_five(rate: float) -> float | None:
    return rate / 5.0 if rate > 1e-6 else None


SCHEDULES = {
    "constant": Schedule(_keep, _stop),
    "invscaling": Schedule(_inverse_scaling, _stop),
    "adaptive": Schedule(_keep, _divide_by_five),
}
