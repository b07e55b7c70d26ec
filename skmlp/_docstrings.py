"""The sections that the two classifiers' docstrings share, written once."""

import inspect
from typing import TypeVar

_PARAMETERS = """\
    Parameters
    ----------
    hidden_layer_sizes : int or array-like of int, default=(100,)
        Widths h₁, h₂, ... of the hidden layers. An int is one hidden layer; ``()`` none,
        which makes the model linear in X.

    activation : {'identity', 'logistic', 'sigmoid', 'tanh', 'relu'}, default='relu'
        Activation function σ of the hidden layers; 'sigmoid' is 'logistic'.

    solver : {'adam', 'sgd', 'lbfgs'}, default='adam'
        - 'adam' is the stochastic optimizer of [1]_.
        - 'sgd' is stochastic gradient descent with momentum.
        - 'lbfgs' is scipy's L-BFGS-B on the whole training set: often the best choice
          for a few hundred rows.

    alpha : float, default=1e-4
        Strength of the L2 penalty on the weights (not the biases); see Notes.

    batch_size : int or 'auto', default='auto'
        Rows of a minibatch; 'auto' is ``min(200, n_samples)``. Not used by 'lbfgs'.

    learning_rate : {'constant', 'invscaling', 'adaptive'}, default='constant'
        Schedule of the learning rate η, for ``solver='sgd'`` only.

        - 'constant': ``learning_rate_init`` throughout.
        - 'invscaling': ``learning_rate_init / (t_ + 1) ** power_t`` after each epoch.
        - 'adaptive': divided by 5 each time that ``n_iter_no_change`` epochs bring no
          improvement by ``tol``; training stops once η is 1e-6 or less.

    learning_rate_init : float, default=0.001
        Initial learning rate of the stochastic solvers.

    power_t : float, default=0.5
        Exponent of 'invscaling'.

    max_iter : int, default=200
        Largest number of epochs; of iterations for 'lbfgs'.

    shuffle : bool, default=True
        Whether the rows are put into a new order before each epoch.

    random_state : int, RandomState instance or None, default=None
        Source of the initial parameters, the order of rows and the validation split. An
        int makes fits repeatable, and gives the draws MLPClassifier makes from it.

    tol : float, default=1e-4
        Improvement of the loss, or of the validation accuracy, that counts; for 'lbfgs',
        the gradient's largest component at which it stops.

    verbose : bool or int, default=False
        Whether to print a line an epoch.

    warm_start : bool, default=False
        Whether ``fit`` goes on from the parameters of the last fit. The optimizer starts
        afresh; ``loss_curve_`` and ``t_`` go on.

    momentum : float, default=0.9
        Momentum μ of 'sgd', in [0, 1].

    nesterovs_momentum : bool, default=True
        Whether 'sgd' looks ahead as Nesterov's momentum does.

    early_stopping : bool, default=False
        Whether to hold out ``validation_fraction`` of the rows, to stop when accuracy on
        them does not improve, and to restore the parameters of the best epoch. Not used
        by 'lbfgs'.

    validation_fraction : float, default=0.1
        Share of the rows held out, in [0, 1).

    beta_1, beta_2 : float, default=0.9 and 0.999
        Decay rates of Adam's first and second moment, in [0, 1).

    epsilon : float, default=1e-8
        Keeps Adam's step finite where the second moment vanishes.

    n_iter_no_change : int or inf, default=10
        Number of epochs without improvement that the stochastic solvers bear.

    max_fun : int, default=15000
        Largest number of evaluations of the objective by 'lbfgs'.

    n_jobs : int or None, default=None
        Number of threads over which predictions and `transform` spread their rows; -1 means
        all cores, None means 1 outside a :func:`joblib.parallel_config` context. The results
        are the same for any number. MLPClassifier has no such parameter.
"""

_ATTRIBUTES = """\
    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels, sorted.
    n_features_in_ : int
        Number of features d seen in fit.
    feature_names_in_ : ndarray of shape (d,)
        Names of the features, where X had names that are all strings.
    coefs_ : tuple of ndarray
        Weight matrices W⁽ᵏ⁾ of shape (fan_in, fan_out), views of the parameter vector:
        writing into one changes the network.
    intercepts_ : tuple of ndarray
        Bias vectors b⁽ᵏ⁾ of shape (fan_out,), views likewise.
    n_layers_ : int
        Number of layers, input and output included.
    n_outputs_ : int
        Number of logits q.
    out_activation_ : str
        'logistic' or 'softmax'.
    n_iter_ : int
        Number of epochs (iterations for 'lbfgs') that the last call ran.
    t_ : int
        Number of training rows the stochastic solver has seen, warm starts and calls to
        ``partial_fit`` included.
    loss_curve_ : list of float
        The objective in each epoch, averaged over its minibatches.
    loss_ : float
        The objective in the epoch which the parameters come from.
    best_loss_ : float or None
        Least value in ``loss_curve_``; None with early stopping.
    validation_scores_ : list of float or None
        Accuracy on the held-out rows after each epoch; None without early stopping.
    best_validation_score_ : float or None
        The largest of them in the last fit; None without early stopping.
"""

_NOTES = """\
    Notes
    -----
    With class codes y, logits O and training weights w, the objective is

    .. math:: \\frac{1}{\\sum_i w_i} \\Big( \\sum_i w_i \\, \\ell(o_i, y_i)
              + \\frac{\\alpha}{2} \\sum_k \\lVert W^{(k)} \\rVert^2 \\Big),

    and a minibatch is divided by its number of rows times the mean weight of the training
    set. Rows of weight zero are left out.

    Training works well on features of order one: put a
    :class:`~sklearn.preprocessing.StandardScaler` before the network.

    With the same integer ``random_state`` training
    follows that of :class:`sklearn.neural_network.MLPClassifier` up to rounding, but for
    the cases listed in the documentation's "Differences from MLPClassifier".

    X may be an array or a CSR matrix of float32 or float64, which is then the dtype of
    the parameters; a C-ordered array is not copied. Other input is converted.

    References
    ----------
    .. [1] D. P. Kingma and J. Ba, "Adam: A method for stochastic optimization",
       ICLR 2015.
"""

_Class = TypeVar("_Class", bound=type)


def share_docstring(cls: _Class) -> _Class:
    """Fill ``{parameters}``, ``{attributes}`` and ``{notes}`` in the class's docstring."""
    assert cls.__doc__ is not None
    # Python 3.13 takes the indentation off docstrings, and earlier versions do not.
    text = inspect.cleandoc(cls.__doc__)
    sections = {"parameters": _PARAMETERS, "attributes": _ATTRIBUTES, "notes": _NOTES}
    for name, section in sections.items():
        text = text.replace(f"{{{name}}}", inspect.cleandoc(section))
    cls.__doc__ = text + "\n"
    return cls
