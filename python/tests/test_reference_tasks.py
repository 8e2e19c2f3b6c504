"""The reference cases of tasks and of training through time, through Python."""

from typing import Any

import numpy as np
import pytest
import reference

from attractorlab import tasks
from attractorlab.bptt import Training, adam, gradient_descent
from attractorlab.errors import InputError
from attractorlab.tasks import Batch, ContextTrial, OwnTask, Pulse, WorkingMemoryTrial
from attractorlab.weight_change import WeightChange

FILE = "schuessler2020"
PARTS = {"W": "recurrent", "WI": "input", "WO": "readout"}


def weights_of(case: Any) -> dict[str, Any]:
    p = case["params"]
    return {
        "recurrent": np.array(p["W"]),
        "input": np.array(p["WI"]).T,
        "bias": np.array(p["b"]),
        "readout": np.array(p["WO"]),
        "initial": np.array(p["h0"]),
    }


def batch_of(case: Any) -> Batch:
    return Batch(*(np.array(case[name]) for name in ("u", "target", "mask")))


def always(batch: Batch, time_step: float) -> OwnTask:
    """The same trials in every step, the first ones if fewer are asked for."""
    return OwnTask(
        lambda generator, trials: (batch.inputs[:trials], batch.targets[:trials], batch.mask[:trials]),
        inputs=batch.inputs.shape[2],
        outputs=batch.targets.shape[2],
        steps=batch.inputs.shape[1],
        time_step=time_step,
    )


def near(case: Any, what: str, found: Any, expected: Any, absolute: float = 0.0) -> None:
    """Relative to the largest entry."""
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    allowed = absolute + case.get("rtol", 1e-9) * np.abs(expected).max()
    assert np.abs(found - expected).max() <= allowed, (case["name"], what, found, expected)


@pytest.mark.parametrize("case", reference.cases(FILE, "forward_loss_gradient"), ids=lambda case: case["name"])
def test_states_losses_and_gradients(case: Any) -> None:
    batch, expect = batch_of(case), case["expect"]
    transfer = "linear" if case["nonlinearity"] == "id" else case["nonlinearity"]
    # With the rate inside, outputs are read from φ(h) too.
    inside = {"cell": "rate", "readout_transfer": transfer} if case["rate_inside"] else {"cell": "current"}
    training = Training(
        always(batch, case["dt"]),
        units=4,
        weights=weights_of(case),
        precision="float64",
        transfer=transfer,
        **inside,
    )
    loss, outputs = training.evaluate(batch)
    near(case, "J", loss, expect["loss"])
    near(case, "z", outputs, expect["z"])
    also, gradient = training.gradient(batch)
    assert also == loss
    for name, values in expect["grad"].items():
        found = gradient[{**PARTS, "b": "bias", "h0": "initial"}[name]]
        near(case, f"dJ/d{name}", (found.T if name == "WI" else found).reshape(np.shape(values)), values)
    if not case["rate_inside"]:
        # A network by itself reads its outputs from h or φ(h) as its form says, not as a training may.
        network = training.network
        for u, h in zip(batch.inputs, np.array(expect["h"]), strict=True):
            near(case, "h0", network.initial_state, h[0])
            near(case, "h", network.run(u), h[1:])


def runs(values: Any) -> list[list[float]]:
    """[channel, first, end, value] of constant values other than zero of one trial (steps, channels)."""
    found = []
    for channel, column in enumerate(values.T):
        edges = [0, *(np.flatnonzero(np.diff(column)) + 1), len(column)]
        spans = zip(edges[:-1], edges[1:], strict=True)
        found += [[channel, first, end, column[first]] for first, end in spans if column[first] != 0.0]
    return found


def given_trial(case: Any) -> tuple[tasks.Task, tasks.Trial]:
    match case["name"]:
        case "task_flipflop":
            return tasks.flip_flop(), [Pulse(gap, channel, sign) for gap, channel, sign in case["pulses"]]
        case "task_mante_noise_free":
            return tasks.context_decision(noise=0.0), ContextTrial(case["context"], tuple(case["coh"]))
        case "task_romo":
            return tasks.working_memory(), WorkingMemoryTrial((case["a0"], case["a1"]), case["gap"])
    raise AssertionError(case["name"])


@pytest.mark.parametrize("case", reference.cases(FILE, "task"), ids=lambda case: case["name"])
def test_given_trials(case: Any) -> None:
    (task, trial), expect = given_trial(case), case["expect"]
    batch = task.batch_of([trial])
    assert batch.inputs.shape[:2] == (1, expect["n_steps"])
    assert runs(batch.inputs[0]) == expect["u_runs"]
    assert runs(batch.targets[0]) == expect["target_runs"]
    assert runs(batch.mask[0]) == expect["mask_runs"]
    assert batch.mask.sum() == expect["mask_sum"]
    if "noise_std_per_step" in expect:
        noisy = tasks.context_decision().batch_of([trial] * 200, seed=3)
        noise = (noisy.inputs - batch.inputs)[:, :, 2:]
        assert abs(noise.std() / expect["noise_std_per_step"] - 1.0) < 4.0 / np.sqrt(2.0 * noise.size)
        assert (noisy.inputs[:, :, :2] == batch.inputs[:, :, :2]).all()


