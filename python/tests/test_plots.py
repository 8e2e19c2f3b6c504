"""Pictures: drawn without a display, labelled, and refused in words."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib import pyplot

import attractorlab as al
from attractorlab import plot

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    pyplot.close("all")


def gallery() -> Any:
    spec = importlib.util.spec_from_file_location("gallery", ROOT / "docs" / "gallery.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["gallery"] = module
    spec.loader.exec_module(module)
    matplotlib.use("Agg")
    return module


@pytest.mark.filterwarnings("error")
def test_every_picture_of_the_gallery_can_be_drawn_and_is_shown(tmp_path: Path) -> None:
    module = gallery()
    module.main(tmp_path)
    page = (ROOT / "docs" / "src" / "guide" / "gallery.md").read_text()
    for name in module.PICTURES:
        text = (tmp_path / f"{name}.svg").read_text()
        assert text.startswith("<?xml") and len(text) > 5000
        assert f"../images/gallery/{name}.svg" in page, f"the page does not show {name}"
        assert (ROOT / "docs" / "src" / "images" / "gallery" / f"{name}.svg").exists()


def test_spectra_tell_stable_from_unstable() -> None:
    ax = plot.spectrum([0.5 + 0.1j, 1.5], radius=0.8, outliers=[1.4], before=[0.2])
    labels = {text.get_text() for text in ax.get_legend().get_texts()}  # type: ignore[union-attr]
    assert {"stable modes", "unstable modes", "predicted outliers", "predicted bulk", "before"} <= labels
    assert ax.get_xlabel() == "Re λ"
    ax = plot.spectrum([0.5, -1.5], discrete=True)
    unstable = [line for line in ax.get_lines() if line.get_label() == "unstable modes"]
    assert np.allclose(unstable[0].get_xdata(), [-1.5])


def test_curves_of_training() -> None:
    losses = np.exp(-np.arange(50) / 10)
    ax = plot.learning_curve({"g = 0": losses, "g = 0.9": losses**2}, theory=(np.arange(50), losses))
    assert ax.get_yscale() == "log" and len(ax.get_lines()) == 3
    ax = plot.truncation([2.0, 1.0, 0.02])
    assert np.allclose(ax.get_lines()[0].get_ydata(), [1.0, 0.5, 0.01])
    assert len(plot.singular_values(losses, null=0.4).get_lines()) == 2
    with pytest.raises(al.AttractorLabError, match="5 times, got 4"):
        plot.trial(np.arange(5), np.zeros((5, 2)), np.zeros((4, 1)))
    upper, lower = plot.trial(np.arange(5), np.zeros((5, 2)), np.zeros(5), np.ones(5), mask=[0, 0, 1, 1, 1])
    target = lower.get_lines()[1].get_ydata()
    assert np.isnan(np.asarray(target, dtype=float)[:2]).all() and upper.get_ylabel() == "input u"


def test_psychometric_intervals_are_wilsons() -> None:
    ax = plot.psychometric([-1] * 10 + [1] * 10, [-1] * 10 + [1] * 9 + [-1])
    assert ax.get_ylim()[1] > 1.0
    [bars] = [c for c in ax.containers if c.get_label() == "95 % interval"]
    segments = bars[2][0].get_segments()
    # Wilson's interval for 9 of 10 is 0.596 to 0.982.
    assert np.allclose(np.asarray(segments[1])[:, 1], [0.596, 0.982], atol=1e-3)


def test_comparisons_show_the_difference_in_errors() -> None:
    upper, lower = plot.comparison([1, 2], [1.1, 4.0], [0.1, 0.5], [0, 3], [0, 6], names=("N", "λ"), log_x=True)
    assert np.allclose(np.asarray(lower.get_lines()[1].get_ydata()), [-9.0, 0.0])
    assert upper.get_xscale() == "log" and lower.get_xlabel() == "N"


def test_what_cannot_be_drawn_is_refused_in_words() -> None:
    network = al.Network.read(ROOT / "tests" / "pytorch" / "flipflop_gru16.safetensors")
    with pytest.raises(al.AttractorLabError, match="2 or 3, got 4"):
        plot.dissection(network.dissect(starts=50), dimensions=4)
    rate = al.network.RateNetwork(np.zeros((4, 4)))
    with pytest.raises(al.AttractorLabError, match="parallel"):
        plot.flow_field(rate, np.ones(4), 2 * np.ones(4))
    with pytest.raises(al.AttractorLabError, match="first must have one entry"):
        plot.flow_field(rate, np.ones(3), np.ones(4))
    with pytest.raises(al.AttractorLabError, match="one length"):
        plot.loadings(np.ones(3), np.ones(4))
    assert plot.dissection(network.dissect(starts=50), dimensions=3).name == "3d"
