"""One shape of a CVAT XML file: element <-> Row."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from annelid import geometry
from annelid.formats import jsontext, ours, rle
from annelid.formats.row import NO_PARAMS, Row
from annelid.formats.safe_xml import Node, element
from annelid.formats.safe_xml import number as written
from annelid.formats.values import ShapeError, foreign, label_of, number, points
from annelid.formats.writing import can_use_params, degrees
from annelid.geometry import Ring, Shape
from annelid.objects import Kind

AUTHOR = "import:cvat"
NATIVE = "cvat"
DEFAULTS = {"occluded": "0", "z_order": "0", "source": "manual"}
_GEOMETRY = {
    "box": ("xtl", "ytl", "xbr", "ybr", "rotation"),
    "polygon": ("points",),
    "points": ("points",),
    "mask": ("rle", "left", "top", "width", "height"),
    "ellipse": ("cx", "cy", "rx", "ry", "rotation"),
}
_NO_OBJECT = {
    "polyline": ("line", "a polyline covers no area"),
    "cuboid": ("shape-type", "a cuboid is no outline on the image"),
    "skeleton": ("shape-type", "a skeleton is no outline"),
    "tag": ("image-tag", "a tag belongs to the whole image"),
}

Outline = tuple[Shape, Kind, tuple[float, ...]]
Attributes = Mapping[str, str]


def is_shape(node: Node) -> bool:
    """Whether an element stands for something that was drawn, known or not."""
    return node.tag != "attribute"


def decode_shape(node: Node, label: str = "") -> tuple[list[Row], str]:
    """The rows of an element, several for several points, and their group, "" for none.

    Args:
        node: the element.
        label: class of the track that it is on.

    Raises:
        ShapeError: it cannot become an object.
    """
    if node.tag in _NO_OBJECT:
        raise ShapeError(*_NO_OBJECT[node.tag])
    if node.tag not in _GEOMETRY:
        raise ShapeError("shape-type", f"<{node.tag}> is no shape that is known")
    found = node.attributes
    label = label_of(label or found.get("label"), "label")
    kept = ours.loads(found.get(ours.KEY, ""))
    added = kept.get("group") if isinstance(kept, dict) else None
    extra: dict[str, Any] = foreign(found, ("label", ours.KEY, *_GEOMETRY[node.tag]), DEFAULTS)
    group = str(extra.get("group_id", "0"))
    if group in {"0", added}:
        extra.pop("group_id", None)
    fields = {a.attributes.get("name", ""): a.text.strip() for a in node.all("attribute")}
    extra |= {"attributes": fields} if fields else {}
    rows = [
        ours.restored(Row(*_columns(outline, label), author=AUTHOR, extra={NATIVE: extra} if extra else {}), kept)
        for outline in _outlines(node.tag, found)
    ]
    return rows, "" if group == "0" else group


def _columns(outline: Outline, label: str) -> tuple[Shape, str, Kind, tuple[float, ...]]:
    shape, kind, params = outline
    return shape, label, kind, params


def _outlines(tag: str, found: Attributes) -> list[Outline]:
    if tag == "points":
        return [(((point[None],),), Kind.POINT, NO_PARAMS) for point in _points(found, 1)]
    return [_DECODERS[tag](found)]


def _points(found: Attributes, least: int) -> Ring:
    pairs = [pair.split(",") for pair in found.get("points", "").split(";") if pair.strip()]
    return points([[number(v, "a coordinate", "points") for v in pair] for pair in pairs], "points", least)


def _numbers(found: Attributes, *keys: str) -> list[float]:
    return [number(found.get(key), key, key) for key in keys]


def _angle(found: Attributes) -> float:
    return math.radians(number(found.get("rotation") or 0, "rotation", "rotation"))


def _box(found: Attributes) -> Outline:
    x1, y1, x2, y2 = _numbers(found, "xtl", "ytl", "xbr", "ybr")
    if x2 <= x1 or y2 <= y1:
        raise ShapeError("box-invalid", f"a box of width {x2 - x1:g} and height {y2 - y1:g}")
    angle = _angle(found)
    if angle == 0:
        return ((geometry.box_ring(x1, y1, x2, y2),),), Kind.BOX, NO_PARAMS
    params = ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, angle)
    return ((geometry.rotated_box_ring(*params),),), Kind.ROTATED_BOX, params


def _polygon(found: Attributes) -> Outline:
    return ((_points(found, 3),),), Kind.POLYGON, NO_PARAMS


def _ellipse(found: Attributes) -> Outline:
    cx, cy, rx, ry = _numbers(found, "cx", "cy", "rx", "ry")
    if rx <= 0 or ry <= 0:
        raise ShapeError("outline-invalid", f"an ellipse of radii {rx:g} and {ry:g}", "rx")
    angle = _angle(found)
    return ((geometry.ellipse_ring((cx, cy), (rx, ry), angle),),), Kind.ELLIPSE, (cx, cy, rx, ry, angle)


def _mask(found: Attributes) -> Outline:
    """Runs along the rows of the box, background first: those of COCO for the picture on its side."""
    left, top, width, height = (int(v) for v in _numbers(found, "left", "top", "width", "height"))
    try:
        runs = np.array([int(v) for v in found.get("rle", "").split(",")], np.int64)
        turned, (y, x) = rle.decode(runs, (width, height))
    except (ValueError, OverflowError) as error:
        raise ShapeError("outline-invalid", f"{error}", "rle") from None
    if width < 1 or height < 1 or not turned.size:
        raise ShapeError("empty-object", "the mask holds no pixel", "rle")
    return rle.trace([(turned.T, (left + x, top + y))])[0], Kind.MASK, NO_PARAMS


_DECODERS: dict[str, Callable[[Attributes], Outline]] = {
    "box": _box,
    "polygon": _polygon,
    "ellipse": _ellipse,
    "mask": _mask,
}


# --- writing ----------------------------------------------------------------------------------------------


def encode_row(row: Row, size_wh: tuple[int, int], group: str = "") -> tuple[Node, str]:
    """The element of a row of one part (or of a mask), and the code of a loss or "".

    Args:
        row: the object.
        size_wh: width and height of the image.
        group: a group that the object does not have of its own, to be forgotten on reading.

    Raises:
        ShapeError: there is nothing to draw.
    """
    tag, values, loss = _encode_outline(row, size_wh)
    keys = dict(row.extra.get(NATIVE, {}))
    fields = keys.pop("attributes", {})
    keys = {**DEFAULTS, **{key: str(v) for key, v in keys.items()}} | ({"group_id": group} if group else {})
    below = [element("attribute", str(v), name=str(name)) for name, v in fields.items()]
    node = Node(tag, 0, {"label": row.label, **keys, **values}, children=below)
    as_read = decode_shape(node)[0][0]
    if group:
        foreign_keys = {key: v for key, v in as_read.extra.get(NATIVE, {}).items() if key != "group_id"}
        as_read = replace(as_read, extra={NATIVE: foreign_keys} if foreign_keys else {})
    kept = ours.kept(row, as_read, NATIVE) | ({"group": group} if group else {})
    if kept:
        node.attributes[ours.KEY] = jsontext.dump(kept)
    return node, loss


def needs_mask(row: Row) -> bool:
    """Whether CVAT can say an outline as a mask only."""
    return row.kind == Kind.MASK or any(len(part) > 1 for part in row.shape)


def _encode_outline(row: Row, size_wh: tuple[int, int]) -> tuple[str, dict[str, str], str]:
    """Tag, its attributes and the code of the loss."""
    exact = can_use_params(row)
    if row.kind == Kind.BOX:
        return "box", _texts(_GEOMETRY["box"], geometry.shape_box(row.shape)), ""
    if row.kind == Kind.POINT:
        return "points", {"points": _text(row.shape[0][0][:1])}, ""
    if row.kind == Kind.ELLIPSE and exact:
        return "ellipse", _texts(_GEOMETRY["ellipse"], (*row.params[:4], degrees(row.params[4]))), ""
    if row.kind == Kind.ROTATED_BOX and exact:
        cx, cy, w, h, angle = row.params
        corners = (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2)
        return "box", _texts(_GEOMETRY["box"], (*(round(v, 9) for v in corners), degrees(angle))), ""
    if needs_mask(row):
        return "mask", _raster(row.shape, size_wh), "" if row.kind == Kind.MASK else "rasterised"
    if len(row.shape[0][0]) < 3:
        raise ShapeError("empty-object", "fewer than three points")
    names = {Kind.ELLIPSE: "ellipse-as-polygon", Kind.ROTATED_BOX: "rotated-as-polygon"}
    return "polygon", {"points": _text(row.shape[0][0])}, names.get(row.kind, "")


def _texts(keys: tuple[str, ...], values: tuple[float, ...]) -> dict[str, str]:
    return {key: written(value) for key, value in zip(keys, values, strict=False)}


def _text(ring: Ring) -> str:
    return ";".join(f"{written(x)},{written(y)}" for x, y in ring)


def _raster(shape: Shape, size_wh: tuple[int, int]) -> dict[str, str]:
    mask, (x1, y1) = geometry.window_mask(shape, size_wh)
    if not mask.size:
        raise ShapeError("empty-object", "outside the image")
    h, w = mask.shape
    if not mask.any():
        raise ShapeError("empty-object", "covers the centre of no pixel")
    runs = rle.encode(mask.T, (0, 0), (h, w))
    box = {"left": str(x1), "top": str(y1), "width": str(w), "height": str(h)}
    return {"rle": ", ".join(map(str, runs.tolist())), **box}
