"""Kernels compiled ahead of time: the same bits as numba's, and arguments that do not fit."""

import functools
import importlib.util
import os
import pickle
import shutil
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

import skmlp
from skmlp import (
    MLPBinaryClassifier,
    MLPMulticlassClassifier,
    MLPMultilabelClassifier,
    MLPRegressor,
)
from skmlp._border.activations import ACTIVATIONS
from skmlp._border.losses import LOSSES
from skmlp._border.sources import SOURCES_DIGEST
from skmlp._outputs.numbers import KINDS
from tests import border_calls

_aot = pytest.importorskip("skmlp._aot", reason="kernels are not compiled ahead of time")
pytestmark = [
    pytest.mark.skipif(
        _aot.sources != SOURCES_DIGEST, reason="skmlp._aot was compiled of other sources"
    ),
    pytest.mark.skipif(not _aot.level, reason="the processor has none of the levels"),
]

ROOT = Path(__file__).parents[1]
# What numba calls the processor of a level.
CPUS = {"v3": "x86-64-v3", "v4": "x86-64-v4", "neon": "generic"}
# Undefined symbols: those of Python are documented as its limited API.
LIBC = {
    *("log", "pow", "sqrt", "sqrtf", "sched_yield"),
    *(
        "memcpy",
        "memset",
        "memmove",
        "memcmp",
        "bcmp",
        "strcmp",
        "vsnprintf",
        "__vsnprintf_chk",
    ),
    *("__stack_chk_fail", "__cxa_finalize", "__gmon_start__", "__cpu_model"),
    *("_ITM_deregisterTMCloneTable", "_ITM_registerTMCloneTable"),
}


