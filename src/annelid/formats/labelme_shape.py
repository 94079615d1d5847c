"""One shape of a LabelMe file: JSON value <-> Row."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid import geometry, tracing
from annelid.formats import png_text
from annelid.formats.ours import with_exact
from annelid.formats.row import NO_PARAMS, Row
from annelid.formats.values import MAX_COORDINATE
from annelid.geometry import Shape
from annelid.objects import Kind

IGNORE_LABEL = "__ignore__"
AUTHOR = "import:labelme"
_OURS = "annelid"
_DECODED = ("label", "points", "shape_type", "group_id", "score", "mask", _OURS)

Json = Mapping[str, Any]
Points = NDArray[np.float64]
Outline = tuple[Shape, Kind, tuple[float, ...]]


class ShapeError(Exception):
    """A shape that cannot become an object.

    Args:
        kind: code of the loss.
        what: the sentence for the user.
        key: the key of the shape at fault, or "".
    """

    def __init__(self, kind: str, what: str, key: str = "") -> None:
        super().__init__(what)
        self.kind, self.what, self.key = kind, f"{what}: the shape was left out", key


def decode_shape(value: object) -> tuple[Row, str]:
    """A row from one element of ``shapes``, and its group, "" for none.

    Raises:
        ShapeError: the element cannot become an object.
    """
    if not isinstance(value, Mapping):
        raise ShapeError("shape-invalid", f"expected an object, found {type(value).__name__}")
    label = _label(value)
    shape_type = value.get("shape_type") or "polygon"
    decode = _DECODERS.get(shape_type) if isinstance(shape_type, str) else None
    if decode is None:
        kind = "line" if shape_type in ("line", "linestrip") else "shape-type"
        raise ShapeError(kind, f"a shape of type {shape_type!r} covers no area", "shape_type")
    points = _points(value.get("points"))
    shape, kind_of, params = decode(points, value)
    row = Row(shape, label, kind_of, params, score=_score(value.get("score")), author=AUTHOR)
    extra = {"labelme": {key: v for key, v in value.items() if key not in _DECODED}}
    group = value.get("group_id")
    if group is not None:
        extra["labelme"]["group_id"] = group
    row = replace(row, extra=extra, ignore=label == IGNORE_LABEL)
    is_ours = isinstance(value.get(_OURS), Mapping)
    return _restored(row, value, points) if is_ours else row, "" if group is None else str(group)


def _label(value: Json) -> str:
    label = value.get("label")
    if isinstance(label, int | float) and not isinstance(label, bool):
        label = str(label)
    if not isinstance(label, str) or not label.strip():
        raise ShapeError("label-missing", f"expected a class name, found {label!r}", "label")
    return label


def _points(value: object) -> Points:
    try:
        points = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise ShapeError("points-invalid", "expected pairs of numbers", "points") from None
    if points.ndim != 2 or points.shape[1] != 2:
        raise ShapeError("points-invalid", f"expected [[x, y], ...], found shape {points.shape}", "points")
    if not (np.abs(points) <= MAX_COORDINATE).all():
        raise ShapeError("points-invalid", "a coordinate is NaN, infinite or beyond any image", "points")
    return points


def _score(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return math.nan


def _need(points: Points, count: int, what: str) -> None:
    if len(points) < count:
        raise ShapeError("points-invalid", f"{what}: expected at least {count} points, found {len(points)}", "points")


def _polygon(points: Points, _: Json) -> Outline:
    _need(points, 3, "polygon")
    return ((points,),), Kind.POLYGON, NO_PARAMS


def _rectangle(points: Points, _: Json) -> Outline:
    _need(points, 2, "rectangle")
    (x1, y1), (x2, y2) = points.min(0), points.max(0)
    if x1 == x2 or y1 == y2:
        raise ShapeError("points-invalid", "a rectangle without width or height", "points")
    return ((geometry.box_ring(x1, y1, x2, y2),),), Kind.BOX, NO_PARAMS


def _circle(points: Points, _: Json) -> Outline:
    _need(points, 2, "circle")
    (cx, cy), radius = points[0], float(np.hypot(*(points[1] - points[0])))
    if radius == 0:
        raise ShapeError("points-invalid", "a circle of radius 0", "points")
    ring = geometry.ellipse_ring((cx, cy), (radius, radius))
    return ((ring,),), Kind.ELLIPSE, (float(cx), float(cy), radius, radius, 0.0)


def _point(points: Points, _: Json) -> Outline:
    _need(points, 1, "point")
    return ((points[:1],),), Kind.POINT, NO_PARAMS


def _rotation(points: Points, _: Json) -> Outline:
    _need(points, 3, "rotation")
    if len(points) != 4:
        return ((points,),), Kind.POLYGON, NO_PARAMS
    along, across = points[1] - points[0], points[3] - points[0]
    centre = points.mean(0)
    angle = float(np.arctan2(along[1], along[0]))
    params = (float(centre[0]), float(centre[1]), float(np.hypot(*along)), float(np.hypot(*across)), angle)
    return ((points,),), Kind.ROTATED_BOX, params


def _mask(points: Points, value: Json) -> Outline:
    _need(points, 1, "mask")
    x, y = np.round(points.min(0))
    shape = tracing.mask_to_shape(decode_mask(value.get("mask")), (float(x), float(y)))
    if not shape:
        raise ShapeError("mask-invalid", "the mask is empty", "mask")
    return shape, Kind.MASK, NO_PARAMS


_DECODERS: dict[str, Callable[[Points, Json], Outline]] = {
    "polygon": _polygon,
    "quadrilateral": _polygon,
    "rectangle": _rectangle,
    "circle": _circle,
    "point": _point,
    "rotation": _rotation,
    "mask": _mask,
}


def decode_mask(value: object) -> NDArray[np.bool_]:
    """Read a bool (h, w) from a base64 PNG.

    Raises:
        ShapeError: it is not one.
    """
    try:
        pixels = png_text.pixels_of(value)
    except ValueError as error:
        raise ShapeError("mask-invalid", f"{error}", "mask") from None
    return (pixels if pixels.ndim == 2 else pixels[..., :3].max(-1)) > 0


def encode_mask(mask: NDArray[np.bool_]) -> str:
    """Base64 PNG of a bool (h, w), 0 and 1 as LabelMe writes them."""
    return png_text.text_of(mask.astype(np.uint8))


# --- what LabelMe has no key for --------------------------------------------------------------------------


def _restored(row: Row, value: Json, points: Points) -> Row:
    """The row with what `encode_row` kept beside the shape, as far as the shape was not edited since."""
    ours = value[_OURS]
    row = _without_added(row, ours)
    texts = ("id", "author", "origin", "parent")
    row = replace(row, **{key: ours[key] for key in texts if isinstance(ours.get(key), str)})
    if row.ignore and isinstance(ours.get("label"), str):
        row = replace(row, label=ours["label"])
    extra = ours.get("extra")
    if isinstance(extra, Mapping):
        row = replace(row, extra={**row.extra, **extra})
    exact = ours.get("exact")
    if isinstance(exact, Mapping) and ours.get("of") == _fingerprint(points.tolist(), value.get("mask")):
        return with_exact(row, exact)
    return row


def _without_added(row: Row, ours: Json) -> Row:
    """The row without the keys that only `encode_row` put there, unless they were edited since."""
    added = ours.get("added")
    if not isinstance(added, Mapping):
        return row
    keys = {k: v for k, v in row.extra["labelme"].items() if k not in added or v != added[k]}
    return replace(row, extra={} if ours.get("bare") and not keys else {"labelme": keys})


def _fingerprint(points: Sequence[Sequence[float]], mask: object) -> str:
    """Tells whether points or mask were edited: equal numbers and equal pixels give equal text."""
    sha = hashlib.sha256(json.dumps([[float(x), float(y)] for x, y in points]).encode())
    if isinstance(mask, str):
        pixels = decode_mask(mask)
        sha.update(f"{pixels.shape}".encode() + np.packbits(pixels).tobytes())
    return sha.hexdigest()[:16]


def set_group(shape: dict[str, Any], group: object) -> None:
    """Give a shape of `encode_row` a group that its object does not have, which is taken off on reading."""
    shape["group_id"] = group
    shape[_OURS]["added"]["group_id"] = group


def encode_row(row: Row) -> tuple[list[dict[str, Any]], str]:
    """The shapes of one row (one per part, to be given one group), and the code of a loss or ""."""
    shape_type, outlines, mask, loss = _encode_outline(row)
    foreign = dict(row.extra.get("labelme", {}))
    parts = foreign.pop("parts", [])
    defaults: dict[str, Any] = {"description": "", "flags": {}}
    if shape_type == "rotation":
        defaults["direction"] = float(row.params[4] % (2 * math.pi))
    shapes: list[dict[str, Any]] = []
    for number, points in enumerate(outlines):
        keys = parts[number - 1] if 0 < number <= len(parts) else foreign
        added = {key: v for key, v in defaults.items() if key not in keys}
        label = IGNORE_LABEL if row.ignore else row.label
        head = {"label": label, "points": points.tolist(), "group_id": None, "shape_type": shape_type}
        ours = {"added": added, **({"label": row.label} if row.ignore else {})}
        shapes.append({**head, "mask": mask or None, **added, **keys, _OURS: ours})
        if not math.isnan(row.score):
            shapes[-1]["score"] = row.score
    shapes[0][_OURS] |= _ours(row, shape_type, outlines, mask)
    return shapes, loss


_NATURAL = {Kind.BOX: "rectangle", Kind.POINT: "point", Kind.POLYGON: "polygon", Kind.MASK: "mask"}


def _ours(row: Row, shape_type: str, outlines: Sequence[Points], mask: str) -> dict[str, Any]:
    ours: dict[str, Any] = {"id": row.id, "author": row.author, "origin": row.origin, "parent": row.parent}
    others = {key: v for key, v in row.extra.items() if key not in ("labelme", "labelme_file")}
    if others:
        ours["extra"] = others
    if "labelme" not in row.extra:
        ours["bare"] = True
    if _NATURAL.get(row.kind) != shape_type:
        exact = {"kind": int(row.kind), "params": [None if math.isnan(v) else v for v in row.params]}
        ours["exact"] = {**exact, "shape": [[ring.tolist() for ring in part] for part in row.shape]}
        ours["of"] = _fingerprint(outlines[0].tolist(), mask or None)
    return ours


def _encode_outline(row: Row) -> tuple[str, list[Points], str, str]:
    """Shape type, points of each shape, mask or "", code of the loss or ""."""
    if row.kind == Kind.BOX:
        return "rectangle", [row.shape[0][0][[0, 2]]], "", ""
    if row.kind == Kind.POINT:
        return "point", [row.shape[0][0]], "", ""
    if row.kind == Kind.ELLIPSE and row.params[2] == row.params[3]:
        cx, cy, radius = row.params[:3]
        return "circle", [np.array([[cx, cy], [cx + radius, cy]])], "", ""
    if row.kind == Kind.ROTATED_BOX and len(row.shape) == 1 and len(row.shape[0][0]) == 4:
        return "rotation", [row.shape[0][0]], "", ""
    if row.kind == Kind.MASK or any(len(part) > 1 for part in row.shape):
        points, mask = _encode_raster(row.shape)
        return "mask", [points], mask, "" if row.kind == Kind.MASK else "rasterised"
    loss = "ellipse-as-polygon" if row.kind == Kind.ELLIPSE else ""
    return "polygon", [part[0] for part in row.shape], "", loss


def _encode_raster(shape: Shape) -> tuple[Points, str]:
    """The two corner pixels (both inside) and the PNG of a shape."""
    x1, y1, x2, y2 = geometry.shape_box(shape)
    left, top = math.floor(x1), math.floor(y1)
    width, height = max(math.ceil(x2) - left, 1), max(math.ceil(y2) - top, 1)
    mask = geometry.shape_to_mask(shape, (height, width), (left, top))
    points = np.array([[left, top], [left + width - 1, top + height - 1]], np.float64)
    return points, encode_mask(mask)
