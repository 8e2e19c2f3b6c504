"""Frequency response of 800 units by a linear solve at each frequency."""

import json
import time

import numpy as np

N = 800


def work():
    i, j = np.arange(N)[:, None], np.arange(N)[None, :]
    x = np.sin((i * 37 + j * 101) * 12.9898) * 43.7585
    bulk = 0.8 * (x - np.floor(x) - 0.5) * np.sqrt(12.0 / N)
    m, n = np.cos(np.arange(N)), np.sin(0.5 * np.arange(N))
    eye = np.eye(N)
    values = [n @ np.linalg.solve((1.0 + 0.05j * k) * eye - bulk, m) / N for k in range(200)]
    return np.sum(values)


if __name__ == "__main__":
    start = time.perf_counter()
    total = work()
    seconds = time.perf_counter() - start
    checks = {"sum of real parts": total.real, "sum of imaginary parts": total.imag}
    print(json.dumps({"seconds": seconds, "checks": {name: float(value) for name, value in checks.items()}}))