def test_trials_that_are_none_are_refused() -> None:
    for task, trials, words in (
        (tasks.flip_flop(), [[(5.0, 2, 1.0)]], "below 2, the number of channels, got 2"),
        (tasks.flip_flop(), [[(5.0, 0, 0.5)]], "1 or -1, got 0.5"),
        (tasks.flip_flop(), [[(-5.0, 0, 1.0)]], "gap must be a finite number that is not negative, got -5"),
        (tasks.flip_flop(), [(0, (1.0, 1.0))], "trials must be those of flip_flop"),
        (tasks.flip_flop(), [], "at least one trial"),
        (tasks.context_decision(), [(2, (1.0, 1.0))], "context must be 0 or 1, got 2"),
        (tasks.context_decision(), [(-1, (1.0, 1.0))], "trials must be those of context_decision"),
        (tasks.context_decision(), [(0, (np.nan, 1.0))], "a coherence must be a finite number"),
        (tasks.working_memory(), [((0.5, 1.0), 9.0)], "at most 8, the longest of the task, got 9"),
        (tasks.working_memory(), [((0.5, np.inf), 3.0)], "a stimulus must be a finite number"),
        (tasks.cosine(), [1], "not for cosine"),
    ):
        with pytest.raises(InputError, match=words):
            task.batch_of(trials)  # type: ignore[arg-type]


@pytest.mark.parametrize("case", reference.cases(FILE, "training_steps"), ids=lambda case: case["name"])
def test_training_steps(case: Any) -> None:
    batch, expect = batch_of(case), case["expect"]
    rule = gradient_descent(case["lr"]) if case["optimizer"] == "sgd" else adam(case["lr"])
    before = weights_of(case)
    training = Training(
        always(batch, case["dt"]),
        units=4,
        weights=before,
        precision="float64",
        epochs=case["steps"],
        trials=len(batch.inputs),
        optimiser=rule,
        trained=[PARTS[name] for name in case["trained"]],
    )
    for epochs, key in ((1, "after_1"), (None, "after_k")):
        training.run(epochs)
        for name, values in expect[key].items():
            found = training.weights[PARTS[name]]
            near(case, f"{key} {name}", found.T if name == "WI" else found, values)
    losses = [*training.losses, training.evaluate(batch)[0]]
    near(case, "losses", losses, expect["losses"])
    change = WeightChange(before["recurrent"], training.weights["recurrent"])
    near(case, "singular values", change.singular_values, expect["sv_dW"], 1e-12)


def test_a_linear_network_learns_a_fixed_point() -> None:
    for case in reference.cases(FILE, "linear_fp_training"):
        task = tasks.driven_fixed_point(duration=float(case["t_max"]), target=case["zhat"])
        before = weights_of(case)
        training = Training(
            task,
            units=case["N"],
            weights=before,
            precision="float64",
            transfer="linear",
            epochs=case["steps"],
            trials=1,
            optimiser=gradient_descent(case["lr"]),
            trained=["recurrent"],
        )
        training.run()
        near(case, "losses", training.losses, case["expect"]["losses"])
        near(case, "W", training.weights["recurrent"], case["expect"]["W_final"])
        change = WeightChange(before["recurrent"], training.weights["recurrent"])
        near(case, "singular values", change.singular_values, case["expect"]["sv_dW"], 1e-9)


def test_the_autonomous_cosine() -> None:
    for case in reference.cases(FILE, "cosine"):
        periods = {"period": float(case["period"]), "periods": float(case["n_periods"])}
        task = tasks.cosine(duration=float(case["t_max"]), time_step=case["dt"], **periods)
        weights = weights_of(case) | {"input": np.zeros((5, 0))}
        training = Training(task, units=5, weights=weights, precision="float64", transfer="linear")
        batch = task.batch(1)
        assert batch.mask.sum() == case["expect"]["mask_sum"] and task.steps == case["expect"]["n_steps"]
        loss, outputs = training.evaluate(batch)
        near(case, "J", loss, case["expect"]["loss"])
        near(case, "z", outputs.reshape(-1), case["expect"]["z"])


def test_samples_of_the_tasks() -> None:
    expect = next(c for c in reference.cases(FILE, "statistics") if c["name"] == "task_sampler_statistics")["expect"]
    names = {"flipflop": tasks.flip_flop(), "mante": tasks.context_decision(), "romo": tasks.working_memory()}
    for name, task in names.items():
        batch, wanted = task.batch(4000, seed=12), expect[name]
        share, power = batch.mask.mean(axis=(1, 2)), (batch.inputs**2).mean(axis=(1, 2))
        for found, mean in ((share, wanted["mask_fraction_mean"]), (power, wanted["u_mean_square"])):
            # Both samples scatter.
            allowed = 4.0 * found.std() * np.sqrt(1 / 4000 + 1 / wanted["n_trials"]) + 1e-12
            assert abs(found.mean() - mean) <= allowed, (name, found.mean(), mean)
        zero = 0.5 * (batch.mask * batch.targets**2).sum() / batch.mask.sum()
        assert abs(zero / wanted["loss_of_zero_output"] - 1) < 0.01


def test_truncation() -> None:
    for case in reference.cases(FILE, "truncation"):
        batch, expect = batch_of(case), case["expect"]
        change = WeightChange(case["W0"], case["params"]["W"])

        def loss(recurrent: Any, case: Any = case, batch: Batch = batch) -> float:
            training = Training(
                always(batch, case["dt"]),
                units=8,
                weights=weights_of(case) | {"recurrent": recurrent},
                precision="float64",
            )
            return float(training.evaluate(batch)[0])

        curve = change.truncation_curve(25, loss)
        near(case, "singular values", change.singular_values, expect["sv_dW"], case["atol"])
        near(case, "losses", curve.losses, expect["trunc_loss"], case["atol"])
        assert curve.functional_rank() == expect["functional_rank"]
