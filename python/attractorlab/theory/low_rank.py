"""Networks given as a random bulk and low-rank feedback: only the bulk is averaged.

The theory (ours) keeps the network's own feedback vectors, readouts, inputs and bias, for any number of loops, and
takes the bulk for one of independent entries of mean 0 and variance g²/N that the readouts know nothing of. A readout
trained by least squares does know of the bulk: its overlaps may then be off by more than their errors.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import Array, real
from attractorlab._frames import table
from attractorlab.network import RateNetwork

__all__ = ["LowRankStates", "low_rank_states"]


@dataclasses.dataclass(frozen=True)
class LowRankStates:
    """The stationary states that theory predicts, stable ones first.

    Attributes
    ----------
    g : float
        Strength of the bulk.
    overlaps, overlap_errors : array, (count, loops)
        κ = n·φ(x)/N for each loop, and its standard deviation over bulks of this size.
    outputs : array, (count, outputs)
    rates : array, (count, units)
        ⟨φ⟩ of each unit.
    mean_square : array, (count,)
        q = ⟨φ²⟩ over all units; the bulk's input to a unit has the variance g²q.
    outliers : complex array, (count, loops + 1)
        Eigenvalues of J·diag(φ') outside the bulk, larger real part first. One smaller in modulus than
        the radius is not visible.
    radius : array, (count,)
        Radius of the bulk of J·diag(φ').
    stability : list of str
        ``"stable"``, ``"outlier-unstable"``, or ``"bulk-unstable"``: chaotic, where the theory does not hold.
    matches : list of int or None
        Of a dissected network: the place of the fixed point that is taken for the state.
    """

    g: float
    overlaps: Array
    overlap_errors: Array
    outputs: Array
    rates: Array
    mean_square: Array
    outliers: npt.NDArray[np.complex128]
    radius: Array
    stability: list[str]
    matches: list[int | None]

    @property
    def count(self) -> int:
        """Number of states."""
        return len(self.stability)

    def to_pandas(self) -> Any:
        """One row for each state. Needs pandas."""
        columns: dict[str, Any] = {}
        for r in range(self.overlaps.shape[1]):
            columns[f"overlap_{r + 1}"] = self.overlaps[:, r]
            columns[f"overlap_{r + 1}_error"] = self.overlap_errors[:, r]
        columns |= {f"output_{k + 1}": self.outputs[:, k] for k in range(self.outputs.shape[1])}
        columns |= {"radius": self.radius, "leading": self.outliers[:, 0], "stability": self.stability}
        return table(columns)

    def __repr__(self) -> str:
        stable = self.stability.count("stable")
        return f"<LowRankStates: {self.count} states, {stable} stable, g = {self.g:.4g}>"


def _made(found: dict[str, Any]) -> LowRankStates:
    return LowRankStates(
        g=found["g"],
        overlaps=found["overlaps"],
        overlap_errors=found["overlap_errors"],
        outputs=found["outputs"],
        rates=found["rates"],
        mean_square=np.asarray(found["mean_square"], dtype=np.float64),
        outliers=found["outliers_re"] + 1j * found["outliers_im"],
        radius=np.asarray(found["radius"], dtype=np.float64),
        stability=found["stability"],
        matches=found["matches"],
    )


def low_rank_states(
    network: RateNetwork, input: Sequence[float] | None = None, *, g: float | None = None
) -> LowRankStates:
    """Predicts the stationary states of a rate network of bulk and loops.

    Parameters
    ----------
    network
        The network; without loops there is one state for each mean square rate that the bulk allows.
    input
        Constant input, one number for each input; zero if None.
    g
        Strength of the bulk, where it is known; measured (root of the sum of squared weights over N) if None.

    Raises
    ------
    InputError
        An input of another length, or a g that is negative or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab.network import RateNetwork, gaussian_bulk
    >>> from attractorlab.theory.low_rank import low_rank_states
    >>> m = np.random.default_rng(1).normal(size=300)
    >>> net = RateNetwork(gaussian_bulk(300, 0.5, seed=1), feedback=m, feedback_readout=1.8 * m)
    >>> states = low_rank_states(net, g=0.5)
    >>> states
    <LowRankStates: 3 states, 2 stable, g = 0.5>
    >>> states.stability
    ['stable', 'stable', 'outlier-unstable']
    """
    u = [0.0] * network.inputs if input is None else real("input", input).reshape(-1).tolist()
    own = _attractorlab.Network.of_rate(network._network)
    return _made(own.low_rank_states(u, None if g is None else float(g)))
