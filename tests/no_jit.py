"""The kernels as ordinary Python: a naive version of each intrinsic, for NUMBA_DISABLE_JIT=1.

numba then leaves functions as they are, but an intrinsic, which is LLVM code, cannot be called.
:func:`install` puts the naive version of each into the modules that import it. None of them
relies on an address: each checks that what it reads and writes is within its arrays, where the
compiled one does not, and raises an IndexError otherwise. Memory that nothing was written to
holds NaN.
"""

import ctypes
import inspect
import math
import sys
import threading
import time
from types import FunctionType

import numpy as np
import pytest
from numba.core.extending import _Intrinsic

from skmlp._border.layout import BIASES, FAN_IN, FAN_OUT, SLOPES, UNITS, WEIGHTS
from skmlp._kernels import _jit
from skmlp._kernels.simd import (
    _atomics,
    _bit_generator,
    _denormals,
    _hashing,
    _layers,
    _processor,
    _relu,
    _rows,
    _scalars,
    _tiles,
    _vectors,
    _views,
    elementwise,
)

BITS_OF = {np.dtype(np.float32): (np.uint32, 23), np.dtype(np.float64): (np.uint64, 52)}
# What Python calls; the others are called by these.
BORDER = {"run_epoch", "outputs", "shuffle"}


# Parts of the names of tests that are not run: why.
SKIPPED = {
    "test_compilation": "it counts what is compiled",
    "test_elementwise.py::test_error": "200,000 points, one by one",
    "test_gradients.py::test_gradient[": "some minutes; test_gradient_of_mixed_layers is run",
    "test_kernels.py::test_optimizer_finds_the_minimum": "60,000 steps",
    "test_matmul.py::test_every_size_to_40": "some 30,000 products",
    "test_matmul.py::test_other_processors": "it compiles for them",
    "test_matmul.py::test_inner_loops_for_other_processors": "it compiles for them",
    "test_no_jit.py::test_compiled_and_naive_results": "nothing is compiled to compare with",
    "test_training.py::test_numpy_numbers_compile_nothing": "it counts what is compiled",
    "test_training.py::test_moments_of_unreached": "denormal numbers are left as they are",
}


def skip(items):
    """Mark the tests that are not run without compilation."""
    for item in items:
        for name, reason in SKIPPED.items():
            if name in item.nodeid:
                item.add_marker(pytest.mark.skip(reason=f"NUMBA_DISABLE_JIT=1: {reason}"))


def install():
    """Make the kernels of :mod:`skmlp`, and those that tests define, callable from Python."""
    _jit._compile = lambda function, *_, **__: as_compiled(function)
    modules = [module for name, module in sys.modules.items() if name.split(".")[0] == "skmlp"]
    naive = {id(intrinsic): function for intrinsic, function in naive_versions()}
    for module in modules:
        for name, value in vars(module).items():
            if isinstance(value, _Intrinsic):
                setattr(module, name, naive[id(value)])
            elif isinstance(value, FunctionType) and hasattr(value, "py_func"):
                function = as_compiled(value.py_func) if name in BORDER else value.py_func
                function.py_func = value.py_func
                setattr(module, name, function)


def as_compiled(function):
    result = silent(function)
    result.py_func = function
    return result


def silent(function):
    """Return a function that like compiled code does not warn of infinities and NaN."""
    return np.errstate(all="ignore")(function)


def naive_versions():
    """Yield pairs of an intrinsic and its naive version."""
    for module, name, function in NAMED:
        yield getattr(module, name), function
    for value in vars(elementwise).values():
        if isinstance(value, _Intrinsic) and value.__name__ == "evaluate":
            yield value, polynomial(**inspect.getclosurevars(value._defn).nonlocals)


# Parts of arrays, whose elements are counted in C order.


def elements(array):
    """Return all elements as a vector, which is a view."""
    return array.reshape(-1, copy=False)


def within(array, first, last):
    """Raise an IndexError unless the array has the elements from `first` to `last`."""
    if first < 0 or last >= array.size:
        raise IndexError(f"elements {first} to {last} of an array of {array.size}")


def part(array, start, *shape):
    """Return a view of the shape, from the element `start` on."""
    size = math.prod(shape)
    if start < 0 or min(shape) < 0 or start + size > array.size:
        raise IndexError(f"{shape} from element {start} on of an array of {array.size}")
    return elements(array)[start : start + size].reshape(shape)


def at(array, *terms):
    """Return the positions that are sums of the terms, none of which is outside the array."""
    positions = sum(np.asarray(term, np.intp) for term in terms)
    if positions.size > 0:
        within(array, positions.min(), positions.max())
    return positions


def matrix_at(array, start, n_rows, n_columns):
    """A view; or a copy, where the last row ends behind the array's end, and NaN is there.

    Columns of a matrix that are not its first are seen as one from the first of them on. What
    follows the last row then belongs to no column that is meant, and nothing is written.
    """
    missing = start + n_rows * n_columns - array.size
    if start < 0 or not 0 < missing < n_columns:
        return part(array, start, n_rows, n_columns)
    copy = np.append(elements(array)[start:], np.full(missing, np.nan, array.dtype))
    return read_only(copy.reshape(n_rows, n_columns))


