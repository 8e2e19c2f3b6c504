"""Long calls release the GIL."""

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from attractorlab import dynamics, gaussian
from attractorlab.network import RateNetwork, gaussian_bulk
from attractorlab.theory.feedback import Direction, Inputs, ReadoutCurve, predict

SD = np.linspace(0.5, 3.0, 400_000)
CURVE = ReadoutCurve(Inputs(0.3, 1.2, 0.5, 0.5), Direction(1.0, 1.0, 0.3))
TARGETS = np.linspace(0.1, 1.0, 60_000)
NETWORK = RateNetwork(gaussian_bulk(400, 1.5, seed=1))
START = dynamics.initial_states(400, 8, seed=1)
MANY = Inputs(np.linspace(0.1, 0.9, 300), 1.2, 0.5, 0.5)


@pytest.mark.parametrize(
    "work",
    [
        lambda: gaussian.average("tanh", "phi^2", 0.0, SD),
        lambda: CURVE.sweep(TARGETS),
        lambda: predict(MANY, Direction(1.0, 1.0, 0.3), 1.0),
        lambda: dynamics.simulate(NETWORK, START, steps=2000, threads=1),
    ],
    ids=["average", "sweep", "predict", "simulate"],
)
def test_two_threads_compute_at_once(work: Callable[[], object]) -> None:
    # Two cores show in wall time only on a quiet machine. What shows on any: while the other thread is inside one
    # long call, this one gets through many short ones. With the GIL held it would stand still until the end.
    for _ in range(10):
        done = threading.Event()

        def call(done: threading.Event = done) -> None:
            work()
            done.set()

        other = threading.Thread(target=call)
        last = start = time.perf_counter()
        longest = 0.0
        other.start()
        while not done.is_set():
            gaussian.average("tanh", "phi^2", 0.0, SD[:100])
            now = time.perf_counter()
            longest, last = max(longest, now - last), now
        other.join()
        if longest < 0.5 * (last - start):
            return
    pytest.fail(f"this thread stood still for {longest:.3f} s of {last - start:.3f} s")
