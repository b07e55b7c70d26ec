"""The monitor and the schedules, without a network."""

import numpy as np
import pytest

from skmlp._schedules import SCHEDULES
from skmlp._stopping import Monitor


def feed(monitor, scores, tol=0.1):
    """Return the number of epochs without improvement after each score."""
    stalled = []
    for score in scores:
        monitor.update(score, np.full(2, score), tol)
        stalled.append(monitor.n_stalled)
    return stalled


def test_improvement_below_tol_does_not_count():
    monitor = Monitor(keep_best=True)
    assert feed(monitor, [1.0, 1.05, 1.09, 1.0]) == [0, 1, 2, 3]
    assert monitor.best_score == 1.09  # it is kept all the same
    assert monitor.best_epoch == 2
    np.testing.assert_array_equal(monitor.best_theta, 1.09)


def test_improvement_resets_the_count():
    monitor = Monitor(keep_best=False)
    assert feed(monitor, [1, 1, 1, 2, 2, 3]) == [0, 1, 2, 0, 1, 0]
    assert monitor.best_theta is None


def test_the_best_parameters_are_a_copy():
    monitor, theta = Monitor(keep_best=True), np.ones(3)
    monitor.update(1.0, theta, 0.0)
    theta[:] = 0
    np.testing.assert_array_equal(monitor.best_theta, 1)


def test_nan_is_never_the_best():
    monitor = Monitor(keep_best=True)
    feed(monitor, [np.nan, 0.5, np.nan])
    assert monitor.best_score == 0.5
    assert monitor.best_epoch == 1


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_start_from_the_initial_rate(name):
    assert SCHEDULES[name].rate(0.1, 0, 0.5) == 0.1


def test_invscaling():
    assert SCHEDULES["invscaling"].rate(0.1, 99, 0.5) == pytest.approx(0.01)


def test_only_adaptive_survives_a_stall():
    assert {name for name in SCHEDULES if SCHEDULES[name].divisor} == {"adaptive"}
