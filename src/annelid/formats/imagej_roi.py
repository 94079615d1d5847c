"""One ImageJ ROI <-> the rows that it holds: one, or one for each of several points."""

from __future__ import annotations

import math
import re
import struct
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from roifile import ROI_OPTIONS, ROI_SUBTYPE, ROI_TYPE, ImagejRoi

from annelid import geometry
from annelid.formats import ours, values
from annelid.formats.cellpose_outlines import filled
from annelid.formats.imagej_draw import NATIVE, POINT_CENTRE, draw
from annelid.formats.imagej_fields import CLASS_KEY, join_props, read_fields, split_props, write_fields
from annelid.formats.imagej_path import decode_path, is_along_pixels
from annelid.formats.row import NO_PARAMS, Row
from annelid.formats.values import ShapeError
from annelid.geometry import Ring, Shape
from annelid.objects import Kind

AUTHOR = "import:imagej"
UNCLASSIFIED = "object"

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOST_PIXELS = 2**28
_LINES = (ROI_TYPE.LINE, ROI_TYPE.FREELINE, ROI_TYPE.POLYLINE, ROI_TYPE.ANGLE)
_OUTLINES = (ROI_TYPE.POLYGON, ROI_TYPE.FREEHAND, ROI_TYPE.TRACED)
_NAMESPACE = uuid.UUID("a17e11d0-0000-4000-8000-000000000001")
_UNREADABLE = (ValueError, TypeError, IndexError, OverflowError, AssertionError, MemoryError, struct.error)
_AS_FLOAT32 = 4e-7
"""A coordinate of 1 may move so much when it is written."""

Outline = tuple[Shape, Kind, tuple[float, ...]]


# --- reading ----------------------------------------------------------------------------------------------

_OFF_PX, _OFF_SHARE = 2.0, 0.05
"""How far the points of an ellipse may lie from where its axes say, in pixels and as a share of its length."""


def decode_roi(data: bytes, name: str, unclassified: str) -> tuple[list[Row], list[ShapeError]]:
    """The rows of a ROI: one, or one for each of several points.

    Args:
        data: content of a ``.roi`` file.
        name: its name where it does not say one itself.
        unclassified: the label where nothing says a class.

    Returns:
        The rows, and what was lost of the ROI.

    Raises:
        ShapeError: it is no ROI, or covers nothing.
    """
    roi = _parse(data)
    lost: list[ShapeError] = []
    outlines = _outlines(roi, lost)
    if _is_cut(data):
        error = ShapeError("roi-cut", "a name or properties that are cut off")
        error.what = "the name or properties of a ROI are cut off: its class may be lost"
        lost.append(error)
    found, own, rest = split_props(roi.props)
    roi.name = roi.name or name
    native = read_fields(roi, styled=roi.subtype not in (ROI_SUBTYPE.ELLIPSE, ROI_SUBTYPE.ROTATED_RECT))
    native |= {"props": rest} if rest.strip() else {}
    if roi.roitype in (ROI_TYPE.FREEHAND, ROI_TYPE.TRACED) and outlines[0][1] == Kind.POLYGON:
        native["type"] = roi.roitype.name.lower()
    rows = _labelled([Row(s, "", k, p, author=AUTHOR) for s, k, p in outlines], roi, found, unclassified, native)
    each = own.get("points") if isinstance(own, Mapping) else None
    several = each if isinstance(each, list) and len(each) == len(rows) else [own] * len(rows)
    return [_restored(row, kept) for row, kept in zip(rows, several, strict=True)], lost


def _parse(data: bytes) -> ImagejRoi:
    if len(data) < 64 or data[:4] != b"Iout":
        raise ShapeError("roi-invalid", f"expected an ImageJ ROI, found {len(data)} bytes that begin {data[:8]!r}")
    if data[6] > ROI_TYPE.POINT:
        raise ShapeError("shape-type", f"a ROI of the unknown type {data[6]}")
    try:
        return ImagejRoi.frombytes(data)
    except _UNREADABLE as error:
        raise ShapeError("roi-invalid", f"expected a whole ImageJ ROI, found {error}") from None


