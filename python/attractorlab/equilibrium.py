"""Learning on fixed points: the layer r = φ(Wr + x), learning rules for W, closed forms for linear networks.

Batches have one sample a column: inputs x are (N, m). ``W[i, j]`` is the weight
from unit j to unit i.

=============================== =================================================
rule                            what it does
=============================== =================================================
``gradient``                    gradient through the fixed point (rule 1)
``reparameterised``             finite step in the response (rule 2; linear only)
``reparameterised-lookahead``   the same, its residual taken after the step
``reparameterised-first-order`` rule 2 to first order in the learning rate
``linearised``                  rule 3: the same where gains are one, nonlinear too
``linearised-variant``          with one gain fewer (rule 4)
``unrolled``                    back-propagation through truncated Euler steps
=============================== =================================================

Source: Zhu & Rosenbaum, Neural Computation 36, 1568 (2024).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import Array, number, real
from attractorlab.errors import InputError
from attractorlab.transfer import TransferLike, read

__all__ = [
    "Equilibria",
    "GradientCheck",
    "Landscape",
    "MeanSquaredError",
    "ResponseMetric",
    "SoftmaxCrossEntropy",
    "States",
    "StepRecord",
    "Trainer",
    "Update",
    "UpdateAt",
    "check_gradient",
    "interpolating_weights",
    "landscape",
    "linear_course",
    "response_distance",
    "singular_steps",
    "solve",
    "update",
    "update_at",
]


def _matrix(name: str, value: npt.ArrayLike) -> Array:
    array = real(name, value)
    if array.ndim != 2:
        raise InputError(f"{name} must be a matrix, got an array of shape {array.shape}")
    return array


@dataclass(frozen=True)
class States:
    """How the states of a batch are found, and what becomes of samples without a stable one."""

    kind: Literal["converged", "truncated"] = "converged"
    """Fixed points, or the end of a truncated simulation from r = 0."""
    tolerance: float | None = None
    """Largest residual \\|φ(Wr + x) − r\\|; 1e-12 in float64 and 1e-5 in float32 if ``None``."""
    sweeps: int = 300
    """Sweeps of the iteration at most."""
    mixing: int = 4
    """States that Anderson's mixing remembers, 0 to 8."""
    newton_steps: int = 30
    """Newton steps for columns that the iteration leaves unsolved."""
    stability: Literal["off", "growth", "exact", "spectrum"] = "exact"
    """How stability is decided: see the theory page of the book."""
    dt: float = 0.01
    """Euler step of the truncated kind, in units of τ."""
    steps: int = 500
    """Euler steps of the truncated kind."""
    missing: Literal["leave-out", "use-last", "stop"] = "leave-out"
    """What training does with samples that have no stable state."""

    def _pass(self) -> tuple[str, float, int, int, int, str, float, int, str]:
        tolerance = 0.0 if self.tolerance is None else number("tolerance", self.tolerance)
        if self.tolerance is not None and tolerance <= 0.0:
            raise InputError(f"tolerance must be above zero, got {tolerance}")
        return (
            self.kind,
            tolerance,
            self.sweeps,
            self.mixing,
            self.newton_steps,
            self.stability,
            number("dt", self.dt),
            self.steps,
            self.missing,
        )


@dataclass(frozen=True, eq=False, repr=False)
class Equilibria:
    """The states of a batch, column by column. Look at ``status`` before the rates."""

    rates: Array
    """Rates r, (N, m)."""
    gains: Array
    """Gains φ'(Wr + x), (N, m)."""
    status: tuple[str, ...]
    """``stable``, ``unstable``, ``undecided``, ``not found``, ``not finite`` or ``truncated``, for each column."""
    residuals: Array
    """Largest \\|φ(Wr + x) − r\\| of each column."""
    growth: Array
    """Largest Re λ of diag(φ')W, NaN where no spectrum was computed; stable iff below one."""
    sweeps: int
    """Most sweeps that a column took."""

    def __repr__(self) -> str:
        counts = {status: self.status.count(status) for status in dict.fromkeys(self.status)}
        return f"<Equilibria {self.rates.shape[0]} units: {counts}>"


