"""Sections of the docstring of the regressor, which has other words for some."""

from skmlp._docstrings import Family

_LOSSES_OF_NUMBERS = """

    The loss ℓ of an output o is (o - y)² / 2; with m = exp(o) it is m - y o + y log y - y of
    'poisson' and y / m + o - log y - 1 of 'gamma'; it is \\|o - y\\|; and of the quantile τ it
    is τ (y - o) where y is above, and (1 - τ) (o - y) where it is below. Those of several
    outputs are added up. Of squared errors ``loss_`` and the curves have the mean over the
    outputs, as in scikit-learn, though the gradient is that of the sum."""

NUMBERS = Family(
    parameters="""\
    loss : str, default='squared_error'
        What is minimised; see Notes.

        - 'squared_error' and 'poisson' are those of
          :class:`sklearn.neural_network.MLPRegressor`: half the squared error, and half the
          deviance of Poisson's distribution, for counts and rates. Of the latter the network's
          output is the logarithm of the mean.
        - 'gamma' is half the deviance of the gamma distribution, for positive numbers whose
          spread grows with their mean, such as costs and durations; with a logarithm, too.
        - 'absolute_error' fits the median, on which outliers have less influence.
        - 'quantile' fits the quantile that y is below with the probability ``quantile`` [10]_.

    early_stopping : bool, default=False
        Whether to hold out ``validation_fraction`` of the rows, or to take those of ``X_val``
        in `fit`; to stop when ``scoring`` on them does not improve; and to restore the
        parameters of the best epoch. Held-out rows keep their weights; those of ``X_val`` have
        ``sample_weight_val``. With too few rows to hold any out, fit warns, trains on all of
        them and monitors the training loss, as without early stopping. 'lbfgs' does not stop
        early, and warns.

    validation_fraction : float or 'auto', default=0.1
        Fraction of the rows held out by early stopping, above 0 and below 1; at most 0.5 with
        several members. It must be two rows at least, and leave training rows. 'auto' means
        1/12, or 1/8 of less than 1,500 training rows.

    scoring : str, callable or None, default=None
        Validation score of early stopping. For None it is R², as in
        :class:`sklearn.neural_network.MLPRegressor`; with ``loss='absolute_error'`` D² of the
        absolute error, and with 'quantile' D² of the pinball loss, the mean over the quantiles:
        like R², both are 1 at best, 0 for a constant, and do not depend on y's unit, as ``tol``
        does not. Otherwise a name or a callable, as in :func:`sklearn.metrics.check_scoring`,
        in y's unit. Scorers with an argument ``sample_weight`` are given the weights.

    n_members : int or 'auto', default=1
        Number of networks in an ensemble. They are trained together, one epoch of each at a
        time, from different initial parameters, and their predictions are averaged; `predict`
        can also return their standard deviation. Each of ``n_jobs`` threads trains one member
        at a time. Not for 'lbfgs'. 'auto' means 8, or 4 for 8,000 training rows or more (1 for
        'lbfgs').

        With early stopping, the rows are cut into 1 / ``validation_fraction`` folds and each
        member holds out another fold, or all use ``X_val``. The score is that of all held-out
        predictions together, each by a member that was not trained on the row; scorers other
        than 'r2', 'neg_mean_squared_error', 'neg_root_mean_squared_error' and
        'neg_mean_absolute_error' are averaged over the members. The best epoch is the same for
        all. Nothing is held out if a fold would have fewer than ten rows. Each fit draws new
        folds; a warm start keeps them only if ``random_state`` is an int.

    quantile : float or sequence of float, default=0.5
        Which quantiles ``loss='quantile'`` fits, each above 0 and below 1. Several quantiles
        are outputs of one network, for a y of one dimension. They never cross, because they are
        sorted in each row [11]_.

    normalize_y : bool, default=False
        Whether to standardise y for training: each column by its (weighted) mean and standard
        deviation; with 'poisson' and 'gamma' it is only divided by the mean. Predictions and
        scores are in the unit of y, whereas ``loss_`` and the curves are those of the
        standardised y. Without it, as in scikit-learn, only a y of about unit variance trains
        well with the default learning rate and ``tol``. Warm starts and `partial_fit` keep the
        mean and the standard deviation of the first call.

    calibrate_quantiles : bool, default=False
        Whether to shift each quantile of ``loss='quantile'`` after early stopping, so that the
        share of held-out rows below it is its level [12]_. Without it intervals tend to be too
        narrow, because quantiles are fitted to the training rows. With several members each is
        measured on the rows that it alone did not see, and how much less their mean varies is
        estimated by simulation and extrapolation [13]_. Without held-out rows nothing is
        shifted.
""",
    attributes="""\
    n_outputs_ : int
        Number of outputs of the network: columns of y, or quantiles.
    out_activation_ : str
        'identity', or with ``loss='poisson'`` and 'gamma' 'exp'.
    validation_loss_curve_ : list of float or None
        Mean loss of the held-out rows, without the penalty; None likewise.
""",
    missing=("classes_", "sparse_output_", "temperature_"),
    notes={
        "start": ("With numbers y, outputs O and training weights w, the objective is"),
        "baseline": "the mean of y",
        "losses": _LOSSES_OF_NUMBERS,
        "peer": "MLPRegressor",
    },
    references="""\
    .. [10] R. Koenker and G. Bassett, "Regression quantiles",
       Econometrica 46, 1978.
    .. [11] V. Chernozhukov, I. Fernández-Val and A. Galichon, "Quantile and probability
       curves without crossing", Econometrica 78, 2010.
    .. [12] Y. Romano, E. Patterson and E. Candès, "Conformalized quantile regression", NeurIPS
       2019.
    .. [13] J. R. Cook and L. A. Stefanski, "Simulation-extrapolation estimation in parametric
       measurement error models", Journal of the American Statistical Association 89, 1994.
""",
)
