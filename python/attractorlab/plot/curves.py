"""Curves of training and testing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from attractorlab.errors import InputError
from attractorlab.plot._style import BLACK, BLUE, CATEGORIES, GREY, VERMILLION, axes, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["comparison", "learning_curve", "psychometric", "singular_values", "trial", "truncation"]


def learning_curve(
    losses: npt.ArrayLike | Mapping[str, npt.ArrayLike],
    *,
    steps: npt.ArrayLike | None = None,
    theory: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Loss against step, on a logarithmic axis.

    Parameters
    ----------
    losses
        One curve, or several by name.
    steps
        Where they were measured; 0, 1, … if None.
    theory
        Steps and losses of a prediction, drawn as a line above the curves.
    """
    ax = axes(ax)
    named = losses if isinstance(losses, Mapping) else {"": losses}
    for k, (name, values) in enumerate(named.items()):
        curve = np.asarray(values, dtype=np.float64)
        at = np.arange(len(curve)) if steps is None else np.asarray(steps)
        ax.plot(at, curve, color=CATEGORIES[k % 6], lw=0.9, label=name or None)
    if theory is not None:
        ax.plot(*(np.asarray(part) for part in theory), color=BLACK, lw=1.2, label="theory")
    ax.set_yscale("log")
    return finish(ax, "training step", "loss")


def singular_values(
    values: npt.ArrayLike,
    *,
    null: npt.ArrayLike | None = None,
    count: int = 30,
    ax: Axes | None = None,
) -> Axes:
    """The largest singular values, of a weight change for instance.

    Parameters
    ----------
    values
        In descending order.
    null
        The same of a random matrix, drawn as a line.
    count
        How many are shown.
    """
    ax = axes(ax)
    shown = np.asarray(values, dtype=np.float64)[:count]
    ax.plot(np.arange(1, len(shown) + 1), shown, "o", color=BLUE, ms=4, label="weight change")
    if null is not None:
        edge = np.asarray(null, dtype=np.float64).ravel()[:count]
        edge = np.broadcast_to(edge, (len(shown),)) if edge.size == 1 else edge
        ax.plot(np.arange(1, len(edge) + 1), edge, color=GREY, lw=1, label="random matrix")
    ax.set_ylim(bottom=0)
    return finish(ax, "index", "singular value")


def truncation(
    losses: npt.ArrayLike,
    *,
    threshold: float | None = 0.05,
    ax: Axes | None = None,
) -> Axes:
    """Loss with the weight change truncated to rank R = 0, 1, …, relative to rank 0.

    Parameters
    ----------
    losses
        The loss at each rank.
    threshold
        Share of the first loss at which the rank is called functional; no line if None.
    """
    ax = axes(ax)
    curve = np.asarray(losses, dtype=np.float64)
    ax.plot(np.arange(len(curve)), curve / curve[0], "o-", color=BLUE, ms=3, lw=0.8)
    if threshold is not None:
        ax.axhline(threshold, color=GREY, lw=0.8, label=f"{100 * threshold:g} % of the untrained loss")
    return finish(ax, "rank R of the weight change", "loss / loss at rank 0")


