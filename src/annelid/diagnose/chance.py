"""What may be chance: shares of few objects are not known well."""

from __future__ import annotations

import math

Z = 1.96
"""Of the normal distribution: 95 % of the shares that come by chance lie within."""

Share = tuple[int, int]
"""How many, of how many."""


def interval(share: Share) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; 0 to 1 when it is of nothing."""
    k, n = share
    if n <= 0:
        return 0.0, 1.0
    p, spread = k / n, Z * Z / n
    middle = (p + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * math.sqrt(max(p * (1 - p), 0) / n + spread / (4 * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def is_clearly_below(a: Share, b: Share) -> bool:
    """Whether one share is smaller than another by more than chance: their intervals do not meet.

    Stricter than a test at 95 %, as objects of one image are alike and count for less than so many.
    """
    return interval(a)[1] < interval(b)[0]


def half_width(share: Share) -> float:
    """Half the width of the interval."""
    low, high = interval(share)
    return (high - low) / 2


def percent(share: Share) -> str:
    """``62 % (31 of 50)``."""
    k, n = share
    return f"{k / n:.0%} ({k:,} of {n:,})" if n else "none"
