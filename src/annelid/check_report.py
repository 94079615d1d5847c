"""Gather what the page of a data check shows: the evidence as pictures, and the sheet of the labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from annelid import __version__, atomic, picture
from annelid.check.alike import turned
from annelid.check.finding import Finding, Place
from annelid.check.scan import scan
from annelid.check.subject import Subject
from annelid.dataset import LabeledImage
from annelid.errors import AnnelidError
from annelid.examples import Window, render_view
from annelid.picture.labels import draw_labels
from annelid.preprocess import Preprocessing
from annelid.report.check_page import CheckData, Picture, Shown, check_page
from annelid.steps import counted

MOST_PICTURES = 6
"""Of one finding."""

_SIDE = 420  # of a picture, in pixels
_AROUND, _LEAST_SIDE = 1.0, 64  # what is shown around an object, in its own size, and at least

Pixels = NDArray[np.uint8]


def write_check(folder: Path, data: Subject, findings: Sequence[Finding], root: Path, shown: Preprocessing) -> Path:
    """Write ``check.html`` and ``labels.jpg``.

    Args:
        folder: where to; it is made where it does not exist.
        data: what was checked.
        findings: what was found.
        root: folder that the images' paths are relative to.
        shown: how pixels become pictures.

    Returns:
        The path of the page.

    Raises:
        AnnelidError: it cannot be written.
    """
    sheet = draw_labels(data.items, data.dataset.classes)
    items = {item.id: item for item in data.items}
    with_pictures = [
        Shown(finding, tuple(_pictures(finding, items, root, shown)))
        for finding in counted("drawing evidence", list(findings))
    ]
    made = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, Annelid {__version__}"
    page = check_page(CheckData(f"Data check of {root.resolve().name}", scan(data), with_pictures, sheet, made))
    folder.mkdir(parents=True, exist_ok=True)
    picture.to_jpeg(sheet, folder / "labels.jpg")
    atomic.write_text(folder / "check.html", page)
    return folder / "check.html"


def _pictures(finding: Finding, items: dict[str, LabeledImage], root: Path, shown: Preprocessing) -> Iterator[Picture]:
    """Pictures of the first places of a finding, of different images where there are some."""
    places = [place for place in finding.evidence if place.items]
    first = {place.items[0]: place for place in reversed(places)}
    chosen = list(reversed(first.values())) + [place for place in places if first[place.items[0]] is not place]
    for place in chosen[:MOST_PICTURES]:
        try:
            yield Picture(_drawn(place, [items[id_] for id_ in place.items if id_ in items], root, shown), place.text)
        except AnnelidError:  # what cannot be read cannot be shown; the place is named below
            continue


def _drawn(place: Place, items: Sequence[LabeledImage], root: Path, shown: Preprocessing) -> Pixels:
    if place.objects:
        return _object(items[0], place.objects, root, shown)
    turn = int(place.numbers.get("turn", 0))
    several = [_image(item, root, shown) for item in items[:2]]
    several[0] = np.ascontiguousarray(turned(several[0], turn))
    return picture.side_by_side(several, [item.image.name for item in items[:2]]) if len(several) > 1 else several[0]


def _object(item: LabeledImage, ids: Sequence[str], root: Path, shown: Preprocessing) -> Pixels:
    """Objects of an image, outlined, with what lies around them."""
    objects = item.objects[np.isin(item.objects.ids.astype(str), ids)]
    window = _around(objects.boxes_xyxy, item.size_wh)
    pixels = render_view(item.view, root, shown, window)
    scale = _SIDE / max(pixels.shape[:2])
    small, moved = _scaled(pixels, scale), objects.moved((-window[0], -window[1])).moved(scale_xy=(scale, scale))
    return picture.draw_objects(small, moved, scale=1.0)


def _around(boxes: NDArray[np.float64], size_wh: tuple[int, int]) -> Window:
    """A square window of an image around boxes; the whole image where they have no place on it."""
    size = np.array(size_wh, float)
    inside = boxes[np.isfinite(boxes).all(1)].reshape(-1, 2, 2).clip(0, size) if len(boxes) else np.zeros((0, 2, 2))
    if not len(inside):
        return 0, 0, *size_wh
    low, high = inside[:, 0].min(0), inside[:, 1].max(0)
    half = max(float((high - low).max()) * (0.5 + _AROUND), _LEAST_SIDE / 2)
    x1, y1 = np.floor(((low + high) / 2 - half).clip(0, size - 1)).astype(int).tolist()
    x2, y2 = np.ceil(((low + high) / 2 + half).clip(1, size)).astype(int).tolist()
    return x1, y1, max(x2, x1 + 1), max(y2, y1 + 1)


def _image(item: LabeledImage, root: Path, shown: Preprocessing) -> Pixels:
    """A whole image with its objects."""
    pixels = render_view(item.view, root, shown)
    scale = _SIDE / max(pixels.shape[:2])
    return picture.draw_objects(
        _scaled(pixels, scale), item.objects.moved(scale_xy=(scale, scale)), scale=1.0, width=1.5
    )


def _scaled(pixels: Pixels, scale: float) -> Pixels:
    height, width = pixels.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = Image.Resampling.NEAREST if scale > 3 else Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX
    return np.array(Image.fromarray(pixels).resize(size, method))
