"""How linear networks learn (Schuessler et al. 2020): low-rank change beside a random bulk.

A linear network h = Wh + m u with W₀ = gJ learns by gradient flow to answer
u = 1 with the output ẑ at its fixed point, z = wᵀ(1 − W)⁻¹m/N. Learning time
is τ = learning rate × epochs; the effective time is t = τ/(1 − g²)².
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import number, real
from attractorlab.errors import InputError

__all__ = [
    "Convergence",
    "Descent",
    "LearnedState",
    "LearningFlow",
    "ScalingLaws",
    "ThirdOrder",
    "descend",
    "leading_outlier",
    "scaling_laws",
    "third_order",
]

_Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LearnedState:
    """One moment of learning."""

    time: float
    """Learning time τ; infinite at the end of training."""
    output: float
    """The output z."""
    path_length: float
    """Length of the path of weights, ∫‖dW‖."""
    rate: float
    """|a|²|b|²/N²: the rate at which the error decays now."""
    singular_values: _Vector
    """Singular values of ΔW, largest first; those below about 1e-15 of the first are rounding."""
    left: _Vector | None
    """Left singular vectors as columns, of a given network only."""
    right: _Vector | None
    """Right singular vectors as columns, of a given network only."""

    @property
    def norm(self) -> float:
        """‖ΔW‖ (Frobenius)."""
        return float(np.linalg.norm(self.singular_values))

    @property
    def largest_learning_rate(self) -> float:
        """Gradient descent with a larger rate cannot settle here; it may at a flatter solution."""
        return 2.0 / self.rate

    def weight_change(self) -> _Vector | None:
        """ΔW as a matrix, of a given network only."""
        if self.left is None or self.right is None:
            return None
        return np.asarray((self.left * self.singular_values) @ self.right.T)


@dataclass(frozen=True)
class Convergence:
    """When the loss has fallen to a fraction, and how."""

    time: float
    """Learning time τ."""
    mean_gradient: float
    """Mean of ‖gradient‖ until then."""
    output: float
    """Output then."""


class LearningFlow:
    """Gradient flow to all orders: of infinitely many units, or of one given network.

    Examples
    --------
    >>> from attractorlab.theory.linear_learning import LearningFlow
    >>> trained = LearningFlow.large(0.6).trained(2.0)
    >>> trained.singular_values[:3].round(6).tolist()
    [0.428095, 0.032106, 0.000362]
    >>> round(LearningFlow.large(0.6).shuffled_loss(2.0), 6)
    0.744195
    """

    def __init__(self, flow: _attractorlab.LearningFlow, units: int | None) -> None:
        self._flow = flow
        self.units = units
        """Number of units; None for infinitely many."""

    @classmethod
    def large(cls, g: float) -> LearningFlow:
        """Infinitely many units, W₀ = gJ, independent standard normal m and w.

        Raises
        ------
        InputError
            g is not between 0 and 0.999.
        """
        return cls(_attractorlab.LearningFlow.large(number("g", g)), None)

    @classmethod
    def of_network(
        cls, weights: npt.ArrayLike, input: npt.ArrayLike, readout: npt.ArrayLike
    ) -> LearningFlow:
        """The very network with these weights W₀ (N, N), input m and readout w, z = w·h/N.

        Raises
        ------
        InputError
            The shapes do not fit, an entry is not finite, or 1 − W₀ is singular.
        """
        w0, m, w = _network(weights, input, readout)
        return cls(_attractorlab.LearningFlow.of_network(w0, m, w), len(m))

    @property
    def initial_output(self) -> float:
        """The output before training."""
        return self._flow.initial_output()

    def _state(self, found: dict[str, Any]) -> LearnedState:
        left, right = (
            found[name].reshape(self.units, -1) if name in found else None for name in ("left", "right")
        )
        return LearnedState(
            found["time"],
            found["output"],
            found["path_length"],
            found["rate"],
            found["singular_values"],
            left,
            right,
        )

    def trained(self, target: float) -> LearnedState:
        """The end of training.

        Raises
        ------
        InputError
            The target is not finite, or the flow is lost on the way to it.
        """
        return self._state(self._flow.trained(number("target", target)))

    def at_times(self, target: float, times: npt.ArrayLike) -> list[LearnedState]:
        """The states at learning times τ = learning rate × epochs, in any order.

        Raises
        ------
        InputError
            As :meth:`trained`, or a time is negative or not finite.
        """
        flat = np.atleast_1d(real("times", times)).ravel().tolist()
        return [self._state(found) for found in self._flow.at_times(number("target", target), flat)]

    def convergence(self, target: float, fraction: float = 0.05) -> Convergence:
        """When the loss has fallen to ``fraction`` of the first.

        Raises
        ------
        InputError
            As :meth:`trained`, or the fraction is not between 0 and 1.
        """
        found = self._flow.convergence(number("target", target), number("fraction", fraction))
        return Convergence(*found)

    def shuffled_loss(self, target: float) -> float | None:
        """Loss over ẑ²/2 after W₀ is replaced by an independent one; None for a given network.

        Raises
        ------
        InputError
            As :meth:`trained`, or the target is zero.
        """
        return self._flow.shuffled_loss(number("target", target))


@dataclass(frozen=True)
class ThirdOrder:
    """The expansion of Schuessler et al. 2020 through third order in t."""

    output: _Vector
    """Output z."""
    first: _Vector
    """Largest singular value of ΔW."""
    second: _Vector
    """Second singular value of ΔW."""
    end: float
    """Effective time at which the expansion's output passes the target; it means nothing beyond."""


