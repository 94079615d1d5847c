"""All focal planes of a window as one: the brightest, the mean, the sum, or the sharpest of each pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid.image import Projection
from annelid.readers.base import ImageFile, Pixels, Window

_SMOOTHING = 9
_HALO = 1 + 2 * (_SMOOTHING // 2)
"""How far around a pixel its sharpness looks: the second difference, then two means."""


def projected_dtype(dtype: str, projection: Projection) -> str:
    """The pixel type of a projection: sums need room, all else keeps that of the planes."""
    return "float32" if projection == "sum" else dtype


def project(file: ImageFile, projection: Projection, t: int, window: Window, step: int) -> Pixels:
    """A projection of all focal planes of a time point; windows and the whole give the same pixels.

    Args:
        file: the image.
        projection: which.
        t: index of the time point.
        window: half-open window in pixels of the full-resolution image.
        step: take every step-th pixel; ``focus`` then judges the thinned planes.

    Returns:
        ``[y, x, c]``, in the dtype of `projected_dtype`.
    """
    if projection == "focus":
        return _sharpest(file, t, window, step)
    planes = range(file.info.planes[1])
    found = file.read(window, t=t, z=0, step=step)
    if projection == "max":
        for z in planes[1:]:
            np.fmax(found, file.read(window, t=t, z=z, step=step), out=found)
        return found
    total = found.astype(np.float64)
    for z in planes[1:]:
        total += file.read(window, t=t, z=z, step=step)
    if projection == "sum":
        return total.astype(np.float32)
    mean = total / len(planes)
    return (mean if found.dtype.kind == "f" else np.rint(mean)).astype(found.dtype)


def _sharpest(file: ImageFile, t: int, window: Window, step: int) -> Pixels:
    """Each pixel from the plane with the strongest second differences around it; channels one by one."""
    wide, inside = _widened(file, window, step)
    best = file.read(wide, t=t, z=0, step=step)
    highest = _sharpness(best, joint=file.info.is_rgb)
    for z in range(1, file.info.planes[1]):
        plane = file.read(wide, t=t, z=z, step=step)
        sharpness = _sharpness(plane, joint=file.info.is_rgb)
        better = sharpness > highest
        np.copyto(best, plane, where=better)
        np.copyto(highest, sharpness, where=better[..., : highest.shape[2]])
    return np.ascontiguousarray(best[inside])


def _widened(file: ImageFile, window: Window, step: int) -> tuple[Window, tuple[slice, slice]]:
    """The window with what its border pixels look at, on the same grid, and where the window lies in it."""
    x1, y1, x2, y2 = window
    w, h = file.info.size_wh
    left, top = (min(_HALO, first // step) for first in (x1, y1))
    right, bottom = min(w, x2 + _HALO * step), min(h, y2 + _HALO * step)
    columns, rows = len(range(x1, x2, step)), len(range(y1, y2, step))
    wide = x1 - left * step, y1 - top * step, right, bottom
    return wide, (slice(top, top + rows), slice(left, left + columns))


def _sharpness(plane: Pixels, *, joint: bool) -> NDArray[np.float64]:
    """Mean square of the second differences around each pixel, ``[y, x, c]``; c is 1 for colours judged together.

    Sums run in a fixed order for each pixel, so that a pixel comes out the same in whatever window it lies.
    """
    values = np.nan_to_num(plane.astype(np.float64), posinf=0, neginf=0)
    result = np.stack([_smoothed(_second_differences(values[..., c]) ** 2) for c in range(values.shape[2])], 2)
    return result.sum(2, keepdims=True) if joint else result


def _second_differences(plane: NDArray[Any]) -> NDArray[np.float64]:
    from scipy import ndimage  # half of the time that opening an image would take otherwise

    weights = [-1.0, 2.0, -1.0]
    found = [ndimage.correlate1d(plane, weights, axis=axis, mode="nearest") for axis in (0, 1)]
    return np.asarray(np.abs(found[0]) + np.abs(found[1]))


def _smoothed(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy import ndimage

    weights = np.full(_SMOOTHING, 1 / _SMOOTHING)
    for _ in range(2):
        for axis in (0, 1):
            plane = ndimage.correlate1d(plane, weights, axis=axis, mode="nearest")
    return plane
