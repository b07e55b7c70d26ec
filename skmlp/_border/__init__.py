"""The border: what Python and the kernels agree on, and the functions that cross it.

Codes, the layout of parameters and the sizes of buffers are plain Python, which both sides
import; :mod:`skmlp._border.calls` has what Python calls.
"""
