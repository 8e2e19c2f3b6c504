"""Stationary states: their spectra, branches, phases, and place among trajectories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from attractorlab.continuation import Bifurcations
from attractorlab.dissection import Dissection
from attractorlab.errors import InputError
from attractorlab.plot._style import BLACK, BLUE, CATEGORIES, GREEN, GREY, ORANGE, PURPLE, VERMILLION, axes, finish
from attractorlab.theory.feedback import Predictions
from attractorlab.theory.readouts import PhaseDiagram

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["bifurcations", "dissection", "phase_diagram", "spectrum", "stationary_states"]


def spectrum(
    eigenvalues: npt.ArrayLike,
    *,
    radius: float | None = None,
    outliers: npt.ArrayLike | None = None,
    before: npt.ArrayLike | None = None,
    discrete: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Eigenvalues λ in the complex plane, with the line of stability.

    Parameters
    ----------
    eigenvalues
        Complex array of any shape.
    radius
        Predicted radius of the bulk, drawn as a grey disc.
    outliers
        Predicted outliers, drawn as crosses.
    before
        Eigenvalues to lay below, such as those before training.
    discrete
        Whether they belong to a map: stable inside the unit circle instead of left of 1.
    """
    ax = axes(ax)
    values = np.asarray(eigenvalues, dtype=np.complex128).ravel()
    if radius is not None:
        from matplotlib.patches import Circle

        ax.add_patch(Circle((0, 0), radius, facecolor="#EEEEEE", edgecolor=GREY, label="predicted bulk"))
    if discrete:
        turn = np.linspace(0, 2 * np.pi, 200)
        ax.plot(np.cos(turn), np.sin(turn), color=GREY, lw=0.8, label="stability")
    else:
        ax.axvline(1.0, color=GREY, lw=0.8, label="stability")
    if before is not None:
        earlier = np.asarray(before, dtype=np.complex128).ravel()
        ax.plot(earlier.real, earlier.imag, ".", color=GREY, ms=3, label="before")
    unstable = np.abs(values) > 1 if discrete else values.real > 1
    ax.plot(values[~unstable].real, values[~unstable].imag, "o", color=BLACK, ms=2.5, label="stable modes")
    if unstable.any():
        ax.plot(values[unstable].real, values[unstable].imag, "D", color=VERMILLION, ms=3.5, label="unstable modes")
    if outliers is not None:
        predicted = np.asarray(outliers, dtype=np.complex128).ravel()
        ax.plot(predicted.real, predicted.imag, "x", color=BLUE, ms=7, label="predicted outliers")
    ax.set_aspect("equal", adjustable="datalim")
    return finish(ax, "Re λ", "Im λ")


def dissection(
    found: Dissection,
    *,
    trajectories: npt.ArrayLike | None = None,
    dimensions: int = 2,
    ax: Axes | None = None,
) -> Axes:
    """Fixed points on their principal components, with trajectories and links.

    Parameters
    ----------
    found
        A dissection.
    trajectories
        States of shape (steps, state_size) or (trials, steps, state_size).
    dimensions
        2 or 3.
    """
    if dimensions not in (2, 3):
        raise InputError(f"dimensions must be 2 or 3, got {dimensions}")
    ax = axes(ax, **({"projection": "3d"} if dimensions == 3 else {}))
    paths = np.empty((0, 1, found.points.shape[1]))
    if trajectories is not None:
        states = np.asarray(trajectories, dtype=np.float64)
        paths = states[np.newaxis] if states.ndim == 2 else states
    cloud = np.concatenate([found.points, paths.reshape(-1, found.points.shape[1])])
    centre = cloud.mean(axis=0)
    _, sizes, components = np.linalg.svd(cloud - centre, full_matrices=False)
    shares = 100 * sizes**2 / max(float((sizes**2).sum()), 1e-300)
    onto = components[:dimensions].T
    # A plane or a line has fewer components than are asked for.
    onto = np.pad(onto, ((0, 0), (0, dimensions - onto.shape[1])))
    for path in paths:
        ax.plot(*((path - centre) @ onto).T, color=BLUE, lw=0.6, label="trajectories")
    places = (found.points - centre) @ onto
    for start, _, _, end in found.links:
        if end is not None:
            ax.plot(*np.stack([places[start], places[end]]).T, color=VERMILLION, lw=0.5, label="links")
    stable = found.unstable == 0
    if stable.any():
        ax.plot(*places[stable].T, "o", color=BLACK, ms=5, label="stable")
    if (~stable).any():
        ax.plot(*places[~stable].T, "o", mfc="none", mec=VERMILLION, ms=5, label="saddle")
    names = [f"PC {k + 1} ({shares[k] if k < len(shares) else 0:.0f} %)" for k in range(dimensions)]
    if dimensions == 3:
        three: Any = ax
        three.set_zlabel(names[2])
    return finish(ax, names[0], names[1])


