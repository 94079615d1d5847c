"""CVAT's own XML 1.1: "CVAT for images", and "CVAT for video" frame by frame; and its JSON (`cvat_json`), read only.

Boxes, rotated boxes, polygons, ellipses, masks and points become objects; polygons and masks of one ``group_id`` and
label are the parts of one object. Polylines, cuboids, skeletons and tags are losses. Of each shape ``occluded``,
``z_order``, ``source``, ``group_id``, its attributes (below ``attributes``) and, for tracks, ``track_id``, ``keyframe``
and what else a track has, ride in ``extra["cvat"]`` where they are not as they always are; of each image ``id``,
``subset``, ``task_id`` ..., in ``extra["cvat_image"]`` of its first object; the definitions of the labels (colours,
attributes), in ``extra["cvat_file"]`` of the first object of all. What CVAT has no place for is written as an
attribute ``annelid`` of the shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from annelid.atomic import write_text
from annelid.dataset import Dataset, LabeledImage
from annelid.errors import AnnotationError
from annelid.formats import jsontext, ours, safe_xml
from annelid.formats.base import Annotations, ImageIndex, LossReport
from annelid.formats.cvat_json import is_cvat_json, read_json
from annelid.formats.cvat_labels import FILE, label_elements, labels_of
from annelid.formats.cvat_shape import AUTHOR, NATIVE, decode_shape, encode_row, is_shape, needs_mask
from annelid.formats.cvat_track import add_frame, frames_of
from annelid.formats.data_yaml import PARTS
from annelid.formats.plane import told_plane, unsaid_plane
from annelid.formats.reading import Reading, joined
from annelid.formats.row import Row, rows_of_objects
from annelid.formats.safe_xml import Node, element
from annelid.formats.values import ShapeError, SizeWh, size_from
from annelid.formats.writing import Lost, annotated, coverage, has_score, is_empty, part_rows
from annelid.objects import Kind
from annelid.steps import counted

NAME = "cvat"

_IMAGE = "cvat_image"
_KINDS = (".xml", ".json")
_KNOWN = {"name", "width", "height", ours.KEY}


def sniff(path: Path) -> bool:
    """Whether a file, or one of the first XML or JSON files of a folder, is CVAT's."""
    if path.is_file():
        return _looks_like_cvat(path)
    return path.is_dir() and any(_looks_like_cvat(file) for kind in _KINDS for file in _files(path, kind)[:20])


def _looks_like_cvat(file: Path) -> bool:
    if safe_xml.root_tag(file) != "annotations":
        return is_cvat_json(file)
    with file.open("rb") as stream:
        head = stream.read(65536).replace(b"\0", b"")
    return any(mark in head for mark in (b"<version", b"<meta", b"<image ", b"<track "))


def _files(folder: Path, *kinds: str) -> list[Path]:
    files = (file for file in sorted(folder.rglob("*")) if file.suffix.lower() in kinds)
    return [file for file in files if not file.name.startswith(".") and file.is_file()]


# --- reading ----------------------------------------------------------------------------------------------


def read(path: Path, images: ImageIndex, classes: Sequence[str] = ()) -> Annotations:
    """Read one file or every one of CVAT's below a folder; every image in it was looked at.

    Raises:
        AnnotationError: the file, or every file of the folder, cannot be read.
    """
    reading = Reading(images, tuple(classes))
    files = reading.recognised(_files(path, *_KINDS), _looks_like_cvat) if path.is_dir() else [path]
    if not files:
        raise AnnotationError(path, expected="CVAT's XML or JSON files", found="none")
    listed: list[str] = []
    errors: list[AnnotationError] = []
    for file in files:
        try:
            listed += _read_file(file, reading)
        except AnnotationError as problem:
            errors.append(problem)
            reading.losses.add("file-unreadable", problem.message, file)
    if len(errors) == len(files):
        raise errors[0]
    return reading.annotations(listed)


def _read_file(file: Path, reading: Reading) -> list[str]:
    """Names of the classes that the file lists."""
    if file.suffix.lower() == ".json" or is_cvat_json(file):
        return read_json(file, reading)
    root = safe_xml.parse(file)
    if root.tag != "annotations":
        raise AnnotationError(file, expected="CVAT's <annotations>", found=f"<{root.tag}>")
    labels = labels_of(root)
    told = {FILE: {"labels": labels}} if any(len(label) > 1 for label in labels) else {}
    for node in root.all("image"):
        told = _read_image(file, node, told, reading)
    if root.find("track") is not None:
        for frame in frames_of(root, file, reading):
            told = add_frame(frame, told, file, reading)
    return [label["name"] for label in labels if label.get("name")]


