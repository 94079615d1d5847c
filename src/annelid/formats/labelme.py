"""LabelMe, AnyLabeling and X-AnyLabeling: one JSON file per image; also read is the XML of the old LabelMe web tool.

What LabelMe has no key for (ids, authors, exact ellipses, holes) is written under a key ``annelid`` of each
shape, which is believed on reading only as far as the shape was not edited since. Keys of a shape that
Annelid does not know ride in ``extra["labelme"]`` of the object; keys of the file, in
``extra["labelme_file"]`` of the image's first object.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from annelid.atomic import write_text
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.errors import AnnotationError, ImageError
from annelid.formats import jsontext, labelme_xml, ours
from annelid.formats.base import Annotations, ImageIndex, LossReport
from annelid.formats.class_order import classes_in, told_classes
from annelid.formats.json_head import without_ours
from annelid.formats.labelme_shape import IGNORE_LABEL, ShapeError, decode_shape, encode_row, set_group
from annelid.formats.plane import at_plane, is_other_scene, told_plane, unsaid_plane
from annelid.formats.row import Row, objects_of_rows, row_inside, rows_of_objects, view_of
from annelid.formats.values import size_from
from annelid.formats.writing import coverage, file_of_each, is_empty
from annelid.objects import Kind
from annelid.steps import counted

NAME = "labelme"

_IMAGE_KEYS = ("shapes", "imagePath", "imageData", "imageHeight", "imageWidth", ours.KEY)
_CVAT_KEY = re.compile(rb'"tracks"\s*:\s*\[')
_COCO_KEY = re.compile(rb'\W*"(info|licenses|images|annotations|categories)"')
_VERSION = "5.5.0"
_OURS: dict[str, Any] = {"version": _VERSION, "flags": {}}
"""Keys of the file as we write them, which are no news when they come back."""
_LOSS_TEXT = {
    "rasterised": "an outline with holes was written as a pixel mask; the exact one is under the key annelid",
    "ellipse-as-polygon": "an ellipse was written as a polygon; the exact one is under the key annelid",
    "coverage": "only part of the image is covered, which LabelMe cannot say: it will be read as complete",
    "draft": "nobody looked at the objects yet, which LabelMe cannot say: they will be read as reviewed",
    "empty-object": "an object without an outline was left out",
    "plane": "which plane, projection or scene is meant stands under the key annelid, where only Annelid looks",
}


def sniff(path: Path) -> bool:
    """Whether a file, or one of the first files of a folder, has LabelMe's ``shapes``, or is its web tool's XML."""
    return _has_json(path) or labelme_xml.sniff(path)


def _has_json(path: Path) -> bool:
    candidates = [path] if path.is_file() else list(_json_files(path))[:5] if path.is_dir() else []
    return any(_looks_like_labelme(file) for file in candidates)


def _looks_like_labelme(file: Path) -> bool:
    if file.suffix.lower() not in {".json", ""} or not _begins_with_brace(file) or _begins_like_coco(file):
        return False
    data = file.read_bytes()
    if (b'"shapes"' not in data and b"\0" not in data[:64]) or _CVAT_KEY.search(data):  # zeros: UTF-16
        return False
    try:
        _load(file)
    except AnnotationError:
        return b'"shapes"' in without_ours(data[:65536])  # cut off, but LabelMe's: reading it will say so
    return True


def _begins_like_coco(file: Path) -> bool:
    """Whether the first key is one of COCO's: such a file may have gigabytes and need not be searched."""
    with file.open("rb") as stream:
        return _COCO_KEY.match(stream.read(256)) is not None


def _json_files(folder: Path) -> Iterator[Path]:
    """JSON files below a folder, sorted; files without extension count when they begin like a JSON object."""
    for file in sorted(folder.rglob("*")):
        named = file.suffix.lower() == ".json" or (not file.suffix and _begins_with_brace(file))
        if named and not file.name.startswith(".") and file.is_file():
            yield file


