"""Tasks and back-propagation through time, through the public face."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import reference

from attractorlab import errors, tasks
from attractorlab.bptt import Training, adam, convergence_epoch, gradient_descent
from attractorlab.tasks import Batch, Task
from attractorlab.weight_change import WeightChange

Array = npt.NDArray[np.float64]


def forward(weights: dict[str, Array], inputs: Array, dt: float) -> Array:
    """The equations of the paper, one trial after the other."""
    outputs = []
    for u in inputs:
        h = weights["initial"][:, 0]
        z = []
        for step in u:
            drive = weights["recurrent"] @ np.tanh(h) + weights["input"] @ step + weights["bias"][:, 0]
            h = (1 - dt) * h + dt * drive
            z.append(weights["readout"].T @ np.tanh(h))
        outputs.append(z)
    return np.array(outputs)


def test_outputs_and_losses_are_those_of_the_equations() -> None:
    task = tasks.context_decision()
    training = Training(task, units=20, epochs=5, precision="float64")
    assert training.run() == "finished"
    batch = task.batch(6)
    loss, outputs = training.evaluate(batch)
    expected = forward(training.weights, batch.inputs, 0.5)
    assert np.abs(outputs - expected).max() < 1e-13
    mean = 0.5 * np.sum(batch.mask * (batch.targets - expected) ** 2) / batch.mask.sum()
    assert abs(loss / mean - 1) < 1e-12


def test_losses_and_gradients_are_those_of_the_reference() -> None:
    for case in reference.cases("schuessler2020", "forward_loss_gradient"):
        if case["rate_inside"] or case["nonlinearity"] != "tanh":
            continue
        p = case["params"]
        weights = {
            "recurrent": np.array(p["W"]),
            "input": np.array(p["WI"]).T,
            "bias": np.array(p["b"]),
            "readout": np.array(p["WO"]),
            "initial": np.array(p["h0"]),
        }
        # Any task of two channels gives the shapes; dt is that of the task.
        task = tasks.flip_flop(time_step=case["dt"])
        training = Training(task, units=4, weights=weights, precision="float64")
        batch = Batch(*(np.array(case[name]) for name in ("u", "target", "mask")))
        loss, outputs = training.evaluate(batch)
        assert abs(loss / case["expect"]["loss"] - 1) < 1e-10
        assert np.abs(outputs - np.array(case["expect"]["z"])).max() < 1e-12


@pytest.mark.parametrize("cell", ["current", "rate", "map", "gru", "lstm"])
def test_gradients_agree_with_differences(cell: str) -> None:
    training = Training(
        tasks.flip_flop(duration=15.0, gap=(1.0, 4.0)),
        units=9,
        g=0.7,
        cell=cell,  # type: ignore[arg-type]
        precision="float64",
    )
    checks = training.check_gradient(4)
    assert len(checks) == (7 if cell in ("gru", "lstm") else 5)
    assert max(check.relative_error for check in checks) < 1e-6


def test_a_saved_training_goes_on_with_the_same_bits(tmp_path: Path) -> None:
    def make(**more: object) -> Training:
        return Training(
            tasks.flip_flop(), units=24, epochs=8, snapshot_every=3, **more  # type: ignore[arg-type]
        )

    whole = make()
    whole.run()
    part = make()
    assert part.run(3) == "running"
    assert len(part.losses) == 3
    file = tmp_path / "training.safetensors"
    part.save(file)
    resumed = make(resume=file)
    assert resumed.run() == "finished"
    assert (resumed.losses == whole.losses).all()
    for name, values in whole.weights.items():
        assert (resumed.weights[name] == values).all()
    assert list(whole.snapshots) == [0, 3, 6]
    with pytest.raises(errors.InputError, match="other options"):
        make(resume=file, seed=2)
    with pytest.raises(errors.OutputError):
        make(resume=tmp_path / "none.safetensors")


def test_the_change_of_a_flip_flop_is_analysed() -> None:
    task = tasks.flip_flop()
    training = Training(task, units=64, g=0.9, epochs=100)
    before = training.weights["recurrent"]
    training.run()
    assert convergence_epoch(training.losses) is not None
    change = WeightChange(before, training.weights["recurrent"])
    test = task.batch(64)
    full, _ = training.evaluate(test)
    none, _ = training.evaluate(test, {"recurrent": before})
    some, _ = training.evaluate(test, {"recurrent": change.truncated(8)})
    assert none > 10 * full and some < 0.1 * none
    # The network goes on into the rest of the laboratory.
    assert training.network.units == 64


def test_exploding_trainings_say_so() -> None:
    training = Training(tasks.flip_flop(), units=16, epochs=20, optimiser=gradient_descent(1e30))
    assert training.run() == "not finite"
    assert training.status_epoch == len(training.losses)
    assert np.isfinite(training.weights["recurrent"]).all()


def test_bad_input_is_named() -> None:
    task = tasks.flip_flop()
    with pytest.raises(errors.InputError, match="too short"):
        tasks.flip_flop(duration=3.0)
    with pytest.raises(errors.InputError, match="unknown field"):
        tasks.flip_flop(lenght=3.0)
    with pytest.raises(errors.InputError, match="it has recurrent, input, bias"):
        Training(task, trained=["W"])
    with pytest.raises(errors.InputError, match="learning rate"):
        Training(task, optimiser=adam(-1.0))
    with pytest.raises(errors.InputError, match="recurrent must be"):
        Training(task, units=5, weights={"recurrent": np.zeros((4, 4))})
    with pytest.raises(errors.InputError, match="float64"):
        Training(task, units=5).check_gradient()
    training = Training(task, units=5)
    empty = Batch(np.zeros((2, 9, 2)), np.zeros((2, 9, 2)), np.zeros((2, 9, 2)))
    with pytest.raises(errors.InputError, match="mask is zero"):
        training.evaluate(empty)


def test_gated_cells_refuse_what_they_do_not_have() -> None:
    task = tasks.flip_flop()
    for cell in ("gru", "lstm"):
        for more in ({"noise": 0.5}, {"initial_noise": 0.5}):
            with pytest.raises(errors.InputError, match="without noise"):
                Training(task, units=8, epochs=1, cell=cell, **more)  # type: ignore[arg-type]
        for other in ({"transfer": "relu"}, {"readout_transfer": "tanh"}):
            with pytest.raises(errors.InputError, match="functions of its own"):
                Training(task, units=8, epochs=1, cell=cell, **other)  # type: ignore[arg-type]


def test_batches_depend_on_seed_and_step_alone() -> None:
    for task in (tasks.flip_flop(), tasks.working_memory(), tasks.driven_fixed_point(), tasks.cosine()):
        assert isinstance(task, Task)
        first, second = task.batch(5, seed=3, step=7), task.batch(5, seed=3, step=7)
        assert all((a == b).all() for a, b in zip(first, second, strict=True))
        assert first.targets.shape == (5, task.steps, task.outputs)
    assert (tasks.flip_flop().batch(5, step=1).inputs != tasks.flip_flop().batch(5, step=2).inputs).any()
