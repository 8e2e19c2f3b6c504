"""The numbers to which numpy's and scipy's element-wise functions are put, as in the rows `kernel-...`."""

import numpy as np
from timing import median, tell

COUNT = 4096
REPEATS = 200


def measure(function, dtype):
    # The same points as ours: evenly from -3 to 3.
    x = (-3.0 + 6.0 * np.arange(COUNT) / (COUNT - 1)).astype(dtype)
    out = np.empty_like(x)

    def work():
        for _ in range(REPEATS):
            function(x, out=out)

    seconds, _ = median(work, runs=50)
    tell(seconds, {"sum": np.sum(out, dtype=np.float64), "last": out[-1]})
