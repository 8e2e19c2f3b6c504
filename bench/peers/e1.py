"""The figure that the E1 peers compute: parameters, and the answers by which they are compared.

Fixed points of a network with a Gaussian readout, over 1000 targets, with
the outlier and the bulk radius at each (Mastrogiuseppe & Ostojic 2019).
"""

import numpy as np

G, SM, SI, RHO = 0.3, 1.2, 0.5, 0.5
P, P_M, P_I = 1.0, 1.0, 0.3
TARGETS = np.linspace(-2.0, 2.0, 1000)

# Overlaps of the readout's direction (before it is scaled) with m and I, and of m with I.
ROOT = np.sqrt(1.0 - RHO**2)
S_NM = SM * (P * RHO + P_M * ROOT)
S_NI = SI * (P * RHO + P_I * ROOT)
S_MI = SM * SI * RHO**2
A_FLEX = -S_NI / S_NM

# Where fixed points meet, their number depends on the last digit, and damped iteration overshoots past the
# crossing of target and saddle: (centre, half-width) of the targets that are not counted.
WINDOWS = [(A_FLEX, 0.04), (-0.737977, 0.08), (1.440101, 0.02)]


def drive(z):
    """Variance of the drive at output z, equation (3)."""
    return SM**2 * z**2 + 2.0 * S_MI * z + SI**2


def outlier(a_z, f, third, z, scale):
    """The root of equation (9) with the largest real part."""
    k = scale * (S_NM * z + S_NI) * third * (SM**2 * z + S_MI)
    trace = G**2 * f + a_z + k
    root = np.sqrt(np.asarray(trace**2 - 4.0 * G**2 * f * a_z, dtype=complex))
    return 0.5 * (trace + root)


def checks(points):
    """The answers; ``points[i]`` lists (z, outlier, radius) of the fixed points of target i, sorted by z."""
    clear = np.ones(len(TARGETS), dtype=bool)
    for centre, width in WINDOWS:
        clear &= np.abs(TARGETS - centre) > width
    return {
        "number of fixed points": sum(len(found) for found, is_clear in zip(points, clear) if is_clear),
        "lowest z at target 125": points[125][0][0],
        "middle z at target 125": points[125][1][0],
        "outlier of the middle at target 125": points[125][1][1].real,
        "outlier at target 749": points[749][0][1].real,
        "radius at target 749": points[749][0][2],
        "lowest z at target 900": points[900][0][0],
    }
