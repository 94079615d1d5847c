"""One object of a Pascal VOC file: XML element <-> Row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from annelid import geometry
from annelid.formats import jsontext, ours
from annelid.formats.row import NO_PARAMS, Row
from annelid.formats.safe_xml import Node, element, elements, plain_children
from annelid.formats.safe_xml import number as safe_number
from annelid.formats.values import ShapeError, foreign, label_of, number, points
from annelid.formats.voc_match import BOX, NUMBER
from annelid.formats.writing import can_use_params
from annelid.geometry import Shape
from annelid.objects import Kind

AUTHOR = "import:voc"
NATIVE = "voc"
_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_RIDES = "rides"
"""Key of what Annelid keeps: the box is the one that the file had before, and not that of the outline."""
_KNOWN = {"name", "bndbox", "polygon", "robndbox", "type", ours.KEY}
DEFAULTS = {"pose": "Unspecified", "truncated": "0", "difficult": "0", "occluded": "0"}

Box = tuple[float, float, float, float]
Outline = tuple[Shape, Kind, tuple[float, ...]]


def first_pixel(others: Mapping[str, Any]) -> int:
    """1 for files of the PASCAL challenges themselves, else 0.

    Args:
        others: what else than its objects the file says.
    """
    source = others.get("source")
    said = str(source.get("annotation", "")) + str(source.get("database", "")) if isinstance(source, Mapping) else ""
    return int("pascal voc" in said.lower() or "the voc2" in said.lower())


def decode_object(node: Node, first: int) -> tuple[Row, dict[str, Any]]:
    """A row from an ``object`` element as it stands there, and what Annelid kept of it (see `ours.restored`).

    Args:
        node: the element.
        first: number of the first pixel, 0 or 1 (see `annelid.formats.voc`).

    Raises:
        ShapeError: it cannot become an object.
    """
    shape, kind, params = _outline(node, first)
    extra = foreign(plain_children(node, _KNOWN), (), DEFAULTS)
    kept = ours.loads(node.value(ours.KEY))
    if isinstance(kept, dict) and kept.get("difficult") is True and extra.get("difficult") == "1":
        del extra["difficult"]
    label = label_of(node.value("name"), "name")
    row = Row(shape, label, kind, params, author=AUTHOR, extra={NATIVE: extra} if extra else {})
    return row, kept if isinstance(kept, dict) else {}


def with_mask(row: Row, mask: Shape, first: int, kept: Mapping[str, Any]) -> Row:
    """An object of which the file only says the box, outlined by its mask.

    A box that is not that of the mask rides along, except where Annelid wrote it for an outline that it knows.
    """
    box, own = geometry.shape_box(row.shape), geometry.shape_box(mask)
    row = replace(row, shape=mask, kind=Kind.MASK)
    if box == own or (BOX in kept and not kept.get(_RIDES)):
        return row
    texts = {tag: safe_number(v) for tag, v in zip(_CORNERS, _numbered(box, first), strict=True)}
    return replace(row, extra={**row.extra, NATIVE: {**row.extra.get(NATIVE, {}), "bndbox": texts}})


def _numbered(box: Box, first: int) -> Box:
    """The numbers of a box in a file whose first pixel has the number ``first``."""
    return box[0] + first, box[1] + first, box[2], box[3]


def _outline(node: Node, first: int) -> Outline:
    polygon, rotated, box = (node.find(tag) for tag in ("polygon", "robndbox", "bndbox"))
    if polygon is not None and polygon.children:
        return ((_polygon(polygon),),), Kind.POLYGON, NO_PARAMS
    if rotated is not None:
        return _rotated(rotated)
    if box is None:
        raise ShapeError("no-outline", "neither bndbox nor polygon", "")
    x1, y1, x2, y2 = (number(box.value(tag), tag, f"bndbox.{tag}") for tag in _CORNERS)
    x1, y1 = x1 - first, y1 - first
    if x2 <= x1 or y2 <= y1:
        raise ShapeError("box-invalid", f"a box of width {x2 - x1:g} and height {y2 - y1:g}", "bndbox")
    return ((geometry.box_ring(x1, y1, x2, y2),),), Kind.BOX, NO_PARAMS


def _polygon(node: Node) -> geometry.Ring:
    """Points as ``x1 y1 x2 y2 ...``, or as ``pt`` or ``point`` elements with x and y."""
    pairs = [(child.value("x"), child.value("y")) for child in node.children if child.tag in {"pt", "point"}]
    if not pairs:
        values = {child.tag: child.text.strip() for child in node.children}
        count = sum(tag.startswith("x") for tag in values)
        pairs = [(values.get(f"x{n}", ""), values.get(f"y{n}", "")) for n in range(1, count + 1)]
    return points([[number(x, "x", "polygon"), number(y, "y", "polygon")] for x, y in pairs], "polygon")


def _rotated(node: Node) -> Outline:
    cx, cy, w, h, angle = (number(node.value(tag), tag, f"robndbox.{tag}") for tag in ("cx", "cy", "w", "h", "angle"))
    if w <= 0 or h <= 0:
        raise ShapeError("box-invalid", f"a box of width {w:g} and height {h:g}", "robndbox")
    params = (cx, cy, w, h, angle)
    return ((geometry.rotated_box_ring(*params),),), Kind.ROTATED_BOX, params


def encode_row(row: Row, first: int, number: int = 0, mask: Shape | None = None) -> tuple[Node, str]:
    """The ``object`` element of a row, and the code of a loss or "".

    Args:
        row: the object.
        first: number of the first pixel.
        number: the number of its mask.
        mask: what can be seen of it in ``SegmentationObject``, None where nothing can.

    Raises:
        ShapeError: VOC has nothing for it; `ShapeError.kind` is the code of the loss.
    """
    if row.kind == Kind.POINT:
        raise ShapeError("point", "VOC has no points")
    box = geometry.shape_box(row.shape)
    if not all(map(math.isfinite, box)) or box[0] >= box[2] or box[1] >= box[3]:
        raise ShapeError("empty-object", "nothing to draw")
    outline, loss = _encode_outline(row, has_mask=mask is not None)
    keys = {**DEFAULTS, **row.extra.get(NATIVE, {})}
    if row.ignore and "difficult" not in row.extra.get(NATIVE, {}):
        keys["difficult"] = "1"
    rides = _riding(keys.pop("bndbox", None)) if mask and row.kind == Kind.MASK else {}
    corners = rides or dict(zip(_CORNERS, map(safe_number, _numbered(box, first)), strict=True))
    frame = element("bndbox", "", *(element(tag, corners[tag]) for tag in _CORNERS))
    node = element("object", "", element("name", row.label), *elements(keys), frame, *outline)
    kept = _kept(row, node, first, {NUMBER: number} if mask else {}, mask, rides=bool(rides))
    if row.ignore and "difficult" not in row.extra.get(NATIVE, {}):
        kept["difficult"] = True
    if kept:
        node.children.append(element(ours.KEY, jsontext.dump(kept)))
    return node, loss


def _kept(row: Row, node: Node, first: int, kept: dict[str, Any], mask: Shape | None, *, rides: bool) -> dict[str, Any]:
    """What Annelid keeps of an object whose element is written so far."""
    as_read, _ = decode_object(node, first)
    if mask is not None and as_read.kind == Kind.BOX:
        kept |= {BOX: list(geometry.shape_box(as_read.shape))} | ({_RIDES: True} if rides else {})
        as_read = with_mask(as_read, mask, first, kept)
    return kept | ours.kept(row, as_read, NATIVE)


def _riding(value: object) -> dict[str, str]:
    """The box that the file had before, where it is one."""
    if not isinstance(value, Mapping) or not all(isinstance(value.get(tag), str) for tag in _CORNERS):
        return {}
    return {tag: value[tag] for tag in _CORNERS}


def _encode_outline(row: Row, *, has_mask: bool) -> tuple[list[Node], str]:
    """What stands beside the box, and the code of the loss."""
    if row.kind == Kind.BOX:
        return [], ""
    if row.kind == Kind.ROTATED_BOX and can_use_params(row):
        tags = zip(("cx", "cy", "w", "h", "angle"), row.params, strict=True)
        return [element("robndbox", "", *(element(tag, v) for tag, v in tags))], "box-only"
    if has_mask and row.kind == Kind.MASK:
        return [], ""
    if len(row.shape) > 1 or len(row.shape[0]) > 1 or len(row.shape[0][0]) < 3 or row.kind == Kind.MASK:
        return [], "rasterised" if has_mask else "box-only"
    ring = row.shape[0][0]
    xy = [element(f"{axis}{n}", v) for n, point in enumerate(ring, 1) for axis, v in zip("xy", point, strict=True)]
    names = {Kind.ELLIPSE: "ellipse-as-polygon", Kind.ROTATED_BOX: "rotated-as-polygon"}
    return [element("polygon", "", *xy)], names.get(row.kind, "")
