"""Ridge regression by ReservoirPy's node."""

import numpy as np
from reservoirpy.nodes import Ridge
from ridge_states import RIDGE, UNITS, checks, states
from timing import measure


def work():
    rates, targets = states()
    node = Ridge(ridge=RIDGE * UNITS, fit_bias=False)
    node.fit(rates, targets)
    return checks(UNITS * np.asarray(node.Wout))


if __name__ == "__main__":
    measure(work)
