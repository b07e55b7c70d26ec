"""Weights of rows and of classes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import _check_sample_weight

from skmlp._explanations import naming
from skmlp._outputs.classes import Classification
from skmlp._outputs.labels import Multilabel

# Range of weights in which neither their sum over many calls to partial_fit nor a division by
# their mean overflows.
_LEAST_WEIGHT, _LARGEST_WEIGHT = 1e-300, 1e300


def check_weights(sample_weight: Any, X: Any) -> NDArray[np.float64]:
    """Return the weights of the rows; those for None are read-only.

    Raises
    ------
    ValueError
        The weights are negative, all zero, not finite, too large or of the wrong shape.
    """
    if sample_weight is None:
        # Of n equal elements, one takes memory.
        return np.broadcast_to(np.float64(1), X.shape[0])
    if np.iscomplexobj(np.asarray(sample_weight)):
        raise ValueError(f"sample_weight must be real; got {sample_weight!r}.")
    with naming("sample_weight"):
        weights = _check_sample_weight(
            sample_weight, X, dtype=np.float64, ensure_non_negative=True
        )
        if not weights.any():  # scikit-learn checks this only from 1.9 on
            raise ValueError("Sample weights must contain at least one non-zero number.")
    return check_range_of_weights(weights, "sample_weight")


def check_range_of_weights(weights: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Return weights whose mean can be divided by: denormal ones become 0.

    Raises
    ------
    ValueError
        They are all denormal, or their sum is too large.
    """
    total = weights.sum()
    if not total < _LARGEST_WEIGHT:
        raise ValueError(
            f"The weights of the rows ({name}) are too large: their sum must be below "
            f"{_LARGEST_WEIGHT:.0e}; got {total}."
        )
    weights = np.where(weights < _LEAST_WEIGHT, 0.0, weights)
    if not weights.any():
        raise ValueError(
            f"The weights of the rows ({name}) are too small: one must be at least "
            f"{_LEAST_WEIGHT:.0e}."
        )
    return weights


def with_class_weight(
    weights: NDArray[np.float64],
    class_weight: Any,
    output: Classification,
    targets: NDArray[Any],
) -> NDArray[np.float64]:
    """Return the weights of rows times those of their classes.

    Parameters
    ----------
    weights : array of shape (n,)
        Weights of the rows, whose sums 'balanced' makes equal.
    class_weight : {'balanced'} or dict
        'balanced' makes the sums of weights equal for all classes with rows.
    output : Classification
    targets : array of shape (n, 1)

    Raises
    ------
    ValueError
        The dict lacks a class and has labels that are no classes; a weight is no number,
        negative or not finite; or the weights leave no row.
    """
    if class_weight == "balanced":
        of_classes = _balanced(output.totals(targets, weights))
    else:
        of_classes = _weights_of_classes(class_weight, output.classes.tolist())
    return _checked(weights * of_classes[output.groups(targets)])


def with_label_weights(
    weights: NDArray[np.float64],
    class_weight: Any,
    output: Multilabel,
    targets: NDArray[Any],
) -> NDArray[np.float64]:
    """Return the weights of rows times those of all their labels.

    Parameters
    ----------
    weights : array of shape (n,)
    class_weight : {'balanced'} or list of dict
        As in :func:`sklearn.utils.class_weight.compute_sample_weight`: the weights of 0 and 1
        of each label, multiplied over the labels. 'balanced' makes the sums of weights of rows
        with and without a label equal, for each label by itself.
    output : Multilabel
    targets : array of shape (n, q)

    Raises
    ------
    ValueError
        There is not a dict for each label, or a weight is invalid.
    """
    if class_weight == {}:
        return weights
    if isinstance(class_weight, str):
        of_labels = [_balanced(totals) for totals in output.totals(targets, weights)]
    elif isinstance(class_weight, list) and len(class_weight) == output.n_labels:
        of_labels = [
            _weights_of_classes(weights_of_one, [0, 1]) for weights_of_one in class_weight
        ]
    else:
        raise ValueError(
            "For several labels class_weight must be 'balanced', or a list with a dict for "
            f"each of the {output.n_labels}, such as [{{0: 1, 1: 5}}, ...]; got "
            f"{class_weight!r}."
        )
    for pair, column in zip(of_labels, targets.T, strict=True):
        weights = weights * pair[column.astype(np.intp)]
    return _checked(weights)


def _checked(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    if not weights.any():
        raise ValueError(
            "class_weight leaves no row with a weight above 0: the rows are all of "
            "classes that it gives the weight 0."
        )
    return check_range_of_weights(weights, "sample_weight times class_weight")


def _balanced(totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weight of each class, given the sum of its rows' weights."""
    has_rows = totals > 0
    frequencies = totals[has_rows] / totals.sum()
    of_classes = np.zeros_like(totals)
    # It may be infinite, which check_range_of_weights refuses.
    of_classes[has_rows] = 1 / (len(frequencies) * frequencies)
    return of_classes


def _weights_of_classes(class_weight: dict[Any, Any], labels: list[Any]) -> NDArray[np.float64]:
    """Return the weight of each class: the dict's, or 1.

    A dict may name a class that the rows lack, as a fold of them may, if it names all others.
    Otherwise one of its names may be misspelt.
    """
    try:
        given = np.array(list(class_weight.values()), np.float64)
    except (AttributeError, OverflowError, TypeError, ValueError) as error:
        raise ValueError(f"class_weight must have numbers; got {class_weight}.") from error
    if not (np.isfinite(given) & (given >= 0)).all():
        raise ValueError(f"class_weight must be non-negative and finite; got {class_weight}.")
    unknown = [label for label in class_weight if label not in labels]
    unnamed = [label for label in labels if label not in class_weight]
    if unknown and unnamed:
        raise ValueError(
            f"class_weight has labels that are no classes: {unknown}, and none for "
            f"{unnamed}. The classes are {labels}; name all of them, or no other label."
        )
    return np.array([class_weight.get(label, 1.0) for label in labels], np.float64)
