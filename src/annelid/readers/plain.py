"""PNG, JPEG and BMP: decoded as a whole, once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import BmpImagePlugin, Image, ImageOps, JpegImagePlugin, PngImagePlugin

from annelid.errors import ImageError
from annelid.readers.base import ImageFile, ImageInfo, Pixels, Window, check_scene, checked_window, decoding

NAME = "plain"
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp")

_PNG, _JPEG, _BMP = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM"
_MOST_PIXELS = 2**30
_MOST_PIXELS_PER_BYTE = 9000
"""No decoder makes more: deflate ends at 1032 bytes a byte, and a byte holds at most 8 pixels."""
_ORIENTATION = 0x0112


def sniff(head: bytes) -> bool:
    """Whether a file begins like a PNG, JPEG or BMP."""
    is_bmp = head.startswith(_BMP) and len(head) >= 30 and head[14] in (12, 40, 52, 56, 64, 108, 124)
    return head.startswith((_PNG, _JPEG)) or is_bmp


def open_file(path: Path, scene: int = 0) -> ImageFile:
    """Open a PNG, JPEG or BMP.

    Raises:
        ImageError: it is damaged, or far larger than its file can hold.
        UsageError: a scene other than its only one is asked for.
    """
    check_scene(path, scene, 1)
    with decoding(path):
        return PlainImage(path)


def header(path: Path, scene: int = 0) -> ImageInfo | None:
    """What the header of a picture says, read in Python alone; None where only decoding tells whether it is whole.

    Raises:
        ImageError: it is damaged, or far larger than its file can hold.
        UsageError: a scene other than its only one is asked for.
    """
    check_scene(path, scene, 1)
    with decoding(path):
        return _read_header(path)[1] if _has_end(path) else None


class PlainImage(ImageFile):
    """A PNG, JPEG or BMP; its pixels are decoded at the first read and kept until it is closed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pixels: Pixels | None = None
        self._kind, self.info = _read_header(path)
        if not _has_end(path):  # perhaps cut off: only decoding tells
            self._pixels = self._decode()

    def read(self, window_xyxy: Window | None = None, *, t: int = 0, z: int = 0, step: int = 1) -> Pixels:
        """Read a window; see `ImageFile.read`."""
        x1, y1, x2, y2 = checked_window(self.info, window_xyxy, t, z, step)
        if self._pixels is None:
            with decoding(self.path):
                self._pixels = self._decode()
        return self._pixels[y1:y2:step, x1:x2:step].copy()

    def _decode(self) -> Pixels:
        kind = self._kind
        if kind.deep_png:  # pillow would cut 16-bit colour down to 8 bits
            pixels = np.asarray(imagecodecs.png_decode(self.path.read_bytes()))
        else:
            with _opened(self.path) as picture:
                pixels = np.asarray(ImageOps.exif_transpose(picture.convert(kind.mode) if kind.mode else picture))
        pixels = pixels[..., None] if pixels.ndim == 2 else pixels
        return pixels[..., : 3 if kind.is_rgb else 1].astype(kind.dtype, copy=False)

    def close(self) -> None:
        """Forget the pixels."""
        self._pixels = None


def _read_header(path: Path) -> tuple[_Kind, ImageInfo]:
    with _opened(path) as picture:
        _check_size(path, picture)
        kind = _kind(path, picture)
        turned = _orientation(picture) in (5, 6, 7, 8)
        size = picture.size[::-1] if turned else picture.size
    info = ImageInfo(
        size_wh=(int(size[0]), int(size[1])),
        channels=("red", "green", "blue") if kind.is_rgb else ("0",),
        dtype=kind.dtype,
        is_rgb=kind.is_rgb,
        notes=("the alpha channel is ignored",) if kind.has_alpha else (),
    )
    return kind, info


def _orientation(picture: Image.Image) -> int:
    """The orientation in the EXIF data; of a PNG only where it comes before the pixels, which are not decoded."""
    if isinstance(picture, PngImagePlugin.PngImageFile) and "exif" not in picture.info:
        return 1
    return int(picture.getexif().get(_ORIENTATION, 1))


def _has_end(path: Path) -> bool:
    """Whether the end mark of the format stands near the end of the file."""
    with path.open("rb") as file:
        head = file.read(8)
        file.seek(max(path.stat().st_size - 512, 0))
        tail = file.read()
    mark = b"IEND" if head == _PNG else b"\xff\xd9" if head.startswith(_JPEG) else b""
    return bool(mark) and mark in tail


def _opened(path: Path) -> Image.Image:
    """The picture, without pillow's limit on its size: `_check_size` has one that knows the file's size."""
    with path.open("rb") as file:
        head = file.read(8)
    if head == _PNG:
        return PngImagePlugin.PngImageFile(path)
    if head.startswith(_JPEG):
        return JpegImagePlugin.JpegImageFile(path)
    return BmpImagePlugin.BmpImageFile(path)


@dataclass(frozen=True)
class _Kind:
    """What comes out of the decoder: the pillow mode to convert to ("" as it is), numpy dtype, layout."""

    mode: str
    dtype: str
    is_rgb: bool
    has_alpha: bool = False
    deep_png: bool = False


def _kind(path: Path, picture: Image.Image) -> _Kind:
    if isinstance(picture, PngImagePlugin.PngImageFile):
        with path.open("rb") as file:
            depth, colour = file.read(26)[24:26]
        if depth == 16:
            return _Kind("", "uint16", is_rgb=bool(colour & 2), has_alpha=bool(colour & 4), deep_png=True)
    mode = picture.mode
    has_alpha = mode in ("LA", "RGBA", "PA", "La", "RGBa") or "transparency" in picture.info
    if mode in ("1", "L", "LA", "La"):
        return _Kind("L", "uint8", is_rgb=False, has_alpha=has_alpha)
    if mode in ("I", "F"):
        return _Kind("", {"I": "int32", "F": "float32"}[mode], is_rgb=False)
    return _Kind("RGB", "uint8", is_rgb=True, has_alpha=has_alpha)


def _check_size(path: Path, picture: Image.Image) -> None:
    w, h = picture.size
    if w < 1 or h < 1:
        raise ImageError(path, expected="a picture", found=f"a size of {w} x {h} pixels", next_step="leave it out")
    if w * h > _MOST_PIXELS_PER_BYTE * max(1, path.stat().st_size):
        raise ImageError(
            path,
            expected=f"{w} x {h} pixels, as its header says",
            found=f"a file of {path.stat().st_size:,} bytes, which cannot hold them",
            next_step="the file is cut off or made to fill the memory: copy it again, or leave it out",
        )
    if w * h > _MOST_PIXELS:
        raise ImageError(
            path,
            expected="at most 2^30 pixels in a PNG, JPEG or BMP, which must be decoded as a whole",
            found=f"{w} x {h} pixels",
            next_step="save it as a tiled TIFF, which is read by window",
        )
