"""One given feedback network: training its readout, its static map, releases, and theory laid over it.

The network is dx/dt = −x + Jφ(x) + m z + I with z = n·φ(x)/N: bulk J, feedback vector m, input I, readout n.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import Array, number, real, vector
from attractorlab.errors import InputError
from attractorlab.theory.readouts import (
    Forecast,
    MeasuredNetwork,
    Readout,
    ReadoutTheory,
    measure,
)
from attractorlab.transfer import TransferLike, read

__all__ = ["FeedbackNetwork", "MapFixedPoints", "Outcomes", "Overlay", "Trained", "Verdict"]


@dataclass(frozen=True, repr=False, eq=False)
class Trained:
    """What a training rule made."""

    readout: Array
    """The readout n, entries of order 1."""
    state: Array
    """The state x in which training ended."""
    error: float
    """|z − A| at the end."""
    converged: bool
    """Whether the output is at the target. Look at it."""

    def __repr__(self) -> str:
        return f"<Trained {'converged' if self.converged else 'NOT converged'}, error {self.error:.3g}>"


@dataclass(frozen=True, repr=False, eq=False)
class MapFixedPoints:
    """All fixed points of one closed loop, by rising z."""

    z: Array
    slope: Array
    """G_N'(z): 1 or more at a saddle."""
    radius: Array
    """Radius of the bulk of J·diag(φ')."""
    outlier: npt.NDArray[np.complex128]
    """The eigenvalue outside the bulk; NaN where there is none."""
    residual: Array
    """|G_N(z) − z|."""
    stable: npt.NDArray[np.bool_]
    states: Array
    """``states[k]`` is the state x of fixed point k."""

    def __len__(self) -> int:
        return len(self.z)


@dataclass(frozen=True, repr=False, eq=False)
class Verdict:
    """What a readout makes of the network."""

    local: str
    """At the target: ``"stable"``, ``"unstable"``, ``"chaotic"`` or ``"missing"``."""
    others: Array
    """Outputs of stable fixed points other than the target."""
    gaps: list[tuple[float, float]]
    """Intervals of z at which the clamped network is chaotic, so that the map is not defined."""
    target_index: int | None
    """Which fixed point is the target."""
    fixed_points: MapFixedPoints
    z: Array
    """Clamped outputs at which the map was sampled."""
    map: Array
    """G_N there; NaN in gaps."""
    text: str
    """The verdict in words."""

    def __repr__(self) -> str:
        return f"<Verdict: {self.text}>"


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Where released networks ended, one entry a start."""

    z: Array
    speed: Array
    """Root mean square of dx/dt at the end."""
    settled: npt.NDArray[np.bool_]


@dataclass(frozen=True, repr=False, eq=False)
class Overlay:
    """Theory over a given network, in the network's own sign of z."""

    measured: MeasuredNetwork
    forecast: Forecast
    """In the terms of the theory: its z is −z of the network if ``measured.mirrored``."""
    verdict: Verdict
    """The network's own."""
    theory_map: Array
    """Theory's G at ``verdict.z``."""
    theory_z: Array
    """Theory's states, rising."""

    def __repr__(self) -> str:
        own = ", ".join(f"{z:.4g}" for z in self.verdict.fixed_points.z)
        theory = ", ".join(f"{z:.4g}" for z in self.theory_z)
        return f"<Overlay: network at z = {own}; theory at z = {theory}>"


