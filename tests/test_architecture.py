"""The shape of the code: imports point one way, and only the kernels are compiled."""

import ast
import re
from pathlib import Path

import pytest

import skmlp

PACKAGE = Path(skmlp.__file__).parent
# From the top down; a module imports only from those behind it.
ORDER = [
    "skmlp",
    "skmlp.__main__",
    "skmlp.onnx",
    "skmlp.onnx._network",
    "skmlp.onnx._preprocessor",
    "skmlp.onnx._tensor",
    "skmlp.inspection",
    "skmlp.preprocessing",
    "skmlp._tables",
    "skmlp._tables.features",
    "skmlp._tables.pairs",
    "skmlp._tables.values",
    "skmlp._tables.categories",
    "skmlp._tables.targets",
    "skmlp._tables.cells",
    "skmlp._tables.numbers",
    "skmlp._tables.columns",
    "skmlp._displays",
    "skmlp._displays._loss_curve",
    "skmlp._displays._learning_rate",
    "skmlp._displays._activation",
    "skmlp._displays._hidden_units",
    "skmlp._displays._representation",
    "skmlp._displays._artists",
    "skmlp._pipelines",
    "skmlp._versions",
    "skmlp._range_test",
    "skmlp._regressors",
    "skmlp._multilabel",
    "skmlp._classifiers",
    "skmlp._base",
    "skmlp._number_docstrings",
    "skmlp._docstrings",
    "skmlp._auto",
    "skmlp._prediction",
    "skmlp._input_gradients",
    "skmlp._fitted",
    "skmlp._undo",
    "skmlp._persistence",
    "skmlp._documentation",
    "skmlp._assembly",
    "skmlp._training",
    "skmlp._lbfgs",
    "skmlp._baseline",
    "skmlp._problem",
    "skmlp._warnings",
    "skmlp._feature_scales",
    "skmlp._callbacks",
    "skmlp._reporting",
    "skmlp._record",
    "skmlp._interrupt",
    "skmlp._initialization",
    "skmlp._rows",
    "skmlp._scoring",
    "skmlp._stopping",
    "skmlp._schedules",
    "skmlp._shuffling",
    "skmlp._weights",
    "skmlp._ensemble",
    "skmlp._outputs.numbers",
    "skmlp._outputs.labels",
    "skmlp._outputs.classes",
    "skmlp._outputs.base",
    "skmlp._outputs",
    "skmlp._float_errors",
    "skmlp._network",
    "skmlp._team",
    "skmlp._labels",
    "skmlp._targets",
    "skmlp._splitting",
    "skmlp._data",
    "skmlp._validation",
    "skmlp._explanations",
    "skmlp._parameters",
    "skmlp._decorators",
    "skmlp._types",
    "skmlp._caller",
    "skmlp._border.calls",
    "skmlp._kernels.signatures",
    "skmlp._kernels.epoch",
    "skmlp._kernels.network",
    "skmlp._kernels.optimizers",
    "skmlp._kernels.losses",
    "skmlp._kernels.dropout",
    "skmlp._kernels.activations",
    "skmlp._kernels.inputs",
    "skmlp._kernels.shuffling",
    "skmlp._kernels.tasks",
    "skmlp._kernels.simd.matmul",
    "skmlp._kernels.simd.elementwise",
    "skmlp._kernels.simd",
    "skmlp._kernels.simd._bit_generator",
    "skmlp._kernels.simd._hashing",
    "skmlp._kernels.simd._atomics",
    "skmlp._kernels.simd._denormals",
    "skmlp._kernels.simd._layers",
    "skmlp._kernels.simd._views",
    "skmlp._kernels.simd._tiles",
    "skmlp._kernels.simd._relu",
    "skmlp._kernels.simd._rows",
    "skmlp._kernels.simd._scalars",
    "skmlp._kernels.simd._vectors",
    "skmlp._kernels.simd._processor",
    "skmlp._kernels._bundles",
    "skmlp._kernels",
    "skmlp._kernels._jit",
    "skmlp._kernels._linking",
    "skmlp._kernels._locks",
    "skmlp._kernels._notice",
    "skmlp._border",
    "skmlp._border.optimizers",
    "skmlp._border.losses",
    "skmlp._border.activations",
    "skmlp._border.sizes",
    "skmlp._border.layout",
    "skmlp._border.sources",
]


