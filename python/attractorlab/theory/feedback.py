"""Feedback networks with a trained readout: every stationary state, its stability, and what will happen.

The network is dx/dt = −x + gχφ(x) + m z + I with the output z = n·φ(x)/N. The
readout n is Gaussian, independent of the bulk χ, and scaled so that a target
output A is stationary. Source: Mastrogiuseppe & Ostojic, Neural Comput.
31:1139 (2019); the argument by which no state is missed is ours, see the page
on the theory in the documentation.

>>> from attractorlab.theory.feedback import Direction, Inputs, predict
>>> inputs = Inputs(g=0.3, feedback_std=1.2, input_std=0.5, rho=0.5)
>>> direction = Direction(shared=1.0, feedback_own=1.0, input_own=0.3)
>>> prediction = predict(inputs, direction, -1.5)
>>> prediction.label, prediction.fixed_points.z.round(4)
('multi', array([-1.5   , -0.4218,  1.8909]))
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import Array, number, shaped, together
from attractorlab._frames import table
from attractorlab.errors import InputError
from attractorlab.transfer import TransferLike, read

__all__ = [
    "Direction",
    "FixedPoints",
    "Inputs",
    "Prediction",
    "Predictions",
    "ReadoutCurve",
    "Scatter",
    "predict",
    "scatter",
]

_LABELS = np.array(_attractorlab.FEEDBACK_LABELS)
_STABILITIES = np.array(_attractorlab.FEEDBACK_STABILITIES)


@dataclass(frozen=True, eq=False)
class Inputs:
    """Random bulk and input vectors m = Sm(ρξ + √(1−ρ²)ηᵐ), I = SI(ρξ + √(1−ρ²)ηᴵ).

    Each field is a number; in :func:`predict` it may be an array.
    """

    g: npt.ArrayLike
    """Spectral radius g of the bulk, not negative."""
    feedback_std: npt.ArrayLike
    """Standard deviation Sm of the feedback vector's entries, not negative."""
    input_std: npt.ArrayLike
    """Standard deviation SI of the input vector's entries, not negative."""
    rho: npt.ArrayLike = 0.0
    """Weight ρ of the shared direction, in [−1, 1]; the two vectors overlap by Sm SI ρ²."""

    def drive(self, z: npt.ArrayLike) -> Any:
        """S(z) = Sm²z² + 2 Smi z + SI², the *variance* of the drive at outputs clamped at z.

        >>> Inputs(g=0.3, feedback_std=1.2, input_std=0.5, rho=0.5).drive([0.0, 1.0])
        array([0.25, 1.99])
        """
        shape, rows = together(**vars(self), z=z)
        return shaped(_attractorlab.feedback_drive(np.stack(rows), shape), shape)


@dataclass(frozen=True, eq=False)
class Direction:
    """Direction of a Gaussian readout, n ∝ p ξ + p_m ηᵐ + p_I ηᴵ.

    Each field is a number; in :func:`predict` it may be an array.
    """

    shared: npt.ArrayLike = 0.0
    """Weight p of the direction that both input vectors share."""
    feedback_own: npt.ArrayLike = 0.0
    """Weight p_m of the feedback vector's own direction."""
    input_own: npt.ArrayLike = 0.0
    """Weight p_I of the input vector's own direction."""


@dataclass(frozen=True, repr=False, eq=False)
class FixedPoints:
    """Stationary states, by rising z along the last axis of each array.

    Among predictions for many targets the last axis is as long as the longest
    list; the places beyond a list's ``count`` hold NaN, and ``""``.
    """

    z: Array
    """Outputs."""
    delta: Array
    """Variances Δ of the units' inputs."""
    outliers: npt.NDArray[np.complex128]
    """Eigenvalues λ of J·diag(φ') outside its random bulk, larger real part first, along one more
    axis of length 2. A state is stable if both have Re λ < 1 and ``radius`` < 1."""
    radius: Array
    """Radii of the bulk of J·diag(φ')."""
    slope: Array
    """Slopes G'(z) of the static map; 1 on a saddle-node."""
    stability: npt.NDArray[np.str_]
    """``"stable"``, ``"outlier-unstable"`` (a saddle) or ``"bulk-unstable"`` (chaotic)."""

    def __len__(self) -> int:
        return int(self.z.shape[-1])

    def __repr__(self) -> str:
        return f"<FixedPoints z={np.array2string(self.z, separator=', ', precision=6)}>"


