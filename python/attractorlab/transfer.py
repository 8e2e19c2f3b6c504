"""Transfer functions φ, by name.

========== =======================
name       φ(x)
========== =======================
tanh       tanh x
erf        erf(x/√2)
relu       max(0, x − threshold)
linear     x
softplus   log(1 + eˣ)
logistic   1/(1 + e⁻ˣ)
========== =======================

Wherever a transfer function is asked for, its name will do; :class:`Transfer`
gives relu a threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from attractorlab._arrays import number
from attractorlab.errors import InputError

__all__ = ["Transfer", "TransferLike"]


@dataclass(frozen=True, repr=False)
class Transfer:
    """A transfer function.

    >>> Transfer("relu", threshold=0.3)
    Transfer('relu', threshold=0.3)
    """

    name: str
    threshold: float = 0.0
    """Where relu starts to rise; of no meaning to the others."""

    def __repr__(self) -> str:
        threshold = f", threshold={self.threshold}" if self.threshold else ""
        return f"Transfer({self.name!r}{threshold})"


TransferLike: TypeAlias = str | Transfer


def read(transfer: TransferLike) -> tuple[str, float]:
    """Name and threshold."""
    if isinstance(transfer, str):
        return transfer, 0.0
    if isinstance(transfer, Transfer):
        return transfer.name, number("threshold", transfer.threshold)
    raise InputError(f"transfer must be a name like 'tanh' or a Transfer, not {type(transfer).__name__}")
