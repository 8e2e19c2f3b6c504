"""What every function does with what users pass: lists and arrays of any layout are taken, all else is refused in words."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import attractorlab as al
from attractorlab import alignment, dynamics, feedback_network, gaussian, network, tasks, training, weight_change
from attractorlab import equilibrium as eq
from attractorlab.bptt import Training
from attractorlab.theory import chaos, feedback, linear_learning, output_dynamics, readouts

N = 6
RNG = np.random.default_rng(0)
W = 0.3 * RNG.standard_normal((N, N))
V = RNG.standard_normal(N)
X = RNG.standard_normal((N, 4))
POSITIVE = np.abs(V)

RATE = network.RateNetwork(W, feedback=V, feedback_readout=V, readout=V, input_weights=X[:, :2])
CELL = al.Network.from_arrays({"weight_ih_l0": X[:, :3], "weight_hh_l0": W})
HELD = feedback_network.FeedbackNetwork(W, V, X[:, 0])
TRAINING = Training(tasks.flip_flop(), units=N, precision="float64")
BATCH = tasks.flip_flop().batch(2)
INPUTS, DIRECTION = feedback.Inputs(0.3, 1.2, 0.5, 0.5), feedback.Direction(1.0, 1.0, 0.3)
LOSS = eq.MeanSquaredError(X)
CURVE = feedback.ReadoutCurve(INPUTS, DIRECTION)

Call = tuple[Callable[[Any], Any], npt.NDArray[np.float64]]

# Functions that compute element by element take arrays of every shape.
ELEMENTWISE: dict[str, Call] = {
    "average": (lambda a: gaussian.average("tanh", "phi^2", 0.0, a), POSITIVE),
    "pair_average": (lambda a: gaussian.pair_average("tanh", "phi", "phi", 0.0, (1.0, 2.0), a), POSITIVE / 5),
    "predict, target": (lambda a: feedback.predict(INPUTS, DIRECTION, a).scale, POSITIVE),
    "predict, g": (
        lambda a: feedback.predict(feedback.Inputs(a, 1.2, 0.5, 0.5), DIRECTION, 1.0).scale,
        POSITIVE / 5,
    ),
    "ReadoutCurve.sweep": (lambda a: CURVE.sweep(a).scale, POSITIVE),
    "activity": (lambda a: chaos.ChaosTheory("tanh", 1.5).activity(a).variance, POSITIVE),
}

SHAPED: dict[str, Call] = {
    "RateNetwork, bulk": (lambda a: network.RateNetwork(a).bulk, W),
    "RateNetwork, feedback": (
        lambda a: network.RateNetwork(W, feedback=a, feedback_readout=V).feedback,
        V,
    ),
    "RateNetwork, input_weights": (lambda a: network.RateNetwork(W, input_weights=a).input_weights, X),
    "RateNetwork, bias": (lambda a: network.RateNetwork(W, bias=a).bias, V),
    "RateNetwork, readout": (lambda a: network.RateNetwork(W, readout=a).readout, X),
    "RateNetwork.output": (lambda a: RATE.output(a), X),
    "RateNetwork.velocity": (lambda a: RATE.velocity(a), X),
    "simulate, start": (lambda a: dynamics.simulate(RATE, a, steps=3).final_states, X),
    "simulate, input": (lambda a: dynamics.simulate(RATE, X, steps=3, input=a).final_states, X[:2]),
    "fixed_point": (lambda a: dynamics.fixed_point(RATE, a).state, V),
    "spectrum": (lambda a: dynamics.spectrum(RATE, a), V),
    "outliers": (lambda a: dynamics.outliers(RATE, a).bulk_radius, V),
    "lyapunov_exponent": (
        lambda a: dynamics.lyapunov_exponent(RATE, a, steps=20, transient=5).exponent,
        V,
    ),
    "output_response": (lambda a: dynamics.output_response(RATE, a, [0.0]), V),
    "Network.from_arrays": (
        lambda a: al.Network.from_arrays({"weight_ih_l0": X, "weight_hh_l0": a}).jacobian(V),
        W,
    ),
    "Network.run, start": (lambda a: CELL.run(X[:, :3], a), V),
    "Network.output": (lambda a: CELL.output(a), V),
    "Network.jacobian": (lambda a: CELL.jacobian(a), V),
    "Network.jacobian, input": (lambda a: CELL.jacobian(V, a), V[:3]),
    "Network.dissect, input": (lambda a: CELL.dissect(a, starts=4).points, V[:3]),
    "solve, weights": (lambda a: eq.solve("tanh", a, X).rates, W),
    "solve, drive": (lambda a: eq.solve("tanh", W, a).rates, X),
    "update, weights": (lambda a: eq.update("gradient", "tanh", a, X, LOSS, 0.1).increment, W),
    "update, targets": (
        lambda a: eq.update("gradient", "tanh", W, X, eq.MeanSquaredError(a), 0.1).increment,
        X,
    ),
    "update_at, rates": (
        lambda a: eq.update_at("gradient", W, X, a, np.ones((N, 4)), LOSS, 0.1).increment,
        X,
    ),
    "linear_course": (lambda a: eq.linear_course("linearised", X, X, a, 0.01, 3)[1], W),
    "landscape": (lambda a: eq.landscape(X, X, a, [W], [[0.1]]).loss, W),
    "singular_steps": (lambda a: eq.singular_steps(a, W), W),
    "singular_steps, direction": (lambda a: eq.singular_steps(W, a), W),
    "response_distance": (lambda a: eq.response_distance(W, a), W),
    "ResponseMetric": (lambda a: eq.ResponseMetric(a).extremes(), W),
    "interpolating_weights": (lambda a: eq.interpolating_weights(a, X), X),
    "WeightChange": (lambda a: weight_change.WeightChange(np.zeros((N, N)), a).singular_values, W),
    "singular_values_along": (lambda a: weight_change.singular_values_along(W, [a], 2), W),
    "eigenvalues_along": (lambda a: weight_change.eigenvalues_along([a], 2), W),
    "output_alignment": (lambda a: alignment.output_alignment(a, X[:, :3]), X[:, :2]),
    "OutputTask, bulk": (
        lambda a: training.OutputTask("tanh", a, V, [1.0]).least_squares().readout,
        W,
    ),
    "OutputTask, feedback": (
        lambda a: training.OutputTask("tanh", W, a, [1.0]).least_squares().readout,
        V,
    ),
    "FeedbackNetwork, bulk": (
        lambda a: feedback_network.FeedbackNetwork(a, V, X[:, 0]).clamped_state(1.0),
        W,
    ),
    "FeedbackNetwork, feedback": (
        lambda a: feedback_network.FeedbackNetwork(W, a, X[:, 0]).clamped_state(1.0),
        V,
    ),
    "FeedbackNetwork.verdict": (lambda a: HELD.verdict(a, 1.0).fixed_points.z, V),
    "FeedbackNetwork.release": (lambda a: HELD.release(V, a).z, X),
    "measure": (lambda a: readouts.measure(a, V, V, V).overlap, W),
    "Training, weights": (
        lambda a: Training(tasks.flip_flop(), units=N, weights={"recurrent": a}).weights["recurrent"],
        W,
    ),
    "Training.evaluate": (
        lambda a: TRAINING.evaluate(tasks.Batch(a, BATCH.targets, BATCH.mask))[1],
        BATCH.inputs,
    ),
    "Training.gradient": (
        lambda a: TRAINING.gradient(tasks.Batch(a, BATCH.targets, BATCH.mask))[1]["recurrent"],
        BATCH.inputs,
    ),
    "LearningFlow": (lambda a: linear_learning.LearningFlow.of_network(a, V, V).initial_output, W / 2),
    "FeedbackNetwork.train": (lambda a: HELD.train("recursive", 1.0, duration=1.0, start=a).readout, V),
}

ALL = {**ELEMENTWISE, **SHAPED}

# In float32 results are those of rounded arguments.
LAYOUTS: dict[str, tuple[Callable[[Any], Any], float]] = {
    "a list": (lambda a: a.tolist(), 0.0),
    "read-only": (lambda a: frozen(a), 0.0),
    "every second entry": (lambda a: np.repeat(a, 2, axis=0)[::2], 0.0),
    "columns first": (np.asfortranarray, 0.0),
    "a view from behind": (lambda a: a[::-1].copy()[::-1], 0.0),
    "big-endian": (lambda a: a.astype(">f8"), 0.0),
    "float32": (lambda a: a.astype(np.float32), 1e-3),
}


def frozen(array: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    copy = array.copy()
    copy.setflags(write=False)
    return copy


@pytest.mark.parametrize("name", ALL)
def test_every_layout_is_taken(name: str) -> None:
    call, good = ALL[name]
    expected = np.asarray(call(good))
    for layout, (change, tolerance) in LAYOUTS.items():
        found = np.asarray(call(change(good)))
        assert found.shape == expected.shape, layout
        assert np.allclose(found, expected, rtol=tolerance, atol=tolerance, equal_nan=True), layout


@pytest.mark.parametrize("name", ALL)
def test_other_types_are_refused(name: str) -> None:
    call, good = ALL[name]
    for kind in (complex, object, str, "datetime64[s]"):
        with pytest.raises(al.AttractorLabError, match="real numbers"):
            call(np.ones_like(good).astype(int).astype(kind))


@pytest.mark.parametrize("name", ALL)
def test_nan_is_refused_where_the_first_one_is(name: str) -> None:
    call, good = ALL[name]
    bad = good.copy()
    first = np.unravel_index(good.size // 2, good.shape)
    bad[first] = bad.flat[-1] = np.nan
    with pytest.raises(al.AttractorLabError) as refusal:
        call(bad)
    words, place = str(refusal.value), [int(i) for i in first]
    assert f"at {place}" in words or f"at {tuple(place)}" in words or f"row {place[0]}, column {place[-1]}" in words, words


@pytest.mark.parametrize("name", SHAPED)
def test_other_shapes_are_refused(name: str) -> None:
    call, good = SHAPED[name]
    longer = np.concatenate([good, good])[:-1]
    for bad in (good[np.newaxis, np.newaxis], longer, good[: len(good) // 2], np.float64(1.0), good[:0]):
        with pytest.raises(al.AttractorLabError):
            call(bad)
