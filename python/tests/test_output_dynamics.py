"""The theory of trained outputs, and training on clamped states."""

import pickle

import attractorlab as al
import numpy as np
import pytest
from attractorlab.dynamics import fixed_point, output_response
from attractorlab.errors import InputError
from attractorlab.theory.output_dynamics import Candidates, edge_of_chaos, predict
from attractorlab.training import OutputTask, ridge_readout


def test_prediction_of_three_values() -> None:
    prediction = predict("tanh", 1.0, [0.75, 1.5, 3.0])
    assert prediction.stable.tolist() == [True, False, True]
    assert abs(prediction.poles[0][0] - (-0.0370 + 0.4323j)) < 1e-4
    gain = abs(prediction.response(0, [0.433])[0, 0, 0])
    assert abs(gain - 27.4) < 0.1
    slope = prediction.response(2, 0.0, open_loop=True)[0, 0, 0].real
    assert slope < 1.0
    roots = prediction.stationary_outputs(0.1, 4.0)
    assert min(abs(z - 1.5) for z, _ in roots) < 1e-8
    assert abs(prediction.static_map(1.5)[0] - 1.5) < 1e-8
    assert prediction.kick_response(2, [0.0, 1.0]).shape == (2, 1, 1)


def test_maps_of_pairs_say_what_each_prediction_says() -> None:
    values = [-1.2, -0.4, 0.7, 1.5]
    relu = al.Transfer("relu", threshold=-0.5)
    candidates = Candidates(relu, 0.8, values)
    found = candidates.pairs()
    assert np.isnan(found.leading.diagonal()).all() and not found.held.diagonal().any()
    for i, j in [(0, 1), (2, 0), (3, 2), (1, 3)]:
        alone = predict(relu, 0.8, [values[i], values[j]])
        assert abs(found.leading[i, j] - alone.poles[0, 0]) < 1e-10
        assert abs(found.leading[j, i] - alone.poles[1, 0]) < 1e-10
        assert found.held[i, j] == found.held[j, i] == alone.stable.all()
    assert np.array_equal(found.bulk_radius, candidates.train(range(4)).bulk_radius)
    # Several outputs, and values that only a ridge tells apart.
    three = Candidates("tanh", 0.8, [[1.0, 0.2], [-1.0, -0.2], [0.1, 1.4]])
    assert np.isnan(three.pairs().leading[0, 1]) and np.isfinite(three.pairs().leading[2, :2]).all()
    assert Candidates("tanh", 0.8, [[1.0, 0.2], [-1.0, -0.2]], ridge=0.1).train([1, 0]).targets.tolist() == [
        [-1.0, -0.2],
        [1.0, 0.2],
    ]
    with pytest.raises(InputError, match="no candidate 3: there are 3"):
        three.train([0, 3])
    with pytest.raises(InputError, match="no candidate -1"):
        three.train([-1])
    with pytest.raises(InputError, match="indices, not True"):
        three.train([True, False, True])
    with pytest.raises(InputError, match="values is NaN, at"):
        Candidates("tanh", 0.8, [1.0, np.nan])
    # What the caller does with the values later is not what was clamped.
    mine = np.array([0.5, 1.2])
    own = Candidates("tanh", 0.8, mine)
    mine[:] = 9.0
    assert own.train([0]).targets.tolist() == [[0.5]] and own.pairs().values.tolist() == [[0.5], [1.2]]
    with pytest.raises(InputError, match="one target"):
        three.train([0, 1])


def test_uniform_feedback_and_edge() -> None:
    uniform = predict("tanh", 1.5, [1.0], uniform_half_width=1.0)
    assert abs(uniform.poles[0, 0].real + 0.59416) < 1e-5
    edge = edge_of_chaos("tanh", 1.0)
    assert abs(edge.tau_closed - 1.38483) < 1e-5


