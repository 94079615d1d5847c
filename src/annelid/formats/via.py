"""VGG Image Annotator (VIA): annotations and projects of VIA 1 and 2, and projects of VIA 3.

The class of a region is its attribute called label, class, type, name, category or species (in this order, in
whatever capitals), or else the only attribute that the file's regions have; where no region has any attribute all are
of one class, ``object`` or the one that the caller gave. The other attributes ride in ``extra["via"]["attributes"]``,
the name of the class's own, where it is not ``label``, in ``extra["via"]["class_attribute"]``; of the file
``size``, ``file_attributes`` and unknown keys, in ``extra["via_file"]`` of the image's first object; definitions of
attributes and settings of a VIA 2 project, in ``extra["via_project"]`` of the first object of all. Written are VIA 2
projects; what VIA has no place for is under the key ``annelid`` of a region.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from annelid.atomic import write_text
from annelid.dataset import Dataset, LabeledImage
from annelid.errors import AnnotationError
from annelid.formats import jsontext, ours
from annelid.formats.base import Annotations, ImageIndex, LossReport
from annelid.formats.json_head import without_ours
from annelid.formats.plane import told_plane, unsaid_plane
from annelid.formats.reading import Reading, joined
from annelid.formats.row import Row, rows_of_objects
from annelid.formats.values import ShapeError, SizeWh, label_of
from annelid.formats.via3 import as_via2, is_via3
from annelid.formats.via_shape import AUTHOR, NATIVE, chosen, class_attribute, decode_region, encode_row
from annelid.formats.writing import Lost, annotated, coverage, has_score, is_empty, part_rows
from annelid.steps import counted

NAME = "via"

_FILE, _PROJECT = "via_file", "via_project"
_FILE_DEFAULTS: dict[str, Any] = {"size": -1, "file_attributes": {}}
_PROJECT_KEYS = ("_via_settings", "_via_attributes", "_via_data_format_version")
_VIA2 = re.compile(rb'"_via_img_metadata"\s*:|"(shape_attributes|region_attributes|file_attributes)"\s*:')
_VIA3 = re.compile(rb'"project"\s*:\s*\{.*"(pid|vid_list)"\s*:', re.DOTALL)
_CLASS = "object"

Json = Mapping[str, Any]


def sniff(path: Path) -> bool:
    """Whether a file, or one of the first JSON files of a folder, is VIA's."""
    candidates = [path] if path.is_file() else _json_files(path)[:20] if path.is_dir() else []
    return any(_looks_like_via(file) for file in candidates)


