"""Turn annotated images into the pictures that an engine learns from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annelid import geometry
from annelid.dataset import LabeledImage
from annelid.engines.base import Example
from annelid.errors import ImageError
from annelid.geometry import Shape
from annelid.image import View
from annelid.objects import Kind, Objects
from annelid.preprocess import Preprocessing, render
from annelid.readers.view import open_view

PADDING = 114
"""Grey of what is neither object nor background, the same that pads images to the network's input."""

Window = tuple[int, int, int, int]


def write_examples(
    items: Sequence[LabeledImage],
    root: Path,
    preprocessing: Preprocessing,
    folder: Path,
    unreadable: Callable[[LabeledImage, ImageError], None] | None = None,
) -> Iterator[Example]:
    """Render each covered area of each image as an 8-bit RGB array; yields as it goes.

    What lies in the same window but is not covered is painted grey, and so are objects marked ``ignore``: it becomes
    neither background to learn nor an object. Objects are cut at the border of what is covered.

    Args:
        items: the images; those of which nothing is covered give nothing.
        root: folder of the project.
        preprocessing: how pixels become 8-bit RGB; fitted on the whole image, so that an area looks as it will when
            the whole image is predicted.
        folder: where the pictures go.
        unreadable: called with an image that is missing or cannot be read, which is left out then; None raises.

    Raises:
        ImageError: an image is missing or cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, item in enumerate(items):
        try:
            yield from _examples_of(item, root, preprocessing, folder / f"{number:05d}")
        except ImageError as error:
            if unreadable is None:
                raise
            unreadable(item, error)


def _examples_of(item: LabeledImage, root: Path, preprocessing: Preprocessing, stem: Path) -> Iterator[Example]:
    for k, area in enumerate(_areas(item)):
        window = geometry.crop_of_shape(area, item.size_wh)
        if window is None:
            continue
        pixels = render_view(item.view, root, preprocessing, window)
        path = stem.with_name(f"{stem.name}_{k}_{item.image.stem[:60]}.npy")
        objects = _objects_inside(item.objects, area, item.size_wh)
        np.save(path, _grey_out(pixels, window, area, objects))
        yield Example(path, objects.moved((-window[0], -window[1])))


def render_view(
    view: View, root: Path, preprocessing: Preprocessing, window: Window | None = None
) -> NDArray[np.uint8]:
    """uint8 RGB ``[y, x, c]`` of a view or a window ``x1, y1, x2, y2`` of it."""
    with open_view(view, root) as file:
        return render(file, preprocessing, window)


def _areas(item: LabeledImage) -> list[Shape]:
    """Connected covered areas; the whole image as one when it is complete."""
    if item.is_complete:
        return [((geometry.box_ring(0, 0, *item.size_wh),),)]
    return [((ring,),) for ring in item.covered]


def _objects_inside(objects: Objects, area: Shape, size_wh: tuple[int, int]) -> Objects:
    """Objects cut at the border of a covered area; those that lie outside are left out."""
    objects = objects[objects.has_area]
    kept = np.ones(len(objects), bool)
    shapes: list[Shape] = []
    for n, shape in enumerate(objects.shapes):
        inside = geometry.intersect_shapes(shape, [area]) if _sticks_out(objects, n, area, size_wh) else shape
        kept[n] = bool(inside)
        shapes.append(inside)
    if kept.all() and all(a is b for a, b in zip(shapes, objects.shapes, strict=True)):
        return objects
    cut = objects[kept]
    return Objects.from_shapes(
        [shape for shape, keep in zip(shapes, kept, strict=True) if keep],
        list(cut.labels),
        kinds=np.where(cut.kinds == Kind.BOX, Kind.BOX, Kind.POLYGON).astype(np.uint8),
        ids=list(cut.ids),
        ignore=cut.ignore,
    )


def _sticks_out(objects: Objects, n: int, area: Shape, size_wh: tuple[int, int]) -> bool:
    x1, y1, x2, y2 = objects.boxes_xyxy[n]
    w, h = size_wh
    is_box = len(area) == 1 and len(area[0]) == 1 and len(area[0][0]) == 4
    ax1, ay1, ax2, ay2 = geometry.shape_box(area) if is_box else (w, h, 0, 0)
    return not (x1 >= max(ax1, 0) and y1 >= max(ay1, 0) and x2 <= min(ax2, w) and y2 <= min(ay2, h))


def _grey_out(pixels: NDArray[np.uint8], window: Window, area: Shape, objects: Objects) -> NDArray[np.uint8]:
    size_hw, origin = pixels.shape[:2], window[:2]
    hidden = ~geometry.shape_to_mask(area, size_hw, origin)
    for shape in objects[objects.ignore].shapes:
        hidden |= geometry.shape_to_mask(shape, size_hw, origin)
    if hidden.any():
        pixels = pixels.copy()
        pixels[hidden] = PADDING
    return pixels
