"""What the inner loops of the products cost on 64-bit ARM processors, by LLVM's models of them.

``python .ci/arm64/assembly.py [LLVM-MCA]``, in a checkout, on any machine. It compiles the
kernel of training for each processor, and for "generic", for which wheels have it. A line is
printed for each tile of 8 rows (see skmlp/_kernels/simd/README.md): how many instructions a
step along the depth has, how many of them touch the stack, and the cycles that it takes by
llvm-mca, beside those of the multiply-adds alone.

The models are LLVM's for scheduling, and differ between its versions; that of apple-m1 is of an
older core.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROCESSORS = "cortex-a72", "neoverse-n1", "neoverse-v1", "neoverse-v2", "apple-m1"
N_STEPS = 1000
BY_ELEMENT = re.compile(r"fmla\s.*\.[sd]\[0\]")

COMPILE = """
import sys
from tests.cross import compile_for
compile_for("aarch64-unknown-linux-gnu")
from skmlp._kernels.signatures import FUNCTIONS, Variant, types_of
kernel, signature = FUNCTIONS["run_epoch"], types_of(Variant("run_epoch", sys.argv[1]))
kernel.compile(signature)
print(kernel.overloads[signature].library.get_asm_str())
"""


def assembly_for(processor, dtype):
    """Return the assembly of the kernel of training: dense, with four activations."""
    names = {"NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": "", "SKMLP_QUIET": "1"}
    with tempfile.TemporaryDirectory() as cache:  # numba shows no assembly of cached code
        return subprocess.run(
            [sys.executable, "-c", COMPILE, dtype],
            env=os.environ | {"PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": cache} | names,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout


def loops_of(assembly):
    """Return the innermost loops: the instructions from a label to the branch back to it."""
    loops = []
    for name, body in re.findall(r"^(\.?L\w+):((?:.*\n(?!\.?L\w+:))*)", assembly, re.MULTILINE):
        found = re.match(rf"(?:.*\n)*.*{re.escape(name)}\b", body)
        if found:
            lines = [line.split("//")[0].strip() for line in found[0].splitlines()]
            loops.append([line for line in lines if line and not line.startswith(".")])
    return loops


def tall_tiles(assembly):
    """Return the loops of the tiles of 8 rows, by their width."""
    tiles = {}
    for loop in loops_of(assembly):
        # Where a lower tile is unrolled, sums are added to twice.
        sums = {re.match(r"fmla\s(\w+)", line)[1] for line in multiply_adds(loop)}
        n = len(sums) if len(sums) == len(multiply_adds(loop)) else 0
        if n in (16, 24):
            tiles[f"{n // 8} vectors"] = loop
        elif n == 8 and sum(line.startswith("ld") for line in loop) > 8:  # else it has 4 rows
            lane = 32 if ".4s" in "".join(loop) else 64
            load = re.search(r"ldr\t([sdq])\d+, \[\w+\]$", "\n".join(loop), re.MULTILINE)
            width = {"s": 32, "d": 64, "q": 128}[load[1]] // lane
            width += any(line.startswith("ld1") for line in loop)
            tiles[f"{width} column" + "s" * (width > 1)] = loop
    return dict(sorted(tiles.items(), reverse=True))


def multiply_adds(loop):
    """Return those of a vector by one element of another."""
    return [line for line in loop if BY_ELEMENT.match(line)]


def cycles_of(instructions, processor, llvm_mca):
    """Return the cycles that instructions take in a loop, by the model of a processor."""
    source = "0:\n" + "\n".join(re.sub(r"\.L\w+$", "0b", line) for line in instructions)
    report = subprocess.run(
        [llvm_mca, "-mtriple=aarch64", f"-mcpu={processor}", f"-iterations={N_STEPS}"],
        input=source,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    return int(re.search(r"Total Cycles:\s+(\d+)", report)[1]) / N_STEPS


def main(llvm_mca="llvm-mca"):
    """Print a table."""
    print("| code for | runs on | dtype | tile | instructions | on the stack | cycles | fmla |")
    print("|---|---|---|---|---|---|---|---|")
    for compiled_for in ("generic", *PROCESSORS):
        runs_on = PROCESSORS if compiled_for == "generic" else [compiled_for]
        for dtype in ("float32", "float64"):
            for tile, loop in tall_tiles(assembly_for(compiled_for, dtype)).items():
                on_stack = sum(bool(re.search(r"\bsp\b", line)) for line in loop)
                for processor in runs_on:
                    cycles, alone = (
                        f"{cycles_of(part, processor, llvm_mca):.1f}"
                        for part in (loop, multiply_adds(loop))
                    )
                    cells = compiled_for, processor, dtype, tile, len(loop), on_stack
                    print("|", " | ".join(map(str, (*cells, cycles, alone))), "|", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
