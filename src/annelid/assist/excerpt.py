"""The part of a picture that an assistant looks at, at a scale at which the object is neither tiny nor huge."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from annelid.assist.base import Picture, Prompt
from annelid.assist.contour import Grey
from annelid.assist.search import LARGEST

HALF = 150
"""Pixels to each side of a click; a little more than the largest line that is sought."""
_LARGEST_STEP = 64
_MIRROR = int(LARGEST)
"""Pixels that are mirrored beyond the border of the image."""


@dataclass(frozen=True, eq=False)
class Excerpt:
    """A window of a picture, thinned.

    Attributes:
        pixels: float32 ``[y, x, c]``, each the mean of ``step`` x ``step`` pixels of the image, or of some of them.
        left: image column of its left edge; it may lie beyond the image, which is mirrored there.
        top: image row of its top edge; the same.
        step: image pixels for each of its pixels.
    """

    pixels: Grey
    left: int
    top: int
    step: int

    def here(self, x: float, y: float) -> tuple[float, float]:
        """A place of the image in pixels of the excerpt, whole numbers being the centres of its pixels."""
        return (x - self.left) / self.step - 0.5, (y - self.top) / self.step - 0.5


def excerpt(picture: Picture, prompt: Prompt, step: int) -> Excerpt:
    """What lies around a prompt.

    Args:
        picture: the picture.
        prompt: clicks and box; all of them lie in the excerpt, as far as they lie in the picture.
        step: see `Excerpt`.
    """
    w, h = picture.size_wh
    xs, ys = _extent(prompt)
    reach = HALF * step
    left, top = max(0, int(min(xs)) - reach), max(0, int(min(ys)) - reach)
    right, bottom = min(w, int(max(xs)) + reach + 1), min(h, int(max(ys)) + reach + 1)
    thin = max(1, step // 2)
    pixels = np.nan_to_num(picture.read((left, top, right, bottom), thin).astype(np.float32))
    if step > 1:
        pixels = _halved(pixels)
    ends = ((top == 0, bottom == h), (left == 0, right == w))
    return _mirrored(_balanced(pixels), left, top, step, ends)


def _mirrored(pixels: Grey, left: int, top: int, step: int, ends: tuple[tuple[bool, bool], ...]) -> Excerpt:
    """An excerpt that goes on where the image ends: what the border cuts off is whole, and has an edge all around.

    Args:
        pixels: what there is of the image.
        left: image column of its left edge.
        top: image row of its top edge.
        step: image pixels for each of its pixels.
        ends: whether the image ends (above, below), (before, behind) it.
    """
    above, below, before, behind = (_MIRROR * is_end for pair in ends for is_end in pair)
    padded = np.pad(pixels, ((above, below), (before, behind), (0, 0)), mode="symmetric")
    return Excerpt(padded, left - before * step, top - above * step, step)


def step_of(prompt: Prompt) -> int:
    """Image pixels for each pixel to look at: by the zoom, and so that box and clicks lie near each other."""
    xs, ys = _extent(prompt)
    extent = max(max(xs) - min(xs), max(ys) - min(ys))
    wanted = max(1.0, 1 / prompt.zoom, extent / (1.5 * LARGEST))
    return int(min(2 ** int(math.log2(wanted)), _LARGEST_STEP))


def _extent(prompt: Prompt) -> tuple[list[float], list[float]]:
    box = prompt.box
    xs = [p.x for p in prompt.points] + ([box[0], box[2]] if box else [])
    ys = [p.y for p in prompt.points] + ([box[1], box[3]] if box else [])
    return xs, ys


def _halved(pixels: Grey) -> Grey:
    """Means of 2 x 2 pixels; an odd last row or column counts twice."""
    h, w = pixels.shape[:2]
    even = np.pad(pixels, ((0, h % 2), (0, w % 2), (0, 0)), mode="edge")
    return np.asarray((even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4)


def _balanced(pixels: Grey) -> Grey:
    """Channels of one weight each, unless they are the colours of a picture of 8 bits."""
    if pixels.shape[2] in (1, 3) and pixels.max(initial=0) <= 255:
        return pixels
    spread = pixels.std((0, 1))
    return np.asarray(pixels / np.where(spread > 0, spread, 1) * 40, np.float32)
