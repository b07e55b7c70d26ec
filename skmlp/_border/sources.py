"""The sources that compiled code is made of, by which it is known to be of them."""

import hashlib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

# The kernels, and the codes, layout and sizes that they share with Python.
_PACKAGES = "skmlp._kernels", "skmlp._border"


def _sources(folder: Traversable) -> Iterator[Traversable]:
    """Yield the source files of a package and those within it, always in the same order."""
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.endswith(".py"):
            yield path
        elif path.is_dir() and path.name != "__pycache__":
            yield from _sources(path)


def _digest_of_sources() -> str | None:
    """Return a hash over all modules of kernels, or None where there are none to read.

    They may be in a zip file. Where only bytecode is installed, or all is part of a program,
    there may not even be a directory.
    """
    digest, n_sources = hashlib.sha256(), 0
    try:
        for path in (path for package in _PACKAGES for path in _sources(files(package))):
            digest.update(path.read_bytes())
            n_sources += 1
    except OSError:
        return None
    return digest.hexdigest()[:12] if n_sources else None


SOURCES_DIGEST = _digest_of_sources()
