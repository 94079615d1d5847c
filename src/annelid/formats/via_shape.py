"""One region of a VGG VIA file: JSON value <-> Row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from annelid import geometry
from annelid.formats import ours
from annelid.formats.row import NO_PARAMS, Row
from annelid.formats.values import ShapeError, foreign, number, points
from annelid.formats.writing import can_use_params
from annelid.geometry import Ring, Shape
from annelid.objects import Kind

AUTHOR = "import:via"
NATIVE = "via"
_CLASS_NAMES = ("label", "class", "type", "name", "category", "species")

Json = Mapping[str, Any]
Outline = tuple[Shape, Kind, tuple[float, ...]]


def class_attribute(regions: Sequence[Json]) -> str:
    """The region attribute that holds the class, "" where there is none.

    It is the one called label, class, type, name, category or species, in this order and in whatever capitals;
    else, where all regions together have one attribute, that one.
    """
    names: dict[str, None] = {}
    for region in regions:
        attributes = region.get("region_attributes")
        names.update(dict.fromkeys(map(str, attributes) if isinstance(attributes, Mapping) else ()))
    by_name = {name.strip().casefold(): name for name in reversed(names)}
    only = next(iter(names)) if len(names) == 1 else ""
    return next((by_name[name] for name in _CLASS_NAMES if name in by_name), only)


def chosen(value: object) -> object:
    """The value of an attribute: of checkboxes the one that is ticked."""
    if isinstance(value, Mapping):
        ticked = [key for key, v in value.items() if v in (True, "true", "1", 1)]
        return ticked[0] if len(ticked) == 1 else None
    return value


def decode_region(value: Json, label: str, attribute: str) -> tuple[Row, str]:
    """A row from a region, and the group of its parts, "" for none.

    Args:
        value: the region.
        label: its class.
        attribute: the region attribute that the class is in.

    Raises:
        ShapeError: it cannot become an object.
    """
    drawn = value.get("shape_attributes")
    if not isinstance(drawn, Mapping):
        raise ShapeError("outline-invalid", "expected an object", "shape_attributes")
    name = drawn.get("name")
    if name in ("polyline", "line"):
        raise ShapeError("line", "a line covers no area", "shape_attributes")
    decode = _DECODERS.get(name) if isinstance(name, str) else None
    if decode is None:
        raise ShapeError("shape-type", f"a region of type {name!r:.40} is not known", "shape_attributes.name")
    shape, kind, params = decode(drawn)
    row = Row(shape, label, kind, params, author=AUTHOR, extra=_extra(value, drawn, attribute))
    kept = value.get(ours.KEY)
    group = kept.get("group") if isinstance(kept, Mapping) else None
    return ours.restored(row, kept), group if isinstance(group, str) else ""


def _extra(value: Json, drawn: Json, attribute: str) -> dict[str, Any]:
    """Attributes that are not the class, the attribute's name where it is not ours, and unknown keys."""
    fields = value.get("region_attributes")
    others = {k: v for k, v in fields.items() if k != attribute} if isinstance(fields, Mapping) else {}
    shape_keys = foreign(drawn, ("name", *_KEYS), {})
    extra = foreign(value, ("shape_attributes", "region_attributes", ours.KEY), {})
    extra |= {"attributes": others} if others else {}
    extra |= {"class_attribute": attribute} if attribute != "label" else {}
    extra |= {"shape": shape_keys} if shape_keys else {}
    return {NATIVE: extra} if extra else {}


_KEYS = ("x", "y", "width", "height", "cx", "cy", "r", "rx", "ry", "theta", "all_points_x", "all_points_y")


def _numbers(drawn: Json, *keys: str) -> list[float]:
    return [number(drawn.get(key), key, f"shape_attributes.{key}") for key in keys]


def _rect(drawn: Json) -> Outline:
    x, y, w, h = _numbers(drawn, "x", "y", "width", "height")
    if w <= 0 or h <= 0:
        raise ShapeError("box-invalid", f"a box of width {w:g} and height {h:g}", "shape_attributes")
    return ((geometry.box_ring(x, y, x + w, y + h),),), Kind.BOX, NO_PARAMS


