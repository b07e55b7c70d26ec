"""exp, expm1, log, log1p, sigmoid and tanh as plain arithmetic, which a loop can vectorise.

numba calls the C library for these, an element at a time. Here each is a range reduction
and a polynomial, in the type of its argument; infinities have their limits, and NaN gives
NaN. The error is within 2 units in the last place, for sigmoid and tanh 3; a test checks it.
"""

from skmlp._kernels._jit import exact_kernel
from skmlp._kernels._simd import (
    constant_like,
    exponent_of,
    is_single,
    nearest,
    power_of_two,
)

_LOG2_E = 1.4426950408889634
# ln 2 in two parts, the first with so few bits that its product with an exponent is exact.
_LN2_HIGH_SINGLE, _LN2_LOW_SINGLE = 0.693359375, -2.12194440054690583e-4
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10


@exact_kernel
def _reduce(x):
    """Return n and r with x = n ln 2 + r and |r| <= ln 2 / 2."""
    n = nearest(x * constant_like(x, _LOG2_E))
    if is_single(x):
        r = x - n * constant_like(x, _LN2_HIGH_SINGLE)
        return n, r - n * constant_like(x, _LN2_LOW_SINGLE)
    r = x - n * constant_like(x, _LN2_HIGH)
    return n, r - n * constant_like(x, _LN2_LOW)


@exact_kernel
def _expm1_reduced(r):
    """Return e^r - 1 for |r| <= ln 2 / 2: Taylor's series to degree 7, or 13 in float64."""
    if is_single(r):
        p = constant_like(r, 1 / 5040)
    else:
        p = constant_like(r, 1 / 6227020800)
        p = p * r + constant_like(r, 1 / 479001600)
        p = p * r + constant_like(r, 1 / 39916800)
        p = p * r + constant_like(r, 1 / 3628800)
        p = p * r + constant_like(r, 1 / 362880)
        p = p * r + constant_like(r, 1 / 40320)
        p = p * r + constant_like(r, 1 / 5040)
    p = p * r + constant_like(r, 1 / 720)
    p = p * r + constant_like(r, 1 / 120)
    p = p * r + constant_like(r, 1 / 24)
    p = p * r + constant_like(r, 1 / 6)
    p = p * r + constant_like(r, 1 / 2)
    return r + r * r * p


@exact_kernel
def _clip(x, low, high):
    """Return x within [low, high], and `low` for NaN."""
    low, high = constant_like(x, low), constant_like(x, high)
    x = x if x > low else low
    return x if x < high else high


@exact_kernel
def exp(x):
    """Return e^x."""
    # Beyond these limits the result is 0 or infinity.
    y = _clip(x, -104.0, 89.0) if is_single(x) else _clip(x, -746.0, 710.0)
    n, r = _reduce(y)
    # In two factors, since 2^n itself may be out of range where the result is not.
    half = nearest(n * constant_like(x, 0.5))
    value = constant_like(x, 1.0) + _expm1_reduced(r)
    value = value * power_of_two(half) * power_of_two(n - half)
    return value if x == x else x


@exact_kernel
def expm1_of_negative(x):
    """Return e^x - 1 for x <= 0, accurate near 0."""
    y = _clip(x, -40.0, 0.0)
    n, r = _reduce(y)
    scale = power_of_two(n)
    value = scale * _expm1_reduced(r) + (scale - constant_like(x, 1.0))
    return value if x == x else x


@exact_kernel
def sigmoid(x):
    """Return 1 / (1 + e^-x)."""
    one = constant_like(x, 1.0)
    e = exp(-abs(x))
    return (one if x >= constant_like(x, 0.0) else e) / (one + e)


@exact_kernel
def tanh(x):
    """Return the hyperbolic tangent."""
    t = expm1_of_negative(constant_like(x, -2.0) * abs(x))
    value = -t / (constant_like(x, 2.0) + t)
    return value if x >= constant_like(x, 0.0) else -value


@exact_kernel
def log(x):
    """Return ln x; of 0 and below, of subnormal numbers and infinity, something finite."""
    n = exponent_of(x)
    m = x * power_of_two(-n)
    large = m > constant_like(x, 1.4142135623730951)
    m = m * constant_like(x, 0.5) if large else m
    n = n + constant_like(x, 1.0) if large else n
    # m - 1 is exact, and the sum is led by one of its terms.
    low = _LN2_LOW_SINGLE if is_single(x) else _LN2_LOW
    high = _LN2_HIGH_SINGLE if is_single(x) else _LN2_HIGH
    tail = n * constant_like(x, low) + log1p(m - constant_like(x, 1.0))
    return tail + n * constant_like(x, high)


@exact_kernel
def log1p(x):
    """Return ln(1 + x) for -0.3 <= x <= 1.

    It is 2 artanh(s) with s = x / (2 + x) <= 1/3: Taylor's series to degree 15, or 33.
    """
    s = x / (constant_like(x, 2.0) + x)
    t = s * s
    if is_single(x):
        p = constant_like(x, 1 / 15)
    else:
        p = constant_like(x, 1 / 33)
        p = p * t + constant_like(x, 1 / 31)
        p = p * t + constant_like(x, 1 / 29)
        p = p * t + constant_like(x, 1 / 27)
        p = p * t + constant_like(x, 1 / 25)
        p = p * t + constant_like(x, 1 / 23)
        p = p * t + constant_like(x, 1 / 21)
        p = p * t + constant_like(x, 1 / 19)
        p = p * t + constant_like(x, 1 / 17)
        p = p * t + constant_like(x, 1 / 15)
    p = p * t + constant_like(x, 1 / 13)
    p = p * t + constant_like(x, 1 / 11)
    p = p * t + constant_like(x, 1 / 9)
    p = p * t + constant_like(x, 1 / 7)
    p = p * t + constant_like(x, 1 / 5)
    p = p * t + constant_like(x, 1 / 3)
    return constant_like(x, 2.0) * (s + s * t * p)
