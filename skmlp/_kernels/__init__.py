"""Compiled code: functions on arrays and scalars that never touch a Python object.

The border to the Python above is three functions: :func:`epoch.run_epoch`,
:func:`network.outputs` and :func:`shuffling.shuffle`.
Everything else here serves those, but for the registries, the table of layers and its
views of the parameters, which the Python side reads.
"""
