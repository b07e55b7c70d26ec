"""The kernels as machine code, in wheels that have it: see aot/README.md."""

from collections.abc import Callable
from typing import Any

sources: str
levels: tuple[str, ...]
level: str

def functions(level: str, /) -> dict[str, Callable[..., Any]]: ...
def set_fallback(
    name: str, function: Callable[..., Any] | None, /
) -> Callable[..., Any] | None: ...
