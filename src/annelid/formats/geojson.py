"""GeoJSON as QuPath writes it: one file per image, named after it.

Read are a FeatureCollection, a bare array, a single feature or a single geometry, packed with gzip or not. Polygons
keep their holes and parts, several points of one feature become objects that remember where they belong, an ellipse
is what QuPath takes it for: the one in the feature's bounding box. The nucleus of a cell, and features in a feature,
are objects whose parent is the cell. Lines are a loss. A class of several names is written ``Tumor: Positive``; what
has no class is an ``object`` (or the one class that is given), a nucleus a ``nucleus``. QuPath's class ``Ignore*`` is
an area to ignore, the measurement ``Detection probability`` the score.

Of a feature these ride in ``extra["geojson"]``: ``properties`` (``name``, ``color``, ``isLocked``, ``measurements``,
``metadata``, ``objectType`` where it is not ``annotation``, and every other), ``classification`` where it is not as
Annelid would write it, ``geometry`` (``plane`` and every key that GeoJSON does not know) and ``feature`` (``bbox`` and
all else); of the file, in ``extra["geojson_file"]`` of the image's first object. What GeoJSON has no place for stands
under a key ``annelid`` that QuPath skips, and drops when it saves.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from annelid.atomic import write_text
from annelid.dataset import Dataset, LabeledImage
from annelid.errors import AnnotationError
from annelid.formats import jsontext, ours
from annelid.formats.base import Annotations, ImageIndex, LossReport
from annelid.formats.by_image import name_files, names_beside, only_image
from annelid.formats.geojson_feature import (
    IGNORE,
    NATIVE,
    UNCLASSIFIED,
    Json,
    encode_feature,
    encode_nucleus,
    is_nucleus,
)
from annelid.formats.geojson_file import DEEPEST, GEOMETRIES, Found, features_of, text_of
from annelid.formats.plane import at_plane, told_plane, unsaid_plane
from annelid.formats.reading import Reading
from annelid.formats.row import Row, rows_of_objects, view_of
from annelid.formats.values import ShapeError, SizeWh, size_from
from annelid.formats.writing import Lost, annotated, coverage, is_empty
from annelid.objects import Kind
from annelid.steps import counted

NAME = "geojson"

_FILE = "geojson_file"
_ENDINGS = (".geojson", ".geojson.gz")
_OTHER_ENDINGS = (".json", ".json.gz")
_HEAD = 2**16
_TYPE = re.compile(rf'"type"\s*:\s*"(?:FeatureCollection|Feature|{GEOMETRIES})"'.encode())
_KEY = re.compile(rb'"(?:features|geometry|coordinates|geometries)"\s*:\s*[\[{n]')


def sniff(path: Path) -> bool:
    """Whether a file, or one of the first files of a folder, has features or a geometry."""
    candidates = [path] if path.is_file() else _candidates(path)[:20] if path.is_dir() else []
    return any(_looks_like_geojson(file) for file in candidates)


def _candidates(folder: Path) -> list[Path]:
    """Files that may be GeoJSON, those that are called so first."""
    files = [file for file in sorted(folder.rglob("*")) if not file.name.startswith(".") and file.is_file()]
    called = [file for file in files if file.name.lower().endswith(_ENDINGS)]
    return called + [file for file in files if file.name.lower().endswith(_OTHER_ENDINGS)]


def _looks_like_geojson(file: Path) -> bool:
    try:
        head = _head(file)
    except (OSError, EOFError, zlib.error):
        return False
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        head = head[2:].replace(b"\0", b"")
    begins = head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"{", b"["))
    return begins and bool(_TYPE.search(head)) and bool(_KEY.search(head))


def _head(file: Path) -> bytes:
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
    if head[:2] != b"\x1f\x8b":
        return head
    return zlib.decompressobj(wbits=31).decompress(head, _HEAD)


# --- reading ----------------------------------------------------------------------------------------------


def read(path: Path, images: ImageIndex, classes: Sequence[str] = ()) -> Annotations:
    """Read one file or every one below a folder; each says that its image is reviewed as a whole.

    Raises:
        AnnotationError: the file, or every file of the folder, cannot be read or has no image.
    """
    files = [path]
    if path.is_dir():
        files = [f for f in _candidates(path) if f.name.lower().endswith(_ENDINGS) or _looks_like_geojson(f)]
    reading = Reading(images, tuple(classes))
    listed: dict[str, None] = {}
    error: AnnotationError | None = None
    for file in files:
        try:
            listed |= _read_file(file, path, reading, is_alone=len(files) == 1)
        except AnnotationError as problem:
            if path.is_file():
                raise
            error = error or problem
            reading.losses.add("file-unreadable", problem.message, file)
    if not reading.items:
        raise error or _nothing(path, reading)
    found = reading.annotations(tuple(listed))
    return replace(found, classes=found.classes if classes else tuple(c for c in found.classes if c != IGNORE))


def _nothing(path: Path, reading: Reading) -> AnnotationError:
    missing = reading.losses.by_kind().get("image-missing")
    step = "name the folder of the images, in which each is called like its GeoJSON file"
    if missing:
        return AnnotationError(missing[0].file, expected="its image", found=missing[0].what, next_step=step)
    return AnnotationError(path, expected="GeoJSON files", found="none")


def _read_file(file: Path, root: Path, reading: Reading, *, is_alone: bool) -> dict[str, None]:
    """Add an image; the classes that the file lists."""
    value = jsontext.parse(text_of(file), file)
    try:
        features, others = features_of(value, file)
        found = Found(reading.given[0] if len(reading.given) == 1 else UNCLASSIFIED)
        for place, feature in features:
            found.walk(feature, place, "", 0)
    except RecursionError as problem:
        raise AnnotationError(file, expected="GeoJSON", found="brackets nested too deep") from problem
    if features and not found.rows:
        _refuse(file, found)
    header = others.pop(ours.KEY, None)
    header = header if isinstance(header, Mapping) else {}
    names = _image_names(file, root, header, reading, is_alone=is_alone)
    _add(file, names, header, found, jsontext.plain(others), reading)
    listed = header.get("classes")
    return dict.fromkeys(name for name in listed if isinstance(name, str)) if isinstance(listed, list) else {}


def _refuse(file: Path, found: Found) -> None:
    error, place = found.lost[0] if found.lost else (ShapeError("empty", "no outline"), "features")
    place = ".".join(filter(None, (place, error.key)))
    step = "draw areas or points, or leave the file out"
    more = f" ({len(found.lost)} features, none of them usable)" if len(found.lost) > 1 else ""
    raise AnnotationError(file, place=place, expected="areas or points", found=f"{error}{more}", next_step=step)


def _image_names(file: Path, root: Path, header: Mapping[str, Any], reading: Reading, *, is_alone: bool) -> list[str]:
    stem = file.name[: -len(".gz")] if file.name.lower().endswith(".gz") else file.name
    names = names_beside(file, root, stem.rsplit(".", 1)[0])
    named = header.get("image")
    names += [named] if isinstance(named, str) else []
    only = only_image(names, reading.images, file, reading.losses) if is_alone else None
    return [only, *names] if only else names


def _add(
    file: Path, names: Sequence[str], header: Mapping[str, Any], found: Found, others: Json, reading: Reading
) -> None:
    said = header.get("size_wh")
    size = size_from(*said) if isinstance(said, list) and len(said) == 2 else None
    image = reading.locate(names, size, file, count=len(found.rows), header=header)
    for error, place in found.lost:
        reading.bad_shape(error, file, place)
    if image is not None:
        is_told = at_plane(view_of(*image), header).plane != (0, 0, 0, "")
        for plane, count in {} if is_told else found.planes.items():
            what = f"objects on the plane {plane} were put on the only plane that is annotated here"
            reading.losses.add("plane", what, file, count=count)
        rows = reading.on_first(list(_inside(file, found, image[1], reading)), _FILE, others, file)
        reading.add(image, rows, file, header=header)


def _inside(file: Path, found: Found, size_wh: SizeWh, reading: Reading) -> Iterator[Row]:
    for row, place in found.rows:
        inside = reading.inside(row, size_wh, file, f"{place}.geometry" if place else "geometry")
        if inside is not None:
            yield inside


# --- writing ----------------------------------------------------------------------------------------------


def write(dataset: Dataset, out: Path, names: Mapping[str, str]) -> LossReport:
    """Write one ``.geojson`` per image, sub-folders kept; images of which nothing is known get none.

    A file is called after its image without the ending, or with it where two images differ in nothing else.
    """
    losses = LossReport()
    files = name_files(dataset, out, names, ".geojson")
    for item in counted("writing", annotated(dataset)):
        file = files[item.id]
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, jsontext.dump(_collection(item, names[item.id], dataset.classes, file, losses)))
    return losses


def _collection(item: LabeledImage, name: str, classes: Sequence[str], file: Path, losses: LossReport) -> Json:
    lost = Lost()
    lost.add(coverage(item))
    lost.add(unsaid_plane(item) if item.view.scene or item.view.projection else "")
    rows = rows_of_objects(item.objects)
    others: Json = {}
    for row in rows:
        others = others or row.extra.get(_FILE, {})
        lost.add("empty-object" if is_empty(row) else "")
    t, z = item.view.t, item.view.z
    plane = {"c": -1, "z": z, "t": t} if (t, z) != (0, 0) else None
    features = _nested([row for row in rows if not is_empty(row)], plane, lost)
    lost.report(losses, file)
    header = {"image": name, "size_wh": list(item.size_wh), "classes": list(classes)} | told_plane(item.view)
    return {"type": "FeatureCollection", "features": features, **others, ours.KEY: header}


def _nested(rows: Sequence[Row], plane: Mapping[str, int] | None, lost: Lost) -> list[Json]:
    """The features; one stands in that of its parent, where the parent comes before it."""
    groups = _groups(rows)
    features: list[Json] = []
    made: dict[str, tuple[Json, Row, int]] = {}
    for group in groups:
        row = group[0]
        parent = made.get(row.parent)
        if parent and is_nucleus(row) and "nucleusGeometry" not in parent[0] and _is_cell(parent[0]):
            parent[0]["nucleusGeometry"], loss = encode_nucleus(row, parent[1])
            lost.add(loss)
            continue
        parent = parent if parent and parent[2] < DEEPEST else None
        feature, loss = encode_feature(group, plane, row.parent if parent else "")
        lost.add(loss)
        (parent[0]["properties"].setdefault("childObjects", []) if parent else features).append(feature)
        made.setdefault(row.id, (feature, row, parent[2] + 1 if parent else 0))
    return features


def _is_cell(feature: Json) -> bool:
    return feature["properties"].get("objectType") in ("cell", "PathCellObject")


def _groups(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows one by one; points that were one feature and are alike still, together."""
    groups: dict[object, list[Row]] = {}
    for n, row in enumerate(rows):
        shared = row.extra.get(NATIVE, {}).get("multipoint")
        key = (shared, row.label, row.parent) if shared and row.kind == Kind.POINT else n
        groups.setdefault(key, []).append(row)
    return list(groups.values())
