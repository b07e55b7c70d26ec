"""What a release says in several files is the same in all of them."""

import re
import tomllib
from pathlib import Path

import pytest

import skmlp

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIREMENTS = {"python": PROJECT["requires-python"].removeprefix(">=")} | dict(
    requirement.split(">=") for requirement in PROJECT["dependencies"]
)


@pytest.mark.parametrize("name", ["CITATION.cff", "conda/recipe.yaml"])
def test_the_version_is_that_of_the_package(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r"^ *version: ([\d.a-z]+)$", text, re.MULTILINE) == [skmlp.__version__]


def test_the_recipe_requires_what_the_package_does():
    text = (ROOT / "conda" / "recipe.yaml").read_text(encoding="utf-8")
    python = re.search(r'python_min: "(.*)"', text)[1]
    run = text.partition("  run:\n")[2].partition("\n\n")[0]
    run = run.replace("${{ python_min }}", python)
    assert dict(re.findall(r"- ([\w-]+) >=([\d.]+)", run)) == REQUIREMENTS


def test_the_page_has_the_oldest_versions():
    text = (ROOT / "docs" / "releasing.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([\w-]+) \| ([\d.]+) \|", text, re.MULTILINE))
    assert {name.lower(): version for name, version in rows.items()} == REQUIREMENTS
