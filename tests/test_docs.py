"""Docstrings say what they must, and the examples run."""

import inspect
import itertools
import os
import re
import subprocess
import sys
from email.message import Message
from pathlib import Path

import numpy as np
import pytest
from numpydoc.docscrape import ClassDoc
from numpydoc.validate import validate

import skmlp
from skmlp import inspection
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
    yield from (f"skmlp.inspection.{name}" for name in inspection.__all__)


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


@pytest.mark.parametrize(
    "name", [*skmlp.__all__, *(f"inspection.{name}" for name in inspection.__all__)]
)
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


@pytest.mark.parametrize("name", [n for n in skmlp.__all__ if n.startswith(("MLP", "Tab"))])
def test_html_links_to_the_reference_if_it_has_an_address(name, monkeypatch):
    estimator = getattr(skmlp, name)()
    installed = Message()
    monkeypatch.setattr("skmlp._documentation.metadata", lambda name: installed)
    assert "href=" not in estimator._repr_html_()
    installed["Project-URL"] = "Source, https://source.example"
    installed["Project-URL"] = "Documentation, https://docs.example/stable/"
    page = f"https://docs.example/stable/generated/skmlp.{name}.html"
    assert f'href="{page}"' in estimator._repr_html_()


def test_the_parameters_by_subject_are_complete_and_have_their_defaults():
    text = (ROOT / "docs" / "guide" / "parameters.md").read_text()
    listed = []
    for names, defaults in re.findall(r"^\| (`.*?) \| (`.*?) \|", text, re.MULTILINE):
        code = [re.findall("`(.*?)`", cell) for cell in (names, defaults)]
        listed += zip(*code, strict=True)
    parameters = {
        **inspect.signature(skmlp.MLPBinaryClassifier).parameters,
        **inspect.signature(skmlp.MLPRegressor).parameters,
    }
    expected = {(name, repr(parameter.default)) for name, parameter in parameters.items()}
    assert set(listed) == expected
    assert len(listed) == len(expected)


def table_after(heading, path):
    """Return the cells of the first table after a heading, without the table's own head."""
    lines = path.read_text().partition(f"\n{heading}\n")[2].splitlines()
    rows = itertools.dropwhile(lambda line: not line.startswith("|"), lines)
    rows = list(itertools.takewhile(lambda line: line.startswith("|"), rows))[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_the_readme_has_the_medians_of_the_measurements():
    """Cells such as "62×" are the ratios of "3.02 ms, 61.7× (61.1 to 64.0)", rounded."""
    short = table_after("## How fast is it?", ROOT / "README.md")
    long = table_after("### ReLU in float32, AVX2", ROOT / "docs" / "performance.md")
    ratio = re.compile(r"(?:[\d.]+ ms, )?([\d.]+)×(?: \(.*\))?")
    for row in long:
        ratios = [float(ratio.fullmatch(cell)[1]) for cell in row[2:]]
        row[2:] = [f"{value:.{int(value < 9.95)}f}×" for value in ratios]
    assert len(short) == 7
    assert short == long


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
