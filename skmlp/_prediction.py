"""Passes of a fitted network over blocks of rows; `transform`."""

from abc import abstractmethod
from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import assert_all_finite

from skmlp._data import Matrix, allowed_dtypes, as_matrix
from skmlp._ensemble import Ensemble
from skmlp._fitted import check_fitted
from skmlp._float_errors import quiet
from skmlp._network import run_in_blocks
from skmlp._outputs.base import Output
from skmlp._rows import convert_rows, explaining

_OVERFLOW = (
    "The outputs of the network are not finite: Input X contains numbers that are too large, "
    "or its parameters are. Scale X, in the same way for fit and here."
)


class PredictionMixin(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """The methods that only read a network, whatever its output.

    It is a TransformerMixin because scikit-learn wraps `transform` for set_output in the class
    that defines it.
    """

    _ensemble: Ensemble
    n_jobs: int | None
    transform_layer: Any

    @property
    @abstractmethod
    def _output(self) -> Output:
        """What the network's logits mean."""

    @quiet
    def _for_each_block(
        self,
        X: Any,
        shape: tuple[int, ...],
        dtype: Any,
        compute: Callable[[Matrix, NDArray[Any]], bool],
    ) -> NDArray[Any]:
        """Return an array that `compute` writes, a block of rows at a time.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        shape : tuple of int
            Shape of the result for one row.
        dtype : dtype or None
            That of the result; None means X's, converted from the network's.
        compute : callable
            (block of X, block of the result) -> whether the outputs are finite.

        Raises
        ------
        ValueError
            X is invalid, or its numbers are too large for the network.
        """
        with explaining(self, X, self._ensemble.theta.dtype):
            return self._computed(X, shape, dtype, compute)

    def _computed(
        self,
        X: Any,
        shape: tuple[int, ...],
        dtype: Any,
        compute: Callable[[Matrix, NDArray[Any]], bool],
    ) -> NDArray[Any]:
        """Return the array of `_for_each_block`, whose errors are not explained yet."""
        is_dense = not sparse.issparse(X)
        # The network looks for NaN in a dense X on the way, while a row is in the cache.
        X = convert_rows(
            self, X, allowed_dtypes(X), reset=False, ensure_all_finite=not is_dense
        )
        # Kernels check no bounds, and a user may have changed classes_ since fit.
        self._ensemble.check_shapes(X.shape[1], self._output)
        ours = self._ensemble.theta.dtype
        result = np.empty((X.shape[0], *shape), dtype or ours)
        # A dense X of another dtype is converted by blocks: memory may not hold it twice.
        whole = None if is_dense else as_matrix(X, ours)

        def compute_block(block: slice) -> bool:
            rows = as_matrix(X[block], ours) if whole is None else whole.take(block)
            return compute(rows, result[block])

        # scikit-learn's check, a pass over memory of its own, only says whether it was X.
        if not run_in_blocks(compute_block, len(result), self.n_jobs):
            assert_all_finite(X, input_name="X")
            raise ValueError(_OVERFLOW)
        if dtype or ours == X.dtype:
            return result
        # The network's dtype may be the wider one.
        result = result.astype(X.dtype)
        if X.dtype == np.float32 and not np.isfinite(result).all():
            raise ValueError(_OVERFLOW)
        return result

    def _means_of_members(self, X: Any) -> NDArray[Any]:
        """Return the mean responses (n_members, n, c) of each member."""
        output, write = self._output, self._ensemble.write_means_of_members
        shape = (len(self._ensemble.theta), output.n_means)
        result = self._for_each_block(
            X, shape, None, lambda rows, out: write(rows, output, out)
        )
        return np.ascontiguousarray(result.transpose(1, 0, 2))

    def _transformed_layers(self) -> list[int]:
        """Return the numbers of the layers that `transform` returns, counted from 1.

        Raises
        ------
        ValueError
            There is no hidden layer, or not this one.
        """
        n_hidden = self._ensemble.depth - 1
        if n_hidden == 0:
            raise ValueError(
                "transform returns hidden layers, but hidden_layer_sizes=() has "
                "none. Give the network a hidden layer, or use X itself."
            )
        if self.transform_layer == "all":
            return list(range(1, n_hidden + 1))
        layer = self.transform_layer
        is_number = isinstance(layer, Integral) and not isinstance(layer, bool)
        if not (is_number and -n_hidden <= layer < n_hidden):
            raise ValueError(
                f"transform_layer must be 'all' or from {-n_hidden} to {n_hidden - 1} with "
                f"{n_hidden} hidden layers; got {layer!r}."
            )
        return [int(layer) % n_hidden + 1]

    def transform(self, X: Any) -> NDArray[Any]:
        """Return the hidden representation: the outputs of the layer `transform_layer`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, width)
            In the dtype of X. With 'all' the layers are side by side, from the first to the
            last. With several members (``n_members``) the columns of the first member come
            first, then those of the second, and so on.

        Raises
        ------
        ValueError
            The model is linear (``hidden_layer_sizes=()``), or there is no such layer; or X
            is invalid, or its numbers are so large that outputs overflow.
        """
        check_fitted(self)
        layers, write = self._transformed_layers(), self._ensemble.write_hidden
        return self._for_each_block(
            X,
            (self._n_features_out,),
            None,
            lambda rows, out: write(rows, layers, out),
        )

    @property
    def _n_features_out(self) -> int:
        # ClassNamePrefixFeaturesOutMixin names so many features.
        try:
            layers = self._transformed_layers()
        except ValueError as error:  # hasattr() expects an AttributeError
            raise AttributeError(str(error)) from error
        widths = (self._ensemble.units[layer] for layer in layers)
        return len(self._ensemble.theta) * sum(widths)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of what `transform` returns.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str
            The class's name in lower case and the number of the unit; before it, where there
            are several, ``_member`` and ``_layer`` with their numbers; all from 0.
        """
        check_fitted(self)
        layers, n_members = self._transformed_layers(), len(self._ensemble.theta)
        if len(layers) == n_members == 1:
            return super().get_feature_names_out(input_features)
        prefix = type(self).__name__.lower()
        names = [
            prefix
            + (f"_member{member}" if n_members > 1 else "")
            + (f"_layer{layer - 1}" if len(layers) > 1 else "")
            + f"_unit{unit}"
            for member in range(n_members)
            for layer in layers
            for unit in range(self._ensemble.units[layer])
        ]
        return np.array(names, dtype=object)
