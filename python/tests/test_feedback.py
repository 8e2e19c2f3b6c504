"""The feedback theory on arrays; its numbers are held against references elsewhere."""

import pickle

import numpy as np
import pytest

from attractorlab import errors
from attractorlab.theory.clamped import DriveTheory
from attractorlab.theory.feedback import (
    Direction,
    Inputs,
    Prediction,
    Predictions,
    ReadoutCurve,
    predict,
    scatter,
)

E1 = Inputs(g=0.3, feedback_std=1.2, input_std=0.5, rho=0.5)
E1_DIRECTION = Direction(shared=1.0, feedback_own=1.0, input_own=0.3)


def test_one_target_gives_a_prediction_in_words() -> None:
    found = predict(E1, E1_DIRECTION, -1.5)
    assert isinstance(found, Prediction)
    assert found.verdict.startswith("The target -1.5 is stable, but other starts end at z = 1.8909.")
    assert repr(found) == (
        "<Prediction multi for target -1.5: z = -1.5 stable, -0.421831 outlier-unstable, 1.89093 stable>"
    )
    assert found.fixed_points.outliers.shape == (3, 2)
    assert found.target_index == 0 and found.fixed_points.z[0] == -1.5
    with pytest.raises(AttributeError):
        found.scale = 1.0  # type: ignore[misc]


def test_arrays_of_targets_give_arrays() -> None:
    targets = np.linspace(-2.0, 2.0, 12).reshape(3, 4)
    found = predict(E1, E1_DIRECTION, targets)
    assert isinstance(found, Predictions)
    assert found.shape == found.label.shape == found.count.shape == (3, 4)
    assert found.fixed_points.z.shape == (3, 4, 3) and found.fixed_points.outliers.shape == (3, 4, 3, 2)
    for index in np.ndindex(3, 4):
        alone = predict(E1, E1_DIRECTION, targets[index])
        assert alone.label == found.label[index] and len(alone.fixed_points) == found.count[index]
        listed = found.fixed_points.z[index][: found.count[index]]
        assert np.allclose(listed, alone.fixed_points.z, rtol=1e-10, atol=1e-10)
        assert found.fixed_points.z[index][found.target_index[index]] == targets[index]
    assert (found.fixed_points.stability[np.isnan(found.fixed_points.z)] == "").all()
    assert repr(found).startswith("<Predictions of shape (3, 4): ")


def test_parameters_broadcast_too() -> None:
    inputs = Inputs(g=[0.2, 0.8], feedback_std=1.2, input_std=0.5)
    found = predict(inputs, Direction(feedback_own=[[0.0], [1.0], [0.5]], input_own=1.0), 1.0)
    assert found.shape == (3, 2)
    alone = predict(Inputs(0.8, 1.2, 0.5), Direction(feedback_own=0.5, input_own=1.0), 1.0)
    assert found.scale[2, 1] == alone.scale
    assert predict(E1, E1_DIRECTION, []).shape == (0,)


def test_a_curve_answers_what_predictions_do() -> None:
    curve = ReadoutCurve(E1, E1_DIRECTION)
    assert curve.flex == pytest.approx(-0.231757, abs=5e-7)
    assert curve.bifurcation_targets(-2.0, 2.0) == pytest.approx([-0.737977, 1.440100], abs=5e-7)
    alone = curve.predict(-1.5)
    s_nm, s_ni = alone.overlap_feedback, alone.overlap_input
    assert curve.map(s_nm, s_ni, alone.fixed_points.z) == pytest.approx(alone.fixed_points.z, abs=1e-12)
    assert isinstance(curve.map(s_nm, s_ni, 0.5), float)
    assert curve.sweep([-1.5, 0.5]).label.tolist() == ["multi", "mono"]
    assert curve.sweep(0.5).shape == (1,)
    again = pickle.loads(pickle.dumps(curve))
    assert np.array_equal(again.sweep([0.3, 1.9]).scale, curve.sweep([0.3, 1.9]).scale)


def test_the_pure_readout_of_the_input_has_no_flex() -> None:
    found = predict(Inputs(g=0.8, feedback_std=1.2, input_std=0.5), Direction(input_own=1.0), 1.0)
    assert found.flex is None and found.label == "mono"


