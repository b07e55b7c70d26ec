"""The register-tiled products against NumPy's, for every size and on other processors.

The matrices hold small whole numbers, whose products and sums are exact in float32: the
results must be equal, not close.
"""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from skmlp._border.sizes import scratch_size
from skmlp._kernels.simd import matmul
from skmlp._kernels.simd._processor import processor, processor_of
from tests.border import from_python
from tests.cross import initialize_all_targets

column_sums = from_python(matmul.column_sums)
transpose = from_python(matmul.transpose)

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)


def whole_numbers(rng, dtype, *shape):
    return rng.integers(-8, 9, shape).astype(dtype)


def exact_product(a, b):
    """Return A B without BLAS, which may warn of what it reads beside a small matrix."""
    return a.astype(np.int64) @ b.astype(np.int64)


def product_bias(a, b, bias, out):
    matmul.product_bias(a, b, bias, NO_FLOOR[a.dtype.char], out)
    return exact_product(a, b) + bias


def raised_product_bias(a, b, bias, out):
    matmul.product_bias(a, b, bias, a.dtype.type(0), out)
    return np.maximum(exact_product(a, b) + bias, 0)


def product(a, b, bias, out):
    matmul.product(a, b, out)
    return exact_product(a, b)


def product_transposed_left(a, b, bias, out):
    """In two parts, as two threads would."""
    scratch = np.empty(scratch_size(len(b), *out.shape), out.dtype)
    turned, middle = np.ascontiguousarray(a.T), len(out) // 3
    for first, stop in ((0, middle), (middle, len(out))):
        if stop > first:
            matmul.product_transposed_left(turned, b, first, stop, scratch, out)
    return exact_product(a, b)


PRODUCTS = [product_bias, raised_product_bias, product, product_transposed_left]
NO_FLOOR = {"f": np.float32(-np.inf), "d": np.float64(-np.inf)}


def check_sizes(function, dtype, heights, depths, widths):
    """Every element is written, and none behind the end."""
    rng = np.random.default_rng(0)
    for m in heights:
        for n in widths:
            for k in depths:
                a, b = whole_numbers(rng, dtype, m, k), whole_numbers(rng, dtype, k, n)
                bias = whole_numbers(rng, dtype, n)
                room = np.full(m * n + 64, np.nan, dtype)
                out = room[32 : 32 + m * n].reshape(m, n)
                expected = function(a, b, bias, out)
                assert (out == expected).all(), (m, k, n)
                assert np.isnan(room[:32]).all(), (m, k, n)
                assert np.isnan(room[32 + m * n :]).all(), (m, k, n)


@DTYPES
@pytest.mark.parametrize("function", PRODUCTS)
def test_every_size_to_40(function, dtype):
    sizes = range(1, 41)
    check_sizes(function, dtype, sizes, [1, 2, 3, 5, 8, 40], sizes)
    check_sizes(function, dtype, [1, 7, 8, 9, 40], sizes, [1, 2, 15, 16, 17, 40])


@DTYPES
@pytest.mark.parametrize("function", PRODUCTS)
def test_larger_sizes(function, dtype):
    check_sizes(function, dtype, [41, 200], [20, 300], [47, 48, 49, 96, 100, 101])


@DTYPES
@pytest.mark.parametrize("function", PRODUCTS)
def test_sums_added_up_in_parts(function, dtype):
    """Heights that are multiples of all tiles', depths of two and three parts."""
    check_sizes(function, dtype, [24, 48], [300, 450], [1, 15, 33, 101])  # B as it is
    check_sizes(function, dtype, [144, 192], [1025, 2100], [17, 49, 101])  # B packed


SCRIPT = """
import numpy as np
from tests.test_matmul import PRODUCTS, check_sizes, check_transpose
from skmlp._kernels.simd._processor import processor
for dtype in (np.float32, np.float64):
    for function in PRODUCTS:
        check_sizes(function, dtype, [1, 5, 6, 8, 13], [1, 2, 20], [*range(1, 20), 33, 50])
        check_sizes(function, dtype, [24], [300], [101])  # added up in parts
        check_sizes(function, dtype, [144], [300, 1025], [101])  # packed, and in parts as well
    check_transpose(dtype, [1, 3, 4, 8, 15, 16, 33])
print(processor().vector_bytes)
"""


