"""The outlier of a bulk with one feedback loop, from all eigenvalues by LAPACK."""

import json
import time

import numpy as np
from simulation import UNITS, weights


def matrix():
    m = np.sqrt(2.0) * np.sin(3.0 + 5.1 * np.arange(UNITS) ** 1.5)
    return weights() + np.outer(m, 1.5 * m) / UNITS


if __name__ == "__main__":
    j = matrix()
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        values = np.linalg.eigvals(j)
        seconds.append(time.perf_counter() - start)
    top = values[np.argmax(np.abs(values))]
    print(json.dumps({"seconds": float(np.median(seconds)), "checks": {"outlier": float(top.real)}}))
