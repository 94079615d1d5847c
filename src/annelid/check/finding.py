"""Finding: something about data that a person should know, with a code, its evidence and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]
MOST_EVIDENCE = 50


@dataclass(frozen=True)
class Finding:
    """One finding of one kind.

    Attributes:
        code: stable short code, for example ``A101``.
        name: the same in words, for example ``copies-across-parts``.
        severity: ``error``: figures or training are wrong; ``warning``: they are probably worse than need be;
            ``info``.
        what: what was found, a sentence with figures.
        evidence: where, up to fifty places: image names, object ids with positions, classes.
        count: how many places there are in all.
        why: why it matters.
        fix: what to do, with the command where there is one.
    """

    code: str
    name: str
    severity: Severity
    what: str
    evidence: tuple[str, ...]
    count: int
    why: str
    fix: str


@dataclass(frozen=True)
class Kind:
    """What all findings of one code share (see `Finding`)."""

    code: str
    name: str
    severity: Severity
    why: str
    fix: str

    def finding(self, what: str, evidence: Iterable[str]) -> Finding | None:
        """A finding, or None without evidence; ``{n}`` in ``what`` becomes the number of places."""
        places = tuple(evidence)
        if not places:
            return None
        text = what.format(n=len(places))
        return Finding(
            self.code, self.name, self.severity, text, places[:MOST_EVIDENCE], len(places), self.why, self.fix
        )
