"""Colours, and axes to draw on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLACK, GREY = "#000000", "#999999"
BLUE, VERMILLION, GREEN = "#0072B2", "#D55E00", "#009E73"
ORANGE, PURPLE, SKY = "#E69F00", "#CC79A7", "#56B4E9"
CATEGORIES = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY)


def axes(ax: Axes | None, **subplot: Any) -> Axes:
    """``ax``, or the one panel of a new figure."""
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(
            "attractorlab.plot needs matplotlib: pip install attractorlab[plot]"
        ) from error
    figure = pyplot.figure(figsize=(3.6, 2.9), layout="constrained")
    new: Axes = figure.add_subplot(**subplot)
    return new


def finish(ax: Axes, x: str, y: str, *, legend: bool = True) -> Axes:
    """Labels, a light frame, and a legend of each label once."""
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    if ax.name == "rectilinear":
        ax.spines[["top", "right"]].set_visible(False)
    handles, labels = ax.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    if legend and once:
        ax.legend(once.values(), once.keys(), frameon=False, fontsize="small")
    return ax
