"""Checks of single objects: empty, tiny, outside, crossing themselves, drawn twice, cut, of odd size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annelid import geometry
from annelid.check.finding import Finding
from annelid.check.finding import Kind as FindingKind
from annelid.dataset import Dataset, LabeledImage
from annelid.match import box_overlap, iou_matrix
from annelid.objects import Kind, Objects
from annelid.split import Split

TINY_PX = 3.0
TWICE_IOU = 0.9
ODD_FACTOR, ODD_DEVIATIONS, ODD_LEAST = 5.0, 4.0, 30
_CORRECT = "correct or delete them where you annotate, and import the labels again with `annelid import`"

NO_AREA = FindingKind(
    *("A301", "objects-without-area", "warning"),
    "they cannot be learned, and the reader of a training program may drop the whole image because of them",
    _CORRECT,
)
TINY = FindingKind(
    *("A302", "tiny-objects", "warning"),
    "what is narrower than three pixels is mostly a slip of the mouse, and too small for a network to see",
    f"look at them; delete slips. If they are real, train on a magnified image: {_CORRECT}",
)
OUTSIDE = FindingKind(
    *("A303", "objects-outside", "warning"),
    "the annotation probably belongs to another image, or to another size of this one",
    "check which image each annotation belongs to, then import the labels again with `annelid import`",
)
CROSSING = FindingKind(
    *("A304", "self-crossing-outlines", "warning"),
    "what is inside an outline that crosses itself is not defined: programs fill it differently",
    _CORRECT,
)
TWICE = FindingKind(
    *("A305", "objects-drawn-twice", "warning"),
    "the second copy counts as a miss in every evaluation, and teaches the model to predict objects twice",
    _CORRECT,
)
AT_BORDER = FindingKind(
    *("A306", "objects-cut-by-border", "info"),
    "sizes and shapes of objects that the border cuts are not those of whole ones",
    "leave them out of measurements",
)
ODD_SIZE = FindingKind(
    *("A307", "odd-sizes", "info"),
    "objects far larger or smaller than the others of their class are often two merged, or a fragment",
    "look at them; correct them where you annotate, and import the labels again with `annelid import`",
)


def objects_without_area(dataset: Dataset, _: Split | None) -> Finding | None:
    """Outlines and boxes of area 0, and coordinates that are no numbers."""
    return NO_AREA.finding("{n} object(s) have no area", _where(dataset, lambda item: _is_empty(item.objects)))


def tiny_objects(dataset: Dataset, _: Split | None) -> Finding | None:
    """Objects with an area, narrower than three pixels."""

    def tiny(item: LabeledImage) -> NDArray[np.bool_]:
        sides = item.objects.boxes_xyxy[:, 2:] - item.objects.boxes_xyxy[:, :2]
        return np.asarray(_is_solid(item.objects) & (sides < TINY_PX).any(axis=1))

    return TINY.finding(f"{{n}} object(s) are narrower than {TINY_PX:g} pixels", _where(dataset, tiny))


def objects_outside(dataset: Dataset, _: Split | None) -> Finding | None:
    """Objects that reach more than a pixel beyond the image."""

    def outside(item: LabeledImage) -> NDArray[np.bool_]:
        boxes, size = item.objects.boxes_xyxy, np.array(item.size_wh)
        return np.asarray(((boxes[:, :2] < -1) | (boxes[:, 2:] > size + 1)).any(axis=1))

    return OUTSIDE.finding("{n} object(s) reach beyond their image", _where(dataset, outside))


def self_crossing_outlines(dataset: Dataset, _: Split | None) -> Finding | None:
    """Drawn polygons that are not simple; traced masks, boxes and ellipses always are."""

    def crossing(item: LabeledImage) -> NDArray[np.bool_]:
        objects = item.objects
        drawn = (objects.kinds == Kind.POLYGON) & np.isfinite(objects.boxes_xyxy).all(axis=1)
        wrong = np.zeros(len(objects), bool)
        for n in np.flatnonzero(drawn):
            wrong[n] = geometry.has_self_intersection(objects.shape(int(n)))
        return wrong

    return CROSSING.finding("{n} outline(s) cross themselves", _where(dataset, crossing))


def objects_drawn_twice(dataset: Dataset, _: Split | None) -> Finding | None:
    """Objects of one class that cover the same pixels."""

    def twice(item: LabeledImage) -> NDArray[np.bool_]:
        again = np.zeros(len(item.objects), bool)
        again[[later for _, later in duplicate_pairs(item.objects, item.size_wh)]] = True
        return again

    return TWICE.finding("{n} object(s) are drawn over another of their class", _where(dataset, twice))


def objects_cut_by_border(dataset: Dataset, _: Split | None) -> Finding | None:
    """Objects that touch the border of their image."""

    def at_border(item: LabeledImage) -> NDArray[np.bool_]:
        boxes, size = item.objects.boxes_xyxy, np.array(item.size_wh)
        touching = ((boxes[:, :2] < 0.5) | (boxes[:, 2:] > size - 0.5)).any(axis=1)
        return np.asarray(_is_solid(item.objects) & touching)

    return AT_BORDER.finding("{n} object(s) touch the border of their image", _where(dataset, at_border))


def odd_sizes(dataset: Dataset, _: Split | None) -> Finding | None:
    """Objects whose area is far from that of the others of their class, on a logarithmic scale."""
    limits = _usual_areas(dataset)

    def odd(item: LabeledImage) -> NDArray[np.bool_]:
        bounds = np.array([limits.get(label, (0.0, np.inf)) for label in item.objects.labels]).reshape(-1, 2)
        areas = item.objects.areas
        return np.asarray(_is_solid(item.objects) & ((areas < bounds[:, 0]) | (areas > bounds[:, 1])))

    return ODD_SIZE.finding("{n} object(s) are much larger or smaller than others of their class", _where(dataset, odd))


OBJECT_CHECKS: tuple[Callable[[Dataset, Split | None], Finding | None], ...] = (
    objects_without_area,
    tiny_objects,
    objects_outside,
    self_crossing_outlines,
    objects_drawn_twice,
    objects_cut_by_border,
    odd_sizes,
)


def duplicate_pairs(objects: Objects, size_wh: tuple[int, int], iou: float = TWICE_IOU) -> list[tuple[int, int]]:
    """Pairs of objects of one class that overlap by more than ``iou``, the earlier first.

    Args:
        objects: the objects of one image.
        size_wh: width and height of the image in pixels.
        iou: intersection over union, at the image's own resolution.
    """
    # Two objects that overlap by that much have boxes that overlap by half, unless one has long thin spurs.
    pairs = [(a, b) for a, b in _neighbours(objects) if objects.labels[a] == objects.labels[b]]
    pairs = [(a, b) for a, b in pairs if _box_iou(objects, a, b) > 0.5]
    involved = sorted({n for pair in pairs for n in pair})
    if not involved:
        return []
    overlap = iou_matrix(objects[involved], objects[involved], size_wh)
    at = {n: i for i, n in enumerate(involved)}
    return [(a, b) for a, b in pairs if overlap[at[a], at[b]] > iou]


def _neighbours(objects: Objects) -> list[tuple[int, int]]:
    """Pairs of solid objects whose boxes meet, the earlier first."""
    import shapely

    solid = np.flatnonzero(_is_solid(objects) & ~objects.ignore)
    boxes = shapely.box(*objects.boxes_xyxy[solid].T)
    a, b = shapely.STRtree(boxes).query(boxes, predicate="intersects")
    return [(int(x), int(y)) for x, y in zip(solid[a], solid[b], strict=True) if x < y]


def _box_iou(objects: Objects, a: int, b: int) -> float:
    return float(box_overlap(objects.boxes_xyxy[[a]], objects.boxes_xyxy[[b]])[0, 0])


def _usual_areas(dataset: Dataset) -> dict[str, tuple[float, float]]:
    """Class -> areas between which an object is ordinary; only for classes with objects enough to tell."""
    areas: dict[str, list[float]] = defaultdict(list)
    for item in dataset.items:
        solid = _is_solid(item.objects) & ~item.objects.ignore
        for label, area in zip(item.objects.labels[solid], item.objects.areas[solid], strict=True):
            areas[label].append(area)
    limits = {}
    for label, values in areas.items():
        if len(values) >= ODD_LEAST:
            logs = np.log(values)
            middle = np.median(logs)
            spread = 1.4826 * np.median(np.abs(logs - middle))  # the standard deviation, were they normal
            away = max(ODD_DEVIATIONS * spread, np.log(ODD_FACTOR))
            limits[label] = (float(np.exp(middle - away)), float(np.exp(middle + away)))
    return limits


def _is_empty(objects: Objects) -> NDArray[np.bool_]:
    """Objects that should have an area and do not."""
    finite = np.isfinite(objects.boxes_xyxy).all(axis=1)
    return np.asarray(objects.has_area & ~(finite & (np.nan_to_num(objects.areas) > 0)))


def _is_solid(objects: Objects) -> NDArray[np.bool_]:
    return np.asarray(objects.has_area & ~_is_empty(objects))


def _where(dataset: Dataset, which: Callable[[LabeledImage], ArrayLike]) -> Iterator[str]:
    """Places of the objects that a function picks on each image."""
    for item in dataset.items:
        for n in np.flatnonzero(which(item)):
            x, y = item.objects.boxes_xyxy[n, :2]
            objects = item.objects
            yield f"{item.image.name}: {objects.labels[n]} {objects.ids[n]} at x {x:.0f}, y {y:.0f}"
