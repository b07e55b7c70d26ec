"""Ctrl-C as a flag, so that training ends between epochs and not within one."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupt:
    """The presses of Ctrl-C so far.

    Attributes
    ----------
    received : bool
        Whether there was one.
    """

    def __init__(self) -> None:
        self.received = False
        self._again = False
        self._at_once = False

    def note(self, signum: int, frame: FrameType | None) -> None:
        """Handle the signal."""
        self._again = self.received
        self.received = True
        if self._at_once:
            self.raise_second()

    def raise_second(self) -> None:
        """Raise KeyboardInterrupt if there was a second press, which is then over."""
        if self._again:
            # Not once more on the way out, where it would keep contexts from being left.
            self._again = self._at_once = False
            raise KeyboardInterrupt

    def hold(self) -> None:
        """Let a second press wait for `release`, as locks of a pool of threads must be left."""
        self._at_once = False

    def release(self) -> None:
        """Let a second press raise KeyboardInterrupt wherever it comes, or here if it came."""
        self._at_once = True
        self.raise_second()

    @contextmanager
    def second_raises(self) -> Iterator[None]:
        """Let a second press raise KeyboardInterrupt in the block, wherever it comes."""
        self.release()
        try:
            yield
        finally:
            self._at_once = False


@contextmanager
def deferred_interrupt() -> Iterator[Interrupt]:
    """Turn Ctrl-C within the block into a flag; a second one raises KeyboardInterrupt.

    Python raises KeyboardInterrupt at the first bytecode after a compiled epoch, when the
    parameters have moved on but the history has not; or between two of a context manager's,
    which has then neither been entered nor left. So does the second press, but only within
    ``second_raises`` of what is yielded: contexts to be left whole are entered before it.
    Elsewhere it waits for the end of the block. Where another handler is installed, or
    outside the main thread, which alone receives signals, nothing is changed.
    """
    interrupt = Interrupt()
    previous = signal.getsignal(signal.SIGINT)
    in_main = threading.current_thread() is threading.main_thread()
    replace = in_main and previous is signal.default_int_handler
    if replace:
        signal.signal(signal.SIGINT, interrupt.note)
    try:
        yield interrupt
    finally:
        if replace:
            signal.signal(signal.SIGINT, previous)
    interrupt.raise_second()
