"""How many small errors in a module the tests notice: ``python -m tests.mutation --help``.

The mutants are those of cosmic-ray: another operator or number, a condition turned round, a
loop that is left out. Each is *killed* when a test fails, raises or takes too long. cosmic-ray
itself would start Python and import all packages for each; here a process forks once all tests
are collected, and gives the functions other code. They run as Python (NUMBA_DISABLE_JIT=1),
and nothing is written.
"""

import argparse
import contextlib
import importlib
import inspect
import itertools
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).parent.parent
KERNELS = "tests/test_kernels.py"
# Module: the quick tests that are to find its errors, as pytest's arguments.
TESTS = {
    "skmlp._kernels.losses": [
        KERNELS, "-k", "loss or smoothing or probabilities or weight_zero or links",
    ],
    "skmlp._kernels.optimizers": [
        KERNELS, "-k",
        "optimizer_steps or decay or clipping or factor or chunks or penalty or weight_zero"
        " or scales or cache_lines or number_of_chunks",
    ],
    "skmlp._schedules": ["tests/test_schedules.py"],
    "skmlp._stopping": ["tests/test_stopping.py", "-k", "TestMonitor"],
}  # fmt: skip
SECONDS = 60
# Kinds of mutants without an effect: without compilation decorators do nothing, and "|" is
# found in annotations alone.
WITHOUT_EFFECT = ("RemoveDecorator", "BitOr_")


def operators() -> Iterator[Any]:
    """Yield what cosmic-ray makes mutants with, but those that need settings."""
    for name in operator_names():
        operator = get_operator(name)
        if not operator.arguments() and not any(part in name for part in WITHOUT_EFFECT):
            yield operator()


def mutants_of(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line of each mutant, what it is there, and the whole code."""
    for operator in operators():
        for occurrence in itertools.count():
            code = mutate_code(source, operator, occurrence)
            if code is None:
                break
            lines = zip(source.splitlines(), code.splitlines(), strict=True)
            number, line = next((i, new) for i, (old, new) in enumerate(lines, 1) if new != old)
            yield number, line.strip(), code


def replace_module(module: ModuleType, source: str) -> None:
    """Give what a module has defined the content that it has in another source, in place."""
    names = vars(module)
    namespace = {"__name__": module.__name__, "__file__": module.__file__}
    exec(compile(source, str(module.__file__), "exec"), namespace)
    for name, new in namespace.items():
        old = names.get(name)
        if isinstance(old, type) and old.__module__ == module.__name__:
            for key, value in vars(new).items():
                if key not in {"__dict__", "__weakref__", "__doc__"}:
                    setattr(old, key, value)
        elif isinstance(old, FunctionType) and old.__module__ == module.__name__:
            old.__code__ = inspect.unwrap(new).__code__
        elif isinstance(old, dict) and name != "__builtins__":
            old.clear()
            old.update(new)
        elif isinstance(old, int | float | str):
            for other in [*sys.modules.values()]:
                if getattr(other, "__dict__", {}).get(name) is old:
                    setattr(other, name, new)


class Mutants:
    """A pytest plugin: the tests run once as they are, and again for each mutant."""

    def __init__(self, name: str, lines: range) -> None:
        self.name, self.lines = name, lines

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        module = importlib.import_module(self.name)
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        if not survives(session, module, source):
            sys.exit(f"The tests of {self.name} fail without a mutation.")
        n_mutants = n_killed = 0
        for line, text, code in mutants_of(source):
            if line in self.lines:
                n_mutants += 1
                if survives(session, module, code):
                    report(f"{self.name}:{line}: {text}")
                else:
                    n_killed += 1
        report(f"{self.name}: {n_killed} of {n_mutants} killed")
        return True


def report(line: str) -> None:
    """Print past pytest, which is told to print nothing."""
    print(line, file=sys.__stderr__, flush=True)


def survives(session: pytest.Session, module: ModuleType, source: str) -> bool:
    """Return whether the tests pass with other code for a module, in a process of its own."""
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        status = 1
        with contextlib.suppress(BaseException):
            replace_module(module, source)
            for item, following in itertools.pairwise([*session.items, None]):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.testsfailed:
                    break
            status = int(session.testsfailed > 0)
        os._exit(status)
    return os.waitpid(child, 0)[1] == 0


def main() -> None:
    """Print the survivors of each module, and the share of mutants that were killed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", default=[*TESTS], help=", ".join(TESTS))
    parser.add_argument("--lines", help="mutants of these lines only, as 10-20")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    os.environ["NUMBA_DISABLE_JIT"] = "1"  # before the tests import numba
    first, last = map(int, (arguments.lines or "0-1000000").split("-"))
    for name in arguments.modules:
        mutants = Mutants(name, range(first, last + 1))
        options = ["-x", "-s", "-p", "no:cacheprovider", "-p", "no:terminal"]
        pytest.main([*TESTS[name], *options], plugins=[mutants])


if __name__ == "__main__":
    main()
