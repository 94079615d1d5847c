"""The scan that a training program prints before it starts: images, backgrounds and corrupt ones of each part."""

from __future__ import annotations

from dataclasses import dataclass

from annelid.check.subject import Subject
from annelid.dataset import LabeledImage
from annelid.split import PARTS


@dataclass(frozen=True)
class Scan:
    """One part of the split, or what is in none.

    Attributes:
        part: ``train``, ``val``, ``test``, or ``new`` for what is in none.
        images: number of views.
        backgrounds: how many of them are annotated and have no objects.
        corrupt: how many cannot be read; 0 where nothing was looked at.
        objects: number of objects.
    """

    part: str
    images: int
    backgrounds: int
    corrupt: int
    objects: int

    def __str__(self) -> str:
        """As Ultralytics users know it."""
        counts = f"{self.images} images, {self.backgrounds} backgrounds, {self.corrupt} corrupt"
        return f"{self.part}: {counts}, {self.objects:,} objects"


def scan(data: Subject) -> list[Scan]:
    """A line for each part that holds images, in the order in which they are used."""
    sorted_out: dict[str, list[LabeledImage]] = {part: [] for part in (*PARTS, "new")}
    for item in data.items:
        sorted_out[data.split.parts.get(item.id, "new") if data.split else "new"].append(item)
    return [_scan(part, items, data) for part, items in sorted_out.items() if items]


def _scan(part: str, items: list[LabeledImage], data: Subject) -> Scan:
    counts = [int((~item.objects.ignore).sum()) for item in items]
    backgrounds = sum(bool(item.covered) and not n for item, n in zip(items, counts, strict=True))
    corrupt = sum(item.id in data.looks and bool(data.looks[item.id].problem) for item in items)
    return Scan(part, len(items), backgrounds, corrupt, sum(counts))
