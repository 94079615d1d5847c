"""Pascal VOC: one XML file per image, boxes by their corners.

A corner's number is taken as the coordinate of the edge, as LabelImg, Roboflow, CVAT and X-AnyLabeling write it: the
box from ``xmin`` 0 to ``xmax`` 10 is ten pixels wide. Only where ``source`` says that the file is of the PASCAL VOC
challenges themselves the first pixel has the number 1 and the last one belongs to the box; such files are written
so again. Fractions are kept. Outlines are read from ``polygon`` (as Roboflow and X-AnyLabeling write them) and
``robndbox`` (roLabelImg).

Of an object ``pose``, ``truncated``, ``difficult``, ``occluded``, ``part``, ``actions`` and every other element ride in
``extra["voc"]``; of the file, ``folder``, ``path``, ``source``, ``segmented``, ``depth`` and all else, in
``extra["voc_file"]`` of the image's first object. An object to ignore is written as ``difficult``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from annelid.atomic import write_text
from annelid.dataset import Dataset, LabeledImage
from annelid.errors import AnnotationError
from annelid.formats import jsontext, ours, safe_xml
from annelid.formats.base import Annotations, ImageIndex, LossReport
from annelid.formats.plane import told_plane, unsaid_plane
from annelid.formats.reading import Reading, ShapeError, SizeWh, foreign, size_from
from annelid.formats.row import Row, rows_of_objects
from annelid.formats.safe_xml import Node, element, elements, plain_children
from annelid.formats.voc_lists import parts_of, read_labelmap, write_lists
from annelid.formats.voc_shape import decode_object, encode_row
from annelid.formats.writing import Lost, annotated, coverage, files_for, has_score, is_empty, part_of_name

NAME = "voc"

_FILE = "voc_file"
_KNOWN = {"filename", "size", "object", ours.KEY}


def sniff(path: Path) -> bool:
    """Whether a file, or one of the first XML files of a folder, is Pascal VOC's."""
    candidates = [path] if path.is_file() else list(_xml_files(path))[:5] if path.is_dir() else []
    return any(_looks_like_voc(file) for file in candidates)


def _looks_like_voc(file: Path) -> bool:
    if safe_xml.root_tag(file) != "annotation":
        return False
    try:
        return not _is_labelme(safe_xml.parse(file))
    except AnnotationError:
        return _says_voc(file)  # cut off, but VOC's: reading it will say so


def _says_voc(file: Path) -> bool:
    with file.open("rb") as stream:
        head = stream.read(65536)
    return b"<bndbox" in head or b"<segmented" in head


def _is_labelme(root: Node) -> bool:
    """The old LabelMe web tool has the same root."""
    return root.find("imagesize") is not None or root.find("object/polygon/pt") is not None


def _xml_files(folder: Path) -> list[Path]:
    """The XML files below a folder, sorted; those of ``Annotations`` where there is one."""
    root = folder / "Annotations" if (folder / "Annotations").is_dir() else folder
    files = (file for file in sorted(root.rglob("*")) if file.suffix.lower() == ".xml")
    return [file for file in files if not file.name.startswith(".") and file.is_file()]


# --- reading ----------------------------------------------------------------------------------------------


def read(path: Path, images: ImageIndex, classes: Sequence[str] = ()) -> Annotations:
    """Read one file or every one below a folder; each says that its image is reviewed as a whole.

    The lists below ``ImageSets/Main`` give the parts; ``labelmap.txt`` gives the order of the classes.

    Raises:
        AnnotationError: the file, or every file of the folder, cannot be read.
    """
    reading = Reading(images, tuple(classes))
    files = _xml_files(path) if path.is_dir() else [path]
    root = path if path.is_dir() else path.parent
    parts = parts_of(root)
    error: AnnotationError | None = None
    for file in files:
        try:
            node = _load(file)
        except AnnotationError as problem:
            if path.is_file():
                raise
            error = error or problem
            reading.losses.add("file-unreadable", problem.message, file)
            continue
        _read_file(file, node, reading, parts.get(_key(file, root)) or part_of_name(_key(file, root)))
    if not reading.items and not list(reading.losses.by_kind().get("image-missing", [])):
        raise error or AnnotationError(path, expected="Pascal VOC XML files", found="none")
    _tell_masks(root, reading)
    listed = [name for name in read_labelmap(root) if name != "background"]
    return reading.annotations(listed)


def _load(file: Path) -> Node:
    node = safe_xml.parse(file)
    if node.tag != "annotation" or _is_labelme(node):
        found = "a file of the LabelMe web tool" if node.tag == "annotation" else f"<{node.tag}>"
        raise AnnotationError(file, expected="Pascal VOC's <annotation>", found=found)
    return node


def _key(file: Path, root: Path) -> str:
    """Id of an image as the lists of ImageSets have it."""
    relative = file.relative_to(root / "Annotations" if file.is_relative_to(root / "Annotations") else root)
    return relative.with_suffix("").as_posix()


