"""The networks as ONNX graphs.

To add an activation: an entry in ``ACTIVATION_FORMS``.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skl2onnx._parse import _parse_sklearn_classifier, _parse_sklearn_simple_model
from skl2onnx.common.data_types import (
    Int64TensorType,
    StringTensorType,
    guess_numpy_type,
    guess_tensor_type,
)
from skl2onnx.common.graph_builder_opset import Opset
from skl2onnx.common.utils_classifier import get_label_classes
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from skmlp._border.activations import ACTIVATIONS, LEAK, SELU_ALPHA, SELU_SCALE
from skmlp._border.layout import ACTIVATION
from skmlp._ensemble import Ensemble
from skmlp._outputs.base import Output
from skmlp._outputs.classes import Binary, Multinomial
from skmlp._outputs.labels import Multilabel
from skmlp._outputs.numbers import Numbers
from skmlp.onnx._tensor import Tensor, alias, emit, joined

# Option of a network whose only output is the representation, as input of another estimator.
ALONE = "only"
_REPRESENTATION = "representation"


# Activations. Some operators exist in onnxruntime for float32 only. The forms here are made of
# operators that it has for float64 as well, except for erf.


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


# The ONNX form of each activation: a function of z, and for prelu also of the layer's slopes.
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
        An activation has no ONNX form.
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

    Their shape is (n, width). With several members it is (n_members, n, width), and the
    products are batched.
    """
    parts = zip(ensemble.coefs, ensemble.intercepts, _activations(ensemble), strict=True)
    for weights, biases, activate in parts:
        x = activate(x @ weights + _beside_rows(biases))
        yield x


def _means_of_numbers(logits: Tensor, output: Output) -> Tensor:
    if output.loss.link == "exp":
        return logits.apply("Exp")
    if not output.loss.is_of_one_target:
        return logits
    return logits.first_of("TopK", np.array([output.n_logits]), axis=-1, largest=0, sorted=1)


# The mean responses of each output, as a function of its logits.
MEAN_FORMS: dict[type[Output], Callable[[Tensor, Output], Tensor]] = {
    Binary: lambda logits, _: joined([(-logits).apply("Sigmoid"), logits.apply("Sigmoid")]),
    Multinomial: lambda logits, _: logits.apply("Softmax", axis=-1),
    Multilabel: lambda logits, _: logits.apply("Sigmoid"),
    Numbers: _means_of_numbers,
}


def _means(logits: Tensor, network: Any) -> Tensor:
    """Return the mean responses (n, c), the mean of the members'."""
    means = MEAN_FORMS[type(network._output)](logits, network._output)
    if len(network._ensemble.theta) == 1:
        return means
    return means.apply("ReduceMeanAnyOpset", np.array([0]), keepdims=0)


def _numbers(logits: Tensor, network: Any, dtype: Any) -> Tensor:
    """Return predictions (n, n_outputs): the regressor's, always with two dimensions."""
    output = network._output
    numbers = _means(logits, network).cast(dtype)
    if not output.scale.is_none:
        numbers = numbers * output.factor.astype(dtype) + output.shift.astype(dtype)
    order = output.levels.argsort().argsort()
    return numbers.take(order) if output.loss.is_of_one_target else numbers


def _scores(logits: Tensor, p: Tensor, network: Any) -> Tensor:
    """Return the decision function; for two classes its negative, and then itself."""
    output = network._output
    has_logits = len(network._ensemble.theta) == 1 and output.can_be_watched
    if isinstance(output, Multilabel):
        if has_logits:
            return logits
        absent = (-p + 1.0).apply("Max", np.finfo(p.dtype).epsneg / 2)
        return p.apply("Log") - absent.apply("Log")
    scores = logits if has_logits else p.apply("Log")
    if output.score_shape:
        return scores
    if not has_logits or output.n_logits > 1:
        scores = scores.take([1]) - scores.take([0])
    return joined([-scores, scores])


def _prediction(logits: Tensor, scope: Any, network: Any, dtype: Any) -> list[Tensor]:
    """Return what the network predicts.

    For a regressor that is numbers. For a classifier it is labels (n,), or indicators
    (n, n_labels), and the probabilities, or the scores if the options ask for them.
    """
    if isinstance(network._output, Numbers):
        return [_numbers(logits, network, dtype)]
    p = _means(logits, network)
    scores = _scores(logits, p, network)
    of_labels = isinstance(network._output, Multilabel)
    if of_labels:
        labels = (scores > 0.0).cast(np.int64)
    else:
        codes = scores.apply("ArgMax", dtype=np.int64, axis=-1, keepdims=0)
        labels = codes.look_up(_labels(get_label_classes(scope, network)))
    if scope.get_options(network, {"raw_scores": False})["raw_scores"]:
        return [labels, scores.cast(dtype)]
    p = p.cast(dtype).apply("Max", np.finfo(dtype).tiny)
    return [labels, p.apply("Min", 1 - np.finfo(dtype).epsneg) if of_labels else p]


def _labels(classes: NDArray[Any]) -> NDArray[Any]:
    """Return class labels of a type that ONNX has: int64, or strings.

    Raises
    ------
    NotImplementedError
        They are neither numbers that int64 can hold, nor booleans, nor strings.
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
    # From (n_members, n, width) to (n, n_members * width): the members side by side.
    by_rows = result.apply("Transpose", perm=[1, 0, 2])
    return by_rows.apply("Reshape", np.array([-1, network._n_features_out]))


def convert_network(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes of a network to the graph."""
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
    names = [variable.raw_name for variable in operator.outputs]
    transforms = _REPRESENTATION in names
    return len(names) > transforms, transforms


def shape_of_network(operator: Any) -> None:
    """Tell skl2onnx the shapes of the outputs, and the type of the labels."""
    network, n_rows = operator.raw_operator, operator.inputs[0].get_first_dimension()
    check_is_fitted(network)
    predicts, transforms = _wanted(operator)
    if predicts:
        output = network._output
        # The last that is predicted: probabilities, or numbers.
        operator.outputs[-1 - transforms].type.shape = [n_rows, output.n_means]
        if not isinstance(output, Numbers):
            labels = _labels(get_label_classes(operator.scope_inst, network))
            is_text = labels.dtype == object
            label_type = StringTensorType if is_text else Int64TensorType
            shape = [n_rows, *(getattr(output, "decision_shape", ()))]
            operator.outputs[0].set_type(label_type(shape))
    if transforms:
        network._transformed_layers()  # it raises an error if there is none
        operator.outputs[-1].type.shape = [n_rows, network._n_features_out]


def parse_network(
    scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None
) -> list[Any]:
    """Declare the outputs: what is predicted, the representation, or both."""
    transform = scope.get_options(model, {"transform": False})["transform"]
    outputs: list[Any] = []
    if transform == ALONE:
        operator = scope.declare_local_operator(alias(type(model)), model)
        operator.inputs = inputs
    else:
        parse = (
            _parse_sklearn_classifier if is_classifier(model) else _parse_sklearn_simple_model
        )
        outputs = list(parse(scope, model, inputs, custom_parsers))
        if not transform:
            return outputs
        # skl2onnx's parser has declared it, and does not return it.
        operator = [o for o in scope.operators.values() if o.raw_operator is model][-1]
    representation = scope.declare_local_variable(
        _REPRESENTATION, guess_tensor_type(inputs[0].type)
    )
    operator.outputs.append(representation)
    return [*outputs, representation]
