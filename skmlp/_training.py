"""Stochastic training: a loop of Python over compiled epochs.

Schedules, stopping, records, messages and Ctrl-C are decided between epochs, in microseconds.
"""

import copy
import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from enum import Enum, auto
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from skmlp._baseline import unlearned_warning
from skmlp._border.calls import run_epoch
from skmlp._border.optimizers import OPTIMIZERS
from skmlp._callbacks import FitCallbacks
from skmlp._caller import warn
from skmlp._ensemble import Ensemble
from skmlp._interrupt import Interrupt, deferred_interrupt
from skmlp._network import Network
from skmlp._problem import Problem, build_team
from skmlp._record import Record
from skmlp._reporting import Reporter, get_reporter
from skmlp._schedules import SMALLEST_RATE, Time, learning_rates, schedule_for
from skmlp._scoring import ValidationSet
from skmlp._shuffling import Shuffler, get_state, set_state
from skmlp._stopping import Monitor
from skmlp._team import ThreadMap, n_helpful_members
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


# Number of epochs below which no result is expected of a fit that is stopped.
_FEW_EPOCHS = 10
# Rows of a minibatch: MLPClassifier's, and what "small" means of fewer rows than so many.
_BATCH, _SMALL_BATCH, _FEW_ROWS = 200, 32, 5000


class MemberState:
    """Optimizer and generator of a member, from epoch to epoch and partial_fit to partial_fit.

    Parameters
    ----------
    params : Params
    network : Network
    random_state : RandomState

    Attributes
    ----------
    moments : array of shape (n_moments, p)
        The optimizer's, such as momentum's velocity.
    steps : int
        Steps since the moments were 0.
    dropout_seed : int
        0 until dropout draws one.
    scaling : array
        Learned factors of the inputs with their moments; empty without. See
        :func:`skmlp._kernels.optimizers.scaled_step`.
    """

    # The state to which `resume` sets the generator back after a call that failed.
    _saved_generator: Any = None

    def __init__(
        self, params: Params, network: Network, random_state: np.random.RandomState
    ) -> None:
        self.random_state = random_state
        self.reset(params, network)
        self.dropout_seed = 0
        # Not reset with the solver: they are of the data.
        self._n_weights = 0
        self._sum_of_weights = 0.0

    def reset(self, params: Params, network: Network) -> None:
        """Set the moments to 0, in the shape that the solver needs."""
        n_moments = OPTIMIZERS[params.solver].n_moments
        self.moments = np.zeros((n_moments, network.theta.size), network.theta.dtype)
        self.scaling = np.empty(0, network.theta.dtype)
        self.steps = 0

    def copy(self, given: Any) -> "MemberState":
        """Return a copy that training resumes from if this one's call fails.

        Parameters
        ----------
        given : object
            The parameter ``random_state``. A generator that is the user's, this one or NumPy's
            global one, is not put back, since others may have drawn from it as well.
        """
        copied = copy.copy(self)
        copied.moments, copied.scaling = self.moments.copy(), self.scaling.copy()
        source = self.random_state
        is_own = source is not given and source is not check_random_state(None)
        if is_own and self._saved_generator is None:
            # Its state alone, as a copy of the generator takes longer than a small epoch.
            copied._saved_generator = get_state(source)
        return copied

    def resume(self) -> None:
        """Set the generator back to its state before a call that failed."""
        if self._saved_generator is not None:
            set_state(self.random_state, self._saved_generator)
            self._saved_generator = None

    def prepare(self, params: Params, network: Network) -> None:
        """Add what the parameters ask for: scaling factors, a seed, writable moments."""
        if params.scaling_rate:
            self._scale_inputs(network)
        else:  # an earlier call may have left some
            self.scaling = np.empty(0, network.theta.dtype)
        rates = check_dropout(params.dropout, network.depth - 1)
        # Once: masks are a hash of seed and step, which partial_fit continues. Without dropout
        # nothing is drawn, so that the draws are those of MLPClassifier.
        if any(rates) and self.dropout_seed == 0:
            self.dropout_seed = int(self.random_state.randint(1, 2**31))
        # They are read-only where the estimator was loaded as a memory map.
        self.moments = np.require(self.moments, requirements="W")

    def _scale_inputs(self, network: Network) -> None:
        """Keep the factors of features whose weights are as training left them; 1 elsewhere."""
        weights = network.coefs[0]
        n_inputs = len(weights)
        if self.scaling.size == 0:
            self.scaling = np.zeros(4 * n_inputs + weights.size, weights.dtype)
        self.scaling = np.require(self.scaling, requirements="W")
        factors, rows = self.scaling[:n_inputs], self.scaling[4 * n_inputs :]
        rows = rows.reshape(weights.shape)
        changed = (factors[:, None] * rows != weights).any(axis=1) | (factors == 0)
        factors[changed] = 1
        rows[changed] = weights[changed]

    def add_weights(self, weights: NDArray[Any]) -> None:
        """Count the weights of further training rows in `mean_weight`."""
        self._n_weights += weights.size
        self._sum_of_weights += float(weights.sum())

    @property
    def mean_weight(self) -> float:
        """The mean weight of all training rows so far.

        By it, and not by a call's own, weights are divided: chunks that come through
        partial_fit thus keep their weight relative to each other.
        """
        return self._sum_of_weights / self._n_weights


