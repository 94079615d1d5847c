"""TIFF: plain, ImageJ, OME and whatever else tifffile understands, by window."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from annelid.readers import tiff_colours, tiff_metadata, tiff_scenes, tiff_turn, tiff_whole
from annelid.readers.base import (
    ImageFile,
    ImageInfo,
    Pixels,
    Window,
    check_scene,
    checked_window,
    decoding,
    handing_over,
)
from annelid.readers.tiff_directories import check_directories
from annelid.readers.tiff_planes import Planes
from annelid.readers.tiff_set import is_companion, open_tiff

NAME = "tiff"
SUFFIXES = (".tif", ".tiff", ".lsm", ".svs", ".ndpi", ".scn", ".bif", ".svslide", ".qptiff", ".btf", ".tf8")

_RGB, _YCBCR = 2, 6
_ALPHA = (1, 2)

# tifffile logs what it finds odd; without a handler that would end up on the user's screen.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


def sniff(head: bytes) -> bool:
    """Whether a file begins like a TIFF or a BigTIFF in either byte order, or is the XML of an OME-TIFF set."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+") or is_companion(head)


def open_file(path: Path, scene: int = 0) -> ImageFile:
    """Open an image of a TIFF file, or of a set of OME-TIFF files by any of them.

    Raises:
        ImageError: it is damaged, or its pixels are of a kind that is not supported.
        UsageError: it has no such scene.
    """
    with decoding(path):
        lost = check_directories(path)
        tif = open_tiff(path)
        with handing_over(tif):
            return TiffImage(path, tif, scene, lost)


class TiffImage(ImageFile):
    """An image of an open TIFF file; the first scene is the largest of its series, or the first of an OME-TIFF."""

    def __init__(self, path: Path, tif: tifffile.TiffFile, scene: int = 0, notes: tuple[str, ...] = ()) -> None:
        self.path, self._tif, self._notes = path, tif, notes
        scenes = tiff_scenes.scenes(path, tif)
        check_scene(path, scene, len(scenes))
        series = scenes[scene]
        self._planes = Planes(path, series)
        tiff_whole.check(path, tif, self._planes)
        self._samples = _samples(self._planes)
        self._colours = tiff_colours.colours_of(tif, series.keyframe)
        self._turn = tiff_turn.turn_of(series.keyframe)
        self.info = self._describe(series, scenes)

    def _describe(self, series: tifffile.TiffPageSeries, scenes: list[tifffile.TiffPageSeries]) -> ImageInfo:
        layout, samples = self._planes.layout, self._samples
        planes = (layout.count("T"), layout.count("Z"))
        is_painted = self._colours.table is not None and layout.count("C") == samples.kept == 1
        count = 3 if is_painted else layout.count("C") * samples.kept
        is_rgb = is_painted or (samples.is_rgb and count == 3)
        place = tiff_scenes.place_in_ome(self._tif, series)
        size = tiff_metadata.pixel_size(self._tif, series.keyframe, place)
        is_stack = planes != (1, 1)
        names, misnamed = tiff_metadata.channel_names(self._tif, count, place, is_rgb=is_rgb, is_stack=is_stack)
        notes = (*self._notes, *size.notes, layout.guessed, samples.note, self._colours.note, misnamed)
        return ImageInfo(
            size_wh=self._turn.size_wh(layout.count("X"), layout.count("Y")),
            channels=names,
            dtype="uint8" if is_painted or series.dtype == bool else series.dtype.name,
            pixel_size_um=size.pixel_size_um,
            planes=planes,
            is_rgb=is_rgb,
            notes=tuple(note for note in (*notes, *tiff_whole.notes(self._tif, self._planes)) if note),
            scenes=tiff_scenes.names(self._tif, scenes) if len(scenes) > 1 else (),
        )

    def read(self, window_xyxy: Window | None = None, *, t: int = 0, z: int = 0, step: int = 1) -> Pixels:
        """Read a window of one plane; see `ImageFile.read`."""
        x1, y1, x2, y2 = checked_window(self.info, window_xyxy, t, z, step)
        with decoding(self.path):
            planes = self._level_for(step)
            full, layout = self._planes.layout, planes.layout
            cols, rows = self._turn.stored(np.arange(x1, x2, step), np.arange(y1, y2, step), self.info.size_wh)
            rows = _at_level(rows, full.count("Y"), layout.count("Y"))
            cols = _at_level(cols, full.count("X"), layout.count("X"))
            pixels = planes.read(rows, cols, t, z)[..., : self._samples.kept]
            pixels = self._colours.apply(pixels.reshape(len(rows), len(cols), -1))
        pixels = np.ascontiguousarray(self._turn.shown(pixels))
        return pixels.view(np.uint8) * np.uint8(255) if pixels.dtype == bool else pixels

    def _level_for(self, step: int) -> Planes:
        """The smallest level of the pyramid that still has a pixel of its own for every step."""
        width = self._planes.layout.count("X")
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


def _at_level(places: NDArray[np.int64], full: int, size: int) -> NDArray[np.int64]:
    """Where full-resolution pixels lie in a level of ``size`` pixels."""
    return places if size == full else np.minimum(places * size // full, size - 1)
