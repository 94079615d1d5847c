"""The annotations of one image of a COCO file -> Objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from annelid.formats import rle
from annelid.formats.coco_reading import Json, Reading, SizeWh
from annelid.formats.coco_shape import Outline, ShapeError, decode_outline, decode_row
from annelid.formats.row import Row, objects_of_rows, row_inside
from annelid.objects import Objects


def read_objects(
    values: Sequence[tuple[int, Json]], size_wh: SizeWh, reading: Reading, root: str = "annotations"
) -> Objects:
    """The objects of one image.

    Args:
        values: number in the file and value of each annotation.
        size_wh: size of the image.
        reading: what goes for the whole file.
        root: key of the list that the annotations are in; "" for a file that is the list.
    """
    rows: list[Row] = []
    places: list[str] = []
    pending: list[tuple[int, rle.Window]] = []
    for number, value in values:
        place = f"{root}[{number}]"
        try:
            outline, row = _row(value, place, size_wh, reading)
        except ShapeError as error:
            where = f"{place}.{error.key}" if error.key else place
            reading.losses.add(error.kind, error.what, reading.file, where)
            continue
        if outline.window is not None and not row.shape:
            pending.append((len(rows), outline.window))
        rows.append(row)
        places.append(place)
    for (n, _), shape in zip(pending, rle.trace([window for _, window in pending]), strict=True):
        rows[n] = replace(rows[n], shape=shape)
    objects = objects_of_rows(rows)
    return objects if reading.as_is else _clipped(objects, rows, places, size_wh, reading)


def _row(value: Json, place: str, size_wh: SizeWh, reading: Reading) -> tuple[Outline, Row]:
    key = str(value.get("category_id"))
    label = reading.class_names.get(key)
    if label is None:
        what = f"category {key} is not listed: the annotation was left out"
        raise ShapeError("class-unknown", what, "category_id")
    if label not in reading.known:
        raise ShapeError("class-unknown", f"class {label!r} is not among the given ones: left out", "category_id")
    outline = decode_outline(value, flat_boxes=reading.as_is)
    if outline.size_wh not in (None, size_wh):
        what = f"a mask for an image of {outline.size_wh} pixels, this one has {size_wh}: it was left out"
        raise ShapeError("size-mismatch", what, "segmentation.size")
    for bad in outline.bad_rings:
        reading.losses.add(bad.kind, bad.what, reading.file, f"{place}.{bad.key}")
    crowd = value.get("iscrowd") in (1, True)
    ignore = crowd and not (reading.crowd_is_object and outline.window is not None)
    return outline, decode_row(value, outline, label, ignore=ignore, place=place)


def _clipped(
    objects: Objects, rows: Sequence[Row], places: Sequence[str], size_wh: SizeWh, reading: Reading
) -> Objects:
    """The objects inside the image."""
    boxes = objects.boxes_xyxy
    outside = np.atleast_1d(((boxes[:, :2] < 0) | (boxes[:, 2:] > size_wh)).any(1))
    if not outside.any():
        return objects
    inside: list[Row] = []
    for n, row in enumerate(rows):
        clipped, cut = row_inside(row, size_wh) if outside[n] else (row, False)
        if cut:
            kind = "clipped" if clipped else "outside-image"
            what = "the outline was cut at the image's edge" if clipped else "the object lies outside the image"
            reading.losses.add(kind, what, reading.file, places[n])
        if clipped is not None:
            inside.append(clipped)
    return objects_of_rows(inside)
