"""What mends a finding: changes of annotation, each a revision that can be taken back, and classes that become one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations
from math import prod

import numpy as np
from numpy.typing import NDArray

from annelid.check.classes import names_alike, unused
from annelid.check.copies import near_copies
from annelid.check.images import blank, unreadable
from annelid.check.objects import is_empty
from annelid.check.overlap import drawn_again
from annelid.check.subject import Subject
from annelid.dataset import LabeledImage
from annelid.store.changes import ChangeSet

RESPLIT = ("A101", "A103", "A107")
"""Findings that a new split mends."""
PLACE = "A106"
"""The finding that a split mends in which nothing moves."""

_Pairs = Iterable[tuple[LabeledImage, LabeledImage]]


def changes(code: str, data: Subject) -> dict[str, ChangeSet] | None:
    """The annotation as it should be.

    Args:
        code: of a finding.
        data: what was checked.

    Returns:
        Id of a view -> what changes on it; None when the finding is of another nature.
    """
    if code in _LEFT_OUT:
        return {item.id: _leave_out(item, code, why) for item, why in _LEFT_OUT[code](data)}
    if code in _DELETED:
        found = ((item, _DELETED[code](item)) for item in data.items)
        return {item.id: _delete(item, which, code) for item, which in found if which.any()}
    return None


def class_map(code: str, data: Subject) -> dict[str, str | None] | None:
    """Old class -> new class, None for one that goes; None when the finding is of another nature."""
    if code == "A206":
        return dict.fromkeys(unused(data))
    if code != "A205":
        return None
    counts = data.class_counts(data.items)
    known = set(data.dataset.classes)
    into: dict[str, str | None] = {}
    for group in _connected((a, b) for a, b in names_alike(data) if {a, b} <= known):
        best = max(group, key=lambda name: (counts[name], -data.dataset.classes.index(name)))
        into |= dict.fromkeys((name for name in group if name != best), best)
    return into


def _copies(data: Subject) -> Iterable[tuple[LabeledImage, str]]:
    return _all_but_best(pair for items in data.copies for pair in combinations(items, 2))


def _near_copies(data: Subject) -> Iterable[tuple[LabeledImage, str]]:
    return _all_but_best((a, b) for a, b, _ in near_copies(data))


def _all_but_best(pairs: _Pairs) -> Iterable[tuple[LabeledImage, str]]:
    """Of images that are alike those to leave out, with what stays in their place.

    What has the most objects, then the most pixels, comes first and stays, unless it is like one that stays: of a
    movie in which only neighbours are alike, every other frame goes, not all of them.
    """
    items: dict[str, LabeledImage] = {}
    like: dict[str, list[str]] = defaultdict(list)
    for a, b in pairs:
        items |= {a.id: a, b.id: b}
        like[a.id].append(b.id)
        like[b.id].append(a.id)
    stays: set[str] = set()
    for item in sorted(items.values(), key=lambda i: (not i.covered, -len(i.objects), -prod(i.size_wh))):
        kept = next((other for other in like[item.id] if other in stays), None)
        if kept is None:
            stays.add(item.id)
        else:
            yield item, f"a copy of {items[kept].image.path}"


_LEFT_OUT: Mapping[str, Callable[[Subject], Iterable[tuple[LabeledImage, str]]]] = {
    "A102": _copies,
    "A108": _near_copies,
    "A208": lambda data: ((item, "blank") for item in blank(data)),
    "A209": lambda data: ((item, "cannot be read") for item in unreadable(data)),
}
_DELETED: Mapping[str, Callable[[LabeledImage], NDArray[np.bool_]]] = {
    "A301": lambda item: is_empty(item.objects),
    "A305": drawn_again,
}
FIXABLE = (*RESPLIT, PLACE, "A205", "A206", *_LEFT_OUT, *_DELETED)
"""Codes that are mended without a person who decides."""


def _leave_out(item: LabeledImage, code: str, why: str) -> ChangeSet:
    message = f"left out by annelid check --fix {code}: {why}"
    return ChangeSet(item.revision, author=f"check:{code}", message=message, covered=(), state="reviewed")


def _delete(item: LabeledImage, which: NDArray[np.bool_], code: str) -> ChangeSet:
    removed = tuple(map(str, item.objects.ids[which]))
    return ChangeSet(item.revision, removed=removed, author=f"check:{code}", message=f"annelid check --fix {code}")


def _connected(pairs: Iterable[tuple[str, str]]) -> list[set[str]]:
    groups: list[set[str]] = []
    for pair in pairs:
        joined = set(pair).union(*(group for group in groups if group & set(pair)))
        groups = [group for group in groups if not group & joined] + [joined]
    return groups
