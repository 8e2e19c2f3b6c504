"""Draws the pictures of the gallery: `python docs/gallery.py [FOLDER]`, by default into docs/src/images/gallery."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "attractorlab", "font.size": 9})

import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import attractorlab as al
from attractorlab import dynamics, network, plot
from attractorlab.theory import feedback, readouts

ROOT = Path(__file__).parents[1]
FLIPFLOP = ROOT / "tests" / "pytorch" / "flipflop_gru16.safetensors"


def figure(ax: Axes) -> Figure:
    """The figure of an Axes."""
    found = ax.get_figure()
    assert isinstance(found, Figure)
    return found


def fixed_points() -> Figure:
    net = al.Network.read(FLIPFLOP)
    pulses = np.random.default_rng(1).choice([0, 0, 0, 0, -1.0, 1.0], size=(400, 3))
    return figure(plot.dissection(net.dissect(), trajectories=net.run(pulses)))


def eigenvalues() -> Figure:
    g, overlap, n = 0.7, 1.5, 600
    m = np.random.default_rng(2).standard_normal(n)
    net = network.RateNetwork(network.gaussian_bulk(n, g, seed=2), feedback=m, feedback_readout=overlap * m)
    values = dynamics.spectrum(net, np.zeros(n))
    return figure(plot.spectrum(values, radius=g, outliers=[overlap]))


def branches() -> Figure:
    net = al.Network.read(FLIPFLOP)
    found = al.bifurcations(net, (-0.2, 0.2), along="input", at=[0.0])
    return figure(plot.bifurcations(found, parameter="input to channel 1"))


def states() -> Figure:
    inputs = feedback.Inputs(g=0.3, feedback_std=1.2, input_std=0.5, rho=0.5)
    curve = feedback.ReadoutCurve(inputs, feedback.Direction(shared=1.0, feedback_own=1.0, input_own=0.3))
    return figure(plot.stationary_states(curve.sweep(np.linspace(-2, 2, 600))))


def phases() -> Figure:
    inputs = feedback.Inputs(g=0.8, feedback_std=1.2, input_std=0.5)
    diagram = readouts.phase_diagram(
        inputs, 0.0, 1.0, x=("target", 0.2, 2.0, 80), y=("share", 0.0, 2.0, 60)
    )
    return figure(plot.phase_diagram(diagram, x="target A", y="share of the feedback vector"))


def flow() -> Figure:
    n = 400
    rng = np.random.default_rng(3)
    m, other = rng.standard_normal((2, n))
    net = network.RateNetwork(network.gaussian_bulk(n, 0.3, seed=3), feedback=m, feedback_readout=2.0 * m)
    held = [dynamics.fixed_point(net, sign * m).state for sign in (1.0, -1.0, 0.0)]
    return figure(plot.flow_field(net, m, other, states=held))


def loadings() -> Figure:
    m, noise = np.random.default_rng(4).standard_normal((2, 500))
    return figure(plot.loadings(m, 1.2 * m + 0.6 * noise))


PICTURES: dict[str, Callable[[], Figure]] = {
    "fixed-points": fixed_points,
    "eigenvalues": eigenvalues,
    "branches": branches,
    "states": states,
    "phases": phases,
    "flow": flow,
    "loadings": loadings,
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        drawn = draw()
        drawn.savefig(folder / f"{name}.svg", metadata={"Date": None})
        pyplot.close(drawn)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "src" / "images" / "gallery")
