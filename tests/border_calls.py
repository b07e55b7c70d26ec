"""Calls of the functions on the border: recorded during fits, and repeated elsewhere.

``python tests/border_calls.py RECORD DIGESTS aot FILE LEVEL`` repeats those of a record by the
extension module in a file, which takes NumPy alone; with ``jit`` instead, by numba. What it
writes is a digest for each call, of all arrays after it and of what was returned.
"""

import ctypes
import hashlib
import importlib
import importlib.machinery
import importlib.util
import pickle
import sys
import threading
from pathlib import Path

import numpy as np

MODULES = {
    "run_epoch": "skmlp._kernels.epoch",
    "outputs": "skmlp._kernels.network",
    "shuffle": "skmlp._kernels.shuffling",
}
# Words of the state of NumPy's MT19937, and the position behind them.
N_WORDS = 625
# Tasks for each of several threads: see skmlp._border.sizes.
TASKS_PER_THREAD = 4


def load(path):
    """Return the extension module in a file, whatever that is called."""
    loader = importlib.machinery.ExtensionFileLoader("_aot", str(path))
    spec = importlib.util.spec_from_file_location("_aot", str(path), loader=loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def packed(arguments):
    """Return copies of arguments, each with whether an array may be written to."""
    return [
        (argument.copy(), argument.flags.writeable)
        if isinstance(argument, np.ndarray)
        else (argument, None)
        for argument in arguments
    ]


def unpacked(arguments):
    """Return copies of what `packed` returned, and as it was before."""
    result = []
    for argument, writeable in arguments:
        if writeable is not None:
            argument = argument.copy()
            argument.flags.writeable = writeable
        result.append(argument)
    return result


def recording(name, function, calls):
    """Return what calls `function`, and first adds its name and arguments to `calls`.

    Several threads that run an epoch together would be recorded while they write to what they
    share. The first does all of it, as it would if no other came.
    """

    def call(*arguments):
        if name == "run_epoch" and arguments[-1] != 0:
            return 0.0
        calls.append((name, packed(arguments), _words_of(name, arguments)))
        return function(*arguments)

    return call


def _words_of(name, arguments):
    """Return the state of the generator whose address `shuffle` is given."""
    return ctypes.string_at(arguments[3], 4 * N_WORDS) if name == "shuffle" else b""


def _arguments(call):
    """Return the arguments of a recorded call, and what has to live on meanwhile."""
    name, arguments, words = call
    arguments = unpacked(arguments)
    if name != "shuffle":
        return arguments, None
    generator = np.random.MT19937()
    interface = generator.ctypes
    ctypes.memmove(interface.state_address, words, len(words))
    draw = ctypes.cast(interface.next_uint32, ctypes.c_void_p).value
    return [*arguments[:2], draw, interface.state_address], generator


def repeated(functions, call):
    """Repeat a call, in as many threads as it was for; return the result and the arguments."""
    name, (arguments, _generator) = call[0], _arguments(call)
    function, others = functions[name], []
    if name == "run_epoch":
        n_threads = (len(arguments[-2]) - 1) // TASKS_PER_THREAD
        others = [
            threading.Thread(target=function, args=(*arguments[:-1], i))
            for i in range(1, n_threads)
        ]
    for thread in others:
        thread.start()
    result = function(*arguments)
    for thread in others:
        thread.join()
    if name == "shuffle":
        arguments[2:] = [np.frombuffer(_words_of(name, arguments), np.uint32)]
    return result, arguments


def digest(functions, call):
    """Return a hash of all bytes that a call leaves."""
    result, arguments = repeated(functions, call)
    found = hashlib.sha256(np.asarray(result, dtype=float).tobytes())
    for position, argument in enumerate(arguments):
        if isinstance(argument, np.ndarray) and not _is_of_threads(call, position):
            found.update(argument.tobytes())
    return found.hexdigest()


def _is_of_threads(call, position):
    """Return whether it is left to chance which thread writes what there."""
    if call[0] != "run_epoch" or len(call[1][-2][0]) == 2:
        return False
    scratch, sync = len(call[1]) - 4, len(call[1]) - 2
    return position in (scratch, sync)


def jit():
    """Return numba's functions."""
    return {
        name: getattr(importlib.import_module(module), name) for name, module in MODULES.items()
    }


def main(record, out, kind, *arguments):
    calls = pickle.loads(Path(record).read_bytes())
    functions = jit() if kind == "jit" else load(arguments[0]).functions(arguments[1])
    Path(out).write_text("\n".join(digest(functions, call) for call in calls))


if __name__ == "__main__":
    main(*sys.argv[1:])
