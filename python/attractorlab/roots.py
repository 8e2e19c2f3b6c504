"""All roots of a function of one variable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import Array, number

__all__ = ["Roots", "all_roots"]


@dataclass(frozen=True, repr=False, eq=False)
class Roots:
    """All roots on an interval, rising."""

    x: Array
    """Where they are."""
    residual: Array
    """The function there."""
    tangent: npt.NDArray[np.bool_]
    """Where the function touches zero, or crosses it more than once, to within its accuracy."""
    doubts: Array
    """Intervals, of shape (n, 2), on which the function could not be resolved and roots may hide."""
    evaluations: int
    """Number of calls of the function."""

    @property
    def is_certain(self) -> bool:
        """Whether every root is a clean crossing and nothing is in doubt."""
        return not self.tangent.any() and len(self.doubts) == 0

    def __repr__(self) -> str:
        doubt = "" if self.is_certain else ", in doubt"
        return f"<Roots {np.array2string(self.x, separator=', ')}{doubt}, {self.evaluations} calls>"


def all_roots(
    function: Callable[[float], float],
    low: float,
    high: float,
    *,
    minimum_pieces: int = 4,
    accuracy: float = 1e-13,
) -> Roots:
    """All roots of ``function`` on [low, high], the ends included.

    The function is replaced by a piecewise Chebyshev interpolant that is good
    to ``accuracy``, and every root of that is isolated by bounds on its
    coefficients: close pairs and tangencies are found, and what cannot be
    resolved is listed in ``doubts``. What remains possible is a spike narrower
    than the spacing of the samples, which ``minimum_pieces`` sets.

    Parameters
    ----------
    function
        Takes a float and returns one. What it raises is raised here.
    low, high
        The interval.
    minimum_pieces
        The interval is first cut into this many equal pieces.
    accuracy
        Relative accuracy of the function: what lies below it is noise.

    Raises
    ------
    InputError
        The interval is empty or not finite, or the function is not finite
        somewhere, or returns something else than a number.

    Examples
    --------
    >>> import math
    >>> from attractorlab.roots import all_roots
    >>> all_roots(lambda x: math.tanh(2.0 * x) - x, -3.0, 3.0).x.round(6)
    array([-0.957504,  0.      ,  0.957504])
    """
    found = _attractorlab.all_roots(
        function, number("low", low), number("high", high), minimum_pieces, number("accuracy", accuracy)
    )
    return Roots(**{**found, "doubts": found["doubts"].reshape(-1, 2)})
