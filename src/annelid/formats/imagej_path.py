"""The path of a composite ImageJ ROI <-> parts with holes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from annelid.formats.even_odd import parts_of_rings
from annelid.formats.values import ShapeError
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
