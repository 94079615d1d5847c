"""Write a dataset as label images, one TIFF per image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from annelid.dataset import Dataset, LabeledImage
from annelid.errors import AnnotationError
from annelid.formats.base import LossReport
from annelid.formats.mask_file import write_labels
from annelid.formats.mask_table import TableRow, write_table
from annelid.objects import Kind, Objects

_LOSS_TEXT = {
    "ignored": "objects marked 'ignore' were left out",
    "box": "boxes were left out: they have no outline to fill",
    "point": "points were left out: they have no area",
    "rasterised": "outlines were written as the pixels whose centres they contain",
    "too-small": "objects that contain no pixel's centre were left out",
    "overlap": "pixels lay in several objects: the later one has them",
    "hidden": "objects covered wholly by later ones were left out",
    "attributes": "attributes, parents and origins of objects were left out",
    "coverage": "only part of the image is covered, which a mask cannot say: it will be read as complete",
}


def write(dataset: Dataset, out: Path, names: Mapping[str, str]) -> LossReport:
    """Write ``masks/<name>.tif`` for every annotated image, and the classes as ``classes.csv``.

    A value that the object had when it was read is used again where it is unique in the image.

    Raises:
        AnnotationError: two images would share one mask.
    """
    losses = LossReport()
    rows: list[TableRow] = []
    used: dict[Path, str] = {}
    for item in dataset.items:
        if not item.covered and not len(item.objects):
            continue
        name = PurePosixPath(names[item.id].replace("\\", "/"))
        file = out / "masks" / name.with_name(f"{name.stem}.tif")
        if used.setdefault(file, str(name)) != str(name):
            found = f"{used[file]} and {name}, which would share this file"
            step = "rename one of the images"
            raise AnnotationError(file, expected="one image per mask", found=found, next_step=step)
        file.parent.mkdir(parents=True, exist_ok=True)
        rows += _write_item(item, file, str(name), losses)
    if tuple(dataset.classes) != ("object",) or any(row[3] == row[3] for row in rows):
        write_table(out, rows, dataset.classes)
    return losses


def _write_item(item: LabeledImage, file: Path, name: str, losses: LossReport) -> list[TableRow]:
    lost: Counter[str] = Counter()
    objects = _with_outline(item.objects, lost)
    lost["attributes"] = sum(
        bool(set(extra) - {"label_value"} or origin or parent)
        for extra, origin, parent in zip(objects.extra, objects.origins, objects.parents, strict=True)
    )
    lost["coverage"] = int(not item.is_complete)
    values = _values(objects)
    image, visible = _paint(objects, values, item.size_wh, lost)
    write_labels(file, image)
    for kind, count in lost.items():
        if count:
            losses.add(kind, _LOSS_TEXT[kind], file, count=count)
    columns = zip(values, objects.labels, objects.scores.tolist(), visible, strict=True)
    return [(name, value, str(label), score) for value, label, score, shown in columns if shown]


def _with_outline(objects: Objects, lost: Counter[str]) -> Objects:
    """The objects that a mask can show."""
    is_box, is_point = objects.kinds == Kind.BOX, objects.kinds == Kind.POINT
    lost["ignored"] = int(objects.ignore.sum())
    lost["box"] = int((is_box & ~objects.ignore).sum())
    lost["point"] = int((is_point & ~objects.ignore).sum())
    kept = objects[~(is_box | is_point | objects.ignore)]
    lost["rasterised"] = int((kept.kinds != Kind.MASK).sum())
    return kept


def _values(objects: Objects) -> list[int]:
    """A value per object: the one it had in the mask it comes from, else the next free one."""
    own = [extra.get("label_value") for extra in objects.extra]
    count = Counter(v for v in own if isinstance(v, int))
    kept = {v for v, times in count.items() if times == 1 and 0 < v < 2**32}
    free = (v for v in range(1, len(own) + len(kept) + 1) if v not in kept)
    return [v if v in kept else next(free) for v in own]


def _paint(
    objects: Objects, values: Sequence[int], size_wh: tuple[int, int], lost: Counter[str]
) -> tuple[NDArray[np.uint32], list[bool]]:
    """The label image uint32 (h, w), and which objects can be seen in it."""
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
