"""Readouts of all families: their static maps, all states, and in words what will happen.

>>> from attractorlab.theory.feedback import Inputs
>>> from attractorlab.theory.readouts import LeastSquares, RecursiveLeastSquares, forecast
>>> inputs = Inputs(g=0.5, feedback_std=1.2, input_std=0.15)
>>> forecast(inputs, LeastSquares(), 1.5)
<Forecast multi for target 1.5: z = -1.45608 stable, -0.0189662 outlier-unstable, 1.5 stable>
>>> forecast(inputs, RecursiveLeastSquares(units=200, start="input-only"), 1.5).label
'mono'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import Array, number, real, shaped, together, vector
from attractorlab._frames import labelled
from attractorlab.errors import InputError
from attractorlab.theory.feedback import (
    _LABELS,
    Direction,
    FixedPoints,
    Inputs,
    _fixed_points,
)
from attractorlab.transfer import TransferLike, read

__all__ = [
    "Boundary",
    "Forecast",
    "GaussianLeastSquares",
    "GradientDescent",
    "LeastSquares",
    "MeasuredNetwork",
    "Overlaps",
    "PhaseDiagram",
    "ReadoutTheory",
    "RecursiveLeastSquares",
    "forecast",
    "measure",
    "phase_diagram",
    "thresholds",
]


@dataclass(frozen=True)
class LeastSquares:
    """Least squares on the clamped state: n = A φ(x)/(q + ⟨φ²⟩)."""

    ridge: float = 0.0
    """Ridge parameter q ≥ 0."""
    bulk_correlation: bool = True
    """Whether the readout's dependence on the bulk is kept (exact) or dropped, as in the paper."""

    def _arguments(self) -> tuple[str, list[float]]:
        name = "least-squares" if self.bulk_correlation else "least-squares-decorrelated"
        return name, [number("ridge", self.ridge)]


@dataclass(frozen=True)
class GaussianLeastSquares:
    """A Gaussian readout along mA + I, the direction of least squares, independent of the bulk."""

    def _arguments(self) -> tuple[str, list[float]]:
        return "gaussian-least-squares", []


@dataclass(frozen=True)
class GradientDescent:
    """The slow limit of the online delta rule from a readout of zero."""

    def _arguments(self) -> tuple[str, list[float]]:
        return "gradient-descent", []


@dataclass(frozen=True)
class RecursiveLeastSquares:
    """Recursive least squares (FORCE) from a known start; its result depends on the number of units."""

    units: int
    """Number of units N."""
    alpha: float = 1.0
    """Regularisation: the inverse correlation matrix starts at 1/α."""
    dt: float = 0.1
    """Time step of network and updates."""
    duration: float = 50.0
    """Duration of training."""
    start: Literal["input-only", "random"] = "input-only"
    """``"input-only"``: the state clamped at z = 0; ``"random"``: standard normal."""

    def _arguments(self) -> tuple[str, list[float]]:
        if self.start not in ("input-only", "random"):
            raise InputError(f"start must be 'input-only' or 'random', not {self.start!r}")
        numbers = [number(name, getattr(self, name)) for name in ("units", "alpha", "dt", "duration")]
        if numbers[0] < 0 or numbers[0] != int(numbers[0]):
            raise InputError(f"units must be a whole number, got {self.units}")
        return f"recursive-{self.start}", numbers


@dataclass(frozen=True)
class Overlaps:
    """A readout that is known by its overlaps ⟨n m⟩ and ⟨n I⟩ alone, independent of the bulk."""

    overlap_feedback: float
    overlap_input: float

    def _arguments(self) -> tuple[str, list[float]]:
        return "overlaps", [
            number("overlap_feedback", self.overlap_feedback),
            number("overlap_input", self.overlap_input),
        ]


Readout: TypeAlias = (
    Direction | LeastSquares | GaussianLeastSquares | GradientDescent | RecursiveLeastSquares | Overlaps
)


def _readout(readout: Readout) -> tuple[str, list[float]]:
    if isinstance(readout, Direction):
        names = ("shared", "feedback_own", "input_own")
        return "gaussian", [number(name, getattr(readout, name)) for name in names]
    if hasattr(readout, "_arguments"):
        arguments: tuple[str, list[float]] = readout._arguments()
        return arguments
    raise InputError(f"readout must be a Direction, LeastSquares, … , not {type(readout).__name__}")


def _network(inputs: Inputs) -> list[float]:
    if not isinstance(inputs, Inputs):
        raise InputError(f"inputs must be of the class Inputs, not {type(inputs).__name__}")
    return [number(name, getattr(inputs, name)) for name in ("g", "feedback_std", "input_std", "rho")]


