"""scikit-learn's decorators of methods, with types and better errors."""

from collections.abc import Callable
from typing import Any, TypeVar

from sklearn.base import _fit_context
from sklearn.utils._available_if import _AvailableIfDescriptor

_Method = TypeVar("_Method", bound=Callable[..., Any])


def fit_context(method: _Method) -> _Method:
    """Validate an estimator's parameters before a method that fits it."""
    decorated: _Method = _fit_context(prefer_skip_nested_validation=True)(method)
    return decorated


class _AvailableIf(_AvailableIfDescriptor):
    """A method that exists under a condition, whose own error is raised otherwise.

    scikit-learn's error says that there is no such attribute, and has the reason as its cause.
    """

    def _check(self, obj: Any, owner: Any) -> None:
        try:
            super()._check(obj, owner)
        except AttributeError as error:
            if isinstance(error.__cause__, AttributeError):
                raise error.__cause__ from None
            raise


def available_if(check: Callable[[Any], bool]) -> Callable[[_Method], _Method]:
    """Make a method available if a check of the estimator passes.

    Parameters
    ----------
    check : callable
        Takes the estimator; returns True, or raises AttributeError with the reason.
    """

    def decorate(method: _Method) -> _Method:
        decorated: Any = _AvailableIf(method, check, attribute_name=method.__name__)
        return decorated

    return decorate
