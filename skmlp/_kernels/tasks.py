"""How several threads divide the stages of a training step among them.

A stage is cut into tasks, which write to nothing in common; each number is computed in one of
them, whole, so that no sum depends on how many there are. All threads run the same code: at
each stage a thread *claims* its own tasks one by one and then what the others have not claimed
yet, and it goes on to the next stage once all are *done*. A thread that the operating system
does not run is thus not waited for, unless it was stopped in the middle of a task; one that
runs slowly is relieved of some; and one that comes late finds nothing to do until it has caught
up.

They agree by ``sync`` (n_tasks + 1, 16), counters in int64, a cache line for each row: row t
has the number of the last stage in which task t was claimed, the last row how many tasks have
been done in all. Stages are counted from 1, and never anew while a thread may be under way: no
counter returns to what it was. A single thread has a single task, and needs no counters.
"""

import numpy as np

from skmlp._border.sizes import SYNC_STRIDE, TASKS_PER_THREAD
from skmlp._kernels._jit import inner_kernel, short_kernel
from skmlp._kernels.simd._atomics import add, compare_and_swap, load, pause, yield_processor

# Instead of a task. (A variable to numba, which compiles anew for a literal.)
NO_TASK = np.intp(-1)
# How often a thread looks whether the others are done before it lets others run: for some
# microseconds, longer than a stage is uneven, shorter than the system takes to switch threads.
_SPINS = 400


@short_kernel
def task_bounds(size, unit, task, n_tasks):
    """Return where the part of `size` elements that is a task's begins and ends.

    That is at multiples of `unit`; what is left over goes to the last task.
    """
    n_units = size // unit
    first, stop = (n_units * task) // n_tasks, (n_units * (task + 1)) // n_tasks
    return first * unit, size if task == n_tasks - 1 else stop * unit


@inner_kernel
def claim_task(sync, thread, stage, task):
    """Return the task of a stage that the thread has claimed, or NO_TASK when all are done.

    `task` is the one that it has just done, NO_TASK at the beginning of the stage. The thread
    goes for its own tasks first, in their order, so that it works on the same ones in each
    step as far as it can; then for the others', from the last of the thread before on, which
    that one comes to last.
    """
    n_tasks = sync.shape[0] - 1
    if n_tasks == 1:
        return np.intp(0) if task == NO_TASK else NO_TASK
    first, done = thread * TASKS_PER_THREAD, n_tasks * SYNC_STRIDE
    last = first + TASKS_PER_THREAD - 1
    if task != NO_TASK:
        add(sync, done, 1)
    while True:
        if task == NO_TASK:
            task = first
        elif first <= task < last:
            task += 1
        else:
            task = (first if task == last else task) - 1
            task += n_tasks if task < 0 else 0
            if task == last:
                break
        counter = task * SYNC_STRIDE
        # To load is cheap where others only load; a swap that fails takes the line from them.
        if load(sync, counter) == stage - 1 and compare_and_swap(
            sync, counter, stage - 1, stage
        ):
            return task
    expected = n_tasks * stage
    for _ in range(_SPINS):
        if load(sync, done) >= expected:
            return NO_TASK
        pause()
    # The thread that is waited for may need the processor that this one has.
    while load(sync, done) < expected:
        yield_processor()
    return NO_TASK
