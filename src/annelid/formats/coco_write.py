"""Labeled images -> a COCO file's text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import count
from typing import Any

import numpy as np

from annelid.dataset import Dataset, LabeledImage
from annelid.formats.base import LossReport
from annelid.formats.coco_about import file_keys, image_keys
from annelid.formats.coco_shape import OURS, ShapeError, encode_row
from annelid.formats.jsontext import collecting_nothing, dump
from annelid.formats.plane import told_plane, unsaid_plane
from annelid.formats.row import Row, rows_of_objects
from annelid.steps import counted

_WHAT = {
    "rasterised": "outlines with holes, or to be ignored, were written as pixel masks",
    "kind-changed": "ellipses and rotated boxes were written as polygons",
    "plane": "which plane, projection or scene is meant stands under the key annelid, where only Annelid looks",
}


@collecting_nothing()
def dumps(dataset: Dataset, names: Mapping[str, str]) -> tuple[str, LossReport]:
    """The text of a COCO file.

    Polygons are written as polygons, masks and outlines with holes as compressed run lengths, boxes with an
    empty ``segmentation``, coordinates in full precision. What COCO has no key for is kept under ``annelid``.

    Args:
        dataset: what to write; class n becomes category n + 1.
        names: item id -> name of the image in the file.
    """
    losses = LossReport()
    numbers = _numbers(dataset)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, item in enumerate(counted("writing", dataset.items), 1):
        images.append(_image(item, image_id, names[item.id]))
        if kind := unsaid_plane(item):
            losses.add(kind, _WHAT[kind], names[item.id])
        annotations += _annotations(item, image_id, dataset, numbers, losses, names[item.id])
    about = file_keys((item.objects for item in dataset.items), losses, "annotations.json")
    return dump({**_head(dataset, about), "images": images, "annotations": annotations}), losses


def _head(dataset: Dataset, about: Mapping[str, Any]) -> dict[str, Any]:
    """What goes for the whole file, as far as it was told."""
    others = {key: v for key, v in about.items() if key not in ("info", "licenses", "categories")}
    info, of_class = about.get("info"), about.get("categories")
    of_class = of_class if isinstance(of_class, Mapping) else {}
    told = ((n, name, of_class.get(name)) for n, name in enumerate(dataset.classes, 1))
    return {
        "info": {"description": "", **(info if isinstance(info, Mapping) else {}), OURS: {"version": 1}},
        "licenses": about.get("licenses", []),
        **others,
        "categories": [
            {"supercategory": "", **(keys if isinstance(keys, Mapping) else {}), "id": n, "name": name}
            for n, name, keys in told
        ],
    }


def _numbers(dataset: Dataset) -> dict[tuple[int, int], int]:
    """Annotation id for item n and object m: the objects' own ids where those are numbers, all different."""
    ids = [str(name) for item in dataset.items for name in item.objects.ids]
    keys = [(n, m) for n, item in enumerate(dataset.items) for m in range(len(item.objects))]
    plain = all(name.isascii() and name.isdecimal() and len(name) < 16 and name[0] != "0" for name in ids)
    if plain and len(set(ids)) == len(ids):
        return dict(zip(keys, map(int, ids), strict=True))
    return dict(zip(keys, count(1)))


def _image(item: LabeledImage, image_id: int, name: str) -> dict[str, Any]:
    width, height = item.size_wh
    value: dict[str, Any] = {"id": image_id, "width": width, "height": height, "file_name": name}
    value |= image_keys(item.objects)
    ours: dict[str, Any] = {}
    if item.state != "reviewed":
        ours["state"] = item.state
    if len(item.covered) != 1 or not item.is_complete:
        ours["covered"] = [ring.tolist() for ring in item.covered]
    ours |= told_plane(item.view)
    return {**value, OURS: ours} if ours else value


def _annotations(
    item: LabeledImage,
    image_id: int,
    dataset: Dataset,
    numbers: Mapping[tuple[int, int], int],
    losses: LossReport,
    name: str,
) -> list[dict[str, Any]]:
    index = {label: n for n, label in enumerate(dataset.classes, 1)}
    objects = item.objects
    usable = np.isfinite(objects.boxes_xyxy).reshape(-1, 4).min(1, initial=True)
    lost: Counter[tuple[str, str]] = Counter()
    made: list[dict[str, Any]] = []
    for m, (row, area) in enumerate(zip(rows_of_objects(objects), objects.areas.tolist(), strict=True)):
        try:
            _refuse(row, known=row.label in index, finite=bool(usable[m]))
            value, loss = encode_row(row, numbers[image_id - 1, m], area, item.size_wh)
        except ShapeError as error:
            lost[error.kind, error.what] += 1
            continue
        made.append({"image_id": image_id, "category_id": index[row.label], **value})
        if loss:
            lost[loss, _WHAT[loss]] += 1
    for (kind, what), times in lost.items():
        losses.add(kind, what, name, count=times)
    return made


def _refuse(row: Row, *, known: bool, finite: bool) -> None:
    if not known:
        raise ShapeError("class-unknown", f"{row.label!r} is none of the classes: its objects were left out")
    if not finite:
        raise ShapeError("empty-object", "objects without a finite outline were left out")