def _ellipse(drawn: Json) -> Outline:
    cx, cy = _numbers(drawn, "cx", "cy")
    rx, ry = _numbers(drawn, "rx", "ry") if drawn.get("name") == "ellipse" else _numbers(drawn, "r", "r")
    angle = number(drawn.get("theta") or 0.0, "theta", "shape_attributes.theta")
    if rx <= 0 or ry <= 0:
        raise ShapeError("outline-invalid", f"an ellipse of radii {rx:g} and {ry:g}", "shape_attributes")
    return ((geometry.ellipse_ring((cx, cy), (rx, ry), angle),),), Kind.ELLIPSE, (cx, cy, rx, ry, angle)


def _polygon(drawn: Json) -> Outline:
    xs, ys = drawn.get("all_points_x"), drawn.get("all_points_y")
    if not isinstance(xs, list) or not isinstance(ys, list) or len(xs) != len(ys):
        raise ShapeError("outline-invalid", "expected as many x as y", "shape_attributes.all_points_x")
    return ((points(list(zip(xs, ys, strict=True)), "shape_attributes.all_points_x"),),), Kind.POLYGON, NO_PARAMS


def _point(drawn: Json) -> Outline:
    return ((np.array([_numbers(drawn, "cx", "cy")]),),), Kind.POINT, NO_PARAMS


_DECODERS: dict[str, Callable[[Json], Outline]] = {
    "rect": _rect,
    "circle": _ellipse,
    "ellipse": _ellipse,
    "polygon": _polygon,
    "point": _point,
}


# --- writing ----------------------------------------------------------------------------------------------


def encode_row(row: Row, attribute: str, group: str = "") -> tuple[dict[str, Any], str]:
    """The region of a row of one part, and the code of a loss or "".

    Args:
        row: the object, or one part of it.
        attribute: the region attribute that classes go into.
        group: what tells that several regions are the parts of one object.

    Raises:
        ShapeError: there is nothing to draw.
    """
    keys = dict(row.extra.get(NATIVE, {}))
    fields, shape_keys = keys.pop("attributes", {}), keys.pop("shape", {})
    keys.pop("class_attribute", None)
    drawn, loss = _encode_outline(row)
    value: dict[str, Any] = {
        "shape_attributes": {**drawn, **shape_keys},
        "region_attributes": {attribute: row.label, **fields},
        **keys,
    }
    as_read, _ = decode_region(value, row.label, attribute)
    kept = ours.kept(row, as_read, NATIVE) | ({"group": group} if group else {})
    return ({**value, ours.KEY: kept} if kept else value), loss


def _encode_outline(row: Row) -> tuple[dict[str, Any], str]:
    exact = can_use_params(row)
    ring = row.shape[0][0]
    if row.kind == Kind.BOX:
        x1, y1, x2, y2 = geometry.shape_box(row.shape)
        return {"name": "rect", "x": x1, "y": y1, "width": x2 - x1, "height": y2 - y1}, ""
    if row.kind == Kind.POINT:
        return {"name": "point", "cx": float(ring[0, 0]), "cy": float(ring[0, 1])}, ""
    if row.kind == Kind.ELLIPSE and exact:
        cx, cy, rx, ry, theta = row.params
        if rx == ry and theta == 0:
            return {"name": "circle", "cx": cx, "cy": cy, "r": rx}, ""
        return {"name": "ellipse", "cx": cx, "cy": cy, "rx": rx, "ry": ry, "theta": theta}, ""
    if len(ring) < 3:
        raise ShapeError("empty-object", "fewer than three points")
    names = {Kind.MASK: "mask-as-polygon", Kind.ELLIPSE: "ellipse-as-polygon", Kind.ROTATED_BOX: "rotated-as-polygon"}
    loss = "holes-filled" if len(row.shape[0]) > 1 else names.get(row.kind, "")
    return _drawn_polygon(ring), loss


def _drawn_polygon(ring: Ring) -> dict[str, Any]:
    return {"name": "polygon", "all_points_x": ring[:, 0].tolist(), "all_points_y": ring[:, 1].tolist()}
