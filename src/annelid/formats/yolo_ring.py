"""One ring per object, which is all that a YOLO label line holds: holes and parts are joined by bridges."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from annelid.geometry import Part, Ring, Shape


def single_ring(shape: Shape) -> Ring:
    """All rings of a shape as one, walked along bridges there and back.

    A bridge to a hole runs through the object's inside and so costs nothing: filled even-odd it cancels, and
    for rings through pixel centres it lies on pixels of the object. A bridge between parts runs over
    background, as short as it can be.
    """
    rings = [_part_ring(part) for part in shape]
    merged = rings.pop(0)
    while rings:
        tree = cKDTree(_dense(merged))
        found = [tree.query(_dense(ring)) for ring in rings]
        nearest = min(range(len(rings)), key=lambda n: found[n][0].min())
        distances, indices = found[nearest]
        here, there = tree.data[indices[distances.argmin()]], _dense(rings[nearest])[distances.argmin()]
        merged = _spliced(merged, here, _starting_at(rings.pop(nearest), there))
    return merged


def _part_ring(part: Part) -> Ring:
    """A part's exterior with its holes bridged in, each straight to the left, the leftmost hole first."""
    merged = part[0]
    for hole in sorted(part[1:], key=lambda ring: float(ring[:, 0].min())):
        start = hole[hole[:, 0].argmin()]
        at = _left_of(merged, start)
        merged = _spliced(merged, at, _starting_at(hole, start))
    return merged


def _left_of(ring: Ring, point: Ring) -> Ring:
    """Where a ray from the point to the left meets the ring first; the nearest vertex when it never does."""
    a, b = ring, np.roll(ring, -1, 0)
    (x, y), low, high = point, np.minimum(a[:, 1], b[:, 1]), np.maximum(a[:, 1], b[:, 1])
    level = (low == high) & (low == y)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = a[:, 0] + (y - a[:, 1]) * (b[:, 0] - a[:, 0]) / (b[:, 1] - a[:, 1])
    left, right = np.minimum(a[:, 0], b[:, 0]), np.maximum(a[:, 0], b[:, 0])
    crossing = np.where(level, np.where(left <= x, np.minimum(right, x), np.inf), crossing)
    met = (low <= y) & (y <= high) & (crossing <= x)
    if not met.any():
        nearest: Ring = ring[((ring - point) ** 2).sum(1).argmin()]
        return nearest
    return np.array([crossing[met].max(), y])


def _starting_at(ring: Ring, point: Ring) -> Ring:
    """The closed walk around a ring from a point on it back to that point."""
    at = _edge_with(ring, point)
    turned = np.roll(ring, -(at + 1), 0)
    return np.concatenate([point[None], turned, point[None]])


def _spliced(ring: Ring, at: Ring, walk: Ring) -> Ring:
    """The ring, left at a point on it for a walk and come back to."""
    edge = _edge_with(ring, at)
    return _without_repeats(np.concatenate([ring[: edge + 1], at[None], walk, at[None], ring[edge + 1 :]]))


def _edge_with(ring: Ring, point: Ring) -> int:
    """Index of the edge that passes nearest to a point."""
    a, b = ring, np.roll(ring, -1, 0)
    along = b - a
    length = np.maximum((along**2).sum(1), 1e-300)
    t = np.clip(((point - a) * along).sum(1) / length, 0, 1)
    return int(((a + t[:, None] * along - point) ** 2).sum(1).argmin())


def _without_repeats(ring: Ring) -> Ring:
    return ring[(ring != np.roll(ring, 1, 0)).any(1)] if len(ring) > 1 else ring


def _dense(ring: Ring) -> Ring:
    """The ring with points at most a pixel apart; on rings through pixel centres, every pixel."""
    step = np.roll(ring, -1, 0) - ring
    counts = np.maximum(np.ceil(np.abs(step).max(1)), 1).astype(np.int64)
    edge = np.repeat(np.arange(len(ring)), counts)
    t = (np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts)) / counts[edge]
    points: Ring = ring[edge] + t[:, None] * step[edge]
    return points
