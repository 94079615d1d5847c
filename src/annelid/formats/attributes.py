"""What other tools said of objects, by name, where a format has no place for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annelid.dataset import Dataset
from annelid.formats.base import LossReport

_OF_FILE = re.compile(r"_(?:file|image|task|annotation|project)$")
"""Keys of what an object carries for its image or its file, and which says nothing of the object."""
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
        own = {key: v for key, v in extra.items() if not _OF_FILE.search(key)}
        names = [*_names(own), *(["origin"] if origin else []), *(["parent"] if parent else [])]
        self.count += bool(names)
        self.names |= dict.fromkeys(names)

    def report(self, losses: LossReport, file: Path) -> None:
        """Tell it once, where there is something to tell."""
        if self.count:
            more = f" and {len(self.names) - _FIRST} more" if len(self.names) > _FIRST else ""
            what = f"attributes of objects were left out: {', '.join(list(self.names)[:_FIRST])}{more}"
            losses.add("attributes", what, file, count=self.count)


def tell_of_files(dataset: Dataset, losses: LossReport, out: Path) -> None:
    """Tell once, for a whole data set, that what files said of themselves and of their images is left out.

    No object is concerned, so that it is no loss where none are allowed.
    """
    extras = (extra for item in dataset.items for extra in item.objects.extra if extra)
    ridden = (v for extra in extras for key, v in extra.items() if _OF_FILE.search(key) and isinstance(v, Mapping))
    names = list(dict.fromkeys(name for value in ridden for name in _names(value)))
    if names:
        more = f" and {len(names) - _FIRST} more" if len(names) > _FIRST else ""
        what = f"what files said of themselves and of their images was left out: {', '.join(names[:_FIRST])}{more}"
        losses.add("file-keys", what, out, count=0)


def tell_of_numbers(dataset: Dataset, losses: LossReport, out: Path) -> None:
    """Tell once that the numbers of label images are left out; they matter where they are the same in each frame."""
    if any("label_value" in extra for item in dataset.items for extra in item.objects.extra):
        losses.add("label-value", "the numbers that objects have in label images were left out", out, count=0)


def _names(extra: Mapping[str, Any]) -> Iterator[str]:
    for key, value in extra.items():
        if isinstance(value, Mapping):
            yield from _names(value)
        elif key not in _SILENT and value not in _EMPTY:
            yield key
