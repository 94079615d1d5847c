"""Zeiss CZI: scenes and mosaics of pieces, of which a window decodes only those that it touches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from annelid.errors import ImageError
from annelid.readers import czi_metadata
from annelid.readers.base import (
    ImageFile,
    ImageInfo,
    Pixels,
    Window,
    check_scene,
    checked_window,
    decoding,
    distinct,
    handing_over,
)
from annelid.readers.cache import Pieces
from annelid.readers.czi_directory import Directory, read_directory
from annelid.readers.czi_pixels import COLOURS, PIXEL_TYPES, decode

NAME = "czi"
SUFFIXES = (".czi",)

_OTHER_DIMENSIONS = {"H": "phases", "I": "illuminations", "R": "rotations", "V": "views", "B": "blocks"}


def sniff(head: bytes) -> bool:
    """Whether a file begins like a CZI."""
    return head.startswith(b"ZISRAWFILE")


def open_file(path: Path, scene: int = 0) -> ImageFile:
    """Open a scene of a CZI file.

    Raises:
        ImageError: it is damaged, in several parts, or its pixels are of a kind that is not supported.
        UsageError: it has no such scene.
    """
    with decoding(path):
        file = path.open("rb")
        with handing_over(file):
            return CziImage(path, file, scene)


class CziImage(ImageFile):
    """A scene of an open CZI file. What no piece covers is 0; a later piece of a mosaic lies above an earlier one."""

    def __init__(self, path: Path, file: BinaryIO, scene: int) -> None:
        self.path, self._file, self._cache = path, file, Pieces()
        pieces, xml = read_directory(path, file)
        metadata = czi_metadata.read(xml)
        scenes = np.unique(pieces.start["S"][_ratio(pieces) == 1])
        check_scene(path, scene, max(1, len(scenes)))
        if len(scenes) > 1:  # of a single one, the levels of its pyramid need not say that they are
            pieces = pieces.where(pieces.start["S"] == scenes[scene])
        pieces, notes = _first_of_others(pieces)
        self._pieces = pieces.where(np.argsort(pieces.start["M"], kind="stable"))
        self._ratio = _ratio(self._pieces)
        full = self._pieces.where(self._ratio == 1)
        self._places = {letter: np.unique(full.start[letter]) for letter in "CZT"}
        self._origin, size_wh = _extent(path, full)
        self._dtype, self._samples = _pixel_type(path, self._pieces)
        self.info = self._describe(metadata, size_wh, [*notes, *self._missing()])
        names = tuple(metadata.scenes.get(int(n), "") for n in scenes)
        if len(scenes) > 1:
            self.info = replace(self.info, scenes=distinct(names))

    def _describe(self, metadata: czi_metadata.Metadata, size_wh: tuple[int, int], notes: list[str]) -> ImageInfo:
        count = len(self._places["C"])
        names = list(metadata.channels) if len(metadata.channels) == count else [""] * count
        is_rgb = self._samples == 3 and count == 1
        many = [f"{name} {colour}" for name in names for colour in ("red", "green", "blue")]
        channels = ("red", "green", "blue") if is_rgb else distinct(many if self._samples == 3 else names)
        return ImageInfo(
            size_wh=size_wh,
            channels=channels,
            dtype=self._dtype.name,
            pixel_size_um=metadata.size.pixel_size_um,
            planes=(len(self._places["T"]), len(self._places["Z"])),
            is_rgb=is_rgb,
            notes=(*metadata.size.notes, *notes),
        )

    def _missing(self) -> list[str]:
        full = self._pieces.where(self._ratio == 1)
        planes = np.unique(np.stack([full.start[letter] for letter in "CZT"], 1), axis=0)
        expected = int(np.prod([len(places) for places in self._places.values()]))
        missing = expected - len(planes)
        return [f"{missing} of {expected} planes were not recorded: they are black"] if missing else []

    def read(self, window_xyxy: Window | None = None, *, t: int = 0, z: int = 0, step: int = 1) -> Pixels:
        """Read a window of one plane; see `ImageFile.read`."""
        x1, y1, x2, y2 = checked_window(self.info, window_xyxy, t, z, step)
        rows, cols = np.arange(y1, y2, step), np.arange(x1, x2, step)
        here = (self._pieces.start["T"] == self._places["T"][t]) & (self._pieces.start["Z"] == self._places["Z"][z])
        out = np.zeros((len(rows), len(cols), len(self._places["C"]), self._samples), self._dtype)
        with decoding(self.path):
            for c, place in enumerate(self._places["C"]):
                plane = np.flatnonzero(here & (self._pieces.start["C"] == place))
                self._draw(out[:, :, c], plane, rows + self._origin[1], cols + self._origin[0], step)
        return out.reshape(len(rows), len(cols), -1)

    def _draw(
        self, out: Pixels, plane: NDArray[np.intp], rows: NDArray[np.int64], cols: NDArray[np.int64], step: int
    ) -> None:
        """Draw the pieces of one plane over each other; ``rows`` and ``cols`` are in the file's coordinates."""
        plane = plane[self._ratio[plane] == self._level_for(plane, step)]
        start, size = self._pieces.start, self._pieces.size
        inside = (start["X"][plane] <= cols[-1]) & (start["X"][plane] + size["X"][plane] > cols[0])
        inside &= (start["Y"][plane] <= rows[-1]) & (start["Y"][plane] + size["Y"][plane] > rows[0])
        for i in plane[inside]:
            ys, local_y = _overlap(rows, *self._side(i, "Y"))
            xs, local_x = _overlap(cols, *self._side(i, "X"))
            if len(local_y) and len(local_x):
                out[ys, xs] = self._piece(int(i))[local_y][:, local_x]

    def _side(self, i: int, letter: str) -> tuple[int, int, int]:
        columns = self._pieces.start, self._pieces.size, self._pieces.stored
        start, size, stored = (int(column[letter][i]) for column in columns)
        return start, size, stored

    def _level_for(self, plane: NDArray[np.intp], step: int) -> int:
        """The coarsest level with a pixel for every step that covers what full resolution covers."""
        full = self._ratio[plane] == 1
        for ratio in sorted({int(r) for r in self._ratio[plane] if 1 < r <= step}, reverse=True):
            level = self._ratio[plane] == ratio
            if _covered(self._pieces.where(plane[level])) >= 0.9 * _covered(self._pieces.where(plane[full])):
                return ratio
        return 1

    def _piece(self, i: int) -> Pixels:
        pieces = self._pieces
        w, h = int(pieces.stored["X"][i]), int(pieces.stored["Y"][i])

        def read() -> Pixels:
            kinds = int(pieces.pixel_type[i]), int(pieces.compression[i])
            return decode(self.path, self._file, int(pieces.position[i]), kinds, (h, w))

        piece = self._cache.get(i, read)
        assert piece is not None
        return piece

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _ratio(pieces: Directory) -> NDArray[np.int64]:
    """How many full-resolution pixels a stored one stands for, along the longer side of each piece."""
    long_x = pieces.stored["X"] >= pieces.stored["Y"]
    x, y = (pieces.size[letter] / np.maximum(1, pieces.stored[letter]) for letter in "XY")
    return np.maximum(1, np.rint(np.where(long_x, x, y))).astype(np.int64)