@dataclass(frozen=True, eq=False)
class MeanSquaredError:
    """L = \\|r − y\\|², or \\|Cr − y\\|² of a readout; without a ½."""

    targets: npt.ArrayLike
    """Targets y, (N, m), or (K, m) of K readouts."""
    readout: npt.ArrayLike | None = None
    """C, (K, N)."""

    def _goal(self) -> tuple[Array | None, Array | None, list[int] | None]:
        readout = None if self.readout is None else np.ascontiguousarray(_matrix("readout", self.readout).T)
        return _matrix("targets", self.targets), readout, None


@dataclass(frozen=True, eq=False)
class SoftmaxCrossEntropy:
    """L = −log softmax(Cr)_y."""

    readout: npt.ArrayLike
    """C, (K, N), one row a class."""
    labels: Sequence[int] | npt.NDArray[Any]
    """Classes y, numbered from 0, (m,)."""

    def _goal(self) -> tuple[Array | None, Array | None, list[int] | None]:
        labels = np.asarray(self.labels)
        if labels.ndim != 1 or labels.dtype.kind not in "iu" or (labels < 0).any():
            raise InputError("labels must be a list of integers from 0 on")
        return None, np.ascontiguousarray(_matrix("readout", self.readout).T), [int(k) for k in labels]


Loss = MeanSquaredError | SoftmaxCrossEntropy


def solve(
    transfer: TransferLike,
    weights: npt.ArrayLike,
    drive: npt.ArrayLike,
    *,
    start: npt.ArrayLike | None = None,
    states: States | None = None,
) -> Equilibria:
    """Find the stationary rates r = φ(Wr + x) of every column x of ``drive``.

    Relaxation with steps that adapt, Anderson's mixing, Newton's method behind
    it; residual and stability column by column. The GIL is released.

    Parameters
    ----------
    weights
        W, (N, N).
    drive
        Inputs x, (N, m).
    start
        States to start from, (N, m); zero if left out.

    Raises
    ------
    InputError
        Wrong shapes, numbers that are not finite, options out of range. Not
        to find a state is no exception but ``status``.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab.equilibrium import solve
    >>> rng = np.random.default_rng(1)
    >>> weights = 0.5 * rng.standard_normal((100, 100)) / 10
    >>> found = solve("tanh", weights, rng.standard_normal((100, 20)))
    >>> set(found.status), bool(found.residuals.max() < 1e-12)
    ({'stable'}, True)
    """
    begin = None if start is None else _matrix("start", start)
    answer = _attractorlab.equilibrium_states(
        read(transfer),
        _matrix("weights", weights),
        _matrix("drive", drive),
        begin,
        (states or States())._pass(),
    )
    return _equilibria(answer)


def _equilibria(answer: dict[str, Any]) -> Equilibria:
    names = ("rates", "gains", "residuals", "growth", "sweeps")
    return Equilibria(status=tuple(answer["status"]), **{name: answer[name] for name in names})


@dataclass(frozen=True, eq=False, repr=False)
class Update:
    """What a rule makes of a batch."""

    increment: Array
    """ΔW, to be added to W; holds the learning rate."""
    loss: float
    """J before the update, over the samples that take part."""
    accuracy: float | None
    """Share of them classified correctly, where there are classes."""
    left_out: int
    """Number of samples without a stable state."""
    adjoint_residual: float | None
    """Largest relative residual of the adjoint states, for rules that solve for them."""
    states: Equilibria
    """The states that were learnt from."""


def update(
    rule: str,
    transfer: TransferLike,
    weights: npt.ArrayLike,
    drive: npt.ArrayLike,
    loss: Loss,
    learning_rate: float,
    *,
    states: States | None = None,
) -> Update:
    """Compute ΔW of a rule for one batch.

    Raises
    ------
    InputError
        Wrong shapes, a rule that does not apply (``reparameterised`` needs the
        same gains in every sample, ``unrolled`` truncated states), or a
        critical learning rate.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab.equilibrium import MeanSquaredError, update
    >>> rng = np.random.default_rng(1)
    >>> weights = 0.5 * rng.standard_normal((30, 30)) / np.sqrt(30)
    >>> x, y = rng.standard_normal((30, 8)), 0.3 * rng.standard_normal((30, 8))
    >>> first = update("linearised", "tanh", weights, x, MeanSquaredError(y), 0.02)
    >>> second = update("linearised", "tanh", weights + first.increment, x, MeanSquaredError(y), 0.02)
    >>> second.loss < first.loss
    True
    """
    answer = _attractorlab.equilibrium_update(
        rule,
        number("learning_rate", learning_rate),
        read(transfer),
        _matrix("weights", weights),
        _matrix("drive", drive),
        loss._goal(),
        (states or States())._pass(),
    )
    names = ("increment", "loss", "accuracy", "left_out", "adjoint_residual")
    return Update(states=_equilibria(answer), **{name: answer[name] for name in names})


