"""A call that goes on with a fit changes it when it is over, or not at all."""

from types import TracebackType
from typing import Any


class Undo:
    """A context in which parts of a fit are changed in place; no change stays if it raises.

    Within it the estimator has copies of these parts. Wherever an exception comes, and also a
    second one on the way out, it is as it was before: nothing needs to be put back first. The
    parts themselves, changed, come into the estimator by a single update of its attributes,
    during which Python handles no signals.

    Parameters
    ----------
    attributes : dict
        The estimator's.
    fitted : sequence of str
        Names of all that a fit sets.
    copies : dict of str to object
        What the estimator has within the context; among them is ``_ensemble``.
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
        # Views of the parameters that a user has are of the first ones, and stay of use.
        theta = self._ensemble.theta
        if theta.flags.writeable:  # else they were copied before they were changed
            theta[:] = self._before["_ensemble"].theta
            self._attributes["_ensemble"] = self._ensemble
