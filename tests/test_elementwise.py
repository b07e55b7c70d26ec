"""The error of the vectorised functions, in units in the last place.

The reference is NumPy in extended precision, whose error is a thousandth of such a unit in
float64 where long double has 64 bits of mantissa.
"""

import numpy as np
import pytest
from scipy import special

from skmlp._kernels._jit import kernel
from skmlp._kernels.simd import elementwise
from skmlp._kernels.simd._denormals import flush_denormals, restore_denormals

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)


@kernel
def apply_exp_of_negative(x, out):
    for i in range(x.size):
        out[i] = elementwise.exp_of_negative(x[i])


@kernel
def apply_exp(x, out):
    for i in range(x.size):
        out[i] = elementwise.exp(x[i])


@kernel
def apply_expm1_of_negative(x, out):
    for i in range(x.size):
        out[i] = elementwise.expm1_of_negative(x[i])


@kernel
def apply_log1p(x, out):
    for i in range(x.size):
        out[i] = elementwise.log1p(x[i])


@kernel
def apply_sigmoid(x, out):
    for i in range(x.size):
        out[i] = elementwise.sigmoid(x[i])


@kernel
def apply_sigmoid_of_both_signs(x, out):
    for i in range(x.size):
        out[2 * i], out[2 * i + 1] = elementwise.sigmoid_of_both_signs(x[i])


@kernel
def apply_tanh(x, out):
    for i in range(x.size):
        out[i] = elementwise.tanh(x[i])


@kernel
def apply_erf(x, out):
    for i in range(x.size):
        out[i] = elementwise.erf(x[i])


@kernel
def apply_square_root(x, out):
    """Without denormal numbers, as where it is used."""
    before = flush_denormals()
    for i in range(x.size):
        out[i] = elementwise.square_root(x[i])
    restore_denormals(before)


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def spread(low, high, dtype):
    """Points all over [low, high], and close to 0 where that is inside."""
    tiny = np.geomspace(1e-30, 1, 20_000)
    points = np.concatenate([np.linspace(low, high, 200_001), tiny, -tiny])
    return points[(points >= low) & (points <= high)].astype(dtype)


CASES = {
    # name: (kernel, reference, smallest and largest argument by dtype, error bound)
    "exp_of_negative": (
        apply_exp_of_negative,
        np.exp,
        # A little within the normal range, which rounding of the limit would leave.
        lambda dtype: (0.999 * np.log(np.finfo(dtype).tiny), 0),
        2,
    ),
    "exp": (apply_exp, np.exp, lambda dtype: (-80, 80), 3),
    "expm1_of_negative": (apply_expm1_of_negative, np.expm1, lambda dtype: (-60, 0), 2),
    "log1p": (apply_log1p, np.log1p, lambda dtype: (0, 1), 2),
    "sigmoid": (apply_sigmoid, sigmoid, lambda dtype: (-80, 60), 3),
    "tanh": (apply_tanh, np.tanh, lambda dtype: (-60, 60), 3),
}


def error_in_units(function, reference, x):
    out = np.empty_like(x)
    function(x, out)
    exact = reference(x.astype(np.longdouble))
    return np.abs(out - exact) / np.spacing(np.abs(exact.astype(x.dtype)))


@DTYPES
@pytest.mark.parametrize("name", CASES)
def test_error(name, dtype):
    function, reference, limits, bound = CASES[name]
    x = spread(*limits(dtype), dtype)
    assert error_in_units(function, reference, x).max() <= bound


def test_error_of_erf():
    """Against SciPy's in float64; in float32 with units to spare for what that one errs."""
    x = spread(-7, 7, np.float64)
    out = np.empty_like(x)
    apply_erf(x, out)
    assert (np.abs(out - special.erf(x)) / np.spacing(np.abs(out))).max() <= 4
    x = spread(-5, 5, np.float32)
    out = np.empty_like(x)
    apply_erf(x, out)
    exact = special.erf(x.astype(np.float64))
    assert (np.abs(out - exact) / np.spacing(np.abs(exact.astype(np.float32)))).max() <= 2


@DTYPES
def test_error_of_square_root(dtype):
    info = np.finfo(dtype)
    x = np.concatenate(
        [np.geomspace(17 * info.tiny, info.max / 17, 200_001), np.linspace(0.5, 3, 200_001)]
    ).astype(dtype)
    assert error_in_units(apply_square_root, np.sqrt, x).max() <= 4
    small = np.geomspace(info.tiny, 17 * info.tiny, 10_001).astype(dtype)
    out = np.empty_like(small)
    apply_square_root(small, out)
    assert (out <= 1.001 * np.sqrt(small)).all()
    ends = np.array([0.0, np.inf, np.nan], dtype)
    out = np.empty_like(ends)
    apply_square_root(ends, out)
    np.testing.assert_array_equal(out, ends)


@DTYPES
@pytest.mark.parametrize(
    ("function", "at_minus_infinity", "at_infinity"),
    [
        (apply_exp, 0, np.inf),
        (apply_sigmoid, 0, 1),
        (apply_tanh, -1, 1),
        (apply_erf, -1, 1),
    ],
)
def test_limits(function, at_minus_infinity, at_infinity, dtype):
    x = np.array([-np.inf, -1e4, 1e4, np.inf, np.nan], dtype)
    out = np.empty_like(x)
    function(x, out)
    expected = [at_minus_infinity] * 2 + [at_infinity] * 2 + [np.nan]
    np.testing.assert_array_equal(out, np.array(expected, dtype))


@DTYPES
@pytest.mark.parametrize(
    ("function", "at_minus_infinity"),
    [(apply_exp_of_negative, 0), (apply_expm1_of_negative, -1)],
)
def test_limits_of_functions_of_negative_numbers(function, at_minus_infinity, dtype):
    x = np.array([-np.inf, -1e4, 0, np.nan], dtype)
    out = np.empty_like(x)
    function(x, out)
    expected = [at_minus_infinity] * 2 + [function is apply_exp_of_negative, np.nan]
    np.testing.assert_array_equal(out, np.array(expected, dtype))


@DTYPES
def test_sigmoid_of_both_signs(rng, dtype):
    """To the bit what `sigmoid` says of each sign, next to 0 and at the limits, too."""
    x = np.concatenate([8 * rng.normal(size=1000), [0, -0.0, 1e-30, -1e-30, np.nan]])
    x = np.concatenate([x, [-np.inf, np.inf, 90, -90, 720, -720]]).astype(dtype)
    pairs, of_one = np.empty(2 * x.size, dtype), np.empty_like(x)
    apply_sigmoid_of_both_signs(x, pairs)
    for part, signed in ((pairs[::2], -x), (pairs[1::2], x)):
        apply_sigmoid(signed, of_one)
        np.testing.assert_array_equal(part, of_one)
