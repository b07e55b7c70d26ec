"""The stochastic training loop: Python above the compiled epoch, one turn an epoch."""

import copy
import math
from collections.abc import Callable
from contextlib import ExitStack
from enum import Enum, auto
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from skmlp._baseline import say_unlearned
from skmlp._callbacks import FitCallbacks
from skmlp._caller import warn
from skmlp._ensemble import Ensemble
from skmlp._history import History
from skmlp._interrupt import Interrupt, deferred_interrupt
from skmlp._kernels.epoch import run_epoch
from skmlp._kernels.optimizers import OPTIMIZERS
from skmlp._network import Network
from skmlp._problem import Problem, team_of
from skmlp._reporting import Reporter, get_reporter
from skmlp._schedules import SMALLEST_RATE, Time, learning_rates, schedule_for
from skmlp._scoring import ValidationSet
from skmlp._shuffling import Shuffler, place_of, put_back
from skmlp._stopping import Monitor
from skmlp._team import Spread, n_helpful_members
from skmlp._types import Params
from skmlp._validation import check_dropout
from skmlp._warnings import advice, warn_interrupted, warn_unconverged


class _Outcome(Enum):
    """Why the epochs ended."""

    CONVERGED = auto()
    EXHAUSTED = auto()
    DIVERGED = auto()
    INTERRUPTED = auto()
    STOPPED = auto()


# A learning rate that moves nothing, relative to the initial one.
_NEXT_TO_NOTHING = 1e-5
# So few epochs, asked for as such, are a beginning: no result is expected of them.
_FEW_EPOCHS = 10


class MemberState:
    """What a member goes on with from epoch to epoch, and from one partial_fit to the next.

    Parameters
    ----------
    params : Params
    network : Network
    random_state : RandomState

    Attributes
    ----------
    moments : array of shape (n_moments, p)
        Of the optimizer; momentum's velocity is one.
    steps : int
        Steps the optimizer has taken since its moments were 0.
    dropout_seed : int
        0 before there is any dropout, which is the first to need one.
    scaling : array
        The learned factors of the inputs, and what belongs to them; empty without. See
        :func:`skmlp._kernels.optimizers.scaled_step`.
    """

    # Where the random state is to go on from, if not from where it is.
    _place: Any = None

    def __init__(
        self, params: Params, network: Network, random_state: np.random.RandomState
    ) -> None:
        self.random_state = random_state
        self.start_afresh(params, network)
        self.dropout_seed = 0
        self._n_weights = 0
        self._sum_of_weights = 0.0

    def start_afresh(self, params: Params, network: Network) -> None:
        """Begin with moments of 0, as another solver must."""
        n_moments = OPTIMIZERS[params.solver].n_moments
        self.moments = np.zeros((n_moments, network.theta.size), network.theta.dtype)
        self.scaling = np.empty(0, network.theta.dtype)
        self.steps = 0

    def copy(self, given: Any) -> "MemberState":
        """Return what goes on in the same way, whatever becomes of this one.

        The random state is shared, since a copy would take longer than a small epoch, and put
        back by `resume`. One that is not the estimator's alone is left where it is: `given`,
        which is the parameter, and NumPy's global one.
        """
        kept = copy.copy(self)
        kept.moments, kept.scaling = self.moments.copy(), self.scaling.copy()
        source = self.random_state
        is_own = source is not given and source is not check_random_state(None)
        if is_own and self._place is None:
            kept._place = place_of(source)
        return kept

    def resume(self) -> None:
        """Go back to where the random state was before a call that failed."""
        if self._place is not None:
            put_back(self.random_state, self._place)
            self._place = None

    def scale_inputs(self, network: Network) -> None:
        """Go on with factors whose weights are as they were left; begin with 1 elsewhere."""
        weights = network.coefs[0]
        n_inputs = len(weights)
        if self.scaling.size == 0:
            self.scaling = np.zeros(4 * n_inputs + weights.size, weights.dtype)
        self.scaling = np.require(self.scaling, requirements="W")
        scales, rows = self.scaling[:n_inputs], self.scaling[4 * n_inputs :]
        rows = rows.reshape(weights.shape)
        changed = (scales[:, None] * rows != weights).any(axis=1) | (scales == 0)
        scales[changed] = 1
        rows[changed] = weights[changed]

    def mean_weight(self, weights: NDArray[Any]) -> float:
        """Return the mean of all training weights so far, the given ones included.

        Chunks that come through partial_fit thus keep their weight relative to each other.
        """
        self._n_weights += weights.size
        self._sum_of_weights += float(weights.sum())
        return self._sum_of_weights / self._n_weights


