"""Linear learning, what training changed, and alignment with the output."""

from typing import Any

import numpy as np
import pytest
from attractorlab import alignment
from attractorlab.errors import InputError
from attractorlab.theory.linear_learning import (
    LearningFlow,
    descend,
    leading_outlier,
    scaling_laws,
    third_order,
)
from attractorlab.weight_change import WeightChange

from reference import cases


def named(name: str) -> Any:
    return next(case for case in cases("schuessler2020", "theory") if case["name"] == name)


def near(found: Any, expected: Any, relative: float, absolute: float = 0.0) -> None:
    np.testing.assert_allclose(found, expected, rtol=relative, atol=absolute)


def test_third_order_against_the_reference() -> None:
    case = named("theory_third_order")
    for point in case["expect"]:
        found = third_order(point["g"], point["zhat"], [point["tau_eff"]])
        values = (found.output[0], found.first[0], found.second[0])
        near(values, [point[name] for name in ("z", "s1", "s2")], case["rtol"])


def test_a_network_without_bulk_against_the_reference() -> None:
    case, flow = named("theory_g0_exact"), LearningFlow.large(0.0)
    for point in case["expect"]["flow"] + case["expect"]["final"]:
        state = flow.at_times(point["zhat"], point["tau"])[0] if "tau" in point else flow.trained(point["zhat"])
        values = (state.output, *state.singular_values[:2])
        near(values, [point[name] for name in ("z", "s1", "s2")], case["rtol"], case["atol"])


def test_the_flow_of_one_network_against_the_reference() -> None:
    case = named("gradient_flow_finite_N")
    initial, expect = np.array(case["W0"]), case["expect"]
    states = LearningFlow.of_network(initial, case["m"], case["w"]).at_times(case["zhat"], case["tau"])
    for k, state in enumerate(states):
        change = state.weight_change()
        assert change is not None
        near(state.output, expect["z"][k], case["rtol"], 1e-12)
        near(initial + change, expect["W"][k], case["rtol"], 1e-12)
        near(state.singular_values, expect["sv_dW"][k][: len(state.singular_values)], 1e-3, 1e-14)


def test_outliers_and_laws_against_the_reference() -> None:
    case = named("theory_outliers_and_laws")
    for point in case["expect"]:
        near(leading_outlier(point["g"], point["s1"])[0], point["lambda_from_s1"], case["rtol"])
        laws = scaling_laws(point["g"])
        values = (laws.convergence_time, laws.weight_change, laws.mean_gradient, laws.shuffled_loss)
        names = ("conv_time_rel", "norm_dW_rel", "avg_grad_rel", "shuffle_loss_rel")
        near(values, [point[name] for name in names], case["rtol"])


def test_all_orders_against_the_reference() -> None:
    case = named("theory_large_N_all_orders")
    for point in case["expect"]:
        g = point["g"]
        flow = LearningFlow.large(g)
        (state,) = flow.at_times(point["zhat"], point["tau_eff"] * (1 - g * g) ** 2)
        assert abs(state.output - point["z"]) < 1e-5 * abs(point["z"])
        if abs(point["zhat"] - state.output) > 1e-5:
            assert abs(state.norm - point["norm_dW"]) < 1e-5 * point["norm_dW"]


def test_flow_and_descent_of_one_network_agree() -> None:
    rng = np.random.default_rng(1)
    n = 60
    w0 = 0.5 * rng.standard_normal((n, n)) / np.sqrt(n)
    m, w = rng.standard_normal(n), rng.standard_normal(n)
    flow = LearningFlow.of_network(w0, m, w)
    trained = flow.trained(1.0)
    change = trained.weight_change()
    assert change is not None
    output = w @ np.linalg.solve(np.eye(n) - w0 - change, m) / n
    assert abs(output - 1.0) < 1e-8
    run = descend(w0, m, w, 1.0, learning_rate=0.01 * trained.largest_learning_rate, epochs=2000)
    assert run.status == "finished" and abs(run.outputs[-1] - 1.0) < 1e-6
    assert np.abs(run.weights - w0 - change).max() < 0.02 * trained.norm
    assert abs(run.outputs[0] - flow.initial_output) < 1e-12
    lost = descend(w0, m, w, 1.0, learning_rate=1e4 * trained.largest_learning_rate, epochs=50)
    assert lost.status == "fixed_point_lost" and lost.epoch is not None


