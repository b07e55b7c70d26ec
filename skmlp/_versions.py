"""What a report of a fault needs: versions, processor, kernels, threads."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from joblib import cpu_count
from threadpoolctl import threadpool_info

from skmlp._border.calls import CHOICE

_PACKAGES = (
    "skmlp", "scikit-learn", "numpy", "scipy", "numba", "llvmlite", "joblib", "threadpoolctl",
    "pandas", "polars", "pyarrow", "matplotlib", "skl2onnx", "onnxruntime",
)  # fmt: skip


def show_versions() -> None:
    """Print what a report of a fault needs.

    That is the versions of Python and of the packages that skmlp works with; the processor;
    which kernels are called, precompiled ones or numba's, and why; where numba's are kept; and
    the libraries of threads.

    Examples
    --------
    >>> import skmlp
    >>> skmlp.show_versions()  # doctest: +SKIP
    """
    sections = {
        "System": {
            "python": sys.version.replace("\n", " "),
            "executable": sys.executable,
            "platform": platform.platform(),
            "processor": _processor(),
            "cores": str(cpu_count()),
        },
        "Packages": {name: _version_of(name) for name in _PACKAGES},
        "Kernels": _kernels(),
        "Threads": {
            str(library.get("internal_api")): f"{library.get('num_threads')}, "
            f"{library.get('version')}, {library.get('filepath')}"
            for library in threadpool_info()
        },
    }
    for title, lines in sections.items():
        print(f"\n{title}:")
        for name, value in lines.items():
            print(f"{name:>14}: {value}")


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    """Return the processor's name, which `platform` does not know on Linux."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2] for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0].strip() if names else platform.processor() or platform.machine()


def _kernels() -> dict[str, str]:
    if CHOICE.level:
        return {"kernels": f"precompiled, for the level {CHOICE.level} of {platform.machine()}"}
    return {
        "kernels": f"compiled by numba: {CHOICE.reason}",
        "cache": _cache_path(),
    }


def _cache_path() -> str:
    try:
        from skmlp._kernels.epoch import run_epoch  # numba, as late as may be
    except ImportError as error:
        return f"none: {error}"
    return str(getattr(run_epoch._cache, "cache_path", None) or "none: compiled in memory")
