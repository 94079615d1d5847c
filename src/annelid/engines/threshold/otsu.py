"""Segment a picture by one global threshold: smoothing, Otsu, connected components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Polarity = Literal["auto", "bright", "dark"]
Grey = NDArray[np.float64]
Labels = NDArray[np.int32]

LEAST_CONTRAST = 4.0
"""Grey values by which objects and background must differ at least."""

LEAST_SEPARATION = 2.8
"""By how many standard deviations within them. Otsu cuts plain noise into halves that lie 2.66 apart."""


@dataclass(frozen=True)
class Recipe:
    """How to segment.

    Attributes:
        sigma: standard deviation of the Gaussian smoothing in pixels.
        min_area: smaller objects, and smaller holes in objects, are noise; in square pixels.
        split: cut touching objects apart where they are narrow (watershed of the distance to the background).
        polarity: whether objects are brighter or darker than the background; ``auto``: whichever is less
            area.
    """

    sigma: float = 1.0
    min_area: int = 20
    split: bool = False
    polarity: Polarity = "auto"


def grey_of(pixels: NDArray[np.uint8]) -> Grey:
    """float64 (h, w) mean of the channels of uint8 ``[y, x, c]``."""
    return np.asarray(pixels.mean(2), np.float64)


def segment(grey: Grey, recipe: Recipe) -> tuple[Labels, NDArray[np.float64]]:
    """Find objects.

    Args:
        grey: float64 (h, w), 0..255.
        recipe: how.

    Returns:
        int32 (h, w) label image, values 1..N, and a score in 0..1 for each: its mean contrast to the
        background over the sum of that and the threshold's. An object as faint as the threshold has .5.
    """
    smooth = ndimage.gaussian_filter(grey, recipe.sigma) if recipe.sigma > 0 else grey
    threshold = _otsu(smooth)
    if threshold is None:
        return np.zeros(grey.shape, np.int32), np.zeros(0)
    bright = recipe.polarity == "bright"
    if recipe.polarity == "auto":
        bright = float((smooth > threshold).mean()) <= 0.5
    objects = smooth > threshold if bright else smooth <= threshold
    background = float(smooth[~objects].mean())
    labels = _labelled(objects, recipe)
    contrast = np.abs(_means(smooth, labels) - background)
    return labels, contrast / (contrast + abs(threshold - background))


def _otsu(smooth: Grey) -> float | None:
    """The threshold that separates two groups of pixels best; None where there is one group only."""
    from skimage.filters import threshold_otsu

    if not smooth.size or smooth.max() - smooth.min() < LEAST_CONTRAST:
        return None
    threshold = float(threshold_otsu(smooth))  # type: ignore[no-untyped-call]
    above = smooth > threshold
    high, low = smooth[above], smooth[~above]
    contrast = float(high.mean() - low.mean())
    within = float(np.sqrt((high.var() * high.size + low.var() * low.size) / smooth.size))
    return threshold if contrast >= max(LEAST_CONTRAST, LEAST_SEPARATION * within) else None


def _labelled(objects: NDArray[np.bool_], recipe: Recipe) -> Labels:
    filled = ~_without_small(~_without_small(objects, recipe.min_area), recipe.min_area)
    labels = _split(filled, recipe.min_area) if recipe.split else ndimage.label(filled)[0]
    return _renumbered(np.asarray(labels, np.int32), recipe.min_area)


def _without_small(mask: NDArray[np.bool_], min_area: int) -> NDArray[np.bool_]:
    """The mask without its 4-connected components of less than a number of pixels."""
    labels, _ = ndimage.label(mask)
    keep = np.bincount(labels.ravel()) >= min_area
    keep[0] = False
    return np.asarray(keep[labels], bool)


def _split(mask: NDArray[np.bool_], min_area: int) -> Labels:
    """Components cut at their waists: a watershed from the places that lie deepest inside."""
    from skimage.feature import peak_local_max
    from skimage.segmentation import watershed

    labels, _ = ndimage.label(mask)
    depth = ndimage.gaussian_filter(ndimage.distance_transform_edt(mask), 1.0)
    apart = max(2, round(np.sqrt(min_area / np.pi)))
    peaks = peak_local_max(  # type: ignore[no-untyped-call]
        depth, min_distance=apart, labels=labels, exclude_border=False
    )
    markers = np.zeros(mask.shape, np.int32)
    markers[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    cut = watershed(-depth, markers, mask=mask)  # type: ignore[no-untyped-call]
    return np.asarray(cut, np.int32)


def _renumbered(labels: Labels, min_area: int) -> Labels:
    """Labels 1..N without those of less than a number of pixels."""
    keep = np.bincount(labels.ravel()) >= min_area
    keep[0] = False
    return np.asarray((np.cumsum(keep) * keep)[labels], np.int32)


def _means(values: Grey, labels: Labels) -> NDArray[np.float64]:
    """float64 (N,), the mean of each object's pixels."""
    count = np.bincount(labels.ravel())[1:]
    return np.asarray(np.bincount(labels.ravel(), values.ravel())[1:] / np.maximum(count, 1), np.float64)
