"""Reference values from simulations of finite networks, through Python: means within what both samples' spreads allow."""

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from reference import cases, check, name

from attractorlab import Transfer
from attractorlab.dynamics import fixed_point, output_response, simulate, spectrum
from attractorlab.feedback_network import FeedbackNetwork
from attractorlab.network import RateNetwork, gaussian_bulk
from attractorlab.theory.feedback import Direction, Inputs, predict
from attractorlab.theory.output_dynamics import predict as predict_outputs
from attractorlab.theory.readouts import GradientDescent, forecast, thresholds
from attractorlab.training import OutputTask

FEEDBACK, OUTPUT = "mastrogiuseppe2019", "rivkind2017"


def agree(case: Any, found: dict[str, list[float]], floor: float, reference: int) -> None:
    """The files' rule: four standard errors of the difference of two means, and a floor."""
    for what, values in found.items():
        wanted = case["out"][what]
        allowed = 4.0 * wanted["std"] * np.sqrt(1.0 / reference + 1.0 / len(values)) + floor
        assert abs(np.mean(values) - wanted["mean"]) <= allowed, (case["id"], what, np.mean(values), wanted)
        if reference >= 20 and len(values) >= 20 and wanted["std"] > 1e-3:
            assert 0.55 <= np.std(values, ddof=1) / wanted["std"] <= 1.8, (case["id"], what)


def inputs_of(given: Any) -> Inputs:
    return Inputs(g=given["g"], feedback_std=given["Sm"], input_std=given["SI"], rho=given["rho"])


class Drawn:
    """One network of a case, with what its vectors are made of."""

    def __init__(self, given: Any, seed: int) -> None:
        units, share = given["N"], given["rho"]
        rng = np.random.default_rng([20261124, seed])
        self.shared, self.own_feedback, self.own_input = rng.normal(size=(3, units))
        own = np.sqrt(1.0 - share**2)
        self.feedback = given["Sm"] * (share * self.shared + own * self.own_feedback)
        self.input = given["SI"] * (share * self.shared + own * self.own_input)
        bulk = gaussian_bulk(units, given["g"], seed=seed, replicate=77)
        self.network = FeedbackNetwork(bulk, self.feedback, self.input)
        self.start = rng.normal(size=units)

    def overlaps(self, n: Any) -> dict[str, float]:
        units = len(n)
        return {"s_nm": n @ self.feedback / units, "s_nI": n @ self.input / units}

    def closed(self, n: Any) -> RateNetwork:
        return RateNetwork(
            self.network.bulk, feedback=self.feedback, feedback_readout=n, readout=n, bias=self.input
        )

    def largest(self, n: Any, state: Any) -> tuple[float, float]:
        """Output of the state nearest to one, and the largest real part of its spectrum."""
        loop = self.closed(n)
        found = fixed_point(loop, state)
        assert found.status == "converged"
        return n @ np.tanh(found.state) / len(n), spectrum(loop, found.state).real.max()


def test_thresholds() -> None:
    for case in cases(FEEDBACK, "thresholds"):
        a_b, a_c = thresholds(inputs_of(case["in"]), case["in"]["A"])
        check(case, "a_b", a_b, case["out"]["a_b"])
        check(case, "a_c", a_c, case["out"]["a_c"])


def test_slow_gradient_descent() -> None:
    for case in cases(FEEDBACK, "gd_slow"):
        found = forecast(inputs_of(case["in"]), GradientDescent(), case["in"]["A"])
        check(case, "s_nm", found.overlap_feedback, case["out"]["s_nm"])
        check(case, "s_nI", found.overlap_input, case["out"]["s_nI"])


@pytest.mark.parametrize("case", cases(FEEDBACK, "fin_ls"), ids=name)
def test_least_squares_networks(case: Any) -> None:
    found = defaultdict(list)
    for seed in range(20):
        drawn, target = Drawn(case["in"], seed), case["in"]["A"]
        n = drawn.network.train("least-squares", target).readout
        z, largest = drawn.largest(n, drawn.network.clamped_state(target))
        assert abs(z - target) < 1e-8
        for what, value in (drawn.overlaps(n) | {"outlier": largest}).items():
            found[what].append(value)
    agree(case, found, 1e-3, case["in"]["seeds"])


@pytest.mark.parametrize("case", cases(FEEDBACK, "fin_gauss"), ids=name)
def test_gaussian_readouts_of_networks(case: Any) -> None:
    given, z = case["in"], []
    direction = Direction(shared=given["p"], feedback_own=given["pm"], input_own=given["pI"])
    scale = predict(inputs_of(given), direction, given["A"]).scale
    for seed in range(30):
        drawn = Drawn(given, seed)
        along = given["p"] * drawn.shared + given["pm"] * drawn.own_feedback + given["pI"] * drawn.own_input
        points = drawn.network.verdict(scale * along, given["A"]).fixed_points.z
        z.append(points[np.abs(points - given["A"]).argmin()])
    agree(case, {"z": z}, 1e-3, given["seeds"])


