"""The chain of directories of a TIFF file, looked at before a reader does who would follow a circle for ever.

Such readers also leave out in silence what lies beyond the end of a file that is cut off.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from annelid.errors import ImageError
from annelid.readers.base import cut_off

_SIZES = np.zeros(2**16, np.int64)
_SIZES[[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 18]] = [1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 8, 8, 8]
"""Bytes of a value of each type."""
_OF_PIXELS = [256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317, 320, 322, 323, 324, 325, 338, 339, 347]
"""Tags without which pixels are read wrongly, or not at all."""
_NDPI = 65420
_MOST_LOOKED_AT = 1000
"""Pages whose entries are looked at; those of others are when they are read."""


@dataclass(frozen=True)
class _Order:
    """How numbers are written: ``<`` or ``>``, and whether the file is a BigTIFF."""

    sign: str
    is_big: bool

    @property
    def offset(self) -> str:
        return f"{self.sign}{'Q' if self.is_big else 'I'}"

    @property
    def count(self) -> str:
        return f"{self.sign}{'Q' if self.is_big else 'H'}"

    @property
    def entry(self) -> np.dtype[Any]:
        wide = f"{self.sign}u{8 if self.is_big else 4}"
        return np.dtype([("tag", f"{self.sign}u2"), ("type", f"{self.sign}u2"), ("count", wide), ("value", wide)])


def check_directories(path: Path) -> tuple[str, ...]:
    """See that the directories, one for each page, come to an end, and that the file holds what they name.

    Whatever else is wrong with the file is left to the reader.

    Returns:
        What the user should know: pages or parts of the description that lie beyond the end of the file.

    Raises:
        ImageError: they go round in a circle, or what the pixels are read by lies beyond the end of the file.
    """
    with path.open("rb") as file:
        head = file.read(16)
        sign = {b"II": "<", b"MM": ">"}.get(head[:2])
        if sign is None or len(head) < 16:
            return ()
        order = _Order(sign, struct.unpack(f"{sign}H", head[2:4])[0] == 43)
        offset = struct.unpack(order.offset, head[8:16] if order.is_big else head[4:8])[0]
        return _walked(path, file, order, offset)


def _walked(path: Path, file: BinaryIO, order: _Order, offset: int) -> tuple[str, ...]:
    end, seen, lost = path.stat().st_size, set[int](), 0
    while offset:
        if offset in seen:
            found = f"directory {len(seen)} that leads back to byte {offset}"
            step = "save or copy the image again"
            raise ImageError(path, expected="directories that come to an end", found=found, next_step=step)
        directory = _directory(file, offset, order)
        if directory is None:
            if not seen:
                raise cut_off(path, max(offset, end) + 1, end)
            return (f"it is cut off behind its page {len(seen)}: what followed is missing",)
        entries, following = directory
        if not seen and _NDPI in entries["tag"]:
            return ()  # offsets of more bytes, in an order of its own
        seen.add(offset)
        if len(seen) <= _MOST_LOOKED_AT:
            lost += _count_lost(path, entries, order, end)
        offset = following
    return (f"it is cut off: {lost} entries of its description are missing",) if lost else ()


def _directory(file: BinaryIO, offset: int, order: _Order) -> tuple[NDArray[Any], int] | None:
    """The entries of a directory, and where the next one lies, 0 for the last; None where the file ends before."""
    try:
        file.seek(offset)
        count = struct.unpack(order.count, file.read(struct.calcsize(order.count)))[0]
        entries = np.frombuffer(file.read(min(count, 2**16) * order.entry.itemsize), order.entry)
        following: int = struct.unpack(order.offset, file.read(struct.calcsize(order.offset)))[0]
    except (OSError, ValueError, OverflowError, struct.error):
        return None
    return (entries, following) if len(entries) == count else None


def _count_lost(path: Path, entries: NDArray[Any], order: _Order, end: int) -> int:
    """How many values lie beyond the end of the file."""
    sizes = entries["count"].astype(np.float64) * _SIZES[entries["type"]]
    ends = entries["value"].astype(np.float64) + sizes
    lost = (sizes > (8 if order.is_big else 4)) & (ends > end)
    if np.isin(entries["tag"][lost], _OF_PIXELS).any():
        raise cut_off(path, int(ends[lost].max()), end)
    return int(lost.sum())