@dataclass(frozen=True, eq=False, repr=False)
class UpdateAt:
    """What a rule makes of given states."""

    increment: Array
    """ΔW, to be added to W; holds the learning rate."""
    loss: float
    """J of the given rates."""
    accuracy: float | None
    """Share of the samples classified correctly, where there are classes."""
    adjoint_residual: float | None
    """Largest relative residual of the adjoint states, for rules that solve for them."""


def update_at(
    rule: str,
    weights: npt.ArrayLike,
    drive: npt.ArrayLike,
    rates: npt.ArrayLike,
    gains: npt.ArrayLike,
    loss: Loss,
    learning_rate: float,
) -> UpdateAt:
    """Compute ΔW of a rule at states that are given: measured ones, or those of units with gains of their own.

    Linear units with gains, r = G(Wr + x) with a diagonal G, have the rates ``solve(1/G − W, x)`` and the
    gains G in every sample. That the states are fixed points, and stable, is up to you.

    Parameters
    ----------
    rule
        As for :func:`update`, but not ``unrolled``, which needs the transfer function.
    weights
        W, (N, N).
    drive
        Inputs x, (N, m).
    rates, gains
        r and φ'(Wr + x), (N, m).

    Raises
    ------
    InputError
        Wrong shapes, numbers that are not finite, a rule that does not apply (``reparameterised`` needs the
        same gains in every sample), or a critical learning rate.

    Source: Zhu & Rosenbaum, Neural Computation 36, 1568 (2024), section 2.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab.equilibrium import MeanSquaredError, update_at
    >>> rng = np.random.default_rng(1)
    >>> weights, gains = 0.2 * rng.standard_normal((4, 4)), np.array([[0.5], [0.8], [0.7], [0.6]])
    >>> x, y = rng.standard_normal((4, 3)), rng.standard_normal((4, 3))
    >>> rates = np.linalg.solve(np.diag(1 / gains[:, 0]) - weights, x)
    >>> gains = np.broadcast_to(gains, rates.shape)
    >>> found = update_at("gradient", weights, x, rates, gains, MeanSquaredError(y), 0.03)
    >>> found.increment.shape, bool(np.isclose(found.loss, ((rates - y) ** 2).sum(axis=0).mean()))
    ((4, 4), True)
    """
    if rule == "unrolled":
        raise InputError("rule 'unrolled' goes through the transfer function: use update")
    answer = _attractorlab.equilibrium_update_at(
        rule,
        number("learning_rate", learning_rate),
        _matrix("weights", weights),
        _matrix("drive", drive),
        (_matrix("rates", rates), _matrix("gains", gains)),
        loss._goal(),
    )
    return UpdateAt(**answer)


@dataclass(frozen=True, eq=False)
class GradientCheck:
    """The implicit gradient and finite differences along random directions of unit norm."""

    analytic: Array
    """⟨dJ/dW, D⟩ by the adjoint."""
    differences: Array
    """(J(W + hD) − J(W − hD))/2h with h = 1e-5."""
    error: float
    """Largest difference between the two, relative to \\|dJ/dW\\|."""
    adjoint_residual: float
    """Largest relative residual of the adjoint states."""


