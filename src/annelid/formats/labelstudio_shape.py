"""One result of a Label Studio annotation: JSON value <-> Row."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from annelid import geometry
from annelid.formats import labelstudio_rle, ours, png_text, rle
from annelid.formats.row import NO_PARAMS, Row
from annelid.formats.values import ShapeError, SizeWh, foreign, label_of, number, points, size_from
from annelid.formats.writing import can_use_params, degrees
from annelid.geometry import Shape
from annelid.objects import Kind

AUTHOR = "import:labelstudio"
NATIVE = "labelstudio"
DEFAULTS = {"from_name": "label", "to_name": "image", "image_rotation": 0, "origin": "manual"}
_KNOWN = ("id", "type", "value", "original_width", "original_height", "score", "parentID", ours.KEY)
_MASKS = ("brush", "bitmask", "magicwand")
"""What draws a mask, a brush before all others."""
_VALUE_DEFAULTS = {"rotation": 0, "closed": True, "format": "rle"}
_KEYPOINT_WIDTH = 0.2
_PICTURES = ("imageDataURL", "maskDataURL")
"""Keys of a mask as a PNG: a bitmask's own, and that of brush strokes which are not packed yet."""
_BOXES = ("x", "y", "width", "height", "rotation", "radiusX", "radiusY")
_GEOMETRY = (*_BOXES, "points", "vertices", "closed", "rle", "format", *_PICTURES)
_DIGITS = 9
"""Decimals of a pixel that a percentage is rounded to, so that reading and writing go on without drift."""

Json = Mapping[str, Any]
Outline = tuple[Shape, Kind, tuple[float, ...]]


def shape_type(value: Json) -> str:
    """``rectangle``, ``polygon`` ... of a result; "" when it draws nothing that is known."""
    name = value.get("type")
    base = name.lower().removesuffix("labels") if isinstance(name, str) else ""
    return base if base in _DECODERS or base in _MASKS else ""


def labels_in(value: Json) -> list[Any]:
    """The class names of a result, whichever key they are under."""
    inside = value.get("value")
    keys = [key for key in inside if str(key).endswith("labels")] if isinstance(inside, Mapping) else []
    found = inside[keys[0]] if keys and isinstance(inside, Mapping) else []
    return found if isinstance(found, list) else [found]


def decode_result(value: Json, size_wh: SizeWh, others: Sequence[Json] = (), author: str = AUTHOR) -> Row:
    """A row from a result that draws something.

    Args:
        value: the result.
        size_wh: size of the image, which percentages are of.
        others: further results about the same region (text, choices, ratings).
        author: who made the annotation.

    Raises:
        ShapeError: it cannot become an object.
    """
    drawn = value.get("value")
    if not isinstance(drawn, Mapping):
        raise ShapeError("outline-invalid", "expected an object", "value")
    labels = labels_in(value) or [label for other in others for label in labels_in(other)]
    shape, kind, params = _outline(value, drawn, size_wh)
    row = Row(shape, label_of(labels[0] if labels else None, "value"), kind, params, author=author)
    keys = {key: value[key] for key in ("id", "parentID") if isinstance(value.get(key), str)}
    score = value.get("score")
    valid = isinstance(score, int | float) and not isinstance(score, bool) and math.isfinite(score)
    extra = _extra(value, drawn, labels, others)
    row = replace(row, id=keys.get("id", ""), parent=keys.get("parentID", ""), extra=extra)
    row = replace(row, score=float(score)) if valid and score is not None else row
    return ours.restored(row, value.get(ours.KEY))


def _extra(value: Json, drawn: Json, labels: Sequence[Any], others: Sequence[Json]) -> dict[str, Any]:
    extra = foreign(value, _KNOWN, DEFAULTS)
    point = shape_type(value) == "keypoint"
    skipped = [key for key in _GEOMETRY if not (point and key == "width" and drawn.get(key) != _KEYPOINT_WIDTH)]
    inside = {k: v for k, v in foreign(drawn, skipped, _VALUE_DEFAULTS).items() if not str(k).endswith("labels")}
    inside |= {} if drawn.get("closed", True) is True else {"closed": drawn["closed"]}
    extra |= {"value": inside} if inside else {}
    extra |= {"type": kind} if (kind := shape_type(value)) in _MASKS[1:] else {}
    extra |= {"labels": list(labels[1:])} if len(labels) > 1 else {}
    extra |= {"with": [dict(other) for other in others]} if others else {}
    return {NATIVE: extra} if extra else {}


def _outline(value: Json, drawn: Json, size_wh: SizeWh) -> Outline:
    """The outline on the picture as it is stored: ``image_rotation`` only says how it was turned on the screen."""
    kind = shape_type(value)
    return _mask(value, drawn, size_wh) if kind in _MASKS else _DECODERS[kind](drawn, size_wh)


