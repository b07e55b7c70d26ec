"""Write the tables of the shim: ``python header.py FILE LEVEL...``.

They are the parameters and variants of :mod:`signatures`, and what skmlp._border says of codes,
layout and sizes.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from signatures import FUNCTIONS, Function, Parameter, Variant, entry_name, variants

from skmlp._border import layout, losses, optimizers, sizes
from skmlp._border.activations import ACTIVATIONS
from skmlp._border.sources import SOURCES_DIGEST

# How the shim tells apart what an argument is; "x" is None.
_CODES = {"float64": "d", "float32": "f", "int64": "q", "int32": "i", "uint32": "I"}
_KINDS = {"int": "i", "float": "f"}
_VARIANTS = {"": 0, "sparse": 1, "saved": 2}
_COLUMNS = "WEIGHTS", "BIASES", "FAN_IN", "FAN_OUT", "UNITS", "ACTIVATION", "SLOPES"


def _codes_of(function: Function, variant: Variant) -> str:
    """Return a letter for each parameter: its dtype, or "x" for None, or "-" for a number."""
    letters = ""
    for parameter in function.parameters:
        dtype = variant.real if parameter.type == "real" else parameter.type
        letters += _CODES.get(dtype, "-") if variant.has(parameter) else "x"
    return letters


def _constants() -> dict[str, int]:
    """Return the constants of the border that checks need."""
    constants = {
        "PANEL": sizes.PANEL,
        "ROWS_CHUNK": sizes.ROWS_CHUNK,
        "DEEP": sizes.DEEP,
        "CHUNK": sizes.CHUNK,
        "TWICE": sizes._TWICE,
        "LARGE": sizes._LARGE,
        "FEW": sizes._FEW,
        "TASKS_PER_THREAD": sizes.TASKS_PER_THREAD,
        "NO_LOSS": losses.NO_LOSS,
        "BINARY": losses.BINARY,
        "MULTINOMIAL": losses.MULTINOMIAL,
        "QUANTILES": losses.QUANTILES,
        "N_LOSSES": len(losses.LOSSES),
        "NO_SLOPES": layout.NO_SLOPES,
        "N_COLUMNS": len(_COLUMNS),
        "N_FUNCTIONS": len(FUNCTIONS),
        "MAX_PARAMETERS": max(len(function.parameters) for function in FUNCTIONS.values()),
    }
    constants |= {name: getattr(layout, name) for name in _COLUMNS}
    for name, function in FUNCTIONS.items():
        constants[f"N_{name.upper()}"] = len(function.parameters)
        for position, parameter in enumerate(function.parameters):
            constants[f"{name.upper()}_{parameter.name}"] = position
    return constants


def _registries() -> Iterator[str]:
    """Yield what checks need to know of activations, losses and optimizers, by their codes."""
    activations = {activation.code: activation for activation in ACTIVATIONS.values()}
    by_code = [activations[code] for code in range(len(activations))]
    # Settings, moments, and whether there may be factors of the inputs.
    needs = {optimizers.ACCUMULATE: (0, 1, 0)} | {
        optimizer.code: (len(optimizer.settings), optimizer.n_moments, optimizer.scales_inputs)
        for optimizer in optimizers.OPTIMIZERS.values()
    }
    of_losses = {loss.code: loss.n_settings for loss in losses.LOSSES.values()}
    yield f"#define N_ACTIVATIONS {len(by_code)}"
    yield f"#define N_OPTIMIZERS {len(needs)}"
    yield _array("char", "SAVES[]", [int(activation.saves) for activation in by_code])
    yield _array("char", "LEARNS_SLOPES[]", [int(a.learns_slopes) for a in by_code])
    yield _array("char", "N_SETTINGS[]", [of_losses[code] for code in range(len(of_losses))])
    rows = [_braced(*map(int, needs[code])) for code in range(len(needs))]
    yield _array("int", "OPTIMIZERS[][3]", rows)


def _braced(*items: object) -> str:
    return f"{{{', '.join(map(str, items))}}}"


def _array(kind: str, name: str, items: list[object]) -> str:
    lines = ",\n    ".join(map(str, items))
    return f"static const {kind} {name} = {{\n    {lines}}};"


def _parameter(parameter: Parameter) -> str:
    def extent(length: str) -> str:
        symbol, _, more = length.rpartition("+") if "+" in length else (length, "", "0")
        if symbol.isalpha():
            return _braced(f"'{symbol}'", more)
        return _braced(0, 0 if symbol == "*" else symbol)

    return _braced(
        f'"{parameter.name}"',
        f"'{_KINDS.get(parameter.type, 'a')}'",
        len(parameter.shape),
        _braced(*(map(extent, parameter.shape) if parameter.shape else ["{0, 0}"])),
        int(parameter.use == "out"),
        _VARIANTS[parameter.variant],
    )


def _functions() -> Iterator[str]:
    rows = []
    for name, function in FUNCTIONS.items():
        parameters = [_parameter(parameter) for parameter in function.parameters]
        yield _array("parameter_t", f"PARAMETERS_{name}[]", parameters)
        result = f"'{function.result[0]}'"
        rows.append(
            _braced(f'"{name}"', result, len(parameters), f"PARAMETERS_{name}", f"check_{name}")
        )
    yield _array("function_t", "FUNCTIONS[]", rows)


def _entries(levels: list[str]) -> Iterator[str]:
    bindings = []
    for level in levels:
        for number, (name, function) in enumerate(FUNCTIONS.items()):
            rows = []
            for variant in variants(function):
                symbol = entry_name(name, variant, level)
                yield f"extern int {symbol}(int64_t *);"
                rows.append(_braced(f'"{_codes_of(function, variant)}"', symbol))
            yield _array("entry_t", f"ENTRIES_{name}_{level}[]", [*rows, _braced(0, 0)])
            binding = f"FUNCTIONS + {number}", f'"{level}"', f"ENTRIES_{name}_{level}"
            bindings.append(_braced(*binding))
    yield _array("binding_t", "BINDINGS[]", [*bindings, _braced(0, 0, 0)])


def main(path: Path, levels: list[str]) -> None:
    """Write the header."""
    lines = [f"#define {name} {value}" for name, value in _constants().items()]
    lines += [f'#define SOURCES "{SOURCES_DIGEST}"', f"#define N_LEVELS {len(levels)}"]
    lines.append(_array("char *const", "LEVELS[]", [f'"{level}"' for level in levels]))
    lines += [*_registries(), *_functions(), *_entries(levels)]
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
