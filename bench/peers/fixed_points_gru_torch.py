"""Fixed points of a GRU by Adam on the joint speed of 1024 starts, in PyTorch: what fixed-point finders do."""

import json
import pathlib
import struct
import time

import numpy as np
import torch

from hashed_network import numbers

FILE = pathlib.Path(__file__).parents[2] / "tests" / "pytorch" / "flipflop_gru16.safetensors"


def tensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    body = data[8 + length :]
    return {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"]).copy()
        for name, entry in header.items()
        if name != "__metadata__"
    }


def cell():
    weights = {name.split(".")[-1]: torch.tensor(value) for name, value in tensors(FILE).items()}
    gru = torch.nn.GRUCell(3, 16)
    gru.load_state_dict({name.removesuffix("_l0"): weights[name] for name in weights if name.endswith("_l0")})
    return gru.requires_grad_(False)


def work():
    torch.set_num_threads(1)
    gru, inputs = cell(), torch.zeros(1024, 3)
    starts = numbers(60_000_000, 1024 * 16).reshape(1024, 16) / np.sqrt(3.0)
    x = torch.tensor(starts, dtype=torch.float32, requires_grad=True)
    optimiser = torch.optim.Adam([x], lr=0.05)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.95, patience=2)
    for _ in range(5000):
        speed = 0.5 * ((gru(inputs, x) - x) ** 2).sum(1)
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
        jacobian = torch.autograd.functional.jacobian(
            lambda h: gru(torch.zeros(1, 3), h[None])[0], torch.tensor(state)
        ).numpy()
        stable += np.abs(np.linalg.eigvals(jacobian)).max() < 1.0
    print(f"{len(distinct)} distinct points at speeds below 1e-9")
    return {"stable points": stable}


if __name__ == "__main__":
    start = time.perf_counter()
    checks = work()
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "checks": {name: float(value) for name, value in checks.items()}}))
