"""Write a dataset as label images, one TIFF per image."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from annelid.dataset import Dataset, LabeledImage
from annelid.errors import AnnotationError
from annelid.formats.attributes import LeftOut, tell_of_files
from annelid.formats.base import LossReport
from annelid.formats.mask_file import write_labels
from annelid.formats.mask_paint import paint
from annelid.formats.mask_table import TableRow, write_table
from annelid.formats.plane import UNSAID, refuse_several_planes
from annelid.steps import counted


def write(dataset: Dataset, out: Path, names: Mapping[str, str]) -> LossReport:
    """Write ``masks/<name>.tif`` for every annotated image, and the classes as ``classes.csv``.

    A value that the object had when it was read is used again where it is unique in the image.

    Raises:
        AnnotationError: two images would share one mask.
    """
    losses = LossReport()
    refuse_several_planes(dataset, names, out)
    tell_of_files(dataset, losses, out)
    rows: list[TableRow] = []
    used: dict[Path, str] = {}
    for item in counted("writing", dataset.items):
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
    painted = paint(item)
    objects = painted.objects
    left_out = LeftOut()
    for said in zip(objects.extra, objects.origins, objects.parents, strict=True):
        left_out.add(*said)
    write_labels(file, painted.image)
    if any(item.view.plane):
        losses.add("plane", UNSAID, file)
    painted.report(losses, file)
    left_out.report(losses, file)
    columns = zip(painted.values, objects.labels, objects.scores.tolist(), painted.shown, strict=True)
    return [(name, value, str(label), score) for value, label, score, shown in columns if shown]