def check_gradient(
    transfer: TransferLike,
    weights: npt.ArrayLike,
    drive: npt.ArrayLike,
    loss: Loss,
    *,
    directions: int = 5,
    seed: int = 0,
) -> GradientCheck:
    """Hold the implicit gradient against finite differences.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab.equilibrium import MeanSquaredError, check_gradient
    >>> rng = np.random.default_rng(1)
    >>> weights = 0.8 * rng.standard_normal((20, 20)) / np.sqrt(20)
    >>> x = rng.standard_normal((20, 5))
    >>> check_gradient("tanh", weights, x, MeanSquaredError(0 * x)).error < 1e-7
    True
    """
    return GradientCheck(
        **_attractorlab.equilibrium_gradient_check(
            read(transfer),
            _matrix("weights", weights),
            _matrix("drive", drive),
            loss._goal(),
            directions,
            seed,
        )
    )


@dataclass(frozen=True)
class StepRecord:
    """What happened in a step of training. Losses are those before the update."""

    step: int
    status: str
    """``updated``, ``no states``, ``stopped`` or ``not finite``; only the first changed the weights."""
    loss: float
    accuracy: float | None
    left_out: int
    """Samples that took no part."""
    unstable: int
    """Samples at unstable states: a small loss there is no usable network."""
    undecided: int
    residual: float
    adjoint_residual: float | None
    gradient_norm: float
    """Norm of ΔW/η, before clipping."""


class Trainer:
    """Weights under training, one batch at a time.

    The practice of deep-equilibrium models is ``rule="gradient"``,
    ``optimiser="adam"`` and ``clip=1.0``.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab.equilibrium import MeanSquaredError, Trainer
    >>> rng = np.random.default_rng(1)
    >>> weights = 0.5 * rng.standard_normal((30, 30)) / np.sqrt(30)
    >>> x, y = rng.standard_normal((30, 8)), 0.3 * rng.standard_normal((30, 8))
    >>> trainer = Trainer("linearised", "tanh", weights, learning_rate=0.003)
    >>> losses = [trainer.step(x, MeanSquaredError(y)).loss for _ in range(100)]
    >>> losses[-1] < 0.9 * losses[0]
    True
    """

    def __init__(
        self,
        rule: str,
        transfer: TransferLike,
        weights: npt.ArrayLike,
        *,
        learning_rate: float,
        optimiser: Literal["gradient-descent", "momentum", "adam"] = "gradient-descent",
        momentum: float = 0.9,
        clip: float | None = None,
        states: States | None = None,
        warm_start: bool = False,
        precision: Literal["float32", "float64"] = "float64",
    ) -> None:
        self._trainer = _attractorlab.EquilibriumTrainer(
            rule,
            read(transfer),
            _matrix("weights", weights),
            (states or States())._pass(),
            (optimiser, number("learning_rate", learning_rate), number("momentum", momentum), clip),
            warm_start,
            precision,
        )

    def step(self, drive: npt.ArrayLike, loss: Loss) -> StepRecord:
        """One step on a batch of inputs (N, m). The GIL is released.

        After Ctrl-C a step that was begun goes on by itself, and what is asked of the
        trainer next waits for it.
        """
        return StepRecord(**self._trainer.step(_matrix("drive", drive), loss._goal()))

    @property
    def weights(self) -> Array:
        """W, (N, N)."""
        return self._trainer.weights()

    def save(self, path: str | os.PathLike[str], configuration: str = "") -> None:
        """Write the state of the run, at once or not at all (.safetensors or .npz)."""
        self._trainer.save(path, configuration)

    def load(self, path: str | os.PathLike[str], configuration: str = "") -> None:
        """Continue a run to the same bits; the configuration must be the one that was saved."""
        self._trainer.load(path, configuration)


def linear_course(
    rule: Literal["gradient", "reparameterised", "reparameterised-lookahead", "linearised"],
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike,
    weights: npt.ArrayLike,
    learning_rate: float,
    steps: int,
    *,
    every: int = 1,
) -> tuple[Array, Array]:
    """Loss of a linear network at steps 0, ``every``, 2 ``every``, … and its final weights.

    Rules 2 ("reparameterised") and 3 ("linearised") come from closed forms, rule 1 ("gradient") from its steps in the basis
    that the inputs suggest.

    Once a course has diverged, and where 1 − W has become singular, the loss is infinite and the weights are NaN. Initial
    weights for which it is singular are refused.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab.equilibrium import linear_course
    >>> rng = np.random.default_rng(1)
    >>> x, y = 0.3 * rng.standard_normal((10, 4)), 0.3 * rng.standard_normal((10, 4))
    >>> losses, weights = linear_course("reparameterised", x, y, np.zeros((10, 10)), 1.0, 500)
    >>> losses.shape, bool(losses[-1] < 1e-6 * losses[0])
    ((501,), True)
    """
    return _attractorlab.linear_course(
        rule,
        _matrix("inputs", inputs),
        _matrix("targets", targets),
        _matrix("weights", weights),
        number("learning_rate", learning_rate),
        steps,
        every,
    )


