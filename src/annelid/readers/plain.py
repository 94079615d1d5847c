"""PNG, JPEG and BMP: decoded as a whole, once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import BmpImagePlugin, Image, JpegImagePlugin, PngImagePlugin

from annelid.errors import ImageError
from annelid.readers.base import ImageFile, ImageInfo, Pixels, Window, check_scene, checked_window, decoding
from annelid.readers.jpeg_frame import frame_of
from annelid.readers.tiff_turn import Turn, turn_by

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
        if kind.is_deep:
            pixels = _decode_deep(self.path)
        else:
            with _opened(self.path) as picture:
                picture.verify()  # the checksums of a PNG, which are not looked at otherwise
            with _opened(self.path) as picture:
                pixels = np.asarray(picture.convert(kind.mode) if kind.mode else picture)
        pixels = pixels[..., None] if pixels.ndim == 2 else pixels
        pixels = pixels[..., : 3 if kind.is_rgb else 1].astype(kind.dtype, copy=False)
        return np.ascontiguousarray(kind.turn.shown(pixels))

    def close(self) -> None:
        """Forget the pixels."""
        self._pixels = None


def _read_header(path: Path) -> tuple[_Kind, ImageInfo]:
    kind = _deep_jpeg(path) or _kind_of(path)
    notes = ["the alpha channel is ignored"] if kind.has_alpha else []
    notes += [f"the file holds {kind.frames} pictures: the first is read"] if kind.frames > 1 else []
    notes += [f"its {kind.foreign} colours became red, green and blue"] if kind.foreign else []
    info = ImageInfo(
        size_wh=kind.turn.size_wh(*kind.size_wh),
        channels=("red", "green", "blue") if kind.is_rgb else ("0",),
        dtype=kind.dtype,
        is_rgb=kind.is_rgb,
        notes=tuple(notes),
    )
    return kind, info


def _decode_deep(path: Path) -> Pixels:
    """A picture of more than 8 bits a value, which pillow refuses or cuts down to 8."""
    data = path.read_bytes()
    if data.startswith(_PNG):
        return np.asarray(imagecodecs.png_decode(data))
    if not _has_end(path):  # this decoder would make up the rest
        step = "copy it again from where it came from"
        raise ImageError(path, expected="the end of a JPEG", found="none: the file is cut off", next_step=step)
    return np.asarray(imagecodecs.jpeg_decode(data))


def _turn(picture: Image.Image) -> Turn:
    """What the EXIF data say; of a PNG only where they come before the pixels, which are not decoded."""
    if isinstance(picture, PngImagePlugin.PngImageFile) and "exif" not in picture.info:
        return Turn()
    return turn_by(picture.getexif().get(_ORIENTATION))


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
    """What comes out of the decoder, and how it is shown.

    Attributes:
        mode: the pillow mode to convert to, "" as it is.
        dtype: numpy name of the pixel type.
        size_wh: width and height as stored.
        turn: how the picture lies.
        is_rgb: whether there are three colours.
        has_alpha: whether there is transparency, which is left out.
        foreign: colours that are converted, ``CMYK``.
        is_deep: whether there are more than 8 bits a value.
        frames: how many pictures there are, of which the first is read.
    """

    mode: str
    dtype: str
    size_wh: tuple[int, int] = (0, 0)
    turn: Turn = field(default_factory=Turn)
    is_rgb: bool = False
    has_alpha: bool = False
    foreign: str = ""
    is_deep: bool = False
    frames: int = 1


def _deep_jpeg(path: Path) -> _Kind | None:
    """A JPEG of more than 8 bits a value, as medical and some scientific cameras write; None for others."""
    with path.open("rb") as file:
        frame = frame_of(path) if file.read(3) == _JPEG else None
    if frame is None or frame.bits <= 8 or frame.samples not in (1, 3):
        return None
    _check_size(path, frame.size_wh)
    return _Kind("", "uint16", frame.size_wh, is_rgb=frame.samples == 3, is_deep=True)


def _kind_of(path: Path) -> _Kind:
    with _opened(path) as picture:
        _check_size(path, picture.size)
        has_alpha = picture.mode in ("LA", "RGBA", "PA", "La", "RGBa") or "transparency" in picture.info
        kind = replace(_of_mode(picture.mode), size_wh=picture.size, turn=_turn(picture), has_alpha=has_alpha)
        kind = replace(kind, frames=getattr(picture, "n_frames", 1))
        deep = _deep_png(path) if isinstance(picture, PngImagePlugin.PngImageFile) else None
    if deep is None:
        return kind
    is_rgb, stores_alpha = deep
    return replace(
        kind, mode="", dtype="uint16", is_rgb=is_rgb, has_alpha=has_alpha or stores_alpha, foreign="", is_deep=True
    )


def _of_mode(mode: str) -> _Kind:
    if mode in ("1", "L", "LA", "La"):
        return _Kind("L", "uint8")
    if mode in ("I", "F"):
        return _Kind("", {"I": "int32", "F": "float32"}[mode])
    return _Kind("RGB", "uint8", is_rgb=True, foreign=mode if mode in ("CMYK", "LAB", "HSV") else "")


def _deep_png(path: Path) -> tuple[bool, bool] | None:
    """Whether a PNG of 16 bits has colours, and transparency; None for others."""
    with path.open("rb") as file:
        depth, colour = file.read(26)[24:26]
    return (bool(colour & 2), bool(colour & 4)) if depth == 16 else None


def _check_size(path: Path, size_wh: tuple[int, int]) -> None:
    w, h = size_wh
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
