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
from attractorlab.weight_change import WeightChange, eigenvalues_along, singular_values_along

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


def test_a_stack_is_a_chain_of_cells() -> None:
    task = tasks.flip_flop(duration=10.0)
    training = Training(task, units=6, cell="lstm", layers=2, epochs=2, precision="float64", dropout=0.3)
    assert training.run() == "finished"
    weights = training.weights

    def cell(layer: int, h: Array, c: Array, u: Array) -> tuple[Array, Array]:
        part = {name: weights[f"{name}_l{layer}"] for name in ("recurrent", "input", "input_bias", "recurrent_bias")}
        drive = part["recurrent"] @ h + part["input"] @ u
        drive += part["input_bias"][:, 0] + part["recurrent_bias"][:, 0]
        i, f, g, o = np.split(drive, 4)
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        return np.tanh(c) / (1 + np.exp(-o)), c

    batch = task.batch(3)
    _, outputs = training.evaluate(batch)
    for u, z in zip(batch.inputs, outputs, strict=True):
        states = [(np.zeros(6), np.zeros(6)) for _ in range(2)]
        for step, expected in zip(u, z, strict=True):
            states[0] = cell(0, *states[0], step)
            states[1] = cell(1, *states[1], states[0][0])
            found = weights["readout"].T @ states[1][0] + weights["readout_bias"][:, 0]
            assert np.abs(found - expected).max() < 1e-12
    assert max(check.relative_error for check in training.check_gradient(3)) < 1e-6
    with pytest.raises(errors.InputError, match="a single layer"):
        _ = training.network
    for wrong in ({"layers": 0}, {"dropout": 1.0}, {"layers": -1}):
        with pytest.raises(errors.InputError):
            Training(task, units=4, cell="gru", **wrong)
    with pytest.raises(errors.InputError, match="layers and dropout are for the cells"):
        Training(task, units=4, layers=2)


def echo(generator: np.random.Generator, trials: int) -> tuple[Array, Array, Array]:
    inputs = generator.normal(size=(trials, 12, 1))
    return inputs, inputs.copy(), np.ones((trials, 12, 1))


def test_a_task_of_ones_own_is_trained() -> None:
    task = tasks.OwnTask(echo, inputs=1, outputs=1, steps=12)
    training = Training(task, units=20, epochs=30, seed=2**63)
    assert training.run(10) == "running"
    assert training.run() == "finished"
    again = Training(task, units=20, epochs=30, seed=2**63)
    again.run()
    assert (again.losses == training.losses).all()
    batch = task.batch(16, seed=2**63, step=0)
    loss, _ = training.evaluate(batch, training.initial_weights)
    assert loss != training.losses[0]
    first, _ = training.evaluate(task.batch(32, seed=2**63, step=0), training.initial_weights)
    assert abs(first / training.losses[0] - 1) < 1e-5
    assert len(Training(task, units=5, precision="float64").check_gradient(4)) == 5


def test_what_an_own_task_does_wrong_is_told() -> None:
    def failing(generator: np.random.Generator, trials: int) -> tuple[Array, Array, Array]:
        raise KeyError("lost")

    def wrong_shape(generator: np.random.Generator, trials: int) -> tuple[Array, Array, Array]:
        return np.zeros((trials, 5, 2)), np.zeros((trials, 5, 1)), np.ones((trials, 5, 1))

    def later(generator: np.random.Generator, trials: int) -> tuple[Array, Array, Array]:
        inputs, targets, mask = echo(generator, trials)
        if trials == 7 and inputs[0, 0, 0] != 0.0:
            raise ZeroDivisionError("in the middle")
        return inputs, targets, mask

    with pytest.raises(errors.InputError, match="lost"):
        Training(tasks.OwnTask(failing, 1, 1, 5), units=4)
    with pytest.raises(errors.InputError, match="must be of shape"):
        Training(tasks.OwnTask(wrong_shape, 1, 1, 5), units=4)
    with pytest.raises(errors.InputError, match="mask"):
        nothing = lambda g, n: (np.zeros((n, 5, 1)), np.zeros((n, 5, 1)), np.zeros((n, 5, 1)))  # noqa: E731
        Training(tasks.OwnTask(nothing, 1, 1, 5), units=4)
    with pytest.raises(errors.InputError, match="steps must be at least 1"):
        tasks.OwnTask(echo, 1, 1, 0)
    training = Training(tasks.OwnTask(later, 1, 1, 12), units=4, trials=7, epochs=3)
    with pytest.raises(ZeroDivisionError, match="in the middle"):
        training.run()


