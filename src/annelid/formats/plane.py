"""Which view of its image an annotation is about, kept under our key: no other program has a word for projections."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from annelid.dataset import Dataset, LabeledImage
from annelid.errors import AnnotationError
from annelid.formats.file_names import stem
from annelid.image import Projection, View

KEY = "plane"
LOSS = "plane"
"""Code of the loss where other programs take the first plane of the first scene for the one that is meant."""
UNSAID = "the format does not say which plane, projection or scene of its image is meant: the first will be taken"

_PROJECTIONS = "|".join(filter(None, get_args(Projection)))
_SUFFIX = re.compile(rf"(?:_s(?P<scene>\d{{1,9}}))?(?:_t(?P<t>\d{{1,9}})(?P<plane>z\d{{1,9}}|{_PROJECTIONS}))?")
_SUFFIX_AT_END = re.compile(rf"(?:_s\d{{1,9}})?(?:_t\d{{1,9}}(?:z\d{{1,9}}|{_PROJECTIONS}))?$")
"""See `View.suffix`."""


def told_plane(view: View) -> dict[str, Any]:
    """``{"plane": [t, z, scene, projection]}``, or nothing for the first plane, which needs no word."""
    if not any(view.plane):
        return {}
    further = view.scene or view.projection
    return {KEY: list(view.plane) if further else [view.t, view.z]}


def at_plane(view: View, header: object) -> View:
    """The view of the same image that `told_plane` told of; the same view where it told nothing."""
    told = header.get(KEY) if isinstance(header, Mapping) else None
    if not isinstance(told, list) or len(told) not in (2, 4):
        return view
    if not all(isinstance(v, int) and not isinstance(v, bool) and 0 <= v < 2**31 for v in told[:3]):
        return view
    t, z, scene = (*told[:3], 0)[:3]
    projection: Projection = next((name for name in get_args(Projection) if told[3:] == [name]), "")
    return replace(view, t=t, z=z, scene=scene, projection=projection)


def is_other_scene(header: object) -> bool:
    """Whether a scene is meant that the file's first size says nothing about."""
    told = header.get(KEY) if isinstance(header, Mapping) else None
    return isinstance(told, list) and len(told) == 4 and told[2] not in (0, None)


def unsaid_plane(item: LabeledImage) -> str:
    """Code of the loss where an image's plane is not the first, else ""."""
    return LOSS if any(item.view.plane) else ""


def plane_of_name(name: str, image: str) -> dict[str, Any]:
    """What the name of an annotation file tells of the plane: ``stack_t0z5`` about the image ``stack.tif``.

    Args:
        name: name of the file, less its ending.
        image: path of the image that it is about.
    """
    bare = stem(image.replace("\\", "/").rsplit("/", 1)[-1])
    found = _SUFFIX.fullmatch(name.removeprefix(bare)) if name.startswith(bare) and name != bare else None
    if found is None:
        return {}
    scene, t, plane = found.group("scene"), found.group("t"), found.group("plane") or ""
    z, projection = (int(plane[1:]), "") if plane[:1] == "z" else (0, plane)
    return {KEY: [int(t or 0), z, int(scene or 0), projection]}


def without_plane(name: str) -> str:
    """The name of a file without what tells planes apart, which may be all of it."""
    return _SUFFIX_AT_END.sub("", name)


def refuse_several_planes(dataset: Dataset, names: Mapping[str, str], out: Path) -> None:
    """Refuse what a format cannot keep apart.

    Raises:
        AnnotationError: two planes, projections or scenes of one image would share one name.
    """
    owners: dict[str, str] = {}
    for item in dataset.items:
        if owners.setdefault(names[item.id], item.id) != item.id:
            found = f"several planes of {names[item.id]}, which would share a file"
            step = "choose a format that keeps planes apart, like coco, or convert an image for each plane"
            raise AnnotationError(out, expected="one plane of each image", found=found, next_step=step)
