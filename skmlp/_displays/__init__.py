"""Displays of networks, as scikit-learn's; they import matplotlib when they draw.

``from_estimator`` computes, the constructor stores, and `plot` draws what is stored.
"""

from skmlp._displays._activation import ActivationDisplay
from skmlp._displays._hidden_units import HiddenUnitsDisplay
from skmlp._displays._learning_rate import LearningRateDisplay
from skmlp._displays._loss_curve import LossCurveDisplay
from skmlp._displays._representation import RepresentationDisplay

__all__ = [
    "ActivationDisplay",
    "HiddenUnitsDisplay",
    "LearningRateDisplay",
    "LossCurveDisplay",
    "RepresentationDisplay",
]
