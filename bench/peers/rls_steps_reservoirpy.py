"""Recursive least squares with the loop closed, by ReservoirPy's node."""

import json
import time

import numpy as np
from reservoirpy.nodes import RLS

from hashed_network import network, numbers


def work():
    units, target, dt = 1000, 1.0, 0.1
    bulk, m, i = network(units, 0.8)
    x = numbers(30_000_000, units).copy()
    node = RLS(alpha=1.0, fit_bias=False, input_dim=units, output_dim=1)
    node.initialize(np.zeros((1, units)), np.zeros((1, 1)))
    targets = np.array([[target]])
    for _ in range(200):
        f = np.tanh(x)
        node.partial_fit(f[np.newaxis], targets)
        w = np.asarray(node.Wout)[:, 0]
        x += dt * (-x + bulk @ f + m * (w @ f) + i)
    n = units * w
    return {"overlap with feedback": n @ m / units, "mean square": n @ n / units}


if __name__ == "__main__":
    start = time.perf_counter()
    checks = work()
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "checks": {name: float(value) for name, value in checks.items()}}))
