"""How threads share the stages of a training step.

A stage is cut into shares, which touch nothing in common; each number is computed in one of
them, whole, so that no sum depends on how many there are. All threads run the same code: at
each stage a thread *claims* its own shares one by one and then what the others have not claimed
yet, and it goes on to the next stage once all are *done*. A thread that the operating system
does not run is thus not waited for, unless it was stopped in the middle of a share; one that
runs slowly is relieved of some; and one that comes late finds nothing to do until it has caught
up.

``marks`` (shares + 1, 8), int64 and one cache line a row, is what they agree by: for each
share the number of the last stage in which it was claimed, and in the last row how many shares
have been done. Stages are counted from 1, and never anew while a thread may be under way: no
mark returns to what it was. A single thread has a single share, and needs no marks.
"""

from skmlp._kernels._atomics import add, give_way, load, pause, replace
from skmlp._kernels._jit import inner_kernel
from skmlp._kernels._views import vector_at

# Elements of a row of the marks: of a cache line, which threads should not share.
MARK_SIZE = 8
# Shares for each of several threads: more than one, so that the faster takes over from the
# slower, and few, since each reads the weights anew.
SHARES_OF_THREAD = 4
# How often a thread looks whether the others are done before it lets others run.
_LOOKS = 400


@inner_kernel
def n_shares_of(marks):
    """Return how many shares there are."""
    return marks.shape[0] - 1


@inner_kernel
def part_of(size, unit, share, n_shares):
    """Return where a share of `size` elements begins and ends.

    That is at multiples of `unit`; what is left over goes to the last share.
    """
    n_units = max(1, size // unit)
    first, stop = (n_units * share) // n_shares, (n_units * (share + 1)) // n_shares
    return first * unit, size if stop == n_units else stop * unit


@inner_kernel
def share_of(thread, i, n_shares):
    """Return the share that a thread goes for as its i-th.

    Those of its own come first, in their order, which it thus works on in each step as far as
    it can; then the others', from the last of the thread before on, which that one comes to
    last.
    """
    n_own = min(n_shares, SHARES_OF_THREAD)
    share = thread * n_own + (i if i < n_own else n_own - 1 - i)
    return share if share >= 0 else share + n_shares


@inner_kernel
def room_of(scratch, thread, n_shares):
    """Return the part of a scratch space that is the thread's."""
    n_threads = (n_shares + SHARES_OF_THREAD - 1) // SHARES_OF_THREAD
    size = scratch.size // n_threads
    return vector_at(scratch, thread * size, size)


@inner_kernel
def claim(marks, share, stage):
    """Return whether the share of the stage is left to the calling thread."""
    if marks.shape[0] == 2:
        return True
    place = share * MARK_SIZE
    return load(marks, place) == stage - 1 and replace(marks, place, stage - 1, stage)


@inner_kernel
def finish(marks):
    """Say that a claimed share is done."""
    if marks.shape[0] > 2:
        add(marks, (marks.shape[0] - 1) * MARK_SIZE, 1)


@inner_kernel
def wait(marks, stage):
    """Return when all shares of the stage are done."""
    if marks.shape[0] == 2:
        return
    n_shares = marks.shape[0] - 1
    place, expected = n_shares * MARK_SIZE, n_shares * stage
    for _ in range(_LOOKS):
        if load(marks, place) >= expected:
            return
        pause()
    while load(marks, place) < expected:
        give_way()
