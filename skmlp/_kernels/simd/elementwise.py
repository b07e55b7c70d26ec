"""exp, expm1, log1p, sigmoid, tanh, erf, sqrt as plain arithmetic, which a loop can vectorise.

numba calls the C library for these, an element at a time. Here each is a range reduction
and a polynomial, in the type of its argument; infinities have their limits, and NaN gives
NaN. The error is within 2 units in the last place, 3 for exp, sigmoid and tanh, 4 for the
square root; a test checks it.
"""

import numpy as np

from skmlp._kernels._jit import exact_kernel, short_kernel
from skmlp._kernels.simd._scalars import (
    constant_for,
    constant_like,
    is_single,
    polynomial,
    power_of_two_of_low_bits,
    reciprocal_root_guess,
)

_LOG2_E = 1.4426950408889634
# Of the normal distribution: sqrt(1/2), 1 / sqrt(2 pi).
_ROOT_OF_HALF, _DENSITY_AT_0 = 0.70710678118654752, 0.39894228040143268
# ln 2 in two parts, the first with so few bits that its product with an exponent is exact.
_LN2_HIGH_SINGLE, _LN2_LOW_SINGLE = 0.693359375, -2.12194440054690583e-4
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
# The least numbers whose root is taken.
_LEAST_SINGLE, _LEAST = 16 * np.finfo(np.float32).tiny, 16 * np.finfo(np.float64).tiny
# A number of this size has no bits below 1, so that adding it rounds; its last bits are then
# those of the exponent of a power of two.
_SHIFT_SINGLE, _SHIFT = 1.5 * 2**23 + 127, 1.5 * 2**52 + 1023


# (e^r - 1 - r) / r² for |r| <= ln 2 / 2, interpolated at Chebyshev's nodes in 50 digits.
_expm1_tail = polynomial(
    single=[0.00139261836, 0.00836317905, 0.0416665546, 0.16666577, 0.5],
    double=[
        2.510038549551032e-08,
        2.7620088445409746e-07,
        2.7557268459997064e-06,
        2.4801521295954376e-05,
        0.00019841269863053618,
        0.0013888888917213717,
        0.008333333333330062,
        0.04166666666662413,
        0.16666666666666666,
        0.5000000000000001,
    ],
)
# 1 / d for 1 <= d <= 2, within 1 / 99 or 1 / 577, by Chebyshev's polynomials of degree 3 and 4:
# (1 + T3(2 d - 3) / 99) / d and (1 - T4(2 d - 3) / 577) / d.
_reciprocal_guess = polynomial(
    single=[32 / 99, -144 / 99, 210 / 99],
    double=[-128 / 577, 768 / 577, -1696 / 577, 1632 / 577],
)
# (artanh(s) - s) / s³ as a function of s², to degree 15 or 33 of artanh: Taylor's series.
_artanh_tail = polynomial(
    single=[1 / n for n in range(15, 1, -2)], double=[1 / n for n in range(33, 1, -2)]
)

# erf(x) / x - 1 as a function of x² in [0, 1], and exp(x²) erfc(x) as one of (x - 3) / (x + 3)
# for x in [1, 4] or [1, 6], interpolated at Chebyshev's nodes in 50 digits.
_erf_near = polynomial(
    single=[
        7.87587506e-5,
        -0.000801686429,
        0.00518908742,
        -0.026854212,
        0.112835947,
        -0.376126267,
        0.128379166,
    ],
    double=[
        -7.7958988270021422e-10,
        1.3720064546777686e-8,
        -1.6208483801871706e-7,
        1.6447424703317362e-6,
        -1.492473690741966e-5,
        0.00012055294904839708,
        -0.00085483259753896921,
        0.0052239776071164227,
        -0.02686617064323777,
        0.11283791670945006,
        -0.3761263890318354,
        0.12837916709551257,
    ],
)
_erfc_far = polynomial(
    single=[
        0.00154932618,
        0.00466509453,
        -0.0243376535,
        0.0716574982,
        -0.150118113,
        0.245603822,
        -0.326233545,
        0.179001151,
    ],
    double=[
        3.3813551420429038e-9,
        1.2755818949624479e-6,
        2.0135111426447428e-6,
        -8.0097809390760793e-6,
        -1.2845780030775907e-5,
        6.4062792260460392e-5,
        4.5254345589910084e-5,
        -0.00059706249649245444,
        0.00070774646669414251,
        0.0042691363569612253,
        -0.024392499318915005,
        0.07166583719747307,
        -0.15011593650077899,
        0.24560380171233487,
        -0.32623356004303721,
        0.17900115118138995,
    ],
)


@exact_kernel
def _reduce(x):
    """Return 2^n and r with x = n ln 2 + r and |r| <= ln 2 / 2; NaN for NaN."""
    shift = constant_for(x, _SHIFT_SINGLE, _SHIFT)
    high = constant_for(x, _LN2_HIGH_SINGLE, _LN2_HIGH)
    low = constant_for(x, _LN2_LOW_SINGLE, _LN2_LOW)
    shifted = x * constant_like(x, _LOG2_E) + shift
    n = shifted - shift
    return power_of_two_of_low_bits(shifted), (x - n * high) - n * low


@exact_kernel
def _expm1_reduced(r):
    """Return e^r - 1 for |r| <= ln 2 / 2."""
    return r + r * r * _expm1_tail(r)