def _is_cut(data: bytes) -> bool:
    """Whether name or properties, of which the second header tells, lie beyond the end."""
    header = int.from_bytes(data[60:64], "big", signed=True)
    if header <= 0 or header + 52 >= len(data):
        return header != 0
    ends = []
    for at in (16, 40):
        start, length = struct.unpack(">ii", data[header + at : header + at + 8])
        ends.append(start + 2 * length if start > 0 and length > 0 else 0)
    return max(ends) > len(data)


def _restored(row: Row, kept: object) -> Row:
    """The row with Annelid's own, and without a name that Annelid made up."""
    if isinstance(kept, Mapping) and kept.get("name") == row.extra.get(NATIVE, {}).get("name"):
        native = {k: v for k, v in row.extra.get(NATIVE, {}).items() if k != "name"}
        row = replace(row, extra={NATIVE: native} if native else {})
    return ours.restored(row, kept)


def _labelled(
    rows: list[Row], roi: ImagejRoi, found: tuple[str, str], unclassified: str, native: dict[str, Any]
) -> list[Row]:
    """Class by property, then by group, then by the counter of a point; and the ids of points of one ROI."""
    counters, slices = roi.counters, roi.counter_positions
    counted = counters is not None and len(counters) == len(rows) and bool(counters.any())
    if found[0] and found[0] != CLASS_KEY:
        native["class_key"] = found[0]
    label = found[1] or (f"group {roi.group}" if roi.group else "")
    if not label and not counted:
        label = native["unclassified"] = unclassified
    first = str(uuid.uuid4()) if len(rows) > 1 else ""
    labelled = []
    for n, row in enumerate(rows):
        own = dict(native)
        if roi.roitype == ROI_TYPE.POINT and counters is not None and slices is not None and len(counters) == len(rows):
            own |= {"counter": int(counters[n]), "slice": int(slices[n])}
        own |= {"multipoint": first} if first else {}
        name = str(uuid.uuid5(_NAMESPACE, f"{first}/{n}")) if first else ""
        text = label or f"counter {own['counter']}"
        labelled.append(replace(row, label=text, id=name, extra={NATIVE: own} if own else {}))
    return labelled


def _outlines(roi: ImagejRoi, lost: list[ShapeError]) -> list[Outline]:
    if roi.subtype in (ROI_SUBTYPE.TEXT, ROI_SUBTYPE.IMAGE):
        kind = "text" if roi.subtype == ROI_SUBTYPE.TEXT else "image"
        raise ShapeError(kind, f"a ROI that holds {'a text' if kind == 'text' else 'an image'}, not an outline")
    if roi.roitype in _LINES:
        raise ShapeError("line", f"a ROI of type {roi.roitype.name.lower()} covers no area")
    if roi.roitype not in _DECODERS:
        raise ShapeError("shape-type", "a ROI without an outline")
    with np.errstate(invalid="ignore"):  # of signalling NaN: refused below
        outlines = _DECODERS[roi.roitype](roi, lost)
    for shape, _, params in outlines:
        values = np.concatenate([ring.ravel() for part in shape for ring in part])
        if not np.isfinite(values).all() or np.isinf(params).any() or np.isnan(params).any() != np.isnan(params).all():
            raise ShapeError("outline-invalid", "a coordinate is NaN or infinite")
    return outlines


def _coordinates(roi: ImagejRoi, least: int) -> Ring:
    if roi.subpixel_coordinates is not None:
        return values.points(roi.subpixel_coordinates, "", least)
    if roi.integer_coordinates is None:
        raise ShapeError("outline-invalid", f"expected at least {least} points, found none")
    return values.points(roi.integer_coordinates + np.array([roi.left, roi.top]), "", least)


def _box(roi: ImagejRoi) -> tuple[float, float, float, float]:
    if roi.subpixelrect:
        x, y, width, height = roi.xd, roi.yd, roi.widthd, roi.heightd
    else:
        x, y, width, height = roi.left, roi.top, roi.right - roi.left, roi.bottom - roi.top
    if not (width > 0 and height > 0):
        raise ShapeError("outline-invalid", "a rectangle without width or height")
    return float(x), float(y), float(width), float(height)


