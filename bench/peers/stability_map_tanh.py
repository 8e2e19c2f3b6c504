"""Stability map of two tanh targets: covariances by Newton's method, averages by the trapezoid rule on a grid."""

import numpy as np
from timing import once

G = 0.8
VALUES = np.linspace(0.1, 2.5, 50)
U = 0.1 * np.arange(-85, 86)
W = np.exp(-0.5 * U * U)
W /= W.sum()


def moments(s):
    """<phi^2>, <phi'^2>, <phi phi''> of one state, or of many."""
    f = np.tanh(np.multiply.outer(s, U))
    g = 1.0 - f * f
    return (f * f) @ W, (g * g) @ W, (f * (-2.0 * f * g)) @ W


def variance(target):
    """s2 = g^2 <phi^2> + A^2 by Newton's method."""
    s2 = target**2 + G**2
    for _ in range(60):
        power, gain, mixed = moments(np.sqrt(s2))
        step = (s2 - G**2 * power - target**2) / (1.0 - G**2 * (gain + mixed))
        s2 = s2 - step
        if np.all(abs(step) < 1e-14 * s2):
            break
    return s2


def partner(s1, s2, c):
    """phi and phi' of the second state, the first in rows."""
    rho = np.clip(c / (s1 * s2), -1.0, 1.0)
    f2 = np.tanh(s2 * (rho * U[:, None] + np.sqrt((1.0 - rho) * (1.0 + rho)) * U))
    return f2, 1.0 - f2 * f2


def pair(f1, g1, f2, g2):
    """C and a of two states."""
    return W @ (f1 * (f2 @ W)), W @ (g1 * (g2 @ W))


def crossed(f1, g1, f2, g2):
    """b12 and b21 of two states."""
    return W @ (f1 * ((-2.0 * f2 * g2) @ W)), W @ (-2.0 * f1 * g1 * (f2 @ W))


def answer(held, total):
    return {"pairs held": held, "sum of leading poles at the first value": total}


def work():
    states = []
    for a in VALUES:
        s = np.sqrt(variance(a))
        f = np.tanh(s * U)
        states.append((s, f, 1.0 - f * f, *moments(s)))
    held, total = 0, 0.0
    for a, (s1, f1, g1, c1, p1, b1) in zip(VALUES, states):
        for b, (s2, _, _, c2, p2, b2) in zip(VALUES, states):
            if a == b:
                continue
            c = a * b
            for _ in range(30):
                rates, gains = pair(f1, g1, *partner(s1, s2, c))
                step = (c - G**2 * rates - a * b) / (1.0 - G**2 * gains)
                c -= step
                if abs(step) < 1e-12:
                    break
            f2, g2 = partner(s1, s2, c)
            (rates, gains), (b12, b21) = pair(f1, g1, f2, g2), crossed(f1, g1, f2, g2)
            ratio = np.array([[s1 * s1, c], [c, s2 * s2]]) @ np.linalg.inv([[c1, rates], [rates, c2]])
            first = np.array([[p1 + b1, 0.0], [b21, gains]])
            second = np.array([[gains, b12], [0.0, p2 + b2]])
            leading = [np.linalg.eigvals(d @ ratio).real.max() - 1.0 for d in (first, second)]
            held += leading[0] < 0 and leading[1] < 0
            total += leading[0]
    return answer(held, total)


if __name__ == "__main__":
    once(work)
