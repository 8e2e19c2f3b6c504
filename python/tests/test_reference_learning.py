"""The reference cases of learning on fixed points, through Python."""

from typing import Any, Literal

import numpy as np
import pytest
import reference

from attractorlab import equilibrium as eq
from attractorlab.errors import InputError


def same(case: Any, what: str, found: Any, expected: Any, tolerance: float = 1e-9) -> None:
    """Relative to the largest entry."""
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    assert found.shape == expected.shape, (case["name"], what)
    assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max(), (case["name"], what, found, expected)


def same_loss(case: Any, what: str, found: float, expected: float) -> None:
    """As the reference wants it: small ones by their logarithm."""
    if expected < 1e-12:
        assert abs(np.log10(found) - np.log10(expected)) <= 0.05, (case["name"], what)
    else:
        assert abs(found - expected) <= 1e-6 * expected, (case["name"], what, found, expected)


def losses(losses_after: dict[str, float | None]) -> list[tuple[int, float]]:
    return [(int(steps), value) for steps, value in losses_after.items() if value is not None]


def angle(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(np.arccos((a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b))))


@pytest.mark.parametrize("case", reference.cases("zhu2023", "linear_mse"), ids=lambda case: case["name"])
def test_linear_networks(case: Any) -> None:
    given, wanted = case["inputs"], case["outputs"]
    w, x, y = (np.array(given[name]) for name in ("W", "X", "Y"))
    loss, states = eq.MeanSquaredError(y), eq.States(stability="spectrum", missing="use-last")
    here = eq.update("gradient", "linear", w, x, loss, given["eta"], states=states)
    same(case, "J", here.loss, wanted["loss"])
    same(case, "R", here.states.rates, wanted["R"])
    same(case, "dW1", here.increment, wanted["dW1"])
    same(case, "growth", here.states.growth.max(), wanted["max_real_eig_W"])
    assert (set(here.states.status) == {"stable"}) is wanted["stable"]
    changes = [here.increment]
    for rule, name in (("reparameterised", "dW2"), ("reparameterised-lookahead", "dW2_lookahead"), ("linearised", "dW3")):
        change = eq.update(rule, "linear", w, x, loss, given["eta"], states=states).increment
        same(case, name, change, wanted[name])
        changes.append(change)
    same(case, "theta12", angle(changes[0], changes[1]), wanted["theta12_deg"])
    same(case, "theta23", angle(changes[1], changes[3]), wanted["theta23_deg"])
    courses: tuple[tuple[Literal["gradient", "reparameterised", "reparameterised-lookahead", "linearised"], str], ...] = (
        ("gradient", "1"),
        ("reparameterised", "2"),
        ("reparameterised-lookahead", "2look"),
        ("linearised", "3"),
    )
    for rule, key in courses:
        for steps, expected in losses(wanted["loss_after"][key]):
            same_loss(case, rule, eq.linear_course(rule, x, y, w, given["eta"], steps)[0][-1], expected)
    trainer = eq.Trainer("gradient", "linear", w, learning_rate=given["eta"], states=states)
    course = [trainer.step(x, loss).loss for _ in range(101)]
    for steps, expected in losses(wanted["loss_after"]["1"]):
        same_loss(case, "gradient", course[steps], expected)


def test_linear_units_with_gains() -> None:
    for case in reference.cases("zhu2023", "linear_with_gains"):
        given, wanted = case["inputs"], case["outputs"]
        w, x, loss = np.array(given["W"]), np.array(given["X"]), eq.MeanSquaredError(given["Y"])
        response = np.linalg.inv(np.diag(1.0 / np.array(given["g"])) - w)
        same(case, "A", response, wanted["A"])
        rates, gains = response @ x, np.broadcast_to(np.array(given["g"])[:, np.newaxis], x.shape)
        same(case, "R", rates, wanted["R"])
        names = {"gradient": "dW1", "reparameterised": "dW2", "reparameterised-first-order": "dW3_A_param"}
        for rule, name in names.items():
            found = eq.update_at(rule, w, x, rates, gains, loss, given["eta"])
            same(case, name, found.increment, wanted[name])
            same(case, "J", found.loss, wanted["loss"])


def test_given_states_are_checked() -> None:
    w, x = np.zeros((2, 2)), np.ones((2, 3))
    loss = eq.MeanSquaredError(x)
    with pytest.raises(InputError, match=r"gains must be of shape \(2, 3\)"):
        eq.update_at("gradient", w, x, x, x[:, :2], loss, 0.1)
    with pytest.raises(InputError, match=r"rates is not finite, at \[1, 2\]"):
        infinite = x.copy()
        infinite[1, 2] = np.inf
        eq.update_at("gradient", w, x, infinite, x, loss, 0.1)
    with pytest.raises(InputError, match="use update"):
        eq.update_at("unrolled", w, x, x, x, loss, 0.1)


def test_the_one_dimensional_example() -> None:
    for case in reference.cases("zhu2023", "one_dimensional"):
        given, wanted = case["inputs"], case["outputs"]
        x, y = np.array([given["x"]]), np.array([given["y"]])
        found = eq.landscape(x, y, [[0.0]], [[[1.0]]], np.array(wanted["grid_w"], dtype=float)[:, np.newaxis])
        assert np.allclose(found.loss, wanted["grid_J"], rtol=1e-9, atol=0.0)
        states = eq.States(stability="off", missing="use-last")
        for name, run in wanted["train"].items():
            rule, side, rate = name.split("_")
            start, eta = np.array([[given[f"w_{side}"]]]), float(rate[3:])
            for steps, expected in losses(run["J"]):
                if rule == "rule1":
                    trainer = eq.Trainer("gradient", "linear", start, learning_rate=eta, states=states)
                    for _ in range(steps):
                        trainer.step(x, eq.MeanSquaredError(y))
                    found_loss = eq.landscape(x, y, trainer.weights, [[[1.0]]], [[0.0]]).loss[0]
                else:
                    closed = "reparameterised" if rule == "rule2" else "linearised"
                    found_loss = eq.linear_course(closed, x, y, start, eta, steps)[0][-1]  # type: ignore[arg-type]
                same_loss(case, name, found_loss, expected)


