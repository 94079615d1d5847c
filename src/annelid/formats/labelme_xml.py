"""The XML files of the old LabelMe web tool: one per image, only ever read.

``Annotations/FOLDER/X.xml`` is about ``Images/FOLDER/X.jpg``; masks lie in ``Masks/FOLDER``. Polygons, bounding boxes,
lone points and masks (what is not transparent or black) become objects; ``ispartof`` and ``hasparts`` make one the
parent of others. Objects marked as deleted, lines, and masks that are not there are losses.

Of an object ``occluded``, ``verified``, ``attributes``, ``date``, ``username``, ``scribbles`` and every other element
ride in ``extra["labelmexml"]``; of the file, ``folder``, ``source`` and all else, in ``extra["labelmexml_file"]`` of
the image's first object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from annelid import geometry, tracing
from annelid.errors import AnnotationError, ImageError
from annelid.formats import safe_xml
from annelid.formats.base import Annotations, ImageIndex
from annelid.formats.reading import Reading
from annelid.formats.row import NO_PARAMS, Row
from annelid.formats.safe_xml import Node, plain_children
from annelid.formats.values import ShapeError, SizeWh, foreign, label_of, number, points, size_from
from annelid.geometry import Shape
from annelid.objects import Kind
from annelid.readers.apart import read_stored

AUTHOR = "import:labelme"
NATIVE, FILE = "labelmexml", "labelmexml_file"
FOLDER = "Annotations"

_KNOWN = {"name", "id", "deleted", "polygon", "segm", "parts", "type"}
_DEFAULTS = {"verified": "0", "occluded": "no", "attributes": ""}
_FILE_KNOWN = {"filename", "object", "imagesize"}
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def sniff(path: Path) -> bool:
    """Whether a file, or one of the first XML files of a folder, is the web tool's."""
    candidates = [path] if path.is_file() else xml_files(path)[:5] if path.is_dir() else []
    return any(safe_xml.root_tag(file) == "annotation" and _parses(file) for file in candidates)


def _parses(file: Path) -> bool:
    try:
        return is_labelme(safe_xml.parse(file))
    except AnnotationError:
        return False


def is_labelme(root: Node) -> bool:
    """Whether an ``<annotation>``, which Pascal VOC has too, is the web tool's."""
    marks = ("imagesize", "object/polygon/pt", "object/segm", "object/deleted", "source/sourceAnnotation")
    return root.tag == "annotation" and any(root.find(mark) is not None for mark in marks)


def lies_aside(file: Path, folder: Path) -> bool:
    """Whether a picture lies where the web tool keeps masks and scribbles, beside ``Annotations``."""
    beside = (file.is_relative_to(folder / name) for name in ("Masks", "Scribbles"))
    return (folder / FOLDER).is_dir() and any(beside)


def xml_files(folder: Path) -> list[Path]:
    """The XML files below a folder, sorted; those of ``Annotations`` where there is one, as in Pascal VOC too."""
    root = folder / FOLDER if (folder / FOLDER).is_dir() else folder
    files = (file for file in sorted(root.rglob("*")) if file.suffix.lower() == ".xml")
    return [file for file in files if not file.name.startswith(".") and file.is_file()]


def read(path: Path, images: ImageIndex, classes: Sequence[str] = ()) -> Annotations:
    """Read one file or every one below a folder; each says that its image is reviewed as a whole.

    Raises:
        AnnotationError: the file, or every file of the folder, cannot be read.
    """
    reading = Reading(images, tuple(classes))
    error: AnnotationError | None = None
    for file in xml_files(path) if path.is_dir() else [path]:
        try:
            _read_file(file, _load(file), reading)
        except AnnotationError as problem:
            if path.is_file():
                raise
            error = error or problem
            reading.losses.add("file-unreadable", problem.message, file)
    if not reading.items and not reading.losses.by_kind().get("image-missing"):
        raise error or AnnotationError(path, expected="XML files of the LabelMe web tool", found="none")
    return reading.annotations()


def _load(file: Path) -> Node:
    node = safe_xml.parse(file)
    if not is_labelme(node):
        raise AnnotationError(file, expected="<annotation> of the LabelMe web tool", found=f"<{node.tag}>")
    return node


def _read_file(file: Path, node: Node, reading: Reading) -> None:
    nodes = list(node.all("object"))
    name, folder = node.value("filename"), node.value("folder")
    names = [f"Images/{folder}/{name}", f"{folder}/{name}"] if name and folder else []
    said = size_from(node.value("imagesize/ncols"), node.value("imagesize/nrows"))
    found = reading.locate([*names, name, file.stem], said, file, "filename", len(nodes))
    if found is None:
        return
    rows = _with_parents(list(_rows(file, nodes, folder, found[1], reading)), nodes)
    others = plain_children(node, _FILE_KNOWN)
    reading.add(found, reading.on_first(rows, FILE, others, file), file)


