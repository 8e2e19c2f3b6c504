"""Readouts of all families, chaos, phase diagrams, and given networks; numbers are held against references elsewhere."""

import pickle

import numpy as np
import pytest

from attractorlab import errors
from attractorlab.feedback_network import FeedbackNetwork
from attractorlab.theory.chaos import ChaosTheory
from attractorlab.theory.feedback import Direction, Inputs, predict
from attractorlab.theory.readouts import (
    GaussianLeastSquares,
    GradientDescent,
    LeastSquares,
    Overlaps,
    Readout,
    ReadoutTheory,
    RecursiveLeastSquares,
    forecast,
    measure,
    phase_diagram,
)

E5 = Inputs(g=0.5, feedback_std=1.2, input_std=0.15)
E1 = Inputs(g=0.3, feedback_std=1.2, input_std=0.5, rho=0.5)


@pytest.mark.parametrize(
    ("readout", "label"),
    [
        (LeastSquares(), "multi"),
        (LeastSquares(bulk_correlation=False), "multi"),
        (LeastSquares(ridge=0.05), "multi"),
        (GaussianLeastSquares(), "multi"),
        (GradientDescent(), "multi"),
        (RecursiveLeastSquares(units=200, start="random"), "multi"),
        (RecursiveLeastSquares(units=200, start="input-only"), "mono"),
    ],
)
def test_training_rules_land_in_their_classes(readout: Readout, label: str) -> None:
    theory = ReadoutTheory(E5, readout, 1.5)
    found = theory.forecast()
    assert found.label == label and not found.marginal
    assert len(found.fixed_points) == (3 if label == "multi" else 1)
    # States are the roots of the map.
    assert theory.map(found.fixed_points.z) == pytest.approx(found.fixed_points.z, abs=1e-6)
    assert isinstance(theory.map(0.5), float)
    assert "The reason: " in found.verdict


def test_gaussian_forecasts_are_predictions() -> None:
    direction = Direction(shared=1.0, feedback_own=1.0, input_own=0.3)
    alone = predict(E1, direction, -1.5)
    found = forecast(E1, direction, -1.5)
    assert found.label == alone.label
    assert found.fixed_points.z == pytest.approx(alone.fixed_points.z, abs=1e-10)
    again = forecast(E1, Overlaps(found.overlap_feedback, found.overlap_input), -1.5)
    assert again.fixed_points.z == pytest.approx(alone.fixed_points.z, abs=1e-9)


def test_training_through_chaos_is_refused() -> None:
    with pytest.raises(errors.InputError, match="is chaotic: its drive has variance"):
        forecast(Inputs(g=2.0, feedback_std=1.0, input_std=0.1), LeastSquares(), 0.1)
    with pytest.raises(errors.InputError, match="alpha must be"):
        forecast(E5, RecursiveLeastSquares(units=200, alpha=0.0), 1.5)
    with pytest.raises(errors.InputError, match="start must be 'input-only' or 'random'"):
        forecast(E5, RecursiveLeastSquares(units=200, start="zero"), 1.5)  # type: ignore[arg-type]
    with pytest.raises(errors.UnrealisableTargetError):
        forecast(E1, Direction(1.0, 1.0, 0.3), -0.23175740943712791)


def test_chaos_on_arrays() -> None:
    theory = ChaosTheory("tanh", 2.0)
    found = theory.activity([[0.3, 2.0]])
    assert found.chaotic.tolist() == [[True, False]]
    assert found.persistent[0, 1] == found.variance[0, 1]
    state = theory.state(0.3)
    assert state.autocorrelation[0] == state.variance == theory.activity(0.3).variance
    assert state.autocorrelation[-1] == pytest.approx(state.persistent, rel=1e-3)
    assert pickle.loads(pickle.dumps(theory)).critical_drive == theory.critical_drive
    with pytest.raises(errors.InputError, match="suppresses chaos"):
        theory.state(2.0)
    with pytest.raises(errors.InputError, match="activity dies out"):
        ChaosTheory("tanh", 0.5).state()
    with pytest.raises(errors.InputError, match=r"drive variance must be .*, got -1, at \[1\]"):
        theory.activity([0.0, -1.0])


