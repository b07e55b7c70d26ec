"""The schedules, without a network."""

import numpy as np
import pytest

from skmlp._schedules import SCHEDULES, Time, learning_rates

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


@pytest.mark.parametrize("name", SCHEDULES)
def test_which_schedules_come_to_an_end(name):
    """They leave less than a hundred-thousandth of the rate after the last epoch."""
    rest = FORMULAS[name](1.0, seen=10_000)
    assert SCHEDULES[name].anneals == (rest < 1e-5)


def test_only_adaptive_survives_a_stall():
    assert {name for name in SCHEDULES if SCHEDULES[name].divisor} == {"adaptive"}
