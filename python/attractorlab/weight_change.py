"""What training changed: ΔW = W − W₀, its rank, its significance, and what it is aligned with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import number, real
from attractorlab.errors import InputError

__all__ = [
    "Overlaps",
    "Significance",
    "TrainedChange",
    "TruncationCurve",
    "WeightChange",
    "eigenvalues_along",
    "singular_values_along",
]

_Matrix = npt.NDArray[np.float64]


def _matrix(name: str, value: npt.ArrayLike) -> _Matrix:
    array = real(name, value)
    if array.ndim != 2:
        raise InputError(f"{name} must be a matrix, got an array of shape {array.shape}")
    return array


def _rank(name: str, value: int) -> int:
    if value != int(value) or value < 0:
        raise InputError(f"{name} must be a whole number that is not negative, got {value}")
    return int(value)


@dataclass(frozen=True)
class Significance:
    """One singular value against those of a random matrix."""

    value: float
    """The singular value."""
    null_mean: float
    """Typical largest singular value of a random matrix of what the components before leave."""
    null_deviation: float
    """Standard deviation of that."""
    p_value: float
    """Probability of a value as large."""


@dataclass(frozen=True)
class Overlaps:
    """Cosines of the components u, v of ΔW with other directions; rows are components."""

    left_input: _Matrix
    left_readout: _Matrix
    right_input: _Matrix
    right_readout: _Matrix
    left_right: _Matrix
    """u_k·v_l."""
    through_initial: _Matrix
    """v_k with W₀u_k."""
    null_deviation: float
    """1/√N, the standard deviation between independent directions."""


@dataclass(frozen=True)
class TruncationCurve:
    """Loss of W₀ + the first R components of ΔW."""

    losses: _Matrix
    """Loss at rank R = 0, 1, …"""
    trained: float
    """Loss of the trained network."""

    def functional_rank(self, fraction: float = 0.05) -> int | None:
        """The smallest R whose loss is below ``fraction`` of that at R = 0; None if there is none."""
        return _attractorlab.truncation_ranks(self.losses.tolist(), number("fraction", fraction))[0]

    def lasting_rank(self, fraction: float = 0.05) -> int | None:
        """The smallest R from which on all losses stay below that bound."""
        return _attractorlab.truncation_ranks(self.losses.tolist(), number("fraction", fraction))[1]


class WeightChange:
    """The change of one weight matrix by training, decomposed.

    Parameters
    ----------
    initial, trained
        Weights before and after, of one shape; rectangular ones too.

    Raises
    ------
    InputError
        The shapes differ, a matrix is empty, or an entry is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab.weight_change import WeightChange
    >>> before = 0.2 * np.eye(3)
    >>> change = WeightChange(before, before + np.outer([1, 0, 0], [0.5, 0.5, 0.5]))
    >>> round(float(change.singular_values[0]), 6), round(change.effective_rank, 6)
    (0.866025, 1.0)
    """

    def __init__(self, initial: npt.ArrayLike, trained: npt.ArrayLike) -> None:
        before, after = _matrix("initial", initial), _matrix("trained", trained)
        if before.size == 0:
            raise InputError(f"initial must have at least one row and one column, got shape {before.shape}")
        self._change = _attractorlab.WeightChange(before, after)
        self._shape = before.shape
        parts = self._change.decomposition()
        self.singular_values: _Matrix = parts["singular_values"]
        """Largest first."""
        self.left: _Matrix = parts["left"].reshape(before.shape[0], -1)
        """Left singular vectors, as columns."""
        self.right: _Matrix = parts["right"].reshape(before.shape[1], -1)
        """Right singular vectors, as columns."""
        self.explained: _Matrix = parts["explained"]
        """Share of ‖ΔW‖² in the first 1, 2, … components; empty if nothing changed."""
        self.norm: float = parts["norm"]
        """‖ΔW‖ (Frobenius)."""
        self.effective_rank: float = parts["effective_rank"]
        """Participation ratio of the squared singular values."""

    def truncated(self, rank: int) -> _Matrix:
        """W₀ + the first ``rank`` components of ΔW; all of them beyond the last."""
        rank = min(_rank("rank", rank), len(self.singular_values))
        return self._change.truncated(rank).reshape(self._shape)

    def shuffled(self, seed: int) -> _Matrix:
        """W₀ with its entries permuted at random, plus the unchanged ΔW."""
        return self._change.shuffled(_rank("seed", seed)).reshape(self._shape)

    def significance(self, count: int) -> list[Significance]:
        """Tests the first ``count`` singular values one after the other against random matrices.

        Raises
        ------
        InputError
            ``count`` is not below the smaller dimension.
        """
        return [Significance(*test) for test in self._change.significance(_rank("count", count))]

    def significant_rank(self, level: float = 1e-3) -> int:
        """Number of leading singular values whose p-values all lie below ``level``."""
        return self._change.significant_rank(number("level", level))

    def spectra(self) -> tuple[npt.NDArray[np.complex128], ...]:
        """Eigenvalues of W₀, W and ΔW, by decreasing real part.

        Raises
        ------
        InputError
            The weights are not square.
        """
        return tuple(self._change.spectra())

    def overlaps(self, inputs: npt.ArrayLike, readouts: npt.ArrayLike, count: int = 3) -> Overlaps:
        """Overlaps of the first ``count`` components with inputs (N, Din) and readouts (N, Dout).

        Raises
        ------
        InputError
            The weights are not square, or the vectors do not fit.
        """
        found = self._change.overlaps(_matrix("inputs", inputs), _matrix("readouts", readouts), _rank("count", count))
        rows = len(found["through_initial"])
        return Overlaps(
            left_input=found["left_input"].reshape(rows, -1),
            left_readout=found["left_readout"].reshape(rows, -1),
            right_input=found["right_input"].reshape(rows, -1),
            right_readout=found["right_readout"].reshape(rows, -1),
            left_right=found["left_right"].reshape(rows, -1),
            through_initial=found["through_initial"],
            null_deviation=found["null_deviation"],
        )

    def truncation_curve(self, most: int, loss: Callable[[_Matrix], float]) -> TruncationCurve:
        """Losses of W₀ + the first R components, R = 0, …, ``most``, given the loss of a network with weights W.

        Use one common test batch in ``loss``, and the trained inputs and readouts.
        """
        most = min(_rank("most", most), len(self.singular_values))
        losses = np.array([float(loss(self.truncated(rank))) for rank in range(most + 1)])
        return TruncationCurve(losses, float(loss(self.truncated(len(self.singular_values)))))


class TrainedChange:
    """The change of one matrix of a network by training, with the loss of other weights in its place.

    Made by :meth:`attractorlab.bptt.Training.change`; every loss is that of the trained network, with
    its trained inputs and readouts.

    Attributes
    ----------
    change
        The change itself.
    """

    def __init__(
        self,
        change: WeightChange,
        loss: Callable[[_Matrix, tuple[_Matrix, _Matrix, _Matrix]], float],
        test_batch: Callable[[], tuple[_Matrix, _Matrix, _Matrix]],
    ) -> None:
        self.change = change
        self._loss = loss
        self._test_batch = test_batch

    def loss_with(
        self, weights: npt.ArrayLike, batch: tuple[_Matrix, _Matrix, _Matrix] | None = None
    ) -> float:
        """Loss with these weights in the place of the trained ones.

        Parameters
        ----------
        weights
            The matrix.
        batch
            A batch of the task; without it its test batch of 512 trials.
        """
        return self._loss(_matrix("weights", weights), batch or self._test_batch())

    def truncation_curve(
        self, most: int, batch: tuple[_Matrix, _Matrix, _Matrix] | None = None
    ) -> TruncationCurve:
        """Losses on one batch of W₀ + the first R components, R = 0, …, ``most``."""
        batch = batch or self._test_batch()
        return self.change.truncation_curve(most, lambda weights: self._loss(weights, batch))

    def shuffled_loss(
        self, seed: int = 1, batch: tuple[_Matrix, _Matrix, _Matrix] | None = None
    ) -> float:
        """Loss after the entries of W₀ were permuted at random."""
        return self._loss(self.change.shuffled(seed), batch or self._test_batch())


def singular_values_along(
    initial: npt.ArrayLike, snapshots: Sequence[npt.ArrayLike], count: int = 10
) -> _Matrix:
    """The first ``count`` singular values of W_t − W₀ for each snapshot W_t: (snapshots, values).

    Raises
    ------
    InputError
        A snapshot of another shape, or an entry that is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab.weight_change import singular_values_along
    >>> singular_values_along(np.zeros((3, 3)), [np.eye(3), 2 * np.eye(3)], 1).ravel().tolist()
    [1.0, 2.0]
    """
    before = _matrix("initial", initial)
    after = [_matrix("a snapshot", snapshot) for snapshot in snapshots]
    found = _attractorlab.singular_values_along(before, after, _rank("count", count))
    return np.array(found, dtype=np.float64)


def eigenvalues_along(
    snapshots: Sequence[npt.ArrayLike], count: int = 10
) -> npt.NDArray[np.complex128]:
    """The first ``count`` eigenvalues of each snapshot, by decreasing real part.

    Raises
    ------
    InputError
        A snapshot that is not square or has entries that are not finite.
    """
    after = [_matrix("a snapshot", snapshot) for snapshot in snapshots]
    return np.array(_attractorlab.eigenvalues_along(after, _rank("count", count)), dtype=np.complex128)
