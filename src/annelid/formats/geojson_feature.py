"""One GeoJSON feature, as QuPath writes them, <-> the rows that it holds: itself, its points, its nucleus."""

from __future__ import annotations

import hashlib
import math
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from annelid.formats import jsontext, ours
from annelid.formats.geojson_geometry import UNDERSTOOD, decode_geometry, encode_geometry
from annelid.formats.row import Row
from annelid.formats.values import ShapeError
from annelid.objects import Kind, new_ids

AUTHOR = "import:geojson"
NATIVE = "geojson"
NUCLEUS = "nucleus"
UNCLASSIFIED = "object"
IGNORE = "Ignore*"
"""Class that QuPath keeps for areas to leave out."""

_PROBABILITY = "Detection probability"
_DEFAULT_TYPE = "annotation"
_REGIONS = ("tile", "tmaCore")
_UUID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TYPE_AS_ID = re.compile(r"(Path\w+|TMACore)Object")
_NAMESPACE = uuid.UUID("a17e11d0-0000-4000-8000-000000000000")
_UNDERSTOOD = ("type", "id", "geometry", "nucleusGeometry", "properties")
_CHILDREN = ("childObjects", "children")
_DEEPEST = 60

Json = dict[str, Any]


# --- reading ----------------------------------------------------------------------------------------------


def decode_feature(value: object, unclassified: str, parent: str = "") -> tuple[list[Row], list[ShapeError]]:
    """The rows of a feature without its children: one; several for several points; a cell and its nucleus.

    Args:
        value: the JSON value.
        unclassified: the label where there is no classification.
        parent: id of the object that the feature stands in.

    Returns:
        The rows, and what cannot be an object.
    """
    lost: list[ShapeError] = []
    if not isinstance(value, Mapping):
        return [], [ShapeError("feature-invalid", f"expected a feature, found {type(value).__name__}")]
    properties = value.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    try:
        row = _bare_row(value, properties, unclassified, parent)
    except RecursionError as error:
        return [], [ShapeError("nested", str(error), "properties")]
    outlines = decode_geometry(value.get("geometry"), "geometry", lost)
    rows = [replace(row, shape=shape, kind=kind, params=params) for shape, kind, params in outlines]
    if _is_multipoint(value):
        rows = _numbered(rows)
    kept = properties.get(ours.KEY)
    several = kept.get("points") if isinstance(kept, Mapping) else None
    each = several if isinstance(several, list) and len(several) == len(rows) else [kept] * len(rows)
    rows = [ours.restored(r, k) for r, k in zip(rows, each, strict=True)]
    if rows and "nucleusGeometry" in value:
        rows[0] = replace(rows[0], id=rows[0].id or new_ids(1)[0])
        rows += _nucleus(value["nucleusGeometry"], rows[0], lost)
    return rows, lost


def children_of(value: object) -> tuple[str, list[Any]]:
    """The key and the features that stand in a feature."""
    properties = value.get("properties") if isinstance(value, Mapping) else None
    for key in _CHILDREN:
        if isinstance(properties, Mapping) and isinstance(properties.get(key), list):
            return f"properties.{key}", properties[key]
    return "", []


def _bare_row(value: Mapping[str, Any], properties: Mapping[str, Any], unclassified: str, parent: str) -> Row:
    """Everything but the outline."""
    native: Json = {}
    label = _label(properties, unclassified, native)
    rest = {k: v for k, v in properties.items() if k not in (*_CHILDREN, "classification", ours.KEY)}
    if rest.get("objectType") == _DEFAULT_TYPE:
        del rest["objectType"]
    score, measurements = _score(rest.pop("measurements", None))
    if measurements:
        rest["measurements"] = measurements
    of_feature = {
        k: v for k, v in value.items() if k not in ("type", "id", "geometry", "nucleusGeometry", "properties")
    }
    found = value.get("id")
    if isinstance(found, str) and _TYPE_AS_ID.fullmatch(found):
        of_feature["id"] = found
    name = "" if "id" in of_feature or isinstance(found, bool) or not isinstance(found, str | int) else str(found)
    native |= _filled(properties=rest, feature=of_feature, geometry=_foreign(value.get("geometry")))
    extra = {NATIVE: jsontext.plain(native)} if native else {}
    return Row((), label, author=AUTHOR, id=name, parent=parent, score=score, ignore=label == IGNORE, extra=extra)


