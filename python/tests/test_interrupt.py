"""Ctrl-C during long work."""

import os
import signal
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

import attractorlab as al
from attractorlab import dynamics, studies, tasks, training, weight_change
from attractorlab import equilibrium as eq
from attractorlab.bptt import Training
from attractorlab.feedback_network import FeedbackNetwork
from attractorlab.network import RateNetwork, gaussian_bulk


def seconds_to_stop(work: Callable[[], object], after: float = 1.0) -> float:
    """Presses Ctrl-C during the work: how long the work then goes on."""
    pressed = []

    def press() -> None:
        pressed.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(after, press)
    # A shell starts background jobs with Ctrl-C ignored, and the work would never end.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            work()
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)
    return time.monotonic() - pressed[0]


@pytest.mark.parametrize("after", [1.0, 2.5])
def test_ctrl_c_stops_a_run_within_half_a_second(after: float) -> None:
    assert seconds_to_stop(lambda: studies.run(preset="full"), after) < 0.5


def test_ctrl_c_stops_a_simulation_within_half_a_second() -> None:
    network = RateNetwork(gaussian_bulk(300, 1.5, seed=1))
    start = dynamics.initial_states(300, 100, seed=1)
    assert seconds_to_stop(lambda: dynamics.simulate(network, start, steps=10_000_000)) < 0.5


def random_map(units: int) -> al.Network:
    weights = 2.0 * np.random.default_rng(1).normal(size=(units, units)) / np.sqrt(units)
    return al.Network.from_arrays({"weight_ih_l0": np.zeros((units, 1)), "weight_hh_l0": weights})


def test_ctrl_c_stops_a_search_for_fixed_points_within_half_a_second() -> None:
    assert seconds_to_stop(lambda: random_map(300).dissect(starts=20_000)) < 0.5


def test_ctrl_c_stops_a_bifurcation_diagram_within_half_a_second() -> None:
    network = random_map(60)
    assert seconds_to_stop(lambda: al.bifurcations(network, (0.0, 3.0), at=[2.9], starts=100_000)) < 0.5


def test_ctrl_c_stops_a_search_through_a_function_of_yours() -> None:
    def slow(x: np.ndarray) -> np.ndarray:
        return np.asarray(x - np.sin(3 * x))

    assert seconds_to_stop(lambda: al.find_fixed_points(slow, 8, discrete=False, random=300_000)) < 0.5


LARGE = 2000


def large_weights() -> np.ndarray:
    return gaussian_bulk(LARGE, 0.9, seed=1)


@pytest.mark.parametrize("after", [0.3, 1.0])
def test_ctrl_c_abandons_a_dense_spectrum(after: float) -> None:
    network = RateNetwork(large_weights())
    assert seconds_to_stop(lambda: dynamics.spectrum(network, np.zeros(LARGE)), after) < 0.5
    # The network is still there, and so is the library.
    assert np.isfinite(network.velocity(np.ones((LARGE, 1)))).all()
    small = RateNetwork(gaussian_bulk(50, 0.9, seed=1))
    assert len(dynamics.spectrum(small, np.zeros(50))) == 50


def test_ctrl_c_abandons_what_else_decomposes_a_matrix() -> None:
    weights = large_weights()
    works: list[Callable[[], object]] = [
        lambda: weight_change.eigenvalues_along([weights]),
        lambda: weight_change.WeightChange(np.zeros_like(weights), weights),
        lambda: eq.solve("tanh", weights, np.ones((LARGE, 2)), states=eq.States(stability="spectrum")),
    ]
    for work in works:
        assert seconds_to_stop(work, 0.3) < 0.5


def test_ctrl_c_abandons_checks_of_gradients() -> None:
    network = Training(tasks.flip_flop(), units=600, precision="float64")
    assert seconds_to_stop(lambda: network.check_gradient(256), 0.5) < 0.5
    assert network.run(1) == "running"
    weights, drive = large_weights(), np.ones((LARGE, 50))
    loss = eq.MeanSquaredError(0 * drive)
    assert seconds_to_stop(lambda: eq.check_gradient("tanh", weights, drive, loss, directions=100), 0.5) < 0.5


def test_ctrl_c_abandons_one_long_training() -> None:
    weights, v = gaussian_bulk(1000, 0.9, seed=1), np.random.default_rng(1).normal(size=1000)
    network, task = FeedbackNetwork(weights, v, v), training.OutputTask("tanh", weights, v, [0.5, 1.0])
    drive, long = np.ones((1000, 512)), eq.States("truncated", steps=200)
    truncated = eq.Trainer("linearised", "tanh", weights, learning_rate=0.1, states=long)
    works: list[Callable[[], object]] = [
        lambda: network.train("recursive", 1.0, start=0.1 * v, duration=400.0),
        lambda: task.force(0.1 * v, duration=400.0),
        lambda: truncated.step(drive, eq.MeanSquaredError(drive)),
    ]
    for work in works:
        assert seconds_to_stop(work, 0.5) < 0.5
    assert np.isfinite(network.clamped_state(1.0)).all()
