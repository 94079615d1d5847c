"""Pens: the colours and strokes that every picture and page shares, and how a line is drawn with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import ImageDraw

from annelid.geometry import Ring

Stroke = Literal["solid", "dashed", "dotted"]

# Okabe and Ito's colours without black; the first ones stand out best on dark and on bright pictures. Then those that
# lie farthest from them and each other, as people with normal vision and the three kinds of colour-blindness see them.
CLASS_COLOURS = (
    *("#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#0072b2"),
    *("#c3f0c3", "#ff005a", "#9678ff", "#69ff87", "#963c78", "#8700f0", "#695a2d"),
)


@dataclass(frozen=True)
class Pen:
    """How an outline is drawn; colour and stroke say the same, for those who do not see one of them."""

    colour: str
    stroke: Stroke = "solid"


FOUND = Pen("#56b4e9", "solid")
MISSED = Pen("#f0e442", "dashed")
EXTRA = Pen("#ff6a1f", "dotted")


def class_colour(index: int) -> str:
    """The colour of a class by its index, as ``#rrggbb``; after fourteen classes they come again."""
    return CLASS_COLOURS[index % len(CLASS_COLOURS)]


def outline(draw: ImageDraw.ImageDraw, ring: Ring, pen: Pen, width: float) -> None:
    """Draw a closed ring above a dark seam, which shows it on bright pictures too; a point becomes a circle.

    Args:
        draw: what to draw on (RGBA).
        ring: float64 (n, 2), in pixels of what is drawn on.
        pen: colour and stroke.
        width: of the line in the same pixels.
    """
    points = ring if len(ring) > 1 else _circle(ring[0], 3 * width)
    closed = np.concatenate([points, points[:1]])
    line(draw, closed, Pen("#00000078", pen.stroke), 1.8 * width, unit=width)
    line(draw, closed, pen, width)


def line(draw: ImageDraw.ImageDraw, points: Ring, pen: Pen, width: float, *, unit: float | None = None) -> None:
    """Draw a polyline.

    Args:
        draw: what to draw on.
        points: float64 (n, 2), x and y in its pixels.
        pen: colour and stroke.
        width: of the line in pixels.
        unit: what dashes and dots are measured in, by default the width: a seam below takes that of its line.
    """
    unit, dot = unit or width, width / 1.5
    if pen.stroke == "dotted":
        for x, y in _walk(points, 2.4 * unit):
            draw.ellipse((x - dot, y - dot, x + dot, y + dot), fill=pen.colour)
        return
    thick = max(round(width), 1)
    for piece in [points] if pen.stroke == "solid" else _dashes(points, 4.2 * unit, 2.6 * unit):
        draw.line([tuple(p) for p in piece.tolist()], pen.colour, thick, joint="curve")


def _walk(points: Ring, step: float) -> Ring:
    """Points at about equal distances along a polyline."""
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = np.linspace(0, length[-1], max(round(length[-1] / step), 1), endpoint=False)
    return np.stack([np.interp(at, length, points[:, axis]) for axis in (0, 1)], 1)


def _dashes(points: Ring, on: float, off: float) -> list[Ring]:
    """The pieces of a polyline that are drawn: ``on`` pixels, then ``off`` pixels not."""
    fine = _walk(points, 1.0)
    shown = np.arange(len(fine)) % (on + off) < on
    edges = np.flatnonzero(np.diff(np.concatenate([[0], shown.astype(int), [0]])))
    return [fine[a:b] for a, b in edges.reshape(-1, 2) if b - a > 1]


def without_stairs(ring: Ring) -> Ring:
    """A ring that runs along pixel edges as a smooth line, nowhere a pixel away from it; others as they are.

    For the eye only: what is measured are the pixels.
    """
    if len(ring) < 5 or not (ring == np.roll(ring, 1, 0)).any(1).all():
        return ring
    steps = np.roll(ring, -1, 0) - ring
    count = np.maximum(np.abs(steps).max(1).astype(int), 1)
    along = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    dense = np.repeat(ring, count, 0) + np.repeat(steps / count[:, None], count, 0) * (along[:, None] + 0.5)
    for _ in range(2):
        dense = (np.roll(dense, 1, 0) + 2 * dense + np.roll(dense, -1, 0)) / 4
    smooth: Ring = dense
    return smooth


def _circle(centre_xy: NDArray[np.float64], radius: float) -> Ring:
    t = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    circle: Ring = centre_xy + radius * np.stack([np.cos(t), np.sin(t)], 1)
    return circle
