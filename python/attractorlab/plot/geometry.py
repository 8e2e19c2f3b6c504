"""Geometry of connectivity, and flow on planes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from attractorlab.errors import InputError
from attractorlab.network import RateNetwork
from attractorlab.plot._style import BLACK, BLUE, VERMILLION, axes, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["flow_field", "loadings"]


def loadings(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    names: tuple[str, str] = ("mᵢ", "nᵢ"),
    ax: Axes | None = None,
) -> Axes:
    """Entries of two connectivity vectors against each other, one dot a unit, with the Gaussian of the same covariance.

    The ellipses hold 39 % and 86 % of a Gaussian (one and two standard deviations). Their tilt is the
    overlap on which dynamics depend.

    Parameters
    ----------
    a, b
        (N,): feedback, readout or input vectors.
    names
        What they are.
    """
    ax = axes(ax)
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape or first.ndim != 1 or len(first) < 2:
        raise InputError(f"loadings need two vectors of one length of at least 2, got {first.shape} and {second.shape}")
    ax.plot(first, second, ".", color=BLUE, ms=3, alpha=0.6)
    covariance = np.cov(first, second)
    size, axis = np.linalg.eigh(covariance)
    turn = np.linspace(0, 2 * np.pi, 100)
    circle = np.stack([np.cos(turn), np.sin(turn)])
    for scale in (1.0, 2.0):
        ring = axis @ (scale * np.sqrt(np.maximum(size, 0))[:, np.newaxis] * circle)
        ax.plot(first.mean() + ring[0], second.mean() + ring[1], color=BLACK, lw=0.9)
    ax.set_title(f"overlap {np.mean(first * second):.3f}", fontsize="small")
    ax.set_aspect("equal", adjustable="datalim")
    return finish(ax, names[0], names[1])


def flow_field(
    network: RateNetwork,
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    input: npt.ArrayLike | None = None,
    reach: float = 3.0,
    points: int = 17,
    states: npt.ArrayLike | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Flow of a network in current or rate form on the plane of two directions (the feedback and the input vector, say).

    At κ₁ a + κ₂ b, with a and b orthonormalised in the sense a·b/N = 0 and a·a/N = 1, the velocity is
    projected on the plane; its colour is the speed that the plane does not show.

    Parameters
    ----------
    network
        A network in continuous time.
    first, second
        (N,): the directions; the second is made orthogonal to the first.
    input
        (K,): constant input; zero if None.
    reach
        The axes run from -reach to reach.
    points
        Arrows along each axis.
    states
        (count, N): states to mark, such as fixed points.
    """
    ax = axes(ax)
    if network.form == "map":
        raise InputError("a flow needs continuous time: the network is a map")
    a, b = (np.asarray(v, dtype=np.float64).copy() for v in (first, second))
    n = network.units
    for name, vector in (("first", a), ("second", b)):
        if vector.shape != (n,):
            raise InputError(f"{name} must have one entry for each of the {n} units, got the shape {vector.shape}")
    a /= np.sqrt(np.mean(a * a))
    b -= a * np.mean(a * b)
    length = np.sqrt(np.mean(b * b))
    if not length > 1e-12:
        raise InputError("first and second must not be parallel")
    b /= length
    line = np.linspace(-reach, reach, points)
    across, up = np.meshgrid(line, line)
    plane = across.ravel()[:, np.newaxis] * a + up.ravel()[:, np.newaxis] * b
    velocity = network.velocity(plane.T, input=input).T
    u, v = velocity @ a / n, velocity @ b / n
    away = velocity - u[:, np.newaxis] * a - v[:, np.newaxis] * b
    hidden = np.sqrt(np.mean(away**2, axis=1))
    arrows = ax.quiver(across, up, u.reshape(across.shape), v.reshape(across.shape), hidden.reshape(across.shape), cmap="viridis")
    figure = ax.get_figure()
    assert figure is not None
    figure.colorbar(arrows, ax=ax, label="speed off the plane")
    if states is not None:
        marked = np.atleast_2d(np.asarray(states, dtype=np.float64))
        ax.plot(marked @ a / n, marked @ b / n, "o", color=VERMILLION, mec=BLACK, ms=5, label="states")
    return finish(ax, "κ₁", "κ₂")
