"""Sections of the docstrings of the estimators.

Each entry is here once, and again only where an estimator needs other words for it. The section
of parameters is in the order of the constructor.
"""

import inspect
import re
from collections.abc import Callable
from typing import NamedTuple, TypeVar

_PARAMETERS = """\
    hidden_layer_sizes : int, array-like of int or 'auto', default=(100,)
        Widths h₁, h₂, ... of the hidden layers. An int means one hidden layer, ``()`` none: the
        model is linear in X. 'auto' means (128, 64), or (64, 64) below 1,500 training rows.

    activation : str or sequence of str, default='relu'
        Activation function σ of the hidden layers, or one for each, σ₁, σ₂, ...: 'identity',
        'logistic' (or 'sigmoid'), 'tanh', 'relu', 'leaky_relu' (slope 0.01 below 0), 'prelu'
        (a learned slope a hidden unit, from 0.25 on; see ``slopes_``), 'elu', 'selu', 'gelu',
        'silu', 'mish' or 'softplus'. With 'selu' the initial weights are normal, of variance
        1 / fan_in, and the biases 0.

    solver : {'adam', 'adamw', 'sgd', 'lbfgs'}, default='adam'
        - 'adam' is the stochastic optimizer of [1]_.
        - 'adamw' is Adam with decoupled weight decay [2]_, as in torch: each step multiplies
          the weights by 1 - η ``alpha``.
        - 'sgd' is stochastic gradient descent with momentum.
        - 'lbfgs' is scipy's L-BFGS-B on the whole training set: often the best choice
          for a few hundred rows.

    alpha : float, default=1e-4
        Strength of the L2 penalty on the weights (not the biases or slopes); see Notes. With
        'adamw' it is the weight decay, which is not part of the objective.

    batch_size : int, 'auto' or 'small', default='auto'
        Rows of a minibatch. 'auto' means ``min(200, n_samples)``. 'small' means the same with
        5,000 training rows or more and 32 with fewer, which would otherwise make few steps.
        Not used by 'lbfgs'.

    learning_rate : str, default='constant'
        Schedule of the learning rate η of the stochastic solvers. With 'adam', 'invscaling' and
        'adaptive' have no effect, as in MLPClassifier. Below, t is the fraction of ``max_iter``
        epochs that have passed, calls to `partial_fit` included; after t = 1 the rate stays as
        it is.

        - 'constant': ``learning_rate_init`` throughout.
        - 'invscaling': ``learning_rate_init / (t_ + 1) ** power_t`` after each epoch.
        - 'adaptive': divided by 5 after each ``n_iter_no_change`` epochs without improvement by
          ``tol``; training stops once η is 1e-6 or less.
        - 'cosine': ``learning_rate_init`` times (1 + cos(π t)) / 2 [3]_.
        - 'one_cycle': from a 25th of ``learning_rate_init`` up to it for t < 0.3, and down to
          a 250,000th, each along half a cosine [4]_.
        - 'coslog4': ``learning_rate_init`` times (1 - cos(2π log₂(1 + 15 t))) / 2, four
          waves that grow longer [5]_.

        The last three end after ``max_iter`` epochs; reaching ``max_iter`` is then no reason
        for a warning.

    learning_rate_init : float, default=0.001
        Initial learning rate of the stochastic solvers; the largest one of 'one_cycle' and
        'coslog4'.

    power_t : float, default=0.5
        Exponent of 'invscaling'.

    max_iter : int or 'auto', default=200
        Largest number of epochs; of iterations for 'lbfgs'. 'auto' is meant for schedules that
        end after ``max_iter`` epochs, as in `tabular`: 2200 / √n epochs for n training rows, at
        least 8 and at most 32 (200 for 'lbfgs'). `partial_fit` takes the n of its first call.

    shuffle : bool, default=True
        Whether to shuffle the rows before each epoch.

    random_state : int, RandomState instance or None, default=None
        Source of the initial parameters, the order of rows, the validation split and the
        masks of dropout. An
        int makes fits repeatable, and gives the draws MLPClassifier makes from it.

    tol : float, default=1e-4
        Smallest improvement of the loss, or of the validation score, that counts; 'lbfgs' stops
        when no component of the gradient is larger.

    verbose : bool, int or 'progress', default=False
        Whether to print a line an epoch; 'progress' draws a bar instead where there is a
        terminal, with tqdm, and in `fit` alone. Nothing is printed where there is no
        standard output, or it is closed.

    warm_start : bool, default=False
        Whether ``fit`` resumes from the parameters of the last fit. The optimizer is reset;
        ``loss_curve_`` and ``t_`` are continued. Pickles then have the optimizer's state, from
        which `partial_fit` resumes.

    momentum : float, default=0.9
        Momentum μ of 'sgd', in [0, 1].

    nesterovs_momentum : bool, default=True
        Whether the momentum of 'sgd' is Nesterov's.

    early_stopping : bool, default=False
        Whether to hold out ``validation_fraction`` of the rows, or to take those of ``X_val``
        in `fit`; to stop when ``scoring`` on them does not improve; and to restore the
        parameters of the best epoch. Held-out rows keep their weights, that of their class
        included; those of ``X_val`` have ``sample_weight_val``. With too few rows to hold any
        out, fit warns, trains on all of them and monitors the training loss, as without early
        stopping. 'lbfgs' does not stop early, and warns.

    validation_fraction : float or 'auto', default=0.1
        Fraction of the rows held out by early stopping, above 0 and below 1; at most 0.5 with
        several members. It must be two rows at least, and leave training rows of each class.
        'auto' means 1/12, or 1/8 of less than 1,500 training rows.

    beta_1, beta_2 : float, default=0.9 and 0.999
        Decay rates of Adam's first and second moment, in [0, 1).

    epsilon : float, default=1e-8
        Added to the square root of Adam's second moment, by which a step is divided.

    n_iter_no_change : int, inf or None, default=10
        Number of epochs without improvement that the stochastic solvers tolerate. None means
        that they always train for ``max_iter`` epochs, without a warning; early stopping still
        restores the best epoch.

    max_fun : int, default=15000
        Largest number of evaluations of the objective by 'lbfgs'.

    n_jobs : int or None, default=None
        Number of threads for a fit, a prediction and `transform`; -1 means all cores, None
        means 1 outside a :func:`joblib.parallel_config` context. A fit uses no more threads
        than there are cores. It uses fewer if a thread would have less than four million
        floating-point operations in a training step, or 32 million in an epoch; there are six
        for each row and weight (or stored value of a sparse row). The results are the same, bit
        for bit, for any number of threads.

    class_weight : {'balanced'}, dict or None, default=None
        Weights of the classes, {label: weight}, by which the weights of rows are multiplied; a
        class that is not in the dict has weight 1. The dict may have labels that y lacks, as
        happens in the folds of a cross-validation, if it has all classes of y. 'balanced' makes
        the sums of weights of all classes equal, and is not for `partial_fit`.

    dropout : float or sequence of float, default=0.0
        Probability p, in [0, 1), that a hidden unit's output is set to 0 in a training step, or
        one for each hidden layer; other outputs are divided by 1 - p [6]_. Predictions use all
        units. Not for 'lbfgs'.

    warmup_fraction : float, default=0.0
        Fraction of all steps over which the learning rate rises linearly to that of its
        schedule. 'lbfgs' ignores it, and warns.

    label_smoothing : float, default=0.0
        Part of a label's probability, in [0, 1), that is spread evenly over all classes [7]_.
        With several labels each is spread over 0 and 1.

    max_grad_norm : float or None, default=None
        Largest Euclidean norm of the gradient, of all parameters together, in a step of the
        stochastic solvers; a longer gradient is scaled down to it [8]_. 'lbfgs' ignores it, and
        warns.

    scoring : str, callable or None, default=None
        Validation score of early stopping: accuracy for None; otherwise a name or a callable,
        as in :func:`sklearn.metrics.check_scoring`. 'neg_log_loss' is the fastest name. Scorers
        with an argument ``sample_weight`` are given the weights.

    transform_layer : int or 'all', default=-1
        Hidden layer that `transform` returns, from 0 on, or backwards from -1; 'all' means all
        of them side by side.

    n_members : int or 'auto', default=1
        Number of networks in an ensemble. They are trained together, one epoch of each at a
        time, from different initial parameters, and their probabilities are averaged. Each of
        ``n_jobs`` threads trains one member at a time. Not for 'lbfgs'. 'auto' means 8, or 4
        for 8,000 training rows or more (1 for 'lbfgs').

        With early stopping, the rows are cut into 1 / ``validation_fraction`` folds and each
        member holds out another fold, or all use ``X_val``. The score is that of all held-out
        predictions together, each by a member that was not trained on the row; scorers other
        than 'accuracy' and 'neg_log_loss' are averaged over the members. The best epoch is the
        same for all. Nothing is held out if a fold would have fewer than ten rows. Each fit
        draws new folds; a warm start keeps them only if ``random_state`` is an int.

    temperature_scaling : bool, default=False
        Whether to divide the logits, after training, by the temperature that minimises the
        cross-entropy of the held-out rows [9]_. With ``scoring='neg_log_loss'`` the validation
        score of each epoch is then computed at its best temperature. Needs
        ``early_stopping=True``.

    init : {'random', 'data'}, default='random'
        - 'random': the initial parameters depend on the activation alone.
        - 'data': the weights of each hidden unit are then divided by the standard deviation of
          its pre-activations over the training rows, and its bias is drawn so that they are 0
          somewhere among the rows; the output layer's parameters are 0. As in [5]_, with normal
          draws in place of five rows.

    scaling_rate : float, default=0.0
        If above 0, each feature has a learned factor, by which its weights in the first layer
        are multiplied [5]_: features that matter gain influence quickly. The number is the
        learning rate of the factors, relative to that of the weights. They are 1 at the
        beginning of each call to `fit`, and part of ``coefs_``, so that predictions take no
        longer. For 'adamw' alone.
"""

