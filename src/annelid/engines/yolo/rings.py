"""Carry holes and parts through Ultralytics' augmentation.

Ultralytics moves one outline of equally many points per object. All rings of an object go into that one outline, one
behind the other, padded to a common length; which points make which ring is remembered beside it, by a number that
travels in the class column and survives cropping, mosaics and copies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from annelid.geometry import Ring, Shape, shape_to_mask

MAX_POINTS = 2000
STEP = 4.0
"""Pixels of the picture between two vertices of an outline, at most; more where that would be too many."""

_CLASSES = 4096  # class column = class + _CLASSES * object number; exact in float64


@dataclass(frozen=True)
class RingTable:
    """How each object's outline is divided into rings.

    Attributes:
        sizes: object number -> for each part the number of points of each ring.
        points: how many points every outline has.
    """

    sizes: tuple[tuple[tuple[int, ...], ...], ...]
    points: int

    def shape(self, number: int, outline: NDArray[np.floating]) -> Shape:
        """Parts and rings of an outline (points, 2) that may have been moved since it was packed."""
        ends = iter(np.cumsum([0, *(n for part in self.sizes[number] for n in part)]).tolist())
        start, parts = next(ends), []
        for part in self.sizes[number]:
            rings: list[Ring] = []
            for _ in part:
                end = next(ends)
                rings.append(np.asarray(outline[start:end], np.float64))
                start = end
            parts.append(tuple(rings))
        return tuple(parts)


def pack(shapes: Sequence[Shape]) -> tuple[NDArray[np.float32], RingTable]:
    """Outlines float32 (N, points, 2) of equal length, and how to take them apart again."""
    shapes = [_dense(_thin(shape)) for shape in shapes]
    flat = [np.concatenate([ring for part in shape for ring in part]) for shape in shapes]
    points = max((len(outline) for outline in flat), default=1)
    packed = np.zeros((len(flat), points, 2), np.float32)
    for row, outline in zip(packed, flat, strict=True):
        row[: len(outline)] = outline
        row[len(outline) :] = outline[-1]
    return packed, RingTable(tuple(tuple(tuple(map(len, part)) for part in shape) for shape in shapes), points)


def _thin(shape: Shape) -> Shape:
    """The shape with at most `MAX_POINTS` vertices, by Douglas-Peucker with the least tolerance that does it.

    A shape of very many rings stays larger: a ring keeps at least three vertices.
    """
    for tolerance in (0.25, 0.5, 1.0, 2.0, 4.0):
        if sum(len(ring) for part in shape for ring in part) <= MAX_POINTS:
            break
        shape = tuple(
            tuple(np.asarray(shapely.LinearRing(ring).simplify(tolerance).coords)[:-1] for ring in part)
            for part in shape
        )
    return shape


def _dense(shape: Shape) -> Shape:
    """The same outlines with vertices every few pixels.

    Ultralytics moves the vertices that leave the picture onto its border: a long edge would change its direction.
    """
    step = max(STEP, sum(_length(ring) for part in shape for ring in part) / MAX_POINTS)
    return tuple(tuple(_with_steps(ring, step) for ring in part) for part in shape)


def _length(ring: Ring) -> float:
    return float(np.hypot(*(np.roll(ring, -1, 0) - ring).T).sum())


def _with_steps(ring: Ring, step: float) -> Ring:
    edges = np.roll(ring, -1, 0) - ring
    counts = np.maximum(1, np.ceil(np.hypot(*edges.T) / step)).astype(np.int64)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    along = place / np.repeat(counts, counts)
    return np.asarray(np.repeat(ring, counts, 0) + along[:, None] * np.repeat(edges, counts, 0), np.float64)


def tag(classes: NDArray[np.int64], numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """The class column (N, 1) that also says which object each row is."""
    return (classes + _CLASSES * numbers).astype(np.float64)[:, None]


def untag(column: NDArray[np.floating]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Class column (N, 1) and object numbers (N,) from `tag`."""
    numbers, classes = np.divmod(column[:, 0].astype(np.int64), _CLASSES)
    return classes.astype(np.float32)[:, None], numbers


def raster(
    table: RingTable,
    numbers: NDArray[np.int64],
    outlines: NDArray[np.floating],
    size_hw: tuple[int, int],
    ratio: int,
) -> NDArray[np.bool_]:
    """Masks bool (N, h, w) at 1 / ratio of the picture, filled even-odd at the pixels' centres.

    Args:
        table: how the outlines are divided into rings.
        numbers: object number of each row.
        outlines: float (N, points, 2) in pixels of the picture.
        size_hw: size of the masks.
        ratio: picture pixels per mask pixel.
    """
    masks = np.zeros((len(outlines), *size_hw), bool)
    for mask, number, outline in zip(masks, numbers.tolist(), outlines / ratio, strict=True):
        (x1, y1), (x2, y2) = np.floor(outline.min(0)).astype(int), np.ceil(outline.max(0)).astype(int) + 1
        x1, y1, x2, y2 = max(x1, 0), max(y1, 0), min(x2, size_hw[1]), min(y2, size_hw[0])
        if x2 > x1 and y2 > y1:
            mask[y1:y2, x1:x2] = shape_to_mask(table.shape(number, outline), (y2 - y1, x2 - x1), (x1, y1))
    return masks
