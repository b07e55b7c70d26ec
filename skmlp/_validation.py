"""Checks of parameters that scikit-learn's constraints cannot express."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from numbers import Integral, Real
from typing import Any

import numpy as np

from skmlp._border.activations import ACTIVATIONS
from skmlp._border.optimizers import OPTIMIZERS
from skmlp._parameters import suggestion
from skmlp._types import Params

# Types that are no integers.
_NEVER_TOO_LARGE = frozenset({bool, float, str, type(None)})
# Largest number of weights: more than fit into memory, and few enough for int64 byte counts.
_LARGEST_NETWORK = 10**15


def check_hidden_layer_sizes(sizes: Any) -> tuple[int, ...]:
    """Return the hidden widths as a tuple of int; empty for a linear model.

    Raises
    ------
    TypeError
        A width is not an integer.
    ValueError
        A width is not positive.
    """
    # As objects, since NumPy would convert integers beside a float to floats.
    widths = list(np.atleast_1d(np.array(sizes, dtype=object)))
    if not all(isinstance(width, Integral) for width in widths):
        raise TypeError(f"hidden_layer_sizes must be integers, got {widths}.")
    if any(width <= 0 for width in widths):
        raise ValueError(f"hidden_layer_sizes must be > 0, got {widths}.")
    return tuple(int(width) for width in widths)


def check_n_weights(units: Sequence[int], n_members: int) -> None:
    """Raise ValueError if no memory can hold a network of such layers.

    Python's integers multiply their sizes, as NumPy's would overflow silently.
    """
    n_products = sum(a * b for a, b in pairwise(units))
    if n_members * n_products > _LARGEST_NETWORK:
        raise ValueError(
            f"hidden_layer_sizes={tuple(units[1:-1])} and n_members={n_members} make more than "
            f"{_LARGEST_NETWORK:.0e} weights with {units[0]} features."
        )


def _one_a_layer(setting: Any, n_hidden: int) -> list[Any]:
    """Return a list of settings, one per hidden layer, of one for all or of several."""
    settings = np.array(setting, dtype=object)
    return [settings.item()] * n_hidden if settings.ndim == 0 else list(settings)


def check_activations(activation: Any, n_hidden: int) -> list[str]:
    """Return the name of each hidden layer's activation, given one for all or one for each.

    Raises
    ------
    ValueError
        The number of names is not that of hidden layers, or a name is unknown.
    """
    names = _one_a_layer(activation, n_hidden)
    if len(names) != n_hidden:
        raise ValueError(
            f"activation must be one name, or one for each of the {n_hidden} hidden layers; "
            f"got {names}."
        )
    unknown = [name for name in names if not isinstance(name, str) or name not in ACTIVATIONS]
    if unknown:
        raise ValueError(
            f"activation must be among {sorted(ACTIVATIONS)}; got {unknown}."
            f"{suggestion(unknown[0], ACTIVATIONS)}"
        )
    return names


def check_dropout(dropout: Any, n_hidden: int) -> tuple[float, ...]:
    """Return the rate of each hidden layer, given one for all or one for each.

    Raises
    ------
    ValueError
        The number of rates is not that of hidden layers, or one is outside [0, 1).
    """
    rates = _one_a_layer(dropout, n_hidden)
    if len(rates) != n_hidden:
        raise ValueError(
            f"dropout must be one rate, or one for each of the {n_hidden} hidden layers; "
            f"got {rates}."
        )
    if not all(isinstance(rate, Real) and 0 <= float(rate) < 1 for rate in rates):
        raise ValueError(f"dropout must be rates in [0, 1); got {rates}.")
    return tuple(float(rate) for rate in rates)


def check_quantile(quantile: Any) -> tuple[float, ...]:
    """Return the levels of quantiles, given one or several.

    Raises
    ------
    ValueError
        One is not between 0 and 1, or there twice; or there is none.
    """
    levels = np.array(quantile, dtype=object)
    values = [levels.item()] if levels.ndim == 0 else list(levels)
    is_valid = all(isinstance(level, Real) and 0 < float(level) < 1 for level in values)
    if levels.ndim > 1 or not values or not is_valid:
        raise ValueError(
            "quantile must be a number above 0 and below 1, or a sequence of such; got "
            f"{quantile!r}."
        )
    if len(set(values)) < len(values):
        raise ValueError(f"quantile must have each number once; got {quantile!r}.")
    return tuple(float(level) for level in values)


def check_numbers(names: Iterable[str], params: Params) -> None:
    """Raise ValueError if a parameter is an integer too large for a float."""
    for name in names:
        value = getattr(params, name)
        if type(value) in _NEVER_TOO_LARGE:
            continue
        numbers = value if isinstance(value, list | tuple) else [value]
        try:
            # Python's integers have no limit, and pass scikit-learn's intervals.
            [float(number) for number in numbers if isinstance(number, Real)]
        except OverflowError as error:
            raise ValueError(f"{name} is too large: {error}") from error


def check_together(params: Params) -> None:
    """Raise ValueError if parameters exclude each other."""
    scaling = [name for name, optimizer in OPTIMIZERS.items() if optimizer.scales_inputs]
    if params.scaling_rate and params.solver not in scaling:
        raise ValueError(
            f"scaling_rate is for solver={' or '.join(map(repr, scaling))} alone; got "
            f"solver={params.solver!r}."
        )
    if params.temperature_scaling and not params.early_stopping:
        raise ValueError(
            "temperature_scaling=True needs rows that training does not see: set "
            "early_stopping=True as well."
        )
    if params.solver != "lbfgs":
        return
    if params.n_members > 1 or params.temperature_scaling:
        raise ValueError(
            "solver='lbfgs' trains one network, to the end: n_members must be 1, and "
            "temperature_scaling False."
        )
    hidden = check_hidden_layer_sizes(params.hidden_layer_sizes)
    if any(check_dropout(params.dropout, len(hidden))):
        raise ValueError(
            "solver='lbfgs' needs the same objective at each step, which dropout "
            "changes: use a stochastic solver, or dropout=0."
        )


def check_watched(params: Params, X_val: Any, y_val: Any, sample_weight_val: Any) -> None:
    """Raise ValueError if validation rows are incomplete, or early stopping is off."""
    if (X_val is None) != (y_val is None):
        raise ValueError("X_val and y_val must be given together.")
    if X_val is None and sample_weight_val is not None:
        raise ValueError("sample_weight_val is given without X_val and y_val.")
    if X_val is not None and not params.early_stopping:
        raise ValueError("X_val is for early stopping: set early_stopping=True as well.")
    if X_val is not None and params.solver == "lbfgs":
        raise ValueError("solver='lbfgs' does not stop early, and takes no X_val.")


def check_same_architecture(
    units: Sequence[int], fitted: Sequence[int], n_members: int, n_fitted: int
) -> None:
    """Raise ValueError if training would resume with other or more or fewer networks."""
    if n_members != n_fitted:
        raise ValueError(
            f"Training cannot resume: there are {n_fitted} networks, and n_members now asks "
            f"for {n_members}. Keep n_members, or fit anew with warm_start=False."
        )
    if list(units) != list(fitted):
        raise ValueError(
            f"Training cannot resume: the network was built with layers of {list(fitted)} "
            f"units, and hidden_layer_sizes and the data now ask for {list(units)}. Keep "
            "hidden_layer_sizes, or fit anew with warm_start=False."
        )
