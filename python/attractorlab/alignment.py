"""Is the activity of a network aligned with its output, or oblique to it? (Schuessler et al. 2024)

States are columns, (N, P), averaged over noise; output weights are (N, K).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import number, real
from attractorlab.errors import InputError

__all__ = [
    "Susceptibility",
    "output_alignment",
    "output_explained",
    "participation_ratio",
    "procrustes_angle",
    "relative_noise_along_output",
    "relative_susceptibility",
]

_Matrix = npt.NDArray[np.float64]


def _matrix(name: str, value: npt.ArrayLike) -> _Matrix:
    array = real(name, value)
    array = array.reshape(-1, 1) if array.ndim == 1 else array
    if array.ndim != 2:
        raise InputError(f"{name} must be a matrix, got an array of shape {array.shape}")
    return array


def output_alignment(output_weights: npt.ArrayLike, states: npt.ArrayLike) -> float:
    """ρ = ‖W_outᵀX‖/(‖W_out‖‖X‖) of output weights and states, centred over columns.

    Of order 1: aligned; of order 1/√N: oblique.

    Raises
    ------
    InputError
        Shapes that do not fit, weights of zero or states that do not vary.

    Examples
    --------
    >>> from attractorlab.alignment import output_alignment
    >>> round(output_alignment([1.0, 1.0], [[0.0, 1.0, 2.0], [5.0, 5.0, 5.0]]), 6)
    0.707107
    """
    return _attractorlab.output_alignment(
        _matrix("output_weights", output_weights), _matrix("states", states)
    )


def procrustes_angle(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Angle between two sets of states with corresponding columns, up to rotation and scale, in radians.

    Raises
    ------
    InputError
        Different numbers of columns, or states that do not vary.
    """
    return _attractorlab.procrustes_angle(_matrix("first", first), _matrix("second", second))


def participation_ratio(states: npt.ArrayLike) -> float:
    """(Σv)²/Σv² of the variances along principal components.

    Raises
    ------
    InputError
        The states do not vary.
    """
    return _attractorlab.participation_ratio(_matrix("states", states))


def output_explained(
    states: npt.ArrayLike, outputs: npt.ArrayLike, most: int, *, ridge: float = 0.0
) -> _Matrix:
    """R² of outputs (K, P) by ridge regression on the first 1, …, ``most`` principal components.

    Raises
    ------
    InputError
        Different numbers of columns, outputs or states that do not vary, or a negative ridge parameter.
    """
    found = _attractorlab.output_explained(
        _matrix("states", states), _matrix("outputs", outputs), most, number("ridge", ridge)
    )
    return np.asarray(found)


def relative_noise_along_output(output_weights: npt.ArrayLike, fluctuations: npt.ArrayLike) -> float:
    """Variance of fluctuations along the output over its mean over random directions.

    Raises
    ------
    InputError
        As :func:`output_alignment`.
    """
    return _attractorlab.relative_noise_along_output(
        _matrix("output_weights", output_weights), _matrix("fluctuations", fluctuations)
    )


@dataclass(frozen=True)
class Susceptibility:
    """Loss after perturbations along the output and along principal components."""

    along_output: _Matrix
    """Mean loss at each amplitude."""
    along_components: _Matrix
    """The same along the leading principal components."""
    relative: float
    """Area of the first over that of the second: about 1 aligned, far below 1 oblique."""


def relative_susceptibility(
    output_weights: npt.ArrayLike,
    states: npt.ArrayLike,
    amplitudes: npt.ArrayLike,
    loss: Callable[[_Matrix, float], float],
) -> Susceptibility:
    """Susceptibility to perturbations along the output relative to that along principal components.

    ``loss(direction, amplitude)`` perturbs the state by amplitude × direction (a unit vector) and returns the
    loss from some time later on.

    Raises
    ------
    InputError
        Shapes that do not fit, or amplitudes that do not ascend from a number that is not negative.
    """
    output, components, relative = _attractorlab.relative_susceptibility(
        _matrix("output_weights", output_weights),
        _matrix("states", states),
        np.atleast_1d(real("amplitudes", amplitudes)).ravel().tolist(),
        loss,
    )
    return Susceptibility(np.asarray(output), np.asarray(components), relative)
