"""Gaussian averages on arrays."""

import numpy as np
import pytest

import attractorlab
from attractorlab import Transfer, errors, gaussian


def test_shapes_broadcast_and_numbers_stay_numbers() -> None:
    assert isinstance(gaussian.average("tanh", "phi^2", 0.0, 1.0), float)
    table = gaussian.average("tanh", "phi", [[0.0], [0.5], [1.0]], np.array([0.5, 2.0]))
    assert table.shape == (3, 2) and table.dtype == np.float64
    assert table[1, 1] == gaussian.average("tanh", "phi", 0.5, 2.0)
    assert gaussian.average("tanh", "phi", [], 1.0).shape == (0,)
    assert gaussian.pair_average("tanh", "phi", "phi'", 0.0, (np.ones((4, 1)), [1.0, 2.0]), 0.3).shape == (4, 2)


def test_one_number_for_both_and_pairs_along_the_first_axis() -> None:
    both = gaussian.pair_average("tanh", "phi", "phi", 0.2, 1.5, 0.4)
    assert both == gaussian.pair_average("tanh", "phi", "phi", (0.2, 0.2), np.array([1.5, 1.5]), 0.4)


def test_every_kind_of_real_array_is_taken() -> None:
    expected = gaussian.average("tanh", "phi^2", 0.0, [1.0, 2.0, 3.0])
    wide = np.arange(1.0, 7.0).reshape(3, 2) / 2.0 + 0.5
    frozen = np.array([1.0, 2.0, 3.0])
    frozen.flags.writeable = False
    for sd in ((1, 2, 3), np.array([3, 2, 1], dtype=np.int32)[::-1], frozen, wide[:, 0], frozen.astype(">f8")):
        assert np.array_equal(gaussian.average("tanh", "phi^2", 0.0, sd), expected), sd
    single = gaussian.average("tanh", "phi^2", 0.0, np.float32(0.5))
    assert single == gaussian.average("tanh", "phi^2", 0.0, 0.5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tanh", "phi", [0.0, 1.0, float("nan")], 1.0), r"^mean is NaN, at \[2\]$"),
        (("tanh", "phi", 0.0, float("nan")), r"^sd is NaN$"),
        (("tanh", "phi", 0.0, [[1.0, 2.0], [3.0, -4.0]]), r"standard deviation must be .*, got -4, at \[1, 1\]"),
        (("tanh", "phi", float("inf"), 1.0), "mean must be a finite number, got inf"),
        (("tanh", "phi", 1j, 1.0), "mean must be real numbers, not of type complex128"),
        (("tanh", "phi", 0.0, "wide"), "sd must be real numbers, not of type <U4"),
        (("tanh", "phi", 0.0, [[1.0], [1.0, 2.0]]), "sd must be a number or an array of numbers"),
        (("tanh", "phi", [0.0, 1.0], [1.0, 2.0, 3.0]), r"do not broadcast: mean \(2,\), sd \(3,\)"),
        (("tan", "phi", 0.0, 1.0), "transfer must be 'tanh', .*, not 'tan'"),
        ((0, "phi", 0.0, 1.0), "transfer must be a name like 'tanh' or a Transfer, not int"),
        (("tanh", "psi", 0.0, 1.0), "`psi` in `psi` is not a factor"),
        ((Transfer("relu", float("inf")), "phi", 0.0, 1.0), "threshold must be a finite number"),
    ],
)
def test_bad_input_is_named(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(errors.InputError, match=message) as raised:
        gaussian.average(*arguments)  # type: ignore[arg-type]
    assert isinstance(raised.value, ValueError)


def test_bad_laws_are_named() -> None:
    with pytest.raises(errors.InputError, match=r"correlation must be between -1 and 1, got 1.5, at \[1\]"):
        gaussian.pair_average("tanh", "phi", "phi", 0.0, 1.0, [0.5, 1.5])
    with pytest.raises(errors.InputError, match=r"mean\[1\] is NaN, at \[0\]"):
        gaussian.pair_average("tanh", "phi", "phi", (0.0, [float("nan")]), 1.0, 0.5)
    with pytest.raises(errors.InputError, match=r"one number or a pair, not an array of shape \(3,\)"):
        gaussian.pair_average("tanh", "phi", "phi", [0.0, 0.0, 0.0], 1.0, 0.5)
    with pytest.raises(errors.InputError, match="covariance must not exceed"):
        gaussian.centered_pair_average("tanh", "phi", "phi", 1.0, 1.0, 1.1)
    with pytest.raises(errors.InputError, match="variance2 must be .* got -1"):
        gaussian.centered_pair_average("tanh", "phi", "phi", 1.0, -1.0, 0.0)
    # By rounding it may.
    assert gaussian.centered_pair_average("linear", "phi", "phi", 0.49, 0.49, 0.49 + 1e-16) == pytest.approx(0.49)


def test_averages_that_do_not_exist_have_an_exception_of_their_own() -> None:
    with pytest.raises(errors.AverageDoesNotExistError, match="delta function") as raised:
        gaussian.average("relu", "phi''^2", 0.0, 1.0)
    assert isinstance(raised.value, attractorlab.AttractorLabError)
    with pytest.raises(errors.AverageDoesNotExistError, match=r"on the kink, at \[1\]"):
        gaussian.average(Transfer("relu", threshold=0.5), "phi''", 0.5, [1.0, 0.0])