class FeedbackNetwork:
    """A network whose readout is to be trained, or judged.

    Parameters
    ----------
    bulk
        J, N×N; ``J[i, j]`` is the weight from unit j to unit i.
    feedback, input
        Vectors m and I of N entries of order 1.
    transfer
        The transfer function φ.

    Raises
    ------
    InputError
        Shapes that do not fit.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> bulk = 0.5 * rng.normal(size=(200, 200)) / np.sqrt(200)
    >>> network = FeedbackNetwork(bulk, 1.2 * rng.normal(size=200), 0.15 * rng.normal(size=200))
    >>> trained = network.train("least-squares", 1.5)
    >>> verdict = network.verdict(trained.readout, 1.5)
    >>> verdict.local, verdict.fixed_points.stable
    ('stable', array([ True, False,  True]))
    >>> network.train("recursive", 1.5).converged
    True
    """

    def __init__(
        self,
        bulk: npt.ArrayLike,
        feedback: npt.ArrayLike,
        input: npt.ArrayLike,
        *,
        transfer: TransferLike = "tanh",
    ) -> None:
        self.bulk = real("bulk", bulk)
        if self.bulk.ndim != 2:
            raise InputError(f"the bulk must be a matrix, not an array of shape {self.bulk.shape}")
        self.feedback = vector("feedback", feedback)
        self.input = vector("input", input)
        self.transfer = transfer
        self._network = _attractorlab.FeedbackNetwork(*read(transfer), self.bulk, self.feedback, self.input)

    def __repr__(self) -> str:
        return f"<FeedbackNetwork of {len(self.feedback)} units>"

    def clamped_state(self, z: float) -> Array:
        """The stationary state x with the output clamped at z.

        Raises
        ------
        InputError
            The clamped network does not settle.
        """
        return self._network.clamped_state(number("z", z))

    def train(
        self,
        rule: Literal["least-squares", "recursive", "delta"],
        target: float,
        *,
        start: npt.ArrayLike | None = None,
        ridge: float = 0.0,
        alpha: float = 1.0,
        rate: float = 0.05,
        dt: float = 0.1,
        duration: float | None = None,
    ) -> Trained:
        """Trains the readout to hold the output at ``target``. The GIL is released.

        Parameters
        ----------
        rule
            ``"least-squares"`` on the clamped state, with ``ridge``; ``"recursive"`` least squares
            with the loop closed (FORCE), with ``alpha``; ``"delta"``, the online delta rule, with ``rate``.
        start
            State in which a run starts; the state clamped at z = 0 if left out.
        dt, duration
            Euler step and duration of a run; 50 for recursive least squares, 600 for the delta rule.

        Raises
        ------
        InputError
            An argument out of range, or a clamped network that does not settle.
        """
        options: dict[str, list[Any]] = {
            "least-squares": [ridge],
            "recursive": [alpha, dt, 50.0 if duration is None else duration],
            "delta": [rate, dt, 600.0 if duration is None else duration],
        }
        if rule not in options:
            raise InputError(f"rule must be 'least-squares', 'recursive' or 'delta', not {rule!r}")
        begin = None if start is None else vector("start", start)
        numbers = [number("a training parameter", value) for value in options[rule]]
        return Trained(*self._network.train(rule, number("target", target), numbers, begin))

    def verdict(
        self, readout: npt.ArrayLike, target: float, *, reach: float | None = None, tolerance: float = 1e-3
    ) -> Verdict:
        """Traces the static map G_N(z) by clamped continuation; all fixed points, and what becomes of the target.

        Parameters
        ----------
        reach
            The map is traced for |z| up to this; ‖n‖/√N if left out, beyond which |φ| ≤ 1 allows no fixed point.
        tolerance
            Samples are added until neighbours predict the map between them to within this, relative to the reach.

        Raises
        ------
        InputError
            Shapes that do not fit, or a transfer function without bound and no reach.
        """
        n = vector("readout", readout)
        most = None if reach is None else number("reach", reach)
        found = self._network.verdict(n, number("target", target), most, number("tolerance", tolerance))
        names = ("z", "slope", "radius", "outlier", "residual", "stable", "states")
        return Verdict(
            local=found["local"],
            others=found["others"],
            gaps=found["gaps"],
            target_index=found["target_index"],
            fixed_points=MapFixedPoints(**{name: found[name] for name in names}),
            z=found["sample_z"],
            map=found["sample_value"],
            text=found["text"],
        )

    def release(
        self,
        readout: npt.ArrayLike,
        starts: npt.ArrayLike,
        *,
        dt: float = 0.1,
        duration: float = 300.0,
        settled: float = 1e-3,
    ) -> Outcomes:
        """Releases the closed loop from each column of ``starts`` (N×P) and says where it ends.

        A start has settled once the root mean square of dx/dt is below ``settled``; one that has not
        within ``duration`` is chaotic, oscillating or slow.

        Raises
        ------
        InputError
            Shapes that do not fit, or numbers that are not above zero.
        """
        n = vector("readout", readout)
        states = real("starts", starts)
        if states.ndim == 1:
            states = states.reshape(-1, 1)
        if states.ndim != 2:
            raise InputError(f"starts must be a vector or N×P, not of shape {states.shape}")
        numbers = [number("dt", dt), number("duration", duration), number("settled", settled)]
        return Outcomes(*self._network.release(n, states, numbers))

    def overlay(self, readout: npt.ArrayLike, target: float, *, theory: Readout | None = None) -> Overlay:
        """Lays theory over this network: statistics are measured, states forecast, and both set side by side.

        Parameters
        ----------
        theory
            Where the readout comes from (a training rule of :mod:`attractorlab.theory.readouts`); if left
            out, its measured overlaps stand for it, as if it were independent of the bulk.

        Raises
        ------
        InputError
            Shapes that do not fit, or a transfer function other than tanh and erf.

        Examples
        --------
        >>> from attractorlab.theory.readouts import LeastSquares
        >>> rng = np.random.default_rng(3)
        >>> bulk = 0.5 * rng.normal(size=(400, 400)) / 20.0
        >>> network = FeedbackNetwork(bulk, 1.2 * rng.normal(size=400), 0.15 * rng.normal(size=400))
        >>> readout = network.train("least-squares", 1.5).readout
        >>> overlay = network.overlay(readout, 1.5, theory=LeastSquares())
        >>> bool(np.abs(overlay.theory_z - overlay.verdict.fixed_points.z).max() < 0.1)
        True
        """
        measured = measure(self.bulk, self.feedback, self.input, readout)
        sign = -1.0 if measured.mirrored else 1.0
        origin = measured.readout if theory is None else theory
        predicted = ReadoutTheory(measured.inputs, origin, sign * number("target", target), transfer=self.transfer)
        verdict = self.verdict(readout, target)
        forecast = predicted.forecast()
        return Overlay(
            measured=measured,
            forecast=forecast,
            verdict=verdict,
            theory_map=sign * np.asarray(predicted.map(sign * verdict.z)),
            theory_z=np.sort(sign * forecast.fixed_points.z),
        )
