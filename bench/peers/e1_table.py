"""E1 in vectorised numpy: what depends on the drive alone is tabulated once.

All targets share one table of averages over the standard deviation; fixed
points are the sign changes of G(z) - z on one grid of z, refined together
by regula falsi.
"""

import numpy as np

import e1
from timing import measure


def table():
    """Drive variance and averages, over a grid of standard deviations."""
    std = np.sinh(np.linspace(0.0, np.arcsinh(3000.0), 8000))
    averages = np.empty((4, std.size))
    for chosen, narrow in ((std < 2.0, True), (std >= 2.0, False)):
        s = std[chosen, None]
        if narrow:
            z = np.linspace(-9.0, 9.0, 361)
            x, weight = s * z, np.exp(-0.5 * z**2) * (z[1] - z[0]) / np.sqrt(2.0 * np.pi)
        else:
            # The derivatives of tanh vanish far from 0, where the Gaussian is flat.
            x = np.linspace(-20.0, 20.0, 401)
            weight = np.exp(-0.5 * (x / s) ** 2) * (x[1] - x[0]) / (np.sqrt(2.0 * np.pi) * s)
        t2 = np.tanh(x) ** 2
        slope = 1.0 - t2
        functions = (slope, slope**2, -2.0 * (1.0 - 3.0 * t2) * slope, slope**2 - 2.0 * t2 * slope)
        for row, function in zip(averages, functions):
            row[chosen] = np.sum(function * weight, axis=1)
    return std**2 - e1.G**2 * (1.0 - averages[0]), averages


def figure():
    drives, (slope, slope2, third, gain) = table()
    # Interpolation in the logarithm of the drive is even over the decades.
    logs = np.log(drives[1:])

    def look(column, z):
        return np.interp(np.log(e1.drive(z)), logs, column[1:])

    scale = e1.TARGETS / ((e1.S_NM * e1.TARGETS + e1.S_NI) * look(slope, e1.TARGETS))
    grid = np.sinh(np.linspace(-np.arcsinh(1000.0), np.arcsinh(1000.0), 4000))
    values = np.outer(scale, (e1.S_NM * grid + e1.S_NI) * look(slope, grid)) - grid
    row, column = np.nonzero(np.signbit(values[:, :-1]) != np.signbit(values[:, 1:]))
    low, high = grid[column], grid[column + 1]
    at_low, at_high = values[row, column], values[row, column + 1]
    for _ in range(12):
        z = (low * at_high - high * at_low) / (at_high - at_low)
        at_z = scale[row] * (e1.S_NM * z + e1.S_NI) * look(slope, z) - z
        left = np.signbit(at_z) == np.signbit(at_low)
        # The Illinois rule: the end that stays counts half, so that both ends move.
        at_high = np.where(left, 0.5 * at_high, at_z)
        at_low = np.where(left, at_z, 0.5 * at_low)
        low, high = np.where(left, z, low), np.where(left, high, z)
    a_z = scale[row] * e1.S_NM * look(slope, z)
    outliers = e1.outlier(a_z, look(gain, z), look(third, z), z, scale[row])
    radii = e1.G * np.sqrt(look(slope2, z))
    points = [[] for _ in e1.TARGETS]
    for index, point in zip(row, zip(z, outliers, radii)):
        points[index].append(point)
    return points


if __name__ == "__main__":
    measure(lambda: e1.checks(figure()))