def rows_at(matrix, start, stop):
    n_columns = matrix.shape[1]
    return part(matrix, start * n_columns, stop - start, n_columns)


def row_part(matrix, i, first, stop):
    within(matrix, i * matrix.shape[1], i * matrix.shape[1] + stop - 1)
    return part(matrix, i * matrix.shape[1] + first, stop - first)


def read_only(array):
    view = array.view()
    view.flags.writeable = False
    return view


# Layers.


def weights_of(theta, layers, k):
    row = layers[k]
    return part(theta, row[WEIGHTS], row[FAN_IN], row[FAN_OUT])


def biases_of(theta, layers, k):
    return part(theta, layers[k, BIASES], layers[k, FAN_OUT])


def slopes_of(theta, layers, k):
    return part(theta, layers[k, SLOPES], layers[k, FAN_OUT])


def outputs_of(work, layers, k, n_rows):
    return part(work, n_rows * layers[k, UNITS], n_rows, layers[k, FAN_OUT])


def inputs_of(work, layers, k, n_rows):
    if k > 0:
        return outputs_of(work, layers, k - 1, n_rows)
    behind = layers[-1, UNITS] + layers[-1, FAN_OUT]
    return part(work, n_rows * behind, n_rows, layers[0, FAN_IN])


# Numbers.


def constant_like(x, value):
    return type(x)(value)


def constant_for(x, single, double):
    return type(x)(single if is_single(x) else double)


def is_single(x):
    return isinstance(x, np.float32)


def polynomial(single, double):
    def evaluate(x):
        first, *others = single if is_single(x) else double
        value = type(x)(first)
        for coefficient in others:
            value = value * x + type(x)(coefficient)
        return value

    return evaluate


def power_of_two_of_low_bits(x):
    kind, mantissa = BITS_OF[x.dtype]
    return (x.view(kind) << mantissa).view(x.dtype)


def reciprocal_root_guess(x):
    kind, _ = BITS_OF[x.dtype]
    constant = {np.uint32: 0x5F375A86, np.uint64: 0x5FE6EB50C7B537A9}[kind]
    return (kind(constant) - (x.view(kind) >> 1)).view(x.dtype)


def mixed(x, rounds, n_bits, last):
    """Return x after rounds of a shift, a multiplication and an addition of bits."""
    for shift, factor, other in rounds:
        x = ((x ^ x >> shift) * factor % 2**n_bits) ^ other
    return x ^ x >> last


def key_of(seed, step, layer):
    rounds, key = [(30, 0xBF58476D1CE4E5B9, 0), (27, 0x94D049BB133111EB, 0)], 0
    for number in (seed, step, layer):
        key = mixed((key + int(number) + 0x9E3779B97F4A7C15) % 2**64, rounds, 64, 31)
    return int(np.uint64(key).astype(np.int64))


def survives(position, key, rate):
    high, low = divmod(int(key) % 2**64, 2**32)
    rounds = [(16, 0x7FEB352D, high), (15, 0x846CA68B, 0)]
    return mixed((int(position) + low) % 2**32, rounds, 32, 16) >= int(rate * 2**32)


def next_uint32(draw, state):
    return ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p)(draw)(state)


# Rows of a matrix, and tiles of a product.


