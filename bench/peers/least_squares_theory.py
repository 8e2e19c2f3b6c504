"""True least squares: covariances on a grid of two variables, a scan of the static map, bisection."""

import numpy as np
from timing import measure

G, SM, SI, A = 0.5, 1.2, 0.15, 1.5
Z = np.arange(-8.5, 8.5001, 0.1)
W = np.exp(-0.5 * Z**2)
W /= W.sum()


def one(f, delta):
    return W @ f(np.sqrt(delta) * Z)


def phi2(x):
    return np.tanh(x) ** 2


def first(x):
    return 1.0 - np.tanh(x) ** 2


def second(x):
    t = np.tanh(x)
    return -2.0 * t * (1.0 - t**2)


def slope_of_power(x):
    return first(x) ** 2 + np.tanh(x) * second(x)


def two(f, h, d1, d2, cov):
    s1 = np.sqrt(d1)
    rest = np.sqrt(max(d2 - cov * cov / d1, 0.0))
    inner = h(cov / s1 * Z[:, None] + rest * Z) @ W
    return (W * f(s1 * Z)) @ inner


def variance(drive):
    delta = drive + G * G
    for _ in range(50):
        step = (delta - G * G * one(phi2, delta) - drive) / (1.0 - G * G * one(slope_of_power, delta))
        delta -= step
        if abs(step) < 1e-13:
            break
    return delta


D_A = variance(SM**2 * A**2 + SI**2)
C = A / one(phi2, D_A)


def pair(z):
    delta = variance(SM**2 * z**2 + SI**2)
    drive = A * z * SM**2 + SI**2
    cov = drive
    for _ in range(60):
        excess = cov - G * G * two(np.tanh, np.tanh, D_A, delta, cov) - drive
        step = excess / (1.0 - G * G * two(first, first, D_A, delta, cov))
        cov -= step
        if abs(step) < 1e-13:
            break
    return delta, cov


def excess(z):
    delta, cov = pair(z)
    return C * two(np.tanh, np.tanh, D_A, delta, cov) - z


def outliers(z):
    delta, cov = pair(z)
    f12, h12 = two(first, first, D_A, delta, cov), two(np.tanh, second, D_A, delta, cov)
    f = one(slope_of_power, delta)
    u, v = SM**2 * A, SM**2 * z
    a, b = G * G * f12, G * G * f
    # (l - a)(l - b) = c (u F12 (l - b) + l H12 v)
    return np.sort(np.roots([1.0, -a - b - C * (u * f12 + h12 * v), a * b + C * u * f12 * b]).real)[::-1]


def work():
    grid = np.linspace(-1.02 * C, 1.01 * C, 60)
    values = [excess(z) for z in grid]
    found = []
    for low, high, below, above in zip(grid, grid[1:], values, values[1:]):
        if below * above > 0.0:
            continue
        for _ in range(45):
            middle = 0.5 * (low + high)
            value = excess(middle)
            if value * below > 0.0:
                low = middle
            else:
                high = middle
        found.append(0.5 * (low + high))
    middle = outliers(found[1])
    return {
        "number of states": len(found),
        "lowest z": found[0],
        "middle z": found[1],
        "outlier of the middle": middle[0],
        "second outlier of the middle": middle[1],
        "outlier at the target": outliers(found[-1])[0],
    }


if __name__ == "__main__":
    measure(work)
