"""The order of the classes, kept for formats that list none: there it would be the order in which objects use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

KEY = "classes"


def told_classes(classes: Sequence[str]) -> dict[str, Any]:
    """``{"classes": [...]}`` for the first image that is written, or nothing where a single class needs no order."""
    return {KEY: list(classes)} if len(classes) > 1 else {}


def classes_in(header: object) -> list[str]:
    """The classes that `told_classes` told of, in order; none where it told nothing."""
    told = header.get(KEY) if isinstance(header, Mapping) else None
    return [name for name in told if isinstance(name, str) and name] if isinstance(told, list) else []
