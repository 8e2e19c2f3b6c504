"""The numbers to which numpy's and scipy's element-wise functions are put, as in the rows `kernel-...`."""

import json
import time

import numpy as np

COUNT = 4096
REPEATS = 200


def measure(function, dtype):
    # The same points as ours: evenly from -3 to 3.
    x = (-3.0 + 6.0 * np.arange(COUNT) / (COUNT - 1)).astype(dtype)
    out = np.empty_like(x)
    seconds = []
    for _ in range(50):
        start = time.perf_counter()
        for _ in range(REPEATS):
            function(x, out=out)
        seconds.append(time.perf_counter() - start)
    checks = {"sum": float(np.sum(out, dtype=np.float64)), "last": float(out[-1])}
    print(json.dumps({"seconds": float(np.median(seconds)), "checks": checks}))
