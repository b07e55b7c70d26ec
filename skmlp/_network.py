"""A network: its parameters with their layout, and the passes that only read them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray

from skmlp._border.activations import ACTIVATIONS, INITIAL_SLOPE
from skmlp._border.calls import outputs
from skmlp._border.layout import (
    ACTIVATION,
    BIASES,
    FAN_IN,
    FAN_OUT,
    NO_SLOPES,
    SLOPES,
    WEIGHTS,
    layer_table,
    n_parameters,
    n_units,
)
from skmlp._border.losses import NO_LOSS
from skmlp._border.sizes import PANEL, gradient_size, n_deltas, n_partial_sums, scratch_sizes
from skmlp._data import Matrix, read_only
from skmlp._explanations import naming
from skmlp._team import ThreadMap

# The full gradient takes the rows in blocks, so that memory does not grow with their number. A
# block has at most so many rows, and elements of workspace.
_BLOCK_ROWS = 1024
_BLOCK_ELEMENTS = 1 << 21
# Bytes of a cache line, and of the longest vector.
_LINE = 64
# Rows of a block that a thread predicts.
_BLOCK_OF_PREDICTION = 8192
# The codes of activations that save something.
_SAVING = frozenset(activation.code for activation in ACTIVATIONS.values() if activation.saves)


def aligned_empty(size: int, dtype: Any) -> NDArray[Any]:
    """Return an uninitialised vector aligned to a cache line."""
    # NumPy aligns to 16 bytes, and a vector across two lines is loaded at half the speed.
    n_bytes = size * np.dtype(dtype).itemsize
    room = np.empty(n_bytes + _LINE, np.uint8)
    start = -room.ctypes.data % _LINE
    return room[start : start + n_bytes].view(dtype)


def coefs_of(theta: NDArray[Any], layers: NDArray[np.int64]) -> tuple[NDArray[Any], ...]:
    """Return the weight matrices (..., fan_in, fan_out), views of `theta` (..., p)."""
    sizes = layers[:, FAN_IN] * layers[:, FAN_OUT]
    return tuple(
        theta[..., row[WEIGHTS] : row[WEIGHTS] + size].reshape(
            *theta.shape[:-1], row[FAN_IN], row[FAN_OUT]
        )
        for row, size in zip(layers, sizes, strict=True)
    )


def intercepts_of(theta: NDArray[Any], layers: NDArray[np.int64]) -> tuple[NDArray[Any], ...]:
    """Return the bias vectors (..., fan_out), views of `theta` (..., p)."""
    return tuple(theta[..., row[BIASES] : row[BIASES] + row[FAN_OUT]] for row in layers)


def slopes_of(theta: NDArray[Any], layers: NDArray[np.int64]) -> tuple[NDArray[Any], ...]:
    """Return the slopes (..., fan_out) of each layer that has them, views of `theta`."""
    with_slopes = layers[layers[:, SLOPES] != NO_SLOPES]
    return tuple(theta[..., row[SLOPES] : row[SLOPES] + row[FAN_OUT]] for row in with_slopes)


@dataclass(frozen=True)
class Network:
    """A multilayer perceptron: its parameters and the table that says where they are.

    Attributes
    ----------
    theta : array of shape (p,)
        All parameters: W⁽¹⁾, ..., W⁽ᴷ⁾, b⁽¹⁾, ..., b⁽ᴷ⁾, and the slopes of prelu.
    layers : int64 array of shape (K, 7)
        See :mod:`skmlp._border.layout`.
    """

    # A flat vector, so that an optimizer is one loop, L-BFGS needs no packing, the penalty is
    # that of a prefix, and no depth compiles anything anew.
    theta: NDArray[Any]
    layers: NDArray[np.int64]

    @classmethod
    def initialize(
        cls,
        units: Sequence[int],
        activations: Sequence[str],
        random_state: np.random.RandomState,
        dtype: Any,
        output: str | None = None,
    ) -> "Network":
        """Draw the initial parameters, in scikit-learn's order.

        They are uniform on ±sqrt(c / (fan_in + fan_out)), biases included (Glorot and Bengio
        2010, equation 16), or normal; the layer's activation chooses the distribution and c.

        Parameters
        ----------
        units : sequence of int
        activations : sequence of str
            One a hidden layer.
        random_state : RandomState
        dtype : dtype
        output : str, default=None
            The activation that chooses the distribution of the output layer; None means the
            last hidden layer's.
        """
        hidden = [ACTIVATIONS[name] for name in activations]
        layers = layer_table(
            units,
            [*(activation.code for activation in hidden), ACTIVATIONS["identity"].code],
            [*(activation.learns_slopes for activation in hidden), False],
        )
        # Aligned, as vectors that straddle cache lines are loaded at half the speed.
        network = cls(aligned_empty(n_parameters(layers), dtype), layers)
        for slopes in slopes_of(network.theta, layers):
            slopes[:] = INITIAL_SLOPE
        factors = [activation.init_factor for activation in hidden]
        factors.append(ACTIVATIONS[output].init_factor if output else factors[-1])
        for weights, biases, factor in zip(
            network.coefs, network.intercepts, factors, strict=True
        ):
            if factor is None:
                deviation = 1 / np.sqrt(len(weights))
                weights[:] = random_state.normal(scale=deviation, size=weights.shape)
                biases[:] = 0
            else:
                bound = np.sqrt(factor / sum(weights.shape))
                weights[:] = random_state.uniform(-bound, bound, weights.shape)
                biases[:] = random_state.uniform(-bound, bound, biases.shape)
        return network

    def with_activations(self, activations: Sequence[str]) -> "Network":
        """Return a network with the same parameters and other hidden activations.

        Read-only parameters, as of a memory map, are copied.

        Raises
        ------
        ValueError
            A layer would gain or lose the slopes that prelu learns.
        """
        layers = self.layers.copy()
        hidden = [ACTIVATIONS[name] for name in activations]
        learns = [activation.learns_slopes for activation in hidden]
        if learns != (layers[:-1, SLOPES] != NO_SLOPES).tolist():
            raise ValueError(
                "Training cannot resume: 'prelu' learns slopes, which other activations do not "
                "have. Keep activation as it was, or fit anew with warm_start=False."
            )
        layers[:-1, ACTIVATION] = [activation.code for activation in hidden]
        return Network(np.require(self.theta, requirements="W"), layers)

    @property
    def depth(self) -> int:
        """Number of layers K, the output layer included."""
        return len(self.layers)

    @property
    def units(self) -> list[int]:
        """Sizes of the input, the hidden layers and the output."""
        return [int(self.layers[0, FAN_IN]), *self.layers[:, FAN_OUT].tolist()]

    @property
    def n_weights(self) -> int:
        """Number of elements of all weight matrices."""
        return int(self.layers[0, BIASES])

    def n_products(self, X: Matrix) -> int:
        """Return the multiplications of a forward pass over one row."""
        if X.data is None or X.indptr is None:
            return self.n_weights
        row = self.layers[0]
        stored = len(X.data) * row[FAN_OUT] // max(len(X.indptr) - 1, 1)
        return int(self.n_weights - row[FAN_IN] * row[FAN_OUT] + stored)

    @property
    def coefs(self) -> tuple[NDArray[Any], ...]:
        """Weight matrices (fan_in, fan_out), views of theta."""
        return coefs_of(self.theta, self.layers)

    @property
    def intercepts(self) -> tuple[NDArray[Any], ...]:
        """Bias vectors (fan_out,), views of theta."""
        return intercepts_of(self.theta, self.layers)

    @property
    def table(self) -> NDArray[np.int64]:
        """The table of layers for the kernels: read-only, hence of one type to numba."""
        return read_only(self.layers)

    def _row_size(self, X: Matrix) -> int:
        """Return the elements of workspace of a row: its outputs and dense input."""
        return n_units(self.layers) + (self.layers[0, FAN_IN] if X.data is None else 0)

    def block_rows(self, X: Matrix, n_rows: int) -> int:
        """Return the number of rows of a block of the full gradient, at most `n_rows`."""
        return max(1, min(n_rows, _BLOCK_ROWS, _BLOCK_ELEMENTS // self._row_size(X)))

    def workspaces(self, X: Matrix, n_rows: int, n_threads: int) -> tuple[NDArray[Any], ...]:
        """Return the workspaces of a step: gradient, outputs and deltas of all layers, sums.

        Parameters
        ----------
        X : Matrix
        n_rows : int
            Rows of a step.
        n_threads : int

        Returns
        -------
        gradient, work, deltas, weights_t, scratch, partial_sums : arrays
            As :func:`skmlp._kernels.epoch.run_epoch` takes them.
        """
        n_transposed, n_scratch = scratch_sizes(self.layers, n_rows, 0 if X.data is None else 1)
        sizes = (
            gradient_size(self.layers, n_rows),
            n_rows * self._row_size(X),
            n_deltas(self.layers, n_rows),
            n_transposed,
            n_scratch * n_threads,
        )
        partial_sums = np.zeros(n_partial_sums(n_rows, self.n_weights, self.theta.size))
        return (*(aligned_empty(size, self.theta.dtype) for size in sizes), partial_sums)

    def saved_buffer(self, n_rows: int, *, anyway: bool = False) -> NDArray[Any] | None:
        """Return the buffer for what activations save of `n_rows` rows; None if none saves.

        With `anyway` there is one, as dropout and scaling factors need.
        """
        if not anyway and _SAVING.isdisjoint(self.layers[:, ACTIVATION].tolist()):
            return None
        return aligned_empty(n_rows * n_units(self.layers), self.theta.dtype)

    def write_outputs(
        self,
        X: Matrix,
        depth: int,
        out: NDArray[Any],
        *,
        rows: Any = None,
        loss: int = NO_LOSS,
        buffers: tuple[Any, NDArray[Any]] | None = None,
    ) -> bool:
        """Write the outputs of layer `depth` (K: the logits), or mean responses, into `out`.

        Parameters
        ----------
        X : Matrix
        depth : int
        out : array of shape (m, fan_out) or (m, c)
            Of theta's dtype.
        rows : int array of shape (m,), default=None
            The selected rows of X; None means all.
        loss : int, default=NO_LOSS
            Code of the loss whose mean responses to write instead of logits.
        buffers : tuple, default=None
            Those of `buffers`, for several calls; None means new ones.

        Returns
        -------
        bool
            Whether the outputs are finite, logits excepted, and so is X, if it is dense and
            `rows` is None.
        """
        if rows is None:
            rows = np.arange(0 if X.data is None else len(out))
        return outputs(
            *X,
            rows,
            read_only(self.theta),
            self.table,
            depth,
            loss,
            *(self.buffers(X) if buffers is None else buffers),
            out,
        )

    def buffers(self, X: Matrix) -> tuple[Any, NDArray[Any]]:
        """Return the workspace of `write_outputs`, of this network or another of its layers.

        Rows go through all layers a panel at a time, so that it stays in the cache.
        """
        work = aligned_empty(PANEL * self._row_size(X), self.theta.dtype)
        return self.saved_buffer(PANEL), work

    def logits(self, X: Matrix, rows: NDArray[np.intp]) -> NDArray[Any]:
        """Return the logits of the selected rows."""
        out = np.empty((len(rows), self.layers[-1, FAN_OUT]), self.theta.dtype)
        self.write_outputs(X, self.depth, out, rows=rows)
        return out


def run_in_blocks(function: Callable[[slice], bool], n_rows: int, n_jobs: int | None) -> bool:
    """Call `function` on slices of all rows in `n_jobs` threads; return whether all gave True.

    Slices bound the memory of a prediction, and do not depend on the number of threads.
    """
    if n_rows <= _BLOCK_OF_PREDICTION:  # not worth a thread, nor asking joblib
        return function(slice(0, n_rows))
    starts = range(0, n_rows, _BLOCK_OF_PREDICTION)
    blocks = [slice(start, min(start + _BLOCK_OF_PREDICTION, n_rows)) for start in starts]
    with naming("n_jobs"):
        n_threads = min(effective_n_jobs(n_jobs), len(blocks))
    with ThreadMap(n_threads) as threads:
        return all(threads.map(function, blocks))
