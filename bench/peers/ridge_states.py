"""The states and targets of the ridge rows."""

import functools

from hashed_network import numbers

UNITS, STEPS, RIDGE = 1000, 2000, 0.01


# Both sides make them once, before the runs that count.
@functools.cache
def states():
    rates = numbers(40_000_000, UNITS * STEPS).reshape(STEPS, UNITS)
    return rates, numbers(50_000_000, 2 * STEPS).reshape(STEPS, 2)


def checks(n):
    square = (n * n).mean(axis=0)
    return {"mean square": square[0], "mean square of the second": square[1], "first entry": n[0, 0]}
