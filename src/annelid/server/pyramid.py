"""Levels of a picture, made on the fly: coarse ones from a small level that is kept, fine ones by window."""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections import OrderedDict
from functools import cached_property
from typing import Any

import numpy as np

from annelid.image import View
from annelid.readers.base import ImageFile, ImageInfo, Pixels
from annelid.server import levels
from annelid.server.channel_facts import channel_facts
from annelid.server.kept_levels import KeptLevels
from annelid.server.open_images import Key, OpenImages

_BAND_PIXELS = 2**24
"""A level that is kept is read in bands: what is decoded at once stays under a second, others get their turn."""
_MOST_BYTES = 384 * 2**20
_SLOW_SECONDS = 0.5
"""A level that took longer is kept on disk too."""


class Pyramid:
    """The levels of one view of a file; safe for threads.

    Args:
        images: opens it.
        view: the view.
        info: of the view.
        kept: levels on disk.
        name: of this one's there.
    """

    def __init__(self, images: OpenImages, view: View, info: ImageInfo, kept: KeptLevels, name: str) -> None:
        self.info, self._images, self._view, self._kept, self._name = info, images, view, kept, name
        self.base_level = levels.base_level(info.size_wh, len(info.channels) * np.dtype(info.dtype).itemsize)
        self._lock = threading.Lock()
        w, h = levels.level_size(info.size_wh, self.base_level)
        rows = max(1, _BAND_PIXELS // max(1, info.size_wh[0]) >> self.base_level)
        self._rows = 1 << (rows.bit_length() - 1)  # a power of two: stored tiles are not cut
        shape = h, w, len(info.channels)
        known = kept.load(name, shape, info.dtype) if self.base_level else None
        self._has_band = [known is not None] * -(-h // self._rows)
        self._base: Pixels = np.zeros(shape, info.dtype) if known is None else known
        self._seconds = 0.0

    @property
    def nbytes(self) -> int:
        """What the kept level takes."""
        return self._base.nbytes

    @property
    def has_base(self) -> bool:
        """Whether the kept level is there in full."""
        return all(self._has_band)

    def tile(self, level: int, x: int, y: int, seconds: float = math.inf) -> tuple[Pixels, bool]:
        """The pixels ``[y, x, c]`` of a tile, in the dtype of the file, and whether all of them are there.

        Args:
            level: of the pyramid.
            x: column of the tile.
            y: row of the tile.
            seconds: after which it is given as it is, what is not yet read being 0: a coarse tile of a file that takes
                long to decode. Each call reads on.

        Raises:
            ImageError: the file cannot be read.
        """
        size = self.info.size_wh
        x1, y1, x2, y2 = window = levels.tile_window(size, level, x, y)
        if level < self.base_level:
            with self._images.reading(self._view) as file:
                return file.read(levels.full_window(size, level, window), step=1 << level), True
        finer = level - self.base_level
        start, stop = y1 << finer, min(self._base.shape[0], y2 << finer)
        is_whole = self._read_rows(start, stop, time.monotonic() + seconds)
        return self._base[start : stop : 1 << finer, x1 << finer : x2 << finer : 1 << finer], is_whole

    def base(self) -> Pixels:
        """The kept level ``[y, x, c]``.

        Raises:
            ImageError: the file cannot be read.
        """
        self._read_rows(0, self._base.shape[0], math.inf)
        return self._base

    def _read_rows(self, start: int, stop: int, until: float) -> bool:
        """Read rows of the kept level that are not there; whether all are there now."""
        has_read = False
        for band in range(start // self._rows, -(-stop // self._rows)):
            with self._lock:
                if self._has_band[band]:
                    continue
                if has_read and time.monotonic() > until:
                    return False
                self._read_band(band)
            has_read = True
        return True

    def _read_band(self, band: int) -> None:
        start, (h, w) = band * self._rows, self._base.shape[:2]
        stop = min(h, start + self._rows)
        window = levels.full_window(self.info.size_wh, self.base_level, (0, start, w, stop))
        began = time.monotonic()
        with self._images.reading(self._view) as file:
            self._base[start:stop] = file.read(window, step=1 << self.base_level)
        self._has_band[band] = True
        self._seconds += time.monotonic() - began
        if self.has_base and self.base_level and self._seconds > _SLOW_SECONDS:
            self._kept.save(self._name, self._base)

    @cached_property
    def channels(self) -> list[dict[str, Any]]:
        """What a page has to know of each channel (see `annelid.server.channel_facts`); counted once.

        Raises:
            ImageError: the file cannot be read.
        """
        return channel_facts(self.info, self._samples())

    def _samples(self) -> Pixels:
        """Pixels ``[n, c]``: all of the kept level if it is there or quickly had, else of some places."""
        w, h = self.info.size_wh
        if self.has_base or w * h <= _BAND_PIXELS:
            return self.base().reshape(-1, self._base.shape[2])
        with self._images.reading(self._view) as file:
            return np.concatenate([_flat(file, x, y) for y in _places(h) for x in _places(w)])


_SAMPLE = 256
_SAMPLES = 5


def _places(length: int) -> list[tuple[int, int]]:
    """Five evenly spaced pieces of a side, or all of it where it is short."""
    if length <= _SAMPLE * _SAMPLES:
        return [(0, length)]
    starts = np.linspace(0, length - _SAMPLE, _SAMPLES).astype(int).tolist()
    return [(start, start + _SAMPLE) for start in starts]


def _flat(file: ImageFile, columns: tuple[int, int], rows: tuple[int, int]) -> Pixels:
    return file.read((columns[0], rows[0], columns[1], rows[1])).reshape(-1, len(file.info.channels))


class Pyramids:
    """The pyramids of the views that were looked at last; safe for threads.

    Args:
        images: opens the files.
        kept: levels on disk.
    """

    def __init__(self, images: OpenImages, kept: KeptLevels) -> None:
        self.images, self._kept = images, kept
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[Key, object], Pyramid] = OrderedDict()

    def of(self, view: View) -> Pyramid:
        """The pyramid of a view of the file as it is now.

        Raises:
            ImageError: the file is missing or cannot be read.
            UsageError: it has no such scene.
        """
        key = self.images.key(view), view.plane
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        with self.images.reading(view) as file:
            info = file.info
        name = hashlib.sha256(repr((*key, view.image.fingerprint)).encode()).hexdigest()[:32]
        made = Pyramid(self.images, view, info, self._kept, name)
        with self._lock:
            pyramid = self._known.setdefault(key, made)
            while sum(one.nbytes for one in self._known.values()) > _MOST_BYTES and len(self._known) > 1:
                self._known.popitem(last=False)
            return pyramid
