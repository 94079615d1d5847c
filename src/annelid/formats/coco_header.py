"""What goes for a COCO file as a whole: its shape, its classes, and what it means by a crowd."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from annelid.errors import AnnotationError
from annelid.formats.base import LossReport
from annelid.formats.coco_shape import OURS
from annelid.formats.coco_table import AnnotationTable

Crowd = Literal["auto", "ignore", "instance"]
"""What ``iscrowd: 1`` means: an area to leave out, an object like any other, or what the file suggests."""
Json = Mapping[str, Any]


def checked(data: Any, file: str) -> Json:
    """The data set itself, when it is one.

    Raises:
        AnnotationError: the value is something else.
    """
    step = "choose the file that holds images, annotations and categories (instances_*.json)"
    if isinstance(data, list):
        found = "a bare list, as detectors write their results"
        raise AnnotationError(file, expected="a COCO data set", found=found, next_step=step)
    if not isinstance(data, dict) or not isinstance(data.get("images"), list):
        raise AnnotationError(file, place="images", expected="a COCO data set", found="no images", next_step=step)
    for key in ("annotations", "categories"):
        if not isinstance(data.get(key) or [], list):
            found = type(data[key]).__name__
            raise AnnotationError(file, place=key, expected="a list", found=found, next_step=step)
    return data


def class_names(data: Json, used: set[str], losses: LossReport, file: str) -> dict[str, str]:
    """Category id as text -> name, in the file's order, without a root that only groups the others.

    Args:
        data: the data set.
        used: the category ids that annotations have, as text.
        losses: takes the categories that are left out.
        file: name of the file for losses.
    """
    names: dict[str, str] = {}
    categories = data.get("categories") or []
    for number, category in enumerate(categories):
        if not isinstance(category, dict) or "id" not in category or not str(category.get("name") or "").strip():
            losses.add("class-invalid", "a category without id or name was left out", file, f"categories[{number}]")
        elif str(category["id"]) in names:
            what = f"category id {category['id']} is given twice; {names[str(category['id'])]!r} was kept"
            losses.add("class-twice", what, file, f"categories[{number}]")
        else:
            if str(category["name"]) in names.values():
                what = f"{category['name']!r} is the name of two categories: their objects are of one class now"
                losses.add("class-twice", what, file, f"categories[{number}]")
            names[str(category["id"])] = str(category["name"])
    parents = {str(c.get("supercategory")) for c in categories if isinstance(c, dict)}
    if "0" in names and "0" not in used and (names["0"] in parents or names["0"] == "_background_"):
        losses.add("class-unused", f"category {names['0']!r} only groups the others and was left out", file)
        del names["0"]
    return names


def is_ours(data: Json) -> bool:
    """Whether Annelid wrote the file."""
    info = data.get("info")
    return isinstance(info, dict) and OURS in info


def crowd_is_object(data: Json, table: AnnotationTable, crowd: Crowd, losses: LossReport, file: str) -> bool:
    """Whether ``iscrowd: 1`` marks single objects, as CVAT writes every brush mask; it is said either way."""
    values = table.values
    crowds = [a for a in values if a.get("iscrowd") in (1, True) and isinstance(a.get("segmentation"), dict)]
    if crowd != "auto" or not crowds or is_ours(data):
        return crowd == "instance"
    as_object = _look_like_objects(values, crowds, beside_polygons=bool(table.polygons))
    if as_object:
        what = "all masks are marked as crowds, as CVAT marks them: they are read as objects"
        losses.add("crowd-as-instance", what, file, count=len(crowds))
    else:
        what = "areas marked as crowds are ignored: neither object nor background"
        losses.add("crowd-ignored", what, file, count=len(crowds))
    return as_object


def _look_like_objects(values: Sequence[Json], crowds: Sequence[Json], *, beside_polygons: bool) -> bool:
    """Who means crowds has one for an image and class, beside objects that are outlined by polygons."""
    if any(isinstance(a.get("segmentation"), dict) and a.get("iscrowd") not in (1, True) for a in values):
        return False
    if not beside_polygons and not any(isinstance(a.get("segmentation"), list) and a["segmentation"] for a in values):
        return True
    most = Counter((str(a.get("image_id")), str(a.get("category_id"))) for a in crowds).most_common(1)
    return most[0][1] > 1 or any("attributes" in a for a in crowds)
