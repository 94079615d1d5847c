"""What an annotation format is, and what it says it lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from annelid.dataset import Dataset, LabeledImage


@dataclass(frozen=True)
class Loss:
    """Something that a format could not carry.

    Attributes:
        kind: short code, for example ``holes-filled``, ``class-unknown``, ``image-missing``.
        what: one sentence for the user.
        file: the file in which it happened.
        place: where in it (``line 12``, ``shapes[3]``), or "".
        count: how many objects are concerned.
    """

    kind: str
    what: str
    file: str = ""
    place: str = ""
    count: int = 1


@dataclass
class LossReport:
    """Collects losses while a file is read or written."""

    losses: list[Loss] = field(default_factory=list)

    def add(self, kind: str, what: str, file: Path | str = "", place: str = "", count: int = 1) -> None:
        """Note a loss."""
        self.losses.append(Loss(kind, what, str(file), place, count))

    def renamed(self, old: Path, new: Path) -> LossReport:
        """The same with the name of the file or folder that the user knows, where another one was used."""
        a, b = str(old), str(new)
        return LossReport([replace(x, file=x.file.replace(a, b), what=x.what.replace(a, b)) for x in self.losses])

    def by_kind(self) -> dict[str, list[Loss]]:
        """The losses of each kind, in the order in which the kinds first came up."""
        kinds: dict[str, list[Loss]] = {}
        for loss in self.losses:
            kinds.setdefault(loss.kind, []).append(loss)
        return kinds

    def __iter__(self) -> Iterator[Loss]:
        return iter(self.losses)

    def __len__(self) -> int:
        return len(self.losses)


class ImageIndex(Protocol):
    """Finds the image that an annotation names."""

    def find(self, name: str) -> Path | None:
        """The image file for a name as annotations write it: a path, a bare name or a stem; None when there is none.

        Raises:
            AnnotationError: several images fit and nothing tells which one is meant.
        """

    def size_wh(self, path: Path) -> tuple[int, int]:
        """Width and height of an image in pixels, EXIF rotation applied."""

    def all(self) -> Sequence[Path]:
        """Every image, sorted."""


@dataclass(frozen=True)
class Annotations:
    """What was read from annotation files.

    Attributes:
        classes: class names in the order that the source gives them.
        items: one per image; ``view.image.paths[0]`` is the image file where it was found, else the name that the
            source uses, and ``view.image.id`` is "" (ids are given by the project).
        losses: what could not be carried.
        parts: path of the image -> ``train``, ``val`` or ``test``, where the source has a split of its own.
    """

    classes: tuple[str, ...]
    items: tuple[LabeledImage, ...]
    losses: LossReport
    parts: Mapping[str, str] = field(default_factory=dict)


class Format(Protocol):
    """An annotation format is a module with these names."""

    NAME: str
    """As typed behind ``--to`` and ``--format``."""

    def sniff(self, path: Path) -> bool:
        """Whether a file or a folder looks like this format, by content; never raises on a readable path."""

    def read(self, path: Path, images: ImageIndex, classes: Sequence[str] = ()) -> Annotations:
        """Read a file or a folder.

        Args:
            path: the file or folder.
            images: where to look for the images.
            classes: class names in order, where the user gave them; they win over the source's.

        Raises:
            AnnotationError: the file as a whole cannot be read. One bad object is a `Loss`, not an error.
        """

    def write(self, dataset: Dataset, out: Path, names: Mapping[str, str]) -> LossReport:
        """Write a dataset below the folder ``out``, which exists.

        Args:
            dataset: what to write; its classes give the indices.
            out: folder to write into.
            names: item id -> relative path of the image as the written files shall name it.
        """
