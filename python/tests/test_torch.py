"""Networks that go to PyTorch and come from it, with PyTorch itself: run by ``cargo xtask test --with-torch PYTHON``."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import attractorlab as al
from attractorlab import tasks
from attractorlab.bptt import Training
from attractorlab.network import RateNetwork

pytestmark = pytest.mark.torch

FOLDER = Path(__file__).parents[2] / "tests" / "pytorch"
# Sums of a few dozen products over fifty steps, of states below one.
TOLERANCES = {"float32": 1e-5, "float64": 1e-12}


@pytest.fixture(name="torch")
def real_torch() -> Any:
    # By name: PyTorch is no requirement, not even of the types.
    return importlib.import_module("torch")


def random_rate_network() -> al.Network:
    """Recurrent weights with a low-rank part, and a bias, as one ``nn.RNN``."""
    rng = np.random.default_rng(3)
    bulk, loop = 0.8 * rng.standard_normal((20, 20)) / np.sqrt(20), rng.standard_normal((2, 20))
    return al.Network.from_rate(
        RateNetwork(
            bulk,
            feedback=loop[0],
            feedback_readout=loop[1],
            form="map",
            input_weights=rng.standard_normal((20, 3)),
            bias=rng.standard_normal(20),
        )
    )


def relu_network() -> al.Network:
    rng = np.random.default_rng(4)
    arrays = {"weight_ih_l0": rng.standard_normal((12, 3)), "weight_hh_l0": 0.2 * rng.standard_normal((12, 12))}
    return al.Network.from_arrays(arrays, transfer="relu")


def of_training(cell: Any) -> al.Network:
    training = Training(tasks.flip_flop(channels=3), units=16, cell=cell, epochs=3, seed=5)
    training.run()
    return training.network


NETWORKS: dict[str, Callable[[], al.Network]] = {
    "gru of a file": lambda: al.Network.read(FOLDER / "flipflop_gru16.safetensors"),
    "lstm of a file": lambda: al.Network.read(FOLDER / "flipflop_lstm12.safetensors"),
    "tanh of a file": lambda: al.Network.read(FOLDER / "flipflop_tanh24.safetensors", transfer="tanh"),
    "relu": relu_network,
    "rate network": random_rate_network,
    "gru in training": lambda: of_training("gru"),
    "lstm in training": lambda: of_training("lstm"),
}


def inputs_of(network: al.Network) -> Any:
    return np.random.default_rng(1).standard_normal((50, network.inputs))


def run_of(torch: Any, module: Any, network: al.Network, precision: str) -> tuple[Any, Any]:
    """States h and outputs of a module that starts where the network does."""

    def as_tensor(values: Any) -> Any:
        return torch.tensor(np.asarray(values), dtype=getattr(torch, precision))

    parts = np.split(network.initial_state, network.state_size // network.units)
    start = tuple(as_tensor(part)[None, None] for part in parts)
    with torch.no_grad():
        states, _ = module["rnn"](as_tensor(inputs_of(network))[None], start if len(start) > 1 else start[0])
        outputs = module["readout"](states)[0].numpy() if "readout" in module else None
    return states[0].numpy(), outputs


@pytest.mark.parametrize("precision", TOLERANCES)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_module_computes_what_the_network_does(torch: Any, name: str, precision: Any) -> None:
    network = NETWORKS[name]()
    states, outputs = run_of(torch, network.to_torch(precision=precision), network, precision)
    ours = network.run(inputs_of(network))
    assert states.dtype == precision
    assert np.abs(states - ours[:, : network.units]).max() <= TOLERANCES[precision]
    assert (outputs is None) == (network.outputs == 0)
    if outputs is not None:
        expected = np.array([network.output(state) for state in ours])
        allowed = TOLERANCES[precision] * max(1.0, np.abs(expected).max())
        assert np.abs(outputs - expected).max() <= allowed


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_comes_back(torch: Any, name: str) -> None:
    network = NETWORKS[name]()
    back = al.Network.from_torch(network.to_torch(precision="float64"))
    assert (back.kind, back.units, back.inputs, back.outputs) == (
        network.kind,
        network.units,
        network.inputs,
        network.outputs,
    )
    u, start = inputs_of(network), network.initial_state
    assert np.abs(back.run(u, start) - network.run(u, start)).max() <= 1e-12
    assert np.abs(back.output(start) - network.output(start)).max(initial=0.0) <= 1e-12


@pytest.mark.parametrize("precision", TOLERANCES)
@pytest.mark.parametrize("kind", ["GRU", "LSTM", "RNN tanh", "RNN relu", "GRU without bias"])
def test_modules_of_a_user_are_read(torch: Any, kind: str, precision: Any) -> None:
    torch.manual_seed(7)

    class Model(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            layer, _, word = kind.partition(" ")
            options = {"nonlinearity": word} if layer == "RNN" else {"bias": not word}
            self.cell = getattr(torch.nn, layer)(3, 10, batch_first=True, **options)
            self.out = torch.nn.Linear(10, 2)

        def forward(self, u: Any) -> Any:
            states, _ = self.cell(u)
            return states, self.out(states)

    model = Model().to(getattr(torch, precision))
    network = al.Network.from_torch(model)
    assert (network.units, network.inputs, network.outputs) == (10, 3, 2)
    u = np.random.default_rng(1).standard_normal((50, 3))
    states, outputs = (found[0].detach().numpy() for found in model(torch.tensor(u, dtype=getattr(torch, precision))[None]))
    ours = network.run(u)
    assert np.abs(ours[:, :10] - states).max() <= TOLERANCES[precision]
    expected = np.array([network.output(state) for state in ours])
    assert np.abs(outputs - expected).max() <= TOLERANCES[precision]


def test_gradients_flow_through_what_comes_out(torch: Any) -> None:
    module = al.Network.read(FOLDER / "flipflop_gru16.safetensors").to_torch()
    states, _ = module["rnn"](torch.zeros(1, 5, 3))
    module["readout"](states).sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())
