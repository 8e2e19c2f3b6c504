"""Training the readouts of given networks to stationary outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import Array, number, real
from attractorlab.errors import InputError
from attractorlab.network import RateNetwork
from attractorlab.transfer import TransferLike, read

__all__ = ["Holding", "OutputTask", "TrainedOutputs", "ridge_readout"]


@dataclass(frozen=True, repr=False, eq=False)
class TrainedOutputs:
    """What training made of M targets of K outputs."""

    readout: Array
    """Readouts n, (N, K), entries of order 1: z = nᵀφ(x)/N."""
    states: Array
    """The states x in which each target was left, (N, M): clamped ones of least squares."""
    errors: Array
    """Largest |z − f| over the outputs at each state, (M,)."""
    course: Array | None = None
    """Outputs during FORCE, one row a step and one column an output; None for least squares."""

    def __repr__(self) -> str:
        return f"<TrainedOutputs: {len(self.errors)} targets, largest error {self.errors.max():.2g}>"


@dataclass(frozen=True, repr=False, eq=False)
class Holding:
    """Whether the closed loop holds its targets."""

    held: npt.NDArray[np.bool_]
    """(M,)"""
    outputs: Array
    """Final outputs, (K, M)."""
    distances: Array
    """Course of |z − f| of each target, (M, T): one entry a time unit, the first at time 0."""

    def __repr__(self) -> str:
        return f"<Holding: {int(self.held.sum())} of {len(self.held)} targets held>"


def _matrix(name: str, values: npt.ArrayLike) -> Array:
    array = real(name, values)
    if array.ndim > 2:
        raise InputError(f"{name} must be a matrix or a vector, not of shape {array.shape}")
    return array.reshape(-1, 1) if array.ndim < 2 else array


class OutputTask:
    """M targets of K outputs, for a network whose feedback loops training closes.

    Parameters
    ----------
    transfer
        φ.
    bulk
        (N, N), ``bulk[i, j]`` from unit j to unit i.
    feedback
        (N, K), or (N,) for one output.
    targets
        (M, K), or (M,) for one output.
    inputs
        Constant input of each target, (N, M); none if None.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab.network import gaussian_bulk
    >>> from attractorlab.training import OutputTask
    >>> feedback = np.random.default_rng(1).standard_normal(400)
    >>> task = OutputTask("tanh", gaussian_bulk(400, 0.8, seed=1), feedback, [0.6, 1.5])
    >>> trained = task.least_squares()
    >>> bool(trained.errors.max() < 1e-9)
    True
    >>> task.test_holding(trained).held.shape
    (2,)
    """

    __slots__ = ("_arrays", "_task", "_transfer")

    def __init__(
        self,
        transfer: TransferLike,
        bulk: npt.ArrayLike,
        feedback: npt.ArrayLike,
        targets: npt.ArrayLike,
        *,
        inputs: npt.ArrayLike | None = None,
    ) -> None:
        weights = _matrix("bulk", bulk)
        drives = np.zeros((len(weights), 0)) if inputs is None else _matrix("inputs", inputs)
        self._transfer = transfer
        self._arrays = (weights, _matrix("feedback", feedback), _matrix("targets", targets), drives)
        self._task = _attractorlab.OutputTask(*read(transfer), *self._arrays)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restored, (self._transfer, *self._arrays))

    def __repr__(self) -> str:
        units, (targets, outputs) = len(self._arrays[0]), self._arrays[2].shape
        return f"<OutputTask: {targets} targets of {outputs} outputs, {units} units>"

    def least_squares(self, *, ridge: float = 0.0) -> TrainedOutputs:
        """Clamp the outputs at each target, and take the readouts of least norm that read all of them.

        The theory of the result is :func:`attractorlab.theory.output_dynamics.predict`.

        Source: Rivkind & Barak 2017, equation (3).

        Parameters
        ----------
        ridge
            Ridge parameter of the normalised Gram matrix RᵀR/N.

        Raises
        ------
        InputError
            Wrong shapes, a clamped network that does not settle, or dependent states without ridge.
        """
        return TrainedOutputs(*self._task.least_squares(number("ridge", ridge)))

    def force(
        self,
        start: npt.ArrayLike,
        *,
        alpha: float = 1.0,
        dt: float = 0.1,
        duration: float = 50.0,
        update_every: int = 2,
        rounds: int = 1,
    ) -> TrainedOutputs:
        """FORCE (Sussillo & Abbott 2009): recursive least squares while the target jumps from one to the next.

        Parameters
        ----------
        start
            (N,), the first state x.
        alpha
            The inverse correlation matrix starts at 1/alpha.
        dt
            Euler step.
        duration
            Time spent at each target in each round.
        update_every
            Steps between two updates of the readout.
        rounds
            Rounds through all targets.

        Raises
        ------
        InputError
            Arguments out of range or of wrong shape. A run that diverges has NaN in ``states``.
        """
        x = np.ascontiguousarray(real("start", start))
        settings = (number("alpha", alpha), number("dt", dt), number("duration", duration), update_every, rounds)
        if update_every < 1 or rounds < 1:
            raise InputError(f"update_every and rounds must be at least 1, got {update_every} and {rounds}")
        (readout, states, errors), course = self._task.force(x, settings)
        return TrainedOutputs(readout, states, errors, course)

    def test_holding(
        self,
        trained: TrainedOutputs,
        *,
        perturbation: float = 0.02,
        duration: float = 40.0,
        dt: float = 0.1,
        tolerance: float = 0.1,
        seed: int = 0,
    ) -> Holding:
        """Run the closed loop from each state, perturbed, and see which targets it holds.

        Parameters
        ----------
        trained
            What training made.
        perturbation
            Standard deviation of the normal perturbation of every unit's input.
        duration, dt
            Of the run, by the Runge–Kutta method.
        tolerance
            A target f is held if |z − f| < tolerance·|f| at the end.
        seed
            Seed of the perturbation.

        Raises
        ------
        InputError
            Matrices of wrong shape, or times that are not positive.
        """
        settings = (
            number("perturbation", perturbation),
            number("duration", duration),
            number("dt", dt),
            number("tolerance", tolerance),
        )
        if seed < 0:
            raise InputError(f"seed must not be negative, got {seed}")
        readout, states = _matrix("readout", trained.readout), _matrix("states", trained.states)
        found = self._task.test_holding(readout, states, settings, seed)
        return Holding(np.asarray(found["held"], dtype=np.bool_), found["outputs"], found["distances"])

    def closed_loop(self, trained: TrainedOutputs) -> RateNetwork:
        """The trained network: its loops closed, with K outputs and the targets' inputs as input weights."""
        weights, feedback, _, drives = self._arrays
        return RateNetwork(
            weights,
            feedback=feedback,
            feedback_readout=trained.readout,
            transfer=self._transfer,
            input_weights=drives,
            readout=trained.readout,
        )


