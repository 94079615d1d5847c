"""Rings that are filled even-odd, as parts with their holes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from annelid import geometry
from annelid.geometry import Ring, Shape, signed_area


def even_odd_shape(rings: list[Ring]) -> tuple[Shape, bool]:
    """What rings cover that are filled even-odd, and whether they had to be drawn anew, as some of them cross.

    Args:
        rings: of at least three points each, with an area where there are several.

    Returns:
        The parts, none where the rings cancel each other, and whether their points are others than those given.
    """
    if len(rings) == 1:
        return ((rings[0],),), False
    if not _do_cross(rings):
        return parts_of_rings(rings), False
    return geometry.shape_from_shapely(geometry.faces_even_odd(tuple(rings))), True


def _do_cross(rings: list[Ring]) -> bool:
    """Whether two rings share inside that neither holds as a whole, or are the same."""
    import shapely

    polygons = np.array([shapely.Polygon(ring) for ring in rings])
    if not shapely.is_valid(polygons).all():
        return True
    a, b = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    pairs = polygons[a[a < b]], polygons[b[a < b]]
    return bool((shapely.overlaps(*pairs) | shapely.equals(*pairs)).any())


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
