"""A call that fails leaves what earlier calls have learned, and the next one is as ever."""

import copy
import functools
import itertools
import pickle
import signal
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning, NotFittedError

import skmlp
from skmlp import MLPBinaryClassifier, MLPMultilabelClassifier, MLPRegressor
from skmlp._border.optimizers import OPTIMIZERS
from skmlp._callbacks import SUPPORTED
from skmlp._fitted import NAMES
from skmlp._shuffling import get_state, set_state
from tests.helpers import fitted_values

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:learning_rate='cosine' has come to its end:UserWarning"),
]

X = np.random.default_rng(0).normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)

# How an estimator comes to be fitted: the calls, of which the last is the one that goes on.
COURSES = {
    "partial_fit": ["partial_fit"] * 3,
    "partial_fit after fit": ["fit", "partial_fit"],
    "fit": ["fit"] * 3,
    "fit after partial_fit": ["partial_fit", "fit"],
}
PARAMS = {
    **{solver: {"solver": solver} for solver in OPTIMIZERS},
    "dropout": {"dropout": 0.2, "activation": "gelu"},
    "schedule": {"learning_rate": "cosine", "warmup_fraction": 0.5, "max_iter": 9},
    "rates": {"solver": "sgd", "learning_rate": "adaptive", "tol": 1.0, "n_iter_no_change": 1},
    "members": {"n_members": 2, "activation": "prelu"},
    "scales": {"solver": "adamw", "scaling_rate": 5.0, "init": "data"},
    "generator": {"random_state": np.random.RandomState(np.random.PCG64(0)), "shuffle": False},
}  # fmt: skip


def call(network, method, rows=X, y=Y, **given):
    if method == "partial_fit":
        given.setdefault("classes", [0, 1])
    return getattr(network, method)(rows, y, **given)


class Course:
    """An estimator that has learned something, and what is to become of it.

    Its twin has taken the same calls, and takes one more.
    """

    def __init__(self, name, rows=X, **params):
        *calls, self.method = COURSES[name]
        params = {"max_iter": 3, "warm_start": self.method == "fit", **params}
        self.rows = rows
        self.network, twin = (
            MLPBinaryClassifier((4,), **{"random_state": 0, **copy.deepcopy(params)})
            for _ in range(2)
        )
        for network in (self.network, twin):
            for method in calls:
                call(network, method, rows)
        self.before = seen(self.network, rows)
        self.then = seen(call(twin, self.method, rows), rows)
        # Whether files have what the next call goes on with.
        self.is_filed = calls[-1] == "partial_fit" or self.network.warm_start

    def assert_goes_on(self):
        """All is as it was before, in files too, and the next call as ever."""
        assert seen(self.network, self.rows) == self.before
        others = [pickle.loads(pickle.dumps(self.network)), copy.deepcopy(self.network)]
        for other in others:
            assert seen(other, self.rows) == self.before
        if self.is_filed:
            for other in others:
                assert seen(call(other, self.method, self.rows), self.rows) == self.then
        assert seen(call(self.network, self.method, self.rows), self.rows) == self.then

    def assert_fails(self, error, match=None, **given):
        """Let the call fail, which is to change nothing."""
        with pytest.raises(error, match=match):
            call(self.network, self.method, **({"rows": self.rows} | given))
        assert seen(self.network, self.rows) == self.before


def seen(network, rows):
    """Return what can be seen of an estimator, numbers to the last digit."""
    return *fitted_values(network), network.predict_proba(rows).tolist()


def failing(function, n_calls, error):
    """Return a function that does the same, but that it fails after its n-th call."""
    calls = itertools.count(1)

    @functools.wraps(function)
    def result(*args, **kwargs):
        done = function(*args, **kwargs)
        if next(calls) == n_calls:
            raise error
        return done

    return result


def fail_in(monkeypatch, course, owner, name, n_calls, error):
    """Let the call of a course fail after some call of a function of a module or class."""
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, failing(getattr(owner, name), n_calls, error))
        course.assert_fails(type(error))


@pytest.mark.parametrize("params", PARAMS.values(), ids=PARAMS.keys())
@pytest.mark.parametrize("name", COURSES)
def test_in_an_epoch(monkeypatch, name, params):
    """When a pass has changed parameters, moments and the random state: of two, in each."""
    course = Course(name, **params)
    n_epochs = 2 if course.method == "fit" else 1
    n_passes = n_epochs * course.network.n_members
    for n_calls in range(1, n_passes + 1):
        fail_in(monkeypatch, course, skmlp._training, "run_epoch", n_calls, TimeoutError())
    course.assert_goes_on()


HOLDERS = {
    "float32": np.float32,
    "DataFrame": lambda X: pd.DataFrame(X, columns=["a", "b", "c"]),
    "sparse": sparse.csr_array,
    "list": np.ndarray.tolist,
}


