"""Locks between processes, which the system releases when a process ends, however it does."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

# How often a process that waits looks whether the lock is free, in seconds.
_INTERVAL = 0.05

if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: int) -> bool:
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(file: int) -> None:
        os.lseek(file, 0, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)  # also what a fork has inherited


@contextlib.contextmanager
def locked(path: Path, limit: float) -> Iterator[bool]:
    """Hold the lock of that name, where there can be one, after `limit` seconds at most.

    The file is removed in the end. Whoever waits for it meanwhile gets a lock that nobody else
    will wait for: between two that come then, nothing is locked, which costs time alone.

    Parameters
    ----------
    path : Path
    limit : float

    Yields
    ------
    bool
        Whether another process had the lock at first.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:  # a directory that cannot be written to
        yield False
        return
    is_held, had_to_wait = False, False
    try:
        with contextlib.suppress(OSError):  # a file system that knows no locks
            end = time.monotonic() + limit
            while not (is_held := _try_lock(file)) and time.monotonic() < end:
                had_to_wait = True
                time.sleep(_INTERVAL)
        yield had_to_wait
    finally:
        with contextlib.suppress(OSError):
            if is_held:
                _unlock(file)
        os.close(file)
        if is_held:
            with contextlib.suppress(OSError):  # where others have it open, on Windows
                path.unlink()
