"""Pace of each activation beside what its arithmetic alone would take.

An activation, with its derivative where that is saved, is computed by the kernels of training,
on numbers in the first cache, of which a copy is made each time. The limit counts the
instructions of a loop over the activation alone: arithmetic on vectors at the pace of
multiply-adds, which is measured in turns with each kernel; a load at the same pace, a store at
half of it. Divisions and square roots take longer than that, and are counted beside.

    python benchmarks/bench_activations.py [--rounds 9] [--dtypes float32 float64]
"""

import argparse
import re

import numpy as np
from bench_kernels import SECONDS, peak, peak_arguments, seconds_a_turn
from numba import njit

import skmlp
from skmlp._border.activations import ACTIVATIONS
from skmlp._kernels import activations
from skmlp._kernels._jit import kernel
from skmlp._kernels.simd import elementwise
from skmlp._kernels.simd._processor import processor
from skmlp._kernels.simd._vectors import long_vectors

# Functions of one number; those of the second line return the derivative as well.
VALUES = {"tanh": elementwise.tanh, "logistic": elementwise.sigmoid}
PAIRS = {
    name: getattr(activations, f"_{name}") for name in ("elu", "selu", "gelu", "silu", "mish")
}
SIZE = 2048  # numbers, which with two results are in the first cache

# On x86: what computes on vectors and is no load, store or move within registers.
_VECTOR = r"\t(v\w+)\s.*%[yz]mm"
_MOVES = re.compile(r"v(p?mov|broadcast|pbroadcast|extract|insert|unpck|shuf|perm)")
_SLOW = re.compile(r"v(div|sqrt)p[sd]")


@kernel
def activate(code, z, h, derivative, n_turns):
    for _ in range(n_turns):
        for i in range(z.size):
            h[i] = z[i]
        # Each leaves to the other what is the other's, as in training.
        activations.activate_and_save(code, h, derivative)
        activations.activate(code, h)


def assembly_of(function, has_pair, dtype):
    """Return the assembly of a loop over the numbers.

    It is taken in turns, or LLVM divides some loops into several, of which `count` finds one.
    """

    @njit(error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"})
    def values(z, h, derivative, n_turns):
        long_vectors()
        for _ in range(n_turns):
            for i in range(z.size):
                h[i] = function(z[i])

    @njit(error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"})
    def pairs(z, h, derivative, n_turns):
        long_vectors()
        for _ in range(n_turns):
            for i in range(z.size):
                h[i], derivative[i] = function(z[i])

    loop = pairs if has_pair else values
    loop(*np.zeros((3, SIZE), dtype), 1)
    (assembly,) = loop.inspect_asm().values()
    return assembly


def count(assembly, n_results):
    """Return the arithmetic, divisions, loads and stores for one vector, from a loop on x86."""
    blocks = re.split(r"^\.L\w+:", assembly, flags=re.MULTILINE)
    body = max(blocks, key=lambda block: len(re.findall(_VECTOR, block)))
    instructions = re.findall(_VECTOR, body)
    lines = [line for line in body.splitlines() if re.match(_VECTOR, line)]
    stores = sum(bool(re.search(r"%[yz]mm\d+, .*\)", line)) for line in lines)
    loads = sum("(" in line for line in lines) - stores
    arithmetic = [name for name in instructions if not _MOVES.match(name)]
    slow = sum(bool(_SLOW.match(name)) for name in arithmetic)
    n_vectors = stores / n_results
    return [n / n_vectors for n in (len(arithmetic), slow, loads, stores)]


def measure(code, dtype, n_rounds):
    """Return seconds a vector at best, and those of a multiply-add, measured in turns."""
    values, n_peak = peak_arguments(dtype)
    n_lanes = processor().vector_bytes // dtype.itemsize
    z = np.random.default_rng(0).normal(size=SIZE).astype(dtype)
    arguments = code, z, np.empty_like(z), np.empty_like(z)
    seconds_a_turn(activate, *arguments, n_turns=1)
    n_turns = max(1, int(SECONDS / seconds_a_turn(activate, *arguments, n_turns=3)))
    seconds, fastest = np.inf, np.inf
    for _ in range(n_rounds):
        turn = seconds_a_turn(peak, values, n_turns=int(SECONDS * 3e9 / 5))
        fastest = min(fastest, turn / (n_peak / (2 * n_lanes)))
        seconds = min(seconds, seconds_a_turn(activate, *arguments, n_turns=n_turns))
    return seconds * n_lanes / SIZE, fastest


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--dtypes", nargs="+", default=["float32", "float64"])
    arguments = parser.parse_args()
    print(f"skmlp {skmlp.__version__}, vectors of {processor().vector_bytes} bytes")
    for dtype in map(np.dtype, arguments.dtypes):
        print(
            f"\n{dtype}\n\n| activation | numbers/ns | arithmetic | of it slow "
            f"| limit, numbers/ns | share |\n|{'---|' * 6}"
        )
        n_lanes = processor().vector_bytes // dtype.itemsize
        for name, function in {**VALUES, **PAIRS}.items():
            has_pair = name in PAIRS
            assembly = assembly_of(function, has_pair, dtype)
            n, slow, loads, stores = count(assembly, 1 + has_pair)
            seconds, fastest = measure(ACTIVATIONS[name].code, dtype, arguments.rounds)
            limit = max(n, loads, 2 * stores) * fastest
            print(
                f"| {name} | {1e-9 * n_lanes / seconds:.2f} | {n:.0f} | {slow:.0f} "
                f"| {1e-9 * n_lanes / limit:.2f} | {limit / seconds:.0%} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