def test_a_running_training_can_be_looked_at() -> None:
    import threading
    import time

    training = Training(tasks.flip_flop(), units=64, epochs=100_000)
    thread = threading.Thread(target=lambda: training.run(400))
    thread.start()
    seen = 0
    begin = time.monotonic()
    while thread.is_alive() and time.monotonic() - begin < 60:
        count = len(training.losses)
        seen += 0 < count < 400
        time.sleep(0.01)
    thread.join()
    assert seen > 3 and len(training.losses) == 400


def test_psychometric_curves_are_those_of_the_trials() -> None:
    decision, memory = tasks.context_decision(), tasks.working_memory()
    curves = tasks.psychometric_curves(decision, lambda batch: batch.targets, 400)
    relevant, irrelevant = curves["relevant"], curves["irrelevant"]
    assert sorted(relevant.stimulus) == [-1, -0.5, -0.25, -0.125, 0.125, 0.25, 0.5, 1]
    assert relevant.trials.sum() == irrelevant.trials.sum() == 400
    assert (relevant.share == (relevant.stimulus > 0)).all()
    # Irrelevant stimuli say nothing: half of 50 trials a point, sd 0.07.
    assert np.abs(irrelevant.share - 0.5).max() < 0.35
    difference = tasks.psychometric_curves(memory, lambda batch: batch.targets, 400, width=0.2)["difference"]
    assert (difference.share == (difference.stimulus > 0)).all() and difference.trials.sum() == 400
    with pytest.raises(errors.InputError, match="psychometric curves are those of"):
        tasks.psychometric_curves(tasks.flip_flop(), lambda batch: batch.targets)
    with pytest.raises(errors.InputError, match="must be of shape"):
        tasks.psychometric_curves(decision, lambda batch: batch.targets[:, 1:])
    with pytest.raises(errors.InputError, match="width"):
        tasks.psychometric_curve([1.0], [True], -1.0)
    with pytest.raises(errors.InputError, match="one choice for each stimulus"):
        tasks.psychometric_curve([1.0], [])


def test_text_classification_reads_files(tmp_path: Path) -> None:
    # Words that stand in other company have other vectors.
    kinds = ("splendid and moving", "dreadful and dull")
    lines = [f"{(-1) ** k * 1.5}\tA {kinds[k % 2]} film {k % 5}" for k in range(80)]
    path = tmp_path / "reviews.tsv"
    path.write_text("\n".join(lines))
    task = tasks.text_classification(data=path, dimension=3, validation=20)
    batch = task.batch(20)
    assert batch.inputs.shape == (20, 6, 3) and batch.mask.sum() == 20
    training = Training(task, units=12, cell="gru", epochs=60, loss="binary_cross_entropy", optimiser=adam(0.02))
    training.run()
    assert tasks.accuracy(training.evaluate(batch)[1], batch) == 1.0
    with pytest.raises(errors.InputError, match="nowhere"):
        tasks.text_classification(data=tmp_path / "nowhere.tsv")
    with pytest.raises(errors.InputError, match="one shape"):
        tasks.accuracy([1.0], batch)


def test_changes_of_trained_networks() -> None:
    task = tasks.flip_flop(duration=20.0)
    training = Training(task, units=16, epochs=12, snapshot_every=4, precision="float64")
    training.run()
    change = training.change()
    test = task.batch(16)
    assert abs(change.change.norm - np.linalg.norm(training.weights["recurrent"] - training.initial_weights["recurrent"])) < 1e-12
    curve = change.truncation_curve(3, test)
    assert abs(curve.trained / training.evaluate(test)[0] - 1) < 1e-9
    assert curve.losses[0] == change.loss_with(training.initial_weights["recurrent"], test)
    assert change.shuffled_loss(1, test) > 0
    snapshots = [weights["recurrent"] for weights in training.snapshots.values()]
    values = singular_values_along(training.initial_weights["recurrent"], snapshots, 2)
    assert values.shape == (3, 2) and values[0].max() == 0.0 and values[2, 0] > values[1, 0] > 0
    assert eigenvalues_along(snapshots, 2).shape == (3, 2)
    with pytest.raises(errors.InputError, match="a snapshot"):
        singular_values_along(np.eye(3), [np.eye(2)])
    with pytest.raises(errors.InputError, match="no parameters 'nothing'"):
        training.change("nothing")


def test_numbers_that_are_no_ranks_are_told() -> None:
    with pytest.raises(errors.InputError, match="at least one row"):
        WeightChange(np.zeros((0, 0)), np.zeros((0, 0)))
    change = WeightChange(np.zeros((3, 3)), np.eye(3))
    for call in (
        lambda: change.truncated(-1),
        lambda: change.truncation_curve(-1, lambda _: 0.0),
        lambda: change.overlaps(np.ones((3, 1)), np.ones((3, 1)), -1),
        lambda: change.significance(-1),
    ):
        with pytest.raises(errors.InputError, match="whole number that is not negative, got -1"):
            call()
    assert (change.truncated(10**30) == np.eye(3)).all()
