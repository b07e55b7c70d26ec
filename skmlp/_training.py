"""The training loops: Python above the compiled epoch, one turn an epoch.

``params`` is, throughout, an object with the estimator's parameters as attributes.
"""

import warnings
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize
from sklearn.exceptions import ConvergenceWarning

from skmlp._interrupt import Interrupt, deferred_interrupt
from skmlp._kernels.epoch import loss_and_gradient, run_epoch
from skmlp._kernels.optimizers import OPTIMIZERS
from skmlp._network import Network, aligned_empty, predicted_codes
from skmlp._schedules import SCHEDULES, SMALLEST_RATE
from skmlp._shuffling import Shuffler
from skmlp._stopping import Monitor
from skmlp._validation import TrainingData


class _Outcome(Enum):
    """Why the epochs ended."""

    CONVERGED = auto()
    EXHAUSTED = auto()
    DIVERGED = auto()
    INTERRUPTED = auto()


@dataclass(frozen=True)
class Problem:
    """What a fit minimises: (Σ wᵢ ℓᵢ + α/2 Σ W²) / Σ wᵢ over the training rows.

    Attributes
    ----------
    data : TrainingData
        Its weights divided by the mean weight, so that their sum is the number of rows.
    rows : int array of shape (m,)
        The training rows.
    alpha : float
        Divided by the mean weight, too.
    loss : int
    """

    data: TrainingData
    rows: NDArray[np.intp]
    alpha: float
    loss: int

    @classmethod
    def weighted(
        cls, data: TrainingData, rows: NDArray[np.intp], mean: float, alpha: float, loss: int
    ) -> "Problem":
        """Divide the weights, which take on X's dtype, and the penalty by the mean weight."""
        weights = (data.weights / mean).astype(data.X.dense.dtype, copy=False)
        return cls(data._replace(weights=weights), rows, alpha / mean, loss)


@dataclass(frozen=True)
class ValidationSet:
    """The rows that early stopping watches."""

    data: TrainingData
    rows: NDArray[np.intp]

    def accuracy(self, network: Network) -> float:
        """Return the weighted accuracy, or NaN where the logits are not finite."""
        logits = network.logits(self.data.X, self.rows)
        if not np.isfinite(logits).all():
            return np.nan
        hits = predicted_codes(logits) == self.data.y[self.rows]
        return float(np.average(hits, weights=self.data.weights[self.rows]))


@dataclass
class History:
    """What a fit leaves behind for the user, an epoch at a time.

    `n_iter` counts the epochs of the current call; `t` the training rows seen in all
    calls, and the lists go on over warm starts and calls to partial_fit likewise. `loss`
    is that of the epoch which the final parameters come from, and `best_score` the largest
    validation score of the call.
    """

    loss_curve: list[float] = field(default_factory=list)
    validation_scores: list[float] | None = None
    n_iter: int = 0
    t: int = 0
    loss: float = np.nan
    best_score: float | None = None

    def add(self, loss: float, n_rows: int, score: float | None = None) -> None:
        """Append one epoch over `n_rows` training rows."""
        self.n_iter += 1
        self.t += n_rows
        self.loss = loss
        self.loss_curve.append(loss)
        if score is not None:
            assert self.validation_scores is not None
            self.validation_scores.append(score)


class OptimizerState:
    """What goes on from epoch to epoch, and from one partial_fit to the next.

    Parameters
    ----------
    params : object
    network : Network
    random_state : RandomState

    Attributes
    ----------
    memory : array of shape (slots, p)
        Moments or velocities.
    steps : int
        Optimizer steps taken.
    seen : int
        The training rows seen, as the schedule counts them: 0 in the first epoch.
    divisor : float
        What stalls have divided the learning rate by.
    monitor : Monitor
    """

    def __init__(
        self, params: Any, network: Network, random_state: np.random.RandomState
    ) -> None:
        slots = OPTIMIZERS[params.solver].slots
        self.solver = params.solver
        self.random_state = random_state
        self.memory = np.zeros((slots, network.theta.size), network.theta.dtype)
        self.steps = 0
        self.seen = 0
        self.divisor = 1.0
        self.monitor = Monitor(keep_best=params.early_stopping)
        self._n_weights = 0
        self._sum_of_weights = 0.0

    def mean_weight(self, weights: NDArray[Any]) -> float:
        """Return the mean of all training weights so far, the given ones included.

        Chunks that come through partial_fit thus keep their weight relative to each other.
        """
        self._n_weights += weights.size
        self._sum_of_weights += float(weights.sum())
        return self._sum_of_weights / self._n_weights


