"""Compile numba's functions for 64-bit ARM, for emulated processes that ask for it.

``python native_compiler.py SOCKET``, in a checkout of skmlp, with NUMBA_CPU_NAME,
NUMBA_CPU_FEATURES and NUMBA_CACHE_DIR as they are in those processes. See `remote_compiler`,
which asks; both must have the same versions of numba, llvmlite and Python's bytecode. A
connection is one request: which function, and the types of its arguments.
"""

import importlib
import os
import pickle
import sys
import time
import traceback
from multiprocessing.connection import Client, Listener

TRIPLE = "aarch64-unknown-linux-gnu"


def ask(address, module, name, arguments):
    """Return what the native compiler makes of a function, or None if it could not."""
    with Client(address, "AF_UNIX") as connection:
        connection.send_bytes(pickle.dumps((module, name, arguments)))
        reply = connection.recv_bytes()
    return pickle.loads(reply) if reply else None


def _compiled(module, name, arguments):
    """Return what a module's function is compiled to, pickled."""
    from numba.core.serialize import dumps

    start = time.monotonic()
    function = getattr(importlib.import_module(module), name)
    function.compile(arguments)
    result = dumps(function.overloads[arguments]._reduce())
    print(f"{time.monotonic() - start:6.1f} s  {module}.{name}", flush=True)
    return result


def main(address):
    """Answer requests, until the process is ended."""
    sys.path.insert(0, os.getcwd())
    from tests.cross import compile_for

    compile_for(TRIPLE)
    with Listener(address, "AF_UNIX") as listener:
        while True:
            with listener.accept() as connection:
                request = connection.recv_bytes()
                try:
                    reply = _compiled(*pickle.loads(request))
                except Exception:
                    traceback.print_exc()
                    reply = b""
                connection.send_bytes(reply)


if __name__ == "__main__":
    main(sys.argv[1])