def _read_image(file: Path, node: Node, told: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """Add an image; returns what the first object of the file is still to carry."""
    found = node.attributes
    name, subset, place = found.get("name", ""), found.get("subset", ""), f"{node.where}, image {found.get('id')}"
    below = [child for child in node.children if is_shape(child)]
    if not name:
        reading.losses.add("image-invalid", "an image without a name was left out", file, place, max(len(below), 1))
        return told
    names = [f"{subset}/{name}" if subset else "", name]
    header = ours.loads(found.get(ours.KEY, ""))
    said = size_from(found.get("width"), found.get("height"))
    located = reading.locate(names, said, file, place, len(below), header)
    if located is None:
        return told
    others = {key: v for key, v in found.items() if key not in _KNOWN}
    rows = joined(_rows(file, below, located[1], reading), NATIVE)
    rows[:1] = [replace(row, extra={**row.extra, _IMAGE: others, **told}) for row in rows[:1]]
    reading.add(located, rows, file, place, part=PARTS.get(subset.lower(), ""), header=header)
    return {} if rows else told


def _rows(file: Path, nodes: Iterable[Node], size_wh: SizeWh, reading: Reading) -> Iterator[tuple[Row, str]]:
    for node in nodes:
        place = f"{node.where}, {node.tag}"
        try:
            rows, group = decode_shape(node)
        except ShapeError as error:
            reading.bad_shape(error, file, place)
            continue
        if len(rows) > 1:
            what = f"{len(rows)} points in one shape became an object each"
            reading.losses.add("points-split", what, file, place, len(rows))
        for row in rows:
            inside = reading.inside(row, size_wh, file, place)
            if inside is not None:
                yield inside, group


# --- writing ----------------------------------------------------------------------------------------------


def write(dataset: Dataset, out: Path, names: Mapping[str, str]) -> LossReport:
    """Write ``annotations.xml`` in the form "CVAT for images"; frames of tracks are written as images.

    Raises:
        AnnelidError: the file cannot be written.
    """
    file, losses = out / "annotations.xml", LossReport()
    used: set[tuple[str, str]] = set()
    images = [_image(item, names[item.id], used, file, losses) for item in counted("writing", annotated(dataset))]
    labels = label_elements(dataset)
    meta = element("meta", "", element("task", "", element("labels", "", *labels)))
    root = element("annotations", "", element("version", "1.1"), meta, *images)
    write_text(file, safe_xml.document(root))
    return losses


def _image(item: LabeledImage, name: str, used: set[tuple[str, str]], file: Path, losses: LossReport) -> Node:
    lost = Lost()
    lost.add(coverage(item))
    lost.add(unsaid_plane(item))
    rows = rows_of_objects(item.objects)
    others: dict[str, Any] = {}
    for row in rows[:1]:
        others |= row.extra.get(_IMAGE, {})
    subset = str(others.get("subset", ""))
    free = (str(n) for n in count() if (subset, str(n)) not in used)
    key = str(others.pop("id", ""))
    key = key if key and (subset, key) not in used else next(free)
    used.add((subset, key))
    groups = _Groups(rows)
    nodes: list[Node] = []
    for row in rows:
        nodes += _shapes(row, item.size_wh, groups, lost)
    lost.report(losses, file, f"image {name}")
    width, height = item.size_wh
    plane = told_plane(item.view)
    head = {"id": key, "name": name, **{k: str(v) for k, v in others.items()}}
    head |= {ours.KEY: jsontext.dump(plane)} if plane else {}
    return Node("image", 0, {**head, "width": str(width), "height": str(height)}, children=nodes)


class _Groups:
    """Gives objects of several parts a group that no other object of the image and label has."""

    def __init__(self, rows: Sequence[Row]) -> None:
        own = [str(row.extra.get(NATIVE, {}).get("group_id", "")) for row in rows]
        self._next = max([0, *(int(group) for group in own if group.isdecimal())]) + 1
        self._used: set[tuple[str, str]] = set()

    def added(self, row: Row, shapes: int) -> str:
        """The group to give the shapes of a row; "" to leave it as it is."""
        own = str(row.extra.get(NATIVE, {}).get("group_id", ""))
        if row.kind not in (Kind.POLYGON, Kind.MASK) or (shapes == 1 and not own):
            return ""
        if own and (own, row.label) not in self._used:
            self._used.add((own, row.label))
            return ""
        self._next += 1
        return str(self._next - 1)


def _shapes(row: Row, size_wh: SizeWh, groups: _Groups, lost: Lost) -> list[Node]:
    """The elements of one object."""
    if is_empty(row):
        lost.add("empty-object")
        return []
    rows = [row] if needs_mask(row) or len(row.shape) == 1 else part_rows(row, NATIVE, AUTHOR)
    group = groups.added(row, len(rows))
    try:
        made = [encode_row(part, size_wh, group) for part in rows]
    except ShapeError as error:
        lost.add(error.kind)
        return []
    lost.add(next((loss for _, loss in made if loss), ""))
    lost.add("ignored" if row.ignore else "")
    lost.add("score" if has_score(row) else "")
    return [node for node, _ in made]
