"""A picture of what bench_epoch.py printed: how many times as long an epoch of each peer takes.

python benchmarks/epoch_picture.py docs/_static/epochs.svg "AVX2=avx2.md" "AVX-512=avx512.md"
"""

import argparse
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

COLORS = {"scikit-learn": "tab:blue", "torch": "tab:orange", "JAX": "tab:green"}
NAMES = {"scikit-learn": "MLPClassifier", "torch": "PyTorch"}


def read(path):
    """Return the peers, and for each row of the table the medians of the ratios."""
    text = Path(path).read_text()
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if "|" in line]
    header, _, *rows = lines
    peers = [name for name in header if name in COLORS]
    medians = {}
    for label, _, *cells in rows:
        if label.startswith("geometric mean"):
            medians["mean"] = [float(cell) for cell in cells[: len(peers)]]
        else:
            ratios = [re.search(r", ([\d.]+) \(", cell) for cell in cells[: len(peers)]]
            medians[label.split(":")[0]] = [float(ratio.group(1)) for ratio in ratios]
    return peers, medians


def draw(axes, title, peers, medians):
    """Draw groups of bars: a group a shape, a bar a peer."""
    width = 0.8 / len(peers)
    for k, peer in enumerate(peers):
        heights = [ratios[k] for ratios in medians.values()]
        places = np.arange(len(heights)) + (k - (len(peers) - 1) / 2) * width
        bars = axes.bar(places, heights, width, color=COLORS[peer], label=NAMES.get(peer, peer))
        labels = [f"{height:.0f}" if height >= 9.95 else f"{height:.1f}" for height in heights]
        axes.bar_label(bars, labels, fontsize=6.5, padding=1)
    axes.axhline(1, color="tab:red", linewidth=1.5)
    axes.annotate(
        "skmlp", (1, 1), xycoords=("axes fraction", "data"), xytext=(2, 0),
        textcoords="offset points", color="tab:red", weight="bold", va="center",
    )  # fmt: skip
    axes.set(yscale="log", ylim=(0.7, 150), title=title)
    axes.set_xticks(np.arange(len(medians)), list(medians))
    axes.set_yticks([1, 10, 100], ["1×", "10×", "100×"])
    axes.spines[["top", "right"]].set_visible(False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output")
    parser.add_argument("tables", nargs="+", metavar="TITLE=FILE")
    arguments = parser.parse_args()
    # Text as text, so that it scales; without a date, so that the file is the same again.
    plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "epochs", "font.size": 10})
    figure, panels = plt.subplots(
        1, len(arguments.tables), figsize=(10, 3.4), sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for axes, table in zip(panels[0], arguments.tables, strict=True):
        title, path = table.split("=", 1)
        draw(axes, title, *read(path))
    panels[0, 0].set_ylabel("time of an epoch, skmlp = 1")
    panels[0, 0].legend(frameon=False)
    figure.savefig(arguments.output, metadata={"Date": None})


if __name__ == "__main__":
    main()
