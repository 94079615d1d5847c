"""Label Studio's brush masks: runs of bytes of an RGBA picture, packed into a stream of bits.

The stream, highest bit first: 32 bits number of values (height x width x 4), 5 bits width of a value less 1, four
times 4 bits width of a length less 1; then for each run 1 bit (a repeated value, or values one by one), 2 bits which
of the four widths, the length less 1 in as many bits, and the value or values. The mask is where alpha is not 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from annelid.formats import rle

_VALUE_BITS = 8
_LENGTH_BITS = (3, 4, 8, 16)


class _Bits:
    """Reads numbers of any width, one after another."""

    def __init__(self, data: bytes) -> None:
        self.data, self.position, self.length = data, 0, 8 * len(data)

    def take(self, width: int) -> int:
        """The next number.

        Raises:
            ValueError: the stream ends before.
        """
        end = self.position + width
        if end > self.length:
            raise ValueError("the runs end too early")
        chunk = int.from_bytes(self.data[self.position >> 3 : (end + 7) >> 3], "big")
        self.position = end
        return (chunk >> (-end % 8)) & ((1 << width) - 1)


def decode(values: Sequence[int], size_wh: tuple[int, int]) -> rle.Window:
    """A mask in its own window.

    Args:
        values: the stream, a number 0..255 for each byte.
        size_wh: width and height of the image that it is for.

    Returns:
        bool (h, w) of the window, no pixels when nothing is set, and the x, y of its top-left corner.

    Raises:
        ValueError: it is no such stream, or not of an image of this size.
    """
    w, h = size_wh
    bits = _Bits(bytes(values))
    total = bits.take(32)
    width = bits.take(5) + 1
    lengths = [bits.take(4) + 1 for _ in range(4)]
    if total != w * h * 4:
        raise ValueError(f"a mask of {total} values for an image of {w} x {h} x 4 = {w * h * 4}")
    turned, (y, x) = rle.decode(_counts(_intervals(bits, total, width, lengths), w * h), (w, h))
    return turned.T, (x, y)


def _intervals(bits: _Bits, total: int, width: int, lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Runs of pixels whose alpha is not 0, as first and end, in order."""
    runs: list[tuple[int, int]] = []
    done = 0
    while done < total:
        repeated = bits.take(1)
        length = bits.take(lengths[bits.take(2)]) + 1
        if repeated:
            if bits.take(width):
                runs.append((done // 4, (done + length) // 4))  # pixels whose fourth value lies in the run
        else:
            alpha = [n for n in range(done, done + length) if bits.take(width) and n % 4 == 3]
            runs += [(n // 4, n // 4 + 1) for n in alpha]
        done += length
    if done != total:
        raise ValueError(f"runs of {done} values where {total} were announced")
    return runs


def _counts(runs: Sequence[tuple[int, int]], pixels: int) -> rle.Counts:
    """Alternating lengths, background first, as COCO has them."""
    edges = np.array([edge for run in runs for edge in run], np.int64)
    return np.diff(np.concatenate([[0], edges, [pixels]])).astype(np.int64)


def encode(mask: NDArray[np.bool_], origin_xy: tuple[int, int], size_wh: tuple[int, int]) -> list[int]:
    """The stream of a mask that is given in its own window.

    Args:
        mask: bool (h, w), wholly inside the image.
        origin_xy: where the window's top-left corner lies in the image.
        size_wh: width and height of the image.
    """
    w, h = size_wh
    counts = rle.encode(mask.T, origin_xy[::-1], (h, w))
    head = [(w * h * 4, 32), (_VALUE_BITS - 1, 5), *((width - 1, 4) for width in _LENGTH_BITS)]
    bits = [f"{value:0{width}b}" for value, width in head]
    for n, count in enumerate(counts.tolist()):
        bits += _run(4 * count, 255 * (n % 2))
    text = "".join(bits)
    packed = int(text + "0" * (-len(text) % 8), 2).to_bytes((len(text) + 7) // 8, "big")
    return list(packed)


def _run(length: int, value: int) -> list[str]:
    """A value repeated, in as many runs as it takes."""
    most = 1 << _LENGTH_BITS[-1]
    runs: list[str] = []
    while length > 0:
        taken = min(length, most)
        which = next(n for n, width in enumerate(_LENGTH_BITS) if taken <= 1 << width)
        runs.append(f"1{which:02b}{taken - 1:0{_LENGTH_BITS[which]}b}{value:0{_VALUE_BITS}b}")
        length -= taken
    return runs
