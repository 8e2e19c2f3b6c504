"""Ctrl-C during long work."""

import os
import signal
import threading
import time
from collections.abc import Callable

import pytest

from attractorlab import dynamics, studies
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
