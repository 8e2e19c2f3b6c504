"""The same outlier by ARPACK on the full matrix."""

import json
import time

import numpy as np
from scipy.sparse.linalg import eigs
from simulation import UNITS, weights

if __name__ == "__main__":
    m = np.sqrt(2.0) * np.sin(3.0 + 5.1 * np.arange(UNITS) ** 1.5)
    j = weights() + np.outer(m, 1.5 * m) / UNITS
    seconds = []
    for _ in range(15):
        start = time.perf_counter()
        (value,) = eigs(j, k=1, return_eigenvectors=False)
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": float(np.median(seconds)), "checks": {"outlier": float(value.real)}}))
