"""COCO results: the bare list of detections that a detector writes about a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annelid.errors import AnnotationError
from annelid.formats.base import Annotations, LossReport
from annelid.formats.coco_header import checked
from annelid.formats.coco_objects import read_objects
from annelid.formats.coco_read import CocoAnnotations
from annelid.formats.coco_reading import Reading
from annelid.formats.images import Names
from annelid.formats.jsontext import parse, read_text
from annelid.objects import Objects

Json = Mapping[str, Any]


def read_results(path: Path, truth: Annotations, losses: LossReport | None = None) -> dict[str, Objects]:
    """Read detections about the images of a data set as they are: nothing is clipped.

    Args:
        path: a bare list of detections, or a whole COCO file whose annotations may have scores.
        truth: what they are about; for a bare list it must come from one COCO file, whose ids the list uses.
        losses: takes what could not be used.

    Returns:
        Path of every item of ``truth`` -> its detections, none where the file has none.

    Raises:
        AnnotationError: the file cannot be read, or its ids mean nothing here.
    """
    found = losses if losses is not None else LossReport()
    data = parse(read_text(path), path)
    table = _of_list(path, truth) if isinstance(data, list) else _of_data_set(checked(data, str(path)), truth, path)
    root = "" if isinstance(data, list) else "annotations"
    values = data if isinstance(data, list) else data.get("annotations") or []
    known = frozenset(truth.classes)
    reading = Reading(str(path), table.class_names, known, crowd_is_object=True, losses=found, as_is=True)
    groups = _by_path(values, table, reading, root)
    sizes = {item.image.path: item.size_wh for item in truth.items}
    return {name: read_objects(groups.get(name, []), size, reading, root) for name, size in sizes.items()}


@dataclass(frozen=True)
class _Ids:
    """What the ids of a results file mean: image id -> path of the item, category id -> class name."""

    image_paths: Mapping[str, str]
    class_names: Mapping[str, str]


def _of_list(path: Path, truth: Annotations) -> _Ids:
    if not isinstance(truth, CocoAnnotations) or not truth.image_paths:
        raise AnnotationError(
            path,
            expected="detections whose image ids are known",
            found="a bare list, and a truth that is not one COCO file",
            next_step="give the COCO file (instances_*.json) that the detections refer to as truth",
        )
    return _Ids(truth.image_paths, truth.class_names)


def _of_data_set(data: Json, truth: Annotations, path: Path) -> _Ids:
    """The ids of a COCO file of its own: images are paired by name, classes too."""
    items = {Path(item.image.path): item.image.path for item in truth.items}
    names = Names(list(items))
    images: dict[str, str] = {}
    for entry in data["images"]:
        if isinstance(entry, dict) and isinstance(entry.get("file_name"), str):
            found = names.find(entry["file_name"])
            if found is not None:
                images[str(entry.get("id"))] = items[found]
    if not images:
        step = "give results about the same images, named alike"
        raise AnnotationError(path, place="images", expected="images of the truth", found="none", next_step=step)
    categories = [c for c in data.get("categories") or [] if isinstance(c, dict)]
    return _Ids(images, {str(c.get("id")): str(c.get("name")) for c in categories})


def _by_path(values: Sequence[Any], ids: _Ids, reading: Reading, root: str) -> dict[str, list[tuple[int, Json]]]:
    groups: dict[str, list[tuple[int, Json]]] = {}
    for number, value in enumerate(values):
        place = f"{root}[{number}]"
        if not isinstance(value, dict) or "image_id" not in value:
            what = "expected a detection with image_id, category_id and score: it was left out"
            reading.losses.add("annotation-invalid", what, reading.file, place)
            continue
        name = ids.image_paths.get(str(value["image_id"]))
        if name is None:
            what = f"image {value['image_id']} is none of the truth's: the detection was left out"
            reading.losses.add("image-unknown", what, reading.file, f"{place}.image_id")
        else:
            groups.setdefault(name, []).append((number, value))
    return groups
