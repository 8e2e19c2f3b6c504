"""Ridge regression by ReservoirPy's node."""

import json
import time

import numpy as np
from reservoirpy.nodes import Ridge

from ridge_states import RIDGE, UNITS, checks, states


def work():
    rates, targets = states()
    node = Ridge(ridge=RIDGE * UNITS, fit_bias=False)
    node.fit(rates, targets)
    return checks(UNITS * np.asarray(node.Wout))


if __name__ == "__main__":
    start = time.perf_counter()
    checks = work()
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "checks": {name: float(value) for name, value in checks.items()}}))
