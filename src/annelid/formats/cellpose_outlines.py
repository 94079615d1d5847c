"""Cellpose's ``_cp_outlines.txt``: an object a line, ``x,y,x,y,...`` through the centres of its outermost pixels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage.draw import line, polygon

from annelid import tracing
from annelid.formats import jsontext
from annelid.formats.values import MAX_COORDINATE, ShapeError, SizeWh
from annelid.geometry import Ring, Shape
from annelid.objects import Kind

_LINE = re.compile(rb"\s*\d+(?:\.\d+)?(?:\s*,\s*\d+(?:\.\d+)?){5,}")


def looks_like_outlines(head: bytes) -> bool:
    """Whether a file begins with numbers between commas."""
    lines = [text for text in head.splitlines() if text.strip()]
    return bool(lines) and _LINE.match(lines[0]) is not None


def read_outlines(file: Path, size_wh: SizeWh) -> Iterator[tuple[str, tuple[Shape, Kind] | ShapeError]]:
    """Place and outline of each line, or what is wrong with it.

    Whole numbers are pixels: the outline is that of all pixels in it and on it. Fractions are points as they are.

    Raises:
        AnnotationError: the file cannot be read.
    """
    for number, text in enumerate(jsontext.read_text(file).splitlines(), 1):
        try:
            points = _points(text)
        except ShapeError as error:
            yield f"line {number}", error
            continue
        is_pixels = (points == np.round(points)).all()
        yield f"line {number}", filled(points.astype(np.int64), size_wh) if is_pixels else (((points,),), Kind.POLYGON)


def _points(text: str) -> Ring:
    if not text.strip():
        raise ShapeError("outline-invalid", "an object whose outline Cellpose left out, as it is too small")
    try:
        values = np.array([float(value) for value in text.split(",")])
    except ValueError:
        raise ShapeError("outline-invalid", "expected numbers between commas") from None
    if len(values) % 2 or len(values) < 6 or not (np.abs(values) <= MAX_COORDINATE).all():
        raise ShapeError(
            "outline-invalid", f"expected pairs of coordinates, three at least, found {len(values)} numbers"
        )
    return values.reshape(-1, 2)


def filled(points: NDArray[np.int64], size_wh: SizeWh) -> tuple[Shape, Kind] | ShapeError:
    """The outline of the pixels that a ring of pixels encloses, with the ring.

    Args:
        points: int64 (n, 2), the pixels that the ring runs through, as x, y.
        size_wh: width and height of the image, beyond which nothing is drawn.
    """
    corner, far = np.maximum(points.min(0), -1), np.minimum(points.max(0), size_wh)
    if (far < corner).any():
        return ShapeError("outside-image", "the outline lies outside the image")
    near = np.clip(points, corner - 1, far + 1) - corner
    mask = np.zeros((far - corner + 1)[::-1], bool)
    mask[polygon(near[:, 1], near[:, 0], mask.shape)] = True  # type: ignore[no-untyped-call]
    for (x1, y1), (x2, y2) in zip(near, np.roll(near, -1, 0), strict=True):
        ys, xs = line(y1, x1, y2, x2)  # type: ignore[no-untyped-call]
        inside = (ys >= 0) & (ys < mask.shape[0]) & (xs >= 0) & (xs < mask.shape[1])
        mask[ys[inside], xs[inside]] = True
    return tracing.mask_to_shape(mask, (float(corner[0]), float(corner[1]))), Kind.MASK