_ATTRIBUTES = """\
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.
    sparse_output_ : bool
    n_features_in_ : int
        Number of features d seen in fit.
    feature_names_in_ : ndarray of shape (d,)
        Names of the features, where X had names that are all strings.
    coefs_ : tuple of ndarray
        Weight matrices W⁽ᵏ⁾ of shape (fan_in, fan_out), views of the parameter vector:
        writing into one changes the network. With several members (``n_members``), these and
        the following arrays have one more dimension, the first.
    intercepts_ : tuple of ndarray
        Bias vectors b⁽ᵏ⁾ of shape (fan_out,), views likewise.
    slopes_ : tuple of ndarray
        Slopes of shape (width,) of each hidden layer with 'prelu', views likewise.
    n_layers_ : int
        Number of layers, input and output included.
    n_outputs_ : int
        Number of logits q.
    out_activation_ : str
        'logistic' or 'softmax'.
    n_members_ : int
        Number of networks, also if ``n_members`` is 'auto'.
    max_iter_ : int
        Largest number of epochs or iterations, also if ``max_iter`` is 'auto'.
    validation_fraction_ : float
        Fraction of the rows that early stopping holds out, also if it is 'auto'.
    n_iter_ : int
        Number of epochs (iterations for 'lbfgs') that the last call ran.
    t_ : int
        Number of training rows the stochastic solver has seen, warm starts and calls to
        ``partial_fit`` included.
    loss_curve_ : list of float
        The objective in each epoch, averaged over its minibatches.
    loss_ : float
        The objective in the epoch that the parameters come from.
    temperature_ : float
        Divisor of the output layer's parameters after training; 1 without
        ``temperature_scaling``, or if no rows were held out.
    best_loss_ : float or None
        Smallest value in ``loss_curve_``; None if rows were held out.
    validation_scores_ : list of float or None
        ``scoring`` on the held-out rows after each epoch; None if there were none.
    validation_loss_curve_ : list of float or None
        Mean cross-entropy of the held-out rows, without penalty or smoothing; None likewise.
    best_validation_score_ : float or None
        The largest score of the last fit; None likewise.
    best_iter_ : int or None
        The epoch with that score, counted from 1, whose parameters and ``loss_`` the network
        has; None likewise.
"""

