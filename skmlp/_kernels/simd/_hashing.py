"""Random bits as a function of where they are used."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_WORD, _HALF = ir.IntType(64), ir.IntType(32)


@intrinsic
def key_of(typing_context: Any, seed: Any, step: Any, layer: Any) -> Any:
    """Return 64 well mixed bits of three numbers: SplitMix64's (Steele et al. 2014)."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        def mixed(x: Any) -> Any:
            for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
                x = builder.xor(x, builder.lshr(x, _WORD(shift)))
                x = builder.mul(x, _WORD(factor))
            return builder.xor(x, builder.lshr(x, _WORD(31)))

        key = _WORD(0)
        for argument in arguments:
            key = mixed(builder.add(builder.add(key, argument), _WORD(0x9E3779B97F4A7C15)))
        return key

    return types.int64(types.int64, types.int64, types.int64), codegen


@intrinsic
def survives(typing_context: Any, position: Any, key: Any, rate: Any) -> Any:
    """Return True with a chance of 1 - `rate`, as a function of the position and the key.

    32 bits of the position and the two halves of the key are mixed by two multiplications with
    the constants of Wellons' lowbias32 (2018), which a loop can vectorise.
    """

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        position_, key_, rate_ = arguments
        low = builder.trunc(key_, _HALF)
        high = builder.trunc(builder.lshr(key_, _WORD(32)), _HALF)
        x = builder.add(builder.trunc(position_, _HALF), low)
        for shift, factor, other in ((16, 0x7FEB352D, high), (15, 0x846CA68B, _HALF(0))):
            x = builder.xor(x, builder.lshr(x, _HALF(shift)))
            x = builder.xor(builder.mul(x, _HALF(factor)), other)
        x = builder.xor(x, builder.lshr(x, _HALF(16)))
        bound = builder.fptoui(builder.fmul(rate_, rate_.type(2.0**32)), _HALF)
        return builder.icmp_unsigned(">=", x, bound)

    return types.boolean(types.int64, types.int64, types.float64), codegen