class TrainingState:
    """State of stochastic training, from epoch to epoch and partial_fit to partial_fit.

    Parameters
    ----------
    params : Params
    ensemble : Ensemble
    random_states : list of RandomState
        One a member.
    keep_best : bool
        Whether validation rows tell which epoch has the best parameters.

    Attributes
    ----------
    members : list of MemberState
    solver : str
    epochs : int
        Epochs since this state was made, by which schedules go.
    divisor : float
        Divisor of the learning rate, from stalls.
    monitor : Monitor
    is_persistent : bool
        Whether the estimator's files have it, as after partial_fit.
    """

    def __init__(
        self,
        params: Params,
        ensemble: Ensemble,
        random_states: list[np.random.RandomState],
        *,
        keep_best: bool,
    ) -> None:
        self.members = [
            MemberState(params, network, random_state)
            for network, random_state in zip(ensemble.members, random_states, strict=True)
        ]
        self.solver = params.solver
        self.epochs = 0
        self.divisor = 1.0
        self.monitor = Monitor(keep_best=keep_best)
        self.is_persistent = False

    def copy(self, given: Any) -> "TrainingState":
        """Return a copy for after a call that failed; see :meth:`MemberState.copy`."""
        copied = copy.copy(self)
        copied.members = [member.copy(given) for member in self.members]
        copied.monitor = copy.copy(self.monitor)  # best_theta is replaced, never written to
        return copied

    def resume(self, params: Params, ensemble: Ensemble) -> None:
        """Begin a call to partial_fit, with moments of 0 where the solver is another."""
        self.is_persistent = True
        for member in self.members:
            member.resume()
        if self.solver == params.solver:
            return
        self.solver = params.solver
        self.divisor = 1.0
        for member, network in zip(self.members, ensemble.members, strict=True):
            member.reset(params, network)

    def add_weights(self, weights: NDArray[Any], rows: Sequence[NDArray[np.intp]]) -> None:
        """Count the weights of each member's rows."""
        for member, part in zip(self.members, rows, strict=True):
            member.add_weights(weights[part])


# (function, items) -> results: the map of some threads.
_Map = Callable[..., list[Any]]


