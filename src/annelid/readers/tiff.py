"""TIFF: plain, ImageJ, OME and whatever else tifffile understands, by window."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from annelid.errors import ImageError
from annelid.readers import tiff_metadata
from annelid.readers.base import ImageFile, ImageInfo, Pixels, Window, checked_window, decoding
from annelid.readers.tiff_planes import Planes, cut_off

NAME = "tiff"
SUFFIXES = (".tif", ".tiff")

_RGB, _PALETTE, _MINISWHITE, _YCBCR = 2, 3, 0, 6
_ALPHA = (1, 2)

# tifffile logs what it finds odd; without a handler that would end up on the user's screen.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


def sniff(head: bytes) -> bool:
    """Whether a file begins like a TIFF or a BigTIFF, in either byte order."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def open_file(path: Path) -> ImageFile:
    """Open a TIFF file.

    Raises:
        ImageError: it is damaged, or its pixels are of a kind that is not supported.
    """
    with decoding(path):
        tif = tifffile.TiffFile(path)
        try:
            return TiffImage(path, tif)
        except BaseException:
            tif.close()
            raise


class TiffImage(ImageFile):
    """An open TIFF file; the largest of its series is the image."""

    def __init__(self, path: Path, tif: tifffile.TiffFile) -> None:
        self.path, self._tif = path, tif
        series = _main_series(path, tif)
        self._planes = Planes(path, series)
        _check_pixels(path, self._planes)
        self._samples = _samples(self._planes)
        self.info = self._describe(series)

    def _describe(self, series: tifffile.TiffPageSeries) -> ImageInfo:
        layout, samples = self._planes.layout, self._samples
        planes = (layout.count("T"), layout.count("Z"))
        count = layout.count("C") * samples.kept
        is_rgb = samples.is_rgb and count == 3
        size = tiff_metadata.pixel_size(self._tif, series.keyframe)
        notes = (*size.notes, layout.guessed, samples.note, *_series_notes(self._tif, series))
        return ImageInfo(
            size_wh=(layout.count("X"), layout.count("Y")),
            channels=tiff_metadata.channel_names(self._tif, count, is_rgb=is_rgb, is_stack=planes != (1, 1)),
            dtype="uint8" if series.dtype == bool else series.dtype.name,
            pixel_size_um=size.pixel_size_um,
            planes=planes,
            is_rgb=is_rgb,
            notes=tuple(note for note in notes if note),
        )

    def read(self, window_xyxy: Window | None = None, *, t: int = 0, z: int = 0, step: int = 1) -> Pixels:
        """Read a window of one plane; see `ImageFile.read`."""
        x1, y1, x2, y2 = checked_window(self.info, window_xyxy, t, z, step)
        with decoding(self.path):
            planes = self._level_for(step)
            w, h = self.info.size_wh
            rows = _at_level(np.arange(y1, y2, step), h, planes.layout.count("Y"))
            cols = _at_level(np.arange(x1, x2, step), w, planes.layout.count("X"))
            pixels = planes.read(rows, cols, t, z)[..., : self._samples.kept]
        pixels = np.ascontiguousarray(pixels.reshape(len(rows), len(cols), -1))
        return pixels.view(np.uint8) * np.uint8(255) if pixels.dtype == bool else pixels

    def _level_for(self, step: int) -> Planes:
        """The smallest level of the pyramid that still has a pixel of its own for every step."""
        width = self.info.size_wh[0]
        fitting = [p for p in self._levels if p.layout.count("X") * step >= width * 0.99]
        return min(fitting, key=lambda planes: planes.layout.count("X"), default=self._planes)

    @cached_property
    def _levels(self) -> list[Planes]:
        base = self._planes.layout
        levels = [Planes(self.path, series) for series in self._planes.series.levels[1:]]
        same = [p for p in levels if all(p.layout.count(role) == base.count(role) for role in "TZCS")]
        return [self._planes, *same]

    def close(self) -> None:
        """Let go of the file."""
        self._tif.close()


@dataclass(frozen=True)
class _Samples:
    """How many samples of each pixel are kept, and why not all."""

    kept: int
    is_rgb: bool
    note: str = ""


def _samples(planes: Planes) -> _Samples:
    count, page = planes.layout.count("S"), planes.series.keyframe
    colour = page.photometric in (_RGB, _YCBCR)
    extra = tuple(int(kind) for kind in page.extrasamples)
    if colour and count == 4:
        return _Samples(3, is_rgb=True, note="the alpha channel is ignored")
    if not colour and count == 2 and extra and extra[-1] in _ALPHA:
        return _Samples(1, is_rgb=False, note="the alpha channel is ignored")
    return _Samples(count, is_rgb=colour and count == 3)


def _main_series(path: Path, tif: tifffile.TiffFile) -> tifffile.TiffPageSeries:
    """The first of the largest series; thumbnails, labels and macro pictures are smaller."""
    series = [s for s in tif.series if {"Y", "X"} <= set(s.get_axes(squeeze=False)) and s.size]
    if not series:
        raise ImageError(path, expected="a TIFF with a picture in it", found="none", next_step="leave this file out")
    if tif.is_ome:
        return series[0]
    return max(series, key=lambda s: s.keyframe.imagelength * s.keyframe.imagewidth)


def _check_pixels(path: Path, planes: Planes) -> None:
    """Refuse early what would only fail later, in the middle of the work."""
    if planes.series.dtype.kind not in "buif":
        raise ImageError(
            path,
            expected="pixels that are integers or real numbers",
            found=f"pixels of type {planes.series.dtype.name}",
            next_step="save the magnitude or the part that you need as 32-bit float",
        )
    page = planes.series.keyframe
    ends = [o + n for o, n in zip(page.dataoffsets, page.databytecounts, strict=False)]
    size = page.parent.filehandle.size
    if ends and max(ends) > size:
        raise cut_off(path, max(ends), size)


def _series_notes(tif: tifffile.TiffFile, series: tifffile.TiffPageSeries) -> list[str]:
    page, notes = series.keyframe, []
    others = len(tif.series) - 1
    if others > 0:
        notes.append(f"the file holds {others} further image(s), which are not read")
    if page.photometric == _PALETTE and not tif.is_imagej:  # ImageJ's are for display only
        notes.append("the colour table is ignored: the stored values are used")
    if page.photometric == _MINISWHITE:
        notes.append("white is stored as 0: the stored values are used")
    if int(page.tags.valueof("Orientation", default=1) or 1) != 1:
        notes.append("the orientation tag is ignored: the picture is taken as stored")
    if series.is_multifile and any(part is None for part in series.pages):
        notes.append("files of this image are missing: their planes are black")
    if tif.is_ome and series.kind != "ome":
        notes.append("the OME metadata do not fit the file: it is read as plain TIFF")
    return notes


def _at_level(places: NDArray[np.int64], full: int, size: int) -> NDArray[np.int64]:
    """Where full-resolution pixels lie in a level of ``size`` pixels."""
    return places if size == full else np.minimum(places * size // full, size - 1)
