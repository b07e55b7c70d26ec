"""Arithmetic on single numbers that a loop around it can vectorise."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic


@intrinsic
def constant_like(typing_context: Any, x: Any, value: Any) -> Any:
    """Return a float64 constant in the floating type of `x`."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if x == types.float64:
            return arguments[1]
        return builder.fptrunc(arguments[1], context.get_value_type(x))

    return x(x, types.float64), codegen


@intrinsic
def constant_for(typing_context: Any, x: Any, single: Any, double: Any) -> Any:
    """Return that of two float64 constants which is meant for the type of `x`, in that type."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if x == types.float64:
            return arguments[2]
        return builder.fptrunc(arguments[1], context.get_value_type(x))

    return x(x, types.float64, types.float64), codegen


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


def _format(kind: Any) -> tuple[int, int]:
    """Return the bits of a float, and those of its mantissa."""
    return (32, 23) if kind == types.float32 else (64, 52)


@intrinsic
def power_of_two_of_low_bits(typing_context: Any, x: Any) -> Any:
    """Return the number whose exponent's bits are the last of those of `x`."""
    width, mantissa = _format(x)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits = ir.IntType(width)
        exponent = builder.shl(builder.bitcast(arguments[0], bits), bits(mantissa))
        return builder.bitcast(exponent, context.get_value_type(x))

    return x(x), codegen


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
