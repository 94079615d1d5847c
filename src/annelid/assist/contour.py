"""Star-shaped contours: a centre, and how far the edge lies from it in each of 64 directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float64]
Grey = NDArray[np.float32]

ANGLES = 64
THETA = 2 * np.pi * np.arange(ANGLES) / ANGLES
COS, SIN = np.cos(THETA), np.sin(THETA)
_FAR = 1e9


@dataclass(frozen=True, eq=False)
class Contour:
    """One closed line.

    Attributes:
        x: column of the centre; whole numbers are the centres of pixels.
        y: row of the centre.
        radii: float (64,), distance of the line from the centre.
    """

    x: float
    y: float
    radii: Floats

    @property
    def xs(self) -> Floats:
        """Columns of the line's vertices (64,)."""
        return self.x + self.radii * COS

    @property
    def ys(self) -> Floats:
        """Rows of the line's vertices (64,)."""
        return self.y + self.radii * SIN

    @property
    def area(self) -> float:
        """Area in square pixels."""
        return float(np.sum(self.radii * np.roll(self.radii, -1)) * np.sin(2 * np.pi / ANGLES) / 2)

    @property
    def perimeter(self) -> float:
        """Length of the line in pixels."""
        return float(np.hypot(self.xs - np.roll(self.xs, 1), self.ys - np.roll(self.ys, 1)).sum())

    def radius_towards(self, x: float, y: float) -> float:
        """Distance of the line from the centre, in the direction of a point."""
        turn = np.arctan2(y - self.y, x - self.x) % (2 * np.pi)
        return float(np.interp(turn, np.append(THETA, 2 * np.pi), np.append(self.radii, self.radii[0])))

    def distance(self, x: float, y: float) -> float:
        """Of a point from the centre."""
        return float(np.hypot(x - self.x, y - self.y))

    def depth(self, x: float, y: float) -> float:
        """How far a point lies inside the line, along the ray from the centre; negative outside."""
        return self.radius_towards(x, y) - self.distance(x, y)

    def grown(self, by: float) -> Contour:
        """The same line, farther from the centre everywhere."""
        return Contour(self.x, self.y, self.radii + by)

    def smooth(self, sigma: float) -> Contour:
        """The same line with its radii smoothed over neighbouring directions."""
        return Contour(self.x, self.y, ndimage.gaussian_filter1d(self.radii, sigma, mode="wrap"))

    def recentred(self) -> Contour:
        """The same line seen from its centre of mass."""
        x, y = self.radii * COS, self.radii * SIN
        next_x, next_y = np.roll(x, -1), np.roll(y, -1)
        cross = x * next_y - next_x * y
        dx, dy = ((x + next_x) * cross).sum() / (3 * cross.sum()), ((y + next_y) * cross).sum() / (3 * cross.sum())
        turn, radius = np.arctan2(y - dy, x - dx) % (2 * np.pi), np.hypot(x - dx, y - dy)
        order = np.argsort(turn, kind="stable")
        radii = np.interp(THETA, turn[order], radius[order], period=2 * np.pi)
        return Contour(self.x + dx, self.y + dy, np.maximum(radii, 1.0))

    def ring(self) -> Floats:
        """The line as float (64, 2) of x and y in which (0, 0) is the *corner* of the first pixel."""
        return np.stack([self.xs, self.ys], 1) + 0.5


def best_paths(cost: Grey, bend: float, reach: int) -> NDArray[np.intp]:
    """The closed path of least cost through each of several strips.

    Args:
        cost: float (strips, ANGLES, K).
        bend: what a step to a neighbouring column costs from one angle to the next.
        reach: most columns that a path moves from one angle to the next.

    Returns:
        int (strips, ANGLES), the column at each angle. The path is sought over two turns and its middle taken, as
        good as closed.
    """
    strips, angles, columns = cost.shape
    steps = np.arange(-reach, reach + 1)
    prices = (bend * np.abs(steps)).astype(np.float32)[:, None, None]
    padded = np.full((strips, columns + 2 * reach), _FAR, np.float32)
    shifted = np.lib.stride_tricks.sliding_window_view(padded, columns, axis=1).transpose(1, 0, 2)
    came = np.empty((2 * angles, strips, columns), np.int8)
    total = cost[:, 0]
    for i in range(1, 2 * angles):
        padded[:, reach : reach + columns] = total
        options = shifted + prices
        came[i] = options.argmin(0) - reach
        total = options.min(0) + cost[:, i % angles]
    return _walk_back(came, total.argmin(1))


def _walk_back(came: NDArray[np.int8], last: NDArray[np.intp]) -> NDArray[np.intp]:
    turns, strips, _ = came.shape
    angles, rows = turns // 2, np.arange(strips)
    path = np.empty((turns, strips), np.intp)
    for i in range(turns - 1, -1, -1):
        path[i] = last
        if i:
            last = last + came[i, rows, last]
    return np.roll(path[angles // 2 : angles // 2 + angles], angles // 2, 0).T