def _covered(pieces: Directory) -> float:
    """Area of the box around some pieces."""
    if not len(pieces):
        return 0.0
    sides = [(pieces.start[k] + pieces.size[k]).max() - pieces.start[k].min() for k in "XY"]
    return float(sides[0]) * float(sides[1])


def _overlap(places: NDArray[np.int64], start: int, size: int, stored: int) -> tuple[slice, NDArray[np.int64]]:
    """Which of the ascending places lie in a piece, and where in it as stored."""
    first, last = np.searchsorted(places, [start, start + size])
    local = places[first:last] - start
    if stored != size:
        local = np.minimum(local * stored // size, stored - 1)
    return slice(int(first), int(last)), local


def _first_of_others(pieces: Directory) -> tuple[Directory, list[str]]:
    """The first of the phases, illuminations, rotations, views and blocks; what is left out is noted."""
    notes = []
    for letter, name in _OTHER_DIMENSIONS.items():
        places = np.unique(pieces.start[letter])
        if len(places) > 1:
            pieces = pieces.where(pieces.start[letter] == places[0])
            notes.append(f"only the first of its {len(places)} {name} is read")
    return pieces, notes


def _extent(path: Path, full: Directory) -> tuple[tuple[int, int], tuple[int, int]]:
    """Top-left corner and size of the box around the pieces of full resolution."""
    if not len(full) or min(full.size[k].min() for k in "XY") < 1:
        raise ImageError(path, expected="pieces of full resolution", found="none", next_step="save it again in ZEN")
    x, y = (int(full.start[k].min()) for k in "XY")
    w, h = (int((full.start[k] + full.size[k]).max()) for k in "XY")
    return (x, y), (w - x, h - y)


def _pixel_type(path: Path, pieces: Directory) -> tuple[np.dtype[Any], int]:
    """The type that holds those of all channels, and the samples of a pixel that are kept."""
    kinds = {int(kind) for kind in np.unique(pieces.pixel_type)}
    unknown = kinds - set(PIXEL_TYPES)
    if unknown:
        raise ImageError(
            path,
            expected="pixels that are integers or real numbers",
            found=f"pixel type {min(unknown)}",
            next_step="convert it in ZEN",
        )
    samples = {3 if kind in COLOURS else 1 for kind in kinds}
    if len(samples) > 1:
        raise ImageError(path, expected="channels of one kind", found="grey and colour", next_step="split it in ZEN")
    return np.result_type(*(PIXEL_TYPES[kind][0] for kind in kinds)), samples.pop()
