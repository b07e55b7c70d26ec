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

import numpy as np

from skmlp._kernels._jit import inner_kernel
from skmlp._kernels.simd._atomics import add, give_way, load, pause, replace

# Elements of a row of the marks: of a cache line, which threads should not share.
MARK_SIZE = 8
# Shares for each of several threads: more than one, so that the faster takes over from the
# slower, and few, since each reads the weights anew.
SHARES_OF_THREAD = 4
# Instead of a share. (A variable to numba, which compiles anew for a literal.)
NONE = np.intp(-1)
# How often a thread looks whether the others are done before it lets others run.
_LOOKS = 400


@inner_kernel
def part_of(size, unit, share, n_shares):
    """Return where a share of `size` elements begins and ends.

    That is at multiples of `unit`; what is left over goes to the last share.
    """
    n_units = size // unit
    first, stop = (n_units * share) // n_shares, (n_units * (share + 1)) // n_shares
    return first * unit, size if share == n_shares - 1 else stop * unit


@inner_kernel
def next_share(marks, thread, stage, share):
    """Return the share of a stage that the thread has claimed, or NONE when all are done.

    `share` is the one that it has just done, NONE at the beginning of the stage. The thread
    goes for its own shares first, in their order, so that it works on the same ones in each
    step as far as it can; then for the others', from the last of the thread before on, which
    that one comes to last.
    """
    n_shares = marks.shape[0] - 1
    if n_shares == 1:
        return np.intp(0) if share == NONE else NONE
    first, done = thread * SHARES_OF_THREAD, n_shares * MARK_SIZE
    last = first + SHARES_OF_THREAD - 1
    if share != NONE:
        add(marks, done, 1)
    while True:
        if share == NONE:
            share = first
        elif first <= share < last:
            share += 1
        else:
            share = (first if share == last else share) - 1
            share += n_shares if share < 0 else 0
            if share == last:
                break
        place = share * MARK_SIZE
        if load(marks, place) == stage - 1 and replace(marks, place, stage - 1, stage):
            return share
    expected = n_shares * stage
    for _ in range(_LOOKS):
        if load(marks, done) >= expected:
            return NONE
        pause()
    while load(marks, done) < expected:
        give_way()
    return NONE