def test_laws_and_expansion() -> None:
    laws = scaling_laws(0.6)
    assert abs(laws.convergence_time - 0.4096) < 1e-12
    small = LearningFlow.large(0.6).convergence(1e-3)
    assert abs(small.time / LearningFlow.large(0.0).convergence(1e-3).time - 0.4096) < 1e-4
    expansion = third_order(0.6, 0.5, [0.01, 0.02])
    exact = LearningFlow.large(0.6).at_times(0.5, np.array([0.01, 0.02]) * 0.4096)
    assert np.abs(expansion.output - [state.output for state in exact]).max() < 1e-7
    assert expansion.end > 0.5
    assert leading_outlier(0.0, 0.3)[0] == pytest.approx(0.0969615242)


def test_change_finds_what_was_planted() -> None:
    rng = np.random.default_rng(2)
    n = 80
    before = rng.standard_normal((n, n)) / np.sqrt(n)
    m, w = rng.standard_normal(n), rng.standard_normal(n)
    noise = 0.01 * rng.standard_normal((n, n)) / np.sqrt(n)
    change = WeightChange(before, before + np.outer(m, w) / n + noise)
    assert change.significant_rank(1e-3) == 1
    tests = change.significance(2)
    assert tests[0].p_value < 1e-10 < tests[1].p_value
    reference = np.linalg.svd(np.outer(m, w) / n + noise, compute_uv=False)
    assert np.abs(change.singular_values - reference).max() < 1e-12
    overlaps = change.overlaps(m[:, None], w[:, None], 2)
    assert abs(abs(overlaps.left_input[0, 0]) - 1) < 1e-3
    initial, trained, alone = change.spectra()
    assert len(initial) == len(trained) == len(alone) == n

    def loss(weights: np.ndarray) -> float:
        return float(np.sum((weights - before - np.outer(m, w) / n) ** 2))

    curve = change.truncation_curve(4, loss)
    assert curve.functional_rank() == curve.lasting_rank() == 1
    assert curve.functional_rank(1e-9) is None
    assert np.abs(np.sort(change.shuffled(3) - change.truncated(n) + before, axis=None)
                  - np.sort(before, axis=None)).max() < 1e-12


def test_alignment() -> None:
    rng = np.random.default_rng(3)
    n = 100
    w = rng.standard_normal((n, 1))
    states = w @ np.sin(np.arange(50.0))[None, :]
    assert abs(alignment.output_alignment(w, states) - 1) < 1e-12
    rotation = np.linalg.qr(rng.standard_normal((n, n)))[0]
    assert alignment.procrustes_angle(states, rotation @ states) < 1e-6
    assert abs(alignment.participation_ratio(states) - 1) < 1e-9
    assert alignment.output_explained(states, w.T @ states, 2)[0] > 0.999
    white = rng.standard_normal((n, 3000))
    assert abs(alignment.relative_noise_along_output(w, white) - 1) < 0.2
    found = alignment.relative_susceptibility(
        w, white, [0.0, 1.0], lambda direction, amplitude: float(amplitude**2 * (direction @ w[:, 0]) ** 2)
    )
    assert found.relative > 5


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="g must be between 0 and 0.999"):
        LearningFlow.large(1.2)
    with pytest.raises(InputError, match="singular"):
        LearningFlow.of_network(np.eye(2), [1, 1], [1, 1])
    with pytest.raises(InputError, match="input must have 2 entries"):
        LearningFlow.of_network(np.zeros((2, 2)), [1], [1, 1])
    with pytest.raises(InputError, match="time must be"):
        LearningFlow.large(0.5).at_times(1.0, [-1.0])
    with pytest.raises(InputError, match="epochs"):
        descend(np.zeros((1, 1)), [1.0], [1.0], 1.0, learning_rate=0.1, epochs=-1)
    with pytest.raises(InputError, match="3×3"):
        WeightChange(np.zeros((3, 3)), np.zeros((3, 2)))
    with pytest.raises(InputError, match="square"):
        WeightChange(np.zeros((3, 2)), np.zeros((3, 2))).spectra()
    with pytest.raises(InputError, match="constant"):
        alignment.output_alignment([1.0, 1.0], np.ones((2, 4)))

    def fails(direction: np.ndarray, amplitude: float) -> float:
        raise RuntimeError("no network")

    with pytest.raises(RuntimeError, match="no network"):
        alignment.relative_susceptibility([1.0, 0.0], np.eye(2), [0.0, 1.0], fails)
