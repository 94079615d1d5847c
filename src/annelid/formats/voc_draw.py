"""The masks of Pascal VOC as they are written: one number an object, one colour a number."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from annelid.atomic import write_bytes
from annelid.dataset import LabeledImage
from annelid.formats import rle
from annelid.formats.voc_colours import VOID, class_numbers, colours_of
from annelid.formats.voc_masks import CLASSES, OBJECTS
from annelid.geometry import Shape
from annelid.objects import Kind, Objects

_MOST_PIXELS = 2**28


@dataclass(frozen=True)
class Drawn:
    """The masks of an image.

    Attributes:
        image: uint32 (h, w), the number of an object at each of its pixels, 0 is background.
        numbers: index of an object -> its number, for those that are drawn.
        labels: number -> class.
        shown: number -> what can be seen of the object, along the pixel edges.
        covered: indices of objects of which others hide something.
    """

    image: NDArray[np.uint32]
    numbers: Mapping[int, int]
    labels: Mapping[int, str]
    shown: Mapping[int, Shape]
    covered: frozenset[int]


NOTHING = Drawn(np.zeros((0, 0), np.uint32), {}, {}, {}, frozenset())


def is_drawn(objects: Objects) -> NDArray[np.bool_]:
    """Bool (N,): what has an outline of its own and is not to be ignored."""
    return np.isin(objects.kinds, (Kind.POLYGON, Kind.MASK, Kind.ELLIPSE)) & ~objects.ignore


def draw(item: LabeledImage) -> Drawn:
    """Draw an image's objects one over another; the number of an object is its place in the XML file, from 1.

    Nothing is drawn on an image that is too large for a picture of masks.
    """
    width, height = item.size_wh
    is_small = width * height <= _MOST_PIXELS
    numbers = class_numbers(len(item.objects))
    drawn = {int(n): numbers[n] for n in np.flatnonzero(is_drawn(item.objects))} if is_small else {}
    image = np.zeros((height, width) if is_small else (0, 0), np.uint32)
    places: dict[int, tuple[NDArray[np.bool_], tuple[int, int]]] = {}
    for n, number in drawn.items():
        places[n] = item.objects.mask(n, item.size_wh)
        _window(image, places[n])[places[n][0]] = number
    seen = {n: (_window(image, places[n]) == number, places[n][1]) for n, number in drawn.items()}
    covered = frozenset(n for n, (mask, _) in seen.items() if mask.sum() < places[n][0].sum())
    shapes = zip(seen, rle.trace(list(seen.values())), strict=True)
    labels = {number: str(item.objects.labels[n]) for n, number in drawn.items()}
    return Drawn(image, drawn, labels, {drawn[n]: shape for n, shape in shapes if shape}, covered)


def _window(image: NDArray[np.uint32], place: rle.Window) -> NDArray[np.uint32]:
    mask, (x, y) = place
    return image[y : y + mask.shape[0], x : x + mask.shape[1]]


def write_masks(out: Path, key: str, drawn: Drawn, classes: Mapping[str, int]) -> None:
    """Write ``SegmentationObject/<key>.png`` and ``SegmentationClass/<key>.png``, except of images that are too large.

    Args:
        out: root of the data set.
        key: id of the image.
        drawn: its masks.
        classes: class -> number.
    """
    if not drawn.image.size:
        return
    of_number = np.zeros(max(drawn.labels, default=0) + 1, np.uint32)
    for number, label in drawn.labels.items():
        of_number[number] = classes.get(label, 0)
    for folder, image in ((OBJECTS, drawn.image), (CLASSES, of_number[drawn.image])):
        file = out / folder / f"{key}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(file, _png(image))


def _png(numbers: NDArray[np.uint32]) -> bytes:
    """Numbers by their colours: with a palette as in the PASCAL challenges, or without one where 256 are too few."""
    buffer = io.BytesIO()
    if int(numbers.max(initial=0)) > VOID:
        Image.fromarray(colours_of(numbers)).save(buffer, "PNG")
    else:
        picture = Image.fromarray(numbers.astype(np.uint8))
        picture.putpalette(colours_of(np.arange(256)).ravel().tolist())
        picture.save(buffer, "PNG")
    return buffer.getvalue()
