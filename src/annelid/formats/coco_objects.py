"""The annotations of one image of a COCO file -> Objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid.formats import rle
from annelid.formats.base import LossReport
from annelid.formats.coco_shape import Outline, ShapeError, decode_outline, decode_row
from annelid.formats.row import Row, objects_of_rows, row_inside
from annelid.objects import Objects

Json = Mapping[str, Any]
SizeWh = tuple[int, int]


@dataclass(frozen=True)
class Reading:
    """What the functions below share while one file is read.

    Attributes:
        file: the file's name for losses.
        class_names: category id as text -> class name.
        known: class names that are taken; others are a loss.
        crowd_is_object: read ``iscrowd: 1`` as an object like any other.
        losses: collects what was lost.
        as_is: do not clip, and take boxes without width or height: what a detector said is what is measured.
    """

    file: str
    class_names: Mapping[str, str]
    known: frozenset[str]
    crowd_is_object: bool
    losses: LossReport
    as_is: bool = False


def read_objects(
    values: Sequence[tuple[int, Json]], size_wh: SizeWh, reading: Reading, root: str = "annotations"
) -> tuple[Objects, NDArray[np.float64]]:
    """The objects of one image.

    Args:
        values: number in the file and value of each annotation.
        size_wh: size of the image.
        reading: what goes for the whole file.
        root: key of the list that the annotations are in; "" for a file that is the list.

    Returns:
        N objects, and float64 (N, 5): bbox and area as stated.
    """
    rows: list[Row] = []
    places: list[str] = []
    figures: list[list[float]] = []
    pending: list[tuple[int, rle.Window]] = []
    for number, value in values:
        place = f"{root}[{number}]"
        try:
            outline, row = _row(value, place, reading)
        except ShapeError as error:
            where = f"{place}.{error.key}" if error.key else place
            reading.losses.add(error.kind, error.what, reading.file, where)
            continue
        if outline.window is not None and not row.shape:
            pending.append((len(rows), outline.window))
        rows.append(row)
        places.append(place)
        figures.append(_stated(value))
    for (n, _), shape in zip(pending, rle.trace([window for _, window in pending]), strict=True):
        rows[n] = replace(rows[n], shape=shape)
    objects = objects_of_rows(rows)
    kept = np.arange(len(rows))
    if not reading.as_is:
        objects, kept = _clipped(objects, rows, places, size_wh, reading)
    return objects, np.array(figures, np.float64).reshape(-1, 5)[kept]


def _row(value: Json, place: str, reading: Reading) -> tuple[Outline, Row]:
    key = str(value.get("category_id"))
    label = reading.class_names.get(key)
    if label is None:
        what = f"category {key} is not listed: the annotation was left out"
        raise ShapeError("class-unknown", what, "category_id")
    if label not in reading.known:
        raise ShapeError("class-unknown", f"class {label!r} is not among the given ones: left out", "category_id")
    outline = decode_outline(value, flat_boxes=reading.as_is)
    for bad in outline.bad_rings:
        reading.losses.add(bad.kind, bad.what, reading.file, f"{place}.{bad.key}")
    crowd = value.get("iscrowd") in (1, True)
    ignore = crowd and not (reading.crowd_is_object and outline.window is not None)
    return outline, decode_row(value, outline, label, ignore=ignore, place=place)


def _stated(value: Json) -> list[float]:
    bbox, area = value.get("bbox"), value.get("area")
    if not isinstance(bbox, list) or len(bbox) != 4 or not all(isinstance(v, int | float) for v in bbox):
        bbox = [np.nan] * 4
    return [*bbox, area if isinstance(area, int | float) else np.nan]


def _clipped(
    objects: Objects, rows: Sequence[Row], places: Sequence[str], size_wh: SizeWh, reading: Reading
) -> tuple[Objects, NDArray[np.int64]]:
    """The objects inside the image, and which ones they are."""
    boxes = objects.boxes_xyxy
    outside = np.atleast_1d(((boxes[:, :2] < 0) | (boxes[:, 2:] > size_wh)).any(1))
    if not outside.any():
        return objects, np.arange(len(rows))
    inside: dict[int, Row] = {}
    for n, row in enumerate(rows):
        clipped, cut = row_inside(row, size_wh) if outside[n] else (row, False)
        if cut:
            kind = "clipped" if clipped else "outside-image"
            what = "the outline was cut at the image's edge" if clipped else "the object lies outside the image"
            reading.losses.add(kind, what, reading.file, places[n])
        if clipped is not None:
            inside[n] = clipped
    return objects_of_rows(list(inside.values())), np.array(list(inside), np.int64)