_NOTES = """\
    Notes
    -----
    {start}

    .. math:: \\frac{{1}}{{\\sum_i w_i}} \\Bigl( \\sum_i w_i \\, \\ell(o_i, y_i)
              + \\frac{{\\alpha}}{{2}} \\sum_k \\lVert W^{{(k)}} \\rVert^2 \\Bigr),

    and a minibatch is divided by its number of rows times the mean weight of the training
    set. Rows of weight zero are left out.{losses}

    Training works well on features of about unit variance: put a
    :class:`~sklearn.preprocessing.StandardScaler` before the network. A warning says so if the
    final training loss is no better than that of predicting {baseline}.

    With the same integer ``random_state`` training
    follows that of :class:`sklearn.neural_network.{peer}` up to rounding, but for
    the cases listed in the documentation's "Differences from scikit-learn".

    X may be an array or a CSR matrix of float32 or float64, which is then the dtype of
    the parameters; a C-ordered array is not copied. Other input is converted.

"""

_REFERENCES = """\
    References
    ----------
    .. [1] D. P. Kingma and J. Ba, "Adam: A method for stochastic optimization",
       ICLR 2015.
    .. [2] I. Loshchilov and F. Hutter, "Decoupled weight decay regularization",
       ICLR 2019.
    .. [3] I. Loshchilov and F. Hutter, "SGDR: Stochastic gradient descent with warm
       restarts", ICLR 2017, equation 5.
    .. [4] L. N. Smith and N. Topin, "Super-convergence: Very fast training of neural
       networks using large learning rates", 2018.
    .. [5] D. Holzmüller, L. Grinsztajn and I. Steinwart, "Better by default: Strong
       pre-tuned MLPs and boosted trees on tabular data", NeurIPS 2024.
    .. [6] N. Srivastava et al., "Dropout: A simple way to prevent neural networks from
       overfitting", JMLR 15, 2014.
    .. [7] C. Szegedy et al., "Rethinking the inception architecture for computer vision",
       CVPR 2016, section 7.
    .. [8] R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent
       neural networks", ICML 2013, algorithm 1.
    .. [9] C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural
       networks", ICML 2017.
"""


