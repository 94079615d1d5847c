"""What the frame header of a JPEG says, for those of more than 8 bits, which pillow does not read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}
_START_OF_PIXELS = 0xDA


@dataclass(frozen=True)
class Frame:
    """Bits of a value, width and height, and values of a pixel."""

    bits: int
    size_wh: tuple[int, int]
    samples: int


def frame_of(path: Path) -> Frame | None:
    """The frame header of a file that begins like a JPEG; None where there is none before its pixels."""
    with path.open("rb") as file:
        file.seek(2)
        while (mark := file.read(2)) and mark[:1] == b"\xff" and len(mark) == 2:
            kind = mark[1]
            if kind == 0xFF:  # filling
                file.seek(-1, 1)
            elif kind in _FRAMES:
                head = file.read(8)
                h, w = int.from_bytes(head[3:5]), int.from_bytes(head[5:7])
                return Frame(head[2], (w, h), head[7]) if len(head) == 8 else None
            elif kind == _START_OF_PIXELS:
                return None
            elif kind not in _WITHOUT_LENGTH:
                file.seek(max(0, int.from_bytes(file.read(2)) - 2), 1)
    return None
