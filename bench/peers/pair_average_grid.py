"""Averages over two correlated Gaussians by the trapezoid rule on a grid of two independent variables."""

import numpy as np
from timing import measure


def average(sd1, sd2, correlation):
    step = min(0.1, 0.25 / max(sd1, sd2))
    z = np.arange(-8.5, 8.5 + step, step)
    weight = np.exp(-0.5 * z**2)
    weight /= weight.sum()
    rest = np.sqrt(1.0 - correlation**2)
    second = np.tanh(sd2 * (correlation * z[:, None] + rest * z)) @ weight
    return (weight * np.tanh(sd1 * z)) @ second


def work():
    laws = zip(np.linspace(0.5, 4.0, 200), np.linspace(-0.95, 0.95, 200))
    values = [average(sd, 4.5 - sd, correlation) for sd, correlation in laws]
    return {"sum": np.sum(values), "first": values[0], "last": values[-1]}


if __name__ == "__main__":
    measure(work)
