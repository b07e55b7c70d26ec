"""An ensemble: networks of one architecture, and their common predictions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmlp._border.layout import FAN_IN, FAN_OUT
from skmlp._border.sizes import stride_of
from skmlp._data import Matrix
from skmlp._network import Network, aligned_empty, coefs_of, intercepts_of, slopes_of
from skmlp._outputs.base import Output
from skmlp._outputs.classes import Decisions


@dataclass(frozen=True)
class Ensemble:
    """Networks whose mean responses are averaged; a single one by default.

    Attributes
    ----------
    theta : array of shape (n_members, p)
        The parameters of each.
    layers : int64 array of shape (K, 7)
        The table of layers, the same for all.
    """

    # One matrix, also of a single member: the best epoch is one copy, and coefs_ are views.
    theta: NDArray[Any]
    layers: NDArray[np.int64]

    @classmethod
    def of(cls, networks: Sequence[Network]) -> "Ensemble":
        """Return an ensemble with copies of the parameters of networks."""
        size, dtype = networks[0].theta.size, networks[0].theta.dtype
        stride = stride_of(size)  # each member begins with a cache line
        theta = aligned_empty(len(networks) * stride, dtype).reshape(-1, stride)[:, :size]
        for row, network in zip(theta, networks, strict=True):
            row[:] = network.theta
        return cls(theta, networks[0].layers)

    def with_activations(self, activations: Sequence[str]) -> "Ensemble":
        """Return an ensemble with the same parameters and other hidden activations.

        See :meth:`skmlp._network.Network.with_activations`.
        """
        layers = self.members[0].with_activations(activations).layers
        return Ensemble(np.require(self.theta, requirements="W"), layers)

    def copy(self) -> "Ensemble":
        """Return an ensemble with parameters of its own."""
        return Ensemble(self.theta.copy(), self.layers)

    @property
    def members(self) -> tuple[Network, ...]:
        """The networks, on rows of theta."""
        return tuple(Network(row, self.layers) for row in self.theta)

    @property
    def depth(self) -> int:
        """Number of layers K, the output layer included."""
        return len(self.layers)

    @property
    def units(self) -> list[int]:
        """Sizes of the input, the hidden layers and the output of one member."""
        return self.members[0].units

    @property
    def coefs(self) -> tuple[NDArray[Any], ...]:
        """Weight matrices (fan_in, fan_out), or (n_members, fan_in, fan_out) of several."""
        return coefs_of(self._theta, self.layers)

    @property
    def intercepts(self) -> tuple[NDArray[Any], ...]:
        """Bias vectors (fan_out,), or (n_members, fan_out) of several."""
        return intercepts_of(self._theta, self.layers)

    @property
    def slopes(self) -> tuple[NDArray[Any], ...]:
        """Slopes of each layer with prelu, in the shape of the biases."""
        return slopes_of(self._theta, self.layers)

    @property
    def _theta(self) -> NDArray[Any]:
        return self.theta[0] if len(self.theta) == 1 else self.theta

    def divide_logits(self, temperature: float) -> None:
        """Divide the logits, by dividing the parameters of the output layer."""
        self.coefs[-1][:] /= temperature
        self.intercepts[-1][:] /= temperature

    def shift_logits(self, shifts: NDArray[np.float64]) -> None:
        """Add a number (q,) to each logit, by adding it to the biases of the output layer."""
        self.intercepts[-1][:] += shifts

    def check_shapes(self, n_features: int, output: Output) -> None:
        """Raise ValueError if the number of features or logits is not the network's.

        The kernels, which check no bounds, would read and write outside their arrays.
        """
        n_inputs, n_logits = self.layers[0, FAN_IN], self.layers[-1, FAN_OUT]
        if n_features != n_inputs or not output.fits(n_logits):
            raise ValueError(
                f"n_features_in_ or classes_ was changed after fit: they have {n_features} "
                f"features and {output}; the network has {n_inputs} inputs "
                f"and {n_logits} logits."
            )

    def write_means(self, X: Matrix, output: Output, out: NDArray[Any]) -> bool:
        """Write the mean of the members' mean responses into `out`.

        Parameters
        ----------
        X : Matrix
        output : Output
        out : array of shape (m, c)
            Of theta's dtype.

        Returns
        -------
        bool
            Whether the probabilities are finite, and X, if it is dense.
        """
        loss = output.loss.code
        first, *others = self.members
        buffers = first.buffers(X)
        finite = first.write_outputs(X, self.depth, out, loss=loss, buffers=buffers)
        if others:
            part = np.empty(out.shape, out.dtype)
            for member in others:
                finite &= member.write_outputs(X, self.depth, part, loss=loss, buffers=buffers)
                out += part
            out /= len(self.theta)
        return finite

    def write_means_of_members(self, X: Matrix, output: Output, out: NDArray[Any]) -> bool:
        """Write the mean responses of each member into `out` (m, n_members, c).

        Returns
        -------
        bool
            As of :meth:`write_means`.
        """
        finite, part = True, np.empty((len(out), out.shape[2]), out.dtype)
        for i, member in enumerate(self.members):
            finite &= member.write_outputs(X, self.depth, part, loss=output.loss.code)
            out[:, i] = part
        return finite

    def logits(self, X: Matrix, output: Decisions, n_rows: int) -> tuple[Any, bool]:
        """Return the logits of the members' common decision, and whether all is finite.

        Returns
        -------
        logits : array of shape (n_rows, q) or (n_rows, c)
            The logits of a single member; of several, those that have their mean response.
        finite : bool
            As of :meth:`write_means`, but a single member's logits may be infinite.
        """
        dtype = self.theta.dtype
        if len(self.theta) == 1:
            logits = np.empty((n_rows, self.layers[-1, FAN_OUT]), dtype)
            return logits, self.members[0].write_outputs(X, self.depth, logits)
        means = np.empty((n_rows, output.n_means), dtype)
        finite = self.write_means(X, output, means)
        return output.link(means), finite

    def write_hidden(self, X: Matrix, layers: Sequence[int], out: NDArray[Any]) -> bool:
        """Write the outputs of hidden layers, counted from 1, of all members side by side.

        Parameters
        ----------
        X : Matrix
        layers : sequence of int
        out : array of shape (m, width)
            The layers' width times the number of members; of theta's dtype.

        Returns
        -------
        bool
            As of :meth:`write_means`.
        """
        if len(layers) == len(self.theta) == 1:
            return self.members[0].write_outputs(X, layers[0], out)
        finite, start = True, 0
        # The kernel writes one layer, so that the first ones are computed again for each: a
        # handful of layers takes less time than the compilation of a second kernel.
        for member in self.members:
            for layer in layers:
                width = int(self.layers[layer - 1, FAN_OUT])
                part = np.empty((len(out), width), out.dtype)
                finite &= member.write_outputs(X, layer, part)
                out[:, start : start + width] = part
                start += width
        return finite
