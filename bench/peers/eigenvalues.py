"""All eigenvalues of a bulk with one feedback loop, by LAPACK."""

import numpy as np
from outlier import MATRIX
from timing import measure


def work():
    values = np.linalg.eigvals(MATRIX)
    return {
        "largest": values.real.max(),
        "sum of squares": (values**2).sum().real,
        "sum of moduli": np.abs(values).sum(),
    }


if __name__ == "__main__":
    measure(work)