def _filled(**values: Json) -> Json:
    return {key: value for key, value in values.items() if value}


def _foreign(geometry: object) -> Json:
    if not isinstance(geometry, Mapping):
        return {}
    return {k: v for k, v in geometry.items() if k not in (*UNDERSTOOD, ours.KEY)}


def _label(properties: Mapping[str, Any], unclassified: str, native: Json) -> str:
    """The class; ``native`` gets what has to be kept to write the same classification."""
    said = properties.get("classification")
    label = ": ".join(_names(said, 0))
    if not label.strip():
        kind = properties.get("objectType")
        label = kind if isinstance(kind, str) and kind in _REGIONS else unclassified
        native["unclassified"] = label
    elif said != classification(label):
        native["classification"] = said
    return label


def _names(said: object, depth: int) -> list[str]:
    """Names of a classification, from the widest class to the narrowest."""
    if isinstance(said, str):
        return [said]
    if not isinstance(said, Mapping):
        return []
    names = said.get("names")
    if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
        return names
    above = _names(said.get("parentClass"), depth + 1) if depth < _DEEPEST else []
    return [*above, said["name"]] if isinstance(said.get("name"), str) else above


def classification(label: str) -> Json:
    """A class as QuPath wants it, which is with a colour; the same name always gets the same one."""
    names = label.split(": ")
    colour = [64 + byte % 160 for byte in hashlib.sha256(label.encode()).digest()[:3]]
    if len(names) > 1 and all(name.strip() for name in names):
        return {"names": names, "color": colour}
    return {"name": label, "color": colour}


def _score(measurements: Any) -> tuple[float, Any]:
    """The probability that QuPath's detectors write, and the other measurements."""
    if isinstance(measurements, Mapping) and _is_share(measurements.get(_PROBABILITY)):
        return float(measurements[_PROBABILITY]), {k: v for k, v in measurements.items() if k != _PROBABILITY}
    if isinstance(measurements, list):
        for n, entry in enumerate(measurements):
            named = isinstance(entry, Mapping) and entry.get("name") == _PROBABILITY
            if named and _is_share(entry.get("value")) and len(entry) == 2:
                return float(entry["value"]), measurements[:n] + measurements[n + 1 :]
    return math.nan, measurements


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_multipoint(value: Mapping[str, Any]) -> bool:
    geometry = value.get("geometry")
    return isinstance(geometry, Mapping) and geometry.get("type") in ("MultiPoint", "GeometryCollection")


def _numbered(rows: Sequence[Row]) -> list[Row]:
    """Points of one feature: each has its own id, and they know that they belong together."""
    if not rows or rows[0].kind != Kind.POINT:
        return list(rows)
    first = rows[0].id or str(uuid.uuid4())
    numbered = []
    for n, row in enumerate(rows):
        name = first if not n else str(uuid.uuid5(_NAMESPACE, f"{first}/{n}"))
        extra = {**row.extra, NATIVE: {**row.extra.get(NATIVE, {}), "multipoint": first}}
        numbered.append(replace(row, id=name, extra=extra))
    return numbered


