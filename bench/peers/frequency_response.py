"""Frequency response of 800 units."""

import numpy as np
from scipy.linalg import lapack
from timing import once

N = 800
POINTS = 1.0 + 0.05j * np.arange(200)


def network():
    i, j = np.arange(N)[:, None], np.arange(N)[None, :]
    x = np.sin((i * 37 + j * 101) * 12.9898) * 43.7585
    bulk = 0.8 * (x - np.floor(x) - 0.5) * np.sqrt(12.0 / N)
    return bulk, np.cos(np.arange(N)), np.sin(0.5 * np.arange(N))


def answer(values):
    total = np.sum(values) / N
    return {"sum of real parts": total.real, "sum of imaginary parts": total.imag}


def solves():
    """A linear solve at each frequency."""
    bulk, m, n = network()
    eye = np.eye(N)
    return answer([n @ np.linalg.solve(p * eye - bulk, m) for p in POINTS])


def modes():
    """One eigendecomposition, and a sum over modes at each frequency."""
    bulk, m, n = network()
    values, vectors = np.linalg.eig(bulk)
    weights = (n @ vectors) * np.linalg.solve(vectors, m)
    return answer((weights / (POINTS[:, None] - values)).sum(axis=1))


def hessenberg():
    """One reduction to Hessenberg form, and Hyman's method, from the last row up, at all frequencies together."""
    bulk, m, n = network()
    # A reflection turns m to the first axis, and the reduction leaves it there.
    length = -np.copysign(np.linalg.norm(m), m[0])
    v = m.copy()
    v[0] -= length
    v *= np.sqrt(2.0) / np.linalg.norm(v)
    bulk -= np.outer(v, v @ bulk)
    bulk -= np.outer(bulk @ v, v)
    n -= (v @ n) * v
    h, tau, _ = lapack.dgehrd(bulk, lwork=64 * N)
    n[1:] = lapack.dormqr("L", "T", h[1:, :-1], tau, n[1:, None], 64 * N)[0][:, 0]
    h = np.ascontiguousarray(h)
    x = np.ones((N, len(POINTS)), dtype=complex)
    # A real view: rows of H are real.
    parts = x.view(float)
    for high in range(N, 0, -40):
        low = max(high - 40, 1)
        rest = (h[low:high, high:] @ parts[high:]).view(complex)
        for k in range(high - 1, low - 1, -1):
            row = (h[k, k:high] @ parts[k:high]).view(complex)
            x[k - 1] = (POINTS * x[k] - row - rest[k - low]) / h[k, k - 1]
        # Any multiple of x does so far.
        x[low - 1 :] /= np.abs(x[low - 1])
    return answer(n @ x * length / (POINTS * x[0] - h[0] @ x))


def krylov():
    """One Krylov space for all frequencies, which grows until all have converged."""
    bulk, m, n = network()
    length = np.linalg.norm(m)
    basis, h = np.empty((400, N)), np.zeros((400, 400))
    basis[0] = m / length
    for k in range(399):
        v = bulk @ basis[k]
        for _ in range(2):
            along = basis[: k + 1] @ v
            v -= along @ basis[: k + 1]
            h[: k + 1, k] += along
        h[k + 1, k] = np.linalg.norm(v)
        basis[k + 1] = v / h[k + 1, k]
        if k % 8 == 7:
            # Hyman's method: y of a last entry 1, from the last row up, at all frequencies together.
            y = np.ones((k + 1, len(POINTS)), dtype=complex)
            parts = y.view(float)
            for i in range(k, 0, -1):
                y[i - 1] = (POINTS * y[i] - (h[i, i : k + 1] @ parts[i:]).view(complex)) / h[i, i - 1]
            divisor = POINTS * y[0] - (h[0, : k + 1] @ parts).view(complex)
            size = np.linalg.norm(y, axis=0)
            if np.all(h[k + 1, k] <= 4 * np.finfo(float).eps * (size + np.abs(divisor))):
                return answer((basis[: k + 1] @ n) @ y * length / divisor)
    raise ArithmeticError("no convergence")


if __name__ == "__main__":
    once(solves)
