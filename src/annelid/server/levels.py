"""The pyramid as pages see it: level L takes every 2^L-th pixel, in tiles of 512."""

from __future__ import annotations

import math

from annelid.readers.base import Window

TILE = 512
BASE_SIDE = 2560
BASE_BYTES = 2**27
"""A level is small when no side is longer, and all of its channels fit: the finest of these is kept whole, all coarser
ones come from it."""


def level_count(size_wh: tuple[int, int]) -> int:
    """How many levels there are: the last one fits into a tile."""
    return _halvings(size_wh, TILE) + 1


def base_level(size_wh: tuple[int, int], pixel_bytes: int = 1) -> int:
    """The finest level that is small, where all channels of a pixel take so many bytes; the last one if none is."""
    last = level_count(size_wh) - 1
    bytes_of = (math.prod(level_size(size_wh, level)) * pixel_bytes for level in range(last))
    too_large = sum(size > BASE_BYTES for size in bytes_of)
    return min(last, max(_halvings(size_wh, BASE_SIDE), too_large))


def _halvings(size_wh: tuple[int, int], side: int) -> int:
    return next(level for level in range(64) if max(level_size(size_wh, level)) <= side)


def level_size(size_wh: tuple[int, int], level: int) -> tuple[int, int]:
    """Width and height of a level in its own pixels."""
    w, h = size_wh
    return -(-w >> level), -(-h >> level)


def has_tile(size_wh: tuple[int, int], level: int, x: int, y: int) -> bool:
    """Whether there is such a tile."""
    if not 0 <= level < level_count(size_wh):
        return False
    w, h = level_size(size_wh, level)
    return 0 <= x * TILE < w and 0 <= y * TILE < h


def tile_window(size_wh: tuple[int, int], level: int, x: int, y: int) -> Window:
    """Where a tile lies, in pixels of its level; tiles at the right and lower border are smaller."""
    w, h = level_size(size_wh, level)
    return x * TILE, y * TILE, min(w, (x + 1) * TILE), min(h, (y + 1) * TILE)


def full_window(size_wh: tuple[int, int], level: int, window: Window) -> Window:
    """The same in pixels of the full-resolution image."""
    x1, y1, x2, y2 = window
    w, h = size_wh
    return x1 << level, y1 << level, min(w, x2 << level), min(h, y2 << level)
