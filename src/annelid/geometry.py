"""Continuous pixel geometry: rasters, areas, boxes, cuts; `annelid.tracing` makes outlines from masks.

Coordinates everywhere: x right, y down, float pixels, (0, 0) is the top-left *corner* of the first pixel, so the
centre of pixel ``[y, x]`` is ``(x + .5, y + .5)``. Boxes are half-open ``x1, y1, x2, y2``.

A *ring* is a float64 array (n, 2) of x, y; it is not closed (the first point is not repeated). A *part* is a tuple
of rings, the exterior first, then its holes. A *shape* is a tuple of parts: what one object covers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid.errors import AnnelidError

MAX_PIXELS = 2**29
"""Masks beyond are refused: drawing one takes some bytes for each of its pixels."""

Ring = NDArray[np.float64]
Part = tuple[Ring, ...]
Shape = tuple[Part, ...]


def shape_to_mask(
    shape: Shape, size_hw: tuple[int, int], origin_xy: tuple[float, float] = (0.0, 0.0)
) -> NDArray[np.bool_]:
    """Rasterise a shape: a pixel belongs to it when the pixel's centre does.

    Each part is filled even-odd (holes are empty); the parts are united.

    Args:
        shape: parts in image coordinates.
        size_hw: height and width of the result.
        origin_xy: image coordinates of the result's top-left corner.

    Returns:
        bool (h, w).

    Raises:
        AnnelidError: the mask would be too large for any memory.
    """
    refuse_huge(size_hw)
    mask = np.zeros(size_hw, bool)
    for part in shape:
        mask |= _fill_even_odd(part, size_hw, origin_xy)
    return mask


def refuse_huge(size_hw: tuple[int, int]) -> None:
    """Refuse to draw what only a mistake in a file can ask for.

    Raises:
        AnnelidError: the picture would be too large for any memory.
    """
    if size_hw[0] * size_hw[1] > MAX_PIXELS:
        step = "check the image's size in the annotations, or choose a format of outlines, like coco or geojson"
        raise AnnelidError(f"a mask of {size_hw[1]} x {size_hw[0]} pixels is too large to be drawn", next_step=step)


def _fill_even_odd(
    rings: Iterable[Ring], size_hw: tuple[int, int], origin_xy: tuple[float, float]
) -> NDArray[np.bool_]:
    """Scan-line fill: every row's centre line crosses each edge at most once; parity of crossings to the left."""
    h, w = size_hw
    starts = [r - origin_xy for r in rings if len(r) >= 3]
    flips = np.zeros((h, w + 1), np.int32)
    if not starts:
        return flips[:, :w] > 0
    a = np.concatenate(starts)
    b = np.concatenate([np.roll(r, -1, 0) for r in starts])
    low, high = np.where(a[:, 1:] <= b[:, 1:], a, b), np.where(a[:, 1:] <= b[:, 1:], b, a)
    first = np.clip(np.ceil(low[:, 1] - 0.5), 0, h).astype(np.int64)  # rows y with low <= y + .5 < high
    last = np.clip(np.ceil(high[:, 1] - 0.5), 0, h).astype(np.int64)
    rows_per_edge = np.maximum(last - first, 0)
    edge = np.repeat(np.arange(len(a)), rows_per_edge)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(rows_per_edge) - rows_per_edge, rows_per_edge) + first[edge]
    rise = high[edge, 1] - low[edge, 1]
    x = low[edge, 0] + (row + 0.5 - low[edge, 1]) * (high[edge, 0] - low[edge, 0]) / rise
    column = np.clip(np.ceil(x - 0.5), 0, w).astype(np.int64)
    np.add.at(flips, (row, column), 1)
    filled: NDArray[np.bool_] = (np.cumsum(flips, axis=1)[:, :w] % 2).astype(bool)
    return filled


def signed_area(ring: Ring) -> float:
    """Area in square pixels; positive when the ring runs clockwise as seen on the screen (y down)."""
    if len(ring) < 3:
        return 0.0
    x, y = (ring - ring[0]).T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def shape_area(shape: Shape) -> float:
    """Area in square pixels: exteriors less their holes."""
    return sum(abs(signed_area(part[0])) - sum(abs(signed_area(hole)) for hole in part[1:]) for part in shape if part)


def shape_box(shape: Shape) -> tuple[float, float, float, float]:
    """Bounding box ``x1, y1, x2, y2`` of the exteriors; NaN for an empty shape."""
    rings = [part[0] for part in shape if part and len(part[0])]
    if not rings:
        return (np.nan,) * 4
    points = np.concatenate(rings)
    (x1, y1), (x2, y2) = points.min(0), points.max(0)
    return float(x1), float(y1), float(x2), float(y2)


def box_ring(x1: float, y1: float, x2: float, y2: float) -> Ring:
    """The four corners of a box, clockwise from the top left."""
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float64)


def ellipse_ring(
    centre_xy: tuple[float, float], radii: tuple[float, float], angle: float = 0.0, points: int = 64
) -> Ring:
    """Polygon through an ellipse, with the ellipse's own area.

    Args:
        centre_xy: centre.
        radii: semi-axes along x and y before rotation.
        angle: rotation in radians, clockwise on the screen.
        points: number of vertices.
    """
    t = np.linspace(0, 2 * np.pi, points, endpoint=False)
    # A polygon inscribed in an ellipse is too small by sin(step) / step: widen it by the root of that.
    widen = np.sqrt((2 * np.pi / points) / np.sin(2 * np.pi / points))
    x, y = radii[0] * widen * np.cos(t), radii[1] * widen * np.sin(t)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([centre_xy[0] + x * cos - y * sin, centre_xy[1] + x * sin + y * cos], 1)