@pytest.mark.parametrize(
    "case",
    [case for kind in ("tanh_mse", "tanh_ce", "relu_mse") for case in reference.cases("zhu2023", kind)],
    ids=lambda case: case["name"],
)
def test_nonlinear_networks(case: Any) -> None:
    given, wanted = case["inputs"], case["outputs"]
    w, x, eta = np.array(given["W"]), np.array(given["X"]), given["eta"]
    transfer = case["kind"].split("_")[0]
    loss: eq.Loss = (
        eq.SoftmaxCrossEntropy(given["C"], given["Y"]) if "C" in given else eq.MeanSquaredError(given["Y"])
    )
    states = eq.States(stability="spectrum")
    changes = {}
    for rule, key in (("gradient", "1"), ("linearised", "3"), ("linearised-variant", "4")):
        here = eq.update(rule, transfer, w, x, loss, eta, states=states)
        changes[key] = here.increment
        same(case, f"dW{key}", here.increment, wanted[f"dW{key}"])
        trainer = eq.Trainer(rule, transfer, w, learning_rate=eta, states=states)
        course = [trainer.step(x, loss).loss for _ in range(21)]
        for steps, expected in losses(wanted["loss_after"][key]):
            same_loss(case, rule, course[steps], expected)
    same(case, "R", here.states.rates, wanted["R"])
    same(case, "gains", here.states.gains, wanted["gains"])
    same(case, "J", here.loss, wanted["loss"])
    same(case, "growth", here.states.growth.max(), wanted["max_real_eig_GW"])
    same(case, "theta13", angle(changes["1"], changes["3"]), wanted["theta13_deg"])
    same(case, "theta14", angle(changes["1"], changes["4"]), wanted["theta14_deg"])
    assert eq.check_gradient(transfer, w, x, loss).error < 1e-6
    cut = eq.States("truncated", dt=given["euler_dt"], steps=given["euler_steps"])
    end = eq.update("unrolled", transfer, w, x, loss, -1.0, states=cut)
    same(case, "Euler R", end.states.rates, wanted["euler_R"])
    same(case, "Euler J", end.loss, wanted["euler_loss"])
    same(case, "back-propagation", end.increment, wanted["bptt_grad_W"])


def test_the_metric() -> None:
    for case in reference.cases("zhu2023", "metric"):
        given, wanted = case["inputs"], case["outputs"]
        metric = eq.ResponseMetric(given["W"])
        same(case, "metric", metric.apply(given["Z"]), wanted["metric_Z"])
        same(case, "inverse", metric.apply_inverse(given["Z"]), wanted["metric_inv_Z"])
        same(case, "inner", metric.inner(given["Z"], given["V"]), wanted["inner_Z_V"])
        same(case, "extremes", metric.extremes(), [wanted["smallest_metric_eig"], wanted["largest_metric_eig"]])
        same(case, "distance", eq.response_distance(given["W"], given["W2"]), wanted["distance_W_W2"])


def test_slices_of_the_landscape() -> None:
    for case in reference.cases("zhu2023", "landscape_slice"):
        given, wanted = case["inputs"], case["outputs"]
        centre = eq.interpolating_weights(given["X"], given["Y"])
        same(case, "W*", centre, wanted["W_star"])
        points = np.array(given["t"], dtype=float)[:, np.newaxis]
        found = eq.landscape(given["X"], given["Y"], centre, [given["W1"]], points, with_growth=True)
        expected = np.array(wanted["J"])
        small = expected < 1e-12
        assert (found.loss[small] < 1e-12).all()
        assert np.allclose(found.loss[~small], expected[~small], rtol=1e-9, atol=0.0)
        assert np.allclose(found.growth, wanted["max_real_eig"], rtol=1e-9, atol=1e-12)
        assert found.sign.tolist() == wanted["det_sign"]
        poles = eq.singular_steps(centre, given["W1"])
        assert all(np.abs(poles - t).min() <= 1e-9 for t in wanted["singular_t"])


def test_exponents_at_the_singularity() -> None:
    for case in reference.cases("zhu2023", "singularity"):
        given, wanted = case["inputs"], case["outputs"]
        p, lam = np.array(given["P"]), np.array(given["lam"])
        x, y = np.array(given["X"]), np.array(given["Y"])
        for row in wanted["table"]:
            lam[0] = 1.0 - row["eps"]
            w = (p * lam) @ np.linalg.inv(p)
            # The condition number of 1 − W, 1/eps, multiplies rounding.
            tolerance = max(1e-9, 1e-12 / row["eps"])
            states = eq.States(stability="off", missing="use-last")
            step = eq.update("gradient", "linear", w, x, eq.MeanSquaredError(y), 1.0, states=states)
            same(case, "J", step.loss, row["J"], tolerance)
            same(case, "gradient", np.linalg.norm(step.increment), row["norm_grad_W"], tolerance)
            linearised = eq.update("linearised", "linear", w, x, eq.MeanSquaredError(y), 1.0, states=states)
            same(case, "rule 3", np.linalg.norm(linearised.increment), row["norm_dW3_eta1"], tolerance)
