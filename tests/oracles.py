"""Naive NumPy versions of the kernels, written for reading and not for speed."""

import numpy as np
from scipy.special import expit, log_softmax, softmax

ACTIVATIONS = {
    "identity": (lambda z: z, np.ones_like),
    "logistic": (expit, lambda z: expit(z) * expit(-z)),
    "sigmoid": (expit, lambda z: expit(z) * expit(-z)),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype)),
}


def binary_loss(logits, y):
    """Loss of each row, and its derivative by the logits (m, 1)."""
    z = logits[:, 0]
    return np.logaddexp(0, z) - y * z, (expit(z) - y)[:, None]


def multinomial_loss(logits, y):
    """Loss of each row, and its derivative by the logits (m, k)."""
    one_hot = np.eye(logits.shape[1])[y]
    return -(one_hot * log_softmax(logits, axis=1)).sum(axis=1), softmax(
        logits, axis=1
    ) - one_hot


LOSSES = {"binary": binary_loss, "multinomial": multinomial_loss}


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


OPTIMIZERS = {"sgd": sgd, "adam": adam}


def forward(X, coefs, intercepts, activation):
    """Outputs of every layer, the logits last."""
    outputs = [X]
    for k, (weights, biases) in enumerate(zip(coefs, intercepts, strict=True)):
        z = outputs[-1] @ weights + biases
        outputs.append(z if k == len(coefs) - 1 else ACTIVATIONS[activation][0](z))
    return outputs[1:]
