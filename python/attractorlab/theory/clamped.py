"""Clamped states of a random network: the common ground of the theories of trained networks.

Feed a random bulk of gain g with a constant Gaussian drive of variance S. If
the state is stationary, its units are Gaussian with the variance Δ that solves
Δ = g²⟨φ²⟩_Δ + S.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import number, shaped, together
from attractorlab.transfer import TransferLike, read

__all__ = ["DriveMoments", "DriveTheory"]


@dataclass(frozen=True, repr=False, eq=False)
class DriveMoments:
    """Averages over the units of clamped states; numbers, or arrays of the drive's shape."""

    delta: Any
    """Variance Δ of the units' inputs."""
    radius: Any
    """Radius g·√⟨φ'²⟩ of the bulk of J·diag(φ'); below 1, the state is stationary."""
    gain: Any
    """⟨φ'⟩."""
    gain_squared: Any
    """⟨φ'²⟩."""
    third: Any
    """⟨φ'''⟩."""
    power_slope: Any
    """F = ⟨φ'² + φφ''⟩ = d⟨φ²⟩/dΔ."""

    def __repr__(self) -> str:
        return f"<DriveMoments delta={self.delta}, radius={self.radius}, gain={self.gain}>"


class DriveTheory:
    """Mean-field theory of the clamped state: Δ(S) and the averages at it.

    For tanh and erf h(Δ) = Δ − g²⟨φ²⟩_Δ is convex with h(0) = 0, so that
    h = S has exactly one root for S > 0. At S = 0 and g > 1 the larger of two
    roots is given, the one that is not silent.

    Source: Mastrogiuseppe & Ostojic, Neural Comput. 31:1139 (2019), section 2.

    Parameters
    ----------
    transfer
        ``"tanh"`` or ``"erf"``.
    g
        Spectral radius of the bulk, not negative.

    Raises
    ------
    InputError
        Another transfer function, or a gain that is negative or not finite.

    Examples
    --------
    >>> from attractorlab.theory.clamped import DriveTheory
    >>> state = DriveTheory("tanh", 0.8).at(1.99)
    >>> round(state.delta, 12), round(state.radius, 12)
    (2.340386917233, 0.456983993282)
    """

    def __init__(self, transfer: TransferLike, g: float) -> None:
        self.transfer = transfer
        self.g = number("g", g)
        self._theory = _attractorlab.DriveTheory(*read(transfer), self.g)

    def __repr__(self) -> str:
        return f"DriveTheory({self.transfer!r}, g={self.g})"

    def __reduce__(self) -> tuple[type[DriveTheory], tuple[TransferLike, float]]:
        return DriveTheory, (self.transfer, self.g)

    def at(self, drive: npt.ArrayLike) -> DriveMoments:
        """Moments at drive *variances* S ≥ 0, a number or an array. The GIL is released.

        Raises
        ------
        InputError
            A drive is negative or not finite.
        """
        shape, (flat,) = together(drive=drive)
        return DriveMoments(**{name: shaped(m, shape) for name, m in self._theory.at(flat, shape).items()})
