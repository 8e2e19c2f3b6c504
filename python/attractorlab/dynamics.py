"""What networks do: simulation in batches, fixed points, spectra, chaos.

States are columns (x in the current form, r in the rate form, h of a map), and a
batch is N×P. Results depend neither on the number of threads nor on what
else runs; every search says how it ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import Array, number, real
from attractorlab._frames import labelled
from attractorlab.errors import InputError
from attractorlab.network import RateNetwork

__all__ = [
    "FixedPoint",
    "Lyapunov",
    "Outliers",
    "Simulation",
    "fixed_point",
    "initial_states",
    "lyapunov_exponent",
    "outliers",
    "output_response",
    "simulate",
    "spectrum",
]


def initial_states(units: int, trials: int, *, sd: float = 1.0, seed: int = 0) -> Array:
    """N×P normal states: those with which ``attractorlab simulate --seed`` starts.

    >>> from attractorlab.dynamics import initial_states
    >>> initial_states(100, 3, seed=7).shape
    (100, 3)
    """
    if units < 0 or trials < 0 or seed < 0:
        raise InputError("units, trials and seed must not be negative")
    return _attractorlab.initial_states(units, trials, number("sd", sd), seed)


@dataclass(frozen=True, repr=False, eq=False)
class Simulation:
    """A simulated batch."""

    times: Array
    """Times of the T frames."""
    frames: npt.NDArray[Any]
    """What was recorded, T×V×P: frame, variable, trial; of the type of the start."""
    final_states: npt.NDArray[Any]
    """States after the last step, N×P."""
    diverged_at: Array
    """For each trial the time after which its root mean square passed 1e12 or was
    not finite; NaN for one that stayed ordinary."""

    @property
    def finished(self) -> bool:
        """Whether no trial diverged."""
        return bool(np.isnan(self.diverged_at).all())

    def to_xarray(self) -> Any:
        """The frames as a dataset over time, variable and trial. Needs xarray."""
        return labelled(
            {
                "frames": (("time", "variable", "trial"), self.frames),
                "final_states": (("unit", "trial"), self.final_states),
                "diverged_at": (("trial",), self.diverged_at),
            },
            {"time": self.times},
        )

    def __repr__(self) -> str:
        bad = int(np.count_nonzero(~np.isnan(self.diverged_at)))
        state = "finished" if bad == 0 else f"{bad} of {len(self.diverged_at)} trials diverged"
        return f"<Simulation {len(self.times)} frames of {self.frames.shape[1:]}, {state}>"


def simulate(
    network: RateNetwork,
    start: npt.ArrayLike,
    *,
    steps: int,
    dt: float = 0.1,
    input: npt.ArrayLike | None = None,
    integrator: Literal["euler", "exponential-euler", "runge-kutta"] = "euler",
    record: Literal["nothing", "states", "outputs"] | Sequence[int] = "nothing",
    every: int = 1,
    seed: int = 0,
    threads: int | None = None,
) -> Simulation:
    """Simulates P trials at once.

    Parameters
    ----------
    start
        Initial states, N×P (or one, N). float32 is simulated in float32, all else in float64.
    steps, dt
        Number of steps and their length; dt has no meaning for a map.
    input
        Inputs: K×P constant ones (or K for all trials), or steps×K×P, each held over its step.
    integrator
        ``"euler"`` (Euler–Maruyama with noise), ``"exponential-euler"`` (exact leak), ``"runge-kutta"``
        (order 4, without noise).
    record, every
        What to keep at time 0 and after every so many steps: all variables, some, or the outputs.
    seed
        Root of the noise; trial p draws from a stream of its own.
    threads
        Number of threads; all cores if left out. The results do not depend on it.

    Raises
    ------
    InputError
        An empty batch, wrong shapes, a step that is not positive. Divergence is no exception but
        :attr:`Simulation.diverged_at`.

    Examples
    --------
    >>> from attractorlab.dynamics import initial_states, simulate
    >>> from attractorlab.network import RateNetwork, gaussian_bulk
    >>> net = RateNetwork(gaussian_bulk(100, 0.5, seed=1))
    >>> run = simulate(net, initial_states(100, 4), steps=400, record=[0, 1], every=100)
    >>> run.frames.shape, run.finished, bool(abs(run.final_states).max() < 1e-5)
    ((5, 2, 4), True, True)
    """
    try:
        given = np.asarray(start)
    except ValueError as error:
        raise InputError(f"start must be an array of numbers: {error}") from None
    single = given.dtype == np.float32
    states: npt.NDArray[Any] = given if single else real("start", start)
    if states.ndim == 1:
        states = states[:, np.newaxis]
    if states.ndim != 2:
        raise InputError(f"start must be N×P, not of shape {states.shape}")
    trials = states.shape[1]
    constant = varying = None
    if input is not None:
        u = real("input", input)
        if u.ndim == 1:
            u = np.repeat(u[:, np.newaxis], trials, axis=1)
        if u.ndim == 2:
            constant = u
        elif u.ndim == 3:
            varying = u
        else:
            raise InputError(f"input must be K, K×P or steps×K×P, not of shape {u.shape}")
    units: list[int] = []
    if not isinstance(record, str):
        units = [int(unit) for unit in record]
        if any(unit < 0 for unit in units):
            raise InputError(f"units to record must not be negative, got {units}")
    for name, count in (("steps", steps), ("every", every), ("seed", seed), ("threads", threads or 0)):
        if count < 0:
            raise InputError(f"{name} must not be negative, got {count}")
    what = record if isinstance(record, str) else "units"
    settings = (number("dt", dt), steps, integrator, what, units, every, seed, threads)
    run = _attractorlab.simulate_f32 if single else _attractorlab.simulate_f64
    answer = run(network._network, states, constant, varying, settings)
    times = answer["times"]
    frames = answer["frames"].reshape(len(times), trials, answer["variables"]).transpose(0, 2, 1)
    return Simulation(times, frames, answer["final_states"], answer["diverged_at"])


def _input(network: RateNetwork, input: npt.ArrayLike | None) -> Array:
    return np.zeros(network.inputs) if input is None else np.atleast_1d(real("input", input))


def _vector(name: str, value: npt.ArrayLike) -> Array:
    array = real(name, value)
    if array.ndim != 1:
        raise InputError(f"{name} must be one state, a vector, not of shape {array.shape}")
    return array


@dataclass(frozen=True, repr=False, eq=False)
class FixedPoint:
    """A stationary state, or the best that was found: look at the status."""

    state: Array
    """The state."""
    status: str
    """``"converged"``, ``"stalled"`` or ``"not finite"``."""
    residual: float
    """Largest |τ F(x)| (or |F(x) − x| of a map) over the units."""
    iterations: int
    """Evaluations of the equations."""

    def __repr__(self) -> str:
        return f"<FixedPoint {self.status}, residual {self.residual:.1e}, {self.iterations} iterations>"


def fixed_point(
    network: RateNetwork,
    start: npt.ArrayLike,
    *,
    input: npt.ArrayLike | None = None,
    tolerance: float = 1e-12,
    relaxation_steps: int = 200,
    anderson_depth: int = 4,
    newton_steps: int = 30,
) -> FixedPoint:
    """A fixed point near ``start``: relaxation, Anderson's mixing, then Newton with line search.

    With ``anderson_depth=0, newton_steps=0`` the search stays in the basin of the start;
    with ``relaxation_steps=0`` unstable states are found too.

    Source: Walker & Ni, SIAM J. Numer. Anal. 49:1715 (2011) for the mixing.

    Raises
    ------
    InputError
        Wrong shapes, or numbers that are not finite. That nothing converged is a status.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab.dynamics import fixed_point
    >>> from attractorlab.network import RateNetwork
    >>> ones = np.ones(10)
    >>> net = RateNetwork(np.zeros((10, 10)), feedback=ones, feedback_readout=2 * ones)
    >>> found = fixed_point(net, ones)
    >>> found.status, round(float(found.state[0]), 6)
    ('converged', 1.915008)
    """
    for name, count in (("relaxation_steps", relaxation_steps), ("anderson_depth", anderson_depth),
                        ("newton_steps", newton_steps)):  # fmt: skip
        if count < 0:
            raise InputError(f"{name} must not be negative, got {count}")
    options = (number("tolerance", tolerance), relaxation_steps, anderson_depth, newton_steps)
    answer = _attractorlab.fixed_point(
        network._network, _vector("start", start), _input(network, input), options
    )
    return FixedPoint(**answer)


def spectrum(
    network: RateNetwork, state: npt.ArrayLike, *, input: npt.ArrayLike | None = None
) -> npt.NDArray[np.complex128]:
    """All eigenvalues λ of the effective connectivity J diag φ' in a state.

    A state in continuous time is stable iff all Re λ < 1, that of a map iff all |λ| < 1.

    >>> import numpy as np
    >>> from attractorlab.dynamics import spectrum
    >>> from attractorlab.network import RateNetwork, gaussian_bulk
    >>> values = spectrum(RateNetwork(gaussian_bulk(300, 0.9, seed=1)), np.zeros(300))
    >>> bool(0.8 < abs(values).max() < 1.05)
    True
    """
    return _attractorlab.spectrum(network._network, _vector("state", state), _input(network, input))


@dataclass(frozen=True, repr=False, eq=False)
class Outliers:
    """Eigenvalues outside the bulk's disc, found without the spectrum."""

    values: npt.NDArray[np.complex128]
    """The outliers λ, largest first."""
    residuals: Array
    """‖A v − λ v‖ of each."""
    bulk_radius: float
    """Radius of the bulk's disc, g√⟨φ'²⟩ from the weights themselves."""
    doubtful: npt.NDArray[np.complex128]
    """Values beyond the disc that did not converge; empty in a good search."""

    def __repr__(self) -> str:
        return f"<Outliers {self.values}, bulk radius {self.bulk_radius:.4f}>"


