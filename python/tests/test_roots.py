"""All roots of Python functions."""

import math

import numpy as np
import pytest

from attractorlab import errors
from attractorlab.roots import all_roots


def test_close_pairs_and_tangencies_are_found() -> None:
    pair = all_roots(lambda x: (x - 0.3) * (x - 0.300001), -1.0, 1.0)
    assert len(pair.x) == 2 and pair.is_certain and pair.evaluations > 0
    touch = all_roots(lambda x: (x - 0.25) ** 2, -1.0, 1.0)
    assert touch.tangent.tolist() == [True] and not touch.is_certain
    assert abs(touch.x[0] - 0.25) < 1e-6
    none = all_roots(lambda x: x * x + 1.0, -1.0, 1.0)
    assert none.x.shape == (0,) and none.doubts.shape == (0, 2) and none.is_certain
    assert repr(none).startswith("<Roots [], ")


def test_a_numpy_number_will_do() -> None:
    assert np.allclose(all_roots(lambda x: np.sin(x), 1.0, 10.0).x, [math.pi, 2 * math.pi, 3 * math.pi])


def test_what_the_function_raises_is_raised() -> None:
    calls = []

    def broken(x: float) -> float:
        calls.append(x)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        all_roots(broken, 0.0, 1.0)
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [(1.0, 0.0, r"finite with low < high, got \[1, 0\]"), (float("nan"), 1.0, "low is NaN")],
)
def test_bad_intervals(low: float, high: float, message: str) -> None:
    with pytest.raises(errors.InputError, match=message):
        all_roots(lambda x: x, low, high)


def test_bad_functions_and_options() -> None:
    with pytest.raises(errors.InputError, match="function is not finite at"):
        all_roots(lambda x: math.nan, 0.0, 1.0)
    with pytest.raises(errors.InputError, match="function must return a real number, got str at"):
        all_roots(lambda x: "x", 0.0, 1.0)  # type: ignore[arg-type,return-value]
    with pytest.raises(errors.InputError, match="minimum_pieces"):
        all_roots(lambda x: x, 0.0, 1.0, minimum_pieces=0)
    with pytest.raises(errors.InputError, match="accuracy"):
        all_roots(lambda x: x, 0.0, 1.0, accuracy=-1.0)