def _pixels(drawn: Json, size_wh: SizeWh, *keys: str) -> list[float]:
    """Percentages as pixels: keys that speak of x or width are of the image's width."""
    lengths = [size_wh[0] if key in {"x", "width", "radiusX"} else size_wh[1] for key in keys]
    values = [number(drawn.get(key), key, f"value.{key}") for key in keys]
    return [round(v * length / 100, _DIGITS) for v, length in zip(values, lengths, strict=True)]


def _angle(drawn: Json) -> float:
    return math.radians(number(drawn.get("rotation") or 0, "rotation", "value.rotation"))


def _rectangle(drawn: Json, size_wh: SizeWh) -> Outline:
    x, y, w, h = _pixels(drawn, size_wh, "x", "y", "width", "height")
    if w <= 0 or h <= 0:
        raise ShapeError("box-invalid", f"a box of width {w:g} and height {h:g}", "value")
    angle = _angle(drawn)
    if angle % (2 * math.pi) == 0:
        x2, y2 = round(x + w, _DIGITS), round(y + h, _DIGITS)
        return ((geometry.box_ring(x, y, x2, y2),),), Kind.BOX, NO_PARAMS
    dx, dy = _turn(w / 2, h / 2, angle)
    params = (round(x + dx, _DIGITS), round(y + dy, _DIGITS), w, h, angle)
    return ((geometry.rotated_box_ring(*params),),), Kind.ROTATED_BOX, params


def _turn(x: float, y: float, angle: float) -> tuple[float, float]:
    cos, sin = math.cos(angle), math.sin(angle)
    return x * cos - y * sin, x * sin + y * cos


def _polygon(drawn: Json, size_wh: SizeWh) -> Outline:
    found = points(drawn.get("points"), "value.points")
    return ((np.round(found * size_wh / 100, _DIGITS),),), Kind.POLYGON, NO_PARAMS


def _vector(drawn: Json, size_wh: SizeWh) -> Outline:
    """A path of straight lines, one point after another, that is closed."""
    vertices = drawn.get("vertices")
    if drawn.get("closed") is not True:
        raise ShapeError("line", "a path that is not closed covers no area", "value.closed")
    if not isinstance(vertices, list) or not all(isinstance(v, Mapping) for v in vertices):
        raise ShapeError("outline-invalid", "expected a list of points", "value.vertices")
    before = [None, *(v.get("id") for v in vertices[:-1])]
    branches = any(v.get("prevPointId") not in (None, id_) for v, id_ in zip(vertices, before, strict=True))
    if branches or any(v.get("isBezier") for v in vertices):
        raise ShapeError("curve", "a path with curves or branches is no polygon", "value.vertices")
    pairs = [[v.get("x"), v.get("y")] for v in vertices]
    return _polygon({"points": pairs}, size_wh)


def _ellipse(drawn: Json, size_wh: SizeWh) -> Outline:
    cx, cy, rx, ry = _pixels(drawn, size_wh, "x", "y", "radiusX", "radiusY")
    if rx <= 0 or ry <= 0:
        raise ShapeError("outline-invalid", f"an ellipse of radii {rx:g} and {ry:g}", "value")
    angle = _angle(drawn)
    return ((geometry.ellipse_ring((cx, cy), (rx, ry), angle),),), Kind.ELLIPSE, (cx, cy, rx, ry, angle)


def _keypoint(drawn: Json, size_wh: SizeWh) -> Outline:
    return ((np.array([_pixels(drawn, size_wh, "x", "y")]),),), Kind.POINT, NO_PARAMS


def _mask(value: Json, drawn: Json, size_wh: SizeWh) -> Outline:
    """A mask as packed runs or as a PNG, of the size that the result says."""
    picture = next((key for key in _PICTURES if drawn.get(key) and not drawn.get("rle")), "")
    key = picture or "rle"
    try:
        if picture:
            window, said = _window(drawn[picture])
        else:
            said = size_from(value.get("original_width"), value.get("original_height")) or size_wh
            window = labelstudio_rle.decode(_runs(drawn.get("rle")), said)
    except (ValueError, TypeError, OverflowError) as error:
        raise ShapeError("outline-invalid", str(error), f"value.{key}") from None
    if not window[0].any():
        raise ShapeError("empty-object", "the mask holds no pixel", f"value.{key}")
    shape = rle.trace([window])[0]
    if said == size_wh:
        return shape, Kind.MASK, NO_PARAMS
    scale = (size_wh[0] / said[0], size_wh[1] / said[1])
    return geometry.move_shape(shape, scale_xy=scale), Kind.POLYGON, NO_PARAMS


def _runs(value: object) -> list[int]:
    if not isinstance(value, list):
        raise ValueError(f"expected a list of bytes, found {type(value).__name__}")  # noqa: TRY004 - as for its content
    return value


def _window(picture: object) -> tuple[rle.Window, SizeWh]:
    """The pixels of a PNG that are not transparent, or not black where it knows no transparency, and its size."""
    pixels = png_text.pixels_of(picture)
    if pixels.ndim == 3:
        pixels = pixels[..., -1] if pixels.shape[2] in (2, 4) else pixels.max(2)
    return (pixels > 0, (0, 0)), (pixels.shape[1], pixels.shape[0])