def _rectangle(roi: ImagejRoi, lost: list[ShapeError]) -> list[Outline]:
    if roi.composite and roi.multi_coordinates is not None:
        shape, flat = decode_path(roi.multi_coordinates)
        if flat:
            error = ShapeError("line", f"{flat} pieces of a composite ROI")
            error.what = f"{flat} pieces of a composite ROI cover no area and were left out"
            lost.append(error)
        return [(shape, Kind.MASK if is_along_pixels(shape) else Kind.POLYGON, NO_PARAMS)]
    x, y, width, height = _box(roi)
    if roi.rounded_rect_arc_size > 0:
        error = ShapeError("corners", "rounded corners")
        error.what = "the rounded corners of a rectangle were taken as square"
        lost.append(error)
    return [(((geometry.box_ring(x, y, x + width, y + height),),), Kind.BOX, NO_PARAMS)]


def _oval(roi: ImagejRoi, _: list[ShapeError]) -> list[Outline]:
    x, y, width, height = _box(roi)
    centre, radii = (x + width / 2, y + height / 2), (width / 2, height / 2)
    return [(((geometry.ellipse_ring(centre, radii),),), Kind.ELLIPSE, (*centre, *radii, 0.0))]


def _outline(roi: ImagejRoi, lost: list[ShapeError]) -> list[Outline]:
    ring = _coordinates(roi, 3)
    if roi.options & ROI_OPTIONS.SPLINE_FIT:
        error = ShapeError("spline", "a spline")
        error.what = "a curve through points was taken as straight lines between them"
        lost.append(error)
    centre = ((roi.x1 + roi.x2) / 2, (roi.y1 + roi.y2) / 2)
    length, angle = math.hypot(roi.x2 - roi.x1, roi.y2 - roi.y1), math.atan2(roi.y2 - roi.y1, roi.x2 - roi.x1)
    width = _style_as_float(roi)
    if roi.subtype == ROI_SUBTYPE.ELLIPSE and length > 0 and 0 < width <= 1:
        radii = (length / 2, length * width / 2)
        if _fits(ring, geometry.ellipse_ring(centre, radii, angle), lost):
            return [(((ring,),), Kind.ELLIPSE, (*centre, *radii, angle))]
    if roi.subtype == ROI_SUBTYPE.ROTATED_RECT and len(ring) == 4 and length > 0 and width > 0:
        if _fits(ring, geometry.rotated_box_ring(*centre, length, width, angle), lost):
            return [(((ring,),), Kind.ROTATED_BOX, (*centre, length, width, angle))]
        return [(((ring,),), Kind.POLYGON, NO_PARAMS)]
    if _is_through_centres(roi, ring):
        return [_filled(ring, lost)]
    is_mask = roi.roitype == ROI_TYPE.TRACED and is_along_pixels(((ring,),))
    return [(((ring,),), Kind.MASK if is_mask else Kind.POLYGON, NO_PARAMS)]


def _fits(ring: Ring, other: Ring, lost: list[ShapeError]) -> bool:
    """Whether the points of a ROI lie where its axes say, which are two words for one thing."""
    box, said = ((points.min(0), points.max(0)) for points in (ring, other))
    off = float(np.abs(np.subtract(box, said)).max())
    if off <= max(_OFF_PX, _OFF_SHARE * float(np.ptp(ring, 0).max())):
        return True
    error = ShapeError("axes-differ", "axes that do not fit the points")
    error.what = "the axes of an ellipse or a rotated rectangle do not fit its points: only these were taken"
    lost.append(error)
    return False


def _is_through_centres(roi: ImagejRoi, ring: Ring) -> bool:
    """Whether a ROI is of Cellpose, by the name of roifile's making, and goes on from pixel to pixel."""
    if roi.roitype != ROI_TYPE.FREEHAND or roi.subpixel_coordinates is not None or not _UUID.fullmatch(roi.name):
        return False
    steps = np.abs(np.roll(ring, -1, 0) - ring).max(1)
    return bool((steps == 1).all()) and float(np.prod(np.ptp(ring, 0))) < _MOST_PIXELS