def module_name(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


# Methods of os that run programs, and of importlib.
PROGRAMS = r"(system|popen|exec[lv]\w*|(posix_)?spawn\w*|fork|forkpty|startfile|import_module)$"

SOURCES = {module_name(path): path for path in PACKAGE.rglob("*.py")}


def imported_modules(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def text_of(name):
    return SOURCES[name].read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SOURCES)
def test_no_module_runs_strings_or_programs_or_opens_connections(name):
    """As SECURITY.md says; the rest of what could is in these modules."""
    source = text_of(name)
    functions = [
        node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)
    ]
    calls = {function.id for function in functions if isinstance(function, ast.Name)}
    assert calls.isdisjoint({"eval", "exec", "compile", "__import__", "import_module"})
    methods = {function.attr for function in functions if isinstance(function, ast.Attribute)}
    assert not any(re.match(PROGRAMS, method) for method in methods)
    imported = {module.partition(".")[0] for module in imported_modules(source)}
    assert imported.isdisjoint({"subprocess", "socket", "ssl", "urllib", "http", "requests"})


def test_the_order_names_every_module():
    assert set(SOURCES) == set(ORDER)


@pytest.mark.parametrize("name", SOURCES)
def test_imports_point_down(name):
    imported = [m for m in imported_modules(text_of(name)) if m in ORDER]
    assert all(ORDER.index(m) > ORDER.index(name) for m in imported), imported


# What imports numba: the decorators, signatures, and what emits LLVM IR.
def is_written_for_numba(name):
    modules = [f"skmlp._kernels.{module}" for module in ("_jit", "_linking", "signatures")]
    return name in modules or name.startswith("skmlp._kernels.simd._")


@pytest.mark.parametrize("name", SOURCES)
def test_only_what_is_written_for_numba_imports_it(name):
    """A kernel is Python that any reader knows: its decorator says that it is compiled."""
    packages = {module.split(".")[0] for module in imported_modules(text_of(name))}
    assert ("numba" in packages) == is_written_for_numba(name)
    assert is_written_for_numba(name) or "llvmlite" not in packages


def is_on_the_border(function):
    """Return whether Python calls it: fields of a named tuple would take four times as long."""
    names = [getattr(decorator, "id", None) for decorator in function.decorator_list]
    return "kernel" in names


@pytest.mark.parametrize("name", [name for name in SOURCES if "._kernels" in name])
def test_no_function_below_the_border_has_more_than_12_arguments(name):
    for function in ast.walk(ast.parse(text_of(name))):
        if isinstance(function, ast.FunctionDef) and not is_on_the_border(function):
            arguments = function.args
            n_arguments = len(arguments.posonlyargs + arguments.args + arguments.kwonlyargs)
            assert n_arguments <= 12, function.name


def test_three_functions_are_on_the_border():
    functions = [
        node.name
        for name in SOURCES
        for node in ast.walk(ast.parse(text_of(name)))
        if isinstance(node, ast.FunctionDef) and is_on_the_border(node)
    ]
    assert sorted(functions) == ["outputs", "run_epoch", "shuffle"]


def n_lines_without_docstrings(source):
    tree = ast.parse(source)
    kinds = ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef
    docstrings = [
        node.body[0]
        for node in ast.walk(tree)
        if isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None
    ]
    n_of_docstrings = sum(node.end_lineno - node.lineno + 1 for node in docstrings)
    return len(source.splitlines()) - n_of_docstrings


@pytest.mark.parametrize("name", SOURCES)
def test_no_module_is_long(name):
    """What a reader holds in mind at a time, docstrings apart."""
    assert n_lines_without_docstrings(text_of(name)) <= 500


def test_docstrings_do_not_count():
    source = '"""One.\n\nTwo."""\n\n\ndef f():\n    """Three."""\n'
    assert n_lines_without_docstrings(source) == 3
    assert n_lines_without_docstrings("def f():\n    return '''One.\nTwo.'''\n") == 3
