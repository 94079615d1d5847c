"""A picture as its values are stored, for those that are labels and no intensities: indices stay indices."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from annelid.errors import ImageError
from annelid.readers import tiff
from annelid.readers.base import Pixels
from annelid.readers.tiff_directories import check_directories

_FREE_BYTES = 2**26
_MAX_RATIO = 20_000
"""How much tighter than that a label image cannot be packed, even an empty one."""


@dataclass(frozen=True, eq=False)
class Stored:
    """What a file holds.

    Attributes:
        pixels: all of the first picture, its axes in the file's order.
        palette: red, green and blue of each index, one after the other; () where there is no palette.
        description: the text in a TIFF file.
        blocks: how many strips or tiles a TIFF file has; 1 for others.
        missing: how many of them are not stored, and 0 therefore.
    """

    pixels: Pixels
    palette: tuple[int, ...] = ()
    description: str = ""
    blocks: int = 1
    missing: int = 0


def decode_stored(path: Path) -> Stored:
    """Decode the first picture of a TIFF, or anything that pillow knows, in this process.

    Raises:
        ImageError: it would fill the memory, or its pages go round in a circle; decoders raise whatever they like.
    """
    with path.open("rb") as file:
        head = file.read(512)
    return _decode_tiff(path) if tiff.sniff(head) else _decode_plain(path)


def _decode_tiff(path: Path) -> Stored:
    check_directories(path)
    with tifffile.TiffFile(path) as tif:
        size = path.stat().st_size
        if tif.series and tif.series[0].nbytes > max(_FREE_BYTES, _MAX_RATIO * size):
            found = f"{size} bytes that say to hold {tif.series[0].nbytes}"
            step = "the file is damaged or made to fill the memory: copy it again, or leave it out"
            raise ImageError(path, expected="a picture that the file can hold", found=found, next_step=step)
        page = tif.pages.first
        counts = page.databytecounts
        return Stored(tif.asarray(), (), page.description, len(counts), counts.count(0))


def _decode_plain(path: Path) -> Stored:
    with Image.open(path) as picture:
        picture.verify()  # checksums, where it has any: what lies behind a damage would read as background
    with Image.open(path) as picture:
        palette = picture.getpalette("RGB") if picture.mode == "P" else None
        return Stored(np.asarray(picture), tuple(palette or ()))
