"""What input must be fitted, and what must be refused, told from the input alone.

tests/test_bad_input.py compares what estimators do of what it has drawn. Each judge looks at
one argument, and says PLAIN of what nobody could object to, WRONG of what there is no right
answer to, and UNSURE of all between: of numbers so large that a fit may overflow, say. A call
of which all is plain must fit, and one with anything wrong must be refused. Judges know what
the documentation says, and nothing of the code that checks it.
"""

import functools
from collections import Counter
from datetime import date, timedelta
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.metrics import get_scorer_names

from skmlp import MLPBinaryClassifier
from skmlp._border.activations import ACTIVATIONS
from skmlp._border.optimizers import OPTIMIZERS
from skmlp._outputs.numbers import KINDS
from skmlp._schedules import SCHEDULES
from tests.helpers import SOLVERS

# In the order of their weight: of several judgments the largest counts.
PLAIN, UNSURE, WRONG = range(3)


def all_of(judgments):
    return max(judgments, default=PLAIN)


# ---- numbers: tables and weights


def is_broken(X):
    """Return whether the parts of a CSR matrix are not those of any matrix."""
    n_rows, n_columns = X.shape
    indices, starts = X.indices.astype(int), X.indptr.astype(int)
    return bool(
        len(starts) != n_rows + 1
        or (np.diff(starts) < 0).any()
        or not 0 <= starts[0] <= starts[-1] <= len(X.data)
        or ((indices < 0) | (indices >= n_columns)).any()
    )


def judge_table(X, n_features=None):
    """Judge X (n, d): two dimensions, real, finite, and of that many columns, if it matters."""
    if isinstance(X, np.matrix):
        return WRONG
    if isinstance(X, np.ma.MaskedArray):
        return UNSURE
    if sparse.issparse(X):
        if X.format == "csr" and is_broken(X):
            return WRONG
        X = X.toarray()
    try:
        array = np.asarray(X)
        if array.dtype.kind == "c":
            return WRONG
        with np.errstate(all="ignore"):
            values = array.astype(float)
    except (TypeError, ValueError):  # ragged, or text
        return UNSURE
    if array.dtype.kind in "mM":  # within a list nobody looks for dates
        return UNSURE if isinstance(X, list) else WRONG
    if values.ndim != 2 or values.size == 0 or not np.isfinite(values).all():
        return WRONG
    if n_features not in (None, values.shape[1]):
        return WRONG
    # A column of tiny numbers is one to divide by its tiny deviation.
    largest = np.abs(values).max(axis=0)
    is_ordinary = ((largest == 0) | ((largest >= 1e-6) & (largest <= 100))).all()
    return PLAIN if is_ordinary and array.dtype.kind in "biufO" else UNSURE


def judge_weights(weights, n):
    """Judge one weight a row, of which none is negative and not all are 0; None is plain."""
    if weights is None:
        return PLAIN
    if sparse.issparse(weights) or isinstance(weights, str | dict):
        return WRONG
    if np.ndim(weights) == 0:  # the same for all rows
        return UNSURE
    if np.shape(weights) != (n,):
        return WRONG
    if isinstance(weights, np.ma.MaskedArray) or not all(is_number(w) for w in weights):
        return UNSURE
    return judge_numbers([float(w) for w in weights])


def judge_numbers(weights):
    """Judge weights that are float."""
    if not all(0 <= w < np.inf for w in weights) or not any(weights):
        return WRONG
    return PLAIN if all(w == 0 or 1e-3 <= w <= 1e3 for w in weights) else UNSURE


def is_number(value):
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_)


# ---- labels


def as_list(y):
    """Return labels in a list, or None where what holds them need not be understood."""
    if isinstance(y, np.ndarray) and y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    is_masked = isinstance(y, np.ma.MaskedArray)
    known = isinstance(y, list | tuple | np.ndarray | pd.Series) and not is_masked
    return list(y) if known else None


def is_missing(label):
    return label is None or label is pd.NA or label is pd.NaT or label != label


def kind_of(label):
    """Return the type of a label that anyone may have, or None."""
    if isinstance(label, str):
        return str
    if isinstance(label, bool | np.bool_):
        return bool
    if isinstance(label, Integral):
        return int if abs(int(label)) < 2**53 else None
    is_whole = isinstance(label, float | np.floating) and float(label).is_integer()
    return float if is_whole and abs(float(label)) < 1e6 else None


