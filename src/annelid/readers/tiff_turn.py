"""The orientation tag of TIFF and of EXIF data: how the stored rows and columns lie in the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tifffile
from numpy.typing import NDArray

from annelid.readers.base import Pixels

Places = NDArray[np.int64]

# orientation -> whether stored rows and columns are swapped, then: from right to left, from bottom to top
_TURNS = {
    1: (False, False, False),
    2: (False, True, False),
    3: (False, True, True),
    4: (False, False, True),
    5: (True, False, False),
    6: (True, True, False),
    7: (True, True, True),
    8: (True, False, True),
}


@dataclass(frozen=True)
class Turn:
    """How the picture as shown comes out of the one as stored.

    Attributes:
        is_swapped: whether stored rows are shown as columns.
        mirrors_x: whether, after that, columns are shown from right to left.
        mirrors_y: whether rows are shown from bottom to top.
    """

    is_swapped: bool = False
    mirrors_x: bool = False
    mirrors_y: bool = False

    def size_wh(self, stored_w: int, stored_h: int) -> tuple[int, int]:
        """Width and height as shown."""
        return (stored_h, stored_w) if self.is_swapped else (stored_w, stored_h)

    def stored(self, cols: Places, rows: Places, size_wh: tuple[int, int]) -> tuple[Places, Places]:
        """Stored columns and rows, both ascending, of shown ones."""
        cols = size_wh[0] - 1 - cols[::-1] if self.mirrors_x else cols
        rows = size_wh[1] - 1 - rows[::-1] if self.mirrors_y else rows
        return (rows, cols) if self.is_swapped else (cols, rows)

    def shown(self, pixels: Pixels) -> Pixels:
        """Turn stored pixels ``[y, x, c]`` as they are shown."""
        pixels = pixels.swapaxes(0, 1) if self.is_swapped else pixels
        pixels = pixels[:, ::-1] if self.mirrors_x else pixels
        return pixels[::-1] if self.mirrors_y else pixels


def turn_by(orientation: object) -> Turn:
    """What the value of the tag means, in TIFF and in EXIF data; as stored for no value, or nonsense."""
    return Turn(*_TURNS.get(orientation if isinstance(orientation, int) else 1, _TURNS[1]))


def turn_of(page: tifffile.TiffPage) -> Turn:
    """What the tag of a page says."""
    return turn_by(page.tags.valueof("Orientation"))
