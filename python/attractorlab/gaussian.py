"""Gaussian averages of transfer functions: ⟨f(x)⟩ and E f(x₁) h(x₂).

What is averaged is a product, written as text: the factors are ``x``, ``Phi``
(the primitive of φ), ``phi``, ``phi'``, ``phi''``, ``phi'''``, joined by ``*``,
with powers like ``phi^2``. The error is at most 1e-12·⟨|f|⟩ for every mean and
every standard deviation from 0 to 100.

>>> from attractorlab import gaussian
>>> gaussian.average("tanh", "phi'''", 0.0, 4.0)  # 200-node Gauss-Hermite: -0.00474
-0.011583...
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import Array, real, shaped, together
from attractorlab.errors import InputError
from attractorlab.transfer import TransferLike, read

__all__ = ["average", "centered_pair_average", "pair_average"]


def average(transfer: TransferLike, product: str, mean: npt.ArrayLike, sd: npt.ArrayLike) -> Any:
    """The average ⟨product⟩ over the Gaussian N(mean, sd²).

    The GIL is released. Closed tails and a trapezoid rule on fixed nodes: see
    the page on Gaussian averages in the documentation.

    Parameters
    ----------
    transfer
        ``"tanh"``, ``"erf"``, ``"relu"``, ``"linear"``, ``"softplus"``,
        ``"logistic"``, or a ``Transfer``.
    product
        For instance ``"phi*phi''"``.
    mean, sd
        Mean and *standard deviation*, numbers or arrays that broadcast.

    Returns
    -------
    float or numpy.ndarray
        A number for numbers, otherwise an array of the broadcast shape.

    Raises
    ------
    InputError
        A name, a product or a number is not what it should be; the first
        offending element is named.
    AverageDoesNotExistError
        A derivative in the product is a distribution, and the product has no
        meaning.

    Examples
    --------
    >>> from attractorlab import Transfer, gaussian
    >>> gaussian.average("tanh", "phi^2", 0.0, [0.5, 1.0, 2.0]).round(6)
    array([0.173516, 0.394294, 0.635261])
    >>> gaussian.average(Transfer("relu", threshold=0.3), "phi", 0.0, 1.7**0.5)
    0.383865...
    """
    shape, (flat_mean, flat_sd) = together(mean=mean, sd=sd)
    name, threshold = read(transfer)
    values = _attractorlab.average(name, threshold, product, flat_mean, flat_sd, shape)
    return shaped(values, shape)


def _two(name: str, value: Any) -> tuple[Array, Array]:
    """Both components of a pair, or one number for both."""
    if isinstance(value, (tuple, list)) and len(value) == 2:
        return real(f"{name}[0]", value[0]), real(f"{name}[1]", value[1])
    array = real(name, value)
    if array.ndim == 0:
        return array, array
    if array.shape[0] == 2:
        return array[0], array[1]
    raise InputError(f"{name} must be one number or a pair, not an array of shape {array.shape}")


def pair_average(
    transfer: TransferLike,
    f: str,
    h: str,
    mean: npt.ArrayLike | tuple[npt.ArrayLike, npt.ArrayLike],
    sd: npt.ArrayLike | tuple[npt.ArrayLike, npt.ArrayLike],
    correlation: npt.ArrayLike,
) -> Any:
    """The average E f(x₁) h(x₂) over two correlated Gaussian variables.

    The GIL is released. The error is at most 1e-12·⟨|f h|⟩ for standard
    deviations up to 10, and a hundred times that up to 100.

    Parameters
    ----------
    transfer
        As in :func:`average`.
    f, h
        The products of the first and of the second variable.
    mean, sd
        A pair ``(first, second)`` of numbers or arrays, or one number for both.
        ``sd`` are *standard deviations*.
    correlation
        Between -1 and 1. All arrays broadcast.

    Returns
    -------
    float or numpy.ndarray
        A number for numbers, otherwise an array of the broadcast shape.

    Raises
    ------
    InputError, AverageDoesNotExistError
        As in :func:`average`.

    Examples
    --------
    >>> from attractorlab import gaussian
    >>> gaussian.pair_average("tanh", "phi", "phi", 0.0, (0.8, 1.1), [-1.0, 0.0, 0.5]).round(6)
    array([-0.366546,  0.      ,  0.174483])
    """
    (mean1, mean2), (sd1, sd2) = _two("mean", mean), _two("sd", sd)
    named = {"mean[0]": mean1, "mean[1]": mean2, "sd[0]": sd1, "sd[1]": sd2, "correlation": correlation}
    shape, flat = together(**named)
    name, threshold = read(transfer)
    return shaped(_attractorlab.pair_average(name, threshold, [f, h], flat, shape), shape)


def centered_pair_average(
    transfer: TransferLike,
    f: str,
    h: str,
    variance1: npt.ArrayLike,
    variance2: npt.ArrayLike,
    covariance: npt.ArrayLike,
) -> Any:
    """The average E f(x₁) h(x₂) for zero means, from variances and covariance.

    A covariance that exceeds √(variance1·variance2) by rounding (1e-9) is taken
    for the bound; one that exceeds it by more is refused.

    Examples
    --------
    >>> from attractorlab import gaussian
    >>> gaussian.centered_pair_average("tanh", "phi", "phi", 0.7, 1.3, 0.5)
    0.189790...
    """
    shape, flat = together(variance1=variance1, variance2=variance2, covariance=covariance)
    name, threshold = read(transfer)
    return shaped(_attractorlab.centered_pair_average(name, threshold, [f, h], flat, shape), shape)