@dataclass(frozen=True, repr=False, eq=False)
class Forecast:
    """Every state of one feedback network, and what will happen."""

    inputs: Inputs
    readout: Readout
    target: float
    """The target A."""
    overlap_feedback: float
    """s_nm = ⟨n m⟩."""
    overlap_input: float
    """s_nI = ⟨n I⟩."""
    feedback_share: float
    """a = s_nm⟨φ'⟩ at the target."""
    label: str
    """The class: ``"mono"``, ``"multi"``, ``"target-unstable"`` or ``"target-bulk-unstable"``."""
    marginal: bool
    """Whether the number of states is in doubt."""
    target_index: int
    """Which of the states training aims at: the one nearest to the target."""
    fixed_points: FixedPoints
    """The states; ``"bulk-unstable"`` ones are chaotic, with the variance and slope of the chaotic map
    and without outliers (NaN). Outliers of recursive least squares inside the bulk are NaN too."""
    critical_drive: float
    """S_c(g): a clamped state under a drive of smaller variance is chaotic."""
    verdict: str
    """What will happen, and why."""

    def __repr__(self) -> str:
        states = zip(self.fixed_points.z, self.fixed_points.stability, strict=True)
        listed = ", ".join(f"{z:.6g} {stability}" for z, stability in states)
        return f"<Forecast {self.label} for target {self.target:.6g}: z = {listed}>"


class ReadoutTheory:
    """The theory of one readout: its static map, and everything that follows from it.

    Source: Mastrogiuseppe & Ostojic, Neural Comput. 31:1139 (2019); true least
    squares, gradient descent and recursive least squares are derived on the
    page of the theory.

    Raises
    ------
    InputError
        An argument out of range, or training that passes through a chaotic state.
    UnrealisableTargetError
        A Gaussian direction that cannot realise the target.
    """

    def __init__(
        self, inputs: Inputs, readout: Readout, target: float, *, transfer: TransferLike = "tanh"
    ) -> None:
        self.inputs = inputs
        self.readout = readout
        self.target = number("target", target)
        self._theory = _attractorlab.ReadoutTheory(
            *read(transfer), _network(inputs), _readout(readout), self.target
        )

    def map(self, z: npt.ArrayLike) -> Any:
        """The static map G(z): what the network clamped at z returns. The GIL is released.

        >>> theory = ReadoutTheory(Inputs(0.5, 1.2, 0.15), LeastSquares(), 1.5)
        >>> round(theory.map(1.5), 9)
        1.5
        """
        shape, (flat,) = together(z=z)
        return shaped(self._theory.map(flat, shape), shape)

    def forecast(self) -> Forecast:
        """All states, and what will happen. The GIL is released."""
        found = self._theory.forecast()
        return Forecast(
            inputs=self.inputs,
            readout=self.readout,
            target=self.target,
            label=str(_LABELS[found["label"]]),
            fixed_points=_fixed_points(found, ()),
            **{
                name: found[name]
                for name in (
                    "overlap_feedback",
                    "overlap_input",
                    "feedback_share",
                    "marginal",
                    "target_index",
                    "critical_drive",
                    "verdict",
                )
            },
        )


def forecast(
    inputs: Inputs, readout: Readout, target: float, *, transfer: TransferLike = "tanh"
) -> Forecast:
    """Given network, inputs, the readout's origin and a target: what will happen, and why.

    Parameters
    ----------
    inputs
        Bulk and input vectors; numbers.
    readout
        A :class:`~attractorlab.theory.feedback.Direction`, or a training rule of this module.
    target
        The output A.
    transfer
        ``"tanh"`` or ``"erf"``.

    Raises
    ------
    InputError
        An argument out of range, or training that passes through a chaotic state.
    UnrealisableTargetError
        A direction that cannot realise the target.

    Examples
    --------
    >>> print(forecast(Inputs(0.5, 1.2, 0.15), LeastSquares(), 1.5).verdict)
    The target 1.5 is stable, but other starts end at z = -1.4561. The reason: least squares reads \
the clamped state, whose drive is mA + I: its readout draws the target mostly from its overlap with \
the feedback vector, which also supports states without it (a = 0.8052).
    """
    return ReadoutTheory(inputs, readout, target, transfer=transfer).forecast()


@dataclass(frozen=True, repr=False, eq=False)
class Boundary:
    """A curve on which the class changes."""

    between: tuple[str, str]
    """The labels on its two sides."""
    x: Array
    y: Array

    def __repr__(self) -> str:
        return f"<Boundary between {self.between[0]} and {self.between[1]}, {len(self.x)} points>"


@dataclass(frozen=True, repr=False, eq=False)
class PhaseDiagram:
    """Classes over a grid, and the boundaries between them."""

    x: Array
    """Values of the horizontal axis."""
    y: Array
    """Values of the vertical axis."""
    label: npt.NDArray[np.str_]
    """``label[row, column]`` belongs to ``y[row]`` and ``x[column]``; ``"unrealisable"`` where no readout
    of the family holds the target, or its training starts from a chaotic state."""
    boundaries: list[Boundary]

    def to_xarray(self) -> Any:
        """The labels as a dataset over y and x. Needs xarray."""
        return labelled({"label": (("y", "x"), self.label)}, {"x": self.x, "y": self.y})

    def __repr__(self) -> str:
        names, counts = np.unique(self.label, return_counts=True)
        labels = ", ".join(f"{count} {name}" for name, count in zip(names, counts, strict=True))
        return f"<PhaseDiagram of shape {self.label.shape}: {labels}>"


