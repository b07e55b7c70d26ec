"""Docstrings say what they must, and the examples run."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpydoc.docscrape import ClassDoc
from numpydoc.validate import validate

import skmlp
from skmlp._border.activations import ACTIVATIONS
from skmlp._border.optimizers import OPTIMIZERS
from skmlp._outputs.numbers import KINDS
from skmlp._schedules import SCHEDULES

ROOT = Path(__file__).parents[1]
# What numpydoc asks for and this project does not write: an extended summary, "See Also" and
# examples for every method, and descriptions of X, said once in `fit`. Whether all parameters
# are there is a test of its own below: one entry may name two.
IGNORED = {"ES01", "SA01", "EX01", "PR01", "PR02", "PR07"}


def public_objects():
    for name in skmlp.__all__:
        public = getattr(skmlp, name)
        yield f"skmlp.{name}"
        if inspect.isclass(public):
            for member in dir(public):
                module = getattr(getattr(public, member), "__module__", None) or ""
                if module.startswith("skmlp") and not member.startswith("_"):
                    yield f"skmlp.{name}.{member}"


@pytest.mark.parametrize("name", list(public_objects()))
def test_numpydoc(name):
    errors = validate(name)["errors"]
    assert not [error for error in errors if error[0] not in IGNORED]


@pytest.mark.parametrize(
    "name", [name for name in skmlp.__all__ if inspect.isclass(getattr(skmlp, name))]
)
def test_every_parameter_is_documented_in_order(name):
    classifier = getattr(skmlp, name)
    entries = [entry.name for entry in ClassDoc(classifier)["Parameters"]]
    documented = ", ".join(entries).split(", ")  # beta_1 and beta_2 share an entry
    assert documented == list(inspect.signature(classifier).parameters)


@pytest.mark.parametrize("name", [name for name in skmlp.__all__ if name.startswith("MLP")])
def test_fitted_attributes_are_documented(name, binary_data):
    X, y = binary_data
    y = np.stack([y, 1 - y], axis=1) if name == "MLPMultilabelClassifier" else y
    network = getattr(skmlp, name)(tol=1.0).fit(X, y)
    documented = {a.name for a in ClassDoc(type(network))["Attributes"]}
    fitted = {name for name in vars(network) if name.endswith("_")}
    assert fitted <= documented
    assert documented - fitted == {"coefs_", "intercepts_", "slopes_", "feature_names_in_"}


@pytest.mark.parametrize("name", skmlp.__all__)
def test_the_reference_has_everything_public(name):
    assert name in (ROOT / "docs" / "api.md").read_text(encoding="utf-8").split()


@pytest.mark.parametrize(
    ("page", "registry"),
    [
        ("activations", ACTIVATIONS),
        ("optimizers", OPTIMIZERS),
        ("optimizers", SCHEDULES),
        ("regression", KINDS),
    ],
    ids=["activations", "optimizers", "schedules", "losses"],
)
def test_the_tables_of_the_guide_have_every_name(page, registry):
    text = (ROOT / "docs" / "guide" / f"{page}.md").read_text(encoding="utf-8")
    first_columns = " ".join(re.findall(r"^\|([^|]*)\|", text, re.MULTILINE))
    assert set(registry) <= set(re.findall(r"\w+", first_columns))


@pytest.mark.parametrize(
    "parameter",
    {
        **inspect.signature(skmlp.MLPBinaryClassifier).parameters,
        **inspect.signature(skmlp.MLPRegressor).parameters,
    },
)
def test_the_guide_has_every_parameter(parameter):
    pages = [
        path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "guide").glob("*.md")
    ]
    assert re.search(rf"`{parameter}\b", " ".join(pages))


def test_the_quickstart_runs(tmp_path):
    """The other examples run where the site is built."""
    subprocess.run(
        [sys.executable, ROOT / "examples" / "plot_quickstart.py"],
        env=os.environ | {"MPLBACKEND": "agg"},
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )


def test_fashion_mnist_says_how_to_get_the_data(tmp_path):
    result = subprocess.run(
        [sys.executable, ROOT / "examples" / "fashion_mnist.py", tmp_path],
        capture_output=True,
        text=True,
    )
    assert result.returncode != 0
    assert "dataset-fashion-mnist" in result.stderr