class TrainingState:
    """What goes on from epoch to epoch, and from one partial_fit to the next.

    Parameters
    ----------
    params : Params
    ensemble : Ensemble
    random_states : list of RandomState
        One a member.
    keeps_best : bool
        Whether there are rows to say which epoch's parameters are.

    Attributes
    ----------
    members : list of MemberState
    solver : str
    epochs : int
        Epochs in all calls.
    seen : int
        The training rows seen, as the schedule counts them: 0 in the first epoch.
    divisor : float
        What stalls have divided the learning rate by.
    monitor : Monitor
    is_kept : bool
        Whether it is in the estimator's files, as after partial_fit.
    """

    def __init__(
        self,
        params: Params,
        ensemble: Ensemble,
        random_states: list[np.random.RandomState],
        *,
        keeps_best: bool,
    ) -> None:
        self.members = [
            MemberState(params, network, random_state)
            for network, random_state in zip(ensemble.members, random_states, strict=True)
        ]
        self.solver = params.solver
        self.epochs = 0
        self.seen = 0
        self.divisor = 1.0
        self.monitor = Monitor(keep_best=keeps_best)
        self.is_kept = False

    def copy(self, given: Any) -> "TrainingState":
        """Return what goes on in the same way; see :meth:`MemberState.copy`."""
        kept = copy.copy(self)
        kept.members = [member.copy(given) for member in self.members]
        kept.monitor = copy.copy(self.monitor)
        return kept

    def resume(self, params: Params, ensemble: Ensemble) -> None:
        """Go on in a call to partial_fit, with moments of 0 where the solver is another."""
        self.is_kept = True
        for member in self.members:
            member.resume()
        if self.solver == params.solver:
            return
        self.solver = params.solver
        self.divisor = 1.0
        for member, network in zip(self.members, ensemble.members, strict=True):
            member.start_afresh(params, network)


# What calls a function for each of several things: the built-in map, or that of some threads.
_Map = Callable[..., list[Any]]


