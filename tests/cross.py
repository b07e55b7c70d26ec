"""Compile for processors of another kind than the one at hand, whose code cannot run here."""

import llvmlite.binding as llvm


def compile_for(triple):
    """Let numba compile for a target triple in this process, which has not imported it yet.

    NUMBA_CPU_NAME and NUMBA_CPU_FEATURES must be those of such a processor.
    """
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = llvm.Target.from_triple(triple)
    llvm.get_process_triple = lambda: triple
    llvm.Target.from_default_triple = classmethod(lambda _: target)
