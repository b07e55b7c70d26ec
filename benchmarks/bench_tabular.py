"""The tabular recipe beside its peers: error, log loss, AUC, and CPU time of fit and predict.

The data are sets of the KEEL suite (five folds) or the tables of a directory (three folds);
see tabular_data.py. Models have one thread and their defaults. A line of JSON goes to the
output for each fold, and what is there already is not run again, so that a run can be broken
off. An npz file beside it has the probabilities of the test rows as
suite/data/fold/model/seed, and the classes as suite/data/fold/y. Seconds are those of the
process and, beside them, of the clock. Of three predictions the fastest counts. Whatever
compiles has compiled before the first fold.

    python benchmarks/bench_tabular.py [--sets development | all | name ...]
        [--models skmlp logreg mlp hgb rf lgbm xgb catboost realmlp] [--seeds 0 ...]
        [--output tabular.jsonl]
    python benchmarks/bench_tabular.py --directory DIR [--sets name ...] [...]
    python benchmarks/bench_tabular.py --summary tabular.jsonl [other.jsonl ...]
    python benchmarks/bench_tabular.py --ablation ablation.jsonl

The last two read what was written; see tabular_summary.py. For the ablation the models are
skmlp and those of ``PARTS``, each of them the recipe without one part. CPU time as a ratio to
HistGradientBoosting's needs `--models skmlp hgb`, which take turns on each fold.
"""

import argparse
import itertools
import json
import time
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from tabular_data import (
    PEERS,
    clip_probabilities,
    load_directory,
    load_keel,
    make_table,
    scaled,
)
from tabular_summary import ablate, summarise
from threadpoolctl import threadpool_limits

from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier, TabularPreprocessor

# What the recipe is without: settings of the preprocessor, and of the network.
PARTS = {
    "members": ({}, {"n_members": 1}),
    "held-out rows": ({}, {"early_stopping": False, "temperature_scaling": False}),
    "temperature": ({}, {"temperature_scaling": False}),
    "factors of features": ({}, {"scaling_rate": 0.0}),
    "start from the data": ({}, {"init": "random"}),
    "silu (relu instead)": ({}, {"activation": "relu"}),
    "intervals": ({"max_bins": 0}, {}),
    "squares": ({"add_squares": False}, {}),
    "pairs": ({"max_pairs": 0}, {}),
    "codes": ({"encode_codes": False}, {}),
    "dropout": ({}, {"dropout": 0.0}),
    "schedule (64 constant epochs)": (
        {},
        {"learning_rate": "constant", "learning_rate_init": 0.002, "max_iter": 64},
    ),
    "TabularPreprocessor": (None, {}),
}


def our_pipeline(n_classes, seed, preprocessing=None, overrides=None):
    classifier = MLPBinaryClassifier if n_classes == 2 else MLPMulticlassClassifier
    network = classifier.tabular(random_state=seed, **(overrides or {}))
    return make_pipeline(TabularPreprocessor(**(preprocessing or {})), network)


def without(part):
    """Return what makes the recipe without a part."""
    preprocessing, overrides = PARTS[part]

    def make(n_classes, seed):
        pipeline = our_pipeline(n_classes, seed, preprocessing, overrides)
        if preprocessing is None:  # StandardScaler and OneHotEncoder
            pipeline = scaled(pipeline[-1])
        return pipeline

    return make


MODELS = {"skmlp": our_pipeline, **PEERS, **{part: without(part) for part in PARTS}}


def scores(y, probabilities, n_classes):
    probabilities = clip_probabilities(probabilities)
    labels = np.arange(n_classes)
    ours = probabilities[:, 1] if n_classes == 2 else probabilities
    return {
        "acc": accuracy_score(y, probabilities.argmax(axis=1)),
        "ll": log_loss(y, probabilities, labels=labels),
        "auc": roc_auc_score(y, ours, multi_class="ovr", average="macro", labels=labels),
    }


