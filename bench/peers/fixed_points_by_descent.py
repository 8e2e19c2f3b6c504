"""Adam on the joint speed of all starts, in PyTorch: what fixed-point finders do."""

import numpy as np
import torch
from hashed_network import numbers

STARTS, MOST_STEPS = 1024, 5000


def noise(units):
    return numbers(60_000_000, STARTS * units).reshape(STARTS, units)


def search(step, starts):
    """Stable points of the map `step` of states in rows."""
    x = torch.tensor(starts, dtype=torch.float32, requires_grad=True)
    optimiser = torch.optim.Adam([x], lr=0.05)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.95, patience=2)
    for _ in range(MOST_STEPS):
        speed = 0.5 * ((step(x) - x) ** 2).sum(1)
        if speed.max() < 1e-12:
            break
        optimiser.zero_grad()
        loss = speed.mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([x], 1.0)
        optimiser.step()
        schedule.step(loss.detach())
    found = x.detach().numpy()[speed.detach().numpy() < 1e-9]
    distinct = []
    for state in found:
        if all(np.abs(state - other).max() > 1e-3 for other in distinct):
            distinct.append(state)
    stable = 0
    for state in distinct:
        jacobian = torch.autograd.functional.jacobian(lambda h: step(h[None])[0], torch.tensor(state)).numpy()
        stable += np.abs(np.linalg.eigvals(jacobian)).max() < 1.0
    print(f"{len(distinct)} distinct points at speeds below 1e-9")
    return {"stable points": float(stable)}