def test_a_target_that_cannot_be_realised() -> None:
    flex = ReadoutCurve(E1, E1_DIRECTION).flex
    assert flex is not None
    for ask in (lambda: predict(E1, E1_DIRECTION, flex), lambda: ReadoutCurve(E1, E1_DIRECTION).predict(flex)):
        with pytest.raises(errors.UnrealisableTargetError, match="A_flex = -0.2317") as raised:
            ask()
        assert isinstance(raised.value, errors.InputError)
    found = predict(E1, E1_DIRECTION, [1.0, flex])
    assert found.label.tolist() == ["mono", "unrealisable"]
    assert found.count.tolist() == [1, 0] and found.target_index.tolist() == [0, -1]
    assert np.isnan(found.scale[1]) and np.isnan(found.fixed_points.z[1]).all()


@pytest.mark.parametrize(
    ("inputs", "direction", "target", "message"),
    [
        (Inputs(-0.1, 1.2, 0.5), E1_DIRECTION, 1.0, "^g must be a finite number that is not negative, got -0.1$"),
        (Inputs([0.3, -1.0], 1.2, 0.5), E1_DIRECTION, [[1.0], [2.0]], r"g must be .*, got -1, at \[0, 1\]"),
        (Inputs(0.3, 1.2, 0.5, rho=1.5), E1_DIRECTION, 1.0, "rho must be between -1 and 1, got 1.5"),
        (Inputs(0.3, float("nan"), 0.5), E1_DIRECTION, 1.0, "^feedback_std is NaN$"),
        (E1, E1_DIRECTION, [1.0, float("inf")], r"target must be a finite number, got inf, at \[1\]"),
        (E1, E1_DIRECTION, [[1.0, float("nan")]], r"target is NaN, at \[0, 1\]"),
        (E1, Direction(), 1.0, "no overlap with the feedback or the input vector"),
        (E1, Direction(input_own="much"), 1.0, "input_own must be real numbers"),
        (E1_DIRECTION, E1, 1.0, "inputs must be of the class Inputs, not Direction"),
    ],
)
def test_bad_input_is_named(inputs: Inputs, direction: Direction, target: object, message: str) -> None:
    with pytest.raises(errors.InputError, match=message):
        predict(inputs, direction, target)  # type: ignore[arg-type]


def test_other_transfer_functions() -> None:
    assert predict(E1, E1_DIRECTION, 0.5, transfer="erf").label == "mono"
    with pytest.raises(errors.InputError, match="odd, saturating transfer function .* got relu"):
        predict(E1, E1_DIRECTION, 0.5, transfer="relu")


def test_clamped_states() -> None:
    theory = DriveTheory("tanh", 0.8)
    moments = theory.at([[0.0, 1.0, 1.99]])
    assert moments.delta.shape == moments.radius.shape == (1, 3)
    assert moments.delta[0, 0] == 0.0 and moments.radius[0, 0] == pytest.approx(0.8)
    assert isinstance(theory.at(1.0).gain, float)
    assert pickle.loads(pickle.dumps(theory)).at(1.0).delta == moments.delta[0, 1]
    assert repr(theory) == "DriveTheory('tanh', g=0.8)"
    with pytest.raises(errors.InputError, match=r"drive variance must be .*, got -1, at \[1\]"):
        theory.at([0.0, -1.0])
    with pytest.raises(errors.InputError, match="g must be"):
        DriveTheory("tanh", -1.0)


def test_scatter_of_networks_is_known_beforehand() -> None:
    scale = predict(E1, E1_DIRECTION, 0.5).scale
    found = scatter(E1, E1_DIRECTION, scale, 0.5)
    # The sum of products of jointly Gaussian numbers has an exact variance.
    rng = np.random.default_rng(5)
    xi, own_m, own_i = rng.normal(size=(3, 2000, 100))
    m = 1.2 * (0.5 * xi + np.sqrt(0.75) * own_m)
    n = scale * (xi + own_m + 0.3 * own_i)
    assert np.std((n * m).mean(axis=1)) * 10.0 == pytest.approx(found.overlap_feedback, rel=0.08)
    many = scatter(E1, E1_DIRECTION, scale, [0.5, 0.6])
    assert many.output.shape == (2,) and many.output[0] == found.output
    with pytest.raises(errors.InputError, match="chaotic"):
        scatter(Inputs(g=2.0, feedback_std=1.2, input_std=0.1), E1_DIRECTION, 1.0, 0.1)
