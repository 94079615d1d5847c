"""Objects as a label image: which can be shown, under which value, and what of them is hidden."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annelid.dataset import LabeledImage
from annelid.formats.base import LossReport
from annelid.formats.writing import coverage
from annelid.geometry import refuse_huge
from annelid.objects import Kind, Objects

_WHAT = {
    "ignored": "objects marked 'ignore' were left out",
    "box": "boxes were left out: they have no outline to fill",
    "point": "points were left out: they have no area",
    "rasterised": "outlines were written as the pixels whose centres they contain",
    "too-small": "objects that contain no pixel's centre were left out",
    "overlap": "pixels lay in several objects: the later one has them",
    "hidden": "objects covered wholly by later ones were left out",
    "coverage": "only part of the image is covered, which a mask cannot say: it will be read as complete",
    "draft": "nobody looked at the objects yet, which a mask cannot say: they will be read as reviewed",
}


@dataclass(frozen=True)
class Painted:
    """A label image.

    Attributes:
        image: uint32 (h, w), 0 is background.
        objects: those that have an outline to fill.
        values: the value of each.
        shown: which of them can be seen.
        lost: code of a loss -> number of objects, or of pixels.
    """

    image: NDArray[np.uint32]
    objects: Objects
    values: Sequence[int]
    shown: Sequence[bool]
    lost: Counter[str]

    def report(self, losses: LossReport, file: Path) -> None:
        """Tell each kind of loss once."""
        for kind, count in self.lost.items():
            if count:
                losses.add(kind, _WHAT[kind], file, count=count)


def paint(item: LabeledImage, highest: int = 2**32 - 1) -> Painted:
    """The objects of an image as a label image; what cannot be seen in it is counted.

    A value that an object had when it was read is used again where it is unique and not above ``highest``.
    """
    lost: Counter[str] = Counter()
    objects = _with_outline(item.objects, lost)
    if reason := coverage(item):
        lost[reason] = 1
    values = _values(objects, highest)
    image, shown = _paint(objects, values, item.size_wh, lost)
    return Painted(image, objects, values, shown, lost)


def _with_outline(objects: Objects, lost: Counter[str]) -> Objects:
    """The objects that a mask can show."""
    is_box, is_point = objects.kinds == Kind.BOX, objects.kinds == Kind.POINT
    lost["ignored"] = int(objects.ignore.sum())
    lost["box"] = int((is_box & ~objects.ignore).sum())
    lost["point"] = int((is_point & ~objects.ignore).sum())
    kept = objects[~(is_box | is_point | objects.ignore)]
    lost["rasterised"] = int((kept.kinds != Kind.MASK).sum())
    return kept


def _values(objects: Objects, highest: int) -> list[int]:
    """A value per object: the one it had in the mask it comes from, else the next free one."""
    own = [extra.get("label_value") for extra in objects.extra]
    count = Counter(v for v in own if isinstance(v, int))
    kept = {v for v, times in count.items() if times == 1 and 0 < v <= highest}
    free = (v for v in range(1, len(own) + len(kept) + 1) if v not in kept)
    return [v if v in kept else next(free) for v in own]


def _paint(
    objects: Objects, values: Sequence[int], size_wh: tuple[int, int], lost: Counter[str]
) -> tuple[NDArray[np.uint32], list[bool]]:
    """The label image uint32 (h, w), and which objects can be seen in it."""
    refuse_huge((size_wh[1], size_wh[0]))
    image = np.zeros((size_wh[1], size_wh[0]), np.uint32)
    areas: list[int] = []
    for n, value in enumerate(values):
        mask, (x, y) = objects.mask(n, size_wh)
        window = image[y : y + mask.shape[0], x : x + mask.shape[1]]
        lost["overlap"] += int((window[mask] != 0).sum())
        window[mask] = value
        areas.append(int(mask.sum()))
    shown = np.isin(values, image)
    lost["too-small"] = areas.count(0)
    lost["hidden"] = int((~shown).sum()) - areas.count(0)
    return image, shown.tolist()
