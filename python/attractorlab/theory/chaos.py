"""Chaos of random bulks, with or without a constant drive.

Below a critical drive S_c(g) a strong bulk is chaotic, and two variances describe it: that of
the units' inputs over units and time, and that of their time averages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import Array, number, shaped, together
from attractorlab.transfer import TransferLike, read

__all__ = ["Activity", "ChaosTheory", "ChaoticState"]


@dataclass(frozen=True, repr=False, eq=False)
class Activity:
    """What driven bulks do; numbers, or arrays of the drive's shape."""

    variance: Any
    """Δ₀, the variance of the units' inputs over units and time."""
    persistent: Any
    """Δ∞, the variance of their time averages; equal to ``variance`` where the state is stationary."""
    radius: Any
    """Radius g·√⟨φ'²⟩ of the bulk."""
    gain: Any
    """⟨φ'⟩."""
    chaotic: Any
    """Whether the state is chaotic."""

    def __repr__(self) -> str:
        return f"<Activity variance={self.variance}, persistent={self.persistent}, chaotic={self.chaotic}>"


@dataclass(frozen=True, repr=False, eq=False)
class ChaoticState:
    """A chaotic state, with its autocorrelation."""

    variance: float
    """Δ₀ = Δ(0)."""
    persistent: float
    """Δ∞ = Δ(∞)."""
    step: float
    """Step between two values of the autocorrelation, in units of the time constant."""
    autocorrelation: Array
    """Δ(τ) at τ = 0, step, 2 step, …."""
    lyapunov_exponent: float
    """The largest Lyapunov exponent."""

    def __repr__(self) -> str:
        return (
            f"<ChaoticState variance={self.variance:.6g}, persistent={self.persistent:.6g}, "
            f"lyapunov_exponent={self.lyapunov_exponent:.6g}>"
        )


class ChaosTheory:
    """Mean-field theory of a random bulk under a constant drive, stationary or chaotic.

    Sources: Sompolinsky, Crisanti & Sommers, Phys. Rev. Lett. 61:259 (1988);
    Mastrogiuseppe & Ostojic, Neural Comput. 31:1139 (2019). That no solution
    is missed is argued on the page of the theory.

    Parameters
    ----------
    transfer
        ``"tanh"`` or ``"erf"``.
    g
        Spectral radius of the bulk, from 0 to 100.

    Raises
    ------
    InputError
        Another transfer function, or a gain out of range.

    Examples
    --------
    >>> from attractorlab.theory.chaos import ChaosTheory
    >>> theory = ChaosTheory("tanh", 2.0)
    >>> round(theory.critical_drive, 6)
    1.635957
    >>> theory.activity([0.3, 2.0]).chaotic
    array([ True, False])
    >>> theory.state(0.3)
    <ChaoticState variance=2.48875, persistent=1.69878, lyapunov_exponent=0.0770706>
    """

    def __init__(self, transfer: TransferLike, g: float) -> None:
        self.transfer = transfer
        self.g = number("g", g)
        self._theory = _attractorlab.ChaosTheory(*read(transfer), self.g)

    def __repr__(self) -> str:
        return f"ChaosTheory({self.transfer!r}, g={self.g})"

    def __reduce__(self) -> tuple[type[ChaosTheory], tuple[TransferLike, float]]:
        return ChaosTheory, (self.transfer, self.g)

    @property
    def critical_drive(self) -> float:
        """S_c(g), the *variance* of the drive from which on the state is stationary; 0 if it always is."""
        return self._theory.critical_drive

    def activity(self, drive: npt.ArrayLike = 0.0) -> Activity:
        """The states under drives of *variance* S ≥ 0, a number or an array. The GIL is released.

        Raises
        ------
        InputError
            A drive is negative or not finite.
        """
        shape, (flat,) = together(drive=drive)
        columns = self._theory.activity(flat, shape)
        return Activity(**{name: shaped(column, shape) for name, column in columns.items()})

    def state(self, drive: float = 0.0) -> ChaoticState:
        """The chaotic state under one drive, with its autocorrelation and Lyapunov exponent.

        Raises
        ------
        InputError
            Activity dies out, the drive silences chaos, or it is negative or not finite.
        """
        return ChaoticState(*self._theory.state(number("drive", drive)))
