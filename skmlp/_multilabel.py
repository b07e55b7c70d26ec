"""The classifier of several labels a row: indicator matrices in and out."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.utils import Tags

from skmlp._base import has_partial_fit
from skmlp._classifiers import BaseMLPClassifier
from skmlp._decorators import available_if
from skmlp._docstrings import LABELS, share_docstring
from skmlp._labels import has_columns
from skmlp._outputs.classes import Binary, Decisions
from skmlp._outputs.labels import Multilabel


@share_docstring(LABELS)
class MLPMultilabelClassifier(BaseMLPClassifier):
    """Multilayer perceptron for several labels a row, trained by compiled kernels.

    The network has one logit o_j a label, and the probability that a row has it is
    1 / (1 + exp(-o_j)). The loss is the sum of the labels' cross-entropies, as that of
    MLPClassifier, and the hidden layers are common to all labels. It is a transformer too:
    `transform` returns the hidden representation.

    {parameters}

    {attributes}

    See Also
    --------
    MLPMulticlassClassifier : One of several classes a row.
    sklearn.preprocessing.MultiLabelBinarizer : Makes indicators of lists of labels.

    {notes}

    Examples
    --------
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from skmlp import MLPMultilabelClassifier
    >>> X, y = make_multilabel_classification(400, n_classes=4, random_state=0)
    >>> network = MLPMultilabelClassifier(32, learning_rate_init=0.02, tol=0.01, random_state=0)
    >>> network = network.fit(X / 10, y)
    >>> network.predict(X[:5] / 10).shape
    (5, 4)
    >>> network.predict_proba(X[:5] / 10).shape
    (5, 4)
    """

    _output_class = Multilabel
    _of_classes = Binary
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseMLPClassifier._parameter_constraints,
        "class_weight": [*BaseMLPClassifier._parameter_constraints["class_weight"], list],
    }

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Fit the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data, of which float32 and float64 keep their dtype.
        y : {array-like, sparse matrix} of shape (n_samples, n_labels)
            Indicators: 1 where a row has the label of the column, and else 0. A y of one
            dimension, or one column, has a single label: its two classes are learned and
            predicted as by :class:`~skmlp.MLPBinaryClassifier`.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows in the objective; None means 1 for each.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Rows for early stopping to watch, instead of a part of X. In a Pipeline they are
            transformed as X is with ``transform_input=["X_val"]``.
        y_val : {array-like, sparse matrix} of shape (n_val, n_labels), default=None
            Their indicators.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights in the score; None means 1 for each.

        Returns
        -------
        object
            The fitted estimator itself.

        Raises
        ------
        TypeError
            X has dates or other objects that are no numbers.
        ValueError
            X, y, the weights or a parameter are invalid; X_val comes without y_val or
            without ``early_stopping=True``; or training ended with a loss or parameters that
            are not finite.

        Warns
        -----
        ConvergenceWarning
            Training ended before it converged, or with a loss that is no better than that of
            predicting the frequencies of the labels for every row; or ``solver='lbfgs'`` makes
            no use of a parameter that was set.
        UserWarning
            Training was interrupted; X_val is not on the scale of X; there are too few rows to
            hold any out; or ``batch_size`` is larger than the number of rows.

        Notes
        -----
        After a call that raises, for whatever reason, the estimator is not fitted; or, with
        ``warm_start=True`` after an earlier fit, it is as it was before the call.
        """
        return super().fit(
            X,
            y,
            sample_weight,
            X_val=X_val,
            y_val=y_val,
            sample_weight_val=sample_weight_val,
        )

    @available_if(has_partial_fit)
    def partial_fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> Self:
        """Train for one epoch on the given rows, keeping the optimizer's state between calls.

        All else is as :meth:`MLPBinaryClassifier.partial_fit` has it.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data.
        y : {array-like, sparse matrix} of shape (n_samples, n_labels)
            Indicators, of as many labels in all calls.
        sample_weight : array-like of shape (n_samples,), default=None
            As in `fit`; the weights of one call count relative to those of the others.
        classes : array-like of shape (n_labels,), default=None
            The labels, of which only the number counts; y tells as much, so that they are
            needed for a y of one dimension alone, in the first call.

        Returns
        -------
        object
            The estimator itself, trained for one more epoch.
        """
        return super().partial_fit(X, y, sample_weight, classes)

    def _output_of_call(self, y: Any, classes: ArrayLike | None) -> Decisions:
        if not has_columns(y):
            return super()._output_of_call(y, classes)
        n_labels = (y if sparse.issparse(y) else np.asarray(y)).shape[1]
        if classes is not None and np.size(classes) != n_labels:
            raise ValueError(
                f"classes must have a label for each of the {n_labels} columns of y; got "
                f"{np.size(classes)}."
            )
        if hasattr(self, "_ensemble"):
            return self._output
        self._clear_fit()
        return Multilabel(n_labels, is_sparse=sparse.issparse(y))

    def _learn_output(
        self, y: Any, X: Any, sample_weight: Any, resumes: bool
    ) -> tuple[Decisions, NDArray[Any]]:
        if y.ndim == 1:
            return super()._learn_output(y, X, sample_weight, resumes)
        output = Multilabel(y.shape[1], is_sparse=sparse.issparse(y))
        return output, output.encode(y, X.dtype)

    @property
    def _output(self) -> Decisions:
        if self._ensemble.units[-1] == 1:
            return super()._output
        return Multilabel(len(self.classes_), is_sparse=self.sparse_output_)

    def _within_bounds(self, probabilities: NDArray[Any]) -> NDArray[Any]:
        """Return probabilities none of which is 0 or 1, as logarithms of both are taken."""
        probabilities = super()._within_bounds(probabilities)
        if self._ensemble.units[-1] > 1:
            largest = 1 - np.finfo(probabilities.dtype).epsneg
            np.minimum(probabilities, largest, out=probabilities)
        return probabilities

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