def _nucleus(value: object, cell: Row, lost: list[ShapeError]) -> list[Row]:
    outlines = decode_geometry(value, "nucleusGeometry", lost)
    name = str(uuid.uuid5(_NAMESPACE, f"{cell.id}/{NUCLEUS}"))
    kept = value.get(ours.KEY) if isinstance(value, Mapping) else None
    try:
        extra = {NATIVE: jsontext.plain({NUCLEUS: True, **_filled(geometry=_foreign(value))})}
    except RecursionError as error:
        lost.append(ShapeError("nested", str(error), "nucleusGeometry"))
        return []
    rows = [Row(s, NUCLEUS, k, p, id=name, parent=cell.id, author=AUTHOR, extra=extra) for s, k, p in outlines[:1]]
    return [ours.restored(row, kept) for row in rows]


# --- writing ----------------------------------------------------------------------------------------------


def encode_feature(rows: Sequence[Row], plane: Mapping[str, int] | None, parent: str) -> tuple[Json, str]:
    """The feature of a row, or of the points that belong together, and the code of a loss or "".

    Args:
        rows: one row, or points.
        plane: the plane that they lie on, where it is not the first one.
        parent: id of the object in which the feature will stand, or "".
    """
    first = rows[0]
    native = first.extra.get(NATIVE, {})
    geometry, loss = encode_geometry(first)
    if "multipoint" in native and first.kind == Kind.POINT:
        geometry = {"type": "MultiPoint", "coordinates": [row.shape[0][0][0].tolist() for row in rows]}
    geometry |= {**({"plane": dict(plane)} if plane else {}), **native.get("geometry", {})}
    properties = {"objectType": _DEFAULT_TYPE, **_classification(first), **native.get("properties", {})}
    if not math.isnan(first.score):
        properties["measurements"] = _with_probability(properties.get("measurements"), first.score)
    name = feature_id(native.get("multipoint") or first.id)
    feature = {"type": "Feature", "id": name, "geometry": geometry, "properties": properties}
    feature |= native.get("feature", {})
    kept = _kept(rows, feature, parent)
    if kept:
        properties[ours.KEY] = kept
    return feature, loss


def _kept(rows: Sequence[Row], feature: Json, parent: str) -> Json:
    as_read = decode_feature(feature, UNCLASSIFIED, parent)[0]
    if len(as_read) != len(rows):  # cannot be said in this format at all
        return {}
    each = [ours.kept_with_native(row, again, NATIVE) for row, again in zip(rows, as_read, strict=True)]
    if "multipoint" in rows[0].extra.get(NATIVE, {}):
        return {"points": each} if any(each) else {}
    return each[0]


def _classification(row: Row) -> Json:
    native = row.extra.get(NATIVE, {})
    if row.ignore:
        said = native.get("classification")
        return {"classification": said if _names(said, 0) == [IGNORE] else classification(IGNORE)}
    if native.get("unclassified") == row.label:
        return {}
    said = native.get("classification")
    return {"classification": said if ": ".join(_names(said, 0)) == row.label else classification(row.label)}


def _with_probability(measurements: Any, score: float) -> Any:
    if isinstance(measurements, list):
        return [*measurements, {"name": _PROBABILITY, "value": score}]
    return {**(measurements if isinstance(measurements, Mapping) else {}), _PROBABILITY: score}


def feature_id(name: str) -> str:
    """An id as QuPath takes it, which is a UUID; the same name always gets the same one."""
    return str(uuid.UUID(name)) if _UUID.fullmatch(name) else str(uuid.uuid5(_NAMESPACE, name))


def is_nucleus(row: Row) -> bool:
    """Whether a row was read as the nucleus of a cell and is one still."""
    return row.label == NUCLEUS and bool(row.extra.get(NATIVE, {}).get(NUCLEUS))


def encode_nucleus(row: Row, cell: Row) -> tuple[Json, str]:
    """The ``nucleusGeometry`` of a cell, and the code of a loss or ""."""
    geometry, loss = encode_geometry(row)
    geometry |= row.extra[NATIVE].get("geometry", {})
    as_read = _nucleus(geometry, cell, [])
    kept = ours.kept_with_native(row, as_read[0], NATIVE) if as_read else {}
    return ({**geometry, ours.KEY: kept} if kept else geometry), loss
