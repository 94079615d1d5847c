"""What a split must not cut: images of one group, planes of one image, copies of one file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from annelid.dataset import LabeledImage
from annelid.image import ImageRef

By = Literal["group", "image"]


@dataclass(frozen=True)
class Unit:
    """Items that go to one part together.

    Attributes:
        key: name of the unit, the same whatever the order of the items and the ids they were given at import.
        items: its items, sorted by id.
    """

    key: str
    items: tuple[LabeledImage, ...]


def find_units(items: Iterable[LabeledImage], by: By, together: Iterable[tuple[str, str]] = ()) -> list[Unit]:
    """Join the items that must stay together; units sorted by key.

    Args:
        items: in any order.
        by: ``group``: what shares a group stays together; ``image``: every image for itself. Planes of one
            image and byte-identical images are joined either way.
        together: ids of items that belong together besides, for example because they show the same.
    """
    ordered = sorted(items, key=lambda item: item.id)
    root = list(range(len(ordered)))
    first: dict[str, int] = {}
    for n, item in enumerate(ordered):
        for tie in _ties(item.image, by):
            _join(root, first.setdefault(tie, n), n)
    place = {item.id: n for n, item in enumerate(ordered)}
    for a, b in together:
        if a in place and b in place:
            _join(root, place[a], place[b])
    members: dict[int, list[LabeledImage]] = {}
    for n, item in enumerate(ordered):
        members.setdefault(_find(root, n), []).append(item)
    units = [Unit(min(unit_key(i.image, by) for i in group), tuple(group)) for group in members.values()]
    return sorted(units, key=lambda unit: (unit.key, unit.items[0].id))


def unit_key(image: ImageRef, by: By) -> str:
    """What names the image's group: the group itself, else the content of the file, else its path."""
    if by == "group" and image.group:
        return f"group:{image.group}"
    return f"file:{image.fingerprint or image.path}"


def _ties(image: ImageRef, by: By) -> Sequence[str]:
    """Items that share one of these belong together."""
    ties = [f"image:{image.id}"]
    if image.fingerprint:
        ties.append(f"file:{image.fingerprint}")
    if by == "group" and image.group:
        ties.append(f"group:{image.group}")
    return ties


def _find(root: list[int], n: int) -> int:
    while root[n] != n:
        root[n] = root[root[n]]
        n = root[n]
    return n


def _join(root: list[int], a: int, b: int) -> None:
    low, high = sorted((_find(root, a), _find(root, b)))
    root[high] = low
