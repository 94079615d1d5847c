"""The planes of one TIFF series: any axis order, read by segment or through the file map."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from annelid.errors import ImageError
from annelid.readers.base import Pixels, cut_off
from annelid.readers.cache import Pieces

_WHOLE_BYTES = 2 * 2**30
_JPEG = {6, 7, 34892, 33007}
_MOST_UNNAMED_CHANNELS = 4


@dataclass(frozen=True)
class Layout:
    """What the axes of a series mean.

    Attributes:
        roles: one of T, Z, C, Y, X, S (samples of a colour) for each axis; several axes may count as T.
        shape: length of each axis.
        guessed: why an axis without a name was taken for what it was, or "".
    """

    roles: str
    shape: tuple[int, ...]
    guessed: str = ""

    def count(self, role: str) -> int:
        """Number of positions along a role, 1 where no axis has it."""
        return math.prod(n for r, n in zip(self.roles, self.shape, strict=True) if r == role)

    def index(self, t: int, z: int) -> tuple[int | slice, ...]:
        """An index for each axis that picks one plane."""
        times = iter(np.unravel_index(t, [n for r, n in zip(self.roles, self.shape, strict=True) if r == "T"] or [1]))
        picks: dict[str, Any] = {"Z": z}
        return tuple(int(next(times)) if role == "T" else picks.get(role, slice(None)) for role in self.roles)


def layout_of(axes: str, shape: tuple[int, ...]) -> Layout:
    """What tifffile's axes mean: those it cannot name are channels when few, else time."""
    roles = [axis if axis in "TZCYXS" else "?" for axis in axes]
    unnamed = [i for i, role in enumerate(roles) if role == "?" and shape[i] > 1]
    guessed = ""
    if unnamed and "C" not in roles and shape[unnamed[-1]] <= _MOST_UNNAMED_CHANNELS and "S" not in roles:
        roles[unnamed[-1]] = "C"
        guessed = f"the file does not say what its {shape[unnamed[-1]]} pictures are: taken as channels"
    elif unnamed:
        guessed = f"the file does not say what its {shape[unnamed[-1]]} pictures are: taken as time points"
    return Layout("".join("T" if role == "?" else role for role in roles), tuple(shape), guessed)


