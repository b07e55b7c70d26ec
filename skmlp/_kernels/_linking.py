"""numba's compiler, without what kernels do not need, and the machine code it makes of them.

A kernel that only kernels call is linked into them as LLVM IR. Machine code of its own would
take a fifth of the time to compile, and nothing would call it.

The functions that are linked into a kernel of the border are private to it. As numba leaves
them they are shared: the process keeps the first definition of a name, and would compute with
the copy that an earlier kernel was optimised with, whose last bits may differ, or, in the
process that compiles, with one that a later process has no more.
"""

import functools
from typing import Any

import llvmlite.binding as llvm
from numba.core import ir, typed_passes, types, typing, untyped_passes
from numba.core.analysis import compute_cfg_from_blocks
from numba.core.codegen import JITCodeLibrary, JITCPUCodegen
from numba.core.compiler import Compiler, Flags
from numba.core.compiler_machinery import register_pass
from numba.core.inline_closurecall import InlineWorker, callee_ir_validator
from numba.core.ir_utils import guard, simplify_CFG

# Passes for what kernels do not have: closures, blocks of `with`, overloads that are to be
# inlined, exceptions, expressions of whole arrays, and loops over tuples. The first finds out
# which variables live how long, which a later one does anew. The last says where variables
# end, so that references are given back, which kernels do not have; each end would be a load
# and a store of the variable.
_NEEDLESS = {
    untyped_passes.IRProcessing,
    untyped_passes.WithLifting,
    untyped_passes.InlineClosureLikes,
    untyped_passes.RewriteDynamicRaises,
    untyped_passes.MakeFunctionToJitFunction,
    untyped_passes.FindLiterallyCalls,
    untyped_passes.LiteralUnroll,
    untyped_passes.LiteralPropagationSubPipelinePass,
    typed_passes.InlineOverloads,
    typed_passes.NopythonRewrites,
    typed_passes.IRLegalization,
}


class _Library(JITCodeLibrary):
    """The code of a kernel, of which no function is optimised by itself.

    numba optimises three times: each function by itself, then for references to Python objects
    that it finds to be needless, then the whole. Kernels have no such references, and what is
    done to each function is done again to the whole.
    """

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout


class _LinkedLibrary(_Library):
    """The IR of a kernel that other kernels are linked with, and are optimised with."""

    _module_from_disk: Any = None

    def add_ir_module(self, ir_module: Any) -> None:
        """Let functions stay what they are, one each, but for those that are parts of loops.

        LLVM decides by the length of a function, which here is that before it is optimised,
        where to put copies of it, and which for single values of the arguments.
        """
        for function in ir_module.functions:
            if not function.is_declaration and "alwaysinline" not in function.attributes:
                # Here, as llvmlite 0.45 gives those of LLVM's modules to their results.
                function.attributes.add("noinline")
                function.attributes.add("noduplicate")
        super().add_ir_module(ir_module)

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_dynamic_globals(self) -> None:
        """Let the addresses of dispatchers be, which numba writes for each call.

        Nothing reads them, and they are gone when the whole is optimised.
        """

    def get_pointer_to_function(self, name: str) -> int:
        """Return 0: there is no machine code."""
        self._ensure_finalized()
        return 0

    def serialize_using_object_code(self) -> tuple[str, str, bytes]:
        """Return the library as what it is, IR."""
        return self.serialize_using_bitcode()

    def _get_module_for_linking(self) -> Any:
        """Return the IR, always as it comes back from disk.

        Of what its instructions are used by, IR in memory may have another order, which LLVM
        may follow.
        """
        module = self._module_from_disk
        if module is None:
            bitcode = super()._get_module_for_linking().as_bitcode()
            module = self._module_from_disk = llvm.parse_bitcode(bitcode)
        return module

    def _finalize_specific(self) -> None:
        pass


class _LinkedCodegen(JITCPUCodegen):
    """A code generator that makes IR as another does, and leaves it at that."""

    _library_class = _LinkedLibrary

    def __init__(self, codegen: JITCPUCodegen) -> None:
        self.__dict__.update(vars(codegen))

    def _add_module(self, module: Any) -> None:
        pass

    def set_env(self, env_name: str, env: Any) -> None:
        """Do nothing: the variable is the callers'."""


@functools.cache
def linked_context(context: Any) -> Any:
    """Return the target's context for kernels that are only linked into others."""
    return context.subtarget(_internal_codegen=_LinkedCodegen(context.codegen()))


class _Flags(Flags):
    """numba's options, which are soon compared: it does so thousands of times."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        theirs = getattr(other, "_values", None)
        return theirs is not None and (
            self._values == theirs or _DEFAULTS | self._values == _DEFAULTS | theirs
        )

    def __hash__(self) -> int:
        return _HASH


_DEFAULTS = {name: option.default for name, option in Flags.options.items()}
_HASH = hash(Flags())  # which has numba's names of options alone in it


class _Typing(typing.Context):
    """numba's types of calls, of which it asks for the same ones thousands of times.

    A function's type has the ways to type it within: with a new way it is another type.
    """

    def __init__(self, context: typing.Context) -> None:
        self.__dict__ = context.__dict__  # two objects, one state
        self.__dict__.setdefault("_skmlp_known", {})

    def resolve_function_type(self, func: Any, args: Any, kws: Any) -> Any:
        """Return the signature of a call, for functions of numba's the one found before."""
        if kws or type(func) is not types.Function:
            return super().resolve_function_type(func, args, kws)
        known, call = self.__dict__["_skmlp_known"], (func, args)
        if call not in known:
            known[call] = super().resolve_function_type(func, args, kws)
        return known[call]