def third_order(g: float, target: float, times: npt.ArrayLike) -> ThirdOrder:
    """The third-order expansion at effective times t = τ/(1 − g²)².

    Raises
    ------
    InputError
        g is not between 0 and 0.999, or the target is not finite.

    Examples
    --------
    >>> from attractorlab.theory.linear_learning import third_order
    >>> third_order(0.6, 0.5, [0.1]).output.round(8).tolist()
    [0.04784375]
    """
    flat = np.ascontiguousarray(np.atleast_1d(real("times", times)).ravel())
    return ThirdOrder(*_attractorlab.third_order(number("g", g), number("target", target), flat))


@dataclass(frozen=True)
class ScalingLaws:
    """How learning scales with g, relative to g = 0, for small targets."""

    convergence_time: float
    """(1 − g²)²."""
    weight_change: float
    """1 − g²."""
    mean_gradient: float
    """1/(1 − g²)."""
    shuffled_loss: float
    """Loss after W₀ is replaced, over ẑ²/2: (1 − (1 − g²)²)²."""


def scaling_laws(g: float) -> ScalingLaws:
    """The scaling laws of Schuessler et al. 2020.

    Raises
    ------
    InputError
        g is not between 0 and 0.999.
    """
    return ScalingLaws(*_attractorlab.linear_scaling_laws(number("g", g)))


def leading_outlier(g: float, singular_value: float) -> tuple[float, bool]:
    """The outlier of W₀ + ΔW to leading order in the largest singular value of ΔW, and whether it left the bulk.

    Raises
    ------
    InputError
        g is not between 0 and 0.999.

    Examples
    --------
    >>> from attractorlab.theory.linear_learning import leading_outlier
    >>> leading_outlier(0.6, 0.3)
    (0.681269..., True)
    """
    return _attractorlab.linear_outlier(number("g", g), number("singular_value", singular_value))


@dataclass(frozen=True)
class Descent:
    """What gradient descent made of a linear network."""

    weights: _Vector
    """Weights after the last step, (N, N)."""
    outputs: _Vector
    """Output before each step, and after the last."""
    gradients: _Vector
    """‖gradient‖ of each step."""
    residual: float
    """|(1 − W)b − m|/|m| at the end: how far the updates of the inverse drifted."""
    status: str
    """``"finished"``, ``"fixed_point_lost"`` or ``"not_finite"``."""
    epoch: int | None
    """The epoch at which it was lost."""


def descend(
    weights: npt.ArrayLike,
    input: npt.ArrayLike,
    readout: npt.ArrayLike,
    target: float,
    *,
    learning_rate: float,
    epochs: int,
) -> Descent:
    """Gradient descent on (ẑ − z)²/2 at the fixed point, in steps of any size: O(N²) each.

    The limit of long trials of back-propagation through time.

    Raises
    ------
    InputError
        The shapes do not fit, a number is not finite, or 1 − W₀ is singular.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab.theory.linear_learning import descend
    >>> run = descend(np.zeros((4, 4)), np.ones(4), np.ones(4), 2.0, learning_rate=0.02, epochs=400)
    >>> run.status, round(float(run.outputs[-1]), 6)
    ('finished', 2.0)
    """
    w0, m, w = _network(weights, input, readout)
    if not isinstance(epochs, (int, np.integer)) or epochs < 0:
        raise InputError(f"epochs must be a whole number that is not negative, got {epochs!r}")
    found = _attractorlab.descend_to_output(
        w0, m, w, number("target", target), number("learning_rate", learning_rate), int(epochs)
    )
    return Descent(found[0].reshape(w0.shape), *found[1:])


def _network(
    weights: npt.ArrayLike, input: npt.ArrayLike, readout: npt.ArrayLike
) -> tuple[_Vector, list[float], list[float]]:
    w0 = real("weights", weights)
    if w0.ndim != 2:
        raise InputError(f"weights must be a matrix, got an array of shape {w0.shape}")
    return w0, real("input", input).ravel().tolist(), real("readout", readout).ravel().tolist()
