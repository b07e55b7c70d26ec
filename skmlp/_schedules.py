"""Learning-rate schedules: pure functions of the step, and divisors for stalls.

A schedule gives the factor of ``learning_rate_init`` for each of an epoch's steps.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Time(NamedTuple):
    """The place of an epoch in training.

    Attributes
    ----------
    epoch : int
        Its number, from 0.
    n_steps : int
    n_epochs : int
        ``max_iter``.
    seen : int
        Training rows seen before the epoch.
    """

    epoch: int
    n_steps: int
    n_epochs: int
    seen: int

    @property
    def fractions(self) -> Floats:
        """Fraction of all epochs before each step, at most 1."""
        return np.minimum(self._after(np.arange(self.n_steps)), 1.0)

    @property
    def fractions_after(self) -> Floats:
        """Fraction of all epochs after each step."""
        return self._after(np.arange(1, self.n_steps + 1))

    def _after(self, n_steps: NDArray[np.int64]) -> Floats:
        return (self.epoch + n_steps / self.n_steps) / self.n_epochs


class Schedule(NamedTuple):
    """A learning rate as a function of time.

    Attributes
    ----------
    factor : callable or None
        (time, power) -> factor of the initial rate, one number or one a step. None means 1.
    divisor : float or None
        Divisor of the rate after n_iter_no_change epochs without improvement; None means that
        training stops then.
    not_for : tuple of str
        Solvers that ignore it, and keep the rate constant, as MLPClassifier's do.
    anneals : bool
        Whether nothing, or next to it, is left of the rate after ``max_iter`` epochs.
    """

    factor: Callable[[Time, float], Floats | float] | None
    divisor: float | None = None
    not_for: tuple[str, ...] = ()
    anneals: bool = False


# Training stops after a stall at this rate or a lower one, even with a divisor.
SMALLEST_RATE = 1e-6
# one_cycle: fraction of steps on which the rate rises; its first value, relative to the largest
# one; its last value, relative to the first.
_RISING, _BEGIN, _END = 0.3, 1 / 25, 1e-4


def _inverse_scaling(time: Time, power: float) -> float:
    return float(1 / np.power(time.seen + 1.0, power))  # 0 where the power overflows


def _half_wave(begin: float, end: float, fractions: Floats) -> Floats:
    """Go from `begin` to `end` along half a period of a cosine."""
    return end + (begin - end) * 0.5 * (1 + np.cos(np.pi * fractions))


def _cosine(time: Time, power: float) -> Floats:
    """Loshchilov and Hutter (2017), equation 5, without restarts."""
    return _half_wave(1.0, 0.0, time.fractions)


def _one_cycle(time: Time, power: float) -> Floats:
    """Smith and Topin (2018), with torch's shape: up along a cosine, and down along another."""
    t = time.fractions
    rising = _half_wave(_BEGIN, 1.0, t / _RISING)
    falling = _half_wave(1.0, _BEGIN * _END, (t - _RISING) / (1 - _RISING))
    return np.where(t < _RISING, rising, falling)


def _coslog4(time: Time, power: float) -> Floats:
    """Four waves, each twice as long as the one before (Holzmüller et al. 2024, RealMLP)."""
    return 0.5 * (1 - np.cos(2 * np.pi * np.log2(1 + 15 * time.fractions)))


SCHEDULES = {
    "constant": Schedule(None),
    "invscaling": Schedule(_inverse_scaling, not_for=("adam",)),
    "adaptive": Schedule(None, divisor=5.0, not_for=("adam",)),
    "cosine": Schedule(_cosine, anneals=True),
    "one_cycle": Schedule(_one_cycle, anneals=True),
    "coslog4": Schedule(_coslog4, anneals=True),
}


def schedule_for(solver: str, learning_rate: str) -> Schedule:
    """Return the schedule, or the constant one if this is not for the solver."""
    schedule = SCHEDULES[learning_rate]
    return SCHEDULES["constant"] if solver in schedule.not_for else schedule


def learning_rates(
    schedule: Schedule, initial: float, power: float, warmup_fraction: float, time: Time
) -> Floats:
    """Return the rate of each step of an epoch.

    Over the first `warmup_fraction` of all steps, a factor rises linearly from 1 / n at the
    first of these n steps to 1.
    """
    rates = np.full(time.n_steps, initial)
    if schedule.factor is not None:
        rates *= schedule.factor(time, power)
    if warmup_fraction > 0:
        rates *= np.minimum(time.fractions_after / warmup_fraction, 1.0)
    return rates
