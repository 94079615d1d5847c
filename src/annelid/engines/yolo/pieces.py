"""What is learned from in one go: a whole picture, or a window of a larger one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from annelid import tiling
from annelid.tiling import Window

LEAST_VISIBLE = 0.1
"""Objects of which less is left in a picture (of their box) are left out, as by Ultralytics after its augmentation."""


@dataclass(frozen=True)
class Piece:
    """A window of a picture.

    Attributes:
        picture: number of the picture.
        picture_wh: its width and height.
        window: whole pixels ``x1, y1, x2, y2`` of the picture, half-open.
        gain: input pixels for each pixel of the picture.
    """

    picture: int
    picture_wh: tuple[int, int]
    window: Window
    gain: float

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels of the picture."""
        x1, y1, x2, y2 = self.window
        return x2 - x1, y2 - y1

    def elsewhere(self) -> Piece:
        """A window of the same size anywhere on the same picture, drawn from Python's global random numbers."""
        (w, h), (width, height) = self.size_wh, self.picture_wh
        x, y = random.randint(0, width - w), random.randint(0, height - h)  # noqa: S311 - no secret
        return replace(self, window=(x, y, x + w, y + h))


def windows(size_wh: tuple[int, int], tile: int) -> int:
    """How many windows of a picture an epoch shows: as many as have its area."""
    return max(1, round(size_wh[0] * size_wh[1] / tile**2))


def scattered(found: Sequence[Piece]) -> list[Piece]:
    """Of pieces that cover pictures as many of each as have its area, to be put anywhere; see `Piece.elsewhere`."""
    taken: dict[int, int] = {}
    kept = []
    for piece in found:
        taken[piece.picture] = taken.get(piece.picture, 0) + 1
        if taken[piece.picture] <= windows(piece.picture_wh, max(piece.size_wh)):
            kept.append(piece)
    return kept


def pieces(sizes_wh: Sequence[tuple[int, int]], imgsz: int, tile: int | None) -> list[Piece]:
    """Cover all pictures.

    Args:
        sizes_wh: width and height of each picture.
        imgsz: side of the network's input.
        tile: side in pixels of the windows that fill the input; all pictures are then scaled alike, and smaller ones
            fill only a part of it. None takes whole pictures, each scaled so that its longer side fills the input.
    """
    if tile is None:
        return [Piece(n, size, (0, 0, *size), imgsz / max(size)) for n, size in enumerate(sizes_wh)]
    return [
        Piece(n, size, window.read, imgsz / tile)
        for n, size in enumerate(sizes_wh)
        for window in tiling.tiles(size, tile, 0)
    ]
