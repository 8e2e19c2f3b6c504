"""The network that both sides of a row draw: numbers from a hash of their index."""

import numpy as np


def numbers(first, count):
    with np.errstate(over="ignore"):
        h = np.arange(first, first + count, dtype=np.uint32) * np.uint32(2654435761)
        h ^= h >> np.uint32(15)
        h = h * np.uint32(2246822519)
        h ^= h >> np.uint32(13)
    return (h / 4294967296.0 - 0.5) * np.sqrt(12.0)


def network(units, g):
    bulk = g / np.sqrt(units) * numbers(0, units * units).reshape(units, units)
    return bulk, 1.2 * numbers(10_000_000, units), 0.5 * numbers(20_000_000, units)