def _begins_with_brace(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            return stream.read(16).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{")
    except OSError:
        return False


def _load(file: Path) -> dict[str, Any]:
    """The JSON object of one file.

    Raises:
        AnnotationError: unreadable, not JSON, or not LabelMe's.
    """
    value = jsontext.parse(jsontext.read_text(file), file)
    if not isinstance(value, dict) or not isinstance(value.get("shapes"), list):
        found = f"keys {', '.join(list(value)[:5])}" if isinstance(value, dict) else type(value).__name__
        raise AnnotationError(file, expected="LabelMe's JSON object with a list 'shapes'", found=found)
    return value


# --- reading ----------------------------------------------------------------------------------------------


@dataclass
class _Reading:
    """What one call of `read` knows."""

    root: Path
    images: ImageIndex
    losses: LossReport
    given: tuple[str, ...]
    labels: dict[str, None]
    """Labels in order of first appearance."""
    listed: dict[str, None] = field(default_factory=dict)
    """Classes that Annelid kept with an image, in order."""


def read(path: Path, images: ImageIndex, classes: Sequence[str] = ()) -> Annotations:
    """Read one LabelMe file or every one below a folder; each says that its image is reviewed as a whole.

    Raises:
        AnnotationError: the file, or every file of the folder, cannot be read.
    """
    if labelme_xml.sniff(path) and not _has_json(path):
        return labelme_xml.read(path, images, classes)
    root = path if path.is_dir() else path.parent
    reading = _Reading(root, images, LossReport(), tuple(classes), {})
    if path.is_dir():
        items = _read_files(list(_json_files(path)), path, reading)
    else:
        items = [_item(path, _load(path), reading)]
    used = (label for label in reading.labels if label != IGNORE_LABEL)
    found = tuple(classes) or tuple(dict.fromkeys([*reading.listed, *used]))
    return Annotations(found, tuple(item for item in items if item is not None), reading.losses)


def _read_files(files: Sequence[Path], folder: Path, reading: _Reading) -> list[LabeledImage | None]:
    items: list[LabeledImage | None] = []
    error: AnnotationError | None = None
    used: dict[str, Path] = {}
    for file in counted("reading", files):
        try:
            value = _load(file)
        except AnnotationError as problem:
            error = error or problem
            reading.losses.add("file-unreadable", problem.message, file)
            continue
        item = _item(file, value, reading)
        key = f"{item.image.path}{item.view.suffix}" if item else ""
        if item is not None and used.setdefault(key, file) != file:
            what = f"{used[key].name} names the same image: what this file has was left out"
            reading.losses.add("image-twice", what, file, count=len(item.objects))
            continue
        items.append(item)
    if not items:
        raise error or AnnotationError(folder, expected="LabelMe JSON files", found="none")
    return items


def _item(file: Path, value: Mapping[str, Any], reading: _Reading) -> LabeledImage | None:
    found = _image(file, value, reading)
    if found is None:
        return None
    path, size_wh = found
    rows = list(_joined(_rows(file, value["shapes"], size_wh, reading)))
    kept = [row for row in rows if not reading.given or row.ignore or row.label in reading.given]
    _tell_unknown(file, rows, reading)
    others = {key: v for key, v in value.items() if key not in _IMAGE_KEYS and v != _OURS.get(key)}
    if kept and others:
        kept[0] = replace(kept[0], extra={**kept[0].extra, "labelme_file": others})
    elif others.keys() - {"version", "flags", "text"}:
        what = f"keys of the file were left out, as there is no object to carry them: {', '.join(others)}"
        reading.losses.add("file-keys", what, file)
    reading.listed |= dict.fromkeys(classes_in(value.get(ours.KEY)))
    view = at_plane(view_of(path, size_wh), value.get(ours.KEY))
    return LabeledImage(view, objects_of_rows(kept), whole_image(size_wh), state="reviewed")


def _tell_unknown(file: Path, rows: Sequence[Row], reading: _Reading) -> None:
    for row in rows:
        reading.labels.setdefault(row.label)
    if not reading.given:
        return
    unknown = [row.label for row in rows if not row.ignore and row.label not in reading.given]
    for label in dict.fromkeys(unknown):
        what = f"{label!r} is none of the given classes: its objects were left out"
        reading.losses.add("class-unknown", what, file, count=unknown.count(label))


def _image(file: Path, value: Mapping[str, Any], reading: _Reading) -> tuple[str, tuple[int, int]] | None:
    """Path and size of the image; the image file's own size wins over what the JSON says."""
    said = _said_size(value)
    named = value.get("imagePath")
    named = named.replace("\\", "/") if isinstance(named, str) else ""
    path = _find(file, named, reading)
    if path is None:
        if said is None:
            what = f"image {named!r} was not found and its size is unknown: its objects were left out"
            reading.losses.add("image-missing", what, file, count=len(value["shapes"]))
            return None
        what = f"image {named!r} was not found; the size {said[0]} x {said[1]} is the file's word"
        if value.get("imageData"):
            what += "; a copy of the image is embedded in the file and was not unpacked"
        reading.losses.add("image-missing", what, file)
        return named or file.stem, said
    try:
        size_wh = reading.images.size_wh(path)
    except ImageError as error:
        what = f"{error.message}: its objects were left out"
        reading.losses.add("image-unreadable", what, file, count=len(value["shapes"]))
        return None
    if said is not None and is_other_scene(value.get(ours.KEY)):
        size_wh = said
    if said is not None and said != size_wh:
        what = f"the file says {said}, {path.name} has {size_wh}: the image's size was used"
        reading.losses.add("image-size-differs", what, file, "imageWidth")
    return path.as_posix(), size_wh


def _said_size(value: Mapping[str, Any]) -> tuple[int, int] | None:
    return size_from(value.get("imageWidth"), value.get("imageHeight"))


def _find(file: Path, named: str, reading: _Reading) -> Path | None:
    """The image: beside the JSON as it says, then anywhere by that name, then by the JSON's own name."""
    folder = PurePosixPath(file.parent.relative_to(reading.root).as_posix())
    names = [str(folder / named), named, named.rsplit("/", 1)[-1]] if named else []
    names += [str(folder / file.stem), file.stem]
    ambiguous = ""
    for name in dict.fromkeys(names):
        try:
            path = reading.images.find(name)
        except AnnotationError as error:
            ambiguous = error.message
            continue
        if path is not None:
            return path
    if ambiguous:
        reading.losses.add("image-ambiguous", ambiguous, file, "imagePath")
    return None


def _rows(
    file: Path, shapes: Sequence[object], size_wh: tuple[int, int], reading: _Reading
) -> Iterator[tuple[Row, str]]:
    """The rows of a file inside its image, each with its group."""
    for number, shape in enumerate(shapes):
        place = f"shapes[{number}]"
        try:
            row, group = decode_shape(shape)
        except ShapeError as error:
            reading.losses.add(error.kind, error.what, file, f"{place}.{error.key}" if error.key else place)
            continue
        inside, cut = row_inside(row, size_wh)
        if cut:
            kind = "clipped" if inside else "outside-image"
            what = "the outline was cut at the image's edge" if inside else "the shape lies outside the image"
            reading.losses.add(kind, what, file, f"{place}.points")
        if inside is not None:
            yield inside, group


def _joined(rows: Iterable[tuple[Row, str]]) -> Iterator[Row]:
    """Polygons, and masks, of one group and one label become the parts of one object."""
    joined: dict[object, Row] = {}
    for number, (row, group) in enumerate(rows):
        is_part = group and row.kind in (Kind.POLYGON, Kind.MASK)
        key = (group, row.label, row.ignore, row.kind) if is_part else number
        joined[key] = _with_part(joined[key], row) if key in joined else row
    yield from joined.values()


def _with_part(row: Row, part: Row) -> Row:
    keys, others = dict(row.extra.get("labelme", {})), part.extra.get("labelme", {})
    parts = keys.pop("parts", [dict(keys)] * (len(row.shape) - 1))
    if parts or others != keys:
        parts = [*parts, others]
    if all(other == keys for other in parts):
        parts = []
    if parts:
        keys["parts"] = parts
    extra = {**row.extra, "labelme": keys} if keys else row.extra
    return replace(row, shape=row.shape + part.shape, extra=extra)


# --- writing ----------------------------------------------------------------------------------------------


def write(
    dataset: Dataset, out: Path, names: Mapping[str, str], image_paths: Mapping[str, str] | None = None
) -> LossReport:
    """Write one JSON per image, named after it, sub-folders kept; images of which nothing is known get none.

    Args:
        dataset: what to write.
        out: folder to write into.
        names: item id -> relative path of the image, after which the JSON is named.
        image_paths: item id -> ``imagePath``, where the image lies as seen from the JSON; None says: beside it.

    Raises:
        AnnotationError: two images would share one file.
    """
    losses = LossReport()
    items = [item for item in dataset.items if item.covered or len(item.objects) or item.state != "new"]
    files = file_of_each(items, out, names, ".json")
    told = told_classes(dataset.classes)
    for item in counted("writing", items):
        file = files[item.id]
        file.parent.mkdir(parents=True, exist_ok=True)
        image_path = image_paths[item.id] if image_paths else PurePosixPath(names[item.id]).name
        write_text(file, jsontext.dump(_file(item, image_path, told, file, losses)))
        told = {}
    return losses


def _file(
    item: LabeledImage, image_name: str, told: Mapping[str, Any], file: Path, losses: LossReport
) -> dict[str, Any]:
    rows = rows_of_objects(item.objects)
    others = dict(_OURS)
    for row in rows[:1]:
        others |= row.extra.get("labelme_file", {})
    shapes: list[dict[str, Any]] = []
    lost: list[str] = []
    used: set[tuple[object, str]] = set()
    for row in rows:
        made, loss = encode_row(row) if not is_empty(row) else ([], "empty-object")
        lost += [loss] * bool(loss)
        if made:
            _group(made, row, shapes, used)
        shapes += made
    plane = told_plane(item.view)
    lost += filter(None, [unsaid_plane(item), coverage(item)])
    for kind in dict.fromkeys(lost):
        losses.add(kind, _LOSS_TEXT[kind], file, count=lost.count(kind))
    width, height = item.size_wh
    image = {"imagePath": image_name, "imageData": None, "imageHeight": height, "imageWidth": width}
    header = {**plane, **told}
    return {**others, "shapes": shapes, **image, **({ours.KEY: header} if header else {})}


def _group(made: list[dict[str, Any]], row: Row, before: list[dict[str, Any]], used: set[tuple[object, str]]) -> None:
    """Give the shapes of one object one group that no other object of the label has."""
    group = made[0]["group_id"]
    if row.kind not in (Kind.POLYGON, Kind.MASK):
        return
    taken = group is not None and (group, made[0]["label"]) in used
    if taken or (len(made) > 1 and group is None):
        numbers = [s["group_id"] for s in before if isinstance(s["group_id"], int)]
        group = max([*numbers, 999]) + 1
        for shape in made:
            set_group(shape, group)
    used.add((group, made[0]["label"]))
