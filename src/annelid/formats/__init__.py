"""Annotation formats: one module each, listed here, told apart by content."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path
from typing import cast

from annelid.errors import AnnotationError, UsageError
from annelid.formats import (
    celldetective,
    cellpose,
    coco,
    cvat,
    darwin,
    geojson,
    imagej,
    labelmask,
    labelme,
    labelstudio,
    maskfolder,
    via,
    voc,
    yolo,
)
from annelid.formats.base import Format

__all__ = ["ALIASES", "BY_STEM", "FORMATS", "LABEL_IMAGES", "get", "sniff"]

FORMATS: dict[str, Format] = {
    "labelme": cast("Format", labelme),
    "coco": cast("Format", coco),
    "yolo": cast("Format", yolo),
    "labelmask": cast("Format", labelmask),
    "maskfolder": cast("Format", maskfolder),
    "voc": cast("Format", voc),
    "cvat": cast("Format", cvat),
    "labelstudio": cast("Format", labelstudio),
    "via": cast("Format", via),
    "darwin": cast("Format", darwin),
    "geojson": cast("Format", geojson),
    "imagej": cast("Format", imagej),
    "cellpose": cast("Format", cellpose),
    "celldetective": cast("Format", celldetective),
}

ALIASES = {
    "dsb2018": "maskfolder",
    "anylabeling": "labelme",
    "x-anylabeling": "labelme",
    "xanylabeling": "labelme",
    "v7": "darwin",
    "qupath": "geojson",
    "roi": "imagej",
    "fiji": "imagej",
}
"""Other names by which people ask for a format."""

_RICHER = {"labelmask": ("celldetective", "cellpose"), "imagej": ("cellpose",)}
"""A format -> those that know the same objects, and more about them: these are meant where both fit."""

LABEL_IMAGES = ("labelmask", "cellpose", "celldetective")
"""Formats whose label images lie among the images, and which know no classes of their own."""

_MOST_FILES = 10_000

BY_STEM = ("labelme", "yolo", "labelmask", "maskfolder", "voc")
"""Formats that name a file after an image without its ending, so that ``a.png`` and ``a.tif`` would be one."""


def get(name: str) -> Format:
    """The format of a name or alias, in whatever capitals.

    Raises:
        UsageError: there is no such format.
    """
    key = name.strip().lower()
    key = ALIASES.get(key, key)
    if key not in FORMATS:
        raise UsageError(f"there is no format {name!r}", next_step=f"choose one of {', '.join(FORMATS)}")
    return FORMATS[key]


def sniff(path: Path) -> Format:
    """The format of a file or folder, by content.

    Raises:
        AnnotationError: it is none of the formats, or it could be several.
    """
    known = ", ".join(FORMATS)
    if not path.exists():
        raise AnnotationError(path, expected="a file or folder", found="nothing there", next_step="check the path")
    fitting = [name for name, module in FORMATS.items() if module.sniff(path)]
    fitting = [name for name in fitting if not any(richer in fitting for richer in _RICHER.get(name, ()))]
    if not fitting:
        step = "choose the file or folder with the annotations, or name their format with --format"
        raise AnnotationError(path, expected=f"annotations ({known})", found=_seen(path), next_step=step)
    if len(fitting) > 1:
        step = f"name the one that is meant with --format {fitting[0]}, or choose the file or folder itself"
        raise AnnotationError(path, expected="one format", found=" and ".join(fitting), next_step=step)
    return FORMATS[fitting[0]]


def _seen(path: Path) -> str:
    """What a file or a folder looks like, for people who wonder why it is not recognised."""
    if path.is_file():
        with path.open("rb") as file:
            head = file.read(40)
        return f"a file beginning with {head.decode(errors='replace')!r}" if head else "an empty file"
    files = islice((file for file in path.rglob("*") if file.is_file()), _MOST_FILES)
    endings = Counter(file.suffix.lower() or "without ending" for file in files)
    listed = ", ".join(f"{count} {ending}" for ending, count in endings.most_common(4))
    return f"only other files ({listed})" if listed else "an empty folder"
