"""Learning-rate schedules: pure functions of the time, and what a stall does to the rate."""

from collections.abc import Callable
from typing import NamedTuple


class Schedule(NamedTuple):
    """How a learning rate moves.

    Attributes
    ----------
    rate : callable
        (initial rate, training rows seen, power) -> rate of the next epoch.
    divisor : float or None
        What the rate is divided by after n_iter_no_change epochs without improvement; None
        where training stops then.
    """

    rate: Callable[[float, int, float], float]
    divisor: float | None


# A schedule that divides stops training after a stall at this rate or a lower one.
SMALLEST_RATE = 1e-6


def _constant(initial: float, seen: int, power: float) -> float:
    return initial


def _inverse_scaling(initial: float, seen: int, power: float) -> float:
    return initial / (seen + 1) ** power


SCHEDULES = {
    "constant": Schedule(_constant, None),
    "invscaling": Schedule(_inverse_scaling, None),
    "adaptive": Schedule(_constant, 5.0),
}
