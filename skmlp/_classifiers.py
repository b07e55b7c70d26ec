"""The classifiers: labels and classes in, decisions and probabilities out."""

from collections.abc import Callable
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval
from sklearn.utils.multiclass import _check_partial_fit_first_call

from skmlp._base import TABULAR, BaseMLP, has_partial_fit
from skmlp._data import Matrix
from skmlp._decorators import available_if, fit_context
from skmlp._docstrings import CLASSES, share_docstring
from skmlp._explanations import naming
from skmlp._fitted import check_fitted
from skmlp._float_errors import quiet_fit
from skmlp._labels import check_given_classes
from skmlp._outputs.base import Output
from skmlp._outputs.classes import Binary, Classification, Decisions, Multinomial
from skmlp._outputs.labels import Multilabel
from skmlp._parameters import Names
from skmlp._types import (
    Activations,
    ClassWeight,
    Initialization,
    Parameters,
    RandomState,
    Rates,
    Schedule,
    Scoring,
    Solver,
    Widths,
)
from skmlp._weights import with_class_weight, with_label_weights


class BaseMLPClassifier(ClassifierMixin, BaseMLP):
    """Base of the classifiers: targets are labels, and predictions classes.

    A subclass names its output.
    """

    _output_class: ClassVar[type[Decisions]]
    # That of a y of classes.
    _of_classes: ClassVar[type[Classification]]
    _tabular: ClassVar[dict[str, Any]] = {
        **TABULAR,
        "scoring": "neg_log_loss",
        "temperature_scaling": True,
    }

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseMLP._parameter_constraints,
        "class_weight": [Names({"balanced"}), dict, None],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "temperature_scaling": ["boolean"],
    }
    class_weight: Any

    def __init__(
        self,
        hidden_layer_sizes: Widths | Literal["auto"] = (100,),
        activation: Activations = "relu",
        *,
        solver: Solver = "adam",
        alpha: float = 0.0001,
        batch_size: int | Literal["auto", "small"] = "auto",
        learning_rate: Schedule = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int | Literal["auto"] = 200,
        shuffle: bool = True,
        random_state: RandomState = None,
        tol: float = 1e-4,
        verbose: bool | int | Literal["progress"] = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float | Literal["auto"] = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float | None = 10,
        max_fun: int = 15000,
        n_jobs: int | None = None,
        class_weight: ClassWeight = None,
        dropout: Rates = 0.0,
        warmup_fraction: float = 0.0,
        label_smoothing: float = 0.0,
        max_grad_norm: float | None = None,
        scoring: Scoring = None,
        transform_layer: int | Literal["all"] = -1,
        n_members: int | Literal["auto"] = 1,
        temperature_scaling: bool = False,
        init: Initialization = "random",
        scaling_rate: float = 0.0,
    ) -> None:
        self._set_parameters(locals())

    @classmethod
    def tabular(cls, **overrides: Unpack[Parameters]) -> Self:
        """Return an estimator with settings that do well on tables, without a search.

        They are meant for the output of :class:`~skmlp.TabularPreprocessor`. All are ordinary
        parameters, which ``get_params`` shows and a search can vary. The documentation's
        "Tabular data" says where each comes from and what it gains.

        Parameters
        ----------
        **overrides
            Parameters with other values.

        Returns
        -------
        object
            The estimator.

        Examples
        --------
        >>> from sklearn.pipeline import make_pipeline
        >>> from skmlp import MLPBinaryClassifier, TabularPreprocessor
        >>> network = MLPBinaryClassifier.tabular(random_state=0)
        >>> pipeline = make_pipeline(TabularPreprocessor(), network)
        >>> network.get_params()["activation"]
        'silu'
        """
        parameters: dict[str, Any] = {**cls._tabular, **overrides}
        return cls(**parameters)

    if TYPE_CHECKING:  # scikit-learn's mixins, where these are, have no types

        def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float: ...

        def fit_transform(self, X: Any, y: Any, **fit_params: Any) -> NDArray[Any]: ...

    @quiet_fit
    @fit_context
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
        y : array-like of shape (n_samples,)
            Class labels, of any type that sorts.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows in the objective; None means 1 for each. A row
            of weight 0 is not trained on, but its class is one of `classes_`.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Rows for early stopping to watch, instead of a part of X. In a Pipeline they are
            transformed as X is with ``transform_input=["X_val"]``.
        y_val : array-like of shape (n_val,), default=None
            Their labels, from among those of `y`.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights in the score; None means 1 for each.

        Returns
        -------
        object
            The fitted estimator itself.

        Raises
        ------
        TypeError
            X has dates or other objects that are no numbers, or y is sparse.
        ValueError
            X, y, the weights or a parameter are invalid; X_val comes without y_val or
            without ``early_stopping=True``; or training ended with a loss or parameters that
            are not finite.

        Warns
        -----
        ConvergenceWarning
            Training ended before it converged, or with a loss that is no better than that of
            predicting the frequencies of the classes for every row; or ``solver='lbfgs'`` makes
            no use of a parameter that was set.
        UserWarning
            Training was interrupted; X_val is not on the scale of X; there are too few rows to
            hold any out, or to do so by class; ``batch_size`` is larger than the number of
            rows; or y has a single class.

        Notes
        -----
        After a call that raises, for whatever reason, the estimator is not fitted; or, with
        ``warm_start=True`` after an earlier fit, it is as it was before the call.
        """
        return self._fit(X, y, sample_weight, X_val, y_val, sample_weight_val)

    @available_if(has_partial_fit)
    @quiet_fit
    @fit_context
    def partial_fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> Self:
        """Train for one epoch on the given rows, keeping the optimizer's state between calls.

        After `fit` it resumes from where that ended. In a copy or a file of an estimator that
        was fitted without ``warm_start``, only the parameters are resumed: optimizer, schedule
        and random state are reset, since such files have only what predictions need.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,)
            Class labels; not every class need be among them.
        sample_weight : array-like of shape (n_samples,), default=None
            As in `fit`; the weights of one call count relative to those of the others.
        classes : array-like of shape (n_classes,), default=None
            All class labels. Required in the first call.

        Returns
        -------
        object
            The estimator itself, trained for one more epoch.

        Raises
        ------
        AttributeError
            The solver is not stochastic; or ``early_stopping=True``, which one epoch cannot
            use.
        TypeError
            As in `fit`.
        ValueError
            As in `fit`; or ``class_weight='balanced'``, which needs the labels of all calls.

        Warns
        -----
        UserWarning
            The schedule has come to its end after ``max_iter`` epochs; ``batch_size`` is larger
            than the number of rows; the epoch was interrupted; or there is a single class.

        Notes
        -----
        After a call that raises, for whatever reason, the estimator is as it was before, and
        the next call gives the same results as without it. A ``RandomState`` that was given as
        `random_state` is the exception: its draws are not undone.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight 'balanced' is not supported for partial_fit, which does not see "
                "all rows. Compute the weights from all labels with "
                "sklearn.utils.compute_class_weight('balanced', classes=classes, y=y), and "
                "pass them as a dict."
            )
        self._check_parameters()
        return self._partial_fit(X, y, sample_weight, self._output_of_call(y, classes))

    def _output_of_call(self, y: Any, classes: ArrayLike | None) -> Decisions:
        """Return the output for the classes that the first call to partial_fit is given.

        Raises
        ------
        ValueError
            They are missing, invalid, or not those of the first call.
        """
        is_first = not hasattr(self, "_ensemble")
        if is_first:
            self._clear_fit()  # a classes_ of a fit that failed is not that of a first call
        with naming("classes"):
            if classes is not None:
                check_given_classes(classes)
            _check_partial_fit_first_call(self, classes)
        if not is_first:
            return self._output
        # scikit-learn's check has set it, though the call may still fail.
        output = self._of_classes(self.__dict__.pop("classes_"))
        if output.classes.size == 0:
            raise ValueError("classes must have all class labels; got none.")
        output.check_classes()
        return output

    def _learn_output(
        self, y: Any, X: Any, sample_weight: Any, resumes: bool
    ) -> tuple[Decisions, NDArray[Any]]:
        with naming("y"):
            output = self._of_classes(np.unique(y))
        output.check_classes()
        if resumes and not output.has_classes(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the "
                f"previous call to fit. Previously got {self.classes_}, `y` has "
                f"{output.classes}"
            )
        return output, output.encode_known(y, X.dtype)

    def _weights_of_rows(
        self, sample_weight: Any, X: Any, targets: NDArray[Any], output: Output
    ) -> NDArray[np.float64]:
        weights = super()._weights_of_rows(sample_weight, X, targets, output)
        if self.class_weight is None:
            return weights
        if isinstance(output, Classification):
            return with_class_weight(weights, self.class_weight, output, targets)
        assert isinstance(output, Multilabel)
        return with_label_weights(weights, self.class_weight, output, targets)

    @property
    def _output(self) -> Decisions:
        return self._of_classes(self.classes_)

    def _from_logits(
        self,
        X: Any,
        shape: tuple[int, ...],
        finish: Callable[[NDArray[Any]], NDArray[Any]],
        dtype: Any = None,
    ) -> NDArray[Any]:
        """Return the result of `finish`, a function of logits (m, q), of this shape a row."""
        output = self._output

        def compute(rows: Matrix, out: NDArray[Any]) -> bool:
            logits, finite = self._ensemble.logits(rows, output, len(out))
            out[:] = finish(logits)
            # A label or a score shows no NaN that its logits had.
            return finite and output.are_valid(logits)

        return self._for_each_block(X, shape, dtype, compute)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels from `classes_`.

        Raises
        ------
        TypeError
            X has dates or other objects that are no numbers.
        ValueError
            X is invalid, or its numbers are so large that logits overflow.
        """
        check_fitted(self)
        output = self._output
        decisions = self._from_logits(X, output.decision_shape, output.decide, np.intp)
        return output.named(decisions)

    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Return the probability of each class.

        No probability is exactly 0. Where one would underflow, it is the smallest normal number
        of its dtype, so that its logarithm is finite.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns are in the order of `classes_`, and the dtype is that of X.

        Raises
        ------
        ValueError
            As of `predict`.
        """
        check_fitted(self)
        output, write = self._output, self._ensemble.write_means
        return self._within_bounds(
            self._for_each_block(
                X, (output.n_means,), None, lambda rows, out: write(rows, output, out)
            )
        )

    def predict_proba_members(self, X: Any) -> NDArray[Any]:
        """Return the probabilities of each member, whose mean is `predict_proba`.

        Where they differ much, the prediction is uncertain: the members were trained from
        different initial parameters, and with early stopping on different rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_members, n_samples, n_classes)
            Columns are in the order of `classes_`, and the dtype is that of X.

        Raises
        ------
        ValueError
            As of `predict`.
        """
        check_fitted(self)
        return self._within_bounds(self._means_of_members(X))

    def _within_bounds(self, probabilities: NDArray[Any]) -> NDArray[Any]:
        """Return probabilities that conversion to another dtype has not made 0."""
        if probabilities.dtype != self._ensemble.theta.dtype:
            tiny = np.finfo(probabilities.dtype).tiny
            np.maximum(probabilities, tiny, out=probabilities)
        return probabilities

    def predict_log_proba(self, X: Any) -> NDArray[Any]:
        """Return the logarithm of `predict_proba`, always finite.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns are in the order of `classes_`, and the dtype is that of X.

        Raises
        ------
        ValueError
            As of `predict`.
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
            In the dtype of X. For two classes it is the log-odds of ``classes_[1]``, which is
            the difference of the logits if the network has two. With several members
            (``n_members``) it is the logarithm of the mean probabilities, or their log-odds.
            For a single class it is 0, the logarithm of its probability.

        Raises
        ------
        ValueError
            As of `predict`.
        """
        check_fitted(self)
        return self._from_logits(X, self._output.score_shape, self._output.scores)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = self._of_classes.is_multiclass
        return tags


