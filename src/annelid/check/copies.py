"""Checks for images that are there more than once: byte by byte, or showing the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from annelid.check.alike import Alike
from annelid.check.finding import Finding, Kind, Place
from annelid.check.subject import Subject, said
from annelid.dataset import LabeledImage

_RESPLIT = "`annelid check --fix {}` divides anew; then train again, and do not compare the new figures with the old"
_TOO_GOOD = "the model is validated or tested on an image that it has learned by heart, so its figures are too good"

COPIES_ACROSS = Kind("A101", "copies-across-parts", "error", _TOO_GOOD, _RESPLIT.format("A101"), fixable=True)
COPIES = Kind(
    *("A102", "copies", "warning"),
    "a copy adds nothing to learn from, and when it is annotated differently, the model is taught both",
    "`annelid check --fix A102` leaves all but the best annotated one of each out (a split keeps copies together "
    "by itself)",
    fixable=True,
)
ALIKE_ACROSS = Kind("A107", "near-copies-across-parts", "error", _TOO_GOOD, _RESPLIT.format("A107"), fixable=True)
ALIKE = Kind(
    *("A108", "near-copies", "warning"),
    "a picture that was turned, scaled, saved anew or taken again at once adds little to learn from, and there seem "
    "to be more images than there are",
    "look at the pairs; `annelid check --fix A108` leaves all but the best annotated one of each out",
    fixable=True,
)


def copies_across_parts(data: Subject) -> Finding | None:
    """Byte-identical images in different parts."""
    cut = [_copies_place(items, data) for items in data.copies if len(data.parts(items)) > 1]
    return COPIES_ACROSS.finding("{n} image(s) are in more than one part of the split", cut)


def copies_within(data: Subject) -> Finding | None:
    """Byte-identical images in one part, or where there is no split."""
    together = [_copies_place(items, data) for items in data.copies if len(data.parts(items)) <= 1]
    return COPIES.finding("{n} image(s) are there more than once, byte by byte", together)


def near_copies_across_parts(data: Subject) -> Finding | None:
    """Images in different parts that show the same."""
    cut = (pair for pair in data.alike if len(data.parts(pair[:2])) > 1)
    return ALIKE_ACROSS.finding("{n} pair(s) of images in different parts show the same", _pair_places(cut, data))


def near_copies_within(data: Subject) -> Finding | None:
    """Images in one part that show the same and are not known to belong together."""
    return ALIKE.finding("{n} pair(s) of images show the same", _pair_places(near_copies(data), data))


def near_copies(data: Subject) -> list[tuple[LabeledImage, LabeledImage, Alike]]:
    """The pairs of `near_copies_within`; frames of one movie, or whatever shares a group, are expected to be alike."""
    return [p for p in data.alike if len(data.parts(p[:2])) <= 1 and not _same_group(*p[:2])]


def _same_group(a: LabeledImage, b: LabeledImage) -> bool:
    return bool(a.image.group) and a.image.group == b.image.group


def _copies_place(items: Sequence[LabeledImage], data: Subject) -> Place:
    counts = [len(item.objects) for item in items]
    text = " = ".join(item.image.path for item in items)
    differ = ", annotated with " + " and ".join(map(str, counts)) + " objects" if len(set(counts)) > 1 else ""
    return Place(text + _in_parts(items, data) + differ, tuple(item.id for item in items))


def _pair_places(pairs: Iterable[tuple[LabeledImage, LabeledImage, Alike]], data: Subject) -> Iterable[Place]:
    for pair in pairs:
        a, b, alike = pair
        numbers = {
            "correlation": round(alike.correlation, 3),
            "detail": round(alike.detail, 3),
            "turn": alike.turn,
        }
        yield Place(f"{said(pair)}{_in_parts((a, b), data)}", (a.id, b.id), numbers=numbers)


def _in_parts(items: Iterable[LabeledImage], data: Subject) -> str:
    parts = data.parts(items)
    return f" ({', '.join(parts)})" if len(parts) > 1 else ""
