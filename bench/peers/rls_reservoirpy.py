"""Recursive least squares with the loop closed, by ReservoirPy's node."""

import numpy as np
from hashed_network import network, numbers
from reservoirpy.nodes import RLS
from rls import DT, TARGET, answer


def learn(units, steps):
    bulk, m, i = network(units, 0.8)
    x = numbers(30_000_000, units).copy()
    node = RLS(alpha=1.0, fit_bias=False, input_dim=units, output_dim=1)
    node.initialize(np.zeros((1, units)), np.zeros((1, 1)))
    targets = np.array([[TARGET]])
    for _ in range(steps):
        f = np.tanh(x)
        node.partial_fit(f[np.newaxis], targets)
        w = np.asarray(node.Wout)[:, 0]
        x += DT * (-x + bulk @ f + m * (w @ f) + i)
    return answer(w, m)
