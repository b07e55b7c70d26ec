"""From a fitted network to labels, probabilities, logits and hidden representations."""

from collections.abc import Callable
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import assert_all_finite, check_is_fitted, validate_data

from skmlp._kernels.losses import LOSSES
from skmlp._kernels.network import NO_LINK
from skmlp._network import Network, for_each_block, predicted_codes
from skmlp._validation import FLOATS, Matrix, as_matrix


def _log_odds(logits: NDArray[Any]) -> NDArray[Any]:
    return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits[:, 0]


class PredictionMixin(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """The methods of a classifier that only read its network.

    scikit-learn wraps a `transform` for set_output where it is defined, which must therefore
    be a TransformerMixin.
    """

    _loss: ClassVar[str]
    _network: Network
    classes_: NDArray[Any]
    n_jobs: int | None
    transform_layer: Any

    def _for_each_block(
        self,
        X: Any,
        shape: tuple[int, ...],
        dtype: Any,
        compute: Callable[[Matrix, NDArray[Any]], bool],
    ) -> NDArray[Any]:
        """Return what `compute` writes for each block of rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        shape : tuple of int
            Shape of the result for one row.
        dtype : dtype or None
            Of what `compute` writes; None means the network's, and X's for the result.
        compute : callable
            Takes a block of rows and its part of the result, and returns whether the rows
            were finite.
        """
        is_dense = not sparse.issparse(X)
        X = validate_data(
            self,
            X,
            accept_sparse="csr",
            dtype=FLOATS,
            order="C",
            reset=False,
            ensure_all_finite=not is_dense,  # else the network looks, which has X at hand
        )
        data = as_matrix(X, self._network.theta.dtype)
        result = np.empty((X.shape[0], *shape), dtype or self._network.theta.dtype)
        finite = for_each_block(
            lambda block: compute(data.take(block), result[block]), len(result), self.n_jobs
        )
        if not finite:
            assert_all_finite(X, estimator_name=type(self).__name__, input_name="X")
        return result if dtype else result.astype(X.dtype, copy=False)

    def _outputs(self, X: Any, depth: int, n_columns: int, link: int = NO_LINK) -> NDArray[Any]:
        """Return the outputs of layer `depth`, or probabilities, in X's dtype."""
        write = self._network.write_outputs
        return self._for_each_block(
            X, (n_columns,), None, lambda rows, out: write(rows, depth, out, link=link)
        )

    def _from_logits(
        self, X: Any, finish: Callable[[NDArray[Any]], NDArray[Any]], dtype: Any = None
    ) -> NDArray[Any]:
        """Return the one number a row that `finish` makes of logits (m, q)."""
        network = self._network

        def compute(rows: Matrix, out: NDArray[Any]) -> bool:
            logits = np.empty((len(out), network.units[-1]), network.theta.dtype)
            finite = network.write_outputs(rows, network.depth, logits)
            out[:] = finish(logits)
            return finite

        return self._for_each_block(X, (), dtype, compute)

    def _transformed_layers(self) -> list[int]:
        """Return the numbers of the layers that `transform` returns, counted from 1.

        Raises
        ------
        ValueError
            There is no hidden layer, or not the one that is asked for.
        """
        n_hidden = self._network.depth - 1
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

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels from `classes_`.
        """
        check_is_fitted(self)
        codes = self._from_logits(X, predicted_codes, np.intp)
        return self.classes_[codes]

    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Return the probability of each class.

        None is exactly 0: one that would underflow is the least normal number of its
        dtype, so that its logarithm is finite.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of `classes_` and X's dtype.
        """
        check_is_fitted(self)
        depth, link = self._network.depth, LOSSES[self._loss].code
        result = self._outputs(X, depth, len(self.classes_), link)
        if result.dtype != self._network.theta.dtype:  # a narrower one may make it 0 again
            np.maximum(result, np.finfo(result.dtype).tiny, out=result)
        return result

    def predict_log_proba(self, X: Any) -> NDArray[Any]:
        """Return the logarithm of `predict_proba`, which is always finite.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of `classes_` and X's dtype.
        """
        return np.log(self.predict_proba(X))

    def decision_function(self, X: Any) -> NDArray[Any]:
        """Return the logits.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or (n_samples,) for two classes
            In X's dtype. For two classes it is the log-odds of ``classes_[1]``, which are
            the difference of the two logits where the network has two.
        """
        check_is_fitted(self)
        n_classes = len(self.classes_)
        if n_classes == 2:
            return self._from_logits(X, _log_odds)
        return self._outputs(X, self._network.depth, n_classes)

    def transform(self, X: Any) -> NDArray[Any]:
        """Return the hidden representation: the outputs of the layer `transform_layer`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, width)
            In X's dtype; with 'all' the layers from the first to the last, side by side.

        Raises
        ------
        ValueError
            The model is linear (``hidden_layer_sizes=()``), or there is no such layer.
        """
        check_is_fitted(self)
        layers, network = self._transformed_layers(), self._network
        if len(layers) == 1:
            return self._outputs(X, layers[0], self._n_features_out)
        ends = np.cumsum([network.units[layer] for layer in layers])

        def compute(rows: Matrix, out: NDArray[Any]) -> bool:
            finite = True
            # The kernel writes one layer: the first ones are computed again for each, which
            # for a handful of layers is less than what a second kernel takes to compile.
            for layer, columns in zip(layers, np.split(out, ends[:-1], axis=1), strict=True):
                part = np.empty(columns.shape, columns.dtype)
                finite &= network.write_outputs(rows, layer, part)
                columns[:] = part
            return finite

        return self._for_each_block(X, (int(ends[-1]),), None, compute)

    @property
    def _n_features_out(self) -> int:
        # What ClassNamePrefixFeaturesOutMixin names: one feature a unit.
        return sum(self._network.units[layer] for layer in self._transformed_layers())

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of what `transform` returns.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str
            The class's name in lower case and the number of the unit; of several layers,
            ``_layer``, the number of the layer, ``_unit`` and that of the unit, all from 0.
        """
        check_is_fitted(self)
        layers = self._transformed_layers()
        if len(layers) == 1:
            return super().get_feature_names_out(input_features)
        prefix = type(self).__name__.lower()
        names = [
            f"{prefix}_layer{layer - 1}_unit{unit}"
            for layer in layers
            for unit in range(self._network.units[layer])
        ]
        return np.array(names, dtype=object)
