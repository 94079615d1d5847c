"""Label images on disk: pixels of a PNG or TIFF as labels, and back."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from annelid.atomic import write_bytes
from annelid.errors import AnnotationError, ImageError
from annelid.formats.base import LossReport
from annelid.readers.apart import read_stored

SUFFIXES = frozenset({".tif", ".tiff", ".png", ".bmp", ".gif"})
OURS = "annelid labels"
"""Description in the TIFF files that are written here: equal values are one object, however few there are."""

_LARGEST_LABEL = 2.0**53

Labels = NDArray[np.int64]


def read_labels(file: Path, losses: LossReport) -> tuple[Labels, bool]:
    """The labels of a mask file and whether Annelid wrote it.

    Returns:
        int64 (h, w), 0 is background.

    Raises:
        AnnotationError: the file is unreadable or no label image.
    """
    try:
        stored = read_stored(file)
    except ImageError as error:
        raise AnnotationError(file, expected="a label image", found=error.found) from error
    if stored.missing or not stored.blocks:
        what = f"{stored.missing} of {stored.blocks} blocks of pixels are not in the file: taken as background"
        losses.add("pixels-missing", what, file)
    pixels = _flat(stored.pixels, file, losses)
    if pixels.dtype.kind == "f":
        unknown = int(np.isnan(pixels).sum())
        if unknown:
            losses.add("no-number", "pixels that are not a number were taken as background", file, count=unknown)
        pixels = np.nan_to_num(pixels, nan=0.0, posinf=-0.5, neginf=-0.5)
        if (pixels != np.round(pixels)).any() or np.abs(pixels).max(initial=0) > _LARGEST_LABEL:
            raise AnnotationError(file, expected="whole numbers, one per object", found="fractions or huge numbers")
    labels = pixels.astype(np.int64)
    negative = int((labels < 0).sum())
    if negative:
        losses.add("negative-label", "pixels below 0 were taken as background", file, count=negative)
        labels[labels < 0] = 0
    return labels, stored.description == OURS


def _flat(pixels: NDArray[Any], file: Path, losses: LossReport) -> NDArray[Any]:
    """One value a pixel; colours become labels when their channels differ."""
    while pixels.ndim > 2 and 1 in (pixels.shape[0], pixels.shape[-1]):
        pixels = pixels[0] if pixels.shape[0] == 1 else pixels[..., 0]
    if pixels.ndim == 3 and pixels.shape[0] in (3, 4) and pixels.shape[2] not in (2, 3, 4):
        pixels = np.moveaxis(pixels, 0, 2)
    if pixels.ndim == 3 and pixels.shape[2] == 2:
        pixels = pixels[..., 0]  # grey and alpha
    if pixels.ndim == 2:
        return pixels
    if pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
        found = f"shape {' x '.join(map(str, pixels.shape))}"
        step = "save one plane a file"
        raise AnnotationError(file, expected="a picture of one plane", found=found, next_step=step)
    colours = pixels[..., :3].astype(np.int64)
    if (colours == colours[..., :1]).all():
        return colours[..., 0]
    packed = (colours[..., 0] << 32) + (colours[..., 1] << 16) + colours[..., 2]
    values, labels = np.unique(packed, return_inverse=True)
    if len(values) > max(1000, packed.size // 50):
        step = "a mask must not be saved as JPEG or be smoothed"
        raise AnnotationError(file, expected="a label image", found=f"{len(values)} colours", next_step=step)
    losses.add("colours-as-labels", "each colour but black was taken as one object", file, count=len(values))
    numbered: NDArray[Any] = labels.reshape(packed.shape) + (1 if values[0] else 0)
    return numbered


def write_labels(file: Path, labels: NDArray[np.integer]) -> None:
    """Write a label image (h, w) as a zlib TIFF, in the smallest unsigned type that holds its values."""
    highest = int(labels.max(initial=0))
    dtype = next(t for t in (np.uint8, np.uint16, np.uint32) if highest <= np.iinfo(t).max)
    buffer = io.BytesIO()
    pixels = labels.astype(dtype)
    tifffile.imwrite(buffer, pixels, compression="zlib", description=OURS, metadata=None, photometric="minisblack")
    write_bytes(file, buffer.getvalue())
