"""Reports of epochs: printed lines, or a progress bar."""

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from skmlp._record import Record


def _write(write: Callable[[str], Any], line: str) -> None:
    """Write a line to standard output, if it exists and is open.

    Programs without a console have none, and a fit must not fail because of that.
    """
    with suppress(AttributeError, ValueError):
        if sys.stdout is not None:
            write(line)


class Reporter(Protocol):
    """Receiver of each epoch's record."""

    def update(self, record: Record) -> None:
        """Report the epoch that was added last."""

    def say(self, message: str) -> None:
        """Report a message."""

    def close(self) -> None:
        """End the report."""


class Silence:
    """Prints nothing."""

    def update(self, record: Record) -> None:
        """Print nothing."""

    def say(self, message: str) -> None:
        """Print nothing."""

    def close(self) -> None:
        """Print nothing."""


class Lines:
    """Prints a line an epoch, and one for its validation score."""

    def update(self, record: Record) -> None:
        """Print the epoch that was added last."""
        _write(print, f"Iteration {record.n_iter}, loss = {record.loss_curve[-1]:.8f}")
        if record.validation_scores:
            _write(print, f"Validation score: {record.validation_scores[-1]:f}")

    def say(self, message: str) -> None:
        """Print it."""
        _write(print, message)

    def close(self) -> None:
        """Print nothing."""


class Bar:
    """A progress bar of tqdm's on the terminal.

    Parameters
    ----------
    n_epochs : int

    Raises
    ------
    ImportError
        tqdm is not installed.
    """

    def __init__(self, n_epochs: int) -> None:
        try:
            from tqdm import tqdm
        except ImportError as error:
            raise ImportError(
                "verbose='progress' draws its bar with tqdm, which is not installed: "
                "pip install tqdm, or set verbose=True for a line an epoch."
            ) from error
        self._bar = tqdm(total=n_epochs, unit="epoch")

    def update(self, record: Record) -> None:
        """Move on by an epoch."""
        numbers = {"loss": f"{record.loss_curve[-1]:.4g}"}
        if record.validation_scores:
            numbers["validation"] = f"{record.validation_scores[-1]:.4g}"
        self._bar.set_postfix(numbers, refresh=False)  # update() redraws, if it is time to
        self._bar.update()

    def say(self, message: str) -> None:
        """Print it above the bar."""
        _write(self._bar.write, message)

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.close()


def get_reporter(verbose: Any, n_epochs: int) -> Reporter:
    """Return the reporter for ``verbose``; lines in place of a bar if there is no terminal."""
    if verbose == "progress":
        # Standard error may be None, closed, or anything with a method to write.
        with suppress(AttributeError, ValueError):
            if sys.stderr.isatty():
                return Bar(n_epochs)
    return Lines() if verbose else Silence()
