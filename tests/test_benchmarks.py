"""The summary of the tabular benchmark, on made-up results."""

import importlib
import json
import re
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
Y = np.tile([0, 1], 50)
# Of each model: the probability of the right class in even and in odd rows, and seconds.
MODELS = {"skmlp": (0.8, 0.7, 3.0), "hgb": (0.7, 0.6, 2.0), "catboost": (0.9, 0.8, 9.0)}


@pytest.fixture
def summary(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("tabular_summary")


@pytest.fixture
def results(tmp_path):
    """Two tables of which skmlp needs 1.5 and 6 times the seconds of hgb; "b" has easy rows."""
    lines, arrays = [], {}
    for name, factor in (("a", 1), ("b", 4)):
        arrays[f"tables/{name}/0/y"] = Y
        for model, (even, odd, seconds) in MODELS.items():
            right = np.where(np.arange(100) % 4 < 2, even, odd)
            arrays[f"tables/{name}/0/{model}/0"] = np.where(
                Y[:, None] == [0, 1], right[:, None], 1 - right[:, None]
            )
            line = {"suite": "tables", "data": name, "n": 300, "fold": 0, "seed": 0}
            line |= {"model": model, "acc": even, "ll": -np.log(right).mean(), "auc": odd}
            times = dict.fromkeys(["fit_s", "fit_cpu_s", "predict_cpu_s"], seconds)
            times["fit_cpu_s"] *= factor if model == "skmlp" else 1
            lines.append(json.dumps({**line, **times}))
    path = tmp_path / "results.jsonl"
    path.write_text("\n".join(lines))
    np.savez(path.with_suffix(".npz"), **arrays)
    return path


def test_summary_of_the_tabular_benchmark(summary, results, capsys):
    summary.summarise([results])
    out = capsys.readouterr().out
    # 0.2 - 0.1 and 0.3 - 0.2; the best is first in all ranks
    assert "| skmlp | 0.2000 | 2.00 | 0.2899 | 2.00 | 0.7000 | 2.00 | 7.50 | 3.000 |" in out
    assert re.search(r"\| catboost .*\| 1\.00 .*\| 1\.00 .*\| 1\.00 ", out)
    differences = np.log([0.9 / 0.8, 0.8 / 0.7])
    error = differences.std() / np.sqrt(99)
    pair = f"+0.0000 ± 0.0000 |  | {differences.mean():+.4f} ± {error:.4f} | behind |"
    assert f"| a | {pair}\n| b | {pair}" in out
    assert "error on 0, log loss on 2." in out
    assert "less lgbm" not in out
    assert "| a | 3.000 | 1.50 | 1.50 |\n| b | 12.000 | 6.00 | 1.50 |" in out
    assert "| all: 2 |  | 3.00 | 1.50 |" in out


def test_summary_takes_the_first_of_two_files(summary, results, tmp_path, capsys):
    other = tmp_path / "other.jsonl"
    other.write_text(results.read_text().replace('"acc": 0.8', '"acc": 0.1'))
    summary.summarise([results, other])
    assert "| skmlp | 0.2000 |" in capsys.readouterr().out
