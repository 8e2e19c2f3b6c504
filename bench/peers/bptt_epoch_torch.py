"""The same epoch in PyTorch: eager, float32, torch.optim.Adam."""

import sys

import numpy as np
import torch
from bptt_epoch import CHANNELS, DT, STEPS, TRIALS, measure, setting


def main(units=256):
    w, b, out, u, y = setting(units)
    parameters = [torch.nn.Parameter(torch.from_numpy(np.ascontiguousarray(x))) for x in (w, b, out)]
    w, b, out = parameters
    u, y = torch.from_numpy(u), torch.from_numpy(y)
    optimiser = torch.optim.Adam(parameters, lr=0.05 / units)
    dt = float(DT)

    def epoch(step):
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
        # The norm of the first gradient alone is compared, and that epoch is not timed.
        norm = sum(float((x.grad.double() ** 2).sum()) for x in parameters) ** 0.5 if step == 1 else None
        return loss.item(), norm

    measure(epoch)
    assert u.shape[-1] == CHANNELS
    print(f"torch {torch.__version__}", file=sys.stderr)


if __name__ == "__main__":
    main()
