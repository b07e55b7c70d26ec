"""What type checkers know of the package, and that it is what there is at run time."""

import inspect
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from sklearn.exceptions import ConvergenceWarning

from skmlp import MLPBinaryClassifier, MLPMultilabelClassifier, MLPRegressor, _types
from skmlp._auto import RULES
from skmlp._border.activations import ACTIVATIONS
from skmlp._border.optimizers import OPTIMIZERS
from skmlp._outputs.numbers import KINDS
from skmlp._parameters import Names
from skmlp._schedules import SCHEDULES
from tests import user_script

ROOT = Path(__file__).parents[1]
# A user's settings: all that is strict, and libraries without types.
CONFIGURATION = """
[mypy]
strict = True
[mypy-sklearn.*,scipy.*,joblib.*,llvmlite.*,threadpoolctl.*,tqdm.*]
ignore_missing_imports = True
[mypy-numba.*]
follow_imports = skip
[mypy-skmlp.*]
follow_imports = silent
"""


def test_mypy_on_a_users_script(tmp_path):
    """It takes what runs, and no line that has an ignoring comment of its own."""
    pytest.importorskip("mypy")
    settings = tmp_path / "mypy.ini"
    settings.write_text(CONFIGURATION)
    result = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--config-file", settings),
            *("--cache-dir", tmp_path / "cache", user_script.__file__),
        ],
        env=os.environ | {"MYPYPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_users_script_runs():
    pytest.importorskip("matplotlib")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", UserWarning)  # of so few rows
        user_script.accepted()


@pytest.mark.parametrize(
    ("literal", "registry"),
    [
        (_types.Activation, ACTIVATIONS),
        (_types.Solver, [*OPTIMIZERS, "lbfgs"]),
        (_types.Schedule, SCHEDULES),
        (_types.Loss, KINDS),
    ],
    ids=["activations", "solvers", "schedules", "losses"],
)
def test_literals_are_the_registries(literal, registry):
    assert sorted(get_args(literal)) == sorted(registry)


def literals_in(hint):
    """Return the strings that a type has, wherever they stand in it."""
    parts = get_args(hint)
    return {part for part in parts if isinstance(part, str)}.union(*map(literals_in, parts))


ESTIMATORS = [MLPBinaryClassifier, MLPMultilabelClassifier, MLPRegressor]


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (estimator, name)
        for estimator in ESTIMATORS
        for name in inspect.signature(estimator).parameters
    ],
)
def test_literals_are_the_constraints(estimator, name):
    """Those of `scoring`, which scikit-learn may add to, are any strings to type checkers."""
    hint = get_type_hints(estimator.__init__)[name]
    constraints = estimator._parameter_constraints[name]
    names = {
        option for part in constraints if isinstance(part, Names) for option in part.options
    }
    assert literals_in(hint) == (set() if name == "scoring" else names)


@pytest.mark.parametrize(
    ("estimator", "written_again"),
    [
        (MLPBinaryClassifier, _types.Parameters),
        (MLPMultilabelClassifier, _types.Parameters),
        (MLPRegressor, _types.RegressorParameters),
    ],
)
def test_they_are_the_parameters_of_the_constructor(estimator, written_again):
    """`tabular` takes them."""
    constructor = get_type_hints(estimator.__init__)
    assert constructor.pop("return") is type(None)
    assert get_type_hints(written_again) == constructor


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_training_reads_what_there_is(estimator):
    """With numbers for "auto"; what only classifiers take is there all the same."""
    hints = get_type_hints(_types.Params)
    constructor = get_type_hints(estimator.__init__)
    numbers = dict.fromkeys(RULES, int)
    numbers |= {"hidden_layer_sizes": _types.Widths, "validation_fraction": float}
    constructor |= numbers
    assert all(hasattr(estimator(), name) for name in hints)
    shared = hints.keys() & constructor.keys()
    assert {name: hints[name] for name in shared} == {n: constructor[n] for n in shared}
    of_classifiers = {"label_smoothing", "temperature_scaling"}
    of_regressor = {"calibrate_quantiles"}
    assert hints.keys() - constructor.keys() in (of_regressor, of_classifiers)
