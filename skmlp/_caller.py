"""Warnings at the line of the user's that led to them."""

import sys
import warnings
from types import FrameType

# Through their frames the user's call comes to us, in pipelines, searches and threads.
_BETWEEN = ("skmlp", "sklearn", "joblib", "numpy", "concurrent", "threading", "contextlib")


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the innermost line that is neither ours nor scikit-learn's."""
    level = 1
    frame: FrameType | None = sys._getframe()
    while frame is not None and _package(frame.f_globals) in _BETWEEN:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _package(names: dict[str, object]) -> str:
    return str(names.get("__name__")).partition(".")[0]
