"""The setuptools command that builds skmlp._aot."""

import os
import platform
import subprocess
import sys
from pathlib import Path

from setuptools import Extension
from setuptools.command.build_ext import build_ext

_HERE = Path(__file__).parent
_IS_ARM = platform.machine().lower() in ("aarch64", "arm64")
# The levels to build for, the best last; a comma between them.
_LEVELS = os.environ.get("SKMLP_AOT_LEVELS", "neon" if _IS_ARM else "v3,v4").split(",")


def extension() -> Extension:
    """Return the module, without what is to be compiled for it."""
    return Extension(
        "skmlp._aot",
        ["aot/shim.c"],
        py_limited_api=True,
        # Debug information and symbols would take more room than the code.
        extra_compile_args=[] if os.name == "nt" else ["-g0", "-O3", "-fvisibility=hidden"],
        extra_link_args=["-Wl,--strip-all"] if sys.platform == "linux" else [],
        libraries=[] if os.name == "nt" else ["m"],
    )


class BuildAOT(build_ext):
    """Compile the kernels, a process for each level, and then the shim around them."""

    def build_extension(self, ext: Extension) -> None:
        """Build the module."""
        import numpy as np

        folder = Path(self.build_temp, "aot").absolute()
        folder.mkdir(parents=True, exist_ok=True)
        suffix = "obj" if os.name == "nt" else "o"
        objects = [folder / f"{level}.{suffix}" for level in _LEVELS]
        running = [
            self._start(level, folder, "compile_level.py", level, path)
            for level, path in zip(_LEVELS, objects, strict=True)
        ]
        header = folder / "kernels.h"
        running.append(self._start("", folder, "header.py", header, *_LEVELS))
        statuses = [process.wait() for process in running]
        if any(statuses):
            raise RuntimeError("numba could not compile the kernels: see above")
        ext.include_dirs = [str(folder), np.get_include()]
        ext.extra_objects = list(map(str, objects))
        ext.depends = [*ext.extra_objects, str(header)]  # just written: it is linked anew
        super().build_extension(ext)

    def _start(
        self, level: str, folder: Path, script: str, *arguments: object
    ) -> "subprocess.Popen[bytes]":
        from signatures import CPUS

        root = str(_HERE.parent)
        paths = filter(None, [root, os.environ.get("PYTHONPATH"), *sys.path])
        environment = os.environ | {
            "NUMBA_CPU_NAME": CPUS.get(level, "generic"),
            # Or numba adds those of this machine's processor.
            "NUMBA_CPU_FEATURES": "",
            "NUMBA_CACHE_DIR": str(folder / "cache"),
            "SKMLP_JIT": "1",
            "PYTHONPATH": os.pathsep.join(paths),
        }
        command = [sys.executable, str(_HERE / script), *map(str, arguments)]
        return subprocess.Popen(command, env=environment, cwd=root)
