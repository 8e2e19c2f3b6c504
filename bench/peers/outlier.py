"""The outlier of a bulk with one feedback loop, from all eigenvalues by LAPACK."""

import numpy as np
from simulation import UNITS, weights
from timing import measure

FEEDBACK = np.sqrt(2.0) * np.sin(3.0 + 5.1 * np.arange(UNITS) ** 1.5)
MATRIX = weights() + np.outer(FEEDBACK, 1.5 * FEEDBACK) / UNITS


def work():
    values = np.linalg.eigvals(MATRIX)
    return {"outlier": values[np.argmax(np.abs(values))].real}


if __name__ == "__main__":
    measure(work)
