"""What a label image cannot say of its objects, kept by the value of each: classes, scores, ids, attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from re import Pattern
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid.formats import ours
from annelid.formats.base import LossReport
from annelid.formats.mask_file import SUFFIXES
from annelid.formats.mask_name import is_mask_name
from annelid.formats.mask_paint import Painted
from annelid.formats.row import Row, rows_of_objects
from annelid.objects import Objects

VALUE = "label_value"
UNCLASSIFIED = "object"

Notes = dict[str, dict[str, Any]]
"""Value of an object, as text -> what `annelid.formats.ours` keeps of it."""


def rows_of_labels(labels: NDArray[np.integer], label: str, author: str, notes: object) -> Iterator[Row]:
    """A row for each value of a label image (h, w), with what was noted of it."""
    kept = notes if isinstance(notes, Mapping) else {}
    for row in rows_of_objects(Objects.from_label_image(labels, label, authors=author)):
        yield ours.restored(replace(row, id=""), kept.get(str(row.extra[VALUE])))


def notes_of(painted: Painted, author: str, native: str) -> Notes:
    """What `rows_of_labels` needs to give the objects that can be seen back, less their outlines.

    Args:
        painted: the label image.
        author: the author that reading gives.
        native: key of ``extra`` that the format writes in its own way.
    """
    notes: Notes = {}
    rows = zip(rows_of_objects(painted.objects), painted.values, painted.shown, strict=True)
    for row, value, shown in rows:
        bare = {k: v for k, v in row.extra.items() if k != VALUE}
        as_read = Row(row.shape, UNCLASSIFIED, row.kind, row.params, author=author)
        if shown:
            notes[str(value)] = ours.kept(replace(row, extra=bare), as_read, native)
    return notes


def count_classes(painted: Painted) -> int:
    """How many objects have a class that a label image does not say: none where all are of one."""
    labels = painted.objects.labels[np.asarray(painted.shown, bool)]
    return len(labels) if len(set(labels)) > 1 else 0


def tell_other_masks(folder: Path, own: Pattern[str], losses: LossReport) -> None:
    """Say which files below a folder are called masks and are none of a format's own."""
    files = (
        file for file in sorted(folder.rglob("*")) if file.suffix.lower() in SUFFIXES and is_mask_name(file, folder)
    )
    for file in files:
        if not own.search(file.name):
            losses.add("masks-not-read", "was not read; with the format labelmask it is", file)
