"""The signatures that functions of the border are called with: all that there ever are."""

from typing import Any, NamedTuple

from numba import types

from skmlp._kernels._jit import is_kept
from skmlp._kernels.epoch import run_epoch
from skmlp._kernels.network import outputs
from skmlp._kernels.shuffling import shuffle

FUNCTIONS = {"run_epoch": run_epoch, "outputs": outputs, "shuffle": shuffle}
DTYPES = {"float32": types.float32, "float64": types.float64}

_INT, _FLOAT, _NONE = types.int64, types.float64, types.none


class Variant(NamedTuple):
    """What a function is compiled for.

    Attributes
    ----------
    function : str
        A name in ``FUNCTIONS``.
    dtype : str
        Of X; empty where that does not matter, as do the others.
    is_sparse : bool
        Whether X is.
    saves : bool
        Whether there is room for what dropout and most activations need.
    """

    function: str
    dtype: str = ""
    is_sparse: bool = False
    saves: bool = False

    def __str__(self) -> str:
        """Return it in words."""
        if not self.dtype:
            return self.function
        kind = "sparse" if self.is_sparse else "dense"
        activations = "all activations" if self.saves else "identity, logistic, tanh, relu"
        return f"{self.function}, {self.dtype}, {kind}, {activations}"


def variants(dtypes: Any = tuple(DTYPES)) -> list[Variant]:
    """Return all variants of all functions for some dtypes of X."""
    several = [
        Variant(function, dtype, is_sparse, saves)
        for dtype in dtypes
        for is_sparse in (False, True)
        for saves in (False, True)
        for function in ("run_epoch", "outputs")
    ]
    return [Variant("shuffle"), *several]


def _array(dtype: Any, n_dimensions: int = 1, *, readonly: bool = False) -> Any:
    return types.Array(dtype, n_dimensions, "C", readonly=readonly)


def types_of(variant: Variant) -> tuple[Any, ...]:
    """Return the types of a variant's arguments, in their order."""
    if variant.function == "shuffle":
        return _array(_INT), _array(types.uint32), _INT, _INT
    real = DTYPES[variant.dtype]
    vector, matrix = _array(real), _array(real, 2)
    index = _array(types.int32, readonly=True)
    sparse = (_array(real, readonly=True), index, index)
    x = (_array(real, 2, readonly=True), *(sparse if variant.is_sparse else [_NONE] * 3))
    layers, floats = _array(_INT, 2, readonly=True), _array(_FLOAT)
    saved = vector if variant.saves else _NONE
    if variant.function == "outputs":
        theta = _array(real, readonly=True)
        return (*x, _array(_INT), theta, layers, _INT, _INT, saved, vector, matrix)
    return (
        *x, _array(real, 2, readonly=True), vector, _array(_INT), _INT,
        vector, layers, _INT, floats, _FLOAT,
        _INT, floats, matrix, saved, _INT, floats, _FLOAT,
        floats, _INT, saved, vector, vector, vector, vector, vector, floats,
        _array(_INT, 2), _INT,
    )  # fmt: skip


def compile_variant(variant: Variant) -> bool:
    """Compile a variant, or load it from disk; return whether it is there."""
    function, signature = FUNCTIONS[variant.function], types_of(variant)
    function.compile(signature)
    return is_kept(function, signature)
