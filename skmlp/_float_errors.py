"""NumPy's floating-point errors, which skmlp ignores whatever the user has set.

Overflow, underflow, division by zero and NaN are part of the computation, and results are
checked where they must be finite. The user's settings are for the user's own arithmetic.

Entry points are decorated, not the places where errors arise: these are too many, and some are
in scikit-learn and scipy.
"""

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

import numpy as np

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

_OF_CALLER: ContextVar[Any] = ContextVar("skmlp_float_errors")

# Decorator of public methods: ignores floating-point errors.
quiet = np.errstate(all="ignore")


def quiet_fit(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Ignore errors, except within `as_caller`: for methods that call the user's code."""

    @functools.wraps(function)
    def call(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
        token = _OF_CALLER.set(np.geterr())
        try:
            with np.errstate(all="ignore"):
                return function(*args, **kwargs)
        finally:
            _OF_CALLER.reset(token)

    return call


def as_caller() -> np.errstate:
    """Return a context with the user's settings, those outside of `quiet_fit`."""
    return np.errstate(**_OF_CALLER.get({}))
