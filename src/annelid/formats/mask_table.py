"""classes.csv beside label images: which class and score each value of each mask has."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from annelid.atomic import write_text
from annelid.errors import AnnotationError
from annelid.formats import jsontext
from annelid.formats.data_yaml import read_class_file

FILE = "classes.csv"
_CLASS_LIST = "classes.txt"
_COLUMNS = ("image", "value", "class", "score")

TableRow = tuple[str, int, str, float]
"""Image, value, class, score (NaN when there is none)."""


@dataclass(frozen=True)
class Table:
    """What a classes.csv says.

    Attributes:
        folder: where it lies.
        entries: image name without ending, value -> class, score.
        classes: class names in order.
        is_there: whether there is a file.
    """

    folder: Path
    entries: Mapping[tuple[str, int], tuple[str, float]] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    is_there: bool = False

    def get(self, mask: Path, value: int) -> tuple[str, float] | None:
        """Class and score of a value of a mask; None when the table does not have it."""
        return self.entries.get((self._name(mask), value))

    def values(self, mask: Path) -> set[int]:
        """The values that the table has of a mask."""
        name = self._name(mask)
        return {value for image, value in self.entries if image == name}

    def _name(self, mask: Path) -> str:
        """What a mask is called in the table."""
        roots = (root for root in (self.folder / "masks", self.folder) if mask.is_relative_to(root))
        return next((_without_ending(mask.relative_to(root).as_posix()) for root in roots), "")


def read_table(folder: Path) -> Table:
    """The classes.csv of a folder of masks or of the folder above; empty where there is none.

    Raises:
        AnnotationError: the file is not such a table.
    """
    file = next((place / FILE for place in (folder, folder.parent) if (place / FILE).is_file()), None)
    if file is None:
        return Table(folder)
    try:
        entries = _entries(file)
    except csv.Error as error:
        raise AnnotationError(file, expected=",".join(_COLUMNS), found=str(error)) from error
    listed = file.with_name(_CLASS_LIST)
    order = read_class_file(listed) if listed.is_file() else ()
    classes = dict.fromkeys([*order, *(label for label, _ in entries.values())])
    return Table(file.parent, entries, tuple(classes), is_there=True)


def _entries(file: Path) -> dict[tuple[str, int], tuple[str, float]]:
    reader = csv.DictReader(io.StringIO(jsontext.read_text(file)))
    if not set(_COLUMNS[:3]) <= set(reader.fieldnames or ()):
        found = ",".join(reader.fieldnames or ())[:80] or "nothing"
        raise AnnotationError(file, place="line 1", expected=",".join(_COLUMNS), found=found)
    entries: dict[tuple[str, int], tuple[str, float]] = {}
    for number, row in enumerate(reader, 2):
        try:
            key = _without_ending(row["image"].replace("\\", "/")), int(row["value"])
            score = float(row.get("score") or math.nan)
        except (ValueError, AttributeError, TypeError):
            expected, found = ",".join(_COLUMNS), ",".join(str(v) for v in row.values())[:80]
            raise AnnotationError(file, place=f"line {number}", expected=expected, found=found) from None
        entries[key] = row["class"] or "", score if math.isfinite(score) else math.nan
    return entries


def write_table(folder: Path, rows: Sequence[TableRow], classes: Sequence[str]) -> None:
    """Write classes.csv, and classes.txt with the names in order."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows((*row[:3], "" if math.isnan(row[3]) else repr(row[3])) for row in rows)
    write_text(folder / FILE, stream.getvalue())
    write_text(folder / _CLASS_LIST, "".join(f"{name}\n" for name in classes))


def _without_ending(name: str) -> str:
    path = PurePosixPath(name)
    return str(path.with_name(path.stem))
