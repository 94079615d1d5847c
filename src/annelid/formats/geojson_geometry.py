"""A GeoJSON geometry <-> outlines: rings are closed there and open here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from annelid import geometry
from annelid.formats import values
from annelid.formats.row import NO_PARAMS, Row
from annelid.formats.values import ShapeError
from annelid.geometry import Part, Ring, Shape
from annelid.objects import Kind

Outline = tuple[Shape, Kind, tuple[float, ...]]
UNDERSTOOD = ("type", "coordinates", "geometries", "isEllipse")

_LINES = ("LineString", "MultiLineString")
_DEEPEST = 20
_ELLIPSE_VERTICES = 96


def decode_geometry(value: object, key: str, lost: list[ShapeError]) -> list[Outline]:
    """The outlines of a geometry: one, or one for each of several points.

    Args:
        value: the JSON value.
        key: where it stands, for losses.
        lost: gets what cannot be an object.
    """
    parts: list[Part] = []
    points: list[Ring] = []
    try:
        for kind, coordinates, place in _simple(value, key, lost, 0):
            _DECODERS[kind](coordinates, place, parts, points, lost)
    except ShapeError as error:
        lost.append(error)
    if not parts:
        return [(((point,),), Kind.POINT, NO_PARAMS) for point in points]
    if points:
        lost.append(ShapeError("point", f"{len(points)} points beside areas in one geometry", key))
    if isinstance(value, Mapping) and value.get("isEllipse") is True and len(parts) == 1:
        return [_ellipse(parts[0][0])]
    return [(tuple(parts), Kind.POLYGON, NO_PARAMS)]


def _simple(value: object, key: str, lost: list[ShapeError], depth: int) -> Iterator[tuple[str, object, str]]:
    """Type, coordinates and place of each geometry in a geometry."""
    if not isinstance(value, Mapping):
        found = "nothing" if value is None else type(value).__name__
        raise ShapeError("geometry-missing", f"expected a geometry, found {found}", key)
    kind = value.get("type")
    if kind == "GeometryCollection" and isinstance(value.get("geometries"), list) and depth < _DEEPEST:
        for n, inner in enumerate(value["geometries"]):
            yield from _simple(inner, f"{key}.geometries[{n}]", lost, depth + 1)
    elif kind in _LINES:
        lost.append(ShapeError("line", f"a {kind} covers no area", f"{key}.type"))
    elif isinstance(kind, str) and kind in _DECODERS:
        yield kind, value.get("coordinates"), f"{key}.coordinates"
    else:
        raise ShapeError("geometry-type", f"expected a polygon or points, found {kind!r:.60}", f"{key}.type")


def _polygon(value: object, key: str, parts: list[Part], _: list[Ring], lost: list[ShapeError]) -> None:
    if not isinstance(value, list) or not value:
        raise ShapeError("outline-invalid", "expected a list of rings", key)
    rings = [_ring(value[0], f"{key}[0]", lost)]
    for n, hole in enumerate(value[1:], 1):
        try:
            rings += _inside(_ring(hole, f"{key}[{n}]", lost), rings[0], f"{key}[{n}]", lost)
        except ShapeError as error:
            error.kind, error.what = "hole-invalid", f"{error}: the hole was filled"
            lost.append(error)
    parts.append(tuple(rings))


def _inside(hole: Ring, outline: Ring, key: str, lost: list[ShapeError]) -> list[Ring]:
    """What of a hole lies inside its outline: the rest would be filled where holes and outlines count alike."""
    if (hole.min(0) >= outline.min(0)).all() and (hole.max(0) <= outline.max(0)).all():
        return [hole]
    error = ShapeError("hole-outside", "a hole reaches out of its outline", key)
    error.what = f"{error}: only what of it lies inside was cut out"
    lost.append(error)
    return [part[0] for part in geometry.intersect_shapes(((hole,),), [((outline,),)])]


def _polygons(value: object, key: str, parts: list[Part], points: list[Ring], lost: list[ShapeError]) -> None:
    if not isinstance(value, list) or not value:
        raise ShapeError("outline-invalid", "expected a list of polygons", key)
    for n, polygon in enumerate(value):
        try:
            _polygon(polygon, f"{key}[{n}]", parts, points, lost)
        except ShapeError as error:
            error.what = f"{error}: this part was left out"
            lost.append(error)


def _point(value: object, key: str, _: list[Part], points: list[Ring], lost: list[ShapeError]) -> None:
    points.append(_pairs([value], key, 1, lost))


def _points(value: object, key: str, _: list[Part], points: list[Ring], lost: list[ShapeError]) -> None:
    if not isinstance(value, list):
        raise ShapeError("outline-invalid", "expected a list of points", key)
    for n, point in enumerate(value):
        try:
            points.append(_pairs([point], f"{key}[{n}]", 1, lost))
        except ShapeError as error:
            error.what = f"{error}: the point was left out"
            lost.append(error)


_DECODERS = {"Polygon": _polygon, "MultiPolygon": _polygons, "Point": _point, "MultiPoint": _points}


def _ring(value: object, key: str, lost: list[ShapeError]) -> Ring:
    return _pairs(value, key, 3, lost)


def _pairs(value: object, key: str, least: int, lost: list[ShapeError]) -> Ring:
    """Float64 (n, 2); a third coordinate is a loss where it says something."""
    flat = value
    if isinstance(value, list) and any(isinstance(point, list) and len(point) == 3 for point in value):
        if any(isinstance(point, list) and point[2:] not in ([], [0], [None]) for point in value):
            error = ShapeError("depth", "a third coordinate", key)
            error.what = "the third coordinate was left out"
            lost.append(error)
        flat = [point[:2] if isinstance(point, list) else point for point in value]
    return values.points(flat, key, least)


def _ellipse(ring: Ring) -> Outline:
    (x1, y1), (x2, y2) = ring.min(0).tolist(), ring.max(0).tolist()
    if x1 == x2 or y1 == y2:
        return ((ring,),), Kind.POLYGON, NO_PARAMS
    centre, radii = ((x1 + x2) / 2, (y1 + y2) / 2), ((x2 - x1) / 2, (y2 - y1) / 2)
    return ((geometry.ellipse_ring(centre, radii),),), Kind.ELLIPSE, (*centre, *radii, 0.0)


# --- writing ----------------------------------------------------------------------------------------------


def encode_geometry(row: Row) -> tuple[dict[str, Any], str]:
    """The geometry of a row, and the code of a loss or ""."""
    if row.kind == Kind.POINT:
        return {"type": "Point", "coordinates": row.shape[0][0][0].tolist()}, ""
    if row.kind == Kind.ELLIPSE and _is_upright(row.params):
        coordinates = [_closed(_inscribed(row.params))]
        return {"type": "Polygon", "coordinates": coordinates, "isEllipse": True}, ""
    loss = "ellipse-as-polygon" if row.kind == Kind.ELLIPSE else _crossing(row)
    polygons = [[_closed(ring) for ring in part] for part in row.shape]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}, loss
    return {"type": "MultiPolygon", "coordinates": polygons}, loss


def _crossing(row: Row) -> str:
    """Code of the loss where an outline is none by the rules of QuPath: rings or parts cross."""
    is_drawn = row.kind in (Kind.POLYGON, Kind.ROTATED_BOX)
    return "crosses-itself" if is_drawn and not geometry.shape_to_shapely(row.shape).is_valid else ""


def _closed(ring: Ring) -> list[list[float]]:
    points: list[list[float]] = ring.tolist()
    return [*points, points[0]]


def _is_upright(params: tuple[float, ...]) -> bool:
    """Whether an ellipse's axes are those of the image, so that a box says all of it."""
    quarters = params[4] / (np.pi / 2)
    return bool(params[2] == params[3] or abs(quarters - round(quarters)) < 1e-9)


def _inscribed(params: tuple[float, ...]) -> Ring:
    """A polygon whose bounding box is exactly the ellipse's: from that, QuPath and `_ellipse` make the ellipse."""
    cx, cy, rx, ry, angle = params
    if round(angle / (np.pi / 2)) % 2:
        rx, ry = ry, rx
    t = np.linspace(0, 2 * np.pi, _ELLIPSE_VERTICES, endpoint=False)
    ring: Ring = np.stack([cx + rx * np.cos(t), cy + ry * np.sin(t)], 1)
    return np.clip(ring, (cx - rx, cy - ry), (cx + rx, cy + ry))
