"""The table of a CZI file: where its pieces of image lie, in the file and in space."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from annelid.errors import ImageError

_SEGMENT = struct.Struct("<16sqq")
_FILE_HEADER = struct.Struct("<iiii16s16siqqiq")
_ENTRY_BYTES, _DIMENSION_BYTES = 32, 20
_DIMENSION = np.dtype([("name", "S4"), ("start", "<i4"), ("size", "<i4"), ("at", "<f4"), ("stored", "<i4")])
_MOST_ENTRIES = 20_000_000
_MOST_XML = 512 * 2**20
LETTERS = "XYCZTSMHIRVB"

Columns = dict[str, NDArray[np.int64]]


@dataclass(frozen=True)
class Directory:
    """The pieces, as columns of equal length.

    Attributes:
        position: byte at which the piece's segment begins.
        pixel_type: CZI's number of the type of its pixels.
        compression: CZI's number of its compression.
        start: letter of a dimension -> where the piece begins along it.
        size: letter -> length along it in full-resolution pixels.
        stored: for X and Y, the length in which it is stored: shorter in the levels of a pyramid.
    """

    position: NDArray[np.int64]
    pixel_type: NDArray[np.int64]
    compression: NDArray[np.int64]
    start: Columns
    size: Columns
    stored: Columns

    def __len__(self) -> int:
        return len(self.position)

    def where(self, chosen: NDArray[Any]) -> Directory:
        """Some of the pieces, by mask or index."""
        columns = ({k: v[chosen] for k, v in c.items()} for c in (self.start, self.size, self.stored))
        return Directory(self.position[chosen], self.pixel_type[chosen], self.compression[chosen], *columns)


def read_directory(path: Path, file: BinaryIO) -> tuple[Directory, bytes]:
    """The pieces of a CZI file, and its XML (b"" where there is none).

    Raises:
        ImageError: the file is cut off, one of several parts, or not closed by the program that wrote it.
    """
    header = _FILE_HEADER.unpack(_segment(path, file, 0, b"ZISRAWFILE", _FILE_HEADER.size))
    file_part, directory_at, metadata_at = header[6:9]
    if file_part:
        found = f"part {file_part} of a file in several parts"
        raise ImageError(path, expected="a whole CZI file", found=found, next_step="save it as one file in ZEN")
    if directory_at <= 0:
        raise ImageError(
            path,
            expected="a table of its pieces",
            found="none: the recording was interrupted",
            next_step="open and save it in ZEN",
        )
    count = struct.unpack("<i", _segment(path, file, directory_at, b"ZISRAWDIRECTORY", 128)[:4])[0]
    if not 0 < count <= _MOST_ENTRIES:
        raise ImageError(path, expected="pieces of an image", found=f"{count} of them", next_step="leave this file out")
    size = _size_of(file, directory_at) - 128
    return _columns(path, _exactly(path, file, size), count), _xml(path, file, metadata_at)


def _segment(path: Path, file: BinaryIO, position: int, name: bytes, size: int) -> bytes:
    """The first bytes of a segment's content."""
    file.seek(max(position, 0))
    found = _SEGMENT.unpack(_exactly(path, file, _SEGMENT.size))[0].rstrip(b"\0")
    if found != name:
        raise ImageError(
            path,
            place=f"byte {position:,}",
            expected=name.decode(),
            found=repr(found)[1:],
            next_step="copy it again from the microscope",
        )
    return _exactly(path, file, size)


def _size_of(file: BinaryIO, position: int) -> int:
    """Used size of a segment; the file is left where it was."""
    here = file.tell()
    file.seek(position)
    _, allocated, used = _SEGMENT.unpack(file.read(_SEGMENT.size))
    file.seek(here)
    return int(used or allocated)


def _exactly(path: Path, file: BinaryIO, size: int) -> bytes:
    end = path.stat().st_size
    if size < 0 or file.tell() + size > end:
        raise ImageError(
            path,
            expected=f"at least {file.tell() + max(size, 0):,} bytes",
            found=f"{end:,} bytes: the file is cut off",
            next_step="copy it again from where it came from",
        )
    return file.read(size)


