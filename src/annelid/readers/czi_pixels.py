"""Decode one piece of a CZI file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from annelid.errors import ImageError
from annelid.readers.base import Pixels
from annelid.readers.czi_directory import piece_place

PIXEL_TYPES: dict[int, tuple[str, int]] = {
    0: ("uint8", 1),
    1: ("uint16", 1),
    2: ("float32", 1),
    3: ("uint8", 3),
    4: ("uint16", 3),
    8: ("float32", 3),
    9: ("uint8", 4),
    12: ("int32", 1),
    13: ("float64", 1),
}
"""CZI's number -> numpy name and samples of a pixel."""
COLOURS = {3, 4, 8, 9}

_RAW, _JPEG, _LZW, _JPEG_XR, _ZSTD, _ZSTD_HEADED = 0, 1, 2, 4, 5, 6
_MOST_BYTES = 4 * 2**30


def decode(path: Path, file: BinaryIO, position: int, kinds: tuple[int, int], size_hw: tuple[int, int]) -> Pixels:
    """The pixels of a piece, ``[y, x, s]``, blue and red in the order of everybody else, without alpha.

    Args:
        path: the file, for messages.
        file: the same, open.
        position: byte at which the piece begins.
        kinds: CZI's numbers of pixel type and compression.
        size_hw: height and width as stored.
    """
    pixel_type, compression = kinds
    name, samples = PIXEL_TYPES[pixel_type]
    shape, dtype = (*size_hw, samples), np.dtype(name).newbyteorder("<")
    place, size = piece_place(path, file, position)
    needed = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if compression == _RAW and size >= needed:
        pixels: NDArray[Any] = np.memmap(path, dtype, "r", place, shape)  # a window touches only its own rows
    else:
        file.seek(place)
        pixels = _decompressed(path, file.read(size), compression, needed, dtype).reshape(shape)
    is_bgr = pixel_type in COLOURS and compression not in (_JPEG, _JPEG_XR)
    return pixels[..., 2::-1] if is_bgr else pixels[..., :3]


def _decompressed(path: Path, data: bytes, compression: int, needed: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    if needed > _MOST_BYTES:
        raise ImageError(path, expected="pieces under 4 GiB", found=f"one of {needed:,} bytes", next_step=_AGAIN)
    if compression in (_JPEG, _JPEG_XR):
        decoder = imagecodecs.jpeg8_decode if compression == _JPEG else imagecodecs.jpegxr_decode
        return np.asarray(decoder(data)).astype(dtype, copy=False)
    if compression == _LZW:
        raw = imagecodecs.lzw_decode(data, out=needed)
    elif compression == _ZSTD:
        raw = imagecodecs.zstd_decode(data, out=needed)
    elif compression == _ZSTD_HEADED:
        raw = _zstd_headed(data, needed)
    else:
        found = "fewer bytes than it says" if compression == _RAW else f"compression {compression}"
        raise ImageError(path, expected="pieces that can be decoded", found=found, next_step=_AGAIN)
    return np.frombuffer(raw, dtype)


_AGAIN = "save it again in ZEN, uncompressed or with Zstandard"


def _zstd_headed(data: bytes, needed: int) -> bytes:
    """Zstandard behind a header of 1 or 3 bytes, which tells whether low and high bytes lie apart."""
    apart = data[0] >= 3 and data[1] == 1 and bool(data[2] & 1)
    raw = bytes(imagecodecs.zstd_decode(data[data[0] :], out=needed))
    return np.frombuffer(raw, np.uint8).reshape(2, -1).T.tobytes() if apart else raw
