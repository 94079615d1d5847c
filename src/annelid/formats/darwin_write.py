"""Write a dataset as Darwin JSON 2.0, one file per image."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from annelid import geometry
from annelid.atomic import write_text
from annelid.dataset import Dataset, LabeledImage
from annelid.formats import jsontext, ours, rle
from annelid.formats.base import LossReport
from annelid.formats.by_image import name_files
from annelid.formats.class_order import told_classes
from annelid.formats.darwin_classes import METADATA
from annelid.formats.darwin_item import document
from annelid.formats.darwin_raster import encode_layer, free_of_others
from annelid.formats.darwin_shape import NATIVE, RASTER, annotation_id, encode_row
from annelid.formats.plane import told_plane, unsaid_plane
from annelid.formats.row import Row, rows_of_objects
from annelid.formats.values import ShapeError
from annelid.formats.writing import Lost, coverage, is_empty
from annelid.objects import Kind
from annelid.steps import counted

FILE, CLASSES = f"{NATIVE}_file", f"{NATIVE}_classes"


def write(dataset: Dataset, out: Path, names: Mapping[str, str]) -> LossReport:
    """Write a file for every image of which something is known; masks that overlap others become polygons.

    Raises:
        AnnotationError: two images would share one file.
        AnnelidError: a file cannot be written.
    """
    losses = LossReport()
    files = name_files(dataset, out, names, ".json")
    told = told_classes(dataset.classes)
    for item in counted("writing", dataset.items):
        if item.id in files:
            file = files[item.id]
            file.parent.mkdir(parents=True, exist_ok=True)
            write_text(file, jsontext.dump(_file(item, names[item.id], told, file, losses)))
            told = {}
    metadata = next((e[CLASSES] for item in dataset.items for e in item.objects.extra if e.get(CLASSES)), None)
    if metadata:
        (out / METADATA).parent.mkdir(exist_ok=True)
        write_text(out / METADATA, jsontext.dump(metadata))
    return losses


def _file(item: LabeledImage, name: str, told: Mapping[str, Any], file: Path, losses: LossReport) -> dict[str, Any]:
    lost = Lost()
    lost.add(coverage(item))
    lost.add(unsaid_plane(item))
    rows = rows_of_objects(item.objects)
    others: dict[str, Any] = {}
    for row in rows:
        others |= row.extra.get(FILE, {})
    slot = str(others.get("slot", {}).get("slot_name", "0"))
    masks = _raster(item, rows)
    annotations: list[dict[str, Any]] = []
    for n, row in enumerate(rows):
        annotations += _annotation(row, masks.get(n), slot, lost)
    if masks:
        layer = encode_layer({annotation_id(rows[n].id): mask for n, mask in masks.items()}, item.size_wh)
        key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"annelid:{name}"))
        annotations.append({"id": key, "name": "__raster_layer__", RASTER: layer, "slot_names": [slot]})
    lost.report(losses, file)
    header = {**told_plane(item.view), **told}
    return document(item, name, {**others, **({ours.KEY: header} if header else {})}, annotations)


def _raster(item: LabeledImage, rows: list[Row]) -> dict[int, rle.Window]:
    """Number of an object -> its pixels, for the masks that share none."""
    numbers = [n for n, row in enumerate(rows) if row.kind == Kind.MASK]
    windows = [geometry.window_mask(rows[n].shape, item.size_wh) for n in numbers]
    free = free_of_others(windows)
    return {n: window for n, window, is_free in zip(numbers, windows, free, strict=True) if is_free}


def _annotation(row: Row, mask: rle.Window | None, slot: str, lost: Lost) -> list[dict[str, Any]]:
    if is_empty(row):
        lost.add("empty-object")
        return []
    try:
        value, loss = encode_row(row, mask)
    except ShapeError as error:
        lost.add(error.kind)
        return []
    lost.add(loss)
    lost.add("ignored" if row.ignore else "")
    return [{**value, "slot_names": [slot]}]
