"""What kernels hand on together: named tuples, which cost nothing in compiled code.

They are made below the border, in :func:`skmlp._kernels.epoch.run_epoch` alone: numba looks at
each field of a tuple that Python hands it, which for four of these took 33 µs a call, against
6 µs for the same arguments one by one.

``data``, ``indices``, ``indptr`` and ``saved`` are in none of them. numba leaves out the code
for an argument that is None, but not for a field that is.
"""

from typing import Any, NamedTuple


class Net(NamedTuple):
    """A network.

    Attributes
    ----------
    theta : array of shape (p,)
    layers : int array of shape (K, 7)
        See :mod:`skmlp._border.layout`.
    """

    theta: Any
    layers: Any


class Batch(NamedTuple):
    """A minibatch, or all that a pass goes through at a time.

    Attributes
    ----------
    rows : int array of shape (m,)
        Which rows of the training set it consists of.
    dense : array of shape (n, d) or (0, d)
        The whole input where that is dense.
    targets : array of shape (n, t)
        Of all rows.
    weights : array of shape (n,)
    """

    rows: Any
    dense: Any
    targets: Any
    weights: Any


class Task(NamedTuple):
    """A part of a stage.

    Attributes
    ----------
    number : int
        Counted from 0.
    n_tasks : int
        How many parts there are.
    """

    number: Any
    n_tasks: Any


class Criterion(NamedTuple):
    """What the outputs are judged by, without the penalty.

    Attributes
    ----------
    loss : int
        Code of the loss.
    settings : float64 array
        Of the loss; see :mod:`skmlp._border.losses`.
    grad_scale : float
        Factor of the gradient: one over the number of rows that share it.
    """

    loss: Any
    settings: Any
    grad_scale: Any


class Dropout(NamedTuple):
    """Which outputs fall out in a step.

    Attributes
    ----------
    rates : float64 array of shape (K,)
        Chance of 0 for the outputs of each layer.
    seed : int
    step : int
        Number of the step, which the masks depend on.
    """

    rates: Any
    seed: Any
    step: Any


class Gradient(NamedTuple):
    """The gradient of a batch, without that of the penalty.

    Attributes
    ----------
    values : array
        Of one term or two, :func:`skmlp._kernels.optimizers.stride_of` p elements apart.
    n_terms : int
    """

    values: Any
    n_terms: Any


class Buffers(NamedTuple):
    """Room for a batch on its way, laid out for its m rows.

    Attributes
    ----------
    work : array
        The outputs of all layers, and behind them a dense input's rows.
    deltas : array
        ∂L/∂Z of all layers.
    delta_sums : array
        Column sums of the deltas over chunks of rows.
    weights_t : array
        The transposed weights of all layers but the first.
    scratch : array
        Packed parts of a product's operand; of this thread alone.
    """

    work: Any
    deltas: Any
    delta_sums: Any
    weights_t: Any
    scratch: Any


class Step(NamedTuple):
    """A step of an optimizer.

    Attributes
    ----------
    number : int
        Counted from 1, over all epochs.
    rate : float
        Learning rate.
    penalty : float
        Of the weights: ``penalty / 2 * Σ θ²`` is part of the objective.
    clipping : float
        What the gradient is multiplied by before, 1 at most.
    """

    number: Any
    rate: Any
    penalty: Any
    clipping: Any
