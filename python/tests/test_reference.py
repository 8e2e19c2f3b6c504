"""Every reference value of the averages and the feedback theory, through the public face."""

from typing import Any

import numpy as np
import pytest

from attractorlab import Transfer, gaussian
from attractorlab.theory.chaos import ChaosTheory
from attractorlab.theory.clamped import DriveTheory
from attractorlab.theory.feedback import Direction, FixedPoints, Inputs, Predictions, predict
from attractorlab.theory.readouts import LeastSquares, forecast
from reference import cases, check, name

MASTROGIUSEPPE, RIVKIND = "mastrogiuseppe2019", "rivkind2017"


def transfer(given: Any) -> Transfer:
    # The file's erf is erf(x/√2), ours too; its relu is max(0, x − θ).
    return Transfer(given["phi"], threshold=given.get("theta", 0.0))


@pytest.mark.parametrize("case", cases(MASTROGIUSEPPE, "integrals"), ids=name)
def test_integrals(case: Any) -> None:
    given, expected = case["in"], case["out"]

    def one(product: str) -> float:
        return float(gaussian.average("tanh", product, 0.0, np.sqrt(given["var"])))

    def two(f: str, h: str) -> float:
        law = (given["var"], given["var2"], given["cov"])
        return float(gaussian.centered_pair_average("tanh", f, h, *law))

    check(case, "phi2", one("phi^2"), expected["phi2"])
    check(case, "prime", one("phi'"), expected["prime"])
    check(case, "primesq", one("phi'^2"), expected["primesq"])
    check(case, "third", one("phi'''"), expected["third"])
    check(case, "F", one("phi'^2") + one("phi*phi''"), expected["F"])
    check(case, "phiphi", two("phi", "phi"), expected["phiphi"])
    check(case, "primeprime", two("phi'", "phi'"), expected["primeprime"])
    check(case, "phisec", two("phi", "phi''"), expected["phisec"])


@pytest.mark.parametrize("case", cases(RIVKIND, "moments1"), ids=name)
def test_moments_of_one_variable(case: Any) -> None:
    given = case["input"]
    products = {"C": "phi^2", "P": "phi'^2", "B": "phi*phi''", "m": "phi", "d": "phi'"}
    for key, product in products.items():
        found = gaussian.average(transfer(given), product, 0.0, np.sqrt(given["s2"]))
        check(case, key, found, case["output"][key])


@pytest.mark.parametrize("case", cases(RIVKIND, "moments2"), ids=name)
def test_moments_of_two_variables(case: Any) -> None:
    given = case["input"]
    law = (given["s2m"], given["s2n"], given["cov"])
    sd = np.sqrt(law[:2])
    for key, f, h in (("C", "phi", "phi"), ("a", "phi'", "phi'"), ("b", "phi", "phi''")):
        found = gaussian.centered_pair_average(transfer(given), f, h, *law)
        check(case, key, found, case["output"][key])
        found = gaussian.pair_average(transfer(given), f, h, 0.0, sd, law[2] / sd.prod())
        check(case, key, found, case["output"][key])


def inputs_of(given: Any) -> Inputs:
    return Inputs(g=given["g"], feedback_std=given["Sm"], input_std=given["SI"], rho=given["rho"])


def direction_of(given: Any) -> Direction:
    return Direction(shared=given["p"], feedback_own=given["pm"], input_own=given["pI"])


@pytest.mark.parametrize("case", cases(MASTROGIUSEPPE, "open_loop"), ids=name)
def test_open_loop(case: Any) -> None:
    given = case["in"]
    state = DriveTheory("tanh", given["g"]).at(inputs_of(given).drive(given["A"]))
    check(case, "delta", state.delta, case["out"]["delta"])
    check(case, "radius", state.radius, case["out"]["radius"])


