"""Branches of fixed points."""

from pathlib import Path

import numpy as np
import pytest

import attractorlab as al

FOLDER = Path(__file__).parents[2] / "tests" / "pytorch"


def test_the_memories_of_a_trained_network_vanish_in_folds_as_input_grows() -> None:
    network = al.Network.read(FOLDER / "flipflop_gru16.safetensors")
    found = al.bifurcations(network, (-0.5, 0.5), along="input", at=[0.0])
    assert found.searched == [(0.0, 27)] and found.complete
    assert len(found.branches) == 9 and {special.kind for special in found.specials} == {"fold"}
    assert sum(branch.stable.any() for branch in found.branches) == 4
    for branch in found.branches:
        assert branch.ends == ("range", "range")
        assert branch.states.shape == (len(branch.parameters), 16)
        for special in branch.specials:
            # A fold has an eigenvalue of exactly 1.
            values = np.linalg.eigvals(network.jacobian(special.state, [special.parameter, 0, 0]))
            assert np.abs(values - 1).min() < 1e-6


def test_networks_are_mixed() -> None:
    one = {"weight_ih_l0": np.zeros((2, 1)), "weight_hh_l0": 0.5 * np.eye(2)}
    two = {"weight_ih_l0": np.zeros((2, 1)), "weight_hh_l0": 2.0 * np.array([[0.0, -1.0], [1.0, 0.0]])}
    found = al.bifurcations(
        al.Network.from_arrays(one), (0.0, 1.0), along="morph", other=al.Network.from_arrays(two)
    )
    # |0.5 (1 − p) ± 2ip| = 1
    p = np.roots([4.25, -0.5, 0.25 - 1.0]).max()
    [special] = found.specials
    assert special.kind == "Neimark-Sacker" and abs(special.parameter - p) < 1e-8


def test_functions_of_ones_own_are_followed() -> None:
    found = al.continue_fixed_points(
        lambda x, p: np.array([p * x[0] - x[0] ** 3]),
        [[0.0]],
        -1.0,
        (-1.0, 1.0),
        jacobian=lambda x, p: np.array([[p - 3 * x[0] ** 2]]),
        discrete=False,
    )
    assert len(found.branches) == 2 and found.specials[0].kind == "branch point"
    arm = found.branches[1]
    assert np.allclose(arm.states[:, 0] ** 2, arm.parameters, atol=1e-8)
    with pytest.raises(ZeroDivisionError):
        al.continue_fixed_points(lambda x, p: np.array([1 // 0]), [[0.0]], 0.0, (-1.0, 1.0))


def test_bad_requests_are_refused_in_words() -> None:
    network = al.Network.read(FOLDER / "flipflop_gru16.safetensors")
    with pytest.raises(al.AttractorLabError, match="lower end first"):
        al.bifurcations(network, (1.0, 0.0), at=[0.5])
    with pytest.raises(al.AttractorLabError, match="range from 0 to 1"):
        al.bifurcations(network, (0.0, 1.0), at=[2.0])
    with pytest.raises(al.AttractorLabError, match="not 'sideways'"):
        al.bifurcations(network, (0.0, 1.0), along="sideways")
    with pytest.raises(al.AttractorLabError, match="no bulk"):
        al.bifurcations(network, (0.0, 1.0), along="bulk")
    with pytest.raises(al.AttractorLabError, match="needs other"):
        al.bifurcations(network, (0.0, 1.0), along="morph")
    with pytest.raises(al.AttractorLabError, match="no fixed point"):
        al.continue_fixed_points(lambda x, p: x + 1.0, [[0.0]], 0.0, (-1.0, 1.0))