@pytest.mark.parametrize("hold", HOLDERS.values(), ids=HOLDERS.keys())
@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), SystemExit()], ids=repr)
@pytest.mark.parametrize("name", COURSES)
def test_of_any_kind(monkeypatch, name, hold, error):
    course = Course(name, hold(X))
    fail_in(monkeypatch, course, skmlp._training, "run_epoch", 1, error)
    # Before the first pass and after the last.
    fail_in(monkeypatch, course, skmlp._network.Network, "workspaces", 1, error)
    fail_in(monkeypatch, course, skmlp._classifiers.BaseMLPClassifier, "_set_fitted", 1, error)
    course.assert_goes_on()


@pytest.mark.parametrize("module", [skmlp._lbfgs, skmlp._training], ids=["lbfgs", "adam"])
def test_between_solvers(monkeypatch, module):
    """A fit by another solver that fails does not touch the moments of the one before."""
    course = Course("fit", solver="adam" if module is skmlp._lbfgs else "lbfgs")
    solver = course.network.solver
    course.network.set_params(solver="lbfgs" if solver == "adam" else "adam")
    fail_in(monkeypatch, course, module, "run_epoch", 2, TimeoutError())
    course.network.set_params(solver=solver)
    assert seen(call(course.network, "fit"), X) == course.then


def test_another_solver_in_partial_fit(monkeypatch):
    course = Course("partial_fit", solver="adam")
    course.network.set_params(solver="sgd")
    fail_in(monkeypatch, course, skmlp._training, "run_epoch", 1, TimeoutError())
    course.network.set_params(solver="adam")
    course.assert_goes_on()


REFUSED = {
    "NaN": ({"rows": X * np.nan}, "NaN"),
    "other columns": ({"rows": X[:, :2]}, "features"),
    "fewer labels": ({"y": Y[1:]}, "inconsistent"),
    "another class": ({"y": Y + 1}, "class"),
    "a negative weight": ({"sample_weight": -np.ones(60)}, "sample_weight"),
    "no weight": ({"sample_weight": np.zeros(60)}, "weight"),
    "an integer that is too large": ({"rows": [[10**400] * 3] * 60}, "too large"),
}
INVALID = {
    "hidden_layer_sizes": (5,),
    "activation": "prelu",  # which has slopes
    "n_members": 2,
    "dropout": [0.1, 0.2],
    "scaling_rate": 1.0,  # for adamw alone
    "class_weight": {"a": 1},
}


@pytest.mark.parametrize("name", COURSES)
def test_what_is_refused(name):
    course = Course(name)
    for given, message in REFUSED.values():
        course.assert_fails(ValueError, message, **given)
    for parameter, value in INVALID.items():
        valid = getattr(course.network, parameter)
        course.network.set_params(**{parameter: value})
        course.assert_fails(ValueError)
        course.network.set_params(**{parameter: valid})
    course.assert_goes_on()


@pytest.mark.parametrize("solver", OPTIMIZERS)
@pytest.mark.parametrize("name", COURSES)
def test_divergence(name, solver):
    course = Course(name, solver=solver, learning_rate_init=0.01, batch_size=1)
    course.network.set_params(learning_rate_init=1.7e308)
    course.assert_fails(ValueError, "Solver produced")
    course.network.set_params(learning_rate_init=0.01)
    course.assert_goes_on()


