"""Which of the pictures in a TIFF file are images, and which are thumbnails and labels of them."""

from __future__ import annotations

from pathlib import Path

import tifffile

from annelid.errors import ImageError
from annelid.readers import tiff_metadata
from annelid.readers.base import distinct


def scenes(path: Path, tif: tifffile.TiffFile) -> list[tifffile.TiffPageSeries]:
    """The images: all of an OME-TIFF in order; of other files the largest, then the others of full resolution.

    Raises:
        ImageError: there is none.
    """
    found = _pictures(tif)
    if not found:
        raise ImageError(path, expected="a TIFF with a picture in it", found="none", next_step="leave this file out")
    if tif.is_ome:
        return found
    main = max(found, key=_area)
    if _is_slide(tif):
        return [main]
    return [main, *(s for s in found if s is not main and not s.keyframe.is_reduced)]


def left_out(tif: tifffile.TiffFile) -> int:
    """How many pictures are no scenes."""
    found = _pictures(tif)
    if tif.is_ome or not found:
        return 0
    main = max(found, key=_area)
    return sum(s is not main and (_is_slide(tif) or bool(s.keyframe.is_reduced)) for s in found)


def names(tif: tifffile.TiffFile, found: list[tifffile.TiffPageSeries]) -> tuple[str, ...]:
    """A distinct name for each scene."""
    images = tiff_metadata.ome_images(tif)
    known = {place_in_ome(tif, series): str(series.name or "") for series in found} if not images else {}
    return distinct(
        (images[place].get("Name") or "") if place < len(images) else known.get(place, "")
        for place in (place_in_ome(tif, series) for series in found)
    )


def place_in_ome(tif: tifffile.TiffFile, series: tifffile.TiffPageSeries) -> int:
    """Which Image element of the OME metadata describes a series."""
    return next((i for i, other in enumerate(tif.series) if other is series), 0)


def _pictures(tif: tifffile.TiffFile) -> list[tifffile.TiffPageSeries]:
    return [s for s in tif.series if {"Y", "X"} <= set(s.get_axes(squeeze=False)) and s.size]


def _area(series: tifffile.TiffPageSeries) -> int:
    return int(series.keyframe.imagelength * series.keyframe.imagewidth)


def _is_slide(tif: tifffile.TiffFile) -> bool:
    return any((tif.is_svs, tif.is_ndpi, tif.is_scn, tif.is_bif, tif.is_philips, tif.is_qpi))
