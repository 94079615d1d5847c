"""A set's annotation on one sheet, as users of Ultralytics know it from ``labels.jpg``.

Top left the number of objects by class; top right all boxes on one centre, scaled to the image; below where their
centres lie on the image, and how wide and high they are, as shares of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from annelid.dataset import LabeledImage
from annelid.picture.pen import class_colour

_PANEL, _MARGIN, _HEAD = 560, 64, 34
_CELLS = 50
_MOST_BOXES = 1000
_MOST_BARS = 40
_INK, _FAINT, _PAPER = "#1c2126", "#9aa5ae", "#ffffff"


def draw_labels(items: Sequence[LabeledImage], classes: Sequence[str]) -> NDArray[np.uint8]:
    """Draw the sheet.

    Args:
        items: the images with their objects.
        classes: class names in order, which gives the colours.

    Returns:
        uint8 ``[y, x, 3]``, 1248 pixels square.
    """
    index, boxes = _boxes(items, classes)
    sheet = Image.new("RGB", (2 * (_PANEL + _MARGIN),) * 2, _PAPER)
    panels = (
        _bars(index, classes),
        _overlaid(index, boxes),
        _cloud(boxes[:, 0], boxes[:, 1], "x of the centre", "y of the centre", down=True),
        _cloud(boxes[:, 2], boxes[:, 3], "width", "height"),
    )
    for n, panel in enumerate(panels):
        sheet.paste(panel, (n % 2 * (_PANEL + _MARGIN), n // 2 * (_PANEL + _MARGIN)))
    return np.array(sheet)


def _boxes(items: Sequence[LabeledImage], classes: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Class index (N,) and box (N, 4) of every object with a finite box: centre x, y, width, height, each 0..1."""
    order = {name: n for n, name in enumerate(classes)}
    index, boxes = [np.zeros(0, np.int64)], [np.zeros((0, 4))]
    for item in items:
        objects = item.objects[~item.objects.ignore]
        corners = objects.boxes_xyxy / np.tile(item.size_wh, 2)
        fits = np.isfinite(corners).all(1)
        low, high = corners[fits, :2], corners[fits, 2:]
        boxes.append(np.hstack([(low + high) / 2, high - low]))
        index.append(np.array([order.get(str(name), len(order)) for name in objects.labels[fits]], np.int64))
    return np.concatenate(index), np.concatenate(boxes)


def _bars(index: NDArray[np.int64], classes: Sequence[str]) -> Image.Image:
    counts = np.bincount(index, minlength=len(classes))[:_MOST_BARS]
    panel, draw = _panel(f"objects by class: {len(index):,}")
    step, tall = (_PANEL - _HEAD) / max(len(counts), 4), _PANEL - 60
    for n, count in enumerate(counts.tolist()):
        x, y = _MARGIN + n * step, _HEAD + 20 + tall * (1 - count / max(int(counts.max()), 1))
        draw.rectangle((x + 0.1 * step, y, x + 0.9 * step, _HEAD + 20 + tall), class_colour(n))
        draw.text((x + step / 2, y - 9), f"{count:,}", _INK, anchor="mm")
        name = classes[n] if n < len(classes) else "other"
        draw.text((x + step / 2, _HEAD + 32 + tall), name[: max(3, int(step / 8))], _INK, anchor="mm")
    return panel


def _overlaid(index: NDArray[np.int64], boxes: NDArray[np.float64]) -> Image.Image:
    """Boxes on one centre; of many, evenly chosen ones."""
    some = np.unique(np.linspace(0, len(boxes) - 1, min(len(boxes), _MOST_BOXES)).astype(int))
    panel, draw = _panel(f"sizes: {len(some):,} boxes on one centre")
    centre = np.array([_MARGIN + _PANEL / 2, _HEAD + (_PANEL - _HEAD) / 2])
    for n in some:
        half = boxes[n, 2:].clip(0, 1) * (_PANEL - _HEAD) / 2
        draw.rectangle((*(centre - half), *(centre + half)), outline=class_colour(int(index[n])))
    return panel


def _cloud(x: NDArray[np.float64], y: NDArray[np.float64], across: str, up: str, *, down: bool = False) -> Image.Image:
    """How often which pair of values occurs, from 0 to 1; the darker, the more often."""
    panel, draw = _panel(f"{across} and {up}, as shares of the image")
    counts, _, _ = np.histogram2d(y, x, bins=_CELLS, range=((0, 1), (0, 1)))
    dark = np.sqrt(counts / max(float(counts.max()), 1.0))[..., None]
    ends = np.array([[255.0, 255, 255], [11, 60, 110]])
    cells = (ends[0] * (1 - dark) + ends[1] * dark).astype(np.uint8)
    side = _PANEL - _HEAD
    picture = Image.fromarray(cells if down else cells[::-1]).resize((side, side), Image.Resampling.NEAREST)
    panel.paste(picture, (_MARGIN, _HEAD))
    draw.rectangle((_MARGIN, _HEAD, _MARGIN + side, _HEAD + side), outline=_FAINT)
    for share in (0.0, 0.5, 1.0):
        at = share if down else 1 - share
        draw.text((_MARGIN - 8, _HEAD + at * side), f"{share:g}", _INK, anchor="rm")
        draw.text((_MARGIN + share * side, _HEAD + side + 12), f"{share:g}", _INK, anchor="mm")
    return panel


def _panel(title: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    panel = Image.new("RGB", (_PANEL + _MARGIN, _PANEL + _MARGIN), _PAPER)
    draw = ImageDraw.Draw(panel)
    draw.font = ImageFont.load_default(15)
    draw.text((_MARGIN, _HEAD / 2), title, _INK, anchor="lm")
    return panel, draw
