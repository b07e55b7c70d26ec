"""Multilayer perceptrons for scikit-learn, trained by compiled kernels."""

from typing import TYPE_CHECKING, Any

from skmlp._classifiers import MLPBinaryClassifier, MLPMulticlassClassifier
from skmlp._multilabel import MLPMultilabelClassifier
from skmlp._regressors import MLPRegressor
from skmlp._versions import show_versions
from skmlp.preprocessing import TabularPreprocessor

if TYPE_CHECKING:
    from skmlp._displays import (
        ActivationDisplay,
        HiddenUnitsDisplay,
        LearningRateDisplay,
        LossCurveDisplay,
        RepresentationDisplay,
    )

__version__ = "0.1.0.dev0"

__all__ = [
    "ActivationDisplay",
    "HiddenUnitsDisplay",
    "LearningRateDisplay",
    "LossCurveDisplay",
    "MLPBinaryClassifier",
    "MLPMulticlassClassifier",
    "MLPMultilabelClassifier",
    "MLPRegressor",
    "RepresentationDisplay",
    "TabularPreprocessor",
    "show_versions",
]


def __getattr__(name: str) -> Any:
    """Import the displays when one is asked for: a fit does not wait for them."""
    if name in __all__:
        import skmlp._displays as displays

        return getattr(displays, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
