"""The processor that numba compiles for, and the tile that fits its registers.

NUMBA_CPU_NAME and NUMBA_CPU_FEATURES may name another than the one at hand. It is the code
generator itself that is asked what it can do: a product of long vectors is compiled for that
processor, and the registers in the assembly tell.
"""

import functools
import re
from typing import Any, NamedTuple

import llvmlite.binding as llvm
from numba import types
from numba.core.registry import cpu_target
from numba.extending import intrinsic


class Processor(NamedTuple):
    """What a register tile is made to fit.

    Attributes
    ----------
    vector_bytes : int
        Size of a vector register.
    fused : bool
        Whether it multiplies and adds in one instruction.
    masked : bool
        Whether it loads and stores a part of a vector in one instruction.
    tile_rows, tile_vectors : int
        Shape of the tile of accumulators, in rows and vectors.
    depth : int
        Inner indices that are added up at a time: so many rows of a block of B, as wide as a
        tile, stay in the first cache, beside the rows of A, while the tiles go down.
    packed_elements : int
        Elements of an A that is read down its columns from which on it pays to pack it.
    packed_rows : int
        Rows of A for which it pays to pack the blocks of B.
    """

    vector_bytes: int
    fused: bool
    masked: bool
    tile_rows: int
    tile_vectors: int
    depth: int = 208
    packed_elements: int = 24576
    packed_rows: int = 128


# A tile of r rows and v vectors keeps r * v accumulators, v vectors of B and one element of A,
# broadcast, in registers: 28 of the 32 of AVX-512, all 16 of AVX2, whose short tiles read A and
# B more often, and so have more of the caches' help. NEON has 32 registers as well, z too, and
# POWER 64.
_AVX512 = Processor(64, True, True, 8, 3)
_AVX2 = Processor(32, True, True, 4, 3, depth=104, packed_elements=8192, packed_rows=48)
_SHORT = Processor(16, True, False, 8, 3)
_PLAIN = Processor(16, False, False, 4, 2)
# What the assembly of a fused product names, of x86, ARM, POWER and z.
_SIGNS = {
    r"\bvfmadd.*zmm": _AVX512,
    r"\bvfmadd.*ymm": _AVX2,
    r"\bfmla\b": _SHORT,
    r"\bxvmadd[am]sp\b": _SHORT,
    r"\bvfmasb\b": _SHORT,
}


@functools.cache
def processor() -> Processor:
    """Return the processor that numba compiles for."""
    return processor_of(*cpu_target.target_context.codegen().magic_tuple())


def processor_of(triple: str, name: str, features: str) -> Processor:
    """Return the processor that LLVM knows by a target triple, a name and features."""
    machine = llvm.Target.from_triple(triple).create_target_machine(
        cpu=name, features=features, opt=2
    )
    assembly = machine.emit_assembly(llvm.parse_assembly(_probe(triple)))
    return next((found for sign, found in _SIGNS.items() if re.search(sign, assembly)), _PLAIN)


def is_x86() -> bool:
    """Return whether numba compiles for an x86 processor."""
    return platform().startswith(("x86_64", "i686"))


def is_arm() -> bool:
    """Return whether numba compiles for a 64-bit ARM processor."""
    return platform().startswith(("aarch64", "arm64"))


def platform() -> str:
    """Return the target triple that numba compiles for."""
    triple, *_ = cpu_target.target_context.codegen().magic_tuple()
    return str(triple)


def _probe(triple: str) -> str:
    return f"""
        target triple = "{triple}"
        declare <16 x float> @llvm.fma.v16f32(<16 x float>, <16 x float>, <16 x float>)
        define void @probe(ptr %p, <16 x float> %x, <16 x float> %y) {{
            %z = load <16 x float>, ptr %p
            %r = call <16 x float> @llvm.fma.v16f32(<16 x float> %x, <16 x float> %y,
                                                    <16 x float> %z)
            store <16 x float> %r, ptr %p
            ret void
        }}"""


def n_lanes(dtype: Any) -> int:
    """Return how many numbers of a dtype a vector register holds."""
    return processor().vector_bytes * 8 // dtype.bitwidth


@intrinsic
def lanes_of(typing_context: Any, array: Any) -> Any:
    """Return how many elements of the array's dtype a vector register holds."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.get_constant(types.intp, n_lanes(array.dtype))

    return types.intp(array), codegen


def _field(name: str) -> Any:
    """Return the intrinsic that returns a field of the processor, as a constant."""

    @intrinsic
    def constant(typing_context: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return context.get_constant(types.intp, getattr(processor(), name))

        return types.intp(), codegen

    return constant


tile_rows = _field("tile_rows")  # of a tall tile, twice those of a short one
tile_vectors = _field("tile_vectors")  # at most
depth_at_once = _field("depth")
packed_elements = _field("packed_elements")
packed_rows = _field("packed_rows")
