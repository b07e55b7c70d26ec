"""scikit-learn's own estimator checks, with nothing expected to fail."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier

CONFIGURATIONS = [
    {},
    {"solver": "lbfgs"},
    {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.1},
    {"hidden_layer_sizes": (16, 8), "activation": "tanh"},
    {"hidden_layer_sizes": 32, "activation": "logistic", "learning_rate_init": 0.01},
]


# A few hundred epochs are not enough to converge on some of the checks' data, and are not
# meant to be; every other warning is an error here as in all tests.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(
    [
        classifier(**parameters)
        for classifier in (MLPBinaryClassifier, MLPMulticlassClassifier)
        for parameters in CONFIGURATIONS
    ]
)
def test_sklearn_check(estimator, check):
    check(estimator)
