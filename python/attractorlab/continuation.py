"""How fixed points move, vanish and turn unstable as a parameter changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import Array, real
from attractorlab._frames import table
from attractorlab.dissection import Network
from attractorlab.errors import InputError

__all__ = ["Bifurcations", "Branch", "Special", "bifurcations", "continue_fixed_points"]


@dataclasses.dataclass(frozen=True)
class Special:
    """A place where stability changes.

    Attributes
    ----------
    kind : str
        ``"fold"``, ``"branch point"``, ``"Hopf"``, ``"period doubling"`` or
        ``"Neimark-Sacker"``.
    value : float
        Corank of a branch point, frequency (per τ) of a Hopf point, angle of a
        Neimark–Sacker point; NaN otherwise.
    parameter : float
    state : array, (state_size,)
    residual : float
        How far from zero the test still is.
    """

    kind: str
    value: float
    parameter: float
    state: Array
    residual: float


@dataclasses.dataclass(frozen=True)
class Branch:
    """One branch of fixed points, in order along it.

    Attributes
    ----------
    parameters : array, (count,)
    states : array, (count, state_size)
    unstable : int array, (count,)
        Numbers of unstable directions.
    leading : complex array, (count,)
        Eigenvalue of the mode that grows fastest: of the effective connectivity
        (unstable iff the real part exceeds 1), or of the one-step map.
    specials : list of Special
    ends : (str, str)
        ``"range"``, ``"closed"``, ``"steps"`` or ``"lost"``.
    """

    parameters: Array
    states: Array
    unstable: npt.NDArray[np.int64]
    leading: npt.NDArray[np.complex128]
    specials: list[Special]
    ends: tuple[str, str]

    @property
    def stable(self) -> npt.NDArray[np.bool_]:
        """Which points are stable."""
        chosen: npt.NDArray[np.bool_] = self.unstable == 0
        return chosen

    def __repr__(self) -> str:
        low, high = self.parameters.min(), self.parameters.max()
        return f"<Branch: {len(self.parameters)} points from {low:g} to {high:g}, {len(self.specials)} special>"


@dataclasses.dataclass(frozen=True)
class Bifurcations:
    """A bifurcation diagram.

    Attributes
    ----------
    branches : list of Branch
    complete : bool
        Whether all crossings were followed.
    searched : list of (float, int)
        Values of the parameter that were searched, and how many fixed points were found there.
    """

    branches: list[Branch]
    complete: bool
    searched: list[tuple[float, int]]

    @property
    def specials(self) -> list[Special]:
        """All special points."""
        return [special for branch in self.branches for special in branch.specials]

    def to_pandas(self) -> Any:
        """One row for each point of each branch. Needs pandas."""
        counts = [len(branch.parameters) for branch in self.branches]
        return table(
            {
                "branch": np.repeat(np.arange(len(counts)), counts),
                "parameter": np.concatenate([branch.parameters for branch in self.branches]),
                "unstable": np.concatenate([branch.unstable for branch in self.branches]),
                "leading": np.concatenate([branch.leading for branch in self.branches]),
            }
        )

    def __repr__(self) -> str:
        return f"<Bifurcations: {len(self.branches)} branches, {len(self.specials)} special points>"


def _branch(found: dict[str, Any]) -> Branch:
    return Branch(
        parameters=found["parameters"],
        states=found["states"],
        unstable=np.asarray(found["unstable"], dtype=np.int64),
        leading=found["leading"],
        specials=[Special(*special) for special in found["specials"]],
        ends=found["ends"],
    )


def bifurcations(
    network: Network,
    parameter_range: tuple[float, float],
    *,
    along: str = "recurrent",
    at: Sequence[float] | None = None,
    input: Sequence[float] | None = None,
    direction: Sequence[float] | None = None,
    other: Network | None = None,
    starts: int = 512,
    largest_step: float = 0.03,
    seed: int = 0,
) -> Bifurcations:
    """Traces all branches of a network's fixed points along a parameter.

    Fixed points are searched at some values of the parameter; the branches through them,
    and those that cross, are followed by pseudo-arclength continuation.

    Parameters
    ----------
    network
        The network.
    parameter_range
        Where the parameter begins and ends.
    along
        What the parameter changes: ``"recurrent"`` (a factor of all recurrent weights),
        ``"bulk"`` (of the bulk alone), ``"input"`` (input + parameter × direction) or
        ``"morph"`` (from the network, 0, to ``other``, 1).
    at
        Values at which to search; both ends and the middle if None.
    input
        Constant input; zero if None.
    direction
        Direction of the input; the first input if None.
    other
        The second network of a morph.
    starts
        Random starts of each search.
    largest_step
        Largest step along a branch, as a share of the range.
    seed
        Root of all random numbers.

    Raises
    ------
    InputError
        An empty range, values outside it, inputs that do not fit the network.

    Examples
    --------
    >>> import numpy as np
    >>> import attractorlab as al
    >>> weights = {"weight_ih_l0": np.zeros((1, 1)), "weight_hh_l0": np.ones((1, 1))}
    >>> found = al.bifurcations(al.Network.from_arrays(weights), (0.2, 2.0))
    >>> found.specials[0].kind, round(found.specials[0].parameter, 6)
    ('branch point', 1.0)
    """
    lower, upper = (float(end) for end in parameter_range)
    values = [lower, 0.5 * (lower + upper), upper] if at is None else [float(value) for value in at]
    if starts < 0 or seed < 0:
        raise InputError("starts and seed must not be negative")
    if direction is None:
        direction = [1.0] + [0.0] * (network.inputs - 1)
    branches, complete, searched = _attractorlab.bifurcations(
        network._network,
        along,
        (
            [] if input is None else real("input", input).reshape(-1).tolist(),
            real("direction", direction).reshape(-1).tolist(),
        ),
        None if other is None else other._network,
        values,
        (lower, upper, float(largest_step), starts, seed),
    )
    return Bifurcations([_branch(found) for found in branches], complete, searched)


def continue_fixed_points(
    function: Callable[[Array, float], npt.ArrayLike],
    starts: npt.ArrayLike,
    parameters: float | Sequence[float],
    parameter_range: tuple[float, float],
    *,
    jacobian: Callable[[Array, float], npt.ArrayLike] | None = None,
    discrete: bool = True,
    largest_step: float = 0.03,
) -> Bifurcations:
    """Traces the fixed points of a function of yours along its parameter.

    Parameters
    ----------
    function
        (x, p) ↦ x' (a map), or ↦ dx/dt if ``discrete`` is False.
    starts
        States near fixed points, of shape (count, dim).
    parameters
        Value of the parameter for each of the starts, or one for all.
    parameter_range
        Where the parameter begins and ends.
    jacobian
        (x, p) ↦ (dim, dim) derivatives in x; by central differences if None.
    discrete
        Whether the function is a map.
    largest_step
        Largest step along a branch, as a share of the range.

    Examples
    --------
    >>> from attractorlab import continue_fixed_points
    >>> found = continue_fixed_points(lambda x, p: p + x - x**3, [[-1.3]], -1.0, (-1.0, 1.0), discrete=False)
    >>> [(special.kind, round(special.parameter, 5)) for special in found.specials]
    [('fold', 0.3849), ('fold', -0.3849)]
    """
    states = np.atleast_2d(real("starts", starts))
    values = np.broadcast_to(real("parameters", parameters), (len(states),)).tolist()

    def called(x: Array, p: float) -> Array:
        return np.ascontiguousarray(function(x, p), dtype=np.float64)

    def derived(x: Array, p: float) -> Array:
        assert jacobian is not None
        return np.ascontiguousarray(jacobian(x, p), dtype=np.float64)

    lower, upper = (float(end) for end in parameter_range)
    branches, complete = _attractorlab.follow_function(
        called,
        None if jacobian is None else derived,
        discrete,
        np.ascontiguousarray(states.T),
        values,
        (lower, upper, float(largest_step)),
    )
    return Bifurcations([_branch(found) for found in branches], complete, [])