@pytest.mark.parametrize("name", COURSES)
def test_warnings_that_are_errors(name):
    """Before training, and after it."""
    course = Course(name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        course.network.set_params(batch_size=1000)
        course.assert_fails(UserWarning, "batch_size")
        course.network.set_params(batch_size="auto")
        if course.method == "fit":
            course.assert_fails(ConvergenceWarning, "Maximum iterations")
    course.assert_goes_on()


def test_a_scorer():
    """Also one that is called in a later epoch; it sees nothing of the fit before."""
    course = Course("fit")
    networks = []

    def scorer(network, X, y):
        networks.append(network)
        assert not hasattr(network, "loss_curve_")
        if len(networks) == 3:
            raise TimeoutError
        return 0.5

    course.network.set_params(early_stopping=True, scoring=scorer)
    course.assert_fails(TimeoutError)
    course.network.set_params(early_stopping=False, scoring=None)
    course.assert_goes_on()


class Callback:
    """Fails where it is told to."""

    def __init__(self, where):
        self.where = where
        self.curves = []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        self.reach(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        self.curves.append(fitted_estimator.loss_curve_)
        self.reach(f"end {context.task_name}")

    def reach(self, place):
        if place == self.where:
            raise TimeoutError


@pytest.mark.skipif(not SUPPORTED, reason="scikit-learn has callbacks from 1.9 on")
@pytest.mark.parametrize("where", ["begin fit", "begin epoch", "end epoch", "end fit"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_callback(where, solver):
    """The estimator that it is shown has the curve up to then."""
    course = Course("fit", solver=solver)
    n_epochs = len(course.network.loss_curve_)
    callback = Callback(where)
    course.network.set_callbacks(callback)
    course.assert_fails(TimeoutError)
    expected = {"begin": [], "end epoch": [1], "end fit": [1, 2, 3, 3]}
    lengths = [len(curve) - n_epochs for curve in callback.curves]
    assert lengths == expected.get(where, expected["begin"])
    course.network.set_callbacks()
    if solver == "adam":
        course.assert_goes_on()
    else:
        assert seen(call(course.network, "fit"), X) == course.then


@pytest.mark.parametrize("name", COURSES)
def test_views_of_the_parameters_stay_views(monkeypatch, name):
    """Through calls that succeed, and such that fail."""
    course = Course(name)
    network, first = course.network, course.network.coefs_[0]
    fail_in(monkeypatch, course, skmlp._training, "run_epoch", 1, TimeoutError())
    np.testing.assert_array_equal(first, network.coefs_[0])
    first[:] = 0.5
    assert (network.coefs_[0] == 0.5).all()
    call(network, course.method)
    np.testing.assert_array_equal(first, network.coefs_[0])


@pytest.mark.parametrize("name", COURSES)
def test_memory_maps(monkeypatch, tmp_path, name):
    """What cannot be written to is not."""
    course = Course(name)
    joblib.dump(course.network.set_params(warm_start=True), tmp_path / "network")
    course.network = joblib.load(tmp_path / "network", mmap_mode="r")
    fail_in(monkeypatch, course, skmlp._training, "run_epoch", 1, TimeoutError())
    course.assert_goes_on()
    del course.network  # Windows deletes no file that is mapped


def test_a_generator_of_the_user_is_left_alone(monkeypatch):
    """What was drawn from it stays drawn: others may have drawn as well."""
    source = np.random.RandomState(0)
    network = MLPBinaryClassifier((4,), random_state=source)
    call(network, "partial_fit")
    with monkeypatch.context() as patch:
        run = skmlp._training.run_epoch
        patch.setattr(skmlp._training, "run_epoch", failing(run, 1, TimeoutError()))
        before = get_state(source)
        with pytest.raises(TimeoutError):
            call(network, "partial_fit")
    after = get_state(source)
    assert repr(before) != repr(after)
    call(network, "partial_fit")
    again = np.random.RandomState(0)
    set_state(again, after)
    rows = np.arange(60)
    again.shuffle(rows)
    assert again.randint(2**31) == source.randint(2**31)


@pytest.mark.parametrize("kind", ["MT19937", "PCG64", "Philox", "SFC64"])
def test_places_of_generators(kind):
    source = np.random.RandomState(getattr(np.random, kind)(0))
    source.normal(size=999)
    place, theirs = get_state(source), source._bit_generator.state
    assert repr(place) == repr({name: theirs[name] for name in place})
    drawn = source.randint(9, size=1000)
    set_state(source, place)
    np.testing.assert_array_equal(source.randint(9, size=1000), drawn)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no such signals")
@pytest.mark.parametrize("name", COURSES)
def test_timeouts(name):
    """A handler raises, later and later, until a call comes to its end."""
    course = Course(name)

    def handler(*_):
        raise TimeoutError

    previous = signal.signal(signal.SIGALRM, handler)
    try:
        # scikit-learn's settings for the time of a fit stay where the handler raises while they
        # are made, which is not for us to mend.
        with sklearn.config_context():
            for delay in itertools.count(1):
                try:
                    signal.setitimer(signal.ITIMER_REAL, delay * 1e-4)
                    call(course.network, course.method)
                    signal.setitimer(signal.ITIMER_REAL, 0)
                except TimeoutError:
                    assert seen(course.network, X) in (course.before, course.then)
                if seen(course.network, X) != course.before:
                    break
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert seen(course.network, X) == course.then


def test_the_list_of_fitted_attributes():
    """It is what a fit sets, and what a call that fails takes away."""
    found, matrix = set(), np.column_stack([Y, 1 - Y])
    for network, y in (
        (MLPBinaryClassifier(max_iter=2), Y),
        (MLPMultilabelClassifier(max_iter=2), matrix),
        (MLPRegressor(max_iter=2), Y),
    ):
        before = {*vars(network), "n_features_in_"}
        found |= vars(network.fit(X, y)).keys() - before
    assert found == {*NAMES}


@pytest.mark.parametrize("name", ["fit", "partial_fit"])
def test_a_first_call_leaves_nothing(monkeypatch, name):
    run = skmlp._training.run_epoch
    monkeypatch.setattr(skmlp._training, "run_epoch", failing(run, 1, TimeoutError()))
    network = MLPBinaryClassifier((4,), random_state=0)
    with pytest.raises(TimeoutError):
        call(network, name)
    assert {name for name in vars(network) if name.endswith("_")} == {"n_features_in_"}
    with pytest.raises(NotFittedError):
        network.predict(X)
