"""What an assistant is: it turns what a person points at into the outline of one object."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from annelid.errors import UsageError
from annelid.geometry import Shape

Pixels = NDArray[Any]
Window = tuple[int, int, int, int]

MOST_POINTS = 200


@dataclass(frozen=True)
class Point:
    """A click.

    Attributes:
        x: image pixels, 0 is the left edge of the first one.
        y: image pixels, 0 is the top edge of the first one.
        inside: whether the object is there (+) or is not (-).
    """

    x: float
    y: float
    inside: bool = True


@dataclass(frozen=True)
class Prompt:
    """What a person pointed at.

    Attributes:
        points: clicks in the order in which they were made; later ones correct what came of the earlier.
        box: ``x1, y1, x2, y2`` around the object in image pixels, or None.
        zoom: screen pixels for each image pixel when it was made: nobody clicks on what is too small to be seen.
    """

    points: tuple[Point, ...] = ()
    box: tuple[float, float, float, float] | None = None
    zoom: float = 1.0

    @classmethod
    def of(cls, points: Any, box: Any = None, zoom: Any = None) -> Prompt:
        """From JSON values: points ``[x, y, 1 or 0]``, a box ``[x1, y1, x2, y2]`` or None.

        Raises:
            UsageError: there is nothing to go by, or a number is none.
        """
        if not isinstance(points, Sequence) or len(points) > MOST_POINTS or not all(_is_row(p, 3) for p in points):
            raise UsageError(f"points: expected up to {MOST_POINTS} triples [x, y, 1 or 0]")
        if box is not None and not (_is_row(box, 4) and box[0] < box[2] and box[1] < box[3]):
            raise UsageError("box: expected [x1, y1, x2, y2] with x1 < x2 and y1 < y2")
        if zoom is not None and not (_is_number(zoom) and zoom > 0):
            raise UsageError("zoom: expected a number above 0")
        clicks = tuple(Point(float(x), float(y), bool(inside)) for x, y, inside in points)
        if box is None and not any(click.inside for click in clicks):
            raise UsageError("nothing is pointed at", next_step="click inside the object, or draw a box around it")
        return cls(clicks, None if box is None else tuple(map(float, box)), float(zoom or 1.0))  # type: ignore[arg-type]

    def outside(self, size_wh: tuple[int, int]) -> bool:
        """Whether something lies wholly beside an image of that size."""
        w, h = size_wh
        beside = any(not (0 <= p.x <= w and 0 <= p.y <= h) for p in self.points)
        return beside or (self.box is not None and (self.box[2] <= 0 or self.box[3] <= 0 or not self._begins_in(w, h)))

    def _begins_in(self, w: int, h: int) -> bool:
        return self.box is not None and self.box[0] < w and self.box[1] < h


@dataclass(frozen=True)
class Hints:
    """What the objects annotated so far tell about the next one.

    Attributes:
        radius: median radius of a circle of equal area in image pixels; None while nothing is known.
        spread: standard deviation of the radius' natural logarithm.
    """

    radius: float | None = None
    spread: float = 0.4

    @classmethod
    def of_areas(cls, areas: NDArray[np.float64]) -> Hints:
        """From the areas of objects in square pixels; fewer than three tell nothing."""
        areas = areas[areas > 0]
        if len(areas) < 3:
            return cls()
        logs = np.log(np.sqrt(areas / np.pi))
        return cls(float(np.exp(np.median(logs))), float(np.clip(logs.std(), 0.2, 0.8)))


@dataclass(frozen=True)
class Outline:
    """An answer.

    Attributes:
        shape: what the object covers, along pixel edges; () where nothing was found.
        score: how sure the assistant is, 0 to 1.
    """

    shape: Shape
    score: float


class Picture(Protocol):
    """What an assistant looks at: one plane of an image."""

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""

    @property
    def key(self) -> str:
        """What tells it from all other pictures, by content; "" where that is unknown."""

    def read(self, window_xyxy: Window, step: int = 1) -> Pixels:
        """Pixels ``[y, x, c]`` of a window in their own type, every step-th in x and y."""

    def rendered(self, window_xyxy: Window, step: int = 1) -> NDArray[np.uint8]:
        """The same as networks see it: uint8 RGB ``[y, x, 3]``."""


class Assistant(Protocol):
    """Turns prompts into outlines; the same prompt gives the same outline."""

    name: str

    def outline(self, picture: Picture, prompt: Prompt, hints: Hints) -> Outline:
        """The object that a prompt means.

        Raises:
            UsageError: the prompt lies outside of the picture.
            EngineError: it can't work, or failed.
        """


@dataclass(frozen=True)
class ArrayPicture:
    """A picture in memory.

    Attributes:
        pixels: ``[y, x, c]`` of any real type.
        key: what tells it from other pictures.
    """

    pixels: Pixels
    key: str = ""

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    def read(self, window_xyxy: Window, step: int = 1) -> Pixels:
        """Pixels ``[y, x, c]`` of a window."""
        x1, y1, x2, y2 = window_xyxy
        return self.pixels[y1:y2:step, x1:x2:step]

    def rendered(self, window_xyxy: Window, step: int = 1) -> NDArray[np.uint8]:
        """The same in 8 bits, from the darkest to the brightest value of the picture."""
        window = self.read(window_xyxy, step)
        if window.dtype != np.uint8:
            low, high = float(self.pixels.min()), float(self.pixels.max())
            window = ((window.astype(np.float64) - low) * (255 / max(high - low, 1e-9))).round().astype(np.uint8)
        return np.ascontiguousarray(np.broadcast_to(window, (*window.shape[:2], 3)))


def _is_row(value: Any, length: int) -> bool:
    return isinstance(value, Sequence) and len(value) == length and all(_is_number(v) for v in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
