"""Warnings that point to the user's line."""

import sys
import warnings
from types import FrameType

# Packages of the frames between the user's and ours, in pipelines, searches and threads.
_BETWEEN = ("skmlp", "sklearn", "joblib", "numpy", "concurrent", "threading", "contextlib")


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the innermost line outside of these packages."""
    level = 1
    frame: FrameType | None = sys._getframe()
    while frame is not None and _package(frame.f_globals) in _BETWEEN:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _package(names: dict[str, object]) -> str:
    return str(names.get("__name__")).partition(".")[0]
