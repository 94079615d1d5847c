"""Row: one object as a reader builds it, before the objects of an image become columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from annelid import geometry
from annelid.geometry import Shape
from annelid.image import ImageRef, View
from annelid.objects import Kind, Objects, new_ids

NO_PARAMS = (np.nan,) * 5

_ROUNDING = 2e-6
"""Share of the image's longer side that a coordinate may lie outside by rounding to six digits."""


@dataclass(frozen=True)
class Row:
    """One object; the fields are the columns of `Objects`."""

    shape: Shape
    label: str
    kind: Kind = Kind.POLYGON
    params: tuple[float, ...] = NO_PARAMS
    score: float = np.nan
    author: str = ""
    id: str = ""
    origin: str = ""
    parent: str = ""
    ignore: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


def objects_of_rows(rows: Sequence[Row]) -> Objects:
    """Columns from rows, in order; rows without an id, or with one that was there before, get a fresh one."""
    fresh, seen, ids = new_ids(len(rows)), set(), []
    for row, new in zip(rows, fresh, strict=True):
        ids.append(row.id if row.id and row.id not in seen else new)
        seen.add(row.id)
    return Objects.from_shapes(
        [row.shape for row in rows],
        [row.label for row in rows],
        kinds=[row.kind for row in rows],
        ids=ids,
        params=[row.params for row in rows],
        scores=[row.score for row in rows],
        authors=[row.author for row in rows],
        origins=[row.origin for row in rows],
        parents=[row.parent for row in rows],
        ignore=[row.ignore for row in rows],
        extra=[row.extra for row in rows],
    )


def row_inside(row: Row, size_wh: tuple[int, int]) -> tuple[Row | None, bool]:
    """What of a row lies inside the image, and whether something was cut off.

    Less than the rounding of a six-digit coordinate is moved onto the edge and does not count as cut.

    Returns:
        The row (None when nothing of it lies inside) and whether it was cut.
    """
    size = np.array(size_wh, np.float64)
    outside = _excess(row.shape, size)
    if outside <= 0:
        return row, False
    if row.kind == Kind.POINT and outside > _ROUNDING * size.max():
        return None, True
    if outside <= _ROUNDING * size.max():
        shape = tuple(tuple(np.clip(ring, 0, size) for ring in part) for part in row.shape)
        return replace(row, shape=shape), False
    if row.kind == Kind.BOX:
        ring = np.clip(row.shape[0][0], 0, size)
        return (replace(row, shape=((ring,),)) if geometry.signed_area(ring) > 0 else None), True
    kind = row.kind if row.kind == Kind.MASK else Kind.POLYGON
    image = (0.0, 0.0, float(size[0]), float(size[1]))
    cut = geometry.clip_shape(row.shape, image)
    if cut and _excess(cut, size) > 0:  # a hole sticks out of its part, which alone was looked at
        cut = geometry.clip_shape(geometry.repair_shape(row.shape), image)
    return (replace(row, shape=cut, kind=kind, params=NO_PARAMS) if cut else None), True


def _excess(shape: Shape, size_wh: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """How many pixels the outermost vertex lies outside the image; negative when all lie inside."""
    points = np.concatenate([ring for part in shape for ring in part])
    return float(max(-points.min(), (points - size_wh).max()))


def view_of(path: str, size_wh: tuple[int, int]) -> View:
    """The view that a reader returns for an image: no id, the path as found or as the source names it."""
    return View(ImageRef(id="", paths=(path.replace("\\", "/"),), size_wh=size_wh))


def rows_of_objects(objects: Objects) -> list[Row]:
    """A row for every object, in order."""
    return [
        Row(
            shape=objects.shape(n),
            label=str(objects.labels[n]),
            kind=Kind(int(objects.kinds[n])),
            params=tuple(objects.params[n].tolist()),
            score=float(objects.scores[n]),
            author=str(objects.authors[n]),
            id=str(objects.ids[n]),
            origin=str(objects.origins[n]),
            parent=str(objects.parents[n]),
            ignore=bool(objects.ignore[n]),
            extra=objects.extra[n],
        )
        for n in range(len(objects))
    ]
