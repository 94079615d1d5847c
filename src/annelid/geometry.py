"""Continuous pixel geometry: masks to rings and back, area, boxes.

Coordinates everywhere: x right, y down, float pixels, (0, 0) is the top-left *corner* of the first pixel, so the
centre of pixel ``[y, x]`` is ``(x + .5, y + .5)``. Boxes are half-open ``x1, y1, x2, y2``.

A *ring* is a float64 array (n, 2) of x, y; it is not closed (the first point is not repeated). A *part* is a tuple
of rings, the exterior first, then its holes. A *shape* is a tuple of parts: what one object covers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Ring = NDArray[np.float64]
Part = tuple[Ring, ...]
Shape = tuple[Part, ...]

# Directions of a boundary edge, with the object on its right: east, south, west, north.
_STEP_YX = np.array([[0, 1], [1, 0], [0, -1], [-1, 0]])


def mask_to_shape(mask: NDArray[np.bool_], origin_xy: tuple[float, float] = (0.0, 0.0)) -> Shape:
    """Trace a mask along its pixel edges, exactly.

    Args:
        mask: bool (h, w).
        origin_xy: where the mask's top-left corner lies in the image.

    Returns:
        One part per 4-connected component, in reading order; vertices only where the outline turns.
        ``shape_to_mask(mask_to_shape(m), m.shape) == m`` for every mask.
    """
    shapes = label_image_to_shapes(mask.astype(np.uint8), origin_xy)
    return shapes.get(1, ())


def label_image_to_shapes(
    labels: NDArray[np.integer], origin_xy: tuple[float, float] = (0.0, 0.0)
) -> dict[int, Shape]:
    """Trace every object of a label image along its pixel edges.

    Args:
        labels: integer (h, w), 0 is background.
        origin_xy: where the top-left corner of ``labels`` lies in the image.

    Returns:
        Label -> shape, with labels ascending. Parts are 4-connected, so two pixels of one label that touch at a
        corner only are two parts.
    """
    components, component_label = _components(labels)
    parts: dict[int, list[Part]] = {}
    for component, rings in _component_rings(components).items():
        exterior = [r for r in rings if signed_area(r) > 0]
        holes = [r for r in rings if signed_area(r) <= 0]
        part = tuple(r + origin_xy for r in (*exterior, *holes))
        parts.setdefault(int(component_label[component]), []).append(part)
    return {label: tuple(parts[label]) for label in sorted(parts)}


def _components(labels: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.integer]]:
    """Number the 4-connected areas of equal label 1..n; also the label of each (index 0 is background)."""
    h, w = labels.shape
    flat = np.zeros((h, w), np.int64)
    remaining = labels != 0
    # Cut neighbours of different labels apart on a grid of twice the size: one pass whatever the number of labels.
    fine = np.zeros((2 * h - 1 if h else 0, 2 * w - 1 if w else 0), bool)
    fine[::2, ::2] = remaining
    fine[::2, 1::2] = remaining[:, :-1] & (labels[:, :-1] == labels[:, 1:])
    fine[1::2, ::2] = remaining[:-1] & (labels[:-1] == labels[1:])
    numbered, count = ndimage.label(fine)
    flat[:] = numbered[::2, ::2]
    component_label = np.zeros(count + 1, labels.dtype)
    component_label[flat.ravel()] = labels.ravel()
    component_label[0] = 0
    return flat, component_label


def _component_rings(components: NDArray[np.int64]) -> dict[int, list[Ring]]:
    """All boundary rings of each component, corners only, the component on the right hand side."""
    vertex, direction, owner = _boundary_edges(components)
    if not len(vertex):
        return {}
    following = _successors(vertex, direction, owner, components.shape[1] + 1)
    turns = direction[following] != direction
    width = components.shape[1] + 1
    rings: dict[int, list[Ring]] = {}
    nxt, seen = following.tolist(), bytearray(len(vertex))
    turn_list, owner_list = turns.tolist(), owner.tolist()
    end_y, end_x = np.divmod(vertex[following], width)
    for start in range(len(nxt)):
        if seen[start]:
            continue
        edge, corners = start, []
        while not seen[edge]:
            seen[edge] = 1
            if turn_list[edge]:
                corners.append(edge)
            edge = nxt[edge]
        ring = np.stack([end_x[corners], end_y[corners]], 1).astype(np.float64)
        rings.setdefault(owner_list[start], []).append(ring)
    return rings


def _boundary_edges(components: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Unit edges between each component and what is not that component: start vertex, direction, component."""
    padded = np.pad(components, 1)
    inner = padded[1:-1, 1:-1]
    width = components.shape[1] + 1
    # Where the neighbour lies, and where the edge starts relative to the pixel's top-left vertex, by direction.
    neighbours = (padded[:-2, 1:-1], padded[1:-1, 2:], padded[2:, 1:-1], padded[1:-1, :-2])
    starts = ((0, 0), (0, 1), (1, 1), (1, 0))
    columns: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
    for direction, (neighbour, (dy, dx)) in enumerate(zip(neighbours, starts, strict=True)):
        y, x = np.nonzero((inner != 0) & (neighbour != inner))
        vertex = (y + dy) * width + (x + dx)
        columns.append((vertex, np.full(len(y), direction, np.int64), inner[y, x]))
    vertex, direction, owner = (np.concatenate(column) for column in zip(*columns, strict=True))
    order = np.argsort(vertex * 4 + direction, kind="stable")
    return vertex[order], direction[order], owner[order]


