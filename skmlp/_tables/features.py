"""Features of a table, written a block of rows at a time into one array."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmlp._tables.categories import Coded, write_one_hot
from skmlp._tables.columns import BLOCK, Source, blocks
from skmlp._tables.numbers import Numbers, refuse_infinity

# Features of a block of rows, so many that they stay in the cache.
_SIZE_OF_BLOCK = 1 << 20
# No block has a multiple of so many rows.
_ODD = 64


def features_of(
    n_rows: int,
    numbers: Numbers,
    sources: Sequence[Source],
    one_hots: Sequence[tuple[Coded, int]],
) -> NDArray[np.float32]:
    """Return the features of a table.

    Parameters
    ----------
    n_rows : int
    numbers : Numbers
    sources : sequence of Source
        The numeric columns.
    one_hots : sequence of (Coded, int)
        The categorical columns, and how many categories each had in training.

    Raises
    ------
    ValueError
        A numeric column has infinity.
    """
    width = numbers.n_features
    result = np.zeros((n_rows, width + sum(size for _, size in one_hots)), np.float32)
    size = min(BLOCK, n_rows, 1 + _SIZE_OF_BLOCK // max(width, 1))
    if not size % _ODD:  # rows of features apart by powers of two would share the cache's lines
        size = max(size - 16, 1)
    x, features = np.empty(len(sources) * size), np.empty(width * size, numbers.dtype)
    for rows in blocks(n_rows, size):
        out = result[rows]
        if sources:
            _write_numbers(numbers, sources, rows, x, features, out[:, :width])
        begin = width
        for coded, n_categories in one_hots:
            end = begin + n_categories
            write_one_hot(coded.read(rows), n_categories, out[:, begin:end])
            begin = end
    return result


def _write_numbers(
    numbers: Numbers,
    sources: Sequence[Source],
    rows: slice,
    space: NDArray[np.float64],
    space_of_features: NDArray[np.floating[Any]],
    out: NDArray[np.float32],
) -> None:
    """Write the features of numbers, of a block of rows."""
    # A row for each column and feature, so that NumPy works on long rows; turned only at last.
    x = space[: len(sources) * len(out)].reshape(-1, len(out))
    features = space_of_features[: out.size].reshape(-1, len(out))
    for source, row in zip(sources, x, strict=True):
        row[:] = source.read(rows)
    if np.isinf(x).any():
        for source, row in zip(sources, x, strict=True):
            refuse_infinity(row, source)
    numbers.write(x, features)
    out[:] = features.T
