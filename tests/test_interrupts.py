"""Ctrl-C anywhere in a fit: training ends or is undone, and the next fit is right."""

import concurrent.futures
import contextlib
import itertools
import signal
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
import threadpoolctl
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

import skmlp
from skmlp import MLPBinaryClassifier
from tests.helpers import assert_same_network, parameters_of, threads_of_blas

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
# The package, the contexts it enters, and the threads it starts.
PRESSED = (
    str(Path(skmlp.__file__).parent),
    str(Path(concurrent.futures.__file__).parent),
    contextlib.__file__,
    threading.__file__,
    threadpoolctl.__file__,
)


class Presses:
    """Ctrl-C at the n-th, n + 1-st, ... call of a function of the package or of contexts."""

    def __init__(self, first, n_presses):
        self.at = set(range(first, first + n_presses))
        self.n_calls = 0

    @contextlib.contextmanager
    def installed(self):
        sys.setprofile(self.trace)
        try:
            yield
        finally:
            sys.setprofile(None)

    def trace(self, frame, kind, _):
        if kind == "call" and frame.f_code.co_filename.startswith(PRESSED):
            self.n_calls += 1
            if self.n_calls in self.at:
                signal.raise_signal(signal.SIGINT)


FITS = {
    "plain": {},
    "early_stopping": {"early_stopping": True},
    "scoring": {"early_stopping": True, "scoring": "roc_auc"},
    "lbfgs": {"solver": "lbfgs"},
    "members": {"n_members": 2, "early_stopping": True, "n_jobs": 2, "init": "data"},
    "threads": {"n_jobs": 2},
    "threads of lbfgs": {"n_jobs": 2, "solver": "lbfgs"},
}


@pytest.fixture(autouse=True)
def all_members(monkeypatch, all_threads):
    """As many threads as n_jobs says, however small the network and few the members."""
    monkeypatch.setattr(skmlp._training, "n_helpful_members", lambda n_jobs, *_: n_jobs or 1)


def small_network(max_iter=3, **params):
    return MLPBinaryClassifier((4,), max_iter=max_iter, random_state=0, **params)


@pytest.fixture(scope="module")
def data():
    X = np.random.default_rng(0).normal(size=(100, 3))
    return X, (X[:, 0] > 0).astype(int)


def check_not_fitted(network, X):
    with pytest.raises(NotFittedError):
        network.predict(X)


def check_fitted(network, X, y, params):
    """What there is, is the outcome of whole epochs: as many as the history says."""
    assert 1 <= network.n_iter_ == len(network.loss_curve_)
    whole = small_network(network.n_iter_, **params).fit(X, y)
    assert_same_network(network, whole)
    assert network.loss_ == whole.loss_
    assert network.validation_scores_ == whole.validation_scores_


def press_everywhere(data, params, n_presses, step):
    """Press in each step-th call of a function in a fit; return how fits ended."""
    X, y = data
    expected = small_network(**params).fit(X, y)
    n_threads = threads_of_blas()
    outcomes = []
    for first in itertools.count(1, step):
        presses = Presses(first, n_presses)
        network = small_network(**params)
        try:
            with warnings.catch_warnings(), presses.installed():
                warnings.simplefilter("ignore")
                network.fit(X, y)
        except KeyboardInterrupt:
            outcomes.append("raised")
            if hasattr(network, "coefs_"):  # it was over
                check_fitted(network, X, y, params)
            else:
                check_not_fitted(network, X)
        else:
            if presses.n_calls < first:
                return outcomes
            outcomes.append("ended")
            check_fitted(network, X, y, params)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert threads_of_blas() == n_threads
        assert not any(thread.name.startswith("skmlp") for thread in threading.enumerate())
        assert_same_network(network.fit(X, y), expected)


# Steps have no factor in common with what an epoch calls, so that all of it is met. L-BFGS
# sets the process's threads of BLAS in calls that only a step of 1 is sure to meet.
@pytest.mark.parametrize("n_presses", [1, 2])
@pytest.mark.parametrize("params", FITS.values(), ids=FITS.keys())
def test_in_every_phase(data, params, n_presses):
    """Two presses in a row never leave the outcome of a part of an epoch."""
    step = 1 if "solver" in params else 11
    with threadpoolctl.threadpool_limits(2, "blas"):
        outcomes = press_everywhere(data, params, n_presses, step)
    assert "raised" in outcomes
    assert n_presses == 2 or "ended" in outcomes