def _columns(path: Path, data: bytes, count: int) -> Directory:
    starts, counts = _entry_places(path, data, count)
    raw = np.frombuffer(data, np.uint8)
    fields: Columns = {name: np.zeros(count, np.int64) for name in ("position", "pixel_type", "compression")}
    tables: dict[str, Columns] = {
        "start": {letter: np.zeros(count, np.int64) for letter in LETTERS},
        "size": {letter: np.ones(count, np.int64) for letter in LETTERS},
        "stored": {letter: np.ones(count, np.int64) for letter in "XY"},
    }
    for dims in np.unique(counts):
        rows = np.flatnonzero(counts == dims)
        width = _ENTRY_BYTES + _DIMENSION_BYTES * int(dims)
        block = np.ascontiguousarray(raw[starts[rows][:, None] + np.arange(width)])
        fields["pixel_type"][rows] = _integers(block, 2, "<i4")
        fields["position"][rows] = _integers(block, 6, "<i8")
        fields["compression"][rows] = _integers(block, 18, "<i4")
        table = np.ascontiguousarray(block[:, _ENTRY_BYTES:]).view(_DIMENSION)
        for letter in LETTERS:
            _fill(tables, letter, rows, table)
    position, pixel_type, compression = fields.values()
    return Directory(position, pixel_type, compression, tables["start"], tables["size"], tables["stored"])


def _integers(block: NDArray[np.uint8], at: int, dtype: str) -> NDArray[np.int64]:
    width = np.dtype(dtype).itemsize
    return np.ascontiguousarray(block[:, at : at + width]).view(dtype)[:, 0].astype(np.int64)


def _fill(tables: dict[str, Columns], letter: str, rows: NDArray[np.intp], table: NDArray[Any]) -> None:
    named = table["name"] == letter.encode()
    has = named.any(1)
    column = named.argmax(1)[has]
    for key, columns in tables.items():
        if letter in columns:
            columns[letter][rows[has]] = table[key][np.flatnonzero(has), column]


def _entry_places(path: Path, data: bytes, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each entry begins, and how many dimensions it has."""
    starts, counts = np.zeros(count, np.int64), np.zeros(count, np.int64)
    at = 0
    for i in range(count):
        dims = int.from_bytes(data[at + 28 : at + 32], "little", signed=True)
        if data[at : at + 2] != b"DV" or not 0 < dims <= 40 or at + _ENTRY_BYTES + 20 * dims > len(data):
            raise ImageError(
                path,
                place=f"piece {i}",
                expected="an entry of its table",
                found="damaged bytes",
                next_step="copy it again from the microscope",
            )
        starts[i], counts[i] = at, dims
        at += _ENTRY_BYTES + _DIMENSION_BYTES * dims
    return starts, counts


def _xml(path: Path, file: BinaryIO, position: int) -> bytes:
    if position <= 0:
        return b""
    size = struct.unpack("<i", _segment(path, file, position, b"ZISRAWMETADATA", 256)[:4])[0]
    return _exactly(path, file, size) if 0 < size < _MOST_XML else b""


def piece_place(path: Path, file: BinaryIO, position: int) -> tuple[int, int]:
    """Where the pixels of a piece lie: first byte and number of bytes, behind its description and metadata."""
    head = _segment(path, file, position, b"ZISRAWSUBBLOCK", 16 + _ENTRY_BYTES)
    metadata, _, size = struct.unpack("<iiq", head[:16])
    dims = int.from_bytes(head[16 + 28 :], "little")
    place = position + _SEGMENT.size + max(256, 16 + _ENTRY_BYTES + _DIMENSION_BYTES * dims) + metadata
    end = path.stat().st_size
    if metadata < 0 or size < 0 or place + size > end:
        raise ImageError(
            path,
            place=f"piece at byte {position:,}",
            expected=f"at least {place + max(size, 0):,} bytes",
            found=f"{end:,} bytes: the file is cut off",
            next_step="copy it again from where it came from",
        )
    return place, size
