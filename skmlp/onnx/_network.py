"""The classifiers as ONNX graphs.

To add an activation: an entry in ``ACTIVATION_FORMS``.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skl2onnx._parse import _parse_sklearn_classifier
from skl2onnx.common.data_types import (
    Int64TensorType,
    StringTensorType,
    guess_numpy_type,
    guess_tensor_type,
)
from skl2onnx.common.graph_builder_opset import Opset
from skl2onnx.common.utils_classifier import get_label_classes
from sklearn.utils.validation import check_is_fitted

from skmlp._border.activations import ACTIVATIONS, LEAK, SELU_ALPHA, SELU_SCALE
from skmlp._border.layout import ACTIVATION
from skmlp._ensemble import Ensemble
from skmlp._outputs.base import Output
from skmlp._outputs.classes import Binary, Multinomial
from skmlp.onnx._tensor import Tensor, alias, emit, joined

# The option of a network whose representation, another estimator's input, is its only output.
ALONE = "only"


# Activations. Where onnxruntime has only float32, they are composed of operators that it has in
# float64, too; the exception is erf.


def _min_0(z: Tensor) -> Tensor:
    return z.apply("Min", 0.0)


def _prelu(z: Tensor, slopes: Any) -> Tensor:
    return z.apply("Relu") + _min_0(z) * slopes


def _elu(z: Tensor, alpha: float = 1.0) -> Tensor:
    return z.apply("Relu") + (_min_0(z).apply("Exp") - 1.0) * alpha


def _gelu(z: Tensor) -> Tensor:
    erf = (z * sqrt(0.5)).cast(np.float32).apply("Erf").cast(z.dtype)
    return z * ((erf + 1.0) * 0.5)


def _softplus(z: Tensor) -> Tensor:
    return z.apply("Relu") + ((-abs(z)).apply("Exp") + 1.0).apply("Log")


# The ONNX form of each activation, a function of z; prelu's also takes the slopes of the layer.
ACTIVATION_FORMS: dict[str, Callable[..., Tensor]] = {
    "identity": lambda z: z,
    "logistic": lambda z: z.apply("Sigmoid"),
    "sigmoid": lambda z: z.apply("Sigmoid"),
    "tanh": lambda z: z.apply("Tanh"),
    "relu": lambda z: z.apply("Relu"),
    "leaky_relu": lambda z: _prelu(z, LEAK),
    "prelu": _prelu,
    "elu": _elu,
    "selu": lambda z: _elu(z, SELU_ALPHA) * SELU_SCALE,
    "gelu": _gelu,
    "silu": lambda z: z * z.apply("Sigmoid"),
    "mish": lambda z: z * _softplus(z).apply("Tanh"),
    "softplus": _softplus,
}


def _beside_rows(vectors: NDArray[Any]) -> NDArray[Any]:
    """Return vectors (..., width) in a shape that is broadcast over rows, (..., 1, width)."""
    return vectors[..., None, :]


def _activations(ensemble: Ensemble) -> list[Callable[[Tensor], Tensor]]:
    """Return the activations of all layers; the last one's is the identity.

    Raises
    ------
    NotImplementedError
        One has no ONNX form.
    """
    slopes = iter(ensemble.slopes)
    result = []
    for code in ensemble.layers[:, ACTIVATION]:
        name = next(name for name, known in ACTIVATIONS.items() if known.code == code)
        if name not in ACTIVATION_FORMS:
            raise NotImplementedError(f"The activation {name!r} has no ONNX form yet.")
        form = ACTIVATION_FORMS[name]
        if ACTIVATIONS[name].learns_slopes:
            form = partial(form, slopes=_beside_rows(next(slopes)))
        result.append(form)
    return result


def _layers(x: Tensor, ensemble: Ensemble) -> Iterator[Tensor]:
    """Yield the outputs of the layers, the logits last.

    They have the shape (n, width), or (n_members, n, width) of several members, whose products
    are batched.
    """
    parts = zip(ensemble.coefs, ensemble.intercepts, _activations(ensemble), strict=True)
    for weights, biases, activate in parts:
        x = activate(x @ weights + _beside_rows(biases))
        yield x


# The probabilities of each output, as a function of its logits.
PROBABILITY_FORMS: dict[type[Output], Callable[[Tensor], Tensor]] = {
    Binary: lambda logits: joined([(-logits).apply("Sigmoid"), logits.apply("Sigmoid")]),
    Multinomial: lambda logits: logits.apply("Softmax", axis=-1),
}


def _probabilities(logits: Tensor, network: Any) -> Tensor:
    """Return the probabilities (n, n_classes), the mean of the members'."""
    p = PROBABILITY_FORMS[type(network._output)](logits)
    if len(network._ensemble.theta) == 1:
        return p
    return p.apply("ReduceMeanAnyOpset", np.array([0]), keepdims=0)


