"""Pictures that tests and examples draw are seen by nobody, and closed."""

import os
import sys

os.environ["MPLBACKEND"] = "agg"

import pytest


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