def outliers(
    network: RateNetwork,
    state: npt.ArrayLike,
    *,
    input: npt.ArrayLike | None = None,
    margin: float = 0.1,
) -> Outliers:
    """The eigenvalues of J diag φ' with |λ| > (1 + margin)·bulk radius, at most one a loop.

    By the Arnoldi method on bulk and loops kept apart: N² work a step.

    >>> import numpy as np
    >>> from attractorlab.dynamics import outliers
    >>> from attractorlab.network import RateNetwork, gaussian_bulk
    >>> one = np.ones(400)
    >>> net = RateNetwork(gaussian_bulk(400, 0.5, seed=1), feedback=one, feedback_readout=2 * one)
    >>> found = outliers(net, np.zeros(400))
    >>> len(found.values), bool(abs(found.values[0] - 2) < 0.2)
    (1, True)
    """
    return Outliers(**_attractorlab.outliers(
        network._network, _vector("state", state), _input(network, input), number("margin", margin)
    ))  # fmt: skip


@dataclass(frozen=True, repr=False, eq=False)
class Lyapunov:
    """A measured largest Lyapunov exponent."""

    exponent: float
    """Growth rate of a small perturbation per unit of time (per step of a map)."""
    standard_error: float
    """From the scatter of parts of the measurement: of this attractor, not of the ensemble."""
    state: Array
    """State after the last step."""
    diverged_at: float
    """Time at which the trajectory left all bounds; NaN if it did not."""

    def __repr__(self) -> str:
        return f"<Lyapunov {self.exponent:.5f} ± {self.standard_error:.5f}>"