@dataclass(frozen=True, repr=False, eq=False)
class Prediction:
    """The prediction for one target and one readout."""

    inputs: Inputs
    direction: Direction
    target: float
    """The target A."""
    scale: float
    """Scale c of the readout direction that makes the target stationary (equation 6)."""
    overlap_feedback: float
    """s_nm = ⟨n m⟩."""
    overlap_input: float
    """s_nI = ⟨n I⟩."""
    feedback_share: float
    """a = s_nm⟨φ'⟩: the share of the target that the readout draws from its overlap with m."""
    flex: float | None
    """A_flex, the target that this direction cannot realise; ``None`` if there is none."""
    label: str
    """The class: ``"mono"``, ``"multi"``, ``"target-unstable"`` or ``"target-bulk-unstable"``."""
    marginal: bool
    """Whether two states are so close to a saddle-node that their number is in doubt."""
    target_index: int
    """Which of the fixed points is the target."""
    fixed_points: FixedPoints
    verdict: str
    """What will happen, in one sentence, and why, in another."""

    def __repr__(self) -> str:
        states = zip(self.fixed_points.z, self.fixed_points.stability, strict=True)
        listed = ", ".join(f"{z:.6g} {stability}" for z, stability in states)
        return f"<Prediction {self.label} for target {self.target:.6g}: z = {listed}>"


@dataclass(frozen=True, repr=False, eq=False)
class Predictions:
    """Predictions for many targets or parameters; the fields of :class:`Prediction`, as arrays.

    A target that its direction cannot realise has the label ``"unrealisable"``,
    the count 0, the index -1, and NaN everywhere else. ``flex`` is NaN where
    there is none.
    """

    target: Array
    scale: Array
    overlap_feedback: Array
    overlap_input: Array
    feedback_share: Array
    flex: Array
    label: npt.NDArray[np.str_]
    marginal: npt.NDArray[np.bool_]
    target_index: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]
    """Number of stationary states."""
    fixed_points: FixedPoints
    """Arrays with one more axis, the states."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape to which targets and parameters broadcast."""
        return self.target.shape

    def to_pandas(self) -> Any:
        """One row for each stationary state, with the target and label it belongs to. Needs pandas."""
        points = self.fixed_points
        there = ~np.isnan(points.z)

        def of_target(values: npt.NDArray[Any]) -> Any:
            return np.broadcast_to(values[..., np.newaxis], points.z.shape)[there]

        return table(
            {
                "target": of_target(self.target),
                "label": of_target(self.label),
                "is_target": (np.indices(points.z.shape)[-1] == self.target_index[..., np.newaxis])[there],
                "z": points.z[there],
                "delta": points.delta[there],
                "outlier": points.outliers[..., 0][there],
                "radius": points.radius[there],
                "slope": points.slope[there],
                "stability": points.stability[there],
            }
        )

    def __len__(self) -> int:
        return len(self.target)

    def __repr__(self) -> str:
        names, counts = np.unique(self.label, return_counts=True)
        labels = ", ".join(f"{count} {name}" for name, count in zip(names, counts, strict=True))
        return f"<Predictions of shape {self.shape}: {labels}>"


def _fixed_points(columns: dict[str, Any], shape: tuple[int, ...]) -> FixedPoints:
    shape = (*shape, columns["most"])
    return FixedPoints(
        z=columns["z"].reshape(shape),
        delta=columns["delta"].reshape(shape),
        outliers=columns["outliers"].reshape((*shape, 2)),
        radius=columns["radius"].reshape(shape),
        slope=columns["slope"].reshape(shape),
        stability=_STABILITIES[columns["stability"]].reshape(shape),
    )


def _predictions(columns: dict[str, Any], target: Array, shape: tuple[int, ...]) -> Predictions:
    return Predictions(
        target=target.reshape(shape),
        label=_LABELS[columns["label"]].reshape(shape),
        fixed_points=_fixed_points(columns, shape),
        **{
            name: columns[name].reshape(shape)
            for name in (
                "scale",
                "overlap_feedback",
                "overlap_input",
                "feedback_share",
                "flex",
                "marginal",
                "target_index",
                "count",
            )
        },
    )


def _prediction(columns: dict[str, Any], inputs: Inputs, direction: Direction, target: float) -> Prediction:
    names = ("scale", "overlap_feedback", "overlap_input", "feedback_share", "marginal", "target_index")
    flex = columns["flex"][0].item()
    return Prediction(
        inputs=inputs,
        direction=direction,
        target=target,
        flex=None if np.isnan(flex) else flex,
        label=str(_LABELS[columns["label"][0]]),
        fixed_points=_fixed_points(columns, ()),
        verdict=columns["verdict"][0],
        **{name: columns[name][0].item() for name in names},
    )


