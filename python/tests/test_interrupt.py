"""Ctrl-C during a long run."""

import os
import signal
import threading
import time

import pytest

from attractorlab import studies


def test_ctrl_c_stops_a_run_within_half_a_second() -> None:
    pressed = []

    def press() -> None:
        pressed.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(1.0, press)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            studies.run(preset="full")
    finally:
        timer.cancel()
    assert time.monotonic() - pressed[0] < 0.5
