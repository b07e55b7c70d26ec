"""setuptools' build backend, which asks for what SKMLP_AOT=1 needs besides."""

import os
import tomllib
from pathlib import Path

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403 - all hooks but the two below


def _dependencies() -> list[str]:
    """Return what is imported to compile kernels ahead of time: numba, and skmlp's own."""
    if os.environ.get("SKMLP_AOT") != "1":
        return []
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["dependencies"]


def get_requires_for_build_wheel(config_settings: object = None) -> list[str]:
    """Return what a wheel is built with, besides setuptools."""
    return build_meta.get_requires_for_build_wheel(config_settings) + _dependencies()


def get_requires_for_build_editable(config_settings: object = None) -> list[str]:
    """Return what an editable installation is built with, besides setuptools."""
    return build_meta.get_requires_for_build_editable(config_settings) + _dependencies()