def predict(
    inputs: Inputs, direction: Direction, target: npt.ArrayLike, *, transfer: TransferLike = "tanh"
) -> Any:
    """Every stationary state of a network whose readout along ``direction`` holds ``target``.

    ``target`` and every field of ``inputs`` and ``direction`` may be an array;
    they broadcast, and one call answers all of them with the GIL released. What
    shares network and direction shares its work: many targets of one readout
    cost a few microseconds each.

    Source: Mastrogiuseppe & Ostojic 2019, equations (5), (6), (9).

    Parameters
    ----------
    inputs, direction
        The geometry.
    target
        The output A that the readout is trained to hold.
    transfer
        ``"tanh"`` or ``"erf"``.

    Returns
    -------
    Prediction or Predictions
        The first if all arguments are numbers, otherwise the second.

    Raises
    ------
    UnrealisableTargetError
        The one target cannot be realised by this direction. In an array of
        targets such an element has the label ``"unrealisable"`` instead.
    InputError
        An argument is out of range, or the readout has no overlap with any
        input vector; the first offending element is named.

    Examples
    --------
    >>> from attractorlab.theory.feedback import Direction, Inputs, predict
    >>> along_input = Direction(input_own=1.0)
    >>> predict(Inputs(g=0.8, feedback_std=1.2, input_std=0.5), along_input, 1.0)
    <Prediction mono for target 1: z = 1 stable>
    >>> predict(Inputs(g=[0.2, 0.8], feedback_std=1.2, input_std=0.5), along_input, [[1.0], [2.0]])
    <Predictions of shape (2, 2): 4 mono>
    """
    shape, rows = together(**_checked(inputs, Inputs), **_checked(direction, Direction), target=target)
    name, threshold = read(transfer)
    columns = _attractorlab.predict(name, threshold, np.stack(rows), shape, shape == ())
    if shape == ():
        return _prediction(columns, inputs, direction, float(rows[-1][0]))
    return _predictions(columns, rows[-1], shape)


@dataclass(frozen=True, eq=False)
class Scatter:
    """Standard deviations over networks of the same ensemble, times √N, for large N; numbers or arrays."""

    overlap_feedback: Any
    """Of the overlap n·m/N."""
    overlap_input: Any
    """Of the overlap n·I/N."""
    map: Any
    """Of the static map G_N(z)."""
    output: Any
    """Of the output of the stationary state next to z: that of the map over |1 − G'|."""


def scatter(
    inputs: Inputs,
    direction: Direction,
    scale: npt.ArrayLike,
    z: npt.ArrayLike,
    *,
    transfer: TransferLike = "tanh",
) -> Scatter:
    """How networks of N units scatter about a stationary state of the theory at output ``z``.

    Leading order in N^(−1/2), without a free parameter; ours, derived in the
    documentation of the Rust function of the same name and held against
    simulation in the study ``mastrogiuseppe2019/finite-size``.

    Parameters
    ----------
    inputs, direction
        The geometry.
    scale
        Scale c of the readout n = c·(direction), as :func:`predict` gives it.
    z
        Output of the state.
    transfer
        ``"tanh"`` or ``"erf"``.

    Raises
    ------
    InputError
        An argument out of range, or a clamped network that is chaotic; the first offending element is named.

    Examples
    --------
    The output of a network of 400 units is 0.50 ± 0.045:

    >>> from attractorlab.theory.feedback import Direction, Inputs, predict, scatter
    >>> inputs = Inputs(g=0.3, feedback_std=1.2, input_std=0.5, rho=0.5)
    >>> direction = Direction(shared=1.0, feedback_own=1.0, input_own=0.3)
    >>> found = scatter(inputs, direction, predict(inputs, direction, 0.5).scale, 0.5)
    >>> round(found.output / 400**0.5, 3)
    0.045
    """
    shape, rows = together(**_checked(inputs, Inputs), **_checked(direction, Direction), scale=scale, z=z)
    name, threshold = read(transfer)
    columns = _attractorlab.feedback_scatter(name, threshold, np.stack(rows), shape)
    return Scatter(*(shaped(column, shape) for column in columns))


def _checked(value: Inputs | Direction, kind: type[Inputs] | type[Direction]) -> dict[str, npt.ArrayLike]:
    if not isinstance(value, kind):
        name = kind.__name__
        raise InputError(f"{name.lower()} must be of the class {name}, not {type(value).__name__}")
    return vars(value)


