"""A COCO file's text -> labeled images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from annelid.dataset import LabeledImage, whole_image
from annelid.errors import AnnotationError, ImageError
from annelid.formats.base import Annotations, ImageIndex, LossReport
from annelid.formats.coco_about import About
from annelid.formats.coco_header import Crowd, checked, class_names, crowd_is_object, is_ours
from annelid.formats.coco_objects import read_objects
from annelid.formats.coco_parse import parse_coco
from annelid.formats.coco_plain import plain_objects
from annelid.formats.coco_reading import Json, Reading, SizeWh
from annelid.formats.coco_shape import OURS
from annelid.formats.coco_table import AnnotationTable
from annelid.formats.jsontext import collecting_nothing
from annelid.formats.plane import at_plane, is_other_scene
from annelid.formats.row import view_of
from annelid.objects import Objects


@dataclass(frozen=True)
class CocoAnnotations(Annotations):
    """What was read from one COCO file, and what it takes to read a results file that refers to it.

    Attributes:
        image_paths: image id as text -> path of the item; empty when several files were read.
        class_names: category id as text -> class name.
    """

    image_paths: Mapping[str, str] = field(default_factory=dict)
    class_names: Mapping[str, str] = field(default_factory=dict)


def loads(
    text: str,
    images: ImageIndex,
    classes: Sequence[str] = (),
    *,
    file: str = "annotations.json",
    subset: str = "",
    crowd: Crowd = "auto",
) -> CocoAnnotations:
    """Read the text of a COCO file.

    Args:
        text: the JSON.
        images: where to look for the images.
        classes: class names in order, where the user gave them; objects of other classes are a loss.
        file: name of the file, for errors and losses.
        subset: name of the folder that the images are probably in (``train``), to tell equal names apart.
        crowd: what ``iscrowd: 1`` means.

    Raises:
        AnnotationError: the text is not JSON or not a COCO data set.
    """
    value, table = parse_coco(text.encode(), file)
    return of_table(value, table, images, classes, file=file, subset=subset, crowd=crowd)


@collecting_nothing()
def of_table(
    value: Any,
    table: AnnotationTable,
    images: ImageIndex,
    classes: Sequence[str] = (),
    *,
    file: str,
    subset: str = "",
    crowd: Crowd = "auto",
) -> CocoAnnotations:
    """What `parse_coco` returned, as `loads` reads it."""
    data = checked(value, file)
    losses = LossReport()
    names = class_names(data, table.categories, losses, file)
    ordered = tuple(classes) or tuple(dict.fromkeys(names.values()))
    as_object = crowd_is_object(data, table, crowd, losses, file)
    reading = Reading(file, names, frozenset(ordered), as_object, losses)
    _say_strange(table, reading)
    items: dict[tuple[str | int, ...], LabeledImage] = {}
    paths: dict[str, str] = {}
    annotated = _says_where(table) if len(table) else bool(names) or is_ours(data)
    known: set[str] = set()
    about = About(data)
    for key, entry, place in _image_entries(data, reading):
        known.add(key)
        found = _locate(entry, place, images, subset, table.count(key), reading)
        if found is None:
            continue
        path, size_wh = found
        objects = about.on(_objects(table, key, size_wh, reading), entry)
        item = _item(path, size_wh, objects, entry, annotated)
        add_item(items, item, losses, file, place)
        paths[key] = path
    about.report(losses, file)
    for number in table.strays(known):
        place = f"annotations[{number}].image_id"
        losses.add("image-unknown", "the annotation's image is not listed: it was left out", file, place)
    return CocoAnnotations(ordered, tuple(items.values()), losses, {}, paths, names)


def _says_where(table: AnnotationTable) -> bool:
    """Whether the file has outlines at all, and not captions or labels of whole images."""
    return bool(table.polygons) or any(a.get("bbox") or a.get("segmentation") for a in table.values)


def _say_strange(table: AnnotationTable, reading: Reading) -> None:
    for number, value in table.strange:
        what = f"expected an object, found {type(value).__name__}: it was left out"
        reading.losses.add("annotation-invalid", what, reading.file, f"annotations[{number}]")


def _objects(table: AnnotationTable, key: str, size_wh: SizeWh, reading: Reading) -> Objects:
    """The objects of an image."""
    if table.polygons.get(key) and not table.others.get(key):
        objects = plain_objects(table.polygons[key], size_wh, reading)
        if objects is not None:
            return objects
    return read_objects(table.of_image(key), size_wh, reading)


def _image_entries(data: Json, reading: Reading) -> Iterator[tuple[str, Json, str]]:
    """Id as text, value and place of every image that can be named."""
    seen: set[str] = set()
    for number, entry in enumerate(data["images"]):
        place = f"images[{number}]"
        named = isinstance(entry, dict) and "id" in entry and isinstance(entry.get("file_name"), str)
        if not named or not entry["file_name"].strip():
            reading.losses.add("image-invalid", "an image without id or file_name was left out", reading.file, place)
        elif str(entry["id"]) in seen:
            what = f"image id {entry['id']} is given twice; the first image was kept"
            reading.losses.add("image-invalid", what, reading.file, place)
        else:
            seen.add(str(entry["id"]))
            yield str(entry["id"]), entry, place


def _locate(
    entry: Json, place: str, images: ImageIndex, subset: str, count: int, reading: Reading
) -> tuple[str, SizeWh] | None:
    """Path and size of an image; None, with a loss, when nothing tells the size."""
    name = entry["file_name"].replace("\\", "/")
    path = _find_image(images, name, subset, reading, place)
    lengths = [int(entry[key]) for key in ("width", "height") if _is_length(entry.get(key))]
    stated = (lengths[0], lengths[1]) if len(lengths) == 2 else None
    if path is None and images.all():
        what = f"{name} was not found among the images"
        reading.losses.add("image-missing", what, reading.file, place, max(count, 1))
    is_other = stated is not None and is_other_scene(entry.get(OURS))
    actual = _size_of_file(path, images, reading, place) if path and not is_other else None
    if stated and actual and stated != actual:
        what = (
            f"{name}: the annotations say {stated[0]} x {stated[1]}, the image has {actual[0]} x {actual[1]} "
            "pixels; outlines are taken as pixels of the image"
        )
        reading.losses.add("image-size-differs", what, reading.file, place, max(count, 1))
    size_wh = actual or stated
    if size_wh is None:
        what = f"{name}: neither the file nor an image tells the size; it was left out"
        reading.losses.add("size-unknown", what, reading.file, place, max(count, 1))
        return None
    return (path.as_posix() if path else name), size_wh


def _find_image(images: ImageIndex, name: str, subset: str, reading: Reading, place: str) -> Path | None:
    """The image of a name, those in a folder called ``subset`` first; a loss where several fit."""
    ambiguous = ""
    for wanted in [f"{subset}/{name}", name] if subset else [name]:
        try:
            return images.find(wanted)
        except AnnotationError as error:  # the name alone may be exact
            ambiguous = error.message
    reading.losses.add("image-ambiguous", ambiguous, reading.file, place)
    return None


def _is_length(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 2**31 and value == int(value)


def _size_of_file(path: Path, images: ImageIndex, reading: Reading, place: str) -> SizeWh | None:
    try:
        return images.size_wh(path)
    except ImageError as error:
        reading.losses.add("image-unreadable", str(error), reading.file, place)
        return None


def _item(path: str, size_wh: SizeWh, objects: Objects, entry: Json, annotated: bool) -> LabeledImage:
    """What is listed was looked at, unless the file says otherwise or holds no annotations at all."""
    if not annotated:
        return LabeledImage(view_of(path, size_wh), objects)
    item = LabeledImage(view_of(path, size_wh), objects, whole_image(size_wh), state="reviewed")
    return _restored(item, entry[OURS]) if isinstance(entry.get(OURS), dict) else item


def _restored(item: LabeledImage, ours: Json) -> LabeledImage:
    """The item with what the writer kept beside the image."""
    state = ours.get("state")
    if state in ("new", "draft", "reviewed"):
        item = replace(item, state=state)
    try:
        rings = tuple(np.array(ring, np.float64).reshape(-1, 2) for ring in ours["covered"])
        item = replace(item, covered=rings)
    except (KeyError, ValueError, TypeError):
        pass
    return replace(item, view=at_plane(item.view, ours))


def add_item(
    items: dict[tuple[str | int, ...], LabeledImage],
    item: LabeledImage,
    losses: LossReport,
    file: str,
    place: str = "",
) -> None:
    """Add an item; where its view is there already, the objects of both are put together."""
    key = (item.image.path, *item.view.plane)
    if key in items:
        losses.add("image-twice", f"{key[0]} is listed twice; the objects of both were put together", file, place)
        item = _merged(items[key], item)
    items[key] = item


def _merged(first: LabeledImage, second: LabeledImage) -> LabeledImage:
    taken = set(first.objects.ids)
    ids = [name if name not in taken else f"{name}-{n}" for n, name in enumerate(second.objects.ids)]
    return replace(first, objects=Objects.concat([first.objects, second.objects.replace(ids=ids)]))
