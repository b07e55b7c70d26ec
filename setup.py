"""What pyproject.toml cannot say: with SKMLP_AOT=1, kernels are compiled ahead of time.

See aot/README.md. Otherwise the package is of Python alone, and needs no compiler.
"""

import os
import sys
from pathlib import Path

from setuptools import setup

if os.environ.get("SKMLP_AOT") == "1":
    sys.path.insert(0, str(Path(__file__).parent / "aot"))
    from build_aot import BuildAOT, extension

    setup(
        ext_modules=[extension()],
        cmdclass={"build_ext": BuildAOT},
        options={"bdist_wheel": {"py_limited_api": "cp311"}},
    )
else:
    setup()
