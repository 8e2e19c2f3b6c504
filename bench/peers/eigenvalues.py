"""All eigenvalues of a bulk with one feedback loop, by LAPACK."""

import json
import time

import numpy as np
from outlier import matrix

if __name__ == "__main__":
    j = matrix()
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        values = np.linalg.eigvals(j)
        seconds.append(time.perf_counter() - start)
    checks = {
        "largest": float(values.real.max()),
        "sum of squares": float((values**2).sum().real),
        "sum of moduli": float(np.abs(values).sum()),
    }
    print(json.dumps({"seconds": float(np.median(seconds)), "checks": checks}))
