"""The command ``python -m skmlp compile``: all compiled code at once, and kept on disk."""

import argparse
import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from joblib import Parallel, delayed

_NOT_KEPT = (
    "skmlp: the compiled code cannot be kept: there is no directory that can be written to and "
    "has room. Set NUMBA_CACHE_DIR to one that does, here and where skmlp is used."
)


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m skmlp", description="Tools of skmlp.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser(
        "compile",
        help="compile all kernels, and keep them on disk",
        description="Compile all kernels for this processor and keep them where numba does: in "
        "NUMBA_CACHE_DIR, beside the package, or in the user's cache. What is there already is "
        "left alone. It takes about two minutes of one processor core.",
    )
    command.add_argument(
        "--dtypes", nargs="+", choices=["float32", "float64"], default=["float32", "float64"],
        help="the dtypes of X to compile for (default: both)",
    )  # fmt: skip
    command.add_argument(
        "--jobs", type=int, default=1, help="how many processes do it (default: 1)"
    )
    return parser.parse_args(arguments)


def _shown(done: Iterable[Any], n: int) -> Iterator[Any]:
    """Yield what has been done, with a bar where tqdm is installed, and else line by line."""
    try:
        from tqdm import tqdm
    except ImportError:
        for i, item in enumerate(done, 1):
            print(f"[{i}/{n}] {item[0]}", flush=True)
            yield item
    else:
        yield from tqdm(done, "Compiling", total=n, unit="kernel")


def _compile(dtypes: list[str], n_jobs: int) -> str:
    """Compile for some dtypes; return what went wrong, if anything."""
    with warnings.catch_warnings():
        # It is said here, and as an error.
        warnings.filterwarnings("ignore", "skmlp found no writable", RuntimeWarning)
        from skmlp._kernels.signatures import compile_variant, variants

        def compile_named(variant: Any) -> tuple[Any, bool]:
            return variant, compile_variant(variant)

        wanted = variants(dtypes)
        jobs = Parallel(n_jobs=n_jobs, return_as="generator_unordered")
        done = jobs(delayed(compile_named)(variant) for variant in wanted)
        for _, is_kept in _shown(done, len(wanted)):
            if not is_kept:
                return _NOT_KEPT
    return ""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit code."""
    parsed = _arguments(arguments)
    os.environ["SKMLP_QUIET"] = "1"  # who has asked for it knows what is compiled
    try:
        error = _compile(parsed.dtypes, parsed.jobs)
    except RuntimeError as refusal:  # of NUMBA_DISABLE_JIT
        error = f"skmlp: {refusal}"
    if error:
        print(error, file=sys.stderr)
    return 1 if error else 0


if __name__ == "__main__":
    sys.exit(main())
