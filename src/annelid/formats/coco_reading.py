"""What goes for a whole COCO file while it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annelid.formats.base import LossReport

Json = Mapping[str, Any]
SizeWh = tuple[int, int]


@dataclass(frozen=True)
class Reading:
    """What the functions below share while one file is read.

    Attributes:
        file: the file's name for losses.
        class_names: category id as text -> class name.
        known: class names that are taken; others are a loss.
        crowd_is_object: read ``iscrowd: 1`` as an object like any other.
        losses: collects what was lost.
        as_is: do not clip, and take boxes without width or height: what a detector said is what is measured.
    """

    file: str
    class_names: Mapping[str, str]
    known: frozenset[str]
    crowd_is_object: bool
    losses: LossReport
    as_is: bool = False
