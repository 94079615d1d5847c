"""VIA 3 projects, said in the words of VIA 2.

A VIA 3 file lists ``file``, ``view``, ``attribute`` and ``metadata``; a region is a list of numbers that begins with
the number of its type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from annelid.formats.values import ShapeError

Json = Mapping[str, Any]

_SHAPES: dict[int, tuple[str, tuple[str, ...]]] = {
    1: ("point", ("cx", "cy")),
    2: ("rect", ("x", "y", "width", "height")),
    3: ("circle", ("cx", "cy", "r")),
    4: ("ellipse", ("cx", "cy", "rx", "ry")),
    5: ("line", ()),
    6: ("polyline", ()),
    7: ("polygon", ()),
}
_EXTREME_BOX, _EXTREME_CIRCLE = 8, 9


def is_via3(value: object) -> bool:
    """Whether a JSON value is a VIA 3 project."""
    return isinstance(value, Mapping) and all(
        isinstance(value.get(key), Mapping) for key in ("file", "view", "metadata")
    )


def as_via2(value: Json) -> dict[str, Any]:
    """The files of a VIA 3 project with their regions as VIA 2 has them, by the file's id."""
    files: dict[str, Any] = {}
    for key, entry in value["file"].items():
        known = isinstance(entry, Mapping)
        name = entry.get("fname") or entry.get("src") if known else None
        files[str(key)] = {"filename": name, "regions": [], "file_attributes": {}, "via3": entry}
    views = {str(key): _file_of(view) for key, view in value["view"].items()}
    attributes = value.get("attribute")
    named = attributes if isinstance(attributes, Mapping) else {}
    for key, entry in value["metadata"].items():
        found: Json = entry if isinstance(entry, Mapping) else {}
        lost: dict[str, Any] = {"filename": None, "regions": [], "file_attributes": {}}
        file = files.get(views.get(str(found.get("vid")), ""), lost)
        _add(file, str(key), found, named)
        if lost["regions"]:
            files[f"metadata.{key}"] = lost  # of no image: it will be told
    return files


def _file_of(view: object) -> str:
    listed = view.get("fid_list") if isinstance(view, Mapping) else None
    return str(listed[0]) if isinstance(listed, list) and listed else ""


def _add(file: dict[str, Any], key: str, entry: Json, named: Json) -> None:
    """Add a region; what is said without a region is about the file."""
    fields = _fields(entry.get("av"), named)
    numbers = entry.get("xy")
    if isinstance(numbers, list) and not numbers:
        file["file_attributes"] |= fields
        return
    region: dict[str, Any] = {"region_attributes": fields, "via3_id": key}
    try:
        region["shape_attributes"] = _drawn(numbers)
    except ShapeError as error:
        region["shape_attributes"] = {"name": str(error)}
    file["regions"].append(region)


def _fields(values: object, named: Json) -> dict[str, Any]:
    """Attributes by name, options by what they say."""
    fields: dict[str, Any] = {}
    for key, value in values.items() if isinstance(values, Mapping) else ():
        definition = named.get(key)
        definition = definition if isinstance(definition, Mapping) else {}
        options = definition.get("options")
        said = options.get(value, value) if isinstance(options, Mapping) and isinstance(value, str) else value
        fields[str(definition.get("aname", key))] = said
    return fields


def _drawn(numbers: object) -> dict[str, Any]:
    """VIA 2's shape of a list of numbers.

    Raises:
        ShapeError: it is none.
    """
    values = numbers if isinstance(numbers, Sequence) and not isinstance(numbers, str) else []
    if not values or not all(isinstance(v, int | float) for v in values):
        raise ShapeError("outline-invalid", "no list of numbers")
    kind, rest = values[0], list(values[1:])
    if kind == _EXTREME_BOX and len(rest) >= 4:
        x, y = min(rest[::2]), min(rest[1::2])
        return {"name": "rect", "x": x, "y": y, "width": max(rest[::2]) - x, "height": max(rest[1::2]) - y}
    if kind == _EXTREME_CIRCLE and len(rest) == 6:
        return _circle_through(rest)
    name, keys = _SHAPES.get(kind, (f"number {kind}", ()))
    if name == "polygon":
        return {"name": name, "all_points_x": rest[::2], "all_points_y": rest[1::2]}
    return {"name": name, **dict(zip(keys, rest, strict=False))}


def _circle_through(rest: Sequence[float]) -> dict[str, Any]:
    """The circle through three points of its rim."""
    x1, y1, x2, y2, x3, y3 = (float(v) for v in rest)
    double = 2 * (x1 * (y2 - y3) + x2 * (y3 - y1) + x3 * (y1 - y2))
    if double == 0:
        raise ShapeError("outline-invalid", "a circle through points on a line")
    a, b, c = x1**2 + y1**2, x2**2 + y2**2, x3**2 + y3**2
    cx = (a * (y2 - y3) + b * (y3 - y1) + c * (y1 - y2)) / double
    cy = (a * (x3 - x2) + b * (x1 - x3) + c * (x2 - x1)) / double
    return {"name": "circle", "cx": cx, "cy": cy, "r": ((x1 - cx) ** 2 + (y1 - cy) ** 2) ** 0.5}