def judge_labels(y, n, classifier, classes=None):
    """Judge labels of n rows, where classes are those known already or, with None, any."""
    if y is None or sparse.issparse(y) or isinstance(y, set):
        return WRONG
    labels = as_list(y)
    if labels is None:
        return UNSURE
    if len(labels) != n or any(np.size(label) > 1 for label in labels):
        return WRONG
    if any(np.ndim(label) for label in labels):
        return UNSURE
    if any(is_missing(label) for label in labels):
        return WRONG
    kinds = {kind_of(label) for label in labels}
    if len(kinds) != 1 or None in kinds or (kinds != {str} and np.asarray(y).dtype == object):
        return UNSURE
    distinct = set(labels)
    if classes is not None:
        return PLAIN if distinct <= set(classes) else WRONG
    return PLAIN if classifier is not MLPBinaryClassifier or len(distinct) == 2 else WRONG


# ---- numbers to be predicted, and indicators


def judge_matrix(y, n, judge):
    """Judge y (n,) or (n, t) by its values, an array of float64; without doubts if usual."""
    if y is None or sparse.issparse(y):
        return WRONG
    if not isinstance(y, list | np.ndarray | pd.Series | pd.DataFrame):
        return UNSURE
    try:
        array = np.asarray(y)
    except ValueError:  # ragged
        return WRONG
    if isinstance(y, np.ma.MaskedArray) or array.ndim == 0:
        return UNSURE
    if array.dtype.kind in "cmMSU" or len(array) != n or array.ndim > 2 or array.size == 0:
        return WRONG
    try:
        with np.errstate(all="ignore"):
            values = array.astype(float)
    except (TypeError, ValueError):
        return WRONG
    except OverflowError:
        return WRONG
    if any(isinstance(value, str | bytes) for value in array.ravel().tolist()):
        return WRONG
    if not np.isfinite(values).all():
        return WRONG
    return max(judge(values), PLAIN if array.dtype.kind in "biuf" else UNSURE)


def judge_targets(y, n, network):
    """Judge what the regressor is to predict: numbers that its loss is defined for."""
    loss = network.loss
    several = loss == "quantile" and np.size(network.quantile) > 1

    def judge(values):
        if loss == "poisson" and values.min() < 0:
            return WRONG
        if loss == "gamma" and values.min() <= 0:
            return WRONG
        if several and values.ndim == 2 and values.shape[1] > 1:
            return WRONG
        return PLAIN if np.abs(values).max() <= 100 else UNSURE

    return judge_matrix(y, n, judge)


# ---- parameters


def not_a_scalar(judge):
    """Leave to either outcome what is held by an array or the like."""

    @functools.wraps(judge)
    def judge_scalar(value):
        odd = np.ndarray | np.generic | pd.Series | pd.DataFrame | range
        is_odd = isinstance(value, odd) and not isinstance(value, np.number | np.bool_)
        return UNSURE if is_odd or sparse.issparse(value) else judge(value)

    return judge_scalar


def among(*values):
    """Return the judge of a parameter that is one of some things."""
    return not_a_scalar(
        lambda value: PLAIN if any(value is v or is_same(value, v) for v in values) else WRONG
    )


def is_same(value, other):
    return type(value) is type(other) and value == other


def real(low, high=np.inf, *, ordinary=(-np.inf, np.inf), above=False, below=False, others=()):
    """Return the judge of a number from `low` to `high`: of one above or below, if so said."""

    @not_a_scalar
    def judge(value):
        if any(is_same(value, other) for other in others):
            return PLAIN
        if isinstance(value, bool | np.bool_):
            return UNSURE
        if not isinstance(value, Real) or not low <= value <= high:
            return WRONG
        if (above and value == low) or (below and value == high) or value in (np.inf, -np.inf):
            return WRONG
        return PLAIN if ordinary[0] <= value <= ordinary[1] else UNSURE

    return judge


def whole(low, *, up_to=2**31, others=()):
    """Return the judge of an integer from `low`, of which larger ones than `up_to` are odd."""
    judge_real = real(low, ordinary=(low, up_to), others=others)

    def judge(value):
        is_fraction = isinstance(value, float | np.floating)
        is_other = any(is_same(value, other) for other in others)
        return WRONG if is_fraction and not is_other else judge_real(value)

    return judge


@not_a_scalar
def judge_truth(value):
    if isinstance(value, bool | np.bool_):
        return PLAIN
    return UNSURE if isinstance(value, int) and value in (0, 1) else WRONG