@pytest.mark.parametrize("n_presses", [1, 2])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    "params", [{}, {"dropout": 0.1}, {"n_members": 2, "n_jobs": 2}], ids=str
)
def test_what_goes_on_goes_on_whole_or_not_at_all(data, params, method, n_presses):
    """There is what was before the call, or what whole epochs make of it.

    A press within the epochs ends training after the one that is running.
    """
    X, y = data
    params = {"warm_start": True, "shuffle": method == "partial_fit", **params}

    def fitted():
        network = small_network(2, **params)
        return network.partial_fit(X, y, classes=[0, 1]).partial_fit(X, y)

    def seen(network):
        return parameters_of(network).tolist(), network.loss_curve_, network.n_iter_, network.t_

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = seen(fitted())
        after = [seen(getattr(fitted().set_params(max_iter=n), method)(X, y)) for n in (1, 2)]
        then = seen(fitted().partial_fit(X, y).partial_fit(X, y))
        outcomes = set()
        for first in itertools.count(1, 7):
            network, presses = fitted(), Presses(first, n_presses)
            try:
                with presses.installed():
                    getattr(network, method)(X, y)
            except KeyboardInterrupt:
                outcomes.add("raised")
            else:
                outcomes.add("ended")
            assert seen(network) in [before, *after]
            if method == "partial_fit" and seen(network) == before:
                assert seen(network.partial_fit(X, y).partial_fit(X, y)) == then
            if presses.n_calls < first:
                break
    assert seen(network) == after[-1]
    assert outcomes == {"raised", "ended"}


class PressInFit:
    """A kernel that Ctrl-C hits in one of its calls, once or twice."""

    def __init__(self, kernel, call, n_presses):
        self.kernel, self.call, self.n_presses = kernel, call, n_presses
        self.n_calls = 0

    def __call__(self, *arguments):
        self.n_calls += 1
        result = self.kernel(*arguments)
        for _ in range(self.n_presses if self.n_calls == self.call else 0):
            signal.raise_signal(signal.SIGINT)
        return result


@pytest.mark.parametrize("call", [2, 3 * 4 + 2], ids=["first fit", "refit"])
def test_in_a_search(data, monkeypatch, call):
    """One press ends the fit that is running, and two the search."""
    X, y = data
    run = skmlp._training.run_epoch
    search = GridSearchCV(small_network(tol=0), {"alpha": [1e-4, 1.0]}, cv=2)
    monkeypatch.setattr(skmlp._training, "run_epoch", PressInFit(run, call, 1))
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        search.fit(X, y)
    assert search.best_estimator_.n_iter_ == (2 if call > 12 else 3)
    monkeypatch.setattr(skmlp._training, "run_epoch", PressInFit(run, call, 2))
    with pytest.raises(KeyboardInterrupt):
        search.fit(X, y)
    monkeypatch.setattr(skmlp._training, "run_epoch", run)
    expected = small_network(tol=0, **search.fit(X, y).best_params_).fit(X, y)
    assert_same_network(search.best_estimator_, expected)


def test_a_handler_that_raises_while_ours_is_installed(monkeypatch):
    """As that of a time-out: Ctrl-C is Python's again."""
    install = signal.signal

    def install_and_raise(signum, handler):
        monkeypatch.undo()
        install(signum, handler)
        raise TimeoutError

    monkeypatch.setattr(skmlp._interrupt.signal, "signal", install_and_raise)
    with pytest.raises(TimeoutError), skmlp._interrupt.deferred_interrupt():
        pytest.fail("the block is not entered")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_that_raises_before_ours_is_taken_away(monkeypatch):
    install = signal.signal

    def raise_once(signum, handler):
        if handler is signal.default_int_handler:
            monkeypatch.undo()
            raise TimeoutError
        return install(signum, handler)

    monkeypatch.setattr(skmlp._interrupt.signal, "signal", raise_once)
    with pytest.raises(TimeoutError), skmlp._interrupt.deferred_interrupt():
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
