"""The two public classifiers: what tells them apart is the output layer."""

from skmlp._base import BaseMLPClassifier
from skmlp._docstrings import share_docstring
from skmlp._output import Binary, Multinomial


@share_docstring
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
    >>> bool(network.fit(X_train, y_train).score(X_test, y_test) > 0.9)
    True
    >>> network.transform(X_test).shape
    (100, 8)
    """

    _output_class = Binary


@share_docstring
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
    >>> bool(network.fit(X_train, y_train).score(X_test, y_test) > 0.95)
    True
    >>> network.predict_proba(X_test).shape
    (450, 10)
    """

    _output_class = Multinomial