class Planes:
    """Reads planes of one series (one level of a pyramid).

    Args:
        path: the file, for messages and for the map.
        series: what tifffile found.
    """

    def __init__(self, path: Path, series: tifffile.TiffPageSeries) -> None:
        self.path, self.series = path, series
        self.layout = layout_of(series.get_axes(squeeze=False), series.get_shape(squeeze=False))
        self._offset = None if series.is_multifile or series.transform else series.dataoffset
        page_axes = series.keyframe.axes
        self._lead = len(self.layout.roles) - len(page_axes)
        self._by_segment = not series.transform and page_axes in ("YX", "YXS", "SYX") and self._ends_with(page_axes)
        self._whole: Pixels | None = None
        self._cache = Pieces()

    @property
    def is_mapped(self) -> bool:
        """Whether the pixels lie in the file one behind the other."""
        return self._offset is not None

    def _ends_with(self, page_axes: str) -> bool:
        tail = self.layout.roles[self._lead :].replace("C", "S") if self._lead >= 0 else ""
        return tail == page_axes and self.layout.shape[self._lead :] == tuple(self.series.keyframe.shape)

    def read(self, rows: NDArray[np.int64], cols: NDArray[np.int64], t: int, z: int) -> Pixels:
        """The pixels at ascending ``rows`` and ``cols`` of one plane.

        Returns:
            ``[y, x, c, s]``: channels, then the samples of each.
        """
        if self._offset is None and self._by_segment:
            return self._read_segments(rows, cols, t, z)
        array = self._mapped() if self._offset is not None else self._in_memory()
        plane = array[self.layout.index(t, z)]
        roles = [role for role in self.layout.roles if role not in "TZ"]
        for role in "CS":
            if role not in roles:
                plane, roles = plane[..., None], [*roles, role]
        plane = plane.transpose([roles.index(role) for role in "YXCS"])
        return np.array(plane[_as_slice(rows)][:, _as_slice(cols)], dtype=self.series.dtype.newbyteorder("="))

    def _mapped(self) -> Pixels:
        dtype = self.series.dtype.newbyteorder(self.series.keyframe.parent.byteorder)
        offset = self._offset or 0
        needed = offset + math.prod(self.layout.shape) * dtype.itemsize
        if self.path.stat().st_size < needed:
            raise cut_off(self.path, needed, self.path.stat().st_size)
        mapped: Pixels = np.memmap(self.path, dtype, "r", offset, self.layout.shape)
        return mapped

    def _in_memory(self) -> Pixels:
        """The whole series, for the rare orders of axes that cannot be read by segment."""
        if self._whole is None:
            size = math.prod(self.layout.shape) * self.series.dtype.itemsize
            if size > _WHOLE_BYTES:
                raise ImageError(
                    self.path,
                    expected="planes stored one after the other",
                    found=f"axes {self.series.get_axes()} in {size / 2**30:.1f} GiB, to be read at once",
                    next_step="save it again from Fiji, or as OME-TIFF with axes TZCYX",
                )
            self._whole = np.asarray(self.series.asarray()).reshape(self.layout.shape)
        return self._whole

    def _read_segments(self, rows: NDArray[np.int64], cols: NDArray[np.int64], t: int, z: int) -> Pixels:
        lead = self.layout.shape[: self._lead]
        numbers = np.arange(math.prod(lead)).reshape(lead)[self.layout.index(t, z)[: self._lead]]
        pages = [self._read_page(int(number), rows, cols) for number in numbers.ravel()]
        size = len(rows), len(cols), self.layout.count("C"), self.layout.count("S")
        return np.stack(pages, 2).reshape(size)  # the samples of a page may be channels, as in LSM

    def _read_page(self, number: int, rows: NDArray[np.int64], cols: NDArray[np.int64]) -> Pixels:
        """Pixels ``[y, x, s]`` of one page; only the segments that hold any of them are decoded."""
        key = self.series.keyframe
        per_plane_y, per_plane_x = (
            math.ceil(key.imagelength / _length(key)),
            math.ceil(key.imagewidth / _width(key)),
        )
        separate = key.axes == "SYX"
        samples = key.samplesperpixel
        out = np.zeros((len(rows), len(cols), samples), self.series.dtype.newbyteorder("="))
        for sample in range(samples if separate else 1):
            for iy in np.unique(rows // _length(key)):
                for ix in np.unique(cols // _width(key)):
                    index = (sample * per_plane_y + int(iy)) * per_plane_x + int(ix)
                    segment = self._segment(number, index)
                    if segment is None:
                        continue
                    ys, xs = _span(rows, iy, _length(key)), _span(cols, ix, _width(key))
                    local_y, local_x = rows[ys] - iy * _length(key), cols[xs] - ix * _width(key)
                    piece = segment[_as_slice(local_y)][:, _as_slice(local_x)]
                    out[ys, xs, sample if separate else slice(None)] = piece[..., 0] if separate else piece
        return out

    def _segment(self, number: int, index: int) -> Pixels | None:
        """A decoded strip or tile ``[y, x, s]``; None where the file holds none (zeros)."""
        return self._cache.get((number, index), lambda: self._decode(number, index))

    def _decode(self, number: int, index: int) -> Pixels | None:
        page = self.series[number]
        if page is None:
            return None
        if index >= min(len(page.dataoffsets), len(page.databytecounts)):
            found = f"{len(page.dataoffsets)} in page {number + 1}"
            step = "the file is damaged: copy it again from where it came from"
            raise ImageError(self.path, expected=f"at least {index + 1} strips or tiles", found=found, next_step=step)
        if not page.databytecounts[index]:
            return None
        key = self.series.keyframe
        data = _read_bytes(self.path, page.parent.filehandle, page.dataoffsets[index], page.databytecounts[index])
        tables = {"jpegtables": page.jpegtables, "jpegheader": key.jpegheader} if key.compression in _JPEG else {}
        segment, _, _ = key.decode(data, index, **tables)
        return None if segment is None else np.asarray(segment)[0]


def _read_bytes(path: Path, handle: Any, offset: int, size: int) -> bytes:
    was_closed = handle.closed  # the other files of a multi-file OME-TIFF
    if was_closed:
        handle.open()
    try:
        handle.seek(offset)
        data: bytes = handle.read(size)
    finally:
        if was_closed:
            handle.close()
    if len(data) < size:
        raise cut_off(path, offset + size, path.stat().st_size)
    return data


def segments_of(page: tifffile.TiffPage) -> tuple[int, int]:
    """How many strips or tiles a page has, and how many values there are in one."""
    count = math.ceil(page.imagelength / _length(page)) * math.ceil(page.imagewidth / _width(page))
    is_separate = page.axes == "SYX"
    samples = page.samplesperpixel
    size = _length(page) * _width(page) * (1 if is_separate else samples)
    return count * (samples if is_separate else 1), int(size)


def _length(page: tifffile.TiffPage) -> int:
    return int(page.tilelength if page.is_tiled else min(page.rowsperstrip or page.imagelength, page.imagelength))


def _width(page: tifffile.TiffPage) -> int:
    return int(page.tilewidth if page.is_tiled else page.imagewidth)


def _span(places: NDArray[np.int64], index: int, length: int) -> slice:
    """Which of the ascending ``places`` lie in segment ``index``."""
    start, stop = np.searchsorted(places, [index * length, (index + 1) * length])
    return slice(int(start), int(stop))


def _as_slice(places: NDArray[np.int64]) -> slice | NDArray[np.int64]:
    """An equivalent slice where the places are evenly spaced: a view instead of a copy."""
    if len(places) == 1:
        return slice(int(places[0]), int(places[0]) + 1)
    steps = np.diff(places)
    if len(places) and (steps == steps[0]).all() and steps[0] > 0:
        return slice(int(places[0]), int(places[-1]) + 1, int(steps[0]))
    return places
