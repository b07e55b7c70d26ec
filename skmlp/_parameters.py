"""Names of parameters and their values, and suggestions for misspelt ones."""

import inspect
from collections.abc import Collection
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any, ClassVar, Self
from weakref import WeakKeyDictionary

from sklearn.utils._param_validation import (
    InvalidParameterError,
    StrOptions,
    validate_parameter_constraints,
)

from skmlp._types import Output

# Smallest similarity, of at most 1, of a name that is suggested; factor for parts of a name.
_ALIKE, _OF_PART = 0.7, 0.9
# What Keras, PyTorch and boosted trees call it.
_SYNONYMS = {
    "swish": "silu",
    "linear": "identity",
    "mse": "squared_error",
    "mae": "absolute_error",
    "pinball": "quantile",
}


class Names(StrOptions):
    """Constraint to some strings, which messages list in order; scikit-learn's has none."""

    def __str__(self) -> str:
        """Return the description in scikit-learn's messages."""
        return f"a str among {{{', '.join(repr(name) for name in sorted(self.options))}}}"


def suggestion(word: Any, names: Collection[str]) -> str:
    """Return `` Did you mean 'x'?`` for the most similar name, or an empty string.

    The first words of a name count as the name, too: 'hidden' is short for
    'hidden_layer_sizes'. A name by which other libraries know the same comes before all.
    """
    if not isinstance(word, str):
        return ""
    given = word.lower()
    synonym = _SYNONYMS.get(given)
    if synonym in names:
        return f" Did you mean {synonym!r}?"

    def likeness(name: str) -> tuple[float, float]:
        parts = accumulate(name.lower().split("_"), "{}_{}".format)
        *of_parts, whole = (SequenceMatcher(None, given, part).ratio() for part in parts)
        return max([whole, *(_OF_PART * ratio for ratio in of_parts)]), whole

    best = max(sorted(names), key=likeness, default="")
    return f" Did you mean {best!r}?" if best and likeness(best)[0] >= _ALIKE else ""


class NamedParameters:
    """Estimators that suggest a name for an unknown parameter or value.

    The exceptions are scikit-learn's and Python's own: TypeError in the constructor, ValueError
    in `set_params`, InvalidParameterError for a value in `fit`.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]]

    if TYPE_CHECKING:  # scikit-learn's classes, where these are, have no types

        def get_params(self, deep: bool = True) -> dict[str, Any]: ...

        def set_output(self, *, transform: Output = None) -> Self: ...

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Create an instance, or raise TypeError if the constructor lacks an argument.

        The class with ``__init__`` must precede this one in the order of inheritance: then its
        signature, and not this one, is the class's.
        """
        if args or not kwargs.keys() <= cls._parameter_constraints.keys():
            _check_arguments(cls, args, kwargs)
        return super().__new__(cls)

    def set_params(self, **params: Any) -> Self:
        """Set parameters, as in all estimators of scikit-learn.

        Parameters
        ----------
        **params
            Their names and values.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError
            There is no such parameter.
        """
        try:
            super().set_params(**params)  # type: ignore[misc]
        except ValueError as error:
            known = inspect.signature(type(self)).parameters
            unknown = [name for name in params if name.partition("__")[0] not in known]
            raise ValueError(f"{error}{suggestion(next(iter(unknown), None), known)}") from None
        return self

    @classmethod
    def _get_param_names(cls) -> list[str]:
        if cls not in _NAMES:
            _NAMES[cls] = super()._get_param_names()  # type: ignore[misc]
        return list(_NAMES[cls])

    def _validate_params(self) -> None:
        """Raise InvalidParameterError for a parameter that its constraints do not allow."""
        params, valid = self.get_params(deep=False), _VALID.setdefault(type(self), set())
        keys = {
            name: (name, type(value), value)
            for name, value in params.items()
            if type(value) in _PLAIN
        }
        others = {name: params[name] for name in params if keys.get(name) not in valid}
        try:
            validate_parameter_constraints(
                self._parameter_constraints, others, caller_name=type(self).__name__
            )
        except InvalidParameterError as error:
            raise InvalidParameterError(f"{error}{self._meant(str(error))}") from None
        if len(valid) > _MOST_VALID:
            valid.clear()
        valid.update(keys.values())

    def _meant(self, message: str) -> str:
        """Return a suggestion for the value that a message is about."""
        for name, constraints in self._parameter_constraints.items():
            if f"The {name!r} parameter" in message:
                options = [part.options for part in constraints if isinstance(part, Names)]
                return suggestion(getattr(self, name), set().union(*options))
        return ""


# Inspection takes longer than all the rest of a constructor, or of a copy.
_signature = lru_cache(inspect.signature)
_NAMES: WeakKeyDictionary[type, list[str]] = WeakKeyDictionary()
# Names, types and values of parameters that were valid, for each class: scikit-learn's check of
# all takes as long as some small epochs. Types whose equal values are alike; and how many are
# kept, as a search may try any number.
_VALID: WeakKeyDictionary[type, set[tuple[str, type, Any]]] = WeakKeyDictionary()
_PLAIN, _MOST_VALID = frozenset({bool, int, float, str, type(None)}), 1000


def _check_arguments(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise TypeError if a constructor does not take these arguments."""
    signature = _signature(cls.__init__)  # type: ignore[misc]
    try:
        # None is for the instance. The constructor itself reports missing arguments: copies are
        # made without any.
        signature.bind_partial(None, *args, **kwargs)
    except TypeError as error:
        known = [name for name in signature.parameters if name != "self"]
        unknown = [name for name in kwargs if name not in known]
        hint = ""
        if unknown:
            hint = suggestion(unknown[0], known) or f" The parameters are {sorted(known)}."
        raise TypeError(f"{cls.__name__}: {error}.{hint}") from None