class _Member:
    """Epochs of one network in a call to fit or partial_fit, which update it and its state.

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
        self._dropout = np.array([*rates, 0.0])  # the output layer has none
        self._rows = problem.rows
        self.n_rows = self._rows.size
        self._shuffler = Shuffler(state.random_state, self.n_rows) if params.shuffle else None
        self._table = network.table
        self.batch_size = batch_size_of(params.batch_size, self.n_rows)
        self._n_steps = -(-self.n_rows // self.batch_size)
        self._flat_rates = np.zeros(self._n_steps)
        # Members of an ensemble are the units of work; a single network shares its epoch out.
        n_jobs = params.n_jobs if params.n_members == 1 else 1
        self.team = build_team(network, problem, n_jobs, self.batch_size)
        needs_saved = bool(self._dropout.any()) or state.scaling.size > 0
        saved = network.saved_buffer(self.batch_size, anyway=needs_saved)
        # numba leaves out the code for what is None, which most fits then need not compile.
        self._scaling = None if saved is None else state.scaling
        # Allocated once for all epochs, and sized for a minibatch: memory does not grow with X.
        self._scratch = (
            saved,
            *network.workspaces(problem.data.X, self.batch_size, self.team.n_threads),
        )

    def rates(self, state: TrainingState, n_rows_seen: int) -> NDArray[np.float64]:
        """Return the learning rate of each step of the next epoch."""
        params, n_steps = self._params, self._n_steps
        initial = float(params.learning_rate_init) / state.divisor
        if self._schedule.factor is None and params.warmup_fraction == 0:
            # The default: one array for all epochs, which saves small fits a percent.
            if self._flat_rates[0] != initial:
                self._flat_rates = np.full(n_steps, initial)
            return self._flat_rates
        return learning_rates(
            self._schedule,
            initial,
            float(params.power_t),
            float(params.warmup_fraction),
            Time(state.epochs, n_steps, params.max_iter, n_rows_seen),
        )

    def run_epoch(self, rates: NDArray[np.float64]) -> float:
        """Take a step for each minibatch, and return the mean objective."""
        problem, network, state = self._problem, self._network, self._state
        if self._shuffler is not None:
            # As in scikit-learn, an epoch shuffles the order that the last one left.
            self._shuffler.shuffle(self._rows)
        loss = self.team.run(
            run_epoch, *problem.data.X, *problem.data[1:], self._rows, self.batch_size,
            network.theta, self._table, problem.loss, problem.loss_settings, problem.alpha,
            self._optimizer.code, self._settings, state.moments, self._scaling, state.steps + 1,
            rates, self._max_norm,
            self._dropout, state.dropout_seed, *self._scratch,
        )  # fmt: skip
        state.steps += self._n_steps
        return loss


class StochasticTraining:
    """The epochs of a call to fit or partial_fit, which update all that is given.

    All members train an epoch before any trains the next: early stopping watches them together.

    Parameters
    ----------
    ensemble : Ensemble
    problems : list of Problem
        One a member; they differ in rows.
    validation : ValidationSet or None
    state : TrainingState
    record : Record
    params : Params
    callbacks : FitCallbacks or None
    """

    def __init__(
        self,
        ensemble: Ensemble,
        problems: list[Problem],
        validation: ValidationSet | None,
        state: TrainingState,
        record: Record,
        params: Params,
        callbacks: FitCallbacks | None = None,
    ) -> None:
        self._ensemble = ensemble
        self._problems = problems
        self._X = problems[0].data.X
        self._validation = validation
        self._state = state
        self._record = record
        self._params = params
        self._callbacks = callbacks
        self._schedule = schedule_for(params.solver, params.learning_rate)
        # With None the monitor still finds the best epoch, but never stops.
        self._patience = np.inf if params.n_iter_no_change is None else params.n_iter_no_change
        for member, network in zip(state.members, ensemble.members, strict=True):
            member.prepare(params, network)
        self._members = [
            _Member(network, problem, member, params)
            for network, problem, member in zip(
                ensemble.members, problems, state.members, strict=True
            )
        ]

    def fit(self) -> None:
        """Run ``max_iter`` epochs at most.

        Training stops if the loss, or with a validation set the score on it, has not improved
        by ``tol`` for more than ``n_iter_no_change`` epochs, unless the schedule lowers the
        rate; if the loss or parameters are not finite; if a callback says so; and on Ctrl-C.
        With a validation set the parameters of the best epoch are restored.

        Warns
        -----
        ConvergenceWarning
            ``max_iter`` was reached by other schedules than those that end there, training
            diverged after a best epoch, or the loss is no better than that of predicting the
            class frequencies.
        UserWarning
            Training was interrupted.
        """
        params = self._params
        reporter = get_reporter(params.verbose, params.max_iter)
        try:
            outcome = self._run_epochs(params.max_iter, reporter)
        finally:
            reporter.close()
        if outcome is _Outcome.INTERRUPTED:
            warn_interrupted(self._record)
        if self._validation is not None:
            self._restore_best(self._validation)
        message = self._warning(outcome)
        if message:
            warn_unconverged(message)

    def _warning(self, outcome: _Outcome) -> str:
        """Return what is wrong with the fit and what to try, in one message, or nothing."""
        best = self._record.best_iter
        if outcome is _Outcome.DIVERGED:
            if best is None:  # fit raises, with nothing to restore
                return ""
            return (
                f"Training diverged in epoch {self._record.n_iter}; the parameters of "
                f"epoch {best} are restored. {self._advice('lower learning_rate_init')}"
            )
        sentences = []
        if self._validation is not None and best is None:
            sentences.append(
                "No epoch's validation score was a number: the parameters are those of the "
                "last epoch."
            )
        is_short = self._params.n_iter_no_change is not None and not self._schedule.anneals
        if outcome is _Outcome.EXHAUSTED and is_short:
            sentences += [self._unconverged(), self._unlearned("")]
        elif outcome is _Outcome.CONVERGED:
            sentences.append(self._unlearned("lower tol"))
        elif outcome is not _Outcome.INTERRUPTED and self._record.n_iter >= _FEW_EPOCHS:
            sentences.append(self._unlearned("raise max_iter"))
        return " ".join(filter(None, sentences))

    def _unconverged(self) -> str:
        """Return the warning of scikit-learn's, and what to try."""
        params = self._params
        remedy = "raise max_iter or tol, change learning_rate_init"
        if not params.early_stopping:
            remedy += ", or set early_stopping=True"
        return (
            f"Stochastic Optimizer: Maximum iterations ({params.max_iter}) reached "
            f"and the optimization hasn't converged yet. {self._advice(remedy)}"
        )

    def _advice(self, otherwise: str) -> str:
        return advice(self._X, self._problems[0].poor_scale, otherwise)

    def _unlearned(self, remedy: str) -> str:
        """Return the warning of a loss that is no better than that of class frequencies."""
        usual = f"raise learning_rate_init or {remedy}, unless X says nothing of the classes"
        return unlearned_warning(
            self._ensemble,
            self._problems,
            self._record,
            self._params,
            batch_size=self._members[0].batch_size,
            usual=usual if remedy else "",
        )

    def partial_fit(self) -> None:
        """Run one epoch.

        Warns
        -----
        UserWarning
            The schedule has come to its end.
        """
        params = self._params
        is_over = self._state.epochs >= params.max_iter
        if is_over and self._schedule.anneals:
            warn(
                f"learning_rate={params.learning_rate!r} has come to its end after "
                f"max_iter={params.max_iter} epochs, and training stands still. Raise max_iter "
                "to the number of calls that are to come, or set learning_rate='constant'."
            )
        verbose = bool(params.verbose)  # a line rather than a bar of one epoch
        if self._run_epochs(1, get_reporter(verbose, 1)) is _Outcome.INTERRUPTED:
            warn_interrupted(self._record)

    def _run_epochs(self, n_epochs: int, reporter: Reporter) -> _Outcome:
        ended = None
        with ExitStack() as stack:
            interrupt = stack.enter_context(deferred_interrupt())
            run = self._threads(stack)
            # Inside all contexts, so that a second press leaves them as they must be left.
            with interrupt.second_raises():
                for _ in range(n_epochs):
                    ended = self._run_epoch(run, reporter, interrupt)
                    if ended is not None or interrupt.received:
                        break
        if interrupt.received:
            return _Outcome.INTERRUPTED
        return _Outcome.EXHAUSTED if ended is None else ended

    def has_diverged(self, loss: float) -> bool:
        """Return whether an epoch's loss, or the parameters after it, are not finite."""
        return not (math.isfinite(loss) and np.isfinite(self._ensemble.theta).all())

    def _run_epoch(
        self, run: _Map, reporter: Reporter, interrupt: Interrupt
    ) -> _Outcome | None:
        """Run an epoch with its callbacks, and return the reason to stop, or None.

        Callbacks do not see an epoch that diverged, as its network cannot predict.
        """
        if self._callbacks is not None:
            self._callbacks.begin_epoch()
        # Parameters, moments and record of an epoch belong together.
        interrupt.hold()
        loss = self._train_members(run)
        interrupt.release()
        self._finish_epoch(loss, reporter)
        # Further epochs would only compute on NaN.
        if self.has_diverged(loss):
            return _Outcome.DIVERGED
        if self._callbacks is not None and self._callbacks.end_epoch(self._ensemble):
            return _Outcome.STOPPED
        stalled = self._state.monitor.n_stalled > self._patience
        return _Outcome.CONVERGED if stalled and not self._lower_rate(reporter) else None

    def _threads(self, stack: ExitStack) -> _Map:
        """Return the map over members, whose threads end with the stack."""
        for member in self._members:
            stack.enter_context(member.team)
        n_threads = n_helpful_members(
            self._params.n_jobs,
            len(self._members),
            self._ensemble.members[0].n_products(self._X) * self._members[0].n_rows,
        )
        return stack.enter_context(ThreadMap(n_threads)).map

    @property
    def _n_rows_seen(self) -> int:
        """The rows that 'invscaling' goes by: none in a first epoch, then those of all fits.

        MLPClassifier, too, begins a warm start with the initial rate.
        """
        return self._record.n_rows_seen if self._state.epochs else 0

    def _train_members(self, run: _Map) -> float:
        """Run an epoch of each member, and return the mean of their mean objectives."""
        n_rows_seen = self._n_rows_seen
        losses = run(
            lambda member: member.run_epoch(member.rates(self._state, n_rows_seen)),
            self._members,
        )
        self._state.epochs += 1
        return sum(losses) / len(losses)

    def _finish_epoch(self, loss: float, reporter: Reporter) -> None:
        """Evaluate, record and report the epoch, and let the monitor look at it."""
        state = self._state
        validation = self._validation.evaluate(self._ensemble) if self._validation else None
        self._record.add(loss, self._members[0].n_rows, validation)
        reporter.update(self._record)
        score = -loss if validation is None else validation[0]
        is_best = state.monitor.update(score, self._ensemble.theta, float(self._params.tol))
        if is_best and validation is not None:
            self._record.best_epoch = self._record.n_iter

    def _lower_rate(self, reporter: Reporter) -> bool:
        """Divide the rate after a stall, if the schedule does; return whether it did."""
        state, divisor = self._state, self._schedule.divisor
        initial = float(self._params.learning_rate_init)
        is_lower, consequence = False, "Stopping."
        if divisor is not None and initial / state.divisor > SMALLEST_RATE:
            state.divisor *= divisor
            state.monitor.n_stalled = 0  # the lower rate has the whole patience
            is_lower = True
            consequence = f"Setting learning rate to {initial / state.divisor:f}."
        watched = "Training loss" if self._validation is None else "Validation score"
        reporter.say(
            f"{watched} did not improve by tol={self._params.tol:f} for "
            f"{self._params.n_iter_no_change} consecutive epochs. {consequence}"
        )
        return is_lower

    def _restore_best(self, validation: ValidationSet) -> None:
        """Restore the parameters of the best epoch; a later partial_fit is monitored anew."""
        state, record = self._state, self._record
        # The next monitor compares losses: a score of this one would never be exceeded.
        best_theta, state.monitor = state.monitor.best_theta, Monitor(keep_best=False)
        if best_theta is None:  # no score was a number
            return
        self._ensemble.theta[:] = best_theta  # in place, as coefs_ are views
        record.is_restored = True
        if self._params.temperature_scaling:
            record.temperature = validation.temperature(self._ensemble)
            self._ensemble.divide_logits(record.temperature)
        if self._params.calibrate_quantiles and validation.output.has_quantiles:
            self._ensemble.shift_logits(validation.shifts(self._ensemble))


def batch_size_of(batch_size: Any, n_rows: int) -> int:
    """Return the rows of a minibatch, of so many training rows."""
    if batch_size == "small" and n_rows < _FEW_ROWS:
        batch_size = min(_SMALL_BATCH, n_rows)
    elif batch_size in ("auto", "small"):
        batch_size = min(_BATCH, n_rows)
    if batch_size > n_rows:
        warn(
            f"batch_size={batch_size} is larger than the {n_rows} training rows, and is "
            "clipped to them."
        )
    return min(int(batch_size), n_rows)
