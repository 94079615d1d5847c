"""Checks of single objects: empty, tiny, outside, crossing themselves, cut by the border, of odd size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annelid import geometry
from annelid.check.finding import Finding, Place
from annelid.check.finding import Kind as FindingKind
from annelid.check.subject import Subject
from annelid.dataset import LabeledImage
from annelid.objects import Kind, Objects

TINY_PX = 3.0
ODD_FACTOR, ODD_DEVIATIONS, ODD_LEAST = 5.0, 4.0, 30
CORRECT = "correct or delete them where you annotate, and import the labels again with `annelid import`"

NO_AREA = FindingKind(
    *("A301", "objects-without-area", "warning"),
    "they cannot be learned, and the reader of a training program may drop the whole image because of them",
    f"`annelid check --fix A301` deletes them; or {CORRECT}",
    fixable=True,
)
TINY = FindingKind(
    *("A302", "tiny-objects", "warning"),
    "what is narrower than three pixels is mostly a slip of the mouse, and too small for a network to see",
    f"look at them; delete slips. If they are real, train on a magnified image: {CORRECT}",
)
OUTSIDE = FindingKind(
    *("A303", "objects-outside", "warning"),
    "the annotation probably belongs to another image, or to another size of this one",
    "check which image each annotation belongs to, then import the labels again with `annelid import`",
)
CROSSING = FindingKind(
    *("A304", "self-crossing-outlines", "warning"),
    "what is inside an outline that crosses itself is not defined: programs fill it differently",
    CORRECT,
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


def objects_without_area(data: Subject) -> Finding | None:
    """Outlines and boxes of area 0, and coordinates that are no numbers."""
    return NO_AREA.finding("{n} object(s) have no area", where(data, lambda item: is_empty(item.objects)))


def tiny_objects(data: Subject) -> Finding | None:
    """Objects with an area, narrower than three pixels."""

    def tiny(item: LabeledImage) -> NDArray[np.bool_]:
        sides = item.objects.boxes_xyxy[:, 2:] - item.objects.boxes_xyxy[:, :2]
        return np.asarray(is_solid(item.objects) & (sides < TINY_PX).any(axis=1))

    return TINY.finding(f"{{n}} object(s) are narrower than {TINY_PX:g} pixels", where(data, tiny))


def objects_outside(data: Subject) -> Finding | None:
    """Objects that reach more than a pixel beyond the image."""

    def outside(item: LabeledImage) -> NDArray[np.bool_]:
        boxes, size = item.objects.boxes_xyxy, np.array(item.size_wh)
        return np.asarray(((boxes[:, :2] < -1) | (boxes[:, 2:] > size + 1)).any(axis=1))

    return OUTSIDE.finding("{n} object(s) reach beyond their image", where(data, outside))


def self_crossing_outlines(data: Subject) -> Finding | None:
    """Drawn polygons that are not simple; traced masks, boxes and ellipses always are."""

    def crossing(item: LabeledImage) -> NDArray[np.bool_]:
        objects = item.objects
        drawn = (objects.kinds == Kind.POLYGON) & np.isfinite(objects.boxes_xyxy).all(axis=1)
        wrong = np.zeros(len(objects), bool)
        for n in np.flatnonzero(drawn):
            wrong[n] = geometry.has_self_intersection(objects.shape(int(n)))
        return wrong

    return CROSSING.finding("{n} outline(s) cross themselves", where(data, crossing))


def objects_cut_by_border(data: Subject) -> Finding | None:
    """Objects that touch the border of their image."""

    def at_border(item: LabeledImage) -> NDArray[np.bool_]:
        boxes, size = item.objects.boxes_xyxy, np.array(item.size_wh)
        touching = ((boxes[:, :2] < 0.5) | (boxes[:, 2:] > size - 0.5)).any(axis=1)
        return np.asarray(is_solid(item.objects) & touching)

    return AT_BORDER.finding("{n} object(s) touch the border of their image", where(data, at_border))


def odd_sizes(data: Subject) -> Finding | None:
    """Objects whose area is far from that of the others of their class, on a logarithmic scale."""
    limits = _usual_areas(data)

    def odd(item: LabeledImage) -> NDArray[np.bool_]:
        bounds = np.array([limits.get(label, (0.0, np.inf)) for label in item.objects.labels]).reshape(-1, 2)
        areas = item.objects.areas
        return np.asarray(is_solid(item.objects) & ((areas < bounds[:, 0]) | (areas > bounds[:, 1])))

    return ODD_SIZE.finding("{n} object(s) are much larger or smaller than others of their class", where(data, odd))


OBJECT_CHECKS: tuple[Callable[[Subject], Finding | None], ...] = (
    objects_without_area,
    tiny_objects,
    objects_outside,
    self_crossing_outlines,
    objects_cut_by_border,
    odd_sizes,
)


def _usual_areas(data: Subject) -> dict[str, tuple[float, float]]:
    """Class -> areas between which an object is ordinary; only for classes with objects enough to tell."""
    areas: dict[str, list[float]] = defaultdict(list)
    for item in data.items:
        solid = is_solid(item.objects) & ~item.objects.ignore
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


def is_empty(objects: Objects) -> NDArray[np.bool_]:
    """Objects that should have an area and do not."""
    finite = np.isfinite(objects.boxes_xyxy).all(axis=1)
    return np.asarray(objects.has_area & ~(finite & (np.nan_to_num(objects.areas) > 0)))


def is_solid(objects: Objects) -> NDArray[np.bool_]:
    """Objects that have an area."""
    return np.asarray(objects.has_area & ~is_empty(objects))


def where(data: Subject, which: Callable[[LabeledImage], ArrayLike]) -> Iterator[Place]:
    """Places of the objects that a function picks on each image."""
    for item in data.items:
        for n in np.flatnonzero(which(item)):
            yield place_of(item, int(n))


def place_of(item: LabeledImage, n: int) -> Place:
    """Where object n of an image is."""
    objects, (x, y) = item.objects, item.objects.boxes_xyxy[n, :2]
    text = f"{item.image.name}: {objects.labels[n]} {objects.ids[n]} at x {x:.0f}, y {y:.0f}"
    return Place(text, (item.id,), (str(objects.ids[n]),), {"area": float(objects.areas[n])})