@pytest.mark.parametrize("case", [*cases(FEEDBACK, "fin_rls"), *cases(FEEDBACK, "fin_gd")], ids=name)
def test_networks_trained_with_the_loop_closed(case: Any) -> None:
    given, found = case["in"], defaultdict(list)
    for seed in range(given["seeds"] if case["kind"] == "fin_rls" else 8):
        drawn = Drawn(given, seed)
        start = drawn.start if given.get("init") == "random" else drawn.network.clamped_state(0.0)
        rule = "recursive" if case["kind"] == "fin_rls" else "delta"
        trained = drawn.network.train(rule, given["A"], start=start)  # type: ignore[arg-type]
        assert trained.converged
        n = trained.readout
        values = drawn.overlaps(n) | {"norm_n": np.linalg.norm(n) / np.sqrt(len(n))}
        if rule == "recursive":
            values["z"], values["max_re"] = drawn.largest(n, trained.state)
        for what, value in values.items():
            found[what].append(value)
    agree(case, found, 1e-3, given["seeds"])


def test_basins() -> None:
    for case in cases(FEEDBACK, "fin_basin"):
        given = case["in"]
        direction = Direction(shared=given["p"], feedback_own=given["pm"], input_own=given["pI"])
        scale = predict(inputs_of(given), direction, given["A"]).scale
        found = defaultdict(list)
        for seed in range(16):
            drawn = Drawn(given, seed)
            along = given["p"] * drawn.shared + given["pm"] * drawn.own_feedback + given["pI"] * drawn.own_input
            starts = np.random.default_rng(seed).normal(size=(given["N"], given["inits"]))
            outcomes = drawn.network.release(scale * along, starts)
            assert outcomes.settled.all()
            up = outcomes.z > 0.0
            found["frac_target"].append(up.mean())
            # Starts of one network end at the same state: one value a network.
            found["z_target"].extend(outcomes.z[up][:1])
            found["z_other"].extend(outcomes.z[~up][:1])
        for what, values in found.items():
            wanted = case["out"][what]
            allowed = 4.0 * wanted["std"] * np.sqrt(1.0 / given["seeds"] + 1.0 / len(values)) + 1e-3
            assert abs(np.mean(values) - wanted["mean"]) <= allowed, (what, np.mean(values), wanted)


def output_task(given: Any, seed: int) -> tuple[OutputTask, Any, Any, Transfer]:
    units = given["N"]
    targets = np.array(given["F"]) if "F" in given else np.array([[given["A"]]])
    feedback = np.random.default_rng([20261125, seed]).normal(size=(units, targets.shape[1]))
    bulk = gaussian_bulk(units, given["g"], seed=seed, replicate=78)
    transfer = Transfer(given["phi"], threshold=given.get("theta", 0.0))
    return OutputTask(transfer, bulk, feedback, targets), bulk, feedback, transfer


def within(case: Any, what: str, values: list[float], mean: Any, std: Any, floor: float) -> None:
    if mean is None:
        return
    allowed = 4.0 * std * np.sqrt(1.0 / case["input"]["n_seeds"] + 1.0 / len(values)) + floor
    assert abs(np.mean(values) - mean) <= allowed, (case["id"], what, np.mean(values), mean, allowed)


@pytest.mark.parametrize("case", cases(OUTPUT, "finite_stats"), ids=name)
def test_finite_networks_of_several_targets(case: Any) -> None:
    given, out = case["input"], case["output"]
    theory = predict_outputs(
        Transfer(given["phi"], threshold=given.get("theta", 0.0)), given["g"], given["F"]
    )
    count = len(given["F"])
    assert np.abs(theory.variance - out["theory"]["x2"]).max() < 1e-6
    found = defaultdict(list)
    for seed in range(6):
        task, bulk, feedback, transfer = output_task(given, seed)
        trained = task.least_squares()
        closed = RateNetwork(
            bulk,
            feedback=feedback,
            feedback_readout=trained.readout,
            readout=trained.readout,
            transfer=transfer,
        )
        x = trained.states
        for m in range(count):
            found[f"x2 {m}"].append((x[:, m] ** 2).mean())
            open_loop = output_response(closed, x[:, m], [0.0], open_loop=True)[0]
            found[f"trG0 {m}"].append(np.trace(open_loop).real)
    for m in range(count):
        for what in ("x2", "trG0"):
            within(case, what, found[f"{what} {m}"], out[what]["mean"][m], out[what]["std"][m], 0.002)


def test_decay_of_kicks() -> None:
    for case in cases(OUTPUT, "decay"):
        given, out = case["input"], case["output"]
        times, kick, found = np.array(given["t"]), 1e-5, defaultdict(list)
        for seed in range(5):
            task, bulk, feedback, transfer = output_task(given, seed)
            trained = task.least_squares()
            n, at = trained.readout, trained.states[:, 0]
            closed = RateNetwork(
                bulk, feedback=feedback, feedback_readout=n, readout=n, transfer=transfer
            )
            random = np.random.default_rng(seed).normal(size=len(at))
            start = at[:, np.newaxis] + kick * np.stack([feedback[:, 0], random], axis=1)
            run = simulate(closed, start, steps=80, dt=0.1, integrator="runge-kutta", record="states")
            for i, t in enumerate(times):
                frame = round(t / 0.1)
                z = n[:, 0] @ np.tanh(run.frames[frame, :, 0]) / len(at)
                found[f"output {i}"].append((z - given["A"]) / kick)
                away = np.linalg.norm(run.frames[frame, :, 1] - at)
                found[f"internal {i}"].append(away / np.linalg.norm(start[:, 1] - at))
        for i in range(len(times)):
            for what in ("output", "internal"):
                mean, std = out[f"{what}_mean"][i], out[f"{what}_std"][i]
                within(case, what, found[f"{what} {i}"], mean, std, 0.01)
