"""Write a dataset as Cellpose's ``_seg.npy`` and masks."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import find_boundaries

from annelid.atomic import write_bytes
from annelid.dataset import Dataset, LabeledImage
from annelid.formats import ours
from annelid.formats.base import LossReport
from annelid.formats.by_image import name_files
from annelid.formats.label_notes import count_classes, notes_of
from annelid.formats.mask_file import write_labels
from annelid.formats.mask_paint import Painted, paint
from annelid.formats.plane import told_plane
from annelid.formats.writing import annotated
from annelid.steps import counted

NAME = "cellpose"
AUTHOR = "import:cellpose"
FILE = "cellpose_file"
SEG = "_seg.npy"
WRITTEN: Mapping[str, Any] = {"chan_choose": [0, 0], "diameter": None, "flows": [[], [], [], [], [[]]]}
"""What is written of the file where nothing is known; None stands for NaN."""

_HIGHEST = 65_534
"""Largest label that Cellpose writes in two bytes."""


def write(dataset: Dataset, out: Path, names: Mapping[str, str]) -> LossReport:
    """Write ``X_seg.npy`` and ``X_cp_masks.tif`` where the image X belongs, sub-folders kept."""
    losses = LossReport()
    files = name_files(dataset, out, names, SEG)
    for item in counted("writing", annotated(dataset)):
        file = files[item.id]
        file.parent.mkdir(parents=True, exist_ok=True)
        painted = paint(item, _HIGHEST)
        name = PurePosixPath(names[item.id].replace("\\", "/")).name
        write_bytes(file, _packed(_data(item, painted, name, dataset.classes)))
        write_labels(file.with_name(f"{file.name.removesuffix(SEG)}_cp_masks.tif"), painted.image)
        painted.report(losses, file)
        if any(item.view.plane):
            losses.add("plane", "only Annelid sees which plane, projection or scene is meant", file)
        classes = count_classes(painted)
        if classes:
            what = "Cellpose has one class: they are under the key annelid, where only Annelid looks"
            losses.add("classes", what, file, count=classes)
    return losses


def _data(item: LabeledImage, painted: Painted, name: str, classes: Sequence[str]) -> dict[str, Any]:
    """The dict that Cellpose reads."""
    dtype = np.uint16 if int(painted.image.max(initial=0)) <= _HIGHEST else np.uint32
    masks = painted.image.astype(dtype)
    outlines = masks * find_boundaries(masks, mode="inner")  # type: ignore[no-untyped-call]
    notes = {"classes": list(classes), "objects": notes_of(painted, AUTHOR, NAME), **told_plane(item.view)}
    ridden: Mapping[str, Any] = next((e[FILE] for e in item.objects.extra if isinstance(e.get(FILE), Mapping)), {})
    said = str(ridden.get("filename", ""))
    data = {**WRITTEN, **ridden, "filename": said if said.replace("\\", "/").rsplit("/", 1)[-1] == name else name}
    data = {key: math.nan if key == "diameter" and value is None else value for key, value in data.items()}
    data |= {"outlines": outlines, "masks": masks, ours.KEY: json.dumps(notes)}
    return data | _per_object(painted, int(masks.max(initial=0)))


def _per_object(painted: Painted, count: int) -> dict[str, NDArray[Any]]:
    """``ismanual``, and ``colors`` where every object has one."""
    manual = np.zeros(count, bool)
    colours = np.zeros((count, 3), np.uint8)
    has_colour = np.zeros(count, bool)
    for value, extra, shown in zip(painted.values, painted.objects.extra, painted.shown, strict=True):
        keys = extra.get(NAME, {})
        if not shown or not isinstance(keys, Mapping):
            continue
        manual[value - 1] = keys.get("ismanual") is True
        colour = keys.get("color")
        if isinstance(colour, list) and len(colour) == 3 and all(isinstance(v, int) and 0 <= v < 256 for v in colour):
            colours[value - 1], has_colour[value - 1] = colour, True
    return {"ismanual": manual, **({"colors": colours} if count and has_colour.all() else {})}


def _packed(data: Mapping[str, Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array(dict(data), dtype=object), allow_pickle=True)
    return buffer.getvalue()
