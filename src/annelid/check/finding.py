"""Finding: something about data that a person should know, with a code, its evidence and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]
MOST_EVIDENCE = 50
_NONE: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class Place:
    """One piece of evidence: where something is, for people and for programs.

    Attributes:
        text: in words: names of images, classes, ids and positions of objects.
        items: ids of the views that it is about; none where it is about a class or the split.
        objects: ids of the objects on the first of them.
        numbers: what was measured, by name.
    """

    text: str
    items: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=lambda: _NONE)

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "text": self.text,
            "images": list(self.items),
            "objects": list(self.objects),
            "numbers": dict(self.numbers),
        }


@dataclass(frozen=True)
class Finding:
    """One finding of one kind.

    Attributes:
        code: stable short code, for example ``A101``.
        name: the same in words, for example ``copies-across-parts``.
        severity: ``error``: figures or training are wrong; ``warning``: they are probably worse than need be;
            ``info``.
        what: what was found, a sentence with figures.
        evidence: where, up to fifty places.
        count: how many places there are in all.
        why: why it matters.
        fix: what to do, with the command where there is one.
        fixable: whether ``annelid check --fix CODE`` mends it.
    """

    code: str
    name: str
    severity: Severity
    what: str
    evidence: tuple[Place, ...]
    count: int
    why: str
    fix: str
    fixable: bool = False

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {**vars(self), "evidence": [place.to_dict() for place in self.evidence]}


@dataclass(frozen=True)
class Kind:
    """What all findings of one code share (see `Finding`)."""

    code: str
    name: str
    severity: Severity
    why: str
    fix: str
    fixable: bool = False

    def finding(self, what: str, evidence: Iterable[Place | str]) -> Finding | None:
        """A finding, or None without evidence; ``{n}`` in ``what`` becomes the number of places."""
        kept: list[Place] = []
        count = 0
        for count, place in enumerate(evidence, 1):  # noqa: B007 - a count of millions needs no list
            if len(kept) < MOST_EVIDENCE:
                kept.append(place if isinstance(place, Place) else Place(place))
        if not count:
            return None
        shared = (self.code, self.name, self.severity, what.replace("{n}", f"{count:,}"), tuple(kept), count)
        return Finding(*shared, self.why, self.fix, self.fixable)
