"""Pictures of networks, in the manner of scikit-learn's displays; matplotlib comes when needed.

Computing and drawing are apart: ``from_estimator`` computes, the constructor stores, and `plot`
draws what is stored, as often as it is called.
"""

from skmlp._displays._activation import ActivationDisplay
from skmlp._displays._hidden_units import HiddenUnitsDisplay
from skmlp._displays._loss_curve import LossCurveDisplay
from skmlp._displays._representation import RepresentationDisplay

__all__ = [
    "ActivationDisplay",
    "HiddenUnitsDisplay",
    "LossCurveDisplay",
    "RepresentationDisplay",
]
