"""What a COCO file says of itself, its images and its classes beyond what is needed: it rides on their first objects.

Of an image ``license``, ``coco_url``, ``date_captured`` and every other key ride in ``extra["coco_image"]``; of the
file ``info``, ``licenses``, what categories have besides id and name (``supercategory``, ``keypoints``, ``skeleton``),
and all else, in ``extra["coco_file"]`` of the first object of all. What says nothing is left out, as the fields that
CVAT fills in for everybody; where no object can carry the rest that is a loss, told once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from annelid.formats.base import LossReport
from annelid.formats.coco_shape import OURS
from annelid.objects import Objects

FILE, IMAGE = "coco_file", "coco_image"
_FILE_KEYS = {"images", "annotations", "categories", OURS}
_IMAGE_KEYS = {"id", "width", "height", "file_name", OURS}
_CATEGORY_KEYS = {"id", "name", OURS}
_MAY_BE_ZERO = {"license", "date_captured"}
"""Keys of an image that are 0 where nobody said anything."""

Json = Mapping[str, Any]


class About:
    """What a file says beyond its objects, handed to these one image after another.

    Args:
        data: the file, without its annotations.
    """

    def __init__(self, data: Json) -> None:
        self._file = _of_file(data)
        self._has_licenses = "licenses" in self._file
        self._left_out: dict[str, None] = {}

    def on(self, objects: Objects, entry: Json) -> Objects:
        """The objects of an image, of which the first one carries what is said of the image, and of the file."""
        of_image = {key: v for key, v in entry.items() if key not in _IMAGE_KEYS and self._says_something(key, v)}
        told = {**({FILE: self._file} if self._file else {}), **({IMAGE: of_image} if of_image else {})}
        if not told:
            return objects
        if not len(objects):
            self._left_out |= dict.fromkeys(of_image)
            return objects
        self._file = {}
        extra = objects.extra.copy()
        extra[0] = {**extra[0], **told}
        return replace(objects, extra=extra)

    def _says_something(self, key: str, value: Any) -> bool:
        if key in _MAY_BE_ZERO and value == 0 and not (key == "license" and self._has_licenses):
            return False
        return not _is_empty(value)

    def report(self, losses: LossReport, file: str) -> None:
        """Tell what no object could carry."""
        names = [*self._left_out, *self._file]
        if names:
            what = "keys of the file and of images were left out, as there is no object to carry them: "
            losses.add("file-keys", what + ", ".join(names), file)


def _of_file(data: Json) -> dict[str, Any]:
    others = {key: v for key, v in data.items() if key not in _FILE_KEYS}
    info = others.get("info")
    if isinstance(info, Mapping):
        others["info"] = {key: v for key, v in info.items() if key != OURS and not _is_empty(v)}
    licenses = others.get("licenses")
    if isinstance(licenses, list) and all(isinstance(entry, Mapping) and _is_blank(entry) for entry in licenses):
        del others["licenses"]
    categories = {str(c["name"]): _of_category(c) for c in data.get("categories") or [] if _is_named(c)}
    others["categories"] = {name: keys for name, keys in categories.items() if keys}
    return {key: v for key, v in others.items() if not _is_empty(v)}


def _is_named(category: object) -> bool:
    return isinstance(category, Mapping) and isinstance(category.get("name"), str)


def _of_category(category: Json) -> dict[str, Any]:
    return {key: v for key, v in category.items() if key not in _CATEGORY_KEYS and not _is_empty(v)}


def _is_blank(entry: Json) -> bool:
    """Whether a licence is one that nobody gave."""
    return all(_is_empty(v) for key, v in entry.items() if key != "id")


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def image_keys(objects: Objects) -> Json:
    """What rides on the objects of an image and is said of the image."""
    found = (extra[IMAGE] for extra in objects.extra if isinstance(extra.get(IMAGE), Mapping))
    return {key: v for key, v in next(found, {}).items() if key not in _IMAGE_KEYS}


def file_keys(images: Iterable[Objects], losses: LossReport, file: str) -> dict[str, Any]:
    """What rides on the objects of a data set and is said of the whole file.

    Of several files that were put together the first one speaks, except for classes; what others say differently is a
    loss, told once.
    """
    several = [extra[FILE] for objects in images for extra in objects.extra if isinstance(extra.get(FILE), Mapping)]
    merged: dict[str, Any] = {}
    differing: dict[str, None] = {}
    for told in several:
        for key, value in told.items():
            if key == "categories" and isinstance(value, Mapping):
                merged[key] = {**value, **merged.get(key, {})}
            elif merged.setdefault(key, value) != value:
                differing[key] = None
    if differing:
        what = f"of files that were put together only the first one's {', '.join(differing)} were kept"
        losses.add("file-keys", what, file)
    return merged