@functools.cache
def signatures():
    """Return aot/signatures.py, which says what each parameter is."""
    path = ROOT / "aot" / "signatures.py"
    if not path.exists():
        pytest.skip("the sources of the shim are not at hand")
    spec = importlib.util.spec_from_file_location("signatures", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def data(n_classes, dtype, is_sparse, n=120, d=7):
    rng = np.random.default_rng(n + d)
    X = rng.normal(size=(n, d))
    y = (X @ rng.normal(size=(d, n_classes))).argmax(axis=1)
    X = (X * (rng.random(X.shape) < 0.4) if is_sparse else X).astype(dtype)
    return sparse.csr_array(X) if is_sparse else X, y


def fits():
    """Yield estimators with their data: all solvers, activations, inputs, and the like."""
    binary, multi = MLPBinaryClassifier, MLPMulticlassClassifier
    kinds = [(dtype, s) for dtype in (np.float32, np.float64) for s in (False, True)]
    for dtype, is_sparse in kinds:
        for solver in ("adam", "adamw", "sgd", "lbfgs"):
            yield binary((9,), solver=solver), data(2, dtype, is_sparse)
            yield multi((5, 40), "tanh", solver=solver), data(4, dtype, is_sparse)
        yield binary((6, 4), dropout=0.3), data(2, dtype, is_sparse)
        yield multi((6, 4), "logistic", dropout=(0.2, 0.4)), data(3, dtype, is_sparse)
        yield multi((), max_grad_norm=0.1), data(3, dtype, is_sparse)
        X, y = data(3, dtype, is_sparse)
        yield MLPMultilabelClassifier((7,)), (X, np.eye(3, dtype=int)[y])
        for loss in KINDS:
            yield MLPRegressor(loss, (7,), normalize_y=True), (X, y + 1.0)
            yield MLPRegressor(loss, (7,)), (X, np.stack([y + 1.0, y % 2 + 0.5], axis=1))
        yield MLPRegressor("quantile", (7,), quantile=[0.1, 0.5, 0.9]), (X, y)
        yield binary((8,), n_members=3, label_smoothing=0.1), data(2, dtype, is_sparse)
        yield multi((8,), solver="adamw", scaling_rate=30.0), data(3, dtype, is_sparse)
        yield binary((8, 4), "prelu", init="data"), data(2, dtype, is_sparse)
        yield binary((8,), solver="lbfgs", activation="silu"), data(2, dtype, is_sparse)
        # Enough for two threads, two terms of a gradient, and several chunks of theta.
        large = data(3, dtype, is_sparse, n=1700, d=70)
        for n_jobs in (1, 4):
            yield multi((130,), n_jobs=n_jobs), large
            yield binary((90, 80), "gelu", n_jobs=n_jobs), (large[0], large[1] % 2)
    for i, activation in enumerate(sorted(ACTIVATIONS)):
        yield multi((6, 5), activation, batch_size=37), data(3, *kinds[i % 4])
        yield binary((33,), activation, alpha=0.1), data(2, *kinds[(i + 1) % 4])


@pytest.fixture(scope="module")
def calls():
    """Calls of the border with their arguments, as fits and predictions make them."""
    functions, calls = _aot.functions(_aot.level), []
    originals = {name: getattr(skmlp._border.calls, name) for name in functions}
    with pytest.MonkeyPatch.context() as patch:
        for module in [m for key, m in sys.modules.items() if key.startswith("skmlp")]:
            for name, original in originals.items():
                if vars(module).get(name) is original:
                    call = border_calls.recording(name, functions[name], calls)
                    patch.setattr(module, name, call)
        for i, (network, (X, y)) in enumerate(fits()):
            network.set_params(max_iter=2, random_state=i)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                network.fit(X, y, np.random.default_rng(i).random(len(y)))
            getattr(network, "predict_proba", network.predict)(X[:50])
            getattr(network, "decision_function", network.predict)(X[:33])
            if network.hidden_layer_sizes:
                network.transform(X[:3])
    return calls


@pytest.fixture(autouse=True)
def no_fallbacks():
    """Let what there is no code for be refused, instead of compiled."""
    before = {name: _aot.set_fallback(name, None) for name in border_calls.MODULES}
    yield
    for name, fallback in before.items():
        assert _aot.set_fallback(name, fallback) is None


@pytest.fixture(scope="module")
def record(calls, tmp_path_factory):
    path = tmp_path_factory.mktemp("border") / "calls.pkl"
    path.write_bytes(pickle.dumps(calls))
    return path


def replayed(record, kind, *arguments, python=sys.executable, **environment):
    """Return the digests of the calls, repeated in a process of its own."""
    out = record.with_name(f"{kind}.digests")
    subprocess.run(
        [python, ROOT / "tests" / "border_calls.py", record, out, kind, *arguments],
        env=os.environ | environment,
        check=True,
    )
    return out.read_text().split()


def variant_of(call):
    """Return the function's name, and X's dtype, kind and whether there is `saved`."""
    name, given = call[0], [argument for argument, _ in call[1]]
    if name == "shuffle":
        return (name,)
    saved = given[22] if name == "run_epoch" else given[9]
    return name, given[0].dtype.name, given[1] is None, saved is None


def test_calls_are_of_all_variants(calls):
    """Or the tests below would say less than they seem to."""
    found = Counter(map(variant_of, calls))
    assert len(found) == 17
    assert min(found.values()) >= 4
    assert sum(found.values()) >= 400
    assert any(name == "run_epoch" and len(given[-2][0]) > 2 for name, given, _ in calls)


@pytest.mark.parametrize("level", _aot.levels)
def test_bits_are_those_of_numba_for_the_level(calls, record, level):
    try:
        functions = _aot.functions(level)
    except ValueError:
        pytest.skip("the processor has not this level")
    environment = {
        "NUMBA_CPU_NAME": CPUS[level],
        "NUMBA_CPU_FEATURES": "",
        "PYTHONPATH": str(Path(skmlp.__file__).parents[1]),
    }
    replayed(record, "jit", **environment)
    # A process that compiles may link other copies of inner kernels than one that loads them.
    expected = replayed(record, "jit", **environment)
    found = [border_calls.digest(functions, call) for call in calls]
    differing = [calls[i][0] for i in range(len(calls)) if found[i] != expected[i]]
    assert not differing, f"{len(differing)} of {len(calls)}: {Counter(differing)}"


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_other_pythons_without_numba(calls, record, version):
    """The limited API: one file for all of them."""
    python = shutil.which(f"python{version}")
    command = [python, "-c", "import numpy"]
    if python is None or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip(f"there is no Python {version} with NumPy")
    functions = _aot.functions(_aot.level)
    found = replayed(record, "aot", _aot.__file__, _aot.level, python=python)
    assert found == [border_calls.digest(functions, call) for call in calls]


def test_undefined_symbols_are_of_libc_and_the_limited_api():
    nm = shutil.which("nm")
    if nm is None or sys.platform != "linux":
        pytest.skip("there is no nm")
    command = [nm, "-D", "--undefined-only", "--format=posix", _aot.__file__]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    names = {line.split()[0].partition("@")[0] for line in lines.splitlines()}
    others = {name for name in names if not name.startswith(("Py", "_Py"))}
    assert others <= LIBC
    # What the limited API has is in the library of the stable ABI alone on Windows; here its
    # private names are those that its own macros bring along.
    private = {name for name in names if name.startswith("_Py")}
    assert private <= {"_PyArg_ParseTuple_SizeT", "_Py_Dealloc", "_Py_NoneStruct"}


def test_levels():
    assert _aot.level in _aot.levels
    functions = _aot.functions(_aot.level)
    assert set(functions) == set(border_calls.MODULES)
    assert functions["outputs"].__name__ == "outputs"
    with pytest.raises(ValueError, match="level 'v9' is not among those compiled"):
        _aot.functions("v9")
    with pytest.raises(TypeError):
        _aot.functions(3)


@pytest.mark.skipif(shutil.which("qemu-x86_64") is None, reason="there is no qemu-x86_64")
@pytest.mark.parametrize(
    ("cpu", "level"), [("Nehalem", ""), ("Haswell", "v3"), ("Haswell,-movbe", "")]
)
def test_level_of_other_processors(cpu, level):
    script = (
        "from tests import border_calls\n"
        f"module = border_calls.load({_aot.__file__!r})\n"
        "print(module.level)\n"
        "try: module.functions('v4')\n"
        "except ValueError as error: print(error)\n"
    )
    lines = subprocess.run(
        ["qemu-x86_64", "-cpu", cpu, sys.executable, "-c", script],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert lines[0] == level
    assert "not the processor's" in lines[1]


def misaligned(array):
    room = np.zeros(array.nbytes + 1, np.uint8)
    return room[1:].view(array.dtype).reshape(array.shape)


def strided(array):
    return np.repeat(array, 2, axis=-1)[..., ::2]


def swapped(array):
    return array.astype(array.dtype.newbyteorder())


def read_only(array):
    view = array.view()
    view.flags.writeable = False
    return view


# What is made of an array, and what the exception says of it.
FAULTS = [
    (lambda array: array.tolist(), TypeError, "must be an array"),
    (memoryview, TypeError, "must be an array"),
    (lambda array: "text", TypeError, "must be an array"),
    (lambda array: array[None], ValueError, "dimensions, not"),
    (lambda array: array.ravel()[0], (TypeError, ValueError), "must be an array|dimensions"),
    (strided, ValueError, "must be C-contiguous"),
    (misaligned, ValueError, "must be aligned"),
    (swapped, ValueError, "must be in the processor's byte order"),
    (read_only, ValueError, "is written to, and must not be read-only"),
    (
        lambda array: np.zeros(array.shape, np.float16),
        TypeError,
        "is of dtype float16, for which",
    ),
    (lambda array: array.astype(object), TypeError, "is of dtype object, for which"),
    (
        lambda array: None,
        (TypeError, ValueError),
        "must be an array|must be None where|is None, which an activation needs",
    ),
]


def refused(name, arguments, position, error, text):
    """Assert that an exception is raised, and names function, position and parameter."""
    parameter = signatures().FUNCTIONS[name].parameters[position].name
    with pytest.raises(error, match=text) as info:
        _aot.functions(_aot.level)[name](*arguments)
    if arguments[position] is None and "must be None where" in str(info.value):
        return  # it may be another one that should have been None
    start = f"{name}() argument {position + 1} ({parameter}) "
    assert str(info.value).startswith(start), str(info.value)


def one_of_each_variant(calls):
    """Return a call for each function and variant."""
    found = {}
    for call in calls:
        found.setdefault(variant_of(call), call)
    return list(found.values())


@pytest.mark.parametrize("fault", range(len(FAULTS)))
def test_arrays_that_do_not_fit(calls, fault):
    change, error, text = FAULTS[fault]
    for call in one_of_each_variant(calls):
        name = call[0]
        for position, parameter in enumerate(signatures().FUNCTIONS[name].parameters):
            arguments, _generator = border_calls._arguments(call)
            array = arguments[position]
            if not isinstance(array, np.ndarray) or not array.size:
                continue
            if change is strided and array.shape[-1] < 2:
                continue
            arguments[position] = change(array)
            if change is read_only and parameter.use != "out":
                _aot.functions(_aot.level)[name](*arguments)
            else:
                refused(name, arguments, position, error, text)


def test_numbers_that_do_not_fit(calls):
    class Number:
        """Neither an integer nor a float, but what stands for one."""

        def __init__(self, value):
            self.value = value

        def __index__(self):
            return self.value

        def __float__(self):
            return float(self.value)

    class Failing:
        def __index__(self):
            raise KeyError("its own")

        __float__ = __index__

    for call in one_of_each_variant(calls):
        name = call[0]
        function = _aot.functions(_aot.level)[name]
        for position, parameter in enumerate(signatures().FUNCTIONS[name].parameters):
            arguments, _generator = border_calls._arguments(call)
            value = arguments[position]
            if parameter.type not in ("int", "float"):
                continue
            text = "must be an integer" if parameter.type == "int" else "must be a number"
            for other in (None, "1", [], np.zeros(3), 1j):
                arguments[position] = other
                refused(name, arguments, position, TypeError, text)
            if parameter.type == "int":
                arguments[position] = 1.0
                refused(name, arguments, position, TypeError, text)
            arguments[position] = 10**400
            refused(name, arguments, position, ValueError, "is too large a number")
            arguments[position] = Failing()
            with pytest.raises(KeyError, match="its own"):
                function(*arguments)
            if name == "outputs":
                expected = border_calls.digest({name: function}, call)
                for kind in (Number, np.int64, np.int8):
                    packed = list(call[1])
                    packed[position] = kind(value), None
                    again = name, packed, call[2]
                    assert border_calls.digest({name: function}, again) == expected


def test_numbers_out_of_range(calls):
    ranges = {
        "run_epoch": {
            "batch_size": (0, -1, 2**40),
            "loss": (-1, len(LOSSES), 2**62),
            "optimizer": (-1, 4, -(2**63)),
            "thread": (-1, 1000),
        },
        "outputs": {"depth": (0, -1, 1000), "loss": (-2, len(LOSSES))},
        "shuffle": {"draw": (0, -1), "state": (0,)},
    }
    for call in one_of_each_variant(calls):
        name = call[0]
        parameters = [parameter.name for parameter in signatures().FUNCTIONS[name].parameters]
        for parameter, values in ranges[name].items():
            for value in values:
                arguments, _generator = border_calls._arguments(call)
                position = parameters.index(parameter)
                arguments[position] = value
                refused(name, arguments, position, ValueError, "is -?[0-9]+, and must be from")


def test_numbers_of_arguments():
    for name, function in _aot.functions(_aot.level).items():
        for n in (0, 3, 100):
            with pytest.raises(TypeError, match=rf"{name}\(\) takes \d+ arguments; {n} were"):
                function(*[None] * n)


# Arrays that are not too long with an element more.
MAY_BE_LONGER = {
    *(("run_epoch", name) for name in ("data", "indices", "rows", "settings", "moments")),
    *(("run_epoch", name) for name in ("saved", "gradient", "work", "deltas", "weights_t")),
    *(("run_epoch", name) for name in ("scratch", "partial_sums", "loss_settings")),
    *(("outputs", name) for name in ("dense", "data", "indices", "indptr", "saved", "work")),
}


def test_lengths_are_exactly_what_the_kernels_need(calls):
    """An element less is refused, so that the sizes in C are those of skmlp._border.sizes."""
    for call in calls:
        name = call[0]
        function = _aot.functions(_aot.level)[name]
        arguments, _generator = border_calls._arguments(call)
        function(*arguments)
        arguments, _generator = border_calls._arguments(call)
        for position, parameter in enumerate(signatures().FUNCTIONS[name].parameters):
            array = arguments[position]
            if not isinstance(array, np.ndarray) or not array.size:
                continue
            arguments[position] = np.ascontiguousarray(array[:-1])
            # A row less may be one that nothing asks for, or leave the number of steps.
            may_be_shorter = {"run_epoch": {"rows"}}.get(name, set())
            if name == "outputs":
                may_be_shorter = {"dense", "indptr"} if arguments[4].size else {"out"}
            if parameter.name not in may_be_shorter:
                with pytest.raises(ValueError, match=rf"^{name}\(\) argument \d+ \(\w+\) "):
                    function(*arguments)
            longer = np.concatenate([array, array[-1:]])
            arguments[position] = longer
            if (name, parameter.name) not in MAY_BE_LONGER:
                with pytest.raises(ValueError, match=rf"^{name}\(\) argument \d+ \(\w+\) "):
                    function(*arguments)
            arguments[position] = array


@pytest.mark.parametrize("value", [-1, 10**6, 2**62, -(2**63), 2**63 - 1])
def test_indices_of_rows_outside_the_data(calls, value):
    for call in one_of_each_variant(calls):
        name = call[0]
        position = {"run_epoch": 6, "outputs": 4}.get(name)
        arguments, _generator = border_calls._arguments(call)
        if position is None or not arguments[position].size:
            continue
        arguments[position][-1] = value
        refused(name, arguments, position, ValueError, "has an element that is not from 0 to")
        arguments[position][-1] = 0
        arguments[position][0] = len(arguments[4]) if name == "run_epoch" else value
        refused(name, arguments, position, ValueError, "has an element that is not from 0 to")


def test_parts_of_sparse_input_that_do_not_fit(calls):
    for call in one_of_each_variant(calls):
        name = call[0]
        if name == "shuffle" or call[1][1][0] is None:
            continue
        n_columns = call[1][0][0].shape[1]
        for position, at, values in (
            (2, 0, (-1, n_columns, 2**31 - 1, -(2**31))),
            (2, -1, (-1, n_columns)),
            (3, 0, (-1, -(2**31))),
            (3, 1, (-1, 2**31 - 1)),
            (3, -1, (2**31 - 1,)),
        ):
            for value in values:
                arguments, _ = border_calls._arguments(call)
                arguments[position] = arguments[position].copy()
                arguments[position][at] = value
                refused(name, arguments, position, ValueError, "does not rise|has an element")


def test_codes_of_classes_outside_the_outputs(calls):
    for call in one_of_each_variant(calls):
        arguments, _ = border_calls._arguments(call)
        if call[0] == "run_epoch" and arguments[10] == 1:
            n_outputs = arguments[9][-1, 3]
            for value in (-1, n_outputs, np.nan, np.inf, -np.inf, 1e30):
                arguments[4][-1] = value
                refused(call[0], arguments, 4, ValueError, "has a code that is not from 0 to")


def test_tables_that_are_of_no_network(calls):
    """Each number is one that kernels compute addresses from."""
    for call in one_of_each_variant(calls):
        name, position = call[0], {"run_epoch": 9, "outputs": 6}.get(call[0])
        if position is None:
            continue
        table = call[1][position][0]
        for row in range(table.shape[0]):
            for column in range(table.shape[1]):
                for change in (1, -1, 2**31, 2**62, 2**63 - 100000, -(2**62)):
                    arguments, _ = border_calls._arguments(call)
                    changed = arguments[position] = arguments[position].copy()
                    changed[row, column] += change
                    has_saved = not variant_of(call)[-1]
                    if column == 5 and _may_become(table[row, 5], changed[row, 5], has_saved):
                        continue
                    with pytest.raises(ValueError, match=rf"^{name}\(\) argument \d+ \(\w+\) "):
                        _aot.functions(_aot.level)[name](*arguments)


def _may_become(before, after, has_saved):
    """Return whether another activation has what it needs in the place of that before."""
    by_code = {activation.code: activation for activation in ACTIVATIONS.values()}
    if after not in by_code:
        return False
    before, after = by_code[before], by_code[after]
    return before.learns_slopes >= after.learns_slopes and has_saved >= after.saves


def test_fallback(calls):
    """It is called for other dtypes, with the arguments as they are, and for nothing else."""
    called = []

    def fallback(*arguments):
        called.append(arguments)
        return "result"

    functions = _aot.functions(_aot.level)
    with pytest.raises(ValueError, match="is no function"):
        _aot.set_fallback("other", fallback)
    with pytest.raises(TypeError, match="callable"):
        _aot.set_fallback("outputs", 3)
    for call in one_of_each_variant(calls):
        name = call[0]
        arguments, _generator = border_calls._arguments(call)
        position = 2 if arguments[1] is not None and name != "shuffle" else 0
        other = list(arguments)
        other[position] = other[position].astype(np.int16)
        assert _aot.set_fallback(name, fallback) is None
        try:
            assert functions[name](*other) == "result"
            functions[name](*arguments)
            other[0] = other[0].tolist()
            refused(name, other, 0, TypeError, "must be an array")
        finally:
            assert _aot.set_fallback(name, None) is fallback
        (given,) = called
        assert all(a is b for a, b in zip(given[1:], other[1:], strict=True))
        called.clear()
        refused(name, [*arguments[:position], given[position], *arguments[position + 1 :]],
                position, TypeError, "is of dtype int16")  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="pages are protected as Linux does it")
@pytest.mark.parametrize("seed", [0, 1])
def test_nothing_outside_the_arrays_is_touched(record, seed):
    """Whatever is accepted of calls that are changed at random."""
    n, command = 500, [sys.executable, "-m", "tests.guarded_calls", record, _aot.__file__]
    process = subprocess.run(
        list(map(str, [*command, _aot.level, seed, n])),
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process
    n_through, n_refused = map(int, process.stdout.split())
    assert n_through > n / 5
    assert n_refused > n / 5


@pytest.mark.parametrize("size", [0, 10, 64])
def test_files_that_are_cut_short(tmp_path, size):
    """Those cut later end the process; who imports the module looks whether it is whole."""
    path = tmp_path / "_aot.so"
    path.write_bytes(Path(_aot.__file__).read_bytes()[:size])
    with pytest.raises(ImportError):
        border_calls.load(path)
