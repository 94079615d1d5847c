"""What the writers of one shape after another share: which images, which file, what was lost."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from annelid.dataset import Dataset, LabeledImage
from annelid.errors import AnnotationError
from annelid.formats.base import LossReport
from annelid.formats.data_yaml import PARTS
from annelid.formats.row import Row
from annelid.objects import Kind

_WHAT = {
    "box-only": "other programs see only the box around an outline, which stands where few but Annelid look",
    "crosses-itself": "an outline crosses itself, which other programs mend each in its own way, or refuse",
    "coverage": "only part of the image is covered, which the format cannot say: it will be read as complete",
    "draft": "nobody looked at the objects yet, which the format cannot say: they will be read as reviewed",
    "ellipse-as-polygon": "an ellipse was written as a polygon; the exact one is under the key annelid",
    "empty-object": "objects without an outline were left out",
    "holes-filled": "other programs see outlines without their holes; these are under the key annelid",
    "ignored": "other programs take objects marked 'ignore' for objects like any other",
    "mask-as-polygon": "a mask was written as its outline",
    "overlap": "other programs see only what later objects do not hide; all of it is under the key annelid",
    "parts-split": "other programs take the parts of one object for objects of their own",
    "plane": "which plane, projection or scene is meant stands under the key annelid, where only Annelid looks",
    "point": "the format has no points: they were left out",
    "rasterised": "outlines with holes or parts were written as masks; the exact ones are under the key annelid",
    "rotated-as-polygon": "a rotated box was written as a polygon; the exact one is under the key annelid",
    "score": "the format has no scores; they are under the key annelid, where only Annelid looks",
}


_OTHER = "objects that the format cannot say were left out"


@dataclass
class Lost:
    """Counts what one file cannot say.

    Attributes:
        what: code of the loss -> the sentence for the user.
        counts: code of the loss -> objects.
    """

    what: Mapping[str, str] = field(default_factory=lambda: _WHAT)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str) -> None:
        """Count one object; "" is no loss."""
        self.counts[kind] += bool(kind)

    def report(self, losses: LossReport, file: Path, place: str = "") -> None:
        """Tell each kind once."""
        for kind, count in self.counts.items():
            if count:
                losses.add(kind, self.what.get(kind, _OTHER), file, place, count)


def annotated(dataset: Dataset) -> list[LabeledImage]:
    """The images of which something is known."""
    return [item for item in dataset.items if item.covered or len(item.objects)]


def coverage(item: LabeledImage) -> str:
    """Code of the loss where an image is not covered as a whole, or where nobody looked at its objects yet."""
    is_draft = item.state != "reviewed" and len(item.objects) > 0
    return "coverage" if item.is_partly_reviewed else "draft" if is_draft else ""


def files_for(dataset: Dataset, folder: Path, names: Mapping[str, str], suffix: str) -> dict[str, Path]:
    """Item id -> file named after the image, for the images of which something is known (see `file_of_each`)."""
    return file_of_each(annotated(dataset), folder, names, suffix)


def file_of_each(items: Sequence[LabeledImage], folder: Path, names: Mapping[str, str], suffix: str) -> dict[str, Path]:
    """Item id -> file named after the image, sub-folders kept.

    Where several planes of an image are annotated, ``_t0z5`` tells their files apart.

    Raises:
        AnnotationError: two images would share one file.
    """
    several = Counter(names[item.id] for item in items)
    owners: dict[Path, str] = {}
    files: dict[str, Path] = {}
    for item in items:
        name = PurePosixPath(names[item.id])
        stem = item.image.stem if name.name == item.image.name else name.stem
        plane = item.view.suffix if several[names[item.id]] > 1 else ""
        file = folder / name.with_name(f"{stem}{plane}{suffix}")
        if owners.setdefault(file, item.id) != item.id:
            found = f"{names[owners[file]]} and {name}, which would share this file"
            step = "rename one of the images"
            raise AnnotationError(file, expected="one image per file", found=found, next_step=step)
        files[item.id] = file
    return files


def part_of_name(name: str) -> str:
    """The part that the first folder of a name says: ``train``, ``val``, ``test`` or ""."""
    parts = PurePosixPath(name).parts
    return PARTS.get(parts[0].lower(), "") if len(parts) > 1 else ""


def part_rows(row: Row, native: str, author: str) -> list[Row]:
    """A row for each part of an object; all but the first one bare.

    Args:
        row: the object.
        native: key of ``extra`` whose ``parts`` hold what differs in further parts (see `reading.joined`).
        author: the author that a reader gives.
    """
    keys = dict(row.extra.get(native, {}))
    others = keys.pop("parts", [])
    first = replace(row, shape=row.shape[:1], extra=_with(row.extra, native, keys))
    rows = [first]
    for n, part in enumerate(row.shape[1:]):
        extra = _with({}, native, others[n] if n < len(others) else keys)
        rows.append(Row((part,), row.label, row.kind, author=author, extra=extra))
    return rows


def _with(extra: Mapping[str, object], native: str, keys: Mapping[str, object]) -> dict[str, object]:
    rest = {key: v for key, v in extra.items() if key != native}
    return {**rest, native: dict(keys)} if keys else rest


def degrees(angle: float) -> float:
    """An angle in radians in degrees, with as few decimals as bring back the very same radians."""
    exact = math.degrees(angle)
    candidates = (round(exact, 9), round(exact, 12), exact, math.nextafter(exact, -720), math.nextafter(exact, 720))
    return next((value for value in candidates if math.radians(value) == angle), exact)


def can_use_params(row: Row) -> bool:
    """Whether an ellipse or a rotated box can be written by its parameters."""
    return all(map(math.isfinite, row.params)) and row.params[2] > 0 and row.params[3] > 0


def is_empty(row: Row) -> bool:
    """Whether there is nothing to draw: no point, or no ring of three."""
    least = 1 if row.kind == Kind.POINT else 3
    return not any(len(part[0]) >= least for part in row.shape if part)


def has_score(row: Row) -> bool:
    """Whether a model gave the object a score."""
    return not math.isnan(row.score)
