"""Compile the functions on the border for one processor level, into one object file.

``python compile_level.py LEVEL FILE`` writes the file, in a process whose NUMBA_CPU_NAME is
that of the level and whose NUMBA_CPU_FEATURES is empty.

Each function and variant is compiled by numba as at its first call, and its module taken as
numba would link it. Around it comes an entry ``int name(int64_t *block)`` that finds arguments
where the shim puts them: three words for each parameter, behind one for the result. What is not
an entry becomes private to its module, so that no variant has the inner kernels that another
one brought along, and the wrappers for Python go. Nothing is optimised again: the bits are
numba's.
"""

import gc
import importlib
import sys
from pathlib import Path

from signatures import FUNCTIONS, entry_name, variants

# Words of the block for each parameter: a number, or an address and two lengths.
WORDS = 3


def _entry(context, fndesc, name):
    """Return the module of an entry, as text."""
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils
    from numba.np.arrayobj import make_array, populate_array

    word = ir.IntType(64)
    module = ir.Module(name)
    entry = ir.Function(module, ir.FunctionType(ir.IntType(32), [word.as_pointer()]), name)
    builder = ir.IRBuilder(entry.append_basic_block())
    block = entry.args[0]

    def argument(position, kind):
        first = 1 + WORDS * position
        words = [
            builder.load(builder.gep(block, [word(first + offset)])) for offset in range(WORDS)
        ]
        if isinstance(kind, types.Array):
            item = context.get_data_type(kind.dtype).as_pointer()
            shape, size = words[1 : 1 + kind.ndim], word(kind.dtype.bitwidth // 8)
            strides = [size]
            for extent in reversed(shape[1:]):
                strides.insert(0, builder.mul(strides[0], extent))
            array = make_array(kind)(context, builder)
            data = builder.inttoptr(words[0], item)
            populate_array(array, data, shape, strides, size, meminfo=None)
            return array._getvalue()
        if isinstance(kind, types.Float):
            return builder.bitcast(words[0], ir.DoubleType())
        return words[0] if isinstance(kind, types.Integer) else context.get_dummy_value()

    arguments = [argument(*item) for item in enumerate(fndesc.argtypes)]
    status, result = context.call_conv.call_function(
        builder,
        context.declare_function(module, fndesc),
        fndesc.restype,
        fndesc.argtypes,
        arguments,
    )
    if isinstance(fndesc.restype, types.Float):
        builder.store(builder.bitcast(result, word), block)
    elif isinstance(fndesc.restype, types.Boolean):
        builder.store(builder.zext(result, word), block)
    builder.ret(status.code)
    return cgutils.normalize_ir_text(str(module))


def _internalize(module, keep):
    """Make private what is defined in a module, but for the function `keep`."""
    for value in (*module.functions, *module.global_variables):
        if not value.is_declaration and not value.name.startswith("llvm."):
            value.linkage = "external" if value.name == keep else "internal"


def _compile(name, function, variant, symbol):
    """Return the module of one entry, of which all else is private."""
    import llvmlite.binding as llvm
    from numba.core.registry import cpu_target

    from skmlp._kernels.signatures import Variant as Kernel
    from skmlp._kernels.signatures import types_of

    dispatcher = getattr(importlib.import_module(function.module), name)
    expected = list(dispatcher.py_func.__code__.co_varnames[: len(function.parameters)])
    assert expected == [parameter.name for parameter in function.parameters], name
    signature = types_of(Kernel(name, variant.real, variant.sparse, variant.saved))
    dispatcher.compile(signature)
    compiled = dispatcher.overloads[signature]
    module = compiled.library._get_module_for_linking().clone()
    _internalize(module, compiled.fndesc.llvm_func_name)
    entry = llvm.parse_assembly(_entry(cpu_target.target_context, compiled.fndesc, symbol))
    entry.data_layout, entry.triple = module.data_layout, module.triple
    module.link_in(entry)
    _internalize(module, symbol)
    module.get_function(symbol).visibility = "hidden"
    return module


def _emit(module):
    """Return the object code of a module, without what nothing calls."""
    import llvmlite.binding as llvm
    from numba.core.registry import cpu_target

    triple, cpu, features = cpu_target.target_context.codegen().magic_tuple()
    machine = llvm.Target.from_triple(triple).create_target_machine(
        cpu=cpu, features=features, opt=3, reloc="pic", codemodel="default"
    )
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.add_merge_functions_pass()
    options = llvm.create_pipeline_tuning_options(speed_level=0)
    passes.run(module, llvm.create_pass_builder(machine, options))
    module.verify()
    return machine.emit_object(module)


def main(level: str, path: Path) -> None:
    """Write the object file of a level."""
    import llvmlite.binding as llvm

    gc.disable()  # it takes a tenth of the time
    merged = llvm.parse_assembly("")
    for name, function in FUNCTIONS.items():
        for variant in variants(function):
            module = _compile(name, function, variant, entry_name(name, variant, level))
            merged.data_layout, merged.triple = module.data_layout, module.triple
            merged.link_in(module)
    path.write_bytes(_emit(merged))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
