"""Training by scipy's L-BFGS-B, on the full objective and its gradient."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize

from skmlp._baseline import unlearned_warning
from skmlp._border.calls import run_epoch
from skmlp._border.optimizers import ACCUMULATE
from skmlp._callbacks import FitCallbacks
from skmlp._ensemble import Ensemble
from skmlp._interrupt import Interrupt, deferred_interrupt
from skmlp._network import Network
from skmlp._problem import Problem, build_team
from skmlp._record import Record
from skmlp._reporting import Reporter, get_reporter
from skmlp._team import ONE_THREAD_OF_BLAS
from skmlp._types import Params
from skmlp._warnings import advice, warn_interrupted, warn_unconverged

_RAISE = "raise max_iter, max_fun or tol"
_USUAL_REMEDY = "try another random_state or activation, unless X says nothing of the classes"


class Objective:
    """The full objective for scipy: float64 parameters to (value, gradient)."""

    def __init__(self, network: Network, problem: Problem, n_jobs: int | None) -> None:
        self._network = network
        self._problem = problem
        self.interrupt = Interrupt()
        # Rows of a step: their number is bounded so that memory does not grow with X.
        self._block = network.block_rows(problem.data.X, len(problem.rows))
        self.team = build_team(network, problem, n_jobs, self._block)
        # The arguments of run_epoch that have no meaning here: one kernel serves both solvers.
        self._no_dropout = np.zeros(network.depth)
        self._no_settings = np.empty(0)
        self._gradient = np.empty((1, network.theta.size), network.theta.dtype)
        saved = network.saved_buffer(self._block)
        self._no_scaling = None if saved is None else np.empty(0, network.theta.dtype)
        self._scratch = (
            saved,
            *network.workspaces(problem.data.X, self._block, self.team.n_threads),
        )

    def __call__(self, theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        problem, network = self._problem, self._network
        self.parameters = theta
        self._gradient.fill(0)  # the kernel adds the minibatches' gradients to it
        no_rates = np.zeros(-(-len(problem.rows) // self._block))
        self.interrupt.hold()
        value = self.team.run(
            run_epoch, *problem.data.X, *problem.data[1:], problem.rows, self._block,
            network.theta, network.table, problem.loss, problem.loss_settings, problem.alpha,
            ACCUMULATE, self._no_settings, self._gradient, self._no_scaling, 1, no_rates,
            np.inf, self._no_dropout, 0, *self._scratch,
        )  # fmt: skip
        self.interrupt.release()
        return value, self._gradient[0].astype(np.float64)  # scipy keeps what it is given

    @property
    def parameters(self) -> NDArray[np.float64]:
        """The network's, in float64; infinite ones where a step leaves its dtype."""
        return self._network.theta.astype(np.float64)

    @parameters.setter
    def parameters(self, theta: NDArray[np.float64]) -> None:
        self._network.theta[:] = theta


def train_lbfgs(
    ensemble: Ensemble,
    problem: Problem,
    record: Record,
    params: Params,
    callbacks: FitCallbacks,
) -> None:
    """Minimise the full objective with scipy's L-BFGS-B, updating ensemble and record.

    The ensemble has a single member.

    Warns
    -----
    ConvergenceWarning
        ``max_iter`` or ``max_fun`` was reached, the line search failed, or the loss is no
        better than that of predicting the class frequencies.
    UserWarning
        Training was interrupted.
    """
    objective = Objective(ensemble.members[0], problem, params.n_jobs)
    reporter = get_reporter(params.verbose, params.max_iter)
    iterations = _Iterations(ensemble, record, reporter, callbacks, params.max_iter)
    try:
        callbacks.begin_epoch()
        result = _minimize(objective, iterations, params)
    finally:
        reporter.close()
    record.final_loss = float(result.fun)
    if iterations.interrupt.received:
        warn_interrupted(record)
        return
    unconverged, usual = "", _USUAL_REMEDY
    if result.status != 0 and not iterations.stopped_by_callback:
        usual = ""
        unconverged = (
            f"lbfgs stopped after {result.nit} iterations (status {result.status}): "
            f"{result.message}. {advice(problem.data.X, problem.poor_scale, _RAISE)}"
        )
    unlearned = unlearned_warning(
        ensemble, [problem], record, params, batch_size=len(problem.rows), usual=usual
    )
    if unconverged or unlearned:
        warn_unconverged(f"{unconverged} {unlearned}".strip())


def _minimize(objective: Objective, iterations: "_Iterations", params: Params) -> Any:
    """Run scipy's L-BFGS-B, leave its parameters in the network, and return its result."""
    with (
        deferred_interrupt() as iterations.interrupt,
        objective.team,
        ONE_THREAD_OF_BLAS,  # scipy's sums over theta depend on the threads
        iterations.interrupt.second_raises(),
    ):
        objective.interrupt = iterations.interrupt
        result = minimize(
            objective,
            objective.parameters,
            method="L-BFGS-B",
            jac=True,
            callback=iterations,
            options={
                "maxfun": params.max_fun,
                "maxiter": params.max_iter,
                "gtol": float(params.tol),  # as MLPClassifier has it
            },
        )
        objective.parameters = result.x
    return result


class _Iterations:
    """Callback for scipy: records and reports its iterations."""

    def __init__(
        self,
        ensemble: Ensemble,
        record: Record,
        reporter: Reporter,
        callbacks: FitCallbacks,
        n_iterations: int,
    ) -> None:
        self._ensemble = ensemble
        self._record = record
        self._reporter = reporter
        self._callbacks = callbacks
        self._n_iterations = n_iterations
        self.interrupt = Interrupt()
        self.stopped_by_callback = False

    def __call__(self, intermediate_result: OptimizeResult) -> None:
        self._record.add(float(intermediate_result.fun), n_rows=0)
        self._reporter.update(self._record)
        self._ensemble.theta[:] = intermediate_result.x
        self.stopped_by_callback = self._callbacks.end_epoch(self._ensemble)
        if self.interrupt.received or self.stopped_by_callback:
            raise StopIteration
        # scipy calls after an iteration only, so that the next one begins here.
        if self._record.n_iter < self._n_iterations:
            self._callbacks.begin_epoch()