@share_docstring(CLASSES)
class MLPBinaryClassifier(BaseMLPClassifier):
    """Multilayer perceptron for two classes, trained by compiled kernels.

    The network has one logit o, and the probability of ``classes_[1]`` is
    1 / (1 + exp(-o)). It is a transformer too: `transform` returns the hidden
    representation.

    {parameters}

    {attributes}

    See Also
    --------
    MLPMulticlassClassifier : One logit a class, for any number of classes.

    {notes}

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from sklearn.model_selection import train_test_split
    >>> from skmlp import MLPBinaryClassifier
    >>> X, y = make_moons(400, noise=0.2, random_state=0)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> network = MLPBinaryClassifier((32, 8), batch_size=20, tol=1e-3, random_state=0)
    >>> print(f"{network.fit(X_train, y_train).score(X_test, y_test):.2f}")
    0.96
    >>> network.transform(X_test).shape
    (100, 8)
    """

    _output_class = _of_classes = Binary


@share_docstring(CLASSES)
class MLPMulticlassClassifier(BaseMLPClassifier):
    """Multilayer perceptron for any number of classes, trained by compiled kernels.

    The network has one logit o_j a class, and the probability of class j is
    exp(o_j) / Σ_l exp(o_l). It is a transformer too: `transform` returns the hidden
    representation. With a single class, as in some folds of a cross-validation, there is
    nothing to learn, and nothing to hold rows out for: `fit` warns, and the class has the
    probability 1.

    {parameters}

    {attributes}

    See Also
    --------
    MLPBinaryClassifier : One logit for two classes, as scikit-learn's MLPClassifier.

    {notes}

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from skmlp import MLPMulticlassClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)
    >>> network = MLPMulticlassClassifier(
    ...     64, learning_rate_init=0.01, early_stopping=True, random_state=0
    ... )
    >>> print(f"{network.fit(X_train, y_train).score(X_test, y_test):.2f}")
    0.97
    >>> network.predict_proba(X_test).shape
    (450, 10)
    """

    _output_class = _of_classes = Multinomial
