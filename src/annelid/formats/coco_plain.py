"""The short way for images of which every object is one plain polygon: most of a large file."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from annelid.formats.coco_reading import Json, Reading, SizeWh
from annelid.formats.coco_shape import AUTHOR
from annelid.objects import Kind, Objects, column

_KEYS = {"id", "image_id", "category_id", "segmentation", "bbox", "area", "iscrowd"}


def plain_polygons(values: Sequence[tuple[int, Json]], size_wh: SizeWh, reading: Reading) -> Objects | None:
    """The objects of an image, where nothing about them is special; None sends them the long way.

    It is special when anything is wrong or rides along: foreign keys, scores, crowds, several rings, closed rings,
    unknown classes, equal ids, coordinates outside.
    """
    rings: list[list[float]] = []
    labels: list[str] = []
    for _, value in values:
        ring, label = _ring(value), reading.class_names.get(str(value.get("category_id")))
        if ring is None or label is None or label not in reading.known:
            return None
        rings.append(ring)
        labels.append(label)
    ids = [str(value["id"]) for _, value in values]
    if not values or len(set(ids)) < len(ids):
        return None
    try:
        coords = np.array(list(chain.from_iterable(rings)), np.float64).reshape(-1, 2)
    except (ValueError, TypeError):
        return None
    if not (reading.as_is or bool(((coords >= 0) & (coords <= size_wh)).all())):
        return None  # NaN included
    return _objects(ids, labels, coords, np.array([len(ring) for ring in rings]) // 2)


def _ring(value: Json) -> list[float] | None:
    if not value.keys() <= _KEYS or value.get("iscrowd") or not isinstance(value.get("id"), int):
        return None
    outline = value.get("segmentation")
    if type(outline) is not list or len(outline) != 1:
        return None
    ring = outline[0]
    if type(ring) is not list or len(ring) < 6 or len(ring) % 2 or (len(ring) > 6 and ring[:2] == ring[-2:]):
        return None
    return ring


def _objects(ids: list[str], labels: list[str], coords: Any, lengths: Any) -> Objects:
    n = len(ids)
    one_each = np.arange(n + 1, dtype=np.int64)
    return Objects(
        ids=column(ids),
        labels=column(labels),
        kinds=np.full(n, Kind.POLYGON, np.uint8),
        coords=coords,
        ring_offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        part_offsets=one_each,
        object_offsets=one_each,
        params=np.full((n, 5), np.nan),
        scores=np.full(n, np.nan),
        authors=column([AUTHOR] * n),
        origins=column([""] * n),
        parents=column([""] * n),
        ignore=np.zeros(n, bool),
        extra=column([{} for _ in range(n)]),
    )