def bifurcations(
    found: Bifurcations,
    *,
    direction: npt.ArrayLike | None = None,
    parameter: str = "parameter p",
    ax: Axes | None = None,
) -> Axes:
    """Branches of fixed points against the parameter.

    Parameters
    ----------
    found
        What :func:`attractorlab.bifurcations` or
        :func:`attractorlab.continue_fixed_points` returns.
    direction
        The vertical axis is direction · state; the first principal component of all states if
        None.
    parameter
        Label of the horizontal axis.
    """
    ax = axes(ax)
    states = np.concatenate([branch.states for branch in found.branches])
    if direction is None:
        centre = states.mean(axis=0)
        along, name = np.linalg.svd(states - centre, full_matrices=False)[2][0], "PC 1"
    else:
        centre, along, name = np.zeros(states.shape[1]), np.asarray(direction, dtype=np.float64), "projection"
        if along.shape != centre.shape:
            raise InputError(f"direction must have one entry for each of the {len(centre)} variables, got {along.shape}")
    for branch in found.branches:
        height = (branch.states - centre) @ along
        for wanted, style, colour, label in (
            (True, "-", BLACK, "stable"),
            (False, "--", VERMILLION, "unstable"),
        ):
            # A run also holds the point before it, so that no gap shows.
            mine = branch.stable == wanted
            shown = mine.copy()
            shown[:-1] |= mine[1:] & (not wanted)
            shown[1:] |= mine[:-1] & (not wanted)
            if shown.any():
                ax.plot(branch.parameters, np.where(shown, height, np.nan), style, color=colour, lw=1, label=label)
    marks = {
        "fold": ("o", BLUE),
        "branch point": ("D", GREEN),
        "Hopf": ("s", ORANGE),
        "Neimark-Sacker": ("s", ORANGE),
        "period doubling": ("^", PURPLE),
    }
    for special in found.specials:
        marker, colour = marks[special.kind]
        ax.plot(special.parameter, (special.state - centre) @ along, marker, color=colour, ms=4, label=special.kind)
    return finish(ax, parameter, name)


def stationary_states(predictions: Predictions, *, ax: Axes | None = None) -> Axes:
    """Outputs z of all stationary states against the target A, for predictions along one axis.

    The vertical axis shows 2.5 times the largest target; states beyond are cut off.

    Parameters
    ----------
    predictions
        What :meth:`attractorlab.theory.feedback.ReadoutCurve.sweep` returns for a vector of targets.
    """
    ax = axes(ax)
    if predictions.target.ndim != 1:
        raise InputError(f"the predictions must lie along one axis of targets, got the shape {predictions.shape}")
    z, kind = predictions.fixed_points.z, predictions.fixed_points.stability
    target = np.broadcast_to(predictions.target[:, np.newaxis], z.shape)
    for word, marker, colour, label in (
        ("stable", ".", BLACK, "stable"),
        ("outlier-unstable", ".", VERMILLION, "unstable (outlier)"),
        ("bulk-unstable", ".", GREY, "chaotic"),
    ):
        chosen = kind == word
        if chosen.any():
            ax.plot(target[chosen], z[chosen], marker, color=colour, ms=2, label=label)
    ax.plot(predictions.target, predictions.target, ":", color=BLUE, lw=0.8, label="z = A")
    # Near the flex some states run away.
    largest = 2.5 * float(np.abs(predictions.target).max())
    ax.set_ylim(-largest, largest)
    return finish(ax, "target A", "output z")


def phase_diagram(
    diagram: PhaseDiagram,
    *,
    x: str = "x",
    y: str = "y",
    dots: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Classes as a map with their boundaries, and simulated points over them.

    Parameters
    ----------
    diagram
        What :func:`attractorlab.theory.readouts.phase_diagram` returns.
    x, y
        Labels of the axes: quantity and unit.
    dots
        x, y and truth of simulated points: filled where true, open where false.
    """
    from matplotlib.colors import ListedColormap, to_rgb

    ax = axes(ax)
    names = sorted(set(diagram.label.ravel().tolist()))
    index = np.searchsorted(names, diagram.label)
    pale = [tuple(0.35 * v + 0.65 for v in to_rgb(CATEGORIES[k % 6])) for k in range(len(names))]
    ax.pcolormesh(diagram.x, diagram.y, index, cmap=ListedColormap(pale), vmin=-0.5, vmax=len(names) - 0.5, shading="nearest", rasterized=True)
    for k, name in enumerate(names):
        ax.plot([], [], "s", color=pale[k], ms=7, label=name)
    for boundary in diagram.boundaries:
        ax.plot(boundary.x, boundary.y, color=BLACK, lw=1)
    if dots is not None:
        across, up, truth = (np.asarray(values).ravel() for values in dots)
        good = truth.astype(bool)
        ax.plot(across[good], up[good], "o", color=BLACK, ms=4, label="simulated: yes")
        ax.plot(across[~good], up[~good], "o", mfc="none", mec=BLACK, ms=4, label="simulated: no")
    return finish(ax, x, y)