@pytest.mark.parametrize(
    ("environment", "vector_bytes"),
    [
        ({"NUMBA_CPU_NAME": "generic"}, 16),
        ({"NUMBA_CPU_NAME": "haswell"}, None),  # with the host's features, which may be more
        ({"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma"}, 32),
        ({"NUMBA_CPU_NAME": "skylake-avx512"}, None),
    ],
    ids=["generic", "haswell", "haswell-avx2", "skylake-avx512"],
)
def test_other_processors(environment, vector_bytes, tmp_path):
    if processor().vector_bytes < (vector_bytes or 64):
        pytest.skip("this processor cannot run code for the other one")
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=os.environ | environment | {"NUMBA_CACHE_DIR": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert vector_bytes in {None, int(result.stdout)}


X86, ARM = "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"
POWER, Z = "powerpc64le-unknown-linux-gnu", "s390x-unknown-linux-gnu"
FEW, MANY = (4, 2), (8, 3)


@pytest.mark.parametrize(
    ("triple", "name", "vector_bytes", "tile"),
    [
        (X86, "x86-64", 16, FEW),
        (X86, "sandybridge", 16, FEW),  # long vectors, but nothing fused
        (X86, "haswell", 32, (4, 3)),
        (X86, "znver3", 32, (4, 3)),
        (X86, "skylake-avx512", 64, MANY),
        (X86, "znver4", 64, MANY),
        (ARM, "generic", 16, MANY),
        (ARM, "neoverse-v1", 16, MANY),
        ("arm64-apple-darwin23", "apple-m1", 16, MANY),
        ("aarch64-pc-windows-msvc", "generic", 16, MANY),
        (POWER, "pwr8", 16, MANY),
        (POWER, "pwr10", 16, MANY),
        (Z, "z13", 16, FEW),  # fused in float64 alone
        (Z, "z14", 16, MANY),
        # Its name of the instruction is that of x86.
        ("riscv64-unknown-linux-gnu", "sifive-p670", 16, FEW),
    ],
)
def test_processors_found_by_what_llvm_makes_for_them(triple, name, vector_bytes, tile):
    initialize_all_targets(triple)
    found = processor_of(triple, name, "")
    assert found.vector_bytes == vector_bytes
    assert found.fused == (tile != FEW)
    assert found.masked == (vector_bytes > 16)
    assert (found.tile_rows, found.tile_vectors) == tile


CROSS = """
import sys
from tests.cross import compile_for
compile_for(sys.argv[1])
from numba import types
from skmlp._kernels.simd.matmul import product_bias
matrix = types.Array(types.float32, 2, "C")
signature = matrix, matrix, types.Array(types.float32, 1, "C"), types.float32, matrix
product_bias.compile(signature)
print(product_bias.overloads[signature].library.get_asm_str())
"""


@pytest.mark.parametrize(
    ("triple", "name", "multiply_add", "of_stack", "n_addresses"),
    [
        # By element: a factor is used as it was loaded.
        (ARM, "neoverse-n1", r"\tfmla\t.*\.s\[0\]", r"\bsp\b", 2),
        (ARM, "apple-m1", r"\tfmla\t.*\.s\[0\]", r"\bsp\b", 2),
        (POWER, "pwr9", r"\txvmadd[am]sp\s", r"\(1\)", 2),
        # From row to row, in integer units that have nothing else to do.
        (Z, "z15", r"\tvfmasb\t", r"%r15", 9),
    ],
    ids=["neoverse-n1", "apple-m1", "pwr9", "z15"],
)
def test_inner_loops_for_other_processors(
    triple, name, multiply_add, of_stack, n_addresses, tmp_path
):
    """Each tall tile has one, without branches, and accumulators never leave the registers."""
    initialize_all_targets(triple)
    environment = {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": ""}
    assembly = subprocess.run(
        [sys.executable, "-c", CROSS, triple],
        env=os.environ | environment | {"NUMBA_CACHE_DIR": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    # From a label to the branch back to it, with no label in between.
    blocks = re.findall(r"^(\.?L\w+):((?:.*\n(?!\.?L\w+:))*)", assembly, flags=re.MULTILINE)
    matches = [re.match(rf"(?:.*\n)*.*{re.escape(name)}\b", body) for name, body in blocks]
    loops = [match[0].splitlines()[1:] for match in matches if match]
    sizes = [sum(bool(re.search(multiply_add, line)) for line in loop) for loop in loops]
    # Three vectors, two, and one of each number of lanes, which is not masked: two steps in a
    # loop, if it was unrolled. (So may be those of lower tiles.)
    assert 24 in sizes
    assert sum(size in {8, 16} for size in sizes) >= 5
    tall = min((loop for loop, n in zip(loops, sizes, strict=True) if n == 24), key=len)
    # 11 loads, steps of addresses, and at most a count, a comparison and a branch.
    assert len(tall) <= 24 + 11 + n_addresses + 3
    assert not re.search(of_stack, "\n".join(tall))


@DTYPES
def test_rows_do_not_depend_on_each_other(dtype):
    """To the bit: alone, in a part of a tile, or in the middle of one."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=(21, 30)).astype(dtype)
    for n in (1, 5, 16, 100):
        b, bias = rng.normal(size=(30, n)).astype(dtype), rng.normal(size=n).astype(dtype)
        whole, part = np.empty((21, n), dtype), np.empty((21, n), dtype)
        matmul.product_bias(a, b, bias, dtype(-np.inf), whole)
        for start, stop in [(0, 1), (1, 9), (9, 12), (12, 21)]:
            rows = slice(start, stop)
            matmul.product_bias(a[rows], b, bias, dtype(-np.inf), part[rows])
        np.testing.assert_array_equal(part, whole)


def check_transpose(dtype, sizes):
    rng = np.random.default_rng(0)
    for m in sizes:
        for n in sizes:
            a = rng.normal(size=(m, n)).astype(dtype)
            out = np.empty((n, m), dtype)
            for first, stop in ((0, m // 3), (m // 3, m)):
                transpose(a, first, stop, out)
            assert (out == a.T).all(), (m, n)


@DTYPES
def test_transpose(dtype):
    check_transpose(dtype, range(1, 41))


@DTYPES
def test_column_sums(dtype):
    a = whole_numbers(np.random.default_rng(0), dtype, 23, 17)
    out = np.full(17, np.nan, dtype)
    column_sums(a, out)
    np.testing.assert_array_equal(out, a.sum(axis=0))


@DTYPES
def test_nan_and_infinity_reach_the_result(dtype):
    a, b = np.ones((9, 4), dtype), np.ones((4, 20), dtype)
    a[3, 1], a[5, 2] = np.nan, np.inf
    out = np.empty((9, 20), dtype)
    matmul.product_bias(a, b, np.zeros(20, dtype), dtype(0), out)
    assert np.isnan(out[3]).all()
    assert np.isinf(out[5]).all()
    assert np.isfinite(np.delete(out, [3, 5], axis=0)).all()