def _filled(ring: Ring, lost: list[ShapeError]) -> Outline:
    """The pixels that Cellpose's outline runs through, and those that it encloses."""
    pixels = ring.astype(np.int64)
    corner = pixels.min(0)
    outline = filled(pixels - corner, tuple(np.ptp(pixels, 0) + 1))
    if isinstance(outline, ShapeError):
        raise outline
    error = ShapeError("outline-through-centres", "an outline through the centres of pixels")
    error.what = "an outline of Cellpose's, through the centres of pixels, was filled with these pixels"
    lost.append(error)
    return geometry.move_shape(outline[0], tuple(corner.astype(float))), outline[1], NO_PARAMS


def _points(roi: ImagejRoi, _: list[ShapeError]) -> list[Outline]:
    points = _coordinates(roi, 1) + POINT_CENTRE
    return [(((points[n : n + 1],),), Kind.POINT, NO_PARAMS) for n in range(len(points))]


_DECODERS: dict[ROI_TYPE, Callable[[ImagejRoi, list[ShapeError]], list[Outline]]] = {
    ROI_TYPE.RECT: _rectangle,
    ROI_TYPE.OVAL: _oval,
    ROI_TYPE.POLYGON: _outline,
    ROI_TYPE.FREEHAND: _outline,
    ROI_TYPE.TRACED: _outline,
    ROI_TYPE.POINT: _points,
}


def _style_as_float(roi: ImagejRoi) -> float:
    """The aspect of an ellipse or width of a rotated rectangle: four bytes that else are the style of an arrow."""
    fields = (roi.arrow_style_or_aspect_ratio, roi.arrow_head_size, roi.rounded_rect_arc_size)
    value: float = struct.unpack(">f", struct.pack(">BBh", *fields))[0]
    return value


# --- writing ----------------------------------------------------------------------------------------------


def encode_roi(rows: Sequence[Row], name: str, plane: Mapping[str, int]) -> bytes:
    """The ROI of a row, or of the points that belong together.

    Args:
        rows: one row, or points.
        name: the ROI's name where the row has none of its own.
        plane: fields of the ROI for the plane that the rows lie on, {} for the first one.

    Raises:
        ShapeError: there is nothing to draw.
    """
    first = rows[0]
    native = first.extra.get(NATIVE, {})
    roi = draw(rows)
    styled = roi.subtype == ROI_SUBTYPE.UNDEFINED
    write_fields(roi, {"name": name, **plane, **native}, styled=styled)
    labels = {row.label for row in rows}
    class_key = (
        "" if len(labels) > 1 or first.label == _label_without_key(native) else native.get("class_key", CLASS_KEY)
    )
    rest = str(native.get("props", ""))
    roi.props = join_props(rest, class_key, first.label, {})
    made_up = {} if "name" in native else {"name": name}
    own = _kept(rows, roi.tobytes(), made_up)
    roi.props = join_props(rest, class_key, first.label, own)
    return roi.tobytes()


def _label_without_key(native: Mapping[str, Any]) -> str:
    """The class that a reader finds where no property says it."""
    if native.get("group"):
        return f"group {native['group']}"
    if native.get("counter") is not None and "unclassified" not in native:
        return f"counter {native['counter']}"
    return str(native.get("unclassified", ""))


def _kept(rows: Sequence[Row], data: bytes, made_up: Mapping[str, Any]) -> dict[str, Any]:
    as_read = decode_roi(data, "", UNCLASSIFIED)[0]
    each = []
    for row, again in zip(rows, as_read, strict=True):
        again = _restored(again, made_up)
        near = _is_near(row, again)
        same = replace(row, shape=again.shape, params=again.params) if near else row
        each.append({**ours.kept_with_native(same, again, NATIVE), **made_up})
    return {"points": each} if len(each) > 1 else each[0]


def _is_near(row: Row, again: Row) -> bool:
    """Whether outlines differ by no more than the numbers of a ROI do."""
    a, b = ([ring for part in r.shape for ring in part] for r in (row, again))
    if [len(part) for part in row.shape] != [len(part) for part in again.shape] or row.kind != again.kind:
        return False
    if any(p.shape != q.shape or not np.allclose(p, q, rtol=_AS_FLOAT32, atol=1e-6) for p, q in zip(a, b, strict=True)):
        return False
    return bool(np.allclose(row.params, again.params, rtol=4 * _AS_FLOAT32, atol=1e-5, equal_nan=True))
