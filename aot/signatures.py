"""What the functions on the border take and return, for the shim; skmlp has it for numba.

A parameter is described by its name, its type, its shape, and how it is used:

* The type is of numba, or "real", for the dtype of X; "int" and "float" are Python's.
* The shape is in symbols. Those that occur in several shapes of a function have the same value
  in all of them; "n+1" is one more than n, a number is itself, and "*" stands for any length.
* "in" is an array that is only read; "out" is written to. "sparse" and "saved" say which
  variants have the array, where the others have None.
"""

from typing import NamedTuple


class Parameter(NamedTuple):
    """See the module."""

    name: str
    type: str
    shape: tuple[str, ...] = ()
    use: str = "in"
    variant: str = ""


class Function(NamedTuple):
    """A function on the border: the module that has it, its result and its parameters."""

    module: str
    result: str
    parameters: list[Parameter]


class Variant(NamedTuple):
    """What the compiled code of a function is for."""

    real: str
    sparse: bool
    saved: bool

    def __str__(self) -> str:
        """Return its part of a symbol."""
        return self.real + "_sparse" * self.sparse + "_saved" * self.saved

    def has(self, parameter: Parameter) -> bool:
        """Return whether the parameter is not None."""
        return not parameter.variant or getattr(self, parameter.variant)


# Where code for each level comes from: what numba calls the processor.
CPUS = {"v3": "x86-64-v3", "v4": "x86-64-v4", "neon": "generic"}

_INPUT = [
    Parameter("dense", "real", ("*", "d")),
    Parameter("data", "real", ("*",), variant="sparse"),
    Parameter("indices", "int32", ("*",), variant="sparse"),
    Parameter("indptr", "int32", ("n+1",), variant="sparse"),
]

FUNCTIONS = {
    "run_epoch": Function(
        "skmlp._kernels.epoch",
        "float",
        [
            *_INPUT,
            Parameter("targets", "real", ("n", "*")),
            Parameter("weights", "real", ("n",)),
            Parameter("rows", "int64", ("m",)),
            Parameter("batch_size", "int"),
            Parameter("theta", "real", ("p",), "out"),
            Parameter("layers", "int64", ("K", "7")),
            Parameter("loss", "int"),
            Parameter("loss_settings", "float64", ("*",)),
            Parameter("alpha", "float"),
            Parameter("optimizer", "int"),
            Parameter("settings", "float64", ("*",)),
            Parameter("moments", "real", ("*", "p"), "out"),
            Parameter("scaling", "real", ("*",), "out", "saved"),
            Parameter("first_step", "int"),
            Parameter("rates", "float64", ("*",)),
            Parameter("max_norm", "float"),
            Parameter("dropout", "float64", ("K",)),
            Parameter("seed", "int"),
            Parameter("saved", "real", ("*",), "out", "saved"),
            Parameter("gradient", "real", ("*",), "out"),
            Parameter("work", "real", ("*",), "out"),
            Parameter("deltas", "real", ("*",), "out"),
            Parameter("weights_t", "real", ("*",), "out"),
            Parameter("scratch", "real", ("*",), "out"),
            Parameter("partial_sums", "float64", ("*",), "out"),
            Parameter("sync", "int64", ("*", "16"), "out"),
            Parameter("thread", "int"),
        ],
    ),
    "outputs": Function(
        "skmlp._kernels.network",
        "bool",
        [
            *_INPUT,
            Parameter("rows", "int64", ("*",)),
            Parameter("theta", "real", ("p",)),
            Parameter("layers", "int64", ("K", "7")),
            Parameter("depth", "int"),
            Parameter("loss", "int"),
            Parameter("saved", "real", ("*",), "out", "saved"),
            Parameter("work", "real", ("*",), "out"),
            Parameter("out", "real", ("*", "*"), "out"),
        ],
    ),
    "shuffle": Function(
        "skmlp._kernels.shuffling",
        "None",
        [
            Parameter("rows", "int64", ("n",), "out"),
            Parameter("places", "uint32", ("n",), "out"),
            Parameter("draw", "int"),
            Parameter("state", "int"),
        ],
    ),
}


def variants(function: Function) -> list[Variant]:
    """Return what a function is compiled for: each dtype and kind of X, with `saved` or not."""
    if all(parameter.type != "real" for parameter in function.parameters):
        return [Variant("", False, False)]
    return [
        Variant(real, sparse, saved)
        for real in ("float64", "float32")
        for sparse in (False, True)
        for saved in (False, True)
    ]


def entry_name(name: str, variant: Variant, level: str) -> str:
    """Return the symbol of a variant's code in the object file."""
    return "_".join(filter(None, ("skmlp", name, str(variant), level)))
