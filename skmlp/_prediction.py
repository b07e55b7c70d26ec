"""From a fitted network to labels, probabilities, logits and hidden representations."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from skmlp._kernels.losses import LOSSES, probabilities
from skmlp._network import Network, for_each_block, predicted_codes
from skmlp._validation import FLOATS, as_matrix


def _write(values: NDArray[Any], out: NDArray[Any]) -> None:
    out[:] = values


def _write_codes(logits: NDArray[Any], out: NDArray[np.intp]) -> None:
    out[:] = predicted_codes(logits)


def _write_log_odds(logits: NDArray[Any], out: NDArray[Any]) -> None:
    out[:] = logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits[:, 0]


class PredictionMixin(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """The methods of a classifier that only read its network.

    scikit-learn wraps a `transform` for set_output where it is defined, which must therefore
    be a TransformerMixin.
    """

    _loss: ClassVar[str]
    _network: Network
    classes_: NDArray[Any]
    n_jobs: int | None

    def _compute(
        self,
        X: Any,
        depth: int,
        shape: tuple[int, ...],
        finish: Callable[[NDArray[Any], NDArray[Any]], None],
        dtype: Any = None,
    ) -> NDArray[Any]:
        r"""Return what `finish` makes of the outputs of layer `depth`, in blocks of rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        depth : int
        shape : tuple of int
            Shape of the result for one row.
        finish : callable
            Takes a block's outputs (m, fan_out), in X's dtype, and writes its part of the
            result into its second argument, of shape (m, \*shape).
        dtype : dtype, default=None
            Of the result; None means X's.
        """
        X = validate_data(self, X, accept_sparse="csr", dtype=FLOATS, order="C", reset=False)
        network = self._network
        data = as_matrix(X, network.theta.dtype)
        result = np.empty((X.shape[0], *shape), dtype or X.dtype)

        def compute(block: slice) -> None:
            outputs = network.outputs(data, np.arange(block.start, block.stop), depth)
            finish(outputs.astype(X.dtype, copy=False), result[block])

        for_each_block(compute, len(result), self.n_jobs)
        return result

    def _from_logits(self, X: Any, *arguments: Any) -> NDArray[Any]:
        return self._compute(X, self._network.depth, *arguments)

    def _last_hidden_layer(self) -> int:
        """Return its number, counted from 1; raise ValueError for a linear model."""
        depth = self._network.depth - 1
        if depth == 0:
            raise ValueError(
                "transform returns the last hidden layer, but hidden_layer_sizes=() has "
                "none. Give the network a hidden layer, or use X itself."
            )
        return depth

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
        codes = self._from_logits(X, (), _write_codes, np.intp)
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
        finish = partial(probabilities, LOSSES[self._loss].code)
        return self._from_logits(X, (len(self.classes_),), finish)

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
            return self._from_logits(X, (), _write_log_odds)
        return self._from_logits(X, (n_classes,), _write)

    def transform(self, X: Any) -> NDArray[Any]:
        """Return the hidden representation: the outputs of the last hidden layer.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, width)
            In X's dtype.

        Raises
        ------
        ValueError
            The model is linear (``hidden_layer_sizes=()``).
        """
        check_is_fitted(self)
        return self._compute(X, self._last_hidden_layer(), (self._n_features_out,), _write)

    @property
    def _n_features_out(self) -> int:
        # What ClassNamePrefixFeaturesOutMixin names: one feature a unit.
        return self._network.units[self._last_hidden_layer()]