def trial(
    times: npt.ArrayLike,
    inputs: npt.ArrayLike,
    outputs: npt.ArrayLike,
    target: npt.ArrayLike | None = None,
    *,
    mask: npt.ArrayLike | None = None,
    axs: Sequence[Axes] | None = None,
) -> list[Axes]:
    """Input, output and target of one trial, in two panels.

    Parameters
    ----------
    times
        (T,), in units of τ.
    inputs, outputs, target
        (T, channels).
    mask
        (T, channels) or (T,): where the loss is measured; the target is drawn there alone.
    axs
        Two Axes; a new figure if None.
    """
    if axs is None:
        from matplotlib import pyplot

        axs = list(pyplot.subplots(2, 1, sharex=True, figsize=(4.5, 3.2), layout="constrained")[1])
    upper, lower = axs
    t = np.asarray(times, dtype=np.float64)

    def channels(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        array = np.asarray(values, dtype=np.float64)
        array = array[:, np.newaxis] if array.ndim == 1 else array
        if len(array) != len(t):
            raise InputError(f"inputs, outputs and target need one row for each of the {len(t)} times, got {len(array)}")
        return array

    for k, channel in enumerate(channels(inputs).T):
        upper.plot(t, channel, color=CATEGORIES[k % 6], lw=0.9, label=f"input {k + 1}")
    for k, channel in enumerate(channels(outputs).T):
        lower.plot(t, channel, color=CATEGORIES[k % 6], lw=0.9, label=f"output {k + 1}")
    if target is not None:
        wanted = channels(target).copy()
        if mask is not None:
            wanted[np.broadcast_to(channels(mask) == 0, wanted.shape)] = np.nan
        for k, channel in enumerate(wanted.T):
            lower.plot(t, channel, "--", color=CATEGORIES[k % 6], lw=1.4, alpha=0.6, label=f"target {k + 1}")
    finish(upper, "", "input u")
    finish(lower, "time t/τ", "output z")
    return [upper, lower]


def psychometric(
    stimulus: npt.ArrayLike,
    choices: npt.ArrayLike,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Share of positive choices at each value of the stimulus, with its 95 % interval (Wilson).

    Parameters
    ----------
    stimulus, choices
        One entry for each trial; a choice is positive where it exceeds 0.
    """
    ax = axes(ax)
    strength, positive = np.asarray(stimulus, dtype=np.float64), np.asarray(choices, dtype=np.float64) > 0
    if strength.shape != positive.shape:
        raise InputError(f"stimulus and choices need the same shape, got {strength.shape} and {positive.shape}")
    values = np.unique(strength)
    counts = np.array([(strength == value).sum() for value in values])
    share = np.array([positive[strength == value].mean() for value in values])
    z2 = 1.96**2
    middle = (share + z2 / (2 * counts)) / (1 + z2 / counts)
    half = 1.96 * np.sqrt(share * (1 - share) / counts + z2 / (4 * counts**2)) / (1 + z2 / counts)
    below, above = np.maximum(share - (middle - half), 0), np.maximum(middle + half - share, 0)
    ax.errorbar(values, share, [below, above], fmt="o", color=BLUE, ms=4, lw=0.8, label="95 % interval")
    ax.axhline(0.5, color=GREY, lw=0.6)
    ax.axvline(0.0, color=GREY, lw=0.6)
    ax.set_ylim(-0.03, 1.03)
    return finish(ax, "stimulus", "share of positive choices")


def comparison(
    x: npt.ArrayLike,
    mean: npt.ArrayLike,
    error: npt.ArrayLike,
    theory_x: npt.ArrayLike,
    theory: npt.ArrayLike,
    *,
    names: tuple[str, str] = ("x", "y"),
    log_x: bool = False,
    axs: Sequence[Axes] | None = None,
) -> list[Axes]:
    """Theory as a line, simulation as dots with error bars, and their difference in standard errors below.

    Parameters
    ----------
    x, mean, error
        Simulated points: place, mean, standard error.
    theory_x, theory
        The line; its values at ``x`` are interpolated.
    names
        Labels of the axes.
    log_x
        Whether the horizontal axis is logarithmic (sizes N, say).
    axs
        Two Axes; a new figure if None.
    """
    if axs is None:
        from matplotlib import pyplot

        grid = {"height_ratios": [3, 1]}
        axs = list(pyplot.subplots(2, 1, sharex=True, figsize=(3.6, 3.4), layout="constrained", gridspec_kw=grid)[1])
    upper, lower = axs
    at, value, bar = (np.asarray(part, dtype=np.float64) for part in (x, mean, error))
    line_at, line = np.asarray(theory_x, dtype=np.float64), np.asarray(theory, dtype=np.float64)
    upper.plot(line_at, line, color=BLACK, lw=1, label="theory")
    upper.errorbar(at, value, bar, fmt="o", color=BLUE, ms=4, lw=0.8, label="simulation ± standard error")
    order = np.argsort(line_at)
    difference = (value - np.interp(at, line_at[order], line[order])) / bar
    lower.axhline(0, color=BLACK, lw=0.8)
    lower.plot(at, difference, "o", color=VERMILLION, ms=4)
    if log_x:
        upper.set_xscale("log")
        lower.set_xscale("log")
    finish(upper, "", names[1])
    finish(lower, names[0], "difference\n/ error", legend=False)
    return [upper, lower]
