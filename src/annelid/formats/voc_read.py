"""Read a Pascal VOC data set: its XML files, and the masks beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from annelid.errors import AnnotationError
from annelid.formats import ours, safe_xml, voc_masks
from annelid.formats.base import Annotations, ImageIndex
from annelid.formats.labelme_xml import FOLDER, is_labelme, xml_files
from annelid.formats.reading import Reading
from annelid.formats.row import Row
from annelid.formats.safe_xml import Node, plain_children
from annelid.formats.values import ShapeError, SizeWh, foreign, size_from
from annelid.formats.voc_colours import PASCAL, LabelMap, read_labelmap
from annelid.formats.voc_lists import parts_of
from annelid.formats.voc_masks import Segment
from annelid.formats.voc_match import Listed, matched
from annelid.formats.voc_shape import AUTHOR, decode_object, first_pixel, with_mask
from annelid.formats.writing import part_of_name
from annelid.objects import Kind

FILE = "voc_file"
_KNOWN = {"filename", "size", "object", ours.KEY}
_CLASS = "object"


@dataclass(frozen=True)
class _Set:
    """What goes for the whole data set.

    Attributes:
        root: the folder in which ``Annotations`` and ``SegmentationObject`` lie.
        parts: id of an image -> part.
        labels: what labelmap.txt says.
        masked: ids of the images that have masks.
    """

    root: Path
    parts: Mapping[str, str]
    labels: LabelMap
    masked: frozenset[str]

    def key(self, file: Path) -> str:
        """Id of an image as the lists of ImageSets have it."""
        folder = self.root / FOLDER
        return file.relative_to(folder if file.is_relative_to(folder) else self.root).with_suffix("").as_posix()

    def part(self, key: str) -> str:
        """Part of an image, or ""."""
        return self.parts.get(key) or part_of_name(key)


def read(path: Path, images: ImageIndex, classes: Sequence[str] = ()) -> Annotations:
    """Read one file or every one below a folder; each says that its image is reviewed as a whole.

    The lists below ``ImageSets`` give the parts; ``labelmap.txt`` gives the order of the classes, and their colours.
    Masks in ``SegmentationObject`` and ``SegmentationClass`` are the outlines of the objects whose boxes they fill, or
    objects of their own; they are read without any XML too, as CVAT exports them.

    Raises:
        AnnotationError: the file, or every file of the folder, cannot be read.
    """
    reading = Reading(images, tuple(classes))
    root = root_of(path)
    data = _Set(root, parts_of(root), read_labelmap(root), frozenset(voc_masks.segmented_keys(root)))
    files = xml_files(path) if path.is_dir() else [path]
    error: AnnotationError | None = None
    for file in files:
        try:
            _read_file(file, load(file), data, reading)
        except AnnotationError as problem:
            if path.is_file():
                raise
            error = error or problem
            reading.losses.add("file-unreadable", problem.message, file)
    if path.is_dir():
        for key in sorted(data.masked - {data.key(file) for file in files}):
            _read_masks(key, data, reading)
    if not reading.items and not list(reading.losses.by_kind().get("image-missing", [])):
        raise error or AnnotationError(path, expected="Pascal VOC XML files", found="none")
    return reading.annotations(data.labels.classes)


def root_of(path: Path) -> Path:
    """The folder of the data set that a file or folder is of."""
    folder = path if path.is_dir() else path.parent
    above = next((f for f in (folder, *folder.parents) if f.name == FOLDER), None)
    return above.parent if above else folder


def load(file: Path) -> Node:
    """The root element.

    Raises:
        AnnotationError: the file is not Pascal VOC's.
    """
    node = safe_xml.parse(file)
    if node.tag != "annotation" or is_labelme(node):
        found = "a file of the LabelMe web tool" if node.tag == "annotation" else f"<{node.tag}>"
        raise AnnotationError(file, expected="Pascal VOC's <annotation>", found=found)
    return node


def _read_file(file: Path, node: Node, data: _Set, reading: Reading) -> None:
    nodes, key = list(node.all("object")), data.key(file)
    header = ours.loads(node.value(ours.KEY))
    found = reading.locate(_names(file, key, node), _size(node), file, "filename", len(nodes), header)
    if found is None:
        return
    others = _others(node)
    listed = list(_listed(file, nodes, first_pixel(others), reading))
    labels = data.labels if data.labels.names else _pascal(one.row.label for one in listed)
    segments: list[Segment] = []
    if key in data.masked:
        segments = voc_masks.segments_of(data.root, key, found[1], labels, reading.losses)
    rows = list(_rows(file, listed, segments, found[1], first_pixel(others), reading))
    if rows and others:
        rows[0] = replace(rows[0], extra={**rows[0].extra, FILE: others})
    reading.add(found, rows, file, part=data.part(key), header=header)


def _pascal(names: Iterable[str]) -> LabelMap:
    """The classes of the PASCAL challenges, where no other is named."""
    return LabelMap.pascal() if set(names) <= set(PASCAL) else LabelMap()


def _read_masks(key: str, data: _Set, reading: Reading) -> None:
    """An image that has masks and no XML file."""
    file = voc_masks.mask_file(data.root, key) or data.root
    size = voc_masks.size_of(data.root, key)
    found = reading.locate([f"JPEGImages/{key}", f"JPEGImages/{key}.jpg", key], size, file)
    if found is not None:
        labels = data.labels if data.labels.names else LabelMap.pascal()
        segments = voc_masks.segments_of(data.root, key, found[1], labels, reading.losses)
        reading.add(found, list(_alone(file, segments, reading)), file, part=data.part(key))


def _others(node: Node) -> dict[str, Any]:
    """What else the file says, less what only the writer put there."""
    size = plain_children(node.find("size") or Node(""), ("width", "height"))
    others = {**plain_children(node, _KNOWN), **({"depth": size["depth"]} if size.get("depth") else {})}
    added = ours.loads(node.value(ours.KEY))
    return foreign(others, (), added if isinstance(added, dict) else {})


def _names(file: Path, key: str, node: Node) -> list[str]:
    """What the image may be called: as the file lies, as it says, with its last folders, then by its path."""
    named, folder, path = node.value("filename"), node.value("folder"), node.value("path")
    beside = PurePosixPath(_subfolder(file), named) if named else PurePosixPath(_subfolder(file), file.stem)
    inside = f"JPEGImages/{PurePosixPath(key).with_name(PurePosixPath(named).name)}" if named.strip("./\\") else ""
    own = f"{_root_name(file)}/JPEGImages/{beside}"
    return [str(beside), inside, own, f"{folder}/{named}" if folder and named else "", named, path, file.stem]


def _root_name(file: Path) -> str:
    """Name of the folder that ``Annotations`` lies in: of several data sets in one folder, each has its images."""
    folders = file.parent.parts
    return folders[folders.index(FOLDER) - 1] if FOLDER in folders[1:] else ""


def _subfolder(file: Path) -> str:
    """Folders between ``Annotations`` and a file."""
    folders = file.parent.parts
    return "/".join(folders[folders.index(FOLDER) + 1 :]) if FOLDER in folders else file.parent.name


def _size(node: Node) -> SizeWh | None:
    return size_from(node.value("size/width"), node.value("size/height"))


def _listed(file: Path, nodes: Iterable[Node], first: int, reading: Reading) -> Iterator[Listed]:
    for n, node in enumerate(nodes):
        place = f"line {node.line}, object[{n}]"
        try:
            row, kept = decode_object(node, first)
        except ShapeError as error:
            reading.bad_shape(error, file, place)
            continue
        yield Listed(row, n + 1, kept, place)


def _rows(
    file: Path, listed: Sequence[Listed], segments: Sequence[Segment], size_wh: SizeWh, first: int, reading: Reading
) -> Iterator[Row]:
    """The objects of the file, outlined by their masks, and those that only have a mask."""
    masks = matched(listed, segments)
    for n, one in enumerate(listed):
        row, segment = one.row, masks.get(n)
        if segment and one.is_moved:
            what = "the box was changed after its mask was written: the mask was left out"
            reading.losses.add("mask-outdated", what, file, one.place)
        elif segment and row.kind == Kind.BOX:
            row = with_mask(row, segment.shape, first, one.kept)
        inside = reading.inside(ours.restored(row, one.kept), size_wh, file, one.place)
        if inside is not None:
            yield inside
    _tell_without_mask(file, listed, masks, segments, reading)
    taken = {id(segment) for segment in masks.values()}
    rest = [segment for segment in segments if id(segment) not in taken]
    if rest:
        what = f"{len(rest)} masks belong to no object of the XML file: they became objects of their own"
        reading.losses.add("box-missing", what, file, count=0)
    yield from _alone(file, rest, reading)


def _tell_without_mask(
    file: Path, listed: Sequence[Listed], masks: Mapping[int, Segment], segments: Sequence[Segment], reading: Reading
) -> None:
    boxes = [one for n, one in enumerate(listed) if n not in masks and one.row.kind == Kind.BOX and not one.kept]
    if segments and boxes:
        what = f"{len(boxes)} boxes have no mask, where others of the image have one: they are boxes"
        reading.losses.add("mask-missing", what, file, boxes[0].place, count=0)


def _alone(file: Path, segments: Sequence[Segment], reading: Reading) -> Iterator[Row]:
    """Objects that only have a mask."""
    default = reading.given[0] if len(reading.given) == 1 else _CLASS
    unnamed = [segment for segment in segments if not segment.label]
    if unnamed:
        what = f"nothing tells the class of {len(unnamed)} masks: they are of the class {default!r}"
        reading.losses.add("class-assumed", what, file, count=len(unnamed))
    for segment in segments:
        yield Row(segment.shape, segment.label or default, Kind.MASK, author=AUTHOR)
