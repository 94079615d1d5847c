"""Further clicks: the line goes round what was missed and leaves out what was too much.

People click in the middle of the largest mistake. So the true line runs about as far beyond the click as the click lies
from the present line, and nowhere else is it much farther off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annelid.assist.contour import THETA, Contour, Floats, Grey
from annelid.assist.refine import Seen, places, refine
from annelid.assist.search import Found

_FORBIDDEN = 1e3
_MARGIN = 0.5
"""Pixels between a click and the line."""
_EVERYWHERE = 0.15
"""How much of a small correction applies all around."""
_NARROW = 0.35
"""Width of a correction along the line, as a share of the radius."""
_HOLD = 1.2
"""How firmly a corrected line stays where the click put it, against the picture."""
_AIM = 0.65
"""How far beyond a click the line goes, as a share of how far the click was from it."""
_GROSS = 0.35
"""Mistakes of more than that many radii may mean that another line was the right one."""
_UNLIKE = 0.1
_LOYALTY = 0.15
"""What another line has to be worth more than the present one."""


@dataclass(frozen=True)
class Click:
    """A click in pixels of the window: whole numbers are the centres of pixels."""

    x: float
    y: float
    inside: bool

    def is_kept_by(self, line: Contour) -> bool:
        """Whether the line has the click on the right side."""
        return (line.depth(self.x, self.y) > 0) == self.inside

    def aim(self, line: Contour) -> float:
        """How far from the centre the line should run where the click is."""
        distance = line.distance(self.x, self.y)
        return max(distance - _AIM * line.depth(self.x, self.y), 0.3 * distance)


def choose(lines: Sequence[Contour], worth: Floats, line: Contour, clicks: Sequence[Click]) -> Contour:
    """The line that fits the clicks best: the present one, or one that was found at first.

    Args:
        lines: those that were found.
        worth: of each.
        line: the present one.
        clicks: all so far; the last one corrects the present line.
    """
    if not lines or abs(line.depth(clicks[-1].x, clicks[-1].y)) < _GROSS * np.sqrt(line.area / np.pi):
        return line
    values = [
        value - _misses(one, clicks) - _unlike(one, line, clicks[-1]) for one, value in zip(lines, worth, strict=True)
    ]
    now = float(np.max(worth)) - _misses(line, clicks) - _unlike(line, line, clicks[-1])
    best = int(np.argmax(values))
    return lines[best] if values[best] > now + _LOYALTY else line


def _unlike(line: Contour, present: Contour, click: Click) -> float:
    """How much less or more than the click asks for the line differs from the present one there."""
    wrong = present.depth(click.x, click.y)
    scale = max(abs(wrong), 0.15 * float(np.sqrt(present.area / np.pi)))
    return _UNLIKE * min(abs(line.depth(click.x, click.y) + wrong) / scale, 3.0)


def _reach(line: Contour, click: Click) -> float:
    return max(line.radius_towards(click.x, click.y), 0.5)


def _towards(line: Contour, click: Click) -> float:
    return max(click.aim(line), 0.5)


def _misses(line: Contour, clicks: Sequence[Click]) -> float:
    return 0.3 * sum(not click.is_kept_by(line) for click in clicks)


def correct(window: Grey, line: Contour, sign: int, clicks: Sequence[Click]) -> Seen:
    """The line bent round the last click, and fitted to the picture again; every click is on its right side.

    Args:
        window: float32 ``[y, x, c]``.
        line: the present line.
        sign: 1 where the object is brighter than what surrounds it.
        clicks: all so far.
    """
    bent = _bent(line, clicks[-1])
    change = max(abs(line.depth(clicks[-1].x, clicks[-1].y)), 0.7)
    pull = _HOLD * ((places(bent.radii) - bent.radii[:, None]) / change) ** 2
    for click in clicks:
        pull = pull + _barred(bent, click)
    return refine(window, [Found(bent, sign)], [pull.astype(np.float32)])[0]


def _bent(line: Contour, click: Click) -> Contour:
    """The line with its radii changed where the click is, and a little everywhere."""
    if click.is_kept_by(line):
        return line
    change = _towards(line, click) - _reach(line, click)
    radius = float(np.sqrt(line.area / np.pi))
    arc = np.abs((THETA - _turn(line, click) + np.pi) % (2 * np.pi) - np.pi) * max(line.distance(click.x, click.y), 1)
    width = max(_NARROW * radius, 1.5 * abs(change))
    everywhere = _EVERYWHERE if abs(change) < 0.4 * radius else 0.0
    share = everywhere + (1 - everywhere) * np.exp(-((arc / width) ** 2) / 2)
    return Contour(line.x, line.y, np.maximum(line.radii + change * share, 0.7))


def _turn(line: Contour, click: Click) -> float:
    return float(np.arctan2(click.y - line.y, click.x - line.x))


def _barred(line: Contour, click: Click) -> Floats:
    """Costs (64, 44) that keep the line from running on the wrong side of a click."""
    turned = np.abs((THETA - _turn(line, click) + np.pi) % (2 * np.pi) - np.pi)
    near = turned <= 1.01 * np.pi / len(THETA)
    far = places(line.radii) - line.distance(click.x, click.y)
    wrong = far < _MARGIN if click.inside else far > -_MARGIN
    return np.where(wrong & near[:, None], _FORBIDDEN, 0.0)
