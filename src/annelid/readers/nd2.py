"""Nikon ND2, with the ``vendor`` extra: positions are scenes; an uncompressed frame is mapped, not read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from annelid.readers.base import (
    ImageFile,
    ImageInfo,
    Pixels,
    Window,
    check_scene,
    checked_window,
    cut_off,
    decoding,
    distinct,
    handing_over,
)
from annelid.readers.cache import Pieces
from annelid.readers.calibration import Calibration, from_size
from annelid.readers.vendor import library

NAME = "nd2"
SUFFIXES = (".nd2",)

_FRAME_AXES = "CYXS"
_OTHER_LOOPS_AS_TIME = "other loops are taken as time points"


def sniff(head: bytes) -> bool:
    """Whether a file begins like an ND2."""
    return head.startswith(b"\xda\xce\xbe\n")


def open_file(path: Path, scene: int = 0) -> ImageFile:
    """Open a position of an ND2 file.

    Raises:
        ImageError: it is damaged, or the extra is not installed.
        UsageError: it has no such scene.
    """
    module = library(path, "nd2", "a Nikon ND2 image")
    with decoding(path):
        file = module.ND2File(path)
        with handing_over(file):
            return Nd2Image(path, file, scene)


class Nd2Image(ImageFile):
    """A position of an open ND2 file."""

    def __init__(self, path: Path, file: Any, scene: int) -> None:
        self.path, self._file, self._cache = path, file, Pieces()
        self._sizes: dict[str, int] = dict(file.sizes)
        check_scene(path, scene, self._sizes.get("P", 1))
        self._scene = scene
        self._loops = [axis for axis in self._sizes if axis not in "PZCYXS"]
        self._frames = self._index_frames(file.loop_indices)
        self.info = self._describe()

    def _index_frames(self, loops: Any) -> dict[tuple[int, int], int]:
        """(t, z) -> number of the frame; T and all other loops together are t."""
        lengths = [self._sizes[axis] for axis in self._loops]
        held = self._held()
        found = {}
        for number, loop in enumerate(loops):
            if loop.get("P", 0) == self._scene and (held is None or number in held):
                t = int(np.ravel_multi_index([loop.get(axis, 0) for axis in self._loops], lengths)) if lengths else 0
                found[t, int(loop.get("Z", 0))] = number
        return found

    def _held(self) -> Mapping[int, int] | None:
        """Number of a frame -> where it lies; the library, asked for another one, would give zeros. None if unknown.

        Raises:
            ImageError: one lies behind the end of the file.
        """
        held = getattr(getattr(self._file, "_rdr", None), "_frame_offsets", None)
        if not isinstance(held, Mapping):
            return None
        end, last = self.path.stat().st_size, max(held.values(), default=0)
        if last >= end:
            raise cut_off(self.path, last + 1, end)
        return held

    def _describe(self) -> ImageInfo:
        sizes, channels = self._sizes, self._file.metadata.channels or []
        samples, count = sizes.get("S", 1), sizes.get("C", 1)
        is_rgb = samples == 3 and count == 1
        names = [str(entry.channel.name or "") for entry in channels] if len(channels) == count else [""] * count
        many = [f"{name} {s}" for name in names for s in range(samples)] if samples > 1 else names
        size = self._calibration(channels)
        planes = (int(np.prod([sizes[axis] for axis in self._loops], dtype=int)), sizes.get("Z", 1))
        return ImageInfo(
            size_wh=(sizes["X"], sizes["Y"]),
            channels=("red", "green", "blue") if is_rgb else distinct(many),
            dtype=np.dtype(self._file.dtype).name,
            pixel_size_um=size.pixel_size_um,
            planes=planes,
            is_rgb=is_rgb,
            notes=(*size.notes, *self._notes(planes)),
            scenes=distinct(self._positions()) if sizes.get("P", 1) > 1 else (),
        )

    def _calibration(self, channels: Any) -> Calibration:
        volume = getattr(channels[0], "volume", None) if channels else None
        if volume is None or not volume.axesCalibrated[0]:
            return Calibration()
        return from_size(volume.axesCalibration[0], volume.axesCalibration[1], "µm")

    def _notes(self, planes: tuple[int, int]) -> list[str]:
        missing = planes[0] * planes[1] - len(self._frames)
        notes = [f"{missing} planes were not recorded: they are black"] if missing else []
        return notes + ([_OTHER_LOOPS_AS_TIME] if set(self._loops) - {"T"} else [])

    def _positions(self) -> list[str]:
        count = self._sizes.get("P", 1)
        for loop in self._file.experiment:
            points = getattr(loop.parameters, "points", None)
            if points and len(points) == count:
                return [str(getattr(point, "name", "") or "") for point in points]
        return [""] * count

    def read(self, window_xyxy: Window | None = None, *, t: int = 0, z: int = 0, step: int = 1) -> Pixels:
        """Read a window of one plane; see `ImageFile.read`."""
        x1, y1, x2, y2 = checked_window(self.info, window_xyxy, t, z, step)
        number = self._frames.get((t, z))
        with decoding(self.path):
            frame = None if number is None else self._cache.get(number, lambda: self._frame(number))
            if frame is None:
                size = len(range(y1, y2, step)), len(range(x1, x2, step)), len(self.info.channels)
                return np.zeros(size, self.info.dtype)
            window = frame[:, y1:y2:step, x1:x2:step].transpose(1, 2, 0, 3)
            pixels = np.array(window, self.info.dtype)
        return pixels.reshape(*pixels.shape[:2], -1)

    def _frame(self, number: int) -> Pixels:
        """A frame ``[c, y, x, s]``."""
        return np.asarray(self._file.read_frame(number)).reshape([self._sizes.get(axis, 1) for axis in _FRAME_AXES])

    def close(self) -> None:
        """Let go of the file."""
        self._cache = Pieces()
        self._file.close()
