"""How all peers are timed, and what they print."""

import json
import time

import numpy as np


def timed(work):
    """Seconds of one run, and what it returns."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def median(work, runs=5, warm=1):
    """Median seconds of warm runs, and what the last returns; a run of seconds needs no repetition."""
    for _ in range(warm):
        work()
    seconds = []
    while len(seconds) < runs and sum(seconds) < 2:
        elapsed, result = timed(work)
        seconds.append(elapsed)
    return float(np.median(seconds)), result


def tell(seconds, checks):
    """Prints what the other side reads."""
    print(json.dumps({"seconds": seconds, "checks": {name: float(value) for name, value in checks.items()}}))


def measure(work):
    """The median of five runs; as on the other side, the first run does not count."""
    tell(*median(work))


def once(work):
    """One run, of what takes more than about two seconds."""
    tell(*timed(work))
