"""Whether a TIFF file holds the pixels that it speaks of: what it lacks is refused, or said."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tifffile

from annelid.errors import ImageError
from annelid.readers import tiff_scenes
from annelid.readers.base import cut_off
from annelid.readers.tiff_planes import Planes, segments_of

_MOST_PAGES = 1000
"""How many pages are looked at for tiles that are not stored."""
_MOST_BYTES = 2 * 2**30
_FREE_BYTES = 2**26
_MOST_TIGHTLY = 50_000
"""No compression in use packs even emptiness so many times over."""


def check(path: Path, tif: tifffile.TiffFile, planes: Planes) -> None:
    """Refuse early what would only fail later, in the middle of the work, or come out black.

    Raises:
        ImageError: the file is cut off, or its pixels are of a kind that is not supported.
    """
    page = planes.series.keyframe
    if planes.series.dtype.kind not in "buif":
        raise ImageError(
            path,
            expected="pixels that are integers or real numbers",
            found=f"pixels of type {planes.series.dtype.name}",
            next_step="save the magnitude or the part that you need as 32-bit float",
        )
    if min(planes.layout.shape) < 1:
        found = f"{' x '.join(map(str, planes.layout.shape))} along {planes.layout.roles}"
        raise ImageError(path, expected="at least one picture", found=found, next_step=_COPY)
    size = page.parent.filehandle.size
    ends = [o + n for o, n in zip(page.dataoffsets, page.databytecounts, strict=False)]
    if ends and max(ends) > size:
        raise cut_off(path, max(ends), size)
    _check_segments(path, page)
    promised = page.dataoffsets[0] + _promised(tif) * page.nbytes if page.dataoffsets else 0
    if _is_cut_imagej(tif) and page.dataoffsets[0] + page.nbytes < size < promised:
        raise cut_off(path, promised, size)


def _check_segments(path: Path, page: Any) -> None:
    """Strips or tiles: as many as the size asks for, none of them larger than its bytes can be."""
    needed, pixels = segments_of(page)
    if min(len(page.dataoffsets), len(page.databytecounts)) < needed:
        found = f"{min(len(page.dataoffsets), len(page.databytecounts))}"
        raise ImageError(path, expected=f"{needed} strips or tiles", found=found, next_step=_COPY)
    size = pixels * page.dtype.itemsize
    most = max(page.databytecounts, default=0) * _MOST_TIGHTLY
    if page.compression != 1 and any(page.databytecounts) and (size > _MOST_BYTES or _FREE_BYTES < size > most):
        found = f"one of {size / 2**30:.1f} GiB, packed in {max(page.databytecounts):,} bytes"
        raise ImageError(path, expected="strips or tiles under 2 GiB", found=found, next_step=_TILED)


_COPY = "the file is damaged: copy it again from where it came from"
_TILED = "if the file is not damaged, save it as a tiled TIFF"


def _promised(tif: tifffile.TiffFile) -> int:
    """How many pictures the description of an ImageJ file speaks of."""
    said = tif.imagej_metadata or {}
    hyperstack = math.prod(_count(said.get(name)) for name in ("channels", "slices", "frames"))
    return max(_count(said.get("images")), hyperstack)


def _held(series: tifffile.TiffPageSeries) -> int:
    """How many pictures of one channel a series holds; the samples of a colour may count as channels."""
    sides = zip(series.get_axes(squeeze=False), series.get_shape(squeeze=False), strict=True)
    return math.prod(length for axis, length in sides if axis not in "YX")


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 1


def _is_cut_imagej(tif: tifffile.TiffFile) -> bool:
    """Whether an ImageJ stack, its pictures one behind the other after a single directory, could not be read as one."""
    first = tif.pages.first
    is_behind = bool(first.dataoffsets) and first.offset < first.dataoffsets[0]
    return tif.is_imagej and not tif.pages.is_multipage and tif.series[0].kind != "imagej" and is_behind


def notes(tif: tifffile.TiffFile, planes: Planes) -> Iterator[str]:
    """What the user should know of what is not there, or not read."""
    series = planes.series
    others = tiff_scenes.left_out(tif)
    if others:
        yield f"the file holds {others} further picture(s) (thumbnail, label, macro), which are not read"
    missing = sum(part is None for part in series.pages)
    if missing:
        theirs = ", with their files" if series.is_multifile else ""
        yield f"{missing} of its planes are missing{theirs}: they are black"
    if tif.is_ome and series.kind != "ome":
        yield "the OME metadata do not fit the file: it is read as plain TIFF"
    held = sum(_held(series) for series in tif.series) if tif.is_imagej else 0
    if held and held < _promised(tif):
        yield f"it says that it holds {_promised(tif)} pictures, and holds {held}"
    empty = 0 if planes.is_mapped else _count_empty(series)
    if empty:
        yield f"{empty} of its strips or tiles are not stored: they are black"


def _count_empty(series: tifffile.TiffPageSeries) -> int:
    pages = series.pages if len(series.pages) <= _MOST_PAGES else [series.keyframe]
    return sum(not count for page in pages if page is not None for count in page.databytecounts)
