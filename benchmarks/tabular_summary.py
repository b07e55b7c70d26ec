"""What the files of bench_tabular.py say: means, ranks, paired comparisons, times, an ablation."""

from pathlib import Path

import numpy as np
import pandas as pd
from tables import DEVELOPMENT

KEYS = ["suite", "data", "model", "seed", "fold"]
MEASURES = {"error": "error", "ll": "log loss", "auc": "AUC"}
PEERS_IN_PAIRS = ("catboost", "lgbm")


def read(files):
    """Return a row for each fold. Of a fold that is in several files, the first counts."""
    parts = [pd.read_json(file, lines=True).assign(file=str(file)) for file in files]
    lines = pd.concat(parts, ignore_index=True)
    # Files from elsewhere may have the sets of KEEL alone, one seed, and seconds of the clock.
    defaults = {"suite": "keel", "seed": 0, "fit_cpu_s": np.nan, "predict_cpu_s": np.nan}
    for name, value in defaults.items():
        lines[name] = lines.get(name, pd.Series(value, lines.index)).fillna(value)
    lines["fit_cpu_s"] = lines["fit_cpu_s"].fillna(lines["fit_s"])
    lines["error"] = 1 - lines["acc"]
    return lines.drop_duplicates(KEYS)


def by_table(lines):
    """Return means over folds and seeds, indexed by suite, table and model."""
    columns = ["n", *MEASURES, "fit_cpu_s", "predict_cpu_s"]
    return lines.groupby(["suite", "data", "model"])[columns].mean()


def common(means):
    """Return the tables that all models have."""
    counts = means.groupby(["data"]).size()
    return means.loc[counts[counts == counts.max()].index]


def print_rows(header, rows):
    print(f"\n| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def ranks(wide, measure):
    """Return the rank of each model (column) on each table, 1 for the best."""
    return wide.round(9).rank(axis=1, ascending=measure != "auc")


def print_means(means):
    """Print the mean and the mean rank of each measure over some tables."""
    rows = []
    for model in means.index.unique("model"):
        cells = [model]
        for measure in MEASURES:
            wide = means[measure].unstack()
            cells += [f"{wide[model].mean():.4f}", f"{ranks(wide, measure)[model].mean():.2f}"]
        fit, predict = (means[f"{name}_cpu_s"].xs(model, level="model") for name in SECONDS)
        rows.append([*cells, f"{fit.mean():.2f}", f"{predict.mean():.3f}"])
    header = ["", "error", "rank", "log loss", "rank", "AUC", "rank", "fit s", "predict s"]
    print_rows(header, rows)


SECONDS = ("fit", "predict")


def print_tables(means):
    """Print each measure of each table and model."""
    for measure, title in MEASURES.items():
        wide = means[measure].unstack()
        rows = ([name, *(f"{value:.4f}" for value in row)] for name, row in wide.iterrows())
        print_rows([title, *wide.columns], rows)