def test_a_phase_diagram_and_its_boundaries() -> None:
    inputs = Inputs(g=0.8, feedback_std=1.2, input_std=0.5)
    diagram = phase_diagram(inputs, 0.0, 1.0, x=("target", 0.25, 2.0, 8), y=("share", 0.5, 2.2, 20))
    assert diagram.label.shape == (20, 8)
    points = np.concatenate([np.stack([b.x, b.y], axis=1) for b in diagram.boundaries])
    at_two = points[np.abs(points[:, 0] - 2.0) < 1e-12, 1]
    assert np.abs(at_two - 0.87140).min() < 1e-5 and np.abs(at_two - 1.80680).min() < 1e-5
    with pytest.raises(errors.InputError, match="an axis must measure 'target', 'g'"):
        phase_diagram(inputs, 0.0, 1.0, x=("mass", 0.0, 1.0, 3), y=("share", 0.0, 1.0, 3))


def network(units: int = 300, seed: int = 5) -> FeedbackNetwork:
    rng = np.random.default_rng(seed)
    bulk = 0.5 * rng.normal(size=(units, units)) / np.sqrt(units)
    return FeedbackNetwork(bulk, 1.2 * rng.normal(size=units), 0.15 * rng.normal(size=units))


def test_a_given_network_is_trained_judged_released_and_overlaid() -> None:
    net = network()
    trained = net.train("least-squares", 1.5)
    assert trained.converged and trained.error < 1e-10
    verdict = net.verdict(trained.readout, 1.5)
    assert verdict.local == "stable" and verdict.target_index is not None
    assert verdict.fixed_points.z[verdict.target_index] == pytest.approx(1.5, abs=1e-8)
    assert len(verdict.others) == 1 and verdict.others[0] < -1.0 and verdict.gaps == []
    # Its states are states: −x + Jφ(x) + m z + I = 0.
    for z, x in zip(verdict.fixed_points.z, verdict.fixed_points.states, strict=True):
        field = -x + net.bulk @ np.tanh(x) + net.feedback * z + net.input
        assert np.abs(field).max() < 1e-8
        assert trained.readout @ np.tanh(x) / len(x) == pytest.approx(z, abs=1e-8)
    starts = np.stack([net.clamped_state(-1.5), net.clamped_state(1.5)], axis=1)
    outcomes = net.release(trained.readout, starts)
    assert outcomes.settled.all()
    assert outcomes.z == pytest.approx([verdict.others[0], 1.5], abs=1e-2)
    overlay = net.overlay(trained.readout, 1.5, theory=LeastSquares())
    assert overlay.theory_z == pytest.approx(verdict.fixed_points.z, abs=0.15)
    assert np.abs(overlay.theory_map - overlay.verdict.map).max() < 0.4
    assert len(net.overlay(trained.readout, 1.5).theory_z) == 3


def test_training_runs_and_their_options() -> None:
    net = network(200)
    recursive = net.train("recursive", 1.5)
    assert recursive.converged
    assert len(net.verdict(recursive.readout, 1.5).fixed_points) == 1
    delta = net.train("delta", 1.5, duration=300.0, start=np.zeros(200))
    assert delta.converged
    with pytest.raises(errors.InputError, match="alpha must be"):
        net.train("recursive", 1.5, alpha=0.0)
    with pytest.raises(errors.InputError, match="rule must be"):
        net.train("magic", 1.5)  # type: ignore[arg-type]
    with pytest.raises(errors.InputError, match="the starting state must have one entry for each of the 200 units"):
        net.train("delta", 1.5, start=np.zeros(3))
    with pytest.raises(errors.InputError, match="the readout must have one entry"):
        net.verdict(np.ones(3), 1.5)
    with pytest.raises(errors.InputError, match="must be square"):
        FeedbackNetwork(np.zeros((2, 3)), np.zeros(2), np.zeros(2))


def test_a_mirrored_network_has_mirrored_outputs() -> None:
    rng = np.random.default_rng(2)
    units = 300
    bulk = 0.4 * rng.normal(size=(units, units)) / np.sqrt(units)
    m = 1.2 * rng.normal(size=units)
    i = 0.3 * m + 0.2 * rng.normal(size=units)
    n = 1.5 * m
    plain = FeedbackNetwork(bulk, m, i).overlay(n, 1.0)
    mirrored = FeedbackNetwork(bulk, -m, i).overlay(-n, -1.0)
    assert not plain.measured.mirrored and mirrored.measured.mirrored
    assert mirrored.theory_z == pytest.approx(-plain.theory_z[::-1], abs=1e-9)
    assert mirrored.verdict.fixed_points.z == pytest.approx(-plain.verdict.fixed_points.z[::-1], abs=1e-6)
    with pytest.raises(errors.InputError, match="the input vector must have one entry"):
        measure(bulk, m, i[:5], n)
