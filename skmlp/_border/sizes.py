"""Sizes of the buffers that Python allocates and kernels divide up."""

from skmlp._border.layout import BIASES, FAN_IN, FAN_OUT, UNITS, Layers, n_parameters, n_units

# Rows that go through the network together in a prediction, whose workspace is sized for them:
# as many as it pays to pack weights for, and few enough for the second cache.
PANEL = 128
# Rows of a batch whose derivatives and sums are taken together.
ROWS_CHUNK = 16
# Rows of a product's left-hand matrix that are taken together: what one of them is multiplied
# by at a time is then still in the second cache for the next columns.
DEEP = 256
# Elements of theta that are taken together. Sums over theta are of the sums over such chunks,
# whatever threads the chunks are spread over.
CHUNK = 2048
# Batches of so many rows, and so many products of a row's number and a weight, are halved.
_TWICE, _LARGE = 128, 1 << 19
# No vector has half as many lanes, and no tile so many rows.
_FEW = 32
# Counters in a row of `sync`: as many as a cache line has, which is of 128 bytes with Apple and
# POWER, and of 64 elsewhere, often fetched in pairs. Two threads that write to one line would
# take it from each other.
SYNC_STRIDE = 16
# Tasks for each of several threads: more than one, so that the faster takes over from the
# slower, and few, since each reads the weights anew.
TASKS_PER_THREAD = 4


def stride_of(size: int) -> int:
    """Return how far vectors like theta lie apart that all begin with a cache line."""
    return (size + 15) // 16 * 16


def n_chunks(n_weights: int, size: int) -> int:
    """Return how many chunks theta has: those of the weights, and of the rest."""
    n_first, n_last = n_weights + CHUNK - 1, size - n_weights + CHUNK - 1
    return n_first // CHUNK + n_last // CHUNK


def n_halves(layers: Layers, n_rows: int) -> int:
    """Return how many parts of a batch have a gradient of their own: two, or one.

    Each is the sum over the rows of that part, and the whole gradient the sum of both, so that
    two threads need not read what the other has computed for its rows. It costs another pass
    over the gradient, and pays where that is smaller than what is not read.
    """
    n_weights, last = layers[0, BIASES], layers.shape[0] - 1
    n_outputs = layers[last, UNITS] + layers[last, FAN_OUT]
    is_large = n_rows * n_weights >= _LARGE and 2 * n_rows * n_outputs >= n_weights
    return 2 if n_rows >= _TWICE and is_large else 1


def scratch_sizes(layers: Layers, n_rows: int, first: int) -> tuple[int, int]:
    """Return the sizes of the scratch spaces of the backward pass over `n_rows` rows.

    They hold the weight matrices transposed, and what a thread's products of transposed inputs
    need. `first` is the first layer with such a product: 1 where the input is sparse, and else
    0.
    """
    fans = layers[:, [FAN_IN, FAN_OUT]].tolist()
    transposed = sum(fan_in * fan_out for fan_in, fan_out in fans[1:])
    # A product is of so many rows at most.
    products = [
        scratch_size(n_rows, min(fan_in, DEEP), fan_out) for fan_in, fan_out in fans[first:]
    ]
    return transposed, stride_of(max(products, default=0))


def gradient_size(layers: Layers, n_rows: int) -> int:
    """Return the size of the gradients of a batch of so many rows, or fewer."""
    return n_halves(layers, n_rows) * stride_of(n_parameters(layers))


def n_deltas(layers: Layers, n_rows: int) -> int:
    """Return the size of the deltas of `n_rows` rows, and of their sums over chunks of rows."""
    return n_units(layers) * (n_rows + -(-n_rows // ROWS_CHUNK))


def scratch_size(depth: int, m: int, n: int) -> int:
    """Return what `product_transposed_left` needs for m rows of A^T B, `depth` being inner."""
    return max((m + _FEW) * depth, m * n if n <= _FEW else 0)


def n_partial_sums(n_rows: int, n_weights: int, size: int) -> int:
    """Return how many partial sums there are: one a row of a batch, two a chunk of theta."""
    return n_rows + 2 * n_chunks(n_weights, size)
