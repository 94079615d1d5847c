"""COCO's run-length encoding: masks as runs down the columns, as numbers or packed into text.

A mask of h x w pixels is walked column by column, top to bottom; ``counts`` are the lengths of alternating
runs, the first of them background (0 when the first pixel is set). The text form packs each count, from the
fourth on as its difference to the count two before, into groups of five bits, least significant first.

Nothing here makes an array of the whole image: an object costs what its own window costs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from annelid import geometry, tracing
from annelid.geometry import Shape

Counts = NDArray[np.int64]
Window = tuple[NDArray[np.bool_], tuple[int, int]]

MAX_PIXELS = 2**27
"""Masks and windows beyond this are refused: no real object is that large, and a crafted file could ask for more."""
_MOST_EDGES = 2**23
_STRIP_PIXELS = 4_000_000


def pack(counts: Counts) -> str:
    """Counts as COCO's text."""
    if not len(counts):
        return ""
    values = counts.astype(np.int64).copy()
    values[3:] -= counts[1:-2]
    groups = [values >> (5 * k) for k in range(14)]  # 14 groups of 5 bits hold any int64
    # A group is the last one when its sign bit (16) already says what all higher bits are.
    last = np.stack([(g >> 4 == 0) | (g >> 4 == -1) for g in groups], 1).argmax(1)
    width = int(last.max()) + 1
    chars = np.stack([g & 31 for g in groups[:width]], 1)
    position = np.arange(width)
    chars += 32 * (position < last[:, None]) + 48
    packed: bytes = chars[position <= last[:, None]].astype(np.uint8).tobytes()
    return packed.decode("ascii")


def unpack(text: str) -> Counts:
    """COCO's text as counts.

    Raises:
        ValueError: the text holds characters that the encoding does not use, or ends within a number.
    """
    chars = np.frombuffer(text.encode("ascii"), np.uint8).astype(np.int64) - 48
    if not len(chars):
        return chars
    if chars.min() < 0 or chars.max() > 63 or chars[-1] & 32:
        raise ValueError("not a run-length text")
    ends = np.flatnonzero((chars & 32) == 0)
    starts = np.concatenate([[0], ends[:-1] + 1])
    position = np.arange(len(chars)) - np.repeat(starts, ends - starts + 1)
    if position.max() > 12:
        raise ValueError("a run length is too large")
    values = np.add.reduceat((chars & 31) << (5 * position), starts)
    negative = (chars[ends] & 16) != 0
    values[negative] -= np.int64(1) << (5 * (ends - starts + 1)[negative])
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values


def decode(counts: Counts, size_hw: tuple[int, int]) -> Window:
    """Counts as a mask in its own window.

    Args:
        counts: int64, runs down the columns, background first.
        size_hw: height and width of the image that the counts are for.

    Returns:
        bool (h, w) of the window, no pixels when nothing is set, and the x, y of its top-left corner.

    Raises:
        ValueError: a run is negative, or the runs do not add up to the image.
    """
    h, w = size_hw
    if len(counts) and counts.min() < 0:
        raise ValueError("a negative run length")
    if int(counts.sum()) != h * w:
        raise ValueError(f"runs of {int(counts.sum())} pixels in an image of {h} x {w} = {h * w}")
    edges = np.cumsum(counts)
    starts, ends = edges[:-1:2], edges[1::2]
    full = ends > starts
    if (ends[full] - starts[full]).sum() > MAX_PIXELS:
        raise ValueError(f"a mask of more than {MAX_PIXELS} pixels")
    x, y1, y2 = _columns(starts[full], ends[full], h)
    if not len(x):
        return np.zeros((0, 0), bool), (0, 0)
    left, top = int(x.min()), int(y1.min())
    if (int(x.max()) - left) * (int(y2.max()) - top) > MAX_PIXELS:
        raise ValueError(f"a mask over a window of more than {MAX_PIXELS} pixels")
    steps = np.zeros((int(x.max()) - left + 1, int(y2.max()) - top + 1), np.int8)
    np.add.at(steps, (x - left, y1 - top), 1)
    np.add.at(steps, (x - left, y2 - top), -1)
    mask: NDArray[np.bool_] = steps.cumsum(1, dtype=np.int8)[:, :-1].T.astype(bool)
    if mask.size > _MOST_EDGES and np.count_nonzero(mask[:, 1:] != mask[:, :-1]) > _MOST_EDGES:
        raise ValueError(f"an outline of more than {_MOST_EDGES} edges")
    return mask, (left, top)