def _successors(
    vertex: NDArray[np.int64], direction: NDArray[np.int64], owner: NDArray[np.int64], width: int
) -> NDArray[np.int64]:
    """Index of the edge that follows each edge on its ring.

    Where a component touches itself at a corner the walk turns left, which closes the pocket behind the corner into
    a ring of its own: outlines stay simple, as shapely and QuPath want them.
    """
    keys = vertex * 4 + direction
    steps = _STEP_YX @ np.array([width, 1])
    end = vertex + steps[direction]
    following = np.full(len(vertex), -1, np.int64)
    for turn in (1, 0, -1):  # right, straight, left: the last that exists wins
        wanted = end * 4 + (direction + turn) % 4
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        found = (keys[at] == wanted) & (owner[at] == owner)
        following[found] = at[found]
    return following


def boundary_pixel_rings(mask: NDArray[np.bool_], origin_xy: tuple[float, float] = (0.0, 0.0)) -> Shape:
    """Trace a mask through the *centres* of its outermost pixels.

    This is what a raster that draws its outline as well as its inside (``cv2.fillPoly``, which Ultralytics uses)
    turns back into the same mask; rings along the pixel edges would come back half a pixel larger on every side.
    The rings around holes run through the object's pixels too.

    Args:
        mask: bool (h, w).
        origin_xy: where the mask's top-left corner lies in the image.

    Returns:
        One part per 4-connected component. A component of one pixel is a ring of one point.
    """
    components, _ = _components(mask.astype(np.uint8))
    vertex, direction, owner = _boundary_edges(components)
    if not len(vertex):
        return ()
    following = _successors(vertex, direction, owner, components.shape[1] + 1).tolist()
    vy, vx = np.divmod(vertex, components.shape[1] + 1)
    # The pixel on the right of each edge, as its centre.
    centre_x = (vx + np.array([0.5, -0.5, -0.5, 0.5])[direction]).tolist()
    centre_y = (vy + np.array([0.5, 0.5, -0.5, -0.5])[direction]).tolist()
    parts: dict[int, list[tuple[float, Ring]]] = {}
    seen = bytearray(len(vertex))
    for start in range(len(following)):
        if seen[start]:
            continue
        edge, points, edges = start, [], []
        while not seen[edge]:
            seen[edge] = 1
            point = (centre_x[edge], centre_y[edge])
            if not points or points[-1] != point:
                points.append(point)
            edges.append(edge)
            edge = following[edge]
        if len(points) > 1 and points[0] == points[-1]:
            points.pop()
        outline = np.stack([vx[edges], vy[edges]], 1).astype(np.float64)
        ring = _without_collinear(np.array(points))
        parts.setdefault(int(owner[start]), []).append((signed_area(outline), ring + origin_xy))
    return tuple(
        tuple(ring for _, ring in sorted(rings, key=lambda r: -r[0])) for _, rings in sorted(parts.items())
    )


def _without_collinear(ring: Ring) -> Ring:
    """Drop the points at which a ring goes straight on; keep those where it turns or turns back."""
    if len(ring) < 3:
        return ring
    before, after = ring - np.roll(ring, 1, 0), np.roll(ring, -1, 0) - ring
    return ring[(before != after).any(1)]


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
    """
    mask = np.zeros(size_hw, bool)
    for part in shape:
        mask |= _fill_even_odd(part, size_hw, origin_xy)
    return mask


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
    row = (
        np.arange(len(edge))
        - np.repeat(np.cumsum(rows_per_edge) - rows_per_edge, rows_per_edge)
        + first[edge]
    )
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
    return sum(
        abs(signed_area(part[0])) - sum(abs(signed_area(hole)) for hole in part[1:]) for part in shape if part
    )


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


def has_self_intersection(shape: Shape) -> bool:
    """Whether an outline crosses itself (a bow-tie) or a hole leaves its part, by the OGC rules of shapely."""
    import shapely

    polygons = [shapely.Polygon(part[0], part[1:]) for part in shape if part and len(part[0]) >= 3]
    return not all(p.is_valid for p in polygons)


def repair_shape(shape: Shape) -> Shape:
    """The valid shape that covers what the outline covers even-odd; unchanged when it is valid already."""
    import shapely

    if not has_self_intersection(shape):
        return shape
    polygons = [shapely.make_valid(shapely.Polygon(part[0], part[1:])) for part in shape if len(part[0]) >= 3]
    return shape_from_shapely(shapely.union_all(polygons))


def clip_shape(shape: Shape, box_xyxy: Sequence[float]) -> Shape:
    """What of a shape lies inside a box. Invalid outlines are repaired first where they are cut."""
    import shapely

    x1, y1, x2, y2 = shape_box(shape)
    if x1 >= box_xyxy[0] and y1 >= box_xyxy[1] and x2 <= box_xyxy[2] and y2 <= box_xyxy[3]:
        return shape
    return shape_from_shapely(
        shapely.intersection(shape_to_shapely(repair_shape(shape)), shapely.box(*box_xyxy))
    )


def intersect_shapes(shape: Shape, others: Iterable[Shape]) -> Shape:
    """What of a shape lies inside the union of other shapes."""
    import shapely

    union = shapely.union_all([shape_to_shapely(repair_shape(other)) for other in others])
    return shape_from_shapely(shapely.intersection(shape_to_shapely(repair_shape(shape)), union))


def shape_to_shapely(shape: Shape):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """The shape as a shapely MultiPolygon."""
    import shapely

    return shapely.MultiPolygon([(part[0], list(part[1:])) for part in shape if part and len(part[0]) >= 3])


def shape_from_shapely(geometry) -> Shape:  # type: ignore[no-untyped-def]  # noqa: ANN001
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
