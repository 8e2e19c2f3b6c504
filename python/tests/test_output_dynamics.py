"""The theory of trained outputs, and training on clamped states."""

import numpy as np
import pytest
from attractorlab.errors import InputError
from attractorlab.theory.output_dynamics import edge_of_chaos, predict
from attractorlab.training import least_squares_outputs


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


def test_uniform_feedback_and_edge() -> None:
    uniform = predict("tanh", 1.5, [1.0], uniform_half_width=1.0)
    assert abs(uniform.poles[0, 0].real + 0.59416) < 1e-5
    edge = edge_of_chaos("tanh", 1.0)
    assert abs(edge.tau_closed - 1.38483) < 1e-5


def test_training_agrees_with_theory() -> None:
    rng = np.random.default_rng(3)
    n = 800
    bulk = 0.8 * rng.standard_normal((n, n)) / np.sqrt(n)
    trained = least_squares_outputs("tanh", bulk, rng.standard_normal(n), [0.6, 1.5])
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
        least_squares_outputs("tanh", np.zeros((3, 2)), np.zeros(3), [1.0])
    with pytest.raises(InputError, match="feedback"):
        least_squares_outputs("tanh", np.zeros((3, 3)), np.zeros(2), [1.0])
