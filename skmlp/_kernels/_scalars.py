"""Arithmetic on single numbers that a loop around it can vectorise."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from skmlp._kernels._simd import LANE


@intrinsic
def constant_like(typing_context: Any, x: Any, value: Any) -> Any:
    """Return a float64 constant in the floating type of `x`."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if x == types.float64:
            return arguments[1]
        return builder.fptrunc(arguments[1], context.get_value_type(x))

    return x(x, types.float64), codegen


def polynomial(single: Sequence[float], double: Sequence[float]) -> Any:
    """Return the intrinsic of a polynomial, by Horner's rule.

    Parameters
    ----------
    single, double : sequences of float
        Coefficients from the highest power down, for float32 and float64.
    """

    @intrinsic
    def evaluate(typing_context: Any, x: Any) -> Any:
        coefficients = single if x == types.float32 else double

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kind = context.get_value_type(x)
            value = kind(_rounded(coefficients[0], x))
            for coefficient in coefficients[1:]:
                product = builder.fmul(value, arguments[0], flags=["contract"])
                value = builder.fadd(
                    product, kind(_rounded(coefficient, x)), flags=["contract"]
                )
            return value

        return x(x), codegen

    return evaluate


def _rounded(value: float, kind: Any) -> float:
    return float(np.float32(value)) if kind == types.float32 else value


@intrinsic
def is_single(typing_context: Any, x: Any) -> Any:
    """Return whether `x` is a float32: a constant, so that one branch is left."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return ir.IntType(1)(x == types.float32)

    return types.boolean(x), codegen


def _format(kind: Any) -> tuple[int, int, int]:
    """Return the bits of a float, those of its mantissa, and the offset of its exponent."""
    return (32, 23, 127) if kind == types.float32 else (64, 52, 1023)


@intrinsic
def power_of_two(typing_context: Any, n: Any) -> Any:
    """Return 2**n for a whole number n in the range of normal exponents.

    The exponent's bits are put together, which is what lets a loop of it vectorise.
    """
    width, mantissa, offset = _format(n)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        # By way of 32 bits, for which every processor converts vectors of float64.
        exponent = builder.fptosi(arguments[0], LANE)
        biased = builder.add(exponent, LANE(offset))
        integer = ir.IntType(width)
        if width == 64:
            biased = builder.zext(biased, integer)
        bits = builder.shl(biased, integer(mantissa))
        return builder.bitcast(bits, context.get_value_type(n))

    return n(n), codegen


@intrinsic
def reciprocal_root_guess(typing_context: Any, x: Any) -> Any:
    """Return 1 / sqrt(x) of a positive normal number, within 3.5 percent.

    Half the exponent, and a line for the mantissa, both at once in the bits of the number; the
    constants are Robertson's (2012, A brief history of InvSqrt).
    """
    width, *_ = _format(x)
    constant = 0x5F375A86 if width == 32 else 0x5FE6EB50C7B537A9

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits = ir.IntType(width)
        halved = builder.lshr(builder.bitcast(arguments[0], bits), bits(1))
        guess = builder.sub(bits(constant), halved)
        return builder.bitcast(guess, context.get_value_type(x))

    return x(x), codegen


@intrinsic
def nearest(typing_context: Any, x: Any) -> Any:
    """Return the nearest whole number, in the type of `x`."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = context.get_value_type(x)
        rint = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(kind, [kind]), f"llvm.rint.f{x.bitwidth}"
        )
        return builder.call(rint, arguments)

    return x(x), codegen
