"""Leaks: images of one part that the model gets to know in another, in a sentence a part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations, product

from annelid.check.parts import cut_groups, is_guess
from annelid.check.subject import Subject
from annelid.dataset import LabeledImage
from annelid.split import PARTS

_FEW = 0.05  # of a part; sets that others made often hold a field that was taken twice


@dataclass(frozen=True)
class Leak:
    """How much of a part is known from an earlier one.

    Attributes:
        part: the part of which images are known elsewhere, ``val`` or ``test``.
        source: where they are known from, ``train`` or ``val``.
        images: how many images of the part.
        of: how many the part has.
        codes: of the findings that say so, sorted.
        example: one of them in words.
        near: how many of the images are near copies only.
    """

    part: str
    source: str
    images: int
    of: int
    codes: tuple[str, ...]
    example: str
    near: int = 0

    @property
    def is_grave(self) -> bool:
        """Whether figures mean little: an image or a group is the same, or more than one in twenty is a near copy."""
        return self.near < self.images or self.near > _FEW * self.of

    def __str__(self) -> str:
        """In a sentence."""
        kinds = {"A101": "byte-identical to", "A107": "near copies of", "A103": "of the same group as"}
        how = " or ".join(kinds[code] for code in self.codes)
        codes = ", ".join(self.codes)
        return (
            f"{self.images} of {self.of} {self.part} images are {how} images in {self.source} ({codes}), "
            f"for example {self.example}"
        )


def leaks(data: Subject) -> list[Leak]:
    """What the model knows of a part from an earlier one; none where there is no split.

    Groups that are only guessed from file names, or that the split was told to cut, are no leaks (they are
    findings); planes of one image always belong together.
    """
    if data.split is None:
        return []
    parts = data.split.parts
    known: dict[tuple[str, str], dict[str, tuple[str, str]]] = defaultdict(dict)
    for code, a, b in _pairs(data):
        for one, other in ((a, b), (b, a)):
            part, source = parts.get(one.id), parts.get(other.id)
            if part and source and PARTS.index(source) < PARTS.index(part):
                known[part, source].setdefault(one.id, (code, f"{one.image.path} and {other.image.path}"))
    counts: dict[str, int] = {part: len(data.split.ids(part)) for part in PARTS}
    ordered = sorted(known.items(), key=lambda entry: [PARTS.index(p) for p in entry[0]])
    return [_leak(part, source, list(found.values()), counts[part]) for (part, source), found in ordered]


def _leak(part: str, source: str, found: list[tuple[str, str]], of: int) -> Leak:
    codes = [code for code, _ in found]
    return Leak(part, source, len(found), of, tuple(sorted(set(codes))), found[0][1], codes.count("A107"))


def _pairs(data: Subject) -> list[tuple[str, LabeledImage, LabeledImage]]:
    """Code and two items that must not lie in different parts, the surest kind first."""
    parts = data.split.parts if data.split else {}
    views: dict[str, list[LabeledImage]] = defaultdict(list)
    for item in data.items:
        views[item.image.id].append(item)
    copied = ([view for item in items for view in views[item.image.id]] for items in data.copies)
    copies = [("A101", a, b) for items in copied for a, b in _across(items, parts)]
    near = [("A107", a, b) for a, b, _ in data.alike]
    wished = data.split is not None and data.split.by == "image"
    cut = [items for items in cut_groups(data).values() if not is_guess(items) and not (wished and _several(items))]
    return copies + near + [("A103", a, b) for items in cut for a, b in _across(items, parts)]


def _several(items: list[LabeledImage]) -> bool:
    return len({item.image.id for item in items}) > 1


def _across(items: Iterable[LabeledImage], parts: Mapping[str, str]) -> list[tuple[LabeledImage, LabeledImage]]:
    """Pairs in different parts: every item against one of each other part."""
    by_part: dict[str, list[LabeledImage]] = defaultdict(list)
    for item in items:
        if item.id in parts:
            by_part[parts[item.id]].append(item)
    pairs: list[tuple[LabeledImage, LabeledImage]] = []
    for one, other in combinations(by_part.values(), 2):
        pairs += [*product(one, other[:1]), *product(one[:1], other[1:])]
    return pairs
