"""How many small errors in a module the tests notice: ``python -m tests.mutation --help``.

Each mutant is the module with one change: another operator, number, string or condition, or
a statement left out. It is *killed* when a test fails, raises or takes too long. A process
forks for each mutant once all tests are collected, and gives the functions other code; they
run as Python (NUMBA_DISABLE_JIT=1), and nothing is written.
"""

import argparse
import ast
import contextlib
import importlib
import inspect
import itertools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

ROOT = Path(__file__).parent.parent
KERNELS, STOPPING = "tests/test_kernels.py", "tests/test_stopping.py"
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
    "skmlp._schedules": [STOPPING],
    "skmlp._stopping": [STOPPING],
}  # fmt: skip
SECONDS = 60
OTHER = {
    ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Div], ast.Div: [ast.Mult],
    ast.FloorDiv: [ast.Mult], ast.Mod: [ast.Mult], ast.Pow: [ast.Mult],
    ast.And: [ast.Or], ast.Or: [ast.And],
    ast.Lt: [ast.LtE, ast.GtE], ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.LtE], ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq], ast.Is: [ast.IsNot], ast.IsNot: [ast.Is],
    ast.Not: [ast.UAdd], ast.USub: [ast.UAdd],
}  # fmt: skip
REMOVABLE = ast.Assign | ast.AugAssign | ast.Expr
Change = tuple[str, Callable[[], None], Callable[[], None]]


def setting(node: ast.AST, field: str, value: object, text: str) -> Change:
    """Return what to do to give a field of the tree another value, and how to undo it."""
    before = getattr(node, field)
    return text, lambda: setattr(node, field, value), lambda: setattr(node, field, before)


def changes_of(node: ast.AST) -> Iterator[Change]:
    """Yield all changes of one node of a syntax tree."""
    operator = getattr(node, "op", None)
    for other in OTHER.get(type(operator), []):
        name = f"{type(operator).__name__} -> {other.__name__}"
        yield setting(node, "op", other(), name)
    if isinstance(node, ast.Compare):
        for other in OTHER.get(type(node.ops[0]), []):
            name = f"{type(node.ops[0]).__name__} -> {other.__name__}"
            yield setting(node, "ops", [other(), *node.ops[1:]], name)
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        for value in (True, False)[isinstance(node, ast.While) :]:
            yield setting(node, "test", ast.Constant(value), f"condition -> {value}")
    if isinstance(node, ast.Constant):
        for value in other_values(node.value):
            yield setting(node, "value", value, f"{node.value!r} -> {value!r}")
    for field in ("body", "orelse"):
        statements = getattr(node, field, None)
        if isinstance(statements, list) and not isinstance(node, ast.Module | ast.ClassDef):
            for i, statement in enumerate(statements):
                if isinstance(statement, REMOVABLE) and not is_left_alone(statement):
                    rest = [*statements[:i], ast.Pass(), *statements[i + 1 :]]
                    yield setting(node, field, rest, f"without {ast.unparse(statement)}")


def other_values(value: object) -> list[object]:
    """Return what a constant is changed to."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        smaller = value / 2 if isinstance(value, float) else value - 1
        return [value + 1, smaller] if value else [value + 1, -1]
    return [f"{value}_"] if isinstance(value, str) else []


def is_left_alone(node: ast.AST) -> bool:
    """Return whether a node is a docstring, an annotation, or what imports or marks speed."""
    text = ast.unparse(node) if isinstance(node, ast.Expr) else ""
    return (
        isinstance(node, ast.Import | ast.ImportFrom | ast.AnnAssign)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or text == "long_vectors()"
    )


def nodes_of(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes below one, but those that are left alone."""
    for child in ast.iter_child_nodes(node):
        if not is_left_alone(child):
            yield child
            if not isinstance(child, ast.arguments):
                yield from nodes_of(child)


def mutants_of(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line, the change and the code of each mutant."""
    tree = ast.parse(source)
    for node in [*nodes_of(tree)]:
        for text, apply, undo in changes_of(node):
            apply()
            ast.fix_missing_locations(tree)
            yield getattr(node, "lineno", 0), text, ast.unparse(tree)
            undo()


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
