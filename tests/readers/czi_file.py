"""Write small CZI files, to the letter of the format, for tests."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

RAW, JPEG, LZW, JPEG_XR, ZSTD, ZSTD_HEADED = 0, 1, 2, 4, 5, 6
_PIXEL_TYPES = {("uint8", 1): 0, ("uint16", 1): 1, ("float32", 1): 2, ("uint8", 3): 3, ("uint16", 3): 4}


@dataclass(frozen=True)
class Piece:
    """Pixels ``[y, x, s]`` at a place; ``size`` is (w, h) in full resolution where they are thinned."""

    pixels: NDArray[Any]
    at: tuple[int, int] = (0, 0)
    size: tuple[int, int] | None = None
    places: dict[str, int] = field(default_factory=dict)
    compression: int = RAW


def write_czi(path: Path, pieces: Sequence[Piece], xml: str = "") -> Path:
    """A file of some pieces, its table at the end."""
    content = bytearray(_segment("ZISRAWFILE", bytes(512)))
    metadata_at = len(content)
    encoded = xml.encode()
    content += _segment("ZISRAWMETADATA", struct.pack("<ii", len(encoded), 0).ljust(256, b"\0") + encoded)
    entries = []
    for piece in pieces:
        entry = _entry(piece, len(content))
        entries.append(entry)
        data = _packed(piece)
        head = (struct.pack("<iiq", 0, 0, len(data)) + entry).ljust(256, b"\0")
        content += _segment("ZISRAWSUBBLOCK", head + data)
    directory_at = len(content)
    content += _segment("ZISRAWDIRECTORY", struct.pack("<i", len(entries)).ljust(128, b"\0") + b"".join(entries))
    header = struct.pack("<iiii16s16siqqiq", 1, 0, 0, 0, bytes(16), bytes(16), 0, directory_at, metadata_at, 0, 0)
    content[32 : 32 + len(header)] = header
    path.write_bytes(content)
    return path


def _segment(name: str, data: bytes) -> bytes:
    padded = data.ljust(-(-len(data) // 32) * 32, b"\0")
    return struct.pack("<16sqq", name.encode(), len(padded), len(data)) + padded


def _entry(piece: Piece, position: int) -> bytes:
    h, w, samples = piece.pixels.shape
    full = piece.size or (w, h)
    dims = [("X", piece.at[0], full[0], w), ("Y", piece.at[1], full[1], h)]
    dims += [(letter, place, 1, 1) for letter, place in piece.places.items()]
    kind = _PIXEL_TYPES[piece.pixels.dtype.name, samples]
    head = struct.pack("<2siqiiB5si", b"DV", kind, position, 0, piece.compression, 0, bytes(5), len(dims))
    return head + b"".join(struct.pack("<4siifi", d[0].encode(), d[1], d[2], 0.0, d[3]) for d in dims)


def _packed(piece: Piece) -> bytes:
    pixels = np.ascontiguousarray(piece.pixels[..., ::-1])  # blue first
    data = pixels.tobytes()
    match piece.compression:
        case 1:
            return bytes(imagecodecs.jpeg8_encode(piece.pixels.squeeze(), level=100))
        case 2:
            return bytes(imagecodecs.lzw_encode(data))
        case 4:
            return bytes(imagecodecs.jpegxr_encode(piece.pixels.squeeze()))
        case 5:
            return bytes(imagecodecs.zstd_encode(data))
        case 6:
            apart = np.frombuffer(data, np.uint8).reshape(-1, pixels.itemsize).T.tobytes()
            if pixels.itemsize != 2:
                return b"\x01" + bytes(imagecodecs.zstd_encode(data))
            return b"\x03\x01\x01" + bytes(imagecodecs.zstd_encode(apart))
    return data