class Family(NamedTuple):
    """What the docstrings of some estimators have in other words, or beside the others'.

    Attributes
    ----------
    parameters, attributes : str
        Entries, which replace those of the same name.
    missing : tuple of str
        Attributes that there are not.
    notes : dict of str to str
        What stands in the notes for the words in braces.
    references : str
        Further ones, from number 10 on.
    """

    parameters: str = ""
    attributes: str = ""
    missing: tuple[str, ...] = ()
    notes: dict[str, str] = {}  # noqa: RUF012
    references: str = ""


CLASSES = Family(
    missing=("sparse_output_",),
    notes={
        "start": "With class codes y, logits O and training weights w, the objective is",
        "baseline": "the frequencies of the classes",
        "losses": "",
        "peer": "MLPClassifier",
    },
)

LABELS = Family(
    parameters="""\
    early_stopping : bool, default=False
        Whether to hold out ``validation_fraction`` of the rows, or to take those of ``X_val``
        in `fit`; to stop when ``scoring`` on them does not improve; and to restore the
        parameters of the best epoch. Held-out rows keep their weights, those of their labels
        included; those of ``X_val`` have ``sample_weight_val``. With too few rows to hold any
        out, fit warns, trains on all of them and monitors the training loss, as without early
        stopping. 'lbfgs' does not stop early, and warns.

    class_weight : {'balanced'}, list of dict, dict or None, default=None
        Weights of labels that are there and are not, [{0: weight, 1: weight}, ...], a dict for
        each label, in which 1 is the weight of what is missing. The weight of a row is
        multiplied by that of each of its indicators, as in
        :func:`sklearn.utils.class_weight.compute_sample_weight`. With many rare labels, some
        rows then outweigh all others. 'balanced' makes the sums of the weights of rows with and
        without a label equal, for each label by itself, and is not for `partial_fit`. A single
        dict is for a y of one dimension, as in `MLPBinaryClassifier`.

    scoring : str, callable or None, default=None
        Validation score of early stopping: for None the fraction of rows of which all labels
        are right; otherwise a name or a callable, as in :func:`sklearn.metrics.check_scoring`,
        such as 'f1_macro'. 'neg_log_loss' is the negative loss, the sum of the labels'
        cross-entropies, and the fastest. Scorers with an argument ``sample_weight`` are given
        the weights.
""",
    attributes="""\
    classes_ : ndarray of shape (n_labels,)
        The numbers of the labels, from 0; or the two classes of a y of one dimension.
    sparse_output_ : bool
        Whether y was sparse, and `predict` returns a CSR matrix. Not of a y of one dimension.
    out_activation_ : str
        'logistic'.
""",
    notes={
        "start": "With indicators y, logits O and training weights w, the objective is",
        "baseline": "the frequencies of the labels",
        "losses": "",
        "peer": "MLPClassifier",
    },
)


