"""Images that show the same, however they are turned, scaled, compressed or brightened.

A perceptual hash proposes pairs, correlation decides. The hash is the signs of 64 low frequencies of a thumbnail's
cosine transform, without those of even illumination. Flips and quarter turns only swap and negate frequencies, so the
hashes of all eight are had at once. What is proposed is laid on top of each other and has to correlate twice: in its
coarse structure and in its detail, each after the illumination was taken away.

Measured on DSB2018 (393 images, 77,028 pairs of different ones): unrelated images correlate by .48 at most (coarse) and
.44 (detail); single nuclei cut out (838, all in the middle of their picture) by .96 and .79. Copies reach at least .98
and .95 at JPEG quality 30, .99 and .98 at half the size, .98 and .95 at 0.3 times the size, .95 and .92 with a gamma
of 0.5. One pair in 80,000 unrelated ones gets as far as the correlation. One field of BCCD that was photographed twice
at different focus correlates by .97 and .85.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from annelid.check.look import Thumbnail

COARSE, DETAIL = 0.92, 0.84
"""Least correlations of a pair that shows the same."""
MOST_BITS = 12
"""Bits of 64 in which the hashes of a proposed pair may differ."""
MOST_NEIGHBOURS = 24
"""Of an image that are laid on top of it: hundreds of frames that hardly differ need not all be compared."""

TURNS = (
    "as it is",
    "flipped left to right",
    "flipped top to bottom",
    "turned by 180 degrees",
    "transposed",
    "turned by 90 degrees",
    "turned by 270 degrees",
    "transposed and turned by 180 degrees",
)
"""What `turned` does to a picture."""

_BLOCK = 512
_BANDS = ((2, 4.0), (1, 2.0))  # of a thumbnail: how much smaller, and sigma of what counts as illumination

Floats = NDArray[np.float32]
Pixel = TypeVar("Pixel", bound=np.generic)


@dataclass(frozen=True)
class Alike:
    """Two images that show the same.

    Attributes:
        first: index of one.
        second: index of the other, larger.
        turn: index into `TURNS`: the first turned so is the second.
        correlation: of their coarse structure.
        detail: of their detail.
    """

    first: int
    second: int
    turn: int
    correlation: float
    detail: float


def turned(picture: NDArray[Pixel], turn: int) -> NDArray[Pixel]:
    """A picture ``[y, x, ...]``, or thumbnails ``[y, x]``, flipped or turned as `TURNS` says."""
    base = picture.swapaxes(0, 1) if turn >= 4 else picture
    vertical, horizontal = _FLIPS[turn]
    return base[:: -1 if vertical else 1, :: -1 if horizontal else 1]


_FLIPS = ((0, 0), (0, 1), (1, 0), (1, 1), (0, 0), (0, 1), (1, 0), (1, 1))


def alike_pairs(thumbnails: Sequence[Thumbnail]) -> list[Alike]:
    """Pairs of thumbnails that show the same, by index, each pair once.

    Args:
        thumbnails: float32 (64, 64) each, with some contrast. Ten thousand take seconds.
    """
    if len(thumbnails) < 2:
        return []
    stack = np.stack(thumbnails).astype(np.float32)
    bands = [_band(stack, shrink, sigma) for shrink, sigma in _BANDS]
    best: dict[tuple[int, int], Alike] = {}
    for first, second, turn in _candidates(hashes(stack)):
        coarse, detail = (_correlations(band, first, second, turn) for band in bands)
        for n in np.flatnonzero((coarse >= COARSE) & (detail >= DETAIL)):
            pair = Alike(int(first[n]), int(second[n]), int(turn[n]), float(coarse[n]), float(detail[n]))
            known = best.get((pair.first, pair.second))
            if known is None or known.detail < pair.detail:
                best[pair.first, pair.second] = pair
    return [best[key] for key in sorted(best)]


def hashes(thumbnails: Floats) -> NDArray[np.uint64]:
    """uint64 (8, N): the hash of each of N thumbnails (64, 64), turned in each of the eight ways."""
    small = _shrunk(thumbnails, 2)
    waves = fft.dctn(small, axes=(1, 2))[:, 1:9, 1:9]
    odd = np.where(np.arange(1, 9) % 2, -1.0, 1.0)
    found = []
    for turn, (vertical, horizontal) in enumerate(_FLIPS):
        base = waves.transpose(0, 2, 1) if turn >= 4 else waves
        signs = (odd[:, None] if vertical else 1) * (odd if horizontal else 1) * np.ones((8, 8))
        bits = (base * signs > 0).reshape(len(waves), 64)
        found.append(np.packbits(bits, axis=1).view(np.uint64)[:, 0])
    return np.stack(found)


def _candidates(codes: NDArray[np.uint64]) -> Iterator[tuple[NDArray[np.int64], ...]]:
    """Index of the first, of the second and of the turn of pairs that are close by their hashes, block by block."""
    plain = codes[0]
    for start in range(0, len(plain), _BLOCK):
        stop = min(start + _BLOCK, len(plain))
        distance = np.full((stop - start, len(plain)), 255, np.uint8)
        for code in codes:
            np.minimum(distance, np.bitwise_count(code[start:stop, None] ^ plain[None]), out=distance)
        distance[np.arange(len(plain))[None] <= np.arange(start, stop)[:, None]] = 255
        rows, seconds = np.nonzero(distance <= MOST_BITS)
        rows, seconds = _nearest(rows, seconds, distance[rows, seconds])
        apart = np.bitwise_count(codes[:, start + rows] ^ plain[seconds][None])
        turns, which = np.nonzero(apart <= MOST_BITS)
        yield start + rows[which], seconds[which], turns


def _nearest(
    rows: NDArray[np.int64], seconds: NDArray[np.int64], distance: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of each row the candidates with the smallest distance, the next ones first where they are equal."""
    order = np.lexsort((seconds, distance, rows))
    rows, seconds = rows[order], seconds[order]
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
    return rows[rank < MOST_NEIGHBOURS], seconds[rank < MOST_NEIGHBOURS]


def _correlations(
    band: Floats, first: NDArray[np.int64], second: NDArray[np.int64], turn: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Pearson's correlation of pairs, the first of each turned."""
    found = np.zeros(len(first))
    for way in range(len(TURNS)):
        for some in np.array_split(np.flatnonzero(turn == way), max(1, int((turn == way).sum()) // _BLOCK)):
            moved = turned(band[first[some]].transpose(1, 2, 0), way).transpose(2, 0, 1)
            found[some] = np.einsum("nyx,nyx->n", moved, band[second[some]])
    return found


def _band(thumbnails: Floats, shrink: int, sigma: float) -> Floats:
    """Thumbnails of mean 0 and length 1 without what varies slowly over them."""
    small = _shrunk(thumbnails, shrink)
    small = small - ndimage.gaussian_filter(small, (0, sigma, sigma))
    small -= small.mean((1, 2), keepdims=True)
    length = np.sqrt(np.einsum("nyx,nyx->n", small, small))[:, None, None]
    return np.asarray(small / np.maximum(length, np.finfo(np.float32).tiny), np.float32)


def _shrunk(thumbnails: Floats, factor: int) -> Floats:
    n, h, w = thumbnails.shape
    return np.asarray(thumbnails.reshape(n, h // factor, factor, w // factor, factor).mean((2, 4)), np.float32)
