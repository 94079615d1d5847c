"""The short way for images of which every object is a plain polygon: most of a large file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from annelid.formats.coco_reading import Reading, SizeWh
from annelid.formats.coco_shape import AUTHOR
from annelid.formats.coco_table import Polygon
from annelid.objects import Kind, Objects, column


def plain_objects(polygons: Sequence[Polygon], size_wh: SizeWh, reading: Reading) -> Objects | None:
    """The objects of an image; None sends them the long way, which says what is wrong.

    They go there for a class that is not listed or not wanted, an id that is there twice, a ring that is closed by
    its first point, and coordinates outside the image.
    """
    _, categories, ids, rings, points, scores, foreign = zip(*polygons, strict=True)
    labels = [reading.class_names.get(category, "") for category in categories]
    if len(set(ids)) < len(ids) or not reading.known.issuperset(labels):
        return None
    coords = np.frombuffer(bytearray().join(rings), np.float64).reshape(-1, 2)
    offsets = np.cumsum([0, *points])
    closed = (coords[offsets[:-1]] == coords[offsets[1:] - 1]).all(1)
    inside = coords.min() >= 0 and coords[:, 0].max() <= size_wh[0] and coords[:, 1].max() <= size_wh[1]  # NaN is not
    if closed.any() or not inside:
        return None
    extra = [{"coco": entry} if entry else {} for entry in foreign]
    return _objects(ids, labels, coords, offsets, np.array(scores), extra)


def _objects(
    ids: Sequence[str],
    labels: Sequence[str],
    coords: NDArray[np.float64],
    offsets: NDArray[np.int64],
    scores: NDArray[np.float64],
    extra: list[dict[str, object]],
) -> Objects:
    n = len(ids)
    one_each = np.arange(n + 1, dtype=np.int64)
    return Objects(
        ids=column(ids),
        labels=column(labels),
        kinds=np.full(n, Kind.POLYGON, np.uint8),
        coords=coords,
        ring_offsets=offsets.astype(np.int64),
        part_offsets=one_each,
        object_offsets=one_each,
        params=np.full((n, 5), np.nan),
        scores=scores,
        authors=column([AUTHOR] * n),
        origins=column([""] * n),
        parents=column([""] * n),
        ignore=np.zeros(n, bool),
        extra=column(extra),
    )
