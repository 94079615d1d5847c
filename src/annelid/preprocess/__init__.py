"""From the pixels of a microscope to the 8-bit RGB picture that people and networks look at.

What depends on the image (ranges, lookup tables) is fitted once, on an overview, and frozen. Applying it to
windows and to the whole image gives exactly the same pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from annelid.errors import UsageError
from annelid.preprocess.equalize import EqualizeGrid, fit_clahe, fit_histogram
from annelid.preprocess.stretch import limits, stretched
from annelid.readers.base import ImageFile, ImageInfo, Window

Range = Literal["auto", "percentile", "minmax", "none", "absolute"]
Equalize = Literal["none", "clahe", "histogram"]
Picture = NDArray[np.uint8]

_BAND_PIXELS = 2**20


@dataclass(frozen=True)
class Preprocessing:
    """How pictures are made; the same for all images of a project.

    Attributes:
        channels: up to three channels by name or index, for red, green and blue; one alone is shown as grey.
            () chooses: a colour picture as it is, one channel as grey, the first three of several.
        range: what becomes black and what white. ``auto``: 8-bit pixels stay as they are, all else as
            ``percentile``. ``percentile``: ``low`` and ``high``. ``minmax``: the extremes. ``none``: values
            are taken as they are, 0 to 255. ``absolute``: ``values``.
        low: percentile that becomes black.
        high: percentile that becomes white.
        values: for ``absolute``: (black, white) in the image's units, a pair for each channel or one for all.
        clip: whether values beyond the range become black or white; 8 bits allow nothing else.
        equalize: ``clahe``: contrast-limited, by cell; ``histogram``: of the whole image.
        clahe_cells: cells along the longer side of the image.
        clahe_clip: largest share of a cell's pixels that one grey value may count for.
    """

    channels: tuple[str | int, ...] = ()
    range: Range = "auto"
    low: float = 1.0
    high: float = 99.8
    values: tuple[tuple[float, float], ...] = ()
    clip: bool = True
    equalize: Equalize = "none"
    clahe_cells: int = 8
    clahe_clip: float = 0.01

    def __post_init__(self) -> None:
        _require(self.range in get_args(Range), "range", f"one of {', '.join(get_args(Range))}", self.range)
        _require(
            self.equalize in get_args(Equalize),
            "equalize",
            f"one of {', '.join(get_args(Equalize))}",
            self.equalize,
        )
        _require(len(self.channels) <= 3, "channels", "at most three channels", self.channels)
        _require(0 <= self.low < self.high <= 100, "low, high", "0 <= low < high <= 100", (self.low, self.high))
        _require(
            all(lo < hi for lo, hi in self.values),
            "values",
            "pairs (black, white), black < white",
            self.values,
        )
        given = bool(self.values) == (self.range == "absolute")
        _require(given, "values", "pairs with range 'absolute' and none otherwise", self.values)
        _require(self.clip, "clip", "true, as 8 bits hold nothing beyond the range (try range: minmax)", self.clip)
        _require(1 <= self.clahe_cells <= 64, "clahe_cells", "1 to 64", self.clahe_cells)
        _require(1 / 256 <= self.clahe_clip <= 1, "clahe_clip", "1/256 to 1", self.clahe_clip)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Preprocessing:
        """From what a person wrote, for example in ``annelid.yaml``.

        Raises:
            UsageError: a key is unknown, or a value is not one that the key takes.
        """
        known = [field.name for field in fields(cls)]
        for key in data:
            _require(key in known, "key", f"one of {', '.join(known)}", key)
        return cls(**{key: _PARSERS[key](key, value) for key, value in data.items()})

    def to_dict(self) -> dict[str, Any]:
        """JSON-able; `from_dict` makes the same of it."""
        return {
            **asdict(self),
            "channels": list(self.channels),
            "values": [list(pair) for pair in self.values],
        }

    def fit(self, overview: NDArray[Any], info: ImageInfo) -> FittedPreprocessing:
        """Fit to one plane.

        Args:
            overview: the plane thinned, ``[y, x, c]`` with all its channels, native dtype. Its values count;
                what its dtype could hold plays no part.
            info: of the image.

        Raises:
            UsageError: the image has no such channel, or not as many as there are ``values``.
        """
        sources = _sources(self.channels, info)
        picked = overview[..., list(sources)]
        keep_hue = info.is_rgb and len(sources) == 3
        fitted = FittedPreprocessing(info.size_wh, sources, self._ranges(picked, joint=keep_hue), keep_hue)
        if self.equalize == "none":
            return fitted
        planes = fitted.stretch(picked)
        planes = planes.max(2, keepdims=True) if keep_hue else planes
        grids = tuple(self._grid(planes[..., i], info.size_wh) for i in range(planes.shape[2]))
        return replace(fitted, grids=grids)

    def _ranges(self, picked: NDArray[Any], *, joint: bool) -> tuple[tuple[float, float], ...]:
        count: int = picked.shape[2]
        if self.range == "none" or (self.range == "auto" and picked.dtype == np.uint8):
            return ((0.0, 255.0),) * count
        if self.range == "absolute":
            _require(len(self.values) in (1, count), "values", f"one pair, or {count}", self.values)
            return self.values * (count // len(self.values))
        percentiles = (0.0, 100.0) if self.range == "minmax" else (self.low, self.high)
        if joint:
            return (limits(picked, percentiles),) * count
        return tuple(limits(picked[..., i], percentiles) for i in range(count))

    def _grid(self, plane: Picture, size_wh: tuple[int, int]) -> EqualizeGrid:
        if self.equalize == "histogram":
            return fit_histogram(plane, size_wh)
        return fit_clahe(plane, size_wh, self.clahe_cells, self.clahe_clip)


@dataclass(frozen=True, eq=False)
class FittedPreprocessing:
    """`Preprocessing` fitted to one plane of one image, and frozen.

    Attributes:
        size_wh: width and height of the image in pixels.
        sources: the channels shown, by index; one is shown as grey, two as red and green.
        ranges: for each source, the value that becomes 0 and the one that becomes 255.
        keep_hue: whether the sources are the colours of one picture, whose hue must not change.
        grids: the equalisation, one for each source, one for all where the hue is kept; () is none.
    """

    size_wh: tuple[int, int]
    sources: tuple[int, ...]
    ranges: tuple[tuple[float, float], ...]
    keep_hue: bool = False
    grids: tuple[EqualizeGrid, ...] = ()

    def apply(self, pixels: NDArray[Any], window_xyxy: Window | None = None) -> Picture:
        """Make the picture of a window.

        Args:
            pixels: ``[y, x, c]`` with all channels of the image, native dtype.
            window_xyxy: where they lie in the image, half-open; None is all of it.

        Returns:
            uint8 ``[y, x, 3]``. Not-a-number and infinity are 0.
        """
        x1, y1, x2, y2 = window_xyxy if window_xyxy is not None else (0, 0, *self.size_wh)
        if pixels.shape[:2] != (y2 - y1, x2 - x1):
            raise UsageError(f"{pixels.shape[1]} x {pixels.shape[0]} pixels given for the window {(x1, y1, x2, y2)}")
        out = np.zeros((*pixels.shape[:2], 3), np.uint8)
        rows = max(1, _BAND_PIXELS // max(1, pixels.shape[1]))
        for top in range(0, len(pixels), rows):  # in bands, to take little memory beyond input and output
            planes = self.stretch(pixels[top : top + rows, :, list(self.sources)])
            planes = self._equalized(planes, (x1, y1 + top))
            out[top : top + rows, :, : 3 if planes.shape[2] == 1 else planes.shape[2]] = planes
        return out

    def stretch(self, picked: NDArray[Any]) -> Picture:
        """Bring ``[y, x, source]`` to uint8 by the ranges, without equalisation."""
        planes = [stretched(picked[..., i], *limit) for i, limit in enumerate(self.ranges)]
        return np.stack(planes, 2)

    def _equalized(self, planes: Picture, origin_xy: tuple[int, int]) -> Picture:
        if not self.grids:
            return planes
        if self.keep_hue:
            old = planes.max(2).astype(np.uint32)
            new = self.grids[0].apply(planes.max(2), origin_xy)
            scaled = (planes * new.astype(np.uint32)[..., None] + old[..., None] // 2) // np.maximum(old, 1)[..., None]
            return np.where(old[..., None] == 0, new[..., None], scaled).astype(np.uint8)
        return np.stack([grid.apply(planes[..., i], origin_xy) for i, grid in enumerate(self.grids)], 2)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, for records; `from_dict` makes the same of it."""
        return {
            "size_wh": list(self.size_wh),
            "sources": list(self.sources),
            "ranges": [list(limit) for limit in self.ranges],
            "keep_hue": self.keep_hue,
            "grids": [grid.to_dict() for grid in self.grids],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FittedPreprocessing:
        """From what `to_dict` gave."""
        w, h = data["size_wh"]
        ranges = tuple((float(lo), float(hi)) for lo, hi in data["ranges"])
        grids = tuple(EqualizeGrid.from_dict(grid) for grid in data["grids"])
        return cls((w, h), tuple(data["sources"]), ranges, data["keep_hue"], grids)


def render(
    file: ImageFile,
    preprocessing: Preprocessing,
    window_xyxy: Window | None = None,
    *,
    t: int = 0,
    z: int = 0,
) -> Picture:
    """Fit to the overview of a plane and make the picture of a window of it: uint8 ``[y, x, 3]``."""
    fitted = preprocessing.fit(file.overview(t=t, z=z), file.info)
    return fitted.apply(file.read(window_xyxy, t=t, z=z), window_xyxy)


def _sources(channels: tuple[str | int, ...], info: ImageInfo) -> tuple[int, ...]:
    if not channels:
        return tuple(range(min(3, len(info.channels))))
    names = [name.casefold() for name in info.channels]
    found = []
    for channel in channels:
        index = channel if isinstance(channel, int) else _index(names, channel.casefold())
        listed = ", ".join(str(i) if name == str(i) else f"{i} {name!r}" for i, name in enumerate(info.channels))
        _require(index is not None and 0 <= index < len(names), "channels", f"one of {listed}", channel)
        found.append(index or 0)
    return tuple(found)


def _index(names: list[str], wanted: str) -> int | None:
    """Where a name stands; a number in quotes counts as an index where no channel is called so."""
    if wanted in names:
        return names.index(wanted)
    return int(wanted) if wanted.isdecimal() else None


def _require(holds: bool, key: str, allowed: str, found: object) -> None:
    if not holds:
        raise UsageError(f"preprocessing: {key}: expected {allowed}, found {found!r}", next_step=f"correct {key}")


def _channels(key: str, value: object) -> tuple[str | int, ...]:
    items = [value] if isinstance(value, str | int) else value
    _require(isinstance(items, list | tuple), key, "a list of names or indices", value)
    assert isinstance(items, list | tuple)
    fit = all(isinstance(item, str | int) and not isinstance(item, bool) for item in items)
    _require(fit, key, "a list of names or indices", value)
    return tuple(items)


def _pairs(key: str, value: object) -> tuple[tuple[float, float], ...]:
    _require(isinstance(value, list | tuple), key, "a list of pairs (black, white)", value)
    assert isinstance(value, list | tuple)
    pairs = [value] if len(value) == 2 and not any(isinstance(item, list | tuple) for item in value) else value
    _require(all(isinstance(p, list | tuple) and len(p) == 2 for p in pairs), key, "pairs (black, white)", value)
    return tuple((_number(key, lo), _number(key, hi)) for lo, hi in pairs)


def _number(key: str, value: object) -> float:
    _require(isinstance(value, int | float) and not isinstance(value, bool), key, "a number", value)
    assert isinstance(value, int | float)
    return float(value)


def _whole(key: str, value: object) -> int:
    _require(_number(key, value).is_integer(), key, "a whole number", value)
    return int(_number(key, value))


def _word(key: str, value: object) -> str:
    _require(isinstance(value, str), key, "a word", value)
    return str(value)


def _flag(key: str, value: object) -> bool:
    _require(isinstance(value, bool), key, "true or false", value)
    return bool(value)


_PARSERS: dict[str, Callable[[str, object], Any]] = {
    "channels": _channels,
    "range": _word,
    "low": _number,
    "high": _number,
    "values": _pairs,
    "clip": _flag,
    "equalize": _word,
    "clahe_cells": _whole,
    "clahe_clip": _number,
}