@pytest.mark.parametrize("case", cases(MASTROGIUSEPPE, "gauss_p"), ids=name)
def test_gaussian_readout(case: Any) -> None:
    expected = case["out"]
    found = predict(inputs_of(case["in"]), direction_of(case["in"]), case["in"]["A"])
    check(case, "c", found.scale, expected["c"])
    check(case, "s_nm", found.overlap_feedback, expected["s_nm"])
    check(case, "s_nI", found.overlap_input, expected["s_nI"])
    check(case, "a", found.feedback_share, expected["a"])
    if found.flex is not None:
        check(case, "A_flex", found.flex, expected["A_flex"])
    assert found.label == expected["class"]
    states = found.fixed_points
    assert len(states) == len(expected["fixed_points"])
    for i, state in enumerate(expected["fixed_points"]):
        check(case, "z", states.z[i], state["z"])
        check(case, "delta", states.delta[i], state["delta"])
        check(case, "radius", states.radius[i], state["radius"])
        assert (states.stability[i] == "stable") == state["stable"]
        for outlier, key in zip(states.outliers[i], ("outlier", "outlier2"), strict=True):
            check(case, key, outlier.real, state[key][0])
            check(case, key, abs(outlier.imag), abs(state[key][1]))


def test_one_call_answers_all_gaussian_readouts() -> None:
    listed = cases(MASTROGIUSEPPE, "gauss_p")
    given = {key: np.array([case["in"][key] for case in listed]) for key in listed[0]["in"]}
    found = predict(inputs_of(given), direction_of(given), given["A"])
    assert isinstance(found, Predictions)
    for i, case in enumerate(listed):
        check(case, "c", found.scale[i], case["out"]["c"])
        assert found.label[i] == case["out"]["class"]
        assert found.count[i] == len(case["out"]["fixed_points"])
        for j, state in enumerate(case["out"]["fixed_points"]):
            check(case, "z", found.fixed_points.z[i, j], state["z"])
        assert np.isnan(found.fixed_points.z[i, found.count[i] :]).all()


@pytest.mark.parametrize("case", cases(MASTROGIUSEPPE, "chaotic"), ids=name)
def test_chaos(case: Any) -> None:
    given, expected = case["in"], case["out"]
    found = ChaosTheory("tanh", given["g"]).activity(given["S"])
    assert found.chaotic == expected["chaotic"]
    if expected["chaotic"]:
        check(case, "delta0", found.variance, expected["delta0"])
        check(case, "deltainf", found.persistent, expected["deltainf"])
    else:
        check(case, "delta_static", found.variance, expected["delta_static"])
        check(case, "radius_static", found.radius, expected["radius_static"])


@pytest.mark.parametrize("case", cases(MASTROGIUSEPPE, "gauss_chaos"), ids=name)
def test_gaussian_readout_of_a_strong_bulk(case: Any) -> None:
    # The file's solution is the stationary one; its bulk radius is 1.0228, so that the state is chaotic.
    found = predict(inputs_of(case["in"]), direction_of(case["in"]), case["in"]["A"])
    check(case, "c", found.scale, case["out"]["c"])
    for i, state in enumerate(case["out"]["solutions"]):
        check(case, "z", found.fixed_points.z[i], state["z"])
        check(case, "delta0", found.fixed_points.delta[i], state["delta0"])
    chaotic = forecast(inputs_of(case["in"]), direction_of(case["in"]), case["in"]["A"])
    assert chaotic.label == found.label == "target-bulk-unstable"
    assert chaotic.fixed_points.delta[0] == pytest.approx(2.3957689, abs=1e-6)


def check_states(case: Any, states: FixedPoints) -> None:
    expected = case["out"]["fixed_points"]
    assert len(states) == len(expected)
    for i, state in enumerate(expected):
        check(case, "z", states.z[i], state["z"])
        check(case, "delta", states.delta[i], state["delta"])
        check(case, "radius", states.radius[i], state["radius"])
        assert (states.stability[i] == "stable") == state["stable"]
        check(case, "outlier", states.outliers[i, 0].real, state["outlier"][0])


@pytest.mark.parametrize("kind", ["ls_full", "ls_dec"])
def test_least_squares(kind: str) -> None:
    for case in cases(MASTROGIUSEPPE, kind):
        readout = LeastSquares(ridge=case["in"].get("ridge", 0.0), bulk_correlation=kind == "ls_full")
        found = forecast(inputs_of(case["in"]), readout, case["in"]["A"])
        check(case, "s_nm", found.overlap_feedback, case["out"]["s_nm"])
        check(case, "s_nI", found.overlap_input, case["out"]["s_nI"])
        check_states(case, found.fixed_points)
