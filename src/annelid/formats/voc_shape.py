"""One object of a Pascal VOC file: XML element <-> Row."""

from __future__ import annotations

import math

from annelid import geometry
from annelid.formats import jsontext, ours
from annelid.formats.reading import ShapeError, foreign, label_of, number, points
from annelid.formats.row import NO_PARAMS, Row
from annelid.formats.safe_xml import Node, element, elements, plain_children
from annelid.formats.writing import can_use_params
from annelid.geometry import Shape
from annelid.objects import Kind

AUTHOR = "import:voc"
NATIVE = "voc"
_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_KNOWN = {"name", "bndbox", "polygon", "robndbox", "type", ours.KEY}
DEFAULTS = {"pose": "Unspecified", "truncated": "0", "difficult": "0", "occluded": "0"}

Outline = tuple[Shape, Kind, tuple[float, ...]]


def decode_object(node: Node, first: int) -> Row:
    """A row from an ``object`` element.

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
    return ours.restored(row, kept)


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


def encode_row(row: Row, first: int) -> tuple[Node, str]:
    """The ``object`` element of a row, and the code of a loss or "".

    Raises:
        ShapeError: VOC has nothing for it; `ShapeError.kind` is the code of the loss.
    """
    if row.kind == Kind.POINT:
        raise ShapeError("point", "VOC has no points")
    x1, y1, x2, y2 = geometry.shape_box(row.shape)
    if not all(map(math.isfinite, (x1, y1, x2, y2))) or x1 >= x2 or y1 >= y2:
        raise ShapeError("empty-object", "nothing to draw")
    outline, loss = _encode_outline(row)
    keys = {**DEFAULTS, **row.extra.get(NATIVE, {})}
    if row.ignore and "difficult" not in row.extra.get(NATIVE, {}):
        keys["difficult"] = "1"
    corners = zip(_CORNERS, (x1 + first, y1 + first, x2, y2), strict=True)
    box = element("bndbox", "", *(element(tag, v) for tag, v in corners))
    node = element("object", "", element("name", row.label), *elements(keys), box, *outline)
    kept = ours.kept(row, decode_object(node, first), NATIVE)
    if row.ignore and "difficult" not in row.extra.get(NATIVE, {}):
        kept["difficult"] = True
    if kept:
        node.children.append(element(ours.KEY, jsontext.dump(kept)))
    return node, loss


def _encode_outline(row: Row) -> tuple[list[Node], str]:
    """What stands beside the box, and the code of the loss."""
    if row.kind == Kind.BOX:
        return [], ""
    if row.kind == Kind.ROTATED_BOX and can_use_params(row):
        tags = zip(("cx", "cy", "w", "h", "angle"), row.params, strict=True)
        return [element("robndbox", "", *(element(tag, v) for tag, v in tags))], ""
    if len(row.shape) > 1 or len(row.shape[0][0]) < 3:
        return [], "box-only"
    ring = row.shape[0][0]
    xy = [element(f"{axis}{n}", v) for n, point in enumerate(ring, 1) for axis, v in zip("xy", point, strict=True)]
    holes = "holes-filled" if len(row.shape[0]) > 1 else ""
    names = {Kind.MASK: "mask-as-polygon", Kind.ELLIPSE: "ellipse-as-polygon", Kind.ROTATED_BOX: "rotated-as-polygon"}
    return [element("polygon", "", *xy)], holes or names.get(row.kind, "")
