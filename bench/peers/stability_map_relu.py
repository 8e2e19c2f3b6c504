"""Stability map of two relu targets: closed forms, vectorised over the grid, Plackett's integral by 96 nodes."""

import math

import numpy as np
from timing import measure

THETA, G = -0.5, 0.8
T, WEIGHT = np.polynomial.legendre.leggauss(96)
ERFC = np.frompyfunc(math.erfc, 1, 1)


def tail(x):
    return 0.5 * ERFC(np.asarray(x) / np.sqrt(2.0)).astype(float)


def density(x):
    return np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi)


def variance(target):
    """s2 = g^2 <phi^2> + A^2 by Newton's method."""
    s2 = np.maximum(target**2, 1.0)
    for _ in range(60):
        s = np.sqrt(s2)
        h = THETA / s
        power = (s2 + THETA**2) * tail(h) - THETA * s * density(h)
        s2 = s2 - (s2 - G**2 * power - target**2) / (1.0 - G**2 * tail(h))
    return s2


def pair(s1, s2, c):
    """C and a of two states."""
    rho = np.clip(c / (s1 * s2), -1.0 + 1e-13, 1.0 - 1e-13)
    h, k, s = THETA / s1, THETA / s2, np.sqrt((1.0 - rho) * (1.0 + rho))
    half = 0.5 * np.arcsin(rho)[..., None]
    t = half * (T + 1.0)
    h_, k_ = h[..., None], k[..., None]
    integral = np.exp(-(h_**2 + k_**2 - 2.0 * h_ * k_ * np.sin(t)) / (2.0 * np.cos(t) ** 2)) @ WEIGHT
    both = tail(h) * tail(k) + half[..., 0] * integral / (2.0 * np.pi)
    one, other = (rho * k - h) / s, (rho * h - k) / s
    corner = s * density(k) * density(one)
    rates = (rho + h * k) * both + corner - h * density(k) * tail(-one) - k * density(h) * tail(-other)
    return s1 * s2 * rates, both


def crossed(s1, s2, c):
    """b12 of two states; their b21 is that of the states exchanged."""
    rho = c / (s1 * s2)
    h, k, s = THETA / s1, THETA / s2, np.sqrt((1.0 - rho) * (1.0 + rho))
    one = (rho * k - h) / s
    return s1 / s2 * density(k) * s * (one * tail(-one) + density(one))


def work():
    line = np.linspace(-2.5, 2.5, 50)
    a1, a2 = np.meshgrid(line, line, indexing="ij")
    keep = a1 != a2
    a1, a2 = a1[keep], a2[keep]
    single = dict(zip(line, variance(line)))
    v1, v2 = np.array([single[a] for a in a1]), np.array([single[a] for a in a2])
    s1, s2 = np.sqrt(v1), np.sqrt(v2)
    c = a1 * a2
    for _ in range(12):
        rates, gains = pair(s1, s2, c)
        step = (c - G**2 * rates - a1 * a2) / (1.0 - G**2 * gains)
        c = c - step
        if np.abs(step).max() < 1e-12:
            break
    rates, gains = pair(s1, s2, c)
    b12, b21 = crossed(s1, s2, c), crossed(s2, s1, c)
    p1, p2 = tail(THETA / s1), tail(THETA / s2)
    power = [(v + THETA**2) * p - THETA * s * density(THETA / s) for v, s, p in ((v1, s1, p1), (v2, s2, p2))]
    gram = np.stack([np.stack([power[0], rates], -1), np.stack([rates, power[1]], -1)], -2)
    sigma = np.stack([np.stack([v1, c], -1), np.stack([c, v2], -1)], -2)
    ratio = sigma @ np.linalg.inv(gram)
    zero = np.zeros_like(c)
    d1 = np.stack([np.stack([p1, zero], -1), np.stack([b21, gains], -1)], -2)
    d2 = np.stack([np.stack([gains, b12], -1), np.stack([zero, p2], -1)], -2)
    leading = [np.linalg.eigvals(d @ ratio).real.max(-1) - 1.0 for d in (d1, d2)]
    held = (leading[0] < 0) & (leading[1] < 0)
    return {"pairs held": held.sum(), "sum of leading poles at the first value": leading[0].sum()}


if __name__ == "__main__":
    measure(work)
