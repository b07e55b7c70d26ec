"""Activation functions and their derivatives, applied elementwise in place.

Every element is written, be it as it was: a store that depends on a condition takes ten times
as long on processors with AVX2 alone.

The derivatives of the first four follow from the value h = σ(z) that the forward pass leaves
behind. The others *save* a number for each unit and row: their derivative, which costs little
where the value is computed, or what it follows from. Kernels get room for that, or None, for
which numba leaves the code of these activations out: it takes as long to compile as the rest.

To add an activation: a code and an entry in :mod:`skmlp._border.activations`, a function from z
to (σ(z), σ'(z)), and a branch in :func:`activate_and_save`.
"""

import numpy as np

from skmlp._border.activations import (
    ELU,
    GELU,
    LEAK,
    LEAKY_RELU,
    LOGISTIC,
    MISH,
    PRELU,
    RELU,
    SELU,
    SELU_ALPHA,
    SELU_SCALE,
    SILU,
    SOFTPLUS,
    TANH,
)
from skmlp._kernels._jit import exact_kernel, inlined_kernel, inner_kernel
from skmlp._kernels.simd._relu import outer_product_rows
from skmlp._kernels.simd._scalars import constant_like
from skmlp._kernels.simd._vectors import long_vectors
from skmlp._kernels.simd.elementwise import (
    clip,
    exp_of_negative,
    expm1_of_negative,
    normal_cdf_and_density,
    sigmoid,
    softplus,
    tanh,
)

# Where z is smaller, or -z, the sigmoid is 0 or 1 in any dtype.
_SATURATED = 800.0


@inner_kernel
def activate(code, h):
    """Replace z by σ(z) in the 1-D array `h`, for an activation that saves nothing."""
    # A typed constant: a plain 0.0 would turn float32 arithmetic into float64.
    zero = h.dtype.type(0)
    long_vectors()
    if code == LOGISTIC:
        for i in range(h.size):
            h[i] = sigmoid(h[i])
    elif code == TANH:
        for i in range(h.size):
            h[i] = tanh(h[i])
    elif code == RELU:
        for i in range(h.size):
            h[i] = zero if h[i] < zero else h[i]  # not max(), which would swallow a NaN


@inlined_kernel
def lower_bound(code, zero):
    """Return what σ raises smaller numbers to, in the type of `zero`; -infinity for none."""
    return zero if code == RELU else constant_like(zero, -np.inf)


@inlined_kernel
def saves(code):
    """Return whether the activation saves a number for each unit and row."""
    return code > RELU


@inlined_kernel
def has_slopes(code):
    """Return whether the activation learns slopes."""
    return code == PRELU


@inlined_kernel
def needs_value(code):
    """Return whether σ'(z) is computed from the value σ(z), and not from where it is 0."""
    return LOGISTIC <= code <= TANH


@inner_kernel
def differentiate(code, h, delta):
    """Multiply the 1-D array `delta` by σ'(z), given ``h`` = σ(z).

    At 0, where ReLU has no derivative, 0 is taken, as scikit-learn does.
    """
    zero, one = h.dtype.type(0), h.dtype.type(1)
    long_vectors()
    if code == LOGISTIC:
        for i in range(h.size):
            delta[i] *= h[i] * (one - h[i])
    elif code == TANH:
        for i in range(h.size):
            delta[i] *= one - h[i] * h[i]
    elif code == RELU:
        for i in range(h.size):
            delta[i] = zero if h[i] == zero else delta[i]


@inlined_kernel
def is_relu(code):
    """Return whether the activation is ReLU."""
    return code == RELU


@inner_kernel
def outer_product_through_relu(h, delta, weights, out, sums):
    """Write Δ = δ wᵀ ∘ σ'(z) into `out` (m, n), given h (m, n), δ (m,), w (n,), and ReLU for σ.

    Its column sums go into `sums` (n,). There are at least as many columns as a vector has
    lanes.
    """
    tail = delta.size - delta.size % 4
    for i in range(0, tail, 4):
        outer_product_rows(h, delta, weights, i, 4, out, sums)
    for i in range(tail, delta.size):
        outer_product_rows(h, delta, weights, i, 1, out, sums)


@inner_kernel
def activate_and_save(code, h, saved):
    """Replace z by σ(z) in the 1-D array `h`, and write σ'(z) into `saved`."""
    long_vectors()
    if code == LEAKY_RELU:
        for i in range(h.size):
            h[i], saved[i] = _leaky_relu(h[i])
    elif code == ELU:
        for i in range(h.size):
            h[i], saved[i] = _elu(h[i])
    elif code == SELU:
        for i in range(h.size):
            h[i], saved[i] = _selu(h[i])
    elif code == GELU:
        for i in range(h.size):
            h[i], saved[i] = _gelu(h[i])
    elif code == SILU:
        for i in range(h.size):
            h[i], saved[i] = _silu(h[i])
    elif code == MISH:
        for i in range(h.size):
            h[i], saved[i] = _mish(h[i])
    elif code == SOFTPLUS:
        for i in range(h.size):
            h[i], saved[i] = softplus(h[i]), sigmoid(h[i])