class _Inliner(InlineWorker):
    """numba's inlining, less its copies of what nobody else has."""

    _compiler_pipeline: Any

    def run_untyped_passes(self, func: Any, enable_ssa: bool = False) -> Any:
        """Return the IR of a function."""
        define: Any = self._compiler_pipeline
        self._compiler_pipeline = lambda state: _without_needless(define(state))
        try:
            return super().run_untyped_passes(func, enable_ssa)
        finally:
            self._compiler_pipeline = define

    def inline_ir(
        self, caller_ir: Any, block: Any, i: int, callee_ir: Any, *others: Any, **keywords: Any
    ) -> Any:
        """Put the IR of a function in place of a call, instead of a copy of a copy."""
        blocks = list(callee_ir.blocks.values())
        for each in blocks:
            each.__deepcopy__ = lambda memo, each=each: each
        try:
            return super().inline_ir(caller_ir, block, i, callee_ir, *others, **keywords)
        finally:
            for each in blocks:
                del each.__deepcopy__


@register_pass(mutates_CFG=True, analysis_only=False)
class _Inlining(untyped_passes.InlineInlinables):
    """numba's pass, but for who does the work."""

    _name = "skmlp_inlining"

    def run_pass(self, state: Any) -> bool:
        """Inline calls, and those within."""
        inliner = _Inliner(
            state.typingctx, state.targetctx, state.locals, state.pipeline, state.flags,
            validator=callee_ir_validator,
        )  # fmt: skip
        function_ir, has_inlined = state.func_ir, False
        to_do = list(function_ir.blocks.items())
        while to_do:
            _, block = to_do.pop()
            for i, statement in enumerate(block.body):
                call = statement.value if isinstance(statement, ir.Assign) else None
                is_call = isinstance(call, ir.Expr) and call.op == "call"
                if is_call and guard(self._do_work, state, to_do, block, i, call, inliner):
                    has_inlined = True
                    break  # the rest of the block is among those that are to be done
        if has_inlined:
            for dead in compute_cfg_from_blocks(function_ir.blocks).dead_nodes():
                del function_ir.blocks[dead]
            function_ir.blocks = simplify_CFG(function_ir.blocks)
        return True


def _without_needless(pipeline: Any) -> Any:
    """Leave passes out of a pipeline, let ours inline, and return it.

    After each pass numba looks anew which variables live how long. Those that need it, at the
    beginning, after inlining and at the end, do so themselves.
    """
    pipeline._ENFORCING = False
    pipeline.passes[:] = [
        (_Inlining, why) if each is untyped_passes.InlineInlinables else (each, why)
        for each, why in pipeline.passes
        if each not in _NEEDLESS
    ]
    return pipeline


class _Compiler(Compiler):
    """Compiles kernels, without what they do not need."""

    def __init__(
        self, typing_context: Any, context: Any, library: Any, args: Any, return_type: Any,
        flags: Any, locals_: Any,
    ) -> None:  # fmt: skip
        typing_context, flags = _Typing(typing_context), _Flags(flags)
        super().__init__(
            typing_context, context, library, args, return_type, flags, locals_
        )  # fmt: skip

    def define_pipelines(self) -> Any:
        """Return numba's pipeline, less some passes, and with another for inlining."""
        (pipeline,) = super().define_pipelines()
        return [_without_needless(pipeline)]


class LinkedCompiler(_Compiler):
    """Compiles kernels that are only linked into others."""

    def __init__(self, typing_context: Any, context: Any, *args: Any) -> None:
        super().__init__(typing_context, linked_context(context), *args)


class _BorderLibrary(_Library):
    """The machine code of a kernel that Python calls, with that of all kernels within.

    All of it is optimised here, once.
    """

    def _optimize_final_module(self) -> None:
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == llvm.Linkage.linkonce_odr:
                function.linkage = llvm.Linkage.internal
                # LLVM leaves arguments out that are the same in all calls. By its own name
                # others would find the function nevertheless, and call it with all of them.
                function.name += ".private"
        manager, builder = self._codegen._module_pass_manager()
        manager.run(self._final_module, builder)


class BorderCompiler(_Compiler):
    """Compiles kernels that Python calls."""

    def define_pipelines(self) -> Any:
        """Return the pipeline, which fills a library if there is one."""
        name = self.state.func_id.func_qualname
        self.state.library = _BorderLibrary(self.state.targetctx.codegen(), name)
        # numba asks for it where it makes the library itself.
        self.state.library.enable_object_caching()
        return super().define_pipelines()