def test_training_agrees_with_theory() -> None:
    rng = np.random.default_rng(3)
    n = 800
    bulk = 0.8 * rng.standard_normal((n, n)) / np.sqrt(n)
    trained = OutputTask("tanh", bulk, rng.standard_normal(n), [0.6, 1.5]).least_squares()
    assert trained.errors.max() < 1e-9
    rates = np.tanh(trained.states)
    covariance = rates.T @ rates / n
    assert np.abs(covariance - predict("tanh", 0.8, [0.6, 1.5]).rates).max() < 0.1


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="one target"):
        predict("tanh", 1.0, [0.8, -0.8])
    with pytest.raises(InputError, match="there is no target 5"):
        predict("tanh", 1.0, [0.8]).response(5, 0.0)
    with pytest.raises(InputError, match="square"):
        OutputTask("tanh", np.zeros((3, 2)), np.zeros(3), [1.0])
    with pytest.raises(InputError, match="feedback"):
        OutputTask("tanh", np.zeros((3, 3)), np.zeros(2), [1.0]).least_squares()


def test_trained_targets_are_held_where_theory_says_so_and_the_loop_answers_as_predicted() -> None:
    rng = np.random.default_rng(5)
    n, target = 900, 1.2
    bulk, feedback = 0.6 * rng.standard_normal((n, n)) / np.sqrt(n), rng.uniform(-np.sqrt(3), np.sqrt(3), n)
    task = pickle.loads(pickle.dumps(OutputTask("tanh", bulk, feedback, [target])))
    trained = task.least_squares()
    holding = task.test_holding(trained)
    assert holding.held.all() and holding.distances.shape == (1, 41)
    assert holding.distances[0, -1] < 0.3 * holding.distances[0, 0]
    # The response of the network and that of the poles of its linearisation are one.
    network = task.closed_loop(trained)
    found = fixed_point(network, trained.states[:, 0], relaxation_steps=0)
    omega = np.array([0.0, 0.5, 3.0])
    response = output_response(network, found.state, omega)
    gains = 1 - np.tanh(found.state) ** 2
    jacobian = bulk * gains - np.eye(n) + np.outer(feedback, trained.readout[:, 0] * gains) / n
    direct = [
        trained.readout[:, 0] * gains / n @ np.linalg.solve(1j * w * np.eye(n) - jacobian, feedback) for w in omega
    ]
    assert np.allclose(response[:, 0, 0], direct, rtol=1e-9)
    open_loop = output_response(network, found.state, omega, open_loop=True)[:, 0, 0]
    assert np.allclose(open_loop / (1 - open_loop), response[:, 0, 0], rtol=1e-9)


def test_force_learns_a_staircase() -> None:
    rng = np.random.default_rng(6)
    n = 300
    bulk = 0.5 * rng.standard_normal((n, n)) / np.sqrt(n)
    task = OutputTask("tanh", bulk, rng.standard_normal(n), [0.8, 1.6])
    trained = task.force(0.5 * rng.standard_normal(n), rounds=3)
    assert trained.course is not None and trained.course.shape == (2 * 3 * 500, 1)
    # The first updates put the output on its target; later ones find a compromise of both, a ridge solution.
    assert np.abs(trained.course[100:500, 0] - 0.8).max() < 0.03
    assert trained.errors.max() < 0.2
    with pytest.raises(al.AttractorLabError, match="alpha"):
        task.force(np.zeros(n), alpha=0.0)
    with pytest.raises(al.AttractorLabError, match="at least 1"):
        task.force(np.zeros(n), rounds=0)
    with pytest.raises(al.AttractorLabError, match="dt and duration"):
        task.test_holding(trained, dt=0.0)


def test_ridge_regression_on_trajectories_is_that_of_numpy() -> None:
    rng = np.random.default_rng(3)
    for steps, units in ((300, 40), (40, 300)):
        rates, targets = np.tanh(rng.normal(size=(steps, units))), rng.normal(size=(steps, 2))
        n = ridge_readout(rates, targets, ridge=0.1)
        expected = np.linalg.solve(rates.T @ rates / units + 0.1 * np.eye(units), rates.T @ targets)
        assert np.abs(n - expected).max() < 1e-10 * np.abs(expected).max()
        assert np.array_equal(ridge_readout(rates, targets[:, 0], ridge=0.1).shape, (units,))
    with pytest.raises(InputError, match="ridge must be a finite number above zero, got 0"):
        ridge_readout(rates, targets, ridge=0.0)
    with pytest.raises(InputError, match="same number of steps, got 40 and 39"):
        ridge_readout(rates, targets[1:], ridge=0.1)
