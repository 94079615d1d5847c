"""A picture, and what somebody asks about it."""

from __future__ import annotations

import numpy as np

from annelid.assist.base import Prompt

Clicks = tuple[tuple[float, float, int], ...]
Box = tuple[float, float, float, float]

PICTURE = np.random.default_rng(0).integers(0, 255, (150, 200, 3), np.uint8)
CLICKS: Clicks = ((100.5, 80.5, 1), (20.0, 20.0, 0))
BOX: Box = (30.0, 40.0, 120.0, 110.0)


def prompt(*clicks: tuple[float, float, int], box: Box | None = None) -> Prompt:
    return Prompt.of([list(click) for click in clicks], None if box is None else list(box))
