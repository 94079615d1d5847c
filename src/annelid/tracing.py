"""Outlines from masks: exactly along the pixel edges, or through the centres of the outermost pixels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from annelid.errors import AnnelidError
from annelid.geometry import Part, Ring, Shape, signed_area

Ints = NDArray[np.int64]

MAX_EDGES = 2**24
"""Pixel edges in one direction beyond which an outline, or those of one label image, are refused."""

# Directions of a boundary edge, with the object on its right: east, south, west, north.
_STEP_YX = np.array([[0, 1], [1, 0], [0, -1], [-1, 0]])
# Where the pixel on the right of an edge has its centre, seen from the edge's start.
_RIGHT_HAND_XY = np.array([[0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5], [0.5, -0.5]])


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


def label_image_to_shapes(labels: NDArray[np.integer], origin_xy: tuple[float, float] = (0.0, 0.0)) -> dict[int, Shape]:
    """Trace every object of a label image along its pixel edges.

    Args:
        labels: integer (h, w), 0 is background.
        origin_xy: where the top-left corner of ``labels`` lies in the image.

    Returns:
        Label -> shape, with labels ascending. Parts are 4-connected, so two pixels of one label that touch at a
        corner only are two parts.

    Raises:
        AnnelidError: the outlines have more than `MAX_EDGES` edges.
    """
    components, component_label = _components(labels)
    parts: dict[int, list[Part]] = {}
    for component, rings in _component_rings(components).items():
        exterior = [r for r in rings if signed_area(r) > 0]
        holes = [r for r in rings if signed_area(r) <= 0]
        part = tuple(r + origin_xy for r in (*exterior, *holes))
        parts.setdefault(int(component_label[component]), []).append(part)
    return {label: tuple(parts[label]) for label in sorted(parts)}


def _components(labels: NDArray[np.integer]) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Number the 4-connected areas of equal label 1..n; also the label of each (index 0 is background)."""
    if labels.max(initial=0) == 1 and labels.min() >= 0:  # a mask: a fraction of the memory
        areas, found = ndimage.label(labels)
        return areas, np.minimum(np.arange(found + 1), 1).astype(labels.dtype)
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


def _component_rings(components: NDArray[np.integer]) -> dict[int, list[Ring]]:
    """All boundary rings of each component, corners only, the component on the right hand side."""
    vertex, direction, owner = _boundary_edges(components)
    width = components.shape[1] + 1
    following = _successors(vertex, direction, owner, width)
    turns = (direction[following] != direction).tolist()
    end_y, end_x = np.divmod(vertex[following], width)
    rings: dict[int, list[Ring]] = {}
    for loop in _loops(following):
        corners = [edge for edge in loop if turns[edge]]
        ring = np.stack([end_x[corners], end_y[corners]], 1).astype(np.float64)
        rings.setdefault(int(owner[loop[0]]), []).append(ring)
    return rings


def _loops(following: Ints) -> Iterator[list[int]]:
    """The edges of every ring, in the order of the walk."""
    follower, seen = following.tolist(), bytearray(len(following))
    for start in range(len(follower)):
        edge, loop = start, []
        while not seen[edge]:
            seen[edge] = 1
            loop.append(edge)
            edge = follower[edge]
        if loop:
            yield loop


def _boundary_edges(components: NDArray[np.integer]) -> tuple[Ints, Ints, Ints]:
    """Unit edges between each component and what is not that component: start vertex, direction, component."""
    padded = np.pad(components, 1)
    inner = padded[1:-1, 1:-1]
    width = components.shape[1] + 1
    # Where the neighbour lies, and where the edge starts relative to the pixel's top-left vertex, by direction.
    neighbours = (padded[:-2, 1:-1], padded[1:-1, 2:], padded[2:, 1:-1], padded[1:-1, :-2])
    starts = ((0, 0), (0, 1), (1, 1), (1, 0))
    columns: list[tuple[Ints, Ints, Ints]] = []
    for direction, (neighbour, (dy, dx)) in enumerate(zip(neighbours, starts, strict=True)):
        y, x = np.nonzero((inner != 0) & (neighbour != inner))
        if len(y) > MAX_EDGES:
            step = "check the mask: this is noise, or a pattern that no object has"
            raise AnnelidError(f"outlines of more than {MAX_EDGES} edges cannot be followed", next_step=step)
        vertex = (y + dy) * width + (x + dx)
        columns.append((vertex, np.full(len(y), direction, np.int64), inner[y, x].astype(np.int64)))
    vertex, directions, owner = (np.concatenate(column) for column in zip(*columns, strict=True))
    order = np.argsort(vertex * 4 + directions, kind="stable")
    return vertex[order], directions[order], owner[order]


def _successors(vertex: Ints, direction: Ints, owner: Ints, width: int) -> Ints:
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
        at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
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
    width = components.shape[1] + 1
    vertex, direction, owner = _boundary_edges(components)
    vertex_yx = np.stack(np.divmod(vertex, width), 1)
    centre_xy = vertex_yx[:, ::-1] + _RIGHT_HAND_XY[direction]
    parts: dict[int, list[tuple[float, Ring]]] = {}
    for loop in _loops(_successors(vertex, direction, owner, width)):
        area = signed_area(vertex_yx[loop, ::-1].astype(np.float64))
        ring = _without_collinear(_without_repeats(centre_xy[loop]))
        parts.setdefault(int(owner[loop[0]]), []).append((area, ring + origin_xy))
    return tuple(tuple(ring for _, ring in sorted(rings, key=lambda r: -r[0])) for _, rings in sorted(parts.items()))


def _without_repeats(ring: Ring) -> Ring:
    """Drop the points that are the same as the one before."""
    moved = (ring != np.roll(ring, 1, 0)).any(1)
    return ring[moved] if moved.any() else ring[:1]


def _without_collinear(ring: Ring) -> Ring:
    """Drop the points at which a ring goes straight on; keep those where it turns or turns back."""
    if len(ring) < 3:
        return ring
    before, after = ring - np.roll(ring, 1, 0), np.roll(ring, -1, 0) - ring
    turning: Ring = ring[(before != after).any(1)]
    return turning
