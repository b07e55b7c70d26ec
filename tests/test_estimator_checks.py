"""scikit-learn's own estimator checks."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmlp import (
    MLPBinaryClassifier,
    MLPMulticlassClassifier,
    MLPMultilabelClassifier,
    MLPRegressor,
    TabularPreprocessor,
)

# Every parameter is in one of them, but for what partial_fit refuses.
CONFIGURATIONS = [
    {},
    {"solver": "lbfgs"},
    {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.1},
    {"hidden_layer_sizes": (16, 8), "activation": "tanh"},
    {"hidden_layer_sizes": 32, "activation": "logistic", "learning_rate_init": 0.01},
    {
        "hidden_layer_sizes": (32, 16),
        "activation": ("prelu", "gelu"),
        "solver": "adamw",
        "learning_rate": "one_cycle",
        "warmup_fraction": 0.05,
        "learning_rate_init": 0.02,
        "label_smoothing": 0.05,
        "max_grad_norm": 5.0,
        "class_weight": {},
        "scoring": "neg_log_loss",
        "n_iter_no_change": None,
        "transform_layer": "all",
    },
    {
        "hidden_layer_sizes": 16,
        "activation": "selu",
        "solver": "lbfgs",
        "class_weight": "balanced",
        "transform_layer": 0,
    },
    {
        "solver": "sgd",
        "activation": ["mish"],
        "learning_rate": "coslog4",
        "learning_rate_init": 0.05,
        "dropout": [0.1],
    },
    {
        "hidden_layer_sizes": 16,
        "n_members": 2,
        "solver": "adamw",
        "scaling_rate": 10.0,
        "init": "data",
        "learning_rate_init": 0.01,
    },
]
# What only classifiers take.
OF_CLASSIFIERS = {"label_smoothing", "class_weight", "temperature_scaling"}
# Steps that are long enough for y of the checks' size, and what only the regressor takes.
OF_REGRESSOR = [
    {"learning_rate_init": 0.05},
    {"solver": "lbfgs", "normalize_y": True},
    {"normalize_y": True, "learning_rate_init": 0.01},
    {"loss": "poisson", "learning_rate_init": 0.01, "max_iter": 400},
    {"loss": "poisson", "solver": "lbfgs", "normalize_y": True},
    {"loss": "gamma", "learning_rate_init": 0.01, "normalize_y": True},
    {"loss": "absolute_error", "learning_rate_init": 0.02, "normalize_y": True},
    {"loss": "quantile", "quantile": 0.4, "learning_rate_init": 0.02, "normalize_y": True},
]


def for_regressor(parameters):
    """Return a configuration of the classifiers as the regressor takes it."""
    of_classes = {"scoring": "r2"} if "scoring" in parameters else {}
    shared = {name: value for name, value in parameters.items() if name not in OF_CLASSIFIERS}
    # The gradient grows with the error, and long steps on X that is not scaled diverge.
    short = {"learning_rate_init": 0.01, "max_grad_norm": 1.0}
    steps = short if parameters.get("solver") == "sgd" else {}
    return {"normalize_y": True, **shared, **steps, **of_classes}


def failures_of(estimator):
    """Return the checks that cannot hold, and why: none without dropout or logarithms."""
    if getattr(estimator, "loss", "") == "gamma":
        # Those of transformers give all supervised ones the codes of classes.
        kinds = "data_not_an_array", "general", "preserve_dtypes", "n_iter"
        return {f"check_transformer_{kind}": "y has zeros" for kind in kinds}
    if not getattr(estimator, "dropout", 0):
        return {}
    reason = "a row that is there twice gets two masks, and one of weight 2 a single one"
    return dict.fromkeys(
        (
            "check_sample_weight_equivalence_on_dense_data",
            "check_sample_weight_equivalence_on_sparse_data",
        ),
        reason,
    )


# Some of the checks' data have too few rows to hold any out, or a single class.
@pytest.mark.filterwarnings("ignore:.*too few to hold any out:UserWarning")
@pytest.mark.filterwarnings("ignore:y has a single class:UserWarning")
# A few hundred epochs are not enough to converge on some of the checks' data, and are not
# meant to be; and some call partial_fit where a fit has been through its schedule. Every other
# warning is an error here as in all tests.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:.*has come to its end:UserWarning")
@parametrize_with_checks(
    [
        classifier(**parameters)
        for classifier in (
            MLPBinaryClassifier,
            MLPMulticlassClassifier,
            MLPMultilabelClassifier,
        )
        for parameters in CONFIGURATIONS
    ]
    + [MLPRegressor(**for_regressor(parameters)) for parameters in CONFIGURATIONS]
    + [MLPRegressor(**parameters) for parameters in OF_REGRESSOR]
    + [
        MLPBinaryClassifier.tabular(max_iter=5),
        MLPMulticlassClassifier.tabular(max_iter=5),
        MLPMultilabelClassifier.tabular(max_iter=5),
        MLPRegressor.tabular(max_iter=20),
        TabularPreprocessor(),
    ],
    expected_failed_checks=failures_of,
)
def test_sklearn_check(estimator, check):
    check(estimator)
