"""OME-Zarr 0.4 and 0.5: an image that is a folder of chunks, by window."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from annelid.errors import ImageError
from annelid.readers import zarr_metadata
from annelid.readers.base import ImageFile, ImageInfo, Pixels, Window, check_scene, checked_window, decoding, distinct
from annelid.readers.calibration import Calibration, from_size
from annelid.readers.zarr_metadata import Multiscale

NAME = "zarr"
SUFFIXES = (".zarr",)

_RGB_NAMES = (("red", "green", "blue"), ("r", "g", "b"))
_LARGEST_CHUNK_BYTES = 2 * 2**30
_MOST_COUNTED = 50_000


def sniff(head: bytes) -> bool:  # noqa: ARG001 - every reader has it
    """No file is a Zarr image: it is a folder, for which `zarr_metadata.is_zarr` asks."""
    return False


def open_file(path: Path, scene: int = 0) -> ImageFile:
    """Open the image in a folder, or the only image of a folder that holds more than images.

    Raises:
        ImageError: it holds no image or several, or what it says about them is damaged.
        UsageError: a scene other than its only one is asked for.
    """
    check_scene(path, scene, 1)
    with decoding(path):
        return ZarrImage(path, zarr_metadata.only_image(path))


class ZarrImage(ImageFile):
    """An open OME-Zarr image."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self._multiscale = zarr_metadata.read_multiscale(folder)
        self._levels = _open_levels(path, self._multiscale)
        self._sizes = dict(zip(self._multiscale.axes, self._levels[0].shape, strict=True))
        self.info = self._describe()

    def _describe(self) -> ImageInfo:
        scale, sizes = self._multiscale, self._sizes
        count = sizes.get("c", 1)
        dtype = self._levels[0].dtype
        size = _calibration(scale)
        names = scale.channels if len(scale.channels) == count else ("",) * count
        is_rgb = dtype == np.uint8 and tuple(name.casefold() for name in names) in _RGB_NAMES
        return ImageInfo(
            size_wh=(sizes["x"], sizes["y"]),
            channels=("red", "green", "blue") if is_rgb else distinct(names),
            dtype="uint8" if dtype.kind == "b" else dtype.name,
            pixel_size_um=size.pixel_size_um,
            planes=(sizes.get("t", 1), sizes.get("z", 1)),
            is_rgb=is_rgb,
            notes=(*scale.notes, *size.notes, *_missing(scale.folder / scale.paths[0], self._levels[0])),
        )

    def read(self, window_xyxy: Window | None = None, *, t: int = 0, z: int = 0, step: int = 1) -> Pixels:
        """Read a window of one plane; see `ImageFile.read`."""
        x1, y1, x2, y2 = checked_window(self.info, window_xyxy, t, z, step)
        with decoding(self.path):
            level = self._level_for(step)
            sizes = dict(zip(self._multiscale.axes, level.shape, strict=True))
            rows = _at_level(np.arange(y1, y2, step), self._sizes["y"], sizes["y"])
            cols = _at_level(np.arange(x1, x2, step), self._sizes["x"], sizes["x"])
            picks: dict[str, Any] = {"t": t, "z": z * sizes.get("z", 1) // self._sizes.get("z", 1)}
            picks |= {"y": slice(int(rows[0]), int(rows[-1]) + 1), "x": slice(int(cols[0]), int(cols[-1]) + 1)}
            block = np.asarray(level[tuple(picks.get(axis, slice(None)) for axis in self._multiscale.axes)])
            roles = [axis for axis in self._multiscale.axes if axis in "cyx"]
            if "c" not in roles:
                block, roles = block[..., None], [*roles, "c"]
            block = block.transpose([roles.index(role) for role in "yxc"])
            pixels = block[rows - rows[0]][:, cols - cols[0]]
        pixels = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("="))
        return pixels.view(np.uint8) * np.uint8(255) if pixels.dtype.kind == "b" else pixels

    def _level_for(self, step: int) -> Any:
        """The smallest level of the pyramid that still has a pixel of its own for every step."""
        x, y = (self._multiscale.axes.index(axis) for axis in "xy")
        w, h = self.info.size_wh
        fitting = [a for a in self._levels if a.shape[x] * step >= w * 0.99 and a.shape[y] * step >= h * 0.99]
        return min(fitting, key=lambda level: level.shape[x], default=self._levels[0])

    def close(self) -> None:
        """Nothing is kept open."""


def _open_levels(path: Path, scale: Multiscale) -> list[Any]:
    """The arrays of the pyramid, full resolution first; levels that do not fit the first are left out."""
    import zarr

    first = zarr.open_array(scale.folder / scale.paths[0], mode="r")
    _check_array(path, scale, first)
    levels = [first]
    same = [i for i, axis in enumerate(scale.axes) if axis in "tc"]
    for name in scale.paths[1:]:
        if not zarr_metadata.is_array(scale.folder / name):
            continue
        level = zarr.open_array(scale.folder / name, mode="r")
        fits = level.ndim == first.ndim and all(level.shape[i] == first.shape[i] for i in same)
        if fits and level.dtype == first.dtype and all(level.shape) and _has_chunks(scale.folder / name):
            levels.append(level)
    return levels


def _check_array(path: Path, scale: Multiscale, array: Any) -> None:
    """Refuse early what would only fail later, or come out black."""
    place = scale.paths[0]
    if array.ndim != len(scale.axes) or not all(array.shape):
        found = f"axes {scale.axes!r} and an array of shape {tuple(array.shape)}"
        raise ImageError(path, place=place, expected="an axis for each dimension", found=found, next_step=_CHECK)
    if array.dtype.kind not in "buif" or np.prod(array.chunks) * array.dtype.itemsize > _LARGEST_CHUNK_BYTES:
        found = f"{array.dtype} in chunks of {array.chunks}"
        raise ImageError(
            path, place=place, expected="integers or real numbers, in chunks under 2 GiB", found=found, next_step=_CHECK
        )
    if not _has_chunks(scale.folder / place):
        raise ImageError(
            path, place=place, expected="the files of its pixels", found="none: all would be empty", next_step=_COPY
        )


_CHECK = "check how it was written, or export it again, for example with bioformats2raw"
_COPY = "copy the whole folder again, with everything in it"


def _has_chunks(folder: Path) -> bool:
    return any(not entry.name.startswith(".") and entry.name != "zarr.json" for entry in folder.iterdir())


def _missing(folder: Path, array: Any) -> list[str]:
    """What is to be said of chunks that are not stored; not of more than can be counted while a user waits."""
    expected = math.prod(math.ceil(n / m) for n, m in zip(array.shape, array.shards or array.chunks, strict=True))
    if expected > _MOST_COUNTED:
        return []
    names = (name for _, _, files in os.walk(folder) for name in files)
    stored = sum(not name.startswith(".") and name != "zarr.json" for name in names)
    missing = expected - stored
    return [f"{missing} of its {expected} chunks are not stored: they are taken as empty"] if missing > 0 else []


def _calibration(scale: Multiscale) -> Calibration:
    x, y = (scale.axes.index(axis) for axis in "xy")
    if not scale.scale:
        return Calibration()
    if not scale.units[x]:
        note = "" if scale.scale[x] == scale.scale[y] == 1 else "calibration ignored: its unit is not given"
        return Calibration(None, (note,) if note else ())
    return from_size(scale.scale[x], scale.scale[y], scale.units[x])


def _at_level(places: Any, full: int, size: int) -> Any:
    """Where full-resolution pixels lie in a level of ``size`` pixels."""
    return places if size == full else np.minimum(places * size // full, size - 1)