def timed(function, *arguments):
    """Return a result, and the seconds of the clock and of the process."""
    clock, process = time.perf_counter(), time.process_time()
    result = function(*arguments)
    return result, time.perf_counter() - clock, time.process_time() - process


def run_fold(make, table, training, test, seed):
    """Return the scores and seconds of a model on a fold, and its probabilities."""
    X, y = table.X, table.y
    n_classes = int(y.max()) + 1
    model = make(n_classes, seed)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        _, *fit = timed(model.fit, X.iloc[training], y[training])
        rows = X.iloc[test]
        predictions = [timed(model.predict_proba, rows) for _ in range(3)]
    probabilities = predictions[0][0]
    seconds = [*fit, *np.min([times for _, *times in predictions], axis=0)]
    names = ("fit_s", "fit_cpu_s", "predict_s", "predict_cpu_s")
    line = {name: round(float(value), 5) for name, value in zip(names, seconds, strict=True)}
    return line | scores(y[test], probabilities, n_classes), probabilities


def warm_up(model):
    """Import and compile what a model needs, on a table that has each kind of column."""
    rows = np.arange(600)
    frame = pd.DataFrame(
        {
            "number": rows * 7 % 600 / 3,
            "zero": np.where(rows % 5, 0, rows),
            "missing": np.where(rows % 9, rows, np.nan),
            "few": np.array(["a", "b", "c"])[rows % 3],
            "many": [f"c{row}" for row in rows * 11 % 48],
        }
    ).astype({"few": "category"})
    for n_classes in (2, 3):
        target = rows * 13 % 89 % n_classes
        table = make_table("", "", frame.assign(target=target))
        run_fold(MODELS[model], table, rows[:400], rows[400:], 0)


def keep(path, name, array):
    """Append an array to an npz file."""
    with (
        zipfile.ZipFile(path, "a") as archive,
        archive.open(f"{name}.npy", "w") as file,
    ):
        np.lib.format.write_array(file, array)


def run(tables, arguments):
    """Append what is not in the output yet."""
    output = Path(arguments.output)
    archive = output.with_suffix(".npz")
    lines = output.read_text().splitlines() if output.exists() else []
    keys = ("suite", "data", "model", "seed", "fold")
    done = {tuple(json.loads(line)[key] for key in keys) for line in lines}
    kept = {(suite, data, fold) for suite, data, _, _, fold in done}
    for model in arguments.models:
        warm_up(model)
    for table in tables:
        suite, name, X, y = table
        folds = enumerate(table.folds())
        for (fold, rows), seed, model in itertools.product(
            folds, arguments.seeds, arguments.models
        ):
            if (suite, name, model, seed, fold) in done:
                continue
            result, probabilities = run_fold(MODELS[model], table, *rows, seed)
            where = f"{suite}/{name}/{fold}"
            if (suite, name, fold) not in kept:
                keep(archive, f"{where}/y", y[rows[1]])
                kept.add((suite, name, fold))
            keep(archive, f"{where}/{model}/{seed}", np.float32(probabilities))
            line = {"suite": suite, "data": name, "n": len(X), "d": X.shape[1]}
            line |= {"fold": fold, "seed": seed, "model": model, **result}
            with output.open("a") as file:
                file.write(json.dumps(line) + "\n")
            print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+")
    parser.add_argument("--directory")
    parser.add_argument("--models", nargs="+", default=["skmlp"], choices=MODELS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--output", default="tabular.jsonl")
    parser.add_argument("--summary", nargs="+", metavar="FILE")
    parser.add_argument("--ablation", nargs="+", metavar="FILE")
    arguments = parser.parse_args()
    if arguments.summary:
        summarise(arguments.summary)
    elif arguments.ablation:
        ablate(arguments.ablation, PARTS)
    elif arguments.directory:
        run(load_directory(arguments.directory, arguments.sets), arguments)
    else:
        run(load_keel(arguments.sets or ["development"]), arguments)


if __name__ == "__main__":
    main()
