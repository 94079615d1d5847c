"""What is known of the pixels of an image: a thumbnail, or why they cannot be read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIDE = 64
"""Side of a thumbnail in pixels, whatever the shape of the image."""

Thumbnail = NDArray[np.float32]

_EVEN = 1e-3  # of 255 grey values: less is rounding


@dataclass(frozen=True, eq=False)
class Look:
    """The pixels of one view, as far as a check needs them.

    Attributes:
        thumbnail: float32 (64, 64), the mean of the shown channels over equal fields of the image; None where
            the image cannot be read.
        problem: why it cannot be read, "" where it can.
    """

    thumbnail: Thumbnail | None = None
    problem: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether every pixel has the same value."""
        return self.thumbnail is not None and float(np.ptp(self.thumbnail)) < _EVEN

    @property
    def is_comparable(self) -> bool:
        """Whether there is something to recognise."""
        return self.thumbnail is not None and not self.is_blank
