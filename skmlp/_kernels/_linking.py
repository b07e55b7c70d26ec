"""Which machine code numba makes of a kernel: none of its own, or all that it needs.

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
from numba.core.codegen import JITCodeLibrary, JITCPUCodegen
from numba.core.compiler import Compiler


class _LinkedLibrary(JITCodeLibrary):
    """The IR of a kernel that other kernels are linked with."""

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
        if self._shared_module is None:
            bitcode = super()._get_module_for_linking().as_bitcode()
            self._shared_module = llvm.parse_bitcode(bitcode)
        return self._shared_module

    def _finalize_specific(self) -> None:
        pass


class _LinkedCodegen(JITCPUCodegen):
    """A code generator that makes IR as another does, and leaves it at that."""

    _library_class = _LinkedLibrary

    def __init__(self, codegen: JITCPUCodegen) -> None:
        vars(self).update(vars(codegen))

    def _add_module(self, module: Any) -> None:
        pass

    def set_env(self, env_name: str, env: Any) -> None:
        """Do nothing: the variable is the callers'."""


@functools.cache
def linked_context(context: Any) -> Any:
    """Return the target's context for kernels that are only linked into others."""
    return context.subtarget(_internal_codegen=_LinkedCodegen(context.codegen()))


class LinkedCompiler(Compiler):
    """Compiles kernels that are only linked into others."""

    def __init__(self, typing_context: Any, context: Any, *args: Any) -> None:
        super().__init__(typing_context, linked_context(context), *args)


class _BorderLibrary(JITCodeLibrary):
    """The machine code of a kernel that Python calls, with that of all kernels within."""

    def _finalize_final_module(self) -> None:
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == llvm.Linkage.linkonce_odr:
                function.linkage = llvm.Linkage.internal
        super()._finalize_final_module()


class BorderCompiler(Compiler):
    """Compiles kernels that Python calls."""

    def define_pipelines(self) -> Any:
        """Return numba's own, which fill a library if there is one."""
        name = self.state.func_id.func_qualname
        self.state.library = _BorderLibrary(self.state.targetctx.codegen(), name)
        # numba asks for it where it makes the library itself.
        self.state.library.enable_object_caching()
        return super().define_pipelines()
