"""The states and targets of the ridge rows, and how they are timed."""

import functools
import json
import time

import numpy as np
from hashed_network import numbers

UNITS, STEPS, RIDGE = 1000, 2000, 0.01


# Both sides make them once, before the runs that count.
@functools.cache
def states():
    rates = numbers(40_000_000, UNITS * STEPS).reshape(STEPS, UNITS)
    return rates, numbers(50_000_000, 2 * STEPS).reshape(STEPS, 2)


def checks(n):
    square = (n * n).mean(axis=0)
    return {"mean square": square[0], "mean square of the second": square[1], "first entry": n[0, 0]}


def measure(work):
    """The median of five runs; as on the other side, the first does not count."""
    work()
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - start)
    answers = {name: float(value) for name, value in found.items()}
    print(json.dumps({"seconds": float(np.median(seconds)), "checks": answers}))
