"""The masks of Pascal VOC: ``SegmentationObject/X.png`` and ``SegmentationClass/X.png``, as objects of an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from annelid import tracing
from annelid.errors import AnnotationError, ImageError
from annelid.formats.base import LossReport
from annelid.formats.values import SizeWh
from annelid.formats.voc_colours import VOID, LabelMap, numbers_of
from annelid.geometry import Shape
from annelid.readers.apart import read_stored

OBJECTS, CLASSES = "SegmentationObject", "SegmentationClass"
_ENDINGS = ("", "PNG")
"""What the folders' names end with; ``PNG`` is how LabelMe's converter called them once."""


@dataclass(frozen=True)
class Segment:
    """One object of the pictures.

    Attributes:
        number: its number in ``SegmentationObject``, from 1; 0 for an area of a class alone.
        label: its class in ``SegmentationClass``, or "".
        shape: its outline along the pixel edges.
    """

    number: int
    label: str
    shape: Shape


@dataclass(frozen=True)
class _Picture:
    """int64 (h, w), 0 is background; whether the numbers are those of colours; and the file."""

    numbers: NDArray[np.int64]
    is_colour: bool
    file: Path


def segmented_keys(root: Path) -> list[str]:
    """Ids of the images that have masks: their paths below the folders, without ending."""
    folders = [root / f"{kind}{ending}" for kind in (OBJECTS, CLASSES) for ending in _ENDINGS]
    files = ((folder, file) for folder in folders for file in sorted(folder.rglob("*.png")))
    return sorted({file.relative_to(folder).with_suffix("").as_posix() for folder, file in files if file.is_file()})


def mask_file(root: Path, key: str) -> Path | None:
    """The picture of an image's objects, else of its classes, None where it has none."""
    return _file(root, OBJECTS, key) or _file(root, CLASSES, key)


def _file(root: Path, kind: str, key: str) -> Path | None:
    files = (root / f"{kind}{ending}" / f"{key}.png" for ending in _ENDINGS)
    return next((file for file in files if file.is_file()), None)


def size_of(root: Path, key: str) -> SizeWh | None:
    """The size of an image's masks, None where they cannot be read."""
    file = mask_file(root, key)
    try:
        height, width = _read(file, LabelMap()).numbers.shape if file else (0, 0)
    except AnnotationError:
        return None
    return (width, height) if width and height else None


def segments_of(root: Path, key: str, size_wh: SizeWh, labels: LabelMap, losses: LossReport) -> list[Segment]:
    """The objects of an image's masks, by their numbers; without ``SegmentationObject`` the areas of each class.

    Args:
        root: the folder in which ``SegmentationObject`` lies.
        key: id of the image.
        size_wh: its size.
        labels: what classes the numbers of ``SegmentationClass`` mean.
        losses: takes what cannot be read, and pixels that belong to nothing.
    """
    pictures = _pictures(root, key, size_wh, labels, losses)
    objects, named = pictures.get(OBJECTS), pictures.get(CLASSES)
    if objects is None:
        return _areas(_without_void(named, losses), labels, losses) if named else []
    objects = _without_void(objects, losses)
    shapes = tracing.label_image_to_shapes(objects.numbers)
    of_object = _labels(objects.numbers, named, labels) if named else {}
    return [Segment(n, of_object.get(n, ""), shape) for n, shape in shapes.items()]


def _pictures(root: Path, key: str, size_wh: SizeWh, labels: LabelMap, losses: LossReport) -> Mapping[str, _Picture]:
    found: dict[str, _Picture] = {}
    for kind in (OBJECTS, CLASSES):
        file = _file(root, kind, key)
        if file is None:
            continue
        try:
            picture = _read(file, labels)
        except AnnotationError as error:
            losses.add("masks-unreadable", f"{error.message}: only the boxes were read", file)
            continue
        if picture.numbers.shape != (size_wh[1], size_wh[0]):
            what = f"the masks have {picture.numbers.shape[::-1]} pixels, the image {size_wh}: they were left out"
            losses.add("size-mismatch", what, file)
            continue
        found[kind] = picture
    return found


def _read(file: Path, labels: LabelMap) -> _Picture:
    """The numbers in a picture: those of its colours, else indices of its palette or grey levels.

    Raises:
        AnnotationError: it cannot be read, or is no such picture.
    """
    try:
        stored = read_stored(file)
    except ImageError as error:
        raise AnnotationError(file, expected="masks as a PNG", found=error.found) from error
    pixels = stored.pixels
    if stored.palette:
        table = numbers_of(np.array(stored.palette, np.int64).reshape(-1, 3))
        return _by_palette(file, pixels, table, {0, VOID, *labels.colours})
    if pixels.ndim == 2 and pixels.dtype.kind in "bu":
        return _Picture(pixels.astype(np.int64), is_colour=False, file=file)
    if pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
        raise AnnotationError(file, expected="masks as a PNG", found=f"shape {pixels.shape} of {pixels.dtype}")
    return _Picture(numbers_of(pixels[..., :3]), is_colour=True, file=file)


def _by_palette(file: Path, pixels: NDArray[Any], table: NDArray[np.int64], known: set[int]) -> _Picture:
    """Numbers by colour where all of these are known, else the indices."""
    used = np.unique(pixels)
    if used.max(initial=0) < len(table) and set(table[used].tolist()) <= known:
        return _Picture(table[pixels], is_colour=True, file=file)
    return _Picture(pixels.astype(np.int64), is_colour=False, file=file)


def _without_void(picture: _Picture, losses: LossReport) -> _Picture:
    """The picture with the border of objects as background; what is only 0 and 255 has no border."""
    void = picture.numbers == VOID
    is_binary = not picture.is_colour and bool((void | (picture.numbers == 0)).all())
    if is_binary or not void.any():
        return picture
    what = f"{int(void.sum())} pixels that belong to no object (the border, number 255) were taken as background"
    losses.add("void", what, picture.file)
    return replace(picture, numbers=np.where(void, 0, picture.numbers))


def _labels(objects: NDArray[np.int64], classes: _Picture, labels: LabelMap) -> dict[int, str]:
    """Number of an object -> the class that most of its pixels have, where any has one."""
    inside = (objects > 0) & (classes.numbers > 0)
    pairs = np.stack([objects[inside], classes.numbers[inside]], 1)
    several, counts = np.unique(pairs, axis=0, return_counts=True)
    found: dict[int, str] = {}
    for n in np.argsort(-counts, kind="stable"):
        number, label = several[n].tolist()
        name = labels.name(label, is_colour=classes.is_colour)
        if name:
            found.setdefault(number, name)
    return found


def _areas(classes: _Picture, labels: LabelMap, losses: LossReport) -> list[Segment]:
    """Every area of a class: nothing tells objects that touch each other apart."""
    segments: list[Segment] = []
    for number in np.unique(classes.numbers[classes.numbers > 0]).tolist():
        areas, _ = ndimage.label(classes.numbers == number, np.ones((3, 3), int))
        name = labels.name(number, is_colour=classes.is_colour)
        segments += [Segment(0, name, shape) for shape in tracing.label_image_to_shapes(areas).values()]
    if segments:
        what = "there is no SegmentationObject: each area of a class became an object, touching ones are not told apart"
        losses.add("semantic", what, classes.file, count=len(segments))
    return segments