def _with_parents(rows: list[Row], nodes: Iterable[Node]) -> list[Row]:
    """The rows with their parents, as far as these are there."""
    parents: dict[str, str] = {}
    for node in nodes:
        own, whole = node.value("id"), node.value("parts/ispartof")
        parents |= {part.strip(): own for part in node.value("parts/hasparts").split(",") if part.strip()}
        parents |= {own: whole} if whole else {}
    known = {row.id for row in rows}
    wholes = {part: whole for part, whole in parents.items() if whole in known and whole != part}
    return [replace(row, parent=wholes.get(row.id, "")) for row in rows]


def _rows(file: Path, nodes: Iterable[Node], folder: str, size_wh: SizeWh, reading: Reading) -> Iterator[Row]:
    for n, node in enumerate(nodes):
        place = f"line {node.line}, object[{n}]"
        if node.value("deleted") == "1":
            reading.losses.add("deleted", "an object that is marked as deleted was left out", file, place)
            continue
        try:
            shape, kind = _outline(node, _mask_file(file, folder, node), size_wh)
            row = Row(shape, label_of(node.value("name"), "name"), kind, NO_PARAMS, author=AUTHOR)
        except ShapeError as error:
            reading.bad_shape(error, file, place)
            continue
        if node.find("segm") is not None and kind == Kind.BOX:
            what = f"the mask {node.value('segm/mask')!r} was not found: only its box was read"
            reading.losses.add("mask-missing", what, file, f"{place}.segm.mask")
        row = replace(row, id=node.value("id"), extra=_extra(node))
        inside = reading.inside(row, size_wh, file, place)
        if inside is not None:
            yield inside


def _extra(node: Node) -> dict[str, Any]:
    """What else is said of an object."""
    extra = foreign(plain_children(node, _KNOWN), (), _DEFAULTS)
    for drawn in filter(None, (node.find("polygon"), node.find("segm"))):
        extra |= plain_children(drawn, ("pt", "box", "mask"))
    return {NATIVE: extra} if extra else {}


def _outline(node: Node, mask: Path | None, size_wh: SizeWh) -> tuple[Shape, Kind]:
    polygon, segm = node.find("polygon"), node.find("segm")
    if polygon is not None:
        return _polygon(polygon, is_box=node.value("type") == "bounding_box")
    if segm is None:
        raise ShapeError("no-outline", "neither polygon nor segm")
    if mask is not None:
        return _mask(mask, size_wh), Kind.MASK
    x1, y1, x2, y2 = (number(segm.value(f"box/{tag}"), tag, f"segm.box.{tag}") for tag in _CORNERS)
    return _box(x1, y1, x2, y2), Kind.BOX


def _polygon(node: Node, *, is_box: bool) -> tuple[Shape, Kind]:
    pairs = [(number(pt.value("x"), "x", "polygon"), number(pt.value("y"), "y", "polygon")) for pt in node.all("pt")]
    ring = points(pairs, "polygon", 3 if len(pairs) > 2 else 1)
    if len(ring) == 1:
        return ((ring,),), Kind.POINT
    if len(ring) == 2 and not is_box:
        raise ShapeError("line", "a line covers no area", "polygon")
    if is_box:
        (x1, y1), (x2, y2) = ring.min(0).tolist(), ring.max(0).tolist()
        return _box(x1, y1, x2, y2), Kind.BOX
    return ((ring,),), Kind.POLYGON


def _box(x1: float, y1: float, x2: float, y2: float) -> Shape:
    if x2 <= x1 or y2 <= y1:
        raise ShapeError("box-invalid", f"a box of width {x2 - x1:g} and height {y2 - y1:g}")
    return ((geometry.box_ring(x1, y1, x2, y2),),)


def _mask_file(file: Path, folder: str, node: Node) -> Path | None:
    """Where the mask of an object lies, None where there is none of its name."""
    named = node.value("segm/mask").replace("\\", "/").rsplit("/", 1)[-1]
    if not named:
        return None
    above = next((above for above in file.parents if above.name == FOLDER), file.parent)
    inner = file.parent.relative_to(above)
    places = (above.parent / "Masks" / inner, above.parent / "Masks" / Path(folder).name, file.parent)
    return next((place / named for place in places if (place / named).is_file()), None)


def _mask(file: Path, size_wh: SizeWh) -> Shape:
    """The outline of what is neither transparent nor black."""
    try:
        mask = read_stored(file).pixels != 0
    except ImageError as error:
        raise ShapeError("mask-invalid", f"{file.name}: {error.found}", "segm.mask") from None
    mask = mask.any(2) if mask.ndim == 3 else mask
    if mask.shape != (size_wh[1], size_wh[0]):
        what = f"the mask has {mask.shape[::-1]} pixels, the image {size_wh}"
        raise ShapeError("size-mismatch", what, "segm.mask")
    if not mask.any():
        raise ShapeError("empty-object", "the mask holds no pixel", "segm.mask")
    return tracing.mask_to_shape(mask)
