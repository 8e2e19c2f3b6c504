"""Fixed points of 256 units that hold three bits, by descent."""

import numpy as np
import torch
from fixed_points_by_descent import STARTS, noise, search
from hashed_network import numbers
from timing import once

UNITS = 256
BITS = np.sign(numbers(70_000_000, 3 * UNITS).reshape(3, UNITS))


def weights():
    held = BITS.T @ BITS
    return (0.3 * numbers(0, UNITS * UNITS).reshape(UNITS, UNITS) + 1.5 * held / 16.0) / 16.0


def work():
    transposed = torch.tensor(weights().T, dtype=torch.float32).contiguous()
    # Random mixtures of the patterns, with noise.
    mixtures = numbers(80_000_000, 3 * STARTS).reshape(STARTS, 3) / np.sqrt(3.0) @ BITS
    return search(lambda x: torch.tanh(x @ transposed), mixtures + 0.1 * noise(UNITS))


if __name__ == "__main__":
    once(work)
