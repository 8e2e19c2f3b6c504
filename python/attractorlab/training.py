"""Training the readouts of given networks to stationary outputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import number
from attractorlab.transfer import TransferLike, read

__all__ = ["TrainedOutputs", "least_squares_outputs"]


@dataclass(frozen=True, repr=False, eq=False)
class TrainedOutputs:
    """What training made of M targets of K outputs."""

    readout: npt.NDArray[np.float64]
    """Readouts n, (N, K), entries of order 1: z = nᵀφ(x)/N."""
    states: npt.NDArray[np.float64]
    """The clamped states x, (N, M)."""
    errors: npt.NDArray[np.float64]
    """Largest |z − f| over the outputs at each state, (M,)."""


def least_squares_outputs(
    transfer: TransferLike,
    bulk: npt.ArrayLike,
    feedback: npt.ArrayLike,
    targets: npt.ArrayLike,
    *,
    inputs: npt.ArrayLike | None = None,
    ridge: float = 0.0,
) -> TrainedOutputs:
    """Clamp the outputs at each target, and take the readouts of least norm that read all of them.

    The GIL is released. The theory of the result is
    :func:`attractorlab.theory.output_dynamics.predict`.

    Parameters
    ----------
    bulk
        (N, N), ``bulk[i, j]`` from unit j to unit i.
    feedback
        (N, K), or (N,) for one output.
    targets
        (M, K), or (M,) for one output.
    inputs
        Constant input of each target, (N, M).
    ridge
        Ridge parameter of the normalised Gram matrix RᵀR/N.

    Raises
    ------
    InputError
        Wrong shapes, a clamped network that does not settle, or dependent states without ridge.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab.training import least_squares_outputs
    >>> rng = np.random.default_rng(1)
    >>> bulk = 0.8 * rng.standard_normal((200, 200)) / np.sqrt(200)
    >>> trained = least_squares_outputs("tanh", bulk, rng.standard_normal(200), [0.6, 1.5])
    >>> bool(trained.errors.max() < 1e-9)
    True
    """

    def matrix(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        array = np.asarray(values, dtype=np.float64)
        return array.reshape(-1, 1) if array.ndim < 2 else array

    weights, vectors, wanted = matrix(bulk), matrix(feedback), matrix(targets)
    drives = np.zeros((len(weights), 0)) if inputs is None else matrix(inputs)
    readout, states, errors = _attractorlab.train_outputs(
        *read(transfer), weights, vectors, wanted, drives, number("ridge", ridge)
    )
    return TrainedOutputs(
        readout.reshape(len(weights), -1), states.reshape(len(weights), -1), np.asarray(errors)
    )
