"""Rate networks: a random bulk, feedback loops, inputs, outputs, and what the equations mean.

Weights ``J[i, j]`` lead from unit j to unit i, and J = bulk + Σₖ mₖ nₖᵀ/N; states
are columns. The same weights mean different networks in different forms:

=========== ==========================================
form        equation
=========== ==========================================
current     τ dx/dt = −x + J φ(x) + B u + b
rate        τ dr/dt = −r + φ(J r + B u + b)
map         h' = φ(J h + B u + b)
=========== ==========================================
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import Array, number, real
from attractorlab.errors import InputError
from attractorlab.transfer import Transfer, TransferLike, read

__all__ = ["RateNetwork", "dale_bulk", "gaussian_bulk", "sparse_bulk", "uniform_bulk"]


def _draw(kind: str, parameters: list[float], units: int, seed: int, replicate: int) -> tuple[Array, float]:
    if units < 0 or seed < 0 or replicate < 0:
        raise InputError("units, seed and replicate must not be negative")
    return _attractorlab.draw_bulk(kind, parameters, units, seed, replicate)


def gaussian_bulk(units: int, g: float, *, seed: int, replicate: int = 0) -> Array:
    """N×N independent N(0, g²/N) weights, the diagonal included: spectral radius g.

    The same seed and replicate always give the same matrix, here and in Rust
    (stream (seed, "bulk", replicate)).

    Raises
    ------
    InputError
        No units, or a gain that is negative or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab.network import gaussian_bulk
    >>> round(float(np.std(gaussian_bulk(400, 0.8, seed=1))) * 20, 1)
    0.8
    """
    return _draw("gaussian", [number("g", g)], units, seed, replicate)[0]


def uniform_bulk(units: int, g: float, *, seed: int, replicate: int = 0) -> Array:
    """Independent weights, uniform on ±g√(3/N): spectral radius g."""
    return _draw("uniform", [number("g", g)], units, seed, replicate)[0]


def sparse_bulk(units: int, g: float, probability: float, *, seed: int, replicate: int = 0) -> Array:
    """Every connection is there with this probability p; those that are, are N(0, g²/(pN)).

    Raises
    ------
    InputError
        A gain that is negative, or a probability outside (0, 1].
    """
    return _draw("sparse", [number("g", g), number("probability", probability)], units, seed, replicate)[0]


def dale_bulk(
    units: int, excitation: float, fraction: float, probability: float, *, seed: int, replicate: int = 0
) -> tuple[Array, float]:
    """Dale's law: the first ⌊fN⌋ units excite, the others inhibit, balanced on average.

    Source: Rajan & Abbott, Phys. Rev. Lett. 97:188104 (2006).

    Returns
    -------
    tuple
        The weights, and the effective g: the radius of the eigenvalues' disc as N grows.

    Examples
    --------
    >>> from attractorlab.network import dale_bulk
    >>> bulk, g = dale_bulk(100, 1.5, 0.8, 0.2, seed=1)
    >>> bool((bulk[:, :80] >= 0).all() and (bulk[:, 80:] <= 0).all()), round(g, 4)
    (True, 1.2533)
    """
    parameters = [number(name, value) for name, value in
                  (("excitation", excitation), ("fraction", fraction), ("probability", probability))]  # fmt: skip
    return _draw("dale", parameters, units, seed, replicate)


def _columns(name: str, value: npt.ArrayLike | None, units: int) -> Array:
    """N×K columns; one vector is one column."""
    if value is None:
        return np.zeros((units, 0))
    array = real(name, value)
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if array.ndim != 2:
        raise InputError(f"{name} must be a vector or a matrix of columns, not of shape {array.shape}")
    return array


class RateNetwork:
    """A network of N rate units.

    Parameters
    ----------
    bulk
        N×N weights; zeros for a network of loops alone.
    feedback, feedback_readout
        Vectors m and n of the loops m nᵀ/N: one of each, or N×R columns. Entries of order 1.
    transfer
        φ, by name, or a :class:`~attractorlab.Transfer`.
    form
        ``"current"``, ``"rate"`` or ``"map"``.
    input_weights
        B, N×K (or one vector).
    bias
        b, N entries.
    readout
        n of the outputs z = n·r/N: one vector, or N×L columns.
    time_constant
        τ > 0; without meaning for a map.
    noise
        σ: in continuous time σ√(2τ) dW is added to τ dx, so that a lone unit has
        the standard deviation σ; for a map σξ is added to the units' inputs.

    Raises
    ------
    InputError
        No units, shapes that do not fit, or entries that are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab.network import RateNetwork, gaussian_bulk
    >>> m = np.random.default_rng(1).normal(size=200)
    >>> net = RateNetwork(gaussian_bulk(200, 0.5, seed=1), feedback=m, feedback_readout=2 * m, readout=2 * m)
    >>> net.units, net.loops, net.inputs, net.outputs
    (200, 1, 0, 1)
    """

    _network: _attractorlab.RateNetwork

    def __init__(
        self,
        bulk: npt.ArrayLike,
        *,
        feedback: npt.ArrayLike | None = None,
        feedback_readout: npt.ArrayLike | None = None,
        transfer: TransferLike = "tanh",
        form: str = "current",
        input_weights: npt.ArrayLike | None = None,
        bias: npt.ArrayLike | None = None,
        readout: npt.ArrayLike | None = None,
        time_constant: float = 1.0,
        noise: float = 0.0,
    ) -> None:
        weights = real("bulk", bulk)
        if weights.ndim != 2:
            raise InputError(f"bulk must be a square matrix, not of shape {weights.shape}")
        units = weights.shape[0]
        b = np.zeros(units) if bias is None else real("bias", bias)
        if b.ndim != 1:
            raise InputError(f"bias must be a vector, not of shape {b.shape}")
        description = (*read(transfer), form, number("time_constant", time_constant), number("noise", noise))
        self._network = _attractorlab.RateNetwork(
            weights,
            _columns("feedback", feedback, units),
            _columns("feedback_readout", feedback_readout, units),
            description,
            _columns("input_weights", input_weights, units),
            b,
            _columns("readout", readout, units),
        )

    @classmethod
    def _of(cls, network: _attractorlab.RateNetwork) -> RateNetwork:
        made = cls.__new__(cls)
        made._network = network
        return made

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> RateNetwork:
        """The rate network in a ``.safetensors`` or ``.npz`` file: the project's own, or a PyTorch ``nn.RNN``.

        Raises
        ------
        InputError
            The file holds something else.
        OutputError
            The file cannot be read.
        """
        return cls._of(_attractorlab.RateNetwork.read(path))

    def write(self, path: str | os.PathLike[str]) -> None:
        """Writes ``.safetensors`` or ``.npz`` with the conventions inside; reading it gives the same bits.

        Raises
        ------
        OutputError
            The file cannot be written.
        """
        self._network.write(path)

    def __reduce__(self) -> tuple[Any, ...]:
        transfer, threshold, form, time_constant, noise = self._network.units()
        m, n = self._network.loops()
        arguments = (self.bulk, m, n, (transfer, threshold, form, time_constant, noise),
                     self._network.input_weights(), self.bias, self._network.readout())  # fmt: skip
        return _rebuild, arguments

    def __repr__(self) -> str:
        parts = f"{self.units} units, {self.form}, {self.transfer!r}"
        return f"<RateNetwork {parts}, {self.loops} loops, {self.inputs} inputs, {self.outputs} outputs>"

    @property
    def bulk(self) -> Array:
        """A copy of the bulk."""
        return self._network.bulk()

    @property
    def feedback(self) -> Array:
        """m of the loops, N×R."""
        return self._network.loops()[0]

    @property
    def feedback_readout(self) -> Array:
        """n of the loops, N×R."""
        return self._network.loops()[1]

    @property
    def input_weights(self) -> Array:
        """B, N×K."""
        return self._network.input_weights()

    @property
    def bias(self) -> Array:
        """b."""
        return self._network.bias()

    @property
    def readout(self) -> Array:
        """n of the outputs, N×L."""
        return self._network.readout()

    @property
    def units(self) -> int:
        """Number of units N."""
        return len(self._network.bias())

    @property
    def loops(self) -> int:
        """Number of feedback loops R."""
        return int(self.feedback.shape[1])

    @property
    def inputs(self) -> int:
        """Number of inputs K."""
        return int(self.input_weights.shape[1])

    @property
    def outputs(self) -> int:
        """Number of outputs L."""
        return int(self.readout.shape[1])

    @property
    def transfer(self) -> Transfer:
        """φ."""
        name, threshold, *_ = self._network.units()
        return Transfer(name, threshold)

    @property
    def form(self) -> str:
        """Which equations the weights belong to."""
        return self._network.units()[2]

    @property
    def time_constant(self) -> float:
        """τ."""
        return self._network.units()[3]

    @property
    def noise(self) -> float:
        """σ."""
        return self._network.units()[4]

    def output(self, states: npt.ArrayLike) -> Array:
        """Outputs z = n·r/N of states (x, r or h): L of one state, L×P of N×P.

        Raises
        ------
        InputError
            The states have not N rows.
        """
        array = real("states", states)
        if array.ndim not in (1, 2):
            raise InputError(f"states must be a vector or N×P, not of shape {array.shape}")
        outputs = self._network.output(array if array.ndim == 2 else array[:, np.newaxis])
        return outputs if array.ndim == 2 else outputs[:, 0]

    def velocity(self, states: npt.ArrayLike, *, input: npt.ArrayLike | None = None) -> Array:
        """dx/dt (or the next state, of a map) at states under a constant input: N of one state, N×P of N×P.

        Raises
        ------
        InputError
            The states have not N rows, or the input not K entries.
        """
        array = real("states", states)
        if array.ndim not in (1, 2):
            raise InputError(f"states must be a vector or N×P, not of shape {array.shape}")
        u = [0.0] * self.inputs if input is None else real("input", input).reshape(-1).tolist()
        flow = self._network.velocity(np.ascontiguousarray(array if array.ndim == 2 else array[:, np.newaxis]), u)
        return flow if array.ndim == 2 else flow[:, 0]


def _rebuild(*arguments: Any) -> RateNetwork:
    return RateNetwork._of(_attractorlab.RateNetwork(*arguments))
