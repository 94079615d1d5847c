"""What pictures and their objects look like, as far as a recipe depends on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annelid.engines.base import Example
from annelid.objects import Kind, Objects

FEW = 5
"""Fewer objects of a class tell nothing of its size."""
LONG = 1.5
"""An object this many times as long as broad has a direction."""


@dataclass(frozen=True)
class Survey:
    """A training set at a glance.

    Attributes:
        sizes_wh: width and height of each picture in pixels.
        diameter: median diameter of the objects in pixels (of the circle of the same area, or a box's root area), of
            the class whose objects are smallest, as rare ones are often the small ones; 0 where there are none.
        aligned: 0..1, how much of one direction the long objects are; 0 when objects are round.
    """

    sizes_wh: tuple[tuple[int, int], ...]
    diameter: float
    aligned: float

    @property
    def side(self) -> int:
        """Median of the longer sides in pixels."""
        return sorted(max(size) for size in self.sizes_wh)[len(self.sizes_wh) // 2]


def survey(examples: Sequence[Example]) -> Survey:
    """Look at a training set; only the pictures' headers are read."""
    shapes = [example.pixels().shape for example in examples]
    return seen([(shape[1], shape[0]) for shape in shapes], Objects.concat([example.objects for example in examples]))


def seen(sizes_wh: Sequence[tuple[int, int]], objects: Objects) -> Survey:
    """The survey of pictures of these sizes with these objects on them, in pixels."""
    objects = objects[objects.has_area & ~objects.ignore]
    return Survey(tuple(sizes_wh), _diameter(objects), _aligned(objects))


def _diameter(objects: Objects) -> float:
    """Median diameter of the class of smallest objects; classes of few objects count only where all are."""
    found = diameters(objects)
    by_class = [found[objects.labels == name] for name in np.unique(objects.labels)]
    telling = [each for each in by_class if len(each) >= FEW] or by_class
    return min((float(np.median(each)) for each in telling), default=0.0)


def diameters(objects: Objects) -> NDArray[np.float64]:
    """Diameter of each object in pixels: that of the circle of the same area, for boxes the root of their area."""
    areas = objects.areas
    return np.sqrt(np.where(objects.kinds == Kind.BOX, areas, areas * 4 / np.pi))


def _aligned(objects: Objects) -> float:
    """Length of the mean direction, where a direction has no sense (angles are doubled) and round objects have none."""
    if not len(objects):
        return 0.0
    xx, yy, xy = np.array([_moments(objects, n) for n in range(len(objects))]).T
    sum_, difference = xx + yy, np.hypot(xx - yy, 2 * xy)
    long = sum_ + difference >= LONG**2 * (sum_ - difference)
    return float(np.abs(np.exp(1j * np.arctan2(2 * xy, xx - yy))[long].sum()) / len(objects))


def _moments(objects: Objects, n: int) -> tuple[float, float, float]:
    """Variance in x, in y, and covariance of an object's extent; a box has its direction along an axis."""
    if objects.kinds[n] == Kind.BOX:
        w, h = objects.boxes_xyxy[n, 2:] - objects.boxes_xyxy[n, :2]
        return float(w * w), float(h * h), 0.0
    (xx, xy), (_, yy) = np.cov(np.concatenate([part[0] for part in objects.shape(n)]).T)
    return float(xx), float(yy), float(xy)
