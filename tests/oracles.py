"""Naive NumPy versions of the kernels, written for reading and not for speed."""

import numpy as np
from scipy.special import expit, log_softmax, ndtr, softmax, xlogy

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def normal_density(z):
    return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def softplus(z):
    return np.logaddexp(0, z)


def times(z, factor):
    """Return z times a factor that vanishes faster than z grows."""
    with np.errstate(invalid="ignore"):
        return np.where(factor == 0, 0.0, z * factor)


def mish_derivative(z):
    t = np.tanh(softplus(z))
    return t + times(z, (1 - t**2) * expit(z))


ACTIVATIONS = {
    "identity": (lambda z: z, np.ones_like),
    "logistic": (expit, lambda z: expit(z) * expit(-z)),
    "sigmoid": (expit, lambda z: expit(z) * expit(-z)),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype)),
    "leaky_relu": (
        lambda z: np.where(z > 0, z, 0.01 * z),
        lambda z: np.where(z > 0, 1.0, 0.01),
    ),
    # Where the slopes begin.
    "prelu": (lambda z: np.where(z > 0, z, 0.25 * z), lambda z: np.where(z > 0, 1.0, 0.25)),
    "elu": (
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        lambda z: np.where(z > 0, 1.0, np.exp(np.minimum(z, 0))),
    ),
    "selu": (
        lambda z: SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(np.minimum(z, 0))),
        lambda z: SELU_SCALE * np.where(z > 0, 1.0, SELU_ALPHA * np.exp(np.minimum(z, 0))),
    ),
    "gelu": (lambda z: times(z, ndtr(z)), lambda z: ndtr(z) + times(z, normal_density(z))),
    "silu": (
        lambda z: times(z, expit(z)),
        lambda z: expit(z) + times(z, expit(z) * expit(-z)),
    ),
    "mish": (lambda z: times(z, np.tanh(softplus(z))), mish_derivative),
    "softplus": (softplus, expit),
}


def binary_loss(logits, y):
    """Loss of each row, and its derivative by the logits (m, q), of one label or several."""
    y = y.reshape(logits.shape)
    return (np.logaddexp(0, logits) - y * logits).sum(axis=1), expit(logits) - y


def multinomial_loss(logits, y):
    """Loss of each row, and its derivative by the logits (m, k)."""
    one_hot = np.eye(logits.shape[1])[y]
    return -(one_hot * log_softmax(logits, axis=1)).sum(axis=1), softmax(
        logits, axis=1
    ) - one_hot


def squared_error(outputs, y):
    """Loss of each row, and scikit-learn's derivative, which is that of the sum."""
    return ((outputs - y) ** 2).mean(axis=1) / 2, outputs - y


def poisson_loss(logits, y):
    """Half the deviance of each row, and its derivative by the logits (m, q)."""
    means = np.exp(logits)
    return (xlogy(y, y / means) - y + means).sum(axis=1), means - y


def gamma_loss(logits, y):
    """Half the deviance of each row, and its derivative by the logits (m, q)."""
    ratios = y / np.exp(logits)
    return (ratios - np.log(ratios) - 1).sum(axis=1), 1 - ratios


def absolute_error(outputs, y):
    """Loss of each row, and its derivative by the outputs (m, q)."""
    return np.abs(outputs - y).sum(axis=1), np.sign(outputs - y)


# Of the quantiles in tests of the loss.
LEVELS = np.array([0.1, 0.5, 0.75, 0.9])


def pinball_loss(outputs, y, levels=LEVELS[:1]):
    """Loss of each row, and its derivative by the outputs (m, q)."""
    below = levels * np.maximum(y - outputs, 0)
    above = (1 - levels) * np.maximum(outputs - y, 0)
    slopes = np.where(outputs > y, 1 - levels, -levels)
    return (below + above).sum(axis=1), np.where(outputs == y, 0, slopes)


LOSSES = {
    "binary": binary_loss,
    "multinomial": multinomial_loss,
    "squared_error": squared_error,
    "poisson": poisson_loss,
    "gamma": gamma_loss,
    "absolute_error": absolute_error,
    "quantile": pinball_loss,
    "quantiles": lambda outputs, y: pinball_loss(outputs, y, LEVELS),
}


def sgd(gradients, rates, theta, *, momentum, nesterovs_momentum):
    velocity = np.zeros_like(theta)
    for gradient, rate in zip(gradients, rates, strict=True):
        velocity = momentum * velocity - rate * gradient
        step = momentum * velocity - rate * gradient if nesterovs_momentum else velocity
        theta = theta + step
    return theta


def adam(gradients, rates, theta, *, beta_1, beta_2, epsilon):
    first, second = np.zeros_like(theta), np.zeros_like(theta)
    for t, (gradient, rate) in enumerate(zip(gradients, rates, strict=True), start=1):
        first = beta_1 * first + (1 - beta_1) * gradient
        second = beta_2 * second + (1 - beta_2) * gradient**2
        size = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        theta = theta - size * first / (np.sqrt(second) + epsilon)
    return theta


def adamw(gradients, rates, theta, *, beta_1, beta_2, epsilon, alpha, scaling_rate=0.0):
    """As torch has it; without factors of inputs, whose rate is of no account."""
    first, second = np.zeros_like(theta), np.zeros_like(theta)
    for t, (gradient, rate) in enumerate(zip(gradients, rates, strict=True), start=1):
        first = beta_1 * first + (1 - beta_1) * gradient
        second = beta_2 * second + (1 - beta_2) * gradient**2
        corrected, spread = first / (1 - beta_1**t), second / (1 - beta_2**t)
        theta = theta * (1 - rate * alpha) - rate * corrected / (np.sqrt(spread) + epsilon)
    return theta


OPTIMIZERS = {"sgd": sgd, "adam": adam, "adamw": adamw}


def forward(X, coefs, intercepts, activation, slopes=()):
    """Outputs of every layer, the logits last; `slopes` are those of prelu where it learnt."""
    outputs = [X]
    for k, (weights, biases) in enumerate(zip(coefs, intercepts, strict=True)):
        z = outputs[-1] @ weights + biases
        if k < len(slopes):
            z = np.where(z > 0, z, slopes[k] * z)
        elif k < len(coefs) - 1:
            z = ACTIVATIONS[activation][0](z)
        outputs.append(z)
    return outputs[1:]
