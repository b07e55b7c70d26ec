"""Ctrl-C as a flag, so that training ends between epochs and not within one."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class Interrupt:
    """Whether Ctrl-C was pressed."""

    received: bool = False


@contextmanager
def deferred_interrupt() -> Iterator[Interrupt]:
    """Turn the first Ctrl-C within the block into a flag; a second one is KeyboardInterrupt.

    Python raises KeyboardInterrupt at the first bytecode after a compiled epoch, when the
    parameters have moved on but the history has not. Where another handler is installed,
    or outside the main thread, which alone receives signals, nothing is changed.
    """
    interrupt = Interrupt()
    previous = signal.getsignal(signal.SIGINT)
    in_main = threading.current_thread() is threading.main_thread()
    replace = in_main and previous is signal.default_int_handler

    def note(signum: int, frame: FrameType | None) -> None:
        if interrupt.received:
            signal.default_int_handler(signum, frame)
        interrupt.received = True

    if replace:
        signal.signal(signal.SIGINT, note)
    try:
        yield interrupt
    finally:
        if replace:
            signal.signal(signal.SIGINT, previous)
