"""Which mask of Pascal VOC belongs to which object of its XML file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid import geometry
from annelid.formats.row import Row
from annelid.formats.voc_masks import Segment
from annelid.geometry import Shape

_LEAST_IOU = 0.5
NUMBER, BOX = "mask", "box"
"""Keys of what Annelid keeps of an object: the number of its mask, and its box beside it."""


@dataclass(frozen=True)
class Listed:
    """An object of an XML file.

    Attributes:
        row: the object as the file says it.
        number: how many objects come before it, and 1.
        kept: what Annelid kept of it.
        place: where in the file.
    """

    row: Row
    number: int
    kept: Mapping[str, Any]
    place: str

    @property
    def is_moved(self) -> bool:
        """Whether another program changed the box that Annelid wrote beside a mask."""
        box = self.kept.get(BOX)
        if not isinstance(box, list) or len(box) != 4 or not all(isinstance(v, int | float) for v in box):
            return False
        return any(abs(a - b) > 1e-6 for a, b in zip(box, geometry.shape_box(self.row.shape), strict=True))


def matched(listed: Sequence[Listed], segments: Sequence[Segment]) -> dict[int, Segment]:
    """Place in ``listed`` -> its mask: the one whose number Annelid noted, else the one that fits its box best.

    A mask fits where classes are equal, as far as they are known, and boxes overlap by half at least; of equal ones
    the one of the object's own number, as in the PASCAL challenges.
    """
    found: dict[int, Segment] = {}
    by_number = {segment.number: segment for segment in segments if segment.number}
    for n, one in enumerate(listed):
        noted = one.kept.get(NUMBER)
        if isinstance(noted, int) and noted in by_number:
            found[n] = by_number.pop(noted)
    taken = {id(segment) for segment in found.values()}
    rest = [n for n in range(len(listed)) if n not in found]
    left = [segment for segment in segments if id(segment) not in taken]
    for _, n, m in sorted(_fitting([listed[n] for n in rest], left)):
        if rest[n] not in found and id(left[m]) not in taken:
            found[rest[n]] = left[m]
            taken.add(id(left[m]))
    return found


def _fitting(listed: Sequence[Listed], segments: Sequence[Segment]) -> Iterator[tuple[tuple[float, bool], int, int]]:
    """How badly an object and a mask fit, and which they are, where they may belong together."""
    if not listed or not segments:
        return
    overlaps = _iou([one.row.shape for one in listed], [segment.shape for segment in segments])
    for n, m in np.argwhere(overlaps >= _LEAST_IOU).tolist():
        if segments[m].label in ("", listed[n].row.label):
            yield (-float(overlaps[n, m]), segments[m].number != listed[n].number), n, m


def _iou(first: Sequence[Shape], second: Sequence[Shape]) -> NDArray[np.float64]:
    """float64 (n, m): intersection over union of the shapes' boxes."""
    a, b = (np.array([geometry.shape_box(shape) for shape in shapes]) for shapes in (first, second))
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    both = np.maximum(high - low, 0).prod(2)
    areas_a, areas_b = ((boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in (a, b))
    return np.asarray(both / (areas_a[:, None] + areas_b[None] - both), np.float64)
