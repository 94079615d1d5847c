"""What the stored values of a TIFF stand for: a colour table, or white as 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from annelid.readers.base import Pixels

_MINISWHITE, _PALETTE, _YCBCR = 0, 3, 6
_FOREIGN = {5: "cyan, magenta, yellow and black", 8: "CIELAB", 9: "ICCLAB", 10: "ITULAB"}
_APERIO_YCBCR = 33003
"""A compression whose pictures are luma and two chromas, whatever the file says."""
_AS_STORED = {1, 5, 8, 32773, 32946, 50000}
"""Compressions whose decoders know of no colours: none, LZW, deflate, PackBits, Zstandard."""
_CLOSE_TO_A_RAMP = 3 * 257


@dataclass(frozen=True, eq=False)
class Colours:
    """How stored values become those that are meant.

    Attributes:
        table: uint8 ``[value, 3]``; None where there is none, or where it only paints intensities in one hue.
        highest: the value that is black, where white is stored as 0; None otherwise.
        is_ycbcr: whether red, green and blue are stored as luma and two chromas.
        note: what the user should know.
    """

    table: NDArray[np.uint8] | None = None
    highest: int | None = None
    is_ycbcr: bool = False
    note: str = ""

    def apply(self, pixels: Pixels) -> Pixels:
        """``[y, x, 1]`` through the table, ``[y, x, 3]`` to red, green and blue, or ``[y, x, c]`` turned round."""
        if self.is_ycbcr:
            return _to_rgb(pixels)
        if self.table is not None and pixels.shape[2] == 1:
            return np.asarray(self.table[np.minimum(pixels[..., 0], len(self.table) - 1)])
        if self.highest is not None:
            return ~pixels if pixels.dtype == bool else (self.highest - pixels).astype(pixels.dtype)
        return pixels


def colours_of(tif: tifffile.TiffFile, page: tifffile.TiffPage) -> Colours:
    """The colours of a page. Those of ImageJ, and a ramp of one hue, are how intensities are shown: left aside."""
    if page.photometric == _MINISWHITE and page.dtype is not None and page.dtype.kind in "bu":
        highest = 2 ** int(page.bitspersample) - 1
        return Colours(highest=highest, note="white is stored as 0: the values are turned round")
    is_ycbcr = page.photometric == _YCBCR and page.compression in _AS_STORED
    if (is_ycbcr or page.compression == _APERIO_YCBCR) and page.samplesperpixel == 3 and page.dtype == np.uint8:
        return Colours(is_ycbcr=True)
    if page.photometric in _FOREIGN:
        return Colours(note=f"its colours are {_FOREIGN[page.photometric]}: each is taken as a channel")
    is_table = page.photometric == _PALETTE and page.dtype is not None and page.dtype.kind == "u"
    if not is_table or tif.is_imagej or tif.is_lsm or tif.is_ome:
        return Colours()
    table = page.colormap
    if table is None or table.ndim != 2 or len(table) != 3:
        return Colours(note="the colour table is damaged: the stored values are used")
    if _is_ramp(table):
        return Colours(note="the colour table paints intensities in one hue: the stored values are used")
    return Colours(_to_8_bits(np.asarray(table).T))


def _is_ramp(table: NDArray[Any]) -> bool:
    """Whether each colour rises evenly from 0: the values are intensities then."""
    steps = np.arange(table.shape[1])[None, :] / max(1, table.shape[1] - 1)
    even = table[:, -1:].astype(np.float64) * steps
    return bool(table.max() > 0 and (np.abs(table - even) <= _CLOSE_TO_A_RAMP).all())


def _to_rgb(pixels: Pixels) -> Pixels:
    """From luma and two chromas around 128, as in JPEG files."""
    luma, blue, red = (pixels[..., c].astype(np.float32) - (128 if c else 0) for c in range(3))
    colours = luma + 1.402 * red, luma - 0.344136 * blue - 0.714136 * red, luma + 1.772 * blue
    rounded: Pixels = np.clip(np.rint(np.stack(colours, 2)), 0, 255).astype(np.uint8)
    return rounded


def _to_8_bits(table: NDArray[Any]) -> NDArray[np.uint8]:
    """From the 16 bits of the standard; some programs write 8."""
    return (table if table.max() <= 255 else table >> 8).astype(np.uint8)
