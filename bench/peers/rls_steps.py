"""Recursive least squares with the loop closed, one rank-one update of the whole matrix a step."""

import json
import time

import numpy as np

from hashed_network import network, numbers


def work():
    units, target, dt = 1000, 1.0, 0.1
    bulk, m, i = network(units, 0.8)
    x = numbers(30_000_000, units).copy()
    w, p = np.zeros(units), np.eye(units)
    for _ in range(200):
        f = np.tanh(x)
        error = w @ f - target
        gain = p @ f
        norm = 1.0 + f @ gain
        p -= np.outer(gain, gain / norm)
        w -= error * gain / norm
        x += dt * (-x + bulk @ f + m * (w @ f) + i)
    n = units * w
    return {"overlap with feedback": n @ m / units, "mean square": n @ n / units}


if __name__ == "__main__":
    start = time.perf_counter()
    checks = work()
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "checks": {name: float(value) for name, value in checks.items()}}))
