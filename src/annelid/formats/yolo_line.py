"""The lines of a YOLO label file: a class index and numbers between 0 and 1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from annelid import geometry
from annelid.errors import AnnotationError
from annelid.formats.row import NO_PARAMS, Row
from annelid.geometry import Ring
from annelid.objects import Kind

AUTHOR = "import:yolo"
_DIGITS = 12
"""Exact to 1e-7 pixels in an image of 100,000."""
_COMMAS_TO_SPACES = bytes.maketrans(b",", b" ")
_LARGEST = 2.0
"""A number above this is no share of an image that sticks out a little: it is a pixel coordinate."""


@dataclass(frozen=True)
class Line:
    """One label line.

    Attributes:
        number: counted from 1.
        index: the class index.
        values: centre x, centre y, width and height of a box, or x and y of each vertex; shares of the image.
        score: the confidence behind them, or NaN.
    """

    number: int
    index: int
    values: tuple[float, ...]
    score: float

    @property
    def is_box(self) -> bool:
        """Whether the values are a box."""
        return len(self.values) == 4


def parse_lines(text: str, file: Path) -> tuple[list[Line], int]:
    """The lines of a label file and how many were left out because an equal one came before.

    Raises:
        AnnotationError: a line is not YOLO's; it names the line and shows it.
    """
    lines: list[Line] = []
    seen: set[str] = set()
    doubles = 0
    for number, line in enumerate(text.splitlines(), 1):
        content = line.strip()
        if not content:
            continue
        if content in seen:
            doubles += 1
            continue
        seen.add(content)
        lines.append(_parse(content, number, file))
    return lines, doubles


def _parse(content: str, number: int, file: Path) -> Line:
    try:
        values = tuple(map(float, content.split()))
    except ValueError:
        raise _refused(file, number, "a class index and numbers between 0 and 1", content) from None
    if len(values) < 5:
        raise _refused(file, number, "a class index and 4 or more numbers", content)
    index, values = values[0], values[1:]
    if not (0 <= index < 100_000 and index == math.floor(index)):
        raise _refused(file, number, "a class index 0, 1, 2 ... first", content)
    if not all(map(math.isfinite, values)):
        raise _refused(file, number, "finite numbers", content)
    if max(values) > _LARGEST or min(values) < 1 - _LARGEST:
        step = "divide x by the image's width and y by its height; some tools' predictions are in pixels"
        found = f"pixel coordinates: {content}"
        raise _refused(file, number, "shares of the image between 0 and 1", found, step)
    has_score = len(values) % 2 == 1
    score = values[-1] if has_score else math.nan
    if has_score and not 0 <= score <= 1:
        raise _refused(file, number, "a confidence between 0 and 1 in the last column", content)
    return Line(number, int(index), values[: len(values) - has_score], score)


def _refused(file: Path, number: int, expected: str, content: str, next_step: str = "") -> AnnotationError:
    shown = content if len(content) <= 80 else f"{content[:77]}..."
    step = next_step or "give the folder of YOLO labels, or name the format with --format"
    return AnnotationError(file, place=f"line {number}", expected=expected, found=shown, next_step=step)


def row_of_line(line: Line, label: str, size_wh: tuple[int, int], *, oriented: bool = False) -> Row:
    """The object of a line in pixels.

    Args:
        line: the line.
        label: class name of its index.
        size_wh: width and height of the image, by which the shares are multiplied.
        oriented: whether a rectangle of four vertices is a rotated box.
    """
    if line.is_box:
        xc, yc, w, h = line.values
        width, height = size_wh
        ring = geometry.box_ring(
            (xc - w / 2) * width, (yc - h / 2) * height, (xc + w / 2) * width, (yc + h / 2) * height
        )
        return Row(((ring,),), label, Kind.BOX, score=line.score, author=AUTHOR)
    ring = np.array(line.values, np.float64).reshape(-1, 2) * size_wh
    if oriented and len(ring) == 4 and is_rectangle(ring):
        return Row(((ring,),), label, Kind.ROTATED_BOX, rotated_box(ring), line.score, AUTHOR)
    return Row(((ring,),), label, Kind.POLYGON, NO_PARAMS, line.score, AUTHOR)


def is_rectangle(ring: Ring, tolerance: float = 0.02) -> bool:
    """Whether four vertices are a rectangle's corners, within a share of its diagonal or a pixel."""
    diagonals = ring[2] - ring[0], ring[3] - ring[1]
    lengths = [float(np.hypot(*d)) for d in diagonals]
    allowed = max(tolerance * max(lengths), 1.0)
    centres_apart = float(np.hypot(*((ring[0] + ring[2]) / 2 - (ring[1] + ring[3]) / 2)))
    return abs(lengths[0] - lengths[1]) <= allowed and centres_apart <= allowed


def is_upright(ring: Ring, tolerance: float = 0.5) -> bool:
    """Whether the edges of four vertices run along x and y, within pixels."""
    steps = np.abs(np.roll(ring, -1, 0) - ring)
    return bool((steps.min(1) <= tolerance).all())


def rotated_box(ring: Ring) -> tuple[float, ...]:
    """Centre x, centre y, width, height and angle of a rectangle's four corners."""
    along, across = ring[1] - ring[0], ring[3] - ring[0]
    cx, cy = ring.mean(0)
    angle = float(np.arctan2(along[1], along[0]))
    return float(cx), float(cy), float(np.hypot(*along)), float(np.hypot(*across)), angle


def looks_oriented(rings: Sequence[Ring]) -> bool:
    """Whether outlines of four vertices are oriented boxes and not polygons that happen to have four.

    Nearly all must be rectangles (the image's edge may have cut some), and one at least must stand askew:
    upright ones are what a box becomes in a segmentation dataset.
    """
    rectangles = [ring for ring in rings if is_rectangle(ring)]
    return len(rectangles) >= 0.9 * len(rings) and any(not is_upright(ring) for ring in rectangles)


def box_text(index: int, box_xyxy: NDArray[np.float64], size_wh: tuple[int, int]) -> bytes:
    """The line of a box."""
    (x1, y1, x2, y2), (w, h) = box_xyxy.tolist(), size_wh
    shares = np.round([(x1 + x2) / 2 / w, (y1 + y2) / 2 / h, (x2 - x1) / w, (y2 - y1) / h], _DIGITS)
    return line_text(index, texts_of_shares([shares])[0])


def ring_text(index: int, ring: Ring, size_wh: tuple[int, int]) -> bytes:
    """The line of an outline; one of less than three vertices repeats its last."""
    if len(ring) < 3:
        ring = np.concatenate([ring, np.repeat(ring[-1:], 3 - len(ring), 0)])
    return line_text(index, texts_of_shares([rounded_shares(ring, size_wh).ravel()])[0])


def line_text(index: int, numbers: bytes) -> bytes:
    """A line with its end; the numbers begin with a space."""
    return b"%d%b\n" % (index, numbers)


def rounded_shares(coords: NDArray[np.float64], size_wh: tuple[int, int]) -> NDArray[np.float64]:
    """Coordinates (K, 2) as shares of the image."""
    return np.asarray(np.round(np.clip(coords / size_wh, 0, 1), _DIGITS), np.float64)


def texts_of_shares(rows: Sequence[NDArray[np.float64]]) -> list[bytes]:
    """The numbers of each row as a label line has them, each behind a space."""
    texts = b"," + orjson.dumps(rows, option=orjson.OPT_SERIALIZE_NUMPY)[2:-2]
    return texts.translate(_COMMAS_TO_SPACES, b"[").split(b"]") if rows else []