def output_response(
    network: RateNetwork,
    state: npt.ArrayLike,
    omega: npt.ArrayLike,
    *,
    input: npt.ArrayLike | None = None,
    open_loop: bool = False,
) -> npt.NDArray[np.complex128]:
    """Linear response H(iω) of the feedback loops' outputs to signals added on their feedback lines.

    One reduction of J diag φ' to Hessenberg form, O(N³), serves all frequencies.

    Source: Rivkind & Barak 2017, equation (9) without averages.

    Parameters
    ----------
    network
        A network of N units in current form with R feedback loops.
    state
        (N,), a fixed point.
    omega
        Angular frequencies, per unit of time.
    input
        (K,), the constant input.
    open_loop
        G(iω), the loops cut, instead.

    Returns
    -------
    ndarray of complex, (len(omega), R, R)
        Row: output; column: line.

    Raises
    ------
    InputError
        Wrong shapes, another form, or iω an eigenvalue.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab.dynamics import output_response
    >>> from attractorlab.network import RateNetwork
    >>> net = RateNetwork(np.zeros((4, 4)), feedback=np.ones(4), feedback_readout=0.5 * np.ones(4))
    >>> complex(output_response(net, np.zeros(4), [1.0])[0, 0, 0].round(12))
    (0.2-0.4j)
    """
    line = real("omega", omega).reshape(-1)
    x, u = _vector("state", state), _input(network, input)
    flat = _attractorlab.output_response(network._network, x, u, line.tolist(), open_loop)
    return flat.reshape(len(line), network.loops, network.loops)


def lyapunov_exponent(
    network: RateNetwork,
    start: npt.ArrayLike,
    *,
    input: npt.ArrayLike | None = None,
    dt: float = 0.1,
    transient: int = 1000,
    steps: int = 4000,
    parts: int = 20,
    seed: int = 0,
) -> Lyapunov:
    """The largest Lyapunov exponent along the trajectory from ``start``.

    Source: Benettin, Galgani, Giorgilli & Strelcyn, Meccanica 15:9 (1980).

    >>> import numpy as np
    >>> from attractorlab.dynamics import lyapunov_exponent
    >>> from attractorlab.network import RateNetwork
    >>> found = lyapunov_exponent(RateNetwork(np.zeros((5, 5))), np.full(5, 0.1))
    >>> round(found.exponent, 5)
    -1.0
    """
    for name, count in (("transient", transient), ("steps", steps), ("parts", parts), ("seed", seed)):
        if count < 0:
            raise InputError(f"{name} must not be negative, got {count}")
    options = (number("dt", dt), transient, steps, parts, seed)
    return Lyapunov(*_attractorlab.lyapunov_exponent(
        network._network, _vector("start", start), _input(network, input), options
    ))  # fmt: skip