_Class = TypeVar("_Class", bound=type)
_ENTRY = r"    (\w+)(?:, \w+)* : "


def _entries(text: str) -> dict[str, str]:
    """Return the entries of a section by their (first) names."""
    parts = re.split(f"^(?={_ENTRY})", text, flags=re.MULTILINE)
    named = ((re.match(_ENTRY, part), part.rstrip()) for part in parts)
    return {name[1]: part for name, part in named if name is not None}


def _section(title: str, entries: list[str], separator: str) -> str:
    return f"    {title}\n    {'-' * len(title)}\n{separator.join(entries)}\n"


def _cited(references: str, text: str) -> str:
    """Return references without those that are nowhere cited."""
    parts = re.split(r"^(?=    \.\. \[)", references, flags=re.MULTILINE)
    numbers = (re.match(r"    \.\. \[(\d+)\]", part) for part in parts)
    return "".join(
        part
        for part, number in zip(parts, numbers, strict=True)
        if number is None or f"[{number[1]}]_" in text
    )


def share_docstring(family: Family) -> Callable[[_Class], _Class]:
    """Fill ``{parameters}``, ``{attributes}`` and ``{notes}`` in a class's docstring."""

    def fill(cls: _Class) -> _Class:
        if cls.__doc__ is None:  # with python -OO
            return cls
        parameters = _entries(_PARAMETERS) | _entries(family.parameters)
        order = [name for name in inspect.signature(cls).parameters if name in parameters]
        attributes = _entries(_ATTRIBUTES) | _entries(family.attributes)
        names = [name for name in attributes if name not in family.missing]
        sections = {
            "parameters": _section("Parameters", [parameters[n] for n in order], "\n\n"),
            "attributes": _section("Attributes", [attributes[n] for n in names], "\n"),
        }
        references = _cited(_REFERENCES + family.references, "".join(sections.values()))
        sections["notes"] = _NOTES.format(**family.notes) + references
        # Python 3.13 takes the indentation off docstrings, and earlier versions do not.
        text = inspect.cleandoc(cls.__doc__)
        for name, section in sections.items():
            text = text.replace(f"{{{name}}}", inspect.cleandoc(section))
        cls.__doc__ = text + "\n"
        return cls

    return fill
