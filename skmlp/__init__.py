"""Multilayer perceptrons for scikit-learn, trained by compiled kernels."""

from skmlp._classifiers import MLPBinaryClassifier, MLPMulticlassClassifier
from skmlp._displays import (
    ActivationDisplay,
    HiddenUnitsDisplay,
    LossCurveDisplay,
    RepresentationDisplay,
)
from skmlp.preprocessing import TabularPreprocessor

__version__ = "0.1.0.dev0"

__all__ = [
    "ActivationDisplay",
    "HiddenUnitsDisplay",
    "LossCurveDisplay",
    "MLPBinaryClassifier",
    "MLPMulticlassClassifier",
    "RepresentationDisplay",
    "TabularPreprocessor",
]
