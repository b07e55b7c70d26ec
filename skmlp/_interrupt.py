"""Ctrl-C as a flag, so that training stops between epochs."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupt:
    """Signal handler that counts presses of Ctrl-C.

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
        """Raise KeyboardInterrupt, once, if there was a second press."""
        if self._again:
            # Once: raised again on the way out, it would keep contexts from being left.
            self._again = self._at_once = False
            raise KeyboardInterrupt

    def hold(self) -> None:
        """Let a second press wait for `release`: a pool of threads must release its locks."""
        self._at_once = False

    def release(self) -> None:
        """Let a second press raise KeyboardInterrupt at once; here, if it has come."""
        self._at_once = True
        self.raise_second()

    @contextmanager
    def second_raises(self) -> Iterator[None]:
        """Let a second press within the block raise KeyboardInterrupt at once."""
        self.release()
        try:
            yield
        finally:
            self._at_once = False


@contextmanager
def deferred_interrupt() -> Iterator[Interrupt]:
    """Turn Ctrl-C within the block into a flag; a second one raises KeyboardInterrupt.

    Without it, Python raises KeyboardInterrupt at the first bytecode after a compiled epoch,
    when parameters have moved on but the record has not, or inside a context manager's enter or
    exit. The second press may do so, but only within ``second_raises`` of what is yielded, and
    contexts that must be left whole are entered before it. Elsewhere it waits for the end of
    the block. Nothing changes if another handler is installed, or outside the main thread,
    which alone receives signals.
    """
    interrupt = Interrupt()
    previous = signal.getsignal(signal.SIGINT)
    in_main = threading.current_thread() is threading.main_thread()
    replace = in_main and previous is signal.default_int_handler
    try:
        # Within: another signal's handler may raise as soon as this one is installed.
        if replace:
            signal.signal(signal.SIGINT, interrupt.note)
        yield interrupt
    finally:
        if replace:
            try:
                signal.signal(signal.SIGINT, previous)
            except BaseException:  # the same, in signal.signal, which is a function of Python
                signal.signal(signal.SIGINT, previous)
                raise
    interrupt.raise_second()
