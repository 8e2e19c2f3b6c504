"""Results as tables, and networks as PyTorch has them."""

import sys
import types
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

import attractorlab as al
from attractorlab import dynamics, network
from attractorlab.theory import feedback, readouts

FOLDER = Path(__file__).parents[2] / "tests" / "pytorch"


def test_results_become_tables() -> None:
    net = al.Network.read(FOLDER / "flipflop_gru16.safetensors")
    found = net.dissect()
    frame = found.to_pandas()
    assert len(frame) == 27 and (frame["proved"] == "stable").sum() == 8 and "output_3" in frame
    branches = al.bifurcations(net, (-0.1, 0.1), along="input", at=[0.0])
    assert branches.to_pandas()["branch"].nunique() == len(branches.branches)
    curve = feedback.ReadoutCurve(
        feedback.Inputs(g=0.3, feedback_std=1.2, input_std=0.5), feedback.Direction(feedback_own=1.0)
    )
    predictions = curve.sweep([0.5, 1.0])
    states = predictions.to_pandas()
    assert len(states) == predictions.count.sum() and np.allclose(states[states.is_target].z, [0.5, 1.0])


def test_results_become_labelled_arrays() -> None:
    net = network.RateNetwork(network.gaussian_bulk(20, 0.5, seed=1), readout=np.ones(20))
    run = dynamics.simulate(net, dynamics.initial_states(20, 3), steps=50, record="outputs", every=10)
    frames = run.to_xarray()
    assert dict(frames.sizes) == {"time": len(run.times), "variable": 1, "trial": 3, "unit": 20}
    inputs = feedback.Inputs(g=0.8, feedback_std=1.2, input_std=0.5)
    diagram = readouts.phase_diagram(inputs, 0.0, 1.0, x=("target", 0.2, 2.0, 5), y=("share", 0.0, 2.0, 4))
    assert diagram.to_xarray()["label"].sel(x=0.2, y=0.0).item() == diagram.label[0, 0]


def test_sweeps_become_tables(tmp_path: Path) -> None:
    swept = al.sweep(lambda x: x * x, {"x": [1.0, 2.0, 3.0]}, out=tmp_path / "sweep")
    assert sorted(swept.to_pandas()["x"]) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("name", ["gru16", "lstm12", "tanh24"])
def test_weights_go_out_under_the_names_of_pytorch_and_come_back(name: str) -> None:
    net = al.Network.read(FOLDER / f"flipflop_{name}.safetensors")
    back = al.Network.from_arrays(net.state_dict(), transfer="tanh")
    inputs = np.random.default_rng(1).standard_normal((20, 3))
    # The weights were float32 from the beginning; sums of two biases are not.
    assert np.allclose(back.run(inputs, net.initial_state), net.run(inputs), rtol=0, atol=1e-9)
    assert np.array_equal(back.output(net.initial_state), net.output(net.initial_state))


def test_modules_get_sizes_and_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, Any] = {}

    def layer(kind: str) -> Any:
        return lambda *sizes, **options: made.setdefault(kind, (sizes, options))

    class ModuleDict(dict[str, Any]):
        def load_state_dict(self, state: dict[str, Any]) -> None:
            made["state"] = state

    names = ("RNN", "GRU", "LSTM", "Linear")
    stand_in = types.ModuleType("torch")
    stand_in.nn = types.SimpleNamespace(ModuleDict=ModuleDict, **{kind: layer(kind) for kind in names})  # type: ignore[attr-defined]
    stand_in.from_numpy = lambda array: array  # type: ignore[attr-defined]
    stand_in.float32, stand_in.float64 = np.float32, np.float64  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", stand_in)
    module = al.Network.read(FOLDER / "flipflop_gru16.safetensors").to_torch()
    assert set(module) == {"rnn", "readout"}
    sizes = {"input_size": 3, "hidden_size": 16, "batch_first": True}
    assert made["GRU"][1] == {**sizes, "dtype": np.float32}
    assert made["Linear"][0] == (16, 3) and made["state"]["rnn.weight_hh_l0"].shape == (48, 16)


def test_weights_go_out_in_the_precision_that_is_asked_for() -> None:
    weights = np.random.default_rng(2).standard_normal((3, 3))
    net = al.Network.from_arrays({"weight_ih_l0": np.zeros((3, 1)), "weight_hh_l0": weights})
    precisions: tuple[Literal["float32", "float64"], ...] = ("float32", "float64")
    for precision in precisions:
        found = net.state_dict(precision=precision)["rnn.weight_hh_l0"]
        assert found.dtype == precision and np.array_equal(found, weights.astype(precision))
    with pytest.raises(al.AttractorLabError, match="not 'float16'"):
        net.state_dict(precision="float16")  # type: ignore[arg-type]


def test_networks_that_pytorch_lacks_are_refused_in_words() -> None:
    leaky = al.Network.from_arrays({"w": np.eye(2)}, names={"recurrent": "w", "form": "rate", "transfer": "tanh"})
    with pytest.raises(al.AttractorLabError, match=r"no layer for a tanh rate network \(rate form\)"):
        leaky.state_dict()


def test_weights_in_a_record_are_read_where_they_lie() -> None:
    n = 3
    weights = np.arange(9.0).reshape(n, n) / 10.0
    record = np.zeros(n, dtype=[("name", "i4"), ("row", "f8", (n,))])
    record["row"] = weights
    made = al.Network.from_arrays({"weight_ih_l0": np.zeros((n, 1)), "weight_hh_l0": record["row"]})
    np.testing.assert_array_equal(made.state_dict(precision="float64")["rnn.weight_hh_l0"], weights)
