"""What NumPy says of overflow, underflow, division by zero and NaN: nothing, within skmlp.

All of them are met by computing on, and what comes out is looked at where it matters. Settings
of the user's, by which NumPy would raise or warn, are for the user's own arithmetic.
"""

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

import numpy as np

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

_OF_CALLER: ContextVar[Any] = ContextVar("skmlp_float_errors")

# Decorates what a user calls, to compute on whatever ``numpy.seterr`` was told.
quiet = np.errstate(all="ignore")


def quiet_fit(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Decorate likewise what calls functions of the user's, which go by `as_caller`."""

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
    """Return a context with the settings that there were outside of `quiet_fit`."""
    return np.errstate(**_OF_CALLER.get({}))
