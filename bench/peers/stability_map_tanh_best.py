"""The same map by series: <phi(s1 x) phi(s2 y)> = sum over n of a_n(s1) a_n(s2) rho^n, in Hermite polynomials.

All pairs are taken together; a pair the other way round has the same poles, exchanged.
"""

import numpy as np
from stability_map_tanh import VALUES, G, answer, moments, variance
from timing import measure

# tanh is odd; states that correlate by nearly 1 need so many terms.
ORDERS = 2 * np.arange(250) + 1
X = 0.1 * np.arange(-100, 101)
DENSITY = 0.1 * np.exp(-0.5 * X * X) / np.sqrt(2.0 * np.pi)
# Pairs of large values, whose terms decay slowest, come first.
FIRST, SECOND = (index[::-1] for index in np.triu_indices(len(VALUES), 1))


def coefficients(s):
    """a_n(s), orders in rows."""
    polynomials = np.empty((len(ORDERS), len(X)))
    before, here = np.zeros_like(X), np.ones_like(X)
    for n in range(ORDERS[-1] + 1):
        if n % 2:
            polynomials[n // 2] = here
        before, here = here, (X * here - np.sqrt(n) * before) / np.sqrt(n + 1)
    return polynomials @ (DENSITY * np.tanh(np.multiply.outer(s, X))).T


def products(left, right):
    """Terms of all orders, of as many series as there are factors, for all pairs."""
    left, right = np.stack(left, axis=1), np.stack(right, axis=1)
    # In the order of FIRST and SECOND; to fetch all factors by these would take longer.
    return np.concatenate([left[..., i, None] * right[..., :i:-1] for i in range(len(VALUES) - 1)[::-1]], axis=2)


def series(rho, terms, counts):
    """Sums over n of terms times rho^(n - 1) by Horner's rule, for as many pairs as have a term that counts."""
    total, square = np.zeros(terms.shape[1:]), rho * rho
    for row, count in zip(terms[::-1], counts[::-1]):
        part = total[:, :count]
        part *= square[:count]
        part += row[:, :count]
    return total


def leading(d11, d12, d21, d22, ratio):
    """The largest real part of the eigenvalues of d times the ratio, less 1."""
    r11, r12, r21, r22 = ratio
    p11, p12, p21, p22 = d11 * r11 + d12 * r21, d11 * r12 + d12 * r22, d21 * r11 + d22 * r21, d21 * r12 + d22 * r22
    return 0.5 * (p11 + p22 + np.sqrt(np.maximum((p11 - p22) ** 2 + 4.0 * p12 * p21, 0.0))) - 1.0


def work():
    v = variance(VALUES)
    s = np.sqrt(v)
    power, gain, mixed = moments(s)
    phi = coefficients(s)
    n = ORDERS[:, None]
    # Coefficients of phi' are one order lower, those of phi'' two.
    first, second = phi * np.sqrt(n) / s, phi[1:] * np.sqrt((n[1:] - 1) * n[1:]) / s**2
    terms = products((phi, first), (phi, first))
    counts = (np.abs(first * first[:, -1:]) > 1e-12)[:, FIRST].sum(axis=1)
    deviations, drive = s[FIRST] * s[SECOND], VALUES[FIRST] * VALUES[SECOND]
    c, step = drive, np.inf
    while np.abs(step).max() > 1e-9:
        rho = c / deviations
        rates, gains = series(rho, terms, counts)
        step = (c - G**2 * rho * rates - drive) / (1.0 - G**2 * gains)
        c = c - step
    rho = c / deviations
    rates, gains = series(rho, terms, counts)
    crossed = products((phi[:-1], second), (second, phi[:-1]))
    rates, (b12, b21) = rho * rates, rho * series(rho, crossed, counts[:-1])
    v1, v2, c1, c2 = v[FIRST], v[SECOND], power[FIRST], power[SECOND]
    ratio = np.stack([v1 * c2 - c * rates, c * c1 - v1 * rates, c * c2 - v2 * rates, v2 * c1 - c * rates])
    ratio /= c1 * c2 - rates**2
    slope = gain + mixed
    poles = leading(slope[FIRST], 0.0, b21, gains, ratio), leading(gains, b12, 0.0, slope[SECOND], ratio)
    return answer(2 * ((poles[0] < 0) & (poles[1] < 0)).sum(), poles[0].sum() + poles[1].sum())


if __name__ == "__main__":
    measure(work)
