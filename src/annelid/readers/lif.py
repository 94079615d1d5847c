"""Leica LIF and LOF, with the ``vendor`` extra: each image of the experiment is a scene, mapped, not read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray

from annelid.errors import ImageError
from annelid.readers.base import (
    ImageFile,
    ImageInfo,
    Pixels,
    Window,
    check_scene,
    checked_window,
    decoding,
    distinct,
)
from annelid.readers.calibration import Calibration, from_size, number
from annelid.readers.vendor import library

NAME = "lif"
SUFFIXES = (".lif", ".lof")

_ROLES = {1: "X", 2: "Y", 3: "Z", 4: "T"}
_COLOURS = {1: "red", 2: "green", 3: "blue"}
_AGAIN = "export it as OME-TIFF from LAS X"


def sniff(head: bytes) -> bool:
    """Whether a file begins like a LIF or a LOF."""
    return head.startswith(b"\x70\0\0\0") and head[8:9] == b"\x2a"


def open_file(path: Path, scene: int = 0) -> ImageFile:
    """Open an image of a LIF file.

    Raises:
        ImageError: it is damaged, holds no image, or the extra is not installed.
        UsageError: it has no such scene.
    """
    module = library(path, "liffile", "a Leica LIF image")
    with decoding(path), module.LifFile(path) as file:
        images = [image for image in file.images if image.memory_block.size > 0]
        if not images:
            raise ImageError(path, expected="images", found="none", next_step="leave this file out")
        check_scene(path, scene, len(images))
        block = images[scene].memory_block
        names = distinct(str(image.path) for image in images)
        image = LifImage(path, images[scene].xml_element, (int(block.offset), int(block.size)))
        image.add_scenes(names)
        return image


@dataclass(frozen=True)
class _Axis:
    role: str
    count: int
    stride: int
    edge_um: float | None


class LifImage(ImageFile):
    """An image of a LIF file: its XML says how far apart in the file neighbours along each axis lie."""

    def __init__(self, path: Path, element: ET.Element, block: tuple[int, int]) -> None:
        self.path = path
        description = element.find("./Data/Image/ImageDescription")
        if description is None:
            raise ImageError(path, expected="a description of the image", found="none", next_step=_AGAIN)
        self._axes = _axes(path, description)
        channels = list(description.iterfind("./Channels/ChannelDescription"))
        dtypes = {_dtype(path, channel) for channel in channels}
        self._dtype = np.result_type(*dtypes)
        arrays = [self._mapped(block, channel) for channel in channels]
        tags = [int(channel.get("ChannelTag") or 0) for channel in channels]
        is_rgb = sorted(tags) == [1, 2, 3]
        self._channels = [arrays[tags.index(tag)] for tag in (1, 2, 3)] if is_rgb else arrays
        self.info = self._describe(channels, is_rgb=is_rgb)

    def _mapped(self, block: tuple[int, int], channel: ET.Element) -> NDArray[Any]:
        """One channel ``[t.., z, y, x]`` as it lies in the file."""
        dtype = _dtype(self.path, channel)
        first = int(channel.get("BytesInc") or 0)
        last = first + sum((axis.count - 1) * axis.stride for axis in self._axes) + dtype.itemsize
        offset, size = block
        end = self.path.stat().st_size
        if last > size or offset + last > end:
            found = f"{max(0, min(size, end - offset)):,} bytes: the file is cut off"
            raise ImageError(self.path, expected=f"{last:,} bytes of pixels", found=found, next_step="copy it again")
        data = np.memmap(self.path, np.uint8, "r", offset + first, last - first)
        shape = [axis.count for axis in self._axes]
        return np.ndarray(shape, dtype, data, 0, [axis.stride for axis in self._axes])

    def _describe(self, channels: list[ET.Element], *, is_rgb: bool) -> ImageInfo:
        x, y = self._axes[-1], self._axes[-2]
        size = Calibration() if x.edge_um is None else from_size(x.edge_um, y.edge_um, "µm")
        names = [c.get("LUTName") or "" for c in channels]
        notes = list(size.notes)
        if y.role != "Y":
            notes.append(f"there is no y: {y.role.lower()} stands for it")
        other = [axis for axis in self._axes[:-3] if axis.role not in "TZ" and axis.count > 1]
        if other:
            notes.append("tiles of a mosaic, wavelengths and other axes are taken as time points")
        return ImageInfo(
            size_wh=(x.count, y.count),
            channels=("red", "green", "blue") if is_rgb else distinct(names),
            dtype=self._dtype.name,
            pixel_size_um=size.pixel_size_um,
            planes=(math.prod(axis.count for axis in self._axes[:-3]), self._axes[-3].count),
            is_rgb=is_rgb,
            notes=tuple(notes),
        )

    def add_scenes(self, names: tuple[str, ...]) -> None:
        """Note the names of all images in the file, where there are several."""
        if len(names) > 1:
            self.info = ImageInfo(**{**vars(self.info), "scenes": names})

    def read(self, window_xyxy: Window | None = None, *, t: int = 0, z: int = 0, step: int = 1) -> Pixels:
        """Read a window of one plane; see `ImageFile.read`."""
        x1, y1, x2, y2 = checked_window(self.info, window_xyxy, t, z, step)
        times = np.unravel_index(t, [axis.count for axis in self._axes[:-3]] or [1])
        index = tuple(int(place) for place in times[: len(self._axes) - 3])
        with decoding(self.path):
            planes = [c[index][z, y1:y2:step, x1:x2:step] for c in self._channels]
            return np.stack(planes, -1).astype(self._dtype, copy=False)

    def close(self) -> None:
        """Nothing is kept open but the map."""


def _axes(path: Path, description: ET.Element) -> list[_Axis]:
    """The axes, time and what else there is first, then z, y, x; of length 1 where the file has none."""
    found = [_axis(entry) for entry in description.iterfind("./Dimensions/DimensionDescription")]
    by_role = {axis.role: axis for axis in found}
    if "X" not in by_role or any(axis.count < 1 or axis.stride < 1 for axis in found):
        raise ImageError(path, expected="an image with an x axis", found="none", next_step=_AGAIN)
    single = _Axis("Z", 1, 1, None)
    y = by_role.get("Y") or by_role.get("Z") or _Axis("Y", 1, 1, by_role["X"].edge_um)
    z = by_role.get("Z", single) if y.role == "Y" else single
    others = [axis for axis in found if axis.role not in "XYZ"]
    return [*others, z, y, by_role["X"]]


def _axis(entry: ET.Element) -> _Axis:
    count = int(entry.get("NumberOfElements") or 0)
    dimension = int(entry.get("DimID") or 0)
    edge = None
    if entry.get("Unit") == "m" and count > 1:
        edge = abs(number(entry.get("Length")) or 0) / (count - 1) * 1e6
    return _Axis(_ROLES.get(dimension, f"{dimension}"), count, int(entry.get("BytesInc") or 0), edge)


def _dtype(path: Path, channel: ET.Element) -> np.dtype[Any]:
    bits, kind = int(channel.get("Resolution") or 0), channel.get("DataType") or "0"
    if kind == "1" and bits in (32, 64):
        return np.dtype(f"<f{bits // 8}")
    if kind == "0" and 0 < bits <= 32:
        return np.dtype("<u1" if bits <= 8 else "<u2" if bits <= 16 else "<u4")
    raise ImageError(path, expected="integers or real numbers", found=f"{bits} bits of kind {kind}", next_step=_AGAIN)
