"""Share of the processor's peak that the matrix products and whole training steps reach.

The peak is measured, in turns with each kernel: multiply-adds on registers, as many at a time
as the processor has them under way. Everything runs in one thread, from compiled loops, so
that no call from Python is in the times. Printed are Markdown tables, the best of the rounds.

    python benchmarks/bench_kernels.py [--rounds 9] [--dtypes float32 float64]
"""

import argparse
import time

import numpy as np
from bench_epoch import SHAPES, make_data
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

import skmlp
from skmlp._border.losses import LOSSES
from skmlp._border.optimizers import OPTIMIZERS
from skmlp._border.sizes import scratch_size
from skmlp._data import as_matrix
from skmlp._kernels._jit import kernel
from skmlp._kernels.epoch import run_epoch
from skmlp._kernels.simd import matmul
from skmlp._kernels.simd._vectors import INT, Vectors
from skmlp._network import Network
from skmlp._outputs.base import as_targets

PRODUCTS = [(192, 20, 96), (192, 100, 96), (96, 192, 192), (192, 784, 784), (197, 23, 101)]
# Accumulators of the peak: at least the two instructions a cycle times their latency of four
# to five cycles, or the processor waits; no more than AVX2 has registers for.
N_ACCUMULATORS = 12
SECONDS = 0.02  # of a timing


@intrinsic
def multiply_add_often(typing_context, values, n_turns):
    """Multiply and add on registers, `n_turns` times a tile of them; store the sums."""

    def codegen(context, builder, signature, arguments):
        data = cgutils.create_struct_proxy(values)(context, builder, arguments[0]).data
        vectors = Vectors(context, builder, values.dtype)
        factor = vectors.load(data)
        n = N_ACCUMULATORS
        places = [builder.gep(data, [INT(vectors.n_lanes * i)]) for i in range(n)]
        starts = [vectors.load(place) for place in places]  # unlike ones, or LLVM merges them
        before = builder.block
        loop, after = builder.append_basic_block("loop"), builder.append_basic_block("after")
        builder.branch(loop)
        builder.position_at_end(loop)
        turn = builder.phi(INT)
        turn.add_incoming(INT(0), before)
        accumulators = [builder.phi(vectors.type) for _ in range(n)]
        sums = [vectors.multiply_add(factor, factor, sum_) for sum_ in accumulators]
        for accumulator, start, after_turn in zip(accumulators, starts, sums, strict=True):
            accumulator.add_incoming(start, before)
            accumulator.add_incoming(after_turn, loop)
        following = builder.add(turn, INT(1))
        turn.add_incoming(following, loop)
        builder.cbranch(builder.icmp_signed("<", following, arguments[1]), loop, after)
        builder.position_at_end(after)
        for value, place in zip(sums, places, strict=True):
            vectors.store(value, place)
        return ir.Constant(INT, 2 * n * vectors.n_lanes)

    return types.int64(values, types.int64), codegen


@kernel
def peak(values, n_turns):
    """Return the number of operations of one turn."""
    return multiply_add_often(values, n_turns)


@kernel
def plain(a, b, bias, floor, scratch, out, n_turns):
    for _ in range(n_turns):
        matmul.product_bias(a, b, bias, floor, out)


@kernel
def transposed(a, b, bias, floor, scratch, out, n_turns):
    for _ in range(n_turns):
        matmul.product_transposed_left(a, b, 0, out.shape[0], scratch, out)


def seconds_a_turn(function, *arguments, n_turns):
    start = time.perf_counter()
    function(*arguments, n_turns)
    return (time.perf_counter() - start) / n_turns


def peak_arguments(dtype):
    """Return the array that the peak is measured on, and the operations of a turn."""
    values = np.linspace(1e-3, 2e-3, 1000).astype(dtype)
    return values, peak(values, 10)