class _Member:
    """The epochs of one network in a call to fit or partial_fit; all is updated in place.

    Parameters
    ----------
    network : Network
    problem : Problem
    state : MemberState
    params : Params
    """

    def __init__(
        self, network: Network, problem: Problem, state: MemberState, params: Params
    ) -> None:
        self._network = network
        self._problem = problem
        self._state = state
        self._params = params
        self._schedule = schedule_for(params.solver, params.learning_rate)
        self._optimizer = OPTIMIZERS[params.solver]
        self._settings = self._optimizer.settings_of(params)
        norm = params.max_grad_norm
        self._max_norm = np.inf if norm is None else float(norm)
        rates = check_dropout(params.dropout, network.depth - 1)
        self._dropout = np.array([*rates, 0.0])
        drops = bool(self._dropout.any())
        if params.scaling_rate:
            state.scale_inputs(network)
        else:  # as it may have been before
            state.scaling = np.empty(0, network.theta.dtype)
        if drops and state.dropout_seed == 0:
            state.dropout_seed = int(state.random_state.randint(1, 2**31))
        # It is read-only where the estimator was loaded as a memory map.
        state.moments = np.require(state.moments, requirements="W")
        self._rows = problem.rows
        self.n_rows = self._rows.size
        self._shuffler = Shuffler(state.random_state, self.n_rows) if params.shuffle else None
        self._table = network.table
        self.batch_size = _batch_size(params.batch_size, self.n_rows)
        self._n_steps = -(-self.n_rows // self.batch_size)
        self._flat_rates = np.zeros(self._n_steps)
        n_jobs = params.n_jobs if params.n_members == 1 else 1
        self.team = team_of(network, problem, n_jobs, self.batch_size)
        saved = network.saved_buffer(self.batch_size, anyway=drops or state.scaling.size > 0)
        self._scaling = None if saved is None else state.scaling
        self._scratch = (
            saved,
            *network.workspaces(problem.data.X, self.batch_size, self.team.n_threads),
        )

    def rates(self, training: TrainingState) -> NDArray[np.float64]:
        """Return the learning rate of each step of the next epoch."""
        params, n_steps = self._params, self._n_steps
        initial = float(params.learning_rate_init) / training.divisor
        if self._schedule.factor is None and params.warmup_fraction == 0:
            # As a rule: the same array epoch after epoch, which saves small fits a percent.
            if self._flat_rates[0] != initial:
                self._flat_rates = np.full(n_steps, initial)
            return self._flat_rates
        return learning_rates(
            self._schedule,
            initial,
            float(params.power_t),
            float(params.warmup_fraction),
            Time(training.epochs, n_steps, params.max_iter, training.seen),
        )

    def run_epoch(self, training: TrainingState) -> float:
        """Take one step a minibatch, and return the mean objective."""
        problem, network, state = self._problem, self._network, self._state
        if self._shuffler is not None:
            # An epoch shuffles the order the last one left, as scikit-learn's does.
            self._shuffler.shuffle(self._rows)
        loss = self.team.run(
            run_epoch, *problem.data.X, *problem.data[1:], self._rows, self.batch_size,
            network.theta, self._table, problem.loss, problem.smoothing, problem.alpha,
            self._optimizer.code, self._settings, state.moments, self._scaling, state.steps + 1,
            self.rates(training), self._max_norm,
            self._dropout, state.dropout_seed, *self._scratch,
        )  # fmt: skip
        state.steps += self._n_steps
        return loss


class StochasticTraining:
    """The epochs of one call to fit or partial_fit; everything is updated in place.

    All members take an epoch before any takes the next, so that what is watched is all of them.

    Parameters
    ----------
    ensemble : Ensemble
    problems : list of Problem
        One a member, which differ in their rows.
    validation : ValidationSet or None
    state : TrainingState
    history : History
    params : Params
    callbacks : FitCallbacks or None
    """

    def __init__(
        self,
        ensemble: Ensemble,
        problems: list[Problem],
        validation: ValidationSet | None,
        state: TrainingState,
        history: History,
        params: Params,
        callbacks: FitCallbacks | None = None,
    ) -> None:
        self._ensemble = ensemble
        self._problems = problems
        self._X = problems[0].data.X
        self._validation = validation
        self._state = state
        self._history = history
        self._params = params
        self._callbacks = callbacks
        self._divisor = schedule_for(params.solver, params.learning_rate).divisor
        self._patience = np.inf if params.n_iter_no_change is None else params.n_iter_no_change
        self._members = [
            _Member(network, problem, member, params)
            for network, problem, member in zip(
                ensemble.members, problems, state.members, strict=True
            )
        ]

    def fit(self) -> None:
        """Run ``max_iter`` epochs at most.

        Training stops where the loss, or with a validation set the score on it, has
        not improved by ``tol`` for more than ``n_iter_no_change`` epochs, unless the
        schedule goes on with another rate; where the loss or parameters are no longer finite;
        where a callback says so; and on Ctrl-C. With a validation set the parameters of the
        best epoch are restored.

        Warns
        -----
        ConvergenceWarning
            ``max_iter`` was reached, training diverged after a best epoch, or the loss is no
            better than that of predicting the class frequencies.
        UserWarning
            Training was interrupted.
        """
        params = self._params
        reporter = get_reporter(params.verbose, params.max_iter)
        try:
            outcome = self._epochs(params.max_iter, reporter)
        finally:
            reporter.close()
        if outcome is _Outcome.INTERRUPTED:
            warn_interrupted(self._history)
        if self._validation is not None:
            self._restore_best(self._validation)
        message = self._what_to_say(outcome)
        if message:
            warn_unconverged(message)

    def _what_to_say(self, outcome: _Outcome) -> str:
        """Return what is not well with the fit, in one message, and what to try."""
        params, best = self._params, self._history.best_iter
        if outcome is _Outcome.DIVERGED:
            if best is None:  # fit raises, with nothing to restore
                return ""
            return (
                f"Training diverged in epoch {self._history.n_iter}; the parameters of "
                f"epoch {best} are restored. {advice(self._X, 'lower learning_rate_init')}"
            )
        said = []
        if self._validation is not None and best is None:
            said.append(
                "No epoch's validation score was a number: the parameters are those of the "
                "last epoch."
            )
        if outcome is _Outcome.INTERRUPTED:
            return " ".join(said)
        is_exhausted = outcome is _Outcome.EXHAUSTED and params.n_iter_no_change is not None
        if is_exhausted:
            said.append(
                f"Stochastic Optimizer: Maximum iterations ({params.max_iter}) reached "
                f"and the optimization hasn't converged yet. "
                + advice(
                    self._X,
                    "raise max_iter or tol, change learning_rate_init"
                    + ("" if params.early_stopping else ", or set early_stopping=True"),
                )
            )
        elif outcome is not _Outcome.CONVERGED and self._history.n_iter < _FEW_EPOCHS:
            return " ".join(said)
        more = "lower tol" if outcome is _Outcome.CONVERGED else "raise max_iter"
        usual = f"raise learning_rate_init or {more}, unless X says nothing of the classes"
        said.append(
            say_unlearned(
                self._ensemble,
                self._problems,
                self._history,
                params,
                batch_size=self._members[0].batch_size,
                usual="" if is_exhausted else usual,
            )
        )
        return " ".join(filter(None, said))

    def partial_fit(self) -> None:
        """Run one epoch.

        Warns
        -----
        UserWarning
            The schedule has come to its end.
        """
        params = self._params
        is_over = self._state.epochs >= params.max_iter
        rates = self._members[0].rates(self._state)
        if is_over and rates.max() < _NEXT_TO_NOTHING * params.learning_rate_init:
            warn(
                f"learning_rate={params.learning_rate!r} has come to its end after "
                f"max_iter={params.max_iter} epochs, and training stands still. Raise max_iter "
                "to the number of calls that are to come, or set learning_rate='constant'."
            )
        verbose = bool(params.verbose)  # a bar of one epoch says less than its line
        if self._epochs(1, get_reporter(verbose, 1)) is _Outcome.INTERRUPTED:
            warn_interrupted(self._history)

    def _epochs(self, n_epochs: int, reporter: Reporter) -> _Outcome:
        ended = None
        with ExitStack() as stack:
            interrupt = stack.enter_context(deferred_interrupt())
            run = self._threads(stack)
            with interrupt.second_raises():
                for _ in range(n_epochs):
                    ended = self._watched_epoch(run, reporter, interrupt)
                    if ended is not None or interrupt.received:
                        break
        if interrupt.received:
            return _Outcome.INTERRUPTED
        return _Outcome.EXHAUSTED if ended is None else ended

    def _has_diverged(self) -> bool:
        """Return whether the epoch left a loss or parameters that are not finite."""
        return not (
            math.isfinite(self._history.loss) and np.isfinite(self._ensemble.theta).all()
        )

    def _watched_epoch(
        self, run: _Map, reporter: Reporter, interrupt: Interrupt
    ) -> _Outcome | None:
        """Run an epoch within its callbacks, and return why it is the last, if it is.

        Callbacks do not see one that diverged, whose network predicts nothing.
        """
        if self._callbacks is not None:
            self._callbacks.begin_epoch()
        interrupt.hold()
        loss = self._epoch(run)
        interrupt.release()
        self._record(loss, reporter)
        if self._has_diverged():
            return _Outcome.DIVERGED
        if self._callbacks is not None and self._callbacks.end_epoch(self._ensemble):
            return _Outcome.STOPPED
        stalled = self._state.monitor.n_stalled > self._patience
        return _Outcome.CONVERGED if stalled and not self._goes_on(reporter) else None

    def _threads(self, stack: ExitStack) -> _Map:
        """Return what calls a function for each member; its threads end with the stack."""
        for member in self._members:
            stack.enter_context(member.team)
        n_threads = n_helpful_members(
            self._params.n_jobs,
            len(self._members),
            self._ensemble.members[0].n_products(self._X) * self._members[0].n_rows,
        )
        return stack.enter_context(Spread(n_threads)).map

    def _epoch(self, run: _Map) -> float:
        """Let each member run an epoch, and return the mean of their mean objectives."""
        losses = run(lambda member: member.run_epoch(self._state), self._members)
        self._state.epochs += 1
        return sum(losses) / len(losses)

    def _record(self, loss: float, reporter: Reporter) -> None:
        """Note the epoch everywhere."""
        state = self._state
        validation = self._validation.evaluate(self._ensemble) if self._validation else None
        self._history.add(loss, self._members[0].n_rows, validation)
        reporter.update(self._history)
        watched = -loss if validation is None else validation[0]
        state.monitor.update(watched, self._ensemble.theta, float(self._params.tol))
        state.seen = self._history.t

    def _goes_on(self, reporter: Reporter) -> bool:
        """Divide the rate after a stall, where the schedule does; else training stops."""
        state, divisor = self._state, self._divisor
        initial = float(self._params.learning_rate_init)
        goes_on, then = False, "Stopping."
        if divisor is not None and initial / state.divisor > SMALLEST_RATE:
            state.divisor *= divisor
            state.monitor.n_stalled = 0
            goes_on, then = True, f"Setting learning rate to {initial / state.divisor:f}."
        watched = "Training loss" if self._validation is None else "Validation score"
        reporter.say(
            f"{watched} did not improve by tol={self._params.tol:f} for "
            f"{self._params.n_iter_no_change} consecutive epochs. {then}"
        )
        return goes_on

    def _restore_best(self, validation: ValidationSet) -> None:
        """Go back to the best epoch; what comes after the fit is watched anew."""
        state, history = self._state, self._history
        best, state.monitor = state.monitor, Monitor(keep_best=False)
        if best.best_theta is None:  # no score was a number
            return
        history.best_score, history.best_iter = best.best_score, best.best_epoch + 1
        self._ensemble.theta[:] = best.best_theta
        history.loss = history.loss_curve[best.best_epoch - history.n_iter]
        if self._params.temperature_scaling:
            history.temperature = validation.temperature(self._ensemble)
            self._ensemble.divide_logits(history.temperature)


def _batch_size(batch_size: Any, n_rows: int) -> int:
    if batch_size == "auto":
        return min(200, n_rows)
    if batch_size > n_rows:
        warn(
            f"batch_size={batch_size} is larger than the {n_rows} training rows, and is "
            "clipped to them."
        )
    return min(int(batch_size), n_rows)
