"""Every reference value of the local dynamics of outputs, through the public face."""

from typing import Any

import numpy as np
import pytest

from attractorlab import Transfer
from attractorlab.dynamics import fixed_point, output_response
from attractorlab.network import gaussian_bulk
from attractorlab.theory.output_dynamics import OutputPrediction, edge_of_chaos, predict
from attractorlab.training import OutputTask
from reference import cases, check, name

FILE = "rivkind2017"


def transfer(given: Any) -> Transfer:
    return Transfer(given["phi"], threshold=given.get("theta", 0.0))


def prediction_of(given: Any) -> OutputPrediction:
    targets = given["F"] if "F" in given else [given["A"]]
    return predict(
        transfer(given),
        given["g"],
        targets,
        ridge=given.get("alpha", 0.0),
        uniform_half_width=given.get("half"),
    )


def complexes(value: Any) -> Any:
    return np.asarray(value["re"]) + 1j * np.asarray(value["im"])


def same_poles(found: Any, expected: Any, allowed: float) -> None:
    """Each expected pole has a partner."""
    assert len(found) == len(expected)
    assert all(np.abs(found - pole).min() <= allowed for pole in expected)


@pytest.mark.parametrize("case", cases(FILE, "single"), ids=name)
def test_one_target(case: Any) -> None:
    expected, prediction = case["output"], prediction_of(case["input"])
    check(case, "s2", prediction.variance[0], expected["s2"])
    check(case, "C", prediction.rates[0, 0], expected["C"])
    check(case, "bulk", prediction.bulk_radius[0], expected["bulk"])
    check(case, "s_open", prediction.open_poles[0, 0].real, expected["s_open"])
    check(case, "s_closed", prediction.poles[0, 0].real, expected["s_closed"])
    check(case, "G0", prediction.response(0, [0.0], open_loop=True)[0, 0, 0].real, expected["G0"])


@pytest.mark.parametrize("case", cases(FILE, "single_uniform"), ids=name)
def test_one_target_with_uniform_feedback(case: Any) -> None:
    given, expected, prediction = case["input"], case["output"], prediction_of(case["input"])
    check(case, "v", prediction.variance[0] - given["half"] ** 2 / 3 * given["A"] ** 2, expected["v"])
    check(case, "C", prediction.rates[0, 0], expected["C"])
    check(case, "bulk", prediction.bulk_radius[0], expected["bulk"])
    check(case, "s_open", prediction.open_poles[0, 0].real, expected["s_open"])
    check(case, "s_closed", prediction.poles[0, 0].real, expected["s_closed"])


@pytest.mark.parametrize("case", cases(FILE, "edge"), ids=name)
def test_the_edge_of_chaos(case: Any) -> None:
    edge, expected = edge_of_chaos(transfer(case["input"]), case["input"]["A"]), case["output"]
    check(case, "g_c", edge.g, expected["g_c"])
    check(case, "s2", edge.variance, expected["s2"])
    check(case, "tau_open", edge.tau_open, expected["tau_open"])
    check(case, "tau_closed", edge.tau_closed, expected["tau_closed"])


@pytest.mark.parametrize("case", cases(FILE, "multi"), ids=name)
def test_several_targets(case: Any) -> None:
    expected, prediction = case["output"], prediction_of(case["input"])
    assert np.allclose(prediction.variance, expected["s2"], rtol=0, atol=1e-7)
    assert np.allclose(prediction.bulk_radius, expected["bulk"], rtol=0, atol=1e-7)
    assert np.allclose(prediction.covariance, expected["Cov"], rtol=0, atol=1e-7)
    assert np.allclose(prediction.rates, expected["C"], rtol=0, atol=1e-7)
    assert np.allclose(prediction.readout, expected["readout"], rtol=1e-5, atol=1e-12)
    for row in range(len(prediction.targets)):
        same_poles(prediction.poles[row], complexes(expected["poles"][row]), 1e-5)
        same_poles(prediction.open_poles[row], complexes(expected["open_poles"][row]), 1e-5)


