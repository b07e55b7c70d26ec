"""What is said to those who wait while kernels are compiled: one line, once a process."""

import contextlib
import multiprocessing
import os
import sys
import threading
from collections.abc import Iterator

# Seconds that pass in silence.
_PATIENCE = 1.0
_ADVICE = (
    "Wheels with precompiled kernels do not wait, and `python -m skmlp compile` does it "
    "beforehand; SKMLP_QUIET=1 silences this line."
)

_lock = threading.Lock()
_was_said = False


def _is_wanted() -> bool:
    """Return whether somebody may read it: not of workers, nor of tests."""
    return (
        os.environ.get("SKMLP_QUIET", "0") in ("", "0")
        and "PYTEST_CURRENT_TEST" not in os.environ
        and multiprocessing.parent_process() is None
    )


def _say(message: str) -> None:
    global _was_said
    with _lock:
        if _was_said or sys.stderr is None:
            return
        _was_said = True
        # Whatever there is instead of a terminal: nothing depends on this line.
        with contextlib.suppress(OSError, ValueError):
            print(f"{message} {_ADVICE}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def noticed(message: str) -> Iterator[None]:
    """Print a message if this lasts, while it does."""
    if _was_said or not _is_wanted():
        yield
        return
    timer = threading.Timer(_PATIENCE, _say, [message])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
