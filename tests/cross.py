"""Compile for processors of another kind than the one at hand, whose code cannot run here."""

import llvmlite.binding as llvm
import pytest


def initialize_all_targets(triple):
    """Let LLVM emit assembly for a target triple, or skip the test if it was built without."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    try:
        return llvm.Target.from_triple(triple)
    except RuntimeError as error:
        pytest.skip(str(error))


def compile_for(triple):
    """Let numba compile for a target triple in this process, which has not imported it yet.

    NUMBA_CPU_NAME and NUMBA_CPU_FEATURES must be those of such a processor.
    """
    target = initialize_all_targets(triple)
    llvm.get_process_triple = lambda: triple
    llvm.Target.from_default_triple = classmethod(lambda _: target)
