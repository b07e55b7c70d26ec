"""The state of estimators in files of pickle, joblib, cloudpickle and skops."""

import sys
import warnings
from typing import Any, ClassVar

from sklearn.exceptions import InconsistentVersionWarning

_VERSION = "_skmlp_version"


def _version() -> str:
    # Not imported, as the package imports this module.
    return str(sys.modules[__name__.partition(".")[0]].__version__)


class PersistenceMixin:
    """Estimators whose files have skmlp's version, and name no private class.

    scikit-learn writes a version for its own estimators alone. Parts are written as dicts of
    their attributes: users of skops need to trust the estimator's class alone, and parts may be
    renamed without old files noticing.
    """

    # Names of the attributes that are parts, and their classes.
    _parts: ClassVar[dict[str, type]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes, parts as dicts, and the version."""
        state: Any = super().__getstate__()
        parts = {name: vars(state[name]) for name in self._parts if name in state}
        return {**state, **parts, _VERSION: _version()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Set the attributes to those of a file.

        Warns
        -----
        InconsistentVersionWarning
            It is from another version of skmlp.
        """
        attributes = dict(state)
        version = attributes.pop(_VERSION, "unknown")
        if version != _version():
            warnings.warn(
                InconsistentVersionWarning(
                    estimator_name=type(self).__name__,
                    current_sklearn_version=_version(),
                    original_sklearn_version=version,
                ),
                stacklevel=2,
            )
        for name, part in self._parts.items():
            if name in attributes:
                restored: Any = object.__new__(part)
                restored.__dict__.update(attributes[name])
                attributes[name] = restored
        self.__dict__.update(attributes)
