"""The channels of an image, by samples of their values: ranges, histograms, which of them to show."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid.preprocess.stretch import limits
from annelid.readers.base import ImageInfo, Pixels
from annelid.server.channel_colors import channel_colors

PERCENTILES = (1.0, 99.8)
BINS = 256
_STANDS_OUT = 1.6
"""Times as far above the median as below it; for even noise it would be 1.24."""
_MOST_SHOWN = 6


@dataclass(frozen=True)
class Values:
    """What is known of the values of one channel.

    Attributes:
        min: least finite value.
        max: greatest finite value.
        percentiles: the 1st and the 99.8th.
        histogram: how many samples lie in each of 256 equal steps from min to max.
        has_signal: whether bright values stand out more than dark ones, as in fluorescence: noise and transmitted
            light lie evenly around their middle.
    """

    min: float
    max: float
    percentiles: tuple[float, float]
    histogram: list[int]
    has_signal: bool = False

    @classmethod
    def of(cls, samples: NDArray[Any]) -> Values:
        """The figures of samples ``[n]``; 0 to 1 where none is finite."""
        finite = samples[np.isfinite(samples)].astype(np.float64)
        if not finite.size:
            return cls(0.0, 1.0, (0.0, 1.0), [0] * BINS)
        low, high = float(finite.min()), float(finite.max())
        scale = BINS / (high - low) if high > low else 0.0
        bins = np.minimum((finite - low) * scale, BINS - 1).astype(np.int64)
        first, last = limits(finite, PERCENTILES)
        middle = float(np.median(finite))
        stands_out = last - middle > _STANDS_OUT * (middle - first)
        return cls(low, high, (first, last), np.bincount(bins, minlength=BINS).tolist(), stands_out)


def channel_facts(info: ImageInfo, samples: Pixels) -> list[dict[str, Any]]:
    """What a page has to know of each channel: name, colour, values, and how it is shown at first.

    Args:
        info: of the image.
        samples: pixels ``[n, c]`` of it.
    """
    known = [Values.of(samples[:, c]) for c in range(len(info.channels))]
    colors = channel_colors(info.channels, is_rgb=info.is_rgb)
    ranges = _ranges(samples, known, info.dtype, is_rgb=info.is_rgb)
    rows = zip(info.channels, known, colors, ranges, _shown(known, is_rgb=info.is_rgb), strict=True)
    return [
        {"name": name, "color": color, "low": low, "high": high, "shown": shown, **asdict(values)}
        for name, values, color, (low, high), shown in rows
    ]


def _shown(known: list[Values], *, is_rgb: bool) -> list[bool]:
    """Which channels are shown at first: those with a signal, if there are any; six at most."""
    chosen = [n for n, values in enumerate(known) if values.has_signal and not is_rgb] or list(range(len(known)))
    return [n in chosen[:_MOST_SHOWN] for n in range(len(known))]


def _ranges(samples: Pixels, known: list[Values], dtype: str, *, is_rgb: bool) -> list[tuple[float, float]]:
    """Which values are black and which in full colour at first: colour pictures keep their balance."""
    if is_rgb and dtype == "uint8":
        return [(0.0, 255.0)] * len(known)
    if is_rgb:
        return [_not_empty(0.0, limits(samples, PERCENTILES)[1])] * len(known)
    if np.dtype(dtype).kind == "f":
        return [_not_empty(*values.percentiles) for values in known]
    return [_not_empty(math.floor(values.percentiles[0]), math.ceil(values.percentiles[1])) for values in known]


def _not_empty(low: float, high: float) -> tuple[float, float]:
    return (low, high) if high > low else (low, low + 1.0)