@pytest.mark.parametrize("case", cases(FILE, "transfer"), ids=name)
def test_frequency_response(case: Any) -> None:
    given, prediction = case["input"], prediction_of(case["input"])
    for row, expected in enumerate(case["output"]["G"]):
        found = prediction.response(row, given["omega"], open_loop=True)
        assert np.allclose(found, complexes(expected), rtol=0, atol=1e-5)


@pytest.mark.parametrize("case", cases(FILE, "static_map"), ids=name)
def test_static_map(case: Any) -> None:
    given, expected, prediction = case["input"], case["output"], prediction_of(case["input"])
    values = [prediction.static_map(z)[0] for z in given["z"]]
    assert np.allclose(values, expected["value"], rtol=0, atol=1e-6)
    found = prediction.stationary_outputs(*given["range"])
    assert np.allclose([z for z, _ in found], expected["roots"], rtol=0, atol=1e-5)
    for (_, pole), wanted in zip(found, expected["root_leading_pole"], strict=True):
        leading = complexes(wanted)[0]
        assert abs(pole.real - leading.real) <= 1e-4 and abs(abs(pole.imag) - abs(leading.imag)) <= 1e-4


@pytest.mark.parametrize("case", cases(FILE, "finite_exact"), ids=name)
def test_a_given_network(case: Any) -> None:
    given, expected = case["input"], case["output"]
    task = OutputTask(transfer(given), given["W"], given["w_fb"], given["F"])
    trained = task.least_squares(ridge=given["alpha"])
    assert np.allclose(trained.states.T, expected["x"], rtol=0, atol=1e-9)
    # The file's readout is that of z = wᵀφ(x).
    readout = trained.readout.T / len(given["W"])
    assert np.allclose(readout, expected["w_out"], rtol=0, atol=1e-7 * np.abs(readout).max())
    network = task.closed_loop(trained)
    found = output_response(network, trained.states[:, 0], given["omega"], open_loop=True)
    assert np.allclose(found, complexes(expected["G_state0"]), rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("case", cases(FILE, "success"), ids=name)
def test_success_of_training(case: Any) -> None:
    given, expected = case["input"], case["output"]
    n, held = given["N"], []
    targets = np.asarray(given["F"])
    for seed in range(given["n_seeds"]):
        vectors = np.random.default_rng(seed).standard_normal((n, targets.shape[1]))
        task = OutputTask(transfer(given), gaussian_bulk(n, given["g"], seed=seed), vectors, targets)
        options = {"duration": given["T"], "perturbation": given["kick"], "tolerance": given["tol"]}
        held.append(task.test_holding(task.least_squares(), seed=seed, **options).held)
    fraction = np.mean(held, axis=0)
    assert np.abs(fraction - expected["fraction"]).max() <= 0.25
    for share, lead, bulk in zip(fraction, expected["theory_lead"], expected["bulk"], strict=True):
        if abs(lead) > 0.15 and bulk < 0.9:
            assert share == (lead < 0)


def test_the_response_of_a_network_approaches_that_of_the_theory() -> None:
    # N = 1500: deviations of order N^(-1/2); the mean of four networks lies within a few per cent.
    prediction, omega, n = predict("tanh", 0.8, [1.2]), np.array([0.0, 0.3, 1.0]), 1500
    found = []
    for seed in range(4):
        feedback = np.random.default_rng(seed).standard_normal(n)
        task = OutputTask("tanh", gaussian_bulk(n, 0.8, seed=seed), feedback, [1.2])
        trained = task.least_squares()
        network = task.closed_loop(trained)
        state = fixed_point(network, trained.states[:, 0], relaxation_steps=0).state
        found.append(output_response(network, state, omega, open_loop=True)[:, 0, 0])
    theory = prediction.response(0, omega, open_loop=True)[:, 0, 0]
    error = np.std(found, axis=0) / 2
    assert (np.abs(np.mean(found, axis=0) - theory) < 5 * error + 0.03 * np.abs(theory)).all()
