"""Write a data set as Pascal VOC: XML files, and masks where anything has an outline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from annelid.atomic import write_text
from annelid.dataset import Dataset, LabeledImage
from annelid.formats import jsontext, ours, safe_xml
from annelid.formats.base import LossReport
from annelid.formats.labelme_xml import FOLDER
from annelid.formats.plane import told_plane, unsaid_plane
from annelid.formats.row import Row, rows_of_objects
from annelid.formats.safe_xml import Node, element, elements
from annelid.formats.values import ShapeError, foreign
from annelid.formats.voc_colours import class_numbers
from annelid.formats.voc_draw import NOTHING, Drawn, draw, is_drawn, write_masks
from annelid.formats.voc_lists import write_lists
from annelid.formats.voc_read import FILE
from annelid.formats.voc_shape import encode_row, first_pixel
from annelid.formats.writing import Lost, annotated, coverage, files_for, has_score, is_empty
from annelid.steps import counted


def write(dataset: Dataset, out: Path, names: Mapping[str, str]) -> LossReport:
    """Write ``Annotations/<name>.xml``, the lists of images below ``ImageSets``, and ``labelmap.txt``.

    Where anything has an outline, every image gets its masks in ``SegmentationObject`` and ``SegmentationClass`` too;
    boxes, rotated ones and what is to be ignored are not in them.

    Raises:
        AnnotationError: two images would share one file.
    """
    losses = LossReport()
    names = {key: name.removeprefix("JPEGImages/") for key, name in names.items()}
    files = files_for(dataset, out / FOLDER, names, ".xml")
    keys = {i: file.relative_to(out / FOLDER).with_suffix("").as_posix() for i, file in files.items()}
    has_masks = any(is_drawn(item.objects).any() for item in dataset.items)
    used = dict.fromkeys(str(label) for item in dataset.items for label in item.objects.labels)
    listed = [*dataset.classes, *(name for name in used if name not in dataset.classes)]
    classes = dict(zip(listed, class_numbers(len(listed)), strict=True))
    for item in counted("writing", annotated(dataset)):
        file = files[item.id]
        file.parent.mkdir(parents=True, exist_ok=True)
        drawn = draw(item) if has_masks else NOTHING
        write_text(file, safe_xml.document(_file(item, names[item.id], drawn, file, losses)))
        if has_masks:
            write_masks(out, keys[item.id], drawn, classes)
    if files:
        folders = ("Main", "Segmentation") if has_masks else ("Main",)
        write_lists(out, {keys[i]: names[i] for i in files}, listed, folders)
    return losses


def _file(item: LabeledImage, name: str, drawn: Drawn, file: Path, losses: LossReport) -> Node:
    lost = Lost()
    lost.add(coverage(item))
    lost.add(unsaid_plane(item))
    rows = rows_of_objects(item.objects)
    told = rows[0].extra.get(FILE, {}) if rows else {}
    added = foreign({"segmented": str(int(bool(drawn.numbers))), "depth": str(len(item.image.channels) or 1)}, told, {})
    others = {**told, **added}
    depth = others.pop("depth")
    nodes = _objects(rows, drawn, first_pixel(others), lost)
    lost.report(losses, file)
    width, height = item.size_wh
    size = element("size", "", element("width", width), element("height", height), element("depth", str(depth)))
    head = [element("filename", PurePosixPath(name).name), *elements(others), size]
    kept: dict[str, Any] = {**added, **told_plane(item.view)}
    head += [element(ours.KEY, jsontext.dump(kept))] if kept else []
    return element("annotation", "", *head, *nodes)


def _objects(rows: Sequence[Row], drawn: Drawn, first: int, lost: Lost) -> list[Node]:
    nodes: list[Node] = []
    for n, row in enumerate(rows):
        number = drawn.numbers.get(n, 0)
        try:
            node, loss = encode_row(row, first, number, drawn.shown.get(number)) if not is_empty(row) else (None, "")
        except ShapeError as error:
            lost.add(error.kind)
            continue
        nodes += [node] if node else []
        lost.add(loss if node else "empty-object")
        lost.add("overlap" if n in drawn.covered else "")
        lost.add("score" if has_score(row) else "")
    return nodes