def _looks_like_via(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            head = without_ours(stream.read(65536).replace(b"\0", b""))
    except OSError:
        return False
    is_object = re.match(rb"[^\w\[]*\{", head) is not None
    return is_object and bool(_VIA2.search(head) or _VIA3.search(head))


def _json_files(folder: Path) -> list[Path]:
    files = (file for file in sorted(folder.rglob("*")) if file.suffix.lower() == ".json")
    return [file for file in files if not file.name.startswith(".") and file.is_file()]


# --- reading ----------------------------------------------------------------------------------------------


def read(path: Path, images: ImageIndex, classes: Sequence[str] = ()) -> Annotations:
    """Read one file or every one of VIA's below a folder; every image that is listed was looked at.

    VIA does not write the size of images: those that are not found are left out.

    Raises:
        AnnotationError: the file, or every file of the folder, cannot be read.
    """
    reading = Reading(images, tuple(classes))
    files = reading.recognised(_json_files(path), _looks_like_via) if path.is_dir() else [path]
    if not files:
        raise AnnotationError(path, expected="VIA's JSON files", found="none")
    listed: list[str] = []
    errors: list[AnnotationError] = []
    for file in files:
        try:
            value = jsontext.parse(jsontext.read_text(file), file)
            entries = _entries(value, file)
        except AnnotationError as problem:
            errors.append(problem)
            reading.losses.add("file-unreadable", problem.message, file)
            continue
        listed += _read_entries(file, value, entries, reading)
    if len(errors) == len(files):
        raise errors[0]
    return reading.annotations(listed)


def _entries(value: Any, file: Path) -> dict[str, Json]:
    """Key -> the value of each image.

    Raises:
        AnnotationError: the file is none of VIA's.
    """
    if is_via3(value):
        return as_via2(value)
    found = value.get("_via_img_metadata", value) if isinstance(value, dict) else None
    if not isinstance(found, dict) or not all(isinstance(v, dict) and "regions" in v for v in found.values()):
        keys = ", ".join(map(str, list(value)[:5])) if isinstance(value, dict) else type(value).__name__
        keys = keys or "an object without keys"
        raise AnnotationError(file, expected="VIA's images with their regions", found=keys)
    return found


def _read_entries(file: Path, value: Any, entries: Mapping[str, Json], reading: Reading) -> list[str]:
    """Names of the classes that the file lists."""
    regions = {key: _regions(entry) for key, entry in entries.items()}
    for key, entry in entries.items():
        if entry.get("regions") and not isinstance(entry["regions"], list | dict):
            what = f"expected regions, found {entry['regions']!r:.40}: they were left out"
            reading.losses.add("shape-invalid", what, file, f"{key}.regions")
    attribute = class_attribute([r for several in regions.values() for r in several.values()])
    count = sum(map(len, regions.values()))
    if count and not attribute and len(reading.given) != 1:
        what = f"no attribute of the regions is a class: all are {_CLASS!r}"
        reading.losses.add("class-assumed", what, file, "region_attributes", count)
    project = {key: value[key] for key in _PROJECT_KEYS if isinstance(value, dict) and key in value}
    told: dict[str, Any] = {_PROJECT: project} if project and not is_via3(value) else {}
    for key, entry in entries.items():
        told = _read_entry(file, key, entry, regions[key], attribute, told, reading)
    return _options(project, attribute)


def _regions(entry: Json) -> dict[str, Json]:
    """Number -> region; VIA 1 has an object of numbers where VIA 2 has a list."""
    found = entry.get("regions")
    pairs = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    return {str(n): region if isinstance(region, dict) else {} for n, region in pairs}


def _options(project: Json, attribute: str) -> list[str]:
    """The values that a project offers for the class, in order."""
    try:
        options = project["_via_attributes"]["region"][attribute]["options"]
    except (KeyError, TypeError):
        return []
    return [str(option) for option in options if str(option).strip()] if isinstance(options, dict) else []


def _read_entry(
    file: Path, key: str, entry: Json, regions: Json, attribute: str, told: dict[str, Any], reading: Reading
) -> dict[str, Any]:
    """Add an image; returns what the first object of the file is still to carry."""
    named = entry.get("filename")
    if not isinstance(named, str) or not named.strip():
        what = "an image without filename was left out"
        reading.losses.add("image-invalid", what, file, key, max(len(regions), 1))
        return told
    located = reading.locate([named, named.replace("\\", "/").rsplit("/", 1)[-1]], None, file, key, len(regions))
    if located is None:
        return told
    rows = joined(_rows(file, key, regions, attribute, located[1], reading), NATIVE)
    others = {k: v for k, v in entry.items() if k not in {"filename", "regions"}}
    fields, header = others.get("file_attributes"), None
    if isinstance(fields, dict) and ours.KEY in fields:
        header = ours.loads(str(fields[ours.KEY]))
        others["file_attributes"] = {k: v for k, v in fields.items() if k != ours.KEY}
    others = {k: v for k, v in others.items() if k not in _FILE_DEFAULTS or v != _FILE_DEFAULTS[k]}
    if rows:
        rows[0] = replace(rows[0], extra={**rows[0].extra, **({_FILE: others} if others else {}), **told})
    elif others.get("file_attributes"):
        what = f"file_attributes were left out, as there is no object to carry them: {others['file_attributes']!r:.200}"
        reading.losses.add("file-keys", what, file, key)
    reading.add(located, rows, file, key, header=header)
    return {} if rows else told


def _rows(
    file: Path, key: str, regions: Json, attribute: str, size_wh: SizeWh, reading: Reading
) -> Iterator[tuple[Row, str]]:
    default = "" if attribute else reading.given[0] if len(reading.given) == 1 else _CLASS
    for n, region in regions.items():
        place = f"metadata.{region['via3_id']}" if "via3_id" in region else f"{key}.regions[{n}]"
        try:
            row, group = decode_region(region, default or _label(region, attribute), attribute or "label")
        except ShapeError as error:
            reading.bad_shape(error, file, place)
            continue
        inside = reading.inside(row, size_wh, file, place)
        if inside is not None:
            yield inside, group


def _label(region: Json, attribute: str) -> str:
    fields = region.get("region_attributes")
    return label_of(chosen(fields.get(attribute)) if isinstance(fields, Mapping) else None, "region_attributes")


# --- writing ----------------------------------------------------------------------------------------------


def write(dataset: Dataset, out: Path, names: Mapping[str, str]) -> LossReport:
    """Write ``via_project.json``, a project of VIA 2 that it can open.

    Raises:
        AnnelidError: the file cannot be written.
    """
    file, losses = out / "via_project.json", LossReport()
    extras = [extra for item in dataset.items for extra in item.objects.extra]
    project: dict[str, Any] = next((e[_PROJECT] for e in extras if e.get(_PROJECT)), {})
    own = (e[NATIVE]["class_attribute"] for e in extras if e.get(NATIVE, {}).get("class_attribute"))
    attribute = next(own, "label")
    images: dict[str, Any] = {}
    for item in counted("writing", annotated(dataset)):
        entry = _image(item, names[item.id], attribute, file, losses)
        key = f"{entry['filename']}{entry['size']}"
        images[f"{key}{item.view.suffix}" if key in images else key] = entry
    write_text(file, jsontext.dump(_project(dataset, project, attribute, images)))
    return losses


def _project(dataset: Dataset, project: Json, attribute: str, images: Json) -> dict[str, Any]:
    defined = project.get("_via_attributes")
    defined = defined if isinstance(defined, Mapping) else {}
    region = {**(defined.get("region") or {})}
    asked = {"type": "dropdown", "description": "", "default_options": {}, **(region.get(attribute) or {})}
    region[attribute] = {**asked, "options": dict.fromkeys(dataset.classes, "")}
    return {
        "_via_settings": {"ui": {}, "core": {}, "project": {"name": "annelid"}},
        "_via_data_format_version": "2.0.10",
        **project,
        "_via_img_metadata": images,
        "_via_attributes": {"file": {}, **defined, "region": region},
        "_via_image_id_list": list(images),
    }


def _image(item: LabeledImage, name: str, attribute: str, file: Path, losses: LossReport) -> dict[str, Any]:
    lost = Lost()
    lost.add(coverage(item))
    lost.add(unsaid_plane(item))
    rows = rows_of_objects(item.objects)
    others = dict(rows[0].extra.get(_FILE, {})) if rows else {}
    regions: list[dict[str, Any]] = []
    for n, row in enumerate(rows):
        regions += _encoded(row, attribute, f"{n}", lost)
    lost.report(losses, file, name)
    if plane := told_plane(item.view):
        others["file_attributes"] = {**others.get("file_attributes", {}), ours.KEY: jsontext.dump(plane)}
    return {**_FILE_DEFAULTS, **others, "filename": name, "regions": regions}


def _encoded(row: Row, attribute: str, group: str, lost: Lost) -> list[dict[str, Any]]:
    """The regions of one object, one for each part."""
    if is_empty(row):
        lost.add("empty-object")
        return []
    rows = part_rows(row, NATIVE, AUTHOR) if len(row.shape) > 1 else [row]
    try:
        made = [encode_row(part, attribute, group if len(rows) > 1 else "") for part in rows]
    except ShapeError as error:
        lost.add(error.kind)
        return []
    lost.add("parts-split" if len(made) > 1 else next((loss for _, loss in made if loss), ""))
    lost.add("ignored" if row.ignore else "")
    lost.add("score" if has_score(row) else "")
    return [value for value, _ in made]
