"""The network of what functions and displays are given, which may be a Pipeline."""

from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skmlp._base import BaseMLP
from skmlp._classifiers import MLPBinaryClassifier, MLPMulticlassClassifier


def get_network(estimator: Any, *, of_classes: bool = True) -> Any:
    """Return the fitted network, `estimator` itself or its last step.

    With `of_classes` it must be a classifier of one class a row.
    """
    network = check_network(estimator, of_classes=of_classes)
    check_is_fitted(network)
    return network


def steps_before(estimator: Any) -> Pipeline | None:
    """Return the steps of a Pipeline before its network, or None where there are none."""
    has_steps = isinstance(estimator, Pipeline) and len(estimator) > 1
    return estimator[:-1] if has_steps else None


def check_network(estimator: Any, *, of_classes: bool = False) -> Any:
    """Return the network, fitted or not, or raise TypeError where there is none."""
    network = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    kinds: Any = (MLPBinaryClassifier, MLPMulticlassClassifier) if of_classes else BaseMLP
    if not isinstance(network, kinds):
        what = "a classifier of one class a row" if of_classes else "a network"
        raise TypeError(
            f"estimator must be {what} of skmlp, or a Pipeline whose last step is one; got "
            f"{estimator!r}."
        )
    return network
