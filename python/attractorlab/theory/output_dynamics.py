"""Local dynamics of the output of a trained reservoir (Rivkind & Barak 2017).

A network dx/dt = −x + Wφ(x) + w_FB z, z = w_outᵀφ(x), trained by least squares
to hold M output values, obeys near each of them a linear ODE of order M. Its
poles decide whether the value is held.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import number, real
from attractorlab.errors import InputError
from attractorlab.transfer import TransferLike, read

__all__ = ["Candidates", "EdgeOfChaos", "OutputPrediction", "PairMap", "edge_of_chaos", "predict"]


class OutputPrediction:
    """What theory says of a network trained to hold M values of K outputs; made by :func:`predict` or
    :meth:`Candidates.train`.

    Attributes
    ----------
    targets : ndarray, (M, K)
    variance, bulk_radius : ndarray, (M,)
        Variance of the units' inputs and radius of the bulk at each target.
    covariance, rates : ndarray, (M, M)
        Σ and C, of the units' inputs and of their rates between targets.
    readout : ndarray, (M, K)
        Reduced readout c = (C + α)⁻¹F.
    condition : float
        Condition number of C: how much the scatter of finite networks is amplified.
    poles, open_poles : ndarray of complex, (M, M)
        Row m: poles at target m, larger real part first; with the output line cut.
    stable : ndarray of bool, (M,)
    descriptions : list of str
        One line a target: order, poles, resonance.
    verdict : str
    """

    def __init__(self, theory: _attractorlab.OutputPrediction, targets: npt.NDArray[np.float64]) -> None:
        self._theory = theory
        self.targets = targets
        m, k = targets.shape
        summary = theory.summary()
        self.variance: npt.NDArray[np.float64] = summary["variance"]
        self.bulk_radius: npt.NDArray[np.float64] = summary["bulk_radius"]
        self.covariance: npt.NDArray[np.float64] = summary["covariance"].reshape(m, m)
        self.rates: npt.NDArray[np.float64] = summary["rates"].reshape(m, m)
        self.readout: npt.NDArray[np.float64] = summary["readout"].reshape(m, k)
        self.condition: float = summary["condition"]
        self.poles: npt.NDArray[np.complex128] = summary["poles"].reshape(m, m)
        self.open_poles: npt.NDArray[np.complex128] = summary["open_poles"].reshape(m, m)
        self.stable: npt.NDArray[np.bool_] = np.asarray(summary["stable"])
        self.descriptions: list[str] = summary["descriptions"]
        self.verdict: str = summary["verdict"]

    def __repr__(self) -> str:
        return f"<OutputPrediction: {self.verdict}>"

    def response(self, target: int, omega: npt.ArrayLike, *, open_loop: bool = False) -> Any:
        """H(iω) of the outputs to signals on the feedback line at one target, complex (len(ω), K, K).

        With ``open_loop`` it is G(iω), the output line cut.

        Raises
        ------
        InputError
            There is no such target, or iω is a pole.
        """
        line = np.atleast_1d(real("omega", omega)).ravel()
        k = self.targets.shape[1]
        return self._theory.response(target, line.tolist(), open_loop).reshape(len(line), k, k)

    def kick_response(self, target: int, times: npt.ArrayLike) -> Any:
        """Mean response c exp(Jt) D F to a unit kick along each feedback vector, (len(t), K, K).

        Raises
        ------
        InputError
            There is no such target.
        """
        line = np.atleast_1d(real("times", times)).ravel()
        k = self.targets.shape[1]
        return self._theory.kick_response(target, line.tolist()).reshape(len(line), k, k)

    def static_map(self, z: npt.ArrayLike, *, context: float = 0.0) -> Any:
        """Output that the readout returns when the network is clamped at ``z`` (K entries).

        Raises
        ------
        InputError
            ``z`` has the wrong length, or no clamped state exists there.
        """
        values = np.atleast_1d(real("z", z)).ravel()
        return np.asarray(self._theory.static_map(values.tolist(), number("context", context)))

    def stationary_outputs(
        self, low: float, high: float, *, context: float = 0.0
    ) -> list[tuple[float, complex]]:
        """All stationary values of a single output in [low, high], with the leading pole at each.

        Raises
        ------
        InputError
            Several outputs, or an empty interval.
        """
        found = self._theory.stationary_outputs(
            number("low", low), number("high", high), number("context", context)
        )
        return [(z, complex(real, imaginary)) for z, real, imaginary in found]


def _rows(name: str, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """One row a value."""
    array = real(name, values)
    array = array.reshape(-1, 1) if array.ndim < 2 else array
    if array.ndim != 2:
        raise InputError(f"{name} must be of shape ({name}, outputs), got {array.shape}")
    return array


@dataclass(frozen=True)
class PairMap:
    """Networks trained to two values each, for all pairs of n values; made by :meth:`Candidates.pairs`."""

    values: npt.NDArray[np.float64]
    """The values, (n, K)."""
    leading: npt.NDArray[np.complex128]
    """Leading pole at value i of a network trained to values i and j, in row i and column j, (n, n); NaN on the
    diagonal, where the states are linearly dependent, and where a value has no stationary state."""
    held: npt.NDArray[np.bool_]
    """Whether the network holds both values, (n, n)."""
    bulk_radius: npt.NDArray[np.float64]
    """Radius of the bulk at each value, (n,); the state is chaotic at one and above."""


class Candidates:
    """Clamped states of one bulk at many values, any of which can be the targets of a training.

    A map of all pairs of n values takes n states and n (n - 1) / 2 covariances from here; one :func:`predict` for
    each pair takes many times as long.

    Parameters
    ----------
    values
        n values of a single output, or an (n, K) array.
    transfer, g, context, ridge, feedback_variance, uniform_half_width
        As for :func:`predict`; ``context`` has an entry for each value.

    Raises
    ------
    InputError
        Arguments out of range. A value without a stationary state is no error here.

    Examples
    --------
    A relu network holds values of opposite sign:

    >>> from attractorlab.theory.output_dynamics import Candidates
    >>> from attractorlab import Transfer
    >>> candidates = Candidates(Transfer("relu", threshold=-0.5), 0.8, [-1.0, 0.4, 1.0])
    >>> candidates.pairs().held.tolist()
    [[False, True, True], [True, False, False], [True, False, False]]
    >>> candidates.train([0, 2]).stable.tolist()
    [True, True]
    """

    def __init__(
        self,
        transfer: TransferLike,
        g: float,
        values: npt.ArrayLike,
        *,
        context: npt.ArrayLike = (),
        ridge: float = 0.0,
        feedback_variance: float = 1.0,
        uniform_half_width: float | None = None,
    ) -> None:
        array = _rows("values", values).copy()
        array.setflags(write=False)
        uniform = uniform_half_width is not None
        law = number("uniform_half_width", uniform_half_width) if uniform_half_width is not None else (
            number("feedback_variance", feedback_variance)
        )
        self.values = array
        self._theory = _attractorlab.OutputCandidates(
            *read(transfer),
            number("g", g),
            array.tolist(),
            np.atleast_1d(real("context", context)).ravel().tolist(),
            number("ridge", ridge),
            uniform,
            law,
        )

    def train(self, chosen: Iterable[int]) -> OutputPrediction:
        """Predict a network that is trained to the chosen values, by index, in this order.

        Raises
        ------
        InputError
            No values, an index without a value, values whose states are linearly dependent, or one at which the network
            has no stationary state.
        """
        given = list(chosen)
        if any(isinstance(i, bool | np.bool_) for i in given):
            raise InputError("chosen must be indices, not True and False")
        indices = [operator.index(i) for i in given]
        count = len(self.values)
        for i in indices:
            if not 0 <= i < count:
                raise InputError(f"there is no candidate {i}: there are {count}, the first is 0")
        return OutputPrediction(self._theory.train(indices), self.values[indices])

    def pairs(self) -> PairMap:
        """Networks that are trained to any two of the values."""
        n = len(self.values)
        leading, held, radius = self._theory.pairs()
        return PairMap(self.values, leading.reshape(n, n), held.reshape(n, n), radius)


def predict(
    transfer: TransferLike,
    g: float,
    targets: npt.ArrayLike,
    *,
    context: npt.ArrayLike = (),
    ridge: float = 0.0,
    feedback_variance: float = 1.0,
    uniform_half_width: float | None = None,
) -> OutputPrediction:
    """Predict the local dynamics of the outputs of a network trained on its clamped states.

    Parameters
    ----------
    transfer
        The transfer function, for example ``"tanh"`` or ``Transfer("relu", threshold=0.5)``.
    g
        Spectral radius of the bulk.
    targets
        M values of a single output, or an (M, K) array.
    context
        Constant context input of each target, along a vector of unit variance; empty for none.
    ridge
        Ridge parameter α of (C + α) c = F.
    feedback_variance
        Variance of the normal entries of the feedback vectors.
    uniform_half_width
        Makes the entries uniform on ± this instead (one or two outputs).

    Raises
    ------
    InputError
        Arguments out of range, targets whose states are linearly dependent (A and −A of tanh), or a bulk
        without a stationary state.

    Examples
    --------
    >>> from attractorlab.theory import output_dynamics
    >>> prediction = output_dynamics.predict("tanh", 1.0, [0.75, 1.5, 3.0])
    >>> prediction.stable.tolist()
    [True, False, True]
    >>> prediction.descriptions[0].endswith("resonates at ω = 0.433")
    True
    """
    candidates = Candidates(
        transfer,
        g,
        _rows("targets", targets),
        context=context,
        ridge=ridge,
        feedback_variance=feedback_variance,
        uniform_half_width=uniform_half_width,
    )
    return candidates.train(range(len(candidates.values)))


@dataclass(frozen=True)
class EdgeOfChaos:
    """Where the clamped state of one target becomes chaotic."""

    g: float
    """The gain g_c."""
    variance: float
    """Variance of the units' inputs there."""
    tau_open: float
    """Time constant of the output with the loop cut."""
    tau_closed: float
    """Time constant of the closed loop."""


def edge_of_chaos(transfer: TransferLike, target: float) -> EdgeOfChaos:
    """The edge of chaos g² ⟨φ'²⟩ = 1 of one target, and the output's time constants there.

    Raises
    ------
    InputError
        The target is zero, or there is no edge below g = 1000 (relu).

    Examples
    --------
    >>> from attractorlab.theory.output_dynamics import edge_of_chaos
    >>> round(edge_of_chaos("tanh", 1.0).g, 6)
    1.855589
    """
    return EdgeOfChaos(*_attractorlab.edge_of_chaos(*read(transfer), number("target", target)))
