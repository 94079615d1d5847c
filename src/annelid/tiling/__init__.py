"""Cover an image with tiles, and put together what was found on them: each object once, whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid.errors import UsageError
from annelid.objects import Objects
from annelid.tiling.seams import CUT, Seams, without_twins
from annelid.tiling.unite import unite

Window = tuple[int, int, int, int]
"""Whole pixels ``x1, y1, x2, y2`` of the image, half-open."""


@dataclass(frozen=True)
class Tile:
    """A piece of an image.

    Attributes:
        read: the window that is looked at.
        core: the window whose objects are the tile's own; the cores of all tiles partition the image.
    """

    read: Window
    core: Window


def tiles(size_wh: tuple[int, int], tile: int, overlap: int) -> list[Tile]:
    """Cover an image, row by row.

    Every window has the full size unless the image is smaller: the last of a row and of a column are shifted
    inward. Cores end in the middle of what two windows share.

    Args:
        size_wh: width and height of the image in pixels.
        tile: side of the windows in pixels.
        overlap: how many pixels neighbouring windows share at least, 0 <= overlap < tile.

    Raises:
        UsageError: the overlap is negative or as large as the tile, or the tile has no pixels.
    """
    if tile < 1 or not 0 <= overlap < tile:
        raise UsageError(
            f"tiles of {tile} pixels cannot overlap by {overlap}",
            next_step="choose an overlap from 0 up to less than the tile",
        )
    columns, rows = (_spans(size, tile, overlap) for size in size_wh)
    return [
        Tile((x.start, y.start, x.stop, y.stop), (cx.start, cy.start, cx.stop, cy.stop))
        for (y, cy), (x, cx) in product(rows, columns)
    ]


def _spans(size: int, tile: int, overlap: int) -> list[tuple[range, range]]:
    """The window and the core of every tile along one axis."""
    if size <= tile:
        return [(range(size), range(size))] if size > 0 else []
    steps = -(-(size - tile) // (tile - overlap))
    windows = [
        range(start, start + tile) for start in (min(i * (tile - overlap), size - tile) for i in range(steps + 1))
    ]
    seams = [(after.start + before.stop) // 2 for before, after in pairwise(windows)]
    return list(zip(windows, (range(a, b) for a, b in pairwise([0, *seams, size])), strict=True))


def merge(
    tile_objects: Sequence[tuple[Tile, Objects]], size_wh: tuple[int, int], iou_threshold: float = 0.5
) -> Objects:
    """Objects of the whole image, in its coordinates, from those of its tiles.

    An object belongs to the tile whose core holds the centre of its box. What a tile's inner border cuts is
    dropped in favour of a neighbour that sees it whole. Where no tile sees it whole, pieces of one label
    that agree in the strip which two tiles share become one object; without such a strip, pieces that meet
    along the seam.

    Args:
        tile_objects: every tile of `tiles`, each with what was found on it, in the tile's own pixels: (0, 0)
            is the top-left corner of ``read``.
        size_wh: width and height of the image in pixels.
        iou_threshold: IoU from which objects of one label on two tiles are the same, and the share of the
            smaller piece that must agree before two pieces are united, in 0..1.

    Returns:
        Each object once, in the order of the tiles; united objects keep the columns of their largest piece,
        with the best score of all.
    """
    found = Objects.concat([objects.moved(tile.read[:2]) for tile, objects in tile_objects])
    if len(tile_objects) < 2 or not len(found):
        return found
    tile_of = np.repeat(np.arange(len(tile_objects)), [len(objects) for _, objects in tile_objects])
    reads = np.array([tile.read for tile, _ in tile_objects], np.float64)
    cores = np.array([tile.core for tile, _ in tile_objects], np.float64)
    seams = Seams(found, tile_of, reads, cores, size_wh)
    rank = seams.ranks()
    whole = without_twins(seams, np.flatnonzero(rank < CUT), rank, iou_threshold)
    pieces = seams.unexplained(np.flatnonzero(rank == CUT), whole, iou_threshold)
    groups = seams.groups(pieces, iou_threshold)
    single = [group[0] for group in groups if len(group) == 1]
    united = [(int(group.min()), unite(found[group], size_wh)) for group in groups if len(group) > 1]
    kept = np.sort(np.concatenate([whole, np.array(single, np.int64)]))
    return _in_order(found[kept], kept, united)


def _in_order(single: Objects, places: NDArray[np.int64], united: list[tuple[int, Objects]]) -> Objects:
    """United objects among the others, where their first piece was."""
    everything = Objects.concat([single, *(objects for _, objects in united)])
    where: list[Any] = [*places.tolist(), *(place for place, _ in united)]
    return everything[np.argsort(np.array(where, np.int64), kind="stable")]
