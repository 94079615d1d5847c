"""One annotation of a Darwin file: JSON value <-> Row."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from annelid import geometry
from annelid.formats import ours, rle
from annelid.formats.even_odd import even_odd_shape
from annelid.formats.row import NO_PARAMS, Row
from annelid.formats.values import ShapeError, foreign, label_of, number, points
from annelid.formats.writing import can_use_params, has_score
from annelid.geometry import Ring, Shape, signed_area
from annelid.objects import Kind

AUTHOR = "import:darwin"
NATIVE = "darwin"
RASTER = "raster_layer"
_KNOWN = ("id", "name", "slot_names", "polygon", "complex_polygon", "ellipse", "keypoint", "mask", "bounding_box")
_DEFAULTS: dict[str, Any] = {"properties": []}
_NO_OBJECT = {
    "tag": ("image-tag", "a tag belongs to the whole image"),
    "line": ("line", "a line covers no area"),
    "skeleton": ("shape-type", "a skeleton is no outline"),
    "eye": ("shape-type", "an eye is no outline"),
    "cuboid": ("shape-type", "a cuboid is no outline on the image"),
}
_IDS = uuid.UUID("6f0c1c4e-4c5b-5d1b-9a54-0d3c8f8f6b1e")
"""What ids are made from that are none of V7's."""

Json = Mapping[str, Any]
Outline = tuple[Shape, Kind, tuple[float, ...]]
Windows = Mapping[str, rle.Window]


@dataclass(frozen=True)
class Decoded:
    """What an annotation says.

    Attributes:
        row: the object.
        changes: code and sentence of each thing about it that could not stay as it was.
    """

    row: Row
    changes: tuple[tuple[str, str], ...] = ()


def decode_annotation(value: Json, masks: Windows) -> Decoded:
    """The object that an annotation stands for.

    Args:
        value: the annotation, of Darwin JSON 1.0 or 2.0.
        masks: id of each mask annotation of the image -> its pixels.

    Raises:
        ShapeError: it cannot become an object.
    """
    label = label_of(value.get("name"), "name")
    changes: list[tuple[str, str]] = []
    shape, kind, params = _outline(value, masks, changes)
    score, rest = _inference(value)
    extra = foreign(value, (*_KNOWN, "inference", ours.KEY), _DEFAULTS) | rest
    name = value.get("id") if isinstance(value.get("id"), str) else ""
    row = Row(shape, label, kind, params, score, AUTHOR, str(name), extra={NATIVE: extra} if extra else {})
    return Decoded(ours.restored(row, value.get(ours.KEY)), tuple(changes))


def _inference(value: Json) -> tuple[float, dict[str, Any]]:
    """The confidence of a model, and what else is said of the inference."""
    if "inference" not in value:
        return math.nan, {}
    said = value["inference"]
    found = said.get("confidence") if isinstance(said, Mapping) else None
    if not isinstance(found, int | float) or isinstance(found, bool) or not abs(found) < math.inf:
        return math.nan, {"inference": said}
    rest = {key: v for key, v in said.items() if key != "confidence"}
    return float(found), {"inference": rest} if rest else {}


def _outline(value: Json, masks: Windows, changes: list[tuple[str, str]]) -> Outline:
    """A box beside another outline only says where that lies."""
    for key in ("polygon", "complex_polygon"):
        if key in value:
            return _polygon(value[key], key, changes)
    if "mask" in value:
        return _mask(value, masks)
    for key, decode in _DECODERS.items():
        if key in value and (key != "bounding_box" or not _NO_OBJECT.keys() & value.keys()):
            return decode(_mapping(value[key], key))
    kind, what = next((loss for key, loss in _NO_OBJECT.items() if key in value), ("shape-type", ""))
    raise ShapeError(kind, what or f"an annotation with the keys {', '.join(map(str, list(value)[:9]))} is no outline")


def _mapping(value: object, key: str) -> Json:
    if not isinstance(value, Mapping):
        raise ShapeError("outline-invalid", f"expected an object, found {type(value).__name__}", key)
    return value


def _numbers(value: Json, place: str, *keys: str) -> list[float]:
    return [number(value.get(key), key, f"{place}.{key}") for key in keys]


def _box(value: Json) -> Outline:
    x, y, w, h = _numbers(value, "bounding_box", "x", "y", "w", "h")
    if w <= 0 or h <= 0:
        raise ShapeError("box-invalid", f"a box of width {w:g} and height {h:g}", "bounding_box")
    return ((geometry.box_ring(x, y, x + w, y + h),),), Kind.BOX, NO_PARAMS


def _ellipse(value: Json) -> Outline:
    centre, radius = (_mapping(value.get(key), f"ellipse.{key}") for key in ("center", "radius"))
    (cx, cy), (rx, ry) = _numbers(centre, "ellipse.center", "x", "y"), _numbers(radius, "ellipse.radius", "x", "y")
    angle = number(value.get("angle") or 0.0, "angle", "ellipse.angle")
    if rx <= 0 or ry <= 0:
        raise ShapeError("outline-invalid", f"an ellipse of radii {rx:g} and {ry:g}", "ellipse.radius")
    return ((geometry.ellipse_ring((cx, cy), (rx, ry), angle),),), Kind.ELLIPSE, (cx, cy, rx, ry, angle)


def _keypoint(value: Json) -> Outline:
    return ((np.array([_numbers(value, "keypoint", "x", "y")]),),), Kind.POINT, NO_PARAMS


_DECODERS: dict[str, Callable[[Json], Outline]] = {"ellipse": _ellipse, "keypoint": _keypoint, "bounding_box": _box}


