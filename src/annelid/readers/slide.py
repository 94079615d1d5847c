"""Slides in formats of their own (MIRAX, Hamamatsu VMS, DICOM), with the ``vendor`` extra through OpenSlide.

Aperio SVS, Hamamatsu NDPI and other slides that are TIFF files are read as such, without the extra.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid.errors import ImageError
from annelid.readers.base import ImageFile, ImageInfo, Pixels, Window, check_scene, checked_window, decoding
from annelid.readers.calibration import Calibration, from_size, number
from annelid.readers.vendor import library

NAME = "slide"
SUFFIXES = (".mrxs", ".vms", ".vmu", ".dcm")
NAMED = (".mrxs", ".vms", ".vmu")
"""Extensions of files that begin like something else: a JPEG picture, a text."""

_BAND_PIXELS = 2**24


def sniff(head: bytes) -> bool:
    """Whether a file begins like a DICOM."""
    return head[128:132] == b"DICM"


def open_file(path: Path, scene: int = 0) -> ImageFile:
    """Open a slide.

    Raises:
        ImageError: it is damaged, OpenSlide does not know it, or the extra is not installed.
        UsageError: a scene other than its only one is asked for.
    """
    check_scene(path, scene, 1)
    module = library(path, "openslide", "a slide")
    with decoding(path):
        try:
            return SlideImage(path, module.OpenSlide(str(path)))
        except module.OpenSlideUnsupportedFormatError as error:
            raise ImageError(
                path,
                expected="a slide that OpenSlide knows",
                found="something else, or a slide without its companion files",
                next_step="copy the whole folder again, or export it as OME-TIFF",
            ) from error


class SlideImage(ImageFile):
    """An open slide; what was not scanned is white."""

    def __init__(self, path: Path, slide: Any) -> None:
        self.path, self._slide = path, slide
        size = self._calibration()
        w, h = slide.dimensions
        self.info = ImageInfo((int(w), int(h)), ("red", "green", "blue"), "uint8", size.pixel_size_um, is_rgb=True)
        self.info = ImageInfo(**{**vars(self.info), "notes": size.notes})
        colour = slide.properties.get("openslide.background-color") or "FFFFFF"
        self._background = np.frombuffer(bytes.fromhex(colour), np.uint8).astype(np.uint16)

    def _calibration(self) -> Calibration:
        x, y = (number(self._slide.properties.get(f"openslide.mpp-{axis}")) for axis in "xy")
        return from_size(x, y, "µm")

    def read(self, window_xyxy: Window | None = None, *, t: int = 0, z: int = 0, step: int = 1) -> Pixels:
        """Read a window; see `ImageFile.read`."""
        x1, y1, x2, y2 = checked_window(self.info, window_xyxy, t, z, step)
        rows, cols = np.arange(y1, y2, step), np.arange(x1, x2, step)
        with decoding(self.path):
            level = self._level_for(step)
            w, h = self._slide.level_dimensions[level]
            rows, cols = rows * h // self.info.size_wh[1], cols * w // self.info.size_wh[0]
            out = np.empty((len(rows), len(cols), 3), np.uint8)
            band = max(1, _BAND_PIXELS // max(1, int(cols[-1] - cols[0]) + 1) * len(rows) // (int(np.ptp(rows)) + 1))
            for top in range(0, len(rows), band):
                self._read_band(out[top : top + band], level, rows[top : top + band], cols)
        return out

    def _level_for(self, step: int) -> int:
        """The coarsest level with a pixel of its own for every step."""
        fitting = [i for i, factor in enumerate(self._slide.level_downsamples) if factor <= step * 1.01]
        return max(fitting, default=0)

    def _read_band(self, out: Pixels, level: int, rows: NDArray[np.int64], cols: NDArray[np.int64]) -> None:
        factor = self._slide.level_downsamples[level]
        place = round(cols[0] * factor), round(rows[0] * factor)
        size = int(cols[-1] - cols[0]) + 1, int(rows[-1] - rows[0]) + 1
        region = np.asarray(self._slide.read_region(place, level, size))[rows - rows[0]][:, cols - cols[0]]
        alpha = region[..., 3:].astype(np.uint16)
        out[:] = (region[..., :3] * alpha + self._background * (255 - alpha) + 127) // 255

    def close(self) -> None:
        """Let go of the file."""
        if self._slide is not None:
            self._slide.close()
            self._slide = None
