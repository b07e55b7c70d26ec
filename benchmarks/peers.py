"""The contenders of the benchmarks: each trains the same network with Adam, an epoch at a time.

A contender is built from a problem, compiles or warms up what it must in `prepare`, and then
trains for whole epochs in `run`. A peer that is not installed is left out by `available`.
"""

import importlib.util
import itertools
import os

# XLA reads this when jax is first imported.
os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

import skmlp

ALPHA, RATE = 1e-4, 1e-3


class Skmlp:
    """The package itself."""

    name, module = "skmlp", "skmlp"

    def __init__(self, shape, activation, X, y):
        self.X, self.y = X, y
        parameters = estimator_parameters(shape, activation)
        self.estimator = self.estimator_for(shape.loss)(**parameters)

    def estimator_for(self, loss):
        return {
            "binary": skmlp.MLPBinaryClassifier,
            "multinomial": skmlp.MLPMulticlassClassifier,
            "squared_error": skmlp.MLPRegressor,
        }[loss]

    def prepare(self):
        self.run(1)

    def run(self, n_epochs):
        # fit draws the initial weights and checks the input anew: a few epochs a call.
        self.estimator.set_params(max_iter=n_epochs).fit(self.X, self.y)


class ScikitLearn(Skmlp):
    """scikit-learn's MLPClassifier, or its MLPRegressor."""

    name, module = "scikit-learn", "sklearn"

    def estimator_for(self, loss):
        return MLPRegressor if loss == "squared_error" else MLPClassifier


def estimator_parameters(shape, activation):
    return {
        "hidden_layer_sizes": shape.hidden,
        "activation": activation,
        "alpha": ALPHA,
        "batch_size": shape.batch_size,
        "n_iter_no_change": 10_000,
        "learning_rate_init": RATE,
        "random_state": 0,
    }


# What all contenders have.
ACTIVATIONS = ["relu", "tanh", "logistic"]


class Torch:
    """PyTorch, eager, with its fused Adam."""

    name, module, n_threads = "torch", "torch", 1

    def __init__(self, shape, activation, X, y):
        import torch

        torch.set_num_threads(self.n_threads)
        torch.manual_seed(0)
        functions = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "logistic": torch.nn.Sigmoid}
        layers = []
        for fan_in, fan_out in itertools.pairwise(shape.units):
            layers += [torch.nn.Linear(fan_in, fan_out), functions[activation]()]
        self.torch, self.batch_size = torch, shape.batch_size
        self.is_multinomial = shape.loss == "multinomial"
        dtype = torch.float32 if X.dtype == np.float32 else torch.float64
        self.network = torch.nn.Sequential(*layers[:-1]).to(dtype)
        self.X = torch.from_numpy(X)
        self.y = torch.from_numpy(y).to(torch.int64 if self.is_multinomial else dtype)
        losses = {
            "binary": torch.nn.BCEWithLogitsLoss,
            "multinomial": torch.nn.CrossEntropyLoss,
            "squared_error": torch.nn.MSELoss,
        }
        self.loss = losses[shape.loss]()
        decay = ALPHA / shape.batch_size
        parameters = self.network.parameters()
        self.optimizer = torch.optim.Adam(parameters, RATE, weight_decay=decay, fused=True)

    def prepare(self):
        self.run(1)

    def run(self, n_epochs):
        for _ in range(n_epochs):
            for rows in self.torch.randperm(len(self.X)).split(self.batch_size):
                logits = self.network(self.X[rows])
                if not self.is_multinomial:
                    logits = logits.squeeze(1)
                self.optimizer.zero_grad(set_to_none=True)
                self.loss(logits, self.y[rows]).backward()
                self.optimizer.step()


class Jax:
    """JAX: one compiled epoch, a scan over minibatches, with optax's Adam.

    The rows of the last, smaller minibatch are left out, since a scan wants equal ones.
    """

    name, module = "JAX", "optax"

    def __init__(self, shape, activation, X, y):
        import jax
        import optax

        jax.config.update("jax_enable_x64", X.dtype == np.float64)
        jax.config.update("jax_platforms", "cpu")
        numpy = jax.numpy
        functions = {"relu": jax.nn.relu, "tanh": numpy.tanh, "logistic": jax.nn.sigmoid}
        rng = np.random.default_rng(0)
        self.parameters = [
            (
                rng.normal(size=pair).astype(X.dtype) / np.sqrt(pair[0]),
                np.zeros(pair[1], X.dtype),
            )
            for pair in itertools.pairwise(shape.units)
        ]
        self.X, self.y, self.key = numpy.asarray(X), numpy.asarray(y), jax.random.key(0)
        optimizer = optax.adam(RATE)
        self.state = optimizer.init(self.parameters)
        n_steps = len(X) // shape.batch_size
        of_rows = {
            "binary": lambda h, y: optax.sigmoid_binary_cross_entropy(h[:, 0], y),
            "multinomial": optax.softmax_cross_entropy_with_integer_labels,
            "squared_error": lambda h, y: optax.l2_loss(h[:, 0], y),
        }

        def loss(parameters, rows, X, y):
            h, penalty = X[rows], 0.0
            for k, (weights, biases) in enumerate(parameters):
                h = h @ weights + biases
                h = functions[activation](h) if k < len(parameters) - 1 else h
                penalty += (weights**2).sum()
            losses = of_rows[shape.loss](h, y[rows])
            return losses.mean() + ALPHA / 2 / shape.batch_size * penalty

        def epoch(parameters, state, key, X, y):
            def step(carry, rows):
                parameters, state = carry
                value, gradient = jax.value_and_grad(loss)(parameters, rows, X, y)
                updates, state = optimizer.update(gradient, state)
                return (optax.apply_updates(parameters, updates), state), value

            rows = jax.random.permutation(key, len(X))[: n_steps * shape.batch_size]
            carry, values = jax.lax.scan(step, (parameters, state), rows.reshape(n_steps, -1))
            return *carry, values.mean()

        self.epoch, self.jax = jax.jit(epoch), jax

    def prepare(self):
        self.run(1)

    def run(self, n_epochs):
        for _ in range(n_epochs):
            self.key, key = self.jax.random.split(self.key)
            self.parameters, self.state, value = self.epoch(
                self.parameters, self.state, key, self.X, self.y
            )
        value.block_until_ready()


CONTENDERS = [Skmlp, ScikitLearn, Torch, Jax]


def available():
    """Return the contenders that are installed, and note those that are not."""
    present = []
    for contender in CONTENDERS:
        if importlib.util.find_spec(contender.module):
            present.append(contender)
        else:
            print(f"{contender.name} is left out: {contender.module} is not installed")
    return present