class ReadoutCurve:
    """The curve W(z) = (αz + β)⟨φ'⟩/z of one readout direction, on which the states of all targets lie.

    Prepared once (about a millisecond), it answers any number of targets. The
    GIL is released.

    Parameters
    ----------
    inputs, direction
        The geometry; every field one number.
    transfer
        ``"tanh"`` or ``"erf"``.

    Raises
    ------
    InputError
        As in :func:`predict`.

    Examples
    --------
    >>> from attractorlab.theory.feedback import Direction, Inputs, ReadoutCurve
    >>> inputs = Inputs(g=0.3, feedback_std=1.2, input_std=0.5, rho=0.5)
    >>> curve = ReadoutCurve(inputs, Direction(shared=1.0, feedback_own=1.0, input_own=0.3))
    >>> curve.bifurcation_targets(-2.0, 2.0).round(6)
    array([-0.737977,  1.4401  ])
    >>> round(curve.flex, 6)
    -0.231757
    >>> curve.sweep([-1.5, 0.5, 2.0]).count
    array([3, 1, 3])
    """

    def __init__(self, inputs: Inputs, direction: Direction, *, transfer: TransferLike = "tanh") -> None:
        network = [number(name, cast(float, value)) for name, value in _checked(inputs, Inputs).items()]
        readout = [number(name, cast(float, value)) for name, value in _checked(direction, Direction).items()]
        self.inputs, self.direction, self.transfer = inputs, direction, transfer
        self._curve = _attractorlab.ReadoutCurve(*read(transfer), network, readout)

    def __repr__(self) -> str:
        return f"ReadoutCurve({self.inputs}, {self.direction}, transfer={self.transfer!r})"

    def __reduce__(self) -> tuple[partial[ReadoutCurve], tuple[Inputs, Direction]]:
        return partial(ReadoutCurve, transfer=self.transfer), (self.inputs, self.direction)

    @property
    def flex(self) -> float | None:
        """A_flex, the target that this direction cannot realise; ``None`` if there is none."""
        return self._curve.flex

    @property
    def overlaps(self) -> tuple[float, float]:
        """α = ⟨n m⟩ and β = ⟨n I⟩ of the direction at scale 1 (equation 2)."""
        return self._curve.overlaps

    @property
    def folds(self) -> Array:
        """Outputs z at which two states merge: where the target itself meets another state."""
        return self._curve.folds()

    def bifurcation_targets(self, low: float, high: float) -> Array:
        """Targets in [low, high] at which the number of stationary states changes, or the target
        exchanges its stability; rising.

        Raises
        ------
        InputError
            An end is not finite.
        """
        return self._curve.bifurcation_targets(number("low", low), number("high", high))

    def predict(self, target: float) -> Prediction:
        """The prediction for one target.

        Raises
        ------
        UnrealisableTargetError
            The target is ``flex``.
        """
        value = number("target", target)
        columns = self._curve.sweep(np.array([value]), (), True)
        return _prediction(columns, self.inputs, self.direction, value)

    def sweep(self, targets: npt.ArrayLike) -> Predictions:
        """Predictions for an array of targets, of any shape, a few microseconds each.

        Raises
        ------
        InputError
            A target is not finite. One that cannot be realised has the label
            ``"unrealisable"``.
        """
        shape, (flat,) = together(targets=targets)
        shape = shape or (1,)
        return _predictions(self._curve.sweep(flat, shape, False), flat, shape)

    def map(self, overlap_feedback: npt.ArrayLike, overlap_input: npt.ArrayLike, z: npt.ArrayLike) -> Any:
        """The static map G(z) = (s_nm z + s_nI)⟨φ'⟩ of readouts with these overlaps (equation 5).

        Its fixed points are the stationary states. All arguments broadcast.

        >>> from attractorlab.theory.feedback import Direction, Inputs, ReadoutCurve
        >>> inputs = Inputs(g=0.3, feedback_std=1.2, input_std=0.5, rho=0.5)
        >>> curve = ReadoutCurve(inputs, Direction(shared=1.0, feedback_own=1.0, input_own=0.3))
        >>> found = curve.predict(-1.5)
        >>> curve.map(found.overlap_feedback, found.overlap_input, found.fixed_points.z).round(4)
        array([-1.5   , -0.4218,  1.8909])
        """
        shape, flat = together(overlap_feedback=overlap_feedback, overlap_input=overlap_input, z=z)
        return shaped(self._curve.map(*flat), shape)