@not_a_scalar
def judge_random_state(value):
    if isinstance(value, np.random.RandomState):
        return PLAIN
    return whole(0, up_to=2**32 - 1, others=(None,))(value)


def judge_quantile(value):
    """Judge one level or several, each of them once."""
    if isinstance(value, list | tuple):
        is_valid = value and all(is_number(level) and 0 < level < 1 for level in value)
        return PLAIN if is_valid and len(set(value)) == len(value) else WRONG
    return real(0, 1, above=True, below=True)(value)


def judge_n_jobs(value):
    judgment = whole(-np.inf, others=(None,))(value)
    return WRONG if judgment == PLAIN and value == 0 else judgment


@not_a_scalar
def judge_scoring(value):
    return UNSURE if callable(value) else among(None, *get_scorer_names())(value)


@not_a_scalar
def judge_layer_to_return(value):
    is_valid = is_same(value, "all") or isinstance(value, Integral)
    return PLAIN if is_valid else WRONG


def a_layer(judge):
    """Return the judge of one setting for all hidden layers or one for each.

    It is told of how many layers there are, or None.
    """

    def judge_layers(value, n_hidden):
        if isinstance(value, np.ndarray) and value.ndim == 1:
            value = value.tolist()
        if not isinstance(value, list | tuple):
            return judge(value)
        if n_hidden is None:
            return UNSURE
        return WRONG if len(value) != n_hidden else all_of(map(judge, value))

    return judge_layers


# What each parameter may be, by the documentation, and what of that is ordinary.
JUDGES = {
    "solver": among(*SOLVERS),
    "alpha": real(0, ordinary=(0, 1)),
    "batch_size": whole(1, others=("auto", "small")),
    "learning_rate": among(*SCHEDULES),
    "learning_rate_init": real(0, above=True, ordinary=(0, 0.1)),
    "power_t": real(0),
    "max_iter": whole(1, others=("auto",)),
    "shuffle": judge_truth,
    "random_state": judge_random_state,
    "tol": real(0),
    "verbose": whole(0, others=(True, False, "progress")),
    "warm_start": judge_truth,
    "momentum": real(0, 1),
    "nesterovs_momentum": judge_truth,
    "early_stopping": judge_truth,
    "validation_fraction": real(0, 1, below=True, others=("auto",)),
    "beta_1": real(0, 1, below=True),
    # With a short memory a gradient of next to 0 is divided by next to nothing.
    "beta_2": real(0, 1, below=True, ordinary=(0.5, 1)),
    "epsilon": real(0, above=True, ordinary=(1e-8, np.inf)),
    "n_iter_no_change": whole(1, others=(None, np.inf)),
    "max_fun": whole(1),
    "n_jobs": judge_n_jobs,
    "warmup_fraction": real(0, 1),
    "label_smoothing": real(0, 1, below=True),
    "max_grad_norm": real(0, above=True, ordinary=(1e-8, np.inf), others=(None,)),
    "scoring": judge_scoring,
    "transform_layer": judge_layer_to_return,
    "n_members": whole(1, others=("auto",)),
    "temperature_scaling": judge_truth,
    "init": among("random", "data"),
    "scaling_rate": real(0, ordinary=(0, 1)),
}
JUDGES_OF_REGRESSOR = {
    "loss": among(*KINDS),
    "quantile": lambda value: judge_quantile(value),
    "normalize_y": judge_truth,
    "calibrate_quantiles": judge_truth,
}
JUDGES_OF_LAYERS = {
    "activation": a_layer(among(*ACTIVATIONS)),
    "dropout": a_layer(real(0, 1, below=True, ordinary=(0, 0.5))),
}
JUDGES_OF_PREPROCESSING = {
    "max_bins": whole(0),
    "max_pairs": whole(0),
    "max_bin_columns": whole(0),
    "add_squares": judge_truth,
    "max_one_hot": whole(0),
    "encode_codes": judge_truth,
    "target_type": among("auto", "multiclass", "continuous"),
    "random_state": judge_random_state,
}


def judge_widths(value):
    if is_same(value, "auto"):
        return PLAIN
    is_list = isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim)
    return a_layer(whole(1, up_to=100))(value, len(value) if is_list else 1)


def widths_of(value):
    """Return the widths of hidden layers; those of "auto" are of few rows."""
    if is_same(value, "auto"):
        return [64, 64]
    return [int(width) for width in np.atleast_1d(np.array(value, dtype=object))]


