"""Learning on fixed points in numpy: the rules as they are written, batched."""

import json
import time

import numpy as np


def entries(rows, columns, sd, phase):
    i, j = np.arange(rows, dtype=np.float64)[:, None], np.arange(columns, dtype=np.float64)
    return sd * np.sqrt(2.0) * np.sin(phase + 12.9898 * i + 78.233 * j + 0.37 * i * j)


def linear():
    n, m = 200, 100
    x = entries(n, m, 0.1, 1.0)
    teacher = np.eye(n) - entries(n, n, 0.5 / np.sqrt(n), 2.0)
    y = np.linalg.inv(teacher) @ x + entries(n, m, 0.01, 3.0)
    return x, y, entries(n, n, 0.75 / np.sqrt(n), 4.0)


def loss(w, x, y):
    return ((np.linalg.solve(np.eye(len(w)) - w, x) - y) ** 2).sum() / x.shape[1]


def gradient():
    (x, y, w), m = linear(), 100
    for _ in range(100):
        b = np.eye(len(w)) - w
        r = np.linalg.solve(b, x)
        w = w - 0.3 * 2 / m * np.linalg.solve(b.T, r - y) @ r.T
    return "loss", loss(w, x, y)


def reparameterised():
    (x, y, w), m = linear(), 100
    for _ in range(100):
        a = np.linalg.inv(np.eye(len(w)) - w)
        a = a - 2 / m * (a @ x - y) @ x.T
        w = np.eye(len(w)) - np.linalg.inv(a)
    return "loss", loss(w, x, y)


def linearised():
    (x, y, w), m = linear(), 100
    for _ in range(100):
        b = np.eye(len(w)) - w
        w = w - 2 / m * (x - b @ y) @ (x.T @ b)
    return "loss", loss(w, x, y)


def states():
    n, m = 300, 512
    f = np.float32
    w = entries(n, n, 0.5 / np.sqrt(n), 1.0).astype(f)
    x, y = entries(n, m, 0.3, 2.0).astype(f), entries(n, m, 0.3, 3.0).astype(f)
    r = np.zeros_like(x)
    while True:
        new = np.tanh(w @ r + x)
        if np.abs(new - r).max() <= 1e-5:
            break
        r = new
    return w, r, 1 - r * r, 2 * (r - y), m


def linearised_step():
    w, r, g, delta, m = states()
    left = g * delta
    left = left - w @ (g * left)
    part = r - g * (w @ r)
    right = part - w.T @ (g * part)
    return "norm of the update", np.linalg.norm(left @ right.T / m)


def gradient_step():
    w, r, g, delta, m = states()
    u = g * delta
    while True:
        new = g * (delta + w.T @ u)
        if np.abs(new - u).max() <= 1e-5 * np.abs(delta).max():
            break
        u = new
    return "norm of the update", np.linalg.norm(u @ r.T / m)


def measure(work):
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        name, value = work()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": float(np.median(seconds)), "checks": {name: float(value)}}))