def _read_file(file: Path, node: Node, reading: Reading, part: str) -> None:
    nodes = list(node.all("object"))
    header = ours.loads(node.value(ours.KEY))
    found = reading.locate(_names(file, node), _size(node), file, "filename", len(nodes), header)
    if found is None:
        return
    others = _others(node)
    rows = list(_rows(file, nodes, found[1], _first_pixel(others), reading))
    if rows and others:
        rows[0] = replace(rows[0], extra={**rows[0].extra, _FILE: others})
    reading.add(found, rows, file, part=part, header=header)


def _others(node: Node) -> dict[str, Any]:
    """What else the file says, less what only `write` put there."""
    size = plain_children(node.find("size") or Node(""), ("width", "height"))
    others = {**plain_children(node, _KNOWN), **({"depth": size["depth"]} if size.get("depth") else {})}
    added = ours.loads(node.value(ours.KEY))
    return foreign(others, (), added if isinstance(added, dict) else {})


def _names(file: Path, node: Node) -> list[str]:
    """What the image may be called: as the file lies, as it says, with its last folders, then by its path."""
    named, folder, path = node.value("filename"), node.value("folder"), node.value("path")
    beside = PurePosixPath(_subfolder(file), named) if named else PurePosixPath(_subfolder(file), file.stem)
    return [str(beside), f"{folder}/{named}" if folder and named else "", named, path, file.stem]


def _subfolder(file: Path) -> str:
    """Folders between ``Annotations`` and a file."""
    folders = file.parent.parts
    return "/".join(folders[folders.index("Annotations") + 1 :]) if "Annotations" in folders else file.parent.name


def _size(node: Node) -> SizeWh | None:
    return size_from(node.value("size/width"), node.value("size/height"))


def _first_pixel(others: Mapping[str, Any]) -> int:
    """1 for files of the PASCAL challenges themselves, else 0."""
    source = others.get("source")
    said = str(source.get("annotation", "")) + str(source.get("database", "")) if isinstance(source, Mapping) else ""
    return int("pascal voc" in said.lower() or "the voc2" in said.lower())


def _rows(file: Path, nodes: Iterable[Node], size_wh: SizeWh, first: int, reading: Reading) -> Iterable[Row]:
    for n, node in enumerate(nodes):
        place = f"line {node.line}, object[{n}]"
        try:
            row = decode_object(node, first)
        except ShapeError as error:
            reading.bad_shape(error, file, place)
            continue
        inside = reading.inside(row, size_wh, file, place)
        if inside is not None:
            yield inside


def _tell_masks(root: Path, reading: Reading) -> None:
    folder = root / "SegmentationObject"
    count = len(list(folder.glob("*.png"))) if folder.is_dir() else 0
    if count:
        what = "masks in SegmentationObject were not read, only the boxes"
        reading.losses.add("masks-not-read", what, folder, count=count)


# --- writing ----------------------------------------------------------------------------------------------


def write(dataset: Dataset, out: Path, names: Mapping[str, str]) -> LossReport:
    """Write ``Annotations/<name>.xml``, the lists of images below ``ImageSets/Main`` and ``labelmap.txt``.

    Raises:
        AnnotationError: two images would share one file.
    """
    losses = LossReport()
    names = {key: name.removeprefix("JPEGImages/") for key, name in names.items()}
    files = files_for(dataset, out / "Annotations", names, ".xml")
    for item in annotated(dataset):
        file = files[item.id]
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, safe_xml.document(_file(item, names[item.id], file, losses)))
    if files:
        write_lists(out, {_key(files[i], out): names[i] for i in files}, dataset.classes)
    return losses


def _file(item: LabeledImage, name: str, file: Path, losses: LossReport) -> Node:
    lost = Lost()
    lost.add(coverage(item))
    lost.add(unsaid_plane(item))
    rows = rows_of_objects(item.objects)
    told = rows[0].extra.get(_FILE, {}) if rows else {}
    added = foreign({"segmented": "0", "depth": str(len(item.image.channels) or 1)}, told, {})
    others = {**told, **added}
    depth = others.pop("depth")
    first = _first_pixel(others)
    nodes: list[Node] = []
    for row in rows:
        try:
            node, loss = encode_row(row, first) if not is_empty(row) else (None, "empty-object")
        except ShapeError as error:
            lost.add(error.kind)
            continue
        nodes += [node] if node else []
        lost.add(loss)
        lost.add("score" if has_score(row) else "")
    lost.report(losses, file)
    width, height = item.size_wh
    size = element("size", "", element("width", width), element("height", height), element("depth", str(depth)))
    head = [element("filename", PurePosixPath(name).name), *elements(others), size]
    kept = {**added, **told_plane(item.view)}
    head += [element(ours.KEY, jsontext.dump(kept))] if kept else []
    return element("annotation", "", *head, *nodes)
