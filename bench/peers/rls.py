"""Recursive least squares with the loop closed, in numpy and scipy."""

import numpy as np
from hashed_network import network, numbers
from scipy.linalg import blas

TARGET, DT = 1.0, 0.1


class Matrix:
    """One rank-one update of the whole matrix P a step."""

    def __init__(self, units, steps):
        self.p = np.eye(units)

    def gain(self, f):
        return self.p @ f

    def downdate(self, gain, norm):
        self.p -= np.outer(gain, gain / norm)


class Symmetric:
    """One triangle of P alone, by BLAS."""

    def __init__(self, units, steps):
        self.p = np.eye(units, order="F")

    def gain(self, f):
        return blas.dsymv(1.0, self.p, f, lower=1)

    def downdate(self, gain, norm):
        # In place, because it is in Fortran's order.
        blas.dsyr(-1.0 / norm, gain, lower=1, a=self.p, overwrite_a=1)


class Vectors:
    """P as the vectors of its updates, for few steps."""

    def __init__(self, units, steps):
        self.vectors, self.inverses, self.count = np.empty((steps, units)), np.empty(steps), 0

    def gain(self, f):
        vectors = self.vectors[: self.count]
        return f - (self.inverses[: self.count] * (vectors @ f)) @ vectors

    def downdate(self, gain, norm):
        self.vectors[self.count], self.inverses[self.count] = gain, 1.0 / norm
        self.count += 1


def learn(units, steps, inverse):
    """Steps of the network with an update each, given how P is kept."""
    bulk, m, i = network(units, 0.8)
    x = numbers(30_000_000, units).copy()
    w, p = np.zeros(units), inverse(units, steps)
    for _ in range(steps):
        f = np.tanh(x)
        error = w @ f - TARGET
        gain = p.gain(f)
        norm = 1.0 + f @ gain
        p.downdate(gain, norm)
        w -= error * gain / norm
        x += DT * (-x + bulk @ f + m * (w @ f) + i)
    return answer(w, m)


def answer(w, m):
    n = len(w) * w
    return {"overlap with feedback": n @ m / len(w), "mean square": n @ n / len(w)}
