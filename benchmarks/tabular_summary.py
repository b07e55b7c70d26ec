"""Summaries of bench_tabular.py's files: means, ranks, paired comparisons, times, ablation."""

import functools
from pathlib import Path

import numpy as np
import pandas as pd
from tabular_data import DEVELOPMENT, clip_probabilities

KEYS = ["suite", "data", "model", "seed", "fold"]
MEASURES = {"error": "error", "ll": "log loss", "auc": "AUC"}
SECONDS = ["fit_cpu_s", "predict_cpu_s"]
RIVALS = ["catboost", "lgbm"]


def read(files):
    """Return a row for each fold of each file."""
    parts = [pd.read_json(file, lines=True).assign(file=str(file)) for file in files]
    lines = pd.concat(parts, ignore_index=True)
    # Older files have the sets of KEEL alone, one seed, and seconds of the clock.
    defaults = {"suite": "keel", "seed": 0, "predict_cpu_s": np.nan}
    defaults["fit_cpu_s"] = lines["fit_s"]
    for name, values in defaults.items():
        lines[name] = lines[name].fillna(values) if name in lines else values
    return lines.assign(error=1 - lines["acc"])


def distinct(lines):
    """Return the folds, each once: of one in several files the first counts."""
    return lines.drop_duplicates(KEYS)


def by_table(lines):
    """Return means over folds and seeds, indexed by table and model."""
    columns = ["n", *MEASURES, *SECONDS]
    return lines.groupby(["suite", "data", "model"])[columns].mean()


