"""Displays of networks, with the interface of scikit-learn's displays.

``from_estimator`` computes what is drawn, the constructor stores it, and `plot` draws it.
matplotlib is imported when something is drawn.
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