class StochasticTraining:
    """The epochs of one call to fit or partial_fit; everything is updated in place.

    Parameters
    ----------
    network : Network
    problem : Problem
    validation : ValidationSet or None
    state : OptimizerState
    history : History
    params : object
    """

    def __init__(
        self,
        network: Network,
        problem: Problem,
        validation: ValidationSet | None,
        state: OptimizerState,
        history: History,
        params: Any,
    ) -> None:
        self._network = network
        self._problem = problem
        self._validation = validation
        self._state = state
        self._history = history
        self._params = params
        # The learning_rate schedules are for sgd alone, as in scikit-learn.
        self._schedule = SCHEDULES[
            params.learning_rate if params.solver == "sgd" else "constant"
        ]
        self._optimizer = OPTIMIZERS[params.solver]
        settings = [getattr(params, name) for name in self._optimizer.settings]
        self._settings = np.array(settings, dtype=np.float64)
        # It is read-only where the estimator was loaded as a memory map.
        state.memory = np.require(state.memory, requirements="W")
        self._rows = problem.rows.copy()
        self._shuffler = (
            Shuffler(state.random_state, self._rows.size) if params.shuffle else None
        )
        self._table = network.table
        self._batch_size = _batch_size(params.batch_size, len(problem.rows))
        self._n_steps = -(-len(problem.rows) // self._batch_size)
        self._scratch = (
            aligned_empty(network.theta.size, network.theta.dtype),
            *network.workspaces(problem.data.X, self._batch_size),
        )

    def fit(self) -> None:
        """Run ``max_iter`` epochs at most.

        Training stops where the loss, or with a validation set the accuracy on it, has
        not improved by ``tol`` for more than ``n_iter_no_change`` epochs, unless the
        schedule goes on with another rate; where parameters are no longer finite; and on
        Ctrl-C. With a validation set the parameters of the best epoch are restored.

        Warns
        -----
        ConvergenceWarning
            ``max_iter`` was reached, or training diverged after a best epoch.
        UserWarning
            Training was interrupted.
        """
        outcome = self._epochs(self._params.max_iter)
        if self._validation is not None:
            self._restore_best(outcome)
        if outcome is _Outcome.EXHAUSTED:
            stop = "" if self._params.early_stopping else ", or set early_stopping=True"
            _warn_unconverged(
                f"Stochastic Optimizer: Maximum iterations ({self._params.max_iter}) reached "
                "and the optimization hasn't converged yet. Raise max_iter or tol, scale the "
                f"input{stop}."
            )

    def partial_fit(self) -> None:
        """Run one epoch."""
        self._epochs(1)

    def _epochs(self, n_epochs: int) -> _Outcome:
        outcome = _Outcome.EXHAUSTED
        with deferred_interrupt() as interrupt:
            for _ in range(n_epochs):
                watched = self._record(self._epoch())
                if not np.isfinite(watched) and not np.isfinite(self._network.theta).all():
                    outcome = _Outcome.DIVERGED
                    break
                stalled = self._state.monitor.n_stalled > self._params.n_iter_no_change
                if stalled and not self._goes_on():
                    outcome = _Outcome.CONVERGED
                    break
                if interrupt.received:
                    break
        if interrupt.received:
            _warn_interrupted(self._history)
            return _Outcome.INTERRUPTED
        return outcome

    def _rate(self) -> float:
        """Return the learning rate of the next epoch."""
        params, state = self._params, self._state
        rate = self._schedule.rate(params.learning_rate_init, state.seen, params.power_t)
        return rate / state.divisor

    def _epoch(self) -> float:
        """Take one step a minibatch, and return the mean objective."""
        problem, network, state = self._problem, self._network, self._state
        if self._shuffler is not None:
            # An epoch shuffles the order the last one left, as scikit-learn's does.
            self._shuffler.shuffle(self._rows)
        loss = run_epoch(
            *problem.data.X, *problem.data[1:], self._rows, self._batch_size,
            network.theta, self._table, problem.loss, problem.alpha,
            self._optimizer.code, self._settings, state.memory, state.steps + 1,
            np.full(self._n_steps, self._rate()), *self._scratch,
        )  # fmt: skip
        state.steps += self._n_steps
        return loss

    def _record(self, loss: float) -> float:
        """Note the epoch everywhere, and return the score that training watches."""
        state = self._state
        score = self._validation.accuracy(self._network) if self._validation else None
        self._history.add(loss, len(self._rows), score)
        _report(self._history, self._params.verbose)
        watched = -loss if score is None else score
        state.monitor.update(watched, self._network.theta, self._params.tol)
        state.seen = self._history.t
        return watched

    def _goes_on(self) -> bool:
        """Divide the rate after a stall, where the schedule does; else training stops."""
        divisor, rate = self._schedule.divisor, None
        if divisor is not None and self._rate() > SMALLEST_RATE:
            self._state.divisor *= divisor
            self._state.monitor.n_stalled = 0
            rate = self._rate()
        if self._params.verbose:
            watched = "Training loss" if self._validation is None else "Validation score"
            then = "Stopping." if rate is None else f"Setting learning rate to {rate:f}."
            print(
                f"{watched} did not improve by tol={self._params.tol:f} for "
                f"{self._params.n_iter_no_change} consecutive epochs. {then}"
            )
        return rate is not None

    def _restore_best(self, outcome: _Outcome) -> None:
        """Go back to the best epoch; what comes after the fit is watched anew."""
        state, history = self._state, self._history
        best, state.monitor = state.monitor, Monitor(keep_best=False)
        history.best_score = best.best_score
        if best.best_theta is None:
            return
        self._network.theta[:] = best.best_theta
        history.loss = history.loss_curve[best.best_epoch - history.n_iter]
        if outcome is _Outcome.DIVERGED:
            _warn_unconverged(
                f"Training diverged in epoch {history.n_iter}; the parameters of epoch "
                f"{best.best_epoch + 1} are restored. Scale the input, or lower "
                "learning_rate_init."
            )


def _batch_size(batch_size: Any, n_rows: int) -> int:
    if batch_size == "auto":
        return min(200, n_rows)
    if batch_size > n_rows:
        warnings.warn(
            f"batch_size={batch_size} is larger than the {n_rows} training rows, and is "
            "clipped to them.",
            UserWarning,
            stacklevel=2,
        )
    return min(int(batch_size), n_rows)


# Frames from the functions below to the user's call of fit: through this module, the
# estimator's method, and scikit-learn's wrapper of it.
_TO_USER = 5


def _warn_unconverged(message: str) -> None:
    warnings.warn(message, ConvergenceWarning, stacklevel=_TO_USER)


def _warn_interrupted(history: History) -> None:
    if history.n_iter == 0:  # not one epoch to leave behind
        raise KeyboardInterrupt
    warnings.warn("Training interrupted by user.", UserWarning, stacklevel=_TO_USER)


def _report(history: History, verbose: Any) -> None:
    if not verbose:
        return
    print(f"Iteration {history.n_iter}, loss = {history.loss_curve[-1]:.8f}")
    if history.validation_scores:
        print(f"Validation score: {history.validation_scores[-1]:f}")


class _Objective:
    """The full objective as scipy wants it: float64 parameters in, (value, gradient) out."""

    def __init__(self, network: Network, problem: Problem) -> None:
        self._network = network
        self._problem = problem
        self._block = network.block_rows(problem.data.X, len(problem.rows))
        self._scratch = (
            np.empty_like(network.theta),
            np.empty_like(network.theta),
            *network.workspaces(problem.data.X, self._block),
        )

    def __call__(self, theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        problem, network = self._problem, self._network
        network.theta[:] = theta
        value = loss_and_gradient(
            *problem.data.X, *problem.data[1:], problem.rows, self._block,
            network.theta, network.table, problem.loss, problem.alpha, *self._scratch,
        )  # fmt: skip
        return value, self._scratch[0].astype(np.float64)  # scipy keeps what it is given


def train_lbfgs(network: Network, problem: Problem, history: History, params: Any) -> None:
    """Minimise the full objective with scipy's L-BFGS-B, updating network and history.

    Warns
    -----
    ConvergenceWarning
        ``max_iter`` or ``max_fun`` was reached, or the line search failed.
    UserWarning
        Training was interrupted.
    """
    with deferred_interrupt() as interrupt:
        result = minimize(
            _Objective(network, problem),
            network.theta.astype(np.float64),
            method="L-BFGS-B",
            jac=True,
            callback=_iteration_recorder(history, params.verbose, interrupt),
            options={
                "maxfun": params.max_fun,
                "maxiter": params.max_iter,
                "gtol": params.tol,
            },
        )
        network.theta[:] = result.x
        history.loss = float(result.fun)
    if interrupt.received:
        _warn_interrupted(history)
    elif result.status != 0:
        _warn_unconverged(
            f"lbfgs stopped after {result.nit} iterations (status {result.status}): "
            f"{result.message}. Raise max_iter, max_fun or tol, or scale the input."
        )


def _iteration_recorder(history: History, verbose: Any, interrupt: Interrupt) -> Any:
    def record(intermediate_result: OptimizeResult) -> None:
        history.add(float(intermediate_result.fun), n_rows=0)
        _report(history, verbose)
        if interrupt.received:
            raise StopIteration

    return record
