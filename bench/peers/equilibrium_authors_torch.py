"""One step of rules 1 and 3 on images by the operations of the authors' code, in PyTorch: Euler steps from zero with
samples in rows, then the update sample by sample. It stops after five time constants, some per cent from rest."""

import torch
from equilibrium import images


def rest():
    w, x, y = (torch.from_numpy(a) for a in images())
    x, y, wt = x.T.contiguous(), y.T.contiguous(), w.T.contiguous()
    r, dt = torch.zeros_like(x), 0.01
    for _ in range(500):
        r = r + dt * (-r + torch.tanh(r @ wt + x))
    return w, r, 1 - torch.tanh(r @ wt + x) ** 2, 2 * (r - y)


def linearised():
    w, r, g, delta = rest()
    one, dw = torch.eye(len(w)), torch.zeros_like(w)
    for i in range(len(r)):
        left = (one - w * g[i]) * g[i]
        right = one - g[i][:, None] * w
        dw += torch.outer(left @ delta[i], right.T @ right @ r[i]) / len(r)
    return {"norm of the update": dw.norm()}


def gradient():
    w, r, g, delta = rest()
    dw = torch.zeros_like(w)
    for i in range(len(r)):
        response = torch.linalg.inv(torch.diag(1 / g[i]) - w)
        dw += torch.outer(response.T @ delta[i], r[i]) / len(r)
    return {"norm of the update": dw.norm()}