def judge_parameters(network):
    """Judge all parameters of a classifier but class_weight, alone and together."""
    given, of_values = network.get_params(), JUDGES | JUDGES_OF_REGRESSOR
    sizes = given["hidden_layer_sizes"]
    of_sizes = judge_widths(sizes)
    n_hidden = len(widths_of(sizes)) if of_sizes == PLAIN else None
    result = all_of(
        [
            of_sizes,
            *(judge(given[name]) for name, judge in of_values.items() if name in given),
            *(judge(given[name], n_hidden) for name, judge in JUDGES_OF_LAYERS.items()),
        ]
    )
    return judge_together(network) if result == PLAIN else result


def has_members(network):
    """Return whether L-BFGS is asked for several; "auto" is not."""
    return not is_same(network.n_members, "auto") and network.n_members > 1


def judge_together(network):
    """Judge plain parameters that do not go with others, or with which scores may be none."""
    takes = OPTIMIZERS[network.solver].settings if network.solver in OPTIMIZERS else ()
    if network.scaling_rate and "scaling_rate" not in takes:
        return WRONG
    if network.temperature_scaling and not network.early_stopping:
        return WRONG
    if network.solver == "lbfgs" and (
        has_members(network) or network.temperature_scaling or np.any(network.dropout)
    ):
        return WRONG
    is_scored = network.scoring in (None, "accuracy", "neg_log_loss", "roc_auc", "r2")
    fraction = network.validation_fraction
    watches = is_scored and (is_same(fraction, "auto") or fraction > 0)
    return PLAIN if watches or not network.early_stopping else UNSURE


# ---- calls


class Call(NamedTuple):
    """A call of fit or partial_fit."""

    network: object
    X: object
    y: object
    sample_weight: object = None
    classes: object = None
    X_val: object = None
    y_val: object = None
    sample_weight_val: object = None
    method: str = "fit"

    @property
    def resumes(self):
        """Whether it goes on from where an earlier one ended."""
        begun = hasattr(self.network, "coefs_")
        return begun and (self.method == "partial_fit" or self.network.warm_start is True)


def n_rows_of(X):
    return X.shape[0] if hasattr(X, "shape") else len(X)


def judge_call(call):
    """Judge all that a fit is given."""
    network = call.network
    n_features = network.n_features_in_ if call.resumes else None
    first = all_of([judge_table(call.X, n_features), judge_parameters(network)])
    if first == WRONG:  # where the number of rows may be anybody's guess
        return WRONG
    classes = network.classes_.tolist() if call.resumes else None
    of_classes = PLAIN
    if call.method == "partial_fit":
        of_classes = judge_classes(call.classes, type(network), classes)
        classes = as_list(call.classes) if classes is None else classes
    if of_classes != PLAIN:
        return max(first, of_classes)
    n = n_rows_of(call.X)
    second = all_of(
        [
            first,
            judge_labels(call.y, n, type(network), classes),
            judge_weights(call.sample_weight, n),
        ]
    )
    if second != PLAIN:
        return second
    labels = as_list(call.y)
    classes = set(labels) if classes is None else set(classes)
    return all_of(
        [
            judge_class_weight(call, labels, classes),
            judge_watched(call, classes),
            judge_resumed(call, set(labels)) if call.resumes else PLAIN,
        ]
    )


def judge_classes(given, classifier, known):
    """Judge what partial_fit is told of the classes, where some may be known already."""
    if given is None:
        return WRONG if known is None else PLAIN
    judgment = judge_labels(given, len(as_list(given) or []), classifier, known)
    if known is None:
        return judgment
    return WRONG if judgment == PLAIN and set(as_list(given)) != set(known) else judgment


def judge_class_weight(call, labels, classes):
    """Judge class_weight, and what it leaves of the weights of the rows."""
    given = call.network.class_weight
    if given is None:
        return PLAIN
    if is_same(given, "balanced"):
        return PLAIN if call.method == "fit" else WRONG
    if isinstance(given, np.ndarray | np.generic):
        return UNSURE
    if not isinstance(given, dict):
        return WRONG
    if not all(is_number(weight) for weight in given.values()):
        return UNSURE
    try:
        numbers = [float(weight) for weight in given.values()]
    except OverflowError:
        return UNSURE
    if not all(0 <= number < np.inf for number in numbers):
        return WRONG
    if max(numbers, default=0) > 1e300 or not set(given) <= classes:
        return UNSURE
    rows = [given.get(label, 1) for label in labels]
    if call.sample_weight is not None:
        rows = [float(a) * float(b) for a, b in zip(rows, call.sample_weight, strict=True)]
    return judge_numbers(rows)