def print_rows(header, rows):
    print(f"\n| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def print_means(means):
    """Print the mean and the mean rank of each measure over tables, and seconds."""
    rows = []
    for model in means.index.unique("model"):
        cells = [model]
        for measure in MEASURES:
            wide = means[measure].unstack().round(9)
            ranks = wide.rank(axis=1, ascending=measure != "auc")
            cells += [f"{wide[model].mean():.4f}", f"{ranks[model].mean():.2f}"]
        fit, predict = means[SECONDS].xs(model, level="model").mean()
        rows.append([*cells, f"{fit:.2f}", f"{predict:.3f}"])
    header = ["", "error", "rank", "log loss", "rank", "AUC", "rank", "fit s", "predict s"]
    print_rows(header, rows)


def print_tables(means):
    """Print each measure of each model on each table."""
    for measure, title in MEASURES.items():
        wide = means[measure].unstack()
        rows = ([name, *(f"{value:.4f}" for value in row)] for name, row in wide.iterrows())
        print_rows([title, *wide.columns], rows)


def summarise_suite(suite, lines):
    """Print what there is of the folds that all models have."""
    models = lines.groupby(["data", "fold"])["model"].transform("nunique")
    means = by_table(lines[models == lines["model"].nunique()]).loc[suite]
    sizes = means["n"].groupby("data").first()
    groups = {
        "all": sizes > 0,
        "up to 1,500 rows": sizes <= 1500,
        "above 4,000 rows": sizes > 4000,
        "not developed on": (suite == "keel") & ~sizes.index.isin(DEVELOPMENT),
    }
    for title, chosen in groups.items():
        if chosen.any() and (title == "all" or not chosen.all()):
            print(f"\n{suite}, {title}: {chosen.sum()}")
            print_means(means.loc[sizes.index[chosen]])
    if len(sizes):
        print(f"\n{suite}, each table:")
        print_tables(means)


@functools.cache
def archive_of(file):
    path = Path(file).with_suffix(".npz")
    return np.load(path) if path.exists() else {}


def by_row(lines):
    """Return the error and the log loss of each test row, averaged over seeds."""
    frames = []
    for line in lines.itertuples():
        archive, fold = archive_of(line.file), f"{line.suite}/{line.data}/{line.fold}"
        name = f"{fold}/{line.model}/{line.seed}"
        if name not in archive:
            continue
        probabilities, y = clip_probabilities(archive[name]), archive[f"{fold}/y"]
        rows = np.arange(len(y))
        losses = {
            "error": probabilities.argmax(axis=1) != y,
            "ll": -np.log(probabilities[rows, y]),
            "y": y,
        }
        index = pd.MultiIndex.from_product([[line.fold], rows], names=["fold", "row"])
        frames.append(pd.DataFrame(losses, index, dtype=float))
    if not frames:
        return None
    return pd.concat(frames).groupby(["fold", "row"]).mean()


def compare(ours, theirs):
    """Return the mean difference of each loss over rows, and its standard error."""
    difference = (ours - theirs).dropna()  # folds that both have
    if difference.pop("y").any():
        raise ValueError("The files are of different splits.")
    return difference.mean(), difference.sem()


def print_pairs(lines, rival):
    """Print skmlp's losses less a rival's, and which are beyond two standard errors."""
    rows, behind = [], {"error": 0, "ll": 0}
    for (_, name), part in lines.groupby(["suite", "data"]):
        ours, theirs = (by_row(part[part["model"] == model]) for model in ("skmlp", rival))
        if ours is None or theirs is None:
            continue
        means, errors = compare(ours, theirs)
        cells = [name]
        for measure in behind:
            mean, error = means[measure], errors[measure]
            verdict = "" if abs(mean) <= 2 * error else "behind" if mean > 0 else "ahead"
            behind[measure] += verdict == "behind"
            cells += [f"{mean:+.4f} ± {error:.4f}", verdict]
        rows.append(cells)
    if rows:
        print(f"\nskmlp less {rival}, over test rows:")
        print_rows(["", "error", "", "log loss", ""], rows)
        counts = [f"{MEASURES[measure]} on {count}" for measure, count in behind.items()]
        print(f"\nBehind by more than two standard errors: {', '.join(counts)}.")


def print_ratios(lines):
    """Print CPU time as a ratio to HistGradientBoosting's in the same file."""
    means = lines.groupby(["suite", "data", "file", "model"])[SECONDS].mean().unstack()
    if not {"skmlp", "hgb"} <= set(lines["model"]):
        return
    ours, theirs = (means.xs(model, axis=1, level="model") for model in ("skmlp", "hgb"))
    ratios = (ours / theirs).dropna()
    if ratios.empty:
        return
    seconds = ours.loc[ratios.index, "fit_cpu_s"].map("{:.3f}".format)
    rows = [
        [name, time, f"{fit:.2f}", f"{predict:.2f}"]
        for (_, name, _), time, fit, predict in zip(
            ratios.index, seconds, *ratios.to_numpy().T, strict=True
        )
    ]
    parts = {f"all of {suite}": part for suite, part in ratios.groupby("suite")}
    for title, part in {**parts, "all": ratios}.items():
        fit, predict = np.exp(np.log(part).mean())
        rows.append([f"{title}: {len(part)}", "", f"{fit:.2f}", f"{predict:.2f}"])
    print(
        "\nCPU time of skmlp, as a ratio to HistGradientBoosting's in the same run; of all the"
    )
    print("geometric mean:")
    print_rows(["", "fit s", "fit", "predict"], rows)


def summarise(files):
    lines = read(files)
    for suite, part in distinct(lines).groupby("suite"):
        summarise_suite(suite, part)
    for rival in RIVALS:
        print_pairs(distinct(lines), rival)
    print_ratios(lines)


def ablate(files, parts):
    """Print what each part is worth: the mean change over sets, and its standard error."""
    table = by_table(distinct(read(files)))
    full = table.xs("skmlp", level="model")
    rows = []
    for part in parts:
        changed = table.xs(part, level="model")
        before = full.loc[changed.index]
        # Of an error of 0 a change has no ratio: half a test row stands for it.
        floor = 0.5 / before["n"]
        errors = (np.maximum(values["error"], floor) for values in (changed, before))
        relative = 100 * (np.divide(*errors) - 1)
        cells = [part, f"{relative.mean():+.1f} ± {relative.sem():.1f}"]
        for measure in ("ll", "auc"):
            difference = changed[measure] - before[measure]
            cells.append(f"{difference.mean():+.4f} ± {difference.sem():.4f}")
        rows.append(cells)
    print_rows(["without", "error, %", "log loss", "AUC"], rows)
