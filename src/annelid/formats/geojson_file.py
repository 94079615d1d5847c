"""What a GeoJSON file holds, before its image is known."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from annelid.errors import AnnotationError
from annelid.formats import jsontext
from annelid.formats.archive import FREE_BYTES, MAX_RATIO
from annelid.formats.geojson_feature import NATIVE, Json, children_of, decode_feature
from annelid.formats.row import Row
from annelid.formats.values import ShapeError
from annelid.objects import new_ids

GEOMETRIES = "(?:Multi)?(?:Point|Polygon|LineString)|GeometryCollection"
DEEPEST = 40
"""How deep features may stand in features."""


def text_of(file: Path) -> str:
    """The text, unpacked where it is packed.

    Raises:
        AnnotationError: it cannot be read, or unpacks to more than can be meant.
    """
    try:
        data = file.read_bytes()
        if data[:2] != b"\x1f\x8b":
            return jsontext.read_text(file)
        limit = max(FREE_BYTES, MAX_RATIO * len(data))
        with gzip.open(io.BytesIO(data)) as stream:
            text = stream.read(limit + 1)
        if len(text) > limit:
            raise AnnotationError(file, expected="GeoJSON", found=f"{len(data)} bytes that unpack to over {limit}")
        return text.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        step = "export or copy the file again"
        raise AnnotationError(file, expected="GeoJSON", found=str(error), next_step=step) from error


def features_of(value: object, file: Path) -> tuple[list[tuple[str, object]], Json]:
    """Each feature with its place, and the other keys of the file."""
    if isinstance(value, list):
        return [(f"[{n}]", feature) for n, feature in enumerate(value)], {}
    if not isinstance(value, Mapping):
        found = type(value).__name__
        raise AnnotationError(file, expected="a FeatureCollection, features or a geometry", found=found)
    if isinstance(value.get("features"), list):
        others = {key: v for key, v in value.items() if key not in ("type", "features")}
        return [(f"features[{n}]", feature) for n, feature in enumerate(value["features"])], others
    if "geometry" in value:
        return [("", value)], {}
    if re.fullmatch(GEOMETRIES, str(value.get("type"))):
        return [("", {"type": "Feature", "geometry": value})], {}
    found = f"keys {', '.join(list(value)[:5])}"
    raise AnnotationError(file, expected="a FeatureCollection, features or a geometry", found=found)


@dataclass
class Found:
    """What the features of one file hold.

    Attributes:
        unclassified: the label of what has no class.
        rows: the objects with their places.
        lost: what cannot be an object, with its place.
        planes: how many features say that they lie on another plane than the first: ``z 3, t 0`` -> number.
    """

    unclassified: str
    rows: list[tuple[Row, str]] = field(default_factory=list)
    lost: list[tuple[ShapeError, str]] = field(default_factory=list)
    planes: Counter[str] = field(default_factory=Counter)

    def walk(self, feature: object, place: str, parent: str, depth: int) -> None:
        """Add a feature and those that stand in it."""
        rows, lost = decode_feature(feature, self.unclassified, parent)
        key, children = children_of(feature)
        is_root = isinstance(feature, Mapping) and feature.get("geometry") is None and bool(children)
        if children and rows:
            rows[0] = replace(rows[0], id=rows[0].id or new_ids(1)[0])
        self.rows += [(row, place) for row in rows]
        self.lost += [(error, place) for error in lost if not is_root]
        for row in rows:
            self._note_plane(row)
        if depth > DEEPEST:
            raise RecursionError
        for n, child in enumerate(children):
            inner = f"{place}.{key}[{n}]" if place else f"{key}[{n}]"
            self.walk(child, inner, rows[0].id if rows else parent, depth + 1)

    def _note_plane(self, row: Row) -> None:
        plane = row.extra.get(NATIVE, {}).get("geometry", {}).get("plane")
        if isinstance(plane, Mapping) and (plane.get("z") or plane.get("t")):
            self.planes[f"z {plane.get('z', 0)}, t {plane.get('t', 0)}"] += 1
