"""Networks from files and arrays, their fixed points, and functions of one's own."""

import json
import pathlib
import pickle

import numpy as np
import pytest

import attractorlab as al
from attractorlab.network import RateNetwork, gaussian_bulk
from attractorlab.theory.low_rank import low_rank_states

FOLDER = pathlib.Path(__file__).parents[2] / "tests" / "pytorch"


@pytest.mark.parametrize(("name", "count", "stable"), [("gru16", 27, 8), ("lstm12", 27, 8), ("tanh24", 11, 0)])
def test_all_points_of_networks_trained_in_pytorch(name: str, count: int, stable: int) -> None:
    network = al.Network.read(FOLDER / f"flipflop_{name}.safetensors")
    found = network.dissect()
    assert (found.count, len(found.stable), found.index_sum) == (count, stable, 1)
    known = np.array(json.loads((FOLDER / f"flipflop_{name}.newton.json").read_text())["fixed_points"])
    distance = np.abs(found.points[:, None] - known[None]).max(axis=2)
    assert distance.min(axis=0).max() < 1e-8
    assert "uncertified" not in found.proved and found.survives_f32.all()
    assert found.existence_radius.max() < 1e-11 < 1e-5 < found.uniqueness_radius.min()
    assert str(count) in repr(found)


def test_the_forward_pass_is_that_of_pytorch() -> None:
    network = al.Network.read(FOLDER / "flipflop_gru16.safetensors")
    run = np.load(FOLDER / "flipflop_gru16.forward.npz")
    states = network.run(run["inputs"][0], np.zeros(16))
    assert np.abs(states - run["hidden"][0]).max() < 1e-5
    assert np.abs(network.output(states[-1]) - run["outputs"][0, -1]).max() < 1e-5


def test_networks_are_pickled_and_written(tmp_path: pathlib.Path) -> None:
    network = al.Network.read(FOLDER / "flipflop_lstm12.safetensors")
    network.write(tmp_path / "network.npz")
    for other in (pickle.loads(pickle.dumps(network)), al.Network.read(tmp_path / "network.npz")):
        state = np.linspace(-0.5, 0.5, 24)
        assert np.array_equal(other.jacobian(state), network.jacobian(state))
        assert np.array_equal(other.initial_state, network.initial_state)


class Tensor:
    """What a PyTorch tensor is to us."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def detach(self) -> "Tensor":
        return self

    def cpu(self) -> "Tensor":
        return self

    def numpy(self) -> np.ndarray:
        return self.values


class Module:
    """What a PyTorch module is to us."""

    nonlinearity = "relu"

    def state_dict(self) -> dict[str, Tensor]:
        weights = {"weight_ih_l0": np.ones((2, 1)), "weight_hh_l0": np.array([[0.5, 0.0], [0.0, -0.5]])}
        return {name: Tensor(value.astype(np.float32)) for name, value in weights.items()}

    def modules(self) -> list["Module"]:
        return [self]


def test_live_modules_are_read_without_torch() -> None:
    network = al.Network.from_torch(Module())
    assert network.kind == "relu rate network (map form)"
    assert np.allclose(network.run([[1.0]]), [[1.0, 1.0]])


def test_trajectories_are_not_changed() -> None:
    network = al.Network.read(FOLDER / "flipflop_gru16.safetensors")
    states = np.load(FOLDER / "flipflop_gru16.forward.npz")["hidden"].astype(np.float64)
    states.setflags(write=False)
    before = states.copy()
    assert network.dissect(trajectories=states, starts=200).count == 27
    assert np.array_equal(states, before)


def test_functions_of_ones_own() -> None:
    found = al.find_fixed_points(lambda x: np.tanh(2 * x), 2, jacobian=lambda x: np.diag(2 / np.cosh(2 * x) ** 2))
    assert len(found.points) == 9 and sorted(found.unstable.tolist()) == [0, 0, 0, 0, 1, 1, 1, 1, 2]
    with pytest.raises(ZeroDivisionError):
        al.find_fixed_points(lambda x: np.array([1 // 0]), 1)
    with pytest.raises(al.AttractorLabError, match="2 numbers"):
        al.find_fixed_points(lambda x: x[:1], 2)


def test_bad_input_is_refused_in_words() -> None:
    network = al.Network.read(FOLDER / "flipflop_gru16.safetensors")
    with pytest.raises(al.AttractorLabError, match="3 inputs"):
        network.dissect([1.0])
    with pytest.raises(al.AttractorLabError, match="trajectories is NaN"):
        network.dissect(trajectories=[[np.nan] * 16])
    with pytest.raises(al.AttractorLabError, match="16 variables"):
        network.dissect(trajectories=np.zeros((5, 3)))
    with pytest.raises(al.AttractorLabError, match="name map"):
        al.Network.from_arrays({"x": np.zeros(3)})
    with pytest.raises(al.AttractorLabError, match="no-such-file"):
        al.Network.read("no-such-file.npz")


def test_theory_is_laid_over_bulk_and_loops() -> None:
    rng = np.random.default_rng(4)
    m = rng.normal(size=(120, 2))
    n = m * [2.2, 1.7]
    net = RateNetwork(gaussian_bulk(120, 0.4, seed=2), feedback=m, feedback_readout=n, readout=n)
    found = al.dissect(net, starts=128)
    theory = found.theory
    assert theory is not None and theory.count == found.count and abs(theory.g - 0.4) < 0.02
    places = np.array(theory.matches, dtype=int)
    assert sorted(places) == list(range(found.count))
    # Overlaps, also the outputs here, within 4.5 of their errors.
    away = np.abs(found.overlaps[places] - theory.overlaps)
    assert (away <= 4.5 * theory.overlap_errors + 1e-9).all()
    assert np.allclose(found.overlaps, found.outputs, atol=1e-12)
    assert theory.outliers.shape == (found.count, 3) and theory.rates.shape == (found.count, 120)
    alone = low_rank_states(net)
    assert np.array_equal(alone.overlaps, theory.overlaps) and alone.matches == [None] * alone.count
    assert al.Network.read(FOLDER / "flipflop_gru16.safetensors").dissect(starts=16).theory is None
    with pytest.raises(al.errors.InputError, match="g must be a finite number that is not negative, got -1"):
        low_rank_states(net, g=-1)
    with pytest.raises(al.errors.InputError, match="one entry for each of the 0 inputs of the network, got 1"):
        low_rank_states(net, [1.0])


def test_each_start_may_have_its_own_input() -> None:
    network = al.Network.read(FOLDER / "flipflop_gru16.safetensors")
    states = np.random.default_rng(1).uniform(-1, 1, size=(30, 16))
    before = states.copy()
    inputs = np.zeros((30, 3))
    inputs[1::2, 0] = 0.5
    found = network.find_fixed_points(states, inputs)
    assert np.array_equal(states, before)
    assert [u.tolist() for u, _ in found] == [[0.0, 0.0, 0.0], [0.5, 0.0, 0.0]]
    for u, points in found:
        for x in points.points:
            assert np.abs(network.run(u[np.newaxis], x)[-1] - x).max() < 1e-12
    everywhere = network.find_fixed_points(states)
    assert len(everywhere) == 1
    with pytest.raises(al.errors.InputError, match="got 2 by 30"):
        network.find_fixed_points(states, inputs[:, :2])
    with pytest.raises(al.errors.InputError, match="entry"):
        network.find_fixed_points(states[:0], inputs[:0, :1])
