"""How active a random network is, over its strength and seeds: a function of one's own, swept on a node of a cluster.

    python docs/cluster_sweep.py FOLDER [UNITS]
"""

import os
import sys
from concurrent.futures import ProcessPoolExecutor

import numpy as np

import attractorlab as al
from attractorlab.dynamics import initial_states, simulate
from attractorlab.network import RateNetwork, gaussian_bulk


def activity(g: float, units: int, seed: int) -> dict[str, float]:
    """One point: everything random comes from the seed, and one point uses one core."""
    network = RateNetwork(gaussian_bulk(units, g, seed=seed))
    start = initial_states(units, 4, seed=seed)
    states = simulate(network, start, dt=0.1, steps=1000, threads=1).final_states
    return {"activity": float(np.sqrt(np.mean(states**2))), "largest": float(np.abs(states).max())}


def main(folder: str, units: int = 400) -> None:
    # Processes, not threads: what a point does in Python itself then has a core of its own too.
    cores = int(os.environ.get("SLURM_CPUS_PER_TASK", "1"))
    with ProcessPoolExecutor(cores) as executor:
        swept = al.sweep(
            activity,
            {"g": {"range": [0.5, 2.0], "points": 7}},
            seeds=20,
            fixed={"units": units},
            out=folder,
            measures={"activity": float, "largest": float},
            executor=executor,
        )
    print(f"{swept.before + swept.done} of {swept.points} points, {swept.done} of them now, {swept.failed} failed")
    if swept.before + swept.done == swept.points:
        swept.collect()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
