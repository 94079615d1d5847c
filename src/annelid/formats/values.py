"""Values in annotation files: numbers, points, sizes and names, or what is wrong with them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

SizeWh = tuple[int, int]
MAX_COORDINATE = 1e7
"""Coordinates beyond are a mistake: no image is that large."""
_MAX_NUMBER = 1e9


class ShapeError(Exception):
    """A shape that cannot become an object.

    Args:
        kind: code of the loss.
        what: the sentence for the user, without what became of the shape.
        key: where in the shape, or "".
    """

    def __init__(self, kind: str, what: str, key: str = "") -> None:
        super().__init__(what)
        self.kind, self.what, self.key = kind, f"{what}: the shape was left out", key


def number(value: object, what: str, key: str = "") -> float:
    """A number from a file, which may be written as text.

    Raises:
        ShapeError: it is none, or is not finite.
    """
    try:
        found = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if not abs(found) <= _MAX_NUMBER:
        raise ShapeError("outline-invalid", f"expected a number as {what}, found {value!r:.60}", key)
    return found


def points(xs: object, key: str, least: int = 3) -> NDArray[np.float64]:
    """float64 (n, 2) from a list of pairs.

    Raises:
        ShapeError: they are no pairs of finite numbers, or fewer than ``least``.
    """
    try:
        found = np.asarray(xs, np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ShapeError("outline-invalid", "expected pairs of numbers", key) from None
    if found.ndim != 2 or found.shape[1] != 2 or not (np.abs(found) <= _MAX_NUMBER).all():
        raise ShapeError("outline-invalid", "expected pairs of numbers that can be pixels", key)
    if len(found) > 1 and least >= 3 and (found[0] == found[-1]).all():
        found = found[:-1]  # closed: the first point again
    if len(found) < least:
        raise ShapeError("outline-invalid", f"expected at least {least} points, found {len(found)}", key)
    return found


def size_from(width: object, height: object) -> SizeWh | None:
    """A size in pixels as a file says it; None where it says none that can be."""
    try:
        size = tuple(int(float(v)) for v in (width, height) if isinstance(v, str | int | float))
    except (ValueError, OverflowError):
        return None
    return (size[0], size[1]) if len(size) == 2 and all(0 < v < MAX_COORDINATE for v in size) else None


def label_of(value: object, key: str) -> str:
    """A class name.

    Raises:
        ShapeError: there is none.
    """
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not text.strip():
        raise ShapeError("label-missing", f"expected a class name, found {value!r:.60}", key)
    return text


def foreign(value: Mapping[str, Any], known: Iterable[str], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """What of a value is neither understood nor as it is always written."""
    skipped = set(known)
    return {k: v for k, v in value.items() if k not in skipped and not (k in defaults and v == defaults[k])}