@exact_kernel
def _reciprocal(d):
    """Return 1 / d for 1 <= d <= 2, without the processor's division.

    Each of Newton's steps doubles the digits of a guess.
    """
    one = constant_like(d, 1.0)
    y = _reciprocal_guess(d)
    y += y * (one - d * y)
    y += y * (one - d * y)
    return y if is_single(d) else y + y * (one - d * y)


@exact_kernel
def exp_of_negative(x):
    """Return e^x for x <= 0, and 0 where it is below the least normal number."""
    # There, n is the exponent that stands for 0.
    limit = constant_for(x, -88.0, -709.0)
    scale, r = _reduce(limit if x < limit else x)
    return scale + scale * _expm1_reduced(r)


@exact_kernel
def exp(x):
    """Return e^x, and infinity where its inverse is below the least normal number."""
    e = exp_of_negative(-abs(x))
    return e if x <= constant_like(x, 0.0) else constant_like(x, 1.0) / e


@exact_kernel
def expm1_of_negative(x):
    """Return e^x - 1 for x <= 0, accurate near 0."""
    limit = constant_like(x, -40.0)
    scale, r = _reduce(limit if x < limit else x)
    return scale * _expm1_reduced(r) + (scale - constant_like(x, 1.0))


@exact_kernel
def sigmoid(x):
    """Return 1 / (1 + e^-x)."""
    one = constant_like(x, 1.0)
    e = exp_of_negative(-abs(x))
    return (one if x >= constant_like(x, 0.0) else e) * _reciprocal(one + e)


@exact_kernel
def sigmoid_of_both_signs(x):
    """Return 1 / (1 + e^x) and 1 / (1 + e^-x), to the bits of `sigmoid`."""
    one = constant_like(x, 1.0)
    e = exp_of_negative(-abs(x))
    larger = _reciprocal(one + e)
    smaller = e * larger
    positive = x >= constant_like(x, 0.0)
    return smaller if positive else larger, larger if positive else smaller


@exact_kernel
def tanh(x):
    """Return the hyperbolic tangent."""
    t = expm1_of_negative(constant_like(x, -2.0) * abs(x))
    value = t * _reciprocal(constant_like(x, 2.0) + t)
    return -value if x >= constant_like(x, 0.0) else value


@exact_kernel
def log1p(x):
    """Return ln(1 + x) for 0 <= x <= 1, as 2 artanh(s) with s = x / (2 + x) <= 1/3."""
    s = x / (constant_like(x, 2.0) + x)
    t = s * s
    return constant_like(x, 2.0) * (s + s * t * _artanh_tail(t))


@short_kernel
def square_root(x):
    """Return the square root of x >= 0, or x where it is next to the least normal number.

    This takes half the time of the processor's instruction.

    It is x times 1 / sqrt(x): of float32, LLVM takes the processor's estimate of that and
    refines it; of float64, four of Newton's steps double the digits of a guess each.
    """
    if is_single(x):
        y = constant_like(x, 1.0) / np.sqrt(x)
    else:
        y = reciprocal_root_guess(x)
        for _ in range(4):
            y *= constant_like(x, 1.5) - constant_like(x, 0.5) * x * (y * y)
    value = x * y
    # Half of the least normal numbers is taken for 0, and then Newton's steps run away.
    least = constant_for(x, _LEAST_SINGLE, _LEAST)
    return value if least <= x < constant_like(x, np.inf) else x


@exact_kernel
def erf(x):
    """Return the error function, 2 / sqrt(pi) times the integral of exp(-t²) from 0 to x."""
    one = constant_like(x, 1.0)
    far = one - _erfc_beyond_1(abs(x), exp_of_negative(-x * x))
    far = far if x > constant_like(x, 0.0) else -far
    return far if abs(x) > one else x + x * _erf_near(x * x)


@exact_kernel
def _erfc_beyond_1(x, density):
    """Return erfc(x) = 1 - erf(x) for x >= 1, given exp(-x²)."""
    three = constant_like(x, 3.0)
    # Beyond these limits 1 - erfc(x) is 1, rounded; the factor of the density changes slowly.
    y = clip(x, constant_like(x, 1.0), constant_for(x, 4.0, 6.0))
    return density * _erfc_far((y - three) / (y + three))


@exact_kernel
def normal_cdf_and_density(x):
    """Return the standard normal distribution Φ(x), and its density."""
    half = constant_like(x, 0.5)
    y = x * constant_like(x, _ROOT_OF_HALF)
    exponential = exp_of_negative(-y * y)
    tail = half * _erfc_beyond_1(abs(y), exponential)
    far = constant_like(x, 1.0) - tail if x > constant_like(x, 0.0) else tail
    near = half + half * (y + y * _erf_near(y * y))
    cdf = far if abs(y) > constant_like(x, 1.0) else near
    return cdf, exponential * constant_like(x, _DENSITY_AT_0)


@exact_kernel
def softplus(x):
    """Return ln(1 + e^x)."""
    zero = constant_like(x, 0.0)
    return (zero if x < zero else x) + log1p(exp_of_negative(-abs(x)))


@exact_kernel
def clip(x, low, high):
    """Return x within [low, high], and `low` for NaN."""
    x = x if x > low else low
    return x if x < high else high
