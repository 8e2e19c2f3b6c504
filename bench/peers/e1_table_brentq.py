"""E1 as one would write it: the averages tabulated once, then target by target a scan and Brent's method."""

import numpy as np
from scipy.optimize import brentq

import e1
from e1_table import table
from timing import measure


def figure():
    drives, (slope, slope2, third, gain) = table()
    logs = np.log(drives[1:])

    def look(column, z):
        return np.interp(np.log(e1.drive(z)), logs, column[1:])

    grid = np.sinh(np.linspace(-np.arcsinh(1000.0), np.arcsinh(1000.0), 1000))
    drawn = (e1.S_NM * grid + e1.S_NI) * look(slope, grid)
    points = []
    for target in e1.TARGETS:
        scale = target / ((e1.S_NM * target + e1.S_NI) * look(slope, target))

        def apart(z, scale=scale):
            return scale * (e1.S_NM * z + e1.S_NI) * look(slope, z) - z

        found = []
        signs = np.signbit(scale * drawn - grid)
        for i in np.nonzero(signs[:-1] != signs[1:])[0]:
            z = brentq(apart, grid[i], grid[i + 1], xtol=1e-12)
            a_z = scale * e1.S_NM * look(slope, z)
            outlier = e1.outlier(a_z, look(gain, z), look(third, z), z, scale)
            found.append((z, outlier, e1.G * np.sqrt(look(slope2, z))))
        points.append(found)
    return points


if __name__ == "__main__":
    measure(lambda: e1.checks(figure()))
