"""Move a line to where inside and outside are told apart best, seen in the directions of its own object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annelid.assist.contour import ANGLES, COS, SIN, Contour, Floats, Grey, best_paths
from annelid.assist.search import Found, is_inside, sampled, steps_down

COLUMNS = 44
SHARES = np.linspace(0.55, 1.5, COLUMNS)
"""Distances at which the picture is looked at, as shares of the line's present radius."""
STEP = float(SHARES[1] - SHARES[0])
CORE, RING = SHARES < 0.85, (SHARES > 1.1) & (SHARES < 1.4)
"""Surely inside, and around it."""
_EDGE_WIDTH = 3
_BEND = 0.06
_STAY = 0.3
_REGION = 1.5
_ROUNDED = 0.6


@dataclass(frozen=True, eq=False)
class Seen:
    """A line and the picture around it, unrolled: row by angle, column by share of the radius that it had before.

    Attributes:
        contour: the line.
        sign: 1 where the object is brighter than what surrounds it, -1 where it is darker.
        bright: float32 (64, 44), brightness in the direction that tells inside from outside, high inside.
        inside: bool (64, 44), where there is picture.
        steep: float32 (64, 44), how steeply ``bright`` falls.
        columns: int (64,), where the line runs.
    """

    contour: Contour
    sign: int
    bright: Grey
    inside: NDArray[np.bool_]
    steep: Grey
    columns: NDArray[np.intp]


def refine(window: Grey, found: Sequence[Found], pulls: Sequence[Grey] | None = None) -> list[Seen]:
    """Each line where it fits best, at most half as large or one and a half times as large as before.

    Args:
        window: float32 ``[y, x, c]``.
        found: the lines.
        pulls: for each line what its places cost besides, float32 (64, 44); see `annelid.assist.correct`. A line with
            a pull stays where it is seen from.
    """
    lines = [one.contour.recentred().smooth(1.5) if pulls is None else one.contour for one in found]
    views = [_unrolled(window, line, one.sign) for line, one in zip(lines, found, strict=True)]
    costs = np.stack([_costs(*view) for view in views])
    if pulls is not None:
        costs += np.stack(pulls)
    paths = best_paths(costs, _BEND, 1)
    return [
        Seen(_moved(line, path), one.sign, bright, inside, steps_down(bright, _EDGE_WIDTH), path)
        for line, one, path, (bright, inside) in zip(lines, found, paths, views, strict=True)
    ]


def _moved(line: Contour, path: NDArray[np.intp]) -> Contour:
    return Contour(line.x, line.y, line.radii * (SHARES[path] - STEP / 2)).smooth(_ROUNDED)


def _unrolled(window: Grey, line: Contour, sign: int) -> tuple[Grey, NDArray[np.bool_]]:
    reach = line.radii[:, None] * SHARES
    xs, ys = line.x + reach * COS[:, None], line.y + reach * SIN[:, None]
    sigma = float(np.clip(0.22 * np.sqrt(line.radii.mean()), 0.5, 2.0))
    channels = np.stack([sampled(window[..., c], xs, ys, sigma) for c in range(window.shape[2])], 2)
    inside = is_inside(window, xs, ys)
    return _told_apart(channels, inside, sign), inside


def _told_apart(channels: Grey, inside: NDArray[np.bool_], sign: int) -> Grey:
    """One brightness of several channels, in Fisher's direction from around the line to inside of it."""
    if channels.shape[2] == 1:
        return np.asarray(channels[..., 0] * np.float32(sign), np.float32)
    core, ring = channels[:, CORE][inside[:, CORE]], channels[:, RING][inside[:, RING]]
    if min(len(core), len(ring)) < 2 * channels.shape[2]:
        return np.asarray(channels.mean(2) * np.float32(sign), np.float32)
    spread = (np.cov(core.T) + np.cov(ring.T)) / 2
    spread += np.eye(len(spread)) * (0.2 * np.trace(spread) / len(spread) + 1e-6)
    direction = np.linalg.solve(spread, core.mean(0) - ring.mean(0))
    return np.asarray(channels @ (direction / (np.abs(direction).sum() + 1e-9)).astype(np.float32))


def _costs(bright: Grey, inside: NDArray[np.bool_]) -> Grey:
    """Low where the edge is steep, what lies before it is like the inside, and what follows like the outside."""
    within, around = float(np.median(bright[:, CORE])), float(np.percentile(bright[:, RING], 35))
    contrast = abs(within - around) + 0.3 * float(bright.std()) + 1e-6
    likely = np.tanh(2 * (bright - (within + around) / 2) / contrast)
    total = np.cumsum(likely, 1)
    region = (total[:, -1:] - 2 * total) * STEP
    stay = _STAY * ((SHARES - 1) / 0.25) ** 2
    cost = -steps_down(bright, _EDGE_WIDTH) / contrast + _REGION * region + stay
    return np.where(inside, cost, stay).astype(np.float32)


def places(radii: Floats) -> Floats:
    """Distances from the centre (64, 44) that the columns stand for."""
    return np.asarray(radii.reshape(ANGLES, 1) * (SHARES - STEP / 2))
