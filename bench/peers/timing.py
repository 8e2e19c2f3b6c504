"""How peers that keep their data are timed."""

import json
import time

import numpy as np


def measure(work):
    """The median of five runs; a run of seconds needs no repetition."""
    # As on the other side, the first run does not count.
    work()
    seconds = []
    while len(seconds) < 5 and sum(seconds) < 2:
        start = time.perf_counter()
        checks = work()
        seconds.append(time.perf_counter() - start)
    checks = {name: float(value) for name, value in checks.items()}
    print(json.dumps({"seconds": float(np.median(seconds)), "checks": checks}))


def once(work):
    """One run, with all that it draws: it takes long enough."""
    start = time.perf_counter()
    checks = work()
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "checks": {name: float(value) for name, value in checks.items()}}))
