"""Pictures for people: objects and errors drawn on pixels, pictures side by side, PNG files and data URIs."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFont

from annelid import atomic
from annelid.objects import Objects
from annelid.picture.pen import EXTRA, FOUND, MISSED, Pen, class_colour, line, outline, without_stairs

Pixels = NDArray[np.uint8]

_PAPER, _INK, _FAINT = "#15181c", "#eef1f4", "#aab2bb"  # strips beside the pictures
_SMALL, _LARGE = 900, 1600  # a picture whose longest side lies between is left as it is
_MOST_ZOOM = 3.0
_STRIP, _GAP = 30, 10


def legible_scale(size_wh: tuple[int, int]) -> float:
    """Factor to a legible size: small pictures are enlarged, up to three times, large ones reduced."""
    longest = max(size_wh)
    return min(max(_SMALL / longest, 1.0), _MOST_ZOOM) if longest <= _LARGE else _LARGE / longest


def draw_objects(
    pixels: Pixels,
    objects: Objects,
    *,
    classes: Sequence[str] = (),
    width: float = 2.0,
    names: bool = False,
    scores: bool = False,
    scale: float | None = None,
) -> Pixels:
    """Outline objects, a colour a class.

    Args:
        pixels: uint8 ``[y, x, 3]``.
        objects: in pixels of the picture.
        classes: class names in order, which gives the colours; by default those on the picture, sorted.
        width: of the outlines, in pixels of the result.
        names: write the class beside each object.
        scores: write the score beside each object that has one.
        scale: of the result; by default `legible_scale`.

    Returns:
        uint8 ``[y, x, 3]``, enlarged or reduced by the scale.
    """
    order = list(classes or sorted(set(objects.labels)))
    canvas = _Canvas(pixels, scale)
    for n, label in enumerate(objects.labels):
        pen = Pen(class_colour(order.index(label) if label in order else len(order)))
        canvas.outline(objects, n, pen, width)
    if names or scores:
        for n in range(len(objects)):
            canvas.write(_caption(objects, n, names=names, scores=scores), objects.boxes_xyxy[n])
    return canvas.pixels()


def draw_errors(
    pixels: Pixels,
    truth: Objects,
    predicted: Objects,
    pairs: ArrayLike,
    *,
    width: float = 2.0,
    scale: float | None = None,
    legend: bool = True,
) -> Pixels:
    """Outline what was found, what was missed and what was made up.

    Args:
        pixels: uint8 ``[y, x, 3]``.
        truth: the true objects, in pixels of the picture.
        predicted: the predicted objects.
        pairs: int (P, 2), index of a true and of a predicted object that are the same one.
        width: of the outlines, in pixels of the result.
        scale: of the result; by default `legible_scale`.
        legend: add a strip below that says what the lines mean and how many there are.

    Returns:
        uint8 ``[y, x, 3]``: the picture enlarged or reduced by the scale, and the strip.
    """
    matched = np.asarray(pairs, np.int64).reshape(-1, 2)
    missed = np.setdiff1d(np.arange(len(truth)), matched[:, 0])
    extra = np.setdiff1d(np.arange(len(predicted)), matched[:, 1])
    canvas = _Canvas(pixels, scale)
    for objects, which, pen in (
        (predicted, matched[:, 1], FOUND),
        (truth, missed, MISSED),
        (predicted, extra, EXTRA),
    ):
        for n in which:
            canvas.outline(objects, int(n), pen, width)
    drawn = canvas.pixels()
    if not legend:
        return drawn
    counts = ((FOUND, "found", len(matched)), (MISSED, "missed", len(missed)), (EXTRA, "extra", len(extra)))
    return np.concatenate([drawn, _legend(counts, drawn.shape[1])])


def side_by_side(images: Sequence[Pixels], captions: Sequence[str]) -> Pixels:
    """Pictures of any sizes in a row, each below its caption.

    Args:
        images: uint8 ``[y, x, 3]`` each.
        captions: one a picture.

    Returns:
        uint8 ``[y, x, 3]``.
    """
    height = max(image.shape[0] for image in images) + _STRIP
    sheet = Image.new("RGB", (sum(i.shape[1] for i in images) + _GAP * (len(images) - 1), height), _PAPER)
    draw, x = ImageDraw.Draw(sheet), 0
    for image, caption in zip(images, captions, strict=True):
        sheet.paste(Image.fromarray(image), (x, _STRIP))
        draw.text((x + 8, _STRIP // 2), _shortened(caption, image.shape[1] - 16), _INK, _font(15), anchor="lm")
        x += image.shape[1] + _GAP
    return np.array(sheet)


def before_after(before: Pixels, after: Pixels) -> Pixels:
    """A picture before and after preprocessing, each above its histogram.

    Args:
        before: uint8 ``[y, x, 3]``.
        after: uint8 ``[y, x, 3]``.

    Returns:
        uint8 ``[y, x, 3]``.
    """
    panels = [_with_histogram(_scaled(image, legible_scale(_size_wh(image))), image) for image in (before, after)]
    return side_by_side(panels, ["before", "after"])


def to_png(pixels: Pixels, path: Path) -> None:
    """Write uint8 ``[y, x, 3]`` as a PNG, whole or not at all."""
    atomic.write_bytes(path, _encoded(pixels, "PNG"))


def to_jpeg(pixels: Pixels, path: Path) -> None:
    """Write uint8 ``[y, x, 3]`` as a JPEG, whole or not at all."""
    atomic.write_bytes(path, _encoded(pixels, "JPEG", quality=90, subsampling=0))


def to_data_uri(pixels: Pixels, *, most_bytes: int = 400_000) -> str:
    """uint8 ``[y, x, 3]`` as a ``data:`` URI for a page: a PNG, or a JPEG where that would be too large."""
    png = _encoded(pixels, "PNG")
    if len(png) <= most_bytes:
        return "data:image/png;base64," + base64.b64encode(png).decode()
    # Without chroma subsampling: it would bleed the thin coloured outlines.
    return "data:image/jpeg;base64," + base64.b64encode(_encoded(pixels, "JPEG", quality=88, subsampling=0)).decode()


def _encoded(pixels: Pixels, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


class _Canvas:
    """A picture and, above it, a finer transparent layer for the outlines, so that they come out smooth."""

    def __init__(self, pixels: Pixels, scale: float | None) -> None:
        self.scale = legible_scale(_size_wh(pixels)) if scale is None else scale
        self.picture = Image.fromarray(_scaled(pixels, self.scale))
        self.fine = 3 if max(self.picture.size) <= 1000 else 2 if max(self.picture.size) <= 3200 else 1
        size = (self.picture.width * self.fine, self.picture.height * self.fine)
        self.layer = Image.new("RGBA", size, (0, 0, 0, 0))
        self.draw = ImageDraw.Draw(self.layer)
        self.texts: list[tuple[str, tuple[float, float]]] = []

    def outline(self, objects: Objects, n: int, pen: Pen, width: float) -> None:
        """Draw the rings of object n."""
        for ring in (ring for part in objects.shape(n) for ring in part if len(ring)):
            points = without_stairs(ring) * (self.scale * self.fine)
            if np.isfinite(points).all():
                # Far outside nothing is seen, but every pixel of the way there would be walked.
                outline(
                    self.draw,
                    points.clip(-max(self.layer.size), 2 * max(self.layer.size)),
                    pen,
                    width * self.fine,
                )

    def write(self, text: str, box_xyxy: NDArray[np.float64]) -> None:
        """Note a text for the top left corner of a box."""
        if text and np.isfinite(box_xyxy).all():
            self.texts.append((text, (float(box_xyxy[0]) * self.scale, float(box_xyxy[1]) * self.scale)))

    def pixels(self) -> Pixels:
        """The picture with everything on it."""
        layer = self.layer.resize(self.picture.size, Image.Resampling.BOX) if self.fine > 1 else self.layer
        flat = Image.alpha_composite(self.picture.convert("RGBA"), layer)
        draw = ImageDraw.Draw(flat)
        for text, (x, y) in self.texts:
            place = (max(x, 2), max(y - 3, 13))
            draw.text(place, text, _INK, _font(12), anchor="ls", stroke_width=1.5, stroke_fill="#000000")
        return np.array(flat.convert("RGB"))


def _caption(objects: Objects, n: int, *, names: bool, scores: bool) -> str:
    score = objects.scores[n]
    return " ".join([objects.labels[n]] * names + [f"{score:.2f}"] * bool(scores and np.isfinite(score)))


def _legend(entries: Iterable[tuple[Pen, str, int]], width: int) -> Pixels:
    """A dark strip: a sample of each line, what it means and how many there are."""
    strip = Image.new("RGB", (width * 3, _STRIP * 3), _PAPER)
    draw, x, y = ImageDraw.Draw(strip), 30.0, _STRIP * 1.5
    for pen, name, count in entries:
        line(draw, np.array([[x, y], [x + 84, y]]), pen, 6.6)
        draw.text((x + 102, y), name, _FAINT, _font(42), anchor="lm")
        x += 102 + draw.textlength(f"{name} ", _font(42))
        draw.text((x, y), str(count), _INK, _font(42), anchor="lm")
        x += draw.textlength(str(count), _font(42)) + 66
    return np.array(strip.resize((width, _STRIP), Image.Resampling.LANCZOS))


def _with_histogram(shown: Pixels, image: Pixels) -> Pixels:
    """A picture above the histogram of its brightness (logarithmic, 0 to 255)."""
    height, width = 72, shown.shape[1]
    bars = np.log1p(np.bincount(image.mean(2).astype(np.uint8).ravel(), minlength=256).astype(float))
    tall = np.interp(np.linspace(0, 255, width), np.arange(256), bars / max(bars.max(), 1)) * (height - 8)
    filled = np.arange(height)[::-1, None] < tall[None]
    colours = np.array([Image.new("RGB", (1, 1), c).getpixel((0, 0)) for c in (_PAPER, "#5c6670")], np.uint8)
    return np.concatenate([shown, colours[filled.astype(int)]])


def _size_wh(pixels: Pixels) -> tuple[int, int]:
    return pixels.shape[1], pixels.shape[0]


def _scaled(pixels: Pixels, scale: float) -> Pixels:
    if scale == 1:
        return pixels
    size = tuple(max(round(side * scale), 1) for side in _size_wh(pixels))
    method = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX
    return np.array(Image.fromarray(pixels).resize((size[0], size[1]), method))


def _shortened(text: str, width: int) -> str:
    """A text that fits into a width, with an ellipsis in the middle where it is too long."""
    line = " ".join(text.split())
    room = max(int(width / 8.2), 4)
    return line if len(line) <= room else f"{line[: room // 2]}…{line[-(room - room // 2 - 1) :]}"


def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