def rotated_box_ring(cx: float, cy: float, width: float, height: float, angle: float) -> Ring:
    """The four corners of a rotated box, clockwise from its own top left.

    Args:
        cx: centre x.
        cy: centre y.
        width: length of its top edge.
        height: length of its left edge.
        angle: rotation in radians, clockwise on the screen.
    """
    cos, sin = np.cos(angle), np.sin(angle)
    along, across = np.array([cos, sin]) * width / 2, np.array([-sin, cos]) * height / 2
    corners = np.array([-along - across, along - across, along + across, across - along], np.float64)
    return np.asarray(corners + np.array([cx, cy]), np.float64)


def move_shape(
    shape: Shape, offset_xy: tuple[float, float] = (0.0, 0.0), scale_xy: tuple[float, float] = (1, 1)
) -> Shape:
    """Scale a shape about the origin, then shift it."""
    return tuple(tuple(ring * scale_xy + offset_xy for ring in part) for part in shape)


def crop_of_shape(shape: Shape, size_wh: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """Whole-pixel window ``x1, y1, x2, y2`` of the image that holds the shape; None when it lies outside."""
    x1, y1, x2, y2 = shape_box(shape)
    if not np.isfinite([x1, y1, x2, y2]).all():
        return None
    window = (
        max(int(np.floor(x1)), 0),
        max(int(np.floor(y1)), 0),
        min(int(np.ceil(x2)), size_wh[0]),
        min(int(np.ceil(y2)), size_wh[1]),
    )
    return window if window[2] > window[0] and window[3] > window[1] else None


def window_mask(shape: Shape, size_wh: tuple[int, int]) -> tuple[NDArray[np.bool_], tuple[int, int]]:
    """Raster of a shape in the window of the image that holds it.

    Returns:
        bool (h, w), of size 0 when the shape lies outside, and x, y of the window's top-left corner.
    """
    window = crop_of_shape(shape, size_wh)
    if window is None:
        return np.zeros((0, 0), bool), (0, 0)
    x1, y1, x2, y2 = window
    return shape_to_mask(shape, (y2 - y1, x2 - x1), (x1, y1)), (x1, y1)


def has_self_intersection(shape: Shape) -> bool:
    """Whether an outline crosses itself (a bow-tie) or a hole leaves its part, by the OGC rules of shapely."""
    return not all(polygon.is_valid for polygon in _polygons(shape))


def repair_shape(shape: Shape) -> Shape:
    """The valid shape that covers what the outline covers even-odd; unchanged when it is valid already."""
    import shapely

    if not has_self_intersection(shape):
        return shape
    return shape_from_shapely(shapely.union_all([faces_even_odd(part) for part in shape if part and len(part[0]) >= 3]))


def faces_even_odd(part: Part) -> Any:
    """What a part covers even-odd, in shapely's terms; `shapely.make_valid` drops edges that run along each other."""
    import shapely

    rings = [ring for ring in part if len(ring) >= 3]
    lines = shapely.union_all([shapely.LinearRing(ring) for ring in rings])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    points = shapely.get_coordinates(shapely.point_on_surface(faces))
    return shapely.union_all([face for face, point in zip(faces, points, strict=True) if _is_inside(point, rings)])


def _is_inside(point_xy: Ring, rings: Sequence[Ring]) -> bool:
    """Whether a ray to the right crosses the rings an odd number of times."""
    a, b = np.concatenate(rings) - point_xy, np.concatenate([np.roll(r, -1, 0) for r in rings]) - point_xy
    crossing = (a[:, 1] <= 0) != (b[:, 1] <= 0)
    a, b = a[crossing], b[crossing]
    x = a[:, 0] - a[:, 1] * (b[:, 0] - a[:, 0]) / (b[:, 1] - a[:, 1])
    return bool((x > 0).sum() % 2)


def clip_shape(shape: Shape, box_xyxy: Sequence[float]) -> Shape:
    """What of a shape lies inside a box. Invalid outlines are repaired first where they are cut."""
    import shapely

    x1, y1, x2, y2 = shape_box(shape)
    if x1 >= box_xyxy[0] and y1 >= box_xyxy[1] and x2 <= box_xyxy[2] and y2 <= box_xyxy[3]:
        return shape
    return shape_from_shapely(shapely.intersection(_polygons(repair_shape(shape)), shapely.box(*box_xyxy)))


def intersect_shapes(shape: Shape, others: Iterable[Shape]) -> Shape:
    """What of a shape lies inside the union of other shapes."""
    import shapely

    union = shapely.union_all([polygon for other in others for polygon in _polygons(repair_shape(other))])
    return shape_from_shapely(shapely.intersection(_polygons(repair_shape(shape)), union))


def shape_to_shapely(shape: Shape) -> Any:
    """The shape as a shapely MultiPolygon."""
    import shapely

    return shapely.MultiPolygon(_polygons(shape))


def _polygons(shape: Shape) -> list[Any]:
    """A shapely polygon for each part; as a MultiPolygon parts that overlap could not be cut."""
    import shapely

    return [shapely.Polygon(part[0], part[1:]) for part in shape if part and len(part[0]) >= 3]


def shape_from_shapely(geometry: Any) -> Shape:
    """The polygons of a shapely geometry as a shape; lines and points are dropped."""
    import shapely

    polygons = [g for g in shapely.get_parts(geometry, return_index=False) if g.geom_type == "Polygon"]
    nested = [g for g in shapely.get_parts(geometry) if g.geom_type == "MultiPolygon"]
    polygons += [p for g in nested for p in g.geoms]
    return tuple(
        tuple(np.asarray(ring.coords)[:-1, :2] for ring in (p.exterior, *p.interiors))
        for p in polygons
        if not p.is_empty
    )
