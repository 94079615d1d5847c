"""Where the edge of the object around a click may lie: closed lines of steep change, at every size, of both kinds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from annelid.assist.contour import ANGLES, COS, SIN, Contour, Grey, best_paths

GROWTH = 1.055
RADII = 1.5 * GROWTH ** np.arange(80)
"""Distances from the click at which the picture is looked at, in pixels: about 1.5 to 100."""
LARGEST = float(RADII[-1])
BANDS = ((1.5, 6.0), (2.5, 10.0), (4.0, 16.0), (6.5, 26.0), (10.0, 40.0), (16.0, 64.0), (26.0, 104.0))
"""In each of these ranges of radii one line is sought: objects of every size come into view."""
_SIGMAS = ((0.7, 9.0), (1.3, 30.0), (2.6, 1e9))
"""Smoothing, and the radius up to which it is used."""
_BEND = 0.15
_REACH = 2
_FORBIDDEN = 1e3
_NEAR = 60
_TOUCHED = 3


@dataclass(frozen=True, eq=False)
class Found:
    """A line, and whether what it encloses is brighter (1) or darker (-1) in the picture that it was found in."""

    contour: Contour
    sign: int


def search(window: Grey, x: float, y: float) -> list[Found]:
    """Lines around a place, at every size.

    Args:
        window: float32 ``[y, x, c]``.
        x: column of the click; whole numbers are the centres of pixels.
        y: its row.
    """
    found = []
    for grey, signs in _views(window, x, y):
        seen, inside = _log_polar(grey, x, y)
        steep = _steepness(seen)
        costs = np.concatenate([_costs(sign * steep, inside) for sign in signs])
        paths = best_paths(costs, _BEND, _REACH)
        for sign, path in zip(np.repeat(signs, len(BANDS)), paths, strict=True):
            found.append(Found(Contour(x, y, RADII[path] / np.sqrt(GROWTH)), int(sign)))
    return found


def _views(window: Grey, x: float, y: float) -> list[tuple[Grey, tuple[int, ...]]]:
    """Grey pictures to search, with the signs to search for.

    Of colours also the direction that tells the clicked place best from what lies around it.
    """
    if window.shape[2] == 1:
        return [(window[..., 0], (1, -1))]
    near = _clip(window, x, y, _NEAR)
    touched = _clip(window, x, y, _TOUCHED).reshape(-1, window.shape[2]).mean(0)
    colours = near.reshape(-1, window.shape[2])
    spread = np.cov(colours.T)
    spread += np.eye(len(spread)) * (0.005 * np.trace(spread) + 1e-6)
    direction = np.linalg.solve(spread, touched - colours.mean(0))
    return [(window.mean(2), (1, -1)), (window @ direction.astype(np.float32), (1,))]


def _clip(window: Grey, x: float, y: float, reach: int) -> Grey:
    row, column = round(y), round(x)
    return window[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]


def _log_polar(grey: Grey, x: float, y: float) -> tuple[Grey, NDArray[np.bool_]]:
    """The picture by angle and radius (ANGLES, 80), smoothed the more the farther away; and where there is picture."""
    seen, nearest = np.empty((ANGLES, len(RADII)), np.float32), 0.0
    ys = np.asarray(y + RADII * SIN[:, None], np.float64)
    xs = np.asarray(x + RADII * COS[:, None], np.float64)
    for sigma, farthest in _SIGMAS:
        ring = (nearest <= RADII) & (farthest > RADII)
        seen[:, ring] = sampled(grey, xs[:, ring], ys[:, ring], sigma)
        nearest = farthest
    return seen, is_inside(grey, xs, ys)


def sampled(grey: Grey, xs: NDArray[np.float64], ys: NDArray[np.float64], sigma: float) -> Grey:
    """A picture, smoothed, at places between its pixels."""
    margin = int(4 * sigma) + 2
    top, left = max(0, int(ys.min()) - margin), max(0, int(xs.min()) - margin)
    part = grey[top : max(int(ys.max()) + margin, top + 1), left : max(int(xs.max()) + margin, left + 1)]
    smooth = ndimage.gaussian_filter(part, sigma, mode="nearest", truncate=3.0)
    return np.asarray(ndimage.map_coordinates(smooth, [ys - top, xs - left], order=1, mode="nearest"), np.float32)


def is_inside(grey: Grey, xs: NDArray[np.float64], ys: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which places lie in a picture."""
    h, w = grey.shape[:2]
    return np.asarray((ys >= -0.5) & (ys < h - 0.5) & (xs >= -0.5) & (xs < w - 0.5), bool)


def _steepness(seen: Grey) -> Grey:
    """At each radius how much brighter the two steps before it are than the two from it on."""
    return steps_down(seen, 2)


def steps_down(seen: Grey, width: int) -> Grey:
    """Mean of the ``width`` columns before each column less that of the ``width`` from it on."""
    columns = seen.shape[1]
    padded = np.pad(seen, ((0, 0), (width, width)), mode="edge")
    sums = np.cumsum(np.pad(padded, ((0, 0), (1, 0))), 1, dtype=np.float64)
    means = ((sums[:, width:] - sums[:, :-width]) / width).astype(np.float32)
    return np.asarray(means[:, :columns] - means[:, width : width + columns])


def _costs(steep: Grey, inside: NDArray[np.bool_]) -> Grey:
    """Of each band (bands, ANGLES, 80): low where the picture falls steeply, level beyond its border."""
    costs = np.full((len(BANDS), *steep.shape), _FORBIDDEN, np.float32)
    for cost, (least, most) in zip(costs, BANDS, strict=True):
        band = (least <= RADII) & (most >= RADII)
        scale = np.percentile(np.abs(steep[:, band]), 90) + 1e-6
        cost[:, band] = np.where(inside, -steep / scale, 0)[:, band]
    return costs
