"""Images to be classified: the 8×8 digits of the program, and MNIST's IDX files."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attractorlab import _attractorlab

__all__ = ["Images", "digits", "read_folder"]


@dataclass(frozen=True, eq=False, repr=False)
class Images:
    """Labelled images."""

    pixels: npt.NDArray[np.uint8]
    """(count, height, width), as in the file."""
    labels: npt.NDArray[np.int64]
    """Classes, 0 to 9."""
    white: int
    """The value of a white pixel."""

    def columns(self) -> npt.NDArray[np.float64]:
        """Pixels in [0, 1], one image a column."""
        return self.pixels.reshape(len(self.pixels), -1).T / self.white

    def __repr__(self) -> str:
        count, height, width = self.pixels.shape
        return f"<Images: {count} of {height}×{width} pixels>"


def _images(values: tuple[bytes | list[int], list[int], tuple[int, int], int]) -> Images:
    pixels, labels, size, white = values
    flat = np.frombuffer(bytes(pixels), dtype=np.uint8)
    return Images(flat.reshape(-1, *size), np.asarray(labels, dtype=np.int64), white)


def digits() -> Images:
    """The 1797 handwritten digits that come with the program (UCI, Alpaydin & Kaynak 1998).

    >>> digits()
    <Images: 1797 of 8×8 pixels>
    """
    return _images(_attractorlab.digit_images())


def read_folder(folder: str | os.PathLike[str]) -> tuple[Images, Images]:
    """Training and test images of a folder with MNIST's four IDX files, plain or gzipped.

    Raises
    ------
    InputError
        A file is missing, broken, or does not fit the others.
    """
    train, test = _attractorlab.folder_images(folder)
    return _images(train), _images(test)