def _scores(logits: Tensor, p: Tensor, network: Any) -> Tensor:
    """Return the decision function; for two classes it and its negative, in reverse order."""
    output = network._output
    has_logits = len(network._ensemble.theta) == 1 and output.can_be_watched
    scores = logits if has_logits else p.apply("Log")
    if output.score_shape:
        return scores
    if not has_logits or output.n_logits > 1:
        scores = scores.take([1]) - scores.take([0])
    return joined([-scores, scores])


def _prediction(logits: Tensor, scope: Any, network: Any, dtype: Any) -> list[Tensor]:
    """Return the labels (n,), and the probabilities (n, n_classes), or scores if wanted."""
    p = _probabilities(logits, network)
    scores = _scores(logits, p, network)
    codes = scores.apply("ArgMax", dtype=np.int64, axis=-1, keepdims=0)
    labels = codes.look_up(_labels(get_label_classes(scope, network)))
    if scope.get_options(network, {"raw_scores": False})["raw_scores"]:
        return [labels, scores.cast(dtype)]
    return [labels, p.cast(dtype).apply("Max", np.finfo(dtype).tiny)]


def _labels(classes: NDArray[Any]) -> NDArray[Any]:
    """Return class labels of a type that ONNX has: int64, or strings.

    Raises
    ------
    NotImplementedError
        They are neither numbers of 64 bits, booleans nor strings.
    """
    given = classes.tolist()
    labels = np.array(given)
    # Classes that are floats are integers, too.
    if labels.dtype.kind in "biuf" and min(given) >= -(2**63) and max(given) < 2**63:
        return labels.astype(np.int64)
    if labels.dtype.kind == "U":
        return labels.astype(object)
    raise NotImplementedError(
        f"ONNX has no type for class labels like {classes[0]!r}: they must be numbers that "
        "int64 can be, booleans or strings."
    )


def _representation(hidden: Sequence[Tensor], network: Any) -> Tensor:
    """Return the representation, given the outputs of its hidden layers."""
    result = joined(hidden)
    if len(network._ensemble.theta) == 1:
        return result
    # (n_members, n, width) to the members side by side.
    by_rows = result.apply("Transpose", perm=[1, 0, 2])
    return by_rows.apply("Reshape", np.array([-1, network._n_features_out]))


def convert_network(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes of a classifier to the graph."""
    network, graph = operator.raw_operator, Opset(container, scope)
    ensemble = network._ensemble
    inputs = [Tensor.of(graph, variable) for variable in operator.inputs]
    layers = _layers(joined([x.cast(ensemble.theta.dtype) for x in inputs]), ensemble)
    dtype = guess_numpy_type(guess_tensor_type(operator.inputs[0].type))
    predicts, transforms = _wanted(operator)
    numbers = network._transformed_layers() if transforms else []
    # Layers behind the last one that is needed would be nodes without use.
    outputs = list(islice(layers, ensemble.depth if predicts else max(numbers)))
    results = _prediction(outputs[-1], scope, network, dtype) if predicts else []
    if transforms:
        hidden = [outputs[number - 1] for number in numbers]
        results.append(_representation(hidden, network).cast(dtype))
    for result, variable in zip(results, operator.outputs, strict=True):
        emit(result, variable, container)


def _wanted(operator: Any) -> tuple[bool, bool]:
    """Return whether there are the outputs of `predict`, and that of `transform`."""
    # Representation alone; labels and probabilities; or all three.
    n_outputs = len(operator.outputs)
    return n_outputs > 1, n_outputs != 2


def shape_of_network(operator: Any) -> None:
    """Tell skl2onnx the shapes of the outputs, and the type of the labels."""
    network, n_rows = operator.raw_operator, operator.inputs[0].get_first_dimension()
    check_is_fitted(network)
    predicts, transforms = _wanted(operator)
    if predicts:
        labels = _labels(get_label_classes(operator.scope_inst, network))
        is_text = labels.dtype == object
        label_type = StringTensorType if is_text else Int64TensorType
        operator.outputs[0].set_type(label_type([n_rows]))
        operator.outputs[1].type.shape = [n_rows, network._output.n_means]
    if transforms:
        network._transformed_layers()  # it raises an error if there is none
        operator.outputs[-1].type.shape = [n_rows, network._n_features_out]


def parse_network(
    scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None
) -> list[Any]:
    """Declare the outputs: labels and probabilities, the representation, or both."""
    transform = scope.get_options(model, {"transform": False})["transform"]
    outputs: list[Any] = []
    if transform == ALONE:
        operator = scope.declare_local_operator(alias(type(model)), model)
        operator.inputs = inputs
    else:
        outputs = list(_parse_sklearn_classifier(scope, model, inputs, custom_parsers))
        if not transform:
            return outputs
        # skl2onnx's parser has declared it, and does not return it.
        operator = [o for o in scope.operators.values() if o.raw_operator is model][-1]
    representation = scope.declare_local_variable(
        "representation", guess_tensor_type(inputs[0].type)
    )
    operator.outputs.append(representation)
    return [*outputs, representation]
