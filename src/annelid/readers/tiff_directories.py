"""The chain of directories of a TIFF file: walked once, before a reader does it that would follow a circle for ever."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from annelid.errors import ImageError


def check_directories(path: Path) -> None:
    """See that the directories, one for each page, come to an end.

    Whatever else is wrong with the file is left to the reader.

    Raises:
        ImageError: they go round in a circle.
    """
    with path.open("rb") as file:
        head = file.read(16)
        order = {b"II": "<", b"MM": ">"}.get(head[:2])
        if order is None or len(head) < 16:
            return
        is_big = struct.unpack(f"{order}H", head[2:4])[0] == 43
        offset = struct.unpack(f"{order}Q", head[8:16])[0] if is_big else struct.unpack(f"{order}I", head[4:8])[0]
        seen: set[int] = set()
        while offset:
            if offset in seen:
                found = f"directory {len(seen)} that leads back to byte {offset}"
                step = "save or copy the image again"
                raise ImageError(path, expected="directories that come to an end", found=found, next_step=step)
            seen.add(offset)
            offset = _following(file, offset, order, is_big=is_big)


def _following(file: BinaryIO, offset: int, order: str, *, is_big: bool) -> int:
    """Where the next directory lies, 0 where there is none."""
    of_count, of_offset, entry = ("Q", "Q", 20) if is_big else ("H", "I", 12)
    try:
        file.seek(offset)
        count = struct.unpack(order + of_count, file.read(struct.calcsize(order + of_count)))[0]
        file.seek(count * entry, 1)
        following: int = struct.unpack(order + of_offset, file.read(struct.calcsize(order + of_offset)))[0]
    except (OSError, ValueError, OverflowError, struct.error):
        return 0
    return following
