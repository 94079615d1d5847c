"""The path of a composite ImageJ ROI <-> parts with holes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from annelid.formats.reading import ShapeError
from annelid.geometry import Ring, Shape, signed_area

Floats = NDArray[np.float32]

_MOVE, _LINE, _QUAD, _CUBIC, _CLOSE = range(5)
_LENGTH = (3, 3, 5, 7, 1)
"""Floats of a segment: its code, then its points."""
_STEPS = np.linspace(0, 1, 9)[1:, None]
_MAX_RINGS = 20_000


def decode_path(path: Floats) -> tuple[Shape, int]:
    """The parts that a path fills even-odd, as ImageJ does, and how many of its pieces have no area.

    Raises:
        ShapeError: it is no path, or encloses nothing.
    """
    every = list(_rings(path.astype(np.float64)))
    rings = [ring for ring in every if len(ring) >= 3 and signed_area(ring)]
    if not rings:
        raise ShapeError("outline-invalid", "the path encloses nothing")
    if len(rings) > _MAX_RINGS:
        raise ShapeError("outline-invalid", f"a path of {len(rings)} pieces, where {_MAX_RINGS} can be")
    return parts_of_rings(rings), len(every) - len(rings)


def _rings(path: NDArray[np.float64]) -> Iterator[Ring]:
    """The pieces of a path, curves flattened, without the point that closes them."""
    if not np.isfinite(path).all():
        raise ShapeError("outline-invalid", "a coordinate is NaN or infinite")
    values, n, ring = path.tolist(), 0, list[tuple[float, float]]()
    while n < len(values):
        code = int(values[n])
        if not _MOVE <= code <= _CLOSE or n + _LENGTH[code] > len(values):
            raise ShapeError("outline-invalid", f"no such step of a path: {values[n]:g} at {n}")
        if code == _MOVE and ring:
            yield _open(ring)
            ring = []
        points = np.array(values[n + 1 : n + _LENGTH[code]]).reshape(-1, 2)
        ring += [tuple(point) for point in _flat(ring, points).tolist()] if len(points) else []
        n += _LENGTH[code]
    if ring:
        yield _open(ring)


def _flat(before: list[tuple[float, float]], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """A line's end, or points along a Bezier curve."""
    if len(points) == 1 or not before:
        return points[-1:]
    curve = np.concatenate([[before[-1]], points])
    t = _STEPS
    if len(points) == 2:
        return np.asarray((1 - t) ** 2 * curve[0] + 2 * t * (1 - t) * curve[1] + t**2 * curve[2])
    first, last = (1 - t) ** 3 * curve[0] + 3 * t * (1 - t) ** 2 * curve[1], 3 * t**2 * (1 - t) * curve[2]
    return np.asarray(first + last + t**3 * curve[3])


def _open(ring: list[tuple[float, float]]) -> Ring:
    points = np.array(ring, np.float64)
    return points[:-1] if len(points) > 1 and (points[0] == points[-1]).all() else points


def parts_of_rings(rings: list[Ring]) -> Shape:
    """Rings that do not cross, as parts: one inside an odd number of others is a hole of the smallest of them."""
    areas = np.array([abs(signed_area(ring)) for ring in rings])
    boxes = np.array([[*ring.min(0), *ring.max(0)] for ring in rings])
    around = [_around(n, rings, areas, boxes) for n in range(len(rings))]
    parts: dict[int, list[Ring]] = {n: [ring] for n, ring in enumerate(rings) if len(around[n]) % 2 == 0}
    for n, ring in enumerate(rings):
        if len(around[n]) % 2:
            owner = min((m for m in around[n] if m in parts), key=lambda m: areas[m], default=None)
            parts.setdefault(n if owner is None else owner, []).append(ring)
    return tuple(tuple(part) for part in parts.values())


def _around(n: int, rings: list[Ring], areas: NDArray[np.float64], boxes: NDArray[np.float64]) -> list[int]:
    """Which rings lie around ring n."""
    point = _point_inside(rings[n])
    holding = (boxes[:, :2] <= point).all(1) & (boxes[:, 2:] >= point).all(1) & (areas > areas[n])
    return [int(m) for m in np.flatnonzero(holding) if (_crossings(rings[m], point[1]) > point[0]).sum() % 2]


def _point_inside(ring: Ring) -> NDArray[np.float64]:
    """A point in the first gap of the ring's lowest rows."""
    rows = np.unique(ring[:, 1])
    y = (rows[0] + rows[1]) / 2
    x = np.sort(_crossings(ring, y))
    return np.array([(x[0] + x[1]) / 2, y])


def _crossings(ring: Ring, y: float) -> NDArray[np.float64]:
    """The x at which a ring crosses a row."""
    a, b = ring, np.roll(ring, -1, 0)
    crossing = (a[:, 1] <= y) != (b[:, 1] <= y)
    a, b = a[crossing], b[crossing]
    return np.asarray(a[:, 0] + (y - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0]))


def encode_path(shape: Shape) -> Floats:
    """The path of a shape, ring after ring."""
    values: list[float] = []
    for ring in (ring for part in shape for ring in part):
        for n, (x, y) in enumerate(ring.tolist()):
            values += [float(_LINE if n else _MOVE), x, y]
        values.append(float(_CLOSE))
    return np.array(values, np.float32)


def is_along_pixels(shape: Shape) -> bool:
    """Whether all edges run along the edges of pixels."""
    return all(_is_along_pixels(ring) for part in shape for ring in part)


def _is_along_pixels(ring: Ring) -> bool:
    moved = ring != np.roll(ring, 1, 0)
    return bool((ring == np.round(ring)).all() and (moved.sum(1) == 1).all())