def _columns(starts: Counts, ends: Counts, h: int) -> tuple[Counts, Counts, Counts]:
    """Cut runs where they go on in the next column: column, first row, end row of each piece."""
    pieces = (ends - 1) // h - starts // h + 1
    first = np.repeat(starts // h, pieces)
    x = first + np.arange(len(first)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    y1 = np.maximum(np.repeat(starts, pieces) - x * h, 0)
    y2 = np.minimum(np.repeat(ends, pieces) - x * h, h)
    return x, y1, y2


def encode(mask: NDArray[np.bool_], origin_xy: tuple[int, int], size_wh: tuple[int, int]) -> Counts:
    """Counts of a mask that is given in its own window.

    Args:
        mask: bool (h, w), wholly inside the image.
        origin_xy: where the window's top-left corner lies in the image.
        size_wh: width and height of the image.
    """
    w, h = size_wh
    columns = np.pad(mask.T, ((0, 0), (1, 1))).astype(np.int8)
    steps = np.diff(columns, axis=1)
    begin, finish = ((np.nonzero(steps == sign)) for sign in (1, -1))
    starts, ends = ((x + origin_xy[0]) * h + y + origin_xy[1] for x, y in (begin, finish))
    # Runs that fill the column's end and the next one's start are one run.
    apart = starts[1:] != ends[:-1]
    edges = np.stack([starts[_with_first(apart)], ends[_with_last(apart)]], 1).ravel()
    edges = np.concatenate([[0], edges, [w * h]])
    counts = np.diff(edges).astype(np.int64)
    return counts[:-1] if len(counts) > 1 and counts[-1] == 0 else counts


def _with_first(apart: NDArray[np.bool_]) -> slice | NDArray[np.bool_]:
    return np.concatenate([[True], apart]) if len(apart) else slice(None)


def _with_last(apart: NDArray[np.bool_]) -> slice | NDArray[np.bool_]:
    return np.concatenate([apart, [True]]) if len(apart) else slice(None)


def trace(windows: Sequence[Window]) -> list[Shape]:
    """Outlines of many masks along their pixel edges (as `annelid.tracing.mask_to_shape`), quickly.

    Masks of similar height are laid side by side in strips, each strip is traced at once.
    """
    shapes: list[Shape] = [()] * len(windows)
    order = sorted((n for n in range(len(windows)) if windows[n][0].size), key=lambda n: windows[n][0].shape[0])
    strip: list[int] = []
    width = 0
    for n in order:
        h, w = windows[n][0].shape
        if strip and (width + w) * h > _STRIP_PIXELS:
            _trace_strip(strip, windows, shapes)
            strip, width = [], 0
        strip.append(n)
        width += w + 1
    if strip:
        _trace_strip(strip, windows, shapes)
    return shapes


def _trace_strip(strip: Sequence[int], windows: Sequence[Window], shapes: list[Shape]) -> None:
    widths = [windows[n][0].shape[1] + 1 for n in strip]
    lefts = np.concatenate([[0], np.cumsum(widths)])
    labels = np.zeros((max(windows[n][0].shape[0] for n in strip), int(lefts[-1])), np.int32)
    for value, (n, left) in enumerate(zip(strip, lefts, strict=False), 1):
        mask = windows[n][0]
        labels[: mask.shape[0], left : left + mask.shape[1]][mask] = value
    for value, shape in tracing.label_image_to_shapes(labels).items():
        n, left = strip[value - 1], lefts[value - 1]
        x, y = windows[n][1]
        shapes[n] = geometry.move_shape(shape, (x - left, y))
