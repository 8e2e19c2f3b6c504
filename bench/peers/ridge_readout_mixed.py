"""The same in float32, refined by residuals in float64."""

import numpy as np
from ridge_states import RIDGE, UNITS, checks, states
from scipy.linalg import blas, lapack
from timing import measure


def work():
    rates, targets = states()
    gram = blas.ssyrk(1.0, rates.astype(np.float32).T, lower=1)
    gram[np.diag_indices(UNITS)] += np.float32(RIDGE * UNITS)
    factor, _ = lapack.spotrf(gram, lower=1, clean=0, overwrite_a=1)
    right = UNITS * (rates.T @ targets)
    n, residual = np.zeros_like(right), right
    while np.abs(residual).max() > 1e-12 * np.abs(right).max():
        n += lapack.spotrs(factor, residual, lower=1)[0]
        residual = right - rates.T @ (rates @ n) - RIDGE * UNITS * n
    return checks(n)


if __name__ == "__main__":
    measure(work)
