"""What is written for the processor: LLVM IR, and the loops built on it.

:mod:`matmul` and :mod:`elementwise` are for the other kernels, as are the views and the
processor's registers; README.md says what is emitted, and why.
"""
