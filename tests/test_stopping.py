"""The monitor and the schedules, without a network."""

import numpy as np
import pytest

from skmlp._schedules import SCHEDULES, Time, learning_rates
from skmlp._stopping import Monitor


def feed(monitor, scores, tol=0.1):
    """Return the epochs without improvement after each score, and the epoch of the best."""
    stalled, best = [], None
    for epoch, score in enumerate(scores):
        if monitor.update(score, np.full(2, score), tol):
            best = epoch
        stalled.append(monitor.n_stalled)
    return stalled, best


def test_improvement_below_tol_does_not_count():
    monitor = Monitor(keep_best=True)
    assert feed(monitor, [1.0, 1.05, 1.09, 1.0]) == ([0, 1, 2, 3], 2)
    assert monitor.best_score == 1.09  # it is kept all the same
    np.testing.assert_array_equal(monitor.best_theta, 1.09)


def test_improvement_resets_the_count():
    monitor = Monitor(keep_best=False)
    assert feed(monitor, [1, 1, 1, 2, 2, 3]) == ([0, 1, 2, 0, 1, 0], 5)
    assert monitor.best_theta is None


def test_the_best_parameters_are_a_copy():
    monitor, theta = Monitor(keep_best=True), np.ones(3)
    monitor.update(1.0, theta, 0.0)
    theta[:] = 0
    np.testing.assert_array_equal(monitor.best_theta, 1)


def test_nan_is_never_the_best_nor_an_improvement():
    monitor = Monitor(keep_best=True)
    assert feed(monitor, [np.nan, 0.5, np.nan]) == ([1, 0, 1], 1)
    assert monitor.best_score == 0.5


def test_before_the_first_score():
    monitor = Monitor(keep_best=True)
    assert (monitor.best_score, monitor.n_stalled) == (-np.inf, 0)
    assert monitor.best_theta is None


def test_ties():
    """An improvement by just `tol` is one, and of equal scores the first is the best."""
    monitor = Monitor(keep_best=True)
    assert feed(monitor, [1.0, 1.5, 1.5], tol=0.5) == ([0, 0, 1], 1)
    assert not monitor.update(1.5, np.zeros(2), 0.0)
    assert monitor.n_stalled == 0
    np.testing.assert_array_equal(monitor.best_theta, 1.5)


N_EPOCHS, N_STEPS = 4, 25
FORMULAS = {
    "constant": lambda t, seen: 1.0,
    "invscaling": lambda t, seen: 1 / np.sqrt(seen + 1),
    "adaptive": lambda t, seen: 1.0,
    "cosine": lambda t, seen: np.cos(np.pi * t / 2) ** 2,
    "one_cycle": lambda t, seen: (
        0.04 + 0.96 * np.sin(np.pi * t / 0.6) ** 2
        if t < 0.3
        else 4e-6 + (1 - 4e-6) * np.cos(np.pi * (t - 0.3) / 1.4) ** 2
    ),
    "coslog4": lambda t, seen: np.sin(np.pi * np.log2(1 + 15 * t)) ** 2,
}


@pytest.mark.parametrize("warmup", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules(name, warmup):
    """Each step's rate, from the formulas with half angles."""
    total = N_EPOCHS * N_STEPS
    for epoch in range(N_EPOCHS + 1):  # one more than there should be
        steps = np.arange(epoch * N_STEPS, (epoch + 1) * N_STEPS)
        time = Time(epoch, N_STEPS, N_EPOCHS, seen=1000 * epoch)
        rates = learning_rates(SCHEDULES[name], 0.3, 0.5, warmup, time)
        rise = [min((step + 1) / (warmup * total), 1) if warmup else 1 for step in steps]
        factors = [FORMULAS[name](min(step / total, 1), 1000 * epoch) for step in steps]
        np.testing.assert_allclose(rates, 0.3 * np.multiply(rise, factors), atol=1e-12)


def test_only_adaptive_survives_a_stall():
    assert {name for name in SCHEDULES if SCHEDULES[name].divisor} == {"adaptive"}