def phase_diagram(
    inputs: Inputs,
    readout: Readout | float,
    target: float,
    *,
    x: tuple[str, float, float, int],
    y: tuple[str, float, float, int],
    tolerance: float = 1e-6,
    transfer: TransferLike = "tanh",
) -> PhaseDiagram:
    """What feedback networks do over two parameters. The GIL is released, and all cores used.

    Parameters
    ----------
    inputs, readout, target
        What is held fixed; the axes replace two of these. A number as ``readout`` is the share a
        of the target that Gaussian readouts draw from the feedback.
    x, y
        Quantity (``"target"``, ``"g"``, ``"rho"``, ``"input-ratio"`` for SI/Sm, or ``"share"``),
        first value, last value, and number of values.
    tolerance
        How closely boundaries are located, as a fraction of each axis.
    transfer
        ``"tanh"`` or ``"erf"``.

    Raises
    ------
    InputError
        An axis or another argument out of range.

    Examples
    --------
    >>> inputs = Inputs(g=0.8, feedback_std=1.2, input_std=0.5)
    >>> phase_diagram(inputs, 0.0, 1.0, x=("target", 0.2, 2.0, 30), y=("share", 0.0, 2.0, 40))
    <PhaseDiagram of shape (40, 30): 554 mono, 360 multi, 286 target-unstable>
    """
    if isinstance(readout, (int, float)):
        arguments: tuple[str, list[float]] = ("share", [number("readout", readout)])
    else:
        arguments = _readout(readout)
    codes, boundaries = _attractorlab.phase_diagram(
        *read(transfer), _network(inputs), number("target", target), arguments, x, y, number("tolerance", tolerance)
    )
    columns, rows = (np.linspace(axis[1], axis[2], axis[3]) for axis in (x, y))
    return PhaseDiagram(
        x=columns,
        y=rows,
        label=_LABELS[codes].reshape(len(rows), len(columns)),
        boundaries=[
            Boundary(between=(str(_LABELS[first]), str(_LABELS[second])), x=along, y=up)
            for first, second, along, up in boundaries
        ],
    )


def thresholds(inputs: Inputs, target: float, *, transfer: TransferLike = "tanh") -> tuple[float, float]:
    """Borders on the axis a = s_nm⟨φ'⟩ of all Gaussian readouts that hold one target.

    Returns
    -------
    (a_b, a_c)
        Below a_b the target is the only stationary state; above a_c it is unstable.

    Raises
    ------
    InputError
        Arguments out of range, a target of zero, or a transfer function other than tanh and erf.

    Source: Mastrogiuseppe & Ostojic 2019; the search for a_b is ours.

    Examples
    --------
    >>> from attractorlab.theory.feedback import Inputs
    >>> a_b, a_c = thresholds(Inputs(g=0.8, feedback_std=1.2, input_std=0.5), 1.0)
    >>> round(a_b, 5), round(a_c, 5)
    (0.91628, 1.55712)
    """
    return _attractorlab.feedback_thresholds(read(transfer), _network(inputs), number("target", target))


@dataclass(frozen=True, eq=False)
class MeasuredNetwork:
    """The statistics of a given network in the terms of the theory."""

    inputs: Inputs
    """g, Sm, SI and ρ."""
    readout: Overlaps
    """Overlaps of the readout with feedback and input vector."""
    overlap: float
    """⟨m I⟩ before mirroring; for independent vectors its standard error is Sm SI/√N."""
    mirrored: bool
    """Whether m and n were negated, so that ⟨m I⟩ ≥ 0; outputs of the theory then are −z of the network."""


def measure(
    bulk: npt.ArrayLike, feedback: npt.ArrayLike, input: npt.ArrayLike, readout: npt.ArrayLike
) -> MeasuredNetwork:
    """Estimates g, Sm, SI, ρ and the overlaps from a given bulk (N×N) and vectors of N entries.

    Raises
    ------
    InputError
        Shapes that do not fit, or entries that are not finite.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> bulk = 0.8 * rng.normal(size=(400, 400)) / 20.0
    >>> m, i = 1.2 * rng.normal(size=400), 0.5 * rng.normal(size=400)
    >>> round(measure(bulk, m, i, m).inputs.g, 2)
    0.8
    """
    matrix = real("bulk", bulk)
    if matrix.ndim != 2:
        raise InputError(f"the bulk must be a matrix, not an array of shape {matrix.shape}")
    named = (("feedback", feedback), ("input", input), ("readout", readout))
    vectors = [vector(name, value) for name, value in named]
    network, overlaps, overlap, mirrored = _attractorlab.measure_network(matrix, *vectors)
    return MeasuredNetwork(
        inputs=Inputs(*network), readout=Overlaps(*overlaps), overlap=overlap, mirrored=mirrored
    )
