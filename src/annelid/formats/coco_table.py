"""A COCO file's annotations by image: plain polygons as short rows, all others as their JSON values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

Json = Mapping[str, Any]


class Polygon(NamedTuple):
    """An annotation of one ring that nothing is special about.

    Attributes:
        number: its place in the list of annotations.
        category: category id as text.
        id: its id as text.
        ring: the memory of float64 (2 K,), x, y, x, y ...
        points: K, at least 3.
        score: NaN where there is none.
        foreign: the keys that COCO does not have.
    """

    number: int
    category: str
    id: str
    ring: bytes
    points: int
    score: float
    foreign: Json

    @property
    def value(self) -> Json:
        """The annotation again, as JSON has it."""
        score = {} if np.isnan(self.score) else {"score": self.score}
        ring = np.frombuffer(self.ring, np.float64)
        return {**self.foreign, **score, "id": int(self.id), "category_id": self.category, "segmentation": [ring]}


@dataclass
class AnnotationTable:
    """The annotations of a file.

    Attributes:
        polygons: image id as text -> plain polygons, in the file's order.
        others: image id as text -> number and value of all other annotations.
        strange: number and value of what is no annotation at all.
    """

    polygons: dict[str, list[Polygon]] = field(default_factory=lambda: defaultdict(list))
    others: dict[str, list[tuple[int, Json]]] = field(default_factory=lambda: defaultdict(list))
    strange: list[tuple[int, Any]] = field(default_factory=list)

    @classmethod
    def of_values(cls, values: Sequence[Any]) -> AnnotationTable:
        """A table of JSON values as they are."""
        table = cls()
        for number, value in enumerate(values):
            table.add(number, value)
        return table

    def add(self, number: int, value: Any) -> None:
        """Take an annotation that is not a plain polygon, or not known to be one."""
        if isinstance(value, dict):
            self.others[str(value.get("image_id"))].append((number, value))
        else:
            self.strange.append((number, value))

    def __len__(self) -> int:
        return len(self.strange) + sum(map(len, self.others.values())) + sum(map(len, self.polygons.values()))

    @property
    def values(self) -> list[Json]:
        """The values of all annotations but the plain polygons."""
        return [value for several in self.others.values() for _, value in several]

    @property
    def categories(self) -> set[str]:
        """The category ids in use, as text."""
        of_polygons = {polygon.category for several in self.polygons.values() for polygon in several}
        return of_polygons | {str(value.get("category_id")) for value in self.values}

    def count(self, key: str) -> int:
        """How many annotations an image has."""
        return len(self.polygons.get(key, ())) + len(self.others.get(key, ()))

    def of_image(self, key: str) -> list[tuple[int, Json]]:
        """Number and value of every annotation of an image, in the file's order."""
        plain = [(polygon.number, polygon.value) for polygon in self.polygons.get(key, ())]
        return sorted([*plain, *self.others.get(key, ())], key=lambda entry: entry[0])

    def strays(self, known: set[str]) -> list[int]:
        """The numbers of annotations whose image is none of the known ones."""
        polygons = [p.number for key, several in self.polygons.items() if key not in known for p in several]
        return sorted(polygons + [n for key, several in self.others.items() if key not in known for n, _ in several])
