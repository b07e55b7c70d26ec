"""Threads: their number, those of a compiled pass, those of items, and BLAS's."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Any, Self

import numpy as np
from joblib import cpu_count, effective_n_jobs
from threadpoolctl import ThreadpoolController

from skmlp._border.sizes import SYNC_STRIDE, TASKS_PER_THREAD

# Floating-point operations a thread needs in a step, and in a whole pass, to gain more than it
# costs: some microseconds a step for synchronization and for reading what others wrote, and a
# tenth of a millisecond a pass for starting and ending.
_OF_STEP, _OF_PASS = 4_000_000, 32_000_000


def n_helpful_threads(n_jobs: int | None, n_products: int, n_rows: int, n_steps: int) -> int:
    """Return the number of threads for a pass over the training rows.

    It is one for each four million floating-point operations of a step, counted as six for
    each product of a row (two on the way forward, four on the way back), and for each 32
    million of the pass; but no more than `n_jobs`, nor than the processors at hand.

    Parameters
    ----------
    n_jobs : int or None
        As joblib understands it, in the context of its ``parallel_config``.
    n_products : int
        Multiplications of a row by weights, in all layers.
    n_rows, n_steps : int
        Rows of a step, and steps of a pass.
    """
    of_step = 6 * n_rows * n_products
    helpful = min(of_step // _OF_STEP, n_steps * of_step // _OF_PASS)
    return _n_available(n_jobs, helpful)


def n_helpful_members(n_jobs: int | None, n_members: int, n_products: int) -> int:
    """Return the number of threads for the members of an ensemble.

    Unlike in :func:`n_helpful_threads`, one thread runs a member's whole pass, and exchanges
    nothing with others.

    Parameters
    ----------
    n_jobs : int or None
    n_members : int
    n_products : int
        Multiplications of all rows of a member's pass by weights.
    """
    helpful = min(n_members, 6 * n_products * n_members // _OF_PASS)
    return _n_available(n_jobs, helpful)


def _n_available(n_jobs: int | None, helpful: int) -> int:
    """Return the number of helpful threads that `n_jobs` and the processors allow."""
    if helpful < 2:  # asking joblib takes longer than a small epoch
        return 1
    n_threads = min(effective_n_jobs(n_jobs), helpful)
    return min(n_threads, cpu_count()) if n_threads > 1 else 1


def _pool(n_threads: int) -> ThreadPoolExecutor:
    # NumPy's error settings are a thread's own, and a new thread has the default, warnings.
    return ThreadPoolExecutor(n_threads, "skmlp", np.seterr, ("ignore",))


def _submitted(
    pool: ThreadPoolExecutor, calls: Sequence[Callable[[], Any]]
) -> tuple[list[Future[Any]], bool]:
    """Return the futures of calls, and whether a thread could not be started for one."""
    others = []
    for call in calls:
        try:
            others.append(pool.submit(call))
        except RuntimeError:
            return others, True
    return others, False


def _wait(others: list[Future[Any]]) -> None:
    """Wait for calls that have begun, and cancel the others."""
    for other in others:
        if not other.cancel():
            other.result()


class ThreadMap:
    """Threads that map a function over items; a context manager.

    Parameters
    ----------
    n_threads : int
        The calling thread included, which does all the work if no other can be started.
    """

    def __init__(self, n_threads: int) -> None:
        self._n_threads = n_threads
        self._helpers = _pool(n_threads - 1) if n_threads > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._helpers is not None:
            self._helpers.shutdown(cancel_futures=True)

    def map(self, function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        """Return the results, in the items' order, when all calls have ended."""
        if self._helpers is None:
            return [function(item) for item in items]
        results: list[Any] = [None] * len(items)
        # Whoever is free takes the next: one that begins late finds none left.
        positions = iter(range(len(items)))

        def work() -> None:
            for i in positions:
                results[i] = function(items[i])

        others, _ = _submitted(self._helpers, [work] * (self._n_threads - 1))
        try:
            work()
        finally:
            _wait(others)
        return results


class Team:
    """Threads that run compiled passes together, each on its tasks; a context manager.

    Parameters
    ----------
    n_threads : int
        The calling thread included. The first pass starts the others, and the context ends
        them.
    """

    def __init__(self, n_threads: int) -> None:
        self.n_threads = n_threads
        n_tasks = TASKS_PER_THREAD * n_threads if n_threads > 1 else 1
        self._sync = np.zeros((n_tasks + 1, SYNC_STRIDE), np.int64)
        self._helpers = _pool(n_threads - 1) if n_threads > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._helpers is not None:
            self._helpers.shutdown()

    def run(self, kernel: Callable[..., float], *arguments: Any) -> float:
        """Run the kernel in all threads, and return the calling thread's result.

        Parameters
        ----------
        kernel : callable
            It takes `arguments`, the threads' counters (see :mod:`skmlp._kernels.tasks`) and
            the number of the thread.
        *arguments
        """
        if self._helpers is None:
            return kernel(*arguments, self._sync, 0)
        self._sync.fill(0)
        calls = [partial(kernel, *arguments, self._sync, i) for i in range(self.n_threads)]
        others, refused = _submitted(self._helpers, calls[1:])
        try:
            return calls[0]()
        finally:
            _wait(others)
            if refused:
                # The queue still has the call without a thread, which must not begin in a later
                # pass, as it would claim its tasks.
                self._helpers.shutdown(cancel_futures=True)
                self._helpers = _pool(self.n_threads - 1)


class _OneThreadOfBLAS:
    """A context in which BLAS has one thread; any number of threads may be in it.

    The setting is the process's: the first thread to enter changes it, and the last to leave
    restores it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_within = 0
        self._controller: Any = None
        self._limit: Any = None

    def __enter__(self) -> None:
        with self._lock:
            if self._controller is None:  # finding BLAS takes milliseconds
                self._controller = ThreadpoolController().select(user_api="blas")
            if self._n_within == 0:
                self._limit = self._controller.limit(limits=1)
            self._n_within += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._n_within -= 1
            if self._n_within == 0:
                self._limit.restore_original_limits()


ONE_THREAD_OF_BLAS = _OneThreadOfBLAS()
if hasattr(os, "register_at_fork"):
    # A child has none of the threads that are inside or hold the lock.
    os.register_at_fork(after_in_child=ONE_THREAD_OF_BLAS.__init__)  # type: ignore[misc]
