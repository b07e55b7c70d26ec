"""The monitor and the schedules, without a network."""

import numpy as np
import pytest

from skmlp._schedules import SCHEDULES
from skmlp._stopping import Monitor


def feed(monitor, scores):
    """Return the number of scores after which the monitor is out of patience."""
    for epoch, score in enumerate(scores, start=1):
        monitor.update(score, np.full(2, score))
        if monitor.stalled:
            return epoch
    return None


def test_patience_is_borne_and_then_exceeded():
    monitor = Monitor(tol=0.1, patience=2, keep_best=True)
    assert feed(monitor, [1.0, 1.05, 1.09, 1.0]) == 4
    assert monitor.best_score == 1.09  # a gain below tol is kept, though it does not count
    assert monitor.best_epoch == 2
    np.testing.assert_array_equal(monitor.best_theta, 1.09)


def test_improvement_resets_the_count():
    assert feed(Monitor(0.1, 2, keep_best=False), [1, 1, 1, 2, 2, 2, 2]) == 7
    assert feed(Monitor(0.1, np.inf, keep_best=False), [1.0] * 100) is None


def test_restart():
    monitor = Monitor(0.1, 1, keep_best=False)
    assert feed(monitor, [1, 1, 1]) == 3
    monitor.restart()
    assert not monitor.stalled
    assert monitor.best_score == 1
    assert monitor.best_theta is None


def test_the_best_parameters_are_a_copy():
    monitor, theta = Monitor(0.0, 5, keep_best=True), np.ones(3)
    monitor.update(1.0, theta)
    theta[:] = 0
    np.testing.assert_array_equal(monitor.best_theta, 1)


def test_nan_is_never_the_best():
    monitor = Monitor(0.0, 5, keep_best=True)
    feed(monitor, [np.nan, 0.5, np.nan])
    assert monitor.best_score == 0.5
    assert monitor.best_epoch == 1


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_start_from_the_initial_rate(name):
    assert SCHEDULES[name].after_epoch(0.1, 0.1, 0, 0.5) == 0.1


def test_invscaling():
    assert SCHEDULES["invscaling"].after_epoch(0.3, 0.1, 99, 0.5) == pytest.approx(0.01)


def test_adaptive_divides_until_the_rate_is_tiny():
    after_stall = SCHEDULES["adaptive"].after_stall
    assert after_stall(0.1) == pytest.approx(0.02)
    assert after_stall(1e-6) is None
    assert SCHEDULES["constant"].after_stall(0.1) is None
    assert SCHEDULES["invscaling"].after_stall(0.1) is None
