"""Lines around several clicks: where they lie far apart, one large object is mostly meant."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from annelid.assist.contour import COS, SIN, Contour
from annelid.assist.correct import Click
from annelid.assist.search import Found

_LONGER = (1.2, 1.5, 1.9)
"""Length of the object over the distance of the two farthest clicks: people click well inside of it."""
_WIDTHS = (0.3, 0.45, 0.65, 0.9)
"""Width of the object over its length."""


def through(clicks: Sequence[Click]) -> list[Found]:
    """Ellipses along the two clicks that lie farthest apart, as beginnings of a line.

    Args:
        clicks: at least two, at different places.
    """
    places = np.array([(click.x, click.y) for click in clicks])
    apart = np.hypot(*np.moveaxis(places[:, None] - places, 2, 0))
    first, second = (places[n] for n in np.unravel_index(apart.argmax(), apart.shape))
    (x, y), (dx, dy) = (first + second) / 2, (second - first) / 2
    half = math.hypot(dx, dy)
    along, across = (COS * dx + SIN * dy) / half, (SIN * dx - COS * dy) / half
    found = []
    for longer in _LONGER:
        for width in _WIDTHS:
            line = Contour(x, y, half * longer / np.hypot(along, across / width))
            found += [Found(line, 1), Found(line, -1)]
    return found