def share_of_peak(function, arguments, n_operations, dtype, n_rounds):
    """Return the operations a second, and what share of the peak that is, at their best.

    Whatever else a machine does makes times longer, never shorter.
    """
    values, n_peak = peak_arguments(dtype)
    seconds_a_turn(function, *arguments, n_turns=1)
    n_turns = max(1, int(SECONDS / seconds_a_turn(function, *arguments, n_turns=3)))
    pace, top = 0.0, 0.0
    for _ in range(n_rounds):
        top = max(top, n_peak / seconds_a_turn(peak, values, n_turns=int(SECONDS * 3e9 / 5)))
        seconds = seconds_a_turn(function, *arguments, n_turns=n_turns)
        pace = max(pace, n_operations / seconds)
    return pace, pace / top


def product_arguments(function, m, k, n, dtype):
    rng = np.random.default_rng(0)
    a = rng.normal(size=(k, m) if function is transposed else (m, k)).astype(dtype)
    b, bias = rng.normal(size=(k, n)).astype(dtype), rng.normal(size=n).astype(dtype)
    scratch = np.empty(scratch_size(k, m, n), dtype)
    return a, b, bias, dtype.type(-np.inf), scratch, np.empty((m, n), dtype)


def run_epochs(arguments, n_turns):
    for _ in range(n_turns):
        run_epoch(*arguments)


def epoch_arguments(shape, dtype):
    """Return what run_epoch takes for a problem, as a fit prepares it."""
    X, y = make_data(shape, dtype)
    binary = shape.n_classes == 2
    units = [shape.n_features, *shape.hidden, 1 if binary else shape.n_classes]
    network = Network.initialize(
        units, ["relu"] * len(shape.hidden), np.random.RandomState(0), dtype
    )
    data, theta = as_matrix(X, dtype), network.theta
    rows = np.random.default_rng(0).permutation(len(X))
    rates = np.full(-(-len(X) // shape.batch_size), 1e-3)
    adam = OPTIMIZERS["adam"]
    return (
        *data, as_targets(y, dtype), np.ones(len(X), dtype), rows, shape.batch_size,
        theta, network.table, LOSSES["binary" if binary else "multinomial"].code, np.zeros(1),
        1e-4, adam.code, np.array([0.9, 0.999, 1e-8]),
        np.zeros((adam.n_moments, theta.size), dtype),
        None, 1, rates, np.inf, np.zeros(network.depth), 0, None,
        *network.workspaces(data, shape.batch_size, 1), np.zeros((2, 8), np.int64), 0,
    )  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--dtypes", nargs="+", default=["float32", "float64"])
    arguments = parser.parse_args()
    for dtype in map(np.dtype, arguments.dtypes):
        values, n_peak = peak_arguments(dtype)
        top = max(
            n_peak / seconds_a_turn(peak, values, n_turns=4_000_000)
            for _ in range(arguments.rounds)
        )
        print(f"\n{dtype}: peak {top / 1e9:.0f} GFLOP/s, skmlp {skmlp.__version__}\n")
        print("| product | A B | share | Aᵀ B | share |\n|---|---|---|---|---|")
        for m, k, n in PRODUCTS:
            cells = []
            for function in (plain, transposed):
                operands = product_arguments(function, m, k, n, dtype)
                pace, share = share_of_peak(
                    function, operands, 2 * m * k * n, dtype, arguments.rounds
                )
                cells.append(f"{pace / 1e9:.0f} | {share:.0%}")
            print(f"| {m}×{k} · {k}×{n} | {' | '.join(cells)} |", flush=True)
        print("\n| epoch | GFLOP/s | share |\n|---|---|---|")
        for name, shape in SHAPES.items():
            prepared = epoch_arguments(shape, dtype)
            pace, share = share_of_peak(
                run_epochs, [prepared], shape.n_operations, dtype, arguments.rounds
            )
            print(f"| {name}: {shape} | {pace / 1e9:.0f} | {share:.0%} |", flush=True)


if __name__ == "__main__":
    main()
