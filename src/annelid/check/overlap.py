"""Checks of objects against each other: drawn twice, or overlapping."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from annelid.check.finding import Finding, Place
from annelid.check.finding import Kind as FindingKind
from annelid.check.objects import CORRECT, is_solid, place_of, where
from annelid.check.subject import Subject
from annelid.dataset import LabeledImage
from annelid.match import box_overlap, iou_matrix
from annelid.objects import Kind, Objects

TWICE_IOU = 0.9
INSIDE_OUTLINE, INSIDE_BOX = 0.5, 0.95
"""Share of the smaller of two objects that lies in the other; boxes of neighbours overlap much by their nature."""

TWICE = FindingKind(
    *("A305", "objects-drawn-twice", "warning"),
    "the second copy counts as a miss in every evaluation, and teaches the model to predict objects twice",
    f"`annelid check --fix A305` deletes the later one of each; or {CORRECT}",
    fixable=True,
)
OVERLAPPING = FindingKind(
    *("A308", "objects-overlapping", "info"),
    "one that lies in another of its class is often a fragment, or two annotators' drawings of the same object",
    f"look at them; {CORRECT}",
)


def objects_drawn_twice(data: Subject) -> Finding | None:
    """Objects of one class that cover the same pixels."""
    return TWICE.finding("{n} object(s) are drawn over another of their class", where(data, drawn_again))


def drawn_again(item: LabeledImage) -> NDArray[np.bool_]:
    """The objects, bool (N,), that cover the same pixels as an earlier one of their class."""
    again = np.zeros(len(item.objects), bool)
    again[[later for _, later in duplicate_pairs(item.objects, item.size_wh)]] = True
    return again


def objects_overlapping(data: Subject) -> Finding | None:
    """Objects of one class of which a large share lies in another one, without being the same."""
    places = (
        Place(
            f"{place_of(item, a).text}: {share:.0%} of it in {item.objects.ids[b]}",
            (item.id,),
            (str(item.objects.ids[a]), str(item.objects.ids[b])),
            {"share": round(share, 3)},
        )
        for item in data.items
        for a, b, share in overlapping_pairs(item.objects, item.size_wh)
    )
    return OVERLAPPING.finding("{n} object(s) lie for a good part in another of their class", places)


def duplicate_pairs(objects: Objects, size_wh: tuple[int, int], iou: float = TWICE_IOU) -> list[tuple[int, int]]:
    """Pairs of objects of one class that overlap by more than ``iou``, the earlier first.

    Args:
        objects: the objects of one image.
        size_wh: width and height of the image in pixels.
        iou: intersection over union, at the image's own resolution.
    """
    # Two objects that overlap by that much have boxes that overlap by half, unless one has long thin spurs.
    pairs = [(a, b) for a, b in _neighbours(objects) if _box_iou(objects, a, b) > 0.5]
    return [(a, b) for (a, b), overlap in zip(pairs, _ious(objects, pairs, size_wh), strict=True) if overlap > iou]


def overlapping_pairs(objects: Objects, size_wh: tuple[int, int]) -> list[tuple[int, int, float]]:
    """The smaller and the larger of two objects of one class, and the share of the smaller in the larger."""
    least = np.where(objects.kinds == Kind.BOX, INSIDE_BOX, INSIDE_OUTLINE)
    sized = [(a, b) if objects.areas[a] <= objects.areas[b] else (b, a) for a, b in _neighbours(objects)]
    pairs = [(a, b) for a, b in sized if _box_share(objects, a, b) > least[a] / 2]
    found = []
    for (a, b), iou in zip(pairs, _ious(objects, pairs, size_wh), strict=True):
        share = min(1.0, iou * (objects.areas[a] + objects.areas[b]) / (1 + iou) / objects.areas[a])
        if share >= max(least[a], least[b]) and iou <= TWICE_IOU:
            found.append((a, b, float(share)))
    return found


def _ious(objects: Objects, pairs: list[tuple[int, int]], size_wh: tuple[int, int]) -> list[float]:
    involved = sorted({n for pair in pairs for n in pair})
    if not involved:
        return []
    overlap = iou_matrix(objects[involved], objects[involved], size_wh)
    at = {n: i for i, n in enumerate(involved)}
    return [float(overlap[at[a], at[b]]) for a, b in pairs]


def _neighbours(objects: Objects) -> list[tuple[int, int]]:
    """Pairs of solid objects of one class whose boxes meet, the earlier first."""
    import shapely

    solid = np.flatnonzero(is_solid(objects) & ~objects.ignore)
    boxes = shapely.box(*objects.boxes_xyxy[solid].T)
    a, b = shapely.STRtree(boxes).query(boxes, predicate="intersects")
    pairs = ((int(x), int(y)) for x, y in zip(solid[a], solid[b], strict=True) if x < y)
    return [(x, y) for x, y in pairs if objects.labels[x] == objects.labels[y]]


def _box_iou(objects: Objects, a: int, b: int) -> float:
    return float(box_overlap(objects.boxes_xyxy[[a]], objects.boxes_xyxy[[b]])[0, 0])


def _box_share(objects: Objects, a: int, b: int) -> float:
    return float(box_overlap(objects.boxes_xyxy[[b]], objects.boxes_xyxy[[a]], over_b=True)[0, 0])
