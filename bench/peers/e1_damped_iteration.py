"""E1 by damped iteration with 200-node Gauss-Hermite sums, the way it is usually done.

Output and variance are iterated together, a fifth of the way at a time, to
1e-12: once from above, once from below, and once with the step in z turned
round, which is drawn to the middle fixed point. Each branch is continued from
target to target.
"""

import numpy as np

import e1
from timing import once

EPS, TOLERANCE, MOST = 0.2, 1e-12, 20_000
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(200)
WEIGHTS = WEIGHTS / np.sqrt(2.0 * np.pi)


def average(f, delta):
    return WEIGHTS @ f(np.sqrt(delta) * NODES)


def phi2(x):
    return np.tanh(x) ** 2


def slope(x):
    return 1.0 - np.tanh(x) ** 2


def slope2(x):
    return (1.0 - np.tanh(x) ** 2) ** 2


def third(x):
    t2 = np.tanh(x) ** 2
    return -2.0 * (1.0 - 3.0 * t2) * (1.0 - t2)


def gain(x):
    t2 = np.tanh(x) ** 2
    return (1.0 - t2) ** 2 - 2.0 * t2 * (1.0 - t2)


def clamped(z):
    """Variance of the network with its output held at z."""
    delta = 1.0
    for _ in range(MOST):
        step = e1.G**2 * average(phi2, delta) + e1.drive(z) - delta
        delta += EPS * step
        if abs(step) < TOLERANCE:
            break
    return delta


def iterate(z, scale, direction):
    """The fixed point that is reached from z, or None."""
    delta = clamped(z)
    for _ in range(MOST):
        to_z = scale * (e1.S_NM * z + e1.S_NI) * average(slope, delta) - z
        to_delta = e1.G**2 * average(phi2, delta) + e1.drive(z) - delta
        z += direction * EPS * to_z
        delta += EPS * to_delta
        if abs(z) > 1e3:
            return None
        if abs(to_z) < TOLERANCE and abs(to_delta) < TOLERANCE:
            return z, delta
    return None


def figure():
    points, low, middle, high = [], None, None, None
    for target in e1.TARGETS:
        scale = target / ((e1.S_NM * target + e1.S_NI) * average(slope, clamped(target)))
        # A branch is continued while there are two of them, and looked for from saturation otherwise.
        two = low and high and high[0] - low[0] > 1e-6
        far = 0.8 * abs(scale) * e1.S_NM / e1.SM + 0.2
        low = iterate(low[0] if two else -far, scale, 1.0)
        high = iterate(high[0] if two else far, scale, 1.0)
        between = None
        if low and high and high[0] - low[0] > 1e-6:
            inside = middle and low[0] < middle[0] < high[0]
            between = iterate(middle[0] if inside else 0.5 * (low[0] + high[0]), scale, -1.0)
        middle = between
        found = []
        for solution in (low, middle, high):
            if solution and not any(abs(solution[0] - other[0]) < 1e-6 for other in found):
                z, delta = solution
                a_z = scale * e1.S_NM * average(slope, delta)
                largest = e1.outlier(a_z, average(gain, delta), average(third, delta), z, scale)
                found.append((z, complex(largest), e1.G * np.sqrt(average(slope2, delta))))
        points.append(found)
    return points


if __name__ == "__main__":
    once(lambda: e1.checks(figure()))
