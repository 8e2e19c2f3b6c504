"""All fixed points of a trained network, beside gradient descent on the speed. Needs PyTorch and the wheel:

    pip install torch target/wheels/attractorlab-*.whl && python bench/fixed_point_finder.py

A tanh network is trained on the three-bit flip-flop in PyTorch. From the same 1024 states of its trajectories (with a
little noise) one side runs the algorithm of the fixed-point finders: Adam on the joint speed q = |F(x) - x|^2 / 2 of all
starts in float32, clipped gradients, a rate that falls on plateaus, until every q < 1e-12 or 5000 steps are over. The
other is `Network.dissect`, with proofs, modes and links, which the first side does not have. Points of the
first side are counted if q < 1e-9 and merged if closer than 1e-3.
"""

import argparse
import time

import numpy as np
import torch

import attractorlab as al

STARTS = 1024


def batch(rng, trials, steps):
    """Pulses on three channels, and the sign of each channel's last pulse."""
    signs = np.sign(rng.standard_normal((trials, steps, 3)))
    pulses = signs * (rng.random((trials, steps, 3)) < 0.08)
    pulses[:, 0] = signs[:, 0]
    target, state = np.empty_like(pulses), np.zeros((trials, 3))
    for step in range(steps):
        state = np.where(pulses[:, step] != 0, pulses[:, step], state)
        target[:, step] = state
    return torch.tensor(pulses, dtype=torch.float32), torch.tensor(target, dtype=torch.float32)


def trained(units, steps, rng):
    torch.manual_seed(1)
    rnn, readout = torch.nn.RNN(3, units, batch_first=True), torch.nn.Linear(units, 3)
    parameters = [*rnn.parameters(), *readout.parameters()]
    optimiser = torch.optim.Adam(parameters, lr=1e-3)
    for _ in range(steps):
        inputs, target = batch(rng, 64, 60)
        loss = ((readout(rnn(inputs)[0]) - target) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
    states = rnn(batch(rng, 64, 60)[0])[0].detach().numpy().reshape(-1, units)
    return rnn, states, loss.item()


def by_descent(rnn, starts):
    weights = rnn.weight_hh_l0.detach().T.contiguous()
    bias = (rnn.bias_ih_l0 + rnn.bias_hh_l0).detach()
    x = torch.tensor(starts, requires_grad=True)
    optimiser = torch.optim.Adam([x], lr=0.05)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.95, patience=2)
    begin = time.perf_counter()
    for step in range(5000):
        speed = 0.5 * ((torch.tanh(x @ weights + bias) - x) ** 2).sum(1)
        loss = speed.mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([x], 1.0)
        optimiser.step()
        schedule.step(loss.detach())
        if bool((speed < 1e-12).all()):
            break
    seconds = time.perf_counter() - begin
    points, speed = x.detach().numpy(), speed.detach().numpy()
    distinct = []
    for point in points[speed < 1e-9]:
        if all(np.abs(point - other).max() > 1e-3 for other in distinct):
            distinct.append(point)
    return seconds, step + 1, len(distinct), float(np.median(speed))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--units", type=int, default=256)
    parser.add_argument("--training", type=int, default=700)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    rnn, states, loss = trained(arguments.units, arguments.training, rng)
    print(f"{arguments.units} units, loss {loss:.3f}")
    starts = states[rng.choice(len(states), STARTS, replace=False)]
    starts = (starts + 0.01 * rng.standard_normal(starts.shape)).astype(np.float32)
    network = al.Network.from_torch(rnn)
    begin = time.perf_counter()
    found = network.dissect(trajectories=starts, starts=0, trajectory_starts=STARTS)
    ours = time.perf_counter() - begin
    print(f"dissect:  {ours:6.1f} s, {found.count} points, largest q {0.5 * arguments.units * found.residual.max() ** 2:.1e}")
    theirs, steps, count, speed = by_descent(rnn, starts)
    print(f"descent:  {theirs:6.1f} s, {count} points, median q {speed:.1e}, {steps} steps")
    print(f"{theirs / ours:.1f} times faster")


if __name__ == "__main__":
    main()
