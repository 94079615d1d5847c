"""The outline of rows, drawn into an ImageJ ROI."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from roifile import ROI_OPTIONS, ROI_SUBTYPE, ROI_TYPE, ImagejRoi

from annelid import geometry
from annelid.formats.imagej_path import encode_path
from annelid.formats.row import Row
from annelid.geometry import Shape
from annelid.objects import Kind

NATIVE = "imagej"
POINT_CENTRE = 0.5
"""ImageJ counts points from the centre of the first pixel, areas from its corner."""

_INTEGERS = (-5000, 60535)
"""Whole coordinates that fit in a ROI without sub-pixels."""


def draw(rows: Sequence[Row]) -> ImagejRoi:
    """A ROI with the outline of a row, or with the points of several."""
    row = rows[0]
    roi = ImagejRoi()
    if row.kind == Kind.POINT:
        _draw_points(roi, rows)
    elif len(row.shape) > 1 or len(row.shape[0]) > 1:
        _draw_path(roi, row.shape)
    elif (row.kind in (Kind.BOX, Kind.ELLIPSE) and row.params[4] % (math.pi / 2) == 0) or row.kind == Kind.BOX:
        _draw_box(roi, row)
    else:
        _draw_outline(roi, row)
    return roi


def _draw_points(roi: ImagejRoi, rows: Sequence[Row]) -> None:
    roi.roitype = ROI_TYPE.POINT
    _set_coordinates(roi, np.array([row.shape[0][0][0] for row in rows]) - POINT_CENTRE)
    natives = [row.extra.get(NATIVE, {}) for row in rows]
    if all(isinstance(native.get("counter"), int) for native in natives):
        roi.counters = np.array([native["counter"] & 0xFF for native in natives], np.uint8)
        roi.counter_positions = np.array([int(native.get("slice", 0)) & 0xFFFF for native in natives], np.uint32)


def _draw_path(roi: ImagejRoi, shape: Shape) -> None:
    roi.roitype = ROI_TYPE.RECT
    roi.multi_coordinates = encode_path(shape)
    roi.shape_roi_size = len(roi.multi_coordinates)
    _set_bounds(roi, geometry.shape_box(shape))


def _draw_box(roi: ImagejRoi, row: Row) -> None:
    roi.roitype = ROI_TYPE.OVAL if row.kind == Kind.ELLIPSE else ROI_TYPE.RECT
    x1, y1, x2, y2 = geometry.shape_box(row.shape)
    if row.kind == Kind.ELLIPSE:
        cx, cy, rx, ry, angle = row.params
        rx, ry = (ry, rx) if round(angle / (math.pi / 2)) % 2 else (rx, ry)
        x1, y1, x2, y2 = cx - rx, cy - ry, cx + rx, cy + ry
    _set_bounds(roi, (x1, y1, x2, y2))
    if not _are_integers(np.array([x1, y1, x2, y2])):
        roi.options |= ROI_OPTIONS.SUB_PIXEL_RESOLUTION
        roi.xd, roi.yd, roi.widthd, roi.heightd = x1, y1, x2 - x1, y2 - y1


def _draw_outline(roi: ImagejRoi, row: Row) -> None:
    chosen = row.extra.get(NATIVE, {}).get("type", "polygon")
    roi.roitype = {"freehand": ROI_TYPE.FREEHAND, "traced": ROI_TYPE.TRACED}.get(chosen, ROI_TYPE.POLYGON)
    if row.kind == Kind.MASK:
        roi.roitype = ROI_TYPE.TRACED
    if row.kind in (Kind.ELLIPSE, Kind.ROTATED_BOX):
        _draw_axis(roi, row)
    _set_coordinates(roi, row.shape[0][0])


def _draw_axis(roi: ImagejRoi, row: Row) -> None:
    """The long axis, and how wide it is across: ImageJ draws the rest from these."""
    roi.roitype = ROI_TYPE.FREEHAND
    cx, cy, along, across, angle = row.params
    if row.kind == Kind.ELLIPSE:
        roi.subtype = ROI_SUBTYPE.ELLIPSE
        along, across, angle = (across, along, angle + math.pi / 2) if across > along else (along, across, angle)
        half, width = along, across / along
    else:
        roi.subtype = ROI_SUBTYPE.ROTATED_RECT
        half, width = along / 2, across
    dx, dy = half * math.cos(angle), half * math.sin(angle)
    roi.x1, roi.y1, roi.x2, roi.y2 = cx - dx, cy - dy, cx + dx, cy + dy
    fields = struct.unpack(">BBh", struct.pack(">f", width))
    roi.arrow_style_or_aspect_ratio, roi.arrow_head_size, roi.rounded_rect_arc_size = fields


def _set_coordinates(roi: ImagejRoi, points: NDArray[np.float64]) -> None:
    corner, whole = np.floor(points.min(0)), _are_integers(points)
    roi.left, roi.top = int(corner[0]), int(corner[1])
    far = points.max(0) if roi.roitype != ROI_TYPE.POINT else points.max(0) + 1
    roi.right, roi.bottom = int(np.ceil(far[0])), int(np.ceil(far[1]))
    roi.n_coordinates = len(points)
    roi.integer_coordinates = np.round(points - corner).astype(np.int32)
    if not whole:
        roi.options |= ROI_OPTIONS.SUB_PIXEL_RESOLUTION
        roi.subpixel_coordinates = points.astype(np.float32)


def _set_bounds(roi: ImagejRoi, box_xyxy: Sequence[float]) -> None:
    x1, y1, x2, y2 = box_xyxy
    roi.left, roi.top, roi.right, roi.bottom = math.floor(x1), math.floor(y1), math.ceil(x2), math.ceil(y2)


def _are_integers(values: NDArray[np.float64]) -> bool:
    inside = (values >= _INTEGERS[0]).all() and (values <= _INTEGERS[1]).all()
    return bool(inside and (values == np.round(values)).all())