@dataclass(frozen=True, eq=False)
class Landscape:
    """The loss of a linear network at some points."""

    loss: Array
    """J; infinite where 1 − W is singular."""
    sign: Array
    """Sign of det(1 − W)."""
    growth: Array
    """Largest Re λ of W, NaN unless asked for; the network is stable iff it is below one."""


def landscape(
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike,
    centre: npt.ArrayLike,
    directions: Sequence[npt.ArrayLike],
    coordinates: npt.ArrayLike,
    *,
    with_growth: bool = False,
) -> Landscape:
    """J at ``centre + Σ cₖ directions[k]`` for each row c of ``coordinates``."""
    points = _matrix("coordinates", coordinates)
    loss, sign, growth = _attractorlab.linear_landscape(
        _matrix("inputs", inputs),
        _matrix("targets", targets),
        _matrix("centre", centre),
        [_matrix("directions", direction) for direction in directions],
        points.tolist(),
        with_growth,
    )
    return Landscape(loss, sign, growth)


def singular_steps(weights: npt.ArrayLike, direction: npt.ArrayLike) -> Array:
    """Every t at which 1 − W − tD is singular: the poles of the loss along a line.

    >>> singular_steps([[0.0]], [[2.0]]).tolist()
    [0.5]
    """
    return np.asarray(
        _attractorlab.singular_steps(_matrix("weights", weights), _matrix("direction", direction))
    )


def response_distance(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """\\|(1 − W₁)⁻¹ − (1 − W₂)⁻¹\\| in the Frobenius norm.

    >>> response_distance([[0.5]], [[0.0]])
    1.0
    """
    return _attractorlab.response_distance(_matrix("first", first), _matrix("second", second))


class ResponseMetric:
    """The metric on weights in which the linearised rule is gradient descent.

    ⟨Z, V⟩ = tr((A Z A)ᵀ(A V A)) with the response A = (1 − W)⁻¹: the squared length of a small change of
    the weights is that of the change of A.

    Source: Zhu & Rosenbaum 2023, section 3.

    Raises
    ------
    InputError
        1 − W is singular, weights that are not square or not finite, or a matrix of another shape.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab.equilibrium import ResponseMetric
    >>> metric = ResponseMetric(np.zeros((2, 2)))
    >>> metric.inner(np.eye(2), np.eye(2)), metric.extremes()
    (2.0, (1.0, 1.0))
    """

    def __init__(self, weights: npt.ArrayLike) -> None:
        self._weights = _matrix("weights", weights)
        self._extremes = _attractorlab.response_metric_extremes(self._weights)

    def apply(self, change: npt.ArrayLike) -> Array:
        """The metric applied to a change of the weights, (N, N)."""
        return _attractorlab.response_metric(self._weights, _matrix("change", change), False)

    def apply_inverse(self, gradient: npt.ArrayLike) -> Array:
        """The inverse metric applied to a gradient, (N, N): the direction of steepest descent in this metric."""
        return _attractorlab.response_metric(self._weights, _matrix("gradient", gradient), True)

    def inner(self, first: npt.ArrayLike, second: npt.ArrayLike) -> float:
        """⟨first, second⟩."""
        return float(np.sum(_matrix("first", first) * self.apply(second)))

    def extremes(self) -> tuple[float, float]:
        """The smallest and the largest eigenvalue."""
        return self._extremes


def interpolating_weights(inputs: npt.ArrayLike, targets: npt.ArrayLike) -> Array:
    """(Y − X)Y⁺: weights of a linear network that hit every target, if Y has full column rank."""
    return _attractorlab.interpolating_weights(_matrix("inputs", inputs), _matrix("targets", targets))