def judge_watched(call, classes):
    """Judge the rows that are given to watch, of classes that are known."""
    parts = call.X_val, call.y_val, call.sample_weight_val
    if all(part is None for part in parts):
        return PLAIN
    if call.X_val is None or call.y_val is None:
        return WRONG
    if not call.network.early_stopping or call.network.solver == "lbfgs":
        return WRONG
    of_table = judge_table(call.X_val, n_features=np.shape(call.X)[1])
    if of_table == WRONG:
        return WRONG
    n = n_rows_of(call.X_val)
    of_labels = judge_labels(call.y_val, n, type(call.network), classes)
    return all_of([of_table, of_labels, judge_weights(call.sample_weight_val, n)])


def judge_resumed(call, labels):
    """Judge what goes on: the network must be the one that is asked for, and still ordinary."""
    network = call.network
    if call.method == "fit" and labels != set(network.classes_.tolist()):
        return WRONG
    n_members = network.coefs_[0].shape[0] if network.coefs_[0].ndim == 3 else 1
    widths = [weights.shape[-1] for weights in network.coefs_[:-1]]
    asked = n_members if is_same(network.n_members, "auto") else network.n_members
    if n_members != asked or widths != widths_of(network.hidden_layer_sizes):
        return WRONG
    names = np.broadcast_to(np.asarray(network.activation, dtype=object), len(widths))
    if list(names).count("prelu") != len(network.slopes_):
        return WRONG
    learned = (*network.coefs_, *network.intercepts_, *network.slopes_)
    is_ordinary = all(np.abs(part).max(initial=0) <= 1e3 for part in learned)
    return PLAIN if is_ordinary else UNSURE


# ---- tables of mixed columns


def judge_cells(column):
    """Judge a column: plain are numbers, strings or dates, and what is missing among them."""
    values = [value for value in column if not is_missing(value)]
    if any(is_number(value) and abs(value) == np.inf for value in values):
        is_numeric = all(map(is_number, values)) and column.dtype.name != "category"
        return WRONG if is_numeric else UNSURE
    for kind in (bool | np.bool_, str, date, timedelta):
        if all(isinstance(value, kind) for value in values):
            return PLAIN
    is_plain = all(is_number(value) and abs(value) < 1e6 for value in values)
    return PLAIN if is_plain else UNSURE


def judge_preprocessing(preprocessor, table, y):
    """Judge what TabularPreprocessor is to learn from: a DataFrame and labels, and how."""
    given = preprocessor.get_params()
    of_parameters = all_of(
        judge(given[name]) for name, judge in JUDGES_OF_PREPROCESSING.items()
    )
    if not isinstance(table, pd.DataFrame):
        return all_of([of_parameters, UNSURE if len(table) else WRONG])
    if 0 in table.shape or len(set(table.columns)) < table.shape[1]:
        return WRONG
    # Labels, and a second row, are for columns of many categories; some are no numbers.
    is_usual = len(table) > 1 and judge_labels(y, len(table), None) == PLAIN
    is_usual = is_usual and not is_same(preprocessor.target_type, "continuous")
    of_labels = PLAIN if is_usual else UNSURE
    columns = [table.iloc[:, j] for j in range(table.shape[1])]
    return all_of([of_parameters, of_labels, *map(judge_cells, columns)])


# ---- what came of it


class Tally:
    """How many calls there were of each judgment, and how many of them were accepted."""

    def __init__(self):
        self.judged, self.accepted = Counter(), Counter()

    def clear(self):
        self.judged.clear()
        self.accepted.clear()

    def add(self, judgment, is_accepted, what):
        """Count a call, which must have come to what it was judged to."""
        assert is_accepted or judgment != PLAIN, f"refused, but plain: {what}"
        assert not is_accepted or judgment != WRONG, f"accepted, but wrong: {what}"
        self.judged[judgment] += 1
        self.accepted[judgment] += is_accepted

    def check(self, accepted, plain, wrong):
        """Assert that a share between two was accepted, and least shares of two judgments."""
        total = self.judged.total()
        share = self.accepted.total() / total
        low, high = accepted
        assert low <= share <= high, f"{share:.0%} of {total} calls were accepted"
        for name, judgment, least in (("plain", PLAIN, plain), ("wrong", WRONG, wrong)):
            share = self.judged[judgment] / total
            assert share >= least, f"{share:.0%} of {total} calls were {name}"