def _mask(value: Json, masks: Windows) -> Outline:
    window = masks.get(str(value.get("id")))
    if window is None:
        raise ShapeError("mask-missing", "no raster layer has the pixels of this mask", "mask")
    if not window[0].size:
        raise ShapeError("empty-object", "the mask holds no pixel", "mask")
    return rle.trace([window])[0], Kind.MASK, NO_PARAMS


def _polygon(value: object, key: str, changes: list[tuple[str, str]]) -> Outline:
    """Paths that are filled even-odd: one inside another is a hole, one beside another a part."""
    paths = _paths(_mapping(value, key), key)
    rings = [_ring(path, f"{key}.paths[{n}]") for n, path in enumerate(paths) if len(paths) == 1 or _is_long(path)]
    rings = rings if len(rings) == 1 else [ring for ring in rings if signed_area(ring)]
    if len(rings) < len(paths):
        what = f"{len(paths) - len(rings)} of {len(paths)} paths of a polygon cover no area: they were left out"
        changes.append(("path-empty", what))
    if not rings:
        raise ShapeError("outline-invalid", "no path covers an area", key)
    shape, is_redrawn = even_odd_shape(rings)
    if not shape:
        changes.append(("redrawn", "the paths of a polygon cancel each other: each was taken for a part"))
        shape = tuple((ring,) for ring in rings)
    elif is_redrawn:
        changes.append(("redrawn", "paths of a polygon cross: what they cover together was drawn anew"))
    return shape, Kind.POLYGON, NO_PARAMS


def _paths(value: Json, key: str) -> list[Any]:
    """The paths of a polygon, under whichever of the keys they were in the course of time."""
    found = value.get("paths", value.get("path"))
    more = value.get("additional_paths") or []
    if not isinstance(found, list) or not isinstance(more, list):
        raise ShapeError("outline-invalid", "expected a list of paths", key)
    return [*(found if found and isinstance(found[0], list) else [found]), *more]


def _is_long(path: object) -> bool:
    return not isinstance(path, list) or len(path) >= 3


def _ring(path: object, key: str) -> Ring:
    if not isinstance(path, list):
        raise ShapeError("outline-invalid", "expected a list of points", key)
    return points([[point.get("x"), point.get("y")] if isinstance(point, Mapping) else None for point in path], key)


# --- writing ----------------------------------------------------------------------------------------------


def encode_row(row: Row, mask: rle.Window | None = None) -> tuple[dict[str, Any], str]:
    """The annotation of a row, without its slot, and the code of a loss or "".

    Args:
        row: the object.
        mask: its pixels, where they go into the raster layer.

    Raises:
        ShapeError: there is nothing to draw.
    """
    name = annotation_id(row.id)
    drawn, loss = ({"mask": {}}, "") if mask else _encode_outline(row)
    keys = dict(row.extra.get(NATIVE, {}))
    inference = keys.pop("inference", None)
    if has_score(row):
        keys["inference"] = {**(inference if isinstance(inference, Mapping) else {}), "confidence": row.score}
    elif inference is not None:
        keys["inference"] = inference
    value: dict[str, Any] = {"id": name, "name": row.label, **drawn, **_DEFAULTS, **keys}
    kept = ours.kept(row, decode_annotation(value, {name: mask} if mask else {}).row, NATIVE)
    return ({**value, ours.KEY: kept} if kept else value), loss


def annotation_id(name: str) -> str:
    """An id as V7 wants it: its own, or one made from another."""
    try:
        uuid.UUID(name)
    except ValueError:
        return str(uuid.uuid5(_IDS, name))
    return name


def _encode_outline(row: Row) -> tuple[dict[str, Any], str]:
    x1, y1, x2, y2 = geometry.shape_box(row.shape)
    box = {"bounding_box": {"h": y2 - y1, "w": x2 - x1, "x": x1, "y": y1}}
    ring = row.shape[0][0]
    if row.kind == Kind.BOX:
        return box, ""
    if row.kind == Kind.POINT:
        return {"keypoint": _point(ring[0])}, ""
    if row.kind == Kind.ELLIPSE and can_use_params(row):
        cx, cy, rx, ry, angle = row.params
        return {"ellipse": {"angle": angle, "center": {"x": cx, "y": cy}, "radius": {"x": rx, "y": ry}}}, ""
    if len(ring) < 3:
        raise ShapeError("empty-object", "fewer than three points")
    names = {Kind.MASK: "mask-as-polygon", Kind.ELLIPSE: "ellipse-as-polygon", Kind.ROTATED_BOX: "rotated-as-polygon"}
    paths = [[_point(point) for point in ring] for part in _beside_each_other(row.shape) for ring in part]
    return {**box, "polygon": {"paths": paths}}, names.get(row.kind, "")


def _point(xy: Ring) -> dict[str, float]:
    return {"x": float(xy[0]), "y": float(xy[1])}


def _beside_each_other(shape: Shape) -> Shape:
    """The shape, united where its parts overlap: what two paths share would be a hole."""
    if len(shape) == 1:
        return shape
    boxes = np.array([geometry.shape_box((part,)) for part in shape])
    apart = [
        (boxes[:n, 2:] <= boxes[n, :2]).any(1) | (boxes[:n, :2] >= boxes[n, 2:]).any(1) for n in range(1, len(boxes))
    ]
    if all(row.all() for row in apart):
        return shape
    import shapely

    pieces = [shapely.union_all([geometry.faces_even_odd(part)]) for part in shape]
    united = shapely.union_all(pieces)
    is_alike = math.isclose(united.area, sum(piece.area for piece in pieces), rel_tol=1e-12)
    return shape if is_alike else geometry.shape_from_shapely(united)
