"""From values of any type and range to 8 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def limits(values: NDArray[Any], percentiles: tuple[float, float]) -> tuple[float, float]:
    """What becomes black and what white: percentiles of the finite values.

    Where they coincide (a few bright spots on an even background), the extremes; (0, 0) for no finite value.
    """
    finite = values[np.isfinite(values)].astype(np.float64)
    if not finite.size:
        return 0.0, 0.0
    low, high = np.percentile(finite, percentiles)
    if low == high:
        low, high = finite.min(), finite.max()
    return float(low), float(high)


def stretched(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """Bring values to uint8: ``low`` becomes 0 and ``high`` 255; not-a-number and infinity become 0."""
    if values.dtype == np.uint8 and (low, high) == (0, 255):
        return values
    if values.dtype in (np.uint8, np.uint16):
        table = _scaled(np.arange(np.iinfo(values.dtype).max + 1), low, high)
        return np.asarray(table[values])
    return _scaled(values, low, high)


def _scaled(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """``low`` to 0 and ``high`` to 255, rounded and clipped; all 0 where the range is empty."""
    if not high > low:
        return np.zeros(values.shape, np.uint8)
    exact = values.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.rint(np.clip((exact - low) * (255.0 / (high - low)), 0, 255))
    return np.where(np.isfinite(exact), scaled, 0).astype(np.uint8)