_DECODERS: dict[str, Callable[[Json, SizeWh], Outline]] = {
    "rectangle": _rectangle,
    "polygon": _polygon,
    "ellipse": _ellipse,
    "keypoint": _keypoint,
    "vector": _vector,
}


# --- writing ----------------------------------------------------------------------------------------------


def encode_row(row: Row, size_wh: SizeWh, author: str = AUTHOR) -> tuple[list[dict[str, Any]], str]:
    """The result of a row, with those about the same region, and the code of a loss or "".

    Args:
        row: the object.
        size_wh: width and height of the image.
        author: the author that a reader will give.

    Raises:
        ShapeError: there is nothing to draw.
    """
    keys = dict(row.extra.get(NATIVE, {}))
    name, drawn, loss = _encode_outline(row, size_wh, str(keys.pop("type", "")))
    inside, labels, others = keys.pop("value", {}), keys.pop("labels", []), keys.pop("with", [])
    labelled = any(labels_in(other) for other in others)
    value: dict[str, Any] = {
        "id": row.id,
        "type": name if labelled else f"{name}labels",
        "value": {**drawn, **inside, **({} if labelled else {f"{name}labels": [row.label, *labels]})},
        **DEFAULTS,
        **keys,
        "original_width": size_wh[0],
        "original_height": size_wh[1],
    }
    value |= {"parentID": row.parent} if row.parent else {}
    value |= {} if math.isnan(row.score) else {"score": row.score}
    as_read = decode_result(value, size_wh, others, author)
    kept = ours.kept(row, as_read, NATIVE)
    return [{**value, ours.KEY: kept} if kept else value, *others], loss


def _encode_outline(row: Row, size_wh: SizeWh, tool: str) -> tuple[str, dict[str, Any], str]:
    """Type, what of ``value`` is drawn, and the code of the loss; a mask is drawn by the tool that drew it before."""
    x1, y1, x2, y2 = geometry.shape_box(row.shape)
    exact = can_use_params(row)
    ring = row.shape[0][0]
    if row.kind == Kind.BOX:
        return "rectangle", {**_percent(size_wh, x=x1, y=y1, width=x2 - x1, height=y2 - y1), "rotation": 0}, ""
    if row.kind == Kind.POINT:
        x, y = ring[0].tolist()
        return "keypoint", {**_percent(size_wh, x=x, y=y), "width": _KEYPOINT_WIDTH}, ""
    if row.kind in (Kind.ELLIPSE, Kind.ROTATED_BOX) and exact:
        return _encode_params(row, size_wh)
    if row.kind == Kind.MASK or len(row.shape) > 1 or len(row.shape[0]) > 1:
        name = tool if tool in _MASKS else _MASKS[0]
        return name, _raster(row.shape, size_wh, name), "" if row.kind == Kind.MASK else "rasterised"
    if len(ring) < 3:
        raise ShapeError("empty-object", "fewer than three points")
    names = {Kind.ELLIPSE: "ellipse-as-polygon", Kind.ROTATED_BOX: "rotated-as-polygon"}
    return "polygon", {"points": (ring / size_wh * 100).tolist(), "closed": True}, names.get(row.kind, "")


def _encode_params(row: Row, size_wh: SizeWh) -> tuple[str, dict[str, Any], str]:
    cx, cy, a, b, angle = row.params
    turned = degrees(angle)
    if row.kind == Kind.ELLIPSE:
        return "ellipse", {**_percent(size_wh, x=cx, y=cy, radiusX=a, radiusY=b), "rotation": turned}, ""
    dx, dy = _turn(a / 2, b / 2, math.radians(turned))
    return "rectangle", {**_percent(size_wh, x=cx - dx, y=cy - dy, width=a, height=b), "rotation": turned}, ""


def _percent(size_wh: SizeWh, **values: float) -> dict[str, float]:
    lengths = {key: size_wh[0] if key in {"x", "width", "radiusX"} else size_wh[1] for key in values}
    return {key: v / lengths[key] * 100 for key, v in values.items()}


def _raster(shape: Shape, size_wh: SizeWh, tool: str) -> dict[str, Any]:
    mask, corner_xy = geometry.window_mask(shape, size_wh)
    if not mask.size:
        raise ShapeError("empty-object", "outside the image")
    if not mask.any():
        raise ShapeError("empty-object", "covers the centre of no pixel")
    if tool != "bitmask":
        return {"format": "rle", "rle": labelstudio_rle.encode(mask, corner_xy, size_wh)}
    (x, y), (h, w) = corner_xy, mask.shape
    pixels = np.zeros((size_wh[1], size_wh[0], 4), np.uint8)  # black on transparent, as Label Studio has it
    pixels[y : y + h, x : x + w, 3][mask] = 255
    return {"imageDataURL": f"data:image/png;base64,{png_text.text_of(pixels)}"}
