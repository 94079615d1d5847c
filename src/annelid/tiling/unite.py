"""Make one object of its pieces."""

from __future__ import annotations

import numpy as np

from annelid import geometry, tracing
from annelid.geometry import Shape
from annelid.objects import Kind, Objects


def unite(pieces: Objects, size_wh: tuple[int, int]) -> Objects:
    """The union of pieces as one object.

    Boxes give the box around them, masks their exact union, anything else the polygon of the union.

    Args:
        pieces: N >= 1 objects.
        size_wh: width and height of the image in pixels.

    Returns:
        One object with the columns of the largest piece and the best score of all.
    """
    kind = pieces.kinds[0] if (pieces.kinds == pieces.kinds[0]).all() else Kind.POLYGON
    if kind == Kind.BOX:
        shape: Shape = ((geometry.box_ring(*_around(pieces)),),)
    elif kind == Kind.MASK:
        shape = _mask_union(pieces, size_wh)
    else:
        kind, shape = Kind.POLYGON, _outline_union(pieces)
    largest = pieces[[int(pieces.areas.argmax())]]
    scored = pieces.scores[~np.isnan(pieces.scores)]
    return Objects.from_shapes(
        [shape],
        largest.labels.tolist(),
        kinds=Kind(kind),
        ids=largest.ids.tolist(),
        scores=scored.max() if len(scored) else np.nan,
        authors=largest.authors.tolist(),
        origins=largest.origins.tolist(),
        parents=largest.parents.tolist(),
        ignore=largest.ignore,
        extra=largest.extra.tolist(),
    )


def _around(pieces: Objects) -> tuple[float, float, float, float]:
    (x1, y1), (x2, y2) = pieces.boxes_xyxy[:, :2].min(0), pieces.boxes_xyxy[:, 2:].max(0)
    return float(x1), float(y1), float(x2), float(y2)


def _mask_union(pieces: Objects, size_wh: tuple[int, int]) -> Shape:
    x1, y1, x2, y2 = (int(v) for v in _around(pieces))
    union = np.zeros((y2 - y1, x2 - x1), bool)
    for n in range(len(pieces)):
        mask, (x, y) = pieces.mask(n, size_wh)
        union[y - y1 : y - y1 + mask.shape[0], x - x1 : x - x1 + mask.shape[1]] |= mask
    return tracing.mask_to_shape(union, (x1, y1))


def _outline_union(pieces: Objects) -> Shape:
    import shapely

    outlines = [geometry.shape_to_shapely(geometry.repair_shape(shape)) for shape in pieces.shapes]
    return geometry.shape_from_shapely(shapely.union_all(outlines))
