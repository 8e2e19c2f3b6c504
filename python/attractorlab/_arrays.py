"""What users pass, as arrays of float64; the messages name the argument."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from attractorlab.errors import InputError

Array = npt.NDArray[np.float64]


def real(name: str, value: npt.ArrayLike) -> Array:
    """An array of float64, of whatever shape, without NaN."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise InputError(f"{name} must be a number or an array of numbers: {error}") from None
    if array.dtype.kind not in "fiu":
        raise InputError(f"{name} must be real numbers, not of type {array.dtype}")
    array = np.asarray(array, dtype=np.float64)
    missing = np.isnan(array)
    if missing.any():
        raise InputError(f"{name} is NaN{at(np.argwhere(missing)[0])}")
    return array


def number(name: str, value: float) -> float:
    """One number that is not NaN."""
    array = real(name, value)
    if array.ndim > 0:
        raise InputError(f"{name} must be one number, not an array of shape {array.shape}")
    return float(array)


def vector(name: str, value: npt.ArrayLike) -> Array:
    """Numbers in a row, contiguous; one column of a matrix will do."""
    array = real(name, value)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise InputError(f"{name} must be a vector, not of shape {array.shape}")
    return np.ascontiguousarray(array)


def at(position: npt.NDArray[np.intp]) -> str:
    """Words for a place in an array; none for a number."""
    return f", at {position.tolist()}" if len(position) > 0 else ""


def together(**values: npt.ArrayLike) -> tuple[tuple[int, ...], list[Array]]:
    """The shape to which the arguments broadcast, and each as a flat, contiguous array."""
    arrays = {name: real(name, value) for name, value in values.items()}
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items() if array.ndim > 0)
        raise InputError(f"the shapes do not broadcast: {shapes}") from None
    flat = [np.ascontiguousarray(np.broadcast_to(array, shape)).reshape(-1) for array in arrays.values()]
    return shape, flat


def shaped(values: npt.NDArray[Any], shape: tuple[int, ...]) -> Any:
    """An array of this shape, or the one number that a shape without dimensions holds."""
    return values.reshape(shape) if shape else values[0].item()
