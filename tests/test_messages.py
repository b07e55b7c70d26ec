"""Messages lead on: what was meant, and what to do instead."""

import copy
import inspect
import re

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.utils._param_validation import StrOptions

from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier, TabularPreprocessor

BOTH = pytest.mark.parametrize("classifier", [MLPBinaryClassifier, MLPMulticlassClassifier])

# ---- names of parameters and of their values

ESTIMATORS = pytest.mark.parametrize(
    "estimator", [MLPBinaryClassifier, MLPMulticlassClassifier, TabularPreprocessor]
)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("hiden", "hidden_layer_sizes"),
        ("hidden_layers", "hidden_layer_sizes"),
        ("Activation", "activation"),
        ("n_member", "n_members"),
        ("learningrate", "learning_rate"),
        ("batch", "batch_size"),
        ("early_stoping", "early_stopping"),
    ],
)
@BOTH
def test_misspelt_parameters(classifier, given, meant):
    meant = rf"Did you mean '{meant}'\?$"
    for construct in (classifier, classifier.tabular):
        with pytest.raises(TypeError, match=f"^{classifier.__name__}: .*'{given}'. {meant}"):
            construct(**{given: 3})
    with pytest.raises(ValueError, match=f"Invalid parameter '{given}' for .*{meant}"):
        classifier().set_params(**{given: 3})
    pipeline = make_pipeline(classifier())
    with pytest.raises(ValueError, match=f"Invalid parameter '{given}' for .*{meant}"):
        pipeline.set_params(**{f"{classifier.__name__.lower()}__{given}": 3})


def test_misspelt_parameters_of_tables():
    meant = r"Did you mean 'max_bins'\?$"
    with pytest.raises(TypeError, match=f"^TabularPreprocessor: .*'max_bin'. {meant}"):
        TabularPreprocessor(max_bin=3)
    with pytest.raises(ValueError, match=f"Invalid parameter 'max_bin' for .*{meant}"):
        TabularPreprocessor().set_params(max_bin=3)


@ESTIMATORS
def test_parameters_that_are_like_no_other(estimator):
    with pytest.raises(TypeError, match=r"'zzz'. The parameters are \[.*'random_state'"):
        estimator(zzz=3)
    with pytest.raises(ValueError, match=r"Invalid parameter 'zzz'.*\]\.$"):
        estimator().set_params(zzz=3)


def test_arguments_by_position():
    with pytest.raises(TypeError, match=r"^MLPBinaryClassifier: too many positional arguments"):
        MLPBinaryClassifier(3, "relu", "adam")
    with pytest.raises(TypeError, match=r"^MLPBinaryClassifier: multiple values .*layer_sizes"):
        MLPBinaryClassifier(3, hidden_layer_sizes=3)


def test_constructors_of_subclasses():
    """They may have parameters of their own, hand others on, or need some."""

    class Other(MLPBinaryClassifier):
        def __init__(self, width, *, solver="adam"):
            super().__init__(width, solver=solver)
            self.width = width

    assert clone(Other(3)).get_params() == {"width": 3, "solver": "adam"}
    assert copy.deepcopy(Other(3)).hidden_layer_sizes == 3
    with pytest.raises(TypeError, match=r"^Other: .*'widht'. Did you mean 'width'\?"):
        Other(widht=3)

    class HandsOn(MLPBinaryClassifier):
        def __init__(self, **parameters):
            super().__init__(**parameters)

    assert HandsOn(alpha=3).alpha == 3


@ESTIMATORS
def test_the_signature_is_that_of_the_constructor(estimator):
    parameters = inspect.signature(estimator).parameters
    assert sorted(parameters) == sorted(estimator().get_params())
    assert {name: p.default for name, p in parameters.items()} == estimator().get_params()


@BOTH
@pytest.mark.parametrize(
    ("parameters", "meant"),
    [
        ({"solver": "Adam"}, "adam"),
        ({"activation": "rely"}, "relu"),
        ({"activation": "ReLU"}, "relu"),
        ({"activation": ["leakyrelu"]}, "leaky_relu"),
        ({"learning_rate": "cosin"}, "cosine"),
        ({"scoring": "accurracy"}, "accuracy"),
        ({"scoring": "log_loss"}, "neg_log_loss"),
        ({"init": "dta"}, "data"),
        ({"batch_size": "Auto"}, "auto"),
        ({"class_weight": "balance"}, "balanced"),
        ({"verbose": "progres"}, "progress"),
        ({"transform_layer": "All"}, "all"),
    ],
    ids=str,
)
def test_misspelt_values(classifier, binary_data, parameters, meant):
    with pytest.raises(ValueError, match=rf"Did you mean '{meant}'\?$"):
        classifier(**parameters).fit(*binary_data)


@BOTH
@pytest.mark.parametrize("parameters", [{"solver": "newton"}, {"solver": 3}, {"alpha": "relu"}])
def test_values_that_are_like_no_other(classifier, binary_data, parameters):
    with pytest.raises(ValueError, match=r"Got .* instead\.$"):
        classifier(**parameters).fit(*binary_data)


@ESTIMATORS
def test_values_are_said_in_a_fixed_order(estimator):
    """A set of strings has another one in each process."""
    options = [
        constraint
        for constraints in estimator._parameter_constraints.values()
        for constraint in constraints
        if isinstance(constraint, StrOptions)
    ]
    for constraint in options:
        names = re.findall(r"'(\w+)'", str(constraint))
        assert names == sorted(constraint.options)
        assert str(constraint) == f"a str among {{{', '.join(map(repr, names))}}}"


@BOTH
@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        (
            {"early_stopping": True},
            "^partial_fit does not support early_stopping=True.*set early",
        ),
        (
            {"solver": "lbfgs"},
            "^partial_fit is only available for stochastic .*'adam', 'adamw'",
        ),
        ({"solver": "Adam"}, r"^solver must be among .*got 'Adam'\. Did you mean 'adam'\?"),
        ({"solver": {}}, "^solver must be among"),
        ({"early_stopping": np.array([1, 2])}, "has no attribute 'partial_fit'"),
    ],
    ids=str,
)
def test_why_there_is_no_partial_fit(classifier, parameters, reason):
    network = classifier(**parameters)
    assert not hasattr(network, "partial_fit")
    for call in (
        lambda: network.partial_fit(np.eye(4), [0, 1, 0, 1], classes=[0, 1]),
        lambda: classifier.partial_fit(network, np.eye(4), [0, 1, 0, 1], classes=[0, 1]),
    ):
        with pytest.raises(AttributeError, match=reason):
            call()
