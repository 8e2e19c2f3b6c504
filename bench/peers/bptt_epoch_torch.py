"""The same epoch in PyTorch: eager, float32, torch.optim.Adam."""

import json
import sys
import time

import numpy as np
import torch
from bptt_epoch import CHANNELS, DT, STEPS, TRIALS, setting


def main(units=256):
    w, b, out, u, y = setting(units)
    parameters = [torch.nn.Parameter(torch.from_numpy(np.ascontiguousarray(x))) for x in (w, b, out)]
    w, b, out = parameters
    u, y = torch.from_numpy(u), torch.from_numpy(y)
    optimiser = torch.optim.Adam(parameters, lr=0.05 / units)
    dt = float(DT)
    checks = {}
    seconds = []
    epochs = 13 if units < 512 else 8
    for step in range(1, epochs):
        begin = time.perf_counter()
        optimiser.zero_grad()
        h = torch.zeros(TRIALS, units)
        rate = torch.tanh(h)
        drive = u @ b.T
        wt = w.T
        rates = []
        for t in range(STEPS):
            h = (1 - dt) * h + dt * (rate @ wt + drive[t])
            rate = torch.tanh(h)
            rates.append(rate)
        z = torch.stack(rates) @ out
        loss = 0.5 * torch.mean((z - y) ** 2)
        loss.backward()
        optimiser.step()
        value = loss.item()
        seconds.append(time.perf_counter() - begin)
        if step == 1:
            norm = sum(float((x.grad.double() ** 2).sum()) for x in parameters) ** 0.5
            checks = {"first loss": value, "gradient norm": norm}
        if step == 3:
            checks["third loss"] = value
    assert u.shape[-1] == CHANNELS
    versions = f"torch {torch.__version__}"
    print(versions, file=sys.stderr)
    print(json.dumps({"seconds": float(np.median(seconds[2:])), "checks": checks}))


if __name__ == "__main__":
    main()
