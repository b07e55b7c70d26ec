"""Transactions: a call that resumes a fit changes all of it, or nothing."""

from types import TracebackType
from typing import Any


class Undo:
    """A context in which parts of a fit are changed in place, and unchanged if it raises.

    Within it the estimator has copies of these parts. Wherever an exception is raised, be it a
    second one on the way out, the estimator is as before, and nothing needs to be restored. The
    changed parts become its attributes in one update, during which Python handles no signals.

    Parameters
    ----------
    attributes : dict
        Those of the estimator.
    fitted : sequence of str
        Names of the attributes that a fit sets.
    copies : dict of str to object
        The copies, ``_ensemble`` among them.
    """

    def __init__(
        self, attributes: dict[str, Any], fitted: tuple[str, ...], copies: dict[str, Any]
    ) -> None:
        self._attributes = attributes
        self._ensemble = attributes["_ensemble"]
        self._before = {name: attributes[name] for name in fitted if name in attributes}
        self._before |= copies

    def __enter__(self) -> None:
        self._attributes.update(self._before)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            return
        self._attributes.update(self._before)
        # The original parameters stay, as a user may have views of them.
        theta = self._ensemble.theta
        if theta.flags.writeable:  # else training changed a copy of them
            theta[:] = self._before["_ensemble"].theta
            self._attributes["_ensemble"] = self._ensemble