def ridge_readout(rates: npt.ArrayLike, targets: npt.ArrayLike, *, ridge: float) -> Array:
    """Readouts by ridge regression on any number of states that a network passed.

    Minimises the squared errors of z = n·r/N over all steps, plus (ridge/N)|n|².

    Parameters
    ----------
    rates
        (steps, units).
    targets
        (steps,) of one output, or (steps, outputs).
    ridge
        Ridge parameter q > 0 of the normalised Gram matrix: n = (RᵀR/N + q)⁻¹ RᵀF for R of steps × units.

    Returns
    -------
    array
        n of shape (units,), or (units, outputs).

    Raises
    ------
    InputError
        Shapes that do not fit, NaN, a ridge parameter that is not above zero.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab.training import ridge_readout
    >>> rates = np.tanh(np.random.default_rng(1).standard_normal((500, 20)))
    >>> n = ridge_readout(rates, rates[:, 3] - 2 * rates[:, 7], ridge=1e-6)
    >>> np.abs(rates @ n / 20 - (rates[:, 3] - 2 * rates[:, 7])).max() < 1e-6
    np.True_
    """
    r, f = _matrix("rates", rates), real("targets", targets)
    columns = np.ascontiguousarray(f.reshape(len(f), -1) if f.ndim else f.reshape(1, 1))
    if f.ndim > 2:
        raise InputError(f"targets must have the shape (steps,) or (steps, outputs), got {f.shape}")
    if len(r) != len(columns):
        raise InputError(f"rates and targets must have the same number of steps, got {len(r)} and {len(columns)}")
    readout = _attractorlab.ridge_readout(r, columns, float(ridge))
    return readout[:, 0] if f.ndim < 2 else readout


def _restored(transfer: TransferLike, bulk: Array, feedback: Array, targets: Array, inputs: Array) -> OutputTask:
    return OutputTask(transfer, bulk, feedback, targets, inputs=inputs if inputs.shape[1] else None)
