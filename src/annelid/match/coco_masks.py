"""Objects as COCO run-length masks: the raster in which instances are compared."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid.errors import AnnelidError
from annelid.formats import rle
from annelid.geometry import Shape
from annelid.objects import Kind, Objects

Rle = dict[str, Any]
"""``{"size": [height, width], "counts": bytes}``, runs in column-major order as COCO has them."""

MAX_PIXELS = 2**32
"""Run lengths are 32-bit: larger images cannot be encoded."""


def encode(objects: Objects, size_wh: tuple[int, int]) -> list[Rle]:
    """One compressed run-length mask per object, made without a raster of the whole image.

    A polygon without holes is rasterised as the COCO tools do it, so that figures agree with theirs; every
    other kind is rasterised exactly: a pixel belongs to an object when its centre does.

    Args:
        objects: N objects; points and objects without vertices give empty masks.
        size_wh: width and height of the image in pixels.

    Returns:
        N run-length masks of that size.

    Raises:
        AnnelidError: the image has more pixels than 32-bit run lengths can count.
    """
    w, h = size_wh
    if w * h >= MAX_PIXELS:
        raise AnnelidError(
            f"masks on an image of {w} x {h} pixels cannot be compared: more than {MAX_PIXELS} pixels",
            next_step="compare the boxes, or cut the image into pieces",
        )
    if not len(objects):
        return []
    from faster_coco_eval.core import mask as coco_mask

    runs: list[Rle] = [{"size": [h, w], "counts": _counts(objects, n, size_wh)} for n in range(len(objects))]
    encoded: list[Rle] = coco_mask.frPyObjects(runs, h, w)
    for n in np.flatnonzero(objects.kinds == Kind.POLYGON):
        shape = objects.shape(int(n))
        if _is_plain(shape):
            rings = [part[0].ravel().tolist() for part in shape]
            encoded[n] = coco_mask.merge(coco_mask.frPyObjects(rings, h, w))
    return encoded


def _is_plain(shape: Shape) -> bool:
    """Whether the COCO tools can rasterise a shape: no holes, no rings of fewer than three points."""
    return bool(shape) and all(len(part) == 1 and len(part[0]) >= 3 for part in shape)


def _counts(objects: Objects, n: int, size_wh: tuple[int, int]) -> list[int]:
    """Run lengths of one object, background first."""
    if objects.kinds[n] == Kind.POLYGON and _is_plain(objects.shape(n)):
        return [size_wh[0] * size_wh[1]]  # a place holder, see `encode`
    mask, origin_xy = objects.mask(n, size_wh)
    counts: list[int] = rle.encode(mask, origin_xy, size_wh).tolist()
    return counts


def overlap(a: list[Rle], b: list[Rle], *, over_b: bool = False) -> NDArray[np.float64]:
    """Overlap of every mask of a with every mask of b.

    Args:
        a: A masks.
        b: B masks of the same size.
        over_b: divide the intersection by the area of b's mask instead of by the union.

    Returns:
        float64 (A, B); 0 where both are empty.
    """
    if not a or not b:
        return np.zeros((len(a), len(b)))
    from faster_coco_eval.core import mask as coco_mask

    # The COCO tools divide by the area of their first argument where the second is a crowd.
    result: NDArray[np.float64] = np.asarray(coco_mask.iou(b, a, [int(over_b)] * len(a)), np.float64).T
    return np.nan_to_num(result)


def box_overlap(
    a_xywh: NDArray[np.float64], b_xywh: NDArray[np.float64], *, over_b: bool = False
) -> NDArray[np.float64]:
    """The same of boxes, float64 (A, 4) and (B, 4) of left, top, width, height: to the last bit as the COCO tools."""
    if not len(a_xywh) or not len(b_xywh):
        return np.zeros((len(a_xywh), len(b_xywh)))
    from faster_coco_eval.core import mask as coco_mask

    result = np.asarray(coco_mask.iou(b_xywh, a_xywh, [int(over_b)] * len(a_xywh)), np.float64).T
    return np.nan_to_num(result)


def areas(masks: list[Rle]) -> NDArray[np.float64]:
    """float64 (N,): pixels of each mask."""
    if not masks:
        return np.zeros(0)
    from faster_coco_eval.core import mask as coco_mask

    return np.asarray(coco_mask.area(masks), np.float64)
