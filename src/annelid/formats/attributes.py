"""What other tools said of objects, by name, where a format has no place for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annelid.formats.base import LossReport

_SILENT = {"label_value", "version"}
"""The number in a label image, and that of the program: they say nothing of the object."""
_EMPTY: tuple[object, ...] = (None, "", [], {})
_FIRST = 6


@dataclass
class LeftOut:
    """Counts the objects of a file of which something is left out, and what.

    Attributes:
        count: objects.
        names: of what was said of them, in the order in which it came up.
    """

    count: int = 0
    names: dict[str, None] = field(default_factory=dict)

    def add(self, extra: Mapping[str, Any], origin: str = "", parent: str = "") -> None:
        """Count an object that has something to say."""
        names = [*_names(extra), *(["origin"] if origin else []), *(["parent"] if parent else [])]
        self.count += bool(names)
        self.names |= dict.fromkeys(names)

    def report(self, losses: LossReport, file: Path) -> None:
        """Tell it once, where there is something to tell."""
        if self.count:
            more = f" and {len(self.names) - _FIRST} more" if len(self.names) > _FIRST else ""
            what = f"attributes of objects were left out: {', '.join(list(self.names)[:_FIRST])}{more}"
            losses.add("attributes", what, file, count=self.count)


def _names(extra: Mapping[str, Any]) -> Iterator[str]:
    for key, value in extra.items():
        if isinstance(value, Mapping):
            yield from _names(value)
        elif key not in _SILENT and value not in _EMPTY:
            yield key
