"""What a reader made of files, to compare with what it made of them before they were spoiled."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.fuzzing.places import lay
from tests.fuzzing.seeds import Seed

from annelid import formats
from annelid.errors import AnnotationError
from annelid.formats.base import Annotations
from annelid.formats.images import FolderImages

Found = Counter[tuple[object, ...]]
"""Objects by image, class, kind and outline, whatever their ids."""


@dataclass(frozen=True)
class Outcome:
    """What was read: objects, and what was said; an error is said and gives no objects.

    Attributes:
        objects: the objects.
        said: kind, file and place of each loss, or the error.
        refused: whether it is an error.
    """

    objects: Found
    said: Counter[str]
    refused: bool = False

    def says_more_than(self, other: Outcome) -> bool:
        """Whether something is told that was not told before."""
        return bool(self.said - other.said)


class Bench:
    """The files of a seed, of which one at a time is another one.

    Args:
        name: of the format.
        seed: its files.
        folder: where they are laid out.
    """

    def __init__(self, name: str, seed: Seed, folder: Path) -> None:
        self.module, self.seed, self.root = formats.get(name), seed, folder
        lay(seed.files, folder)
        self._images = FolderImages(folder)
        self.whole = self._read(self._images)

    def _read(self, images: FolderImages) -> Outcome:
        try:
            found = self.module.read(self.root, images)
        except AnnotationError as error:
            return Outcome(Found(), Counter([str(error)]), refused=True)
        said = Counter(f"{loss.kind}: {loss.file} {loss.place}: {loss.count}" for loss in found.losses)
        return Outcome(_objects(found), said)

    def with_file(self, name: str, data: bytes | None) -> Outcome:
        """What is read where one file holds something else, or is not there."""
        file = self.root / name
        if data is None:
            file.unlink()
        else:
            file.write_bytes(data)
        outcome = self._read(self._images if data is not None else FolderImages(self.root))
        file.write_bytes(self.seed.files[name])
        return outcome


def _objects(found: Annotations) -> Found:
    counted: Found = Counter()
    for item in found.items:
        objects = item.objects
        for n in range(len(objects)):
            one = objects[[n]]
            what = (str(one.labels[0]), int(one.kinds[0]), one.coords.round(6).tobytes(), bool(one.ignore[0]))
            counted[Path(item.image.path).name, *what] += 1
    return counted
