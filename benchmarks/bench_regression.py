"""The tabular recipe for numbers beside its peers: errors, coverage of bands, and CPU time.

The tables of a directory (parquet; the columns, and then `target`) are cut in three by
KFold(3, shuffle=True, random_state=1). Models have one thread and their defaults. Errors are in
standard deviations of the target. "band" is skmlp with the quantiles 0.1 and 0.9: the part of
the test rows that is between them. Seconds are those of the process; of three predictions the
fastest counts. A line of JSON goes to the output for each fold, and what is there already is
not run again.

    python benchmarks/bench_regression.py DIR [--sets name ...] [--models skmlp band ridge mlp
        hgb rf lgbm catboost] [--seeds 0 ...] [--output regression.jsonl]
    python benchmarks/bench_regression.py --summary regression.jsonl [other.jsonl ...]
"""

import argparse
import itertools
import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from bench_tabular import timed
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold
from sklearn.neural_network import MLPRegressor as ScikitMLPRegressor
from sklearn.pipeline import make_pipeline
from tabular_data import CatBoost, Categories, one_hot, scaled, with_own_categories
from tabular_summary import print_rows
from threadpoolctl import threadpool_limits

from skmlp import MLPRegressor, TabularPreprocessor

BAND = 0.1, 0.9
MEASURES = ["rmse", "mae"]


def our_pipeline(seed, **parameters):
    network = MLPRegressor.tabular(random_state=seed, **parameters)
    return make_pipeline(TabularPreprocessor(), network)


def hist_gradient_boosting(seed):
    splitter = KFold(5, shuffle=True, random_state=seed)
    return with_own_categories(HistGradientBoostingRegressor(random_state=seed), splitter)


def lightgbm(seed):
    from lightgbm import LGBMRegressor

    return make_pipeline(Categories(), LGBMRegressor(random_state=seed, n_jobs=1, verbose=-1))


def catboost(seed):
    from catboost import CatBoostRegressor

    return CatBoost(CatBoostRegressor, seed)


MODELS = {
    "skmlp": our_pipeline,
    "band": lambda seed: our_pipeline(seed, loss="quantile", quantile=BAND),
    "ridge": lambda seed: scaled(Ridge()),
    "mlp": lambda seed: scaled(ScikitMLPRegressor(random_state=seed)),
    "hgb": hist_gradient_boosting,
    "rf": lambda seed: one_hot(RandomForestRegressor(300, random_state=seed)),
    "lgbm": lightgbm,
    "catboost": catboost,
}


def scores(y, predicted, unit):
    """Return the errors of means, or the coverage and the width of a band."""
    if predicted.ndim == 2:
        low, high = predicted.T
        coverage = np.mean((low <= y) & (y <= high))
        return {"coverage": float(coverage), "width": float(np.mean(high - low) / unit)}
    errors = (predicted - y) / unit
    return {"rmse": float(np.sqrt(np.mean(errors**2))), "mae": float(np.mean(np.abs(errors)))}


def run_fold(model, X, y, training, test, seed):
    """Return the scores and the seconds of a model on a fold."""
    made = MODELS[model](seed)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        _, _, fit = timed(made.fit, X.iloc[training], y[training])
        rows = X.iloc[test]
        predictions = [timed(made.predict, rows) for _ in range(3)]
    seconds = {"fit_cpu_s": fit, "predict_cpu_s": min(part[2] for part in predictions)}
    return scores(y[test], predictions[0][0], y.std()) | seconds


def run(paths, arguments):
    """Append what is not in the output yet."""
    output = Path(arguments.output)
    lines = output.read_text().splitlines() if output.exists() else []
    keys = ("data", "model", "seed", "fold")
    done = {tuple(json.loads(line)[key] for key in keys) for line in lines}
    for path in paths:
        table = pd.read_parquet(path)
        X, y = table.iloc[:, :-1], table.iloc[:, -1].to_numpy(float)
        folds = enumerate(KFold(3, shuffle=True, random_state=1).split(X))
        for (fold, rows), seed, model in itertools.product(
            folds, arguments.seeds, arguments.models
        ):
            if (path.stem, model, seed, fold) in done:
                continue
            line = {"data": path.stem, "n": len(X), "model": model, "seed": seed, "fold": fold}
            line |= run_fold(model, X, y, *rows, seed)
            with output.open("a") as file:
                file.write(json.dumps(line) + "\n")
            print(line, flush=True)


def summarise(files):
    """Print means and mean ranks over tables, each table, bands, and ratios of time."""
    lines = pd.concat([pd.read_json(file, lines=True) for file in files], ignore_index=True)
    lines = lines.drop_duplicates(["data", "model", "seed", "fold"])
    means = lines.groupby(["data", "model"]).mean(numeric_only=True)
    points = means[means["rmse"].notna()]
    rows = []
    for model in points.index.unique("model"):
        cells = [model]
        for measure in MEASURES:
            wide = points[measure].unstack()
            cells += [f"{wide[model].mean():.4f}", f"{wide.rank(axis=1)[model].mean():.2f}"]
        cells += [
            f"{value:.3f}"
            for value in points.xs(model, level="model")[["fit_cpu_s", "predict_cpu_s"]].mean()
        ]
        rows.append(cells)
    print_rows(["", "RMSE", "rank", "MAE", "rank", "fit s", "predict s"], rows)
    for measure in MEASURES:
        wide = points[measure].unstack()
        rows = [[name, *(f"{value:.4f}" for value in row)] for name, row in wide.iterrows()]
        print_rows([measure.upper(), *wide.columns], rows)
    if "band" in means.index.unique("model"):
        bands = means.xs("band", level="model")[["coverage", "width"]]
        rows = [[name, *(f"{value:.3f}" for value in row)] for name, row in bands.iterrows()]
        print_rows(["", "coverage", "width"], rows)
    if {"skmlp", "hgb"} <= set(lines["model"]):
        seconds = points[["fit_cpu_s", "predict_cpu_s"]].unstack()
        ratios = seconds.xs("skmlp", axis=1, level=1) / seconds.xs("hgb", axis=1, level=1)
        ratios.loc["geometric mean"] = np.exp(np.log(ratios).mean())
        rows = [[name, *(f"{value:.2f}" for value in row)] for name, row in ratios.iterrows()]
        print_rows(["CPU time to hgb's", "fit", "predict"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", nargs="?")
    parser.add_argument("--sets", nargs="+")
    parser.add_argument("--models", nargs="+", default=["skmlp"], choices=MODELS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--output", default="regression.jsonl")
    parser.add_argument("--summary", nargs="+", metavar="FILE")
    arguments = parser.parse_args()
    if arguments.summary:
        summarise(arguments.summary)
        return
    paths = sorted(Path(arguments.directory).glob("*.parquet"))
    run([path for path in paths if path.stem in (arguments.sets or [path.stem])], arguments)


if __name__ == "__main__":
    main()
