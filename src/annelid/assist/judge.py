"""How good a line is as the outline of what was clicked on: a sum of what can be measured on it.

`benchmarks/assist_judge.py` finds the terms: linear least squares of the overlap (IoU) with the truth, over lines found
on nuclei and cells of several stains.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from annelid.assist.base import Hints
from annelid.assist.contour import ANGLES, Floats, Grey
from annelid.assist.refine import COLUMNS, CORE, RING, SHARES, Seen
from annelid.assist.search import Found

NAMES = (
    "separation",  # of inside and around, in standard deviations
    "edge",  # steepness along the line, over the contrast
    "faintest",  # the same of the faintest fifth of the line
    "closed",  # share of the line with at least a quarter of the contrast
    "round",  # 1 for a circle
    "beside",  # distance of the click from the centre, in radii
    "depth",  # distance of the click from the line, in radii
    "size",  # logarithm of the area
    "contrast",  # over the standard deviation of the picture
    "uneven",  # standard deviation inside over the contrast
    "crowded",  # the same around it
    "expected",  # brighter on a dark picture, darker on a bright one
    "whole",  # share of the line that lies in the picture
    "moved",  # how far refinement changed its size
    "votes",  # how many searches found the same line
)
TERMS: tuple[tuple[float, float, float], ...] = (
    (0.551, 0.3636, -0.03321),
    (0.406, -0.0474, 0.02084),
    (0.025, 0.0328, 0.00597),
    (0.517, 0.0417, 0.40354),
    (0.926, 0.5260, 2.59588),
    (0.205, -0.0334, -0.20670),
    (0.687, 0.0690, -0.27887),
    (6.520, -0.0282, -0.01721),
    (0.602, -0.0283, 0.03522),
    (0.963, -0.0271, 0.04297),
    (1.033, 0.0999, -0.05555),
    (0.342, 0.0733, 0.02658),
    (0.946, -0.1025, -0.46416),
    (0.059, 0.3810, -0.36527),
    (0.781, 0.0444, 0.00028),
)
"""Of each measure: its mean, and the factors of its distance from there and of the square of that."""
BASE = 0.359


def measures(seen: Sequence[Seen], found: Sequence[Found], window: Grey, x: float, y: float) -> Floats:
    """Of each line what `NAMES` says, float (lines, 15)."""
    grey = window[max(0, int(y) - 150) : int(y) + 150, max(0, int(x) - 150) : int(x) + 150].mean(2)
    low, middle, high = np.percentile(grey, [1, 50, 99])
    darkness = float(np.clip(3 * ((low + high) / 2 - middle) / (high - low + 1e-6), -1, 1))
    spread = float(grey.std()) + 1e-6
    rows = [_of_line(line, darkness, spread, window.shape[2] == 1, x, y) for line in seen]
    grown = [abs(np.log(line.contour.area / one.contour.area)) for line, one in zip(seen, found, strict=True)]
    return np.column_stack([rows, grown, _votes(seen)])


def _of_line(line: Seen, darkness: float, spread: float, is_grey: bool, x: float, y: float) -> list[float]:
    contour, column = line.contour, np.arange(COLUMNS)
    weight = line.inside * SHARES
    within = weight * (column < line.columns[:, None])
    around = weight * ((column >= line.columns[:, None]) & (column < line.columns[:, None] + 8))
    (bright, uneven), (dark, crowded) = _mean_and_spread(line.bright, within), _mean_and_spread(line.bright, around)
    edge, contrast = line.steep[np.arange(ANGLES), line.columns], abs(bright - dark) + 1e-6
    overall = spread if is_grey else 1.5 * float(line.bright.std()) + 1e-6
    radius = np.sqrt(contour.area / np.pi)
    lighter = float(line.grey[:, CORE].mean() - line.grey[:, RING].mean())
    return [
        float(np.clip((bright - dark) / (uneven + crowded + 0.03 * overall), -2, 5)),
        float(np.clip(edge.mean() / contrast, -1, 3)),
        float(np.clip(np.percentile(edge, 20) / contrast, -2, 2)),
        float((edge > 0.25 * contrast).mean()),
        float(4 * np.pi * contour.area / contour.perimeter**2),
        min(contour.distance(x, y) / radius, 2.0),
        float(np.hypot(contour.xs - x, contour.ys - y).min() / radius),
        float(np.log(contour.area)),
        float(np.clip((bright - dark) / overall, -3, 3)),
        min(uneven / (contrast + 0.1 * overall), 3.0),
        min(crowded / (contrast + 0.1 * overall), 3.0),
        darkness * float(np.clip(lighter / spread, -1.5, 1.5)),
        float(line.inside[np.arange(ANGLES), line.columns].mean()),
    ]


def _mean_and_spread(values: Grey, weight: Floats) -> tuple[float, float]:
    total = weight.sum() + 1e-6
    mean = float((weight * values).sum() / total)
    return mean, float(np.sqrt((weight * (values - mean) ** 2).sum() / total))


def _votes(seen: Sequence[Seen]) -> Floats:
    """How many other lines run nearly where each does, at most 4."""
    x, y = (np.array([getattr(line.contour, name) for line in seen]) for name in "xy")
    radii = np.log([line.contour.radii for line in seen])
    size = np.exp(radii.mean(1))
    apart = np.hypot(x[:, None] - x, y[:, None] - y) / np.minimum(size[:, None], size)
    unlike = np.abs(radii[:, None] - radii).mean(2)
    return np.asarray(np.minimum(np.exp(-((unlike / 0.12) ** 2) - (apart / 0.25) ** 2).sum(1) - 1, 4))


def worth(measured: Floats) -> Floats:
    """The overlap with the truth that is to be expected of each line (lines,)."""
    mean, linear, square = np.array(TERMS).T
    away = measured - mean
    return np.asarray(BASE + away @ linear + away**2 @ square)


def likeness(radii: Floats, hints: Hints) -> Floats:
    """What objects of these radii lose because those annotated so far are of another size: 0 or less."""
    if hints.radius is None:
        return np.zeros(len(radii))
    return np.asarray(-0.06 * np.minimum((np.log(radii / hints.radius) / hints.spread) ** 2, 9))
