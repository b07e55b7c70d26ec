"""Names of parameters and of their values, and what is said of one that is misspelt."""

import inspect
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sklearn.utils._param_validation import InvalidParameterError, StrOptions

from skmlp._types import Output

# From which likeness on, 1 being the same word, a name may be what was meant; and by how much a
# part of a name counts less.
_ALIKE, _OF_PART = 0.7, 0.9


class Names(StrOptions):
    """A parameter's strings, which messages have in a fixed order; a set has none."""

    def __str__(self) -> str:
        """Return them as scikit-learn's messages do."""
        return f"a str among {{{', '.join(repr(name) for name in sorted(self.options))}}}"


def suggestion(word: Any, names: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the name that is most like a word, or nothing.

    The first words of a name count as the name, too: 'hidden' is short for
    'hidden_layer_sizes'.
    """
    if not isinstance(word, str):
        return ""
    given = word.lower()

    def likeness(name: str) -> tuple[float, float]:
        parts = accumulate(name.lower().split("_"), "{}_{}".format)
        *of_parts, whole = (SequenceMatcher(None, given, part).ratio() for part in parts)
        return max([whole, *(_OF_PART * ratio for ratio in of_parts)]), whole

    best = max(sorted(names), key=likeness, default="")
    return f" Did you mean {best!r}?" if best and likeness(best)[0] >= _ALIKE else ""


class NamedParameters:
    """An estimator that, told of a parameter that it does not have, says which one was meant.

    What is raised is scikit-learn's and Python's own: TypeError in the constructor, ValueError
    in `set_params`, InvalidParameterError for a value in `fit`.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]]

    if TYPE_CHECKING:  # scikit-learn's classes, where these are, have no types

        def get_params(self, deep: bool = True) -> dict[str, Any]: ...

        def set_output(self, *, transform: Output = None) -> Self: ...

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Return an instance, whose constructor takes these arguments.

        A class's signature is that of ``__init__``, which must stand further left among the
        classes that it inherits from.
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

    def _validate_params(self) -> None:
        try:
            super()._validate_params()  # type: ignore[misc]
        except InvalidParameterError as error:
            raise InvalidParameterError(f"{error}{self._meant(str(error))}") from None

    def _meant(self, message: str) -> str:
        """Return what may have been meant by the value that a message is about."""
        for name, constraints in self._parameter_constraints.items():
            if f"The {name!r} parameter" in message:
                options = [part.options for part in constraints if isinstance(part, Names)]
                return suggestion(getattr(self, name), set().union(*options))
        return ""


# Reading one takes longer than all the rest of a constructor.
_signature = lru_cache(inspect.signature)


def _check_arguments(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise TypeError where a constructor does not take these arguments."""
    signature = _signature(cls.__init__)  # type: ignore[misc]
    try:
        # The instance comes first; what is missing is for the constructor itself to say, since
        # a copy is made without any arguments.
        signature.bind_partial(None, *args, **kwargs)
    except TypeError as error:
        known = [name for name in signature.parameters if name != "self"]
        unknown = [name for name in kwargs if name not in known]
        hint = ""
        if unknown:
            hint = suggestion(unknown[0], known) or f" The parameters are {sorted(known)}."
        raise TypeError(f"{cls.__name__}: {error}.{hint}") from None