@inner_kernel
def activate_with_slopes(h, slopes, saved):
    """Replace z by max(0, z) + a min(0, z) in `h` (m, n), a being `slopes` (n,); save z."""
    zero, one = h.dtype.type(0), h.dtype.type(1)
    long_vectors()
    for i in range(h.shape[0]):
        for j in range(h.shape[1]):
            # Loaded in any case: where numbers are left over of a vector, a load under a
            # condition is a branch, which a processor foresees half of the times.
            z, slope = h[i, j], slopes[j]
            saved[i, j] = z
            h[i, j] = (one if z > zero else slope) * z


@inner_kernel
def multiply(factors, delta):
    """Multiply the 1-D array `delta` by `factors`."""
    for i in range(delta.size):
        delta[i] *= factors[i]


@inner_kernel
def differentiate_with_slopes(z, slopes, delta):
    """Multiply `delta` (m, n) by σ'(z), and `z` by what `delta` was, where it is not positive.

    Elsewhere z becomes 0: its column sums are then the gradient of the slopes,
    Σ_i delta[i] min(0, z[i]) (He et al. 2015, equation 10).
    """
    zero, one = z.dtype.type(0), z.dtype.type(1)
    long_vectors()
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            before, product, slope = delta[i, j], z[i, j] * delta[i, j], slopes[j]
            positive = z[i, j] > zero
            z[i, j] = zero if positive else product
            delta[i, j] = (one if positive else slope) * before


@exact_kernel
def _bounded(z):
    """Return z where it is to be multiplied by what is 0 beyond, which infinity cannot be."""
    return clip(z, constant_like(z, -_SATURATED), constant_like(z, _SATURATED))


@exact_kernel
def _leaky_relu(z):
    one, leak = constant_like(z, 1.0), constant_like(z, LEAK)
    derivative = one if z > constant_like(z, 0.0) else leak
    return derivative * z, derivative


@exact_kernel
def _elu(z):
    """Return z, or e^z - 1 below 0 (Clevert et al. 2016, equation 15 with α = 1)."""
    zero = constant_like(z, 0.0)
    positive = z > zero
    # A sum, of which one term is 0: where z stays, it would be stored under a condition.
    below = expm1_of_negative(zero if positive else z)
    return (z if positive else zero) + below, below + constant_like(z, 1.0)


@exact_kernel
def _selu(z):
    scale = constant_like(z, SELU_SCALE)
    value, derivative = _elu(z)
    factor = scale if z > constant_like(z, 0.0) else scale * constant_like(z, SELU_ALPHA)
    return factor * value, factor * derivative


@exact_kernel
def _gelu(z):
    """Return z Φ(z), Φ being the normal distribution (Hendrycks and Gimpel 2016)."""
    cdf, density = normal_cdf_and_density(z)
    bounded = _bounded(z)
    return (z if z > constant_like(z, 0.0) else bounded) * cdf, cdf + bounded * density


@exact_kernel
def _silu(z):
    """Return z / (1 + e^-z) (Elfwing et al. 2018, equation 2)."""
    one, positive = constant_like(z, 1.0), z > constant_like(z, 0.0)
    e = exp_of_negative(-abs(z))
    larger = one / (one + e)  # of p and 1 - p, which cancels nowhere
    p = larger if positive else e * larger
    bounded = _bounded(z)
    return (z if positive else bounded) * p, p + bounded * (e * larger * larger)


@exact_kernel
def _mish(z):
    """Return z tanh(softplus(z)) (Misra 2020), all in terms of e = e^-|z|.

    With n = e^z, the hyperbolic tangent is (n² + 2 n) / (n² + 2 n + 2), and its derivative
    4 n (n + 1) / (n² + 2 n + 2)²; for z > 0 both fractions are expanded by e², or its square.
    """
    one, two = constant_like(z, 1.0), constant_like(z, 2.0)
    e = exp_of_negative(-abs(z))
    positive = z > constant_like(z, 0.0)
    numerator = one + two * e if positive else e * (e + two)
    denominator = numerator + two * (e * e if positive else one)
    factor = constant_like(z, 4.0) * e * (one + e) * (e if positive else one)
    bounded = _bounded(z)
    value = numerator / denominator
    derivative = value + bounded * (factor / (denominator * denominator))
    return (z if positive else bounded) * value, derivative
