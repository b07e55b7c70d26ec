"""A picture of bench_tabular.py's files: error against the time of a fit.

python benchmarks/tabular_picture.py docs/_static/tabular.svg tabular.jsonl [other.jsonl ...]
"""

import argparse

import matplotlib.pyplot as plt
from tabular_summary import by_table, distinct, read

NAMES = {
    "skmlp": "skmlp",
    "catboost": "CatBoost",
    "hgb": "HistGradientBoosting",
    "lgbm": "LightGBM",
    "xgb": "XGBoost",
    "rf": "RandomForest",
    "mlp": "MLPClassifier",
    "skl_mlp": "MLPClassifier",
    "realmlp": "RealMLP-TD-S",
    "realmlp_s": "RealMLP-TD-S",
    "logreg": "LogisticRegression",
}
TITLES = {
    "tables": "tables of 3,186 to 30,000 rows",
    "keel": "sets of KEEL, 178 to 19,020 rows",
}
# Where a name is from its point, in points, and how it is aligned.
SIDES = {
    "above": ((0, 8), "center", "bottom"),
    "left": ((-8, 0), "right", "center"),
    "right": ((8, 0), "left", "center"),
    "below": ((0, -8), "center", "top"),
}
# Names that would be in the way of others above their points.
SIDE_OF = {
    ("tables", "hgb"): "right",
    ("tables", "catboost"): "below",
    ("keel", "hgb"): "left",
    ("keel", "rf"): "right",
    ("keel", "skmlp"): "below",
}


def draw_suite(axes, suite, means):
    """Draw the means over tables of one suite, a point a model."""
    means = means.groupby("model")[["fit_cpu_s", "error"]].mean()
    for model, (seconds, error) in means.iterrows():
        is_ours = model == "skmlp"
        color = "tab:red" if is_ours else "tab:gray"
        axes.plot(seconds, error, "o", color=color, markersize=9 if is_ours else 6)
        offset, horizontal, vertical = SIDES[SIDE_OF.get((suite, model), "above")]
        axes.annotate(
            NAMES[model],
            (seconds, error),
            xytext=offset,
            textcoords="offset points",
            horizontalalignment=horizontal,
            verticalalignment=vertical,
            color=color,
            weight="bold" if is_ours else "normal",
        )
    axes.set(xscale="log", xlabel="CPU seconds a fit, preprocessing included")
    axes.margins(0.22, 0.15)
    axes.spines[["top", "right"]].set_visible(False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output")
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()
    means = by_table(distinct(read(arguments.files)))
    # Text as text, so that it scales; without a date, so that the file is the same again.
    plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "tabular", "font.size": 10})
    figure, panels = plt.subplots(1, len(TITLES), figsize=(10, 4), layout="constrained")
    for axes, (suite, title) in zip(panels, TITLES.items(), strict=True):
        part = means.loc[suite]
        draw_suite(axes, suite, part)
        axes.set_title(f"{part.index.unique('data').size} {title}")
    panels[0].set_ylabel("mean error")
    figure.savefig(arguments.output, metadata={"Date": None})


if __name__ == "__main__":
    main()
