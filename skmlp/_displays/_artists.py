"""Shared parts of the displays: colours, points, lines and legends."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# The colours of scikit-learn's displays, also for colour-blind readers: M. A. Petroff,
# "Accessible color sequences for data visualization", arXiv:2107.02270.
_COLORS = [
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
    "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
]  # fmt: skip
# Keywords that replace the colours of the classes.
COLOR_NAMES = {"c", "color", "facecolor", "facecolors"}
# Longer legends are placed beside the data, which they would hide.
_SHORT_LEGEND = 5


def class_colors(n_classes: int) -> list[Any]:
    import matplotlib

    if n_classes <= len(_COLORS):
        return _COLORS[:n_classes]
    return list(matplotlib.colormaps["turbo"](np.linspace(0.05, 0.95, n_classes)))


def merge_kwargs(defaults: dict[str, Any], given: dict[str, Any] | None, artist: Any) -> Any:
    """Return `defaults` updated by keywords, whichever of the artist's aliases they are."""
    from matplotlib.cbook import normalize_kwargs

    return defaults | normalize_kwargs(given or {}, artist)


def get_axes(ax: Any) -> Any:
    import matplotlib.pyplot as plt

    return plt.subplots(layout="constrained")[1] if ax is None else ax


def draw_mark(ax: Any, place: float, label: str) -> Any:
    """Draw a vertical line at a place of the horizontal axis, with a label for the legend."""
    return ax.axvline(place, color="0.4", linestyle="--", linewidth=1, label=label)


def draw_lines(
    ax: Any, lines: list[NDArray[Any]], defaults: dict[str, Any], kwargs: dict[str, Any] | None
) -> Any:
    """Add lines (k, 2) to the axes as one artist."""
    from matplotlib.collections import LineCollection

    # User keywords come last, so that color and colors override edgecolor.
    style = merge_kwargs(defaults, kwargs, LineCollection)
    return ax.add_collection(LineCollection(lines, **style), autolim=False)


def zero_lines(
    xx0: NDArray[Any], xx1: NDArray[Any], values: NDArray[Any]
) -> list[NDArray[Any]]:
    """Return the lines (k, 2) along which `values` on the grid are 0."""
    from contourpy import contour_generator

    lines: Any = contour_generator(xx0, xx1, values, line_type="Separate").lines(0.0)
    return list(lines)


def draw_points(
    ax: Any, points: NDArray[Any], codes: NDArray[np.intp] | None, n_classes: int, kwargs: Any
) -> Any:
    """Draw points (n, 2) in the colours of their classes, or in black without classes."""
    from matplotlib.collections import PathCollection
    from matplotlib.colors import ListedColormap

    given = merge_kwargs({}, kwargs, PathCollection)
    style: dict[str, Any] = {"s": 20, "edgecolor": "white", "linewidth": 0.5}
    if not COLOR_NAMES & given.keys():
        if codes is None:
            style["c"] = "black"
        else:
            cmap = ListedColormap(class_colors(n_classes))
            style |= {"c": codes, "cmap": cmap, "vmin": -0.5, "vmax": n_classes - 0.5}
    return ax.scatter(points[:, 0], points[:, 1], **style | given)


def draw_legend(ax: Any, classes: NDArray[Any]) -> None:
    """Draw a legend of the classes' colours."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], linestyle="", marker="o", color=color, label=str(label))
        for label, color in zip(classes, class_colors(len(classes)), strict=True)
    ]
    place: dict[str, Any] = {"loc": "best"}
    if len(classes) > _SHORT_LEGEND:
        place = {"loc": "upper left", "bbox_to_anchor": (1, 1)}
    ax.legend(handles=handles, title="Class", ncols=-(-len(classes) // 20), **place)


def grid_around(
    points: NDArray[Any], resolution: int, margin: Any
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the coordinates of a grid (resolution, resolution) around points (n, 2)."""
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    sides = np.linspace(low, high, resolution)
    xx0, xx1 = np.meshgrid(sides[:, 0], sides[:, 1])
    return xx0, xx1
