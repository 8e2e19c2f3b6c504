"""Learning on fixed points."""

from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from attractorlab import equilibrium, images
from attractorlab.equilibrium import (
    MeanSquaredError,
    SoftmaxCrossEntropy,
    States,
    Trainer,
    check_gradient,
    linear_course,
    solve,
    update,
)
from attractorlab.errors import InputError

RNG = np.random.default_rng(5)
N, M = 25, 6
W = 0.6 * RNG.standard_normal((N, N)) / np.sqrt(N)
X = RNG.standard_normal((N, M))
Y = 0.4 * RNG.standard_normal((N, M))


def test_states_solve_their_equation_and_their_growth_is_that_of_numpy() -> None:
    found = solve("tanh", W, X, states=States(stability="spectrum"))
    assert np.abs(np.tanh(W @ found.rates + X) - found.rates).max() < 1e-11
    for c in range(M):
        growth = np.linalg.eigvals(found.gains[:, [c]] * W).real.max()
        assert abs(growth - found.growth[c]) < 1e-9


def test_an_unstable_state_is_called_unstable() -> None:
    # r = 0 of a linear unit with weight 2 solves the equation, but the dynamics leaves it.
    found = solve("linear", [[2.0]], [[1.0]])
    assert found.status == ("unstable",)
    assert abs(found.rates[0, 0] + 1.0) < 1e-10


def test_rules_of_linear_networks_are_those_of_the_formulas() -> None:
    rate = 0.1
    a = np.linalg.inv(np.eye(N) - W)
    error = a @ X - Y
    gradient = -rate * 2 / M * a.T @ error @ (a @ X).T
    response = a - rate * 2 / M * error @ X.T
    for rule, expected in [
        ("gradient", gradient),
        ("reparameterised", np.eye(N) - np.linalg.inv(response) - W),
    ]:
        found = update(rule, "linear", W, X, MeanSquaredError(Y), rate)
        assert np.abs(found.increment - expected).max() < 1e-9
    with pytest.raises(InputError, match="gains"):
        update("reparameterised", "tanh", W, X, MeanSquaredError(Y), rate)


def test_gradient_check_of_both_losses() -> None:
    readout = RNG.standard_normal((3, N))
    losses: list[MeanSquaredError | SoftmaxCrossEntropy] = [
        MeanSquaredError(Y),
        SoftmaxCrossEntropy(readout, [0, 1, 2, 0, 1, 2]),
    ]
    for loss in losses:
        assert check_gradient("tanh", W, X, loss).error < 1e-7
    with pytest.raises(InputError, match="label 3"):
        check_gradient("tanh", W, X, SoftmaxCrossEntropy(readout, [0, 1, 2, 0, 1, 3]))


def test_a_saved_run_continues_to_the_same_bits(tmp_path: Path) -> None:
    def begin(precision: str = "float64") -> Trainer:
        return Trainer("gradient", "tanh", W, learning_rate=0.01, optimiser="adam", clip=1.0, precision=precision)  # type: ignore[arg-type]

    whole, first, second = begin(), begin(), begin()
    for _ in range(6):
        whole.step(X, MeanSquaredError(Y))
    for _ in range(3):
        first.step(X, MeanSquaredError(Y))
    first.save(tmp_path / "run.safetensors", "a")
    with pytest.raises(InputError, match="another configuration"):
        second.load(tmp_path / "run.safetensors", "b")
    second.load(tmp_path / "run.safetensors", "a")
    for _ in range(3):
        second.step(X, MeanSquaredError(Y))
    assert np.array_equal(whole.weights, second.weights)
    with pytest.raises(InputError, match="precision"):
        begin("float32").load(tmp_path / "run.safetensors", "a")


def test_closed_forms_landscape_and_distance() -> None:
    losses, weights = linear_course("linearised", X, Y, W, 0.01, 20, every=5)
    a = np.linalg.inv(np.eye(N) - weights)
    assert losses.shape == (5,)
    assert abs(losses[-1] / (((a @ X - Y) ** 2).sum() / M) - 1.0) < 1e-9
    best = equilibrium.interpolating_weights(X, Y)
    found = equilibrium.landscape(X, Y, best, [W], [[0.0], [0.1]], with_growth=True)
    assert found.loss[0] < 1e-18 < found.loss[1]
    poles = equilibrium.singular_steps(best, W)
    assert all(abs(np.linalg.det(np.eye(N) - best - t * W)) < 1e-6 for t in poles if abs(t) < 3)
    assert equilibrium.response_distance(W, W) == 0.0


def test_the_course_of_rule_1_is_that_of_its_steps() -> None:
    losses, weights = linear_course("gradient", X, Y, W, 0.3, 20, every=8)
    stepped, expected = W, []
    for step in range(21):
        a = np.linalg.inv(np.eye(N) - stepped)
        if step % 8 == 0:
            expected.append(((a @ X - Y) ** 2).sum() / M)
        if step < 20:
            stepped = stepped - 0.3 * 2 / M * a.T @ (a @ X - Y) @ (a @ X).T
    assert np.allclose(losses, expected, rtol=1e-10, atol=0.0)
    assert np.allclose(weights, stepped, rtol=0.0, atol=1e-12)
    losses, weights = linear_course("gradient", [[1.0]], [[0.0]], [[0.0]], 1e308, 2)
    assert losses[0] == 1.0 and np.isinf(losses[1:]).all() and np.isnan(weights).all()
    assert np.isnan(linear_course("gradient", [[1.0]], [[0.0]], [[0.0]], 1e308, 1, every=2)[1]).all()


@pytest.mark.parametrize("rule", ["gradient", "reparameterised", "linearised"])
def test_a_course_begins_where_there_is_a_response(
    rule: Literal["gradient", "reparameterised", "linearised"],
) -> None:
    for start in (np.diag([1.0] + [0.0] * (N - 1)), np.full((N, N), np.inf)):
        with pytest.raises(ValueError):
            linear_course(rule, X, Y, start, 0.3, 4)
    with pytest.raises(InputError, match="rule must be 'gradient', 'reparameterised'"):
        linear_course("descent", X, Y, W, 0.3, 4)  # type: ignore[arg-type]


def test_a_diverging_course_keeps_its_losses() -> None:
    losses, weights = linear_course("linearised", X, Y, W, 10.0, 60)
    assert losses.shape == (61,)
    assert losses[0] == pytest.approx(((np.linalg.inv(np.eye(N) - W) @ X - Y) ** 2).sum() / M)
    assert np.isfinite(losses[1]) and np.isinf(losses[-1]) and not np.isnan(losses).any()
    assert np.isnan(weights).all()


def test_another_training_is_not_continued(tmp_path: Path) -> None:
    file = tmp_path / "run.safetensors"
    first = Trainer("gradient", "tanh", W, learning_rate=0.01)
    first.step(X, MeanSquaredError(Y))
    first.save(file)
    for rule, transfer, rate in [("linearised", "tanh", 0.01), ("gradient", "relu", 0.01), ("gradient", "tanh", 0.02)]:
        other = Trainer(rule, transfer, W, learning_rate=rate)
        with pytest.raises(InputError, match="trained otherwise"):
            other.load(file)
    with pytest.raises(InputError, match="must have 25 rows"):
        first.step(X, MeanSquaredError(Y[:3]))


def test_images() -> None:
    digits = images.digits()
    assert digits.columns().shape == (64, 1797)
    assert digits.columns().max() == 1.0
    assert np.bincount(digits.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    with pytest.raises(InputError, match="train-images"):
        images.read_folder("/nowhere")
