"""How good a line is as the outline of what was clicked on: a sum of what can be measured on it.

`benchmarks/assist_judge.py` finds the terms: those by which the line that is worth most overlaps (IoU) most with the
truth, over lines found on nuclei and cells of several stains, the worth being the overlap to be expected then. It also
says how good the choice is on images that the terms were not fitted on.
These eight measures are those of fifteen without which that choice would be worse.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from annelid.assist.base import Hints
from annelid.assist.contour import ANGLES, Floats, Grey
from annelid.assist.refine import COLUMNS, SHARES, Seen

NAMES = (
    "separation",  # of inside and around, in standard deviations
    "closed",  # share of the line with at least a quarter of the contrast
    "round",  # 1 for a circle
    "beside",  # distance of the click from the centre, in radii
    "size",  # logarithm of the area
    "uneven",  # standard deviation inside over the contrast
    "crowded",  # the same around it
    "votes",  # how many searches found the same line
)
TERMS: tuple[tuple[float, float, float], ...] = (
    (0.540, 0.7470, -0.25828),
    (0.554, 0.0247, 0.35458),
    (0.921, 0.1236, 1.94815),
    (0.207, 0.0524, -0.39812),
    (6.605, -0.0631, -0.01767),
    (0.906, -0.0003, 0.08163),
    (0.971, 0.2850, -0.18865),
    (0.698, 0.0307, 0.00086),
)
"""Of each measure: its mean, and the factors of its distance from there and of the square of that."""
BASE = 0.522


def measures(seen: Sequence[Seen], window: Grey, x: float, y: float) -> Floats:
    """Of each line in a window what `NAMES` says, float (lines, 8), where ``x`` and ``y`` were clicked."""
    near = window[max(0, int(y) - 150) : int(y) + 150, max(0, int(x) - 150) : int(x) + 150]
    spread = float(near.mean(2).std())
    rows = [_of_line(line, spread, x, y) for line in seen]
    return np.column_stack([rows, _votes(seen)])


def _of_line(line: Seen, spread: float, x: float, y: float) -> list[float]:
    contour, column = line.contour, np.arange(COLUMNS)
    weight = line.inside * SHARES
    within = weight * (column < line.columns[:, None])
    around = weight * ((column >= line.columns[:, None]) & (column < line.columns[:, None] + 8))
    (bright, uneven), (dark, crowded) = _mean_and_spread(line.bright, within), _mean_and_spread(line.bright, around)
    edge, contrast = line.steep[np.arange(ANGLES), line.columns], abs(bright - dark) + 1e-6
    overall = max(spread, float(line.bright.std())) + 1e-6
    return [
        float(np.clip((bright - dark) / (uneven + crowded + 0.03 * overall), -2, 5)),
        float((edge > 0.25 * contrast).mean()),
        float(4 * np.pi * contour.area / contour.perimeter**2),
        min(contour.distance(x, y) / float(np.sqrt(contour.area / np.pi)), 2.0),
        float(np.log(contour.area)),
        min(uneven / (contrast + 0.1 * overall), 3.0),
        min(crowded / (contrast + 0.1 * overall), 3.0),
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
