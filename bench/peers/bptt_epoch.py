"""One gradient of the flip-flop-like task and one step of Adam, by hand in numpy float32: the fastest loop that
numpy has, all trials of a step in one product, and one product over all steps for the weights."""

import numpy as np
from hashed_network import numbers
from timing import median, tell

CHANNELS, TRIALS, STEPS, DT = 2, 32, 100, np.float32(0.5)


def setting(units):
    w = (0.9 / np.sqrt(units) * numbers(0, units * units).reshape(units, units)).astype(np.float32)
    b = numbers(10_000_000, units * CHANNELS).reshape(CHANNELS, units).T.astype(np.float32)
    out = (numbers(20_000_000, units * CHANNELS).reshape(CHANNELS, units).T / units).astype(np.float32)
    t, c, k = np.ogrid[:STEPS, :TRIALS, :CHANNELS]
    phase = 0.1 * t * (1 + k) + 0.7 * c
    u = np.where(np.sin(phase) > 0.9, 1.0, 0.0).astype(np.float32)
    y = (0.5 * np.cos(phase)).astype(np.float32)
    return w, b, out, u, y


def epoch(parameters, moments, u, y, step):
    w, b, out = parameters
    units = len(w)
    rate = np.float32(0.05 / units)
    h = np.zeros((TRIALS, units), np.float32)
    r = np.empty((STEPS + 1, TRIALS, units), np.float32)
    r[0] = 0.0
    drive = u @ b.T
    for t in range(STEPS):
        h += DT * (r[t] @ w.T + drive[t] - h)
        np.tanh(h, out=r[t + 1])
    z = r[1:] @ out
    error = (z - y) / np.float32(z.size)
    loss = 0.5 * float(np.sum((z.astype(np.float64) - y) ** 2)) / z.size
    delta = np.empty((STEPS, TRIALS, units), np.float32)
    back = error @ out.T
    next_delta = np.zeros((TRIALS, units), np.float32)
    for t in range(STEPS - 1, -1, -1):
        flow = back[t] + DT * (next_delta @ w)
        delta[t] = (1 - r[t + 1] ** 2) * flow + (1 - DT) * next_delta
        next_delta = delta[t]
    flat = delta.reshape(-1, units)
    gradient = [
        DT * flat.T @ r[:-1].reshape(-1, units),
        DT * flat.T @ u.reshape(-1, CHANNELS),
        r[1:].reshape(-1, units).T @ error.reshape(-1, CHANNELS),
    ]
    for x, g, (m, v) in zip(parameters, gradient, moments, strict=True):
        m += np.float32(0.1) * (g - m)
        v += np.float32(0.001) * (g * g - v)
        root = np.sqrt(v / np.float32(1 - 0.999**step)) + np.float32(1e-8)
        x -= rate * (m / np.float32(1 - 0.9**step)) / root
    # For the comparison, which looks at the first.
    norm = np.sqrt(sum(float(np.sum(g.astype(np.float64) ** 2)) for g in gradient)) if step == 1 else np.nan
    return loss, float(norm)


def measure(epoch):
    """The median epoch after the first two; an epoch is given its number, and returns its loss and its norm."""
    answers = []
    seconds, _ = median(lambda: answers.append(epoch(len(answers) + 1)), runs=10, warm=2)
    (first, norm), _, (third, _) = answers[:3]
    tell(seconds, {"first loss": first, "gradient norm": norm, "third loss": third})


def main(units=256):
    w, b, out, u, y = setting(units)
    parameters = [w, b, out]
    moments = [(np.zeros_like(x), np.zeros_like(x)) for x in parameters]
    measure(lambda step: epoch(parameters, moments, u, y, step))


if __name__ == "__main__":
    main()