def lanes_of(array):
    return np.intp(_processor.processor().vector_bytes // array.itemsize)


def field(name):
    """Return the naive version of what returns a field of the processor."""
    return lambda: np.intp(getattr(_processor.processor(), name))


tile_rows, tile_vectors = field("tile_rows"), field("tile_vectors")


def copy_row(a, start, size, out, out_start):
    part(out, out_start, size)[:] = part(a, start, size)


def dot(a, start, b):
    return (part(a, start, b.size) * b).sum()


def row_max(a, start, size):
    return np.fmax.reduce(part(a, start, size), initial=-np.inf)


def row_sum(a, start, size):
    return part(a, start, size).sum()


def row_minus(a, number, start, size, out):
    part(out, start, size)[:] = part(a, start, size) - number


def tile(height):
    """Return the naive version of a tile `height` rows high.

    Each sum is in the order of the depth, as it is in any tile.
    """

    def compute(n_vectors, left, start, depth, right, bias, resumes, floor, target):
        a, a_row, a_depth, _ = left
        b, b_start, b_row, b_last = right
        c, row, column, last = target
        lanes = np.arange(last if n_vectors == 0 else lanes_of(c))
        starts = lanes_of(c) * np.arange(max(n_vectors - 1, 0))
        offsets = np.add.outer(np.append(starts, last if n_vectors else 0), lanes).ravel()
        b_offsets = np.add.outer(np.append(starts, b_last if n_vectors else 0), lanes).ravel()
        rows, depths = np.arange(height)[:, None], np.arange(depth)
        factors = elements(a)[at(a, start, rows * a_row, depths * a_depth)]
        block = elements(b)[at(b, b_start, depths[:, None] * b_row, b_offsets)]
        places = at(c, (row + rows) * c.shape[1] + column, offsets)
        if resumes:
            sums = elements(c)[places]
        elif bias.size > 0:
            sums = np.tile(bias[at(bias, column, offsets)], (height, 1))
        else:
            sums = np.zeros(places.shape, c.dtype)
        for k in range(depth):
            sums += factors[:, k, None] * block[k]
        elements(c)[places] = np.where(sums < floor, floor, sums)

    return compute


def block_buffer(like, depth):
    size = depth * tile_vectors() * lanes_of(like)
    return np.full(size, np.nan, like.dtype)


def copy_tile_rows(a, a_start, out, out_start):
    copy_row(a, a_start, tile_rows(), out, out_start)


def copy_block_row(a, a_start, width, last, out, out_start):
    n = lanes_of(out)
    offsets = [0, last] if width == 2 else [0, n, last]
    for i, offset in enumerate(offsets):
        copy_row(a, a_start + offset, n, out, out_start + i * n)


def transpose_square(a, a_start, a_row, out, out_start, out_row):
    i, j = np.ogrid[: lanes_of(a), : lanes_of(a)]
    square = elements(a)[at(a, a_start, i * a_row, j)]
    elements(out)[at(out, out_start, i * out_row, j)] = square.T


def outer_product_rows(h, a, b, first, n_rows, out, sums):
    n = h.shape[1]
    if n < lanes_of(h):
        raise IndexError(f"{n} columns are less than a vector")
    active, rows = part(h, first * n, n_rows, n), part(out, first * n, n_rows, n)
    rows[:] = np.where(active == 0, 0, np.outer(part(a, first, n_rows), b))
    terms = list(rows)
    while len(terms) > 1:
        terms = [terms[i] + terms[i + 1] for i in range(0, len(terms), 2)]
    sums[:] = terms[0] if first == 0 else sums + terms[0]


# Threads, which here take turns.

LOCK = threading.Lock()


def load(numbers, i):
    return elements(numbers)[at(numbers, i)]


def add(numbers, i, term):
    with LOCK:
        elements(numbers)[at(numbers, i)] += term


def compare_and_swap(numbers, i, old, new):
    with LOCK:
        is_old = load(numbers, i) == old
        if is_old:
            elements(numbers)[at(numbers, i)] = new
        return is_old


def yield_processor():
    time.sleep(0)


def nothing(*arguments):
    """What is there for the sake of speed alone."""


NAMED = [
    (_atomics, "add", add),
    (_atomics, "yield_processor", yield_processor),
    (_atomics, "load", load),
    (_atomics, "pause", nothing),
    (_atomics, "compare_and_swap", compare_and_swap),
    (_bit_generator, "next_uint32", next_uint32),
    (_denormals, "flush_denormals", nothing),
    (_denormals, "restore_denormals", nothing),
    (_hashing, "key_of", key_of),
    (_hashing, "survives", survives),
    (_layers, "biases_of", biases_of),
    (_layers, "inputs_of", inputs_of),
    (_layers, "outputs_of", outputs_of),
    (_layers, "slopes_of", slopes_of),
    (_layers, "weights_of", weights_of),
    (_processor, "lanes_of", lanes_of),
    (_processor, "tile_rows", tile_rows),
    (_processor, "tile_vectors", tile_vectors),
    (_processor, "depth_at_once", field("depth")),
    (_processor, "packed_elements", field("packed_elements")),
    (_processor, "packed_rows", field("packed_rows")),
    (_relu, "outer_product_rows", outer_product_rows),
    (_rows, "copy_row", copy_row),
    (_rows, "dot", dot),
    (_rows, "row_max", row_max),
    (_rows, "row_minus", row_minus),
    (_rows, "row_sum", row_sum),
    (_scalars, "constant_for", constant_for),
    (_scalars, "constant_like", constant_like),
    (_scalars, "is_single", is_single),
    (_scalars, "power_of_two_of_low_bits", power_of_two_of_low_bits),
    (_scalars, "reciprocal_root_guess", reciprocal_root_guess),
    (_tiles, "copy_block_row", copy_block_row),
    (_tiles, "copy_tile_rows", copy_tile_rows),
    (_tiles, "block_buffer", block_buffer),
    (_tiles, "short_tile", tile(_processor.processor().tile_rows // 2)),
    (_tiles, "single_tile", tile(1)),
    (_tiles, "tall_tile", tile(_processor.processor().tile_rows)),
    (_tiles, "transpose_square", transpose_square),
    (_vectors, "long_vectors", nothing),
    (_vectors, "prefetch", nothing),
    (_views, "flat", elements),
    (_views, "matrix_at", matrix_at),
    (_views, "read_only", read_only),
    (_views, "row_part", row_part),
    (_views, "rows_at", rows_at),
    (_views, "vector_at", part),
]
